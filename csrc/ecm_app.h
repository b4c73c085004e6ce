/* ecm_app.h - the application: samples in, events and telemetry frames out.
 *
 * An interrupt pushes samples; a task calls step until it returns ECM_OK. A step does
 * one bounded slice: fetch a window, one step of the feature plan of one channel, one
 * model, or the monitors.
 *
 * Channels are sampled together: their samples belong together by their number, in
 * whatever chunks and order they are pushed. A window is complete when every channel
 * has it; a channel may be ahead of the others by as much as its ring holds beyond a
 * window. Each channel has its own feature plan; models see the features of all, those
 * of the first channel first.
 *
 * Sensor health comes first. The new samples of a window are judged once, when it is
 * fetched. If anything is wrong with them (not finite, clipped, stuck) in any channel,
 * this window and the later ones that overlap them are reported as events with
 * valid = 0, and neither features nor models nor monitors see them: a loose sensor must
 * never look like a bad bearing. What features remember of earlier windows is forgotten
 * then, and behind any other gap; a plan that has to gather some history first gives no
 * event for the windows that it takes to do so.
 *
 * If push overran a ring, an event with valid = 0 and ECM_HEALTH_MISSING is given at
 * once, and the next window starts behind the gap. Where every channel has a window,
 * step was called too seldom: missing are the channels that overran, and the others
 * drop as many samples as these have lost, so that all belong together as before. Where
 * a channel has none, its sensor has stopped: it is missing itself, all that is queued
 * is dropped, and the next samples of all channels are taken as belonging together.
 *
 * Samples are floats in the unit of the plan, or 16-bit integers as the sensor gives
 * them, for plans of integers (ecm_feat_integer.h) on cores without a floating-point
 * unit; features, models and monitors are the same behind either.
 *
 * Settings and model are const data that `ecmkit package` generates; memory is one
 * state, one state a channel, one array of floats and one array of counters, owned by
 * the caller.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_APP_H
#define ECM_APP_H

#include "ecm_base.h"
#include "ecm_dist.h"
#include "ecm_drift.h"
#include "ecm_feat.h"
#include "ecm_frame.h"
#include "ecm_health.h"
#include "ecm_ring.h"

ECM_EXTERN_C_BEGIN

#define ECM_APP_CHANNELS_MAX 16
#define ECM_APP_SCORES_MAX 4
#define ECM_APP_FEATURES_MAX 255 /* an index in the frame is one byte */
#define ECM_APP_NO_CLASS ECM_FRAME_NO_CLASS
#define ECM_APP_BINS 8 /* of each feature's distribution */
#define ECM_APP_EDGES (ECM_APP_BINS - 1)

/* What a model's outputs are. */
enum {
    ECM_APP_MODEL_CLASS = 1, /* class probabilities */
    ECM_APP_MODEL_SCORE = 2  /* one anomaly score, larger is stranger, >= 0 */
};

/* A compiled model: features in, outputs_len values out, work_len floats of scratch. */
typedef ecm_status_t (*ecm_app_model_fn_t)(const float *features, float *outputs,
                                           void *work);

typedef struct {
    ecm_app_model_fn_t run;
    uint16_t kind; /* ECM_APP_MODEL_... */
    uint16_t outputs_len;
} ecm_app_model_t;

/* How one score is watched: z = (ln(score + floor) - mean) * inv_sd into a CUSUM. */
typedef struct {
    float floor;
    float mean;
    float inv_sd;
    ecm_drift_cusum_cfg_t cusum;
} ecm_app_watch_t;

/* What samples are queued and judged as. */
typedef struct {
    uint32_t bytes; /* of a sample */
    ecm_status_t (*copy)(const ecm_ring_t *ring, const ecm_ring_cfg_t *cfg,
                         const void *mem, void *x, uint32_t x_len);
    ecm_status_t (*judge)(ecm_health_t *st, const ecm_health_cfg_t *cfg, const void *x,
                          uint32_t x_len, uint32_t *verdict);
} ecm_app_samples_t;

/* float, by ecm_app_push_f32. */
extern const ecm_app_samples_t ecm_app_samples_f32;
/* int16_t, by ecm_app_push_s16; plans are those of ecm_feat_integer.h. */
extern const ecm_app_samples_t ecm_app_samples_s16;

/* One channel: its features, and the limits of its sensor. */
typedef struct {
    const ecm_feat_plan_t *plan; /* fs_hz, window_len and hop_len as in all others */
    ecm_health_cfg_t health;
} ecm_app_channel_cfg_t;

typedef struct {
    const ecm_app_samples_t *samples; /* ecm_app_samples_f32 or ecm_app_samples_s16 */
    const ecm_app_channel_cfg_t *channels;
    uint32_t channels_len; /* 1 ... ECM_APP_CHANNELS_MAX */
    uint32_t features_len; /* sum over the plans */
    const ecm_app_model_t *models;
    uint16_t models_len;
    uint16_t scores_len;  /* models of kind SCORE, at most ECM_APP_SCORES_MAX */
    uint16_t classes_len; /* outputs of the model of kind CLASS; 0: none */
    uint16_t outputs_len; /* sum over the models */
    const ecm_app_watch_t *watches; /* scores_len */
    const float *dist_edges;        /* features_len rows of ECM_APP_EDGES */
    const float *dist_reference;    /* features_len rows of ECM_APP_BINS, for the user's
                                       ecm_dist_distances_f32; step does not read it;
                                       may be NULL */
    uint32_t ring_len; /* samples that a channel queues: window_len + hop_len or more */
    uint32_t work_len; /* floats: the most that plans and models need */
    uint32_t device_id;
    uint8_t contract_id[ECM_FRAME_ID_BYTES];
    uint8_t model_id[ECM_FRAME_ID_BYTES];
    ecm_frame_mac_fn_t mac; /* authentication code of frames, or NULL */
    void *mac_user;         /* handed to it */
} ecm_app_cfg_t;

/* Counters of one feature since it was last reported. */
typedef struct {
    ecm_dist_t st;
    uint16_t count[ECM_APP_BINS];
} ecm_app_dist_t;
ECM_STATIC_ASSERT(sizeof(ecm_app_dist_t) == 32, app_dist_size);

/* Floats that hold so many samples of so many bytes. */
#define ECM_APP_SAMPLES_LEN(samples_len, bytes) (((samples_len) * (bytes) + 3U) / 4U)

/* Floats that ecm_app needs: rings and window, by ECM_APP_SAMPLES_LEN; work, features,
 * model outputs, and the states of the plans, state_len in all. */
#define ECM_APP_MEM_LEN(channels_len, ring_floats, window_floats, work_len,            \
                        features_len, outputs_len, state_len)                          \
    ((channels_len) * (ring_floats) + (window_floats) + (work_len) + (features_len) +  \
     (outputs_len) + (state_len))

/* What there is to know of one channel. Push writes the ring and nothing else. */
typedef struct {
    ecm_ring_t ring;
    ecm_health_t sensor;
    uint32_t origin;      /* position in ring of what is sample 0 in all channels */
    uint32_t tainted;     /* ECM_HEALTH_... of bad samples in windows to come */
    uint32_t tainted_len; /* windows that start less than this on are not valid */
    uint32_t health;      /* verdict on the last window that was fetched */
} ecm_app_channel_t;
ECM_STATIC_ASSERT(sizeof(ecm_app_channel_t) == 148, app_channel_size);

/* The task's own: an interrupt writes rings alone. */
typedef struct {
    uint32_t begun;        /* 1: the window before the next one was judged */
    uint32_t slice;        /* where step goes on */
    uint32_t window;       /* events given */
    uint32_t taken;        /* windows fetched, with event or without */
    uint32_t released;     /* channels that have given this window's hop back */
    uint32_t warming;      /* 1: the features of this window lack history */
    float speed_hz;        /* shaft speed for the windows to come */
    float window_speed_hz; /* shaft speed of the present window */
    uint32_t health;       /* verdicts since the last frame */
    uint32_t alarms;       /* alarms since the last frame */
    uint32_t class_id;     /* of the last valid window */
    float drift;           /* largest CUSUM sum over its limit at that window */
    float score[ECM_APP_SCORES_MAX]; /* of that window; NaN before the first one */
    uint32_t seq;                    /* frames reported */
    uint32_t feature;                /* whose counters the next frame carries */
    ecm_drift_cusum_t cusum[ECM_APP_SCORES_MAX];
} ecm_app_t;
ECM_STATIC_ASSERT(sizeof(ecm_app_t) == 168, app_size);

/* What a completed window brought. With valid = 0 all below unwell is zero, class_id
 * ECM_APP_NO_CLASS. */
typedef struct {
    uint32_t window;   /* index of the event, from 0 */
    uint32_t valid;    /* 1: features and models ran; 0: the sensor was not all right */
    uint32_t health;   /* ECM_HEALTH_... of this window; not 0 exactly if valid is 0 */
    uint32_t unwell;   /* bit i: that is of channel i */
    uint32_t alarms;   /* bit i: the watch of score i alarmed */
    uint32_t class_id; /* most probable class; ECM_APP_NO_CLASS without classifier */
    float probability; /* of that class */
    float score[ECM_APP_SCORES_MAX];
    float drift[ECM_APP_SCORES_MAX]; /* larger CUSUM sum over its limit, > 1: alarm */
} ecm_app_event_t;
ECM_STATIC_ASSERT(sizeof(ecm_app_event_t) == 60, app_event_size);

/** Start.
 *
 * app      [out] state
 * channels [out] channels_len states
 * cfg      [in]  settings, the same at every call
 * mem      [out] ECM_APP_MEM_LEN floats
 * dist     [out] features_len counters
 *
 * Context : any, before push and step.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG on settings that contradict each other
 *           (samples, lengths, plans, kinds and numbers of models, limits),
 * ECM_ERR_LENGTH on a ring or work memory that is too short, or what ecm_feat_check
 * says.
 */
ecm_status_t ecm_app_init(ecm_app_t *app, ecm_app_channel_t *channels,
                          const ecm_app_cfg_t *cfg, float *mem, ecm_app_dist_t *dist);

/** Set the shaft speed for the windows that are fetched from now on; 0 after init.
 *
 * app      [in,out] state
 * speed_hz [in]     revolutions per second, >= 0, finite
 *
 * Context : the task that calls step.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_app_set_speed(ecm_app_t *app, float speed_hz);

/** Queue samples of a channel; does nothing else.
 *
 * channels [in,out] channels_len states
 * cfg      [in]     settings with ecm_app_samples_f32
 * mem      [in,out] as given to init
 * channel  [in]     below channels_len
 * x        [in]     x_len samples in the unit of the channel's plan; any value
 * x_len    [in]     any chunk size; a chunk that does not fit is dropped whole, and so
 *                   is what comes after it until step has dealt with the gap
 *
 * Context : interrupt or task, one producer a channel; safe against step where a
 *           uint32_t is loaded and stored at once (all 32-bit cores).
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG, ECM_ERR_FULL if samples were lost (step
 *           will say so).
 */
ecm_status_t ecm_app_push_f32(ecm_app_channel_t *channels, const ecm_app_cfg_t *cfg,
                              float *mem, uint32_t channel, const float *x,
                              uint32_t x_len);

/** Queue samples of a channel as its sensor gives them; does nothing else.
 *
 * channels [in,out] channels_len states
 * cfg      [in]     settings with ecm_app_samples_s16
 * mem      [in,out] as given to init
 * channel  [in]     below channels_len
 * x        [in]     x_len samples; 2^15 stands for the range of the sensor
 * x_len    [in]     as of ecm_app_push_f32
 *
 * Context : as ecm_app_push_f32.
 * Returns : as ecm_app_push_f32.
 */
ecm_status_t ecm_app_push_s16(ecm_app_channel_t *channels, const ecm_app_cfg_t *cfg,
                              float *mem, uint32_t channel, const int16_t *x,
                              uint32_t x_len);

/** Do one bounded slice of work.
 *
 * app      [in,out] state
 * channels [in,out] channels_len states
 * cfg      [in]     settings
 * mem      [in,out] as given to init
 * dist     [in,out] as given to init
 * event    [out]    written when a window is complete
 *
 * Context : one task.
 * Returns : ECM_OK nothing to do; ECM_MORE a slice was done, call again; or
 *           ECM_APP_EVENT a window is complete and event was written; negative: a
 *           refusal of a model, or ECM_ERR_ARG if the plan does not take the speed, a
 *           score or a feature is NaN; the window is dropped without an event and the
 *           monitors did not see it.
 */
ecm_status_t ecm_app_step(ecm_app_t *app, ecm_app_channel_t *channels,
                          const ecm_app_cfg_t *cfg, float *mem, ecm_app_dist_t *dist,
                          ecm_app_event_t *event);
enum { ECM_APP_EVENT = 2 };

/** Features of the last valid window.
 *
 * cfg     [in] settings
 * mem     [in] as given to init
 *
 * Context : the task that calls step, between windows.
 * Returns : features_len floats, or NULL if an argument is NULL.
 */
const float *ecm_app_features(const ecm_app_cfg_t *cfg, const float *mem);

/** Outputs of all models for the last valid window, one after another.
 *
 * cfg     [in] settings
 * mem     [in] as given to init
 *
 * Context : the task that calls step, between windows.
 * Returns : outputs_len floats, or NULL if an argument is NULL.
 */
const float *ecm_app_outputs(const ecm_app_cfg_t *cfg, const float *mem);

/** Write one telemetry frame: first the join frame, then status frames in which the
 * features take turns; the counters that were sent start again at zero. The score is
 * the first one's of the last valid window, NaN if there is none.
 *
 * app       [in,out] state
 * cfg       [in]     settings
 * dist      [in,out] as given to init
 * uptime_s  [in]     seconds since start
 * buf       [out]    the frame
 * buf_bytes [in]     budget: ECM_FRAME_MIN_BYTES, ECM_FRAME_FULL_BYTES or between
 * len       [out]    bytes written
 *
 * Context : the task that calls step.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_FULL.
 */
ecm_status_t ecm_app_report(ecm_app_t *app, const ecm_app_cfg_t *cfg,
                            ecm_app_dist_t *dist, uint32_t uptime_s, uint8_t *buf,
                            uint32_t buf_bytes, uint32_t *len);

ECM_EXTERN_C_END

#endif
