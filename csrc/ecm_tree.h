/* ecm_tree.h - decision forests as tables.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_TREE_H
#define ECM_TREE_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

#define ECM_TREE_LEAF 0xffffU
#define ECM_TREE_BLOB_MAGIC 0x31464345U /* "ECF1": the form, its version last */
#define ECM_TREE_BLOB_HEAD 8U           /* words */

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

/** Can compiled code walk this blob of a loadable forest, and stay within it?
 *
 * To be asked once, when a blob comes from outside: the walk itself looks at the head
 * alone. Of each tree all splits and leaves are met in their order, and found from the
 * root, so that no path leaves the tree and each goes forwards.
 *
 * blob         [in] ecmkit.graph writes it: 8 words of a head, where each tree begins,
 *                   splits and leaves, wide rows, rows
 * blob_len     [in] words of it
 * layout       [in] what the code was compiled for: bits of a feature's number, flags
 *                   in bits 8 ... 11 (limits are words, leaves stand inside, rows are
 *                   floats), targets from bit 16 on
 * features_len [in] of a row of features
 *
 * Cost    : splits times depth; no work memory.
 * Context : any.
 * Returns : ECM_OK; ECM_ERR_NULL; ECM_ERR_ARG for a layout that no code has;
 *           ECM_ERR_FORMAT for another head or what does not hold together;
 *           ECM_ERR_LENGTH if it is longer than it says, or shorter.
 */
ecm_status_t ecm_tree_blob_check(const uint32_t *blob, uint32_t blob_len,
                                 uint32_t layout, uint32_t features_len);

ECM_EXTERN_C_END

#endif
