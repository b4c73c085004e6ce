/* ecm_func.c - see the header.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_func.h"
#include "ecm_bits.h"
#include "ecm_math.h"
#include "ecm_trig.h"

/* From here on every float is an integer. */
static const float func_whole = 8388608.0F;

static float func_abs(float x) {
    return x < 0.0F ? -x : x;
}

static float func_sign_of(float magnitude, float x) {
    return x < 0.0F ? -magnitude : magnitude;
}

float ecm_func_clip_f32(float x, float lo, float hi) {
    float above = x < lo ? lo : x;
    return above > hi ? hi : above;
}

float ecm_func_trunc_f32(float x) {
    return func_abs(x) < func_whole ? (float)(int32_t)x : x;
}

float ecm_func_floor_f32(float x) {
    float t = ecm_func_trunc_f32(x);
    return t > x ? t - 1.0F : t;
}

float ecm_func_ceil_f32(float x) {
    float t = ecm_func_trunc_f32(x);
    return t < x ? t + 1.0F : t;
}

float ecm_func_round_f32(float x) {
    float t = ecm_func_floor_f32(x), fraction = x - t;
    int32_t odd;
    if (!(func_abs(x) < func_whole)) {
        return x;
    }
    odd = (int32_t)t & 1;
    return fraction > 0.5F || (!(fraction < 0.5F) && odd != 0) ? t + 1.0F : t;
}

float ecm_func_tan_f32(float x) {
    return ecm_trig_sin_f32(x) / ecm_trig_cos_f32(x);
}

float ecm_func_asin_f32(float x) {
    return ecm_trig_atan2_f32(x, ecm_math_sqrt_f32((1.0F - x) * (1.0F + x)));
}

float ecm_func_acos_f32(float x) {
    return ecm_trig_atan2_f32(ecm_math_sqrt_f32((1.0F - x) * (1.0F + x)), x);
}

float ecm_func_sinh_f32(float x) {
    float a = func_abs(x), s, half;
    if (a < 1.0F) {
        s = x * x;
        return x + x * s *
                       (1.6666667e-1F +
                        s * (8.3333333e-3F + s * (1.9841270e-4F + s * 2.7557319e-6F)));
    }
    /* Half the argument keeps the exponential finite up to the last result. */
    half = ecm_math_exp_f32(0.5F * a);
    return func_sign_of(0.5F * half * half - 0.5F * (1.0F / half) / half, x);
}

float ecm_func_cosh_f32(float x) {
    float half = ecm_math_exp_f32(0.5F * func_abs(x));
    return 0.5F * half * half + 0.5F * (1.0F / half) / half;
}

float ecm_func_log1p_f32(float x) {
    float u = 1.0F + x, less = u - 1.0F;
    if (!(func_abs(x) > 0.0F) || !(less < 3.0e38F)) {
        return x;
    }
    if (!(func_abs(less) > 0.0F)) {
        return x - 0.5F * x * x;
    }
    return u > 0.0F ? ecm_math_log_f32(u) * (x / less) : ecm_math_log_f32(u);
}

float ecm_func_expm1_f32(float x) {
    float u = ecm_math_exp_f32(x), less = u - 1.0F;
    if (func_abs(x) < 1.0e-4F) {
        return x + 0.5F * x * x;
    }
    if (!(u < 3.0e38F) || u < 1.0e-9F) {
        return less;
    }
    return func_abs(x) > 1.0F ? less : less * (x / ecm_math_log_f32(u));
}

float ecm_func_asinh_f32(float x) {
    float a = func_abs(x), s;
    if (a > 1.0e9F) {
        return func_sign_of(ecm_math_log_f32(a) + 0.69314718F, x);
    }
    s = a * a;
    return func_sign_of(
        ecm_func_log1p_f32(a + s / (1.0F + ecm_math_sqrt_f32(1.0F + s))), x);
}

float ecm_func_acosh_f32(float x) {
    float t = x - 1.0F;
    if (x > 1.0e9F) {
        return ecm_math_log_f32(x) + 0.69314718F;
    }
    return ecm_func_log1p_f32(t + ecm_math_sqrt_f32(t * (2.0F + t)));
}

float ecm_func_atanh_f32(float x) {
    float a = func_abs(x);
    return func_sign_of(0.5F * ecm_func_log1p_f32((a + a) / (1.0F - a)), x);
}

float ecm_func_softplus_f32(float x) {
    float tail = ecm_func_log1p_f32(ecm_math_exp_f32(-func_abs(x)));
    return x > 0.0F ? x + tail : tail;
}

/* x times a rational function of x^2, fitted to the relative error on -3.83 ... 3.83,
 * where the function has reached 1 in float32. */
float ecm_func_erf_f32(float x) {
    static const float above[7] = {-1.60960333262415e-02F, -2.95459980854025e-03F,
                                   -7.34990630326855e-04F, -5.69250639462346e-05F,
                                   -2.10102402082508e-06F, 2.77068142495902e-08F,
                                   -2.72614225801306e-10F};
    static const float below[5] = {-1.42647390514189e-02F, -7.37332916720468e-03F,
                                   -1.68282697438203e-03F, -2.13374055278905e-04F,
                                   -1.45660718464996e-05F};
    float a = func_abs(x), s, p, q;
    uint32_t i;
    if (a > 3.8325064F) {
        return func_sign_of(1.0F, x);
    }
    s = x * x;
    p = above[6];
    for (i = 6; i > 0; i--) {
        p = p * s + above[i - 1U];
    }
    q = below[4];
    for (i = 4; i > 0; i--) {
        q = q * s + below[i - 1U];
    }
    return x * (p / q);
}

static float func_power_whole(float x, uint32_t n) {
    float result = 1.0F, square = x;
    while (n > 0U) {
        if ((n & 1U) != 0U) {
            result *= square;
        }
        n >>= 1;
        square *= n > 0U ? square : 1.0F;
    }
    return result;
}

float ecm_func_pow_f32(float x, float y) {
    float whole = ecm_func_trunc_f32(y), a = func_abs(x), size = func_abs(y), result;
    bool odd;
    if (!(size > 0.0F) && size >= 0.0F) {
        return 1.0F;
    }
    if (size <= 64.0F && !(whole < y) && !(whole > y)) {
        result = func_power_whole(x, (uint32_t)size);
        return y < 0.0F ? 1.0F / result : result;
    }
    if (x >= 1.0F && x <= 1.0F) {
        return 1.0F;
    }
    if (!(y < 0.5F) && !(y > 0.5F) && x >= 0.0F) {
        return ecm_math_sqrt_f32(x);
    }
    if (x < 0.0F && (whole < y || whole > y)) {
        return ecm_bits_to_f32(ECM_BITS_NAN);
    }
    result = ecm_math_exp_f32(y * ecm_math_log_f32(a));
    odd = size < func_whole && ((int32_t)size & 1) != 0;
    return x < 0.0F && odd ? -result : result;
}

float ecm_func_fmod_f32(float x, float y) {
    float rest = func_abs(x), step = func_abs(y), top = step;
    if (!(step > 0.0F) || !(rest <= 3.4028235e38F)) {
        return ecm_bits_to_f32(ECM_BITS_NAN);
    }
    if (!(step <= 3.4028235e38F)) {
        return step > 0.0F ? x : step;
    }
    while (top <= 0.5F * rest) {
        top += top;
    }
    while (top >= step && rest >= step) {
        rest -= rest >= top ? top : 0.0F;
        top *= 0.5F;
    }
    return func_sign_of(rest, x);
}

float ecm_func_mod_f32(float x, float y) {
    float rest = ecm_func_fmod_f32(x, y);
    return rest != 0.0F && (rest < 0.0F) != (y < 0.0F) ? rest + y : rest;
}
