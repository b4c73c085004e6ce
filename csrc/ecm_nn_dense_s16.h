/* ecm_nn_dense_s16.h - fully connected layers of int16 values and int8 weights,
 * byte-equal to LiteRT's reference.
 *
 * The tables are those of ecm_nn_dense.h, in the same order, blocks included. Values
 * are symmetric: their zero points are 0. Sums have 64 bits. LiteRT takes multipliers
 * of 31 bits for these layers and of 15 for convolutions; both work here.
 *
 * Twin: port/ecm_nn_dense_s16_dsp.c (Armv7E-M and M33), the same bits.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_NN_DENSE_S16_H
#define ECM_NN_DENSE_S16_H

#include "ecm_nn_dense.h"

ECM_EXTERN_C_BEGIN

/** A layer on one input.
 *
 * layer   [in]  tables: shifts of 17 ... 62, or of 1 ... 46 with multipliers below
 *               2^15; output_zero 0, output_min and output_max within int16
 * x       [in]  inputs_len values
 * y       [out] outputs_len values; may not overlap x
 *
 * Formula : clamp(floor(multiplier 2^-shift (bias + weights x) + 1/2)).
 * Numerics: the sum is exact, then one rounding, half up.
 * Context : any.
 * Source  : tensorflow/lite/kernels/internal/reference/integer_ops/fully_connected.h,
 *           conv.h; MultiplyByQuantizedMultiplier of int64_t.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_nn_dense_s16(const ecm_nn_dense_s8_t *layer, const int16_t *x,
                              int16_t *y);

ECM_EXTERN_C_END

#endif
