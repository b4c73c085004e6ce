/* ecm_mel.h - mel filter bank: the power of a spectrum in bands as wide as hearing is.
 *
 * A bank is data: features/mel.py designs it in float64 and rounds once, for the
 * formulas of Slaney's toolbox (as librosa by default) and of HTK. Filter j is a
 * triangle over the edges j, j + 1, j + 2 of a grid of mels_len + 2 frequencies. Two
 * neighbours share an interval, where one rises as the other falls, so that one weight
 * a bin serves both; an interval's bins lie at its lower edge or above it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_MEL_H
#define ECM_MEL_H

#include "ecm_dct.h"

ECM_EXTERN_C_BEGIN

typedef struct {
    uint32_t mels_len;      /* filters, 1 or more */
    uint32_t bins_len;      /* of the spectrum that it is for */
    uint32_t first;         /* first bin of the first interval */
    const uint16_t *counts; /* mels_len + 1: bins of each interval; first and all of
                             * them together are at most bins_len */
    const float *weights;   /* for each bin of these, how far it is up the interval,
                             * 0 ... 1 */
    const float *norms;     /* mels_len: factor of each filter */
} ecm_mel_bank_t;

/** Power in each filter.
 *
 * bank     [in]  the filters
 * power    [in]  bins_len values
 * bins_len [in]  as the bank says
 * out      [out] mels_len powers, in the unit of power times that of the norms
 *
 * Formula : norms[j] (sum of weight power over interval j + sum of (power - weight
 *           power) over interval j + 1), lanes counted from the first bin of an
 *           interval.
 * Numerics: relative error below 1e-6 of the power in a filter and its neighbours.
 * Context : any, one caller per out.
 * Source  : M. Slaney, Auditory Toolbox version 2, Interval Research 1998-010;
 *           S. Young et al., The HTK Book (2006), section 5.4.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH (bins_len).
 */
ecm_status_t ecm_mel_energies_f32(const ecm_mel_bank_t *bank, const float *power,
                                  uint32_t bins_len, float *out);

/** Powers as levels.
 *
 * x       [in]  x_len powers
 * x_len   [in]  0 does nothing
 * scale   [in]  factor of all, such as 3 n^2 / 16 for |X[k]|^2 of n Hann tapered
 *               samples from a power whose sum is the mean square
 * floor   [in]  least power after it, 1e-37 ... 1e37
 * out     [out] x_len levels [dB]; may be x
 *
 * Formula : 10 log10(max(scale x, floor)).
 * Numerics: absolute error below 2e-6 dB, and a rounding of the level.
 * Context : any, one caller per out.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG (floor).
 */
ecm_status_t ecm_mel_level_f32(const float *x, uint32_t x_len, float scale, float floor,
                               float *out);

/** Mel-frequency cepstral coefficients: orthonormal cosine transform of the levels.
 *
 * plan       [in]  for as many levels as the bank has filters, a length of ecm_dct.h
 * level      [in]  levels
 * work       [out] two times as many floats, scratch
 * coeffs_len [in]  1 ... the number of levels
 * out        [out] the first coeffs_len coefficients
 *
 * Formula : sqrt(2 / n) sum of level[j] cos(pi k (2 j + 1) / (2 n)), and 1 / sqrt(2)
 *           of that for k = 0, as librosa.feature.mfcc.
 * Aliasing: no two may overlap.
 * Context : any, one caller per work.
 * Source  : S. B. Davis, P. Mermelstein, IEEE Trans. ASSP 28 (1980), 357-366.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH (coeffs_len).
 */
ecm_status_t ecm_mel_mfcc_f32(const ecm_dct_plan_t *plan, const float *level,
                              float *work, uint32_t coeffs_len, float *out);

ECM_EXTERN_C_END

#endif
