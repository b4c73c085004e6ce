/* ecm_fft_q15.h - discrete Fourier transforms of 16-bit samples in integers, for cores
 * without a floating-point unit.
 *
 * Samples are Q15 numbers, spectra are block floating point: 32-bit integers with one
 * exponent, X[k] = out[k] 2^exponent in units of the samples' last bit (divide by 32768
 * for samples that mean -1 ... 1). Samples gain as many bits on their way in as their
 * largest leaves free, and nothing is rounded to 16 bits on the way through, so that a
 * small vibration keeps its resolution, and a long window that of its weak bins.
 *
 * Lengths of real data are the powers of two 16 ... 4096; complex transforms have half
 * as many elements, n = 8 ... 2048. A program names the plans it uses, such as
 * ecm_fft_q15_plan_1024, and the linker keeps just the passes and tables of these.
 *
 * The arithmetic, which every core keeps to the bit. Decimation in time; the radices
 * are 8 where log2 n is odd and 4 where it is even, then 4. Twiddle factors w = c - i s
 * are stored as -c and -s in Q15; products are a (x) b = floor(a b / 2^16), so that a
 * factor halves: (p + i q) w / 2 is -(p (x) -c + q (x) -s) + i (p (x) -s - q (x) -c).
 *
 *   samples: (x 2^g), or ((x - mean) 2^g) (x) taper; g = 14 - r - passes + h, at most
 *       14, where 2^r is the first radix, passes are the later ones, and h the free
 *       bits of the largest sample (and the mean, if there is a taper)
 *   4   s = a0 + a2, d = a0 - a2, t = a1 + a3, u = a1 - a3;
 *       X0 = s + t, X1 = d - i u, X2 = s - t, X3 = d + i u
 *   8   E = butterfly 4 of a0 a2 a4 a6, O = of a1 a3 a5 a7, C = 23170;
 *       X0, X4 = E0 +- O0; X2, X6 = E2 -+ i O2;
 *       X1, X5 = E1 +- 2 ((O1.re + O1.im) (x) C, (O1.im - O1.re) (x) C);
 *       X3, X7 = E3 +- 2 ((O3.im - O3.re) (x) C, (-O3.re - O3.im) (x) C)
 *   later passes: butterfly 4 of floor(a0 / 2) and a1 ... a3 times their factors
 *   real data: e = Z[k] + conj Z[n-k], f = floor(e / 2),
 *       t = (Z[k].im + Z[n-k].im, Z[n-k].re - Z[k].re) times exp(-2 pi i k/2n);
 *       X[k] = f + t, X[n-k] = conj(f - t), 0 < k < n/2;
 *       X[0], X[n] = Z[0].re +- Z[0].im, X[n/2] = conj Z[n/2]
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FFT_Q15_H
#define ECM_FFT_Q15_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

#define ECM_FFT_Q15_PASSES_MAX 4 /* after the first */

/* A pass after the first, in place on x_len complex elements. */
typedef void (*ecm_fft_q15_pass_fn_t)(int32_t *x, uint32_t x_len);

typedef struct {
    uint32_t len;          /* n, complex elements */
    uint32_t radix;        /* of the first pass */
    uint32_t passes_len;   /* after the first */
    const uint32_t *twist; /* twiddle factors of real data, k = 1 ... n/2 - 1 */
    ecm_fft_q15_pass_fn_t pass[ECM_FFT_Q15_PASSES_MAX];
} ecm_fft_q15_plan_t;

/* By the number of real samples; half of it for complex ones. */
extern const ecm_fft_q15_plan_t ecm_fft_q15_plan_16;
extern const ecm_fft_q15_plan_t ecm_fft_q15_plan_32;
extern const ecm_fft_q15_plan_t ecm_fft_q15_plan_64;
extern const ecm_fft_q15_plan_t ecm_fft_q15_plan_128;
extern const ecm_fft_q15_plan_t ecm_fft_q15_plan_256;
extern const ecm_fft_q15_plan_t ecm_fft_q15_plan_512;
extern const ecm_fft_q15_plan_t ecm_fft_q15_plan_1024;
extern const ecm_fft_q15_plan_t ecm_fft_q15_plan_2048;
extern const ecm_fft_q15_plan_t ecm_fft_q15_plan_4096;

/** Find the plan of a length at run time; links all plans and 21 KB of tables.
 *
 * x_len [in] real samples, or twice the complex ones
 *
 * Context : any.
 * Returns : the plan, NULL if the length is not supported.
 */
const ecm_fft_q15_plan_t *ecm_fft_q15_plan(uint32_t x_len);

/** Complex transform.
 *
 * plan     [in]  for n = plan->len
 * x        [in]  n complex samples, real and imaginary part in turn
 * inverse  [in]  true for exp(+i...); the result is not divided by n
 * out      [out] n complex numbers, times 2^exponent
 * exponent [out] of all of out, -14 ... -3
 *
 * Formula : X[k] = sum x[i] exp(-+2 pi i k i / n).
 * Numerics: as ecm_fft_q15_r2c.
 * Aliasing: out must not overlap x.
 * Context : any, one caller per out.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_fft_q15_c2c(const ecm_fft_q15_plan_t *plan, const int16_t *x,
                             bool inverse, int32_t *out, int32_t *exponent);

/** Transform of real data, packed.
 *
 * plan     [in]  for n = plan->len
 * x        [in]  2 n samples
 * out      [out] 2 n numbers, times 2^exponent: X[0] and X[n], which are real, then
 *                X[1], X[2], ... as real and imaginary part in turn
 * exponent [out] of all of out, -14 ... -3
 *
 * Numerics: at least 88 dB from signal to error, all bins together, where the samples
 *           have a root mean square of 2 or more: the 16 bits of the factors limit it;
 *           52 dB for the quietest of all, a single 1 or -1. No overflow.
 * Aliasing: out must not overlap x.
 * Context : any, one caller per out.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_fft_q15_r2c(const ecm_fft_q15_plan_t *plan, const int16_t *x,
                             int32_t *out, int32_t *exponent);

/** Transform of real data that is shifted and tapered on its way in.
 *
 * plan     [in]  as for ecm_fft_q15_r2c
 * x        [in]  2 n samples
 * mean     [in]  subtracted from each without overflow, 0 for none
 * taper    [in]  2 n factors in Q15: 32767 stands for just below 1
 * out      [out] as of ecm_fft_q15_r2c
 * exponent [out] of all of out, -13 ... -2
 *
 * Formula : the transform of (x[i] - mean) taper[i] / 32768.
 * Numerics: as ecm_fft_q15_r2c.
 * Aliasing: out must not overlap x or taper.
 * Context : any, one caller per out.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_fft_q15_r2c_taper(const ecm_fft_q15_plan_t *plan, const int16_t *x,
                                   int16_t mean, const int16_t *taper, int32_t *out,
                                   int32_t *exponent);

/** Power of the bins of real data.
 *
 * spectrum       [in]  2 n numbers as ecm_fft_q15_r2c packs them
 * n              [in]  > 0
 * exponent       [in]  of spectrum, -1000 ... 1000
 * power          [out] n + 1 numbers, times 2^power_exponent: |X[k]|^2, k = 0 ... n
 * power_exponent [out] of all of power, 2 (exponent - 13) ... 2 (exponent + 17)
 *
 * Formula : with v = floor(re 2^s), s such that the largest |v| is 2^29 ... 2^30,
 *           and l the low 16 bits of v: floor((v + l) (v >> 16) / 2^16), and as much
 *           of im; 0 where the sum is below.
 * Numerics: the largest is 2^26 ... 2^29, unless all are 0; each is within 4 units.
 * Aliasing: power may be spectrum.
 * Context : any, one caller per power.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_fft_q15_power(const int32_t *spectrum, uint32_t n, int32_t exponent,
                               uint32_t *power, int32_t *power_exponent);

ECM_EXTERN_C_END

#endif
