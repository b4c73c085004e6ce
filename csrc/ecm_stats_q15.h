/* ecm_stats_q15.h - time statistics of one resident window of Q15 samples.
 *
 * Two ways out: float, for cores that have it, and integers only, so that a core
 * without a floating-point unit needs no emulation. Sums of samples are exact in both,
 * in any order; full scale is 1.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_STATS_Q15_H
#define ECM_STATS_Q15_H

#include "ecm_stats.h"

ECM_EXTERN_C_BEGIN

/* Longest window, for sums that fit. */
#define ECM_STATS_Q15_MAX_LEN 32768

/* The fields of ecm_stats_time_t in integers: amplitudes in Q31, unsigned ones up to 2;
 * ratios in Q16.16, at most 65535.99. Ratios of a constant window are 0. */
typedef struct {
    int32_t mean;            /* Q31 */
    int32_t minimum;         /* Q31 */
    int32_t maximum;         /* Q31 */
    uint32_t rms;            /* Q31, about the mean */
    uint32_t rms_about_zero; /* Q31 */
    uint32_t variance;       /* Q31 of full scale squared, about the mean */
    uint32_t peak;           /* Q31, largest absolute deviation from the mean */
    uint32_t peak_to_peak;   /* Q31 */
    uint32_t mean_abs;       /* Q31, mean absolute deviation from the mean */
    uint32_t root_amplitude; /* Q31, squared mean of the roots of the deviations */
    int32_t skewness;        /* Q16.16 */
    uint32_t kurtosis;       /* Q16.16 */
    uint32_t crest;          /* Q16.16, peak / rms */
    uint32_t shape;          /* Q16.16, rms / mean_abs */
    uint32_t impulse;        /* Q16.16, peak / mean_abs */
    uint32_t clearance;      /* Q16.16, peak / root_amplitude */
    uint32_t mean_crossings; /* sign changes of x - mean; 0 is positive */
    uint32_t zero_crossings; /* sign changes of x */
} ecm_stats_time_q15_t;
ECM_STATIC_ASSERT(sizeof(ecm_stats_time_q15_t) == 72, stats_time_q15_size);

/** Time statistics in integers.
 *
 * x       [in]  x_len samples
 * x_len   [in]  0 ... ECM_STATS_Q15_MAX_LEN; 0 gives zeros
 * out     [out] every field is written
 *
 * Formula : as the fields say. Mean, extremes, variance, both rms, peak and
 *           mean_abs are within one unit in the last place, root_amplitude within
 *           0.1 % or that. Higher moments are of deviations rounded to 15 bits of
 *           their peak: within 0.1 %, or 0.001 of skewness. Other ratios are those
 *           of these amplitudes.
 * Cost    : two passes and an integer root a sample; on a core without a
 *           floating-point unit a third of what the float routine takes.
 * Numerics: integers only, the same on every target.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_stats_time_q15(const int16_t *x, uint32_t x_len,
                                ecm_stats_time_q15_t *out);

/** Time statistics of Q15 samples in float.
 *
 * x       [in]  x_len samples
 * x_len   [in]  0 ... ECM_STATS_Q15_MAX_LEN; 0 gives zeros
 * out     [out] every field is written; full scale is 1
 *
 * Formula : as ecm_stats_time_f32, of deviations (x_len x - sum) / x_len that are exact
 *           before they become float; sums of them and of their squares are integers.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_stats_time_q15_f32(const int16_t *x, uint32_t x_len,
                                    ecm_stats_time_t *out);

ECM_EXTERN_C_END

#endif
