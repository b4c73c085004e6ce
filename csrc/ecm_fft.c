/* ecm_fft.c - see ecm_fft.h, which fixes every sum.
 *
 * The first pass reads its input where the order of digits asks for it and writes
 * blocks of eight in order, so that nothing is left to permute.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fft.h"

#define ROOT_HALF 0x1.6a09e6p-1f /* sqrt(1/2) */
#define SIN_3 0x1.bb67aep-1f     /* sin(2 pi/3) */
#define COS_5 0x1.3c6ef4p-2f     /* cos(2 pi/5) */
#define COS2_5 (-0x1.9e377ap-1f) /* cos(4 pi/5) */
#define SIN_5 0x1.e6f0e2p-1f     /* sin(2 pi/5) */
#define SIN2_5 0x1.2cf230p-1f    /* sin(4 pi/5) */

/* ---- complex numbers ------------------------------------------------------------ */

typedef ecm_port_pair_f32_t fft_complex_t; /* a: real part, b: imaginary part */

static inline fft_complex_t fft_add(fft_complex_t x, fft_complex_t y) {
    fft_complex_t z = {x.a + y.a, x.b + y.b};
    return z;
}

static inline fft_complex_t fft_sub(fft_complex_t x, fft_complex_t y) {
    fft_complex_t z = {x.a - y.a, x.b - y.b};
    return z;
}

/* x - i y */
static inline fft_complex_t fft_sub_i(fft_complex_t x, fft_complex_t y) {
    fft_complex_t z = {x.a + y.b, x.b - y.a};
    return z;
}

/* x + i y */
static inline fft_complex_t fft_add_i(fft_complex_t x, fft_complex_t y) {
    fft_complex_t z = {x.a - y.b, x.b + y.a};
    return z;
}

static inline fft_complex_t fft_scale(fft_complex_t x, float s) {
    fft_complex_t z = {x.a * s, x.b * s};
    return z;
}

static inline fft_complex_t fft_mul(fft_complex_t x, fft_complex_t w) {
    fft_complex_t z = {x.a * w.a - x.b * w.b, x.a * w.b + x.b * w.a};
    return z;
}

/* An element of a pass, turned by its twiddle. */
static inline fft_complex_t fft_turned(const float *x, const float *w) {
    return fft_mul(ecm_port_load2_f32(x), ecm_port_load2_f32(w));
}

/* ---- butterflies ---------------------------------------------------------------- */

static inline void fft_butterfly4(fft_complex_t *x) {
    fft_complex_t s = fft_add(x[0], x[2]), d = fft_sub(x[0], x[2]);
    fft_complex_t t = fft_add(x[1], x[3]), u = fft_sub(x[1], x[3]);
    x[0] = fft_add(s, t);
    x[1] = fft_sub_i(d, u);
    x[2] = fft_sub(s, t);
    x[3] = fft_add_i(d, u);
}

/* The second half of a butterfly of radix 8, stored stride floats apart. */
static inline void fft_join8(const fft_complex_t *even, const fft_complex_t *odd,
                             float *x, uint32_t stride) {
    fft_complex_t t, y;
    ecm_port_store2_f32(x, fft_add(even[0], odd[0]));
    ecm_port_store2_f32(x + 4U * stride, fft_sub(even[0], odd[0]));
    ecm_port_store2_f32(x + 2U * stride, fft_sub_i(even[2], odd[2]));
    ecm_port_store2_f32(x + 6U * stride, fft_add_i(even[2], odd[2]));
    t.a = (odd[1].a + odd[1].b) * ROOT_HALF;
    t.b = (odd[1].b - odd[1].a) * ROOT_HALF;
    ecm_port_store2_f32(x + stride, fft_add(even[1], t));
    ecm_port_store2_f32(x + 5U * stride, fft_sub(even[1], t));
    t.a = (odd[3].b - odd[3].a) * ROOT_HALF;
    t.b = (odd[3].a + odd[3].b) * ROOT_HALF;
    y.a = even[3].a + t.a;
    y.b = even[3].b - t.b;
    ecm_port_store2_f32(x + 3U * stride, y);
    y.a = even[3].a - t.a;
    y.b = even[3].b + t.b;
    ecm_port_store2_f32(x + 7U * stride, y);
}

static inline void fft_butterfly2(float *x, uint32_t stride, const float *w) {
    fft_complex_t x0 = ecm_port_load2_f32(x), x1 = fft_turned(x + stride, w);
    ecm_port_store2_f32(x, fft_add(x0, x1));
    ecm_port_store2_f32(x + stride, fft_sub(x0, x1));
}

ECM_PORT_FLATTEN void ecm_fft_pass2_f32(float *x, uint32_t x_len, uint32_t span,
                                        const float *twiddle) {
    const float *end = x + 2U * x_len;
    uint32_t stride = 2U * span;
    while (x != end) {
        const float *w = twiddle, *stop = x + stride;
        do { /* span is 8 or more */
            fft_butterfly2(x, stride, w);
            fft_butterfly2(x + 2, stride, w + 2);
            x += 4;
            w += 4;
        } while (x != stop);
        x += stride;
    }
}

ECM_PORT_FLATTEN void ecm_fft_pass3_f32(float *x, uint32_t x_len, uint32_t span,
                                        const float *twiddle) {
    const float *end = x + 2U * x_len;
    uint32_t stride = 2U * span;
    while (x != end) {
        const float *w = twiddle, *stop = x + stride;
        do {
            fft_complex_t x0 = ecm_port_load2_f32(x);
            fft_complex_t x1 = fft_turned(x + stride, w);
            fft_complex_t x2 = fft_turned(x + 2U * stride, w + 2);
            fft_complex_t t = fft_add(x1, x2), v = fft_scale(fft_sub(x1, x2), SIN_3);
            fft_complex_t u = fft_sub(x0, fft_scale(t, 0.5f));
            ecm_port_store2_f32(x, fft_add(x0, t));
            ecm_port_store2_f32(x + stride, fft_sub_i(u, v));
            ecm_port_store2_f32(x + 2U * stride, fft_add_i(u, v));
            x += 2;
            w += 4;
        } while (x != stop);
        x += 2U * stride;
    }
}

ECM_PORT_FLATTEN void ecm_fft_pass4_f32(float *x, uint32_t x_len, uint32_t span,
                                        const float *twiddle) {
    const float *end = x + 2U * x_len;
    uint32_t stride = 2U * span;
    while (x != end) {
        const float *w = twiddle, *stop = x + stride;
        do {
            fft_complex_t y[4];
            y[0] = ecm_port_load2_f32(x);
            y[1] = fft_turned(x + stride, w);
            y[2] = fft_turned(x + 2U * stride, w + 2);
            y[3] = fft_turned(x + 3U * stride, w + 4);
            fft_butterfly4(y);
            ecm_port_store2_f32(x, y[0]);
            ecm_port_store2_f32(x + stride, y[1]);
            ecm_port_store2_f32(x + 2U * stride, y[2]);
            ecm_port_store2_f32(x + 3U * stride, y[3]);
            x += 2;
            w += 6;
        } while (x != stop);
        x += 3U * stride;
    }
}

static inline void fft_butterfly5(float *x, uint32_t stride, const float *w) {
    fft_complex_t x0 = ecm_port_load2_f32(x), x1 = fft_turned(x + stride, w);
    fft_complex_t x2 = fft_turned(x + 2U * stride, w + 2);
    fft_complex_t x3 = fft_turned(x + 3U * stride, w + 4);
    fft_complex_t x4 = fft_turned(x + 4U * stride, w + 6);
    fft_complex_t t = fft_add(x1, x4), u = fft_add(x2, x3);
    fft_complex_t d = fft_sub(x1, x4), e = fft_sub(x2, x3);
    fft_complex_t p = fft_add(x0, fft_add(fft_scale(t, COS_5), fft_scale(u, COS2_5)));
    fft_complex_t q = fft_add(x0, fft_add(fft_scale(t, COS2_5), fft_scale(u, COS_5)));
    fft_complex_t v = fft_add(fft_scale(d, SIN_5), fft_scale(e, SIN2_5));
    fft_complex_t y = fft_sub(fft_scale(d, SIN2_5), fft_scale(e, SIN_5));
    ecm_port_store2_f32(x, fft_add(x0, fft_add(t, u)));
    ecm_port_store2_f32(x + stride, fft_sub_i(p, v));
    ecm_port_store2_f32(x + 2U * stride, fft_sub_i(q, y));
    ecm_port_store2_f32(x + 3U * stride, fft_add_i(q, y));
    ecm_port_store2_f32(x + 4U * stride, fft_add_i(p, v));
}

ECM_PORT_FLATTEN void ecm_fft_pass5_f32(float *x, uint32_t x_len, uint32_t span,
                                        const float *twiddle) {
    const float *end = x + 2U * x_len;
    uint32_t stride = 2U * span;
    while (x != end) {
        const float *w = twiddle, *stop = x + stride;
        do {
            fft_butterfly5(x, stride, w);
            x += 2;
            w += 8;
        } while (x != stop);
        x += 4U * stride;
    }
}

ECM_PORT_FLATTEN void ecm_fft_pass8_f32(float *x, uint32_t x_len, uint32_t span,
                                        const float *twiddle) {
    const float *end = x + 2U * x_len;
    uint32_t stride = 2U * span;
    while (x != end) {
        const float *w = twiddle, *stop = x + stride;
        do {
            fft_complex_t even[4], odd[4];
            even[0] = ecm_port_load2_f32(x);
            even[2] = fft_turned(x + 4U * stride, w + 6);
            even[1] = fft_turned(x + 2U * stride, w + 2);
            even[3] = fft_turned(x + 6U * stride, w + 10);
            fft_butterfly4(even);
            odd[0] = fft_turned(x + stride, w);
            odd[2] = fft_turned(x + 5U * stride, w + 8);
            odd[1] = fft_turned(x + 3U * stride, w + 4);
            odd[3] = fft_turned(x + 7U * stride, w + 12);
            fft_butterfly4(odd);
            fft_join8(even, odd, x, stride);
            x += 2;
            w += 14;
        } while (x != stop);
        x += 7U * stride;
    }
}

/* ---- the first pass -------------------------------------------------------------- */

/* The input of the next butterfly, in the order in which outputs lie: one more, digits
 * read backwards. len: n / 8. */
static inline uint32_t fft_next(const ecm_fft_plan_t *plan, uint32_t j, uint32_t len) {
    const ecm_fft_pass_t *pass = plan->pass;
    uint32_t limit = len;
    j += pass->step;
    while (j >= limit) {
        j -= limit;
        limit = pass->step;
        pass++;
        j += pass->step;
    }
    return j;
}

/* The inverse transform is the forward one of x[(n - i) mod n]. */
ECM_PORT_FLATTEN static void fft_first(const ecm_fft_plan_t *plan, const float *x,
                                       float *out, bool inverse) {
    uint32_t n = plan->len, j = 0;
    const float *end = out + 2U * n;
    int32_t stride = inverse ? -(int32_t)(n / 4U) : (int32_t)(n / 4U);
    for (;;) {
        fft_complex_t even[4], odd[4];
        const float *from = x + 2U * j;
        even[0] = ecm_port_load2_f32(from);
        if (inverse) {
            from = x + 2U * (n - j);
            if (j != 0U) {
                even[0] = ecm_port_load2_f32(from);
            }
        }
        even[1] = ecm_port_load2_f32(from + 2 * stride);
        even[2] = ecm_port_load2_f32(from + 4 * stride);
        even[3] = ecm_port_load2_f32(from + 6 * stride);
        fft_butterfly4(even);
        odd[0] = ecm_port_load2_f32(from + stride);
        odd[1] = ecm_port_load2_f32(from + 3 * stride);
        odd[2] = ecm_port_load2_f32(from + 5 * stride);
        odd[3] = ecm_port_load2_f32(from + 7 * stride);
        fft_butterfly4(odd);
        fft_join8(even, odd, out, 2);
        out += 16;
        if (out == end) {
            break;
        }
        j = fft_next(plan, j, n / 8U);
    }
}

static inline fft_complex_t fft_tapered(const float *x, float mean,
                                        const float *taper) {
    fft_complex_t y = ecm_port_load2_f32(x), w = ecm_port_load2_f32(taper);
    fft_complex_t z = {(y.a - mean) * w.a, (y.b - mean) * w.b};
    return z;
}

ECM_PORT_FLATTEN static void fft_first_taper(const ecm_fft_plan_t *plan, const float *x,
                                             float mean, const float *taper,
                                             float *out) {
    uint32_t n = plan->len, j = 0, stride = n / 4U;
    const float *end = out + 2U * n;
    for (;;) {
        fft_complex_t even[4], odd[4];
        const float *from = x + 2U * j, *w = taper + 2U * j;
        even[0] = fft_tapered(from, mean, w);
        even[1] = fft_tapered(from + 2U * stride, mean, w + 2U * stride);
        even[2] = fft_tapered(from + 4U * stride, mean, w + 4U * stride);
        even[3] = fft_tapered(from + 6U * stride, mean, w + 6U * stride);
        fft_butterfly4(even);
        odd[0] = fft_tapered(from + stride, mean, w + stride);
        odd[1] = fft_tapered(from + 3U * stride, mean, w + 3U * stride);
        odd[2] = fft_tapered(from + 5U * stride, mean, w + 5U * stride);
        odd[3] = fft_tapered(from + 7U * stride, mean, w + 7U * stride);
        fft_butterfly4(odd);
        fft_join8(even, odd, out, 2);
        out += 16;
        if (out == end) {
            break;
        }
        j = fft_next(plan, j, n / 8U);
    }
}

static inline void fft_later(const ecm_fft_plan_t *plan, float *x) {
    uint32_t i;
    for (i = 0; i < plan->passes_len; i++) {
        const ecm_fft_pass_t *pass = &plan->pass[i];
        pass->run(x, plan->len, pass->span, pass->twiddle);
    }
}

/* ---- real data ------------------------------------------------------------------- */

/* The spectra of two bins that mirror each other, from the transform of the even
 * samples as real and the odd samples as imaginary parts. */
static inline void fft_recombined(fft_complex_t *low, fft_complex_t *high,
                                  const float *half) {
    fft_complex_t h = ecm_port_load2_f32(half);
    fft_complex_t e = {0.5f * (low->a + high->a), 0.5f * (low->b - high->b)};
    fft_complex_t o = {low->b + high->b, high->a - low->a};
    fft_complex_t t = fft_mul(o, h);
    low->a = e.a + t.a;
    low->b = e.b + t.b;
    high->a = e.a - t.a;
    high->b = t.b - e.b;
}

ECM_PORT_FLATTEN static void fft_recombine(const ecm_fft_plan_t *plan, float *x) {
    const float *h = plan->half;
    float *p = x + 2, *q = x + 2U * plan->len - 2U, first = x[0];
    x[0] = first + x[1];
    x[1] = first - x[1];
    while (p != q) {
        fft_complex_t low = ecm_port_load2_f32(p), high = ecm_port_load2_f32(q);
        fft_recombined(&low, &high, h);
        ecm_port_store2_f32(p, low);
        ecm_port_store2_f32(q, high);
        h += 2;
        p += 2;
        q -= 2;
    }
    p[1] = -p[1];
}

static inline float fft_power(fft_complex_t x) {
    return x.a * x.a + x.b * x.b;
}

ECM_PORT_FLATTEN static void fft_recombine_power(const ecm_fft_plan_t *plan,
                                                 const float *x, float *power) {
    const float *h = plan->half, *p = x + 2, *q = x + 2U * plan->len - 2U;
    float first = x[0] + x[1], last = x[0] - x[1];
    float *low_power = power + 1, *high_power = power + plan->len - 1U;
    power[0] = first * first;
    power[plan->len] = last * last;
    while (p != q) {
        fft_complex_t low = ecm_port_load2_f32(p), high = ecm_port_load2_f32(q);
        fft_recombined(&low, &high, h);
        *low_power++ = fft_power(low);
        *high_power-- = fft_power(high);
        h += 2;
        p += 2;
        q -= 2;
    }
    *low_power = fft_power(ecm_port_load2_f32(p));
}

/* The other way round. */
ECM_PORT_FLATTEN static void fft_separate(const ecm_fft_plan_t *plan, float *x) {
    const float *half = plan->half;
    float *p = x + 2, *q = x + 2U * plan->len - 2U, first = x[0];
    x[0] = first + x[1];
    x[1] = first - x[1];
    while (p != q) {
        fft_complex_t low = ecm_port_load2_f32(p), high = ecm_port_load2_f32(q);
        fft_complex_t h = ecm_port_load2_f32(half);
        fft_complex_t e = {low.a + high.a, low.b - high.b};
        fft_complex_t o = {low.a - high.a, low.b + high.b};
        fft_complex_t t = {o.a * h.a + o.b * h.b, o.b * h.a - o.a * h.b};
        t = fft_add(t, t);
        low = fft_add_i(e, t);
        high.a = e.a + t.b;
        high.b = t.a - e.b;
        ecm_port_store2_f32(p, low);
        ecm_port_store2_f32(q, high);
        half += 2;
        p += 2;
        q -= 2;
    }
    p[0] = 2.0f * p[0];
    p[1] = -2.0f * p[1];
}

/* ---- the functions of the header ------------------------------------------------- */

ecm_status_t ecm_fft_c2c_f32(const ecm_fft_plan_t *plan, const float *x, float *out,
                             bool inverse) {
    ECM_REQUIRE(plan != NULL && x != NULL && out != NULL, ECM_ERR_NULL);
    fft_first(plan, x, out, inverse);
    fft_later(plan, out);
    return ECM_OK;
}

ecm_status_t ecm_fft_r2c_f32(const ecm_fft_plan_t *plan, const float *x, float *out) {
    ECM_REQUIRE(plan != NULL && x != NULL && out != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(plan->half != NULL, ECM_ERR_NULL);
    fft_first(plan, x, out, false);
    fft_later(plan, out);
    fft_recombine(plan, out);
    return ECM_OK;
}

ecm_status_t ecm_fft_r2c_taper_f32(const ecm_fft_plan_t *plan, const float *x,
                                   float mean, const float *taper, float *out) {
    ECM_REQUIRE(plan != NULL && x != NULL && taper != NULL && out != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(plan->half != NULL, ECM_ERR_NULL);
    fft_first_taper(plan, x, mean, taper, out);
    fft_later(plan, out);
    fft_recombine(plan, out);
    return ECM_OK;
}

ecm_status_t ecm_fft_power_f32(const ecm_fft_plan_t *plan, const float *x, float mean,
                               const float *taper, float *work, float *power) {
    ECM_REQUIRE(plan != NULL && x != NULL && work != NULL && power != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(plan->half != NULL, ECM_ERR_NULL);
    if (taper != NULL) {
        fft_first_taper(plan, x, mean, taper, work);
    } else {
        fft_first(plan, x, work, false);
    }
    fft_later(plan, work);
    fft_recombine_power(plan, work, power);
    return ECM_OK;
}

ecm_status_t ecm_fft_c2r_f32(const ecm_fft_plan_t *plan, float *spectrum, float *out) {
    ECM_REQUIRE(plan != NULL && spectrum != NULL && out != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(plan->half != NULL, ECM_ERR_NULL);
    fft_separate(plan, spectrum);
    fft_first(plan, spectrum, out, true);
    fft_later(plan, out);
    return ECM_OK;
}

bool ecm_fft_is_length(uint32_t n) {
    if (n < (uint32_t)ECM_FFT_LEN_MIN || n > (uint32_t)ECM_FFT_LEN_MAX ||
        n % 8U != 0U) {
        return false;
    }
    n = n % 3U == 0U ? n / 3U : n;
    n = n % 5U == 0U ? n / 5U : n;
    return (n & (n - 1U)) == 0U && n >= 8U;
}
