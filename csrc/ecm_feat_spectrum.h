/* ecm_feat_spectrum.h - steps of a plan on the spectrum of a window.
 *
 * One real transform; tapers are applied to its bins, so that the untapered ones stay
 * for others. Power is one-sided and scaled by Parseval and the energy of the taper, so
 * that its sum is the mean square; bin k is at k fs_hz / window_len. A frequency less
 * than 1e-6 of itself above a bin counts as being on it, since rounding may put it
 * there.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FEAT_SPECTRUM_H
#define ECM_FEAT_SPECTRUM_H

#include "ecm_feat.h"
#include "ecm_fft.h"

ECM_EXTERN_C_BEGIN

/* "transform": packed bins of x into work, by ecm_fft_r2c_f32; bin 0 becomes 0 if the
 * plan has a detrend, since a taper would spread what rounding left of the mean. No
 * rows; settings: ecm_fft_plan_t for window_len reals. */
extern const ecm_feat_kind_t ecm_feat_kind_transform;
#define ECM_FEAT_TRANSFORM_WORK_LEN(window_len) (window_len)

/* "power": from work into x: power of bins 0 ... window_len/2 under a Hann taper, then
 * their sum. No rows, no settings.
 *
 * Formula : Y[k] = X[k]/2 - (X[k-1] + X[k+1])/4, P = 8 |Y|^2 / (3 window_len^2), twice
 *           that for bins with a mirror image.
 * Source  : F. J. Harris, Proc. IEEE 66 (1978), 51-83. */
extern const ecm_feat_kind_t ecm_feat_kind_power;

/* "bands": rows band_rms and band_fraction, lo_hz <= f < hi_hz, of the power in x; 0
 * where there is none. No settings. */
extern const ecm_feat_kind_t ecm_feat_kind_bands;

/* "moments": rows centroid. No settings. */
extern const ecm_feat_kind_t ecm_feat_kind_moments;

/* "entropy": rows spectral_entropy. No settings. */
extern const ecm_feat_kind_t ecm_feat_kind_entropy;

ECM_EXTERN_C_END

#endif
