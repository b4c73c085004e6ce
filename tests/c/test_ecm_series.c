/* test_ecm_series.c - turning points, Hjorth, correlations: the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_series.h"
#include "ecm_test.h"

void test_ecm_series(void);

static void series_print(const char *label, const ecm_series_hjorth_t *hjorth) {
    ecm_test_array_f32(label, &hjorth->activity, sizeof *hjorth / sizeof(float));
}

static void test_float(void) {
    static const uint32_t lengths[] = {1, 2, 3, 4, 5, 6, 7, 64, 511};
    uint32_t lags[3] = {0, 0, 0};
    float *x = ecm_test_memory, *y = x + 600, *z = y + 600, out[3], r;
    ecm_series_hjorth_t hjorth;
    uint32_t i, n, count;
    for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        n = lengths[i];
        ecm_test_noise_f32(i, x, n);
        ecm_test_noise_f32(i + 100U, y, n);
        ECM_CHECK(ecm_series_turning_points_f32(x, n, &count) == ECM_OK);
        ecm_test_u32("series turning", count);
        ECM_CHECK(ecm_series_hjorth_f32(x, n, &hjorth) == ECM_OK);
        series_print("series hjorth", &hjorth);
        lags[1] = n / 2U;
        lags[2] = n - 1U;
        ECM_CHECK(ecm_series_autocorrelation_f32(x, n, lags, 3, false, out) == ECM_OK);
        ecm_test_array_f32("series lags", out, 3);
        ECM_CHECK(ecm_series_autocorrelation_f32(x, n, lags, 3, true, out) == ECM_OK);
        ecm_test_array_f32("series lags unbiased", out, 3);
        ECM_CHECK(out[0] == (n > 1U ? 1.0f : 0.0f));
        ECM_CHECK(ecm_series_correlation_f32(x, y, n, &r) == ECM_OK);
        ecm_test_f32("series correlation", r);
        ECM_CHECK(ecm_series_magnitude_f32(x, y, x, n, z) == ECM_OK);
        ecm_test_array_f32("series magnitude", z, n);
    }
}

static void test_q15(void) {
    uint32_t lags[3] = {0, 5, 299};
    int16_t *x = (int16_t *)(void *)ecm_test_memory, *y = x + 600;
    ecm_series_hjorth_t hjorth;
    uint32_t i, shape, count, seed = 9;
    float out[3], r;
    for (shape = 0; shape < 4U; shape++) {
        for (i = 0; i < 300U; i++) {
            seed = seed * 1664525U + 1013904223U;
            x[i] = (int16_t)((int32_t)(seed >> 16) - 32768);
            x[i] = shape == 1U ? (int16_t)(-32700 + (x[i] & 3)) : x[i];
            x[i] = shape == 2U ? (int16_t)((i & 1U) != 0U ? -32768 : 32767) : x[i];
            x[i] = shape == 3U ? (int16_t)-32768 : x[i];
            y[i] = (int16_t)(x[i] / 2 + (int16_t)(i * 7U));
        }
        ECM_CHECK(ecm_series_turning_points_q15(x, 300, &count) == ECM_OK);
        ecm_test_u32("series turning q15", count);
        ECM_CHECK(ecm_series_hjorth_q15(x, 300, &hjorth) == ECM_OK);
        series_print("series hjorth q15", &hjorth);
        ECM_CHECK(ecm_series_autocorrelation_q15(x, 300, lags, 3, true, out) == ECM_OK);
        ecm_test_array_f32("series lags q15", out, 3);
        ECM_CHECK(ecm_series_correlation_q15(x, y, 300, &r) == ECM_OK);
        ecm_test_f32("series correlation q15", r);
    }
    ECM_CHECK(hjorth.activity == 0.0f && out[0] == 0.0f && r == 0.0f);
}

static void test_edges(void) {
    const uint32_t lag = 4;
    float *x = ecm_test_memory, out = 7.0f;
    int16_t k[4] = {1, 2, 3, 4};
    ecm_series_hjorth_t hjorth;
    uint32_t count;
    ECM_CHECK(ecm_series_autocorrelation_f32(x, 4, &lag, 1, false, &out) ==
              ECM_ERR_ARG);
    ECM_CHECK(ecm_series_autocorrelation_q15(k, 4, &lag, 1, false, &out) ==
              ECM_ERR_ARG);
    ECM_CHECK(out == 7.0f);
    ECM_CHECK(ecm_series_autocorrelation_f32(NULL, 0, &lag, 1, false, &out) == ECM_OK);
    ECM_CHECK(out == 0.0f);
    ECM_CHECK(ecm_series_autocorrelation_f32(x, 4, NULL, 1, false, &out) ==
              ECM_ERR_NULL);
    ECM_CHECK(ecm_series_autocorrelation_q15(NULL, 4, &lag, 1, false, &out) ==
              ECM_ERR_NULL);
    ECM_CHECK(ecm_series_turning_points_f32(NULL, 0, &count) == ECM_OK && count == 0U);
    ECM_CHECK(ecm_series_turning_points_f32(x, 4, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_series_turning_points_q15(NULL, 4, &count) == ECM_ERR_NULL);
    ECM_CHECK(ecm_series_hjorth_f32(NULL, 4, &hjorth) == ECM_ERR_NULL);
    ECM_CHECK(ecm_series_hjorth_q15(k, ECM_SERIES_Q15_MAX_LEN + 1U, &hjorth) ==
              ECM_ERR_LENGTH);
    ECM_CHECK(ecm_series_hjorth_q15(NULL, 4, &hjorth) == ECM_ERR_NULL);
    ECM_CHECK(ecm_series_correlation_f32(x, NULL, 4, &out) == ECM_ERR_NULL);
    ECM_CHECK(ecm_series_correlation_q15(k, k, 4, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_series_correlation_q15(k, k, 4, &out) == ECM_OK && out == 1.0f);
    ECM_CHECK(ecm_series_magnitude_f32(x, x, x, 4, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_series_magnitude_f32(NULL, NULL, NULL, 0, NULL) == ECM_OK);
}

void test_ecm_series(void) {
    test_float();
    test_q15();
    test_edges();
}
