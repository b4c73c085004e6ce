/* ecm_host_kernels.h - between ecm_host_feat.c and its forms for each register width.
 *
 * What the device library does with a window after its transform, on registers of 4, 8
 * or 16 floats. What has no sum works on neighbours of one row; sums take several rows
 * at once, the four lanes of each in a quarter of a register.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_HOST_KERNELS_H
#define ECM_HOST_KERNELS_H

#include "ecm_host.h"

ECM_EXTERN_C_BEGIN

enum {
    ECM_HOST_KERNEL_ROWS_MAX = 4,
    ECM_HOST_KERNEL_STEP_MAX = 16 /* of a decimation by registers */
};

#define ECM_HOST_KERNEL_DOTS_LEN(x_len)                                                \
    ((x_len) + (uint32_t)ECM_HOST_KERNEL_STEP_MAX * (1U + 2U * 16U))

typedef struct {
    uint32_t rows; /* of a call of those that take `row`; at most the number above */

    /* ecm_spectrum_hann_power_f32 */
    void (*hann_power)(const float *bins, uint32_t x_len, float scale, float *power);

    /* ecm_math_sum_f32 of x_len values of each row */
    void (*sum)(const float *const *row, uint32_t x_len, float *sum);

    /* sum of each row, and sum of k x[k] as in ecm_spectrum_centroid_f32 */
    void (*sum_first)(const float *const *row, uint32_t x_len, float *sum,
                      float *first);

    /* sum of x, and sum of x^2, of each row */
    void (*sum_squares)(const float *const *row, uint32_t x_len, float *sum,
                        float *squares);

    /* sums of d^2 x[k], d^3 x[k] and d^4 x[k] with d = k - centre, a row each; as in
     * ecm_spectrum_moments_f32 */
    void (*sum_central)(const float *const *row, uint32_t x_len, const float *centre,
                        float (*sum)[3]);

    /* sum of s log2(s) with s = x[k] per_total, in Q23, as in ecm_spectrum_entropy_f32
     */
    void (*sum_surprise)(const float *const *row, uint32_t x_len,
                         const float *per_total, float *sum);

    /* product of the significands of x[k] per_mean, kept below 2^64, and sum of their
     * exponents and 127, as in ecm_spectrum_flatness_f32 */
    void (*product)(const float *const *row, uint32_t x_len, const float *per_mean,
                    float *product, uint32_t *whole);

    /* largest x, at least 0, as in ecm_spectrum_crest_f32 */
    void (*peak)(const float *const *row, uint32_t x_len, float *peak);

    /* sum of x[j step + i] taps[i] over i for j = 0 ... count - 1, four lanes each, as
     * in ecm_decimate_f32; work: ECM_HOST_KERNEL_DOTS_LEN of as many x as are read */
    void (*dots)(const float *x, uint32_t step, uint32_t count, const float *taps,
                 uint32_t taps_len, float *work, float *out);

    /* x_len complex numbers, each divided by its magnitude, 0 where that is 0; as in
     * ecm_envelope_white_f32 */
    void (*whiten)(const float *x, uint32_t x_len, float *out);

    /* (2 x[k] - x[k-1] - x[k+1]) scale of complex numbers, k = 0 ... x_len - 1; as in
     * ecm_envelope_analytic_f32 */
    void (*taper)(const float *x, uint32_t x_len, float scale, float *out);

    /* x + y, x_len values; out may be either */
    void (*add)(const float *x, const float *y, uint32_t x_len, float *out);

    /* ecm_envelope_squared_f32, _magnitude_f32, _log_f32; out may be z */
    void (*squared)(const float *z, uint32_t z_len, float *out);
    void (*magnitude)(const float *z, uint32_t z_len, float *out);
    void (*log_squared)(const float *z, uint32_t z_len, float *out);

    /* amplitudes of x_len/2 + 1 packed bins, as in ecm_envelope_spectrum_f32; out may
     * be bins */
    void (*amplitude)(const float *bins, uint32_t x_len, float *out);
} ecm_host_kernels_t;

/** The kernels of an instruction set.
 *
 * isa     [in] ECM_HOST_ISA_..., at most what ecm_host_isa returns
 *
 * Context : any.
 * Returns : constants; NULL for ECM_HOST_ISA_SCALAR, which is the device library.
 */
const ecm_host_kernels_t *ecm_host_kernels(int32_t isa);

extern const ecm_host_kernels_t ecm_host_kernels_base;
extern const ecm_host_kernels_t ecm_host_kernels_avx2;
extern const ecm_host_kernels_t ecm_host_kernels_avx512;

ECM_EXTERN_C_END

#endif
