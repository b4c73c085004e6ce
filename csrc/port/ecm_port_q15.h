/* ecm_port_q15.h - products of fixed-point numbers in few instructions.
 *
 * Each operation has one meaning, in integers, and so the same bits on every
 * core: Arm cores with the DSP extension have it as an instruction, others get
 * C. A packed pair holds two Q15 numbers, the first in its low half.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_PORT_Q15_H
#define ECM_PORT_Q15_H

#include "ecm_base.h"

/* Shifts of negative numbers to the right are arithmetic with every compiler
 * that the library is built with, though C99 leaves it to them. */
ECM_STATIC_ASSERT((-3 >> 1) == -2, port_arithmetic_shift);

/* Inlined also where the compiler optimises for size: the constants that
 * callers give become immediate operands. */
#if defined(__GNUC__)
#define ECM_PORT_INLINE static inline __attribute__((always_inline))
#else
#define ECM_PORT_INLINE static inline
#endif

/* Low and high number of a packed pair. */
ECM_PORT_INLINE int32_t ecm_port_low_q15(uint32_t pair) {
    return (int16_t)(uint16_t)pair;
}

ECM_PORT_INLINE int32_t ecm_port_high_q15(uint32_t pair) {
    return (int32_t)pair >> 16;
}

/* The pair x[0], x[1]. */
#if defined(__ARM_FEATURE_UNALIGNED) && !defined(__ARM_BIG_ENDIAN)
typedef uint32_t __attribute__((may_alias, aligned(2))) ecm_port_four_t;

ECM_PORT_INLINE uint32_t ecm_port_load_q15(const int16_t *x) {
    return *(const ecm_port_four_t *)(const void *)x;
}
#else
ECM_PORT_INLINE uint32_t ecm_port_load_q15(const int16_t *x) {
    return (uint16_t)x[0] | (uint32_t)(uint16_t)x[1] << 16;
}
#endif

/* Two neighbours in memory: a complex number. */
typedef struct {
    int32_t re;
    int32_t im;
} ecm_port_complex_t;

#if defined(__ARM_FEATURE_DSP) && defined(__GNUC__) && !defined(__clang__)

/* One instruction where GCC often takes two. Its constraint for what such an
 * instruction reaches works for memory of eight bytes, not for a structure. */
typedef int64_t __attribute__((may_alias, aligned(4))) ecm_port_eight_t;

ECM_PORT_INLINE ecm_port_complex_t ecm_port_load_complex(const ecm_port_complex_t *x) {
    ecm_port_complex_t y;
    __asm__("ldrd %0, %1, %2"
            : "=r"(y.re), "=r"(y.im)
            : "Uv"(*(const ecm_port_eight_t *)(const void *)x));
    return y;
}

ECM_PORT_INLINE void ecm_port_store_complex(ecm_port_complex_t *x,
                                            ecm_port_complex_t y) {
    __asm__("strd %1, %2, %0"
            : "=Uv"(*(ecm_port_eight_t *)(void *)x)
            : "r"(y.re), "r"(y.im));
}

#else

ECM_PORT_INLINE ecm_port_complex_t ecm_port_load_complex(const ecm_port_complex_t *x) {
#if defined(__thumb__) && !defined(__thumb2__)
    __asm__ volatile("" ::: "memory"); /* no load moves up here: registers are eight */
#endif
    return *x;
}

ECM_PORT_INLINE void ecm_port_store_complex(ecm_port_complex_t *x,
                                            ecm_port_complex_t y) {
    *x = y;
}

#endif

#if defined(__ARM_FEATURE_DSP)

/* floor(a * low(pair) / 2^16) */
ECM_PORT_INLINE int32_t ecm_port_mul_low_q15(int32_t a, uint32_t pair) {
    int32_t y;
    __asm__("smulwb %0, %1, %2" : "=r"(y) : "r"(a), "r"(pair));
    return y;
}

/* floor(a * high(pair) / 2^16) */
ECM_PORT_INLINE int32_t ecm_port_mul_high_q15(int32_t a, uint32_t pair) {
    int32_t y;
    __asm__("smulwt %0, %1, %2" : "=r"(y) : "r"(a), "r"(pair));
    return y;
}

/* sum + floor(a * high(pair) / 2^16) */
ECM_PORT_INLINE int32_t ecm_port_mac_high_q15(int32_t sum, int32_t a, uint32_t pair) {
    int32_t y;
    __asm__("smlawt %0, %1, %2, %3" : "=r"(y) : "r"(a), "r"(pair), "r"(sum));
    return y;
}

/* low(pair) * gain, -2^15 <= gain < 2^15 */
ECM_PORT_INLINE int32_t ecm_port_gain_low_q15(uint32_t pair, int32_t gain) {
    int32_t y;
    __asm__("smulbb %0, %1, %2" : "=r"(y) : "r"(pair), "r"(gain));
    return y;
}

/* high(pair) * gain, -2^15 <= gain < 2^15 */
ECM_PORT_INLINE int32_t ecm_port_gain_high_q15(uint32_t pair, int32_t gain) {
    int32_t y;
    __asm__("smultb %0, %1, %2" : "=r"(y) : "r"(pair), "r"(gain));
    return y;
}

/* low(pair) * gain, -2^15 <= gain < 2^15, added to sum and taken from it */
ECM_PORT_INLINE void ecm_port_fork_low_q15(int32_t *sum, int32_t *diff, uint32_t pair,
                                           int32_t gain) {
    int32_t y;
    __asm__("smlabb %0, %1, %2, %3" : "=r"(y) : "r"(pair), "r"(gain), "r"(*sum));
    *diff = 2 * *sum - y;
    *sum = y;
}

/* high(pair) * gain, -2^15 <= gain < 2^15, added to sum and taken from it */
ECM_PORT_INLINE void ecm_port_fork_high_q15(int32_t *sum, int32_t *diff, uint32_t pair,
                                            int32_t gain) {
    int32_t y;
    __asm__("smlatb %0, %1, %2, %3" : "=r"(y) : "r"(pair), "r"(gain), "r"(*sum));
    *diff = 2 * *sum - y;
    *sum = y;
}

#else

#if defined(__thumb__) && !defined(__thumb2__)

/* No product of 64 bits there: two of 32 instead. */
ECM_PORT_INLINE int32_t ecm_port_mul_q15(int32_t a, int32_t b) {
    return (a >> 16) * b + (((int32_t)(a & 0xffff) * b) >> 16);
}

ECM_PORT_INLINE int32_t ecm_port_mul_low_q15(int32_t a, uint32_t pair) {
    return ecm_port_mul_q15(a, ecm_port_low_q15(pair));
}

ECM_PORT_INLINE int32_t ecm_port_mul_high_q15(int32_t a, uint32_t pair) {
    return ecm_port_mul_q15(a, ecm_port_high_q15(pair));
}

#else

/* The high half of a product of 64 bits, one instruction, with b in a high half. */
ECM_PORT_INLINE int32_t ecm_port_mul_q31(int32_t a, uint32_t b) {
    return (int32_t)(((int64_t)a * (int32_t)b) >> 32);
}

ECM_PORT_INLINE int32_t ecm_port_mul_low_q15(int32_t a, uint32_t pair) {
    return ecm_port_mul_q31(a, pair << 16);
}

ECM_PORT_INLINE int32_t ecm_port_mul_high_q15(int32_t a, uint32_t pair) {
    return ecm_port_mul_q31(a, pair & 0xffff0000U);
}

#endif

ECM_PORT_INLINE int32_t ecm_port_mac_high_q15(int32_t sum, int32_t a, uint32_t pair) {
    return sum + ecm_port_mul_high_q15(a, pair);
}

ECM_PORT_INLINE int32_t ecm_port_gain_low_q15(uint32_t pair, int32_t gain) {
    return ecm_port_low_q15(pair) * gain;
}

ECM_PORT_INLINE int32_t ecm_port_gain_high_q15(uint32_t pair, int32_t gain) {
    return ecm_port_high_q15(pair) * gain;
}

ECM_PORT_INLINE void ecm_port_fork_low_q15(int32_t *sum, int32_t *diff, uint32_t pair,
                                           int32_t gain) {
    int32_t y = ecm_port_low_q15(pair) * gain;
    *diff = *sum - y;
    *sum += y;
}

ECM_PORT_INLINE void ecm_port_fork_high_q15(int32_t *sum, int32_t *diff, uint32_t pair,
                                            int32_t gain) {
    int32_t y = ecm_port_high_q15(pair) * gain;
    *diff = *sum - y;
    *sum += y;
}

#endif

#endif
