/* ecm_t2.h - Hotelling's T2, and its exponentially weighted form, of several features.
 *
 * Features are made independent by the inverse of the Cholesky factor of their
 * reference covariance; the weighted mean of that vector is compared with its exact
 * limit.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_T2_H
#define ECM_T2_H

#include "ecm_drift.h"

ECM_EXTERN_C_BEGIN

#define ECM_T2_FEATURES_MAX 64

typedef struct {
    const float *mean;     /* features_len values of the reference */
    const float *whiten;   /* rows of the inverse of L, where L L' is the covariance:
                              row i has i + 1 values */
    uint32_t features_len; /* 1 ... ECM_T2_FEATURES_MAX */
    float lambda; /* weight of the newest vector, above 0, at most 1; 1 is T2 */
    float limit;  /* of the statistic, > 0 */
} ecm_t2_cfg_t;

typedef struct {
    float decay;       /* (1 - lambda)^(2 n), set to 0 below 2^-26 */
    float statistic;   /* of the last vector */
    uint32_t n;        /* vectors since the start, modulo 2^32 */
    uint32_t since;    /* vectors since the statistic was at most features_len */
    uint32_t alarms_n; /* alarms so far, modulo 2^32 */
} ecm_t2_t;
ECM_STATIC_ASSERT(sizeof(ecm_t2_t) == 20, t2_size);

/** Start.
 *
 * st      [out] the limit is that of the first vector
 * cfg     [in]  settings
 * means   [out] features_len zeros: the weighted means, a part of the state
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_t2_init(ecm_t2_t *st, const ecm_t2_cfg_t *cfg, float *means);

/** Take one vector of features.
 *
 * After an alarm the means start again at zero with the next vector.
 *
 * st      [in,out] from ecm_t2_init
 * cfg     [in]     the same at every call
 * means   [in,out] features_len weighted means of whitened features
 * x       [in]     features_len values, finite
 * alarm   [out]    ECM_DRIFT_NONE or _SHIFT
 * since   [out]    vectors since the estimated change, 0 without an alarm; may be NULL
 *
 * Formula : y = whiten (x - mean); means = (1 - lambda) means + lambda y; statistic =
 *           sum of means^2 (2 - lambda) / (lambda (1 - (1 - lambda)^(2 n))). For a
 *           known reference it is chi-squared with features_len degrees of freedom. The
 *           change is dated at the last vector whose statistic was at most
 *           features_len.
 * Cost    : features_len (features_len + 1) / 2 products, one division.
 * Numerics: sums of squares in four lanes, products of a row in order.
 * Context : any, one caller per st.
 * Source  : C. A. Lowry, W. H. Woodall, C. W. Champ, S. E. Rigdon, Technometrics 34
 *           (1992), 46-53.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_t2_update_f32(ecm_t2_t *st, const ecm_t2_cfg_t *cfg, float *means,
                               const float *x, uint32_t *alarm, uint32_t *since);

ECM_EXTERN_C_END

#endif
