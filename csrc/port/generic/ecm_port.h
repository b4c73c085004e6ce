/* ecm_port.h (generic) - the portable default: no instruction beyond C99 assumed.
 * Included by ecm_base.h, which declares memcpy.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_PORT_H
#define ECM_PORT_H

#include <stdint.h>

/* Leading zeros of a number that is not 0. */
static inline uint32_t ecm_port_clz_u32(uint32_t x) {
    /* long has 32 bits at least, int may have 16. */
    return (uint32_t)__builtin_clzl(x) - (uint32_t)(8U * (sizeof(long) - 4U));
}

/* Square root in Q23, rounded to nearest, of m in Q23 (1 <= m < 2), or of 2 m if odd.
 * Products of 32 bits only, which a Cortex-M0 has too; tried for every m. */
static inline uint32_t ecm_port_root_q23(uint32_t m, uint32_t odd) {
    uint32_t wide = m << (7U + odd), high = wide >> 16, y, t, root, rest;
    /* 1/sqrt(m) in Q15, 8 bits right by a parabola; then Newton, which doubles them. */
    t = 0xbb02U - ((0x25cfU * (m >> 8)) >> 15);
    y = (0x19463U - ((t * (m >> 8)) >> 15)) >> 1;
    if (odd != 0U) {
        y = (y * 0xb505U) >> 16;
    }
    t = (0x60000000U - ((y * y) >> 15) * high) >> 14;
    y = (y * t) >> 15;
    /* Q15 and a little too small, so that the rest in Q30 is not negative. */
    root = ((y * high) >> 15) - 4U;
    rest = wide - root * root;
    root = (root << 8) + ((rest * (y >> 4)) >> 20);
    /* At most 3 too small. The rest of a root that is nearest is -root + 1 ... root;
     * only its lower half is needed, and root is added to keep it positive. */
    rest = (wide << 16) - root * root + root;
    while (rest > 2U * root) {
        rest -= 2U * root;
        root++;
    }
    return root;
}

/* Correctly rounded square root, so that cores without the instruction give the bits of
 * those with it. Negative input gives NaN. */
static inline float ecm_port_sqrt_f32(float x) {
    uint32_t bits, exponent, m, shift;
    memcpy(&bits, &x, sizeof bits);
    exponent = bits >> 23;
    m = (bits & 0x007fffffU) | 0x00800000U;
    if (bits - 0x00800000U >= 0x7f000000U) { /* not positive, normal and finite */
        if ((bits & 0x7fffffffU) == 0U || bits == 0x7f800000U) {
            return x; /* zero keeps its sign */
        }
        if (bits > 0x7f800000U) {
            bits = 0x7fc00000U;
            memcpy(&x, &bits, sizeof x);
            return x;
        }
        shift = ecm_port_clz_u32(bits) - 8U;
        exponent = 1U - shift; /* may wrap; 127 more does not */
        m = bits << shift;
    }
    m = ecm_port_root_q23(m, (exponent + 1U) & 1U);
    /* The top bit of the root adds 1 to the exponent. */
    bits = (((exponent + 127U) >> 1) - 1U) * 0x00800000U + m;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Upper half of the product. A Cortex-M0 multiplies 32 by 32 bits to 32: by four
 * products of halves in line, exp takes two thirds of what the compiler's 64-bit
 * routine costs. */
static inline uint32_t ecm_port_mulhi_u32(uint32_t a, uint32_t b) {
#if defined(__ARM_ARCH_6M__)
    uint32_t a0 = a & 0xffffU, a1 = a >> 16, b0 = b & 0xffffU, b1 = b >> 16;
    uint32_t middle = a1 * b0 + ((a0 * b0) >> 16);
    return a1 * b1 + (middle >> 16) + ((a0 * b1 + (middle & 0xffffU)) >> 16);
#else
    return (uint32_t)(((uint64_t)a * b) >> 32);
#endif
}

/* Upper half of the product, towards minus infinity. */
static inline int32_t ecm_port_mulhi_s32(int32_t a, int32_t b) {
#if defined(__ARM_ARCH_6M__)
    int32_t a0 = a & 0xffff, a1 = a >> 16, b0 = b & 0xffff, b1 = b >> 16;
    int32_t middle = a1 * b0 + (int32_t)(((uint32_t)a0 * (uint32_t)b0) >> 16);
    return a1 * b1 + (middle >> 16) + ((a0 * b1 + (middle & 0xffff)) >> 16);
#else
    return (int32_t)(((int64_t)a * b) >> 32);
#endif
}

/* m / 2^places, rounded to nearest even, for places below 32 that are constant. M is
 * not 0. */
static inline float ecm_port_from_fixed_f32(int32_t m, uint32_t places) {
    uint32_t u = m < 0 ? 0U - (uint32_t)m : (uint32_t)m, zeros = ecm_port_clz_u32(u);
    float x;
    u <<= zeros;
    zeros = ((157U - places) << 23) - (zeros << 23) + (u >> 8) +
            (((u & 0xffU) + 0x7fU + ((u >> 8) & 1U)) >> 8);
    u = m < 0 ? zeros | 0x80000000U : zeros;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* Whether a sum of floats is quicker than a comparison of the bits of each. */
#define ECM_PORT_QUICK_SUMS 0

/* A function that makes no calls: what it uses is inlined, after it was optimised. */
#define ECM_PORT_FLATTEN __attribute__((flatten))

/* A function that is called, though it could be inlined. */
#define ECM_PORT_APART __attribute__((noinline))

/* Two neighbours in memory, such as a complex number. */
typedef struct {
    float a;
    float b;
} ecm_port_pair_f32_t;

static inline ecm_port_pair_f32_t ecm_port_load2_f32(const float *x) {
    ecm_port_pair_f32_t y = {x[0], x[1]};
    return y;
}

static inline void ecm_port_store2_f32(float *x, ecm_port_pair_f32_t y) {
    x[0] = y.a;
    x[1] = y.b;
}

/* Absolute value, by its bits: a branch on the sign of noise is guessed wrong half of
 * the time. */
static inline float ecm_port_abs_f32(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits &= 0x7fffffffU;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The condition, told to be rarely true: its branch goes out of the way. */
static inline bool ecm_port_rare(bool condition) {
    return __builtin_expect(condition, 0) != 0;
}

/* The pointer, to bytes that no compiler knows: flash that is written again, though
 * its first content is a constant. */
static inline const void *ecm_port_opaque(const void *p) {
    __asm__("" : "+r"(p));
    return p;
}

/* Order memory between an interrupt and a task, or between two cores. */
static inline void ecm_port_barrier(void) {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#endif
