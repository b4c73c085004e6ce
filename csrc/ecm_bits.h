/* ecm_bits.h - a float taken apart into integers and put together again.
 *
 * The elementary functions calculate in 32-bit fractions: eight bits more than a float
 * holds, so that the one rounding at the end is nearly all of the error, and quick on
 * cores without floating point. Integers also leave nothing to contraction, to flushed
 * subnormals or to the rounding mode. A normalised fraction has its top bit set.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_BITS_H
#define ECM_BITS_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

#define ECM_BITS_SIGN 0x80000000U
#define ECM_BITS_INFINITY 0x7f800000U
#define ECM_BITS_NAN 0x7fc00000U
#define ECM_BITS_ONE 0x3f800000U

/* The bits of a float. */
static inline uint32_t ecm_bits_from_f32(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* The float with these bits. */
static inline float ecm_bits_to_f32(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The signed number with these bits; a cast would leave it to the compiler. */
static inline int32_t ecm_bits_to_s32(uint32_t bits) {
    int32_t x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* floor(x / 2^places), places below 32; C99 leaves >> of a negative number open, and
 * compilers make one instruction of this. */
static inline int32_t ecm_bits_floor_s32(int32_t x, uint32_t places) {
    return x < 0 ? ~(~x >> places) : x >> places;
}

/* An integer that stands to others as the float does to theirs: zeros are equal, and
 * NaN of either sign is above all numbers. */
static inline int32_t ecm_bits_order_f32(float x) {
    uint32_t bits = ecm_bits_from_f32(x);
    if (bits < ECM_BITS_SIGN) {
        return (int32_t)bits;
    }
    return bits > (ECM_BITS_SIGN | ECM_BITS_INFINITY)
               ? 0x7fffffff
               : -(int32_t)(bits - ECM_BITS_SIGN);
}

/* The 24-bit significand of a finite positive float that is not 0, with its top bit
 * set, and the exponent: the value is the significand times 2^(exponent - 23). */
static inline uint32_t ecm_bits_split(uint32_t bits, int32_t *exponent) {
    uint32_t shift;
    if (bits >= 0x00800000U) {
        *exponent = (int32_t)(bits >> 23) - 127;
        return (bits & 0x007fffffU) | 0x00800000U;
    }
    shift = ecm_port_clz_u32(bits) - 8U;
    *exponent = -126 - (int32_t)shift;
    return bits << shift;
}

/* Bits of the positive float nearest to m * 2^(exponent - 31), m normalised; a tie goes
 * up. The exponent must be that of a normal number. */
static inline uint32_t ecm_bits_join_normal(uint32_t m, int32_t exponent) {
    /* The top bit of m adds 1 to the exponent, and so does a carry out of it. */
    return ((uint32_t)(exponent + 126) << 23) + (m >> 8) + ((m >> 7) & 1U);
}

/* The same for any exponent. Rounds once, into subnormals and zero too; too large gives
 * infinity. */
static inline uint32_t ecm_bits_join(uint32_t m, int32_t exponent) {
    if (exponent >= -126) {
        return exponent > 127 ? ECM_BITS_INFINITY : ecm_bits_join_normal(m, exponent);
    }
    if (exponent < -150) {
        return 0;
    }
    /* m has its leading bit at 2^-127 or below: down to 32 places under the last. */
    m >>= (uint32_t)(-127 - exponent);
    return (m >> 9) + ((m >> 8) & 1U);
}

/* The 32 leading bits of x, normalised, and how far they were shifted; x is not 0. */
static inline uint32_t ecm_bits_leading_u64(uint64_t x, uint32_t *shift) {
    uint32_t high = (uint32_t)(x >> 32), low = (uint32_t)x;
    if (high == 0U) {
        high = ecm_port_clz_u32(low);
        *shift = 32U + high;
        return low << high;
    }
    *shift = ecm_port_clz_u32(high);
    return (high << *shift) | ((low >> 1) >> (31U - *shift));
}

/* floor(n * 2^32 / d) for n < d, d normalised, by two digits of 16 bits, since few
 * cores divide 64 bits (D. E. Knuth, The Art of Computer Programming 2, 4.3.1,
 * algorithm D).
 */
static inline uint32_t ecm_bits_divide_u32(uint32_t n, uint32_t d) {
    uint32_t d1 = d >> 16, d0 = d & 0xffffU, q1, q0, rest;
    q1 = n / d1;
    rest = n - q1 * d1;
    /* The digit is at most 2 too large. Its remainder is n * 2^16 - q1 * d. */
    while (q1 > 0xffffU || q1 * d0 > (rest << 16)) {
        q1--;
        rest += d1;
        if (rest > 0xffffU) {
            break;
        }
    }
    n = (n << 16) - q1 * d;
    q0 = n / d1;
    rest = n - q0 * d1;
    while (q0 > 0xffffU || q0 * d0 > (rest << 16)) {
        q0--;
        rest += d1;
        if (rest > 0xffffU) {
            break;
        }
    }
    return (q1 << 16) + q0;
}

/* n / d of two normalised fractions as q * 2^(exponent - 31), q normalised and cut. */
static inline uint32_t ecm_bits_ratio_u32(uint32_t n, uint32_t d, int32_t *exponent) {
    if (n < d) {
        *exponent = -1;
        return ecm_bits_divide_u32(n, d);
    }
    *exponent = 0;
    return ECM_BITS_SIGN | (ecm_bits_divide_u32(n - d, d) >> 1);
}

ECM_EXTERN_C_END

#endif
