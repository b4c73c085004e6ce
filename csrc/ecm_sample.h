/* ecm_sample.h - a stream in bounded memory by sampling: KLL quantiles, a reservoir.
 *
 * Both draw from a generator whose seed is part of the state, so that device and host
 * keep the same values. Where the relative error of a value will do, the histogram of
 * ecm_sketch.h needs no chance; these promise an error of rank, for values of any kind.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_SAMPLE_H
#define ECM_SAMPLE_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/* ---- KLL
 * ----------------------------------------------------------------------------- Level h
 * holds values that stand for 2^h each. When memory is full, half of the values of the
 * lowest level that has more than its share go up a level, the others go. */

#define ECM_SAMPLE_KLL_LEVELS 20
#define ECM_SAMPLE_KLL_K_MIN 8
#define ECM_SAMPLE_KLL_K_MAX 1024
/* Floats that a sketch needs: the shares of all levels, k (2/3)^h and at least 8. */
#define ECM_SAMPLE_KLL_LEN(k) (3U * (k) + 8U * ECM_SAMPLE_KLL_LEVELS)

typedef struct {
    uint32_t n;
    uint32_t random; /* never 0 */
    float minimum;   /* 0 before the first value */
    float maximum;
    uint16_t k;
    uint16_t levels; /* in use */
    uint16_t
        start[ECM_SAMPLE_KLL_LEVELS + 2]; /* level h: start[h] ... start[h+1] - 1 */
} ecm_sample_kll_t;
ECM_STATIC_ASSERT(sizeof(ecm_sample_kll_t) == 64, sample_kll_size);

/** Start.
 *
 * st      [out] no values
 * k       [in]  ECM_SAMPLE_KLL_K_MIN ... ECM_SAMPLE_KLL_K_MAX: 16, 64, 200 give a rank
 *               within 16 %, 4 %, 1.4 % of n with a probability of 99 %
 * seed    [in]  any
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_sample_kll_init(ecm_sample_kll_t *st, uint32_t k, uint32_t seed);

/** Take a value.
 *
 * st      [in,out] from ecm_sample_kll_init
 * mem     [in,out] ECM_SAMPLE_KLL_LEN(k) floats, undefined at the start
 * x       [in]     finite
 *
 * Cost    : O(1), but for one value in some 2 k, at which memory is full: O(k log k).
 * Numerics: exact; the same values are kept on all targets.
 * Context : any, one caller per st.
 * Source  : Z. Karnin, K. Lang, E. Liberty, FOCS (2016), 71-78; the order of memory is
 *           that of Apache DataSketches.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG, ECM_ERR_FULL after 2^19 k values or
 *           more.
 */
ecm_status_t ecm_sample_kll_update_f32(ecm_sample_kll_t *st, float *mem, float x);

/** Add the values of another sketch.
 *
 * st        [in,out] from ecm_sample_kll_init
 * mem       [in,out] of st
 * other     [in]     of any k, unchanged
 * other_mem [in]     of other, unchanged
 *
 * Numerics: the error of rank is that of the smaller k.
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_FULL if that might be too many values.
 */
ecm_status_t ecm_sample_kll_merge(ecm_sample_kll_t *st, float *mem,
                                  const ecm_sample_kll_t *other,
                                  const float *other_mem);

/** A quantile.
 *
 * st      [in]     from ecm_sample_kll_init
 * mem     [in,out] of st; put in order
 * q       [in]     share, 0 ... 1
 * x       [out]    the least kept value of rank q n or more; the minimum at 0, the
 *                  maximum at 1
 *
 * Cost    : O(k) steps of all levels.
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG; ECM_MORE and 0 before the first value.
 */
ecm_status_t ecm_sample_kll_quantile_f32(const ecm_sample_kll_t *st, float *mem,
                                         float q, float *x);

/** Share of the values that are at most x.
 *
 * st      [in]  from ecm_sample_kll_init
 * mem     [in]  of st
 * x       [in]  any number
 * share   [out] 0 ... 1
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG on NaN; ECM_MORE and 0 before the first
 *           value.
 */
ecm_status_t ecm_sample_kll_rank_f32(const ecm_sample_kll_t *st, const float *mem,
                                     float x, float *share);

/* ---- reservoir
 * -----------------------------------------------------------------------
 */

typedef struct {
    uint32_t n;
    uint32_t random; /* never 0 */
} ecm_sample_reservoir_t;
ECM_STATIC_ASSERT(sizeof(ecm_sample_reservoir_t) == 8, sample_reservoir_size);

/** Start.
 *
 * st      [out] no values
 * seed    [in]  any
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_sample_reservoir_init(ecm_sample_reservoir_t *st, uint32_t seed);

/** Take a value: every value so far is kept with the same probability.
 *
 * st       [in,out] from ecm_sample_reservoir_init
 * kept     [in,out] the first min(n, kept_len) are values, in no order
 * kept_len [in]     1 ... 65535, the same at every call
 * x        [in]     any
 *
 * Cost    : O(1).
 * Context : any, one caller per st.
 * Source  : J. S. Vitter, ACM TOMS 11 (1985), 37-57, algorithm R.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH, ECM_ERR_FULL beyond 2^32 - 1 values.
 */
ecm_status_t ecm_sample_reservoir_update_f32(ecm_sample_reservoir_t *st, float *kept,
                                             uint32_t kept_len, float x);

/** Put values in order.
 *
 * x       [in,out] x_len values, no NaN; 0 and -0 in any order
 * x_len   [in]     any
 *
 * Cost    : O(x_len^(4/3)), in place.
 * Context : any, one caller per x.
 * Source  : D. L. Shell, Comm. ACM 2 (1959), 30-32; gaps of M. Ciura (2001).
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_sample_sort_f32(float *x, uint32_t x_len);

/** Kolmogorov-Smirnov distance of two samples.
 *
 * reference     [in]  reference_len values in rising order
 * reference_len [in]  1 ... 65535
 * x             [in]  x_len values in rising order
 * x_len         [in]  1 ... 65535
 * ks            [out] largest difference of their distribution functions, 0 ... 1
 *
 * Numerics: exact but for one rounding.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_sample_ks_f32(const float *reference, uint32_t reference_len,
                               const float *x, uint32_t x_len, float *ks);

ECM_EXTERN_C_END

#endif
