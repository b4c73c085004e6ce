/* fuzz_ecm_sample.c - streams of anything into samples of any size.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_sample.h"

void fuzz_ecm_sample(void);

static void fuzz_kll(void) {
    uint32_t k = ECM_SAMPLE_KLL_K_MIN + ecm_fuzz_below(60), other_k = k + 3U, i, n;
    float *mem = ecm_fuzz_array_f32(ECM_SAMPLE_KLL_LEN(k));
    float *other_mem = ecm_fuzz_array_f32(ECM_SAMPLE_KLL_LEN(other_k)), x = 0.0f;
    ecm_sample_kll_t *st = ecm_fuzz_bytes(sizeof *st);
    ecm_sample_kll_t *other = ecm_fuzz_bytes(sizeof *st);
    (void)ecm_sample_kll_init(ecm_fuzz_or_null(st), ecm_fuzz_len(2000), 1);
    ECM_FUZZ_CHECK(ecm_sample_kll_init(st, k, ecm_fuzz_u32()) == ECM_OK);
    ECM_FUZZ_CHECK(ecm_sample_kll_init(other, other_k, ecm_fuzz_u32()) == ECM_OK);
    ecm_fuzz_watch(st, sizeof *st);
    n = ecm_fuzz_below(ecm_fuzz_once_in(8) ? 6000 : 600);
    for (i = 0; i < n; i++) {
        ecm_fuzz_judge(ecm_sample_kll_update_f32(
            ecm_fuzz_once_in(1000) ? NULL : st, mem,
            ecm_fuzz_once_in(16) ? ecm_fuzz_f32() : ecm_fuzz_plain_f32()));
        if (ecm_fuzz_once_in(3)) {
            (void)ecm_sample_kll_update_f32(other, other_mem, ecm_fuzz_f32());
        }
    }
    ecm_fuzz_judge(ecm_sample_kll_merge(st, mem, ecm_fuzz_or_null(other), other_mem));
    (void)ecm_sample_kll_quantile_f32(st, mem, ecm_fuzz_f32(), &x);
    (void)ecm_sample_kll_rank_f32(st, ecm_fuzz_or_null(mem), ecm_fuzz_f32(), &x);
    if (ecm_sample_kll_quantile_f32(st, mem, 0.7f, &x) == ECM_OK) {
        ECM_FUZZ_CHECK(x >= st->minimum && x <= st->maximum);
    }
}

void fuzz_ecm_sample(void) {
    ecm_sample_reservoir_t *st = ecm_fuzz_bytes(sizeof *st);
    uint32_t len = ecm_fuzz_len(200), i, n = ecm_fuzz_len(300);
    float *kept = ecm_fuzz_array_f32(len), *x = ecm_fuzz_array_f32(n), ks = 0.0f;
    fuzz_kll();
    ECM_FUZZ_CHECK(ecm_sample_reservoir_init(st, ecm_fuzz_u32()) == ECM_OK);
    for (i = ecm_fuzz_below(400); i > 0U; i--) {
        (void)ecm_sample_reservoir_update_f32(st, ecm_fuzz_or_null(kept), len,
                                              ecm_fuzz_f32());
    }
    (void)ecm_sample_sort_f32(ecm_fuzz_or_null(kept), len);
    (void)ecm_sample_sort_f32(x, n);
    (void)ecm_sample_ks_f32(ecm_fuzz_or_null(kept), len, x, n, &ks);
}
