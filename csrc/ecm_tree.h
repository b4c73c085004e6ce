/* ecm_tree.h - decision forests as tables.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_TREE_H
#define ECM_TREE_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

#define ECM_TREE_LEAF 0xffffU

/* Nodes of a tree stand in preorder: the branch for "x <= threshold" is the next node.
 */
typedef struct {
    float threshold;
    uint16_t feature; /* ECM_TREE_LEAF: a leaf */
    uint16_t right;   /* the other branch, counted from the tree's root; of a leaf: its
                         row in the table of leaves */
} ecm_tree_node_t;

typedef struct {
    const ecm_tree_node_t *nodes;
    const uint32_t *roots; /* trees_len indices into nodes */
    const float *leaves;   /* rows of classes_len probabilities */
    uint16_t trees_len;
    uint16_t classes_len;
    uint16_t features_len;
    uint16_t reserved;
} ecm_tree_forest_t;

/** Class probabilities, averaged over the trees as scikit-learn and ONNX do.
 *
 * forest  [in]  tables; trees_len >= 1
 * x       [in]  features_len values; NaN goes right, as ONNX's BRANCH_LEQ does
 * proba   [out] classes_len probabilities
 *
 * Cost    : depth of each tree; no work memory.
 * Numerics: one addition per tree and class, in order, then one division.
 * Context : any.
 * Source  : L. Breiman, Machine Learning 45 (2001), 5-32.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG on an empty forest. The tables are
 *           trusted: a package's compiler wrote them.
 */
ecm_status_t ecm_tree_forest_predict_f32(const ecm_tree_forest_t *forest,
                                         const float *x, float *proba);

ECM_EXTERN_C_END

#endif
