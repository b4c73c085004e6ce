/* fuzz_ecm_envelope.c - any bands, histories and lines of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_envelope.h"
#include "ecm_fft_plan.h"
#include "ecm_fuzz.h"

void fuzz_ecm_envelope(void);

static uint32_t fuzz_plan(ecm_fft_plan_t *plan, uint32_t most, bool real) {
    uint32_t n, len;
    do {
        n = 8U + ecm_fuzz_below(most - 7U);
    } while (!ecm_fft_is_length(n));
    len = ecm_fft_plan_len(n, real);
    ECM_FUZZ_CHECK(ecm_fft_plan_init(plan, n, real, ecm_fuzz_array_f32(len), len) ==
                   ECM_OK);
    return n;
}

static void fuzz_analytic(void) {
    ecm_fft_plan_t plan;
    uint32_t m = fuzz_plan(&plan, 64, false), calls, n = 16U + 2U * ecm_fuzz_below(120);
    ecm_envelope_band_t cfg = {0, 0, 0, NULL};
    float *overlap = ecm_fuzz_array_f32(ECM_ENVELOPE_OVERLAP_LEN(m));
    float *bins = ecm_fuzz_array_f32(n);
    float *work = ecm_fuzz_array_f32(ECM_ENVELOPE_ANALYTIC_LEN(m));
    float *z = ecm_fuzz_array_f32(ECM_ENVELOPE_ANALYTIC_LEN(m));
    cfg.window_len = n;
    cfg.bin = ecm_fuzz_once_in(8) ? ecm_fuzz_u32() : 2U + ecm_fuzz_below(n / 2U);
    cfg.bins_len = ecm_fuzz_once_in(8) ? ecm_fuzz_u32() : ecm_fuzz_len(m);
    cfg.inverse = ecm_fuzz_or_null(&plan);
    memset(overlap, 0, ECM_ENVELOPE_OVERLAP_LEN(m) * sizeof *overlap);
    ecm_fuzz_watch(overlap, ECM_ENVELOPE_OVERLAP_LEN(m) * sizeof *overlap);
    ecm_fuzz_watch(z, ECM_ENVELOPE_ANALYTIC_LEN(m) * sizeof *z);
    for (calls = 0; calls < 3U; calls++) {
        if (ecm_fuzz_once_in(2)) {
            ecm_fuzz_judge(ecm_envelope_analytic_f32(ecm_fuzz_or_null(overlap), &cfg,
                                                     ecm_fuzz_or_null(bins), work, z));
        } else {
            ecm_fuzz_judge(
                ecm_envelope_white_f32(overlap, &cfg, bins, ecm_fuzz_or_null(work), z));
        }
    }
    m = ecm_fuzz_len(m);
    ecm_fuzz_judge(ecm_envelope_magnitude_f32(ecm_fuzz_or_null(z), m, work));
    ecm_fuzz_judge(ecm_envelope_squared_f32(z, m, ecm_fuzz_or_null(work)));
    ecm_fuzz_judge(ecm_envelope_log_f32(z, m, z));
}

static void fuzz_rectified(void) {
    static const ecm_filter_biquad_f32_t section = {0.1f, 0.0f, -0.1f, -0.5f, 0.6f};
    ecm_filter_biquad_state_f32_t filter;
    ecm_envelope_rectifier_t cfg;
    ecm_decimate_t decimate;
    uint32_t n = ecm_fuzz_len(100), taps_len = 1U + ecm_fuzz_below(9), found = 0;
    float *line = ecm_fuzz_array_f32(ECM_DECIMATE_LINE_LEN(taps_len));
    float *x = ecm_fuzz_array_f32(n), *out = ecm_fuzz_array_f32(n);
    cfg.sections = &section;
    cfg.sections_len = ecm_fuzz_once_in(8) ? 0U : 1U;
    cfg.low.taps = ecm_fuzz_array_f32(taps_len);
    cfg.low.taps_len = taps_len;
    cfg.low.factor = 1U + ecm_fuzz_below(9);
    ECM_FUZZ_CHECK(ecm_filter_init_f32(&filter, &section, 1, 0.0f) == ECM_OK);
    ECM_FUZZ_CHECK(ecm_decimate_init_f32(&decimate, &cfg.low, line, 0.0f) == ECM_OK);
    if (ecm_envelope_rectified_f32(ecm_fuzz_or_null(&filter), &decimate, line, &cfg,
                                   ecm_fuzz_or_null(x), n, out, &found) == ECM_OK) {
        ECM_FUZZ_CHECK(found <= ECM_DECIMATE_OUT_LEN(n, cfg.low.factor));
    }
}

static void fuzz_history(void) {
    ecm_fft_plan_t plan;
    ecm_envelope_history_t cfg = {0, NULL, {NULL, 0, 0}};
    uint32_t calls;
    float *st, *work, *amplitude;
    cfg.len = 2U * fuzz_plan(&plan, 64, true);
    cfg.fft = &plan;
    if (ecm_fuzz_once_in(2)) {
        cfg.low.taps_len = ecm_fuzz_len(20);
        cfg.low.taps = ecm_fuzz_array_f32(cfg.low.taps_len);
        cfg.low.factor = ecm_fuzz_len(5);
    }
    st = ecm_fuzz_array_f32(ECM_ENVELOPE_HISTORY_LEN(cfg.len, cfg.low.taps_len));
    memset(st, 0, ECM_ENVELOPE_HISTORY_LEN(cfg.len, cfg.low.taps_len) * sizeof *st);
    work = ecm_fuzz_array_f32(cfg.len);
    amplitude = ecm_fuzz_array_f32(cfg.len);
    cfg.len = ecm_fuzz_once_in(16) ? cfg.len - 1U : cfg.len;
    for (calls = 0; calls < 6U; calls++) {
        uint32_t n = ecm_fuzz_len(300);
        float *x = ecm_fuzz_array_f32(n);
        (void)ecm_envelope_push_f32(ecm_fuzz_or_null(st), ecm_fuzz_or_null(&cfg),
                                    ecm_fuzz_or_null(x), n);
        (void)ecm_envelope_spectrum_f32(st, &cfg, ecm_fuzz_len(cfg.len / 2U + 2U),
                                        ecm_fuzz_or_null(work), amplitude);
    }
}

static void fuzz_lines(void) {
    ecm_envelope_bins_t s;
    float f_hz = ecm_fuzz_f32(), halfwidth = ecm_fuzz_f32(), y;
    uint32_t count = ecm_fuzz_len(9);
    s.bins_len = 1U + ecm_fuzz_len(70);
    s.amplitude = ecm_fuzz_array_f32(s.bins_len);
    s.bin_hz = ecm_fuzz_f32();
    (void)ecm_envelope_check_f32(s.bin_hz, f_hz);
    (void)ecm_envelope_background_f32(&s, f_hz, ecm_fuzz_f32());
    y = ecm_envelope_line_f32(&s, f_hz, halfwidth);
    ECM_FUZZ_CHECK(!(y < 0.0f));
    (void)ecm_envelope_harmonics_f32(&s, f_hz, halfwidth, count);
    (void)ecm_envelope_sidebands_f32(&s, f_hz, ecm_fuzz_f32(), halfwidth, count);
}

void fuzz_ecm_envelope(void) {
    fuzz_analytic();
    fuzz_rectified();
    fuzz_history();
    fuzz_lines();
}
