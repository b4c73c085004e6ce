/* sweep.c - compare elementary functions with the C library's of twice the precision.
 *
 * test_math.py and test_trig.py compile this with the library and call it. The
 * reference is the float64 function of the host's libm, whose own error, a few 2^-53 of
 * the value, is below 10^-8 ulp of float32: it cannot change a bound in the first seven
 * digits. For the square root it gives the correctly rounded result itself, since
 * 53 >= 2 * 24 + 2 bits make the second rounding harmless (S. A. Figueroa, 1995).
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "ecm_math.h"
#include "ecm_trig.h"

typedef float (*found_fn)(float);
typedef double (*exact_fn)(double);

typedef struct {
    double worst;      /* ulp */
    uint64_t compared; /* with the reference */
    uint64_t inexact;  /* of them, not the float nearest to the reference */
    uint64_t falls;    /* places where a function that rises falls */
    uint64_t odd_ones; /* wrong zero, infinity, NaN or symmetry */
    uint32_t at, at_y; /* argument of the worst; bits */
} sweep_t;

static double logistic(double x) {
    return x >= 0.0 ? 1.0 / (1.0 + exp(-x)) : exp(x) / (1.0 + exp(x));
}

static float angle_to_x_axis(float x) {
    return ecm_trig_atan2_f32(x, 1.0f);
}

static const struct {
    const char *name;
    found_fn found;
    exact_fn exact;
    int rises;
    int mirror; /* 1 even, -1 odd */
} table[] = {
    {"sqrt", ecm_math_sqrt_f32, sqrt, 1, 0},
    {"exp", ecm_math_exp_f32, exp, 1, 0},
    {"log", ecm_math_log_f32, log, 1, 0},
    {"log2", ecm_math_log2_f32, log2, 1, 0},
    {"tanh", ecm_math_tanh_f32, tanh, 1, -1},
    {"logistic", ecm_math_logistic_f32, logistic, 1, 0},
    {"sin", ecm_trig_sin_f32, sin, 0, -1},
    {"cos", ecm_trig_cos_f32, cos, 0, 1},
    {"atan", angle_to_x_axis, atan, 1, -1},
};

static float from_bits(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint32_t to_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* Error in ulp of float32 at the exact value; negative for one of the odd ones. */
static double error_of(float found, double exact) {
    int exponent;
    double y = (double)found;
    if (exact != exact || found != found) {
        return exact != exact && found != found ? 0.0 : -1.0;
    }
    if (exact == 0.0 || isinf(exact)) {
        return y == exact && signbit(y) == signbit(exact) ? 0.0 : -1.0;
    }
    if (signbit(y) != signbit(exact)) {
        return -1.0;
    }
    (void)frexp(exact, &exponent);
    exponent = exponent > 128 ? 128 : exponent < -125 ? -125 : exponent;
    if (isinf(y)) { /* counts as the first number that is too large */
        y = copysign(0x1p+128, y);
        exact = fabs(exact) > 0x1p+128 ? copysign(0x1p+128, exact) : exact;
    }
    return fabs(y - exact) * ldexp(1.0, 24 - exponent);
}

static void note(sweep_t *result, float found, double exact, uint32_t x, uint32_t y) {
    double error = error_of(found, exact);
    result->compared++;
    if (error < 0.0) {
        result->odd_ones++;
        result->at = x;
        result->at_y = y;
        return;
    }
    result->inexact += error > 0.0 && to_bits((float)exact) != to_bits(found);
    if (error > result->worst && result->odd_ones == 0U) {
        result->worst = error;
        result->at = x;
        result->at_y = y;
    }
}

/* Where a function that rises has given the same float for a run of arguments, the
 * error is largest at one of the two ends of the run, and nothing between is compared.
 */
static void run(sweep_t *result, size_t i, uint64_t first, uint64_t last,
                uint64_t step) {
    float before = NAN;
    uint64_t bits, skipped = UINT64_MAX;
    for (bits = first; bits < last; bits += step) {
        uint32_t u = (uint32_t)bits;
        float x = from_bits(u), found = table[i].found(x);
        if (table[i].mirror != 0) {
            float other = table[i].found(from_bits(u ^ 0x80000000U));
            uint32_t flip = table[i].mirror < 0 ? 0x80000000U : 0U;
            if (found == found && to_bits(other) != (to_bits(found) ^ flip)) {
                result->odd_ones++;
                result->at = u;
            }
        }
        if (table[i].rises && x == x) {
            if (to_bits(found) == to_bits(before) && found != 0.0f) {
                skipped = bits;
                continue;
            }
            if (skipped != UINT64_MAX) {
                double end = (double)from_bits((uint32_t)skipped);
                note(result, before, table[i].exact(end), (uint32_t)skipped, 0);
                skipped = UINT64_MAX;
            }
            /* Bits that rise mean an x that falls where it is negative. */
            result->falls += (u >> 31) != 0U ? found > before : found < before;
            before = found;
        }
        note(result, found, table[i].exact((double)x), u, 0);
    }
    if (skipped != UINT64_MAX) {
        double end = (double)from_bits((uint32_t)skipped);
        note(result, before, table[i].exact(end), (uint32_t)skipped, 0);
    }
}

/* Arguments with bits first, first + step, ... below last, all of one sign; 0, or -1 if
 * there is no such name. */
int sweep(const char *name, uint64_t first, uint64_t last, uint64_t step,
          sweep_t *result) {
    size_t i;
    memset(result, 0, sizeof *result);
    for (i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(table[i].name, name) == 0) {
            run(result, i, first, last, step);
            return 0;
        }
    }
    return -1;
}

/* n points (x, y): all structured pairs of exponents, then any bits. */
void sweep_atan2(uint64_t seed, uint64_t n, sweep_t *result) {
    uint64_t i;
    memset(result, 0, sizeof *result);
    for (i = 0; i < n; i++) {
        uint64_t z;
        uint32_t ux, uy;
        float x, y, found, s;
        seed += 0x9e3779b97f4a7c15U; /* splitmix64 */
        z = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        z ^= z >> 31;
        ux = (uint32_t)z;
        uy = (uint32_t)(z >> 32);
        switch (i & 7U) {
        case 0: /* any bits: mostly far apart, NaN and infinity too */
            break;
        case 1: /* few significant bits: exact quotients and borders of the steps */
            ux &= 0xfff00000U;
            uy &= 0xfff00000U;
            break;
        case 2: /* the same exponent */
            uy = (uy & 0x807fffffU) | (ux & 0x7f800000U);
            break;
        case 3: /* subnormal results */
            uy &= 0x81ffffffU;
            ux |= 0x40000000U;
            break;
        default: /* exponents that differ by up to 8 either way */
            uy = (uy & 0x807fffffU) |
                 ((((ux >> 23) & 0xffU) + ((uy >> 23) & 15U) - 8U) & 0xffU) << 23;
        }
        x = from_bits(ux);
        y = from_bits(uy);
        found = ecm_trig_atan2_f32(y, x);
        note(result, found, atan2((double)y, (double)x), ux, uy);
        s = ecm_trig_atan2_f32(-y, x);
        if (found == found && to_bits(s) != (to_bits(found) ^ 0x80000000U)) {
            result->odd_ones++;
        }
    }
}

/* How many of the arguments with bits first ... last - 1 give a wrong sine or cosine
 * together: the two bits of ecm_trig_sin_f32 and ecm_trig_cos_f32 are expected. */
uint64_t sweep_sincos(uint64_t first, uint64_t last, uint64_t step) {
    uint64_t bits, wrong = 0;
    for (bits = first; bits < last; bits += step) {
        float x = from_bits((uint32_t)bits), s, c;
        int32_t status = ecm_trig_sincos_f32(x, &s, &c);
        float s1 = ecm_trig_sin_f32(x), c1 = ecm_trig_cos_f32(x);
        wrong += status != 0 || (s1 == s1 && to_bits(s) != to_bits(s1)) ||
                 (c1 == c1 && to_bits(c) != to_bits(c1)) || (s == s) != (s1 == s1);
    }
    return wrong;
}
