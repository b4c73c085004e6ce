/* ecm_envelope.h - envelopes of a band over a long span, and the lines of their
 * spectrum.
 *
 * A defect of a bearing modulates a resonance; the spectrum of the envelope shows its
 * frequency. That spectrum must span many turns of the shaft, or FTF, at 0.4 of the
 * shaft speed, is no line. So the envelope is a stream:
 *
 *     detector -> decimation -> the last len samples -> spectrum -> lines
 *
 * Detectors are analytic, from the transforms of windows that overlap by half, or
 * rectified, from the samples themselves by filters alone, for small parts. A program
 * has what it calls, nothing else: detectors and their last step (magnitude, square,
 * logarithm) are functions of their own.
 *
 * State is plain floats, counters among them as whole numbers; all zeros is the start.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_ENVELOPE_H
#define ECM_ENVELOPE_H

#include "ecm_decimate.h"
#include "ecm_fft.h"
#include "ecm_filter.h"

ECM_EXTERN_C_BEGIN

/* ---- analytic detector -------------------------------------------------------------
 */

typedef struct {
    uint32_t window_len; /* samples of a window, even; windows overlap by half */
    uint32_t bin;        /* first of the band, 2 or more */
    uint32_t bins_len;   /* bin + bins_len < window_len / 2 */
    const ecm_fft_plan_t *inverse; /* of m >= bins_len + bin % 2 complex elements */
} ecm_envelope_band_t;

/* Floats of state, work and result, for m elements. */
#define ECM_ENVELOPE_OVERLAP_LEN(m) ((m) + 1U)
#define ECM_ENVELOPE_ANALYTIC_LEN(m) (2U * (m))

/** Analytic signal of a band, decimated: m / 2 complex samples for each window.
 *
 * The bins of the band, Hann tapered, are moved to frequency 0 and transformed back by
 * m points. The tapers of windows that overlap by half add up to 1, so that the halves
 * of two neighbours, added, are the signal behind a filter that passes the band and
 * nothing else, at the rate of fs m / window_len, half a window late.
 *
 * overlap [in,out] ECM_ENVELOPE_OVERLAP_LEN(m) floats; zeros at the start and after a
 *                  gap
 * cfg     [in]     settings, the same at every call
 * bins    [in]     window_len floats as ecm_fft_r2c_f32 packs them, untapered
 * work    [out]    ECM_ENVELOPE_ANALYTIC_LEN(m) floats, scratch
 * z       [out]    ECM_ENVELOPE_ANALYTIC_LEN(m) floats: m / 2 complex samples in the
 *                  unit of the signal, whose magnitude is the envelope; then scratch
 *
 * Formula : Y[k] = (X[k] / 2 - (X[k-1] + X[k+1]) / 4) 2 / window_len, at place
 *           k - bin + bin % 2 of the inverse transform: the shift is even, so that the
 *           phase goes on from window to window.
 * Numerics: what the taper cannot hold within the band, two bins at either edge, is
 *           modulated at the rate of windows.
 * Cost    : 10 instructions a bin, an inverse transform of m, 5 m for the overlap.
 * Aliasing: z may be bins, which are lost; no other two may overlap.
 * Context : any, one caller per overlap.
 * Returns : ECM_OK; ECM_MORE for the first window, which has no neighbour (z is then
 *           scratch); ECM_ERR_NULL; ECM_ERR_ARG; ECM_ERR_LENGTH if the band does not
 *           fit into m.
 */
ecm_status_t ecm_envelope_analytic_f32(float *overlap, const ecm_envelope_band_t *cfg,
                                       const float *bins, float *work, float *z);

/** Analytic signal of a pre-whitened band: resonances and lines of the shaft do not
 * outweigh the rest.
 *
 * overlap [in,out] as for ecm_envelope_analytic_f32
 * cfg     [in]     settings
 * bins    [in]     as for ecm_envelope_analytic_f32
 * work    [out]    as for ecm_envelope_analytic_f32
 * z       [out]    as for ecm_envelope_analytic_f32, of unit 1
 *
 * Formula : as ecm_envelope_analytic_f32 of X[k] / |X[k]|, 0 where |X[k]| is 0, with
 *           bins bin - 1 ... bin + bins_len.
 * Cost    : a square root and two divisions a bin more.
 * Aliasing: as there.
 * Context : any, one caller per overlap.
 * Source  : P. Borghesani et al., Mech. Syst. Signal Process. 36 (2013), 370-384.
 * Returns : as ecm_envelope_analytic_f32.
 */
ecm_status_t ecm_envelope_white_f32(float *overlap, const ecm_envelope_band_t *cfg,
                                    const float *bins, float *work, float *z);

/** Magnitude of complex samples.
 *
 * z       [in]  z_len complex numbers
 * z_len   [in]  0 does nothing
 * out     [out] z_len values
 *
 * Aliasing: out may be z.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_envelope_magnitude_f32(const float *z, uint32_t z_len, float *out);

/** Squared magnitude of complex samples: its lines are those of a modulation alone.
 *
 * z       [in]  z_len complex numbers
 * z_len   [in]  0 does nothing
 * out     [out] z_len values
 *
 * Aliasing: out may be z.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_envelope_squared_f32(const float *z, uint32_t z_len, float *out);

/** Logarithm of the squared magnitude: single shocks do not outweigh what repeats.
 *
 * z       [in]  z_len complex numbers
 * z_len   [in]  0 does nothing
 * out     [out] z_len values: ln(|z|^2 + 1e-20); infinity and NaN stay what they are
 *
 * Numerics: within 1e-7 and half of a last place.
 * Aliasing: out may be z.
 * Context : any.
 * Source  : P. Borghesani, M. R. Shahriar, Mech. Syst. Signal Process. 70-71 (2016),
 *           51-72.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_envelope_log_f32(const float *z, uint32_t z_len, float *out);

/* ---- rectified detector ------------------------------------------------------------
 */

typedef struct {
    const ecm_filter_biquad_f32_t *sections; /* band-pass */
    uint32_t sections_len;                   /* 1 or more */
    ecm_decimate_cfg_f32_t low;              /* gain pi / 2: of a sinusoid's |x| */
} ecm_envelope_rectifier_t;

/** Envelope by rectification: band-pass, |x|, low-pass and decimation.
 *
 * filter   [in,out] sections_len states, from ecm_filter_init_f32
 * decimate [in,out] from ecm_decimate_init_f32
 * line     [in,out] of the decimator
 * cfg      [in]     settings, the same at every call
 * x        [in]     x_len samples
 * x_len    [in]     any chunk size
 * out      [out]    x_len floats: the outputs, at most ECM_DECIMATE_OUT_LEN
 * out_len  [out]    their number; what is beyond them in out is scratch
 *
 * Numerics: any split of a signal into chunks gives the same bits. Harmonics of the
 *           band that rectification makes may be folded to low frequencies.
 * Aliasing: out may be x.
 * Context : any, one caller per filter.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_envelope_rectified_f32(ecm_filter_biquad_state_f32_t *filter,
                                        ecm_decimate_t *decimate, float *line,
                                        const ecm_envelope_rectifier_t *cfg,
                                        const float *x, uint32_t x_len, float *out,
                                        uint32_t *out_len);

/* ---- history and spectrum ----------------------------------------------------------
 */

typedef struct {
    uint32_t len;               /* samples of the spectrum */
    const ecm_fft_plan_t *fft;  /* of len reals */
    ecm_decimate_cfg_f32_t low; /* between detector and history; taps NULL: none */
} ecm_envelope_history_t;

/* Places in the state before the samples, a ring of len; the line of the decimator
 * follows them. */
enum {
    ECM_ENVELOPE_HELD = 0, /* samples, at most len */
    ECM_ENVELOPE_AT = 1,   /* place of the next, and so of the oldest of len */
    ECM_ENVELOPE_LINE_AT = 2,
    ECM_ENVELOPE_LINE_WAIT = 3,
    ECM_ENVELOPE_SKIP = 4, /* 1 more than the outputs that are still left out; 0: no
                            * sample yet */
    ECM_ENVELOPE_HEAD = 5
};

/* Floats of state. taps_len is 0 without decimation. */
#define ECM_ENVELOPE_HISTORY_LEN(len, taps_len) (5U + (len) + 2U * (taps_len))

/** Take samples of an envelope.
 *
 * st      [in,out] ECM_ENVELOPE_HISTORY_LEN floats; zeros at the start and after a gap
 * cfg     [in]     settings, the same at every call
 * x       [in,out] x_len samples from a detector; scratch afterwards
 * x_len   [in]     any chunk size
 *
 * Numerics: any split of a signal into chunks gives the same bits. The first outputs of
 *           the decimator, which taps reach from before the start, are left out.
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_MORE until there are len samples, ECM_ERR_NULL, ECM_ERR_LENGTH
 *           if fft and len disagree.
 */
ecm_status_t ecm_envelope_push_f32(float *st, const ecm_envelope_history_t *cfg,
                                   float *x, uint32_t x_len);

/** Amplitudes of the spectrum of the last len samples.
 *
 * st        [in]  state
 * cfg       [in]  settings
 * bins_len  [in]  bins that are asked for, 1 ... len / 2 + 1
 * work      [out] len floats, scratch
 * amplitude [out] len floats: amplitudes of bins 0 ... bins_len - 1 in the unit of the
 *                 samples, as a sinusoid on a bin has it; then scratch
 *
 * Formula : X[0] = 0 (the mean); 4 |Y[k]| / len with Y[k] = X[k] / 2 - (X[k-1] +
 *           X[k+1]) / 4 (Hann taper), half of it for bins 0 and len / 2.
 * Cost    : a transform of len, 3 instructions a sample, 11 a bin.
 * Aliasing: no two may overlap.
 * Context : any.
 * Returns : ECM_OK, ECM_MORE until there are len samples, ECM_ERR_NULL, ECM_ERR_ARG,
 *           ECM_ERR_LENGTH.
 */
ecm_status_t ecm_envelope_spectrum_f32(const float *st,
                                       const ecm_envelope_history_t *cfg,
                                       uint32_t bins_len, float *work,
                                       float *amplitude);

/* ---- lines -------------------------------------------------------------------------
 */

#define ECM_ENVELOPE_TURNS_MIN 20 /* of the shaft in a spectrum */

/* Bins first ... past - 1 of a spectrum; none if these are equal. */
typedef struct {
    uint32_t first;
    uint32_t past;
} ecm_envelope_range_t;

/* First bin at or above a frequency, 0 ... bins_len. */
static inline uint32_t ecm_envelope_bin_from(float bin_hz, uint32_t bins_len,
                                             float f_hz) {
    float place = f_hz / bin_hz;
    uint32_t bin;
    if (!(place > 0.0f)) {
        return 0;
    }
    if (place >= (float)bins_len) {
        return bins_len;
    }
    bin = (uint32_t)place;
    return (float)bin < place ? bin + 1U : bin;
}

/* One past the last bin at or below a frequency, 0 ... bins_len. */
static inline uint32_t ecm_envelope_bin_past(float bin_hz, uint32_t bins_len,
                                             float f_hz) {
    float place = f_hz / bin_hz;
    if (!(place >= 0.0f)) {
        return 0;
    }
    return place >= (float)bins_len ? bins_len : (uint32_t)place + 1U;
}

/* Where ecm_envelope_background_f32 looks: from lo to hi, but never at bin 0. */
static inline ecm_envelope_range_t
ecm_envelope_band_range(float bin_hz, uint32_t bins_len, float lo_hz, float hi_hz) {
    ecm_envelope_range_t range;
    range.first = ecm_envelope_bin_from(bin_hz, bins_len, lo_hz);
    range.past = ecm_envelope_bin_past(bin_hz, bins_len, hi_hz);
    range.first = range.first < 1U ? 1U : range.first;
    range.past = range.past < range.first ? range.first : range.past;
    return range;
}

/* Where ecm_envelope_line_f32 looks: within f_hz (1 +- halfwidth), at the nearest bin
 * in any case; nowhere if that is bin 0 or beyond the last. */
static inline ecm_envelope_range_t
ecm_envelope_line_range(float bin_hz, uint32_t bins_len, float f_hz, float halfwidth) {
    ecm_envelope_range_t range = {0, 0};
    uint32_t nearest = ecm_envelope_bin_from(bin_hz, bins_len, f_hz - 0.5f * bin_hz);
    if (nearest != 0U && nearest < bins_len) {
        range.first =
            ecm_envelope_bin_from(bin_hz, bins_len, f_hz * (1.0f - halfwidth));
        range.past = ecm_envelope_bin_past(bin_hz, bins_len, f_hz * (1.0f + halfwidth));
        range.first = range.first < nearest ? range.first : nearest;
        range.first = range.first < 1U ? 1U : range.first;
        range.past = range.past > nearest ? range.past : nearest + 1U;
    }
    return range;
}

/* A spectrum of amplitudes, from bin 0. */
typedef struct {
    const float *amplitude; /* bins_len values, 0 or more */
    uint32_t bins_len;      /* 1 or more */
    float bin_hz;           /* from bin to bin, above 0 */
} ecm_envelope_bins_t;

/** Does a spectrum tell the orders of a shaft apart?
 *
 * bin_hz   [in] from bin to bin: the inverse of the span
 * speed_hz [in] of the shaft
 *
 * Context : any.
 * Returns : ECM_OK; ECM_ERR_LENGTH if the span holds fewer than ECM_ENVELOPE_TURNS_MIN
 *           turns; ECM_ERR_ARG on numbers that are not positive and finite.
 */
ecm_status_t ecm_envelope_check_f32(float bin_hz, float speed_hz);

/** Mean amplitude of the bins within lo_hz ... hi_hz, bin 0 left out.
 *
 * s       [in] spectrum
 * lo_hz   [in] lower edge, which is inside
 * hi_hz   [in] upper edge, which is inside
 *
 * Context : any.
 * Returns : the mean; 0 if no bin lies there.
 */
float ecm_envelope_background_f32(const ecm_envelope_bins_t *s, float lo_hz,
                                  float hi_hz);

/** Amplitude of a line whose frequency is roughly known.
 *
 * s         [in] spectrum
 * f_hz      [in] frequency, above 0
 * halfwidth [in] share of f_hz by which it may be off, 0 ... below 1: slip of a bearing
 *
 * Formula : the largest amplitude within f_hz (1 +- halfwidth), the nearest bin in any
 *           case.
 * Context : any.
 * Returns : the amplitude; 0 if the nearest bin is bin 0 or beyond the last one.
 */
float ecm_envelope_line_f32(const ecm_envelope_bins_t *s, float f_hz, float halfwidth);

/** Sum of the lines at f_hz and its multiples.
 *
 * s         [in] spectrum
 * f_hz      [in] frequency, above 0
 * halfwidth [in] as for ecm_envelope_line_f32
 * count     [in] lines: 1 for f_hz alone
 *
 * Context : any.
 * Returns : the sum, in order of frequency.
 */
float ecm_envelope_harmonics_f32(const ecm_envelope_bins_t *s, float f_hz,
                                 float halfwidth, uint32_t count);

/** Sum of the lines around a carrier: a modulation of it.
 *
 * s          [in] spectrum
 * f_hz       [in] carrier, above 0
 * spacing_hz [in] of the lines, above 0, such as the shaft speed
 * halfwidth  [in] as for ecm_envelope_line_f32
 * count      [in] pairs of lines: f_hz -+ spacing_hz, f_hz -+ 2 spacing_hz, ...
 *
 * Context : any.
 * Returns : the sum, the lower line of a pair first; lines at 0 and below count as 0.
 */
float ecm_envelope_sidebands_f32(const ecm_envelope_bins_t *s, float f_hz,
                                 float spacing_hz, float halfwidth, uint32_t count);

ECM_EXTERN_C_END

#endif
