/* ecm_series.h - how samples follow each other, and how channels go together.
 *
 * Of one resident window, or of several that were sampled together. Sums run in four
 * lanes; samples must be finite, and where one is not, a float result is NaN or some
 * value, the same on every target.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_SERIES_H
#define ECM_SERIES_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/* Longest window of Q15 samples: their sums are exact in 64 bits. */
#define ECM_SERIES_Q15_MAX_LEN 32768

/* Variance and two ratios that tell where in frequency it lies, without a transform. */
typedef struct {
    float activity;   /* [u^2] variance about the mean, biased */
    float mobility;   /* [1] root of the variance of the differences over activity */
    float complexity; /* [1] mobility of the differences over mobility */
} ecm_series_hjorth_t;

/** Samples that are larger or smaller than both their neighbours.
 *
 * x       [in]  x_len samples
 * x_len   [in]  below 3 gives 0
 * count   [out] turning points; equal neighbours make none
 *
 * Context : any.
 * Source  : I.-J. Bienayme (1874): 2/3 of the inner samples where order is random.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_series_turning_points_f32(const float *x, uint32_t x_len,
                                           uint32_t *count);

/** Hjorth's parameters.
 *
 * x       [in]  x_len samples
 * x_len   [in]  0 gives zeros; mobility needs 2 samples, complexity 3, else they are 0
 * out     [out] every field is written; zeros on a constant window
 *
 * Formula : first differences x[i + 1] - x[i] and those of them, each about its own
 *           mean; per sample, times the sampling rate for 1/s.
 * Context : any.
 * Source  : B. Hjorth, Electroenceph. clin. Neurophysiol. 29 (1970), 306-310.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_series_hjorth_f32(const float *x, uint32_t x_len,
                                   ecm_series_hjorth_t *out);

/** Autocorrelation at some lags.
 *
 * x        [in]  x_len samples
 * x_len    [in]  0 gives zeros
 * lags     [in]  lags_len of them, each below x_len
 * lags_len [in]  number of lags
 * unbiased [in]  false: sums over x_len, which shrink as the lag grows (the usual
 *                estimate); true: over the x_len - lag products that there are
 * out      [out] lags_len values; lag 0 gives 1, a constant window zeros
 *
 * Formula : sum of d[i] d[i + lag] over sum of d[i]^2, d = x - mean; times
 *           x_len / (x_len - lag) if unbiased.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG on a lag that is too long.
 */
ecm_status_t ecm_series_autocorrelation_f32(const float *x, uint32_t x_len,
                                            const uint32_t *lags, uint32_t lags_len,
                                            bool unbiased, float *out);

/** Correlation of two channels.
 *
 * x       [in]  x_len samples
 * y       [in]  x_len samples, taken at the same times
 * x_len   [in]  0 gives 0
 * r       [out] Pearson's, -1 ... 1; 0 where a channel is constant
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_series_correlation_f32(const float *x, const float *y, uint32_t x_len,
                                        float *r);

/** Length of the vector of three axes, sample by sample.
 *
 * x       [in]  x_len samples
 * y       [in]  x_len samples
 * z       [in]  x_len samples
 * x_len   [in]  0 does nothing
 * out     [out] x_len magnitudes, sqrt((x^2 + y^2) + z^2)
 *
 * Aliasing: out may be one of the inputs.
 * Context : any, one caller per out.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_series_magnitude_f32(const float *x, const float *y, const float *z,
                                      uint32_t x_len, float *out);

/** Turning points of Q15 samples.
 *
 * x       [in]  x_len samples
 * x_len   [in]  below 3 gives 0
 * count   [out] as above
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_series_turning_points_q15(const int16_t *x, uint32_t x_len,
                                           uint32_t *count);

/** Hjorth's parameters of Q15 samples; full scale is 1.
 *
 * x       [in]  x_len samples
 * x_len   [in]  0 ... ECM_SERIES_Q15_MAX_LEN
 * out     [out] as above
 *
 * Numerics: the variances are exact, their ratios and roots round.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_series_hjorth_q15(const int16_t *x, uint32_t x_len,
                                   ecm_series_hjorth_t *out);

/** Autocorrelation of Q15 samples at some lags.
 *
 * x        [in]  x_len samples
 * x_len    [in]  0 ... ECM_SERIES_Q15_MAX_LEN
 * lags     [in]  lags_len of them, each below x_len
 * lags_len [in]  number of lags
 * unbiased [in]  as above
 * out      [out] as above
 *
 * Numerics: sums about the mean's nearest integer are exact; the rest of the mean is
 *           taken off in float.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_series_autocorrelation_q15(const int16_t *x, uint32_t x_len,
                                            const uint32_t *lags, uint32_t lags_len,
                                            bool unbiased, float *out);

/** Correlation of two channels of Q15 samples.
 *
 * x       [in]  x_len samples
 * y       [in]  x_len samples, taken at the same times
 * x_len   [in]  0 ... ECM_SERIES_Q15_MAX_LEN
 * r       [out] as above
 *
 * Numerics: the covariances are exact, their ratio rounds.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_series_correlation_q15(const int16_t *x, const int16_t *y,
                                        uint32_t x_len, float *r);

ECM_EXTERN_C_END

#endif
