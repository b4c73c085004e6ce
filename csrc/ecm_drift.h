/* ecm_drift.h - streaming tests for a change in a standardised statistic.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_DRIFT_H
#define ECM_DRIFT_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/* Direction of an alarm. */
enum { ECM_DRIFT_NONE = 0, ECM_DRIFT_UP = 1, ECM_DRIFT_DOWN = 2 };

typedef struct {
    float k; /* reference value: half the shift to be found, in standard deviations */
    float h; /* limit; from the wanted run length to a false alarm */
} ecm_drift_cusum_cfg_t;

typedef struct {
    float up;            /* sum for an upward shift, >= 0 */
    float down;          /* sum for a downward shift, >= 0 */
    uint32_t n;          /* values taken, modulo 2^32 */
    uint32_t up_since;   /* values since `up` was last zero; the change is thought to
                            have come with the first of them */
    uint32_t down_since; /* the same for `down` */
    uint32_t alarms_n;   /* alarms so far, modulo 2^32 */
} ecm_drift_cusum_t;
ECM_STATIC_ASSERT(sizeof(ecm_drift_cusum_t) == 24, drift_cusum_size);

/** Start.
 *
 * st      [out] cleared
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_drift_cusum_init(ecm_drift_cusum_t *st);

/** Take one value.
 *
 * The sums that raised an alarm stay readable until the next value, at which both start
 * again at zero.
 *
 * st      [in,out] from ecm_drift_cusum_init
 * cfg     [in]     k >= 0, h > 0, the same at every call
 * z       [in]     standardised value; a NaN is refused
 * alarm   [out]    ECM_DRIFT_NONE, _UP or _DOWN; _UP if both were beyond the limit
 * since   [out]    values since the estimated change, 0 without an alarm; may be NULL
 *
 * Formula : up = max(0, up + (z - k)); down = max(0, down + (-z - k)); alarm if > h.
 * Cost    : O(1), no division.
 * Context : any, one caller per st.
 * Source  : E. S. Page, Biometrika 41 (1954), 100-115.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_drift_cusum_update_f32(ecm_drift_cusum_t *st,
                                        const ecm_drift_cusum_cfg_t *cfg, float z,
                                        uint32_t *alarm, uint32_t *since);

/** How far the larger sum has come.
 *
 * st      [in] state
 * cfg     [in] the same as at update
 *
 * Formula : max(up, down) / h.
 * Context : any.
 * Returns : the larger sum over the limit, > 1 exactly if the last value raised an
 *           alarm; 0 if an argument is NULL.
 */
float ecm_drift_cusum_ratio_f32(const ecm_drift_cusum_t *st,
                                const ecm_drift_cusum_cfg_t *cfg);

ECM_EXTERN_C_END

#endif
