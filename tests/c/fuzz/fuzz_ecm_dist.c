/* fuzz_ecm_dist.c - counters of anything, from states that are full or nearly so.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_dist.h"
#include "ecm_fuzz.h"

void fuzz_ecm_dist(void);

void fuzz_ecm_dist(void) {
    ecm_dist_t *st = ecm_fuzz_bytes(sizeof *st);
    float *edges = ecm_fuzz_array_f32(ECM_DIST_EDGES), ks = 0.0f;
    uint32_t i, n = 0;
    (void)ecm_dist_init(ecm_fuzz_or_null(st));
    ECM_FUZZ_CHECK(ecm_dist_init(st) == ECM_OK);
    for (i = 0; i < ECM_DIST_BINS && ecm_fuzz_once_in(2); i++) {
        st->count[i] = (uint16_t)ecm_fuzz_len(ECM_DIST_COUNT_MAX);
    }
    ecm_fuzz_watch(st, sizeof *st);
    for (i = ecm_fuzz_below(40); i > 0U; i--) {
        ecm_fuzz_judge(ecm_dist_update_f32(ecm_fuzz_or_null(st),
                                           ecm_fuzz_or_null(edges), ecm_fuzz_f32()));
    }
    (void)ecm_dist_ks_f32(st, ecm_fuzz_or_null(ecm_fuzz_array_f32(ECM_DIST_BINS)), &ks,
                          &n);
    ECM_FUZZ_CHECK(n <= ECM_DIST_BINS * ECM_DIST_COUNT_MAX);
}
