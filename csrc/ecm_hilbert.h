/* ecm_hilbert.h - analytic signal of real data, by Fourier transforms.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_HILBERT_H
#define ECM_HILBERT_H

#include "ecm_fft.h"

ECM_EXTERN_C_BEGIN

/** Analytic signal: the real data and, as imaginary part, their Hilbert transform.
 *
 * real    [in]  for x_len = 2 real->len reals
 * c2c     [in]  for x_len complex elements
 * x       [in]  x_len reals, at most 8192
 * work    [out] 2 x_len floats, scratch
 * out     [out] x_len complex numbers
 *
 * Formula : bins of negative frequency are set to 0, those of positive frequency
 *           doubled; divided by x_len, so that the real part is x, as
 *           scipy.signal.hilbert.
 * Numerics: relative L2 error below 4e-7 log2(x_len); bit-identical on all targets.
 * Aliasing: no two may overlap.
 * Context : any, one caller per work.
 * Source  : S. L. Marple, IEEE Trans. Signal Process. 47 (1999), 2600-2603.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH if the plans do not fit each other.
 */
ecm_status_t ecm_hilbert_f32(const ecm_fft_plan_t *real, const ecm_fft_plan_t *c2c,
                             const float *x, float *work, float *out);

ECM_EXTERN_C_END

#endif
