/* fuzz_ecm_stats_q15.c - statistics of Q15 windows of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_stats_q15.h"

void fuzz_ecm_stats_q15(void);

void fuzz_ecm_stats_q15(void) {
    uint32_t n = ecm_fuzz_len(ecm_fuzz_once_in(20) ? 33000U : 1100U), i, shift;
    int16_t *x = ecm_fuzz_bytes(n * sizeof *x);
    ecm_stats_time_q15_t *whole = ecm_fuzz_bytes(sizeof *whole);
    ecm_stats_time_t *real = ecm_fuzz_bytes(sizeof *real);
    shift = ecm_fuzz_below(17);
    for (i = 0; i < n; i++) {
        x[i] = (int16_t)(x[i] / (int32_t)(1U << shift));
    }
    ecm_fuzz_watch(whole, sizeof *whole);
    ecm_fuzz_watch(real, sizeof *real);
    ecm_fuzz_judge(ecm_stats_time_q15(ecm_fuzz_or_null(x), n, ecm_fuzz_or_null(whole)));
    ecm_fuzz_judge(
        ecm_stats_time_q15_f32(ecm_fuzz_or_null(x), n, ecm_fuzz_or_null(real)));
    if (n <= ECM_STATS_Q15_MAX_LEN) {
        ECM_FUZZ_CHECK(ecm_stats_time_q15(x, n, whole) == ECM_OK);
        ECM_FUZZ_CHECK(whole->peak >= whole->rms && whole->rms + 1U >= whole->mean_abs);
        ECM_FUZZ_CHECK(whole->peak <= whole->peak_to_peak);
    }
}
