/* ecm_kmeans.c - see ecm_kmeans.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_kmeans.h"

#include "ecm_math.h"

ecm_status_t ecm_kmeans_distance_f32(const ecm_kmeans_t *model, const float *x,
                                     float *distance, uint32_t *cluster) {
    float nearest = 0.0f;
    uint32_t nearest_c = 0, c;
    ECM_REQUIRE(model != NULL && x != NULL && distance != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(model->centroids != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(model->clusters_len >= 1U && model->features_len >= 1U, ECM_ERR_ARG);
    for (c = 0; c < model->clusters_len; c++) {
        const float *centroid = &model->centroids[(size_t)c * model->features_len];
        float squared = ecm_math_sum_sq_diff_f32(x, centroid, model->features_len);
        if (c == 0U || squared < nearest) {
            nearest = squared;
            nearest_c = c;
        }
    }
    *distance = ecm_math_sqrt_f32(nearest);
    if (cluster != NULL) {
        *cluster = nearest_c;
    }
    return ECM_OK;
}
