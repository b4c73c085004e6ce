/* ecm_host_fft_last_kernel.h - the last pass of rows, and how bins leave it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_HOST_FFT_LAST_KERNEL_H
#define ECM_HOST_FFT_LAST_KERNEL_H

#include "ecm_host_fft_vector_kernel.h"

/* What leaves the last pass: a constant of each call. */
typedef enum { FORM_COMPLEX, FORM_BINS, FORM_PACKED, FORM_POWER } fft_form_t;

/* ---- real rows: joined with the separation of even and odd samples -----------------
 */

/* Bins k, k + 1, ... or, descending, k, k - 1, ... of a row. */
INLINE void fft_put(float *out, size_t k, fft_complex_t x, bool descending,
                    fft_form_t form) {
    if (descending) {
        k -= FFT_W - 1U;
    }
    if (form == FORM_POWER) {
        fft_vector_t p = x.re * x.re + x.im * x.im;
        fft_store(out + k, descending ? REVERSE(p) : p);
        return;
    }
    out += 2 * k;
#if FFT_W == 16
    if (descending) {
        fft_store(out, __builtin_shufflevector(x.re, x.im, 15, 31, 14, 30, 13, 29, 12,
                                               28, 11, 27, 10, 26, 9, 25, 8, 24));
        fft_store(out + 16, __builtin_shufflevector(x.re, x.im, 7, 23, 6, 22, 5, 21, 4,
                                                    20, 3, 19, 2, 18, 1, 17, 0, 16));
    } else {
        fft_store(out, __builtin_shufflevector(x.re, x.im, 0, 16, 1, 17, 2, 18, 3, 19,
                                               4, 20, 5, 21, 6, 22, 7, 23));
        fft_store(out + 16,
                  __builtin_shufflevector(x.re, x.im, 8, 24, 9, 25, 10, 26, 11, 27, 12,
                                          28, 13, 29, 14, 30, 15, 31));
    }
#else
    if (descending) {
        x.re = REVERSE(x.re);
        x.im = REVERSE(x.im);
    }
    {
        fft_vector_t lo = SHUFFLE(x.re, x.im, 0, 4, 1, 5);
        fft_vector_t hi = SHUFFLE(x.re, x.im, 2, 6, 3, 7);
#if FFT_W == 4
        fft_store(out, lo);
        fft_store(out + 4, hi);
#else
        fft_store(out, LOW(lo, hi));
        fft_store(out + 8, HIGH(lo, hi));
#endif
    }
#endif
}

/* Bins k = a and n - k = b of the complex transform become those of the real one. */
INLINE void fft_separate(fft_complex_t *a, fft_complex_t *b, const float *half) {
    fft_vector_t h_re = fft_load(half), h_im = fft_load(half + FFT_W);
    fft_vector_t e_re = a->re + b->re, e_im = a->im - b->im;
    fft_vector_t o_re = a->im + b->im, o_im = b->re - a->re;
    fft_vector_t t_re = o_re * h_re - o_im * h_im, t_im = o_re * h_im + o_im * h_re;
    e_re = 0.5f * e_re;
    e_im = 0.5f * e_im;
    a->re = e_re + t_re;
    a->im = e_im + t_im;
    b->re = e_re - t_re;
    b->im = t_im - e_im;
}

INLINE void fft_put_one(float *out, size_t k, float re, float im, fft_form_t form) {
    if (form == FORM_POWER) {
        out[k] = re * re + im * im;
    } else {
        out[2 * k] = re;
        out[2 * k + 1] = im;
    }
}

/* Bins n, n - 1, ... of a packed row, which has no place for the first of them. */
INLINE void fft_put_top(float *out, size_t n, fft_complex_t x) {
    float top[2 * FFT_W];
    fft_put(top, FFT_W - 1, x, true, FORM_BINS);
    memcpy(out + 2 * (n - FFT_W + 1), top, (2 * FFT_W - 2) * sizeof *top);
}

/* Registers of butterflies l - k, ascending. Where k is 0 the last lane takes l/2,
 * which has no partner either. */
INLINE void fft_gather_mirror(fft_complex_t *b, const float *work, size_t k, size_t l,
                              size_t radix) {
    size_t m;
    fft_gather(b, work + (l - k - FFT_W + 1), l, radix);
    UNROLL
    for (m = 0; k == 0 && m < radix; m++) {
        const float *middle = work + l * m + l / 2;
        const fft_vector_t zero = {0.0f}; /* subtracted, it leaves a zero its sign */
        b[m].re = LAST_OF(b[m].re, middle[0] - zero);
        b[m].im = LAST_OF(b[m].im, middle[FFT_IM] - zero);
    }
}

/* Butterflies k and l - k side by side: output m of one and radix - 1 - m of the other
 * belong together. In the first step, lane 0 is butterfly 0 in a and l/2 in b, whose
 * outputs belong to each other within the butterfly: there outputs m >= radix/2 stand
 * for pairs of l/2 and the others for pairs of 0. What those put to wrong places these
 * put right afterwards. */
INLINE void fft_last_step(const ecm_host_fft_plan_t *plan, const float *work,
                          float *out, const float *w, size_t k, size_t radix,
                          fft_form_t form) {
    size_t i, n = plan->n, l = n / radix;
    fft_complex_t a[8], b[8], before[8], middle;
    fft_gather(a, work + k, l, radix);
    fft_twiddle(a, w, radix);
    fft_butterfly(a, radix);
    w += (2 * radix - 2) * FFT_W;
    fft_gather_mirror(b, work, k, l, radix);
    fft_twiddle(b, w, radix);
    fft_butterfly(b, radix);
    w += (2 * radix - 2) * FFT_W;
    UNROLL
    for (i = 0; i < radix; i++) {
        before[i] = a[i];
        b[i].re = REVERSE(b[i].re);
        b[i].im = REVERSE(b[i].im);
    }
    UNROLL
    for (i = 0; i < radix; i++, w += 2 * FFT_W) {
        size_t m = radix - 1 - i;
        fft_complex_t c = b[i];
        if (2 * m < radix) {
            if (k == 0 && m > 0) {
                c.re = FIRST_OF(c.re, before[radix - m].re);
                c.im = FIRST_OF(c.im, before[radix - m].im);
            }
            fft_separate(&a[m], &c, w);
        } else {
            if (k == 0) {
                a[m].re = FIRST_OF(a[m].re, b[m].re);
                a[m].im = FIRST_OF(a[m].im, b[m].im);
            }
            fft_separate(&c, &a[m], w);
            if (k == 0) {
                fft_put_one(out, l * i + l / 2, c.re[0], c.im[0], form);
                fft_put_one(out, l * m + l / 2, a[m].re[0], a[m].im[0], form);
            }
        }
        fft_put(out, k + l * m, a[m], false, form);
        if (form == FORM_PACKED && k == 0 && m == 0) {
            fft_put_top(out, n, c);
        } else {
            fft_put(out, n - k - l * m, c, true, form);
        }
    }
    if (k == 0) {
        float first = before[0].re[0] + before[0].im[0];
        float last = before[0].re[0] - before[0].im[0];
        middle = radix % 2 == 0 ? before[radix / 2] : b[radix / 2];
        if (form == FORM_PACKED) {
            fft_put_one(out, 0, first, last, form);
        } else {
            fft_put_one(out, 0, first, 0.0f, form);
            fft_put_one(out, n, last, 0.0f, form);
        }
        fft_put_one(out, n / 2, middle.re[0], -middle.im[0], form);
    }
}

INLINE void fft_last(const ecm_host_fft_plan_t *plan, const float *work, float *out,
                     size_t radix, fft_form_t form) {
    const float *w = plan->twiddle[plan->passes - 1];
    size_t k, l = plan->n / radix, step = (6 * radix - 4) * FFT_W;
    fft_last_step(plan, work, out, w, 0, radix, form);
    for (k = FFT_W; k < l / 2; k += FFT_W) {
        w += step;
        fft_last_step(plan, work, out, w, k, radix, form);
    }
}

/* ---- complex rows -----------------------------------------------------------------
 */

INLINE void fft_last_complex(const ecm_host_fft_plan_t *plan, const float *work,
                             float *out, size_t radix) {
    const float *w = plan->twiddle[plan->passes - 1];
    size_t k, m, l = plan->n / radix;
    for (k = 0; k < l; k += FFT_W, w += (2 * radix - 2) * FFT_W) {
        fft_complex_t a[8];
        fft_gather(a, work + k, l, radix);
        fft_twiddle(a, w, radix);
        fft_butterfly(a, radix);
        UNROLL
        for (m = 0; m < radix; m++) {
            fft_put(out, k + l * m, a[m], false, FORM_COMPLEX);
        }
    }
}

#endif
