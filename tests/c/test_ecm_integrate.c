/* test_ecm_integrate.c - differences and integrals: chunking, edges, the same bits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_integrate.h"
#include "ecm_test.h"

void test_ecm_integrate(void);

enum { INTEGRATE_N = 300 };

typedef ecm_status_t (*integrate_fn_t)(ecm_integrate_t *st, const float *x,
                                       uint32_t x_len, float scale, float *out);

static void integrate_chunks(integrate_fn_t run, const char *label) {
    float *x = ecm_test_memory, *whole = x + INTEGRATE_N, *out = whole + INTEGRATE_N;
    ecm_integrate_t st;
    uint32_t chunk, at, i;
    ecm_test_noise_f32(21, x, INTEGRATE_N);
    ECM_CHECK(ecm_integrate_init_f32(&st, x[0]) == ECM_OK);
    ECM_CHECK(run(&st, x, INTEGRATE_N, 0.3f, whole) == ECM_OK);
    ecm_test_array_f32(label, whole, INTEGRATE_N);
    for (chunk = 1; chunk < INTEGRATE_N; chunk = 2U * chunk + 1U) {
        memcpy(out, x, INTEGRATE_N * sizeof *x); /* in place */
        ECM_CHECK(ecm_integrate_init_f32(&st, x[0]) == ECM_OK);
        for (at = 0; at < INTEGRATE_N; at += chunk) {
            uint32_t n = INTEGRATE_N - at < chunk ? INTEGRATE_N - at : chunk;
            ECM_CHECK(run(&st, out + at, n, 0.3f, out + at) == ECM_OK);
        }
        for (i = 0; i < INTEGRATE_N; i++) {
            ECM_CHECK(out[i] == whole[i]);
        }
    }
}

static void test_exact(void) {
    static const float x[4] = {0.0f, 1.0f, 3.0f, 6.0f};
    float out[4];
    ecm_integrate_t st;
    ECM_CHECK(ecm_integrate_init_f32(&st, 0.0f) == ECM_OK);
    ECM_CHECK(ecm_integrate_difference_f32(&st, x, 4, 2.0f, out) == ECM_OK);
    ECM_CHECK(out[0] == 0.0f && out[1] == 2.0f && out[2] == 4.0f && out[3] == 6.0f);
    ECM_CHECK(ecm_integrate_init_f32(&st, 0.0f) == ECM_OK);
    ECM_CHECK(ecm_integrate_trapezoid_f32(&st, x, 4, 0.5f, out) == ECM_OK);
    ECM_CHECK(out[0] == 0.0f && out[1] == 0.5f && out[2] == 2.5f && out[3] == 7.0f);
}

static void test_spectrum(void) {
    float *x = ecm_test_memory;
    uint32_t times, i;
    for (times = 1; times <= 2U; times++) {
        ecm_test_noise_f32(times, x, 64);
        ECM_CHECK(ecm_integrate_spectrum_f32(x, 64, 6400.0f, 250.0f, times, 9.80665f) ==
                  ECM_OK);
        ecm_test_array_f32("integrate spectrum", x, 64);
        ECM_CHECK(x[0] == 0.0f && (x[1] == 0.0f) == (times == 1U));
        for (i = 2; i < 6U; i++) { /* bins of 100 Hz: 3 is the first to stay */
            ECM_CHECK(x[i] == 0.0f);
        }
        ECM_CHECK(x[6] != 0.0f && x[7] != 0.0f);
    }
    /* a limit on a bin keeps it; one at half the rate keeps the last alone */
    ecm_test_noise_f32(3, x, 16);
    ECM_CHECK(ecm_integrate_spectrum_f32(x, 16, 1600.0f, 300.0f, 2, 1.0f) == ECM_OK);
    ECM_CHECK(x[4] == 0.0f && x[5] == 0.0f && x[6] != 0.0f);
    ECM_CHECK(ecm_integrate_spectrum_f32(x, 16, 1600.0f, 800.0f, 2, 1.0f) == ECM_OK);
    ECM_CHECK(x[14] == 0.0f && x[15] == 0.0f && x[1] != 0.0f);
}

static void test_refusals(void) {
    float *x = ecm_test_memory;
    float nan = ecm_test_from_bits(0x7fc00000U);
    ecm_integrate_t st;
    ECM_CHECK(ecm_integrate_init_f32(NULL, 0.0f) == ECM_ERR_NULL);
    ECM_CHECK(ecm_integrate_init_f32(&st, 0.0f) == ECM_OK);
    ECM_CHECK(ecm_integrate_difference_f32(&st, NULL, 1, 1.0f, x) == ECM_ERR_NULL);
    ECM_CHECK(ecm_integrate_trapezoid_f32(&st, x, 1, 1.0f, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_integrate_trapezoid_f32(&st, NULL, 0, 1.0f, NULL) == ECM_OK);
    memset(x, 0, 16 * sizeof *x);
    x[0] = 7.0f;
    ECM_CHECK(ecm_integrate_spectrum_f32(NULL, 16, 1, 0, 1, 1) == ECM_ERR_NULL);
    ECM_CHECK(ecm_integrate_spectrum_f32(x, 2, 1, 0, 1, 1) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_integrate_spectrum_f32(x, 15, 1, 0, 1, 1) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_integrate_spectrum_f32(x, 16, 0, 0, 1, 1) == ECM_ERR_ARG);
    ECM_CHECK(ecm_integrate_spectrum_f32(x, 16, nan, 0, 1, 1) == ECM_ERR_ARG);
    ECM_CHECK(ecm_integrate_spectrum_f32(x, 16, 1, nan, 1, 1) == ECM_ERR_ARG);
    ECM_CHECK(ecm_integrate_spectrum_f32(x, 16, 1, 0.6f, 1, 1) == ECM_ERR_ARG);
    ECM_CHECK(ecm_integrate_spectrum_f32(x, 16, 1, -1, 1, 1) == ECM_ERR_ARG);
    ECM_CHECK(ecm_integrate_spectrum_f32(x, 16, 1, 0, 0, 1) == ECM_ERR_ARG);
    ECM_CHECK(ecm_integrate_spectrum_f32(x, 16, 1, 0, 3, 1) == ECM_ERR_ARG);
    ECM_CHECK(ecm_integrate_spectrum_f32(x, 16, 1, 0, 1, nan) == ECM_ERR_ARG);
    ECM_CHECK(x[0] == 7.0f);
}

void test_ecm_integrate(void) {
    integrate_chunks(ecm_integrate_difference_f32, "integrate difference");
    integrate_chunks(ecm_integrate_trapezoid_f32, "integrate trapezoid");
    test_exact();
    test_spectrum();
    test_refusals();
}
