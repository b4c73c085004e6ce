/* test_ecm_project.c - linear maps: by hand, every length, refusals.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_project.h"
#include "ecm_test.h"

void test_ecm_project(void);

static void test_by_hand(void) {
    static const float mean[] = {1.0f, 2.0f, 3.0f};
    static const float components[] = {1.0f, 0.0f, 0.0f, 0.5f, -2.0f, 4.0f};
    static const ecm_project_t map = {mean, components, 3, 2};
    float x[3] = {3.0f, 1.0f, 4.0f};
    float out[2] = {7.0f, 7.0f};
    ECM_CHECK(ecm_project_f32(&map, x, out) == ECM_OK);
    ECM_CHECK(out[0] == 2.0f && out[1] == 7.0f);
    x[2] = ecm_test_from_bits(0x7fc00000U);
    ECM_CHECK(ecm_project_f32(&map, x, out) == ECM_OK);
    ECM_CHECK(out[0] != out[0] && out[1] != out[1]);
}

static void test_lengths(void) {
    ecm_project_t map;
    float *x = ecm_test_memory;
    float out[3];
    uint32_t n;
    map.components_len = 3;
    for (n = 1; n <= 19U; n++) {
        ecm_test_noise_f32(n, ecm_test_memory, 5U * n);
        map.mean = ecm_test_memory + n;
        map.components = ecm_test_memory + 2U * n;
        map.features_len = (uint16_t)n;
        ECM_CHECK(ecm_project_f32(&map, x, out) == ECM_OK);
        ecm_test_array_f32("project", out, 3);
    }
}

static void test_refusals(void) {
    static const float zero[] = {0.0f};
    ecm_project_t map = {zero, zero, 0, 1};
    float x = 0.0f, out = 7.0f;
    ECM_CHECK(ecm_project_f32(&map, &x, &out) == ECM_ERR_ARG);
    map.features_len = 1;
    map.components_len = 0;
    ECM_CHECK(ecm_project_f32(&map, &x, &out) == ECM_ERR_ARG);
    map.components_len = 1;
    map.mean = NULL;
    ECM_CHECK(ecm_project_f32(&map, &x, &out) == ECM_ERR_NULL);
    ECM_CHECK(ecm_project_f32(NULL, &x, &out) == ECM_ERR_NULL);
    ECM_CHECK(out == 7.0f);
}

void test_ecm_project(void) {
    test_by_hand();
    test_lengths();
    test_refusals();
}
