/* ecm_host_stats_kernel.h - the sums of STATS_W / 4 windows, four lanes of a window in
 * each quarter vector. Included by one file an instruction set, which defines STATS_W
 * and STATS_NAME and is compiled for it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_HOST_STATS_KERNEL_H
#define ECM_HOST_STATS_KERNEL_H

#include "ecm_host_stats.h"

#if defined(ECM_HOST_VECTORS)

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define STATS_ROWS (STATS_W / 4)
#define STATS_COPY_LEN 1024 /* samples: with the rows themselves still first-level */
#define INLINE static inline __attribute__((always_inline))

typedef float stats_quad_t __attribute__((vector_size(16), aligned(4), may_alias));
typedef float stats_vector_t __attribute__((vector_size(4 * STATS_W)));
typedef uint32_t stats_bits_t __attribute__((vector_size(4 * STATS_W)));

/* ---- what differs between instruction sets ----------------------------------------
 */

#if STATS_W == 16
#define EACH(a, b, c, d)                                                               \
    a, b, c, d, a + 4, b + 4, c + 4, d + 4, a + 8, b + 8, c + 8, d + 8, a + 12,        \
        b + 12, c + 12, d + 12
#define LOWER _mm512_min_ps
#define UPPER _mm512_max_ps
INLINE stats_vector_t stats_root(stats_vector_t x) {
    __m256 lo = _mm256_sqrt_ps(_mm512_castps512_ps256(x));
    __m256 hi = _mm256_sqrt_ps(_mm512_extractf32x8_ps(x, 1));
    return _mm512_insertf32x8(_mm512_castps256_ps512(lo), hi, 1);
}
INLINE stats_vector_t stats_load(const float *const *row, uint32_t i) {
    __m512 x = _mm512_castps128_ps512(_mm_loadu_ps(row[0] + i));
    x = _mm512_insertf32x4(x, _mm_loadu_ps(row[1] + i), 1);
    x = _mm512_insertf32x4(x, _mm_loadu_ps(row[2] + i), 2);
    return _mm512_insertf32x4(x, _mm_loadu_ps(row[3] + i), 3);
}
#elif STATS_W == 8
#define EACH(a, b, c, d) a, b, c, d, a + 4, b + 4, c + 4, d + 4
#define LOWER _mm256_min_ps
#define UPPER _mm256_max_ps
#define stats_root _mm256_sqrt_ps
INLINE stats_vector_t stats_load(const float *const *row, uint32_t i) {
    __m256 x = _mm256_castps128_ps256(_mm_loadu_ps(row[0] + i));
    return _mm256_insertf128_ps(x, _mm_loadu_ps(row[1] + i), 1);
}
#else
#define EACH(a, b, c, d) a, b, c, d
INLINE stats_vector_t stats_load(const float *const *row, uint32_t i) {
    return *(const stats_quad_t *)(row[0] + i);
}
#if defined(__x86_64__)
#define LOWER _mm_min_ps
#define UPPER _mm_max_ps
#define stats_root _mm_sqrt_ps
#elif defined(__aarch64__)
#define LOWER vminq_f32
#define UPPER vmaxq_f32
#define stats_root vsqrtq_f32
#else
#define LOWER(a, b) stats_select((a) < (b), a, b)
#define UPPER(a, b) stats_select((a) > (b), a, b)
INLINE stats_vector_t stats_select(stats_bits_t mask, stats_vector_t a,
                                   stats_vector_t b) {
    return (stats_vector_t)(((stats_bits_t)a & mask) | ((stats_bits_t)b & ~mask));
}
INLINE stats_vector_t stats_root(stats_vector_t x) {
    uint32_t i;
    for (i = 0; i < STATS_W; i++) {
        x[i] = ecm_port_sqrt_f32(x[i]);
    }
    return x;
}
#endif
#endif

/* ---- the kernel -------------------------------------------------------------------
 */

INLINE stats_vector_t stats_all(float x) {
    return (stats_vector_t){0} + x;
}

/* Where the sign of a sample differs from that of the one before it, add one. */
INLINE stats_bits_t stats_turns(stats_bits_t before, stats_bits_t now) {
    return (__builtin_shufflevector(before, now,
                                    EACH(3, STATS_W, STATS_W + 1, STATS_W + 2)) ^
            now) >>
           31;
}

/* The sum of each window's four lanes. */
INLINE void stats_fold(stats_vector_t lanes, float *sum) {
    uint32_t r;
    for (r = 0; r < STATS_ROWS; r++) {
        sum[r] =
            (lanes[4 * r] + lanes[4 * r + 1]) + (lanes[4 * r + 2] + lanes[4 * r + 3]);
    }
}

INLINE uint32_t stats_count(stats_bits_t n, uint32_t r) {
    return n[4 * r] + n[4 * r + 1] + n[4 * r + 2] + n[4 * r + 3];
}

/* The first pass; leaves the windows' vectors in copy, unless that is NULL. */
INLINE stats_vector_t stats_first(const float *const *row, uint32_t x_len,
                                  stats_vector_t *copy, ecm_stats_sums_t *sums) {
    stats_vector_t sum = stats_all(0.0f), zero = stats_all(0.0f);
    stats_vector_t x = stats_load(row, 0), lo = x, hi = x, mean = zero;
    stats_bits_t n = {0}, now, before;
    float total[STATS_ROWS];
    uint32_t i, r;
    before = (stats_bits_t)(__builtin_shufflevector(x, x, EACH(0, 0, 0, 0)) + zero);
    for (i = 0; i < x_len; i += 4U) {
        x = stats_load(row, i);
        if (copy != NULL) {
            copy[i / 4U] = x;
        }
        now = (stats_bits_t)(x + zero);
        sum += x;
        lo = LOWER(x, lo);
        hi = UPPER(x, hi);
        n += stats_turns(before, now);
        before = now;
    }
    stats_fold(sum, total);
    for (r = 0; r < STATS_ROWS; r++) {
        float low = lo[4 * r], high = hi[4 * r];
        for (i = 4 * r + 1; i < 4 * r + 4; i++) {
            low = lo[i] < low ? lo[i] : low;
            high = hi[i] > high ? hi[i] : high;
        }
        sums[r].mean = total[r] / (float)x_len + 0.0f;
        sums[r].minimum = low + 0.0f;
        sums[r].maximum = high + 0.0f;
        sums[r].zero_crossings = stats_count(n, r);
        for (i = 4 * r; i < 4 * r + 4; i++) {
            mean[i] = sums[r].mean;
        }
    }
    return mean;
}

/* Both passes; what comes next is asked of memory during the second. */
INLINE void stats_sums(const float *const *row, const float *ahead, uint32_t x_len,
                       stats_vector_t *copy, ecm_stats_sums_t *sums) {
    stats_vector_t zero = stats_all(0.0f), d1 = zero, d2 = zero, d3 = zero, d4 = zero;
    stats_vector_t root = zero, d, square, magnitude;
    stats_vector_t minus_mean = zero - stats_first(row, x_len, copy, sums);
    stats_bits_t n = {0}, magnitude_bits = {0}, now, before;
    float fold[5][STATS_ROWS];
    uint32_t i, r;
    magnitude_bits += 0x7fffffffU;
    d = stats_load(row, 0) + minus_mean;
    before = (stats_bits_t)__builtin_shufflevector(d, d, EACH(0, 0, 0, 0));
    for (i = 0; i < x_len; i += 4U) {
        __builtin_prefetch(ahead + (size_t)STATS_ROWS * i);
        d = (copy != NULL ? copy[i / 4U] : stats_load(row, i)) + minus_mean;
        now = (stats_bits_t)d;
        magnitude = (stats_vector_t)(now & magnitude_bits);
        square = d * d;
        d1 += magnitude;
        d2 += square;
        d3 += square * d;
        d4 += square * square;
        root += stats_root(magnitude);
        n += stats_turns(before, now);
        before = now;
    }
    stats_fold(d1, fold[0]);
    stats_fold(d2, fold[1]);
    stats_fold(d3, fold[2]);
    stats_fold(d4, fold[3]);
    stats_fold(root, fold[4]);
    for (r = 0; r < STATS_ROWS; r++) {
        sums[r].d1 = fold[0][r];
        sums[r].d2 = fold[1][r];
        sums[r].d3 = fold[2][r];
        sums[r].d4 = fold[3][r];
        sums[r].root = fold[4][r];
        sums[r].mean_crossings = stats_count(n, r);
    }
}

/* Putting vectors together from rows takes as long as the first pass's arithmetic;
 * windows of the usual length keep them for the second. */
void STATS_NAME(const float *const *row, const float *ahead, uint32_t x_len,
                ecm_stats_sums_t *sums) {
    stats_vector_t copy[STATS_COPY_LEN / 4];
    if (x_len <= STATS_COPY_LEN) {
        stats_sums(row, ahead, x_len, copy, sums);
    } else {
        stats_sums(row, ahead, x_len, NULL, sums);
    }
}

#endif
#endif
