/* fuzz_ecm_tree.c - well-formed forests of any shape and threshold.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_tree.h"

void fuzz_ecm_tree(void);

enum { TREES = 5, NODES = 31, LEAVES = 16 };

/* A tree in preorder: its left branch has `left` nodes, an odd number. */
static void fuzz_grow(ecm_tree_node_t *root, uint32_t at, uint32_t n,
                      uint32_t features) {
    while (n > 1U) {
        uint32_t left = 1U + 2U * ecm_fuzz_below((n - 1U) / 2U), i;
        root[at].feature = (uint16_t)ecm_fuzz_below(features);
        root[at].threshold = ecm_fuzz_f32();
        root[at].right = (uint16_t)(at + 1U + left);
        for (i = at + 1U; i < at + 1U + left; i++) { /* a branch of leaves and chains */
            root[i].feature = ECM_TREE_LEAF;
            root[i].right = (uint16_t)ecm_fuzz_below(LEAVES);
        }
        for (i = at + 1U; i + 2U < at + 1U + left; i += 2U) {
            root[i].feature = (uint16_t)ecm_fuzz_below(features);
            root[i].threshold = ecm_fuzz_f32();
            root[i].right = (uint16_t)(i + 2U);
        }
        at += 1U + left;
        n -= 1U + left;
    }
    root[at].feature = ECM_TREE_LEAF;
    root[at].right = (uint16_t)ecm_fuzz_below(LEAVES);
}

/* Words of which few are splits: the check may not leave them. */
static void fuzz_blob(void) {
    uint32_t n = ecm_fuzz_below(60), bits = 1U + ecm_fuzz_below(5), i;
    uint32_t layout = bits | 0x200U | ((uint32_t)1 + ecm_fuzz_below(4)) << 16;
    uint32_t *blob;
    layout |= ecm_fuzz_once_in(2) ? 0x100U : 0U;
    layout |= ecm_fuzz_once_in(4) ? 0x400U : 0U;
    blob = ecm_fuzz_bytes(n * sizeof *blob);
    for (i = ECM_TREE_BLOB_HEAD; i < n; i++) { /* short ways, small numbers */
        blob[i] = ecm_fuzz_once_in(2) ? ecm_fuzz_below(4) << bits |
                                            (1U + ecm_fuzz_below(3)) << (bits + 2U)
                                      : ecm_fuzz_below(12);
    }
    if (n > ECM_TREE_BLOB_HEAD && !ecm_fuzz_once_in(8)) {
        blob[0] = ECM_TREE_BLOB_MAGIC;
        blob[1] = layout;
        blob[2] = 3;
        blob[3] = 1U + ecm_fuzz_below(2);
        blob[4] = ecm_fuzz_below(12);
        blob[5] = ecm_fuzz_below(9);
        blob[ECM_TREE_BLOB_HEAD] = 0;
    }
    (void)ecm_tree_blob_check(ecm_fuzz_or_null(blob), n,
                              ecm_fuzz_once_in(20) ? ecm_fuzz_u32() : layout, 3);
}

void fuzz_ecm_tree(void) {
    ecm_tree_forest_t forest;
    uint32_t t, classes = ecm_fuzz_len(6), features = 1U + ecm_fuzz_below(9);
    ecm_tree_node_t *nodes = ecm_fuzz_bytes(TREES * NODES * sizeof *nodes);
    uint32_t *roots = ecm_fuzz_bytes(TREES * sizeof *roots);
    float *proba = ecm_fuzz_plain_array_f32(classes);
    fuzz_blob();
    for (t = 0; t < TREES; t++) {
        roots[t] = t * NODES;
        fuzz_grow(&nodes[roots[t]], 0, 1U + 2U * ecm_fuzz_below((NODES + 1U) / 2U),
                  features);
    }
    forest.nodes = ecm_fuzz_or_null(nodes);
    forest.roots = roots;
    forest.leaves = ecm_fuzz_array_f32(LEAVES * classes);
    forest.trees_len = (uint16_t)ecm_fuzz_len(TREES);
    forest.classes_len = (uint16_t)classes;
    forest.features_len = (uint16_t)features;
    forest.reserved = 0;
    ecm_fuzz_watch(proba, classes * sizeof *proba);
    ecm_fuzz_judge(ecm_tree_forest_predict_f32(&forest, ecm_fuzz_array_f32(features),
                                               ecm_fuzz_or_null(proba)));
}
