/* ecm_quant.h - the affine scheme of TFLite: real = scale * (q - zero_point).
 *
 * int16 values are symmetric: their zero point is 0.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_QUANT_H
#define ECM_QUANT_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/** Requantise an accumulator by a 32-bit multiplier and a shift.
 *
 * acc        [in] accumulator
 * multiplier [in] Q31 significand, 2^30 ... 2^31 - 1, or 0
 * shift      [in] exponent, -31 ... 30; positive shifts left
 *
 * Formula : floor(acc * multiplier * 2^(shift - 31) + 1/2), saturated.
 * Numerics: one rounding of the 64-bit product, half up, as LiteRT's reference kernels
 *           (MultiplyByQuantizedMultiplier with single rounding). Builds of TFLite that
 *           round twice differ by 1 in about 0.3 % of results.
 * Context : any.
 * Source  : MultiplyByQuantizedMultiplier, tensorflow/lite/kernels/internal/common.h.
 * Returns : acc * multiplier * 2^(shift - 31), rounded.
 */
int32_t ecm_quant_requantize_s32(int32_t acc, int32_t multiplier, int32_t shift);

/** Real to int8.
 *
 * x       [in]  x_len values, any; saturates, NaN gives zero_point
 * x_len   [in]  number of values
 * scale   [in]  > 0
 * zero    [in]  zero point, -128 ... 127
 * q       [out] x_len values: x / scale rounded half away from zero, plus zero
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_quant_quantize_f32_s8(const float *x, uint32_t x_len, float scale,
                                       int32_t zero, int8_t *q);

/** int8 to real.
 *
 * q       [in]  q_len values
 * q_len   [in]  number of values
 * scale   [in]  > 0
 * zero    [in]  zero point
 * x       [out] q_len values scale * (q - zero)
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_quant_dequantize_s8_f32(const int8_t *q, uint32_t q_len, float scale,
                                         int32_t zero, float *x);

/** Real to int16.
 *
 * x       [in]  x_len values, any; saturates, NaN gives 0
 * x_len   [in]  number of values
 * scale   [in]  > 0
 * q       [out] x_len values: x / scale rounded half away from zero
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_quant_quantize_f32_s16(const float *x, uint32_t x_len, float scale,
                                        int16_t *q);

/** int16 to real.
 *
 * q       [in]  q_len values
 * q_len   [in]  number of values
 * scale   [in]  > 0
 * x       [out] q_len values scale * q
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_quant_dequantize_s16_f32(const int16_t *q, uint32_t q_len, float scale,
                                          float *x);

ECM_EXTERN_C_END

#endif
