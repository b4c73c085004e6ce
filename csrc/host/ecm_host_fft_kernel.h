/* ecm_host_fft_kernel.h - transforms of many rows, FFT_W floats a register.
 *
 * Included by one source per width, which defines FFT_W (4, 8 or 16) and FFT_ROWS, the
 * name of its function. The lanes of a register are neighbours k, k + 1, ... of one
 * transform, each computed as the device library does: only the order of memory
 * traffic differs, so the bits do not.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_HOST_FFT_KERNEL_H
#define ECM_HOST_FFT_KERNEL_H

#include "ecm_host_fft_last_kernel.h"

/* ---- first pass -------------------------------------------------------------------
 */

/* Rows of 8 registers become columns: the 8 values of each lane go to its place. */
INLINE void fft_store8(float *to, const uint16_t *place, const fft_vector_t *v) {
    fft_vector_t lo01 = SHUFFLE(v[0], v[1], 0, 4, 1, 5);
    fft_vector_t hi01 = SHUFFLE(v[0], v[1], 2, 6, 3, 7);
    fft_vector_t lo23 = SHUFFLE(v[2], v[3], 0, 4, 1, 5);
    fft_vector_t hi23 = SHUFFLE(v[2], v[3], 2, 6, 3, 7);
    fft_vector_t lo45 = SHUFFLE(v[4], v[5], 0, 4, 1, 5);
    fft_vector_t hi45 = SHUFFLE(v[4], v[5], 2, 6, 3, 7);
    fft_vector_t lo67 = SHUFFLE(v[6], v[7], 0, 4, 1, 5);
    fft_vector_t hi67 = SHUFFLE(v[6], v[7], 2, 6, 3, 7);
    fft_vector_t low[4], high[4];
    size_t t;
    low[0] = SHUFFLE(lo01, lo23, 0, 1, 4, 5);
    low[1] = SHUFFLE(lo01, lo23, 2, 3, 6, 7);
    low[2] = SHUFFLE(hi01, hi23, 0, 1, 4, 5);
    low[3] = SHUFFLE(hi01, hi23, 2, 3, 6, 7);
    high[0] = SHUFFLE(lo45, lo67, 0, 1, 4, 5);
    high[1] = SHUFFLE(lo45, lo67, 2, 3, 6, 7);
    high[2] = SHUFFLE(hi45, hi67, 0, 1, 4, 5);
    high[3] = SHUFFLE(hi45, hi67, 2, 3, 6, 7);
    UNROLL
    for (t = 0; t < 4U; t++) {
#if FFT_W == 4
        fft_store(to + place[t], low[t]);
        fft_store(to + place[t] + 4, high[t]);
#else
        fft_store(to + place[t], LOW(low[t], high[t]));
        fft_store(to + place[4U + t], HIGH(low[t], high[t]));
#endif
    }
}

/* Even and odd elements of two registers: real and imaginary parts. For 16 lanes the
 * plan chooses their order, so that what lies side by side afterwards belongs to two
 * blocks side by side. */
#if FFT_W == 16
#define SPLIT(p, q, lanes)                                                             \
    (fft_vector_t) _mm512_permutex2var_ps((__m512)(p), lanes, (__m512)(q))
#define EVEN(p, q, down) SPLIT(p, q, even)
#define ODD(p, q, down) SPLIT(p, q, odd)
#define PLACES 8
#else
#define EVEN(p, q, down)                                                               \
    ((down) ? SHUFFLE(p, q, 2, 0, 6, 4) : SHUFFLE(p, q, 0, 2, 4, 6))
#define ODD(p, q, down) ((down) ? SHUFFLE(p, q, 3, 1, 7, 5) : SHUFFLE(p, q, 1, 3, 5, 7))
#define PLACES FFT_W
#endif

/* How a row is read: constants of each call. */
typedef struct {
    const float *taper;
    float mean;
    bool centre; /* subtract the mean */
    bool down;   /* element n - i for element i, and 0 for 0: an inverse transform */
} fft_read_t;

/* Two registers of complex numbers, apart floats from each other. Downwards, the first
 * of them ends at from, which is past the row for element 0. */
INLINE void fft_read2(const float *x, size_t group, size_t part, size_t n, size_t apart,
                      const fft_read_t *read, fft_vector_t *p, fft_vector_t *q) {
    if (read->down) {
        const float *at = x + 2 * n - group - part - (FFT_W - 2);
        if (part == 0 && group == 0) {
            float wrapped[FFT_W];
            memcpy(wrapped, at, (FFT_W - 2) * sizeof *at);
            memcpy(wrapped + FFT_W - 2, x, 2 * sizeof *x);
            *p = fft_load(wrapped);
        } else {
            *p = fft_load(at);
        }
        *q = fft_load(at - apart);
        return;
    }
    *p = fft_load(x + group + part);
    *q = fft_load(x + group + part + apart);
    if (read->centre) {
        *p -= read->mean;
        *q -= read->mean;
    }
    if (read->taper != NULL) {
        *p *= fft_load(read->taper + group + part);
        *q *= fft_load(read->taper + group + part + apart);
    }
}

/* FFT_W butterflies without twiddles. A group is the float at which it starts to read,
 * and the places where it writes. */
INLINE void fft_first(const ecm_host_fft_plan_t *plan, const float *x, fft_read_t read,
                      float *work) {
    const uint16_t *group = plan->groups;
    size_t i, m, distance = plan->n / 4U, next = plan->next;
#if FFT_W == 16
    const __m512i even = _mm512_loadu_si512(plan->lanes);
    const __m512i odd = _mm512_loadu_si512(plan->lanes + 16);
#endif
    for (i = 0; i < plan->groups_len; i++, group += 1 + PLACES) {
        fft_complex_t a[8];
        fft_vector_t re[8], im[8];
        UNROLL
        for (m = 0; m < 8U; m++) {
            fft_vector_t p, q;
            fft_read2(x, group[0], m * distance, plan->n, next, &read, &p, &q);
            a[m].re = EVEN(p, q, read.down);
            a[m].im = ODD(p, q, read.down);
        }
        fft_butterfly8(a);
        UNROLL
        for (m = 0; m < 8U; m++) {
            re[m] = a[m].re;
            im[m] = a[m].im;
        }
        fft_store8(work, group + 1, re);
        fft_store8(work + FFT_IM, group + 1, im);
    }
}

/* ---- passes between ---------------------------------------------------------------
 */

INLINE void fft_pass(float *work, size_t n, size_t l, const float *w, size_t radix) {
    size_t k;
    float *block, *end = work + n;
    for (block = work; block < end; block += radix * l) {
        const float *at = w;
        for (k = 0; k < l; k += FFT_W, at += (2 * radix - 2) * FFT_W) {
            fft_complex_t a[8];
            fft_gather(a, block + k, l, radix);
            fft_twiddle(a, at, radix);
            fft_butterfly(a, radix);
            fft_scatter(block + k, l, a, radix);
        }
    }
}

#if FFT_W == 16
#define LOWER_HALVES(a, b)                                                             \
    __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22,  \
                            23)
#define UPPER_HALVES(a, b)                                                             \
    __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28,    \
                            29, 30, 31)

/* The second pass, where a block has only half a register of neighbours: two blocks
 * side by side, as the first pass has left them. The radix is even. */
INLINE void fft_pass_pairs(float *work, size_t n, const float *w, size_t radix) {
    size_t m;
    float *p, *end = work + n;
    for (p = work; p < end; p += 16 * radix) {
        fft_complex_t a[8];
        fft_gather(a, p, 16, radix);
        fft_twiddle(a, w, radix);
        fft_butterfly(a, radix);
        UNROLL
        for (m = 0; m < radix; m += 2) {
            const fft_complex_t *x = &a[m], *y = &a[m + 1];
            float *to = p + 8 * m, *other = to + 8 * radix;
            fft_store(to, LOWER_HALVES(x->re, y->re));
            fft_store(to + FFT_IM, LOWER_HALVES(x->im, y->im));
            fft_store(other, UPPER_HALVES(x->re, y->re));
            fft_store(other + FFT_IM, UPPER_HALVES(x->im, y->im));
        }
    }
}
#endif

/* ---- a few rows -------------------------------------------------------------------
 */

/* Rows that go through the passes together, and where each is. */
typedef struct {
    const float *x;
    float *work;
    float *out;
    size_t out_stride;
    size_t row_len; /* floats that a row of out gets */
    uint32_t rows;
} fft_rows_t;

/* Ask for the cache lines of a row to come: the next pass leaves time for that. */
INLINE void fft_expect(const float *row, size_t row_len) {
    size_t i;
    for (i = 0; i < row_len; i += 16) {
        __builtin_prefetch(row + i, 1);
    }
}

INLINE void fft_finish(const ecm_host_fft_plan_t *plan, const fft_rows_t *at,
                       size_t radix, fft_form_t form) {
    uint32_t i;
    for (i = 0; i < at->rows; i++) {
        float *out = at->out + i * at->out_stride;
        const float *work = at->work + i * plan->n;
        if (form == FORM_COMPLEX) {
            fft_last_complex(plan, work, out, radix);
        } else {
            fft_last(plan, work, out, radix, form);
        }
        if (i + 1 < at->rows) {
            fft_expect(out + at->out_stride, at->row_len);
        }
    }
}

/* A function a form, each with a loop a radix. */
#define FFT_FINISH(name, form)                                                         \
    static void name(const ecm_host_fft_plan_t *plan, const fft_rows_t *at) {          \
        switch (plan->radix[plan->passes - 1]) {                                       \
        case 2:                                                                        \
            fft_finish(plan, at, 2, form);                                             \
            break;                                                                     \
        case 3:                                                                        \
            fft_finish(plan, at, 3, form);                                             \
            break;                                                                     \
        case 4:                                                                        \
            fft_finish(plan, at, 4, form);                                             \
            break;                                                                     \
        case 5:                                                                        \
            fft_finish(plan, at, 5, form);                                             \
            break;                                                                     \
        default:                                                                       \
            fft_finish(plan, at, 8, form);                                             \
            break;                                                                     \
        }                                                                              \
    }

FFT_FINISH(fft_finish_bins, FORM_BINS)
FFT_FINISH(fft_finish_packed, FORM_PACKED)
FFT_FINISH(fft_finish_power, FORM_POWER)
FFT_FINISH(fft_finish_complex, FORM_COMPLEX)

/* One pass between the first and the last, of all n elements of all rows: block by
 * block, whichever row it is of. */
static void fft_middle(const ecm_host_fft_plan_t *plan, uint32_t pass, size_t l,
                       float *work, size_t n) {
    const float *w = plan->twiddle[pass];
#if FFT_W == 16
    if (pass == 1) {
        switch (plan->radix[pass]) {
        case 2:
            fft_pass_pairs(work, n, w, 2);
            break;
        case 4:
            fft_pass_pairs(work, n, w, 4);
            break;
        default:
            fft_pass_pairs(work, n, w, 8);
            break;
        }
        return;
    }
#endif
    switch (plan->radix[pass]) {
    case 2:
        fft_pass(work, n, l, w, 2);
        break;
    case 3:
        fft_pass(work, n, l, w, 3);
        break;
    case 4:
        fft_pass(work, n, l, w, 4);
        break;
    default:
        fft_pass(work, n, l, w, 8);
        break;
    }
}

/* The first pass of a row, a loop for each way to read it. */
static void fft_begin(const ecm_host_fft_task_t *task, const float *x, float mean,
                      float *work) {
    const ecm_host_fft_plan_t *plan = task->plan;
    if (plan->kind == ECM_HOST_FFT_INVERSE) {
        fft_read_t down = {NULL, 0.0f, false, true};
        fft_first(plan, x, down, work);
    } else if (task->taper != NULL) {
        fft_read_t tapered = {task->taper, mean, true, false};
        fft_first(plan, x, tapered, work);
    } else if (task->centre) {
        fft_read_t centred = {NULL, mean, true, false};
        fft_first(plan, x, centred, work);
    } else {
        fft_read_t plain = {NULL, 0.0f, false, false};
        fft_first(plan, x, plain, work);
    }
}

static void fft_block(const ecm_host_fft_plan_t *plan, const ecm_host_fft_task_t *task,
                      const float *mean, const fft_rows_t *at) {
    size_t l = 8;
    uint32_t i, pass;
    for (i = 0; i < at->rows; i++) {
        const float *x = at->x + (ptrdiff_t)i * task->x_stride;
        fft_begin(task, x, mean[i], at->work + i * plan->n);
    }
    fft_expect(at->out, at->row_len);
    for (pass = 1; pass + 1U < plan->passes; pass++) {
        fft_middle(plan, pass, l, at->work, at->rows * plan->n);
        l *= plan->radix[pass];
    }
    if (plan->kind != ECM_HOST_FFT_REAL) {
        fft_finish_complex(plan, at);
    } else if (task->form == FFT_POWER) {
        fft_finish_power(plan, at);
    } else if (task->form == FFT_PACKED) {
        fft_finish_packed(plan, at);
    } else {
        fft_finish_bins(plan, at);
    }
}

void FFT_ROWS(const ecm_host_fft_task_t *task, const float *mean, uint32_t first,
              uint32_t rows) {
    float work[FFT_WORK_LEN] __attribute__((aligned(64)));
    const ecm_host_fft_plan_t *plan = task->plan;
    fft_rows_t at;
    at.work = work;
    at.out_stride = task->out_stride;
    at.row_len = task->form == FFT_POWER ? plan->n + 1 : 2 * plan->n;
    at.x = task->x + (ptrdiff_t)first * task->x_stride;
    at.out = task->out + first * at.out_stride;
    at.rows = rows;
    fft_block(plan, task, mean, &at);
}

#endif
