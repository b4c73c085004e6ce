/* ecm_host_fft.c - see ecm_host_fft.h; ecm_host_fft_plan.c makes the plans.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_host_fft.h"

#include "ecm_host_fft_rows.h"
#include "ecm_stats.h"

enum { FFT_PIECE = 32768 }; /* samples that a thread takes at a time */

/* ---- rows ------------------------------------------------------------------------ */

/* A row as the device library does it. */
static void fft_row_real(const ecm_host_fft_task_t *task, const float *x, float mean,
                         float *out) {
    const ecm_fft_plan_t *device = task->plan->device;
    uint32_t i, n = device->len;
    float work[2 * ECM_FFT_LEN_MAX], centred[2 * ECM_FFT_LEN_MAX];
    if (task->centre && task->taper == NULL) {
        for (i = 0; i < 2U * n; i++) {
            centred[i] = x[i] - mean;
        }
        x = centred;
    }
    if (task->form == FFT_POWER) {
        (void)ecm_fft_power_f32(device, x, mean, task->taper, work, out);
        return;
    }
    if (task->taper != NULL) {
        (void)ecm_fft_r2c_taper_f32(device, x, mean, task->taper, out);
    } else {
        (void)ecm_fft_r2c_f32(device, x, out);
    }
    if (task->form == FFT_BINS) {
        out[2U * n] = out[1];
        out[2U * n + 1U] = 0.0f;
        out[1] = 0.0f;
    }
}

static void fft_row(const ecm_host_fft_task_t *task, float mean, uint32_t row) {
    const ecm_host_fft_plan_t *plan = task->plan;
    const float *x = task->x + (ptrdiff_t)row * task->x_stride;
    float *out = task->out + row * task->out_stride;
    if (plan->kind == ECM_HOST_FFT_REAL) {
        fft_row_real(task, x, mean, out);
    } else {
        bool inverse = plan->kind == ECM_HOST_FFT_INVERSE;
        (void)ecm_fft_c2c_f32(plan->device, x, out, inverse);
    }
}

/* Means as ecm_stats_mean_f32 gives them, of at most FFT_MEANS rows at a time: a sum
 * alone would wait for each of its additions. */
static void fft_means(const float *x, ptrdiff_t stride, uint32_t rows, uint32_t x_len,
                      float *mean) {
    uint32_t r;
#if defined(ECM_HOST_VECTORS)
    if (rows > 1U) {
        typedef float fft_lanes_t
            __attribute__((vector_size(16), aligned(4), may_alias));
        const float *row[FFT_MEANS];
        fft_lanes_t sum[FFT_MEANS];
        uint32_t i;
        for (r = 0; r < FFT_MEANS; r++) {
            row[r] = x + (ptrdiff_t)(r < rows ? r : 0U) * stride;
            sum[r] = (fft_lanes_t){0.0f};
        }
        for (i = 0; i < x_len; i += 4U) {
            for (r = 0; r < FFT_MEANS; r++) {
                sum[r] += *(const fft_lanes_t *)(row[r] + i);
            }
        }
        for (r = 0; r < rows; r++) {
            float total = (sum[r][0] + sum[r][1]) + (sum[r][2] + sum[r][3]);
            mean[r] = total / (float)x_len + 0.0f;
        }
    }
#endif
    for (r = 0; r < rows; r++) {
        const float *row = x + (ptrdiff_t)r * stride;
        if (rows == 1U || row[0] == row[1]) { /* it may be constant, a case apart */
            mean[r] = ecm_stats_mean_f32(row, x_len);
        }
    }
}

/* At most plan->rows_len rows. */
static void fft_some_rows(const ecm_host_fft_task_t *task, const float *mean,
                          uint32_t first, uint32_t rows) {
    switch (task->plan->lanes_len) {
#if defined(ECM_HOST_VECTORS)
#if defined(__x86_64__)
    case 16:
        ecm_host_fft_rows_avx512(task, mean, first, rows);
        break;
    case 8:
        ecm_host_fft_rows_avx2(task, mean, first, rows);
        break;
#endif
    case 4:
        ecm_host_fft_rows_base(task, mean, first, rows);
        break;
#endif
    default:
        fft_row(task, mean[0], first);
        break;
    }
}

static void fft_rows(const void *argument, uint32_t first, uint32_t rows) {
    const ecm_host_fft_task_t *task = (const ecm_host_fft_task_t *)argument;
    const ecm_host_fft_plan_t *plan = task->plan;
    uint32_t i, some, row, end = first + rows;
    for (row = first; row < end; row += FFT_MEANS) {
        uint32_t count = end - row < FFT_MEANS ? end - row : FFT_MEANS;
        float mean[FFT_MEANS] = {0.0f};
        if (task->mean != NULL) {
            memcpy(mean, task->mean + row, count * sizeof *mean);
        } else if (task->centre) {
            const float *x = task->x + (ptrdiff_t)row * task->x_stride;
            fft_means(x, task->x_stride, count, 2U * plan->n, mean);
        }
        for (i = 0; i < count; i += some) {
            some = count - i < plan->rows_len ? count - i : plan->rows_len;
            fft_some_rows(task, mean + i, row + i, some);
        }
    }
}

/* ---- the functions of the header ---------------------------------------------------
 */

static ecm_status_t fft_run(const ecm_host_fft_task_t *task, uint32_t rows,
                            uint32_t threads) {
    uint32_t piece = FFT_PIECE / (2U * task->plan->n) / FFT_MEANS * FFT_MEANS;
    ECM_REQUIRE(rows == 0U || (task->x != NULL && task->out != NULL), ECM_ERR_NULL);
    return ecm_host_run(fft_rows, task, rows, piece == 0U ? FFT_MEANS : piece, threads);
}

static ecm_status_t fft_run_real(ecm_host_fft_task_t *task, uint32_t rows,
                                 uint32_t threads) {
    ECM_REQUIRE(task->plan != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(task->plan->kind == ECM_HOST_FFT_REAL, ECM_ERR_ARG);
    if (task->form != FFT_PACKED) {
        uint32_t n = task->plan->n;
        task->out_stride = task->form == FFT_POWER ? n + 1U : 2U * n + 2U;
    }
    ECM_REQUIRE(task->out_stride >= 2U * task->plan->n || task->form != FFT_PACKED,
                ECM_ERR_ARG);
    return fft_run(task, rows, threads);
}

ecm_status_t ecm_host_fft_r2c_f32(const ecm_host_fft_plan_t *plan, const float *x,
                                  ptrdiff_t x_stride, uint32_t rows, const float *taper,
                                  bool centre, uint32_t threads, float *out) {
    ecm_host_fft_task_t task = {plan,     x, taper,    NULL,  out,
                                x_stride, 0, FFT_BINS, centre};
    return fft_run_real(&task, rows, threads);
}

ecm_status_t ecm_host_fft_power_f32(const ecm_host_fft_plan_t *plan, const float *x,
                                    ptrdiff_t x_stride, uint32_t rows,
                                    const float *taper, bool centre, uint32_t threads,
                                    float *power) {
    ecm_host_fft_task_t task = {plan,     x, taper,     NULL,  power,
                                x_stride, 0, FFT_POWER, centre};
    return fft_run_real(&task, rows, threads);
}

ecm_status_t ecm_host_fft_packed_f32(const ecm_host_fft_plan_t *plan, const float *x,
                                     ptrdiff_t x_stride, uint32_t rows,
                                     const float *mean, uint32_t threads, float *out,
                                     size_t out_stride) {
    ecm_host_fft_task_t task = {plan,     x,          NULL,       mean,        out,
                                x_stride, out_stride, FFT_PACKED, mean != NULL};
    return fft_run_real(&task, rows, threads);
}

ecm_status_t ecm_host_fft_c2c_f32(const ecm_host_fft_plan_t *plan, const float *x,
                                  ptrdiff_t x_stride, uint32_t rows, uint32_t threads,
                                  float *out, size_t out_stride) {
    ecm_host_fft_task_t task = {plan,     x,          NULL,     NULL, out,
                                x_stride, out_stride, FFT_BINS, false};
    ECM_REQUIRE(plan != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(plan->kind != ECM_HOST_FFT_REAL, ECM_ERR_ARG);
    ECM_REQUIRE(out_stride >= 2U * plan->n, ECM_ERR_ARG);
    return fft_run(&task, rows, threads);
}
