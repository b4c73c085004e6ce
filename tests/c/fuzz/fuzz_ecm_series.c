/* fuzz_ecm_series.c - how samples of anything follow each other.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_series.h"

void fuzz_ecm_series(void);

static uint32_t *fuzz_lags(uint32_t n, uint32_t m) {
    uint32_t *lags = ecm_fuzz_bytes(m * sizeof *lags), i;
    for (i = 0; i < m; i++) {
        if (!ecm_fuzz_once_in(50)) {
            lags[i] = n > 0U ? lags[i] % n : 0U;
        }
    }
    return lags;
}

void fuzz_ecm_series(void) {
    uint32_t n = ecm_fuzz_len(700), m = ecm_fuzz_len(6), count;
    uint32_t *lags = fuzz_lags(n, m);
    float *x = ecm_fuzz_array_f32(n), *y = ecm_fuzz_array_f32(n), r;
    float *out = ecm_fuzz_array_f32(m);
    int16_t *a = ecm_fuzz_bytes(n * sizeof *a), *b = ecm_fuzz_bytes(n * sizeof *b);
    ecm_series_hjorth_t *hjorth = ecm_fuzz_bytes(sizeof *hjorth);
    bool unbiased = ecm_fuzz_once_in(2);
    ecm_fuzz_watch(out, m * sizeof *out);
    ecm_fuzz_judge(
        ecm_series_autocorrelation_f32(ecm_fuzz_or_null(x), n, lags, m, unbiased, out));
    ecm_fuzz_judge(
        ecm_series_autocorrelation_q15(a, n, ecm_fuzz_or_null(lags), m, unbiased, out));
    ecm_fuzz_watch(hjorth, sizeof *hjorth);
    ecm_fuzz_judge(
        ecm_series_hjorth_f32(ecm_fuzz_or_null(x), n, ecm_fuzz_or_null(hjorth)));
    ecm_fuzz_judge(ecm_series_hjorth_q15(a, n, hjorth));
    (void)ecm_series_turning_points_f32(x, n, ecm_fuzz_or_null(&count));
    (void)ecm_series_turning_points_q15(ecm_fuzz_or_null(a), n, &count);
    if (ecm_series_correlation_f32(x, y, n, &r) == ECM_OK) {
        ECM_FUZZ_CHECK(!(r > 1.0f) && !(r < -1.0f));
    }
    ECM_FUZZ_CHECK(ecm_series_correlation_q15(a, b, n, &r) == ECM_OK);
    ECM_FUZZ_CHECK(r >= -1.0f && r <= 1.0f);
    (void)ecm_series_magnitude_f32(x, y, ecm_fuzz_or_null(x), n, x);
}
