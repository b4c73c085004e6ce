/* ecm_math.h - the elementary functions, since libm's differ between C libraries.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_MATH_H
#define ECM_MATH_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/** Square root, correctly rounded.
 *
 * x       [in] any; negative gives NaN, -0 gives -0
 *
 * Numerics: the hardware instruction where there is one, the same bits elsewhere.
 * Context : any.
 * Returns : sqrt(x).
 */
float ecm_math_sqrt_f32(float x);

/** Exponential function.
 *
 * x       [in] any; above 88.72283 gives +infinity, below -103.97208 gives 0
 *
 * Numerics: at most 0.52 ulp from the true value, subnormal results included.
 * Context : any.
 * Returns : e to the power of x; NaN for NaN.
 */
float ecm_math_exp_f32(float x);

/** Natural logarithm.
 *
 * x       [in] any; 0 gives -infinity, negative gives NaN, subnormals are exact input
 *
 * Numerics: at most 0.68 ulp from the true value.
 * Context : any.
 * Returns : ln(x).
 */
float ecm_math_log_f32(float x);

/** Binary logarithm.
 *
 * x       [in] any; 0 gives -infinity, negative gives NaN, subnormals are exact input
 *
 * Numerics: at most 0.68 ulp from the true value; exact at powers of two.
 * Context : any.
 * Returns : log2(x).
 */
float ecm_math_log2_f32(float x);

/** Hyperbolic tangent.
 *
 * x       [in] any; the infinities give -1 and 1, -0 gives -0
 *
 * Numerics: at most 0.52 ulp from the true value.
 * Context : any.
 * Returns : tanh(x); NaN for NaN.
 */
float ecm_math_tanh_f32(float x);

/** Logistic function.
 *
 * x       [in] any; the infinities give 0 and 1
 *
 * Formula : 1 / (1 + e^-x).
 * Numerics: at most 0.52 ulp from the true value, subnormal results included.
 * Context : any.
 * Returns : the value, 0 ... 1; NaN for NaN.
 */
float ecm_math_logistic_f32(float x);

/** Is it a finite number?
 *
 * x       [in] any
 *
 * Context : any.
 * Returns : false for NaN and the infinities.
 */
bool ecm_math_isfinite_f32(float x);

/** Float to integer, saturating, rounded half away from zero.
 *
 * C leaves out-of-range conversion to the processor; this does not.
 *
 * x       [in] any; NaN gives 0
 * lo      [in] smallest result, at least -2^24
 * hi      [in] largest result, at most 2^24
 *
 * Context : any.
 * Returns : the integer nearest to x, within lo ... hi.
 */
int32_t ecm_math_round_s32_f32(float x, int32_t lo, int32_t hi);

/** Sum in four striped lanes, the canonical order of every sum in the library.
 *
 * x       [in] x_len values
 * x_len   [in] 0 gives 0
 *
 * Formula : element i goes to lane i mod 4; (l0 + l1) + (l2 + l3).
 * Context : any.
 * Returns : the sum.
 */
float ecm_math_sum_f32(const float *x, uint32_t x_len);

/** Sum of squared differences, in four striped lanes.
 *
 * x       [in] x_len values
 * y       [in] x_len values
 * x_len   [in] 0 gives 0
 *
 * Formula : (x[i] - y[i])^2 goes to lane i mod 4; (l0 + l1) + (l2 + l3).
 * Context : any.
 * Returns : the sum.
 */
float ecm_math_sum_sq_diff_f32(const float *x, const float *y, uint32_t x_len);

ECM_EXTERN_C_END

#endif
