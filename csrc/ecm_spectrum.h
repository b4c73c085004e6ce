/* ecm_spectrum.h - the one-sided power spectrum of a window, and what it is summed up
 * in: bands, moments, flatness, entropy, roll-off.
 *
 * `power` has bins_len = x_len/2 + 1 values, bin k at k bin_hz, bin_hz = fs_hz/x_len;
 * bins that have a mirror image count twice, so that the sum of all is the mean square
 * of the signal if `scale` was 1 / (x_len^2 energy), see ecm_spectrum_gain_f32. From
 * such a power follow the other scales, ecm_spectrum_rescale_f32.
 *
 * A frequency up to 1/256 of a bin above a bin counts as being on it. Lengths need not
 * be powers of two, so k fs_hz/x_len is often no float; a frequency that is meant to be
 * that of a bin is some roundings away from it, at most 1/512 of a bin for all lengths
 * of ecm_fft.h, and this puts it there whichever way they went.
 *
 * A total power below ECM_SPECTRUM_EMPTY [u^2] is that of a constant window: every
 * result is 0. A NaN or an infinity among the bins gives NaN.
 *
 * The slope of a line fitted to the power is not here: over the total it is a linear
 * function of the centroid.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_SPECTRUM_H
#define ECM_SPECTRUM_H

#include "ecm_base.h"
#include "ecm_taper_gain.h"

ECM_EXTERN_C_BEGIN

#define ECM_SPECTRUM_EMPTY 1e-30f
#define ECM_SPECTRUM_FLOOR 1e-10f /* -100 dB under the mean; see flatness */
#define ECM_SPECTRUM_TERMS_MAX 5U
#define ECM_SPECTRUM_LEN_MIN 16U /* samples of a window */

/* A periodic taper w[i] = sum of (-1)^m weight[m] cos(2 pi m i / x_len). */
typedef struct {
    uint32_t terms_len; /* 1 ... ECM_SPECTRUM_TERMS_MAX */
    float weight[ECM_SPECTRUM_TERMS_MAX];
} ecm_spectrum_taper_t;

/* Initialisers; the weights of ecm_taper.h. */
#define ECM_SPECTRUM_RECTANGLE {1U, {1.0f, 0.0f, 0.0f, 0.0f, 0.0f}}
#define ECM_SPECTRUM_HANN {2U, {0.5f, 0.5f, 0.0f, 0.0f, 0.0f}}
#define ECM_SPECTRUM_HAMMING {2U, {0.54f, 0.46f, 0.0f, 0.0f, 0.0f}}
#define ECM_SPECTRUM_BLACKMAN_HARRIS                                                   \
    {4U, {0.35875f, 0.48829f, 0.14128f, 0.01168f, 0.0f}}
#define ECM_SPECTRUM_FLAT_TOP                                                          \
    {5U, {0.21557895f, 0.41663158f, 0.277263158f, 0.083578947f, 0.006947368f}}

/* Scales of ecm_spectrum_rescale_f32. */
enum {
    ECM_SPECTRUM_DENSITY = 1, /* [u^2/Hz] of noise: scipy.signal.welch "density" */
    ECM_SPECTRUM_LINE = 2,    /* [u^2] power of a line on a bin: welch "spectrum" */
    ECM_SPECTRUM_RMS = 3,     /* [u] root mean square of a line on a bin */
    ECM_SPECTRUM_PEAK = 4     /* [u] amplitude of a line on a bin, zero to peak */
};

/* Where the power lies. */
typedef struct {
    float total;       /* [u^2] sum of all bins */
    float centroid_hz; /* mean frequency, weighted by power */
    float spread_hz;   /* root of the second moment about the centroid */
    float skewness;    /* [1] third standardised moment */
    float kurtosis;    /* [1] fourth standardised moment; a Gaussian peak: 3 */
} ecm_spectrum_moments_t;

/* ---- power ---------------------------------------------------------------------- */

/** Power of a packed transform, Hann tapered: a convolution of the bins, so that the
 * untapered ones stay and no table is needed.
 *
 * bins    [in]  x_len floats as ecm_fft_r2c_f32 packs them, of untapered samples
 * x_len   [in]  samples, a multiple of 8, at least ECM_SPECTRUM_LEN_MIN
 * scale   [in]  8 / (3 x_len^2) for the mean square
 * power   [out] x_len/2 + 1 values
 *
 * Formula : Y[k] = ((X[k] - X[k-1]) - (X[k+1] - X[k])) / 4, with X[-1] the conjugate of
 *           X[1], and likewise at x_len/2; (Y.re^2 + Y.im^2) scale, and twice that for
 *           0 < k < x_len/2.
 * Cost    : 10 instructions a bin on a Cortex-M4F.
 * Numerics: relative to the largest neighbour 3e-7; bit-identical on all targets.
 * Aliasing: power must not overlap bins.
 * Context : any, one caller per power.
 * Source  : F. J. Harris, Proc. IEEE 66 (1978), 51-83, section V.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_spectrum_hann_power_f32(const float *bins, uint32_t x_len, float scale,
                                         float *power);

/** Power of a packed transform under any taper that is a sum of cosines.
 *
 * taper   [in]  which one
 * bins    [in]  x_len floats as ecm_fft_r2c_f32 packs them, of untapered samples
 * x_len   [in]  samples, a multiple of 8, at least ECM_SPECTRUM_LEN_MIN
 * scale   [in]  1 / (x_len^2 energy) for the mean square
 * power   [out] x_len/2 + 1 values
 *
 * Formula : Y[k] = weight[0] X[k] + sum of (-1)^m weight[m]/2 (X[k-m] + X[k+m]), terms
 *           added in the order of m; then as above. With the Hann taper the values are
 *           those of ecm_spectrum_hann_power_f32 but for their last bits.
 * Aliasing: power must not overlap bins.
 * Context : any, one caller per power.
 * Source  : as above.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG (terms_len), ECM_ERR_LENGTH.
 */
ecm_status_t ecm_spectrum_power_f32(const ecm_spectrum_taper_t *taper,
                                    const float *bins, uint32_t x_len, float scale,
                                    float *power);

/** Gains of a taper that is a sum of cosines.
 *
 * taper   [in]  which one
 * gain    [out] every field, for any x_len of at least ECM_SPECTRUM_LEN_MIN
 *
 * Formula : coherent = weight[0], energy = weight[0]^2 + sum of weight[m]^2 / 2,
 *           enbw = energy / coherent^2; 0 if coherent is 0.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG (terms_len).
 */
ecm_status_t ecm_spectrum_gain_f32(const ecm_spectrum_taper_t *taper,
                                   ecm_taper_gain_t *gain);

/** Power in another scale.
 *
 * power    [in]  bins_len values whose sum is the mean square
 * bins_len [in]  0 does nothing
 * kind     [in]  ECM_SPECTRUM_DENSITY ...
 * bin_hz   [in]  > 0, finite; read for a density
 * enbw     [in]  > 0, finite: of the taper [bins]; read for all others
 * out      [out] bins_len values; may be power
 *
 * Formula : power / bin_hz; power enbw; its root; the root of twice that, but of once
 *           that in the first and last bin, which have no mirror image.
 * Context : any, one caller per out.
 * Source  : G. Heinzel, A. Ruediger, R. Schilling, Spectrum and spectral density
 *           estimation by the DFT (Max-Planck-Institut, 2002), section 9.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_spectrum_rescale_f32(const float *power, uint32_t bins_len,
                                      uint16_t kind, float bin_hz, float enbw,
                                      float *out);

/** Average of spectra that come one after another (Welch), in place.
 *
 * mean     [in,out] bins_len values; need not be set before the first spectrum
 * count    [in,out] 0 before the first; how many are in, at most span if there is one
 * power    [in]     bins_len values
 * bins_len [in]     number of bins
 * span     [in]     K; 0: no limit
 *
 * Formula : mean += (power - mean) / n, n the number of spectra with this one: the mean
 *           of all, as scipy.signal.welch(average="mean"), within 1e-7 sqrt(n); from
 *           the K-th on n = K, an exponential mean over about 2 K - 1 spectra.
 * Numerics: one that is not finite stays in the mean until count is set to 0.
 * Context : any, one caller per mean.
 * Source  : P. D. Welch, IEEE Trans. Audio Electroacoust. 15 (1967), 70-73.
 * Returns : ECM_OK, ECM_MORE while count < span, ECM_ERR_NULL.
 */
ecm_status_t ecm_spectrum_average_f32(float *mean, uint32_t *count, const float *power,
                                      uint32_t bins_len, uint32_t span);

/* ---- bands ---------------------------------------------------------------------- */

/** First bin at or above a frequency.
 *
 * f_hz     [in] any; NaN gives 0
 * bin_hz   [in] > 0, finite
 * bins_len [in] number of bins
 *
 * Formula : least k with k >= f_hz / bin_hz - 1/256.
 * Context : any.
 * Returns : 0 ... bins_len, the latter if there is none.
 */
uint32_t ecm_spectrum_bin_f32(float f_hz, float bin_hz, uint32_t bins_len);

/** Power in bands.
 *
 * power     [in]  bins_len values
 * bins_len  [in]  number of bins
 * bin_hz    [in]  > 0, finite
 * bands_hz  [in]  2 bands_len frequencies: lo and hi of each in turn
 * bands_len [in]  number of bands; they may overlap
 * out       [out] bands_len powers [u^2]; 0 for a band without bins
 *
 * Formula : sum of the bins with lo <= k bin_hz < hi, lanes counted from the first.
 * Cost    : one pass over the bins of each band.
 * Context : any, one caller per out.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG (bin_hz).
 */
ecm_status_t ecm_spectrum_bands_f32(const float *power, uint32_t bins_len, float bin_hz,
                                    const float *bands_hz, uint32_t bands_len,
                                    float *out);

/* ---- what it looks like --------------------------------------------------------- */

/** Centroid.
 *
 * power    [in] bins_len values
 * bins_len [in] number of bins
 * bin_hz   [in] > 0, finite
 *
 * Formula : bin_hz sum of k power[k] / sum of power[k].
 * Context : any.
 * Returns : mean frequency [Hz], weighted by power.
 */
float ecm_spectrum_centroid_f32(const float *power, uint32_t bins_len, float bin_hz);

/** Moments, in two passes: the centroid, then about it.
 *
 * power    [in]  bins_len values; total at most 1e22
 * bins_len [in]  number of bins
 * bin_hz   [in]  > 0, finite
 * out      [out] every field is written
 *
 * Formula : with d = k - centroid [bins] and M[i] = sum of d^i power / sum of power:
 *           spread = bin_hz sqrt M[2], skewness = M[3] / M[2]^1.5, kurtosis = M[4] /
 *           M[2]^2; all three 0 if M[2] < 2^-20, which is what rounding leaves of a
 *           single bin.
 * Context : any, one caller per out.
 * Source  : G. Peeters, A large set of audio features (Ircam, 2004), section 6.1.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG (bin_hz).
 */
ecm_status_t ecm_spectrum_moments_f32(const float *power, uint32_t bins_len,
                                      float bin_hz, ecm_spectrum_moments_t *out);

/** Flatness: 1 for white noise without end, 0 for lines.
 *
 * power    [in] bins_len values
 * bins_len [in] number of bins
 *
 * Formula : geometric over arithmetic mean, where bins below ECM_SPECTRUM_FLOOR times
 *           the arithmetic mean are taken as that: a bin of zeros, such as the mean of
 *           the samples, does not make it 0.
 * Numerics: relative error below 5e-6; a product of significands and a sum of
 *           exponents, one logarithm in all.
 * Context : any.
 * Source  : A. H. Gray, J. D. Markel, IEEE Trans. ASSP 22 (1974), 207-217.
 * Returns : 0 ... 1 and a few roundings.
 */
float ecm_spectrum_flatness_f32(const float *power, uint32_t bins_len);

/** Entropy of the distribution of power.
 *
 * power    [in] bins_len values
 * bins_len [in] number of bins; below 2 gives 0
 *
 * Formula : - sum of p log p / log bins_len, p = power / sum of power.
 * Numerics: absolute error below 3e-7.
 * Context : any.
 * Source  : T. Inouye et al., Electroenceph. clin. Neurophysiol. 79 (1991), 204-210.
 * Returns : 0 for one bin ... 1 if all are equal, and a few roundings.
 */
float ecm_spectrum_entropy_f32(const float *power, uint32_t bins_len);

/** Roll-off: the frequency with a share of the power below it. A half: the median.
 *
 * power    [in] bins_len values
 * bins_len [in] number of bins
 * bin_hz   [in] > 0, finite
 * share    [in] 0 ... 1
 *
 * Formula : the power of bin k is spread evenly over (k - 1/2 ... k + 1/2) bin_hz, so
 *           that a small change of power is a small change of the result; the bin that
 *           it is nearest to is librosa.feature.spectral_rolloff.
 * Context : any.
 * Returns : frequency [Hz], 0 ... (bins_len - 1) bin_hz.
 */
float ecm_spectrum_rolloff_f32(const float *power, uint32_t bins_len, float bin_hz,
                               float share);

/** Crest of the spectrum.
 *
 * power    [in] bins_len values
 * bins_len [in] number of bins
 *
 * Formula : largest over mean power of a bin.
 * Context : any.
 * Source  : G. Peeters, as above.
 * Returns : 1 if all are equal ... bins_len for one line.
 */
float ecm_spectrum_crest_f32(const float *power, uint32_t bins_len);

ECM_EXTERN_C_END

#endif
