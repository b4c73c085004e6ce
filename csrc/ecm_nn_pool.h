/* ecm_nn_pool.h - int8 pools and means, against LiteRT's reference.
 *
 * Twin: port/ecm_nn_pool_mve.c (Helium), the same bits.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_NN_POOL_H
#define ECM_NN_POOL_H

#include "ecm_nn.h"

ECM_EXTERN_C_BEGIN

/* A pool; output_zero and scale are those of the input. */
typedef struct {
    ecm_nn_window_t
        window; /* each output pixel's holds one pixel of the image or more */
    int16_t output_min;
    int16_t output_max;
} ecm_nn_pool_s8_t;

/* A mean over the middle one of three axes, to a scale of its own. */
typedef struct {
    uint32_t outer_len;
    uint32_t mean_len; /* 1 ... 2^23 */
    uint32_t inner_len;
    int32_t bias; /* -mean_len times the zero point of the input */
    int32_t
        multiplier; /* of input scale / (output scale mean_len); see ecm_nn_dense.h */
    uint16_t shift;
    int16_t output_zero;
    int16_t output_min;
    int16_t output_max;
} ecm_nn_mean_s8_t;

/** Greatest value of each channel in a window.
 *
 * layer   [in]  geometry and clamp
 * x       [in]  image of input_h input_w input_c values
 * y       [out] image of output_h output_w pixels of input_c values; may not overlap x
 *
 * Numerics: exact.
 * Context : any.
 * Source  : MaxPool, tensorflow/lite/kernels/internal/reference/integer_ops/pooling.h.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG also where a window holds no pixel.
 */
ecm_status_t ecm_nn_pool_max_s8(const ecm_nn_pool_s8_t *layer, const int8_t *x,
                                int8_t *y);

/** Mean of each channel in a window, over the pixels that are in the image.
 *
 * layer   [in]  geometry and clamp
 * x       [in]  image of input_h input_w input_c values
 * y       [out] image of output_h output_w pixels of input_c values; may not overlap x
 *
 * Numerics: the quotient rounded half away from zero.
 * Context : any.
 * Source  : AveragePool, as ecm_nn_pool_max_s8.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG also where a window holds no pixel.
 */
ecm_status_t ecm_nn_pool_mean_s8(const ecm_nn_pool_s8_t *layer, const int8_t *x,
                                 int8_t *y);

/** Mean over an axis, or a sum, by the multiplier.
 *
 * layer   [in]  sizes and scale
 * x       [in]  outer_len mean_len inner_len values, the last of them side by side
 * y       [out] outer_len inner_len values; may not overlap x
 *
 * Numerics: one rounding, half up; within 1 of LiteRT's reference.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_nn_mean_s8(const ecm_nn_mean_s8_t *layer, const int8_t *x, int8_t *y);

ECM_EXTERN_C_END

#endif
