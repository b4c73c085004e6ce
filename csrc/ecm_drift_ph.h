/* ecm_drift_ph.h - Page-Hinkley: cumulated deviations from the mean so far.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_DRIFT_PH_H
#define ECM_DRIFT_PH_H

#include "ecm_drift.h"

ECM_EXTERN_C_BEGIN

/* Sides of a test that looks at one or at both. */
enum { ECM_DRIFT_PH_UP = 1, ECM_DRIFT_PH_DOWN = 2, ECM_DRIFT_PH_BOTH = 3 };

typedef struct {
    float delta;     /* deviation that is let pass at each value, >= 0 */
    float threshold; /* limit of the cumulated deviation, > 0 */
    float leak;      /* share of the cumulated sums forgotten at each value, 0 ... 1 */
    uint32_t min_n;  /* values before the first alarm */
    uint32_t sides;  /* ECM_DRIFT_PH_UP, _DOWN or _BOTH */
    uint32_t known;  /* 1: the mean is known to be 0; 0: it is the mean of the values */
} ecm_drift_ph_cfg_t;

typedef struct {
    float mean;     /* of the values since the start */
    float up;       /* upward sum over its minimum, >= 0 */
    float up_least; /* that minimum; 0 without a leak */
    float down;     /* the same for the values with their sign changed */
    float down_least;
    uint32_t n;        /* values since the start, at most 2^32 - 1 */
    uint32_t up_since; /* values since the minimum */
    uint32_t down_since;
    uint32_t alarms_n; /* alarms so far, modulo 2^32 */
} ecm_drift_ph_t;
ECM_STATIC_ASSERT(sizeof(ecm_drift_ph_t) == 36, drift_ph_size);

/** Start.
 *
 * st      [out] cleared
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_drift_ph_init(ecm_drift_ph_t *st);

/** Take one value.
 *
 * After an alarm all but alarms_n starts again with the next value, the mean too. With
 * leak 0 and a known mean this is the CUSUM of k = delta and h = threshold, in bits.
 *
 * st      [in,out] from ecm_drift_ph_init
 * cfg     [in]     the same at every call
 * x       [in]     finite, any unit that delta and threshold have
 * alarm   [out]    ECM_DRIFT_NONE, _UP or _DOWN; _UP if both were beyond the limit
 * since   [out]    values since the estimated change, 0 without an alarm; may be NULL
 *
 * Formula : mean += (x - mean) / n; m = (1 - leak) m + (x - mean - delta); alarm if
 *           m - min m > threshold; the same with the signs changed. What is kept is
 *           m - min m and min m, so that the first does not grow with n.
 * Cost    : O(1), one division.
 * Context : any, one caller per st.
 * Source  : E. S. Page, Biometrika 41 (1954), 100-115; River and MOA call 1 - leak
 *           alpha.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_drift_ph_update_f32(ecm_drift_ph_t *st, const ecm_drift_ph_cfg_t *cfg,
                                     float x, uint32_t *alarm, uint32_t *since);

extern const ecm_drift_kind_t ecm_drift_ph_kind;

ECM_EXTERN_C_END

#endif
