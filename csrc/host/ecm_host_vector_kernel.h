/* ecm_host_vector_kernel.h - registers of HOST_W numbers, and what C has no operator
 * for.
 *
 * Included by one source an instruction set, which defines HOST_W (4, 8 or 16) and is
 * compiled for it. 4 is for any processor; 8 and 16 are AVX2 and AVX-512.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_HOST_VECTOR_KERNEL_H
#define ECM_HOST_VECTOR_KERNEL_H

#include "ecm_host.h"

#if defined(ECM_HOST_VECTORS)

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define INLINE static inline __attribute__((always_inline))

/* One register; in memory it may start at any number. */
typedef float host_f32_t __attribute__((vector_size(4 * HOST_W)));
typedef int32_t host_s32_t __attribute__((vector_size(4 * HOST_W)));
typedef uint32_t host_u32_t __attribute__((vector_size(4 * HOST_W)));
typedef float host_memory_t
    __attribute__((vector_size(4 * HOST_W), aligned(4), may_alias));
typedef float host_quad_t __attribute__((vector_size(16), aligned(4), may_alias));

/* Four floats each of HOST_ROWS rows in the quarters of a register: the four lanes of
 * their sums, as the device adds them up. */
enum { HOST_ROWS = HOST_W / 4 };

INLINE host_f32_t host_load(const float *x) {
    return *(const host_memory_t *)x;
}

INLINE void host_store(float *x, host_f32_t y) {
    *(host_memory_t *)x = y;
}

INLINE host_f32_t host_all(float x) {
    return (host_f32_t){0} + x;
}

INLINE host_s32_t host_all_s32(int32_t x) {
    return (host_s32_t){0} + x;
}

/* a where the mask is all ones, b where it is 0. */
INLINE host_f32_t host_select(host_s32_t mask, host_f32_t a, host_f32_t b) {
    return (host_f32_t)((mask & (host_s32_t)a) | (~mask & (host_s32_t)b));
}

INLINE host_s32_t host_select_s32(host_s32_t mask, host_s32_t a, host_s32_t b) {
    return (mask & a) | (~mask & b);
}

#if HOST_W == 4
INLINE host_f32_t host_quads(const float *const *row, uint32_t at) {
    return *(const host_quad_t *)(row[0] + at);
}
#elif HOST_W == 8
INLINE host_f32_t host_quads(const float *const *row, uint32_t at) {
    __m256 x = _mm256_castps128_ps256(_mm_loadu_ps(row[0] + at));
    return _mm256_insertf128_ps(x, _mm_loadu_ps(row[1] + at), 1);
}
#else
INLINE host_f32_t host_quads(const float *const *row, uint32_t at) {
    __m512 x = _mm512_castps128_ps512(_mm_loadu_ps(row[0] + at));
    x = _mm512_insertf32x4(x, _mm_loadu_ps(row[1] + at), 1);
    x = _mm512_insertf32x4(x, _mm_loadu_ps(row[2] + at), 2);
    return _mm512_insertf32x4(x, _mm_loadu_ps(row[3] + at), 3);
}
#endif

/* What is left of the rows, fewer than four, and zeros: these add nothing to sums. */
INLINE host_f32_t host_rest(const float *const *row, uint32_t at, uint32_t len) {
    host_f32_t x = {0.0f};
    uint32_t r, i;
    for (r = 0; r < HOST_ROWS; r++) {
        for (i = 0; at + i < len; i++) {
            x[4U * r + i] = row[r][at + i];
        }
    }
    return x;
}

/* A number of each row, four times. */
INLINE host_f32_t host_of_rows(const float *x) {
    host_f32_t y = {0.0f};
    uint32_t i;
    for (i = 0; i < HOST_W; i++) {
        y[i] = x[i / 4U];
    }
    return y;
}

/* The sum of each row's four lanes. */
INLINE void host_fold(host_f32_t lane, float *sum) {
    uint32_t r;
    for (r = 0; r < HOST_ROWS; r++) {
        sum[r] = (lane[4 * r] + lane[4 * r + 1]) + (lane[4 * r + 2] + lane[4 * r + 3]);
    }
}

/* Every other one of two registers, in order. */
#if HOST_W == 16
INLINE host_f32_t host_evens(host_f32_t lo, host_f32_t hi) {
    return __builtin_shufflevector(lo, hi, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22,
                                   24, 26, 28, 30);
}
INLINE host_f32_t host_odds(host_f32_t lo, host_f32_t hi) {
    return __builtin_shufflevector(lo, hi, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23,
                                   25, 27, 29, 31);
}
#elif HOST_W == 8
INLINE host_f32_t host_in_order(host_f32_t x) { /* quarters 0, 2, 1, 3 of a register */
    return __builtin_shufflevector(x, x, 0, 1, 4, 5, 2, 3, 6, 7);
}
INLINE host_f32_t host_evens(host_f32_t lo, host_f32_t hi) {
    return host_in_order(__builtin_shufflevector(lo, hi, 0, 2, 8, 10, 4, 6, 12, 14));
}
INLINE host_f32_t host_odds(host_f32_t lo, host_f32_t hi) {
    return host_in_order(__builtin_shufflevector(lo, hi, 1, 3, 9, 11, 5, 7, 13, 15));
}
#else
INLINE host_f32_t host_evens(host_f32_t lo, host_f32_t hi) {
    return __builtin_shufflevector(lo, hi, 0, 2, 4, 6);
}
INLINE host_f32_t host_odds(host_f32_t lo, host_f32_t hi) {
    return __builtin_shufflevector(lo, hi, 1, 3, 5, 7);
}
#endif

/* Sums of neighbours, in order: lo[0] + lo[1], lo[2] + lo[3], ... */
INLINE host_f32_t host_pairs(host_f32_t lo, host_f32_t hi) {
#if HOST_W == 8
    return host_in_order(__builtin_shufflevector(lo, hi, 0, 2, 8, 10, 4, 6, 12, 14) +
                         __builtin_shufflevector(lo, hi, 1, 3, 9, 11, 5, 7, 13, 15));
#else
    return host_evens(lo, hi) + host_odds(lo, hi);
#endif
}

/* Each number twice, one after the other: the lower and the upper half of them. */
#if HOST_W == 16
#define HOST_TWICE_LO(x)                                                               \
    __builtin_shufflevector(x, x, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7)
#define HOST_TWICE_HI(x)                                                               \
    __builtin_shufflevector(x, x, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14,  \
                            15, 15)
#elif HOST_W == 8
#define HOST_TWICE_LO(x) __builtin_shufflevector(x, x, 0, 0, 1, 1, 2, 2, 3, 3)
#define HOST_TWICE_HI(x) __builtin_shufflevector(x, x, 4, 4, 5, 5, 6, 6, 7, 7)
#else
#define HOST_TWICE_LO(x) __builtin_shufflevector(x, x, 0, 0, 1, 1)
#define HOST_TWICE_HI(x) __builtin_shufflevector(x, x, 2, 2, 3, 3)
#endif

/* Square root; nearest floats; and where the product of integers is at hand, whether a
 * mask is all zeros, and the upper half of a product. */
#if HOST_W == 16
#define host_sqrt(x) ((host_f32_t)_mm512_sqrt_ps((__m512)(x)))
#define host_float(x) ((host_f32_t)_mm512_cvtepi32_ps((__m512i)(x)))
INLINE host_s32_t host_mulhi(host_s32_t a, host_s32_t b) {
    __m512i x = (__m512i)a, y = (__m512i)b;
    __m512i even = _mm512_mul_epi32(x, y);
    __m512i odd = _mm512_mul_epi32(_mm512_srli_epi64(x, 32), _mm512_srli_epi64(y, 32));
    return (host_s32_t)_mm512_mask_shuffle_epi32(odd, 0x5555, even, _MM_PERM_DDBB);
}
#elif HOST_W == 8
#define host_sqrt(x) ((host_f32_t)_mm256_sqrt_ps((__m256)(x)))
#define host_float(x) ((host_f32_t)_mm256_cvtepi32_ps((__m256i)(x)))
INLINE host_s32_t host_mulhi(host_s32_t a, host_s32_t b) {
    __m256i x = (__m256i)a, y = (__m256i)b;
    __m256i even = _mm256_mul_epi32(x, y);
    __m256i odd = _mm256_mul_epi32(_mm256_srli_epi64(x, 32), _mm256_srli_epi64(y, 32));
    return (host_s32_t)_mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
}
#else
#if defined(__x86_64__)
#define host_sqrt(x) ((host_f32_t)_mm_sqrt_ps((__m128)(x)))
#elif defined(__aarch64__)
#define host_sqrt(x) ((host_f32_t)vsqrtq_f32((float32x4_t)(x)))
#else
INLINE host_f32_t host_sqrt(host_f32_t x) {
    uint32_t i;
    for (i = 0; i < HOST_W; i++) {
        x[i] = ecm_port_sqrt_f32(x[i]);
    }
    return x;
}
#endif
#define host_float(x) __builtin_convertvector(x, host_f32_t)
#endif

#endif
#endif
