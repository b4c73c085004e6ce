/* ecm_sr.h - a mixture of Shiryaev-Roberts statistics: an e-detector.
 *
 * Each alternative is a Gaussian to which the scores may change. Under no change the
 * weighted sum of the statistics grows by 1 a value on average, whatever the mixture,
 * so that a limit A promises at least A values on average to a false alarm, if the
 * scores are what they are said to be.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_SR_H
#define ECM_SR_H

#include "ecm_drift.h"

ECM_EXTERN_C_BEGIN

#define ECM_SR_ALTERNATIVES_MAX 10

/* The likelihood ratio of one value is exp(a + z (b + c z)). For a mean m and a
 * standard deviation s: a = -ln(s) - m^2 / (2 s^2), b = m / s^2, c = (1 - 1 / s^2) / 2.
 */
typedef struct {
    float a;
    float b;
    float c;
    float weight;  /* > 0; the weights of a mixture add up to 1 */
    uint32_t what; /* ECM_DRIFT_UP, _DOWN, _WIDER or _NARROWER */
} ecm_sr_alternative_t;

typedef struct {
    const ecm_sr_alternative_t *alternatives;
    uint32_t alternatives_len; /* 1 ... ECM_SR_ALTERNATIVES_MAX */
    float limit;               /* A, above 1, at most 2^100 */
} ecm_sr_cfg_t;

typedef struct {
    float r[ECM_SR_ALTERNATIVES_MAX]; /* statistic of each alternative, >= 0 */
    float mixture;                    /* their weighted sum after the last value */
    uint32_t n;                       /* values taken, modulo 2^32 */
    uint32_t half;                    /* values since mixture^2 was at most the limit */
    uint32_t alarms_n;                /* alarms so far, modulo 2^32 */
} ecm_sr_t;
ECM_STATIC_ASSERT(sizeof(ecm_sr_t) == 56, sr_size);

/** Start.
 *
 * st      [out] cleared
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_sr_init(ecm_sr_t *st);

/** Take one value.
 *
 * After an alarm the statistics start again at zero with the next value.
 *
 * st      [in,out] from ecm_sr_init
 * cfg     [in]     the same at every call
 * z       [in]     standardised value, finite
 * alarm   [out]    ECM_DRIFT_NONE, or `what` of the alternative with the largest share
 * since   [out]    values since the estimated change, 0 without an alarm; may be NULL
 *
 * Formula : r[k] = (1 + r[k]) exp(a + z (b + c z)); alarm if the sum of weight[k] r[k],
 *           in the order of the alternatives, is above the limit, as after an overflow.
 *           Its logarithm grows about evenly after a change: `since` is twice the time
 *           since half of it.
 * Cost    : O(alternatives_len), an exponential each.
 * Context : any, one caller per st.
 * Source  : J. Shin, A. Ramdas, A. Rinaldo, New England Journal of Statistics in Data
 *           Science 2 (2023), 229-260.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_sr_update_f32(ecm_sr_t *st, const ecm_sr_cfg_t *cfg, float z,
                               uint32_t *alarm, uint32_t *since);

extern const ecm_drift_kind_t ecm_sr_kind;

ECM_EXTERN_C_END

#endif
