/* ecm_nn.h - int8 neural network layers, byte-equal to the TFLite reference kernels.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_NN_H
#define ECM_NN_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/* Fully connected layer, symmetric weights with a scale per output. */
typedef struct {
    const int8_t *weights;     /* outputs_len rows of inputs_len */
    const int32_t *bias;       /* outputs_len */
    const int32_t *multiplier; /* outputs_len, see ecm_quant_requantize_s32 */
    const int8_t *shift;       /* outputs_len */
    uint16_t inputs_len;
    uint16_t outputs_len;
    int16_t input_zero;  /* zero point of the input, -128 ... 127 */
    int16_t output_zero; /* zero point of the output */
    int16_t output_min;  /* clamp, which is also the activation: ReLU has output_zero */
    int16_t output_max;
} ecm_nn_dense_s8_t;

/** Fully connected layer.
 *
 * layer   [in]  tables
 * x       [in]  inputs_len values
 * y       [out] outputs_len values; may not overlap x
 *
 * Numerics: int32 accumulator; exact for inputs_len <= 32768.
 * Context : any.
 * Source  : tensorflow/lite/kernels/internal/reference/integer_ops/fully_connected.h;
 *           B. Jacob et al., CVPR 2018, arXiv:1712.05877.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_nn_dense_s8(const ecm_nn_dense_s8_t *layer, const int8_t *x,
                             int8_t *y);

/** Mean squared difference of two vectors: an autoencoder's reconstruction error.
 *
 * x       [in]  x_len values
 * y       [in]  x_len values
 * x_len   [in]  number of values, >= 1
 * error   [out] mean of (x - y)^2
 *
 * Numerics: summed in four lanes, one division.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_nn_mse_f32(const float *x, const float *y, uint32_t x_len,
                            float *error);

ECM_EXTERN_C_END

#endif
