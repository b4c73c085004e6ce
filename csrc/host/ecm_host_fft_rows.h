/* ecm_host_fft_rows.h - between ecm_host_fft.c and its forms for each register width.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_HOST_FFT_ROWS_H
#define ECM_HOST_FFT_ROWS_H

#include "ecm_host_fft.h"

enum { FFT_MEANS = 8 }; /* rows whose means are taken together */

/* What leaves the last pass, row by row. */
enum {
    FFT_BINS = 0,   /* real: X[0] ... X[n]; complex: all n */
    FFT_PACKED = 1, /* real: X[0], X[n], then X[1] ... X[n - 1] */
    FFT_POWER = 2   /* real: |X[0]|^2 ... |X[n]|^2 */
};

/* Work memory: real parts of one row of the longest length, or of a few short ones,
 * then imaginary parts. The distance keeps them apart in the lowest 12 bits of their
 * addresses, by which processors suspect a load of needing an earlier store. */
enum { FFT_WORK_LEN = 2 * (ECM_FFT_LEN_MAX + 528) };

typedef struct {
    const ecm_host_fft_plan_t *plan;
    const float *x;
    const float *taper; /* or NULL */
    const float *mean;  /* of each row, if the caller knows them; or NULL */
    float *out;
    ptrdiff_t x_stride;
    size_t out_stride;
    int32_t form; /* FFT_BINS ... */
    bool centre;  /* subtract means */
} ecm_host_fft_task_t;

/** Transform a few rows, 4 floats a register.
 *
 * task    [in] its plan is for as many
 * mean    [in] of each of the rows, 0 where none is subtracted
 * first   [in] row of the batch
 * rows    [in] 1 ... plan->rows_len
 *
 * Returns : nothing.
 */
void ecm_host_fft_rows_base(const ecm_host_fft_task_t *task, const float *mean,
                            uint32_t first, uint32_t rows);

/** Transform a few rows, 8 floats a register.
 *
 * task    [in] its plan is for as many
 * mean    [in] of each of the rows, 0 where none is subtracted
 * first   [in] row of the batch
 * rows    [in] 1 ... plan->rows_len
 *
 * Returns : nothing.
 */
void ecm_host_fft_rows_avx2(const ecm_host_fft_task_t *task, const float *mean,
                            uint32_t first, uint32_t rows);

/** Transform a few rows, 16 floats a register.
 *
 * task    [in] its plan is for as many
 * mean    [in] of each of the rows, 0 where none is subtracted
 * first   [in] row of the batch
 * rows    [in] 1 ... plan->rows_len
 *
 * Returns : nothing.
 */
void ecm_host_fft_rows_avx512(const ecm_host_fft_task_t *task, const float *mean,
                              uint32_t first, uint32_t rows);

#endif
