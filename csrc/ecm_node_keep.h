/* ecm_node_keep.h - a device that sleeps deeply, or is reset, and goes on.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_NODE_KEEP_H
#define ECM_NODE_KEEP_H

#include "ecm_node_cfg.h"

ECM_EXTERN_C_BEGIN

#define ECM_NODE_KEPT_TYPE 0x0501U /* of records: device, version 1 */
#define ECM_NODE_KEPT_HEAD_WORDS 19
#define ECM_NODE_SERVICE_BYTES 64U /* of a service, without what is being learnt */

/* Bytes of each of the two slots in `kept`. To monitor_words comes ECM_APP_SHADOW_LEN
 * of an application with challengers; learn_words is ECM_COMMISSION_LEARN_WORDS, 0
 * without ecm_node_learn. */
#define ECM_NODE_SLOT_BYTES(monitor_words, dist_words, learn_words)                    \
    ECM_STATE_SLOT_BYTES(4U * (ECM_NODE_KEPT_HEAD_WORDS + (monitor_words) +            \
                               (dist_words) + (learn_words)) +                         \
                         (uint32_t)sizeof(ecm_app_t) + (uint32_t)sizeof(ecm_node_t) +  \
                         ECM_NODE_SERVICES_MAX * ECM_NODE_SERVICE_BYTES)

/** Keep all that must survive a deep sleep or a reset, as one record: the state of the
 * monitors, counters, what was compared with challengers since the last frame, the
 * numbers of windows and frames, what is being learnt, alarms that are not known yet,
 * the run state. A window under way is not kept.
 *
 * cfg     [in] settings with kept
 *
 * Whatever byte the power is lost at, ecm_node_wake finds the record of before or the
 * new one. Frames, commands, baselines and snapshots are in flash already; a snapshot
 * that is not, for want of a slot or of time, is lost.
 *
 * Cost    : an erasure; writes the record.
 * Context : the task.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_STATE before a start or after one that was
 *           refused: the record of before stays; or as ecm_state_save.
 */
ecm_status_t ecm_node_keep(const ecm_node_cfg_t *cfg);

/** Start, and go on from what was kept last.
 *
 * cfg     [in] settings with kept; all that it points to is written
 *
 * With plans that remember nothing, events go on with the bits that they would have had
 * without the sleep. A record says what it belongs to. Under other settings, such as
 * after an update, what fits is gone on with: counters where the contract and the edges
 * of the distribution are the same; the monitors where contract, tables, centers and
 * scales are; what was compared with challengers where the id of the models is;
 * services where they have the place in the table that they had; where the contract is
 * another one, the alarms alone. So an update without a reset is adopted by
 * ecm_node_keep, the new settings, then this. Settings without `run` go on with
 * monitors that watch: who calls ecm_app_suspend does so again.
 *
 * Cost    : as ecm_node_start; reads the records twice.
 * Context : the task, before push; without a reset with the interrupt off that pushes.
 * Returns : as ecm_node_start; ECM_MORE if all was gone on with; ECM_OK if there was no
 *           record, or some of it did not fit and has started again.
 */
ecm_status_t ecm_node_wake(const ecm_node_cfg_t *cfg);

ECM_EXTERN_C_END

#endif
