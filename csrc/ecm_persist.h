/* ecm_persist.h - from a statistic to an event: k of n, hysteresis, hold-off, levels.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_PERSIST_H
#define ECM_PERSIST_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

#define ECM_PERSIST_LEVELS_MAX 4

/* What a value did to the level. */
enum { ECM_PERSIST_SAME = 0, ECM_PERSIST_RAISED = 1, ECM_PERSIST_LOWERED = 2 };

typedef struct {
    float on[ECM_PERSIST_LEVELS_MAX]; /* level i + 1 from above on[i]; rising */
    float band;          /* level i + 1 is left at or below on[i] - band; >= 0 */
    uint32_t levels_len; /* 1 ... ECM_PERSIST_LEVELS_MAX */
    uint32_t k;          /* of the last n values must agree, 1 ... n */
    uint32_t n;          /* at most 32 */
    uint32_t holdoff;    /* values after a change during which the level stays */
} ecm_persist_cfg_t;

typedef struct {
    uint32_t
        above[ECM_PERSIST_LEVELS_MAX]; /* bit j: the value j values ago was above */
    uint32_t below[ECM_PERSIST_LEVELS_MAX]; /* bit j: it was at or below on - band */
    uint32_t level;                         /* 0 ... levels_len */
    uint32_t held;                          /* values for which the level still stays */
} ecm_persist_t;
ECM_STATIC_ASSERT(sizeof(ecm_persist_t) == 40, persist_size);

/** Start.
 *
 * st      [out] level 0, no values
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_persist_init(ecm_persist_t *st);

/** Take one value of a statistic, such as a detector's ratio.
 *
 * The level rises to the highest whose threshold k of the last n values were above, and
 * falls to the lowest whose successor k of them had left. A rise is looked at first.
 *
 * st      [in,out] from ecm_persist_init
 * cfg     [in]     the same at every call
 * x       [in]     finite
 * event   [out]    ECM_PERSIST_SAME, _RAISED or _LOWERED; the level is in st
 *
 * Cost    : O(levels_len n) bit operations.
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_persist_update_f32(ecm_persist_t *st, const ecm_persist_cfg_t *cfg,
                                    float x, uint32_t *event);

ECM_EXTERN_C_END

#endif
