/* ecm_fft.h - discrete Fourier transforms of single precision, unscaled, in natural
 * order, from one buffer to another.
 *
 * Lengths of a complex transform: n = 8 ... 8192 of the form 2^a 3^b 5^c, a >= 3, b and
 * c at most 1. A real transform of 2 n samples, 16 ... 16384, is a complex one of n and
 * a recombination.
 *
 * A plan says how: its passes, and the twiddle factors in the order of use. A package
 * brings the plans of its lengths as constants, so that the linker keeps just the
 * passes and tables of these; ecm_fft_plan.h makes any plan at run time.
 *
 * The arithmetic, which a faster twin keeps to the bit. Decimation in time. The radices
 * of n are as many 8 as go into 2^a, then what is left of it, 2 or 4, then 3, then 5.
 * The first pass has no twiddles; in the later ones, with l the product of the radices
 * before, element m >= 1 of butterfly k is first multiplied by w = exp(-2 pi i m k/(r
 * l)), also where w is 1: (a.re w.re - a.im w.im, a.re w.im + a.im w.re). Butterflies:
 *
 *   2   X0 = a0 + a1, X1 = a0 - a1
 *   4   s = a0 + a2, d = a0 - a2, t = a1 + a3, u = a1 - a3;
 *       X0 = s + t, X1 = d - i u, X2 = s - t, X3 = d + i u
 *   8   E = butterfly 4 of a0 a2 a4 a6, O = of a1 a3 a5 a7, c = sqrt(1/2);
 *       X0, X4 = E0 +- O0; X2, X6 = E2 -+ i O2;
 *       X1, X5 = E1 +- ((O1.re + O1.im) c, (O1.im - O1.re) c);
 *       X3, X7 = E3 +- ((O3.im - O3.re) c, -(O3.re + O3.im) c)
 *   3   t = a1 + a2, v = (a1 - a2) sin(2 pi/3), u = a0 - t/2;
 *       X0 = a0 + t, X1 = u - i v, X2 = u + i v
 *   5   t = a1 + a4, u = a2 + a3, d = a1 - a4, e = a2 - a3,
 *       p = a0 + (c1 t + c2 u), q = a0 + (c2 t + c1 u), cj = cos(2 pi j/5), sj = sin;
 *       v = s1 d + s2 e, w = s2 d - s1 e;
 *       X0 = a0 + (t + u), X1 = p - i v, X4 = p + i v, X2 = q - i w, X3 = q + i w
 *
 * Recombination of bins k and n - k, 0 < k < n/2, with h = exp(-2 pi i k/2n) / 2:
 * e = Z[k] + conj Z[n-k], o = (Z[k].im + Z[n-k].im, Z[n-k].re - Z[k].re), t = o h;
 * X[k] = e/2 + t, X[n-k] = conj(e/2 - t); X[0], X[n] = Z[0].re +- Z[0].im and
 * X[n/2] = conj Z[n/2].
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FFT_H
#define ECM_FFT_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

#define ECM_FFT_LEN_MIN 8 /* of complex transforms; twice that of real ones */
#define ECM_FFT_LEN_MAX 8192
#define ECM_FFT_PASSES_MAX 4 /* after the first */

/* A pass after the first, in place: see ecm_fft_pass8_f32. */
typedef void (*ecm_fft_pass_fn_t)(float *x, uint32_t x_len, uint32_t span,
                                  const float *twiddle);

typedef struct {
    ecm_fft_pass_fn_t run;
    const float *twiddle; /* 2 span (radix - 1) floats: for each k of m = 1 ... */
    uint32_t span;        /* l: product of the radices before */
    uint32_t step;        /* n / (l radix): input elements between its butterflies */
} ecm_fft_pass_t;

typedef struct {
    uint32_t len;        /* n, complex elements */
    uint32_t passes_len; /* after the first, which is of radix 8 */
    ecm_fft_pass_t pass[ECM_FFT_PASSES_MAX];
    const float *half; /* n - 2 floats: h for k = 1 ... n/2 - 1; NULL: complex only */
} ecm_fft_plan_t;

/** Complex transform.
 *
 * plan    [in]  for n = plan->len
 * x       [in]  n complex numbers, real and imaginary part in turn
 * out     [out] n complex numbers
 * inverse [in]  true for exp(+i...); the result is not divided by n
 *
 * Formula : X[k] = sum x[i] exp(-+2 pi i k i / n).
 * Numerics: relative L2 error below 2e-7 log2(n); bit-identical on all targets. NaN
 *           and infinity spread over the whole result.
 * Aliasing: out must not overlap x.
 * Context : any, one caller per out.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_fft_c2c_f32(const ecm_fft_plan_t *plan, const float *x, float *out,
                             bool inverse);

/** Transform of real data, packed.
 *
 * plan    [in]  for n = plan->len, with the factors h
 * x       [in]  2 n reals
 * out     [out] 2 n floats: X[0] and X[n], which are real, then X[1], X[2], ... as real
 *               and imaginary part in turn
 *
 * Numerics: as ecm_fft_c2c_f32.
 * Aliasing: out must not overlap x.
 * Context : any, one caller per out.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_fft_r2c_f32(const ecm_fft_plan_t *plan, const float *x, float *out);

/** Transform of real data that is shifted and tapered on its way in.
 *
 * plan    [in]  as for ecm_fft_r2c_f32
 * x       [in]  2 n reals
 * mean    [in]  subtracted from each, 0 for none
 * taper   [in]  2 n factors
 * out     [out] as of ecm_fft_r2c_f32
 *
 * Formula : the transform of (x[i] - mean) taper[i], each rounded once.
 * Aliasing: out must not overlap x or taper.
 * Context : any, one caller per out.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_fft_r2c_taper_f32(const ecm_fft_plan_t *plan, const float *x,
                                   float mean, const float *taper, float *out);

/** Power of the bins of real data: the recombination gives squares only.
 *
 * plan    [in]  as for ecm_fft_r2c_f32
 * x       [in]  2 n reals
 * mean    [in]  subtracted from each; read if there is a taper
 * taper   [in]  2 n factors, or NULL for the data as they are
 * work    [out] 2 n floats, scratch
 * power   [out] n + 1 floats: |X[k]|^2, k = 0 ... n
 *
 * Formula : re re + im im of ecm_fft_r2c_taper_f32, unscaled.
 * Aliasing: power may be x, work must overlap nothing.
 * Context : any, one caller per work.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_fft_power_f32(const ecm_fft_plan_t *plan, const float *x, float mean,
                               const float *taper, float *work, float *power);

/** Inverse of ecm_fft_r2c_f32, times 2 n.
 *
 * plan     [in]     as for ecm_fft_r2c_f32
 * spectrum [in,out] 2 n floats as ecm_fft_r2c_f32 packs them; destroyed
 * out      [out]    2 n reals
 *
 * Formula : with e = X[k] + conj X[n-k], o = X[k] - conj X[n-k], t = o conj h twice:
 *           Z[k] = e + i t, Z[n-k] = conj(e - i t), and the inverse transform of Z.
 * Numerics: as ecm_fft_c2c_f32.
 * Aliasing: out must not overlap spectrum.
 * Context : any, one caller per out.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_fft_c2r_f32(const ecm_fft_plan_t *plan, float *spectrum, float *out);

/** Can complex data of this length be transformed?
 *
 * n       [in] complex elements; half the samples of a real transform
 *
 * Context : any.
 * Returns : true for the lengths that the top of this file lists.
 */
bool ecm_fft_is_length(uint32_t n);

/* ---- passes, for the tables of plans ------------------------------------------- */

/** Pass of radix 2, in place.
 *
 * x       [in,out] x_len complex elements
 * x_len   [in]     multiple of 2 span
 * span    [in]     even; transforms of this length become ones of twice it
 * twiddle [in]     span complex factors
 *
 * Context : any, one caller per x.
 * Returns : nothing.
 */
void ecm_fft_pass2_f32(float *x, uint32_t x_len, uint32_t span, const float *twiddle);

/** Pass of radix 3, in place.
 *
 * x       [in,out] x_len complex elements
 * x_len   [in]     multiple of 3 span
 * span    [in]     transforms of this length become ones of three times it
 * twiddle [in]     2 span complex factors
 *
 * Context : any, one caller per x.
 * Returns : nothing.
 */
void ecm_fft_pass3_f32(float *x, uint32_t x_len, uint32_t span, const float *twiddle);

/** Pass of radix 4, in place.
 *
 * x       [in,out] x_len complex elements
 * x_len   [in]     multiple of 4 span
 * span    [in]     transforms of this length become ones of four times it
 * twiddle [in]     3 span complex factors
 *
 * Context : any, one caller per x.
 * Returns : nothing.
 */
void ecm_fft_pass4_f32(float *x, uint32_t x_len, uint32_t span, const float *twiddle);

/** Pass of radix 5, in place.
 *
 * x       [in,out] x_len complex elements
 * x_len   [in]     multiple of 5 span
 * span    [in]     transforms of this length become ones of five times it
 * twiddle [in]     4 span complex factors
 *
 * Context : any, one caller per x.
 * Returns : nothing.
 */
void ecm_fft_pass5_f32(float *x, uint32_t x_len, uint32_t span, const float *twiddle);

/** Pass of radix 8, in place.
 *
 * x       [in,out] x_len complex elements
 * x_len   [in]     multiple of 8 span
 * span    [in]     transforms of this length become ones of eight times it
 * twiddle [in]     7 span complex factors
 *
 * Context : any, one caller per x.
 * Returns : nothing.
 */
void ecm_fft_pass8_f32(float *x, uint32_t x_len, uint32_t span, const float *twiddle);

ECM_EXTERN_C_END

#endif
