/* ecm_integrate.h - from acceleration to velocity to displacement, and back.
 *
 * Three ways to integrate, by what they cost and what they do to slow parts:
 *   a biquad of ecm_filter.h: trapezoid and high-pass in one section, whose zero at
 *   frequency 0 stands where the integrator has its pole. Nothing can drift. Streaming;
 *   designed by `ecmkit.features.integrator`. The first choice;
 *   ecm_integrate_spectrum_f32: divides a spectrum, exact in amplitude and phase for
 *   what is periodic in the window;
 *   ecm_integrate_trapezoid_f32: the bare rule. A mean in its input grows without
 * bound.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_INTEGRATE_H
#define ECM_INTEGRATE_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

typedef struct {
    float x; /* last input */
    float y; /* last integral */
} ecm_integrate_t;

/** Start.
 *
 * st      [out] state
 * x       [in]  the sample before the first, most often the first itself
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_integrate_init_f32(ecm_integrate_t *st, float x);

/** First difference, scaled.
 *
 * st      [in,out] state
 * x       [in]     x_len samples
 * x_len   [in]     any chunk size
 * scale   [in]     sampling rate [Hz] times the ratio of units
 * out     [out]    x_len samples
 *
 * Formula : out[i] = (x[i] - x[i-1]) * scale. Half a sample late; low by the factor
 *           sin(w) / w with w = pi f / fs: 2 % at a ninth of fs.
 * Aliasing: out may be x.
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_integrate_difference_f32(ecm_integrate_t *st, const float *x,
                                          uint32_t x_len, float scale, float *out);

/** Running integral by the trapezoidal rule.
 *
 * st      [in,out] state
 * x       [in]     x_len samples, best without their mean
 * x_len   [in]     any chunk size
 * scale   [in]     half the sampling interval [s] times the ratio of units
 * out     [out]    x_len samples
 *
 * Formula : y[i] = y[i-1] + (x[i] + x[i-1]) * scale, three roundings.
 * Aliasing: out may be x.
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_integrate_trapezoid_f32(ecm_integrate_t *st, const float *x,
                                         uint32_t x_len, float scale, float *out);

/** Integrate once or twice in the frequency domain, from a lowest frequency on.
 *
 * spectrum [in,out] x_len floats: X[0], X[x_len/2], then X[1], X[2], ... as real and
 *                   imaginary part in turn
 * x_len    [in]     samples of the window, even, 4 ... 2^20
 * fs_hz    [in]     sampling rate, 1e-6 ... 1e9
 * lo_hz    [in]     bins below are set to 0, and bin 0 always; 0 ... fs_hz / 2
 * times    [in]     1 or 2
 * scale    [in]     ratio of units, finite
 *
 * Formula : X[k] * scale / (j w)^times, w = 2 pi k fs_hz / x_len. Bin x_len/2 is set to
 *           0 if times is 1: a real signal cannot hold its quadrature.
 * Numerics: relative error of a bin below 6e-7.
 * Context : any, one caller per spectrum.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_integrate_spectrum_f32(float *spectrum, uint32_t x_len, float fs_hz,
                                        float lo_hz, uint32_t times, float scale);

ECM_EXTERN_C_END

#endif
