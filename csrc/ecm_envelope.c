/* ecm_envelope.c - see ecm_envelope.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_envelope.h"

#include "ecm_math.h"

#define SILENCE 1e-20f /* keeps the logarithm finite */

/* ---- analytic detector -------------------------------------------------------------
 */

static ecm_port_pair_f32_t envelope_white(ecm_port_pair_f32_t x) {
    float magnitude = ecm_port_sqrt_f32(x.a * x.a + x.b * x.b);
    ecm_port_pair_f32_t y = {0.0f, 0.0f};
    if (magnitude > 0.0f) {
        y.a = x.a / magnitude;
        y.b = x.b / magnitude;
    }
    return y;
}

/* Bin as it is, or divided by its magnitude. */
static inline ecm_port_pair_f32_t envelope_bin(const float *x, bool white) {
    ecm_port_pair_f32_t at = ecm_port_load2_f32(x);
    return white ? envelope_white(at) : at;
}

static inline void envelope_store(float *out, ecm_port_pair_f32_t before,
                                  ecm_port_pair_f32_t at, ecm_port_pair_f32_t after,
                                  float inner, float outer) {
    ecm_port_pair_f32_t y;
    y.a = at.a * inner - (before.a + after.a) * outer;
    y.b = at.b * inner - (before.b + after.b) * outer;
    ecm_port_store2_f32(out, y);
}

/* out[k] = (x[k] / 2 - (x[k-1] + x[k+1]) / 4) scale, k = 0 ... n - 1; three at a time,
 * so that no bin is moved from register to register. */
static inline void envelope_taper(const float *x, uint32_t n, float scale, bool white,
                                  float *out) {
    const float inner = 0.5f * scale, outer = 0.25f * scale;
    ecm_port_pair_f32_t u = envelope_bin(x - 2, white), v = envelope_bin(x, white), w;
    for (; n >= 3U; n -= 3U) {
        w = envelope_bin(x + 2, white);
        envelope_store(out, u, v, w, inner, outer);
        u = envelope_bin(x + 4, white);
        envelope_store(out + 2, v, w, u, inner, outer);
        v = envelope_bin(x + 6, white);
        envelope_store(out + 4, w, u, v, inner, outer);
        x += 6;
        out += 6;
    }
    if (n > 0U) {
        w = envelope_bin(x + 2, white);
        envelope_store(out, u, v, w, inner, outer);
        if (n > 1U) {
            envelope_store(out + 2, v, w, envelope_bin(x + 4, white), inner, outer);
        }
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
    envelope_taper(bins + 2U * cfg->bin, cfg->bins_len, 2.0f / (float)cfg->window_len,
                   false, work + 2U * (cfg->bin & 1U));
    return envelope_join(overlap, cfg, work, z);
}

ECM_PORT_FLATTEN ecm_status_t ecm_envelope_white_f32(float *overlap,
                                                     const ecm_envelope_band_t *cfg,
                                                     const float *bins, float *work,
                                                     float *z) {
    ecm_status_t status = envelope_check_band(overlap, cfg, bins, work, z);
    ECM_REQUIRE(status == ECM_OK, status);
    envelope_taper(bins + 2U * cfg->bin, cfg->bins_len, 2.0f / (float)cfg->window_len,
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
        *out++ = ecm_math_log_f32((x.a * x.a + x.b * x.b) + SILENCE);
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

static inline float envelope_magnitude(ecm_port_pair_f32_t before,
                                       ecm_port_pair_f32_t at,
                                       ecm_port_pair_f32_t after, float inner,
                                       float outer) {
    float re = at.a * inner - (before.a + after.a) * outer;
    float im = at.b * inner - (before.b + after.b) * outer;
    return ecm_port_sqrt_f32(re * re + im * im);
}

/* Packed bins become the amplitudes of what a Hann taper leaves, in place: each is
 * written where nothing is read any more. The mean, in bin 0, counts as 0. */
static void envelope_amplitude(float *x, uint32_t n) {
    const float scale = 4.0f / (float)n, inner = 0.5f * scale, outer = 0.25f * scale;
    const ecm_port_pair_f32_t last = {x[1], 0.0f};
    ecm_port_pair_f32_t u = {0.0f, 0.0f}, v = ecm_port_load2_f32(x + 2), w;
    uint32_t k, half = n / 2U;
    x[0] = ecm_port_abs_f32(outer * v.a); /* of a mirror image: half of the sum */
    for (k = 1; k + 3U < half; k += 3U) { /* as in envelope_taper */
        w = ecm_port_load2_f32(x + 2U * k + 2U);
        x[k] = envelope_magnitude(u, v, w, inner, outer);
        u = ecm_port_load2_f32(x + 2U * k + 4U);
        x[k + 1U] = envelope_magnitude(v, w, u, inner, outer);
        v = ecm_port_load2_f32(x + 2U * k + 6U);
        x[k + 2U] = envelope_magnitude(w, u, v, inner, outer);
    }
    for (; k < half; k++) {
        w = k + 1U < half ? ecm_port_load2_f32(x + 2U * k + 2U) : last;
        x[k] = envelope_magnitude(u, v, w, inner, outer);
        u = v;
        v = w;
    }
    x[half] = ecm_port_abs_f32((last.a * inner - u.a * inner) * 0.5f);
}

ecm_status_t ecm_envelope_spectrum_f32(const float *st,
                                       const ecm_envelope_history_t *cfg, float *work,
                                       float *amplitude) {
    uint32_t at;
    const float *ring;
    ecm_status_t status = envelope_check_history(st, cfg);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(work != NULL && amplitude != NULL, ECM_ERR_NULL);
    ECM_REQUIRE((uint32_t)st[ECM_ENVELOPE_HELD] == cfg->len, ECM_MORE);
    ring = st + ECM_ENVELOPE_HEAD;
    at = (uint32_t)st[ECM_ENVELOPE_AT];
    memcpy(work, ring + at, (cfg->len - at) * sizeof *ring);
    memcpy(work + (cfg->len - at), ring, at * sizeof *ring);
    (void)ecm_fft_r2c_f32(cfg->fft, work, amplitude);
    envelope_amplitude(amplitude, cfg->len);
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
