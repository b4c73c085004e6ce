/* ecm_port.h (fpu) - cores with a single-precision square-root instruction.
 *
 * Build with -fno-math-errno, so that the builtin is the instruction alone; a build
 * without it fails to link (undefined sqrtf) instead of computing something else.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_PORT_H
#define ECM_PORT_H

/* Correctly rounded square root; negative input gives NaN. */
static inline float ecm_port_sqrt_f32(float x) {
    return __builtin_sqrtf(x);
}

/* Leading zeros of a number that is not 0. */
static inline uint32_t ecm_port_clz_u32(uint32_t x) {
    /* long has 32 bits at least, int may have 16. */
    return (uint32_t)__builtin_clzl(x) - (uint32_t)(8U * (sizeof(long) - 4U));
}

/* Upper half of the product. */
static inline uint32_t ecm_port_mulhi_u32(uint32_t a, uint32_t b) {
    return (uint32_t)(((uint64_t)a * b) >> 32);
}

/* Absolute value: one instruction, which no compiler finds from the bits. */
static inline float ecm_port_abs_f32(float x) {
    return __builtin_fabsf(x);
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
