/* ecm_app_queue.h - samples in: rings, time stamps, and what the sensors are worth.
 *
 * A product calls ecm_app_time and ecm_app_push_f32, or ecm_app_push_s16, from its
 * sampling interrupt; all else here is the task's and called by ecm_app_step.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_APP_QUEUE_H
#define ECM_APP_QUEUE_H

#include "ecm_app_cfg.h"

ECM_EXTERN_C_BEGIN

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
 * Returns : ECM_OK, ECM_MORE if it is another channel's turn: nothing was taken;
 *           ECM_ERR_NULL, ECM_ERR_ARG, ECM_ERR_FULL if samples were lost (step will say
 *           so).
 */
ecm_status_t ecm_app_push_f32(ecm_app_channel_t *channels, const ecm_app_cfg_t *cfg,
                              float *mem, uint32_t channel, const float *x,
                              uint32_t x_len);

/** Queue samples of a channel as its sensor gives them; does nothing else.
 *
 * channels [in,out] channels_len states
 * cfg      [in]     settings with ecm_app_samples_s16 or ecm_app_samples_s16_f32
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

/** Say when the next samples of a channel were taken; before they are pushed.
 *
 * Sensor health then knows missing samples and a wrong sampling rate (`period_ns`,
 * `rate_ppm` and `rate_len` of ecm_health_cfg_t): windows over a gap are not valid, nor
 * are those while the rate is wrong. Any push may go without; where stamps wait, some
 * are left out.
 *
 * channels [in,out] channels_len states
 * cfg      [in]     settings
 * channel  [in]     below channels_len
 * t_us     [in]     time of the first sample, modulo 2^32 microseconds
 *
 * Context : as ecm_app_push_f32, from the same producer.
 * Returns : ECM_OK, ECM_MORE if the stamp was left out or it is another channel's turn,
 *           ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_app_time(ecm_app_channel_t *channels, const ecm_app_cfg_t *cfg,
                          uint32_t channel, uint32_t t_us);

/* The caller's array of floats, in the order of ECM_APP_MEM_LEN. */
typedef struct {
    float *rings;
    float *window;
    float *work;
    float *features;
    float *outputs;
    float *others;
    float *shadow;  /* outputs of challengers, then what they are compared by */
    float *monitor; /* words of the monitors' state */
    float *states;
} ecm_app_mem_t;

/* Everything that a slice works with. */
typedef struct {
    ecm_app_t *app;
    ecm_app_channel_t *channels;
    const ecm_app_cfg_t *cfg;
    ecm_app_mem_t mem;
    uint32_t window_len;
    uint32_t hop_len;
} ecm_app_task_t;

/* Channels that are sampled in turn. */
struct ecm_app_turns {
    /* Fetch the next window of the channel whose turn it is, and judge it; as
     * ecm_app_queue_fetch. */
    ecm_status_t (*fetch)(const ecm_app_task_t *t, ecm_app_event_t *event);
    /* The features of that channel are there: the next one has its turn. */
    void (*next)(const ecm_app_task_t *t);
};

/** Parts of the caller's array.
 *
 * cfg     [in] settings
 * mem     [in] ECM_APP_MEM_LEN floats
 *
 * Context : any.
 * Returns : where each part begins.
 */
ecm_app_mem_t ecm_app_queue_parts(const ecm_app_cfg_t *cfg, float *mem);

/** Floats that samples take.
 *
 * cfg         [in] settings
 * samples_len [in] number of samples
 *
 * Context : any.
 * Returns : ECM_APP_SAMPLES_LEN for the application's samples.
 */
size_t ecm_app_queue_floats(const ecm_app_cfg_t *cfg, uint32_t samples_len);

/** Floats that all queues take.
 *
 * cfg     [in] settings
 *
 * Context : any.
 * Returns : those of one for each channel, or, in turn, of one.
 */
size_t ecm_app_queue_all(const ecm_app_cfg_t *cfg);

/** Floats that the window takes, where one channel's samples are worked on.
 *
 * cfg     [in] settings
 *
 * Context : any.
 * Returns : ECM_APP_SAMPLES_LEN for its samples.
 */
size_t ecm_app_queue_window_floats(const ecm_app_cfg_t *cfg);

/** What the plan of a channel keeps from window to window.
 *
 * t       [in] task
 * channel [in] below channels_len
 *
 * Context : the task.
 * Returns : its state; in turn, that of all.
 */
float *ecm_app_queue_state(const ecm_app_task_t *t, uint32_t channel);

/** Forget what features remember of earlier windows.
 *
 * t       [in,out] task
 *
 * Context : the task.
 * Returns : nothing.
 */
void ecm_app_queue_forget(const ecm_app_task_t *t);

/** Copy the window of a channel, which is known to be there, into mem.window.
 *
 * t       [in,out] task
 * channel [in]     below channels_len
 *
 * Context : the task.
 * Returns : nothing.
 */
void ecm_app_queue_window(const ecm_app_task_t *t, uint32_t channel);

/** Take the time stamps of a channel, copy its window, which is known to be there, into
 * mem.window and judge its new samples.
 *
 * t       [in,out] task
 * channel [in]     below channels_len
 *
 * Context : the task.
 * Returns : ECM_OK, the verdict is the channel's `health`; or a refusal.
 */
ecm_status_t ecm_app_queue_judge(const ecm_app_task_t *t, uint32_t channel);

/** Write the event of a window that is not valid, by the verdicts on the channels, and
 * forget what features remember.
 *
 * t       [in,out] task
 * event   [out]    of the window
 *
 * Context : the task.
 * Returns : nothing.
 */
void ecm_app_queue_complain(const ecm_app_task_t *t, ecm_app_event_t *event);

/** Give the hops of the present window back, of the channels before `end`.
 *
 * t       [in,out] task
 * end     [in]     at most channels_len
 *
 * Context : the task.
 * Returns : nothing.
 */
void ecm_app_queue_release(const ecm_app_task_t *t, uint32_t end);

/** Fetch the next window of all channels, and judge it.
 *
 * t       [in,out] task
 * event   [out]    written if the window is not valid
 *
 * Context : the task.
 * Returns : ECM_OK there is none; ECM_MORE it is valid and lies in mem.window, that of
 *           the first channel; ECM_APP_EVENT; or a refusal.
 */
ecm_status_t ecm_app_queue_fetch(const ecm_app_task_t *t, ecm_app_event_t *event);

ECM_EXTERN_C_END

#endif
