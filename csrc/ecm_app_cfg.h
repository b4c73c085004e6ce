/* ecm_app_cfg.h - the application's settings, states and events; see ecm_app.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_APP_CFG_H
#define ECM_APP_CFG_H

#include "ecm_base.h"
#include "ecm_dist.h"
#include "ecm_feat.h"
#include "ecm_frame.h"
#include "ecm_health.h"
#include "ecm_monitor.h"
#include "ecm_ring.h"

ECM_EXTERN_C_BEGIN

#define ECM_APP_CHANNELS_MAX 16
#define ECM_APP_SCORES_MAX 4
#define ECM_APP_VALUES_MAX ECM_FRAME_VALUES_MAX
#define ECM_APP_DIFFERENCES_MAX ECM_FRAME_DIFFERENCES_MAX
#define ECM_APP_FEATURES_MAX 255 /* an index in the frame is one byte */
#define ECM_APP_NO_CLASS ECM_FRAME_NO_CLASS
#define ECM_APP_BINS_MIN 8 /* of a feature's distribution: 8, 16, 32 or 64 */
#define ECM_APP_BINS_MAX ECM_FRAME_BINS_MAX

/* What a model's outputs are. */
enum {
    ECM_APP_MODEL_CLASS = 1, /* class probabilities */
    ECM_APP_MODEL_SCORE = 2, /* one anomaly score, larger is stranger, >= 0 */
    ECM_APP_MODEL_VALUES = 3 /* quantities of any sign, such as a severity or a life */
};

/* A compiled model: features in, outputs_len values out, work_len floats of scratch. */
typedef ecm_status_t (*ecm_app_model_fn_t)(const float *features, float *outputs,
                                           void *work);

typedef struct {
    ecm_app_model_fn_t run;
    uint16_t kind; /* ECM_APP_MODEL_... */
    uint16_t outputs_len;
} ecm_app_model_t;

/* A challenger: it runs on the features of the models and is compared with one of them,
 * its champion. It decides nothing: not its class, a refusal or a NaN. */
typedef struct {
    ecm_app_model_t model;  /* kind as the champion's */
    const uint8_t *classes; /* kind CLASS: which class of the champion's each of its own
                               is, ECM_APP_NO_CLASS: none of them; NULL: all the same */
    uint32_t champion;      /* index of a model */
} ecm_app_shadow_t;

/* What the most probable class of a challenger is, see ecm_app_event_t. */
typedef struct {
    uint32_t class_id;
    float probability;
} ecm_app_shadow_class_t;

typedef struct ecm_app_shadow_cfg ecm_app_shadow_cfg_t;

/* What is done with challengers, see ecm_app_shadow.h: an application that names no
 * challengers does not link it. */
typedef struct {
    ecm_status_t (*check)(const ecm_app_shadow_cfg_t *cfg,
                          const ecm_app_model_t *models, uint32_t models_len);
    void (*run)(const ecm_app_shadow_cfg_t *cfg, uint32_t index, const float *features,
                float *mem, void *work);
    void (*compare)(const ecm_app_shadow_cfg_t *cfg, const ecm_app_model_t *models,
                    const float *outputs, uint32_t class_id, float *mem,
                    ecm_app_shadow_class_t *found);
    void (*say)(const ecm_app_shadow_cfg_t *cfg, const float *mem, uint8_t *item,
                ecm_frame_t *frame);
    void (*clear)(const ecm_app_shadow_cfg_t *cfg, float *mem);
} ecm_app_shadow_calls_t;

struct ecm_app_shadow_cfg {
    const ecm_app_shadow_calls_t *calls; /* ecm_app_shadow_calls */
    const ecm_app_shadow_t *shadows; /* of kind CLASS at most one; of other kinds with
                                        as many outputs as their champions, in all at
                                        most ECM_APP_DIFFERENCES_MAX */
    uint16_t shadows_len;
    uint16_t len; /* ECM_APP_SHADOW_LEN: floats of its part of the memory */
};

/* What samples are queued as, and judged and worked on. */
typedef struct {
    uint32_t bytes;        /* of a sample in a queue */
    uint32_t window_bytes; /* of one in the window that plans work on */
    ecm_status_t (*copy)(const ecm_ring_t *ring, const ecm_ring_cfg_t *cfg,
                         const void *mem, float range, void *x, uint32_t x_len);
    ecm_status_t (*judge)(ecm_health_t *st, const ecm_health_cfg_t *cfg, const void *x,
                          uint32_t x_len, uint32_t *verdict);
} ecm_app_samples_t;

/* float, by ecm_app_push_f32. */
extern const ecm_app_samples_t ecm_app_samples_f32;
/* int16_t, by ecm_app_push_s16; plans are those of ecm_feat_integer.h. */
extern const ecm_app_samples_t ecm_app_samples_s16;
/* int16_t, by ecm_app_push_s16, for plans of floats: half the memory of their queues. A
 * window has the bits of one whose samples x range / 2^15, range that of the channel's
 * health, were pushed as floats; clipped are the least and the largest integer, and
 * -32767. */
extern const ecm_app_samples_t ecm_app_samples_s16_f32;

/* What is done with channels that are sampled in turn, see ecm_app_turns.h: an
 * application that does not name it does not link it. */
typedef struct ecm_app_turns ecm_app_turns_t;

/* One channel: its features, and the limits of its sensor. */
typedef struct {
    const ecm_feat_plan_t *plan; /* fs_hz, window_len and hop_len as in all others */
    ecm_health_cfg_t health;
} ecm_app_channel_cfg_t;

typedef struct {
    const ecm_app_samples_t *samples; /* ecm_app_samples_f32 or another one */
    const ecm_app_turns_t *turns;     /* &ecm_app_turns: channels are sampled in turn;
                                         NULL: together */
    const ecm_app_channel_cfg_t *channels;
    uint32_t channels_len; /* 1 ... ECM_APP_CHANNELS_MAX */
    uint32_t features_len; /* sum over the plans */
    const ecm_app_model_t *models;
    uint16_t models_len;
    uint16_t scores_len;  /* models of kind SCORE, at most ECM_APP_SCORES_MAX */
    uint16_t values_len;  /* outputs of models of kind VALUES, at most
                             ECM_APP_VALUES_MAX */
    uint16_t classes_len; /* outputs of the model of kind CLASS; 0: none */
    uint16_t outputs_len; /* sum over the models */
    const ecm_app_shadow_cfg_t *shadow; /* challengers, or NULL */
    const ecm_monitor_cfg_t *monitor; /* group i < scores_len is of score i; or NULL */
    const float *dist_edges;          /* features_len rows of dist_bins - 1 */
    const float *dist_reference;      /* features_len rows of dist_bins, for the user's
                                         ecm_dist_distances_f32; step does not read it;
                                         may be NULL */
    uint32_t dist_bins;               /* of each feature: 8, 16, 32 or 64 */
    uint32_t ring_len; /* samples that a queue holds: window_len, and what may come
                          while windows are computed */
    uint32_t work_len; /* floats: the most that plans and models need */
    uint32_t device_id;
    uint8_t contract_id[ECM_FRAME_ID_BYTES];
    uint8_t model_id[ECM_FRAME_ID_BYTES];
    ecm_frame_mac_fn_t mac; /* authentication code of frames, or NULL */
    void *mac_user;         /* handed to it */
} ecm_app_cfg_t;

/* Words of the counters of all features since they were last reported: of each one its
 * bins, of 16 bits. */
#define ECM_APP_DIST_WORDS(features_len, bins) ((features_len) * ((bins) / 2U))
ECM_STATIC_ASSERT(4U * ECM_APP_DIST_WORDS(1, ECM_APP_BINS_MIN) == 16U, app_dist_size);

/* Floats that hold so many samples of so many bytes. */
#define ECM_APP_SAMPLES_LEN(samples_len, bytes) (((samples_len) * (bytes) + 3U) / 4U)

/* Values that monitors read: the features, the outputs of all models, then these. */
enum {
    ECM_APP_CONFIDENCE =
        0,               /* probability of the most probable class; NaN without one */
    ECM_APP_LATENCY = 1, /* [ms] of the window before, see ecm_app_set_latency */
    ECM_APP_DROPPED = 2, /* windows without features since the last one with them */
    ECM_APP_SPEED = 3,   /* shaft speed [Hz] */
    ECM_APP_STACK = 4    /* bytes in use at most, see ecm_app_set_stack */
};
#define ECM_APP_OTHERS 5

/* Floats of challengers: outputs_len of all of them; windows compared, windows with the
 * same class, and the sum of differences of each score and value, since these were last
 * reported. */
#define ECM_APP_SHADOW_LEN(outputs_len, differences_len)                               \
    ((outputs_len) + 2U + (differences_len))

/* Floats that ecm_app needs: rings, one for each channel or, in turn, one for all, and
 * window, by ECM_APP_SAMPLES_LEN; work, features, model outputs, other values,
 * challengers, whose shadow_len is added to outputs_len; the state of the monitors,
 * monitor_words by ecm_monitor_words, and the states of the plans: state_len in all,
 * in turn of the plan that needs most. */
#define ECM_APP_MEM_LEN(rings_len, ring_floats, window_floats, work_len, features_len, \
                        outputs_len, monitor_words, state_len)                         \
    ((rings_len) * (ring_floats) + (window_floats) + (work_len) + (features_len) +     \
     (outputs_len) + ECM_APP_OTHERS + (monitor_words) + (state_len))

#define ECM_APP_STAMPS 4 /* time stamps that wait for the task */

/* Time stamps of pushes. Push writes the queue and `head`, the task all else. */
typedef struct {
    uint32_t t_us[ECM_APP_STAMPS];
    uint32_t at[ECM_APP_STAMPS]; /* samples pushed or lost before */
    uint32_t head;
    uint32_t tail;
    uint32_t last_us; /* taken from the queue last: judged with the next one */
    uint32_t last_at;
    uint32_t known; /* 1: there is a last one */
} ecm_app_stamps_t;

/* What there is to know of one channel. Push writes the ring and stamps alone. */
typedef struct {
    ecm_ring_t ring;
    ecm_health_t sensor;
    uint32_t origin;      /* position in ring of what is sample 0 in all channels */
    uint32_t tainted;     /* ECM_HEALTH_... of bad samples in windows to come */
    uint32_t tainted_len; /* windows that start less than this on are not valid */
    uint32_t health;      /* verdict on the last window that was fetched */
    uint32_t away;        /* 1: another channel's turn, samples are not taken */
    ecm_app_stamps_t stamps;
} ecm_app_channel_t;
ECM_STATIC_ASSERT(sizeof(ecm_app_channel_t) == 204, app_channel_size);

/* The task's own: an interrupt writes rings alone. */
typedef struct {
    uint32_t begun;        /* 1: the window before the next one was judged */
    uint32_t slice;        /* where step goes on */
    uint32_t window;       /* events given */
    uint32_t taken;        /* windows fetched, with event or without */
    uint32_t released;     /* channels that have given this window's hop back; in turn,
                              that have had theirs */
    uint32_t warming;      /* 1: the features of this window lack history */
    float speed_hz;        /* shaft speed for the windows to come */
    float window_speed_hz; /* shaft speed of the present window */
    uint32_t health;       /* verdicts since the last frame */
    uint32_t alarms;       /* alarms since the last frame */
    uint32_t class_id;     /* of the last valid window */
    float score;           /* the first one of that window; NaN before it */
    float value[ECM_APP_VALUES_MAX]; /* of that window; NaN before it */
    float latency_ms;                /* of the last window; NaN: not known */
    float stack_bytes;               /* high-water mark; NaN: not known */
    uint32_t dropped;   /* windows without features since the last one with them */
    uint32_t seq;       /* frames reported */
    uint32_t feature;   /* whose counters the next frame carries */
    uint32_t update;    /* how the last update ended: ECM_APP_UPDATE_... */
    uint32_t suspended; /* reason of ecm_app_suspend; 0: monitors watch */
} ecm_app_t;
ECM_STATIC_ASSERT(sizeof(ecm_app_t) == 92, app_size);

enum { ECM_APP_EVENT = 2 }; /* of ecm_app_step: a window is complete */

/* What a completed window brought. With valid = 0 all below unwell is zero, class_id
 * and shadow_class_id ECM_APP_NO_CLASS. */
typedef struct {
    uint32_t window;   /* index of the event, from 0 */
    uint32_t valid;    /* 1: features and models ran; 0: the sensor was not all right */
    uint32_t health;   /* ECM_HEALTH_... of this window; not 0 exactly if valid is 0 */
    uint32_t unwell;   /* bit i: that is of channel i */
    uint32_t alarms;   /* bit i: group i of the monitors alarmed; the last bit: any from
                          there on */
    uint32_t class_id; /* most probable class; ECM_APP_NO_CLASS without classifier */
    float probability; /* of that class */
    float score[ECM_APP_SCORES_MAX];
    float
        drift[ECM_APP_SCORES_MAX]; /* statistic of score i over its limit; > 1: alarm */
    float
        value[ECM_APP_VALUES_MAX]; /* outputs of the models of kind VALUES, in order */
    uint32_t changes;              /* alarms of this window, and levels left */
    ecm_monitor_alarm_t change;    /* what changed, by the one with the largest ratio;
                                      zeros without any */
    uint32_t shadow_class_id; /* most probable class of the challenger, as its champion
                                 numbers it: they agree where it is class_id;
                                 ECM_APP_NO_CLASS: no challenger, at rest, no number, or
                                 a class that the champion has not */
    float shadow_probability; /* of the challenger's class; 0 if it gave no number */
    uint32_t suspended;       /* reason of ecm_app_suspend; 0: monitors saw it */
} ecm_app_event_t;
ECM_STATIC_ASSERT(sizeof(ecm_app_event_t) == 124, app_event_size);

ECM_EXTERN_C_END

#endif
