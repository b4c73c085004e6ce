/* ecm_project.c - see ecm_project.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_project.h"

static float project_row(const float *x, const float *mean, const float *weight,
                         uint32_t len) {
    float l0 = 0.0f, l1 = 0.0f, l2 = 0.0f, l3 = 0.0f;
    uint32_t i;
    for (i = 0; i + 4U <= len; i += 4U) {
        l0 += (x[i] - mean[i]) * weight[i];
        l1 += (x[i + 1U] - mean[i + 1U]) * weight[i + 1U];
        l2 += (x[i + 2U] - mean[i + 2U]) * weight[i + 2U];
        l3 += (x[i + 3U] - mean[i + 3U]) * weight[i + 3U];
    }
    if (i < len) {
        l0 += (x[i] - mean[i]) * weight[i];
    }
    if (i + 1U < len) {
        l1 += (x[i + 1U] - mean[i + 1U]) * weight[i + 1U];
    }
    if (i + 2U < len) {
        l2 += (x[i + 2U] - mean[i + 2U]) * weight[i + 2U];
    }
    return (l0 + l1) + (l2 + l3);
}

ecm_status_t ecm_project_f32(const ecm_project_t *map, const float *x, float *out) {
    uint32_t j;
    ECM_REQUIRE(map != NULL && x != NULL && out != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(map->mean != NULL && map->components != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(map->features_len >= 1U && map->components_len >= 1U, ECM_ERR_ARG);
    for (j = 0; j < map->components_len; j++) {
        const float *row = &map->components[(size_t)j * map->features_len];
        out[j] = project_row(x, map->mean, row, map->features_len);
    }
    return ECM_OK;
}
