/* test_ecm_fft_q15.c - fixed-point transforms: inverse, impulse, extremes, refusals,
 * the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fft_q15.h"
#include "ecm_test.h"

void test_ecm_fft_q15(void);

/* 2048 samples in flash: with them in memory, the longest transform that a core with
 * 16 KB can test would be of 1024. */
#define V1(i) (int16_t)(((i) * (i) * 40503U + (i) * 29U) & 0xffffU)
#define V4(i) V1(i), V1((i) + 1U), V1((i) + 2U), V1((i) + 3U)
#define V16(i) V4(i), V4((i) + 4U), V4((i) + 8U), V4((i) + 12U)
#define V64(i) V16(i), V16((i) + 16U), V16((i) + 32U), V16((i) + 48U)
#define V256(i) V64(i), V64((i) + 64U), V64((i) + 128U), V64((i) + 192U)
#define V1024(i) V256(i), V256((i) + 256U), V256((i) + 512U), V256((i) + 768U)
static const int16_t test_flash[2048] = {V1024(0U), V1024(1024U)};

/* Half of the scratch is the spectrum, the rest samples and taper. */
#define TEST_LEN 1024U
typedef struct {
    int32_t out[TEST_LEN];
    int16_t x[TEST_LEN];
    int16_t taper[TEST_LEN];
} test_memory_t;
ECM_STATIC_ASSERT(sizeof(test_memory_t) <= ECM_TEST_MEMORY_LEN * sizeof(float),
                  test_memory_fits);

static test_memory_t *test_memory(void) {
    return (test_memory_t *)(void *)ecm_test_memory;
}

static void test_noise(uint32_t seed, int16_t *x, uint32_t x_len, int32_t divisor) {
    uint32_t i;
    for (i = 0; i < x_len; i++) {
        seed = seed * 1664525U + 1013904223U;
        x[i] = (int16_t)(((int32_t)(seed >> 16) - 32768) / divisor);
    }
}

static void test_print(const char *label, const int32_t *out, uint32_t n, int32_t e) {
    ecm_test_bytes(label, out, n * (uint32_t)sizeof out[0]);
    ecm_test_s32("fft_q15 exponent", e);
}

static void test_real(void) {
    test_memory_t *m = test_memory();
    int32_t *out = (int32_t *)(void *)ecm_test_memory;
    uint32_t n, i;
    int32_t e;
    for (n = 16; n <= TEST_LEN; n *= 2U) {
        const ecm_fft_q15_plan_t *plan = ecm_fft_q15_plan(n);
        for (i = 1; i <= 10000U; i *= 100U) {
            test_noise(n, m->x, n, (int32_t)i);
            ECM_CHECK(ecm_fft_q15_r2c(plan, m->x, m->out, &e) == ECM_OK);
            test_print("fft_q15 r2c", m->out, n, e);
        }
        memset(m->x, 0, sizeof m->x);
        m->x[0] = -1;
        ECM_CHECK(ecm_fft_q15_r2c(plan, m->x, m->out, &e) == ECM_OK);
        ECM_CHECK(m->out[0] == -(1 << -e) && m->out[1] == -(1 << -e));
        for (i = 0; i < n; i++) {
            m->x[i] = INT16_MIN;
        }
        ECM_CHECK(ecm_fft_q15_r2c(plan, m->x, m->out, &e) == ECM_OK);
        ECM_CHECK(m->out[0] == -0x40000000); /* as far as it goes, for every length */
        ECM_CHECK(m->out[1] == 0 && m->out[2] == 0 && m->out[n - 1U] == 0);
    }
    ECM_CHECK(ecm_fft_q15_r2c(&ecm_fft_q15_plan_2048, test_flash, out, &e) == ECM_OK);
    test_print("fft_q15 2048", out, 2048, e);
}

static void test_complex(void) {
    test_memory_t *m = test_memory();
    uint32_t n;
    int32_t e, forward;
    for (n = 16; n <= TEST_LEN; n *= 2U) {
        const ecm_fft_q15_plan_t *plan = ecm_fft_q15_plan(n);
        test_noise(n + 1U, m->x, n, 1);
        ECM_CHECK(ecm_fft_q15_c2c(plan, m->x, false, m->out, &e) == ECM_OK);
        test_print("fft_q15 c2c", m->out, n, e);
        forward = m->out[3];
        ECM_CHECK(ecm_fft_q15_c2c(plan, m->x, true, m->out, &e) == ECM_OK);
        test_print("fft_q15 inverse", m->out, n, e);
        ECM_CHECK(m->out[n - 1U] == forward);
    }
}

static void test_taper_and_power(void) {
    test_memory_t *m = test_memory();
    uint32_t n, i;
    int32_t e;
    for (n = 16; n <= TEST_LEN; n *= 2U) {
        const ecm_fft_q15_plan_t *plan = ecm_fft_q15_plan(n);
        test_noise(n + 2U, m->x, n, 3);
        for (i = 0; i < n; i++) {
            m->taper[i] = (int16_t)(32767U * i / n);
        }
        ECM_CHECK(ecm_fft_q15_r2c_taper(plan, m->x, -5000, m->taper, m->out, &e) ==
                  ECM_OK);
        test_print("fft_q15 taper", m->out, n, e);
        ECM_CHECK(ecm_fft_q15_power(m->out, n / 2U, e, (uint32_t *)m->out, &e) ==
                  ECM_OK);
        test_print("fft_q15 power", m->out, n / 2U + 1U, e);
    }
    for (i = 0; i < n / 2U; i++) { /* the widest difference that 16 bits can have */
        m->x[i] = INT16_MIN;
        m->taper[i] = INT16_MIN;
    }
    n /= 2U;
    ECM_CHECK(ecm_fft_q15_r2c_taper(ecm_fft_q15_plan(n), m->x, INT16_MAX, m->taper,
                                    m->out, &e) == ECM_OK);
    test_print("fft_q15 widest", m->out, n, e);
    memset(m->out, 0, sizeof m->out);
    ECM_CHECK(ecm_fft_q15_power(m->out, 1, 0, (uint32_t *)m->out, &e) == ECM_OK);
    ECM_CHECK(m->out[0] == 0 && m->out[1] == 0);
}

static void test_refusals(void) {
    test_memory_t *m = test_memory();
    const ecm_fft_q15_plan_t *plan = &ecm_fft_q15_plan_16;
    int32_t e = 77;
    m->out[0] = 88;
    ECM_CHECK(ecm_fft_q15_plan(0) == NULL && ecm_fft_q15_plan(8) == NULL);
    ECM_CHECK(ecm_fft_q15_plan(48) == NULL && ecm_fft_q15_plan(8192) == NULL);
    ECM_CHECK(ecm_fft_q15_plan(0x80000010U) == NULL);
    ECM_CHECK(ecm_fft_q15_plan(16) == plan && ecm_fft_q15_plan(4096)->len == 2048U);
    ECM_CHECK(ecm_fft_q15_c2c(NULL, m->x, false, m->out, &e) == ECM_ERR_NULL);
    ECM_CHECK(ecm_fft_q15_c2c(plan, NULL, false, m->out, &e) == ECM_ERR_NULL);
    ECM_CHECK(ecm_fft_q15_r2c(plan, m->x, NULL, &e) == ECM_ERR_NULL);
    ECM_CHECK(ecm_fft_q15_r2c(plan, m->x, m->out, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_fft_q15_r2c_taper(plan, m->x, 0, NULL, m->out, &e) == ECM_ERR_NULL);
    ECM_CHECK(ecm_fft_q15_power(NULL, 8, 0, (uint32_t *)m->out, &e) == ECM_ERR_NULL);
    ECM_CHECK(ecm_fft_q15_power(m->out, 8, 0, NULL, &e) == ECM_ERR_NULL);
    ECM_CHECK(ecm_fft_q15_power(m->out, 0, 0, (uint32_t *)m->out, &e) ==
              ECM_ERR_LENGTH);
    ECM_CHECK(e == 77 && m->out[0] == 88);
}

void test_ecm_fft_q15(void) {
    test_real();
    test_complex();
    test_taper_and_power();
    test_refusals();
}
