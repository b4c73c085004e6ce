/* test_ecm_fft_plan.c - plans made at run time have the bits of constant ones.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fft_plan.h"
#include "ecm_test.h"
#include "ecm_test_plans.h" /* written by the harness */

void test_ecm_fft_plan(void);

static bool same_floats(const float *x, const float *y, uint32_t x_len) {
    uint32_t i;
    for (i = 0; i < x_len; i++) {
        if (x[i] != y[i]) {
            return false;
        }
    }
    return true;
}

static void test_plan(const ecm_fft_plan_t *expected) {
    float *memory = ecm_test_memory;
    ecm_fft_plan_t plan;
    bool real = expected->half != NULL;
    uint32_t i, len = ecm_fft_plan_len(expected->len, real);
    ECM_CHECK(ecm_fft_plan_init(&plan, expected->len, real, memory, len) == ECM_OK);
    ecm_test_array_f32("fft_plan", memory, len);
    ECM_CHECK(plan.len == expected->len && plan.passes_len == expected->passes_len);
    for (i = 0; i < plan.passes_len; i++) {
        const ecm_fft_pass_t *a = &plan.pass[i], *b = &expected->pass[i];
        uint32_t radix = plan.len / (a->span * a->step);
        ECM_CHECK(a->run == b->run && a->span == b->span && a->step == b->step);
        ECM_CHECK(same_floats(a->twiddle, b->twiddle, 2U * a->span * (radix - 1U)));
    }
    if (real) {
        ECM_CHECK(same_floats(plan.half, expected->half, plan.len - 2U));
        ECM_CHECK(plan.half + plan.len - 2U == memory + len);
    } else {
        ECM_CHECK(plan.half == NULL);
    }
}

static void test_refusals(void) {
    float *memory = ecm_test_memory;
    ecm_fft_plan_t plan;
    uint32_t len = ecm_fft_plan_len(32, true);
    plan.len = 7;
    ECM_CHECK(len == ECM_FFT_PLAN_R2C_LEN(32U));
    ECM_CHECK(ecm_fft_plan_len(32, false) == ECM_FFT_PLAN_C2C_LEN(32U));
    ECM_CHECK(ecm_fft_plan_len(33, true) == 0U && ecm_fft_plan_len(0, false) == 0U);
    ECM_CHECK(ecm_fft_plan_init(NULL, 32, true, memory, len) == ECM_ERR_NULL);
    ECM_CHECK(ecm_fft_plan_init(&plan, 32, true, NULL, len) == ECM_ERR_NULL);
    ECM_CHECK(ecm_fft_plan_init(&plan, 32, true, memory, len - 1U) == ECM_ERR_FULL);
    ECM_CHECK(ecm_fft_plan_init(&plan, 33, true, memory, len) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_fft_plan_init(&plan, 0, true, memory, len) == ECM_ERR_LENGTH);
    ECM_CHECK(plan.len == 7U);
    ECM_CHECK(ecm_fft_plan_init(&plan, 8, false, NULL, 0) == ECM_OK); /* needs none */
    ECM_CHECK(plan.len == 8U && plan.passes_len == 0U);
}

void test_ecm_fft_plan(void) {
    test_plan(&test_fft_64);
    test_plan(&test_fft_240);
    test_plan(&test_fft_384);
    test_plan(&test_fft_640);
    test_plan(&test_fft_1024);
    test_plan(&test_env_c2c_512);
    test_refusals();
}
