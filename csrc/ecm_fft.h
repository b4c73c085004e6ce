/* ecm_fft.h - discrete Fourier transforms, in place, unscaled, in natural order.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FFT_H
#define ECM_FFT_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/** Complex transform.
 *
 * x       [in,out] x_len complex numbers, real and imaginary part in turn
 * x_len   [in]     power of two, 2 ... ECM_FFT_MAX_LEN
 * inverse [in]     true for exp(+i...); the result is not divided by x_len
 *
 * Formula : X[k] = sum x[i] exp(-+2 pi i k i / x_len).
 * Numerics: relative L2 error below 2e-7 * log2(x_len); bit-identical on all targets.
 * Context : any, one caller per x.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_fft_c2c_f32(float *x, uint32_t x_len, bool inverse);

/** Transform of real data, packed.
 *
 * x       [in,out] x_len reals in; out x[0] = X[0], x[1] = X[x_len/2], then X[1],
 *                  X[2], ... as real and imaginary part in turn
 * x_len   [in]     power of two, 4 ... ECM_FFT_MAX_LEN
 *
 * Formula : a complex transform of half the length and one recombination pass.
 * Numerics: as ecm_fft_c2c_f32.
 * Context : any, one caller per x.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_fft_r2c_f32(float *x, uint32_t x_len);

ECM_EXTERN_C_END

#endif
