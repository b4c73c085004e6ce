/* ecm_host_stats_kernel.h - the sums of windows, STATS_W / 4 at a time: four lanes of a
 * window in each quarter vector. Included by one file an instruction set, which defines
 * STATS_W and STATS_NAME and is compiled for it.
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
#define STATS_SIGN 0x80000000U
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
#define stats_root _mm512_sqrt_ps
INLINE stats_vector_t stats_load(const float *const *row, uint32_t i) {
    __m512 x = _mm512_castps128_ps512(_mm_loadu_ps(row[0] + i));
    x = _mm512_insertf32x4(x, _mm_loadu_ps(row[1] + i), 1);
    x = _mm512_insertf32x4(x, _mm_loadu_ps(row[2] + i), 2);
    return _mm512_insertf32x4(x, _mm_loadu_ps(row[3] + i), 3);
}
INLINE uint64_t stats_signs(const stats_bits_t *x) {
    __m512i low = _mm512_packs_epi32((__m512i)x[0], (__m512i)x[1]);
    __m512i high = _mm512_packs_epi32((__m512i)x[2], (__m512i)x[3]);
    return _mm512_movepi8_mask(_mm512_packs_epi16(low, high));
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
INLINE uint64_t stats_signs(const stats_bits_t *x) {
    __m256i low = _mm256_packs_epi32((__m256i)x[0], (__m256i)x[1]);
    __m256i high = _mm256_packs_epi32((__m256i)x[2], (__m256i)x[3]);
    return (uint32_t)_mm256_movemask_epi8(_mm256_packs_epi16(low, high));
}
#else
#define EACH(a, b, c, d) a, b, c, d
INLINE stats_vector_t stats_load(const float *const *row, uint32_t i) {
    return *(const stats_quad_t *)(row[0] + i);
}
#if defined(__x86_64__)
INLINE uint64_t stats_signs(const stats_bits_t *x) {
    __m128i low = _mm_packs_epi32((__m128i)x[0], (__m128i)x[1]);
    __m128i high = _mm_packs_epi32((__m128i)x[2], (__m128i)x[3]);
    return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(low, high));
}
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
#if !defined(__x86_64__)
INLINE uint64_t stats_signs(const stats_bits_t *x) {
    stats_bits_t y =
        (x[0] >> 31) | (x[1] >> 31) << 4 | (x[2] >> 31) << 8 | (x[3] >> 31) << 12;
    y <<= (stats_bits_t){0, 1, 2, 3};
    return (y[0] | y[1]) | (y[2] | y[3]);
}
#endif
#endif

/* ---- the kernel -------------------------------------------------------------------
 */

INLINE stats_vector_t stats_all(float x) {
    return (stats_vector_t){0} + x;
}

/* The sum of each window's four lanes. */
INLINE void stats_fold(stats_vector_t lanes, float *sum) {
    uint32_t r;
    for (r = 0; r < STATS_ROWS; r++) {
        sum[r] =
            (lanes[4 * r] + lanes[4 * r + 1]) + (lanes[4 * r + 2] + lanes[4 * r + 3]);
    }
}

/* Changes of sign. The signs of 16 samples of each window are 16 bits of a word. */
typedef struct {
    uint64_t last; /* the sign before, as the lowest of each 16 bits */
    uint32_t n[STATS_ROWS];
} stats_turns_t;

#define STATS_LOWEST 0x0001000100010001U

INLINE uint32_t stats_ones(uint64_t bits) {
#if defined(__POPCNT__) || defined(__aarch64__)
    return (uint32_t)__builtin_popcountll(bits);
#else
    bits -= (bits >> 1) & 0x5555U;
    bits = (bits & 0x3333U) + ((bits >> 2) & 0x3333U);
    bits = (bits + (bits >> 4)) & 0x0f0fU;
    return (uint32_t)((bits + (bits >> 8)) & 31U);
#endif
}

INLINE void stats_turn(stats_turns_t *turns, const stats_bits_t *x) {
    uint64_t signs = stats_signs(x);
    uint64_t changes = signs ^ (((signs << 1) & ~STATS_LOWEST) | turns->last);
    uint32_t r;
    turns->last = (signs >> 15) & STATS_LOWEST;
    for (r = 0; r < STATS_ROWS; r++) {
        turns->n[r] += stats_ones((changes >> (16U * r)) & 0xffffU);
    }
}

/* The same of fewer than 16 samples of each window. */
INLINE void stats_turn_some(stats_turns_t *turns, stats_bits_t *x, uint32_t some) {
    uint32_t i;
    for (i = some; i < 4U; i++) {
        x[i] = __builtin_shufflevector(x[some - 1U], x[some - 1U], EACH(3, 3, 3, 3));
    }
    stats_turn(turns, x);
}

/* Before the first 16: nothing changes at the first. */
INLINE void stats_turn_start(stats_turns_t *turns, stats_bits_t first) {
    stats_bits_t x[4] = {first, first, first, first};
    uint32_t r;
    turns->last = stats_signs(x) & STATS_LOWEST;
    for (r = 0; r < STATS_ROWS; r++) {
        turns->n[r] = 0;
    }
}

/* What the first pass finds. */
typedef struct {
    stats_vector_t sum, lo, hi;
    stats_turns_t turns;
} stats_first_t;

INLINE stats_bits_t stats_first_step(stats_first_t *first, stats_vector_t x) {
    first->sum += x;
    first->lo = LOWER(x, first->lo);
    first->hi = UPPER(x, first->hi);
    return (stats_bits_t)(x + stats_all(0.0f));
}

INLINE void stats_first_start(stats_first_t *first, const float *const *row) {
    first->sum = stats_all(0.0f);
    first->lo = first->hi = stats_load(row, 0);
    stats_turn_start(&first->turns, (stats_bits_t)(first->lo + stats_all(0.0f)));
}

INLINE stats_vector_t stats_first_end(const stats_first_t *first, uint32_t x_len,
                                      ecm_stats_sums_t *sums) {
    stats_vector_t mean = stats_all(0.0f);
    float total[STATS_ROWS];
    uint32_t i, r;
    stats_fold(first->sum, total);
    for (r = 0; r < STATS_ROWS; r++) {
        float low = first->lo[4 * r], high = first->hi[4 * r];
        for (i = 4 * r + 1; i < 4 * r + 4; i++) {
            low = first->lo[i] < low ? first->lo[i] : low;
            high = first->hi[i] > high ? first->hi[i] : high;
        }
        sums[r].mean = total[r] / (float)x_len + 0.0f;
        sums[r].minimum = low + 0.0f;
        sums[r].maximum = high + 0.0f;
        sums[r].zero_crossings = first->turns.n[r];
        for (i = 4 * r; i < 4 * r + 4; i++) {
            mean[i] = sums[r].mean;
        }
    }
    return stats_all(0.0f) - mean;
}

/* What the second pass finds. */
typedef struct {
    stats_vector_t minus_mean, d1, d2, d3, d4, root;
    stats_turns_t turns;
} stats_second_t;

INLINE stats_bits_t stats_second_step(stats_second_t *second, stats_vector_t x) {
    stats_vector_t d = x + second->minus_mean, square = d * d;
    stats_bits_t bits = (stats_bits_t)d;
    stats_vector_t magnitude = (stats_vector_t)(bits & ~STATS_SIGN);
    second->d1 += magnitude;
    second->d2 += square;
    second->d3 += square * d;
    second->d4 += square * square;
    second->root += stats_root(magnitude);
    return bits;
}

INLINE void stats_second_start(stats_second_t *second, stats_vector_t minus_mean,
                               stats_vector_t x) {
    stats_vector_t zero = stats_all(0.0f);
    second->minus_mean = minus_mean;
    second->d1 = second->d2 = second->d3 = second->d4 = second->root = zero;
    stats_turn_start(&second->turns, (stats_bits_t)(x + minus_mean));
}

INLINE void stats_second_end(const stats_second_t *second, ecm_stats_sums_t *sums) {
    float fold[5][STATS_ROWS];
    uint32_t r;
    stats_fold(second->d1, fold[0]);
    stats_fold(second->d2, fold[1]);
    stats_fold(second->d3, fold[2]);
    stats_fold(second->d4, fold[3]);
    stats_fold(second->root, fold[4]);
    for (r = 0; r < STATS_ROWS; r++) {
        sums[r].d1 = fold[0][r];
        sums[r].d2 = fold[1][r];
        sums[r].d3 = fold[2][r];
        sums[r].d4 = fold[3][r];
        sums[r].root = fold[4][r];
        sums[r].mean_crossings = second->turns.n[r];
    }
}

/* Where a pass reads and what it leaves. */
typedef struct {
    const float *const *row;  /* of the second pass; NULL without one */
    const float *const *next; /* of the first pass; NULL without one */
    const float *ahead;       /* what will be read after that */
    stats_vector_t *copy;     /* of the rows, for the second pass; or NULL */
    uint32_t x_len;
} stats_pass_t;

INLINE void stats_step(const stats_pass_t *pass, uint32_t i, stats_first_t *first,
                       stats_second_t *second, stats_bits_t *bits1,
                       stats_bits_t *bits2) {
    stats_vector_t x;
    if (pass->row != NULL) {
        x = pass->copy != NULL ? pass->copy[i / 4U] : stats_load(pass->row, i);
        *bits2 = stats_second_step(second, x);
    }
    if (pass->next != NULL) {
        x = stats_load(pass->next, i);
        if (pass->copy != NULL) {
            pass->copy[i / 4U] = x;
        }
        *bits1 = stats_first_step(first, x);
        __builtin_prefetch(pass->ahead + (size_t)STATS_ROWS * i, 0, 2);
    }
}

/* The second pass over some windows, and the first over the next ones meanwhile: while
 * roots are awaited, there is something else to do. */
INLINE void stats_pass(const stats_pass_t *pass, stats_first_t *first,
                       stats_second_t *second) {
    stats_bits_t bits1[4], bits2[4];
    uint32_t i, j;
    for (i = 0; pass->x_len - i >= 16U; i += 16U) {
        for (j = 0; j < 4U; j++) {
            stats_step(pass, i + 4U * j, first, second, &bits1[j], &bits2[j]);
        }
        if (pass->row != NULL) {
            stats_turn(&second->turns, bits2);
        }
        if (pass->next != NULL) {
            stats_turn(&first->turns, bits1);
        }
    }
    if (i == pass->x_len) {
        return;
    }
    for (j = 0; i + 4U * j < pass->x_len; j++) {
        stats_step(pass, i + 4U * j, first, second, &bits1[j], &bits2[j]);
    }
    if (pass->row != NULL) {
        stats_turn_some(&second->turns, bits2, j);
    }
    if (pass->next != NULL) {
        stats_turn_some(&first->turns, bits1, j);
    }
}

INLINE void stats_rows(const float **row, const float *x, size_t stride) {
    uint32_t r;
    for (r = 0; r < STATS_ROWS; r++) {
        row[r] = x + r * stride;
    }
}

INLINE void stats_groups(const float *x, size_t stride, uint32_t groups, uint32_t x_len,
                         stats_vector_t *copy, ecm_stats_sums_t *sums) {
    const float *rows[2][STATS_ROWS];
    stats_pass_t pass = {NULL, NULL, NULL, copy, x_len};
    stats_first_t first;
    stats_second_t second;
    uint32_t g;
    stats_rows(rows[0], x, stride);
    stats_first_start(&first, rows[0]);
    pass.next = rows[0];
    pass.ahead = x + STATS_ROWS * stride;
    stats_pass(&pass, &first, NULL);
    for (g = 0; g < groups; g++, sums += STATS_ROWS) {
        stats_second_start(&second, stats_first_end(&first, x_len, sums),
                           stats_load(rows[g & 1U], 0));
        x += STATS_ROWS * stride;
        pass.row = rows[g & 1U];
        if (g + 1U < groups) {
            stats_rows(rows[~g & 1U], x, stride);
            stats_first_start(&first, rows[~g & 1U]);
            pass.next = rows[~g & 1U];
            pass.ahead = x + STATS_ROWS * stride;
            stats_pass(&pass, &first, &second);
        } else {
            pass.next = NULL;
            stats_pass(&pass, NULL, &second);
        }
        stats_second_end(&second, sums);
    }
}

/* Putting vectors together from rows takes as long as the first pass's arithmetic;
 * windows of the usual length keep them for the second. */
void STATS_NAME(const float *x, size_t stride, uint32_t groups, uint32_t x_len,
                ecm_stats_sums_t *sums) {
    stats_vector_t copy[STATS_COPY_LEN / 4];
    if (x_len <= STATS_COPY_LEN) {
        stats_groups(x, stride, groups, x_len, copy, sums);
    } else {
        stats_groups(x, stride, groups, x_len, NULL, sums);
    }
}

#endif
#endif
