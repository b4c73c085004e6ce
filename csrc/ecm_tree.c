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

#define TREE_WIDE 0x100U
#define TREE_INSIDE 0x200U
#define TREE_FLOATS 0x400U
#define TREE_BITS_MAX 14U

/* A blob that is taken apart. */
typedef struct {
    const uint32_t *words;
    const uint8_t *rows;
    uint32_t rows_len; /* elements of all rows */
    uint32_t wide_len; /* wide numbers */
    uint32_t features_len;
    uint32_t layout;
} tree_blob_t;

/* A split as its words say it. */
typedef struct {
    uint32_t feature;
    uint32_t ends;
    uint32_t yes; /* where its sides begin */
    uint32_t no;
} tree_split_t;

static tree_split_t tree_split(const tree_blob_t *b, uint32_t at) {
    uint32_t bits = b->layout & 0xffU, step = (b->layout & TREE_WIDE) != 0U ? 2U : 1U;
    uint32_t word = b->words[at + step - 1U], skip = word >> (bits + 2U);
    tree_split_t split;
    if (step == 1U) {
        skip &= ((uint32_t)1 << (TREE_BITS_MAX - bits)) - 1U;
    }
    split.feature = word & (((uint32_t)1 << bits) - 1U);
    split.ends = (word >> bits) & 3U;
    split.yes = at + step;
    split.no = split.yes + skip;
    return split;
}

/* Do both sides of a split fill what is left of a tree? */
static bool tree_splits(const tree_blob_t *b, uint32_t at, uint32_t end) {
    tree_split_t split;
    if (end - at < ((b->layout & TREE_WIDE) != 0U ? 4U : 3U)) {
        return false;
    }
    split = tree_split(b, at);
    return split.feature < b->features_len && split.no > split.yes && split.no < end &&
           ((split.ends & 1U) == 0U || split.no - split.yes == 1U) &&
           ((split.ends & 2U) == 0U || end - split.no == 1U);
}

static bool tree_has_row(const tree_blob_t *b, uint32_t at) {
    uint32_t targets = b->layout >> 16, row = b->words[at];
    const uint8_t *v;
    if ((b->layout & TREE_FLOATS) != 0U) {
        return row <= b->rows_len && b->rows_len - row >= targets;
    }
    if (row > b->rows_len || b->rows_len - row < targets + 1U) {
        return false;
    }
    v = &b->rows[row];
    if (v[0] == 0U) { /* numbers of their own */
        uint32_t number = v[1] + (targets > 1U ? (uint32_t)v[2] * 256U : 0U);
        return (number + 1U) * targets <= b->wide_len;
    }
    return true;
}

/* The tree whose words are first ... end - 1. */
static bool tree_holds(const tree_blob_t *b, uint32_t first, uint32_t end) {
    uint32_t at = first, step = (b->layout & TREE_WIDE) != 0U ? 2U : 1U;
    while (at < end) {
        uint32_t from = first, to = end;
        bool leaf = false;
        while (from != at) { /* down from the root, by splits that are checked */
            const tree_split_t split = tree_split(b, from);
            bool yes = at < split.no;
            leaf = (split.ends & (yes ? 1U : 2U)) != 0U;
            from = yes ? split.yes : split.no;
            to = yes ? split.no : to;
        }
        if (leaf ? !tree_has_row(b, at) : !tree_splits(b, at, to)) {
            return false;
        }
        at += leaf ? 1U : step;
    }
    return true;
}

ecm_status_t ecm_tree_blob_check(const uint32_t *blob, uint32_t blob_len,
                                 uint32_t layout, uint32_t features_len) {
    tree_blob_t b;
    uint32_t bits = layout & 0xffU, t, trees, left;
    const uint32_t *roots;
    ECM_REQUIRE(blob != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(bits >= 1U && bits <= ((layout & TREE_WIDE) != 0U ? 27U : 13U) &&
                    (layout & TREE_INSIDE) != 0U && layout >> 16 != 0U,
                ECM_ERR_ARG);
    ECM_REQUIRE(blob_len > ECM_TREE_BLOB_HEAD, ECM_ERR_LENGTH);
    ECM_REQUIRE(blob[0] == ECM_TREE_BLOB_MAGIC && blob[1] == layout &&
                    blob[2] == features_len,
                ECM_ERR_FORMAT);
    trees = blob[3];
    left = blob_len - ECM_TREE_BLOB_HEAD;
    ECM_REQUIRE(trees >= 1U && trees <= left, ECM_ERR_LENGTH);
    left -= trees;
    ECM_REQUIRE(blob[4] <= left && blob[5] <= left - blob[4], ECM_ERR_LENGTH);
    left -= blob[4] + blob[5];
    roots = blob + ECM_TREE_BLOB_HEAD;
    b.words = roots + trees;
    b.rows = (const uint8_t *)(const void *)(b.words + blob[4] + blob[5]);
    b.rows_len = (layout & TREE_FLOATS) != 0U ? left : 4U * left;
    b.wide_len = blob[5];
    b.features_len = features_len;
    b.layout = layout;
    ECM_REQUIRE(roots[0] == 0U, ECM_ERR_FORMAT);
    for (t = 0; t < trees; t++) {
        uint32_t end = t + 1U < trees ? roots[t + 1U] : blob[4];
        ECM_REQUIRE(roots[t] < end && end <= blob[4] && tree_holds(&b, roots[t], end),
                    ECM_ERR_FORMAT);
    }
    return ECM_OK;
}
