/* fuzz_ecm_kmeans.c - distances to centroids of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_kmeans.h"

void fuzz_ecm_kmeans(void);

void fuzz_ecm_kmeans(void) {
    ecm_kmeans_t model;
    float distance = 0.0f;
    uint32_t cluster = 0;
    model.clusters_len = (uint16_t)ecm_fuzz_len(12);
    model.features_len = (uint16_t)ecm_fuzz_len(40);
    model.centroids = ecm_fuzz_or_null(
        ecm_fuzz_array_f32((uint32_t)model.clusters_len * model.features_len));
    ecm_fuzz_watch(&distance, sizeof distance);
    ecm_fuzz_watch(&cluster, sizeof cluster);
    ecm_fuzz_judge(ecm_kmeans_distance_f32(ecm_fuzz_or_null(&model),
                                           ecm_fuzz_array_f32(model.features_len),
                                           &distance, ecm_fuzz_or_null(&cluster)));
    ECM_FUZZ_CHECK(distance != distance || distance >= 0.0f);
    ECM_FUZZ_CHECK(cluster == 0U || cluster < model.clusters_len);
}
