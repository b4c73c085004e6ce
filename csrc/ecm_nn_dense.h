/* ecm_nn_dense.h - fully connected int8 layers, byte-equal to LiteRT's reference.
 *
 * A convolution is such a layer on the window of each of its pixels, so that this
 * module is where networks spend their time. Twins: port/ecm_nn_dense_dsp.c (Armv7E-M
 * and M33), port/ecm_nn_dense_mve.c (Helium), the same bits.
 *
 * Weights are packed in the order in which all of these read them. With rows of
 * row = (inputs_len + 3) / 4 * 4 weights, filled up with zeros, and all divisions those
 * of integers, the weight of output o for input i is at
 *
 *     o / 4 * 4 * row + i / 16 * 64 + o % 4 * min(16, row - i / 16 * 16) + i % 16
 *
 * for outputs below outputs_len / 4 * 4: four rows side by side, 16 weights of each in
 * turn. The outputs that are left, up to three, have whole rows, at o * row + i.
 *
 * Blocks. Where many weights are 0, only the blocks of 4 outputs by 16 inputs (1 by 16
 * for the outputs that are left) that have others are kept, in the same order.
 * `blocks` then has for each group of rows their number and, rising, the first input of
 * each: 0, 16, 32 ... Such a layer needs inputs_len to be a multiple of 16.
 *
 * ecmkit.graph.packing writes both forms.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_NN_DENSE_H
#define ECM_NN_DENSE_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/* A layer; output = clamp(zero + round(multiplier 2^-shift (bias + weights x))). In
 * LiteRT's reference kernels a fully connected layer rounds once, half up; a
 * convolution rounds twice, which differs by 1 in about 0.3 % of results. */
typedef struct {
    const int8_t *weights;     /* packed as above, aligned to 4 bytes */
    const uint16_t *blocks;    /* NULL where all blocks are kept */
    const int32_t *bias;       /* outputs_len: less input_zero times the row's sum */
    const int32_t *multiplier; /* outputs_len, 2^30 ... 2^31 - 1, or 0 */
    const uint8_t *shift;      /* outputs_len, 1 ... 62; 33 ... 53 are the fastest */
    uint16_t inputs_len;
    uint16_t outputs_len;
    int16_t output_zero; /* -128 ... 127 */
    int16_t output_min;  /* clamp, which is also the activation: ReLU has output_zero */
    int16_t output_max;
    uint16_t reserved; /* 0 */
} ecm_nn_dense_s8_t;

/* Inputs at equal steps, such as the windows of a convolution. */
typedef struct {
    uint32_t results_len; /* how many results */
    uint32_t x_step;      /* from an input to the next, in values */
    uint32_t y_step;      /* from a result to the next */
    uint32_t pool;        /* inputs of a result: 1, or 2 of which the greater counts */
} ecm_nn_dense_batch_t;

/* Words of work memory of a batch. */
#define ECM_NN_DENSE_WORK_LEN(inputs_len) (((inputs_len) + 3U) / 4U * 4U)

/** Words of work memory that a batch takes.
 *
 * inputs_len [in] of the layer
 *
 * Context : any.
 * Returns : ECM_NN_DENSE_WORK_LEN(inputs_len).
 */
uint32_t ecm_nn_dense_work_len(uint32_t inputs_len);

/** A layer on one input.
 *
 * layer   [in]  tables
 * x       [in]  inputs_len values, at any address
 * y       [out] outputs_len values; may not overlap x
 *
 * Numerics: one rounding, half up; exact for |accumulator| < 2^31, which holds for
 *           inputs_len <= 32768 and |bias| < 2^30.
 * Context : any.
 * Source  : tensorflow/lite/kernels/internal/reference/integer_ops/fully_connected.h;
 *           B. Jacob et al., CVPR 2018, arXiv:1712.05877.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_nn_dense_s8(const ecm_nn_dense_s8_t *layer, const int8_t *x,
                             int8_t *y);

/** A layer on inputs at equal steps, as a convolution rounds.
 *
 * The greater of each two results if asked for.
 *
 * layer   [in]  tables
 * batch   [in]  how many, and where
 * x       [in]  the first input; inputs may overlap each other
 * work    [out] ECM_NN_DENSE_WORK_LEN(inputs_len) words; overlaps nothing else
 * y       [out] the first result; may not overlap x
 *
 * Numerics: two roundings: acc multiplier 2^-31 half up, that times 2^(31 - shift) half
 *           away from 0; exact for |accumulator| < 2^30. A maximum is taken before the
 *           rounding, which keeps the order.
 * Context : any.
 * Source  : tensorflow/lite/kernels/internal/reference/integer_ops/conv.h.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG for another pool.
 */
ecm_status_t ecm_nn_dense_batch_s8(const ecm_nn_dense_s8_t *layer,
                                   const ecm_nn_dense_batch_t *batch, const int8_t *x,
                                   int32_t *work, int8_t *y);

ECM_EXTERN_C_END

#endif
