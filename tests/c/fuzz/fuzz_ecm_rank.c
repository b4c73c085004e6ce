/* fuzz_ecm_rank.c - order statistics of windows of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_rank.h"

void fuzz_ecm_rank(void);

static void fuzz_float(uint32_t n, uint32_t m, int32_t *work) {
    float *x = ecm_fuzz_array_f32(n), *q = ecm_fuzz_array_f32(m), median, mad, entropy;
    float *out = ecm_fuzz_array_f32(m), lo = ecm_fuzz_f32(), hi = ecm_fuzz_f32();
    uint32_t bins = 1U + ecm_fuzz_len(300), i;
    uint32_t *count = ecm_fuzz_bytes(bins * sizeof *count);
    ecm_status_t status;
    for (i = 0; i < m && ecm_fuzz_once_in(2); i++) {
        q[i] = (float)ecm_fuzz_below(1001) / 1000.0f;
    }
    ecm_fuzz_watch(out, m * sizeof *out);
    ecm_fuzz_judge(ecm_rank_quantiles_f32(x, n, q, m, ecm_fuzz_or_null(work), out));
    (void)ecm_rank_median_f32(ecm_fuzz_or_null(x), n, work, &median, &mad);
    ecm_fuzz_watch(count, bins * sizeof *count);
    ecm_fuzz_judge(ecm_rank_histogram_f32(x, n, lo, hi, bins, ecm_fuzz_or_null(count)));
    status = ecm_rank_entropy_f32(x, n, bins, count, &entropy);
    ecm_fuzz_judge(status);
    if (status == ECM_OK) {
        ECM_FUZZ_CHECK(entropy >= 0.0f && entropy <= 1.0f);
    }
}

static void fuzz_q15(uint32_t n, uint32_t m, int32_t *work) {
    int16_t *x = ecm_fuzz_bytes(n * sizeof *x);
    uint32_t *q = ecm_fuzz_bytes(m * sizeof *q), mad, i, bins = 1U + ecm_fuzz_len(300);
    uint32_t *count = ecm_fuzz_bytes(bins * sizeof *count);
    ecm_status_t status;
    int32_t *out = ecm_fuzz_bytes(m * sizeof *out), median;
    float entropy;
    for (i = 0; i < m && ecm_fuzz_once_in(2); i++) {
        q[i] >>= 1;
    }
    ecm_fuzz_watch(out, m * sizeof *out);
    ecm_fuzz_judge(ecm_rank_quantiles_q15(x, n, q, m, work, ecm_fuzz_or_null(out)));
    (void)ecm_rank_median_q15(x, n, ecm_fuzz_or_null(work), &median, &mad);
    ecm_fuzz_watch(count, bins * sizeof *count);
    ecm_fuzz_judge(ecm_rank_histogram_q15(x, n, (int16_t)ecm_fuzz_u32(),
                                          (int16_t)ecm_fuzz_u32(), bins, count));
    status = ecm_rank_entropy_q15(x, n, bins, count, &entropy);
    ecm_fuzz_judge(status);
    if (status == ECM_OK) {
        ECM_FUZZ_CHECK(entropy >= 0.0f && entropy <= 1.0f);
    }
}

void fuzz_ecm_rank(void) {
    uint32_t n = ecm_fuzz_len(700), m = ecm_fuzz_len(9);
    int32_t *work = ecm_fuzz_bytes(ECM_RANK_WORK_LEN(n) * sizeof *work);
    fuzz_float(n, m, work);
    fuzz_q15(n, m, work);
}
