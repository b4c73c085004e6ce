/* test_ecm_window.c - tapers, means and lines: edges and the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_window.h"
#include "ecm_stats.h"
#include "ecm_test.h"

void test_ecm_window(void);

static const uint16_t window_lengths[] = {1, 2, 3, 4, 5, 64, 255, 600};
enum { WINDOW_LENGTHS = 8, WINDOW_MAX = 600 };

static void window_noise_q15(uint32_t seed, int16_t *x, uint32_t x_len) {
    uint32_t i;
    for (i = 0; i < x_len; i++) {
        seed = seed * 1664525U + 1013904223U;
        x[i] = (int16_t)((int32_t)(seed >> 16) - 0x8000);
    }
}

/* Against the definition, sample by sample; out of place and in place. */
static void test_apply_f32(void) {
    float *x = ecm_test_memory, *half = x + WINDOW_MAX, *out = half + WINDOW_MAX;
    uint16_t form;
    uint32_t i, k;
    for (k = 0; k < WINDOW_LENGTHS; k++) {
        for (form = ECM_TAPER_PERIODIC; form <= ECM_TAPER_SYMMETRIC; form++) {
            ecm_taper_cfg_t cfg = {0, ECM_TAPER_HAMMING, 0, 0.0f};
            uint32_t n = window_lengths[k], span = n - form;
            float mean;
            cfg.x_len = n;
            cfg.form = form;
            ecm_test_noise_f32(n, x, n);
            mean = ecm_stats_mean_f32(x, n);
            ECM_CHECK(ecm_taper_fill_f32(&cfg, half) == ECM_OK);
            ECM_CHECK(ecm_window_apply_f32(x, n, mean, half, form, out) == ECM_OK);
            for (i = 0; i < n; i++) {
                float taper = half[i <= span / 2U ? i : span - i];
                ECM_CHECK(out[i] == (x[i] - mean) * taper);
            }
            ecm_test_array_f32("window taper", out, n);
            ECM_CHECK(ecm_window_apply_f32(x, n, mean, half, form, x) == ECM_OK);
            for (i = 0; i < n; i++) {
                ECM_CHECK(x[i] == out[i]);
            }
        }
    }
}

static void test_apply_q15(void) {
    int16_t *x = (int16_t *)(void *)ecm_test_memory, *half = x + WINDOW_MAX;
    int16_t *out = half + WINDOW_MAX;
    static const int16_t extremes[] = {-32768, 32767, -32768, 32767};
    uint16_t form;
    uint32_t i, k;
    for (k = 0; k < WINDOW_LENGTHS; k++) {
        for (form = ECM_TAPER_PERIODIC; form <= ECM_TAPER_SYMMETRIC; form++) {
            ecm_taper_cfg_t cfg = {0, ECM_TAPER_FLAT_TOP, 0, 0.0f};
            uint32_t n = window_lengths[k];
            int16_t mean;
            cfg.x_len = n;
            cfg.form = form;
            window_noise_q15(n, x, n);
            mean = ecm_window_mean_q15(x, n);
            ECM_CHECK(ecm_taper_fill_q15(&cfg, half) == ECM_OK);
            ECM_CHECK(ecm_window_apply_q15(x, n, mean, half, form, out) == ECM_OK);
            ecm_test_bytes("window q15", out, n * 2U);
        }
    }
    /* the largest products there are */
    for (i = 0; i < 3U; i++) {
        half[i] = (int16_t)(i == 1U ? -32768 : 32767);
    }
    ECM_CHECK(ecm_window_apply_q15(extremes, 4, 32767, half, 0, out) == ECM_OK);
    ECM_CHECK(out[0] == -32768 && out[1] == 0 && out[2] == -32768);
    ECM_CHECK(ecm_window_apply_q15(extremes, 4, -32768, half, 0, out) == ECM_OK);
    ECM_CHECK(out[0] == 0 && out[1] == -32768 && out[3] == -32768);
}

static void test_line_f32(void) {
    float *x = ecm_test_memory, *out = x + WINDOW_MAX;
    ecm_window_line_t line;
    uint32_t i, k, n;
    for (k = 0; k < WINDOW_LENGTHS; k++) {
        n = window_lengths[k];
        ecm_test_noise_f32(n + 1U, x, n);
        ECM_CHECK(ecm_window_fit_line_f32(x, n, &line) == ECM_OK);
        ecm_test_f32("window level", line.level);
        ecm_test_f32("window slope", line.slope);
        ECM_CHECK(ecm_window_remove_line_f32(x, n, out) == ECM_OK);
        ecm_test_array_f32("window line", out, n);
        for (i = 0; i < n; i++) {
            x[i] = 0.1f; /* a sum of these rounds */
        }
        ECM_CHECK(ecm_window_remove_line_f32(x, n, x) == ECM_OK);
        for (i = 0; i < n; i++) {
            ECM_CHECK(x[i] == 0.0f);
        }
        for (i = 0; i < n; i++) {
            x[i] = 0.25f * (float)i - 3.0f; /* exact */
        }
        ECM_CHECK(ecm_window_fit_line_f32(x, n, &line) == ECM_OK);
        ECM_CHECK(n < 2U || (line.slope > 0.2499999f && line.slope < 0.2500001f));
    }
    ECM_CHECK(ecm_window_fit_line_f32(NULL, 0, &line) == ECM_OK);
    ECM_CHECK(line.level == 0.0f && line.slope == 0.0f);
}

static void test_line_q15(void) {
    int16_t *x = (int16_t *)(void *)ecm_test_memory, *out = x + WINDOW_MAX;
    uint32_t i, k, n;
    for (k = 0; k < WINDOW_LENGTHS; k++) {
        n = window_lengths[k];
        window_noise_q15(n + 1U, x, n);
        ecm_test_s32("window mean q15", ecm_window_mean_q15(x, n));
        ECM_CHECK(ecm_window_remove_mean_q15(x, n, out) == ECM_OK);
        ecm_test_bytes("window mean q15", out, n * 2U);
        ECM_CHECK(ecm_window_remove_line_q15(x, n, out) == ECM_OK);
        ecm_test_bytes("window line q15", out, n * 2U);
        for (i = 0; i < n; i++) {
            x[i] = (int16_t)(32767 - 100 * (int32_t)i);
        }
        ECM_CHECK(ecm_window_remove_line_q15(x, n, x) == ECM_OK);
        for (i = 0; i < n; i++) {
            ECM_CHECK(x[i] == 0);
        }
        for (i = 0; i < n; i++) {
            x[i] = -32768;
        }
        ECM_CHECK(ecm_window_mean_q15(x, n) == -32768);
        ECM_CHECK(ecm_window_remove_line_q15(x, n, x) == ECM_OK);
        ECM_CHECK(x[0] == 0 && x[n - 1U] == 0);
    }
    x[0] = 32767;
    x[1] = x[2] = x[3] = -32768;
    ECM_CHECK(ecm_window_remove_mean_q15(x, 4, x) == ECM_OK);
    ECM_CHECK(x[0] == 32767); /* saturated */
    ECM_CHECK(ecm_window_mean_q15(NULL, 0) == 0);
    ECM_CHECK(ecm_window_remove_line_q15(NULL, 0, NULL) == ECM_OK);
}

static void test_refusals(void) {
    float *x = ecm_test_memory;
    int16_t *q = (int16_t *)(void *)ecm_test_memory;
    ecm_window_line_t line;
    ECM_CHECK(ecm_window_apply_f32(NULL, 4, 0, x, 0, x) == ECM_ERR_NULL);
    ECM_CHECK(ecm_window_apply_f32(x, 4, 0, NULL, 0, x) == ECM_ERR_NULL);
    ECM_CHECK(ecm_window_apply_f32(x, 4, 0, x, 2, x) == ECM_ERR_ARG);
    ECM_CHECK(ecm_window_apply_f32(NULL, 0, 0, NULL, 0, NULL) == ECM_OK);
    ECM_CHECK(ecm_window_apply_q15(q, 4, 0, q, 0, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_window_apply_q15(q, 4, 0, q, 2, q) == ECM_ERR_ARG);
    ECM_CHECK(ecm_window_apply_q15(NULL, 0, 0, NULL, 1, NULL) == ECM_OK);
    ECM_CHECK(ecm_window_fit_line_f32(NULL, 2, &line) == ECM_ERR_NULL);
    ECM_CHECK(ecm_window_fit_line_f32(x, 2, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_window_fit_line_f32(x, 0x1000001U, &line) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_window_remove_line_f32(x, 2, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_window_remove_mean_q15(q, 32769, q) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_window_remove_line_q15(q, 32769, q) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_window_remove_line_q15(q, 2, NULL) == ECM_ERR_NULL);
}

void test_ecm_window(void) {
    test_apply_f32();
    test_apply_q15();
    test_line_f32();
    test_line_q15();
    test_refusals();
}
