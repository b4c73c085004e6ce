/* ecm_nn_s16.h - layers of int16 values: what ecm_nn_conv.h, ecm_nn_depthwise.h,
 * ecm_nn_pool.h and ecm_nn_add.h are for int8, with the same tables.
 *
 * Weights stay int8. Values are symmetric: all zero points are 0, and so are the fields
 * for them. Convolutions are byte-equal to LiteRT's reference, and so are pools, sums,
 * products and changes of scale.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_NN_S16_H
#define ECM_NN_S16_H

#include "ecm_nn_add.h"
#include "ecm_nn_conv.h"
#include "ecm_nn_depthwise.h"
#include "ecm_nn_pool.h"

ECM_EXTERN_C_BEGIN

/* Values of a table: for -32768, -32640 ... 32640 and 32768. */
#define ECM_NN_S16_TABLE_LEN 513U

/* Softmax. */
typedef struct {
    const uint32_t *coarse; /* 256: round(2^31 e^(-scale beta 256 d)), 2^31 at most */
    const uint32_t *fine;   /* 256: round(2^31 e^(-scale beta d)) */
    uint32_t rows_len;
    uint16_t row_len;  /* 1 ... 1000 */
    uint16_t reserved; /* 0 */
} ecm_nn_softmax_s16_t;

/* A change of scale. Factors are ratios of the scales; see ecm_nn_dense.h. */
typedef struct {
    int32_t multiplier;
    int32_t negative_multiplier; /* of values below the zero point: a leaky ReLU */
    uint8_t shift;               /* 1 ... 62 */
    uint8_t negative_shift;
    int16_t input_zero;  /* 0, or of int8 */
    int16_t output_zero; /* the same */
    int16_t output_min;
    int16_t output_max;
    int16_t reserved; /* 0 */
} ecm_nn_rescale_t;

/** Convolution.
 *
 * layer   [in]  geometry and tables, see ecm_nn_dense_s16; pool 1
 * x       [in]  image of input_h input_w input_c values
 * work    [out] filters.inputs_len values
 * y       [out] image of output_h output_w pixels of groups filters.outputs_len values;
 *               may overlap neither x nor work
 *
 * Numerics: as ecm_nn_dense_s16.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG if sizes contradict each other.
 */
ecm_status_t ecm_nn_conv_s16(const ecm_nn_conv_s8_t *layer, const int16_t *x,
                             int16_t *work, int16_t *y);

/** Convolution of each channel with filters of its own.
 *
 * layer   [in]  geometry and tables; see ecm_nn_dense_s16
 * x       [in]  image of input_h input_w input_c values
 * y       [out] image of output_h output_w pixels of input_c multiply values; may not
 *               overlap x
 *
 * Numerics: as ecm_nn_dense_s16.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_nn_depthwise_s16(const ecm_nn_depthwise_s8_t *layer, const int16_t *x,
                                  int16_t *y);

/** Greatest value of each channel in a window.
 *
 * layer   [in]  geometry and clamp
 * x       [in]  image of input_h input_w input_c values
 * y       [out] image of output_h output_w pixels of input_c values; may not overlap x
 *
 * Numerics: exact.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG also where a window holds no pixel, or
 *           more than 65535.
 */
ecm_status_t ecm_nn_pool_max_s16(const ecm_nn_pool_s8_t *layer, const int16_t *x,
                                 int16_t *y);

/** Mean of each channel in a window, over the pixels that are in the image.
 *
 * layer   [in]  geometry and clamp
 * x       [in]  image of input_h input_w input_c values
 * y       [out] image of output_h output_w pixels of input_c values; may not overlap x
 *
 * Numerics: the quotient rounded half away from zero.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG also where a window holds no pixel, or
 *           more than 65535.
 */
ecm_status_t ecm_nn_pool_mean_s16(const ecm_nn_pool_s8_t *layer, const int16_t *x,
                                  int16_t *y);

/** Mean over an axis, or a sum, by the multiplier.
 *
 * layer   [in]  sizes and scale, mean_len up to 65535, bias 0
 * x       [in]  outer_len mean_len inner_len values, the last of them side by side
 * y       [out] outer_len inner_len values; may not overlap x
 *
 * Numerics: one rounding, half up; within 1 of LiteRT's reference.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_nn_mean_s16(const ecm_nn_mean_s8_t *layer, const int16_t *x,
                             int16_t *y);

/** Sum or difference.
 *
 * layer   [in]  sizes and scales; multiplier of twice the greater scale / (2^15 output
 *               scale)
 * a       [in]  a_len values
 * b       [in]  b_len values
 * y       [out] a_len values; may be a, and b if b_len is a_len
 *
 * Numerics: as ecm_nn_add_s8, with 2^15 in place of 2^20.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_nn_add_s16(const ecm_nn_add_s8_t *layer, const int16_t *a,
                            const int16_t *b, int16_t *y);

/** Product.
 *
 * layer   [in]  sizes and scales; multiplier of a scale b scale / output scale
 * a       [in]  a_len values
 * b       [in]  b_len values
 * y       [out] a_len values; may be a, and b if b_len is a_len
 *
 * Numerics: two roundings, as ecm_nn_dense_batch_s8.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_nn_mul_s16(const ecm_nn_add_s8_t *layer, const int16_t *a,
                            const int16_t *b, int16_t *y);

/** A function of one value, by a line between each two of 513 points.
 *
 * table   [in]  ECM_NN_S16_TABLE_LEN values
 * x       [in]  x_len values
 * x_len   [in]  any
 * y       [out] x_len values; may be x
 *
 * Numerics: the line rounded half up.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_nn_table_s16(const int16_t *table, const int16_t *x, uint32_t x_len,
                              int16_t *y);

/** Softmax of rows; the result has scale 1/32768.
 *
 * layer   [in]  sizes and tables
 * x       [in]  rows_len rows of row_len values
 * y       [out] as many; may be x
 *
 * Formula : floor(32768 e / sum + 1/2), at most 32767, e in Q30.
 * Numerics: within 1 of the exact softmax.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_nn_softmax_s16(const ecm_nn_softmax_s16_t *layer, const int16_t *x,
                                int16_t *y);

/** From a scale to another, and within a clamp: also a ReLU, and a leaky one.
 *
 * rescale [in]  factors and clamp
 * x       [in]  x_len values
 * x_len   [in]  any
 * y       [out] x_len values; may be x
 *
 * Numerics: two roundings, as ecm_nn_dense_batch_s8.
 * Context : any.
 * Source  : tensorflow/lite/kernels/internal/reference/requantize.h, leaky_relu.h.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG for a shift out of range.
 */
ecm_status_t ecm_nn_rescale_s16(const ecm_nn_rescale_t *rescale, const int16_t *x,
                                uint32_t x_len, int16_t *y);

/** From int8 to int16.
 *
 * rescale [in]  factors and clamp; input_zero of int8
 * x       [in]  x_len values
 * x_len   [in]  any
 * y       [out] x_len values; may not overlap x
 *
 * Numerics: as ecm_nn_rescale_s16.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG for a shift out of range.
 */
ecm_status_t ecm_nn_rescale_s8_s16(const ecm_nn_rescale_t *rescale, const int8_t *x,
                                   uint32_t x_len, int16_t *y);

/** From int16 to int8.
 *
 * rescale [in]  factors and clamp; output_zero and clamp of int8
 * x       [in]  x_len values
 * x_len   [in]  any
 * y       [out] x_len values; may not overlap x
 *
 * Numerics: as ecm_nn_rescale_s16.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG for a shift out of range.
 */
ecm_status_t ecm_nn_rescale_s16_s8(const ecm_nn_rescale_t *rescale, const int16_t *x,
                                   uint32_t x_len, int8_t *y);

ECM_EXTERN_C_END

#endif
