/* ecm_host_fft_vector_kernel.h - registers of FFT_W floats, and the butterflies on
 * them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_HOST_FFT_VECTOR_KERNEL_H
#define ECM_HOST_FFT_VECTOR_KERNEL_H

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

#endif
