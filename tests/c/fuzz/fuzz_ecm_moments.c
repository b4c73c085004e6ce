/* fuzz_ecm_moments.c - moments of anything, states of any bytes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_moments.h"

void fuzz_ecm_moments(void);

static void fuzz_plain(ecm_moments_result_t *out) {
    ecm_moments_t *st = ecm_fuzz_bytes(sizeof *st);
    ecm_moments_t *other = ecm_fuzz_bytes(sizeof *other);
    uint32_t n = ecm_fuzz_len(300);
    float *x = ecm_fuzz_array_f32(n);
    if (ecm_fuzz_once_in(2)) {
        (void)ecm_moments_init(ecm_fuzz_or_null(st));
    }
    ecm_fuzz_watch(st, sizeof *st);
    ecm_fuzz_judge(
        ecm_moments_update_f32(ecm_fuzz_or_null(st), ecm_fuzz_or_null(x), n));
    ecm_fuzz_judge(ecm_moments_merge(ecm_fuzz_or_null(st), ecm_fuzz_or_null(other)));
    ecm_fuzz_judge(ecm_moments_result_f32(ecm_fuzz_or_null(st), out));
}

static void fuzz_weighted(ecm_moments_result_t *out) {
    ecm_moments_ew_t *st = ecm_fuzz_bytes(sizeof *st);
    ecm_moments_ew_cfg_t cfg;
    uint32_t n = ecm_fuzz_len(300);
    float *x = ecm_fuzz_array_f32(n);
    cfg.weight = ecm_fuzz_f32();
    if (ecm_fuzz_once_in(2)) {
        (void)ecm_moments_ew_init(ecm_fuzz_or_null(st));
    }
    ecm_fuzz_watch(st, sizeof *st);
    ecm_fuzz_judge(ecm_moments_ew_update_f32(
        ecm_fuzz_or_null(st), ecm_fuzz_or_null(&cfg), ecm_fuzz_or_null(x), n));
    ecm_fuzz_judge(ecm_moments_ew_result_f32(ecm_fuzz_or_null(st), out));
}

/* States of Q15 samples come from samples: their sums have bounds. */
static void fuzz_exact(ecm_moments_result_t *out) {
    ecm_moments_q15_t *st = ecm_fuzz_bytes(sizeof *st), other;
    uint32_t n = ecm_fuzz_len(300), i;
    int16_t *x = ecm_fuzz_bytes(n * sizeof *x);
    ECM_FUZZ_CHECK(ecm_moments_q15_init(st) == ECM_OK);
    ecm_fuzz_watch(st, sizeof *st);
    ecm_fuzz_judge(
        ecm_moments_q15_update(ecm_fuzz_or_null(st), ecm_fuzz_or_null(x), n));
    for (i = ecm_fuzz_below(33); i > 0U; i--) {
        other = *st;
        ecm_fuzz_judge(ecm_moments_q15_merge(st, ecm_fuzz_or_null(&other)));
    }
    ecm_fuzz_judge(ecm_moments_q15_result_f32(st, ecm_fuzz_or_null(out)));
    ECM_FUZZ_CHECK(ecm_moments_q15_result_f32(st, out) == ECM_OK);
    ECM_FUZZ_CHECK(out->mean >= -1.0f && out->mean < 1.0f && out->rms <= 1.0f);
}

void fuzz_ecm_moments(void) {
    ecm_moments_result_t *out = ecm_fuzz_bytes(sizeof *out);
    ecm_fuzz_watch(out, sizeof *out);
    fuzz_plain(out);
    fuzz_weighted(out);
    fuzz_exact(out);
}
