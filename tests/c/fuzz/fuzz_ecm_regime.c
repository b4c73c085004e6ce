/* fuzz_ecm_regime.c - channels of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_regime.h"
#include "ecm_fuzz.h"

void fuzz_ecm_regime(void);

void fuzz_ecm_regime(void) {
    ecm_regime_t *st = ecm_fuzz_bytes(sizeof *st);
    uint32_t a = ecm_fuzz_len(20), b = ecm_fuzz_len(20), regime = 0, i;
    uint32_t clusters = ecm_fuzz_len(5), features = 1U + ecm_fuzz_len(6);
    float *first = ecm_fuzz_array_f32(a), *second = ecm_fuzz_array_f32(b), *x;
    ecm_regime_cfg_t cfg;
    ecm_kmeans_t model;
    model.centroids = ecm_fuzz_array_f32(clusters * features);
    model.clusters_len = (uint16_t)clusters;
    model.features_len = (uint16_t)features;
    cfg.edges[0] = ecm_fuzz_or_null(first);
    cfg.edges[1] = ecm_fuzz_or_null(second);
    cfg.edges_len[0] = (uint16_t)a;
    cfg.edges_len[1] = (uint16_t)b;
    cfg.model = ecm_fuzz_once_in(2) ? &model : NULL;
    cfg.far = ecm_fuzz_f32();
    cfg.dwell = ecm_fuzz_len(4);
    if (ecm_fuzz_once_in(2)) {
        (void)ecm_regime_init(ecm_fuzz_or_null(st));
    }
    ecm_fuzz_watch(st, sizeof *st);
    for (i = ecm_fuzz_below(30); i > 0U; i--) {
        ecm_status_t status;
        x = ecm_fuzz_array_f32(features > 2U ? features : 2U);
        status = ecm_regime_update_f32(ecm_fuzz_or_null(st), ecm_fuzz_or_null(&cfg),
                                       ecm_fuzz_or_null(x), &regime);
        ecm_fuzz_judge(status);
        ECM_FUZZ_CHECK(status != ECM_OK || regime == ECM_REGIME_NONE ||
                       regime < ecm_regime_count(&cfg));
    }
}
