/* fuzz_ecm_sketch.c - streams of anything into sketches of any size.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_sketch.h"

void fuzz_ecm_sketch(void);

static void fuzz_log(void) {
    ecm_sketch_log_t *st = ecm_fuzz_bytes(sizeof *st), *other;
    ecm_sketch_log_cfg_t cfg;
    uint32_t *count, *other_count, i, len;
    float x = 0.0f;
    cfg.bins = (uint16_t)ecm_fuzz_len(ecm_fuzz_once_in(8) ? 5000 : 300);
    cfg.divisions = (uint16_t)ecm_fuzz_below(10);
    cfg.exponent = (int16_t)((int32_t)ecm_fuzz_below(258) - 128);
    cfg.negative = (uint16_t)ecm_fuzz_below(2);
    len = (uint32_t)ECM_SKETCH_LOG_LEN((uint32_t)cfg.bins, cfg.negative);
    count = ecm_fuzz_bytes(len * sizeof *count);
    other = ecm_fuzz_bytes(sizeof *other);
    other_count = ecm_fuzz_bytes(len * sizeof *count);
    if (ecm_sketch_log_init(st, &cfg, count) != ECM_OK) {
        return;
    }
    ECM_FUZZ_CHECK(ecm_sketch_log_init(other, &cfg, other_count) == ECM_OK);
    ecm_fuzz_watch(st, sizeof *st);
    ecm_fuzz_watch(count, len * sizeof *count);
    for (i = ecm_fuzz_below(60); i > 0U; i--) {
        ecm_fuzz_judge(ecm_sketch_log_update_f32(ecm_fuzz_or_null(st), &cfg, count,
                                                 ecm_fuzz_f32()));
        (void)ecm_sketch_log_update_f32(other, &cfg, other_count, ecm_fuzz_f32());
    }
    ecm_fuzz_judge(
        ecm_sketch_log_merge(st, &cfg, count, ecm_fuzz_or_null(other), other_count));
    (void)ecm_sketch_log_quantile_f32(st, &cfg, count, ecm_fuzz_f32(), &x);
    if (ecm_sketch_log_quantile_f32(st, &cfg, count, 0.5f, &x) == ECM_OK) {
        ECM_FUZZ_CHECK(x >= st->minimum && x <= st->maximum);
    }
}

static void fuzz_p2(void) {
    ecm_sketch_p2_t *st = ecm_fuzz_bytes(sizeof *st);
    ecm_sketch_p2_cfg_t cfg;
    uint32_t i;
    float x = 0.0f;
    cfg.q = ecm_fuzz_once_in(4) ? ecm_fuzz_f32() : 0.25f;
    ECM_FUZZ_CHECK(ecm_sketch_p2_init(st) == ECM_OK);
    for (i = ecm_fuzz_below(60); i > 0U; i--) {
        (void)ecm_sketch_p2_update_f32(ecm_fuzz_or_null(st), &cfg, ecm_fuzz_f32());
        (void)ecm_sketch_p2_quantile_f32(st, ecm_fuzz_or_null(&cfg), &x);
    }
}

static void fuzz_top(void) {
    uint32_t k = ecm_fuzz_len(ECM_SKETCH_TOP_MAX + 1), i;
    ecm_sketch_top_entry_t *top = ecm_fuzz_bytes(k * sizeof *top);
    ecm_sketch_top_entry_t *other = ecm_fuzz_bytes(k * sizeof *top);
    (void)ecm_sketch_top_init(ecm_fuzz_or_null(other), k);
    if (ecm_sketch_top_init(other, k) != ECM_OK) {
        return;
    }
    if (ecm_fuzz_once_in(2)) { /* or whatever the bytes are */
        ECM_FUZZ_CHECK(ecm_sketch_top_init(top, k) == ECM_OK);
    }
    ecm_fuzz_watch(top, k * sizeof *top);
    for (i = ecm_fuzz_below(60); i > 0U; i--) {
        ecm_fuzz_judge(
            ecm_sketch_top_update(ecm_fuzz_or_null(top), k, ecm_fuzz_below(9)));
        (void)ecm_sketch_top_update(other, k, ecm_fuzz_below(9));
    }
    ecm_fuzz_judge(ecm_sketch_top_merge(top, k, ecm_fuzz_or_null(other)));
}

void fuzz_ecm_sketch(void) {
    switch (ecm_fuzz_below(3)) {
    case 0:
        fuzz_log();
        break;
    case 1:
        fuzz_p2();
        break;
    default:
        fuzz_top();
        break;
    }
}
