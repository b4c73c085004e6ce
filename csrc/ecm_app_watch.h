/* ecm_app_watch.h - what a window's features and outputs say: event, monitors,
 * counters.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_APP_WATCH_H
#define ECM_APP_WATCH_H

#include "ecm_app_queue.h"

ECM_EXTERN_C_BEGIN

/** The counters of a feature.
 *
 * cfg     [in] settings
 * feature [in] below features_len
 * dist    [in] counters of all features
 *
 * Context : the task.
 * Returns : dist_bins counters.
 */
uint16_t *ecm_app_watch_counters(const ecm_app_cfg_t *cfg, uint32_t feature,
                                 void *dist);

/** Let the counters of a feature start at zero.
 *
 * cfg     [in]  settings
 * feature [in]  below features_len
 * dist    [out] counters of all features
 *
 * Context : the task.
 * Returns : nothing.
 */
void ecm_app_watch_clear(const ecm_app_cfg_t *cfg, uint32_t feature, void *dist);

/** Watch a window whose features and outputs are in memory.
 *
 * It is a file of its own so that its event and alarms take no stack while features and
 * models are computed.
 *
 * t       [in,out] task
 * dist    [in,out] ECM_APP_DIST_WORDS words
 * event   [out]    of a valid window
 *
 * Context : the task.
 * Returns : ECM_APP_EVENT, ECM_ERR_ARG if a feature or an output is NaN, or a refusal
 *           of the monitors; event is not written then.
 */
ecm_status_t ecm_app_watch_window(const ecm_app_task_t *t, void *dist,
                                  ecm_app_event_t *event);

ECM_EXTERN_C_END

#endif
