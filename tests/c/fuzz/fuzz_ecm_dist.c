/* fuzz_ecm_dist.c - counters of anything, from states that are full or nearly so.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_dist.h"
#include "ecm_fuzz.h"

void fuzz_ecm_dist(void);

static void fuzz_updates(ecm_dist_t *st, ecm_dist_cfg_t *cfg, uint16_t *count) {
    uint32_t i;
    for (i = ecm_fuzz_below(80); i > 0U; i--) {
        switch (ecm_fuzz_below(3)) {
        case 0:
            ecm_fuzz_judge(ecm_dist_update_f32(
                ecm_fuzz_or_null(st), cfg, ecm_fuzz_or_null(count), ecm_fuzz_f32()));
            break;
        case 1:
            ecm_fuzz_judge(ecm_dist_update_s32(st, ecm_fuzz_or_null(cfg), count,
                                               (int32_t)ecm_fuzz_len(INT32_MAX)));
            break;
        default:
            ecm_fuzz_judge(
                ecm_dist_update_class(st, cfg, count, ecm_fuzz_len(ECM_DIST_BINS_MAX)));
            break;
        }
    }
}

void fuzz_ecm_dist(void) {
    static const uint16_t sizes[] = {2, 4, 8, 16, 32, 64};
    ecm_dist_t *st = ecm_fuzz_bytes(sizeof *st), *other = ecm_fuzz_bytes(sizeof *st);
    ecm_dist_distances_t out;
    ecm_dist_cfg_t cfg;
    uint16_t *count, *other_count;
    uint32_t b, n = 0;
    memset(&cfg, 0, sizeof cfg);
    cfg.bins = sizes[ecm_fuzz_below(6)];
    cfg.reference = ecm_fuzz_array_f32(cfg.bins);
    cfg.reference_n = ecm_fuzz_len(UINT32_MAX);
    cfg.form = (uint16_t)ecm_fuzz_below(4);
    cfg.window_len = ecm_fuzz_len(ecm_fuzz_once_in(2) ? 20U : ECM_DIST_WINDOW_MAX + 1U);
    if (ecm_fuzz_once_in(2)) {
        cfg.edges = ecm_fuzz_array_f32(cfg.bins - 1U);
    } else if (ecm_fuzz_once_in(2)) {
        cfg.edges_s32 = ecm_fuzz_bytes((cfg.bins - 1U) * sizeof(int32_t));
    } else {
        cfg.bins = (uint16_t)(cfg.bins - ecm_fuzz_below(cfg.bins - 1U));
    }
    count = ecm_fuzz_bytes(cfg.bins * sizeof *count);
    other_count = ecm_fuzz_bytes(cfg.bins * sizeof *count);
    ecm_fuzz_watch(st, sizeof *st);
    ecm_fuzz_watch(count, cfg.bins * sizeof *count);
    if (ecm_dist_init(st, &cfg, count) != ECM_OK ||
        ecm_dist_init(other, &cfg, other_count) != ECM_OK) {
        ecm_fuzz_judge(ECM_ERR_ARG);
        return;
    }
    ecm_fuzz_judge(ECM_OK);
    fuzz_updates(other, &cfg, other_count);
    ecm_fuzz_judge(ECM_OK);
    fuzz_updates(st, &cfg, count);
    ecm_fuzz_judge(ecm_dist_merge(st, &cfg, count, ecm_fuzz_or_null(other),
                                  ecm_fuzz_or_null(other_count)));
    (void)ecm_dist_distances_f32(st, &cfg, ecm_fuzz_or_null(count), &out);
    for (b = 0; b < cfg.bins; b++) {
        n += count[b];
    }
    ECM_FUZZ_CHECK(n == st->kept + (cfg.window_len - st->left));
}
