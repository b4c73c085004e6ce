/* ecm_envelope.c - see ecm_envelope.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_envelope.h"

#include "ecm_math.h"
#include "ecm_poly.h"

#define SILENCE 1e-20f                  /* keeps the logarithm finite, and normal */
#define NOTHING 0x1p-126f               /* beside a magnitude */
#define ENVELOPE_LN2_Q23 0x1.62e43p-24f /* ln(2) 2^-23 */

/* ---- analytic detector -------------------------------------------------------------
 */

/* A bin as it is, or divided by its magnitude, to which NOTHING adds nothing but where
 * it is 0. */
static inline ecm_port_pair_f32_t envelope_bin(const float *x, bool white) {
    ecm_port_pair_f32_t y = ecm_port_load2_f32(x);
    if (white) {
        float magnitude = ecm_port_sqrt_f32(y.a * y.a + y.b * y.b) + NOTHING;
        y.a /= magnitude;
        y.b /= magnitude;
    }
    return y;
}

static inline ecm_port_pair_f32_t envelope_step(ecm_port_pair_f32_t from,
                                                ecm_port_pair_f32_t to) {
    ecm_port_pair_f32_t step = {to.a - from.a, to.b - from.b};
    return step;
}

/* Four times the tapered bin is the step to it less the step from it. */
static inline void envelope_store(float *out, ecm_port_pair_f32_t to,
                                  ecm_port_pair_f32_t from, float scale) {
    ecm_port_pair_f32_t y;
    y.a = (to.a - from.a) * scale;
    y.b = (to.b - from.b) * scale;
    ecm_port_store2_f32(out, y);
}

/* out[k] = (x[k] - (x[k-1] + x[k+1]) / 2) 2 scale, k = 0 ... n - 1; two at a time, so
 * that no bin is moved from register to register. */
static inline void envelope_taper(const float *x, uint32_t n, float scale, bool white,
                                  float *out) {
    ecm_port_pair_f32_t u = envelope_bin(x, white), v, to, from;
    to = envelope_step(envelope_bin(x - 2, white), u);
    for (; n >= 2U; n -= 2U) {
        v = envelope_bin(x + 2, white);
        from = envelope_step(u, v);
        envelope_store(out, to, from, scale);
        u = envelope_bin(x + 4, white);
        to = envelope_step(v, u);
        envelope_store(out + 2, from, to, scale);
        x += 4;
        out += 4;
    }
    if (n > 0U) {
        from = envelope_step(u, envelope_bin(x + 2, white));
        envelope_store(out, to, from, scale);
    }
}

static ecm_status_t envelope_check_band(const float *overlap,
                                        const ecm_envelope_band_t *cfg,
                                        const float *bins, const float *work,
                                        const float *z) {
    ECM_REQUIRE(overlap != NULL && cfg != NULL && cfg->inverse != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(bins != NULL && work != NULL && z != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->bin >= 2U && cfg->bins_len >= 1U, ECM_ERR_ARG);
    ECM_REQUIRE(cfg->bins_len < cfg->window_len / 2U &&
                    cfg->bin < cfg->window_len / 2U - cfg->bins_len,
                ECM_ERR_ARG);
    ECM_REQUIRE(cfg->bins_len + (cfg->bin & 1U) <= cfg->inverse->len, ECM_ERR_LENGTH);
    return ECM_OK;
}

/* Inverse transform of the band in work, and the overlap with the window before. */
static ecm_status_t envelope_join(float *overlap, const ecm_envelope_band_t *cfg,
                                  float *work, float *z) {
    uint32_t i, m = cfg->inverse->len, odd = cfg->bin & 1U;
    uint32_t end = cfg->bins_len + odd;
    bool begun = overlap[m] != 0.0f;
    if (odd != 0U) {
        work[0] = 0.0f;
        work[1] = 0.0f;
    }
    memset(work + 2U * end, 0, 2U * (m - end) * sizeof *work);
    (void)ecm_fft_c2c_f32(cfg->inverse, work, z, true);
    for (i = 0; i < m; i += 2U) {
        ecm_port_pair_f32_t y = ecm_port_load2_f32(z + i);
        ecm_port_pair_f32_t before = ecm_port_load2_f32(overlap + i);
        y.a += before.a;
        y.b += before.b;
        ecm_port_store2_f32(z + i, y);
        ecm_port_store2_f32(overlap + i, ecm_port_load2_f32(z + m + i));
    }
    overlap[m] = 1.0f;
    return begun ? ECM_OK : ECM_MORE;
}

ECM_PORT_FLATTEN ecm_status_t ecm_envelope_analytic_f32(float *overlap,
                                                        const ecm_envelope_band_t *cfg,
                                                        const float *bins, float *work,
                                                        float *z) {
    ecm_status_t status = envelope_check_band(overlap, cfg, bins, work, z);
    ECM_REQUIRE(status == ECM_OK, status);
    envelope_taper(bins + 2U * cfg->bin, cfg->bins_len, 0.5f / (float)cfg->window_len,
                   false, work + 2U * (cfg->bin & 1U));
    return envelope_join(overlap, cfg, work, z);
}

ECM_PORT_FLATTEN ecm_status_t ecm_envelope_white_f32(float *overlap,
                                                     const ecm_envelope_band_t *cfg,
                                                     const float *bins, float *work,
                                                     float *z) {
    ecm_status_t status = envelope_check_band(overlap, cfg, bins, work, z);
    ECM_REQUIRE(status == ECM_OK, status);
    envelope_taper(bins + 2U * cfg->bin, cfg->bins_len, 0.5f / (float)cfg->window_len,
                   true, work + 2U * (cfg->bin & 1U));
    return envelope_join(overlap, cfg, work, z);
}

ecm_status_t ecm_envelope_magnitude_f32(const float *z, uint32_t z_len, float *out) {
    ECM_REQUIRE(z_len == 0U || (z != NULL && out != NULL), ECM_ERR_NULL);
    for (; z_len > 0U; z_len--) {
        ecm_port_pair_f32_t x = ecm_port_load2_f32(z);
        *out++ = ecm_port_sqrt_f32(x.a * x.a + x.b * x.b);
        z += 2;
    }
    return ECM_OK;
}

ecm_status_t ecm_envelope_squared_f32(const float *z, uint32_t z_len, float *out) {
    ECM_REQUIRE(z_len == 0U || (z != NULL && out != NULL), ECM_ERR_NULL);
    for (; z_len > 0U; z_len--) {
        ecm_port_pair_f32_t x = ecm_port_load2_f32(z);
        *out++ = x.a * x.a + x.b * x.b;
        z += 2;
    }
    return ECM_OK;
}

ecm_status_t ecm_envelope_log_f32(const float *z, uint32_t z_len, float *out) {
    ECM_REQUIRE(z_len == 0U || (z != NULL && out != NULL), ECM_ERR_NULL);
    for (; z_len > 0U; z_len--) {
        ecm_port_pair_f32_t x = ecm_port_load2_f32(z);
        float p = (x.a * x.a + x.b * x.b) + SILENCE;
        uint32_t bits = ecm_bits_from_f32(p);
        if (!ecm_port_rare(bits >= ECM_BITS_INFINITY)) { /* p is normal */
            p = (float)ecm_poly_log2_q23(bits) * ENVELOPE_LN2_Q23;
        }
        *out++ = p;
        z += 2;
    }
    return ECM_OK;
}

/* ---- rectified detector ------------------------------------------------------------
 */

ecm_status_t ecm_envelope_rectified_f32(ecm_filter_biquad_state_f32_t *filter,
                                        ecm_decimate_t *decimate, float *line,
                                        const ecm_envelope_rectifier_t *cfg,
                                        const float *x, uint32_t x_len, float *out,
                                        uint32_t *out_len) {
    ecm_status_t status;
    uint32_t i;
    ECM_REQUIRE(cfg != NULL && decimate != NULL && line != NULL && out_len != NULL,
                ECM_ERR_NULL);
    status =
        ecm_filter_biquad_f32(filter, cfg->sections, cfg->sections_len, x, x_len, out);
    ECM_REQUIRE(status == ECM_OK, status);
    for (i = 0; i < x_len; i++) {
        out[i] = ecm_port_abs_f32(out[i]);
    }
    return ecm_decimate_f32(decimate, &cfg->low, line, out, x_len, out, out_len);
}

/* ---- history -----------------------------------------------------------------------
 */

static ecm_status_t envelope_check_history(const float *st,
                                           const ecm_envelope_history_t *cfg) {
    ECM_REQUIRE(st != NULL && cfg != NULL && cfg->fft != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->fft->half != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->len == 2U * cfg->fft->len, ECM_ERR_LENGTH);
    return ECM_OK;
}

/* Decimate in place; how many samples are kept. */
static ecm_status_t envelope_lower(float *st, const ecm_envelope_history_t *cfg,
                                   float *x, uint32_t *x_len) {
    ecm_decimate_t decimate;
    float *line = st + ECM_ENVELOPE_HEAD + cfg->len;
    uint32_t skip = (uint32_t)st[ECM_ENVELOPE_SKIP], n, out_len = 0;
    decimate.at = (uint32_t)st[ECM_ENVELOPE_LINE_AT];
    decimate.wait = (uint32_t)st[ECM_ENVELOPE_LINE_WAIT];
    if (skip == 0U) {
        ecm_status_t status = ecm_decimate_init_f32(&decimate, &cfg->low, line, x[0]);
        ECM_REQUIRE(status == ECM_OK, status);
        skip = 1U + (cfg->low.taps_len + cfg->low.factor - 2U) / cfg->low.factor;
    }
    (void)ecm_decimate_f32(&decimate, &cfg->low, line, x, *x_len, x, &out_len);
    n = out_len < skip - 1U ? out_len : skip - 1U;
    memmove(x, x + n, (out_len - n) * sizeof *x);
    st[ECM_ENVELOPE_LINE_AT] = (float)decimate.at;
    st[ECM_ENVELOPE_LINE_WAIT] = (float)decimate.wait;
    st[ECM_ENVELOPE_SKIP] = (float)(skip - n);
    *x_len = out_len - n;
    return ECM_OK;
}

ecm_status_t ecm_envelope_push_f32(float *st, const ecm_envelope_history_t *cfg,
                                   float *x, uint32_t x_len) {
    uint32_t held, at;
    ecm_status_t status = envelope_check_history(st, cfg);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(x != NULL || x_len == 0U, ECM_ERR_NULL);
    if (cfg->low.taps != NULL && x_len > 0U) {
        status = envelope_lower(st, cfg, x, &x_len);
        ECM_REQUIRE(status == ECM_OK, status);
    }
    held = (uint32_t)st[ECM_ENVELOPE_HELD];
    at = (uint32_t)st[ECM_ENVELOPE_AT];
    while (x_len > 0U) {
        uint32_t n = cfg->len - at < x_len ? cfg->len - at : x_len;
        memcpy(st + ECM_ENVELOPE_HEAD + at, x, n * sizeof *x);
        at = at + n == cfg->len ? 0U : at + n;
        held = held + n < cfg->len ? held + n : cfg->len;
        x += n;
        x_len -= n;
    }
    st[ECM_ENVELOPE_HELD] = (float)held;
    st[ECM_ENVELOPE_AT] = (float)at;
    return held == cfg->len ? ECM_OK : ECM_MORE;
}

static inline float envelope_magnitude(ecm_port_pair_f32_t to, ecm_port_pair_f32_t from,
                                       float scale) {
    float re = to.a - from.a, im = to.b - from.b;
    return ecm_port_sqrt_f32(re * re + im * im) * scale;
}

/* Packed bins become the amplitudes of what a Hann taper leaves, in place: each is
 * written where nothing is read any more. The mean, in bin 0, counts as 0. */
static void envelope_amplitude(float *x, uint32_t n, uint32_t bins_len) {
    const float scale = 1.0f / (float)n;
    const ecm_port_pair_f32_t last = {x[1], 0.0f};
    ecm_port_pair_f32_t u = ecm_port_load2_f32(x + 2), v, to = u, from, y;
    uint32_t half = n / 2U, pairs = (bins_len < half - 2U ? bins_len : half - 2U) / 2U;
    const float *from_bins = x + 4, *stop = from_bins + 4U * pairs;
    float *out = x + 1;
    x[0] = ecm_port_abs_f32(u.a * scale); /* of a mirror image: half of the sum */
    while (from_bins != stop) {           /* two at a time, as in envelope_taper */
        v = ecm_port_load2_f32(from_bins);
        from = envelope_step(u, v);
        y.a = envelope_magnitude(to, from, scale);
        u = ecm_port_load2_f32(from_bins + 2);
        to = envelope_step(v, u);
        y.b = envelope_magnitude(from, to, scale);
        ecm_port_store2_f32(out, y);
        from_bins += 4;
        out += 2;
    }
    if (bins_len >= half) {
        from = envelope_step(u, last);
        x[half - 1U] = envelope_magnitude(to, from, scale);
        x[half] = ecm_port_abs_f32(from.a) * scale;
    }
}

ecm_status_t ecm_envelope_spectrum_f32(const float *st,
                                       const ecm_envelope_history_t *cfg,
                                       uint32_t bins_len, float *work,
                                       float *amplitude) {
    uint32_t at;
    const float *ring;
    ecm_status_t status = envelope_check_history(st, cfg);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(work != NULL && amplitude != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(bins_len >= 1U && bins_len <= cfg->len / 2U + 1U, ECM_ERR_ARG);
    ECM_REQUIRE((uint32_t)st[ECM_ENVELOPE_HELD] == cfg->len, ECM_MORE);
    ring = st + ECM_ENVELOPE_HEAD;
    at = (uint32_t)st[ECM_ENVELOPE_AT];
    memcpy(work, ring + at, (cfg->len - at) * sizeof *ring);
    memcpy(work + (cfg->len - at), ring, at * sizeof *ring);
    (void)ecm_fft_r2c_f32(cfg->fft, work, amplitude);
    envelope_amplitude(amplitude, cfg->len, bins_len);
    return ECM_OK;
}

/* ---- lines -------------------------------------------------------------------------
 */

ecm_status_t ecm_envelope_check_f32(float bin_hz, float speed_hz) {
    ECM_REQUIRE(bin_hz > 0.0f && ecm_math_isfinite_f32(bin_hz), ECM_ERR_ARG);
    ECM_REQUIRE(speed_hz > 0.0f && ecm_math_isfinite_f32(speed_hz), ECM_ERR_ARG);
    ECM_REQUIRE(speed_hz >= (float)ECM_ENVELOPE_TURNS_MIN * bin_hz, ECM_ERR_LENGTH);
    return ECM_OK;
}

float ecm_envelope_background_f32(const ecm_envelope_bins_t *s, float lo_hz,
                                  float hi_hz) {
    ecm_envelope_range_t r =
        ecm_envelope_band_range(s->bin_hz, s->bins_len, lo_hz, hi_hz);
    uint32_t count = r.past - r.first;
    if (count == 0U) {
        return 0.0f;
    }
    return ecm_math_sum_f32(s->amplitude + r.first, count) / (float)count;
}

float ecm_envelope_line_f32(const ecm_envelope_bins_t *s, float f_hz, float halfwidth) {
    ecm_envelope_range_t r =
        ecm_envelope_line_range(s->bin_hz, s->bins_len, f_hz, halfwidth);
    float peak = 0.0f;
    for (; r.first < r.past; r.first++) {
        peak = s->amplitude[r.first] > peak ? s->amplitude[r.first] : peak;
    }
    return peak;
}

float ecm_envelope_harmonics_f32(const ecm_envelope_bins_t *s, float f_hz,
                                 float halfwidth, uint32_t count) {
    float sum = 0.0f;
    uint32_t h;
    for (h = 1; h <= count; h++) {
        sum += ecm_envelope_line_f32(s, f_hz * (float)h, halfwidth);
    }
    return sum;
}

float ecm_envelope_sidebands_f32(const ecm_envelope_bins_t *s, float f_hz,
                                 float spacing_hz, float halfwidth, uint32_t count) {
    float sum = 0.0f;
    uint32_t h;
    for (h = 1; h <= count; h++) {
        float off_hz = spacing_hz * (float)h;
        if (off_hz < f_hz) {
            sum += ecm_envelope_line_f32(s, f_hz - off_hz, halfwidth);
        }
        sum += ecm_envelope_line_f32(s, f_hz + off_hz, halfwidth);
    }
    return sum;
}
