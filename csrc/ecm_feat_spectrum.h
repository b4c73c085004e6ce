/* ecm_feat_spectrum.h - steps of a plan on the spectrum of a window, by ecm_spectrum.h.
 *
 * One real transform; tapers are applied to its bins, so that the untapered ones stay
 * for others. Power is one-sided and scaled so that its sum is the mean square; bin k
 * is at k fs_hz / window_len.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FEAT_SPECTRUM_H
#define ECM_FEAT_SPECTRUM_H

#include "ecm_feat.h"
#include "ecm_fft.h"
#include "ecm_spectrum.h"

ECM_EXTERN_C_BEGIN

/* Bins of the power in x. */
#define ECM_FEAT_BINS(window_len) ((window_len) / 2U + 1U)

/* "transform": packed bins of x into work, by ecm_fft_r2c_f32; bin 0 becomes 0 if the
 * plan has a detrend, since a taper would spread what rounding left of the mean. No
 * rows; settings: ecm_fft_plan_t for window_len reals. */
extern const ecm_feat_kind_t ecm_feat_kind_transform;
#define ECM_FEAT_TRANSFORM_WORK_LEN(window_len) (window_len)

/* "power": from work into x, under a Hann taper: ecm_spectrum_hann_power_f32. No rows,
 * no settings. */
extern const ecm_feat_kind_t ecm_feat_kind_power;

/* "taper": the same under any taper that is a sum of cosines: ecm_spectrum_power_f32.
 * No rows; settings: ecm_spectrum_taper_t. */
extern const ecm_feat_kind_t ecm_feat_kind_taper;

/* "welch": the power in x becomes its mean over windows, ecm_spectrum_average_f32.
 * ECM_MORE until span_len are in. No rows; settings: ecm_feat_welch_cfg_t. */
extern const ecm_feat_kind_t ecm_feat_kind_welch;
typedef struct {
    uint32_t span_len; /* windows, 1 ... 65535 */
} ecm_feat_welch_cfg_t;
#define ECM_FEAT_WELCH_STATE_LEN(window_len) (1U + ECM_FEAT_BINS(window_len))

/* "bands": rows band_rms and band_fraction of the power in x, ecm_spectrum_bands_f32; a
 * fraction is 0 where there is no power. No settings. */
extern const ecm_feat_kind_t ecm_feat_kind_bands;

/* "moments": rows centroid, spectral_spread, spectral_skewness and spectral_kurtosis,
 * by ecm_spectrum_moments_f32. No settings. */
extern const ecm_feat_kind_t ecm_feat_kind_moments;

/* "entropy", "flatness", "rolloff" and "spectral_crest": rows spectral_entropy,
 * spectral_flatness, rolloff and spectral_crest, by the functions of ecm_spectrum.h
 * that are named so. No settings. */
extern const ecm_feat_kind_t ecm_feat_kind_entropy;
extern const ecm_feat_kind_t ecm_feat_kind_flatness;
extern const ecm_feat_kind_t ecm_feat_kind_rolloff;
extern const ecm_feat_kind_t ecm_feat_kind_spectral_crest;

ECM_EXTERN_C_END

#endif
