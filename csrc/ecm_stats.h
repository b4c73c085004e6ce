/* ecm_stats.h - statistics of one resident window.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_STATS_H
#define ECM_STATS_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/* Time statistics of a window, in the unit [u] of its samples. On a constant window
 * every ratio is 0 (no division by zero); on an empty one everything is 0. */
typedef struct {
    float mean;               /* [u] */
    float rms;                /* [u] root mean square about the mean */
    float peak;               /* [u] largest absolute deviation from the mean */
    float peak_to_peak;       /* [u] maximum minus minimum */
    float mean_abs;           /* [u] mean absolute deviation from the mean */
    float root_amplitude;     /* [u] squared mean of the square roots of |x - mean| */
    float skewness;           /* [1] third standardised moment, biased */
    float kurtosis;           /* [1] fourth standardised moment, biased; Gaussian: 3 */
    float crest;              /* [1] peak / rms */
    float shape;              /* [1] rms / mean_abs */
    float impulse;            /* [1] peak / mean_abs */
    float clearance;          /* [1] peak / root_amplitude */
    float mean_crossing_rate; /* [1] sign changes of x - mean per sample */
} ecm_stats_time_t;

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

/** All time statistics in two passes: the mean, then what needs it.
 *
 * x       [in]  x_len values, finite
 * x_len   [in]  0 gives zeros
 * out     [out] every field is written
 *
 * Cost    : two passes, x_len square roots; no work memory.
 * Numerics: moments about the mean, sums in four lanes.
 * Context : any.
 * Source  : names as in ISO 13373-2 practice; moments as scipy.stats (bias=True).
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_stats_time_f32(const float *x, uint32_t x_len, ecm_stats_time_t *out);

ECM_EXTERN_C_END

#endif
