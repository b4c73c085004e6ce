/* test_ecm_envelope.c - envelopes and their lines: chunks, refusals, the same bits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_envelope.h"
#include "ecm_test.h"
#include "ecm_test_plans.h" /* written by the harness */

void test_ecm_envelope(void);

enum { ENV_N = 128, ENV_M = 32, ENV_LEN = 64, ENV_TAPS = 8, ENV_BINS = 33 };

static const float env_taps[ENV_TAPS] = {0.02f, 0.08f, 0.17f, 0.23f,
                                         0.23f, 0.17f, 0.08f, 0.02f};

static void test_analytic(void) {
    static const ecm_envelope_band_t bands[] = {{ENV_N, 2, 31, &test_env_c2c_32},
                                                {ENV_N, 20, 32, &test_env_c2c_32},
                                                {ENV_N, 33, 30, &test_env_c2c_32},
                                                {ENV_N, 62, 1, &test_env_c2c_32}};
    float *x = ecm_test_memory, *bins = x + ENV_N, *work = bins + ENV_N;
    float *overlap = work + ECM_ENVELOPE_ANALYTIC_LEN(ENV_M);
    float *z = overlap + ECM_ENVELOPE_OVERLAP_LEN(ENV_M) + 1;
    uint32_t i, k, white;
    for (k = 0; k < 4U; k++) {
        for (white = 0; white < 2U; white++) {
            memset(overlap, 0, ECM_ENVELOPE_OVERLAP_LEN(ENV_M) * sizeof *overlap);
            for (i = 0; i < 3U; i++) {
                ecm_status_t status;
                ecm_test_noise_f32(7U + i, x, ENV_N);
                ECM_CHECK(ecm_fft_r2c_f32(&test_fft_128, x, bins) == ECM_OK);
                status =
                    white != 0U
                        ? ecm_envelope_white_f32(overlap, &bands[k], bins, work, z)
                        : ecm_envelope_analytic_f32(overlap, &bands[k], bins, work, z);
                ECM_CHECK(status == (i == 0U ? ECM_MORE : ECM_OK));
            }
            ecm_test_array_f32("envelope z", z, ENV_M);
        }
    }
    ECM_CHECK(ecm_envelope_magnitude_f32(z, ENV_M / 2, work) == ECM_OK);
    ecm_test_array_f32("envelope magnitude", work, ENV_M / 2);
    ECM_CHECK(ecm_envelope_squared_f32(z, ENV_M / 2, work) == ECM_OK);
    ecm_test_array_f32("envelope squared", work, ENV_M / 2);
    z[2] = 0.0f;
    z[3] = 0.0f;
    ECM_CHECK(ecm_envelope_log_f32(z, ENV_M / 2, z) == ECM_OK);
    ecm_test_array_f32("envelope log", z, ENV_M / 2);
}

/* The result in place of the bins is the same. */
static void test_in_place(void) {
    static const ecm_envelope_band_t band = {ENV_N, 3, 29, &test_env_c2c_32};
    float *x = ecm_test_memory, *bins = x + ENV_N, *work = bins + ENV_N;
    float *z = work + ECM_ENVELOPE_ANALYTIC_LEN(ENV_M), *one = z + ENV_N;
    float *other = one + ECM_ENVELOPE_OVERLAP_LEN(ENV_M);
    uint32_t i;
    ecm_test_noise_f32(3, x, ENV_N);
    ECM_CHECK(ecm_fft_r2c_f32(&test_fft_128, x, bins) == ECM_OK);
    memset(one, 0, 2U * ECM_ENVELOPE_OVERLAP_LEN(ENV_M) * sizeof *one);
    ECM_CHECK(ecm_envelope_white_f32(one, &band, bins, work, z) == ECM_MORE);
    ECM_CHECK(ecm_envelope_white_f32(other, &band, bins, work, bins) == ECM_MORE);
    for (i = 0; i < ECM_ENVELOPE_ANALYTIC_LEN(ENV_M); i++) {
        ECM_CHECK(bins[i] == z[i]);
    }
}

static void test_rectified(void) {
    static const ecm_filter_biquad_f32_t sections[2] = {
        {0.125f, 0.0f, -0.125f, -0.5f, 0.75f}, {0.125f, 0.0f, -0.125f, 0.25f, 0.75f}};
    static const ecm_envelope_rectifier_t cfg = {sections, 2, {env_taps, ENV_TAPS, 3}};
    ecm_filter_biquad_state_f32_t filter[2];
    ecm_decimate_t decimate;
    float *x = ecm_test_memory, *whole = x + 500, *out = whole + 500, *line = out + 500;
    uint32_t chunk, at, i, n, found, whole_len;
    ecm_test_noise_f32(5, x, 500);
    ECM_CHECK(ecm_filter_init_f32(filter, sections, 2, 0.0f) == ECM_OK);
    ECM_CHECK(ecm_decimate_init_f32(&decimate, &cfg.low, line, 0.0f) == ECM_OK);
    ECM_CHECK(ecm_envelope_rectified_f32(filter, &decimate, line, &cfg, x, 500, whole,
                                         &whole_len) == ECM_OK);
    ecm_test_array_f32("envelope rectified", whole, whole_len);
    for (chunk = 1; chunk < 500U; chunk = 3U * chunk + 1U) {
        (void)ecm_filter_init_f32(filter, sections, 2, 0.0f);
        (void)ecm_decimate_init_f32(&decimate, &cfg.low, line, 0.0f);
        memcpy(out, x, 500U * sizeof *x); /* in place: output is never ahead */
        for (at = 0, n = 0; at < 500U; at += chunk) {
            uint32_t size = 500U - at < chunk ? 500U - at : chunk;
            ECM_CHECK(ecm_envelope_rectified_f32(filter, &decimate, line, &cfg,
                                                 out + at, size, out + at,
                                                 &found) == ECM_OK);
            memmove(out + n, out + at, found * sizeof *out);
            n += found;
        }
        ECM_CHECK(n == whole_len);
        for (i = 0; i < n; i++) {
            ECM_CHECK(out[i] == whole[i]);
        }
    }
}

/* As many bins as are asked for have the bits of the whole. */
static void test_part_of_history(const ecm_envelope_history_t *cfg, const float *st,
                                 float *work, const float *whole) {
    float *amplitude = work + 2 * ENV_LEN;
    uint32_t n, i;
    ECM_CHECK(ecm_envelope_spectrum_f32(st, cfg, 0, work, amplitude) == ECM_ERR_ARG);
    ECM_CHECK(ecm_envelope_spectrum_f32(st, cfg, ENV_BINS + 1, work, amplitude) ==
              ECM_ERR_ARG);
    for (n = 1; n <= (uint32_t)ENV_BINS; n++) {
        ECM_CHECK(ecm_envelope_spectrum_f32(st, cfg, n, work, amplitude) == ECM_OK);
        for (i = 0; i < n; i++) {
            ECM_CHECK(amplitude[i] == whole[i]);
        }
    }
}

static void test_history(void) {
    static const ecm_envelope_history_t cfgs[] = {
        {ENV_LEN, &test_fft_64, {NULL, 0, 0}},
        {ENV_LEN, &test_fft_64, {env_taps, ENV_TAPS, 3}}};
    float *x = ecm_test_memory, *st = x + 400, *work = st + 200, *whole = work + 64;
    float *amplitude = whole + 64, *chunk = amplitude + 64;
    uint32_t k, size, at, i;
    ecm_status_t status = ECM_MORE;
    for (k = 0; k < 2U; k++) {
        for (size = 400; size > 0U; size = size / 3U) {
            ecm_test_noise_f32(9, x, 400);
            memset(st, 0, ECM_ENVELOPE_HISTORY_LEN(ENV_LEN, ENV_TAPS) * sizeof *st);
            ECM_CHECK(ecm_envelope_spectrum_f32(st, &cfgs[k], ENV_BINS, work,
                                                amplitude) == ECM_MORE);
            for (at = 0; at < 400U; at += size) {
                uint32_t n = 400U - at < size ? 400U - at : size;
                memcpy(chunk, x + at, n * sizeof *x);
                status = ecm_envelope_push_f32(st, &cfgs[k], chunk, n);
            }
            ECM_CHECK(status == ECM_OK);
            ECM_CHECK(ecm_envelope_spectrum_f32(st, &cfgs[k], ENV_BINS, work,
                                                amplitude) == ECM_OK);
            if (size == 400U) {
                ecm_test_array_f32("envelope spectrum", amplitude, ENV_LEN / 2 + 1);
                memcpy(whole, amplitude, 64U * sizeof *whole);
            }
            for (i = 0; i < ENV_BINS; i++) {
                ECM_CHECK(amplitude[i] == whole[i]);
            }
        }
        test_part_of_history(&cfgs[k], st, work, whole);
    }
}

static void test_lines(void) {
    static const float amplitude[9] = {9.0f, 1.0f, 5.0f, 1.0f, 1.0f,
                                       3.0f, 1.0f, 1.0f, 7.0f};
    static const ecm_envelope_bins_t s = {amplitude, 9, 2.0f};
    ECM_CHECK(ecm_envelope_line_f32(&s, 4.2f, 0.0f) == 5.0f);
    ECM_CHECK(ecm_envelope_line_f32(&s, 8.0f, 0.3f) == 3.0f);
    ECM_CHECK(ecm_envelope_line_f32(&s, 0.9f, 0.5f) == 0.0f); /* bin 0 is nearest */
    ECM_CHECK(ecm_envelope_line_f32(&s, 16.9f, 0.0f) == 7.0f);
    ECM_CHECK(ecm_envelope_line_f32(&s, 17.1f, 0.5f) == 0.0f);
    ECM_CHECK(ecm_envelope_harmonics_f32(&s, 5.0f, 0.0f, 3) == 5.0f + 3.0f + 1.0f);
    ECM_CHECK(ecm_envelope_sidebands_f32(&s, 10.0f, 6.0f, 0.0f, 2) ==
              5.0f + 7.0f + 0.0f);
    ECM_CHECK(ecm_envelope_background_f32(&s, 0.0f, 6.0f) == 7.0f / 3.0f);
    ECM_CHECK(ecm_envelope_background_f32(&s, 6.1f, 7.9f) == 0.0f);
    ECM_CHECK(ecm_envelope_check_f32(1.5f, 30.0f) == ECM_OK);
    ECM_CHECK(ecm_envelope_check_f32(1.5f, 29.9f) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_envelope_check_f32(0.0f, 29.9f) == ECM_ERR_ARG);
    ECM_CHECK(ecm_envelope_check_f32(1.0f, -1.0f) == ECM_ERR_ARG);
    ecm_test_f32("envelope harmonics", ecm_envelope_harmonics_f32(&s, 3.3f, 0.1f, 4));
}

static void test_refusals(void) {
    ecm_envelope_band_t band = {ENV_N, 20, 33, &test_env_c2c_32};
    ecm_envelope_history_t history = {ENV_LEN, &test_fft_128, {NULL, 0, 0}};
    float *x = ecm_test_memory;
    ECM_CHECK(ecm_envelope_analytic_f32(x, &band, x, x, x) == ECM_ERR_LENGTH);
    band.bins_len = 32;
    band.bin = 21; /* odd: one place more */
    ECM_CHECK(ecm_envelope_white_f32(x, &band, x, x, x) == ECM_ERR_LENGTH);
    band.bin = 1;
    ECM_CHECK(ecm_envelope_analytic_f32(x, &band, x, x, x) == ECM_ERR_ARG);
    band.bin = 32; /* the bin after the band is that of fs / 2 */
    ECM_CHECK(ecm_envelope_analytic_f32(x, &band, x, x, x) == ECM_ERR_ARG);
    band.bin = 31;
    band.bins_len = 0xffffffffU;
    ECM_CHECK(ecm_envelope_analytic_f32(x, &band, x, x, x) == ECM_ERR_ARG);
    ECM_CHECK(ecm_envelope_analytic_f32(x, &band, NULL, x, x) == ECM_ERR_NULL);
    ECM_CHECK(ecm_envelope_magnitude_f32(NULL, 1, x) == ECM_ERR_NULL);
    ECM_CHECK(ecm_envelope_log_f32(NULL, 0, NULL) == ECM_OK);
    ECM_CHECK(ecm_envelope_push_f32(x, &history, x, 1) == ECM_ERR_LENGTH);
    history.fft = &test_env_c2c_32; /* not for real data */
    ECM_CHECK(ecm_envelope_push_f32(x, &history, x, 1) == ECM_ERR_NULL);
    history.fft = &test_fft_64;
    history.low.taps = env_taps;
    ECM_CHECK(ecm_envelope_push_f32(x, &history, NULL, 1) == ECM_ERR_NULL);
    memset(x, 0, 200U * sizeof *x);
    ECM_CHECK(ecm_envelope_push_f32(x, &history, x + 150, 1) == ECM_ERR_LENGTH);
}

void test_ecm_envelope(void) {
    test_analytic();
    test_in_place();
    test_rectified();
    test_history();
    test_lines();
    test_refusals();
}
