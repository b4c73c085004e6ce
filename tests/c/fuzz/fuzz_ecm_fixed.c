/* fuzz_ecm_fixed.c - fixed-point functions of any integers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fixed.h"
#include "ecm_fuzz.h"

void fuzz_ecm_fixed(void);

/* Any bits, of any size. */
static uint32_t sized(void) {
    uint32_t x = ecm_fuzz_u32() >> ecm_fuzz_below(32);
    return ecm_fuzz_once_in(2) ? x : 0U - x;
}

static int32_t q31(void) {
    return (int32_t)sized();
}

static int16_t q15(void) {
    return (int16_t)sized();
}

static void arithmetic(void) {
    int16_t a = q15(), b = q15();
    int32_t c = q31(), d = q31();
    (void)ecm_fixed_round_q15(c);
    (void)ecm_fixed_add_q15(a, b);
    (void)ecm_fixed_add_q31(c, d);
    (void)ecm_fixed_sub_q15(a, b);
    (void)ecm_fixed_sub_q31(c, d);
    (void)ecm_fixed_mul_q15(a, b);
    (void)ecm_fixed_mul_q31(c, d);
    (void)ecm_fixed_div_q15(a, b);
    (void)ecm_fixed_div_q31(c, d);
    (void)ecm_fixed_atan2_q15(a, b);
    (void)ecm_fixed_atan2_q31(c, d);
    (void)ecm_fixed_magnitude_q31(c, d);
}

void fuzz_ecm_fixed(void) {
    uint32_t n = ecm_fuzz_len(100), x = sized(), root;
    uint64_t square = (uint64_t)x << ecm_fuzz_below(33);
    struct {
        uint32_t ratio;
        int32_t exponent;
    } out = {0, 0};
    arithmetic();
    root = ecm_fixed_sqrt_u64(square);
    ECM_FUZZ_CHECK(root == UINT32_MAX ||
                   (uint64_t)root * root + root >= square); /* (root + 1/2)^2 */
    ECM_FUZZ_CHECK(root == 0U || (uint64_t)root * root - root < square);
    ECM_FUZZ_CHECK(ecm_fixed_sqrt_q15(q15()) >= 0);
    ECM_FUZZ_CHECK(ecm_fixed_sqrt_q31(q31()) >= 0);
    (void)ecm_fixed_magnitude_q15(ecm_fuzz_bytes(2U * (size_t)n), n);
    (void)ecm_fixed_sin_q15(x);
    (void)ecm_fixed_cos_q15(x);
    (void)ecm_fixed_sin_q31(x);
    (void)ecm_fixed_cos_q31(x);
    (void)ecm_fixed_log2_q16(x);
    (void)ecm_fixed_exp2_q16(q31());
    ecm_fuzz_watch(&out, sizeof out);
    ecm_fuzz_judge(ecm_fixed_ratio_u32(sized(), ecm_fuzz_once_in(4) ? 0U : x,
                                       ecm_fuzz_once_in(8) ? NULL : &out.ratio,
                                       &out.exponent));
}
