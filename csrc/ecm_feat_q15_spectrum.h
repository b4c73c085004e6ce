/* ecm_feat_q15_spectrum.h - steps of an integer plan on the spectrum of a window; each
 * is refused without the step that it reads from.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FEAT_Q15_SPECTRUM_H
#define ECM_FEAT_Q15_SPECTRUM_H

#include "ecm_feat_q15.h"
#include "ecm_fft_q15.h"

ECM_EXTERN_C_BEGIN

/* "transform": by ecm_fft_q15_r2c; bin 0 becomes 0. Settings: ecm_fft_q15_plan_t of
 * window_len samples. No rows. */
extern const ecm_feat_q15_kind_t ecm_feat_q15_kind_transform;

/* "power": under a Hann taper, applied to the bins, floor of (2 X[k] - X[k-1] -
 * X[k+1] + 2) / 4; then ecm_fft_q15_power, once more for bins with a mirror image. No
 * settings, no rows. */
extern const ecm_feat_q15_kind_t ecm_feat_q15_kind_power;

/* "bands": rows band_rms and band_fraction of bins first ... end - 1. No settings. */
extern const ecm_feat_q15_kind_t ecm_feat_q15_kind_bands;

/* "moments": rows centroid. Settings: uint32_t, fs_hz / window_len in Q16.16. */
extern const ecm_feat_q15_kind_t ecm_feat_q15_kind_moments;

ECM_EXTERN_C_END

#endif
