/* ecm_dft.h - a handful of frequencies without a whole transform: Goertzel's recursion
 * over a block, and a sliding transform that has a value after every sample.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_DFT_H
#define ECM_DFT_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/* ---- Goertzel ------------------------------------------------------------------- */

/* A frequency w = 2 pi f / fs, 0 <= w <= pi, which need not be a bin. The recursion is
 * Reinsch's form, which stays accurate near 0 and near half the sampling rate, where
 * the plain one loses digits with the square of the length. */
typedef struct {
    float step;   /* -4 sin^2(w/2) if w <= pi/2, else 4 cos^2(w/2) */
    float cosine; /* cos w */
    float sine;   /* sin w */
    float sign;   /* 1 if w <= pi/2, else -1 */
} ecm_dft_goertzel_cfg_t;

typedef struct {
    float sum;        /* s[i] of the recursion */
    float difference; /* s[i] - sign s[i-1] */
} ecm_dft_goertzel_t;

/** Start a block.
 *
 * st      [out] zeros
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_dft_goertzel_init(ecm_dft_goertzel_t *st);

/** Take samples of a block; any split of it gives the same bits.
 *
 * st      [in,out] from ecm_dft_goertzel_init
 * cfg     [in]     the same values at every call
 * x       [in]     x_len samples; NaN or infinity stay in the state
 * x_len   [in]     0 does nothing
 *
 * Formula : d[i] = sign d[i-1] + step s[i-1] + x[i], s[i] = sign s[i-1] + d[i]
 * Cost    : O(x_len), one product a sample.
 * Context : any, one caller per st.
 * Source  : G. Goertzel, Amer. Math. Monthly 65 (1958), 34-35; J. Stoer, R. Bulirsch,
 *           Introduction to Numerical Analysis, 2.3.3 (Reinsch).
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_dft_goertzel_update_f32(ecm_dft_goertzel_t *st,
                                         const ecm_dft_goertzel_cfg_t *cfg,
                                         const float *x, uint32_t x_len);

/** The transform of the block at the frequency, phase counted from its last sample.
 *
 * st      [in]  after the last sample of the block
 * cfg     [in]  as for the update
 * out     [out] real and imaginary part of sum x[i] exp(i w (n - 1 - i))
 *
 * The magnitude is that of the Fourier transform; at bin k of n samples the value is
 * the Fourier transform's times exp(-i w).
 *
 * Numerics: relative error below 4e-7 sqrt(n) of sqrt(n sum x^2).
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_dft_goertzel_value_f32(const ecm_dft_goertzel_t *st,
                                        const ecm_dft_goertzel_cfg_t *cfg, float *out);

/* ---- sliding -------------------------------------------------------------------- */

/* Floats of the wave of a window of n samples: cos(2 pi j / n), j = 0 ... 5 n/4 - 1; n
 * is a multiple of 4. */
#define ECM_DFT_WAVE_LEN(n) ((n) / 4U * 5U)

typedef struct {
    const float *wave; /* ECM_DFT_WAVE_LEN(len) floats, shared by all bins */
    uint32_t len;      /* samples of the window, a multiple of 4 */
    uint32_t bin;      /* k, 0 ... len/2 */
} ecm_dft_sliding_cfg_t;

/* Two sums: one slides, a second is built afresh and takes its place once a window, so
 * that rounding errors do not grow. */
typedef struct {
    float re;
    float im;
    float fresh_re;
    float fresh_im;
    uint32_t index; /* of the next sample within a window's length */
    uint32_t phase; /* bin * index mod len */
} ecm_dft_sliding_t;

/** Start before the first sample: as after len zeros.
 *
 * st      [out] zeros
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_dft_sliding_init(ecm_dft_sliding_t *st);

/** Slide the window by one sample.
 *
 * st      [in,out] from ecm_dft_sliding_init
 * cfg     [in]     the same values at every call
 * x       [in]     the new sample, finite
 * oldest  [in]     the sample that leaves the window, the one of len samples ago; 0
 *                  while there is none
 *
 * Formula : the sum of x[i] exp(-2 pi i k i / len) over the last len samples, i counted
 *           from the first: the phase is that of the stream, the magnitude that of the
 *           window's bin.
 * Cost    : four products a sample and bin.
 * Numerics: the error is that of at most 2 len additions, however long it runs.
 * Context : any, one caller per st.
 * Source  : K. Duda, IEEE Signal Process. Mag. 27 (2010), 124-127 (modulated form).
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG, ECM_ERR_STATE.
 */
ecm_status_t ecm_dft_sliding_update_f32(ecm_dft_sliding_t *st,
                                        const ecm_dft_sliding_cfg_t *cfg, float x,
                                        float oldest);

ECM_EXTERN_C_END

#endif
