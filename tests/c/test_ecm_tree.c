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

/* x1 <= 5 ? row 0 : (x0 <= -7 ? row 2 : row 4), two bits a feature, shares of one. */
#define SPLIT(limit, skip, ends, feature)                                              \
    ((uint32_t)(uint16_t)(limit) << 16 | (skip) << 4 | (ends) << 2 | (feature))
static const uint32_t blob[] = {ECM_TREE_BLOB_MAGIC,
                                2U | 0x200U | 0x10000U,
                                3,
                                1,
                                5,
                                1,
                                0,
                                0,
                                0,
                                SPLIT(5, 1U, 1U, 1U),
                                0,
                                SPLIT(-7, 1U, 3U, 0U),
                                2,
                                4,
                                77,
                                0x00000502U,
                                0x00000901U};

static ecm_status_t with(uint32_t at, uint32_t word) {
    uint32_t other[sizeof blob / sizeof *blob];
    memcpy(other, blob, sizeof blob);
    other[at] = word;
    return ecm_tree_blob_check(other, sizeof blob / sizeof *blob, blob[1], 3);
}

static void test_blob(void) {
    const uint32_t n = sizeof blob / sizeof *blob;
    ECM_CHECK(with(0, blob[0]) == ECM_OK);
    ECM_CHECK(with(0, 1) == ECM_ERR_FORMAT);
    ECM_CHECK(with(1, blob[1] + 1U) == ECM_ERR_FORMAT);
    ECM_CHECK(with(2, 2) == ECM_ERR_FORMAT);
    ECM_CHECK(with(3, 0) == ECM_ERR_LENGTH);
    ECM_CHECK(with(4, 9) == ECM_ERR_LENGTH);
    ECM_CHECK(with(5, 0xffffffffU) == ECM_ERR_LENGTH);
    ECM_CHECK(with(8, 1) == ECM_ERR_FORMAT);                     /* root */
    ECM_CHECK(with(9, SPLIT(5, 1U, 1U, 3U)) == ECM_ERR_FORMAT);  /* feature */
    ECM_CHECK(with(9, SPLIT(5, 2U, 1U, 1U)) == ECM_ERR_FORMAT);  /* yes: two words */
    ECM_CHECK(with(9, SPLIT(5, 9U, 0U, 1U)) == ECM_ERR_FORMAT);  /* out of the tree */
    ECM_CHECK(with(9, SPLIT(5, 1U, 3U, 1U)) == ECM_ERR_FORMAT);  /* no: three words */
    ECM_CHECK(with(11, SPLIT(5, 0U, 3U, 1U)) == ECM_ERR_FORMAT); /* yes: nothing */
    ECM_CHECK(with(12, 7) == ECM_ERR_FORMAT);                    /* row */
    ECM_CHECK(with(12, 0xffffffffU) == ECM_ERR_FORMAT);
    ECM_CHECK(with(15, 0x00000500U) == ECM_ERR_FORMAT); /* wide number 5 of 1 */
    ECM_CHECK(with(15, 0x00000000U) == ECM_OK);
    ECM_CHECK(ecm_tree_blob_check(NULL, n, blob[1], 3) == ECM_ERR_NULL);
    ECM_CHECK(ecm_tree_blob_check(blob, n, 2, 3) == ECM_ERR_ARG);
    ECM_CHECK(ecm_tree_blob_check(blob, 8, blob[1], 3) == ECM_ERR_LENGTH);
}

void test_ecm_tree(void) {
    test_blob();
    test_branches();
    test_refusals();
}
