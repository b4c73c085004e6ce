/* ecm_node_learn.h - the baseline of a device: learnt, frozen, used, learnt anew.
 *
 * A service of ecm_node.h around ecm_commission.h. Valid windows of a machine that runs
 * are gathered feature by feature, each in a slice; the baseline is then frozen in the
 * same way, written to flash, and put to use. A command begins to learn anew, guarded
 * or forced, or takes the last baseline back. One that flash does not take is given up,
 * and the one before counts. Learning that was given up by ecm_commission_cancel begins
 * again after a reset if settings say `begin` and there is no baseline.
 *
 * Put to use means: numbers of the firmware in memory are replaced, where settings name
 * the memory. `edges` and `reference` are what dist_edges and dist_reference of the
 * application point to: the counters of frames then count between the octiles of this
 * machine. Such sketches are compared with eighths, and not merged with other devices'.
 * `scores` is what the scores of the monitors point to: those of a feature that have a
 * spread count from this machine's own mean and spread (ecm_monitor_rebase_f32), so
 * that the limits, in spreads or ranks, count from its own normal. All others stay as
 * the firmware has them.
 * With a new baseline the counters start again where there are `edges`, the monitors
 * where there are `scores`; without a baseline the firmware's numbers count.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_NODE_LEARN_H
#define ECM_NODE_LEARN_H

#include "ecm_commission.h"
#include "ecm_node_cfg.h"

ECM_EXTERN_C_BEGIN

typedef struct {
    const ecm_commission_cfg_t *commission; /* features_len as the application's */
    uint32_t *learn;                        /* ECM_COMMISSION_LEARN_WORDS */
    uint32_t *baseline;                     /* ECM_COMMISSION_BASELINE_WORDS */
    const ecm_state_store_t *baselines;     /* as of ecm_commission_save */
    uint32_t begin; /* 1: learn from the first window where there is no baseline; not
                       where flash does not say whether there is one */
    /* Memory that the application's settings point to, and the firmware's numbers for
     * it; dist_bins is 8 then. NULL: frames count by the firmware's edges. */
    float *edges;     /* features_len rows of 7 */
    float *reference; /* features_len rows of 8, with edges alone; or NULL: nobody reads
                         dist_reference */
    const float *firmware_edges;
    const float *firmware_reference;
    /* The same of the monitors' scores, scores_len; or NULL. */
    ecm_monitor_score_t *scores;
    const ecm_monitor_score_t *firmware_scores;
} ecm_node_learn_cfg_t;

typedef struct {
    ecm_commission_t commission;
    ecm_commission_t kept; /* as read back after a sleep */
    uint32_t owed;         /* 1: a window is to be gathered, */
    uint32_t at;           /* from this feature on */
    uint32_t fresh;        /* 1: a baseline was written, and is put to use next */
} ecm_node_learn_t;
ECM_STATIC_ASSERT(sizeof(ecm_node_learn_t) == 76, node_learn_size);

/* Settings are ecm_node_learn_cfg_t, the state ecm_node_learn_t. */
extern const ecm_node_service_t ecm_node_learn;

ECM_EXTERN_C_END

#endif
