/* ecm_trig.h - sine, cosine and the angle of a point.
 *
 * Calculated in integers (see ecm_bits.h), so the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_TRIG_H
#define ECM_TRIG_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/** Sine of an angle.
 *
 * x       [in] radians, any size; the infinities give NaN
 *
 * Numerics: at most 0.52 ulp from the true value, over all of float32; -0 gives -0.
 * Context : any.
 * Source  : M. Payne and R. Hanek, ACM SIGNUM Newsletter 18 (1983), 19-24.
 * Returns : sin(x); NaN for NaN.
 */
float ecm_trig_sin_f32(float x);

/** Cosine of an angle.
 *
 * x       [in] radians, any size; the infinities give NaN
 *
 * Numerics: at most 0.52 ulp from the true value, over all of float32.
 * Context : any.
 * Source  : M. Payne and R. Hanek, ACM SIGNUM Newsletter 18 (1983), 19-24.
 * Returns : cos(x); NaN for NaN.
 */
float ecm_trig_cos_f32(float x);

/** Sine and cosine of one angle, for the work of little more than one of them.
 *
 * x       [in]  radians, any size; the infinities give NaN
 * s       [out] sine, the bits of ecm_trig_sin_f32
 * c       [out] cosine, the bits of ecm_trig_cos_f32
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_trig_sincos_f32(float x, float *s, float *c);

/** Angle of the point (x, y) as seen from the origin.
 *
 * y       [in] any
 * x       [in] any
 *
 * Numerics: at most 0.52 ulp from the true value, subnormal results included. Zeros and
 *           infinities as C99 annex F: a zero y keeps its sign and gives a zero for x
 *           of +0 or above, pi otherwise; two infinities count as equal.
 * Context : any.
 * Returns : radians, -pi ... pi, the sign that of y; NaN if either is NaN.
 */
float ecm_trig_atan2_f32(float y, float x);

ECM_EXTERN_C_END

#endif
