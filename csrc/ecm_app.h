/* ecm_app.h - the application: samples in, events and telemetry frames out.
 *
 * An interrupt pushes samples; a task calls step until it returns ECM_OK. A step does
 * one bounded slice: fetch a window, one step of the feature plan of one channel, one
 * model, or the monitors.
 *
 * Channels are sampled together, or one after another where settings say so
 * (ecm_app_turns.h). Together, their samples belong together by their number, in
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
 * event for the windows that it takes to do so, and steps that keep nothing are passed
 * over in them.
 *
 * If push overran a ring, an event with valid = 0 and ECM_HEALTH_MISSING is given at
 * once, and the next window starts behind the gap. Where every channel has a window,
 * step was called too seldom: missing are the channels that overran, and the others
 * drop as many samples as these have lost, so that all belong together as before. Where
 * a channel has none, its sensor has stopped: it is missing itself, all that is queued
 * is dropped, and its next sample is taken as belonging to the next one of the others.
 *
 * Samples are floats in the unit of the plan, or 16-bit integers as the sensor gives
 * them, for plans of integers (ecm_feat_integer.h) on cores without a floating-point
 * unit; features, models and monitors are the same behind either.
 *
 * Models tell a class, anomaly scores, or values: what regressions estimate, such as
 * the severity of a fault, the remaining life, a quantity that no sensor measures. A
 * model may have a challenger beside it, see ecm_app_shadow.h: events and frames say
 * how far the two agree, and the model alone decides.
 *
 * Monitors (ecm_monitor.h) watch the features, the outputs of models, the probability
 * of the most probable class, the latency, dropped windows, the shaft speed and the
 * stack, and raise alarms that say what changed.
 *
 * Settings and model are const data that `ecmkit package` generates; memory is one
 * state, one state a channel, one array of floats and one of counters, owned by
 * the caller.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_APP_H
#define ECM_APP_H

#include "ecm_app_cfg.h"
#include "ecm_app_queue.h"

ECM_EXTERN_C_BEGIN

/** Start.
 *
 * app      [out] state
 * channels [out] channels_len states
 * cfg      [in]  settings, the same at every call
 * mem      [out] ECM_APP_MEM_LEN floats
 * dist     [out] ECM_APP_DIST_WORDS words
 *
 * Context : any, before push and step.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG on settings that contradict each other
 *           (samples, lengths, plans, kinds and numbers of models, bins, limits),
 *           ECM_ERR_LENGTH on a ring or work memory that is too short, or what
 *           ecm_feat_check says.
 */
ecm_status_t ecm_app_init(ecm_app_t *app, ecm_app_channel_t *channels,
                          const ecm_app_cfg_t *cfg, float *mem, void *dist);

/** Set the shaft speed for the windows that are fetched from now on; 0 after init.
 *
 * app      [in,out] state
 * speed_hz [in]     revolutions per second, >= 0, finite
 *
 * Context : the task that calls step.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_app_set_speed(ecm_app_t *app, float speed_hz);

/** Say how long the window before took, for the monitors of the windows to come.
 *
 * app        [in,out] state
 * latency_ms [in]     >= 0, finite; from its last sample to its event, say
 *
 * Context : the task that calls step.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_app_set_latency(ecm_app_t *app, float latency_ms);

/** Say how much stack has been in use at most, for the monitors of the windows to come.
 *
 * app         [in,out] state
 * stack_bytes [in]     the high-water mark, as the system or a painted stack tells it
 *
 * Context : the task that calls step.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_app_set_stack(ecm_app_t *app, uint32_t stack_bytes);

/** Say how an update ended, for the frames to come.
 *
 * app    [in,out] state
 * reason [in]     ECM_APP_UPDATE_..., as `reason` of `ecm_app_update_t`; 0 after init
 *
 * Context : the task that calls step.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG above ECM_FRAME_UPDATE_MAX.
 */
ecm_status_t ecm_app_set_update(ecm_app_t *app, uint32_t reason);

/** Let monitors and counters rest, or go on: while the machine is off, starts or stops.
 *
 * Features and models are computed as before. The windows that are completed meanwhile
 * give events with `suspended`, whose drift, alarms and changes are 0, and are not
 * counted in the comparison with challengers; frames keep the
 * class, score and values of the last window that was watched.
 *
 * app     [in,out] state
 * reason  [in]     0 go on, as after init; else the caller's, for events
 *
 * Context : the task that calls step.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_app_suspend(ecm_app_t *app, uint32_t reason);

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
                          const ecm_app_cfg_t *cfg, float *mem, void *dist,
                          ecm_app_event_t *event);

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

/** Outputs of all challengers for the last valid window, one after another; NaN of one
 * that refused.
 *
 * cfg     [in] settings
 * mem     [in] as given to init
 *
 * Context : the task that calls step, between windows.
 * Returns : as many floats as their outputs, or NULL if an argument is NULL.
 */
const float *ecm_app_shadow_outputs(const ecm_app_cfg_t *cfg, const float *mem);

/** Write one telemetry frame: first the join frame, then status frames in which the
 * features take turns; the counters that were sent start again at zero. The score is
 * the first one's of the last valid window, as are the values, NaN if there is none.
 * Alarms and ratios are those of the monitors' groups; the last bit is set for all
 * groups from the 16th on. Challengers are told of where there is room, as
 * ecm_frame_encode says.
 *
 * app       [in,out] state
 * cfg       [in]     settings
 * mem       [in]     as given to init
 * dist      [in,out] as given to init
 * uptime_s  [in]     seconds since start
 * buf       [out]    the frame
 * buf_bytes [in]     budget: ECM_FRAME_MIN_BYTES, ECM_FRAME_FULL_BYTES or between
 * len       [out]    bytes written
 *
 * Context : the task that calls step.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_FULL.
 */
ecm_status_t ecm_app_report(ecm_app_t *app, const ecm_app_cfg_t *cfg, float *mem,
                            void *dist, uint32_t uptime_s, uint8_t *buf,
                            uint32_t buf_bytes, uint32_t *len);

/** Save the monitors' state, so that it survives a power cut; see ecm_state.h.
 *
 * cfg     [in] settings with monitors
 * mem     [in] as given to init
 * store   [in] memory with slots of ECM_STATE_SLOT_BYTES(4 ecm_monitor_words)
 *
 * Context : the task that calls step, between windows.
 * Returns : as ecm_monitor_save; ECM_ERR_NULL without monitors.
 */
ecm_status_t ecm_app_save(const ecm_app_cfg_t *cfg, float *mem,
                          const ecm_state_store_t *store);

/** Let the monitors go on from what was saved; after ecm_app_init.
 *
 * cfg     [in]     settings with monitors
 * mem     [in,out] as given to init
 * store   [in]     memory
 *
 * Context : the task that calls step, between windows.
 * Returns : as ecm_monitor_load; ECM_ERR_NULL without monitors.
 */
ecm_status_t ecm_app_load(const ecm_app_cfg_t *cfg, float *mem,
                          const ecm_state_store_t *store);

ECM_EXTERN_C_END

#endif
