/* ecm_nn_add.h - int8 layers of one or two values at a time: sums, products, tables,
 * softmax, and what only moves values.
 *
 * Anything of one int8 value is a table of 256: requantisation and all activations.
 * ecmkit.graph.tables computes them.
 *
 * Twin: port/ecm_nn_add_mve.c (Helium), the same bits.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_NN_ADD_H
#define ECM_NN_ADD_H

#include "ecm_nn.h"

ECM_EXTERN_C_BEGIN

/* A sum, a difference or a product of two tensors. */
typedef struct {
    uint32_t a_len;       /* of the first and of the result */
    uint32_t b_len;       /* divides a_len: the second starts over at its end */
    int32_t a_multiplier; /* sums only: of a scale / (twice the greater scale); */
    int32_t b_multiplier; /* as in ecm_nn_dense.h; negative for a difference */
    int32_t multiplier;   /* sums: of twice the greater scale / (2^20 output scale) */
    uint8_t a_shift;      /* sums only, 1 ... 62 */
    uint8_t b_shift;
    uint8_t shift;
    uint8_t reserved; /* 0 */
    int16_t a_zero;
    int16_t b_zero;
    int16_t output_zero;
    int16_t output_min;
    int16_t output_max;
    int16_t reserved1; /* 0 */
} ecm_nn_add_s8_t;

/* Softmax. */
typedef struct {
    const uint32_t
        *exponential; /* 256: round(2^22 e^(-scale beta d)) of a difference d */
    uint32_t rows_len;
    uint16_t row_len;  /* 1 ... 1000 */
    uint16_t reserved; /* 0 */
} ecm_nn_softmax_s8_t;

/* Pieces that are copied: concatenation, split, slice, and what is inside of a pad. */
typedef struct {
    uint32_t pieces_len; /* how many pieces */
    uint32_t piece_len;  /* values of a piece */
    uint32_t x_step;     /* from a piece to the next, in values */
    uint32_t y_step;
} ecm_nn_copy_t;

/** Sum or difference.
 *
 * layer   [in]  sizes and scales
 * a       [in]  a_len values
 * b       [in]  b_len values
 * y       [out] a_len values; may be a, and b if b_len is a_len
 *
 * Numerics: LiteRT's: both inputs times 2^20 to a common scale, then the sum, each with
 *           the two roundings of ecm_nn_dense_batch_s8.
 * Context : any.
 * Source  : tensorflow/lite/kernels/internal/reference/integer_ops/add.h.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_nn_add_s8(const ecm_nn_add_s8_t *layer, const int8_t *a,
                           const int8_t *b, int8_t *y);

/** Product.
 *
 * layer   [in]  sizes and scales; multiplier of a scale b scale / output scale
 * a       [in]  a_len values
 * b       [in]  b_len values
 * y       [out] a_len values; may be a, and b if b_len is a_len
 *
 * Numerics: two roundings, as ecm_nn_dense_batch_s8.
 * Context : any.
 * Source  : tensorflow/lite/kernels/internal/reference/integer_ops/mul.h.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_nn_mul_s8(const ecm_nn_add_s8_t *layer, const int8_t *a,
                           const int8_t *b, int8_t *y);

/** Anything of one value.
 *
 * table   [in]  256 values, for -128, -127 ... 127
 * x       [in]  x_len values
 * x_len   [in]  any
 * y       [out] x_len values; may be x
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_nn_table_s8(const int8_t *table, const int8_t *x, uint32_t x_len,
                             int8_t *y);

/** Softmax of rows; the result has scale 1/256 and zero point -128.
 *
 * layer   [in]  sizes and table
 * x       [in]  rows_len rows of row_len values
 * y       [out] as many; may be x
 *
 * Formula : floor(256 e / sum + 1/2) - 128, at most 127, e in Q22.
 * Numerics: within 1 of LiteRT's reference.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_nn_softmax_s8(const ecm_nn_softmax_s8_t *layer, const int8_t *x,
                               int8_t *y);

/** Copy pieces from one tensor to another.
 *
 * copy    [in]  sizes
 * x       [in]  from the first piece on
 * y       [out] from the first piece on; may not overlap x
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_nn_copy_s8(const ecm_nn_copy_t *copy, const int8_t *x, int8_t *y);

/** The same value everywhere: what is around in a pad.
 *
 * value   [in]  -128 ... 127
 * y_len   [in]  any
 * y       [out] y_len values
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_nn_fill_s8(int32_t value, uint32_t y_len, int8_t *y);

ECM_EXTERN_C_END

#endif
