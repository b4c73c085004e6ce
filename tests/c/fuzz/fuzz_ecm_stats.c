/* fuzz_ecm_stats.c - statistics of windows of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_stats.h"

void fuzz_ecm_stats(void);

void fuzz_ecm_stats(void) {
    uint32_t n = ecm_fuzz_len(1100);
    float *x = ecm_fuzz_array_f32(n), mean = ecm_stats_mean_f32(x, n);
    ecm_stats_time_t *out = ecm_fuzz_bytes(sizeof *out);
    ecm_stats_sums_t *sums = ecm_fuzz_bytes(sizeof *sums);
    ecm_fuzz_watch(out, sizeof *out);
    ecm_fuzz_judge(ecm_stats_time_f32(ecm_fuzz_or_null(x), n, ecm_fuzz_or_null(out)));
    ecm_fuzz_judge(ecm_stats_time_f32(x, n, out));
    if (mean - mean == 0.0f) {
        ECM_FUZZ_CHECK(out->mean == mean);
        ECM_FUZZ_CHECK(out->minimum <= out->maximum && !(out->peak < 0.0f));
    }
    ecm_fuzz_judge(
        ecm_stats_finish_f32(ecm_fuzz_or_null(sums), n, ecm_fuzz_or_null(out)));
    (void)ecm_stats_remove_mean_f32(x, n);
}
