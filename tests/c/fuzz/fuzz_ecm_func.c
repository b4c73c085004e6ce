/* fuzz_ecm_func.c - functions that models use, of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_func.h"
#include "ecm_fuzz.h"

void fuzz_ecm_func(void);

void fuzz_ecm_func(void) {
    float x = ecm_fuzz_f32(), y = ecm_fuzz_f32(), z;
    z = ecm_func_floor_f32(x);
    ECM_FUZZ_CHECK(x != x ? z != z : z <= x);
    z = ecm_func_ceil_f32(x);
    ECM_FUZZ_CHECK(x != x ? z != z : z >= x);
    z = ecm_func_round_f32(x);
    ECM_FUZZ_CHECK(x != x || x - x != 0.0f || (z - x <= 0.5f && x - z <= 0.5f));
    z = ecm_func_trunc_f32(x);
    ECM_FUZZ_CHECK(x != x || (x < 0.0f ? z >= x : z <= x));
    (void)ecm_func_tan_f32(x);
    (void)ecm_func_asin_f32(x);
    (void)ecm_func_acos_f32(x);
    (void)ecm_func_sinh_f32(x);
    z = ecm_func_cosh_f32(x);
    ECM_FUZZ_CHECK(x != x || z >= 0.99f);
    (void)ecm_func_asinh_f32(x);
    (void)ecm_func_acosh_f32(x);
    (void)ecm_func_atanh_f32(x);
    (void)ecm_func_log1p_f32(x);
    z = ecm_func_expm1_f32(x);
    ECM_FUZZ_CHECK(x != x || z >= -1.0f);
    z = ecm_func_softplus_f32(x);
    ECM_FUZZ_CHECK(x != x || z >= 0.0f);
    z = ecm_func_erf_f32(x);
    ECM_FUZZ_CHECK(x != x || (z >= -1.0f && z <= 1.0f));
    (void)ecm_func_pow_f32(x, y);
    z = ecm_func_fmod_f32(x, y);
    ECM_FUZZ_CHECK(z != z || x - x != 0.0f || (x < 0.0f ? z >= x : z <= x));
    (void)ecm_func_mod_f32(x, y);
    z = ecm_func_clip_f32(x, -1.0f, 1.0f);
    ECM_FUZZ_CHECK(x != x || (z >= -1.0f && z <= 1.0f));
}
