/* ecm_host_fft.c - see ecm_host_fft.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_host_fft.h"

#include "ecm_host_fft_rows.h"
#include "ecm_stats.h"

enum {
    FFT_MEANS = 8,          /* rows whose means are taken together */
    FFT_ROWS_FLOATS = 1024, /* of complex elements in these, for the first cache */
    FFT_PIECE = 32768,      /* samples that a thread takes at a time */
    FFT_LINE = 16           /* floats of a cache line */
};

/* ---- plans ----------------------------------------------------------------------- */

/* Floats in use of a plan's memory; each table starts a cache line. */
static float *fft_take(float **memory, uint32_t table_len) {
    float *table = *memory;
    *memory += (table_len + FFT_LINE - 1U) / FFT_LINE * FFT_LINE;
    return table;
}

/* Does this width have a form for the passes of the plan? Registers must be full. */
static bool fft_fits(const ecm_host_fft_plan_t *plan, uint32_t width) {
    uint32_t n = plan->n, l = n / plan->radix[plan->passes - 1U];
    if (plan->passes < 2U || n / 8U < width || (l / 2U) % width != 0U) {
        return false;
    }
    return width < 16U || (plan->passes > 2U && (n & (n - 1U)) == 0U);
}

static uint32_t fft_width(const ecm_host_fft_plan_t *plan, int32_t isa) {
    uint32_t width = 0;
    if (isa >= ECM_HOST_ISA_AVX512 && fft_fits(plan, 16)) {
        width = 16;
    } else if (isa >= ECM_HOST_ISA_AVX2 && fft_fits(plan, 8)) {
        width = 8;
    } else if (isa >= ECM_HOST_ISA_BASE && fft_fits(plan, 4)) {
        width = 4;
    }
    return width;
}

/* Factors of butterflies k, k + 1, ...; span / 2 where that comes to span. */
static float *fft_lay(const ecm_fft_pass_t *pass, uint32_t radix, uint32_t k,
                      uint32_t width, float *to) {
    uint32_t m, lane;
    for (m = 0; m + 1U < radix; m++, to += 2U * width) {
        for (lane = 0; lane < width; lane++) {
            uint32_t at = k + lane == pass->span ? pass->span / 2U : k + lane;
            const float *w = pass->twiddle + 2U * (at * (radix - 1U) + m);
            to[lane] = w[0];
            to[width + lane] = w[1];
        }
    }
    return to;
}

/* Factors h of the pairs of output m of butterflies k, k + 1, ... of the last pass. */
static float *fft_lay_half(const ecm_host_fft_plan_t *plan, uint32_t k, uint32_t m,
                           float *to) {
    uint32_t lane, width = plan->lanes_len, n = plan->n;
    uint32_t radix = plan->radix[plan->passes - 1U], l = n / radix;
    for (lane = 0; lane < width; lane++) {
        uint32_t bin = k + lane + l * m;
        if (2U * m >= radix) {
            bin = k + lane == 0U ? l * (radix - 1U - m) + l / 2U : n - bin;
        }
        to[lane] = 0.0f; /* bin 0 has none, and is written again */
        to[width + lane] = 0.0f;
        if (bin != 0U) {
            to[lane] = plan->device->half[2U * bin - 2U];
            to[width + lane] = plan->device->half[2U * bin - 1U];
        }
    }
    return to + 2U * width;
}

static void fft_plan_middle(ecm_host_fft_plan_t *plan, uint32_t i, float **memory) {
    const ecm_fft_pass_t *pass = &plan->device->pass[i - 1U];
    uint32_t k, m, radix = plan->radix[i], width = plan->lanes_len, l = pass->span;
    float *to = fft_take(memory, 2U * (radix - 1U) * (l > width ? l : width));
    plan->twiddle[i] = to;
    if (l >= width) {
        for (k = 0; k < l; k += width) {
            to = fft_lay(pass, radix, k, width, to);
        }
        return;
    }
    for (m = 0; m + 1U < radix; m++) { /* two blocks side by side */
        for (k = 0; k < width; k++) {
            const float *w = pass->twiddle + 2U * (k % l * (radix - 1U) + m);
            to[2U * width * m + k] = w[0];
            to[2U * width * m + width + k] = w[1];
        }
    }
}

static void fft_plan_last(ecm_host_fft_plan_t *plan, float **memory) {
    uint32_t i = plan->passes - 1U, k, m, radix = plan->radix[i];
    const ecm_fft_pass_t *pass = &plan->device->pass[i - 1U];
    uint32_t l = pass->span, width = plan->lanes_len;
    float *to = fft_take(memory, l * (3U * radix - 2U));
    plan->twiddle[i] = to;
    for (k = 0; k < l / 2U; k += width) {
        to = fft_lay(pass, radix, k, width, to);
        to = fft_lay(pass, radix, l - k - width + 1U, width, to);
        for (m = radix; m-- > 0U;) {
            to = fft_lay_half(plan, k, m, to);
        }
    }
}

/* Where the first pass writes what butterfly j gives: its digits read backwards. */
static uint32_t fft_place(const ecm_host_fft_plan_t *plan, uint32_t j) {
    uint32_t i, place = 0, step = plan->n;
    for (i = plan->passes - 1U; i >= 1U; i--) {
        step /= plan->radix[i];
        place += j % plan->radix[i] * step;
        j /= plan->radix[i];
    }
    return place;
}

/* Lane t reads element lane[t] of its group. Up to 8 lanes: the order in which pairs
 * come out of two registers. */
static void fft_plan_groups(ecm_host_fft_plan_t *plan, uint16_t *to) {
    uint32_t j, t, count = plan->n / 8U, width = plan->lanes_len;
    plan->groups = to;
    plan->next = width;
    plan->groups_len = (count + width - 1U) / width;
    for (j = 0; j < count; j += width) {
        /* The last group may repeat part of the one before. */
        uint32_t first = j + width <= count ? j : count - width;
        *to++ = (uint16_t)(2U * first);
        for (t = 0; t < width; t++) {
            uint32_t lane = t;
            if (width == 8U) {
                lane = t % 4U < 2U ? t / 4U * 2U + t % 4U : t / 4U * 2U + t % 4U + 2U;
            }
            *to++ = (uint16_t)fft_place(plan, first + lane);
        }
    }
}

/* 16 lanes: the second pass works on two neighbouring blocks at once. Their butterflies
 * j and j + apart must come out of the first pass side by side, in quarters 0 and 1 or
 * 2 and 3 of a register. */
static void fft_plan_pairs(ecm_host_fft_plan_t *plan, uint16_t *to) {
    uint32_t i, j, t, apart = 1, count = plan->n / 8U, block = 8U * plan->radix[1];
    for (i = 3; i < plan->passes; i++) {
        apart *= plan->radix[i];
    }
    plan->groups = to;
    plan->groups_len = count / 16U;
    plan->next = apart > 8U ? 2U * apart : 16U;
    for (j = 0, t = 0; t < 8U; j++) {
        if (apart >= 8U || j / apart % 2U == 0U) {
            uint32_t lane = t / 4U * 8U + t % 4U, other = apart < 8U ? apart : 8U;
            plan->lanes[lane] = 2U * j;
            plan->lanes[lane + 4U] = 2U * (j + other);
            plan->lanes[lane + 16U] = 2U * j + 1U;
            plan->lanes[lane + 20U] = 2U * (j + other) + 1U;
            t++;
        }
    }
    for (j = 0; j < count; j += 16U) {
        uint32_t first = j;
        if (apart > 8U) {
            first = j / (2U * apart) * (2U * apart) + j % (2U * apart) / 2U;
        }
        *to++ = (uint16_t)(2U * first);
        for (t = 0; t < 8U; t++) {
            uint32_t from = first + plan->lanes[t / 4U * 8U + t % 4U] / 2U;
            uint32_t place = fft_place(plan, from);
            *to++ = (uint16_t)(place / block * block + place % block / 8U * 16U);
        }
    }
}

uint32_t ecm_host_fft_plan_len(uint32_t n) {
    /* 3 n for twiddles and places; a second pass for two blocks at once; and what the
     * beginnings of cache lines cost. */
    enum { FFT_PAIRS = 16 * 7, FFT_LINES = 8 * FFT_LINE };
    return ecm_fft_is_length(n) ? 3U * n + n / 8U + FFT_PAIRS + FFT_LINES : 0U;
}

ecm_status_t ecm_host_fft_plan_init(ecm_host_fft_plan_t *plan,
                                    const ecm_fft_plan_t *device, int32_t isa,
                                    float *memory, uint32_t memory_len) {
    uint32_t i;
    uintptr_t past;
    void *rest; /* room for places */
    ECM_REQUIRE(plan != NULL && device != NULL && device->half != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(memory != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(isa >= ECM_HOST_ISA_SCALAR && isa <= ecm_host_isa(), ECM_ERR_ARG);
    ECM_REQUIRE(memory_len >= ecm_host_fft_plan_len(device->len), ECM_ERR_FULL);
    memset(plan, 0, sizeof *plan);
    plan->device = device;
    plan->n = device->len;
    plan->passes = device->passes_len + 1U;
    plan->radix[0] = 8;
    for (i = 1; i < plan->passes; i++) {
        const ecm_fft_pass_t *pass = &device->pass[i - 1U];
        plan->radix[i] = device->len / (pass->span * pass->step);
    }
    plan->lanes_len = fft_width(plan, isa);
    plan->rows_len = 1;
    if (plan->lanes_len == 0U) {
        return ECM_OK;
    }
    while (2U * plan->rows_len * plan->n <= FFT_ROWS_FLOATS &&
           plan->rows_len < FFT_MEANS) {
        plan->rows_len *= 2U;
    }
    past = (uintptr_t)memory / sizeof(float) % FFT_LINE;
    memory += past == 0U ? 0U : FFT_LINE - past;
    for (i = 1; i + 1U < plan->passes; i++) {
        fft_plan_middle(plan, i, &memory);
    }
    fft_plan_last(plan, &memory);
    rest = memory;
    if (plan->lanes_len == 16U) {
        fft_plan_pairs(plan, rest);
    } else {
        fft_plan_groups(plan, rest);
    }
    return ECM_OK;
}

/* ---- rows ------------------------------------------------------------------------ */

/* A row as the device library does it. */
static void fft_row(const ecm_host_fft_task_t *task, float mean, uint32_t row) {
    const ecm_fft_plan_t *device = task->plan->device;
    const float *x = task->x + (ptrdiff_t)row * task->x_stride;
    uint32_t n = device->len;
    if (task->power) {
        float work[2 * ECM_FFT_LEN_MAX];
        float *power = task->out + (size_t)row * (n + 1U);
        (void)ecm_fft_power_f32(device, x, mean, task->taper, work, power);
    } else {
        float *out = task->out + (size_t)row * (2U * n + 2U);
        if (task->taper != NULL) {
            (void)ecm_fft_r2c_taper_f32(device, x, mean, task->taper, out);
        } else {
            (void)ecm_fft_r2c_f32(device, x, out);
        }
        out[2U * n] = out[1];
        out[2U * n + 1U] = 0.0f;
        out[1] = 0.0f;
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
        if (task->centre) {
            const float *x = task->x + (ptrdiff_t)row * task->x_stride;
            fft_means(x, task->x_stride, count, 2U * plan->n, mean);
        }
        for (i = 0; i < count; i += some) {
            some = count - i < plan->rows_len ? count - i : plan->rows_len;
            fft_some_rows(task, mean + i, row + i, some);
        }
    }
}

static ecm_status_t fft_run(const ecm_host_fft_task_t *task, uint32_t rows,
                            uint32_t threads) {
    uint32_t piece;
    ECM_REQUIRE(task->plan != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(rows == 0U || (task->x != NULL && task->out != NULL), ECM_ERR_NULL);
    ECM_REQUIRE(!task->centre || task->taper != NULL, ECM_ERR_ARG);
    piece = FFT_PIECE / (2U * task->plan->n) / FFT_MEANS * FFT_MEANS;
    return ecm_host_run(fft_rows, task, rows, piece == 0U ? FFT_MEANS : piece, threads);
}

ecm_status_t ecm_host_fft_r2c_f32(const ecm_host_fft_plan_t *plan, const float *x,
                                  ptrdiff_t x_stride, uint32_t rows, const float *taper,
                                  bool centre, uint32_t threads, float *out) {
    ecm_host_fft_task_t task = {plan, x, taper, out, x_stride, centre, false};
    return fft_run(&task, rows, threads);
}

ecm_status_t ecm_host_fft_power_f32(const ecm_host_fft_plan_t *plan, const float *x,
                                    ptrdiff_t x_stride, uint32_t rows,
                                    const float *taper, bool centre, uint32_t threads,
                                    float *power) {
    ecm_host_fft_task_t task = {plan, x, taper, power, x_stride, centre, true};
    return fft_run(&task, rows, threads);
}
