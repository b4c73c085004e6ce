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
    X(filter, "feat_filter", "", "filters the signal")                                 \
    X(velocity, "feat_velocity", "", "vibration severity over a second or more")       \
    X(rectified, "feat_envelope", "", "envelope of a band by filters, and its lines")  \
    X(track, "feat_track", "", "spectrum over many turns, by equal steps of angle")    \
    X(detrend, "feat_detrend", "", "takes off the least-squares line")                 \
    X(median, "feat_rank", "", "median and median absolute deviation")                 \
    X(quantile, "feat_rank", "", "quantiles")                                          \
    X(histogram, "feat_rank", "", "entropy of the histogram")                          \
    X(turning, "feat_series", "", "turning points")                                    \
    X(hjorth, "feat_series", "", "Hjorth's parameters")                                \
    X(lag, "feat_series", "", "autocorrelation at some lags")                          \
    X(mean, "feat_time", "", "takes off the mean, where no other step does")           \
    X(time, "feat_time", "", "statistics of the samples; takes off the mean")          \
    X(transform, "feat_spectrum", "", "Fourier transform of the window")               \
    X(power, "feat_spectrum", "transform", "power under a Hann taper")                 \
    X(taper, "feat_spectrum", "transform", "power under another taper")                \
    X(welch, "feat_spectrum", "power", "mean of the power over windows")               \
    X(bands, "feat_spectrum", "power", "power in bands of frequency")                  \
    X(moments, "feat_spectrum", "power", "where the power lies")                       \
    X(entropy, "feat_spectrum", "power", "how evenly the power is spread")             \
    X(flatness, "feat_spectrum", "power", "how much the power resembles noise")        \
    X(rolloff, "feat_spectrum", "power", "frequency below which a share lies")         \
    X(spectral_crest, "feat_spectrum", "power", "how far the largest bin stands out")  \
    X(peaks, "feat_line", "power", "largest peaks of the spectrum")                    \
    X(lines, "feat_line", "power", "lines at given frequencies or orders")             \
    X(mel, "feat_mel", "power", "levels in bands as wide as hearing is")               \
    X(mfcc, "feat_mel", "power mel", "cosine transform of these levels")               \
    X(cepstrum, "feat_cepstrum", "power", "families of evenly spaced lines")           \
    X(envelope, "feat_envelope", "transform", "envelope of a band, and its lines")     \
    X(scale, "feat_scale", "", "brings the features to like sizes")                    \
    X(project, "feat_project", "", "few coordinates of the features, by a linear map") \
    X(encode, "feat_encode", "", "few outputs of the features, by a trained encoder")

/* Every feature: X(constant, id, "name", "unit", "step", "n", "a", "b", "text",
 * "formula", "source"). The unit "u" is that of the samples; n, a and b name the row's
 * parameters, "" if unused. Ids are stored and sent: never renumber, never reuse.
 * Symbols: x samples, d = x - mean, N their number, P power of bins at f, S its sum. */
#define ECM_FEAT_TABLE(X)                                                              \
    X(ECM_FEAT_MEAN, 1, "mean", "u", "time", "", "", "", "arithmetic mean",            \
      "sum x / N", "elementary")                                                       \
    X(ECM_FEAT_RMS, 2, "rms", "u", "time", "", "", "",                                 \
      "root mean square about the mean", "sqrt(sum d^2 / N)", "ISO 13373-2")           \
    X(ECM_FEAT_PEAK, 3, "peak", "u", "time", "", "", "",                               \
      "largest deviation from the mean", "max |d|", "ISO 13373-2")                     \
    X(ECM_FEAT_PEAK_TO_PEAK, 4, "peak_to_peak", "u", "time", "", "", "",               \
      "distance of the extremes", "max x - min x", "ISO 13373-2")                      \
    X(ECM_FEAT_MEAN_ABS, 5, "mean_abs", "u", "time", "", "", "",                       \
      "mean absolute deviation from the mean", "sum |d| / N", "elementary")            \
    X(ECM_FEAT_SKEWNESS, 6, "skewness", "1", "time", "", "", "",                       \
      "third standardised moment, biased; symmetric: 0", "sum d^3 / N / rms^3",        \
      "K. Pearson, Phil. Trans. R. Soc. A 186 (1895), 343-414")                        \
    X(ECM_FEAT_KURTOSIS, 7, "kurtosis", "1", "time", "", "", "",                       \
      "fourth standardised moment, biased; Gaussian: 3", "sum d^4 / N / rms^4",        \
      "D. Dyer, R. M. Stewart, J. Mech. Des. 100 (1978), 229-235")                     \
    X(ECM_FEAT_CREST, 8, "crest", "1", "time", "", "", "", "crest factor",             \
      "peak / rms", "ISO 13373-2")                                                     \
    X(ECM_FEAT_SHAPE, 9, "shape", "1", "time", "", "", "", "shape factor",             \
      "rms / mean_abs",                                                                \
      "Y. Lei, Z. He, Y. Zi, Expert Syst. Appl. 35 (2008), 1593-1600")                 \
    X(ECM_FEAT_IMPULSE, 10, "impulse", "1", "time", "", "", "", "impulse factor",      \
      "peak / mean_abs",                                                               \
      "Y. Lei, Z. He, Y. Zi, Expert Syst. Appl. 35 (2008), 1593-1600")                 \
    X(ECM_FEAT_CLEARANCE, 11, "clearance", "1", "time", "", "", "",                    \
      "clearance factor", "peak / (sum sqrt|d| / N)^2",                                \
      "Y. Lei, Z. He, Y. Zi, Expert Syst. Appl. 35 (2008), 1593-1600")                 \
    X(ECM_FEAT_MEAN_CROSSING_RATE, 12, "mean_crossing_rate", "1", "time", "", "", "",  \
      "sign changes of x - mean per sample", "count / N",                              \
      "B. Kedem, Proc. IEEE 74 (1986), 1477-1493")                                     \
    X(ECM_FEAT_ZERO_CROSSING_RATE, 13, "zero_crossing_rate", "1", "time", "", "", "",  \
      "sign changes of x per sample", "count / N",                                     \
      "B. Kedem, Proc. IEEE 74 (1986), 1477-1493")                                     \
    X(ECM_FEAT_MINIMUM, 14, "minimum", "u", "time", "", "", "", "smallest sample",     \
      "min x", "elementary")                                                           \
    X(ECM_FEAT_MAXIMUM, 15, "maximum", "u", "time", "", "", "", "largest sample",      \
      "max x", "elementary")                                                           \
    X(ECM_FEAT_VARIANCE, 16, "variance", "u^2", "time", "", "", "",                    \
      "variance about the mean, biased", "sum d^2 / N", "elementary")                  \
    X(ECM_FEAT_RMS_ABOUT_ZERO, 17, "rms_about_zero", "u", "time", "", "", "",          \
      "root mean square of the samples themselves", "sqrt(sum x^2 / N)", "elementary") \
    X(ECM_FEAT_MEDIAN, 18, "median", "u", "median", "", "", "", "middle value", "",    \
      "elementary")                                                                    \
    X(ECM_FEAT_MAD, 19, "mad", "u", "median", "", "", "",                              \
      "median absolute deviation; Gaussian: 0.6745 rms", "median of |x - median|",     \
      "F. R. Hampel, J. Am. Stat. Assoc. 69 (1974), 383-393")                          \
    X(ECM_FEAT_QUANTILE, 20, "quantile", "u", "quantile", "", "share", "",             \
      "value below which a share of the samples lies",                                 \
      "sorted x at share * (N - 1), interpolated",                                     \
      "R. J. Hyndman, Y. Fan, Amer. Statist. 50 (1996), 361-365, definition 7")        \
    X(ECM_FEAT_QUANTILE_RANGE, 21, "quantile_range", "u", "quantile", "", "lo", "hi",  \
      "distance of two quantiles; 0.25 and 0.75: interquartile range",                 \
      "quantile(hi) - quantile(lo)", "as quantile")                                    \
    X(ECM_FEAT_HISTOGRAM_ENTROPY, 22, "histogram_entropy", "1", "histogram", "bins",   \
      "", "", "entropy of the histogram between minimum and maximum",                  \
      "-sum p ln p / ln bins, p the share of a bin",                                   \
      "C. E. Shannon, Bell Syst. Tech. J. 27 (1948), 379-423")                         \
    X(ECM_FEAT_TURNING_RATE, 23, "turning_rate", "1", "turning", "", "", "",           \
      "samples larger or smaller than both neighbours; white noise: 2/3", "count / N", \
      "I.-J. Bienayme (1874)")                                                         \
    X(ECM_FEAT_HJORTH_MOBILITY, 24, "hjorth_mobility", "1", "hjorth", "", "", "",      \
      "mean frequency, in radians a sample", "sqrt(var(x') / var(x))",                 \
      "B. Hjorth, Electroenceph. clin. Neurophysiol. 29 (1970), 306-310")              \
    X(ECM_FEAT_HJORTH_COMPLEXITY, 25, "hjorth_complexity", "1", "hjorth", "", "", "",  \
      "width of the spectrum; sinusoid: 1", "mobility(x') / mobility(x)",              \
      "as hjorth_mobility")                                                            \
    X(ECM_FEAT_AUTOCORRELATION, 26, "autocorrelation", "1", "lag", "lag", "", "",      \
      "how much samples resemble those lag before", "sum d[i] d[i + lag] / sum d^2",   \
      "G. E. P. Box, G. M. Jenkins, Time Series Analysis (1970)")                      \
    X(ECM_FEAT_VELOCITY_RMS, 28, "velocity_rms", "mm/s", "velocity", "", "", "",       \
      "vibration severity: root mean square of velocity in a band",                    \
      "integral of x, band-passed, over a span of 1 s or more", "ISO 20816-1")         \
    X(ECM_FEAT_BAND_RMS, 32, "band_rms", "u", "bands", "", "lo_hz", "hi_hz",           \
      "root mean square of a band", "sqrt(sum P over lo <= f < hi)",                   \
      "Parseval's theorem")                                                            \
    X(ECM_FEAT_BAND_FRACTION, 33, "band_fraction", "1", "bands", "", "lo_hz", "hi_hz", \
      "share of a band in the power", "sum P over lo <= f < hi / S",                   \
      "Parseval's theorem")                                                            \
    X(ECM_FEAT_CENTROID, 34, "centroid", "Hz", "moments", "", "", "",                  \
      "mean frequency, weighted by power", "sum f P / S",                              \
      "G. Peeters, A large set of audio features (Ircam, 2004)")                       \
    X(ECM_FEAT_SPECTRAL_ENTROPY, 35, "spectral_entropy", "1", "entropy", "", "", "",   \
      "entropy of the distribution of power; one line: 0, white noise: near 1",        \
      "-sum p ln p / ln bins, p = P / S",                                              \
      "T. Inouye et al., Electroenceph. clin. Neurophysiol. 79 (1991), 204-210")       \
    X(ECM_FEAT_SPECTRAL_SPREAD, 36, "spectral_spread", "Hz", "moments", "", "", "",    \
      "width of the distribution of power", "sqrt(sum (f - centroid)^2 P / S)",        \
      "G. Peeters, A large set of audio features (Ircam, 2004)")                       \
    X(ECM_FEAT_SPECTRAL_SKEWNESS, 37, "spectral_skewness", "1", "moments", "", "", "", \
      "skewness of the distribution of power over frequency",                          \
      "sum (f - centroid)^3 P / S / spread^3", "as spectral_spread")                   \
    X(ECM_FEAT_SPECTRAL_KURTOSIS, 38, "spectral_kurtosis", "1", "moments", "", "", "", \
      "kurtosis of the distribution of power over frequency",                          \
      "sum (f - centroid)^4 P / S / spread^4", "as spectral_spread")                   \
    X(ECM_FEAT_SPECTRAL_FLATNESS, 39, "spectral_flatness", "1", "flatness", "", "",    \
      "", "how much the power resembles white noise; lines: 0",                        \
      "geometric mean of P / arithmetic mean of P",                                    \
      "A. H. Gray, J. D. Markel, IEEE Trans. ASSP 22 (1974), 207-217")                 \
    X(ECM_FEAT_ROLLOFF, 40, "rolloff", "Hz", "rolloff", "", "share", "",               \
      "frequency below which a share of the power lies",                               \
      "least f with sum P below f = share * S", "as spectral_spread")                  \
    X(ECM_FEAT_SPECTRAL_CREST, 41, "spectral_crest", "1", "spectral_crest", "", "",    \
      "", "how far the largest bin stands out", "max P / mean P",                      \
      "as spectral_spread")                                                            \
    X(ECM_FEAT_PEAK_HZ, 42, "peak_hz", "Hz", "peaks", "rank", "", "",                  \
      "frequency of a peak of the spectrum; rank 1: the largest",                      \
      "largest bin of 3 about it, interpolated",                                       \
      "D. Agrez, IEEE Trans. Instrum. Meas. 51 (2002), 287-292")                       \
    X(ECM_FEAT_PEAK_AMPLITUDE, 43, "peak_amplitude", "u", "peaks", "rank", "", "",     \
      "its amplitude, zero to peak", "interpolated as peak_hz", "as peak_hz")          \
    X(ECM_FEAT_LINE, 44, "line", "u", "lines", "", "f_hz", "",                         \
      "amplitude at a frequency, zero to peak",                                        \
      "largest bin within f_hz (1 +- halfwidth), interpolated", "as peak_hz")          \
    X(ECM_FEAT_ORDER_LINE, 45, "order_line", "u", "lines", "", "order", "",            \
      "amplitude at an order of the shaft, zero to peak", "line at order * speed",     \
      "as peak_hz")                                                                    \
    X(ECM_FEAT_HARMONICS, 46, "harmonics", "u", "lines", "n", "f_hz", "",              \
      "root mean square of the first n harmonics of a frequency",                      \
      "sqrt(sum of line^2 / 2 at f_hz, 2 f_hz ... n f_hz)", "ISO 13373-2")             \
    X(ECM_FEAT_ORDER_HARMONICS, 47, "order_harmonics", "u", "lines", "n", "order", "", \
      "root mean square of the first n harmonics of an order",                         \
      "harmonics of order * speed", "ISO 13373-2")                                     \
    X(ECM_FEAT_THD, 48, "thd", "1", "lines", "n", "f_hz", "",                          \
      "total harmonic distortion, from n harmonics with the fundamental",              \
      "sqrt(sum of line^2 at 2 f_hz ... n f_hz) / line at f_hz",                       \
      "IEC 61000-4-7, THD_F")                                                          \
    X(ECM_FEAT_ORDER_THD, 49, "order_thd", "1", "lines", "n", "order", "",             \
      "total harmonic distortion of an order", "thd of order * speed",                 \
      "IEC 61000-4-7, THD_F")                                                          \
    X(ECM_FEAT_SIDEBANDS, 50, "sidebands", "1", "lines", "n", "carrier_hz",            \
      "spacing_hz", "n pairs of sidebands over their carrier",                         \
      "sum of line at carrier +- i spacing, i = 1 ... n / line at carrier",            \
      "R. B. Randall, J. Mech. Des. 104 (1982), 259-267")                              \
    X(ECM_FEAT_ORDER_SIDEBANDS, 51, "order_sidebands", "1", "lines", "n", "order",     \
      "spacing", "n pairs of sidebands of an order, such as a gear mesh, over it",     \
      "sidebands of order * speed, spacing * speed apart", "as sidebands")             \
    X(ECM_FEAT_SLIP_SIDEBANDS, 52, "slip_sidebands", "1", "lines", "pole_pairs",       \
      "supply_hz", "",                                                                 \
      "broken rotor bars: sidebands of the supply in a motor's current, over it",      \
      "sidebands of supply, one pair, spacing 2 (supply - pole_pairs * speed)",        \
      "W. T. Thomson, M. Fenger, IEEE Ind. Appl. Mag. 7 no. 4 (2001), 26-34")          \
    X(ECM_FEAT_MEL_LEVEL, 53, "mel_level", "dB", "mel", "band", "", "",                \
      "level of the power in a band of the mel scale",                                 \
      "10 log10 max(sum of weight power, floor), power of the unscaled transform",     \
      "M. Slaney, Auditory Toolbox version 2, Interval Research 1998-010")             \
    X(ECM_FEAT_CEPSTRAL_PEAK, 54, "cepstral_peak", "1", "cepstrum", "", "lo_s",        \
      "hi_s", "largest peak of the real cepstrum within a range of quefrencies",       \
      "max of inverse transform of ln |X| over lo_s <= q <= hi_s",                     \
      "R. B. Randall, Mech. Syst. Signal Process. 97 (2017), 3-19")                    \
    X(ECM_FEAT_CEPSTRAL_PEAK_S, 55, "cepstral_peak_s", "s", "cepstrum", "", "lo_s",    \
      "hi_s", "quefrency of that peak, 1 over the spacing of the lines",               \
      "q of cepstral_peak, interpolated", "as cepstral_peak")                          \
    X(ECM_FEAT_MFCC, 56, "mfcc", "dB", "mfcc", "coefficient", "", "",                  \
      "mel-frequency cepstral coefficient: shape of the levels of all bands",          \
      "orthonormal cosine transform of mel_level",                                     \
      "S. B. Davis, P. Mermelstein, IEEE Trans. ASSP 28 (1980), 357-366")              \
    X(ECM_FEAT_TRACKED_LINE, 57, "tracked_line", "u", "track", "", "order", "",        \
      "amplitude at an order, whatever the speed did over many turns, zero to peak",   \
      "largest bin of the order spectrum within order (1 +- halfwidth), interpolated", \
      "K. R. Fyfe, E. D. S. Munck, Mech. Syst. Signal Process. 11 (1997), 187-205")    \
    X(ECM_FEAT_TRACKED_HARMONICS, 58, "tracked_harmonics", "u", "track", "n", "order", \
      "", "root mean square of the first n harmonics of an order",                     \
      "sqrt(sum of tracked_line^2 / 2 at order, 2 order ... n order)",                 \
      "as tracked_line")                                                               \
    X(ECM_FEAT_TRACKED_THD, 59, "tracked_thd", "1", "track", "n", "order", "",         \
      "total harmonic distortion of an order, n harmonics with the fundamental",       \
      "sqrt(sum of tracked_line^2 at 2 order ... n order) / tracked_line at order",    \
      "as tracked_line")                                                               \
    X(ECM_FEAT_TRACKED_SIDEBANDS, 60, "tracked_sidebands", "1", "track", "n", "order", \
      "spacing", "n pairs of sidebands of an order, such as a gear mesh, over it",     \
      "sum of tracked_line at order +- i spacing / tracked_line at order",             \
      "as sidebands")                                                                  \
    X(ECM_FEAT_ENV_LINE, 64, "env_line", "u", "envelope", "", "order", "",             \
      "amplitude of the envelope at an order of the shaft",                            \
      "largest A within order (1 +- halfwidth)", "ISO 13373-2")                        \
    X(ECM_FEAT_ENV_ORDER, 65, "env_order", "1", "envelope", "", "order", "",           \
      "the same, over the background", "env_line / mean A from 0.5 to 12 orders",      \
      "P. Borghesani, M. R. Shahriar, Mech. Syst. Signal Process. 70-71 (2016), "      \
      "51-72")                                                                         \
    X(ECM_FEAT_ENV_HARMONICS, 66, "env_harmonics", "1", "envelope", "n", "order", "",  \
      "first n harmonics of an order, over the background",                            \
      "sum of env_order at order, 2 order ... n order", "as env_order")                \
    X(ECM_FEAT_ENV_SIDEBANDS, 67, "env_sidebands", "1", "envelope", "n", "order",      \
      "spacing", "n pairs of lines around an order, over the background",              \
      "sum of env_order at order +- i spacing, i = 1 ... n",                           \
      "P. D. McFadden, J. D. Smith, J. Sound Vib. 96 (1984), 69-82")                   \
    X(ECM_FEAT_ENV_SHARE, 68, "env_share", "1", "envelope", "n", "order", "",          \
      "harmonics of an order among those of all env_share",                            \
      "env_harmonics / sum of env_harmonics of all rows", "elementary")                \
    X(ECM_FEAT_ENV_KURTOSIS, 69, "env_kurtosis", "1", "envelope", "", "", "",          \
      "how much the squared envelope p is concentrated; noise: 2",                     \
      "mean p^2 / (mean p)^2 over the newest hop",                                     \
      "J. Antoni, Mech. Syst. Signal Process. 20 (2006), 282-307")                     \
    X(ECM_FEAT_COMPONENT, 72, "component", "1", "project", "", "", "",                 \
      "coordinate of the features before, all of which it weighs",                     \
      "sum (feature - mean) weight", "K. Pearson, Phil. Mag. 2 (1901), 559-572")       \
    X(ECM_FEAT_LATENT, 73, "latent", "1", "encode", "", "", "",                        \
      "output of a trained encoder of the features before", "dense layers in int8",    \
      "B. Jacob et al., CVPR 2018, arXiv:1712.05877")

#define ECM_FEAT_CONSTANT(constant, id, name, unit, step, n, a, b, text, formula,      \
                          source)                                                      \
    constant = id,
enum { ECM_FEAT_TABLE(ECM_FEAT_CONSTANT) ECM_FEAT_END = 32767 };
#undef ECM_FEAT_CONSTANT

#endif
