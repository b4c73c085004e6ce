/* test_ecm_cepstrum.c - cepstra, their peaks, whitening: the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_cepstrum.h"
#include "ecm_test.h"
#include "ecm_test_plans.h"

void test_ecm_cepstrum(void);

static void test_real(const ecm_fft_plan_t *plan) {
    uint32_t k, n = 2U * plan->len;
    float *power = ecm_test_memory, *work = power + 1024;
    ecm_cepstrum_peak_t peak;
    ecm_test_noise_f32(n, power, n / 2U + 1U);
    for (k = 0; k <= n / 2U; k++) {
        power[k] *= power[k] * ((k & 7U) == 5U ? 1e4f : 1.0f);
    }
    power[3] = 0.0f;
    ECM_CHECK(ecm_cepstrum_real_f32(plan, power, work, power) == ECM_OK);
    ecm_test_array_f32("cepstrum real", power, n);
    ECM_CHECK(ecm_cepstrum_peak_f32(power, n / 2U + 1U, 1000.0f, 0.002f, 1.0f, &peak) ==
              ECM_OK);
    ecm_test_array_f32("cepstrum peak", &peak.quefrency_s, 2);
}

static void test_edges(void) {
    float *x = ecm_test_memory, *work = x + 64;
    ecm_cepstrum_peak_t peak = {7.0f, 7.0f};
    uint32_t i;
    ecm_test_noise_f32(1, x, 64);
    x[10] = 0.0f;
    x[11] = 0.0f;
    ECM_CHECK(ecm_cepstrum_whiten_f32(x, 32, x) == ECM_OK);
    ecm_test_array_f32("cepstrum whiten", x, 64);
    ECM_CHECK(x[10] == 0.0f && x[11] == 0.0f);
    ECM_CHECK(ecm_cepstrum_whiten_f32(NULL, 0, NULL) == ECM_OK);
    ECM_CHECK(ecm_cepstrum_whiten_f32(x, 1, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_cepstrum_peak_f32(x, 9, 0.0f, 1.0f, 2.0f, &peak) == ECM_ERR_ARG);
    ECM_CHECK(ecm_cepstrum_peak_f32(NULL, 9, 1.0f, 1.0f, 2.0f, &peak) == ECM_ERR_NULL);
    ECM_CHECK(peak.quefrency_s == 7.0f);
    ECM_CHECK(ecm_cepstrum_peak_f32(NULL, 0, 1.0f, 1.0f, 2.0f, &peak) == ECM_OK);
    ECM_CHECK(peak.quefrency_s == 0.0f && peak.amplitude == 0.0f);
    ECM_CHECK(ecm_cepstrum_real_f32(NULL, x, work, x) == ECM_ERR_NULL);
    memset(x, 0, 33U * sizeof *x);
    ECM_CHECK(ecm_cepstrum_real_f32(&test_fft_64, x, work, x) == ECM_OK);
    for (i = 0; i < 64U; i++) {
        ECM_CHECK(x[i] == 0.0f);
    }
    x[5] = ecm_test_from_bits(0x7fc00001U);
    ECM_CHECK(ecm_cepstrum_real_f32(&test_fft_64, x, work, x) == ECM_OK);
    ecm_test_array_f32("cepstrum nan", x, 64);
}

void test_ecm_cepstrum(void) {
    test_real(&test_fft_16);
    test_real(&test_fft_48);
    test_real(&test_fft_240);
    test_real(&test_fft_1024);
    test_edges();
}
