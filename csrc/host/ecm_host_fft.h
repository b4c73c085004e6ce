/* ecm_host_fft.h - transforms of many windows: the bits of ecm_fft.h, sooner.
 *
 * A window, called a row here, may start anywhere: rows that overlap need no copy.
 * Lengths are those of ecm_fft.h; where a length has no vector form (short ones, and on
 * 16 lanes those with a factor 3 or 5) the next narrower one does it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_HOST_FFT_H
#define ECM_HOST_FFT_H

#include "ecm_fft.h"
#include "ecm_host.h"

ECM_EXTERN_C_BEGIN

/* What a plan transforms. */
enum {
    ECM_HOST_FFT_REAL = 0,    /* rows of 2 n reals */
    ECM_HOST_FFT_FORWARD = 1, /* rows of n complex numbers */
    ECM_HOST_FFT_INVERSE = 2
};

/* The plan of the device library, and its tables as a vector form uses them. */
typedef struct {
    const ecm_fft_plan_t *device;
    int32_t kind;        /* ECM_HOST_FFT_... */
    uint32_t n;          /* complex elements */
    uint32_t lanes_len;  /* floats a register: 4, 8, 16; 0: the device library */
    uint32_t rows_len;   /* rows that go through the passes together */
    uint32_t passes;     /* with the first */
    uint32_t groups_len; /* of FFT_W butterflies of the first pass */
    uint32_t next;       /* floats from a group's first half of input to its second;
                          * an inverse transform counts down */
    uint32_t radix[ECM_FFT_PASSES_MAX + 1];
    const float *twiddle[ECM_FFT_PASSES_MAX + 1]; /* in the order of use */
    const uint16_t *groups;
    uint32_t lanes[32]; /* 16 lanes: which even and which odd elements */
} ecm_host_fft_plan_t;

/** Make a plan.
 *
 * plan        [out] points to device and memory
 * device      [in]  for real data if kind is; must outlive the plan
 * kind        [in]  ECM_HOST_FFT_...
 * isa         [in]  ECM_HOST_ISA_* that ecm_host_isa allows
 * memory      [out] the tables; must outlive the plan
 * memory_len  [in]  at least ecm_host_fft_plan_len(n, isa)
 *
 * Context : any, one caller per plan; then any number of callers.
 * Returns : ECM_OK, ECM_ERR_NULL (also: not for real data), ECM_ERR_ARG (kind, isa),
 *           ECM_ERR_FULL (memory_len).
 */
ecm_status_t ecm_host_fft_plan_init(ecm_host_fft_plan_t *plan,
                                    const ecm_fft_plan_t *device, int32_t kind,
                                    int32_t isa, float *memory, uint32_t memory_len);

/** Floats of memory that a plan needs.
 *
 * n       [in] complex elements
 *
 * Context : any.
 * Returns : enough for every kind and instruction set; 0 if n is not supported.
 */
uint32_t ecm_host_fft_plan_len(uint32_t n);

/** Transform rows of reals.
 *
 * plan     [in]  of kind ECM_HOST_FFT_REAL
 * x        [in]  rows of 2 n reals
 * x_stride [in]  floats from one row to the next, of any sign
 * rows     [in]  0 does nothing
 * taper    [in]  2 n factors, or NULL
 * centre   [in]  subtract the mean of each row first
 * threads  [in]  most threads at work, 1 ... ECM_HOST_MAX_THREADS
 * out      [out] rows of n + 1 complex numbers: X[0] ... X[n]
 *
 * Numerics: row by row the bits of ecm_fft_r2c_taper_f32 with the mean of
 *           ecm_stats_mean_f32, whatever the plan's instruction set, rows and threads.
 *           NaN and infinity stay in their row.
 * Aliasing: out must overlap nothing.
 * Context : any thread; work memory of 140 KB on the stack.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_host_fft_r2c_f32(const ecm_host_fft_plan_t *plan, const float *x,
                                  ptrdiff_t x_stride, uint32_t rows, const float *taper,
                                  bool centre, uint32_t threads, float *out);

/** Power of the bins of rows of reals.
 *
 * plan     [in]  of kind ECM_HOST_FFT_REAL
 * x        [in]  rows of 2 n reals
 * x_stride [in]  floats from one row to the next, of any sign
 * rows     [in]  0 does nothing
 * taper    [in]  2 n factors, or NULL
 * centre   [in]  subtract the mean of each row first
 * threads  [in]  most threads at work, 1 ... ECM_HOST_MAX_THREADS
 * power    [out] rows of n + 1 floats: |X[k]|^2, k = 0 ... n
 *
 * Numerics: as ecm_host_fft_r2c_f32; the bits of ecm_fft_power_f32.
 * Aliasing: power must overlap nothing.
 * Context : any thread; work memory of 140 KB on the stack.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_host_fft_power_f32(const ecm_host_fft_plan_t *plan, const float *x,
                                    ptrdiff_t x_stride, uint32_t rows,
                                    const float *taper, bool centre, uint32_t threads,
                                    float *power);

/** Transform rows of reals, packed as by the device.
 *
 * plan       [in]  of kind ECM_HOST_FFT_REAL
 * x          [in]  rows of 2 n reals
 * x_stride   [in]  floats from one row to the next, of any sign
 * rows       [in]  0 does nothing
 * mean       [in]  rows values, each subtracted from a row first; NULL: none
 * threads    [in]  most threads at work, 1 ... ECM_HOST_MAX_THREADS
 * out        [out] rows of 2 n floats: X[0], X[n], then X[1], X[2], ...
 * out_stride [in]  floats from one row of out to the next, at least 2 n
 *
 * Numerics: as ecm_host_fft_r2c_f32; row by row the bits of ecm_fft_r2c_f32.
 * Aliasing: out must overlap nothing.
 * Context : any thread; work memory of 140 KB on the stack.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_host_fft_packed_f32(const ecm_host_fft_plan_t *plan, const float *x,
                                     ptrdiff_t x_stride, uint32_t rows,
                                     const float *mean, uint32_t threads, float *out,
                                     size_t out_stride);

/** Transform rows of complex numbers.
 *
 * plan       [in]  of kind ECM_HOST_FFT_FORWARD or ECM_HOST_FFT_INVERSE
 * x          [in]  rows of n complex numbers, real and imaginary part in turn
 * x_stride   [in]  floats from one row to the next, of any sign
 * rows       [in]  0 does nothing
 * threads    [in]  most threads at work, 1 ... ECM_HOST_MAX_THREADS
 * out        [out] rows of n complex numbers; an inverse is not divided by n
 * out_stride [in]  floats from one row of out to the next, at least 2 n
 *
 * Numerics: row by row the bits of ecm_fft_c2c_f32, as ecm_host_fft_r2c_f32.
 * Aliasing: out must overlap nothing.
 * Context : any thread; work memory of 140 KB on the stack.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_host_fft_c2c_f32(const ecm_host_fft_plan_t *plan, const float *x,
                                  ptrdiff_t x_stride, uint32_t rows, uint32_t threads,
                                  float *out, size_t out_stride);

ECM_EXTERN_C_END

#endif
