/* test_ecm_dct.c - cosine transforms: a constant, refusals, the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_dct.h"
#include "ecm_tables.h"
#include "ecm_test.h"
#include "ecm_test_plans.h" /* written by the harness */

void test_ecm_dct(void);

/* cos and sin of pi k / (2 n): steps of a turn of 16384, n a power of two. */
static void fill_twiddles(float *twiddle, uint32_t n) {
    uint32_t k, step = 4096U / n;
    for (k = 0; k < n / 2U; k++) {
        twiddle[2U * k] = ecm_tables_cos_16384_f32[k * step];
        twiddle[2U * k + 1U] = ecm_tables_cos_16384_f32[4096U - k * step];
    }
}

static void test_plan(const ecm_fft_plan_t *fft) {
    uint32_t n = 2U * fft->len, i;
    float *x = ecm_test_memory, *work = x + n, *out = work + n, *twiddle = out + n;
    ecm_dct_plan_t plan;
    plan.fft = fft;
    plan.twiddle = twiddle;
    fill_twiddles(twiddle, n);
    ecm_test_noise_f32(n, x, n);
    ECM_CHECK(ecm_dct_f32(&plan, x, work, out) == ECM_OK);
    ecm_test_array_f32("dct", out, n);
    for (i = 0; i < n; i++) {
        x[i] = 0.5f;
    }
    ECM_CHECK(ecm_dct_f32(&plan, x, work, x) == ECM_OK);
    ECM_CHECK(x[0] == (float)n);
    for (i = 1; i < n; i++) {
        ECM_CHECK(x[i] < 1e-4f && x[i] > -1e-4f);
    }
}

static void test_refusals(void) {
    float *x = ecm_test_memory, *work = x + 64, *out = work + 64;
    ecm_dct_plan_t plan = {&test_fft_64, x};
    out[0] = 7.0f;
    ECM_CHECK(ecm_dct_f32(NULL, x, work, out) == ECM_ERR_NULL);
    ECM_CHECK(ecm_dct_f32(&plan, NULL, work, out) == ECM_ERR_NULL);
    ECM_CHECK(ecm_dct_f32(&plan, x, NULL, out) == ECM_ERR_NULL);
    ECM_CHECK(ecm_dct_f32(&plan, x, work, NULL) == ECM_ERR_NULL);
    plan.twiddle = NULL;
    ECM_CHECK(ecm_dct_f32(&plan, x, work, out) == ECM_ERR_NULL);
    plan.twiddle = x;
    plan.fft = &test_env_c2c_32;
    ECM_CHECK(ecm_dct_f32(&plan, x, work, out) == ECM_ERR_NULL);
    plan.fft = NULL;
    ECM_CHECK(ecm_dct_f32(&plan, x, work, out) == ECM_ERR_NULL);
    ECM_CHECK(out[0] == 7.0f);
}

void test_ecm_dct(void) {
    test_plan(&test_fft_16);
    test_plan(&test_fft_128);
    test_plan(&test_fft_512);
    test_refusals();
}
