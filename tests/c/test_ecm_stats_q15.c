/* test_ecm_stats_q15.c - statistics of Q15 windows: edges and the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_stats_q15.h"
#include "ecm_test.h"

void test_ecm_stats_q15(void);

static int16_t sample(uint32_t shape, uint32_t i, uint32_t noise) {
    int32_t wide = (int32_t)(noise >> 16) - 32768;
    switch (shape) {
    case 0:
        return (int16_t)wide;
    case 1:
        return (int16_t)(-32700 + (wide & 7));
    case 2:
        return (int16_t)((i & 1U) != 0U ? -32768 : 32767);
    case 3:
        return (int16_t)(i == 3U ? 32767 : wide >> 13);
    case 4:
        return (int16_t)(i == 0U ? 1 : 0);
    default:
        return -32768;
    }
}

static void test_shapes(void) {
    static const uint32_t lengths[] = {1, 2, 3, 5, 64, 1000, 2048};
    int16_t *x = (int16_t *)(void *)ecm_test_memory;
    ecm_stats_time_q15_t whole;
    ecm_stats_time_t real;
    uint32_t i, j, shape, n, seed = 1;
    for (shape = 0; shape < 6U; shape++) {
        for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
            n = lengths[i];
            for (j = 0; j < n; j++) {
                seed = seed * 1664525U + 1013904223U;
                x[j] = sample(shape, j, seed);
            }
            ECM_CHECK(ecm_stats_time_q15(x, n, &whole) == ECM_OK);
            ecm_test_bytes("stats_q15 whole", &whole, sizeof whole);
            ecm_test_u32("stats_q15 kurtosis", whole.kurtosis);
            ECM_CHECK(ecm_stats_time_q15_f32(x, n, &real) == ECM_OK);
            ecm_test_array_f32("stats_q15 real", &real.mean,
                               sizeof real / sizeof real.mean);
            ECM_CHECK((whole.rms == 0U) == (real.rms == 0.0f));
        }
    }
    ECM_CHECK(whole.mean == INT32_MIN && whole.kurtosis == 0U && whole.peak == 0U);
    ECM_CHECK(real.mean == -1.0f && real.rms == 0.0f);
}

static void test_refusals(void) {
    int16_t *x = (int16_t *)(void *)ecm_test_memory;
    ecm_stats_time_q15_t whole;
    ecm_stats_time_t real;
    uint32_t beyond = ECM_STATS_Q15_MAX_LEN + 1U;
    ECM_CHECK(ecm_stats_time_q15(NULL, 1, &whole) == ECM_ERR_NULL);
    ECM_CHECK(ecm_stats_time_q15(x, 1, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_stats_time_q15(x, beyond, &whole) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_stats_time_q15_f32(NULL, 1, &real) == ECM_ERR_NULL);
    ECM_CHECK(ecm_stats_time_q15_f32(x, 1, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_stats_time_q15_f32(x, beyond, &real) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_stats_time_q15(NULL, 0, &whole) == ECM_OK && whole.rms == 0U);
    ECM_CHECK(ecm_stats_time_q15_f32(NULL, 0, &real) == ECM_OK && real.rms == 0.0f);
}

void test_ecm_stats_q15(void) {
    test_shapes();
    test_refusals();
}
