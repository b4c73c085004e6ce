/* ecm_port.h (fpu) - cores with a single-precision square-root instruction.
 *
 * Build with -fno-math-errno, so that the builtin is the instruction alone; a build
 * without it fails to link (undefined sqrtf) instead of computing something else.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_PORT_H
#define ECM_PORT_H

/* Where two products are added and subtracted in turn, as in a complex product, GCC
 * 12's loop vectoriser takes the fused instruction (vfmaddsub, fcmla) in spite of
 * -ffp-contract=off, if a build for one processor lets it. */
#if defined(__FMA__) || defined(__AVX512F__) || defined(__ARM_FEATURE_COMPLEX)
#if defined(__GNUC__) && !defined(__clang__) && !defined(__cplusplus)
#pragma GCC optimize("no-tree-loop-vectorize")
#endif
#endif

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

/* Upper half of the product, towards minus infinity. */
static inline int32_t ecm_port_mulhi_s32(int32_t a, int32_t b) {
    return (int32_t)(((int64_t)a * b) >> 32);
}

/* m / 2^places, rounded to nearest even, for places below 32 that are constant. */
static inline float ecm_port_from_fixed_f32(int32_t m, uint32_t places) {
    return (float)m * (1.0f / (float)(1U << places));
}

/* Whether a sum of floats is quicker than a comparison of the bits of each. */
#define ECM_PORT_QUICK_SUMS 1

/* A function that makes no calls: what it uses is inlined, after it was optimised. */
#define ECM_PORT_FLATTEN __attribute__((flatten))

/* A function that is called, though it could be inlined. */
#define ECM_PORT_APART __attribute__((noinline))

/* Two neighbours in memory, such as a complex number. */
typedef struct {
    float a;
    float b;
} ecm_port_pair_f32_t;

#if defined(__arm__) && defined(__thumb2__) && !defined(__clang__)
/* One instruction where GCC takes two: a register of double width is a pair of single
 * ones. The union names its halves; no arithmetic is done in double. */
typedef double __attribute__((may_alias)) ecm_port_double_t;

static inline ecm_port_pair_f32_t ecm_port_load2_f32(const float *x) {
    union {
        double whole;
        float half[2];
    } u;
    ecm_port_pair_f32_t y;
    __asm__("vldr.64 %P0, %1"
            : "=w"(u.whole)
            : "Uv"(*(const ecm_port_double_t *)(const void *)x));
    y.a = u.half[0];
    y.b = u.half[1];
    return y;
}

static inline void ecm_port_store2_f32(float *x, ecm_port_pair_f32_t y) {
    union {
        double whole;
        float half[2];
    } u;
    u.half[0] = y.a;
    u.half[1] = y.b;
    __asm__("vstr.64 %P1, %0" : "=Uv"(*(ecm_port_double_t *)(void *)x) : "w"(u.whole));
}

#else

static inline ecm_port_pair_f32_t ecm_port_load2_f32(const float *x) {
    ecm_port_pair_f32_t y = {x[0], x[1]};
    return y;
}

static inline void ecm_port_store2_f32(float *x, ecm_port_pair_f32_t y) {
    x[0] = y.a;
    x[1] = y.b;
}

#endif

/* Absolute value: one instruction, which no compiler finds from the bits. */
static inline float ecm_port_abs_f32(float x) {
    return __builtin_fabsf(x);
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
