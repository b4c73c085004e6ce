/* test_ecm_fft.c - transforms: inverse, impulse, refusals, the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fft.h"
#include "ecm_test.h"

void test_ecm_fft(void);

static void test_real(void) {
    float *x = ecm_test_memory;
    uint32_t n, i;
    for (n = 4; n <= 2048U && n <= ECM_FFT_MAX_LEN; n *= 2U) {
        ecm_test_noise_f32(n, x, n);
        ECM_CHECK(ecm_fft_r2c_f32(x, n) == ECM_OK);
        ecm_test_array_f32("fft r2c", x, n);
        for (i = 0; i < n; i++) {
            x[i] = 0.0f;
        }
        x[0] = 1.0f;
        ECM_CHECK(ecm_fft_r2c_f32(x, n) == ECM_OK);
        ECM_CHECK(x[0] == 1.0f && x[1] == 1.0f);
        for (i = 2; i < n; i += 2U) {
            ECM_CHECK(x[i] == 1.0f && x[i + 1U] == 0.0f);
        }
    }
}

static void test_complex(void) {
    float *x = ecm_test_memory;
    uint32_t n, i;
    for (n = 2; n <= 1024U; n *= 2U) {
        ecm_test_noise_f32(n, x, 2U * n);
        ECM_CHECK(ecm_fft_c2c_f32(x, n, false) == ECM_OK);
        ecm_test_array_f32("fft c2c", x, 2U * n);
        ECM_CHECK(ecm_fft_c2c_f32(x, n, true) == ECM_OK);
        ecm_test_array_f32("fft inverse", x, 2U * n);
    }
    n = 1024;
    ecm_test_noise_f32(n, x, 2U * n);
    (void)ecm_fft_c2c_f32(x, n, false);
    (void)ecm_fft_c2c_f32(x, n, true);
    for (i = 0; i < 8U; i++) {
        float y[8], error;
        ecm_test_noise_f32(n, y, 8);
        error = x[i] / (float)n - y[i];
        ECM_CHECK(error < 1e-6f && error > -1e-6f);
    }
}

static void test_refusals(void) {
    float *x = ecm_test_memory;
    float before = x[0];
    ECM_CHECK(ecm_fft_r2c_f32(NULL, 64) == ECM_ERR_NULL);
    ECM_CHECK(ecm_fft_r2c_f32(x, 0) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_fft_r2c_f32(x, 2) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_fft_r2c_f32(x, 48) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_fft_r2c_f32(x, 2U * ECM_FFT_MAX_LEN) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_fft_c2c_f32(NULL, 64, true) == ECM_ERR_NULL);
    ECM_CHECK(ecm_fft_c2c_f32(x, 1, true) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_fft_c2c_f32(x, 0x80000001U, true) == ECM_ERR_LENGTH);
    ECM_CHECK(x[0] == before);
}

void test_ecm_fft(void) {
    test_real();
    test_complex();
    test_refusals();
}
