/* test_ecm_fft.c - transforms of every radix: impulse, inverse, fusions, refusals, and
 * the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fft.h"
#include "ecm_test.h"
#include "ecm_test_plans.h" /* written by the harness */

void test_ecm_fft(void);

#define PLANS 15U

static const ecm_fft_plan_t *const plans[PLANS] = {
    &test_fft_16,  &test_fft_32,  &test_fft_48,  &test_fft_64,  &test_fft_80,
    &test_fft_96,  &test_fft_128, &test_fft_160, &test_fft_240, &test_fft_256,
    &test_fft_384, &test_fft_480, &test_fft_512, &test_fft_640, &test_fft_1024};

static bool same_bits(const float *x, const float *y, uint32_t x_len) {
    const uint8_t *p = (const uint8_t *)x, *q = (const uint8_t *)y;
    uint32_t i;
    for (i = 0; i < 4U * x_len; i++) {
        if (p[i] != q[i]) {
            return false;
        }
    }
    return true;
}

static bool is_near(float x, float y) {
    return x - y < 2e-6f && y - x < 2e-6f;
}

static void test_real(const ecm_fft_plan_t *plan) {
    uint32_t n = 2U * plan->len, i;
    float *x = ecm_test_memory, *y = x + n;
    ecm_test_noise_f32(n, x, n);
    ECM_CHECK(ecm_fft_r2c_f32(plan, x, y) == ECM_OK);
    ecm_test_array_f32("fft r2c", y, n);
    ECM_CHECK(ecm_fft_c2r_f32(plan, y, x) == ECM_OK); /* over what it was made of */
    ecm_test_array_f32("fft c2r", x, n);
    ecm_test_noise_f32(n, y, n);
    for (i = 0; i < n; i++) {
        ECM_CHECK(is_near(x[i] / (float)n, y[i]));
    }
    memset(x, 0, n * sizeof *x);
    x[0] = 1.0f;
    ECM_CHECK(ecm_fft_r2c_f32(plan, x, y) == ECM_OK);
    ECM_CHECK(y[0] == 1.0f && y[1] == 1.0f);
    for (i = 2; i < n; i += 2U) {
        ECM_CHECK(y[i] == 1.0f && y[i + 1U] == 0.0f);
    }
}

static void test_complex(const ecm_fft_plan_t *plan) {
    uint32_t n = plan->len, i;
    float *x = ecm_test_memory, *y = x + 2U * n;
    ecm_test_noise_f32(n, x, 2U * n);
    ECM_CHECK(ecm_fft_c2c_f32(plan, x, y, false) == ECM_OK);
    ecm_test_array_f32("fft c2c", y, 2U * n);
    ECM_CHECK(ecm_fft_c2c_f32(plan, y, x, true) == ECM_OK);
    ecm_test_array_f32("fft inverse", x, 2U * n);
    ecm_test_noise_f32(n, y, 2U * n);
    for (i = 0; i < 2U * n; i++) {
        ECM_CHECK(is_near(x[i] / (float)n, y[i]));
    }
}

/* What is fused gives the bits of the steps one by one; 768 floats and more of memory
 * for 160 samples. */
static void test_fused(const ecm_fft_plan_t *plan) {
    uint32_t n = 2U * plan->len, i;
    float *x = ecm_test_memory, *taper = x + n, *y = taper + n, *work = y + n;
    float *power = work + n, mean = 0.25f;
    ecm_test_noise_f32(n, x, n);
    ecm_test_noise_f32(1, taper, n);
    ECM_CHECK(ecm_fft_r2c_taper_f32(plan, x, mean, taper, work) == ECM_OK);
    ECM_CHECK(ecm_fft_power_f32(plan, x, mean, taper, y, power) == ECM_OK);
    ecm_test_array_f32("fft power", power, n / 2U + 1U);
    for (i = 0; i < n; i++) {
        x[i] = (x[i] - mean) * taper[i];
    }
    ECM_CHECK(ecm_fft_r2c_f32(plan, x, y) == ECM_OK);
    ECM_CHECK(same_bits(y, work, n));
    work[0] = y[0] * y[0];
    work[n / 2U] = y[1] * y[1];
    for (i = 1; i < n / 2U; i++) {
        work[i] = y[2U * i] * y[2U * i] + y[2U * i + 1U] * y[2U * i + 1U];
    }
    ECM_CHECK(same_bits(power, work, n / 2U + 1U));
    ECM_CHECK(ecm_fft_power_f32(plan, x, 0.0f, NULL, y, x) == ECM_OK); /* power is x */
    ECM_CHECK(same_bits(x, work, n / 2U + 1U));
}

static void test_refusals(void) {
    float *x = ecm_test_memory, *y = x + 64;
    const ecm_fft_plan_t *real = &test_fft_64, *complex = &test_env_c2c_32;
    y[0] = 7.0f;
    ECM_CHECK(ecm_fft_r2c_f32(NULL, x, y) == ECM_ERR_NULL);
    ECM_CHECK(ecm_fft_r2c_f32(real, NULL, y) == ECM_ERR_NULL);
    ECM_CHECK(ecm_fft_r2c_f32(real, x, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_fft_r2c_f32(complex, x, y) == ECM_ERR_NULL);
    ECM_CHECK(ecm_fft_r2c_taper_f32(real, x, 0.0f, NULL, y) == ECM_ERR_NULL);
    ECM_CHECK(ecm_fft_r2c_taper_f32(complex, x, 0.0f, x, y) == ECM_ERR_NULL);
    ECM_CHECK(ecm_fft_power_f32(real, x, 0.0f, NULL, NULL, y) == ECM_ERR_NULL);
    ECM_CHECK(ecm_fft_power_f32(complex, x, 0.0f, NULL, y, y) == ECM_ERR_NULL);
    ECM_CHECK(ecm_fft_c2r_f32(complex, x, y) == ECM_ERR_NULL);
    ECM_CHECK(ecm_fft_c2r_f32(real, NULL, y) == ECM_ERR_NULL);
    ECM_CHECK(ecm_fft_c2c_f32(NULL, x, y, true) == ECM_ERR_NULL);
    ECM_CHECK(ecm_fft_c2c_f32(complex, NULL, y, true) == ECM_ERR_NULL);
    ECM_CHECK(y[0] == 7.0f);
    ECM_CHECK(ecm_fft_is_length(8) && ecm_fft_is_length(8192));
    ECM_CHECK(ecm_fft_is_length(120) && ecm_fft_is_length(7680));
    ECM_CHECK(!ecm_fft_is_length(0) && !ecm_fft_is_length(4));
    ECM_CHECK(!ecm_fft_is_length(12) && !ecm_fft_is_length(15));
    ECM_CHECK(!ecm_fft_is_length(72) && !ecm_fft_is_length(200));
    ECM_CHECK(!ecm_fft_is_length(56) && !ecm_fft_is_length(16384));
    ECM_CHECK(!ecm_fft_is_length(0x80000000U));
}

void test_ecm_fft(void) {
    uint32_t i;
    for (i = 0; i < PLANS; i++) {
        test_real(plans[i]);
        test_complex(plans[i]);
        if (5U * plans[i]->len * 2U <= (uint32_t)ECM_TEST_MEMORY_LEN) {
            test_fused(plans[i]);
        }
    }
    test_refusals();
}
