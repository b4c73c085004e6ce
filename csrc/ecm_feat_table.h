/* ecm_feat_table.h - every step and every feature of a plan, as tables.
 *
 * Nothing else lists them: the bindings, the packages and the documentation read these.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FEAT_TABLE_H
#define ECM_FEAT_TABLE_H

/* Every step, in the order in which they run: X(kind, "module", "needs", "text"). The
 * kind ecm_feat_kind_<kind> is in ecm_<module>.h, and its name is that of the step; a
 * step needs those before it that are named, with rows or without. */
#define ECM_FEAT_STEP_TABLE(X)                                                         \
    X(line, "feat_line", "", "takes off the least-squares line")                       \
    X(mean, "feat_time", "", "takes off the mean, where no other step does")           \
    X(time, "feat_time", "", "statistics of the samples; takes off the mean")          \
    X(transform, "feat_spectrum", "", "Fourier transform of the window")               \
    X(power, "feat_spectrum", "transform", "power under a Hann taper")                 \
    X(bands, "feat_spectrum", "power", "power in bands of frequency")                  \
    X(moments, "feat_spectrum", "power", "where the power lies")                       \
    X(entropy, "feat_spectrum", "power", "how evenly the power is spread")             \
    X(envelope, "feat_envelope", "transform", "envelope of a whitened band")

/* Every feature: X(constant, id, "name", "unit", "step", "n", "a", "b", "text",
 * "formula", "source"). The unit "u" is that of the samples; n, a and b name the row's
 * parameters, "" if unused. Ids are stored and sent: never renumber, never reuse.
 * Symbols: x samples, d = x - mean, N their number, P power of bins at f, S its sum. */
#define ECM_FEAT_TABLE(X)                                                              \
    X(ECM_FEAT_MEAN, 1, "mean", "u", "time", "", "", "", "arithmetic mean",            \
      "sum x / N", "")                                                                 \
    X(ECM_FEAT_RMS, 2, "rms", "u", "time", "", "", "",                                 \
      "root mean square about the mean", "sqrt(sum d^2 / N)", "ISO 13373-2")           \
    X(ECM_FEAT_PEAK, 3, "peak", "u", "time", "", "", "",                               \
      "largest deviation from the mean", "max |d|", "ISO 13373-2")                     \
    X(ECM_FEAT_PEAK_TO_PEAK, 4, "peak_to_peak", "u", "time", "", "", "",               \
      "distance of the extremes", "max x - min x", "ISO 13373-2")                      \
    X(ECM_FEAT_MEAN_ABS, 5, "mean_abs", "u", "time", "", "", "",                       \
      "mean absolute deviation from the mean", "sum |d| / N", "")                      \
    X(ECM_FEAT_SKEWNESS, 6, "skewness", "1", "time", "", "", "",                       \
      "third standardised moment, biased; symmetric: 0", "sum d^3 / N / rms^3", "")    \
    X(ECM_FEAT_KURTOSIS, 7, "kurtosis", "1", "time", "", "", "",                       \
      "fourth standardised moment, biased; Gaussian: 3", "sum d^4 / N / rms^4",        \
      "D. Dyer, R. M. Stewart, J. Mech. Des. 100 (1978), 229-235")                     \
    X(ECM_FEAT_CREST, 8, "crest", "1", "time", "", "", "", "crest factor",             \
      "peak / rms", "ISO 13373-2")                                                     \
    X(ECM_FEAT_SHAPE, 9, "shape", "1", "time", "", "", "", "shape factor",             \
      "rms / mean_abs", "")                                                            \
    X(ECM_FEAT_IMPULSE, 10, "impulse", "1", "time", "", "", "", "impulse factor",      \
      "peak / mean_abs", "")                                                           \
    X(ECM_FEAT_CLEARANCE, 11, "clearance", "1", "time", "", "", "",                    \
      "clearance factor", "peak / (sum sqrt|d| / N)^2", "")                            \
    X(ECM_FEAT_MEAN_CROSSING_RATE, 12, "mean_crossing_rate", "1", "time", "", "", "",  \
      "sign changes of x - mean per sample", "count / N", "")                          \
    X(ECM_FEAT_ZERO_CROSSING_RATE, 13, "zero_crossing_rate", "1", "time", "", "", "",  \
      "sign changes of x per sample", "count / N", "")                                 \
    X(ECM_FEAT_MINIMUM, 14, "minimum", "u", "time", "", "", "", "smallest sample",     \
      "min x", "")                                                                     \
    X(ECM_FEAT_MAXIMUM, 15, "maximum", "u", "time", "", "", "", "largest sample",      \
      "max x", "")                                                                     \
    X(ECM_FEAT_VARIANCE, 16, "variance", "u^2", "time", "", "", "",                    \
      "variance about the mean, biased", "sum d^2 / N", "")                            \
    X(ECM_FEAT_RMS_ABOUT_ZERO, 17, "rms_about_zero", "u", "time", "", "", "",          \
      "root mean square of the samples themselves", "sqrt(sum x^2 / N)", "")           \
    X(ECM_FEAT_BAND_RMS, 32, "band_rms", "u", "bands", "", "lo_hz", "hi_hz",           \
      "root mean square of a band", "sqrt(sum P over lo <= f < hi)", "")               \
    X(ECM_FEAT_BAND_FRACTION, 33, "band_fraction", "1", "bands", "", "lo_hz", "hi_hz", \
      "share of a band in the power", "sum P over lo <= f < hi / S", "")               \
    X(ECM_FEAT_CENTROID, 34, "centroid", "Hz", "moments", "", "", "",                  \
      "mean frequency, weighted by power", "sum f P / S", "")                          \
    X(ECM_FEAT_SPECTRAL_ENTROPY, 35, "spectral_entropy", "1", "entropy", "", "", "",   \
      "entropy of the distribution of power; one line: 0, white noise: near 1",        \
      "-sum p ln p / ln bins, p = P / S",                                              \
      "T. Inouye et al., Electroenceph. clin. Neurophysiol. 79 (1991), 204-210")       \
    X(ECM_FEAT_ENV_ORDER, 64, "env_order", "1", "envelope", "", "order", "halfwidth",  \
      "amplitude of the log envelope at an order of the shaft",                        \
      "largest within order (1 +- halfwidth), over the mean from 0.5 to 12 orders",    \
      "P. Borghesani, M. R. Shahriar, Mech. Syst. Signal Process. 70-71 (2016), "      \
      "51-72")                                                                         \
    X(ECM_FEAT_ENV_RMS, 65, "env_rms", "u", "envelope", "", "", "",                    \
      "root mean square of the demodulation band", "sqrt(sum P over the band)", "")    \
    X(ECM_FEAT_ENV_KURTOSIS, 66, "env_kurtosis", "1", "envelope", "", "", "",          \
      "how much the whitened squared envelope p is concentrated",                      \
      "mean p^2 / (mean p)^2", "")                                                     \
    X(ECM_FEAT_ENV_SHARE, 67, "env_share", "1", "envelope", "", "order", "halfwidth",  \
      "three harmonics of env_order among those of all env_share",                     \
      "sum of env_order at 1, 2, 3 times order, over the sum of all rows", "")

#define ECM_FEAT_CONSTANT(constant, id, name, unit, step, n, a, b, text, formula,      \
                          source)                                                      \
    constant = id,
enum { ECM_FEAT_TABLE(ECM_FEAT_CONSTANT) ECM_FEAT_END = 32767 };
#undef ECM_FEAT_CONSTANT

#endif
