/* ecm_port.h (generic) - the portable default: no instruction beyond C99 assumed.
 * Included by ecm_base.h, which declares memcpy.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_PORT_H
#define ECM_PORT_H

#include <stdint.h>

/* Correctly rounded square root in integers, one result bit per step, so that cores
 * without the instruction give the bits of those with it. Negative input gives NaN. */
static inline float ecm_port_sqrt_f32(float x) {
    uint32_t bits, m, root = 0, rem = 0, i;
    int32_t e;
    memcpy(&bits, &x, sizeof bits);
    if ((bits & 0x7fffffffU) == 0U || (bits & 0x7fffffffU) > 0x7f800000U) {
        return x; /* zero keeps its sign, NaN stays NaN */
    }
    if ((bits >> 31) != 0U) {
        bits = 0x7fc00000U;
        memcpy(&x, &bits, sizeof x);
        return x;
    }
    if (bits == 0x7f800000U) {
        return x;
    }
    e = (int32_t)(bits >> 23) - 127;
    m = bits & 0x007fffffU;
    if (e == -127) { /* subnormal: shift the leading one into place */
        e = -126;
        while ((m & 0x00800000U) == 0U) {
            m <<= 1;
            e--;
        }
    } else {
        m |= 0x00800000U;
    }
    if ((e & 1) != 0) {
        m <<= 1;
        e--;
    }
    /* m * 2^-23 in [1, 4). 24 root bits, digit by digit, then round by the rest. */
    m <<= 7; /* radicand bits are taken from the top, two at a time */
    for (i = 0; i < 25U; i++) {
        rem = (rem << 2) | (m >> 30);
        m <<= 2;
        root <<= 1;
        if (rem > 2U * root) {
            rem -= 2U * root + 1U;
            root++;
        }
    }
    /* 25 bits: the last one decides, and a square root is never a tie. */
    root = (root >> 1) + (root & 1U);
    bits = (uint32_t)((e / 2 + 126) << 23) + root;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* A function that makes no calls: what it uses is inlined, after it was optimised. */
#define ECM_PORT_FLATTEN __attribute__((flatten))

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

/* Order memory between an interrupt and a task, or between two cores. */
static inline void ecm_port_barrier(void) {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#endif
