/* ecm_stats.h - statistics of one resident window.
 *
 * Deviations are from the mean, d = x - mean; sums run in four lanes. A zero result is
 * +0. A window whose sum is not a finite number (it holds a NaN or an infinity, or is
 * not constant and too large to be added up) gives NaN in every field. Fourth powers
 * are formed in single precision: deviations should lie within 1e-9 ... 1e9 in the unit
 * of the samples; below that moments vanish, and ratios of what vanished are 0.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_STATS_H
#define ECM_STATS_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/* Time statistics of a window, in the unit [u] of its samples; the sign of 0 is
 * positive. On a constant window the mean is exact and all that measures spread is
 * exactly 0, ratios included; on an empty one everything is 0. */
/* Up to rms_about_zero in the order of the features' ids. */
typedef struct {
    float mean;               /* [u] */
    float rms;                /* [u] root mean square about the mean */
    float peak;               /* [u] largest absolute deviation from the mean */
    float peak_to_peak;       /* [u] maximum minus minimum */
    float mean_abs;           /* [u] mean absolute deviation from the mean */
    float skewness;           /* [1] third standardised moment, biased */
    float kurtosis;           /* [1] fourth standardised moment, biased; Gaussian: 3 */
    float crest;              /* [1] peak / rms */
    float shape;              /* [1] rms / mean_abs */
    float impulse;            /* [1] peak / mean_abs */
    float clearance;          /* [1] peak / root_amplitude */
    float mean_crossing_rate; /* [1] sign changes of x - mean per sample */
    float zero_crossing_rate; /* [1] sign changes of x per sample */
    float minimum;            /* [u] */
    float maximum;            /* [u] */
    float variance;           /* [u^2] about the mean, biased */
    float rms_about_zero;     /* [u] root mean square of the samples themselves */
    float root_amplitude;     /* [u] squared mean of the square roots of |x - mean| */
} ecm_stats_time_t;

/* What the two passes leave; the statistics follow from it. */
typedef struct {
    float mean;
    float minimum;
    float maximum;
    float d1;   /* sum of |d| */
    float d2;   /* sum of d^2 */
    float d3;   /* sum of d^3 */
    float d4;   /* sum of d^4 */
    float root; /* sum of sqrt |d| */
    uint32_t mean_crossings;
    uint32_t zero_crossings;
} ecm_stats_sums_t;

/** Arithmetic mean.
 *
 * x       [in] x_len values, finite
 * x_len   [in] 0 gives 0
 *
 * Context : any.
 * Formula : sum in four lanes over x_len; equal values give exactly that value.
 * Returns : the mean.
 */
float ecm_stats_mean_f32(const float *x, uint32_t x_len);

/** Subtract the mean.
 *
 * x       [in,out] x_len values, finite
 * x_len   [in]     0 does nothing
 *
 * Context : any, one caller per x.
 * Returns : the mean that was subtracted.
 */
float ecm_stats_remove_mean_f32(float *x, uint32_t x_len);

/** All time statistics in two passes: the sum, then what needs the mean.
 *
 * x       [in]  x_len values, finite
 * x_len   [in]  0 gives zeros
 * out     [out] every field is written
 *
 * Cost    : two passes, x_len square roots; no work memory. Samples beyond the nearer
 *           of the two extremes so far cost a dozen instructions more: few in noise,
 *           all of them in a square wave.
 * Numerics: moments about the mean, sums in four lanes.
 * Context : any.
 * Source  : names as in ISO 13373-2 practice; moments as scipy.stats (bias=True).
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_stats_time_f32(const float *x, uint32_t x_len, ecm_stats_time_t *out);

/** Time statistics from sums that were taken elsewhere.
 *
 * sums    [in]  of x_len samples; equal minimum and maximum mean a constant window
 * x_len   [in]  0 gives zeros, whatever the sums
 * out     [out] every field is written
 *
 * Formula : as the fields of ecm_stats_time_t say; peak is the larger of
 *           maximum - mean and mean - minimum; rms_about_zero is the root of
 *           mean^2 + variance, and |mean| where d2 is 0.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_stats_finish_f32(const ecm_stats_sums_t *sums, uint32_t x_len,
                                  ecm_stats_time_t *out);

ECM_EXTERN_C_END

#endif
