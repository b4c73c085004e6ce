/* ecm_fft_q15.c - see ecm_fft_q15.h. One source for all cores: what an instruction of
 * the DSP extension does, and what makes GCC load and store complex numbers as one, is
 * behind port/ecm_port_q15.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fft_q15.h"

#include "ecm_tables_q15.h"
#include "port/ecm_port_q15.h"

#define GAIN_MAX 14      /* log2 of the largest factor of a sample: it has 16 bits */
#define ROOT_HALF 23170U /* sqrt(1/2) in Q15 */

typedef ecm_port_complex_t fft_complex_t;

/* How samples enter, see the top of the header. */
typedef struct {
    const int16_t *x;
    const int16_t *taper; /* NULL: none */
    int32_t gain;         /* 2^g */
    int32_t offset;       /* -mean 2^g */
} fft_input_t;

static inline fft_complex_t *fft_complex(int32_t *x) {
    return (fft_complex_t *)(void *)x;
}

ECM_PORT_INLINE fft_complex_t fft_make(int32_t re, int32_t im) {
    fft_complex_t y;
    y.re = re;
    y.im = im;
    return y;
}

/* ---- passes -----------------------------------------------------------------------
 * A pass makes transforms of length 4 span from ones of length span. */

/* Half of x times the factor that w stands for; the real part with the wrong sign. */
ECM_PORT_INLINE fft_complex_t fft_mul(fft_complex_t x, uint32_t w) {
    return fft_make(ecm_port_mac_high_q15(ecm_port_mul_low_q15(x.re, w), x.im, w),
                    ecm_port_mul_high_q15(x.re, w) - ecm_port_mul_low_q15(x.im, w));
}

/* One butterfly on the elements of the same number of four transforms. */
ECM_PORT_INLINE void fft_butterfly(fft_complex_t *x0, fft_complex_t *x1,
                                   fft_complex_t *x2, fft_complex_t *x3, uint32_t w1,
                                   uint32_t w2, uint32_t w3) {
    fft_complex_t a, b, c, d, s, t, u, v;
    c = fft_mul(ecm_port_load_complex(x2), w2);
    a = ecm_port_load_complex(x0);
    s = fft_make((a.re >> 1) - c.re, (a.im >> 1) + c.im);
    t = fft_make((a.re >> 1) + c.re, (a.im >> 1) - c.im);
    b = fft_mul(ecm_port_load_complex(x1), w1);
    d = fft_mul(ecm_port_load_complex(x3), w3);
    u = fft_make(b.re + d.re, b.im + d.im);
    v = fft_make(b.re - d.re, b.im - d.im);
    ecm_port_store_complex(x0, fft_make(s.re - u.re, s.im + u.im));
    ecm_port_store_complex(x2, fft_make(s.re + u.re, s.im - u.im));
    ecm_port_store_complex(x1, fft_make(t.re + v.im, t.im + v.re));
    ecm_port_store_complex(x3, fft_make(t.re - v.im, t.im - v.re));
}

/* The factors of one k stay in registers. Pointers between the elements, since the
 * instruction that loads two words reaches as far below as above. */
ECM_PORT_INLINE void fft_pass(fft_complex_t *x, uint32_t x_len, uint32_t span,
                              const uint32_t *w) {
    fft_complex_t *end = x + x_len, *span_end = x + span, *y, *z;
    uint32_t half = span / 2U;
    for (; x < span_end; x++, w += 3) {
        uint32_t w1 = w[0], w2 = w[1], w3 = w[2];
        y = x + half;
        do {
            z = y + 2U * span;
            fft_butterfly(y - half, y + half, z - half, z + half, w1, w2, w3);
            y += 4U * span;
        } while (y < end);
    }
}

/* The same where there are just four transforms: the last pass. */
ECM_PORT_INLINE void fft_last(fft_complex_t *x, uint32_t span, const uint32_t *w) {
    fft_complex_t *end = x + span;
    for (; x < end; x++, w += 3) {
        fft_butterfly(x, x + span, x + 2U * span, x + 3U * span, w[0], w[1], w[2]);
    }
}

/* One function per span, which is then a constant in its addresses. */
#define FFT_PASS(span)                                                                 \
    static void fft_pass##span(int32_t *x, uint32_t x_len) {                           \
        fft_pass(fft_complex(x), x_len, span, ecm_tables_pass##span##_q15);            \
    }
#define FFT_LAST(span)                                                                 \
    static void fft_last##span(int32_t *x, uint32_t x_len) {                           \
        (void)x_len;                                                                   \
        fft_last(fft_complex(x), span, ecm_tables_pass##span##_q15);                   \
    }
FFT_PASS(4)
FFT_PASS(8)
FFT_PASS(16)
FFT_PASS(32)
FFT_PASS(64)
FFT_PASS(128)
FFT_LAST(4)
FFT_LAST(8)
FFT_LAST(16)
FFT_LAST(32)
FFT_LAST(64)
FFT_LAST(128)
FFT_LAST(256)
FFT_LAST(512)

/* ---- plans ------------------------------------------------------------------------
 */

#define FFT_PLAN(n, radix, passes, ...)                                                \
    const ecm_fft_q15_plan_t ecm_fft_q15_plan_##n = {                                  \
        (n) / 2U, radix, passes, ecm_tables_twist##n##_q15, {__VA_ARGS__}}
FFT_PLAN(16, 8, 0, NULL);
FFT_PLAN(32, 4, 1, fft_last4);
FFT_PLAN(64, 8, 1, fft_last8);
FFT_PLAN(128, 4, 2, fft_pass4, fft_last16);
FFT_PLAN(256, 8, 2, fft_pass8, fft_last32);
FFT_PLAN(512, 4, 3, fft_pass4, fft_pass16, fft_last64);
FFT_PLAN(1024, 8, 3, fft_pass8, fft_pass32, fft_last128);
FFT_PLAN(2048, 4, 4, fft_pass4, fft_pass16, fft_pass64, fft_last256);
FFT_PLAN(4096, 8, 4, fft_pass8, fft_pass32, fft_pass128, fft_last512);

const ecm_fft_q15_plan_t *ecm_fft_q15_plan(uint32_t x_len) {
    switch (x_len) {
    case 16:
        return &ecm_fft_q15_plan_16;
    case 32:
        return &ecm_fft_q15_plan_32;
    case 64:
        return &ecm_fft_q15_plan_64;
    case 128:
        return &ecm_fft_q15_plan_128;
    case 256:
        return &ecm_fft_q15_plan_256;
    case 512:
        return &ecm_fft_q15_plan_512;
    case 1024:
        return &ecm_fft_q15_plan_1024;
    case 2048:
        return &ecm_fft_q15_plan_2048;
    case 4096:
        return &ecm_fft_q15_plan_4096;
    default:
        return NULL;
    }
}

/* ---- first pass -------------------------------------------------------------------
 */

/* Sum and difference of two complex samples. */
ECM_PORT_INLINE void fft_load2(const fft_input_t *in, uint32_t i, uint32_t j,
                               bool tapered, fft_complex_t *sum, fft_complex_t *diff) {
    uint32_t a = ecm_port_load_q15(in->x + i), b = ecm_port_load_q15(in->x + j);
    uint32_t v, w;
    fft_complex_t p, q;
    p.re = ecm_port_gain_low_q15(a, in->gain);
    p.im = ecm_port_gain_high_q15(a, in->gain);
    if (!tapered) {
        *sum = p;
        ecm_port_fork_low_q15(&sum->re, &diff->re, b, in->gain);
        ecm_port_fork_high_q15(&sum->im, &diff->im, b, in->gain);
        return;
    }
    v = ecm_port_load_q15(in->taper + i);
    w = ecm_port_load_q15(in->taper + j);
    q.re = ecm_port_gain_low_q15(b, in->gain) + in->offset;
    q.im = ecm_port_gain_high_q15(b, in->gain) + in->offset;
    q = fft_make(ecm_port_mul_low_q15(q.re, w), ecm_port_mul_high_q15(q.im, w));
    p = fft_make(ecm_port_mul_low_q15(p.re + in->offset, v),
                 ecm_port_mul_high_q15(p.im + in->offset, v));
    *sum = fft_make(p.re + q.re, p.im + q.im);
    *diff = fft_make(p.re - q.re, p.im - q.im);
}

/* Four complex samples from i on, step apart; both count single ones. */
ECM_PORT_INLINE void fft_first4(const fft_input_t *in, uint32_t i, uint32_t step,
                                bool tapered, fft_complex_t *y) {
    fft_complex_t s, t, u, v;
    fft_load2(in, i, i + 2U * step, tapered, &s, &t);
    fft_load2(in, i + step, i + 3U * step, tapered, &u, &v);
    y[0] = fft_make(s.re + u.re, s.im + u.im);
    y[1] = fft_make(t.re + v.im, t.im - v.re);
    y[2] = fft_make(s.re - u.re, s.im - u.im);
    y[3] = fft_make(t.re - v.im, t.im + v.re);
}

ECM_PORT_INLINE void fft_store4(fft_complex_t *y, const fft_complex_t *x) {
    ecm_port_store_complex(y, x[0]);
    ecm_port_store_complex(y + 1, x[1]);
    ecm_port_store_complex(y + 2, x[2]);
    ecm_port_store_complex(y + 3, x[3]);
}

ECM_PORT_INLINE void fft_join(fft_complex_t *x, int32_t re, int32_t im) {
    fft_complex_t a = ecm_port_load_complex(x);
    ecm_port_store_complex(x, fft_make(a.re + re, a.im + im));
    ecm_port_store_complex(x + 4, fft_make(a.re - re, a.im - im));
}

/* Eight: the even ones wait in memory, registers being few, and the odd ones join. */
ECM_PORT_INLINE void fft_first8(const fft_input_t *in, uint32_t i, uint32_t step,
                                bool tapered, fft_complex_t *y) {
    fft_complex_t o[4];
    fft_first4(in, i, 2U * step, tapered, o);
    fft_store4(y, o);
    fft_first4(in, i + step, 2U * step, tapered, o);
    fft_join(y, o[0].re, o[0].im);
    fft_join(y + 1, 2 * ecm_port_mul_low_q15(o[1].re + o[1].im, ROOT_HALF),
             2 * ecm_port_mul_low_q15(o[1].im - o[1].re, ROOT_HALF));
    fft_join(y + 2, o[2].im, -o[2].re);
    fft_join(y + 3, 2 * ecm_port_mul_low_q15(o[3].im - o[3].re, ROOT_HALF),
             2 * ecm_port_mul_low_q15(-o[3].re - o[3].im, ROOT_HALF));
}

/* Butterflies write one after the other. For the last pass to leave natural order they
 * read from their number with its digits, base 4, in reverse. */
ECM_PORT_INLINE void fft_first(const fft_input_t *in, uint32_t n, uint32_t radix,
                               bool tapered, fft_complex_t *y) {
    fft_complex_t *end = y + n, o[4];
    uint32_t step = 2U * n / radix, top = step >> 2, i = 0, digit;
    for (; y < end; y += radix) {
        if (radix == 8U) {
            fft_first8(in, i, step, tapered, y);
        } else {
            fft_first4(in, i, step, tapered, o);
            fft_store4(y, o);
        }
        i += top;
        for (digit = top; (i & (digit << 2)) != 0U && digit > 2U; i += digit) {
            i -= digit << 2; /* carry to the digit below */
            digit >>= 2;
        }
    }
}

static void fft_first_plain(const ecm_fft_q15_plan_t *plan, const fft_input_t *in,
                            fft_complex_t *y) {
    if (plan->radix == 8U) {
        fft_first(in, plan->len, 8, false, y);
    } else {
        fft_first(in, plan->len, 4, false, y);
    }
}

static void fft_first_taper(const ecm_fft_q15_plan_t *plan, const fft_input_t *in,
                            fft_complex_t *y) {
    if (plan->radix == 8U) {
        fft_first(in, plan->len, 8, true, y);
    } else {
        fft_first(in, plan->len, 4, true, y);
    }
}

/* Where a number differs from its double: bit b, 0 < b < 16, of the result says that
 * some number needs bits up to b, its sign apart. */
ECM_PORT_INLINE uint32_t fft_spread2(const int16_t *x) {
    uint32_t pair = ecm_port_load_q15(x);
    return pair ^ (pair << 1);
}

static uint32_t fft_spread(const int16_t *x, uint32_t x_len, uint32_t seen) {
    const int16_t *end = x + x_len;
    for (; x < end; x += 8) {
        seen |= fft_spread2(x) | fft_spread2(x + 2);
        seen |= fft_spread2(x + 4) | fft_spread2(x + 6);
    }
    return seen | seen >> 16;
}

/* Choose g; a bit stays free for the rounding of factors. */
static int32_t fft_gain(const ecm_fft_q15_plan_t *plan, const int16_t *x,
                        int32_t mean) {
    uint32_t pair = (uint32_t)mean & 0xffffU;
    uint32_t seen = fft_spread(x, 2U * plan->len, pair ^ (pair << 1));
    int32_t gain = 14 - (int32_t)plan->passes_len - (plan->radix == 8U ? 3 : 2);
    for (; gain < GAIN_MAX && (seen & 0x8000U) == 0U; seen <<= 1) {
        gain++;
    }
    return gain;
}

static void fft_later(const ecm_fft_q15_plan_t *plan, int32_t *x) {
    uint32_t i;
    for (i = 0; i < plan->passes_len; i++) {
        plan->pass[i](x, plan->len);
    }
}

/* ---- recombination ----------------------------------------------------------------
 */

/* Separate the transforms of the even and the odd samples, which went through as real
 * and imaginary part, and join them: bins k and n - k at once. */
static void fft_real(fft_complex_t *x, uint32_t n, const uint32_t *w) {
    fft_complex_t *p = x + 1, *q = x + n - 1, a = x[0], b, e, o;
    x[0] = fft_make(a.re + a.im, a.re - a.im);
    for (; p < q; p++, q--) {
        a = ecm_port_load_complex(p);
        b = ecm_port_load_complex(q);
        e = fft_make(a.re + b.re, a.im - b.im);
        o = fft_mul(fft_make(a.im + b.im, b.re - a.re), *w++);
        ecm_port_store_complex(p, fft_make((e.re >> 1) - o.re, o.im + (e.im >> 1)));
        ecm_port_store_complex(q, fft_make((e.re >> 1) + o.re, o.im - (e.im >> 1)));
    }
    p->im = -p->im;
}

ecm_status_t ecm_fft_q15_c2c(const ecm_fft_q15_plan_t *plan, const int16_t *x,
                             bool inverse, int32_t *out, int32_t *exponent) {
    fft_complex_t *p = fft_complex(out), *q, swap;
    fft_input_t in = {x, NULL, 0, 0};
    int32_t gain;
    ECM_REQUIRE(plan != NULL && x != NULL && out != NULL && exponent != NULL,
                ECM_ERR_NULL);
    gain = fft_gain(plan, x, 0);
    in.gain = (int32_t)1 << gain;
    fft_first_plain(plan, &in, p);
    fft_later(plan, out);
    if (inverse) { /* the forward transform read backwards */
        for (q = p + plan->len - 1U, p++; p < q; p++, q--) {
            swap = *p;
            *p = *q;
            *q = swap;
        }
    }
    *exponent = (int32_t)plan->passes_len - gain;
    return ECM_OK;
}

ecm_status_t ecm_fft_q15_r2c(const ecm_fft_q15_plan_t *plan, const int16_t *x,
                             int32_t *out, int32_t *exponent) {
    ecm_status_t status = ecm_fft_q15_c2c(plan, x, false, out, exponent);
    ECM_REQUIRE(status == ECM_OK, status);
    fft_real(fft_complex(out), plan->len, plan->twist);
    return ECM_OK;
}

ecm_status_t ecm_fft_q15_r2c_taper(const ecm_fft_q15_plan_t *plan, const int16_t *x,
                                   int16_t mean, const int16_t *taper, int32_t *out,
                                   int32_t *exponent) {
    fft_input_t in = {x, taper, 0, 0};
    int32_t gain;
    ECM_REQUIRE(plan != NULL && x != NULL && taper != NULL && out != NULL &&
                    exponent != NULL,
                ECM_ERR_NULL);
    gain = fft_gain(plan, x, mean);
    in.gain = (int32_t)1 << gain;
    in.offset = -mean * in.gain;
    fft_first_taper(plan, &in, fft_complex(out));
    fft_later(plan, out);
    fft_real(fft_complex(out), plan->len, plan->twist);
    *exponent = (int32_t)plan->passes_len - gain + 1; /* a factor in Q15 halves */
    return ECM_OK;
}

/* ---- power ------------------------------------------------------------------------
 */

/* x squared / 2^32, |x| <= 2^30, added to sum: of the product of two halves with
 * themselves, what the lower one gives alone is left out. */
ECM_PORT_INLINE int32_t fft_square(int32_t sum, int32_t x) {
    int32_t more = x + (int32_t)((uint32_t)x & 0xffffU);
    return ecm_port_mac_high_q15(sum, more, (uint32_t)x);
}

/* A square is cut downwards: that of a small negative number is -1. */
ECM_PORT_INLINE uint32_t fft_at_least_0(int32_t x) {
    return x < 0 ? 0U : (uint32_t)x;
}

ECM_PORT_INLINE void fft_power(const fft_complex_t *x, uint32_t n, uint32_t down,
                               int32_t scale, uint32_t *power) {
    fft_complex_t a = x[0];
    uint32_t k;
    uint32_t last = fft_at_least_0(fft_square(0, (a.im >> down) * scale));
    power[0] = fft_at_least_0(fft_square(0, (a.re >> down) * scale));
    for (k = 1; k < n; k++) {
        a = ecm_port_load_complex(x + k);
        power[k] = fft_at_least_0(
            fft_square(fft_square(0, (a.re >> down) * scale), (a.im >> down) * scale));
    }
    power[n] = last;
}

ecm_status_t ecm_fft_q15_power(const int32_t *spectrum, uint32_t n, int32_t exponent,
                               uint32_t *power, int32_t *power_exponent) {
    const fft_complex_t *x = (const fft_complex_t *)(const void *)spectrum;
    int32_t scale = 1;
    uint32_t k, seen = 0;
    ECM_REQUIRE(spectrum != NULL && power != NULL && power_exponent != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(n > 0U, ECM_ERR_LENGTH);
    for (k = 0; k < n; k++) {
        fft_complex_t a = ecm_port_load_complex(x + k);
        seen |= (uint32_t)a.re ^ (uint32_t)a.re << 1; /* as in fft_spread */
        seen |= (uint32_t)a.im ^ (uint32_t)a.im << 1;
    }
    *power_exponent = 2 * exponent + 32;
    if (seen >= 0x80000000U) {
        *power_exponent += 2;
        fft_power(x, n, 1, 1, power);
        return ECM_OK;
    }
    for (; scale < 0x20000000 && seen < 0x40000000U; seen <<= 1) {
        scale *= 2;
        *power_exponent -= 2;
    }
    fft_power(x, n, 0, scale, power);
    return ECM_OK;
}
