/* ecm_node.h - the whole device: the application, and all that it keeps and is told.
 *
 * Around ecm_app.h: samples are scaled by the record of this device, windows of a
 * machine that is off or changes its speed are not judged, and services do the rest,
 * each in slices between windows:
 *
 *   ecm_node_frames    reports wait in flash until they have arrived
 *   ecm_node_snapshot  raw samples around an alarm
 *   ecm_node_learn     a baseline of this very machine, learnt anew on request
 *
 * All memory is the caller's, in one const description:
 *
 *     static const ecm_node_row_t services[] = {{&ecm_node_frames, &frames, &f}, ...};
 *     static const ecm_node_cfg_t node = {&st, &ecm_package_cfg, &app, channels, ...};
 *
 *     ecm_node_wake(&node);                                     after each reset
 *     ecm_node_push_f32(&node, 0, samples, n);                  the interrupt
 *     while (ecm_node_step(&node, uptime_s, &event) > ECM_OK)   the task
 *     ecm_node_frame(&node, buf, sizeof buf, &bytes);           while there is a link
 *     ecm_node_receive(&node, data, bytes, &order);             ecm_node_receive.h
 *     ecm_node_keep(&node);                                     ecm_node_keep.h
 *
 * What settings do not name is not linked: services are tables, and commands and sleep
 * have files of their own. Nothing here is known to ecm_app.h; its other calls
 * (ecm_app_set_speed, ecm_app_time, ...) are made on node.app and node.channels as
 * ever.
 *
 * "Task" is one thread that makes all calls but push.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_NODE_H
#define ECM_NODE_H

#include "ecm_node_cfg.h"

ECM_EXTERN_C_BEGIN

/** Start, or start again, without what ecm_node_keep has kept: flash is read by each
 * service. After a refusal nothing is done until a start is not refused: the calls of a
 * task return ECM_ERR_STATE, no flash is written, and the watchdog is not kicked.
 *
 * cfg     [in] the same at every call; all that it points to is written
 *
 * Cost    : reads what services have in flash; not bounded like a slice.
 * Context : the task, before push.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH on services_len or slots or sectors
 *           of a service that are too small, ECM_ERR_ARG on the input or limits of run
 *           or a device of too few channels, or what ecm_app_init or a service says.
 *           Slots of `commands` and `kept` are judged when they are written.
 */
ecm_status_t ecm_node_start(const ecm_node_cfg_t *cfg);

/** Take samples of a channel, in the unit of the sensor.
 *
 * cfg     [in] settings of an application with ecm_app_samples_f32
 * channel [in] below channels_len
 * x       [in] x_len samples, any value
 * x_len   [in] any chunk size
 *
 * Cost    : a multiplication a sample with a record of the device; copies. 128 bytes of
 *           stack for the scaled samples.
 * Context : interrupt or task, one producer a channel; safe against all other calls
 *           where a uint32_t is loaded and stored at once (all 32-bit cores); not while
 *           the record of the device is written.
 * Returns : as ecm_app_push_f32.
 */
ecm_status_t ecm_node_push_f32(const ecm_node_cfg_t *cfg, uint32_t channel,
                               const float *x, uint32_t x_len);

/** Take samples of a channel as its sensor gives them.
 *
 * cfg     [in] settings of an application with ecm_app_samples_s16
 * channel [in] below channels_len
 * x       [in] x_len samples; the record of the device has no say
 * x_len   [in] any chunk size
 *
 * Context : as ecm_node_push_f32.
 * Returns : as ecm_app_push_s16.
 */
ecm_status_t ecm_node_push_s16(const ecm_node_cfg_t *cfg, uint32_t channel,
                               const int16_t *x, uint32_t x_len);

/** Do one bounded slice of work: of the application, or of a service where that has
 * nothing to do.
 *
 * cfg     [in]  settings
 * now_s   [in]  seconds since start, or of any clock that does not go back
 * event   [out] `window` is written with ECM_APP_EVENT, `news` with ECM_NODE_NEWS
 *
 * Cost    : the longest of: a slice of ecm_app_step; gathering, judging or freezing one
 *           feature; reading or writing slice_bytes of a snapshot; a report or a
 *           baseline that is written to flash; an erasure.
 * Context : the task.
 * Returns : ECM_OK nothing to do; ECM_MORE a slice was done, call again; ECM_APP_EVENT;
 *           ECM_NODE_NEWS; or a refusal: ECM_ERR_NULL, ECM_ERR_STATE before a start or
 *           after one that was refused, of ecm_app_step, or of a flash: what was to be
 *           written is given up, and the next call goes on with something else.
 */
ecm_status_t ecm_node_step(const ecm_node_cfg_t *cfg, uint32_t now_s,
                           ecm_node_event_t *event);

/** Give out the next frame: a report, else a chunk of a snapshot.
 *
 * cfg       [in]  settings
 * buf       [out] the frame
 * buf_bytes [in]  room; as many as the longest frame of a service has
 * bytes     [out] its bytes
 *
 * Frames are given out once, in order, and stay until they are known to have arrived:
 * by ecm_node_arrived or by a command.
 *
 * Context : the task.
 * Returns : ECM_OK, ECM_MORE if there is none, ECM_ERR_NULL, ECM_ERR_STATE as
 *           ecm_node_step, or what a service says: ECM_ERR_FULL on too little room, a
 *           refusal of its flash.
 */
ecm_status_t ecm_node_frame(const ecm_node_cfg_t *cfg, uint8_t *buf, uint32_t buf_bytes,
                            uint32_t *bytes);

/** All frames that were given out have arrived, as a link with acknowledgements of its
 * own says; a snapshot of which all chunks were given out is forgotten then.
 *
 * cfg     [in] settings
 *
 * Context : the task.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_STATE as ecm_node_step, or a refusal of a
 *           flash.
 */
ecm_status_t ecm_node_arrived(const ecm_node_cfg_t *cfg);

/** Give out again what has not arrived, such as after a link was lost.
 *
 * cfg     [in] settings
 *
 * Context : the task.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_STATE as ecm_node_step.
 */
ecm_status_t ecm_node_again(const ecm_node_cfg_t *cfg);

/** Do all slices at once that must come before the next window; ecm_node_keep calls it,
 * so that no window is half gathered.
 *
 * cfg     [in] settings
 *
 * Context : the task.
 * Returns : nothing.
 */
void ecm_node_urge(const ecm_node_cfg_t *cfg);

/** Compute anew what the monitors and counters belong to; services call it when they
 * have changed edges, centers or scales.
 *
 * cfg     [in] settings
 *
 * Context : the task.
 * Returns : nothing.
 */
void ecm_node_print(const ecm_node_cfg_t *cfg);

ECM_EXTERN_C_END

#endif
