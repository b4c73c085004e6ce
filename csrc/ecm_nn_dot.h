/* ecm_nn_dot.h - four sums of products at once: where float32 networks spend their
 * time.
 *
 * Twin: port/ecm_nn_dot_fpu.c (Cortex-M with a floating-point unit), the same bits.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_NN_DOT_H
#define ECM_NN_DOT_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/** Two rows of weights by two inputs.
 *
 * w0      [in]  n values
 * w1      [in]  n values
 * x0      [in]  n values
 * x1      [in]  n values; any of the four may overlap
 * n       [in]  any; 0 gives 0
 * sums    [out] four: w0 x0, w1 x0, w0 x1, w1 x1
 *
 * Formula : product i goes to lane i mod 4; (l0 + l1) + (l2 + l3).
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_nn_dot_four_f32(const float *w0, const float *w1, const float *x0,
                                 const float *x1, uint32_t n, float *sums);

ECM_EXTERN_C_END

#endif
