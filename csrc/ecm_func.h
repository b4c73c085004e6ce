/* ecm_func.h - the functions of a number that models use and machines' features do not.
 *
 * Built on ecm_math and ecm_trig; the same bits on all targets.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FUNC_H
#define ECM_FUNC_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/** Largest integer that is not larger.
 *
 * x       [in] any
 *
 * Numerics: exact; NaN and the infinities stay.
 * Context : any.
 * Returns : floor(x); NaN for NaN.
 */
float ecm_func_floor_f32(float x);

/** Smallest integer that is not smaller.
 *
 * x       [in] any
 *
 * Numerics: exact; NaN and the infinities stay.
 * Context : any.
 * Returns : ceil(x); NaN for NaN.
 */
float ecm_func_ceil_f32(float x);

/** Integer part.
 *
 * x       [in] any
 *
 * Numerics: exact; NaN and the infinities stay.
 * Context : any.
 * Returns : x without its fraction; NaN for NaN.
 */
float ecm_func_trunc_f32(float x);

/** Nearest integer, halves to the even one.
 *
 * x       [in] any
 *
 * Numerics: exact; NaN and the infinities stay.
 * Context : any.
 * Returns : the integer nearest to x; NaN for NaN.
 */
float ecm_func_round_f32(float x);

/** Tangent.
 *
 * x       [in] any; the infinities give NaN
 *
 * Formula : sine over cosine.
 * Numerics: at most 2 ulp from the true value where both are normal.
 * Context : any.
 * Returns : tan(x); NaN for NaN.
 */
float ecm_func_tan_f32(float x);

/** Inverse sine.
 *
 * x       [in] -1 ... 1, else NaN
 *
 * Formula : the angle of (sqrt((1 - x)(1 + x)), x).
 * Numerics: at most 3 ulp from the true value.
 * Context : any.
 * Returns : the angle, -pi/2 ... pi/2; NaN for NaN.
 */
float ecm_func_asin_f32(float x);

/** Inverse cosine.
 *
 * x       [in] -1 ... 1, else NaN
 *
 * Formula : the angle of (x, sqrt((1 - x)(1 + x))).
 * Numerics: at most 3 ulp from the true value.
 * Context : any.
 * Returns : the angle, 0 ... pi; NaN for NaN.
 */
float ecm_func_acos_f32(float x);

/** Hyperbolic sine.
 *
 * x       [in] any
 *
 * Formula : (e^x - e^-x) / 2; below 1 its series to x^9.
 * Numerics: at most 4 ulp from the true value; infinite beyond 88.72.
 * Context : any.
 * Returns : sinh(x); NaN for NaN.
 */
float ecm_func_sinh_f32(float x);

/** Hyperbolic cosine.
 *
 * x       [in] any
 *
 * Formula : (e^x + e^-x) / 2.
 * Numerics: at most 3 ulp from the true value; infinite beyond 88.72.
 * Context : any.
 * Returns : cosh(x); NaN for NaN.
 */
float ecm_func_cosh_f32(float x);

/** Inverse hyperbolic sine.
 *
 * x       [in] any
 *
 * Formula : sign of x times ln(|x| + sqrt(x^2 + 1)), by ecm_func_log1p_f32.
 * Numerics: at most 4 ulp from the true value.
 * Context : any.
 * Returns : the inverse; NaN for NaN.
 */
float ecm_func_asinh_f32(float x);

/** Inverse hyperbolic cosine.
 *
 * x       [in] >= 1, else NaN
 *
 * Formula : ln(1 + (t + sqrt(2 t + t^2))) with t = x - 1.
 * Numerics: at most 4 ulp from the true value.
 * Context : any.
 * Returns : the inverse, >= 0; NaN for NaN.
 */
float ecm_func_acosh_f32(float x);

/** Inverse hyperbolic tangent.
 *
 * x       [in] -1 ... 1, else NaN; the ends give the infinities
 *
 * Formula : ln(1 + 2 |x| / (1 - |x|)) / 2 with the sign of x.
 * Numerics: at most 4 ulp from the true value.
 * Context : any.
 * Returns : the inverse; NaN for NaN.
 */
float ecm_func_atanh_f32(float x);

/** Logarithm of 1 + x, also where x is tiny.
 *
 * x       [in] > -1; -1 gives -infinity, below NaN
 *
 * Formula : with u = 1 + x as rounded, ln(u) x / (u - 1).
 * Numerics: at most 3 ulp from the true value.
 * Source  : D. Goldberg, ACM Computing Surveys 23 (1991), theorem 4.
 * Context : any.
 * Returns : ln(1 + x); NaN for NaN.
 */
float ecm_func_log1p_f32(float x);

/** Exponential function less 1, also where x is tiny.
 *
 * x       [in] any
 *
 * Formula : with u = e^x as rounded, (u - 1) x / ln(u).
 * Numerics: at most 5 ulp from the true value.
 * Source  : N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed.,
 *           section 1.14.1.
 * Context : any.
 * Returns : e^x - 1; NaN for NaN.
 */
float ecm_func_expm1_f32(float x);

/** Smooth ramp.
 *
 * x       [in] any
 *
 * Formula : max(x, 0) + ln(1 + e^-|x|).
 * Numerics: at most 3 ulp from the true value.
 * Context : any.
 * Returns : ln(1 + e^x); NaN for NaN.
 */
float ecm_func_softplus_f32(float x);

/** Error function.
 *
 * x       [in] any
 *
 * Formula : x times a rational function of x^2, 1 beyond 3.83.
 * Numerics: at most 7 ulp from the true value, near the ends; 2 ulp below 2.
 * Source  : the coefficients are those of Eigen's and XLA's erf in single precision.
 * Context : any.
 * Returns : erf(x), -1 ... 1; NaN for NaN.
 */
float ecm_func_erf_f32(float x);

/** Clamp.
 *
 * x       [in] any; NaN stays
 * lo      [in] least result
 * hi      [in] largest result; it wins where lo is above it
 *
 * Context : any.
 * Returns : min(max(x, lo), hi).
 */
float ecm_func_clip_f32(float x, float lo, float hi);

/** Power.
 *
 * x       [in] base, any
 * y       [in] exponent, any
 *
 * Formula : for integers |y| <= 64, products of x by halving y; else 2^(y log2 |x|),
 *           negative for odd y and negative x.
 * Numerics: relative error at most (2 + |y log2 x|) 2^-23, in products 2^-23 a factor;
 *           x^0 and 1^y are 1, a negative x with y no integer gives NaN.
 * Context : any.
 * Returns : x to the power of y.
 */
float ecm_func_pow_f32(float x, float y);

/** Remainder with the sign of the dividend, as C's fmod.
 *
 * x       [in] dividend
 * y       [in] divisor; 0 gives NaN
 *
 * Numerics: exact.
 * Cost    : a step a bit of the quotient.
 * Context : any.
 * Returns : x less the integer part of x / y times y; NaN if x is infinite.
 */
float ecm_func_fmod_f32(float x, float y);

/** Remainder with the sign of the divisor, as Python's and NumPy's.
 *
 * x       [in] dividend
 * y       [in] divisor; 0 gives NaN
 *
 * Numerics: one rounding where the signs differ.
 * Context : any.
 * Returns : x less the largest integer not above x / y times y.
 */
float ecm_func_mod_f32(float x, float y);

ECM_EXTERN_C_END

#endif
