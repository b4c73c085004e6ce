/* ecm_moments.c - see ecm_moments.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_moments.h"
#include "ecm_math.h"

static float moments_ratio(float a, float b) {
    return b > 0.0f ? a / b : 0.0f;
}

/* From the mean and the moments about it. */
static void moments_finish(float mean, float c2, float c3, float c4,
                           ecm_moments_result_t *out) {
    out->mean = mean;
    out->variance = c2;
    out->rms = ecm_math_sqrt_f32(c2);
    out->rms_about_zero = ecm_port_abs_f32(mean);
    if (c2 > 0.0f) {
        out->rms_about_zero = ecm_math_sqrt_f32(mean * mean + c2);
    }
    out->skewness = moments_ratio(c3, c2 * out->rms);
    out->kurtosis = moments_ratio(c4, c2 * c2);
}

/* ---- plain ------------------------------------------------------------------------
 */

ecm_status_t ecm_moments_init(ecm_moments_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

/* sum += x, where rest is what earlier additions added too much. */
static void moments_add(float *sum, float *rest, float x) {
    float y = x - *rest, total = *sum + y;
    *rest = (total - *sum) - y;
    *sum = total;
}

static void moments_take(ecm_moments_t *st, float x) {
    float n, d, e, e2, t;
    st->n++;
    n = (float)st->n;
    d = (x - st->mean) + st->mean_rest;
    e = d / n;
    e2 = e * e;
    t = d * e * (n - 1.0f);
    moments_add(&st->m4, &st->m4_rest,
                (t * e2 * ((n - 3.0f) * n + 3.0f) + 6.0f * e2 * st->m2) -
                    4.0f * e * st->m3);
    moments_add(&st->m3, &st->m3_rest, t * e * (n - 2.0f) - 3.0f * e * st->m2);
    moments_add(&st->m2, &st->m2_rest, t);
    moments_add(&st->mean, &st->mean_rest, e);
    st->minimum = st->n == 1U || x < st->minimum ? x : st->minimum;
    st->maximum = st->n == 1U || x > st->maximum ? x : st->maximum;
}

ecm_status_t ecm_moments_update_f32(ecm_moments_t *st, const float *x, uint32_t x_len) {
    uint32_t i;
    ECM_REQUIRE(st != NULL && (x != NULL || x_len == 0U), ECM_ERR_NULL);
    ECM_REQUIRE(x_len <= UINT32_MAX - st->n, ECM_ERR_FULL);
    for (i = 0; i < x_len; i++) {
        moments_take(st, x[i]);
    }
    return ECM_OK;
}

ecm_status_t ecm_moments_merge(ecm_moments_t *st, const ecm_moments_t *other) {
    const ecm_moments_t *b = other;
    float n, p, q, d, d2, npq;
    ECM_REQUIRE(st != NULL && b != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(b->n <= UINT32_MAX - st->n, ECM_ERR_FULL);
    if (b->n == 0U) {
        return ECM_OK;
    }
    if (st->n == 0U) {
        *st = *b;
        return ECM_OK;
    }
    n = (float)(st->n + b->n);
    p = (float)st->n / n;
    q = (float)b->n / n;
    d = (b->mean - st->mean) - (b->mean_rest - st->mean_rest);
    d2 = d * d;
    npq = n * p * q;
    moments_add(&st->m4, &st->m4_rest,
                (b->m4 - b->m4_rest) + d2 * d2 * npq * ((p - q) * (p - q) + p * q) +
                    6.0f * d2 * (p * p * b->m2 + q * q * st->m2) +
                    4.0f * d * (p * b->m3 - q * st->m3));
    moments_add(&st->m3, &st->m3_rest,
                (b->m3 - b->m3_rest) + d2 * d * npq * (p - q) +
                    3.0f * d * (p * b->m2 - q * st->m2));
    moments_add(&st->m2, &st->m2_rest, (b->m2 - b->m2_rest) + d2 * npq);
    moments_add(&st->mean, &st->mean_rest, d * q);
    st->n += b->n;
    st->minimum = b->minimum < st->minimum ? b->minimum : st->minimum;
    st->maximum = b->maximum > st->maximum ? b->maximum : st->maximum;
    return ECM_OK;
}

ecm_status_t ecm_moments_result_f32(const ecm_moments_t *st,
                                    ecm_moments_result_t *out) {
    float n;
    ECM_REQUIRE(st != NULL && out != NULL, ECM_ERR_NULL);
    memset(out, 0, sizeof *out);
    if (st->n > 0U) {
        n = (float)st->n;
        moments_finish(st->mean, st->m2 / n, st->m3 / n, st->m4 / n, out);
    }
    return ECM_OK;
}

/* ---- exponentially weighted --------------------------------------------------------
 */

ecm_status_t ecm_moments_ew_init(ecm_moments_ew_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

ecm_status_t ecm_moments_ew_update_f32(ecm_moments_ew_t *st,
                                       const ecm_moments_ew_cfg_t *cfg, const float *x,
                                       uint32_t x_len) {
    uint32_t i;
    ECM_REQUIRE(st != NULL && cfg != NULL && (x != NULL || x_len == 0U), ECM_ERR_NULL);
    ECM_REQUIRE(cfg->weight > 0.0f && cfg->weight <= 1.0f, ECM_ERR_ARG);
    for (i = 0; i < x_len; i++) {
        float a, b, d, ad, ad2;
        st->n += st->n < UINT32_MAX ? 1U : 0U;
        a = 1.0f / (float)st->n;
        a = a > cfg->weight ? a : cfg->weight;
        b = 1.0f - a;
        d = x[i] - st->mean;
        ad = a * d;
        ad2 = ad * d;
        st->c4 = b * (((st->c4 - 4.0f * ad * st->c3) + 6.0f * ad * ad * st->c2) +
                      ad2 * d * d * (1.0f - 3.0f * a * b));
        st->c3 = b * ((st->c3 - 3.0f * ad * st->c2) + ad2 * d * (b - a));
        st->c2 = b * (st->c2 + ad2);
        st->mean += ad;
    }
    return ECM_OK;
}

ecm_status_t ecm_moments_ew_result_f32(const ecm_moments_ew_t *st,
                                       ecm_moments_result_t *out) {
    ECM_REQUIRE(st != NULL && out != NULL, ECM_ERR_NULL);
    moments_finish(st->mean, st->c2, st->c3, st->c4, out);
    return ECM_OK;
}

/* ---- exact, of Q15 samples ----------------------------------------------------------
 */

/* 128 bits, two's complement. */
typedef struct {
    uint64_t low;
    uint64_t high;
} moments_wide_t;

static void moments_wide_add(moments_wide_t *sum, uint64_t low, uint64_t high) {
    sum->low += low;
    sum->high += high + (sum->low < low ? 1U : 0U);
}

static uint64_t moments_magnitude(int64_t x) {
    return x < 0 ? 0U - (uint64_t)x : (uint64_t)x;
}

/* sum += a * b * 2^(32 * words), words 0 or 1. */
static void moments_wide_mac(moments_wide_t *sum, int64_t a, int64_t b,
                             uint32_t words) {
    uint64_t x = moments_magnitude(a), y = moments_magnitude(b);
    uint64_t x0 = x & 0xffffffffU, x1 = x >> 32, y0 = y & 0xffffffffU, y1 = y >> 32;
    uint64_t part = x0 * y0, middle, low, high;
    low = part & 0xffffffffU;
    middle = x1 * y0 + (part >> 32);
    high = x1 * y1 + (middle >> 32);
    middle = x0 * y1 + (middle & 0xffffffffU);
    high += middle >> 32;
    low |= middle << 32;
    if (words != 0U) {
        high = (high << 32) | (low >> 32);
        low <<= 32;
    }
    if ((a < 0) != (b < 0)) {
        high = ~high + (low == 0U ? 1U : 0U);
        low = 0U - low;
    }
    moments_wide_add(sum, low, high);
}

/* The nearest float: 32 leading bits decide, the last of them stands for all below. */
static float moments_wide_f32(const moments_wide_t *x) {
    moments_wide_t m = *x;
    bool negative = (m.high >> 63) != 0U;
    float scale = 0x1p+96f;
    uint32_t top, i;
    if (negative) {
        m.high = ~m.high + (m.low == 0U ? 1U : 0U);
        m.low = 0U - m.low;
    }
    for (i = 0; i < 3U && (m.high >> 32) == 0U; i++) {
        m.high = (m.high << 32) | (m.low >> 32);
        m.low <<= 32;
        scale *= 0x1p-32f;
    }
    while (m.high != 0U && (m.high >> 63) == 0U && scale > 1.0f) {
        m.high = (m.high << 1) | (m.low >> 63);
        m.low <<= 1;
        scale *= 0.5f;
    }
    top = (uint32_t)(m.high >> 32);
    top |= (m.high & 0xffffffffU) != 0U || m.low != 0U ? 1U : 0U;
    return negative ? -((float)top * scale) : (float)top * scale;
}

ecm_status_t ecm_moments_q15_init(ecm_moments_q15_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

ecm_status_t ecm_moments_q15_update(ecm_moments_q15_t *st, const int16_t *x,
                                    uint32_t x_len) {
    int64_t s1 = 0, s3_high = 0, s3_low = 0;
    uint64_t s2 = 0, s4_high = 0, s4_low = 0;
    uint32_t i;
    ECM_REQUIRE(st != NULL && (x != NULL || x_len == 0U), ECM_ERR_NULL);
    ECM_REQUIRE(x_len <= (uint32_t)INT32_MAX - st->n, ECM_ERR_FULL);
    if (st->n == 0U && x_len > 0U) {
        st->minimum = x[0];
        st->maximum = x[0];
    }
    for (i = 0; i < x_len; i++) {
        uint32_t square = (uint32_t)((int32_t)x[i] * x[i]);
        uint64_t fourth = (uint64_t)square * square;
        uint64_t third = square * moments_magnitude(x[i]);
        s1 += x[i];
        s2 += square;
        if (x[i] < 0) {
            s3_high -= (int64_t)(third >> 32);
            s3_low -= (int64_t)(third & 0xffffffffU);
        } else {
            s3_high += (int64_t)(third >> 32);
            s3_low += (int64_t)(third & 0xffffffffU);
        }
        s4_high += fourth >> 32;
        s4_low += fourth & 0xffffffffU;
        st->minimum = x[i] < st->minimum ? x[i] : st->minimum;
        st->maximum = x[i] > st->maximum ? x[i] : st->maximum;
    }
    st->n += x_len;
    st->s1 += s1;
    st->s2 += s2;
    st->s3_high += s3_high;
    st->s3_low += s3_low;
    st->s4_high += s4_high;
    st->s4_low += s4_low;
    return ECM_OK;
}

ecm_status_t ecm_moments_q15_merge(ecm_moments_q15_t *st,
                                   const ecm_moments_q15_t *other) {
    const ecm_moments_q15_t *b = other;
    ECM_REQUIRE(st != NULL && b != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(b->n <= (uint32_t)INT32_MAX - st->n, ECM_ERR_FULL);
    if (b->n == 0U) {
        return ECM_OK;
    }
    if (st->n == 0U) {
        *st = *b;
        return ECM_OK;
    }
    st->n += b->n;
    st->minimum = b->minimum < st->minimum ? b->minimum : st->minimum;
    st->maximum = b->maximum > st->maximum ? b->maximum : st->maximum;
    st->s1 += b->s1;
    st->s2 += b->s2;
    st->s3_high += b->s3_high;
    st->s3_low += b->s3_low;
    st->s4_high += b->s4_high;
    st->s4_low += b->s4_low;
    return ECM_OK;
}

/* Sums of powers about the integer m: the binomial formula, exact. */
static void moments_about(const ecm_moments_q15_t *st, int32_t about, uint64_t *d2,
                          moments_wide_t *d3, moments_wide_t *d4) {
    int64_t m = about, n = st->n, s2 = (int64_t)st->s2;
    *d2 = (st->s2 - (uint64_t)(2 * m) * (uint64_t)st->s1) + (uint64_t)(n * m * m);
    memset(d3, 0, sizeof *d3);
    moments_wide_mac(d3, 1, st->s3_high, 1);
    moments_wide_mac(d3, 1, st->s3_low, 0);
    moments_wide_mac(d3, -3 * m, s2, 0);
    moments_wide_mac(d3, 3 * m * m, st->s1, 0);
    moments_wide_mac(d3, -n, m * m * m, 0);
    memset(d4, 0, sizeof *d4);
    moments_wide_mac(d4, 1, (int64_t)st->s4_high, 1);
    moments_wide_mac(d4, 1, (int64_t)st->s4_low, 0);
    moments_wide_mac(d4, -4 * m, st->s3_high, 1);
    moments_wide_mac(d4, -4 * m, st->s3_low, 0);
    moments_wide_mac(d4, 6 * m * m, s2, 0);
    moments_wide_mac(d4, -4 * m * m * m, st->s1, 0);
    moments_wide_mac(d4, n, m * m * m * m, 0);
}

ecm_status_t ecm_moments_q15_result_f32(const ecm_moments_q15_t *st,
                                        ecm_moments_result_t *out) {
    moments_wide_t sum = {0, 0}, spread = {0, 0}, d3, d4;
    uint64_t d2;
    int64_t m, rest;
    float n, delta, a2, a3, a4, c2;
    ECM_REQUIRE(st != NULL && out != NULL, ECM_ERR_NULL);
    memset(out, 0, sizeof *out);
    if (st->n == 0U) {
        return ECM_OK;
    }
    n = (float)st->n;
    m = st->s1 / (int64_t)st->n;
    rest = st->s1 - m * (int64_t)st->n;
    if (2 * rest >= (int64_t)st->n) {
        m++;
    } else if (2 * rest < -(int64_t)st->n) {
        m--;
    }
    rest = st->s1 - m * (int64_t)st->n;
    moments_about(st, (int32_t)m, &d2, &d3, &d4);
    moments_wide_mac(&sum, 1, st->s1, 0);
    /* n^2 times the variance is exact: a constant has none. */
    moments_wide_mac(&spread, (int64_t)st->n, (int64_t)d2, 0);
    moments_wide_mac(&spread, -rest, rest, 0);
    c2 = moments_wide_f32(&spread) / n / n;
    memset(&spread, 0, sizeof spread);
    moments_wide_mac(&spread, 1, (int64_t)d2, 0);
    delta = (float)(int32_t)rest / n; /* |rest| <= n / 2 */
    a2 = moments_wide_f32(&spread) / n;
    a3 = moments_wide_f32(&d3) / n;
    a4 = moments_wide_f32(&d4) / n;
    a4 = ((a4 - 4.0f * delta * a3) + 6.0f * delta * delta * a2) -
         3.0f * delta * delta * delta * delta;
    a3 = (a3 - 3.0f * delta * a2) + 2.0f * delta * delta * delta;
    moments_finish(moments_wide_f32(&sum) / n * 0x1p-15f, c2 * 0x1p-30f, a3 * 0x1p-45f,
                   a4 * 0x1p-60f, out);
    return ECM_OK;
}
