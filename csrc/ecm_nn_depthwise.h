/* ecm_nn_depthwise.h - int8 convolutions of each channel alone, byte-equal to LiteRT's
 * reference.
 *
 * Twins: port/ecm_nn_depthwise_dsp.c (Armv7E-M and M33), port/ecm_nn_depthwise_mve.c
 * (Helium), the same bits.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_NN_DEPTHWISE_H
#define ECM_NN_DEPTHWISE_H

#include "ecm_nn.h"

ECM_EXTERN_C_BEGIN

/* A convolution of each channel alone. */
typedef struct {
    ecm_nn_window_t window;
    const int8_t *weights; /* [kernel_h][kernel_w][input_c multiply] */
    const int32_t *bias;   /* of each output: less input_zero times its weights' sum */
    const int32_t *multiplier; /* see ecm_nn_dense.h */
    const uint8_t *shift;
    uint16_t multiply; /* output channels of an input channel, >= 1 */
    int16_t input_zero;
    int16_t output_zero;
    int16_t output_min;
    int16_t output_max;
    uint16_t reserved; /* 0 */
} ecm_nn_depthwise_s8_t;

/** Convolution of each channel with filters of its own.
 *
 * layer   [in]  geometry and tables
 * x       [in]  image of input_h input_w input_c values
 * y       [out] image of output_h output_w pixels of input_c multiply values; may not
 *               overlap x
 *
 * Numerics: two roundings, as ecm_nn_dense_batch_s8.
 * Context : any.
 * Source  : tensorflow/lite/kernels/internal/reference/integer_ops/depthwise_conv.h.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_nn_depthwise_s8(const ecm_nn_depthwise_s8_t *layer, const int8_t *x,
                                 int8_t *y);

ECM_EXTERN_C_END

#endif
