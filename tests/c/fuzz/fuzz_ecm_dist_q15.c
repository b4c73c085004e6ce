/* fuzz_ecm_dist_q15.c - distances in integers, of any counters and shares.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_dist_q15.h"
#include "ecm_fuzz.h"

void fuzz_ecm_dist_q15(void);

void fuzz_ecm_dist_q15(void) {
    ecm_dist_q15_distances_t *out = ecm_fuzz_bytes(sizeof *out);
    ecm_dist_t st;
    ecm_dist_cfg_t cfg;
    uint16_t *count, *known;
    uint32_t b, left = 32768, n = 0;
    memset(&cfg, 0, sizeof cfg);
    memset(&st, 0, sizeof st);
    cfg.bins = (uint16_t)(ecm_fuzz_once_in(20) ? 1U + ecm_fuzz_below(99)
                                               : 2U + ecm_fuzz_below(63));
    cfg.reference_n = ecm_fuzz_once_in(2) ? ecm_fuzz_len(5000) : ecm_fuzz_u32();
    cfg.window_len = ECM_DIST_WINDOW_MAX;
    count = ecm_fuzz_bytes(cfg.bins * sizeof *count);
    known = ecm_fuzz_bytes(cfg.bins * sizeof *known);
    if (ecm_fuzz_once_in(2)) {
        cfg.edges_s32 = ecm_fuzz_bytes(cfg.bins * sizeof(int32_t));
    }
    for (b = 0; b < cfg.bins; b++) {
        count[b] = (uint16_t)ecm_fuzz_below(ECM_DIST_WINDOW_MAX / cfg.bins + 1U);
        known[b] = (uint16_t)(b + 1U == cfg.bins ? left : ecm_fuzz_below(left + 1U));
        left -= known[b];
        n += count[b];
    }
    st.left = ECM_DIST_WINDOW_MAX - (ecm_fuzz_once_in(9) ? ecm_fuzz_below(9) : n);
    if (ecm_fuzz_once_in(2)) {
        st.kept = ecm_fuzz_below(30000);
        st.squares = ecm_fuzz_f32();
    }
    ecm_fuzz_watch(out, sizeof *out);
    ecm_fuzz_judge(ecm_dist_q15_distances(ecm_fuzz_or_null(&st), ecm_fuzz_or_null(&cfg),
                                          ecm_fuzz_or_null(known),
                                          ecm_fuzz_or_null(count), out));
}
