/* ecm_rank.h - order statistics of one resident window, and its histogram.
 *
 * Samples are put in order in work memory of the caller, as far as a rank asks for it:
 * selection, not sorting. Samples must be finite; where one is not, a float result is a
 * value of the window or NaN, the same on every target, and nothing else is touched.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_RANK_H
#define ECM_RANK_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/* Work memory in words of 32 bits, for either type of samples. */
#define ECM_RANK_WORK_LEN(x_len) (x_len)

/** Quantiles, interpolated between neighbours.
 *
 * x       [in]     x_len samples; not changed
 * x_len   [in]     0 gives zeros; at most 2^31 - 1
 * q       [in]     q_len shares, 0 ... 1; 0.5 is the median
 * q_len   [in]     number of quantiles
 * work    [in,out] ECM_RANK_WORK_LEN(x_len) words
 * out     [out]    q_len values
 *
 * Formula : position q (x_len - 1) in the sorted window, q to 2^-31; between samples
 *           a <= b at the fraction t: a + (b - a) t, from b for t >= 1/2.
 * Cost    : a few passes for each quantile, at most some 60 in the worst case.
 * Numerics: the method "linear" of NumPy; a zero result is +0.
 * Context : any, one caller per work.
 * Source  : C. A. R. Hoare, Comm. ACM 4 (1961), 321-322 (selection); R. J. Hyndman,
 *           Y. Fan, Amer. Statist. 50 (1996), 361-365, definition 7.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH, ECM_ERR_ARG on a q outside 0 ... 1.
 */
ecm_status_t ecm_rank_quantiles_f32(const float *x, uint32_t x_len, const float *q,
                                    uint32_t q_len, int32_t *work, float *out);

/** Median, and median of the absolute deviations from it.
 *
 * x       [in]     x_len samples; not changed
 * x_len   [in]     0 gives zeros; at most 2^31 - 1
 * work    [in,out] ECM_RANK_WORK_LEN(x_len) words
 * median  [out]    middle value, or the mean of the two in the middle
 * mad     [out]    not scaled: times 1.4826 it is the standard deviation of a Gaussian
 *
 * Context : any, one caller per work.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_rank_median_f32(const float *x, uint32_t x_len, int32_t *work,
                                 float *median, float *mad);

/** Histogram of bins of equal width.
 *
 * x        [in]  x_len samples
 * x_len    [in]  0 gives zeros
 * lo       [in]  lower end of the first bin, finite
 * hi       [in]  upper end of the last bin, which it is in; > lo, hi - lo finite
 * bins     [in]  number of bins, 1 ... 65535
 * count    [out] bins counts; samples outside of lo ... hi are left out
 *
 * Formula : bin (x - lo) / (hi - lo) bins without its fraction, in single precision.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_rank_histogram_f32(const float *x, uint32_t x_len, float lo, float hi,
                                    uint32_t bins, uint32_t *count);

/** Entropy of the histogram between minimum and maximum.
 *
 * x        [in]     x_len samples
 * x_len    [in]     0 gives 0
 * bins     [in]     number of bins, 2 ... 65535
 * work     [in,out] bins counts
 * entropy  [out]    0 ... 1; 0 on a constant window, 1 where all bins are alike
 *
 * Formula : - sum p ln p over ln bins, p the share of each bin.
 * Context : any, one caller per work.
 * Source  : C. E. Shannon, Bell Syst. Tech. J. 27 (1948), 379-423.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG also if maximum - minimum is not finite.
 */
ecm_status_t ecm_rank_entropy_f32(const float *x, uint32_t x_len, uint32_t bins,
                                  uint32_t *work, float *entropy);

/** Quantiles of Q15 samples, in integers.
 *
 * x       [in]     x_len samples; not changed
 * x_len   [in]     0 gives zeros; at most 2^31 - 1
 * q       [in]     q_len shares in Q31, 0 ... 2^31
 * q_len   [in]     number of quantiles
 * work    [in,out] ECM_RANK_WORK_LEN(x_len) words
 * out     [out]    q_len values in Q31, interpolated as above, rounded half up
 *
 * Context : any, one caller per work.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH, ECM_ERR_ARG if a q is above 2^31.
 */
ecm_status_t ecm_rank_quantiles_q15(const int16_t *x, uint32_t x_len, const uint32_t *q,
                                    uint32_t q_len, int32_t *work, int32_t *out);

/** Median and median absolute deviation of Q15 samples, in integers.
 *
 * x       [in]     x_len samples; not changed
 * x_len   [in]     0 gives zeros; at most 2^31 - 1
 * work    [in,out] ECM_RANK_WORK_LEN(x_len) words
 * median  [out]    Q31, exact
 * mad     [out]    Q31, exact, not scaled; up to 2, hence without sign
 *
 * Context : any, one caller per work.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_rank_median_q15(const int16_t *x, uint32_t x_len, int32_t *work,
                                 int32_t *median, uint32_t *mad);

/** Histogram of Q15 samples between two of them.
 *
 * x        [in]  x_len samples
 * x_len    [in]  0 gives zeros
 * lo       [in]  smallest sample that is counted
 * hi       [in]  largest, >= lo
 * bins     [in]  number of bins, 1 ... 65535
 * count    [out] bins counts
 *
 * Formula : bin (x - lo) bins / (hi - lo + 1), exact.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_rank_histogram_q15(const int16_t *x, uint32_t x_len, int16_t lo,
                                    int16_t hi, uint32_t bins, uint32_t *count);

/** Entropy of the histogram of Q15 samples between minimum and maximum.
 *
 * x        [in]     x_len samples
 * x_len    [in]     0 gives 0
 * bins     [in]     number of bins, 2 ... 65535
 * work     [in,out] bins counts
 * entropy  [out]    0 ... 1, as above
 *
 * Context : any, one caller per work.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_rank_entropy_q15(const int16_t *x, uint32_t x_len, uint32_t bins,
                                  uint32_t *work, float *entropy);

ECM_EXTERN_C_END

#endif
