/* fuzz_ecm_math.c - elementary functions of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_math.h"

void fuzz_ecm_math(void);

void fuzz_ecm_math(void) {
    uint32_t n = ecm_fuzz_len(300);
    int32_t lo = -(int32_t)ecm_fuzz_below(1U << 24), hi, rounded;
    float x = ecm_fuzz_f32(), y = ecm_math_sqrt_f32(x);
    ECM_FUZZ_CHECK(y != y || y >= 0.0f);
    y = ecm_math_exp_f32(x);
    ECM_FUZZ_CHECK(x != x ? y != y : y >= 0.0f);
    y = ecm_math_log_f32(x);
    ECM_FUZZ_CHECK((y != y) == (x != x || x < 0.0f));
    y = ecm_math_log2_f32(x);
    ECM_FUZZ_CHECK((y != y) == (x != x || x < 0.0f));
    y = ecm_math_tanh_f32(x);
    ECM_FUZZ_CHECK(x != x ? y != y : y >= -1.0f && y <= 1.0f);
    y = ecm_math_logistic_f32(x);
    ECM_FUZZ_CHECK(x != x ? y != y : y >= 0.0f && y <= 1.0f);
    ECM_FUZZ_CHECK(ecm_math_isfinite_f32(x) == (x - x == 0.0f));
    hi = lo + (int32_t)ecm_fuzz_below(1U << 24);
    rounded = ecm_math_round_s32_f32(x, lo, hi);
    ECM_FUZZ_CHECK(x != x ? rounded == 0 || rounded == lo || rounded == hi
                          : rounded >= lo && rounded <= hi);
    (void)ecm_math_sum_f32(ecm_fuzz_array_f32(n), n);
    y = ecm_math_sum_sq_diff_f32(ecm_fuzz_array_f32(n), ecm_fuzz_array_f32(n), n);
    ECM_FUZZ_CHECK(y != y || y >= 0.0f);
}
