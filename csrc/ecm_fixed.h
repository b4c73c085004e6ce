/* ecm_fixed.h - arithmetic and elementary functions of fixed-point numbers.
 *
 * A Q15 number is int16_t over 2^15, a Q31 number int32_t over 2^31: -1 ... 1
 * without 1. Results round half up and saturate. An angle is a phase: a turn is 2^32 in
 * uint32_t, so that a counter of phase wraps as angles do. Integers only: the same bits
 * everywhere. Errors are given in units of the last place of the result, LSB.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FIXED_H
#define ECM_FIXED_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/** Nearest Q15 number.
 *
 * x       [in] Q31
 *
 * Context : any.
 * Returns : x rounded half up to Q15, saturated.
 */
int16_t ecm_fixed_round_q15(int32_t x);

/** Saturating sum.
 *
 * a       [in] Q15
 * b       [in] Q15
 *
 * Context : any.
 * Returns : a + b.
 */
int16_t ecm_fixed_add_q15(int16_t a, int16_t b);

/** Saturating sum.
 *
 * a       [in] Q31
 * b       [in] Q31
 *
 * Context : any.
 * Returns : a + b.
 */
int32_t ecm_fixed_add_q31(int32_t a, int32_t b);

/** Saturating difference.
 *
 * a       [in] Q15
 * b       [in] Q15
 *
 * Context : any.
 * Returns : a - b.
 */
int16_t ecm_fixed_sub_q15(int16_t a, int16_t b);

/** Saturating difference.
 *
 * a       [in] Q31
 * b       [in] Q31
 *
 * Context : any.
 * Returns : a - b.
 */
int32_t ecm_fixed_sub_q31(int32_t a, int32_t b);

/** Product.
 *
 * a       [in] Q15
 * b       [in] Q15
 *
 * Numerics: floor(a b / 2^15 + 1/2); only -1 times -1 saturates.
 * Context : any.
 * Returns : a * b in Q15.
 */
int16_t ecm_fixed_mul_q15(int16_t a, int16_t b);

/** Product.
 *
 * a       [in] Q31
 * b       [in] Q31
 *
 * Numerics: floor(a b / 2^31 + 1/2); only -1 times -1 saturates.
 * Context : any.
 * Returns : a * b in Q31.
 */
int32_t ecm_fixed_mul_q31(int32_t a, int32_t b);

/** Quotient.
 *
 * n       [in] Q15
 * d       [in] Q15; 0 saturates by the sign of n, and 0 / 0 gives 0
 *
 * Numerics: floor(n 2^15 / d + 1/2), exactly, saturated.
 * Context : any.
 * Returns : n / d in Q15.
 */
int16_t ecm_fixed_div_q15(int16_t n, int16_t d);

/** Quotient.
 *
 * n       [in] Q31
 * d       [in] Q31; 0 saturates by the sign of n, and 0 / 0 gives 0
 *
 * Numerics: floor(n 2^31 / d + 1/2), exactly, saturated.
 * Cost    : two divisions of 32 bits.
 * Context : any.
 * Returns : n / d in Q31.
 */
int32_t ecm_fixed_div_q31(int32_t n, int32_t d);

/** Ratio of two positive numbers with all its leading bits; a reciprocal for n = 1.
 *
 * n        [in]  1 or above
 * d        [in]  1 or above
 * ratio    [out] 2^31 ... 2^32 - 1, cut
 * exponent [out] n / d is ratio * 2^(exponent - 31), at most 2^-31 of it more
 *
 * Cost    : two divisions of 32 bits.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG if n or d is 0.
 */
ecm_status_t ecm_fixed_ratio_u32(uint32_t n, uint32_t d, uint32_t *ratio,
                                 int32_t *exponent);

/** Square root of an integer.
 *
 * x       [in] any
 *
 * Numerics: the integer nearest to the root, exactly; above 2^32 - 1 saturates.
 * Cost    : one square root in float, one division of 32 bits.
 * Context : any.
 * Returns : sqrt(x).
 */
uint32_t ecm_fixed_sqrt_u64(uint64_t x);

/** Square root.
 *
 * x       [in] Q15; negative gives 0
 *
 * Numerics: nearest, exactly.
 * Context : any.
 * Returns : sqrt(x) in Q15.
 */
int16_t ecm_fixed_sqrt_q15(int16_t x);

/** Square root.
 *
 * x       [in] Q31; negative gives 0
 *
 * Numerics: nearest, exactly.
 * Context : any.
 * Returns : sqrt(x) in Q31.
 */
int32_t ecm_fixed_sqrt_q31(int32_t x);

/** Length of a vector, such as three axes of acceleration.
 *
 * x       [in] x_len Q15 numbers
 * x_len   [in] 0 gives 0
 *
 * Numerics: the integer nearest to the root of the exact sum of squares.
 * Context : any.
 * Returns : the length in Q15, which for several numbers may be 1 and above.
 */
uint32_t ecm_fixed_magnitude_q15(const int16_t *x, uint32_t x_len);

/** Magnitude of a complex number.
 *
 * re      [in] Q31
 * im      [in] Q31
 *
 * Numerics: nearest, exactly.
 * Context : any.
 * Returns : sqrt(re^2 + im^2) in Q31, at most sqrt(2).
 */
uint32_t ecm_fixed_magnitude_q31(int32_t re, int32_t im);

/** Sine of a phase.
 *
 * phase   [in] a turn is 2^32
 *
 * Numerics: at most 0.51 LSB from the true value, saturated to 32767.
 * Context : any.
 * Returns : the sine in Q15.
 */
int16_t ecm_fixed_sin_q15(uint32_t phase);

/** Cosine of a phase.
 *
 * phase   [in] a turn is 2^32
 *
 * Numerics: at most 0.51 LSB from the true value, saturated to 32767.
 * Context : any.
 * Returns : the cosine in Q15.
 */
int16_t ecm_fixed_cos_q15(uint32_t phase);

/** Sine of a phase.
 *
 * phase   [in] a turn is 2^32
 *
 * Numerics: at most 3 LSB from the true value, saturated to 2^31 - 1.
 * Context : any.
 * Returns : the sine in Q31.
 */
int32_t ecm_fixed_sin_q31(uint32_t phase);

/** Cosine of a phase.
 *
 * phase   [in] a turn is 2^32
 *
 * Numerics: at most 3 LSB from the true value, saturated to 2^31 - 1.
 * Context : any.
 * Returns : the cosine in Q31.
 */
int32_t ecm_fixed_cos_q31(uint32_t phase);

/** Angle of the point (x, y) in half turns.
 *
 * y       [in] any
 * x       [in] any; (0, 0) gives 0
 *
 * Numerics: at most 0.51 LSB from the true value; half a turn is -1, as -half a turn.
 * Context : any.
 * Returns : the angle over pi in Q15.
 */
int16_t ecm_fixed_atan2_q15(int16_t y, int16_t x);

/** Angle of the point (x, y) in half turns; as uint32_t it is a phase.
 *
 * y       [in] any
 * x       [in] any; (0, 0) gives 0
 *
 * Numerics: at most 3 LSB from the true value; half a turn is -1, as -half a turn.
 * Context : any.
 * Returns : the angle over pi in Q31.
 */
int32_t ecm_fixed_atan2_q31(int32_t y, int32_t x);

/** Binary logarithm.
 *
 * x       [in] Q16.16; 0 gives INT32_MIN
 *
 * Numerics: at most 0.51 LSB from the true value; exact at powers of two.
 * Context : any.
 * Returns : log2(x) in Q16.16, -16 ... 16.
 */
int32_t ecm_fixed_log2_q16(uint32_t x);

/** Power of two.
 *
 * x       [in] Q16.16; 16 and above gives UINT32_MAX
 *
 * Numerics: at most 0.51 LSB from the true value up to 2^8, and 2^-30 of it above.
 * Context : any.
 * Returns : 2^x in Q16.16.
 */
uint32_t ecm_fixed_exp2_q16(int32_t x);

ECM_EXTERN_C_END

#endif
