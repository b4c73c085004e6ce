/* ecm_feat.h - features of a window, described by data: the device half of a plan.
 *
 * A plan is a list of blocks; a block is one routine and the rows that it fills. Only
 * the routines that a plan names are linked. The order of blocks is fixed, since each
 * uses what the one before left behind: time, spectrum, envelope. An envelope needs a
 * spectrum before it, which may have no rows.
 *
 * Every feature of a constant window is 0, except the mean. Squares, and fourth powers
 * for kurtosis, are formed in single precision: deviations from the mean should lie
 * within 1e-7 ... 1e7 in the unit of the samples.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FEAT_H
#define ECM_FEAT_H

#include "ecm_fft.h"

ECM_EXTERN_C_BEGIN

/* Every feature: X(constant, id, "name", "unit", "block", "a", "b", "one line"). The
 * unit "u" is the unit of the samples; a and b name the row's parameters, "" if unused.
 * Ids are stored and sent: never renumber, never reuse. */
#define ECM_FEAT_TABLE(X)                                                              \
    X(ECM_FEAT_MEAN, 1, "mean", "u", "time", "", "", "arithmetic mean")                \
    X(ECM_FEAT_RMS, 2, "rms", "u", "time", "", "", "root mean square about the mean")  \
    X(ECM_FEAT_PEAK, 3, "peak", "u", "time", "", "", "largest |x - mean|")             \
    X(ECM_FEAT_PEAK_TO_PEAK, 4, "peak_to_peak", "u", "time", "", "", "max - min")      \
    X(ECM_FEAT_MEAN_ABS, 5, "mean_abs", "u", "time", "", "", "mean |x - mean|")        \
    X(ECM_FEAT_SKEWNESS, 6, "skewness", "1", "time", "", "", "third moment")           \
    X(ECM_FEAT_KURTOSIS, 7, "kurtosis", "1", "time", "", "", "fourth moment")          \
    X(ECM_FEAT_CREST, 8, "crest", "1", "time", "", "", "peak / rms")                   \
    X(ECM_FEAT_SHAPE, 9, "shape", "1", "time", "", "", "rms / mean_abs")               \
    X(ECM_FEAT_IMPULSE, 10, "impulse", "1", "time", "", "", "peak / mean_abs")         \
    X(ECM_FEAT_CLEARANCE, 11, "clearance", "1", "time", "", "",                        \
      "peak / (mean sqrt|x - mean|)^2")                                                \
    X(ECM_FEAT_MEAN_CROSSING_RATE, 12, "mean_crossing_rate", "1", "time", "", "",      \
      "sign changes of x - mean per sample")                                           \
    X(ECM_FEAT_BAND_RMS, 32, "band_rms", "u", "spectrum", "lo_hz", "hi_hz",            \
      "root of the power in lo <= f < hi, Hann taper")                                 \
    X(ECM_FEAT_BAND_FRACTION, 33, "band_fraction", "1", "spectrum", "lo_hz", "hi_hz",  \
      "power in lo <= f < hi over the total, Hann taper")                              \
    X(ECM_FEAT_CENTROID, 34, "centroid", "Hz", "spectrum", "", "",                     \
      "power-weighted mean frequency")                                                 \
    X(ECM_FEAT_SPECTRAL_ENTROPY, 35, "spectral_entropy", "1", "spectrum", "", "",      \
      "entropy of the power distribution over log of the number of bins")              \
    X(ECM_FEAT_ENV_ORDER, 64, "env_order", "1", "envelope", "order", "halfwidth",      \
      "log-envelope amplitude within order * (1 +- halfwidth) over the mean one")      \
    X(ECM_FEAT_ENV_RMS, 65, "env_rms", "u", "envelope", "", "",                        \
      "root of the power in the demodulation band")                                    \
    X(ECM_FEAT_ENV_KURTOSIS, 66, "env_kurtosis", "1", "envelope", "", "",              \
      "mean p^2 / (mean p)^2 of the whitened squared envelope p")                      \
    X(ECM_FEAT_ENV_SHARE, 67, "env_share", "1", "envelope", "order", "halfwidth",      \
      "three harmonics of env_order over their sum for all env_share rows")

#define ECM_FEAT_ENUM(constant, id, name, unit, block, a, b, text) constant = (id),
enum { ECM_FEAT_TABLE(ECM_FEAT_ENUM) ECM_FEAT_END };
#undef ECM_FEAT_ENUM

/* One feature of a plan. */
typedef struct {
    uint16_t id;       /* ECM_FEAT_... */
    uint16_t reserved; /* 0 */
    float a;           /* first parameter, as the table names it; 0 if unused */
    float b;           /* second parameter */
} ecm_feat_row_t;

struct ecm_feat_plan;

/* A block: fills rows_len outputs from the window. See ecm_feat_time_f32. */
typedef ecm_status_t (*ecm_feat_block_fn_t)(const struct ecm_feat_plan *plan,
                                            const ecm_feat_row_t *rows,
                                            uint32_t rows_len, float speed_hz, float *x,
                                            float *work, float *out);

typedef struct {
    ecm_feat_block_fn_t run;
    const ecm_feat_row_t *rows;
    uint32_t rows_len;
} ecm_feat_block_t;

typedef struct ecm_feat_plan {
    float fs_hz;         /* sampling rate */
    uint32_t window_len; /* samples, power of two, ECM_FEAT_WINDOW_MIN ... _MAX */
    uint32_t hop_len;    /* samples from one window to the next, 1 ... window_len */
    float env_lo_hz;     /* demodulation band; read by the envelope block only */
    float env_hi_hz;
    const ecm_fft_plan_t *fft;     /* window_len reals; NULL if only time */
    const ecm_fft_plan_t *env_c2c; /* ecm_feat_envelope_len complex elements, and */
    const ecm_fft_plan_t *env_r2c; /* as many reals; NULL without an envelope */
    const ecm_feat_block_t *blocks;
    uint32_t blocks_len;
    uint32_t features_len; /* sum of rows_len */
} ecm_feat_plan_t;

#define ECM_FEAT_WINDOW_MIN 64
#define ECM_FEAT_WINDOW_MAX 16384

/* Work memory in floats, besides the window itself. */
#define ECM_FEAT_WORK_LEN(window_len) (window_len)

/** Time statistics.
 *
 * plan     [in]     settings
 * rows     [in]     rows of the block "time"
 * rows_len [in]     number of rows and of outputs
 * speed_hz [in]     not used
 * x        [in,out] window_len samples; the mean is removed
 * work     [in,out] not used, may be NULL
 * out      [out]    rows_len features
 *
 * Context : any, one caller per x.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG on a row of another block.
 */
ecm_status_t ecm_feat_time_f32(const ecm_feat_plan_t *plan, const ecm_feat_row_t *rows,
                               uint32_t rows_len, float speed_hz, float *x, float *work,
                               float *out);

/** Spectrum: one real transform; the Hann taper is applied to the bins.
 *
 * plan     [in]     settings
 * rows     [in]     rows of the block "spectrum"
 * rows_len [in]     number of rows and of outputs
 * speed_hz [in]     not used
 * x        [in,out] window in, best without its mean; holds the one-sided power of
 *                   bins 0 ... window_len/2 afterwards, if there are rows
 * work     [out]    ECM_FEAT_WORK_LEN floats: the packed untapered transform, its bin 0
 *                   set to 0
 * out      [out]    rows_len features; 0 where the power is 0
 *
 * Formula : Y[k] = X[k]/2 - (X[k-1] + X[k+1])/4, power |Y|^2 scaled by Parseval and the
 *           taper's energy, so that the sum over all bins is the mean square. Bin k
 *           belongs to a band if lo <= k fs_hz/window_len < hi.
 * Context : any, one caller per x.
 * Source  : F. J. Harris, Proc. IEEE 66 (1978), 51-83.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_feat_spectrum_f32(const ecm_feat_plan_t *plan,
                                   const ecm_feat_row_t *rows, uint32_t rows_len,
                                   float speed_hz, float *x, float *work, float *out);

/** Log envelope of a pre-whitened band and its amplitudes at shaft orders.
 *
 * The bins of the band are divided by their magnitude (cepstral pre-whitening: neither
 * resonances nor shaft harmonics outweigh the rest), moved to zero frequency and
 * transformed back with the least power of two M that holds them, at least 16: the
 * analytic signal, decimated. The logarithm of its square, less its mean, is
 * transformed again and Hann tapered; the rows read the amplitudes of that spectrum.
 *
 * plan     [in]     settings; 0 <= env_lo_hz < env_hi_hz <= fs_hz / 2, at least a bin
 * rows     [in]     rows of the block "envelope"; order > 0, 0 <= halfwidth < 1
 * rows_len [in]     number of rows and of outputs
 * speed_hz [in]     shaft speed, > 0 and finite if a row has an order
 * x        [out]    scratch
 * work     [in,out] packed transform from ecm_feat_spectrum_f32; overwritten
 * out      [out]    rows_len features; 0 on a constant window, and where an order is
 *                   nearest to bin 0 or beyond the last bin, M / 2
 *
 * Formula : bins of fs_hz / window_len; env_order is the largest amplitude among the
 *           bins within order * speed_hz * (1 +- halfwidth), and the nearest one,
 *           over the mean amplitude from 0.5 to 12 orders. env_share adds env_order at
 *           1, 2 and 3 times its order; over the sum of all env_share rows.
 *           env_rms is from the bins before whitening, untapered, by Parseval.
 * Context : any, one caller per x.
 * Source  : P. Borghesani et al., Mech. Syst. Signal Process. 36 (2013), 370-384
 *           (pre-whitening); P. Borghesani, M. R. Shahriar, Mech. Syst. Signal Process.
 *           70-71 (2016), 51-72 (log envelope).
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_feat_envelope_f32(const ecm_feat_plan_t *plan,
                                   const ecm_feat_row_t *rows, uint32_t rows_len,
                                   float speed_hz, float *x, float *work, float *out);

/** Samples of the decimated envelope of a plan: M above.
 *
 * plan     [in] fs_hz, window_len and the band are read
 *
 * Context : any.
 * Returns : a power of two, 16 ... window_len/2; 0 if the envelope block refuses the
 *           plan.
 */
uint32_t ecm_feat_envelope_len(const ecm_feat_plan_t *plan);

/** All features of one window.
 *
 * plan     [in]     settings
 * speed_hz [in]     shaft speed
 * x        [in,out] window_len samples, finite; destroyed
 * work     [in,out] ECM_FEAT_WORK_LEN(window_len) floats
 * out      [out]    features_len features
 *
 * Context : any, one caller per x.
 * Returns : ECM_OK, or the first refusal of a block.
 */
ecm_status_t ecm_feat_extract_f32(const ecm_feat_plan_t *plan, float speed_hz, float *x,
                                  float *work, float *out);

/** Standardise features.
 *
 * x       [in]  x_len features
 * mean    [in]  x_len
 * inv_sd  [in]  x_len, 0 for a feature that is to be ignored
 * x_len   [in]  number of features
 * out     [out] x_len values (x - mean) * inv_sd; may be x
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_feat_scale_f32(const float *x, const float *mean, const float *inv_sd,
                                uint32_t x_len, float *out);

ECM_EXTERN_C_END

#endif
