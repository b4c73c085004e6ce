/* test_ecm_hilbert.c - analytic signals: the real part, refusals, the same bits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_hilbert.h"
#include "ecm_test.h"
#include "ecm_test_plans.h" /* written by the harness */

void test_ecm_hilbert(void);

static void test_plans(const ecm_fft_plan_t *real, const ecm_fft_plan_t *complex) {
    uint32_t n = complex->len, i;
    float *x = ecm_test_memory, *work = x + n, *out = work + 2U * n;
    ecm_test_noise_f32(n, x, n);
    ECM_CHECK(ecm_hilbert_f32(real, complex, x, work, out) == ECM_OK);
    ecm_test_array_f32("hilbert", out, 2U * n);
    for (i = 0; i < n; i++) {
        float error = out[2U * i] - x[i];
        ECM_CHECK(error < 1e-6f && error > -1e-6f);
    }
}

static void test_refusals(void) {
    const ecm_fft_plan_t *real = &test_fft_64, *complex = &test_env_c2c_64;
    float *x = ecm_test_memory, *work = x + 64, *out = work + 128;
    out[0] = 7.0f;
    ECM_CHECK(ecm_hilbert_f32(NULL, complex, x, work, out) == ECM_ERR_NULL);
    ECM_CHECK(ecm_hilbert_f32(real, NULL, x, work, out) == ECM_ERR_NULL);
    ECM_CHECK(ecm_hilbert_f32(real, complex, NULL, work, out) == ECM_ERR_NULL);
    ECM_CHECK(ecm_hilbert_f32(real, complex, x, NULL, out) == ECM_ERR_NULL);
    ECM_CHECK(ecm_hilbert_f32(real, complex, x, work, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_hilbert_f32(&test_env_c2c_32, complex, x, work, out) == ECM_ERR_NULL);
    ECM_CHECK(ecm_hilbert_f32(real, &test_env_c2c_128, x, work, out) == ECM_ERR_LENGTH);
    ECM_CHECK(out[0] == 7.0f);
}

void test_ecm_hilbert(void) {
    test_plans(&test_fft_16, &test_env_c2c_16);
    test_plans(&test_fft_128, &test_env_c2c_128);
    test_plans(&test_fft_512, &test_env_c2c_512);
    test_refusals();
}
