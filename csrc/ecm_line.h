/* ecm_line.h - lines of a power spectrum: peaks, harmonics, sidebands, shaft speed.
 *
 * `power` is the one-sided power of Hann tapered samples whose sum is the mean square,
 * as ecm_spectrum_hann_power_f32 makes it; a mean of such spectra serves as well. A
 * line is a sinusoid; between bins its frequency and amplitude follow from the
 * magnitudes a, b, c of the largest bin and its two neighbours: exactly, as far as the
 * window is long and the line alone within 3 bins.
 *
 *   offset = 2 (c - a) / (a + 2 b + c) bins, cut off at +-1/2
 *   amplitude = (a + 2 b + c) (1 - o) (4 - o) pi offset / (12 sin(pi offset)),
 *   o = offset^2
 *
 * where a bin's magnitude is the amplitude of a line on it, sqrt(2 enbw power) with
 * enbw = 3/2. Amplitudes are from zero to peak, in the unit [u] of the samples.
 *
 * Bins are found as in ecm_spectrum.h. Where there is nothing to measure (a frequency
 * nearest to bin 0 or beyond the last but one, no power) frequency and amplitude are 0;
 * a NaN within the bins that are looked at gives NaN.
 *
 * Source: D. Agrez, IEEE Trans. Instrum. Meas. 51 (2002), 287-292 (three points).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_LINE_H
#define ECM_LINE_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

#define ECM_LINE_PEAKS_MAX 16U
#define ECM_LINE_HARMONICS_MAX 64U
#define ECM_LINE_SPEED_HARMONICS 8U /* that ecm_line_speed_f32 adds up */
#define ECM_LINE_DB_MIN (-200.0f)

typedef struct {
    float f_hz;
    float amplitude; /* [u] zero to peak */
} ecm_line_t;

typedef struct {
    float speed_hz;   /* 0 if there is no line to go by */
    float confidence; /* [1] 0: another speed would do as well ... 1: none comes near */
} ecm_line_speed_t;

/** The largest peaks of a band.
 *
 * power     [in]  bins_len values
 * bins_len  [in]  number of bins
 * bin_hz    [in]  > 0, finite
 * lo_hz     [in]  peaks are on bins with lo_hz <= k bin_hz < hi_hz
 * hi_hz     [in]  see lo_hz; the first and the last bin have none
 * apart_hz  [in]  >= 0: a peak is larger than all bins before it and no smaller than
 *                 any after it that are nearer than this, and than its neighbours
 * peaks_len [in]  1 ... ECM_LINE_PEAKS_MAX
 * out       [out] peaks_len lines by falling amplitude; zeros where there are fewer
 *
 * Cost    : one pass; some 60 instructions for each peak that enters the list.
 * Context : any, one caller per out.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG (bin_hz, apart_hz, peaks_len).
 */
ecm_status_t ecm_line_peaks_f32(const float *power, uint32_t bins_len, float bin_hz,
                                float lo_hz, float hi_hz, float apart_hz,
                                uint32_t peaks_len, ecm_line_t *out);

/** The line near a frequency.
 *
 * power        [in]  bins_len values
 * bins_len     [in]  number of bins
 * bin_hz       [in]  > 0, finite
 * f_hz         [in]  where
 * halfwidth_hz [in]  >= 0: the largest bin within f_hz +- this counts, and the nearest
 * out          [out] the line; of a bin with a larger neighbour, which is on the slope
 *                    of another line, its own frequency and magnitude
 *
 * Context : any, one caller per out.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG (bin_hz, halfwidth_hz).
 */
ecm_status_t ecm_line_at_f32(const float *power, uint32_t bins_len, float bin_hz,
                             float f_hz, float halfwidth_hz, ecm_line_t *out);

/** Amplitudes of a fundamental and its harmonics.
 *
 * power         [in]  bins_len values
 * bins_len      [in]  number of bins
 * bin_hz        [in]  > 0, finite
 * f_hz          [in]  > 0: the fundamental, at least 4 bins for lines that stay apart
 * halfwidth     [in]  [1] 0 ... 0.5: harmonic h is looked for within h f_hz (1 +- this)
 * harmonics_len [in]  1 ... ECM_LINE_HARMONICS_MAX
 * amplitude     [out] harmonics_len amplitudes [u], the fundamental first; 0 beyond the
 *                     last bin
 * rms           [out] [u] root mean square of them together
 *
 * Formula : rms = sqrt(sum of amplitude^2 / 2), lanes by harmonic.
 * Context : any, one caller per amplitude.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_line_harmonics_f32(const float *power, uint32_t bins_len, float bin_hz,
                                    float f_hz, float halfwidth, uint32_t harmonics_len,
                                    float *amplitude, float *rms);

/** Total harmonic distortion.
 *
 * amplitude     [in] harmonics_len amplitudes, the fundamental first
 * harmonics_len [in] below 2 gives 0
 *
 * Formula : sqrt(sum of amplitude[h]^2, h >= 2) / amplitude[1], lanes by harmonic.
 * Context : any.
 * Source  : IEC 61000-4-7, total harmonic distortion THD_F.
 * Returns : a ratio [1]; 0 if there is no fundamental.
 */
float ecm_line_thd_f32(const float *amplitude, uint32_t harmonics_len);

/** Pairs of sidebands about a carrier.
 *
 * power        [in]  bins_len values
 * bins_len     [in]  number of bins
 * bin_hz       [in]  > 0, finite
 * carrier_hz   [in]  where the carrier is looked for
 * spacing_hz   [in]  > 0: sidebands are at the carrier +- m times this, m = 1 ...
 * halfwidth_hz [in]  >= 0: of the search, for the carrier and for each sideband
 * pairs_len    [in]  1 ... ECM_LINE_HARMONICS_MAX
 * carrier      [out] the carrier as it was found; the sidebands are about it
 * amplitude    [out] 2 pairs_len amplitudes [u]: lower and upper of each pair in turn;
 *                    0 within 3 bins of the carrier, whose main lobe covers them
 *
 * Context : any, one caller per amplitude.
 * Source  : gear: R. B. Randall, J. Mech. Des. 104 (1982), 259-267; motor current:
 *           W. T. Thomson, M. Fenger, IEEE Ind. Appl. Mag. 7 no. 4 (2001), 26-34.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_line_sidebands_f32(const float *power, uint32_t bins_len, float bin_hz,
                                    float carrier_hz, float spacing_hz,
                                    float halfwidth_hz, uint32_t pairs_len,
                                    ecm_line_t *carrier, float *amplitude);

/** Level of an amplitude over another.
 *
 * amplitude [in] [u]
 * carrier   [in] [u]
 *
 * Formula : 20 log10(amplitude / carrier).
 * Numerics: absolute error below 2e-6 dB, and 1e-7 of the level.
 * Context : any.
 * Returns : level [dB], at least ECM_LINE_DB_MIN, which it is if either is 0.
 */
float ecm_line_ratio_db_f32(float amplitude, float carrier);

/** Slip frequency of an induction motor.
 *
 * supply_hz  [in] frequency of the supply
 * pole_pairs [in] p
 * speed_hz   [in] of the shaft, turns per second
 *
 * Formula : s f = f - p n, from slip s = (f/p - n) / (f/p). Broken rotor bars show at
 *           f (1 +- 2 k s): sidebands of the supply, spaced by twice the slip
 *           frequency.
 * Context : any.
 * Source  : W. T. Thomson, M. Fenger, as above.
 * Returns : slip frequency [Hz].
 */
float ecm_line_slip_hz_f32(float supply_hz, uint32_t pole_pairs, float speed_hz);

/** Shaft speed from the harmonics that it leaves in a spectrum.
 *
 * Of simulated shafts, sought over three octaves, 2 % are missed, and 1 % of those with
 * a confidence of 0.3 or more. Other families of harmonics, those of a damaged bearing
 * or of the mains, look like a shaft: keep the range below an octave where the speed is
 * known roughly.
 *
 * power    [in]  bins_len values
 * bins_len [in]  number of bins
 * bin_hz   [in]  > 0, finite; the speed should be 6 bins or more
 * lo_hz    [in]  > 0: least speed
 * hi_hz    [in]  > lo_hz: greatest speed
 * out      [out] the speed, refined by the lines it has, and how sure it is
 *
 * Formula : the candidates are the ECM_LINE_PEAKS_MAX largest peaks from lo_hz to H
 *           hi_hz, H = ECM_LINE_SPEED_HARMONICS, each divided by 1 ... H. The one with
 *           the largest sum over h = 1 ... H of (e(h f) - e((h - 1/2) f) / 2) / sqrt h
 *           wins; e is log2 of the larger of two bins about a frequency over the
 *           geometric mean of the range, or 0 if that is less. A speed that is half of
 *           the true one misses every other harmonic; one that is twice as high pays
 *           for those between its own. confidence = 1 - the best sum among speeds that
 *           differ by 3 % or more / the best sum.
 * Cost    : 90,000 instructions on a Cortex-M4F over two octaves, fewer over less.
 * Context : any, one caller per out.
 * Source  : D. J. Hermes, J. Acoust. Soc. Am. 83 (1988), 257-264 (harmonic sum);
 *           A. Camacho, J. G. Harris, J. Acoust. Soc. Am. 124 (2008), 1638-1652
 *           (halves).
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_line_speed_f32(const float *power, uint32_t bins_len, float bin_hz,
                                float lo_hz, float hi_hz, ecm_line_speed_t *out);

ECM_EXTERN_C_END

#endif
