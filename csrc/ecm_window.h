/* ecm_window.h - what is done to a window before its spectrum: mean, line, taper.
 *
 * Q15: samples are int16_t over 2^15; every result is the exact one rounded half up and
 * saturated, unless its function says otherwise.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_WINDOW_H
#define ECM_WINDOW_H

#include "ecm_base.h"
#include "ecm_taper.h"

ECM_EXTERN_C_BEGIN

/* Longest window of the Q15 functions, so that 64-bit sums hold any input. */
#define ECM_WINDOW_Q15_LEN_MAX 32768

/* The least-squares line of a window: level + slope * (i - (x_len - 1) / 2). */
typedef struct {
    float level; /* [u] its mean, half way */
    float slope; /* [u per sample] */
} ecm_window_line_t;

/** Subtract a constant and multiply by a taper, in one pass.
 *
 * x       [in]  x_len samples
 * x_len   [in]  0 does nothing
 * mean    [in]  what is subtracted, most often ecm_stats_mean_f32; 0: nothing
 * half    [in]  the taper, ECM_TAPER_HALF_LEN(x_len, form) values
 * form    [in]  ECM_TAPER_PERIODIC, ECM_TAPER_SYMMETRIC
 * out     [out] x_len samples
 *
 * Formula : out[i] = (x[i] - mean) * taper[i], two roundings.
 * Aliasing: out may be x.
 * Context : any, one caller per out.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_window_apply_f32(const float *x, uint32_t x_len, float mean,
                                  const float *half, uint32_t form, float *out);

/** Subtract a constant and multiply by a taper, in one pass, Q15.
 *
 * x       [in]  x_len samples
 * x_len   [in]  0 does nothing
 * mean    [in]  what is subtracted, most often ecm_window_mean_q15; 0: nothing
 * half    [in]  the taper in Q15, ECM_TAPER_HALF_LEN(x_len, form) values
 * form    [in]  ECM_TAPER_PERIODIC, ECM_TAPER_SYMMETRIC
 * out     [out] x_len samples
 *
 * Formula : out[i] = (x[i] - mean) * taper[i] / 2^15, one rounding.
 * Aliasing: out may be x.
 * Context : any, one caller per out.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_window_apply_q15(const int16_t *x, uint32_t x_len, int16_t mean,
                                  const int16_t *half, uint32_t form, int16_t *out);

/** Arithmetic mean, Q15.
 *
 * x       [in] x_len samples
 * x_len   [in] 0 gives 0; at most ECM_WINDOW_Q15_LEN_MAX, what is beyond is not read
 *
 * Context : any.
 * Returns : the mean, rounded half up.
 */
int16_t ecm_window_mean_q15(const int16_t *x, uint32_t x_len);

/** Fit a line by least squares.
 *
 * x       [in]  x_len samples, finite
 * x_len   [in]  0 gives zeros, 1 a slope of 0; at most 2^24
 * line    [out] level and slope
 *
 * Formula : level = m + mean of (x - m), m the mean as it is rounded;
 *           slope = sum t (x - m) / sum t^2, t = i - (x_len - 1) / 2 and
 *           sum t^2 = x_len (x_len^2 - 1) / 12.
 * Numerics: sums in four lanes of deviations from the mean, so an offset costs nothing.
 *           Equal samples give a slope of exactly 0. The line is within 3e-7 of the
 *           true one, relative to the largest |x|, at 1024 samples or fewer; 1e-6
 *           at 16384.
 * Cost    : two passes.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_window_fit_line_f32(const float *x, uint32_t x_len,
                                     ecm_window_line_t *line);

/** Subtract the least-squares line.
 *
 * x       [in]  x_len samples, finite
 * x_len   [in]  as ecm_window_fit_line_f32
 * out     [out] x_len samples
 *
 * Formula : out[i] = (x[i] - level) - slope * t, three roundings.
 * Aliasing: out may be x.
 * Context : any, one caller per out.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_window_remove_line_f32(const float *x, uint32_t x_len, float *out);

/** Subtract the mean, Q15.
 *
 * x       [in]  x_len samples
 * x_len   [in]  0 does nothing; at most ECM_WINDOW_Q15_LEN_MAX
 * out     [out] x_len samples; a difference beyond Q15 saturates
 *
 * Aliasing: out may be x.
 * Context : any, one caller per out.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_window_remove_mean_q15(const int16_t *x, uint32_t x_len, int16_t *out);

/** Subtract the least-squares line, Q15.
 *
 * x       [in]  x_len samples
 * x_len   [in]  0 does nothing; at most ECM_WINDOW_Q15_LEN_MAX
 * out     [out] x_len samples
 *
 * Numerics: the line is kept in 64 bits; its error before the rounding is below 2^-16
 *           of a step.
 * Cost    : two passes, a 64-bit addition per sample, four 64-bit divisions.
 * Aliasing: out may be x.
 * Context : any, one caller per out.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_window_remove_line_q15(const int16_t *x, uint32_t x_len, int16_t *out);

ECM_EXTERN_C_END

#endif
