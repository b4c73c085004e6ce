/* fuzz_ecm_filter.c - biquads of any coefficients on any samples.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_filter.h"
#include "ecm_fuzz.h"

void fuzz_ecm_filter(void);

static void fuzz_f32(uint32_t sections_len, uint32_t n) {
    float *c = ecm_fuzz_array_f32(5U * sections_len);
    ecm_filter_biquad_f32_t *sections =
        ecm_fuzz_bytes(sizeof *sections * (size_t)sections_len);
    ecm_filter_biquad_state_f32_t *st =
        ecm_fuzz_bytes(sizeof *st * (size_t)sections_len);
    float *x = ecm_fuzz_array_f32(n), *out = ecm_fuzz_array_f32(n);
    memcpy(sections, c, 5U * sizeof *c * sections_len);
    ecm_fuzz_watch(st, sizeof *st * (size_t)sections_len);
    ecm_fuzz_judge(ecm_filter_init_f32(st, ecm_fuzz_or_null(sections), sections_len,
                                       ecm_fuzz_f32()));
    (void)ecm_filter_biquad_f32(st, sections, sections_len, ecm_fuzz_or_null(x), n,
                                ecm_fuzz_or_null(out));
    ecm_fuzz_judge(ECM_OK);
}

/* Coefficients that init refuses must not be run; all others may. */
static void fuzz_q31(uint32_t sections_len, uint32_t n) {
    ecm_filter_biquad_q31_t *sections =
        ecm_fuzz_bytes(sizeof *sections * (size_t)sections_len);
    ecm_filter_biquad_state_q31_t *st =
        ecm_fuzz_bytes(sizeof *st * (size_t)sections_len);
    int32_t *x = ecm_fuzz_bytes(4U * n);
    uint32_t i;
    for (i = 0; i < sections_len; i++) {
        sections[i].bits = 15U + ecm_fuzz_below(17);
    }
    ecm_fuzz_watch(st, sizeof *st * (size_t)sections_len);
    if (ecm_filter_init_q31(st, sections, sections_len) == ECM_OK) {
        (void)ecm_filter_biquad_q31(st, sections, sections_len, ecm_fuzz_or_null(x), n,
                                    ecm_fuzz_or_null(x));
        ecm_fuzz_judge(ECM_OK);
    } else {
        ecm_fuzz_judge(ECM_ERR_ARG);
    }
}

static void fuzz_q15(uint32_t sections_len, uint32_t n) {
    ecm_filter_biquad_q15_t *sections =
        ecm_fuzz_bytes(sizeof *sections * (size_t)sections_len);
    ecm_filter_biquad_state_q15_t *st =
        ecm_fuzz_bytes(sizeof *st * (size_t)sections_len);
    int16_t *x = ecm_fuzz_bytes(2U * n);
    uint32_t i;
    for (i = 0; i < sections_len; i++) {
        sections[i].bits = (uint16_t)(7U + ecm_fuzz_below(9));
    }
    ecm_fuzz_watch(st, sizeof *st * (size_t)sections_len);
    if (ecm_filter_init_q15(st, sections, sections_len) == ECM_OK) {
        (void)ecm_filter_biquad_q15(st, sections, sections_len, ecm_fuzz_or_null(x), n,
                                    ecm_fuzz_or_null(x));
        ecm_fuzz_judge(ECM_OK);
    } else {
        ecm_fuzz_judge(ECM_ERR_ARG);
    }
}

void fuzz_ecm_filter(void) {
    uint32_t sections_len = ecm_fuzz_below(4), n = ecm_fuzz_len(200);
    fuzz_f32(sections_len, n);
    fuzz_q31(sections_len, n);
    fuzz_q15(sections_len, n);
}
