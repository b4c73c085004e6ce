/* ecm_drift_ewma.h - exponentially weighted mean against its exact limits.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_DRIFT_EWMA_H
#define ECM_DRIFT_EWMA_H

#include "ecm_drift.h"

ECM_EXTERN_C_BEGIN

typedef struct {
    float lambda; /* weight of the newest value, above 0, at most 1 */
    float limit;  /* in standard deviations of the weighted mean, > 0 */
} ecm_drift_ewma_cfg_t;

typedef struct {
    float mean;        /* weighted mean */
    float decay;       /* (1 - lambda)^(2 n), set to 0 below 2^-26 */
    uint32_t n;        /* values since the start, modulo 2^32 */
    uint32_t since;    /* values since the mean changed its sign */
    uint32_t alarms_n; /* alarms so far, modulo 2^32 */
} ecm_drift_ewma_t;
ECM_STATIC_ASSERT(sizeof(ecm_drift_ewma_t) == 20, drift_ewma_size);

/** Start.
 *
 * st      [out] the mean is 0, the limits are those of the first value
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_drift_ewma_init(ecm_drift_ewma_t *st);

/** Take one value.
 *
 * After an alarm mean, limits and n start again with the next value.
 *
 * st      [in,out] from ecm_drift_ewma_init
 * cfg     [in]     the same at every call
 * z       [in]     standardised value, finite
 * alarm   [out]    ECM_DRIFT_NONE, _UP or _DOWN
 * since   [out]    values since the estimated change, 0 without an alarm; may be NULL
 *
 * Formula : mean = (1 - lambda) mean + lambda z; alarm if mean^2 >
 *           limit^2 lambda / (2 - lambda) (1 - (1 - lambda)^(2 n)).
 * Cost    : O(1), one division.
 * Context : any, one caller per st.
 * Source  : J. M. Lucas, M. S. Saccucci, Technometrics 32 (1990), 1-12; for the time
 *           of the change: T. Nishina, Frontiers in Statistical Quality Control 4
 *           (1992), 46-58.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_drift_ewma_update_f32(ecm_drift_ewma_t *st,
                                       const ecm_drift_ewma_cfg_t *cfg, float z,
                                       uint32_t *alarm, uint32_t *since);

/** Are settings, and a state that was read from somewhere, within their ranges? As
 * `check` of the kind, for those that use nothing else of it.
 *
 * st      [in] state, or NULL
 * cfg     [in] settings
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL without cfg, ECM_ERR_ARG on settings, ECM_ERR_STATE.
 */
ecm_status_t ecm_drift_ewma_check(const ecm_drift_ewma_t *st,
                                  const ecm_drift_ewma_cfg_t *cfg);

/** How far the weighted mean has come.
 *
 * st      [in] state
 * cfg     [in] the same as at update
 *
 * Formula : |mean| over its limit after n values.
 * Context : any.
 * Returns : the ratio, > 1 if the last value raised an alarm; 0 before the first value
 *           and if an argument is NULL.
 */
float ecm_drift_ewma_ratio_f32(const ecm_drift_ewma_t *st,
                               const ecm_drift_ewma_cfg_t *cfg);

extern const ecm_drift_kind_t ecm_drift_ewma_kind;

ECM_EXTERN_C_END

#endif
