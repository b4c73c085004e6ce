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

/* Signals that sit on their extremes, and values that are hard for a sign or a square.
 */
static void test_shapes(void) {
    static const uint32_t bits[] = {0x80000000U, 0x00000000U, 0x00000001U, 0x80000001U,
                                    0x007fffffU, 0x3f800000U, 0xbf800000U, 0x5f000000U};
    float *x = ecm_test_memory;
    ecm_stats_time_t out;
    uint32_t shape, i, n;
    for (shape = 0; shape < 5U; shape++) {
        for (n = 61; n < 65U; n++) {
            ecm_test_noise_f32(n, x, n);
            for (i = 0; i < n; i++) {
                switch (shape) {
                case 0:
                    x[i] = (float)i;
                    break;
                case 1:
                    x[i] = -(float)i;
                    break;
                case 2:
                    x[i] = (i & 8U) != 0U ? 1.0f : -1.0f;
                    break;
                case 3:
                    x[i] += 1000.0f;
                    break;
                default:
                    x[i] = ecm_test_from_bits(bits[(i * 5U) & 7U]);
                }
            }
            ECM_CHECK(ecm_stats_time_f32(x, n, &out) == ECM_OK);
            ecm_test_array_f32("stats shape", &out.mean, sizeof out / sizeof out.mean);
        }
    }
}

static void test_not_finite(void) {
    static const uint32_t bits[] = {0x7fc00000U, 0xffc00000U, 0x7f800000U, 0xff800000U};
    float *x = ecm_test_memory;
    ecm_stats_time_t out;
    const float *field = &out.mean;
    uint32_t i, j;
    for (i = 0; i < 4U; i++) {
        ecm_test_noise_f32(i, x, 9);
        x[2U * i] = ecm_test_from_bits(bits[i]);
        ECM_CHECK(ecm_stats_time_f32(x, 9, &out) == ECM_OK);
        for (j = 0; j < sizeof out / sizeof out.mean; j++) {
            ECM_CHECK(field[j] != field[j]);
        }
    }
}

static void test_constant(void) {
    float *x = ecm_test_memory;
    ecm_stats_time_t out;
    ecm_stats_sums_t sums;
    const float *field = &out.mean;
    uint32_t i, n;
    for (n = 1; n <= 1000U; n += 333U) {
        for (i = 0; i < n; i++) {
            x[i] = 0.1f; /* a sum of these rounds */
        }
        ECM_CHECK(ecm_stats_time_f32(x, n, &out) == ECM_OK);
        ECM_CHECK(out.mean == 0.1f && out.minimum == 0.1f && out.maximum == 0.1f);
        ECM_CHECK(out.rms_about_zero == 0.1f);
        out.mean = out.minimum = out.maximum = out.rms_about_zero = 0.0f;
        for (i = 0; i < sizeof out / sizeof out.mean; i++) {
            ECM_CHECK(field[i] == 0.0f);
        }
    }
    memset(&sums, 0xff, sizeof sums);
    ECM_CHECK(ecm_stats_finish_f32(&sums, 0, &out) == ECM_OK);
    ECM_CHECK(out.mean == 0.0f && out.maximum == 0.0f);
    ECM_CHECK(ecm_stats_time_f32(NULL, 0, &out) == ECM_OK);
    ECM_CHECK(out.mean == 0.0f && out.kurtosis == 0.0f);
    ECM_CHECK(ecm_stats_mean_f32(NULL, 0) == 0.0f);
    ECM_CHECK(ecm_stats_remove_mean_f32(NULL, 0) == 0.0f);
}

static void test_refusals(void) {
    ecm_stats_time_t out;
    ecm_stats_sums_t sums;
    memset(&sums, 0, sizeof sums);
    ECM_CHECK(ecm_stats_time_f32(NULL, 4, &out) == ECM_ERR_NULL);
    ECM_CHECK(ecm_stats_time_f32(ecm_test_memory, 4, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_stats_finish_f32(NULL, 4, &out) == ECM_ERR_NULL);
    ECM_CHECK(ecm_stats_finish_f32(&sums, 4, NULL) == ECM_ERR_NULL);
}

void test_ecm_stats(void) {
    test_lengths();
    test_shapes();
    test_not_finite();
    test_constant();
    test_refusals();
}
