/* ecm_dct.h - cosine transform (type II) of real data, by a real Fourier transform of
 * the same length.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_DCT_H
#define ECM_DCT_H

#include "ecm_fft.h"

ECM_EXTERN_C_BEGIN

/* Floats of the factors for x_len samples: cos and sin of pi k / (2 x_len), k = 0 ...
 * x_len/2 - 1, in turn. Computed in float64 and rounded once. */
#define ECM_DCT_TWIDDLE_LEN(x_len) (x_len)

typedef struct {
    const ecm_fft_plan_t *fft; /* for x_len = 2 fft->len reals */
    const float *twiddle;      /* ECM_DCT_TWIDDLE_LEN(x_len) floats */
} ecm_dct_plan_t;

/** Discrete cosine transform, type II, unscaled.
 *
 * plan    [in]  for x_len samples, 16 ... 16384, see ecm_fft.h
 * x       [in]  x_len reals
 * work    [out] x_len floats, scratch
 * out     [out] x_len coefficients
 *
 * Formula : out[k] = 2 sum x[i] cos(pi k (2 i + 1) / (2 x_len)), as scipy.fft.dct.
 * Numerics: relative L2 error below 2e-7 log2(x_len); bit-identical on all targets.
 * Aliasing: out may be x; work must overlap neither.
 * Context : any, one caller per work.
 * Source  : J. Makhoul, IEEE Trans. ASSP 28 (1980), 27-34.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_dct_f32(const ecm_dct_plan_t *plan, const float *x, float *work,
                         float *out);

ECM_EXTERN_C_END

#endif
