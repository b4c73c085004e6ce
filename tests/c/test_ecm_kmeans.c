/* test_ecm_kmeans.c - nearest centroids: ties, edges and the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_kmeans.h"
#include "ecm_test.h"

void test_ecm_kmeans(void);

static void test_by_hand(void) {
    static const float centroids[] = {3.0f, 4.0f, -3.0f, -4.0f, 3.0f, 4.0f};
    static const ecm_kmeans_t model = {centroids, 3, 2};
    float x[2] = {0.0f, 0.0f};
    float distance;
    uint32_t cluster = 9;
    ECM_CHECK(ecm_kmeans_distance_f32(&model, x, &distance, &cluster) == ECM_OK);
    ECM_CHECK(distance == 5.0f && cluster == 0U); /* the first of equals */
    x[0] = -3.0f;
    x[1] = -4.0f;
    ECM_CHECK(ecm_kmeans_distance_f32(&model, x, &distance, &cluster) == ECM_OK);
    ECM_CHECK(distance == 0.0f && cluster == 1U);
    x[0] = ecm_test_from_bits(0x7fc00000U);
    ECM_CHECK(ecm_kmeans_distance_f32(&model, x, &distance, NULL) == ECM_OK);
    ECM_CHECK(distance != distance);
    x[0] = 1e30f; /* the square overflows */
    ECM_CHECK(ecm_kmeans_distance_f32(&model, x, &distance, NULL) == ECM_OK);
    ecm_test_f32("kmeans overflow", distance);
    ECM_CHECK(distance == ecm_test_from_bits(0x7f800000U));
}

static void test_lengths(void) {
    ecm_kmeans_t model;
    float *x = ecm_test_memory;
    float distance;
    uint32_t cluster, n;
    model.centroids = ecm_test_memory + 64;
    model.clusters_len = 9;
    for (n = 1; n <= 33U; n++) {
        ecm_test_noise_f32(n, ecm_test_memory, 64U + 9U * n);
        model.features_len = (uint16_t)n;
        ECM_CHECK(ecm_kmeans_distance_f32(&model, x, &distance, &cluster) == ECM_OK);
        ECM_CHECK(distance >= 0.0f && cluster < 9U);
        ecm_test_f32("kmeans distance", distance);
        ecm_test_u32("kmeans cluster", cluster);
    }
}

static void test_refusals(void) {
    static const float centroids[] = {0.0f};
    ecm_kmeans_t model = {centroids, 0, 1};
    float x = 0.0f, distance = 7.0f;
    ECM_CHECK(ecm_kmeans_distance_f32(&model, &x, &distance, NULL) == ECM_ERR_ARG);
    model.clusters_len = 1;
    model.features_len = 0;
    ECM_CHECK(ecm_kmeans_distance_f32(&model, &x, &distance, NULL) == ECM_ERR_ARG);
    model.centroids = NULL;
    ECM_CHECK(ecm_kmeans_distance_f32(&model, &x, &distance, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_kmeans_distance_f32(NULL, &x, &distance, NULL) == ECM_ERR_NULL);
    ECM_CHECK(distance == 7.0f);
}

void test_ecm_kmeans(void) {
    test_by_hand();
    test_lengths();
    test_refusals();
}
