/* test_ecm_stats.c - window statistics: edges and the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_stats.h"
#include "ecm_test.h"

void test_ecm_stats(void);

static void test_lengths(void) {
    static const uint32_t lengths[] = {1, 2, 3, 4, 5, 6, 7, 64, 1000, 2048};
    float *x = ecm_test_memory;
    ecm_stats_time_t out;
    uint32_t i;
    for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        ecm_test_noise_f32(i, x, lengths[i]);
        ECM_CHECK(ecm_stats_time_f32(x, lengths[i], &out) == ECM_OK);
        ECM_CHECK(out.mean == ecm_stats_mean_f32(x, lengths[i]));
        ecm_test_array_f32("stats time", &out.mean, sizeof out / sizeof out.mean);
        ECM_CHECK(ecm_stats_remove_mean_f32(x, lengths[i]) == out.mean);
        ecm_test_array_f32("stats centred", x, lengths[i]);
    }
}

static void test_constant(void) {
    float *x = ecm_test_memory;
    ecm_stats_time_t out;
    const float *field = &out.mean;
    uint32_t i, n;
    for (n = 1; n <= 1000U; n += 333U) {
        for (i = 0; i < n; i++) {
            x[i] = 0.1f; /* a sum of these rounds */
        }
        ECM_CHECK(ecm_stats_time_f32(x, n, &out) == ECM_OK);
        ECM_CHECK(out.mean == 0.1f);
        for (i = 1; i < sizeof out / sizeof out.mean; i++) {
            ECM_CHECK(field[i] == 0.0f);
        }
    }
    ECM_CHECK(ecm_stats_time_f32(NULL, 0, &out) == ECM_OK);
    ECM_CHECK(out.mean == 0.0f && out.kurtosis == 0.0f);
    ECM_CHECK(ecm_stats_mean_f32(NULL, 0) == 0.0f);
    ECM_CHECK(ecm_stats_remove_mean_f32(NULL, 0) == 0.0f);
}

static void test_refusals(void) {
    ecm_stats_time_t out;
    ECM_CHECK(ecm_stats_time_f32(NULL, 4, &out) == ECM_ERR_NULL);
    ECM_CHECK(ecm_stats_time_f32(ecm_test_memory, 4, NULL) == ECM_ERR_NULL);
}

void test_ecm_stats(void) {
    test_lengths();
    test_constant();
    test_refusals();
}
