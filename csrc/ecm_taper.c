/* ecm_taper.c - see ecm_taper.h.
 *
 * Fixed point: Qn is an unsigned 64-bit integer over 2^n. The values of a taper are
 * Q62.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_taper.h"

#define TAPER_ONE ((uint64_t)1 << 62)
#define TAPER_HALF_PI 0xc90fdaa22168c235U /* Q63 */
#define TAPER_TERMS 10U
#define TAPER_WEIGHTS 5U

/* a * b * 2^-shift, below 2^64; shift 32 ... 64. What is cut off is below one unit. */
static uint64_t taper_mul(uint64_t a, uint64_t b, uint32_t shift) {
    uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t low = a0 * b0;
    uint64_t middle = a1 * b0 + (low >> 32);
    uint64_t other = a0 * b1 + (uint32_t)middle;
    uint64_t high = a1 * b1 + (middle >> 32) + (other >> 32);
    low = (other << 32) | (uint32_t)low;
    return shift == 64U ? high : (high << (64U - shift)) | (low >> shift);
}

/* a / b as a fraction in Q64, a < b < 2^32. */
static uint64_t taper_fraction(uint32_t a, uint32_t b) {
    uint64_t high = ((uint64_t)a << 32) / b;
    uint64_t rest = ((uint64_t)a << 32) % b;
    return (high << 32) | ((rest << 32) / b);
}

/* ---- sums of cosines -------------------------------------------------------------
 */

/* sum of c[k] (-x2)^k, in Q62; x2 in Q64. */
static uint64_t taper_series(const uint64_t *c, uint64_t x2) {
    uint64_t sum = c[TAPER_TERMS - 1U];
    uint32_t k;
    for (k = TAPER_TERMS - 1U; k > 0U; k--) {
        sum = c[k - 1U] - taper_mul(x2, sum, 64);
    }
    return sum;
}

/* Magnitude and sign of cos(2 pi r / span), r < span. */
static uint64_t taper_cos(uint32_t r, uint32_t span, bool *is_negative) {
    /* 1 / (2 k)! and 1 / (2 k + 1)! in Q62 */
    static const uint64_t even[TAPER_TERMS] = {
        0x4000000000000000U, 0x2000000000000000U, 0x02aaaaaaaaaaaaabU,
        0x0016c16c16c16c17U, 0x0000680680680680U, 0x00000127e4fb778aU,
        0x000000023ddb1dffU, 0x0000000003272e95U, 0x0000000000035cfeU,
        0x00000000000002d0U};
    static const uint64_t odd[TAPER_TERMS] = {0x4000000000000000U, 0x0aaaaaaaaaaaaaabU,
                                              0x0088888888888889U, 0x0003403403403403U,
                                              0x00000b8ef1d2ab64U, 0x0000001ae64567f5U,
                                              0x000000002c248c27U, 0x000000000035cfe8U,
                                              0x00000000000032a6U, 0x0000000000000026U};
    uint64_t turn, x;
    r = 2U * r > span ? span - r : r;
    turn = taper_fraction(r, span);
    *is_negative = 4U * r > span;
    if (*is_negative) {
        turn = ((uint64_t)1 << 63) - turn;
    }
    /* Within an eighth of a turn: by sine of the rest of the quarter beyond it. */
    if (turn <= (uint64_t)1 << 61) {
        x = taper_mul(turn << 2, TAPER_HALF_PI, 64) << 1;
        return taper_series(even, taper_mul(x, x, 64));
    }
    turn = ((uint64_t)1 << 62) - turn;
    x = taper_mul(turn << 2, TAPER_HALF_PI, 64) << 1;
    return taper_mul(x, taper_series(odd, taper_mul(x, x, 64)), 64);
}

/* Weights of cos(k theta) in Q64; the signs alternate. */
static const uint64_t *taper_weights(uint32_t kind) {
    static const uint64_t hann[TAPER_WEIGHTS] = {0x8000000000000000U,
                                                 0x8000000000000000U, 0, 0, 0};
    static const uint64_t hamming[TAPER_WEIGHTS] = {0x8a3d70a3d70a3d71U,
                                                    0x75c28f5c28f5c28fU, 0, 0, 0};
    static const uint64_t blackman_harris[TAPER_WEIGHTS] = {
        0x5bd70a3d70a3d70aU, 0x7d0092ccf6be37dfU, 0x242aed1394317accU,
        0x02fd75e2046c764bU, 0};
    static const uint64_t flat_top[TAPER_WEIGHTS] = {
        0x37302e9bf4bdac9eU, 0x6aa85e0294afcfe7U, 0x46fab7e3fee4ef50U,
        0x15656e0bffc626f4U, 0x01c74d7e5a705b54U};
    switch (kind) {
    case ECM_TAPER_HANN:
        return hann;
    case ECM_TAPER_HAMMING:
        return hamming;
    case ECM_TAPER_BLACKMAN_HARRIS:
        return blackman_harris;
    case ECM_TAPER_FLAT_TOP:
        return flat_top;
    default:
        return NULL;
    }
}

static int64_t taper_cosines(const uint64_t *weight, uint32_t i, uint32_t span) {
    int64_t sum = 0;
    uint32_t k;
    for (k = 0; k < TAPER_WEIGHTS; k++) {
        bool is_negative;
        if (weight[k] != 0U) {
            uint64_t c = taper_cos(k * i % span, span, &is_negative);
            int64_t term = (int64_t)taper_mul(weight[k], c, 64);
            sum += is_negative != ((k & 1U) != 0U) ? -term : term;
        }
    }
    return sum;
}

/* ---- Kaiser ----------------------------------------------------------------------
 */

/* I0(2 sqrt y) = sum of y^k / k!^2, scaled by 2^bits; y in Q52. */
static uint64_t taper_bessel(uint64_t y, uint32_t bits) {
    uint64_t term = (uint64_t)1 << bits, sum = term;
    uint32_t k;
    for (k = 1; term != 0U; k++) {
        term = taper_mul(term, y / ((uint64_t)k * k), 52);
        sum += term;
    }
    return sum;
}

/* a / b in Q62, a <= b < 2^63. */
static uint64_t taper_ratio(uint64_t a, uint64_t b) {
    uint64_t quotient = 0;
    uint32_t i;
    for (i = 0; i <= 62U; i++) {
        quotient <<= 1;
        if (a >= b) {
            a -= b;
            quotient |= 1U;
        }
        a <<= 1;
    }
    return quotient;
}

/* What all values of a Kaiser taper share. */
typedef struct {
    uint64_t beta2; /* beta^2 in Q52 */
    uint64_t top;   /* I0(beta), scaled */
    uint32_t bits;  /* of the scale */
} taper_kaiser_t;

static taper_kaiser_t taper_kaiser(float beta) {
    taper_kaiser_t shared;
    uint64_t b = (uint32_t)(beta * 0x1p+26f); /* below 2^31 */
    shared.beta2 = b * b;
    /* I0(20) is below 2^26; then as many bits as the largest value leaves. */
    shared.bits = 33;
    shared.top = taper_bessel(shared.beta2 / 4U, shared.bits);
    while (shared.top >> 61 == 0U) {
        shared.top <<= 1;
        shared.bits++;
    }
    shared.top = taper_bessel(shared.beta2 / 4U, shared.bits);
    return shared;
}

static int64_t taper_kaiser_value(const taper_kaiser_t *shared, uint32_t i,
                                  uint32_t span) {
    /* (1 - r^2) / 4 = i (span - i) / span^2, at most a quarter */
    uint64_t quarter = taper_fraction(i * (span - i), span * span);
    uint64_t y = taper_mul(shared->beta2, quarter, 64);
    return (int64_t)taper_ratio(taper_bessel(y, shared->bits), shared->top);
}

/* ---- the public functions --------------------------------------------------------
 */

static ecm_status_t taper_check(const ecm_taper_cfg_t *cfg) {
    ECM_REQUIRE(cfg->x_len >= 1U && cfg->x_len <= ECM_TAPER_LEN_MAX, ECM_ERR_LENGTH);
    ECM_REQUIRE(cfg->form <= ECM_TAPER_SYMMETRIC, ECM_ERR_ARG);
    if (cfg->kind == ECM_TAPER_KAISER) {
        ECM_REQUIRE(cfg->beta >= 0.0f && cfg->beta <= ECM_TAPER_BETA_MAX, ECM_ERR_ARG);
    } else {
        ECM_REQUIRE(taper_weights(cfg->kind) != NULL, ECM_ERR_ARG);
    }
    return ECM_OK;
}

/* What taper_value needs, worked out once. */
typedef struct {
    uint32_t span;
    bool is_single;         /* a window of one sample, which is kept as it is */
    const uint64_t *weight; /* NULL: Kaiser */
    taper_kaiser_t kaiser;
} taper_plan_t;

static taper_plan_t taper_plan(const ecm_taper_cfg_t *cfg) {
    taper_plan_t plan;
    plan.span = cfg->x_len - cfg->form;
    plan.is_single = cfg->x_len == 1U;
    plan.weight = taper_weights(cfg->kind);
    plan.kaiser = taper_kaiser(plan.weight == NULL ? cfg->beta : 0.0f);
    return plan;
}

/* Value i <= span / 2 in Q62. */
static int64_t taper_value(const taper_plan_t *plan, uint32_t i) {
    if (plan->is_single) {
        return (int64_t)TAPER_ONE;
    }
    return plan->weight != NULL ? taper_cosines(plan->weight, i, plan->span)
                                : taper_kaiser_value(&plan->kaiser, i, plan->span);
}

/* Q62 to the nearest float, half to even. A loop keeps the conversion of 64-bit
 * integers, large in some run-time libraries, out of the device. */
static float taper_float(int64_t value) {
    uint64_t rest = value < 0 ? (uint64_t)-value : (uint64_t)value;
    float scale = 0x1p-62f, rounded;
    while (rest >> 31 != 0U) {
        rest = (rest >> 1) | (rest & 1U); /* below the half: any bit counts */
        scale *= 2.0f;
    }
    rounded = (float)(int32_t)rest * scale;
    return value < 0 ? -rounded : rounded;
}

ecm_status_t ecm_taper_fill_f32(const ecm_taper_cfg_t *cfg, float *half) {
    taper_plan_t plan;
    ecm_status_t status;
    uint32_t i;
    ECM_REQUIRE(cfg != NULL && half != NULL, ECM_ERR_NULL);
    status = taper_check(cfg);
    ECM_REQUIRE(status == ECM_OK, status);
    plan = taper_plan(cfg);
    for (i = 0; i <= plan.span / 2U; i++) {
        half[i] = taper_float(taper_value(&plan, i));
    }
    return ECM_OK;
}

ecm_status_t ecm_taper_fill_q15(const ecm_taper_cfg_t *cfg, int16_t *half) {
    taper_plan_t plan;
    ecm_status_t status;
    uint32_t i;
    ECM_REQUIRE(cfg != NULL && half != NULL, ECM_ERR_NULL);
    status = taper_check(cfg);
    ECM_REQUIRE(status == ECM_OK, status);
    plan = taper_plan(cfg);
    for (i = 0; i <= plan.span / 2U; i++) {
        /* Above -1/2 always: the sum with 1/2 can be shifted without its sign. */
        uint64_t shifted =
            (uint64_t)(taper_value(&plan, i) + (int64_t)(TAPER_ONE / 2U)) +
            ((uint64_t)1 << 46);
        int32_t value = (int32_t)(shifted >> 47) - 0x4000;
        half[i] = (int16_t)(value > INT16_MAX ? INT16_MAX : value);
    }
    return ECM_OK;
}

ecm_status_t ecm_taper_gain_f32(const ecm_taper_cfg_t *cfg, const float *half,
                                ecm_taper_gain_t *gain) {
    float sum[4] = {0.0f, 0.0f, 0.0f, 0.0f}, square[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    float n, total, coherent, power, energy;
    ecm_status_t status;
    uint32_t i, span;
    ECM_REQUIRE(cfg != NULL && half != NULL && gain != NULL, ECM_ERR_NULL);
    status = taper_check(cfg);
    ECM_REQUIRE(status == ECM_OK, status);
    span = cfg->x_len - cfg->form;
    for (i = 0; i < cfg->x_len; i++) {
        float value = half[i <= span / 2U ? i : span - i];
        sum[i & 3U] += value;
        square[i & 3U] += value * value;
    }
    n = (float)cfg->x_len;
    total = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    coherent = total / n;
    energy = ((square[0] + square[1]) + (square[2] + square[3])) / n;
    gain->coherent = coherent;
    gain->energy = energy;
    power = coherent * coherent;
    gain->enbw = power > 0.0f ? energy / power : 0.0f;
    return ECM_OK;
}
