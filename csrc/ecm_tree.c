/* ecm_tree.c - see ecm_tree.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_tree.h"

/* The leaf of one tree: a row in the table of leaves. */
static uint32_t tree_leaf(const ecm_tree_node_t *root, const float *x) {
    uint32_t at = 0;
    while (root[at].feature != ECM_TREE_LEAF) {
        /* A NaN fails every comparison, so it goes right. */
        at = x[root[at].feature] <= root[at].threshold ? at + 1U : root[at].right;
    }
    return root[at].right;
}

ecm_status_t ecm_tree_forest_predict_f32(const ecm_tree_forest_t *forest,
                                         const float *x, float *proba) {
    uint32_t t, c;
    ECM_REQUIRE(forest != NULL && x != NULL && proba != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(forest->nodes != NULL && forest->roots != NULL &&
                    forest->leaves != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(forest->trees_len >= 1U && forest->classes_len >= 1U, ECM_ERR_ARG);
    for (c = 0; c < forest->classes_len; c++) {
        proba[c] = 0.0f;
    }
    for (t = 0; t < forest->trees_len; t++) {
        uint32_t row = tree_leaf(&forest->nodes[forest->roots[t]], x);
        const float *leaf = &forest->leaves[(size_t)row * forest->classes_len];
        for (c = 0; c < forest->classes_len; c++) {
            proba[c] += leaf[c];
        }
    }
    for (c = 0; c < forest->classes_len; c++) {
        proba[c] /= (float)forest->trees_len;
    }
    return ECM_OK;
}
