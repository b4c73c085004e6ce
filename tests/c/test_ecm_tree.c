/* test_ecm_tree.c - a forest small enough to follow by hand.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_test.h"
#include "ecm_tree.h"

void test_ecm_tree(void);

/* Tree 0: x0 <= 0.5 ? leaf 0 : (x1 <= -1 ? leaf 1 : leaf 2). Tree 1: leaf 1. */
static const ecm_tree_node_t nodes[] = {
    {0.5f, 0, 2},
    {0.0f, ECM_TREE_LEAF, 0},
    {-1.0f, 1, 4},
    {0.0f, ECM_TREE_LEAF, 1},
    {0.0f, ECM_TREE_LEAF, 2},
    {0.0f, ECM_TREE_LEAF, 1},
};
static const uint32_t roots[] = {0, 5};
static const float leaves[] = {1.0f, 0.0f, 0.25f, 0.75f, 0.0f, 1.0f};
static const ecm_tree_forest_t forest = {nodes, roots, leaves, 2, 2, 2, 0};

static void expect(float x0, float x1, float p0, float p1) {
    float x[2], proba[2];
    x[0] = x0;
    x[1] = x1;
    ECM_CHECK(ecm_tree_forest_predict_f32(&forest, x, proba) == ECM_OK);
    ECM_CHECK(proba[0] == p0 && proba[1] == p1);
    ecm_test_array_f32("tree proba", proba, 2);
}

static void test_branches(void) {
    float nan = ecm_test_from_bits(0x7fc00000U);
    expect(0.5f, 0.0f, 0.625f, 0.375f); /* the threshold itself goes left */
    expect(ecm_test_from_bits(0x3f000001U), -1.0f, 0.25f, 0.75f);
    expect(1.0f, 0.0f, 0.125f, 0.875f);
    expect(nan, -2.0f, 0.25f, 0.75f); /* NaN goes right */
    expect(nan, nan, 0.125f, 0.875f);
    expect(ecm_test_from_bits(0xff800000U), 0.0f, 0.625f, 0.375f);
}

static void test_refusals(void) {
    ecm_tree_forest_t broken = forest;
    float x[2] = {0.0f, 0.0f};
    float proba[2] = {7.0f, 7.0f};
    ECM_CHECK(ecm_tree_forest_predict_f32(NULL, x, proba) == ECM_ERR_NULL);
    ECM_CHECK(ecm_tree_forest_predict_f32(&forest, NULL, proba) == ECM_ERR_NULL);
    ECM_CHECK(ecm_tree_forest_predict_f32(&forest, x, NULL) == ECM_ERR_NULL);
    broken.leaves = NULL;
    ECM_CHECK(ecm_tree_forest_predict_f32(&broken, x, proba) == ECM_ERR_NULL);
    broken = forest;
    broken.trees_len = 0;
    ECM_CHECK(ecm_tree_forest_predict_f32(&broken, x, proba) == ECM_ERR_ARG);
    broken = forest;
    broken.classes_len = 0;
    ECM_CHECK(ecm_tree_forest_predict_f32(&broken, x, proba) == ECM_ERR_ARG);
    ECM_CHECK(proba[0] == 7.0f && proba[1] == 7.0f);
}

void test_ecm_tree(void) {
    test_branches();
    test_refusals();
}
