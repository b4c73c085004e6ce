/* ecm_host_fft_kernel.h - real transforms of many rows, FFT_W floats a register.
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

#include "ecm_host_fft_rows.h"

#if FFT_W == 16
#include <immintrin.h>
#endif

/* Loops over a constant number of registers must disappear. */
#define INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif

/* Real parts of the work memory are followed by imaginary ones at this distance, the
 * same for all lengths: a constant costs no register. */
enum { FFT_IM = FFT_WORK_LEN / 2 };

/* One register; in memory it may start at any float. */
typedef float fft_vector_t __attribute__((vector_size(4 * FFT_W)));
typedef float fft_memory_t
    __attribute__((vector_size(4 * FFT_W), aligned(4), may_alias));

typedef struct {
    fft_vector_t re;
    fft_vector_t im;
} fft_complex_t;

INLINE fft_vector_t fft_load(const float *p) {
    return *(const fft_memory_t *)p;
}

INLINE void fft_store(float *p, fft_vector_t x) {
    *(fft_memory_t *)p = x;
}

/* The same four elements of each quarter (128 bits) of two registers: 0 ... 3 of a,
 * 4 ... 7 of b. These are single instructions. */
#define AT(i, quarter) ((i) < 4 ? (i) + 4 * (quarter) : (i) + FFT_W - 4 + 4 * (quarter))
#define QUAD(i, j, k, l, q) AT(i, q), AT(j, q), AT(k, q), AT(l, q)
#if FFT_W == 4
#define SHUFFLE(a, b, i, j, k, l) __builtin_shufflevector(a, b, QUAD(i, j, k, l, 0))
#define REVERSE(a) __builtin_shufflevector(a, a, 3, 2, 1, 0)
#define FIRST_OF(a, b) __builtin_shufflevector(a, b, 4, 1, 2, 3)
#define LAST_OF(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 7)
#elif FFT_W == 8
#define SHUFFLE(a, b, i, j, k, l)                                                      \
    __builtin_shufflevector(a, b, QUAD(i, j, k, l, 0), QUAD(i, j, k, l, 1))
#define REVERSE(a) __builtin_shufflevector(a, a, 7, 6, 5, 4, 3, 2, 1, 0)
#define FIRST_OF(a, b) __builtin_shufflevector(a, b, 8, 1, 2, 3, 4, 5, 6, 7)
#define LAST_OF(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 15)
#else
#define SHUFFLE(a, b, i, j, k, l)                                                      \
    __builtin_shufflevector(a, b, QUAD(i, j, k, l, 0), QUAD(i, j, k, l, 1),            \
                            QUAD(i, j, k, l, 2), QUAD(i, j, k, l, 3))
#define REVERSE(a)                                                                     \
    __builtin_shufflevector(a, a, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define FIRST_OF(a, b)                                                                 \
    __builtin_shufflevector(a, b, 16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#define LAST_OF(a, b)                                                                  \
    __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 31)
#endif

/* ---- butterflies ------------------------------------------------------------------
 */

INLINE void fft_butterfly2(fft_complex_t *a) {
    fft_complex_t d;
    d.re = a[0].re - a[1].re;
    d.im = a[0].im - a[1].im;
    a[0].re += a[1].re;
    a[0].im += a[1].im;
    a[1] = d;
}

INLINE void fft_butterfly3(fft_complex_t *a) {
    const float s3 = 0x1.bb67aep-1f;
    fft_vector_t t_re = a[1].re + a[2].re, t_im = a[1].im + a[2].im;
    fft_vector_t u_re = a[0].re - 0.5f * t_re, u_im = a[0].im - 0.5f * t_im;
    fft_vector_t v_re = (a[1].re - a[2].re) * s3, v_im = (a[1].im - a[2].im) * s3;
    a[0].re += t_re;
    a[0].im += t_im;
    a[1].re = u_re + v_im;
    a[1].im = u_im - v_re;
    a[2].re = u_re - v_im;
    a[2].im = u_im + v_re;
}

INLINE void fft_butterfly4(fft_complex_t *a, fft_complex_t *b, fft_complex_t *c,
                           fft_complex_t *d) {
    fft_vector_t t0_re = a->re + c->re, t0_im = a->im + c->im;
    fft_vector_t t1_re = a->re - c->re, t1_im = a->im - c->im;
    fft_vector_t t2_re = b->re + d->re, t2_im = b->im + d->im;
    fft_vector_t t3_re = b->re - d->re, t3_im = b->im - d->im;
    a->re = t0_re + t2_re;
    a->im = t0_im + t2_im;
    b->re = t1_re + t3_im;
    b->im = t1_im - t3_re;
    c->re = t0_re - t2_re;
    c->im = t0_im - t2_im;
    d->re = t1_re - t3_im;
    d->im = t1_im + t3_re;
}

INLINE void fft_butterfly5(fft_complex_t *a) {
    const float c1 = 0x1.3c6ef4p-2f, c2 = -0x1.9e377ap-1f;
    const float s1 = 0x1.e6f0e2p-1f, s2 = 0x1.2cf23p-1f;
    fft_vector_t t1_re = a[1].re + a[4].re, t1_im = a[1].im + a[4].im;
    fft_vector_t t2_re = a[2].re + a[3].re, t2_im = a[2].im + a[3].im;
    fft_vector_t d1_re = a[1].re - a[4].re, d1_im = a[1].im - a[4].im;
    fft_vector_t d2_re = a[2].re - a[3].re, d2_im = a[2].im - a[3].im;
    fft_vector_t u1_re = a[0].re + (c1 * t1_re + c2 * t2_re);
    fft_vector_t u1_im = a[0].im + (c1 * t1_im + c2 * t2_im);
    fft_vector_t u2_re = a[0].re + (c2 * t1_re + c1 * t2_re);
    fft_vector_t u2_im = a[0].im + (c2 * t1_im + c1 * t2_im);
    fft_vector_t v1_re = s1 * d1_re + s2 * d2_re, v1_im = s1 * d1_im + s2 * d2_im;
    fft_vector_t v2_re = s2 * d1_re - s1 * d2_re, v2_im = s2 * d1_im - s1 * d2_im;
    a[0].re += t1_re + t2_re;
    a[0].im += t1_im + t2_im;
    a[1].re = u1_re + v1_im;
    a[1].im = u1_im - v1_re;
    a[4].re = u1_re - v1_im;
    a[4].im = u1_im + v1_re;
    a[2].re = u2_re + v2_im;
    a[2].im = u2_im - v2_re;
    a[3].re = u2_re - v2_im;
    a[3].im = u2_im + v2_re;
}

INLINE void fft_butterfly8(fft_complex_t *a) {
    const float c = 0x1.6a09e6p-1f;
    fft_complex_t e0 = a[0], e1 = a[2], e2 = a[4], e3 = a[6];
    fft_complex_t o0 = a[1], o1 = a[3], o2 = a[5], o3 = a[7];
    fft_vector_t s_re, s_im, p, q;
    fft_butterfly4(&e0, &e1, &e2, &e3);
    fft_butterfly4(&o0, &o1, &o2, &o3);
    s_re = (o1.re + o1.im) * c;
    s_im = (o1.im - o1.re) * c;
    p = (o3.im - o3.re) * c;
    q = (o3.re + o3.im) * c;
    a[0].re = e0.re + o0.re;
    a[0].im = e0.im + o0.im;
    a[4].re = e0.re - o0.re;
    a[4].im = e0.im - o0.im;
    a[1].re = e1.re + s_re;
    a[1].im = e1.im + s_im;
    a[5].re = e1.re - s_re;
    a[5].im = e1.im - s_im;
    a[2].re = e2.re + o2.im;
    a[2].im = e2.im - o2.re;
    a[6].re = e2.re - o2.im;
    a[6].im = e2.im + o2.re;
    a[3].re = e3.re + p;
    a[3].im = e3.im - q;
    a[7].re = e3.re - p;
    a[7].im = e3.im + q;
}

/* a[0] ... a[radix - 1] become the outputs in order; radix is a constant. */
INLINE void fft_butterfly(fft_complex_t *a, size_t radix) {
    switch (radix) {
    case 2:
        fft_butterfly2(a);
        break;
    case 3:
        fft_butterfly3(a);
        break;
    case 4:
        fft_butterfly4(&a[0], &a[1], &a[2], &a[3]);
        break;
    case 5:
        fft_butterfly5(a);
        break;
    default:
        fft_butterfly8(a);
        break;
    }
}

INLINE void fft_gather(fft_complex_t *a, const float *from, size_t l, size_t radix) {
    size_t m;
    UNROLL
    for (m = 0; m < radix; m++) {
        a[m].re = fft_load(from + l * m);
        a[m].im = fft_load(from + l * m + FFT_IM);
    }
}

INLINE void fft_scatter(float *to, size_t l, const fft_complex_t *a, size_t radix) {
    size_t m;
    UNROLL
    for (m = 0; m < radix; m++) {
        fft_store(to + l * m, a[m].re);
        fft_store(to + l * m + FFT_IM, a[m].im);
    }
}

INLINE void fft_twiddle(fft_complex_t *a, const float *w, size_t radix) {
    size_t m;
    UNROLL
    for (m = 1; m < radix; m++, w += 2 * FFT_W) {
        fft_vector_t w_re = fft_load(w), w_im = fft_load(w + FFT_W);
        fft_vector_t re = a[m].re * w_re - a[m].im * w_im;
        a[m].im = a[m].re * w_im + a[m].im * w_re;
        a[m].re = re;
    }
}

/* ---- first pass -------------------------------------------------------------------
 */

/* Two quarters, one below the other: b is what follows them in the other quarters. */
#if FFT_W == 8
#define LOW(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11)
#define HIGH(a, b) __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15)
#elif FFT_W == 16
#define LOW(a, b)                                                                      \
    __builtin_shufflevector(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22,  \
                            23)
#define HIGH(a, b)                                                                     \
    __builtin_shufflevector(a, b, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28,    \
                            29, 30, 31)
#endif

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
#define EVEN(p, q) SPLIT(p, q, even)
#define ODD(p, q) SPLIT(p, q, odd)
#define PLACES 8
#else
#define EVEN(p, q) SHUFFLE(p, q, 0, 2, 4, 6)
#define ODD(p, q) SHUFFLE(p, q, 1, 3, 5, 7)
#define PLACES FFT_W
#endif

/* FFT_W butterflies without twiddles. A group is the float at which it starts to read,
 * and the places where it writes. */
INLINE void fft_first(const ecm_host_fft_plan_t *plan, const float *x, float mean,
                      const float *taper, float *work) {
    const uint16_t *group = plan->groups;
    size_t i, m, distance = plan->n / 4U, next = plan->next;
#if FFT_W == 16
    const __m512i even = _mm512_loadu_si512(plan->lanes);
    const __m512i odd = _mm512_loadu_si512(plan->lanes + 16);
#endif
    for (i = 0; i < plan->groups_len; i++, group += 1 + PLACES) {
        const float *from = x + group[0];
        fft_complex_t a[8];
        fft_vector_t re[8], im[8];
        UNROLL
        for (m = 0; m < 8U; m++) {
            const float *at = from + m * distance;
            fft_vector_t p = fft_load(at), q = fft_load(at + next);
            if (taper != NULL) {
                const float *by = taper + group[0] + m * distance;
                p = (p - mean) * fft_load(by);
                q = (q - mean) * fft_load(by + next);
            }
            a[m].re = EVEN(p, q);
            a[m].im = ODD(p, q);
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

/* ---- last pass, joined with the separation of even and odd samples ----------------
 */

/* Bins k, k + 1, ... or, descending, k, k - 1, ... of a row. */
INLINE void fft_put(float *out, size_t k, fft_complex_t x, bool descending,
                    bool power) {
    if (descending) {
        k -= FFT_W - 1U;
    }
    if (power) {
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

INLINE void fft_put_one(float *out, size_t k, float re, float im, bool power) {
    if (power) {
        out[k] = re * re + im * im;
    } else {
        out[2 * k] = re;
        out[2 * k + 1] = im;
    }
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
                          bool power) {
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
                fft_put_one(out, l * i + l / 2, c.re[0], c.im[0], power);
                fft_put_one(out, l * m + l / 2, a[m].re[0], a[m].im[0], power);
            }
        }
        fft_put(out, k + l * m, a[m], false, power);
        fft_put(out, n - k - l * m, c, true, power);
    }
    if (k == 0) {
        middle = radix % 2 == 0 ? before[radix / 2] : b[radix / 2];
        fft_put_one(out, 0, before[0].re[0] + before[0].im[0], 0.0f, power);
        fft_put_one(out, n, before[0].re[0] - before[0].im[0], 0.0f, power);
        fft_put_one(out, n / 2, middle.re[0], -middle.im[0], power);
    }
}

INLINE void fft_last(const ecm_host_fft_plan_t *plan, const float *work, float *out,
                     size_t radix, bool power) {
    const float *w = plan->twiddle[plan->passes - 1];
    size_t k, l = plan->n / radix, step = (6 * radix - 4) * FFT_W;
    fft_last_step(plan, work, out, w, 0, radix, power);
    for (k = FFT_W; k < l / 2; k += FFT_W) {
        w += step;
        fft_last_step(plan, work, out, w, k, radix, power);
    }
}

/* ---- a few rows -------------------------------------------------------------------
 */

/* Rows that go through the passes together, and where each is. */
typedef struct {
    const float *x;
    float *work;
    float *out;
    size_t out_stride;
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
                       size_t radix, bool power) {
    uint32_t i;
    for (i = 0; i < at->rows; i++) {
        float *out = at->out + i * at->out_stride;
        fft_last(plan, at->work + i * plan->n, out, radix, power);
        if (i + 1 < at->rows) {
            fft_expect(out + at->out_stride, at->out_stride);
        }
    }
}

static void fft_finish_bins(const ecm_host_fft_plan_t *plan, const fft_rows_t *at) {
    switch (plan->radix[plan->passes - 1]) {
    case 2:
        fft_finish(plan, at, 2, false);
        break;
    case 3:
        fft_finish(plan, at, 3, false);
        break;
    case 4:
        fft_finish(plan, at, 4, false);
        break;
    case 5:
        fft_finish(plan, at, 5, false);
        break;
    default:
        fft_finish(plan, at, 8, false);
        break;
    }
}

static void fft_finish_power(const ecm_host_fft_plan_t *plan, const fft_rows_t *at) {
    switch (plan->radix[plan->passes - 1]) {
    case 2:
        fft_finish(plan, at, 2, true);
        break;
    case 3:
        fft_finish(plan, at, 3, true);
        break;
    case 4:
        fft_finish(plan, at, 4, true);
        break;
    case 5:
        fft_finish(plan, at, 5, true);
        break;
    default:
        fft_finish(plan, at, 8, true);
        break;
    }
}

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

static void fft_block(const ecm_host_fft_plan_t *plan, const ecm_host_fft_task_t *task,
                      const float *mean, const fft_rows_t *at) {
    size_t l = 8;
    uint32_t i, pass;
    for (i = 0; i < at->rows; i++) {
        const float *x = at->x + (ptrdiff_t)i * task->x_stride;
        float *work = at->work + i * plan->n;
        if (task->taper != NULL) {
            fft_first(plan, x, mean[i], task->taper, work);
        } else {
            fft_first(plan, x, 0.0f, NULL, work);
        }
    }
    fft_expect(at->out, at->out_stride);
    for (pass = 1; pass + 1U < plan->passes; pass++) {
        fft_middle(plan, pass, l, at->work, at->rows * plan->n);
        l *= plan->radix[pass];
    }
    if (task->power) {
        fft_finish_power(plan, at);
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
    at.out_stride = task->power ? plan->n + 1 : 2 * plan->n + 2;
    at.x = task->x + (ptrdiff_t)first * task->x_stride;
    at.out = task->out + first * at.out_stride;
    at.rows = rows;
    fft_block(plan, task, mean, &at);
}

#endif
