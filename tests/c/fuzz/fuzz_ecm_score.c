/* fuzz_ecm_score.c - scores of anything, by tables of any length.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_score.h"
#include "ecm_fuzz.h"

void fuzz_ecm_score(void);

void fuzz_ecm_score(void) {
    ecm_score_t *st = ecm_fuzz_bytes(sizeof *st);
    uint32_t n = ecm_fuzz_len(40), len = ecm_fuzz_len(100), made = 0, i;
    float *edges = ecm_fuzz_plain_array_f32(n);
    float *scores = ecm_fuzz_array_f32(2U * n + 1U);
    float *x = ecm_fuzz_array_f32(len), *z = ecm_fuzz_array_f32(len), one = 0.0f;
    ecm_score_cfg_t cfg;
    ecm_status_t status;
    for (i = 0; i < n; i++) {
        edges[i] = (float)i - 20.0f;
    }
    cfg.center = ecm_fuzz_f32();
    cfg.scale = ecm_fuzz_f32();
    for (i = 0; i < ECM_SCORE_ORDER_MAX; i++) {
        cfg.phi[i] = ecm_fuzz_f32();
    }
    cfg.edges = ecm_fuzz_or_null(edges);
    cfg.scores = ecm_fuzz_or_null(scores);
    cfg.order = (uint16_t)ecm_fuzz_below(6);
    cfg.edges_len = (uint16_t)n;
    if (ecm_fuzz_once_in(2)) {
        (void)ecm_score_init(ecm_fuzz_or_null(st));
        ECM_FUZZ_CHECK(ecm_score_init(st) == ECM_OK);
    }
    ecm_fuzz_watch(st, sizeof *st);
    for (i = ecm_fuzz_below(40); i > 0U; i--) {
        status = ecm_score_update_f32(ecm_fuzz_or_null(st), ecm_fuzz_or_null(&cfg),
                                      ecm_fuzz_f32(), &one);
        ecm_fuzz_judge(status);
    }
    status = ecm_score_update_many_f32(ecm_fuzz_or_null(st), &cfg, ecm_fuzz_or_null(x),
                                       len, ecm_fuzz_or_null(z), &made);
    ecm_fuzz_judge(status);
    ECM_FUZZ_CHECK(made <= len);
}
