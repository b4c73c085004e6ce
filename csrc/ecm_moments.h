/* ecm_moments.h - mean, variance, skewness and kurtosis of streams.
 *
 * Three kinds of state: plain moments of float samples, which merge; moments that
 * forget exponentially; exact power sums of Q15 samples, which merge and give the same
 * result in any order. All are plain data: a state saved on a device continues on the
 * host.
 *
 * Samples must be finite; a NaN stays in the state. Fourth powers are formed in single
 * precision: deviations should lie within 1e-9 ... 1e9 in the unit of the samples.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_MOMENTS_H
#define ECM_MOMENTS_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/* Moments so far, in the unit [u] of the samples. What spread divides by is 0 where
 * there is none; everything is 0 before the first sample. */
typedef struct {
    float mean;           /* [u] */
    float variance;       /* [u^2] about the mean, biased */
    float rms;            /* [u] root mean square about the mean */
    float rms_about_zero; /* [u] root mean square of the samples themselves */
    float skewness;       /* [1] third standardised moment, biased */
    float kurtosis;       /* [1] fourth standardised moment, biased; Gaussian: 3 */
} ecm_moments_result_t;

/* Sums of powers of the deviations from the mean, each with what rounding kept from it
 * so far (a compensated sum: the state takes as many samples as n can count). */
typedef struct {
    uint32_t n;
    float mean;
    float m2;
    float m3;
    float m4;
    float mean_rest;
    float m2_rest;
    float m3_rest;
    float m4_rest;
    float minimum;
    float maximum;
} ecm_moments_t;
ECM_STATIC_ASSERT(sizeof(ecm_moments_t) == 44, moments_size);

/** Start over.
 *
 * st      [out] no samples
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_moments_init(ecm_moments_t *st);

/** Take samples.
 *
 * st      [in,out] from ecm_moments_init
 * x       [in]     x_len samples, finite
 * x_len   [in]     0 does nothing
 *
 * Formula : d = x - mean, e = d / n, t = d e (n - 1) with n counting x; then
 *           m4 += t e^2 (n^2 - 3 n + 3) + 6 e^2 m2 - 4 e m3,
 *           m3 += t e (n - 2) - 3 e m2, m2 += t, mean += e, each sum compensated.
 * Cost    : one division and some 40 operations a sample.
 * Numerics: any split of a stream into calls gives the same bits.
 * Context : any, one caller per st.
 * Source  : P. Pebay, Sandia report SAND2008-6212 (2008); W. Kahan, Comm. ACM 8 (1965),
 *           40.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_FULL beyond 2^32 - 1 samples.
 */
ecm_status_t ecm_moments_update_f32(ecm_moments_t *st, const float *x, uint32_t x_len);

/** Add the samples of another state.
 *
 * st      [in,out] from ecm_moments_init
 * other   [in]     unchanged
 *
 * Formula : with shares p = n / (n + n'), q = 1 - p and d = mean' - mean:
 *           m2 += m2' + d^2 (n + n') p q, and the third and fourth of the same kind.
 * Numerics: rounds; the order of merging may show in the last places.
 * Context : any, one caller per st.
 * Source  : P. Pebay, Sandia report SAND2008-6212 (2008).
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_FULL beyond 2^32 - 1 samples.
 */
ecm_status_t ecm_moments_merge(ecm_moments_t *st, const ecm_moments_t *other);

/** Moments of all samples so far.
 *
 * st      [in]  from ecm_moments_init
 * out     [out] every field is written
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_moments_result_f32(const ecm_moments_t *st, ecm_moments_result_t *out);

/* ---- exponentially weighted --------------------------------------------------------
 */

typedef struct {
    float weight; /* of the newest sample, 0 < weight <= 1; 1 / weight is the memory */
} ecm_moments_ew_cfg_t;

/* Moments about the mean; n is counted up to 2^32 - 1. */
typedef struct {
    uint32_t n;
    float mean;
    float c2;
    float c3;
    float c4;
} ecm_moments_ew_t;
ECM_STATIC_ASSERT(sizeof(ecm_moments_ew_t) == 20, moments_ew_size);

/** Start over.
 *
 * st      [out] no samples
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_moments_ew_init(ecm_moments_ew_t *st);

/** Take samples.
 *
 * st      [in,out] from ecm_moments_ew_init
 * cfg     [in]     the same values at every call
 * x       [in]     x_len samples, finite
 * x_len   [in]     0 does nothing
 *
 * Formula : a = max(weight, 1 / n): the first 1 / weight samples weigh alike, so that
 *           the start has no bias. With b = 1 - a and d = x - mean:
 *           c4 = b (c4 - 4 a d c3 + 6 a^2 d^2 c2 + a d^4 (1 - 3 a b)),
 *           c3 = b (c3 - 3 a d c2 + a d^3 (b - a)), c2 = b (c2 + a d^2), mean += a d.
 * Numerics: any split of a stream into calls gives the same bits.
 * Context : any, one caller per st.
 * Source  : the mixture of two populations of weights b and a; for c2, D. H. D. West,
 *           Comm. ACM 22 (1979), 532-535.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG on a weight outside its range.
 */
ecm_status_t ecm_moments_ew_update_f32(ecm_moments_ew_t *st,
                                       const ecm_moments_ew_cfg_t *cfg, const float *x,
                                       uint32_t x_len);

/** Weighted moments.
 *
 * st      [in]  from ecm_moments_ew_init
 * out     [out] every field is written
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_moments_ew_result_f32(const ecm_moments_ew_t *st,
                                       ecm_moments_result_t *out);

/* ---- exact, of Q15 samples ----------------------------------------------------------
 */

/* Sums of powers of the samples; the third and fourth as high * 2^32 + low. */
typedef struct {
    uint32_t n;
    int16_t minimum;
    int16_t maximum;
    int64_t s1;
    uint64_t s2;
    int64_t s3_high;
    int64_t s3_low;
    uint64_t s4_high;
    uint64_t s4_low;
} ecm_moments_q15_t;
ECM_STATIC_ASSERT(sizeof(ecm_moments_q15_t) == 56, moments_q15_size);

/** Start over.
 *
 * st      [out] no samples
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_moments_q15_init(ecm_moments_q15_t *st);

/** Take samples.
 *
 * st      [in,out] from ecm_moments_q15_init
 * x       [in]     x_len samples
 * x_len   [in]     0 does nothing
 *
 * Numerics: exact.
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_FULL beyond 2^31 - 1 samples.
 */
ecm_status_t ecm_moments_q15_update(ecm_moments_q15_t *st, const int16_t *x,
                                    uint32_t x_len);

/** Add the samples of another state.
 *
 * st      [in,out] from ecm_moments_q15_init
 * other   [in]     unchanged
 *
 * Numerics: exact: the state that all samples would have given.
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_FULL beyond 2^31 - 1 samples.
 */
ecm_status_t ecm_moments_q15_merge(ecm_moments_q15_t *st,
                                   const ecm_moments_q15_t *other);

/** Moments of all samples so far; full scale is 1.
 *
 * st      [in]  from ecm_moments_q15_init
 * out     [out] every field is written
 *
 * Formula : power sums about the mean's nearest integer, exact in 128 bits, then in
 *           float about the mean itself.
 * Numerics: a few units in the last place, however large the mean.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_moments_q15_result_f32(const ecm_moments_q15_t *st,
                                        ecm_moments_result_t *out);

ECM_EXTERN_C_END

#endif
