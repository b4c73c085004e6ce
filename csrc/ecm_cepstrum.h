/* ecm_cepstrum.h - real cepstrum of a power spectrum, its peaks, and pre-whitening.
 *
 * A family of lines on the multiples of a frequency f, such as the harmonics of a shaft
 * or the sidebands of a gear mesh, is a peak of the cepstrum at the quefrency 1/f [s],
 * however high each line is. Lines midway between the multiples make it a trough.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_CEPSTRUM_H
#define ECM_CEPSTRUM_H

#include "ecm_fft.h"

ECM_EXTERN_C_BEGIN

typedef struct {
    float quefrency_s; /* [s] 0 if there is none */
    float amplitude;   /* [1] of the cepstrum there */
} ecm_cepstrum_peak_t;

/** Real cepstrum.
 *
 * plan    [in]  for real data of x_len = 2 plan->len samples
 * power   [in]  x_len/2 + 1 values, one-sided as in ecm_spectrum.h
 * work    [out] x_len floats, scratch
 * out     [out] x_len values, out[q] at the quefrency q/fs; out[x_len - q] is out[q]
 *
 * Formula : inverse transform, divided by x_len, of log |X[k]| = log(P[k]) / 2, where P
 *           is power, doubled in the first and last bin; bins below ECM_SPECTRUM_FLOOR
 *           times the mean power are taken as that. Only out[0] depends on the scale.
 * Numerics: absolute error below 2e-6; bit-identical on all targets. An empty spectrum
 *           gives zeros, one that is not finite NaN.
 * Aliasing: out may be power, if it has room for x_len values; work overlaps neither.
 * Context : any, one caller per work.
 * Source  : B. P. Bogert et al., Proc. Symp. Time Series Analysis (1963), 209-243;
 *           R. B. Randall, Mech. Syst. Signal Process. 97 (2017), 3-19.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_cepstrum_real_f32(const ecm_fft_plan_t *plan, const float *power,
                                   float *work, float *out);

/** The largest peak of a cepstrum within a range of quefrencies.
 *
 * cepstrum     [in]  cepstrum_len values, value q at q / fs_hz
 * cepstrum_len [in]  as far as x_len/2 + 1 they are a cepstrum's own
 * fs_hz        [in]  sampling rate, > 0, finite
 * lo_s         [in]  > 0: of values with lo_s <= q / fs_hz <= hi_s the largest counts,
 * hi_s         [in]  the first and the last of cepstrum_len left out
 * out          [out] the vertex of the parabola through it and its neighbours; where
 *                    one of these is larger, the value itself; zeros if the range is
 *                    empty
 *
 * Numerics: a NaN within the range gives NaN.
 * Context : any, one caller per out.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG (fs_hz, lo_s).
 */
ecm_status_t ecm_cepstrum_peak_f32(const float *cepstrum, uint32_t cepstrum_len,
                                   float fs_hz, float lo_s, float hi_s,
                                   ecm_cepstrum_peak_t *out);

/** Cepstral pre-whitening: every bin divided by its magnitude, which sets the whole
 * cepstrum but the phase to zero, so that neither resonances nor strong lines outweigh
 * the rest.
 *
 * bins     [in]  bins_len complex numbers, real and imaginary part in turn
 * bins_len [in]  0 does nothing
 * out      [out] bins_len complex numbers of magnitude 1; 0 stays 0; may be bins
 *
 * Numerics: the squared magnitude must be a normal float: magnitudes of 1e-18 ... 1e18.
 * Context : any, one caller per out.
 * Source  : P. Borghesani et al., Mech. Syst. Signal Process. 36 (2013), 370-384.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_cepstrum_whiten_f32(const float *bins, uint32_t bins_len, float *out);

ECM_EXTERN_C_END

#endif
