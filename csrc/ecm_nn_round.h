/* ecm_nn_round.h - how an accumulator of an integer layer becomes an output.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_NN_ROUND_H
#define ECM_NN_ROUND_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

#define ECM_NN_S8_MIN (-128)
#define ECM_NN_S8_MAX 127
/* Shifts that take the short ways. */
#define ECM_NN_SHIFT_FAST_MIN 33U
#define ECM_NN_SHIFT_FAST_MAX 53U

/* Of C99 an arithmetic shift: >> of a negative number is the compiler's choice. */
static inline int32_t ecm_nn_round_shift(int32_t x, uint32_t right) {
    return x < 0 ? ~(~x >> right) : x >> right;
}

static inline int32_t ecm_nn_round_clamp(int32_t x, int32_t min, int32_t max) {
    x = x < min ? min : x;
    return x > max ? max : x;
}

/* Any shift, 1 ... 62, and the result within min ... max. Also where the product is as
 * wide as it can be. */
static inline int32_t ecm_nn_round_wide(int32_t acc, int32_t multiplier, uint32_t shift,
                                        int32_t zero, int32_t min, int32_t max) {
    int64_t sum = (int64_t)acc * multiplier + ((int64_t)1 << (shift - 1U));
    sum = (sum < 0 ? ~(~sum >> shift) : sum >> shift) + zero;
    sum = sum < min ? min : sum;
    return (int32_t)(sum > max ? max : sum);
}

/* floor(acc multiplier 2^-shift + 1/2) + zero, within min ... max: LiteRT's reference,
 * MultiplyByQuantizedMultiplier with one rounding, whose shift is 31 less this one. */
static inline int32_t ecm_nn_round_s8(int32_t acc, int32_t multiplier, uint32_t shift,
                                      int32_t zero, int32_t min, int32_t max) {
    uint32_t right = shift - ECM_NN_SHIFT_FAST_MIN;
    int32_t y;
    if (ecm_port_rare(right > ECM_NN_SHIFT_FAST_MAX - ECM_NN_SHIFT_FAST_MIN)) {
        return ecm_nn_round_wide(acc, multiplier, shift, zero, min, max);
    }
    /* What the lower half would add never reaches the last place that is kept. */
    y = ecm_port_mulhi_s32(acc, multiplier) + (2 * zero + 1) * ((int32_t)1 << right);
    return ecm_nn_round_clamp(ecm_nn_round_shift(y, right + 1U), min, max);
}

/* acc multiplier 2^-31 rounded half up, that times 2^(31 - shift) rounded half away
 * from 0, for any shift, 1 ... 62; saturated. MultiplyByQuantizedMultiplier with two
 * roundings, as in most of LiteRT's reference kernels. */
static inline int32_t ecm_nn_round_twice(int32_t acc, int32_t multiplier,
                                         uint32_t shift) {
    int64_t sum = acc;
    uint32_t right = shift > 31U ? shift - 31U : 0U;
    if (shift < 31U) { /* first to the left, as far as 32 bits go */
        sum *= (int64_t)1 << (31U - shift);
        sum = sum < INT32_MIN ? INT32_MIN : sum;
        sum = sum > INT32_MAX ? INT32_MAX : sum;
    }
    sum = sum * multiplier + ((int64_t)1 << 30);
    sum = sum < 0 ? ~(~sum >> 31) : sum >> 31;
    if (right != 0U) {
        sum += ((int64_t)1 << (right - 1U)) - (sum < 0 ? 1 : 0);
        sum = sum < 0 ? ~(~sum >> right) : sum >> right;
    }
    return (int32_t)sum;
}

/* ecm_nn_round_twice for |acc| < 2^30, short where it does not shift to the left. */
static inline int32_t ecm_nn_round_twice_short(int32_t acc, int32_t multiplier,
                                               uint32_t shift) {
    uint32_t right = shift - 31U;
    int32_t y;
    if (ecm_port_rare(right > 30U)) {
        return ecm_nn_round_twice(acc, multiplier, shift);
    }
    y = ecm_port_mulhi_s32(acc * 2, multiplier);
    y += (int32_t)(((uint32_t)acc * 2U * (uint32_t)multiplier) >> 31);
    if (right == 0U) {
        return y;
    }
    y += ((int32_t)1 << (right - 1U)) - (y < 0 ? 1 : 0);
    return ecm_nn_round_shift(y, right);
}

/* acc multiplier 2^-31 rounded half up, that times 2^(31 - shift) rounded half away
 * from 0, + zero, within min ... max, for |acc| < 2^30: MultiplyByQuantizedMultiplier
 * with two roundings, as in LiteRT's reference of convolutions and products. */
static inline int32_t ecm_nn_round_twice_s8(int32_t acc, int32_t multiplier,
                                            uint32_t shift, int32_t zero, int32_t min,
                                            int32_t max) {
    uint32_t right = shift - ECM_NN_SHIFT_FAST_MIN;
    int32_t y;
    if (ecm_port_rare(right > ECM_NN_SHIFT_FAST_MAX - ECM_NN_SHIFT_FAST_MIN)) {
        y = ecm_nn_round_twice(acc, multiplier, shift);
        /* Before adding: a saturated result has no room for the zero point. */
        return ecm_nn_round_clamp(y, min - zero, max - zero) + zero;
    }
    y = ecm_port_mulhi_s32(acc * 2, multiplier);
    y += (int32_t)(((uint32_t)acc * 2U * (uint32_t)multiplier) >> 31);
    y += (2 * zero + 1) * ((int32_t)2 << right) - (y < 0 ? 1 : 0);
    return ecm_nn_round_clamp(ecm_nn_round_shift(y, right + 2U), min, max);
}

/* floor(acc multiplier 2^-shift + 1/2), within min ... max, for |acc| < 2^47: shifts
 * are 1 ... 46 where multipliers are below 2^15, and 17 ... 62 where they are not. */
static inline int32_t ecm_nn_round_s16(int64_t acc, int32_t multiplier, uint32_t shift,
                                       int32_t min, int32_t max) {
    int64_t sum = (int64_t)1 << (shift - 1U);
    if (multiplier < (int32_t)1 << 15) {
        sum += acc * multiplier;
    } else { /* the lower 16 bits apart, so that no product is too wide */
        uint32_t low = (uint32_t)acc & 0xffffU;
        sum = (sum + (int64_t)low * multiplier) >> 16;
        sum += (acc - (int64_t)low) / 65536 * multiplier;
        shift -= 16U;
    }
    sum = sum < 0 ? ~(~sum >> shift) : sum >> shift;
    sum = sum < min ? min : sum;
    return (int32_t)(sum > max ? max : sum);
}

ECM_EXTERN_C_END

#endif
