/* test_ecm_host_feat.c - feature plans over many windows on every instruction set of
 * this machine against the device library, one window after the other: the same bits,
 * in memory of exactly the stated size.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_detrend.h"
#include "ecm_feat_envelope.h"
#include "ecm_feat_spectrum.h"
#include "ecm_feat_time.h"
#include "ecm_fft_plan.h"
#include "ecm_host_feat.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(cond)                                                                    \
    do {                                                                               \
        if (!(cond)) {                                                                 \
            printf("line %d: %s\n", __LINE__, #cond);                                  \
            exit(1);                                                                   \
        }                                                                              \
    } while (0)
#define COUNT(rows) ((uint32_t)(sizeof(rows) / sizeof *(rows)))

static uint32_t seed = 1;

static float *floats(size_t count) {
    float *x = malloc((count > 0U ? count : 1U) * sizeof *x);
    CHECK(x != NULL);
    return x;
}

static float random_float(void) {
    seed = seed * 1664525U + 1013904223U;
    return (float)(int32_t)seed / 2147483648.0f;
}

static bool same(const float *a, const float *b, size_t count) {
    size_t i;
    for (i = 0; i < count; i++) {
        if (memcmp(&a[i], &b[i], sizeof *a) != 0 && !(isnan(a[i]) && isnan(b[i]))) {
            return false;
        }
    }
    return true;
}

/* ---- plans ------------------------------------------------------------------------
 */

static const ecm_feat_row_t time_rows[] = {
    {ECM_FEAT_MEAN, 0, 0, 0},
    {ECM_FEAT_RMS, 0, 0, 0},
    {ECM_FEAT_PEAK, 0, 0, 0},
    {ECM_FEAT_PEAK_TO_PEAK, 0, 0, 0},
    {ECM_FEAT_MEAN_ABS, 0, 0, 0},
    {ECM_FEAT_SKEWNESS, 0, 0, 0},
    {ECM_FEAT_KURTOSIS, 0, 0, 0},
    {ECM_FEAT_CREST, 0, 0, 0},
    {ECM_FEAT_SHAPE, 0, 0, 0},
    {ECM_FEAT_IMPULSE, 0, 0, 0},
    {ECM_FEAT_CLEARANCE, 0, 0, 0},
    {ECM_FEAT_MEAN_CROSSING_RATE, 0, 0, 0},
    {ECM_FEAT_ZERO_CROSSING_RATE, 0, 0, 0},
    {ECM_FEAT_MINIMUM, 0, 0, 0},
    {ECM_FEAT_MAXIMUM, 0, 0, 0},
    {ECM_FEAT_VARIANCE, 0, 0, 0},
    {ECM_FEAT_RMS_ABOUT_ZERO, 0, 0, 0},
};
static const ecm_feat_row_t band_rows[] = {
    {ECM_FEAT_BAND_RMS, 0, 10.0f, 300.0f},
    {ECM_FEAT_BAND_FRACTION, 0, 0.0f, 1000.0f},
    {ECM_FEAT_BAND_FRACTION, 0, 1000.0f, 1001.0f},
    {ECM_FEAT_BAND_RMS, 0, 2500.0f, 9000.0f},
};
static const ecm_feat_row_t moment_rows[] = {
    {ECM_FEAT_CENTROID, 0, 0, 0},
    {ECM_FEAT_SPECTRAL_SPREAD, 0, 0, 0},
    {ECM_FEAT_SPECTRAL_SKEWNESS, 0, 0, 0},
    {ECM_FEAT_SPECTRAL_KURTOSIS, 0, 0, 0},
};
static const ecm_feat_row_t entropy_rows[] = {{ECM_FEAT_SPECTRAL_ENTROPY, 0, 0, 0}};
static const ecm_feat_row_t flatness_rows[] = {{ECM_FEAT_SPECTRAL_FLATNESS, 0, 0, 0}};
static const ecm_feat_row_t crest_rows[] = {{ECM_FEAT_SPECTRAL_CREST, 0, 0, 0}};
static const ecm_feat_row_t line_rows[] = {
    {ECM_FEAT_ENV_LINE, 0, 1.0f, 0},         {ECM_FEAT_ENV_ORDER, 0, 0.4f, 0},
    {ECM_FEAT_ENV_KURTOSIS, 0, 0, 0},        {ECM_FEAT_ENV_HARMONICS, 3, 3.58f, 0},
    {ECM_FEAT_ENV_SIDEBANDS, 3, 2.0f, 1.0f}, {ECM_FEAT_ENV_SIDEBANDS, 2, 5.4f, 0.4f},
    {ECM_FEAT_ENV_SHARE, 2, 3.58f, 0},       {ECM_FEAT_ENV_SHARE, 3, 5.42f, 0},
    {ECM_FEAT_ENV_ORDER, 0, 1.0e-3f, 0},     {ECM_FEAT_ENV_LINE, 0, 1000.0f, 0},
};

/* Everything that a plan points to. */
typedef struct {
    ecm_feat_plan_t plan;
    ecm_feat_step_t step[10];
    ecm_feat_envelope_cfg_t envelope;
    ecm_fft_plan_t window_fft, inverse, history;
    float taps[37];
    float *memory[3];
    bool still; /* no speed is given */
} bench_t;

static void add(bench_t *b, const ecm_feat_kind_t *kind, const ecm_feat_row_t *rows,
                uint32_t rows_len, const void *cfg) {
    ecm_feat_step_t *step = &b->step[b->plan.steps_len++];
    step->kind = kind;
    step->rows = rows;
    step->rows_len = rows_len;
    step->cfg = cfg;
    step->state_at = 0;
    b->plan.features_len += rows_len;
}

static void make_fft(bench_t *b, uint32_t i, ecm_fft_plan_t *fft, uint32_t n,
                     bool real) {
    uint32_t len = ecm_fft_plan_len(n, real);
    b->memory[i] = floats(len);
    CHECK(ecm_fft_plan_init(fft, n, real, b->memory[i], len) == ECM_OK);
}

static void start(bench_t *b, uint32_t window_len, uint32_t detrend) {
    memset(b, 0, sizeof *b);
    b->plan.fs_hz = 8000.0f;
    b->plan.window_len = window_len;
    b->plan.hop_len = window_len / 2U;
    b->plan.detrend = detrend;
    b->plan.steps = b->step;
    make_fft(b, 0, &b->window_fft, window_len / 2U, true);
    if (detrend == (uint32_t)ECM_FEAT_DETREND_LINE) {
        add(b, &ecm_feat_kind_detrend, NULL, 0, NULL);
    }
}

/* Statistics and spectrum, for which each window stands alone. */
static void add_spectrum(bench_t *b, bool statistics) {
    if (statistics) {
        add(b, &ecm_feat_kind_time, time_rows, COUNT(time_rows), NULL);
    } else if (b->plan.detrend == (uint32_t)ECM_FEAT_DETREND_MEAN) {
        add(b, &ecm_feat_kind_mean, NULL, 0, NULL);
    }
    add(b, &ecm_feat_kind_transform, NULL, 0, &b->window_fft);
    add(b, &ecm_feat_kind_power, NULL, 0, NULL);
    add(b, &ecm_feat_kind_bands, band_rows, COUNT(band_rows), NULL);
    add(b, &ecm_feat_kind_moments, moment_rows, statistics ? COUNT(moment_rows) : 1,
        NULL);
    add(b, &ecm_feat_kind_entropy, entropy_rows, 1, NULL);
    add(b, &ecm_feat_kind_flatness, flatness_rows, 1, NULL);
    add(b, &ecm_feat_kind_spectral_crest, crest_rows, 1, NULL);
}

static void add_envelope(bench_t *b, uint32_t factor, bool white) {
    static ecm_status_t (*const forms[])(const float *, uint32_t, float *) = {
        ecm_envelope_magnitude_f32, ecm_envelope_squared_f32, ecm_envelope_log_f32};
    ecm_feat_lines_cfg_t *lines = &b->envelope.lines;
    uint32_t i, n = b->plan.window_len, m = n / 4U, len = 1024;
    make_fft(b, 1, &b->inverse, m, false);
    make_fft(b, 2, &b->history, len / 2U, true);
    b->envelope.band.window_len = n;
    b->envelope.band.bin = n / 16U + factor % 2U;
    b->envelope.band.bins_len = m - 3U * factor;
    b->envelope.band.inverse = &b->inverse;
    b->envelope.detect = white ? ecm_envelope_white_f32 : ecm_envelope_analytic_f32;
    b->envelope.form = forms[factor % 3U];
    lines->history.len = len;
    lines->history.fft = &b->history;
    if (factor > 1U) {
        for (i = 0; i < COUNT(b->taps); i++) {
            b->taps[i] = random_float();
        }
        lines->history.low.taps = b->taps;
        lines->history.low.taps_len = COUNT(b->taps) - factor % 4U;
        lines->history.low.factor = factor;
    }
    lines->bin_hz = b->plan.fs_hz * (float)m / (float)n / (float)factor / (float)len;
    lines->halfwidth = 0.02f;
    b->plan.speed_lo_hz = 40.0f;
    b->plan.speed_hi_hz = 60.0f;
    add(b, &ecm_feat_kind_envelope, line_rows, COUNT(line_rows), &b->envelope);
}

static void finish(bench_t *b) {
    ecm_feat_need_t need;
    uint32_t i;
    CHECK(ecm_feat_need(&b->plan, &need) == ECM_OK);
    b->plan.work_len = need.work_len;
    b->plan.state_len = need.state_len;
    for (i = 0; i < b->plan.steps_len; i++) {
        if (b->step[i].kind == &ecm_feat_kind_envelope) {
            b->step[i].state_at = ECM_FEAT_STATE_HEAD;
        }
    }
    CHECK(ecm_feat_check(&b->plan) == ECM_OK);
}

static void drop(bench_t *b) {
    uint32_t i;
    for (i = 0; i < COUNT(b->memory); i++) {
        free(b->memory[i]);
    }
}

/* ---- signals ----------------------------------------------------------------------
 */

/* Windows that overlap by half, and what the device says of them. */
typedef struct {
    uint32_t windows;
    float *x;
    float *speed_hz;
    uint8_t *good;
    uint8_t *done;
    float *out;
    float *state;
} signal_t;

static void fill(signal_t *s, const bench_t *b, bool steady) {
    uint32_t i, n = b->plan.window_len, hop = b->plan.hop_len;
    size_t x_len = (size_t)hop * (s->windows - 1U) + n, at;
    s->x = floats(x_len);
    s->speed_hz = floats(s->windows);
    s->good = malloc(s->windows);
    s->done = malloc(s->windows);
    CHECK(s->good != NULL && s->done != NULL);
    for (at = 0; at < x_len; at++) {
        s->x[at] = 0.3f + random_float() * (at / n % 7U == 3U ? 1e-3f : 1.0f);
    }
    for (i = 0; i < s->windows; i++) {
        s->speed_hz[i] = 50.0f;
        s->good[i] = 1;
        if (b->still) {
            s->speed_hz[i] = 0.0f;
        } else if (!steady && i % 5U == 2U) {
            s->speed_hz[i] = 50.0f + 9.0f * random_float();
        }
        if (!steady && (i == 9U || i == 10U || i == s->windows / 2U)) {
            s->good[i] = 0;
        }
    }
    for (at = 0; !steady && at < 2U * n; at++) { /* two constant windows and more */
        s->x[(size_t)hop * 4U + at] = 0.1f;
    }
}

static void expect(signal_t *s, const bench_t *b) {
    const ecm_feat_plan_t *plan = &b->plan;
    float *x = floats(plan->window_len), *work = floats(plan->work_len);
    uint32_t i;
    s->out = floats((size_t)s->windows * plan->features_len);
    s->state = floats(plan->state_len);
    CHECK(ecm_feat_reset_f32(s->state, plan) == ECM_OK);
    for (i = 0; i < s->windows; i++) {
        s->done[i] = 0;
        if (s->good[i] == 0U) {
            CHECK(ecm_feat_reset_f32(s->state, plan) == ECM_OK);
            continue;
        }
        memcpy(x, s->x + (size_t)i * plan->hop_len, plan->window_len * sizeof *x);
        if (ecm_feat_extract_f32(s->state, plan, s->speed_hz[i], x, work,
                                 s->out + (size_t)i * plan->features_len) == ECM_OK) {
            s->done[i] = 1;
        }
    }
    free(x);
    free(work);
}

static void forget(signal_t *s) {
    free(s->x);
    free(s->speed_hz);
    free(s->good);
    free(s->done);
    free(s->out);
    free(s->state);
}

/* ---- checks -----------------------------------------------------------------------
 */

/* Leave on the stack what nobody may take for a value of his own. */
static void spoil_stack(void) {
    volatile uint32_t spoil[1 << 16];
    uint32_t i;
    for (i = 0; i < COUNT(spoil); i++) {
        spoil[i] = 0x9e3779b9U * (i + 1U);
    }
}

/* The signal in pieces of at most `most` windows. */
static void check_pieces(const ecm_host_feat_t *engine, const signal_t *s,
                         uint32_t most) {
    const ecm_feat_plan_t *plan = engine->plan;
    uint32_t i, some, width = plan->features_len;
    float *work = floats(ecm_host_feat_work_len(engine));
    float *out = floats((size_t)s->windows * width), *state = floats(plan->state_len);
    uint8_t *done = malloc(s->windows);
    ecm_host_feat_piece_t piece;
    CHECK(done != NULL);
    memcpy(done, s->good, s->windows);
    CHECK(ecm_feat_reset_f32(state, plan) == ECM_OK);
    for (i = 0; i < s->windows; i += some) {
        some = s->windows - i < most ? s->windows - i : most;
        piece.x = s->x + (size_t)i * plan->hop_len;
        piece.stride = plan->hop_len;
        piece.windows = some;
        piece.speed_hz = s->speed_hz + i;
        piece.done = done + i;
        piece.state = state;
        piece.work = work;
        piece.out = out + (size_t)i * width;
        spoil_stack();
        CHECK(ecm_host_feat_extract_f32(engine, &piece) == ECM_OK);
    }
    CHECK(same(state, s->state, plan->state_len));
    for (i = 0; i < s->windows; i++) {
        CHECK(done[i] == s->done[i]);
        CHECK(done[i] == 0U ||
              same(out + (size_t)i * width, s->out + (size_t)i * width, width));
    }
    free(work);
    free(out);
    free(state);
    free(done);
}

static void check_plan(bench_t *b, uint32_t windows, bool steady) {
    static const uint32_t most[] = {1, 3, 8, 1000};
    signal_t s = {0};
    uint32_t i, memory_len, count = 0;
    int32_t isa;
    finish(b);
    s.windows = windows;
    fill(&s, b, steady);
    expect(&s, b);
    for (i = 0; i < windows; i++) {
        count += s.done[i];
    }
    CHECK(count >= 8U);
    memory_len = ecm_host_feat_len(&b->plan);
    for (isa = ECM_HOST_ISA_SCALAR; isa <= ecm_host_isa(); isa++) {
        float *memory = floats(memory_len);
        ecm_host_feat_t engine;
        CHECK(ecm_host_feat_init(&engine, &b->plan, isa, memory, memory_len) == ECM_OK);
        for (i = 0; i < COUNT(most); i++) {
            check_pieces(&engine, &s, most[i]);
        }
        free(memory);
    }
    forget(&s);
    drop(b);
}

static void check_spectra(void) {
    static const uint32_t lengths[] = {64, 240, 512, 1024, 4096};
    uint32_t i, detrend;
    bench_t b;
    for (i = 0; i < COUNT(lengths); i++) {
        for (detrend = 0; detrend <= (uint32_t)ECM_FEAT_DETREND_LINE; detrend++) {
            start(&b, lengths[i], detrend);
            add_spectrum(&b, (i + detrend) % 2U == 0U);
            check_plan(&b, 39, false);
        }
    }
}

static void check_envelopes(void) {
    static const uint32_t factors[] = {1, 2, 3, 4, 17};
    uint32_t i;
    bench_t b;
    for (i = 0; i < COUNT(factors); i++) {
        uint32_t fill_len = 1040U * factors[i] / 64U;
        start(&b, 512, ECM_FEAT_DETREND_MEAN);
        add_spectrum(&b, true);
        add_envelope(&b, factors[i], i % 2U == 0U);
        check_plan(&b, fill_len + 25U, true);
        start(&b, 1024, ECM_FEAT_DETREND_MEAN);
        add(&b, &ecm_feat_kind_transform, NULL, 0, &b.window_fft);
        add_envelope(&b, factors[i], i % 2U == 1U);
        check_plan(&b, 2U * fill_len + 40U, false);
    }
}

/* Without orders a plan takes any speed, 0 too, and its history may be shorter than
 * what a window adds to it. */
static void check_no_orders(void) {
    static const ecm_feat_row_t kurtosis[] = {{ECM_FEAT_ENV_KURTOSIS, 0, 0, 0}};
    bench_t b;
    start(&b, 512, ECM_FEAT_DETREND_MEAN);
    add(&b, &ecm_feat_kind_transform, NULL, 0, &b.window_fft);
    add_envelope(&b, 1, false);
    free(b.memory[2]);
    make_fft(&b, 2, &b.history, 8, true);
    b.envelope.lines.history.len = 16;
    b.plan.speed_lo_hz = b.plan.speed_hi_hz = 0.0f;
    b.plan.features_len = 1;
    b.step[1].rows = kurtosis;
    b.step[1].rows_len = 1;
    b.still = true;
    check_plan(&b, 20, false);
}

static void check_refusals(void) {
    bench_t b;
    ecm_host_feat_t engine;
    ecm_host_feat_piece_t piece = {NULL, 0, 0, NULL, NULL, NULL, NULL, NULL};
    float x[64] = {0.0f}, speed_hz = 1.0f, out[COUNT(entropy_rows)], *memory, *work;
    uint8_t done = 1;
    uint32_t len;
    start(&b, 64, ECM_FEAT_DETREND_NONE);
    add(&b, &ecm_feat_kind_transform, NULL, 0, &b.window_fft);
    add(&b, &ecm_feat_kind_power, NULL, 0, NULL);
    add(&b, &ecm_feat_kind_entropy, entropy_rows, 1, NULL);
    b.plan.speed_lo_hz = b.plan.speed_hi_hz = 2.0f;
    finish(&b);
    len = ecm_host_feat_len(&b.plan);
    memory = floats(len);
    CHECK(ecm_host_feat_len(NULL) == 0U && ecm_host_feat_work_len(NULL) == 0U);
    CHECK(ecm_host_feat_init(NULL, &b.plan, 0, memory, len) == ECM_ERR_NULL);
    CHECK(ecm_host_feat_init(&engine, NULL, 0, memory, len) == ECM_ERR_NULL);
    CHECK(ecm_host_feat_init(&engine, &b.plan, 0, NULL, len) == ECM_ERR_NULL);
    CHECK(ecm_host_feat_init(&engine, &b.plan, -1, memory, len) == ECM_ERR_ARG);
    CHECK(ecm_host_feat_init(&engine, &b.plan, ecm_host_isa() + 1, memory, len) ==
          ECM_ERR_ARG);
    CHECK(ecm_host_feat_init(&engine, &b.plan, 0, memory, len - 1U) == ECM_ERR_FULL);
    CHECK(ecm_host_feat_init(&engine, &b.plan, ecm_host_isa(), memory, len) == ECM_OK);
    work = floats(ecm_host_feat_work_len(&engine));
    CHECK(ecm_host_feat_extract_f32(NULL, &piece) == ECM_ERR_NULL);
    CHECK(ecm_host_feat_extract_f32(&engine, NULL) == ECM_ERR_NULL);
    CHECK(ecm_host_feat_extract_f32(&engine, &piece) == ECM_OK);
    piece.windows = 1;
    CHECK(ecm_host_feat_extract_f32(&engine, &piece) == ECM_ERR_NULL);
    piece.x = x;
    piece.stride = 64;
    piece.speed_hz = &speed_hz;
    piece.done = &done;
    piece.work = work;
    piece.out = out;
    CHECK(ecm_host_feat_extract_f32(&engine, &piece) == ECM_ERR_ARG); /* the speed */
    done = 0;
    CHECK(ecm_host_feat_extract_f32(&engine, &piece) == ECM_OK && done == 0U);
    done = 1;
    speed_hz = 2.0f;
    CHECK(ecm_host_feat_extract_f32(&engine, &piece) == ECM_OK && done == 1U);
    free(memory);
    free(work);
    drop(&b);
}

/* Logarithms by registers, at the logarithm's own numbers and between: the envelope has
 * no others. */
static void check_logarithms(void) {
    int32_t isa;
    uint64_t bits;
    for (isa = ECM_HOST_ISA_BASE; isa <= ecm_host_isa(); isa++) {
        for (bits = 0; bits < 0x7fc00000U; bits += 1009U * 32U) {
            float z[64], one[32], all[32];
            uint32_t i;
            for (i = 0; i < 32U; i++) {
                uint32_t b = (uint32_t)bits + 1009U * i;
                memcpy(&z[2U * i], &b, sizeof b);
                z[2U * i + 1U] = i % 3U == 0U ? 0.0f : z[2U * i] * 0.5f;
            }
            CHECK(ecm_envelope_log_f32(z, 32, one) == ECM_OK);
            ecm_host_kernels(isa)->log_squared(z, 31, all);
            CHECK(same(one, all, 31));
        }
        for (bits = 0x3f300000U; bits < 0x3fb00000U; bits += 32U) {
            float z[64] = {0.0f}, one[32], all[32];
            uint32_t i;
            for (i = 0; i < 32U; i++) { /* magnitudes near 1 */
                uint32_t b = (uint32_t)bits + i;
                memcpy(&z[2U * i], &b, sizeof b);
            }
            CHECK(ecm_envelope_log_f32(z, 32, one) == ECM_OK);
            ecm_host_kernels(isa)->log_squared(z, 32, all);
            CHECK(same(one, all, 32));
        }
    }
}

int main(void) {
    check_refusals();
    check_logarithms();
    check_spectra();
    check_envelopes();
    check_no_orders();
    printf("%d\n", ecm_host_isa());
    return 0;
}
