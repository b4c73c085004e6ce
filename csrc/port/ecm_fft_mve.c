/* ecm_fft_mve.c - ecm_fft.c for cores with Helium vectors of single precision: two
 * butterflies at a time, by the same operations in the same order.
 *
 * Helium replaces subnormals by 0, in and out, and says so in its cumulative flags. The
 * scalar program gives the bits then: it is the portable file, and the input is still
 * there to start over. What is rarely true costs two looks at the flags.
 *
 * SPDX-License-Identifier: MIT
 */
#if defined(__GNUC__) && !defined(__clang__)
/* Eight vector registers: what is loaded early is spilled, and addresses are cheap. */
#pragma GCC optimize("no-schedule-insns", "no-ivopts")
#endif
#include "ecm_fft.h"

#define ecm_fft_c2c_f32 ecm_fft_scalar_c2c_f32
#define ecm_fft_r2c_f32 ecm_fft_scalar_r2c_f32
#define ecm_fft_r2c_taper_f32 ecm_fft_scalar_r2c_taper_f32
#define ecm_fft_power_f32 ecm_fft_scalar_power_f32
#define ecm_fft_pass2_f32 ecm_fft_scalar_pass2_f32
#define ecm_fft_pass4_f32 ecm_fft_scalar_pass4_f32
#define ecm_fft_pass8_f32 ecm_fft_scalar_pass8_f32

ecm_status_t ecm_fft_c2c_f32(const ecm_fft_plan_t *plan, const float *x, float *out,
                             bool inverse);
ecm_status_t ecm_fft_r2c_f32(const ecm_fft_plan_t *plan, const float *x, float *out);
ecm_status_t ecm_fft_r2c_taper_f32(const ecm_fft_plan_t *plan, const float *x,
                                   float mean, const float *taper, float *out);
ecm_status_t ecm_fft_power_f32(const ecm_fft_plan_t *plan, const float *x, float mean,
                               const float *taper, float *work, float *power);
void ecm_fft_pass2_f32(float *x, uint32_t x_len, uint32_t span, const float *twiddle);
void ecm_fft_pass4_f32(float *x, uint32_t x_len, uint32_t span, const float *twiddle);
void ecm_fft_pass8_f32(float *x, uint32_t x_len, uint32_t span, const float *twiddle);

#include "ecm_fft.c"

#undef ecm_fft_c2c_f32
#undef ecm_fft_r2c_f32
#undef ecm_fft_r2c_taper_f32
#undef ecm_fft_power_f32
#undef ecm_fft_pass2_f32
#undef ecm_fft_pass4_f32
#undef ecm_fft_pass8_f32

#include <arm_mve.h>

/* In a span: the caller will look at the flags. A pass that is called without it, such
 * as by the scalar program, is scalar. */
#define FFT_VECTORS 0x80000000U
#define FFT_FLUSHED 0x88U /* of FPSCR: underflow, subnormal input; cumulative */

typedef float32x4_t fft_vector_t; /* two complex numbers */

/* ---- flags -------------------------------------------------------------------- */

static uint32_t fft_flags_clear(void) {
    uint32_t before = __builtin_arm_get_fpscr();
    __builtin_arm_set_fpscr(before & ~FFT_FLUSHED);
    return before & FFT_FLUSHED;
}

static bool fft_flags_flushed(void) {
    return (__builtin_arm_get_fpscr() & FFT_FLUSHED) != 0U;
}

/* What was set before the transform stays set for whoever looks for it. */
static void fft_flags_restore(uint32_t before) {
    __builtin_arm_set_fpscr(__builtin_arm_get_fpscr() | before);
}

/* ---- two complex numbers at a time --------------------------------------------- */

#define fft_add2 vaddq_f32
#define fft_sub2 vsubq_f32
#define fft_sub_i2 vcaddq_rot270_f32 /* x - i y */
#define fft_add_i2 vcaddq_rot90_f32  /* x + i y */

/* No instruction that fuses: the two halves of both sums, which commute. */
static inline fft_vector_t fft_mul2(fft_vector_t x, fft_vector_t w) {
    return vaddq_f32(vcmulq_f32(w, x), vcmulq_rot90_f32(w, x));
}

/* Elements of two neighbouring butterflies, turned by the factors at place i. */
#define FFT_TURNED(x, at, i)                                                           \
    fft_mul2(vld1q_f32(x), vreinterpretq_f32_u64(vldrdq_gather_base_u64((at), 8 * (i))))

/* Addresses in a table of two complex numbers that lie some floats apart. */
static inline uint64x2_t fft_addresses(const float *table, uint32_t floats) {
    uint32x4_t at = vdupq_n_u32((uint32_t)(uintptr_t)table);
    return vreinterpretq_u64_u32(
        vsetq_lane_u32((uint32_t)(uintptr_t)(table + floats), at, 2));
}

/* Those of the next two. */
static inline uint64x2_t fft_addresses_next(uint64x2_t at, uint32_t floats) {
    return vreinterpretq_u64_u32(vaddq_n_u32(vreinterpretq_u32_u64(at), 8U * floats));
}

static inline void fft_butterfly4x2(fft_vector_t *x) {
    fft_vector_t s = fft_add2(x[0], x[2]), d = fft_sub2(x[0], x[2]);
    fft_vector_t t = fft_add2(x[1], x[3]), u = fft_sub2(x[1], x[3]);
    x[0] = fft_add2(s, t);
    x[1] = fft_sub_i2(d, u);
    x[2] = fft_sub2(s, t);
    x[3] = fft_add_i2(d, u);
}

/* What bins 1, 5 add and subtract, and bins 3, 7 turned by -i. */
static inline fft_vector_t fft_eighth2(fft_vector_t odd) {
    return vmulq_n_f32(fft_sub_i2(odd, odd), ROOT_HALF);
}

/* ---- passes --------------------------------------------------------------------- */

static const uint32_t fft_parts[4] = {0, 2, 4, 6}, fft_parts_back[4] = {6, 4, 2, 0};

void ecm_fft_pass2_f32(float *x, uint32_t x_len, uint32_t span, const float *twiddle) {
    const float *end = x + 2U * x_len;
    uint32_t len = span & ~FFT_VECTORS, i;
    if ((span & FFT_VECTORS) == 0U) {
        ecm_fft_scalar_pass2_f32(x, x_len, span, twiddle);
        return;
    }
    while (x != end) {
        const float *w = twiddle;
        float *y = x + 2U * len;
        for (i = len / 2U; i > 0U; i--) {
            fft_vector_t x0 = vld1q_f32(x), x1 = fft_mul2(vld1q_f32(y), vld1q_f32(w));
            vst1q_f32(x, fft_add2(x0, x1));
            vst1q_f32(y, fft_sub2(x0, x1));
            x += 4;
            y += 4;
            w += 4;
        }
        x = y;
    }
}

void ecm_fft_pass4_f32(float *x, uint32_t x_len, uint32_t span, const float *twiddle) {
    const float *end = x + 2U * x_len;
    uint32_t stride = 2U * (span & ~FFT_VECTORS), i;
    if ((span & FFT_VECTORS) == 0U) {
        ecm_fft_scalar_pass4_f32(x, x_len, span, twiddle);
        return;
    }
    while (x != end) {
        uint64x2_t at = fft_addresses(twiddle, 6U);
        for (i = stride / 4U; i > 0U; i--) {
            fft_vector_t y[4];
            y[0] = vld1q_f32(x);
            y[1] = FFT_TURNED(x + stride, at, 0);
            y[2] = FFT_TURNED(x + 2U * stride, at, 1);
            y[3] = FFT_TURNED(x + 3U * stride, at, 2);
            fft_butterfly4x2(y);
            vst1q_f32(x, y[0]);
            vst1q_f32(x + stride, y[1]);
            vst1q_f32(x + 2U * stride, y[2]);
            vst1q_f32(x + 3U * stride, y[3]);
            x += 4;
            at = fft_addresses_next(at, 6U);
        }
        x += 3U * stride;
    }
}

static inline void fft_butterfly8x2(float *x, uint32_t stride, uint64x2_t at) {
    fft_vector_t even[4], odd[4], t;
    even[0] = vld1q_f32(x);
    even[2] = FFT_TURNED(x + 4U * stride, at, 3);
    even[1] = FFT_TURNED(x + 2U * stride, at, 1);
    even[3] = FFT_TURNED(x + 6U * stride, at, 5);
    fft_butterfly4x2(even);
    odd[0] = FFT_TURNED(x + stride, at, 0);
    odd[2] = FFT_TURNED(x + 5U * stride, at, 4);
    odd[1] = FFT_TURNED(x + 3U * stride, at, 2);
    odd[3] = FFT_TURNED(x + 7U * stride, at, 6);
    fft_butterfly4x2(odd);
    vst1q_f32(x, fft_add2(even[0], odd[0]));
    vst1q_f32(x + 4U * stride, fft_sub2(even[0], odd[0]));
    vst1q_f32(x + 2U * stride, fft_sub_i2(even[2], odd[2]));
    vst1q_f32(x + 6U * stride, fft_add_i2(even[2], odd[2]));
    t = fft_eighth2(odd[1]);
    vst1q_f32(x + stride, fft_add2(even[1], t));
    vst1q_f32(x + 5U * stride, fft_sub2(even[1], t));
    t = fft_eighth2(odd[3]);
    vst1q_f32(x + 3U * stride, fft_sub_i2(even[3], t));
    vst1q_f32(x + 7U * stride, fft_add_i2(even[3], t));
}

void ecm_fft_pass8_f32(float *x, uint32_t x_len, uint32_t span, const float *twiddle) {
    const float *end = x + 2U * x_len;
    uint32_t stride = 2U * (span & ~FFT_VECTORS), i;
    if ((span & FFT_VECTORS) == 0U) {
        ecm_fft_scalar_pass8_f32(x, x_len, span, twiddle);
        return;
    }
    while (x != end) {
        uint64x2_t at = fft_addresses(twiddle, 14U);
        for (i = stride / 4U; i > 0U; i--) {
            fft_butterfly8x2(x, stride, at);
            x += 4;
            at = fft_addresses_next(at, 14U);
        }
        x += 7U * stride;
    }
}

static uint32_t fft_radix(const ecm_fft_plan_t *plan, uint32_t i) {
    return plan->len / (plan->pass[i].span * plan->pass[i].step);
}

static void fft_later2(const ecm_fft_plan_t *plan, float *x) {
    uint32_t i;
    for (i = 0; i < plan->passes_len; i++) {
        const ecm_fft_pass_t *pass = &plan->pass[i];
        /* Radices 3 and 5 stay scalar. */
        uint32_t vectors = fft_radix(plan, i) % 2U == 0U ? FFT_VECTORS : 0U;
        pass->run(x, plan->len, pass->span | vectors, pass->twiddle);
    }
}

/* ---- the first pass ------------------------------------------------------------- */

static inline fft_vector_t fft_loaded2(const float *x, float mean, const float *taper,
                                       size_t at) {
    fft_vector_t z = vld1q_f32(x + at);
    return taper == NULL ? z : vmulq_f32(vsubq_n_f32(z, mean), vld1q_f32(taper + at));
}

static inline void fft_scatter2(float *x, uint64x2_t at, fft_vector_t z) {
    vstrdq_scatter_offset_u64((uint64_t *)(void *)x, at, vreinterpretq_u64_f32(z));
}

/* Two butterflies of which the last digits differ: at holds the distances of their
 * results. */
static inline void fft_first8x2(const float *x, size_t from, size_t stride, float mean,
                                const float *taper, float *out, uint64x2_t at) {
    fft_vector_t even[4], odd[4], t;
    even[0] = fft_loaded2(x, mean, taper, from);
    even[1] = fft_loaded2(x, mean, taper, from + 2U * stride);
    even[2] = fft_loaded2(x, mean, taper, from + 4U * stride);
    even[3] = fft_loaded2(x, mean, taper, from + 6U * stride);
    fft_butterfly4x2(even);
    odd[0] = fft_loaded2(x, mean, taper, from + stride);
    odd[1] = fft_loaded2(x, mean, taper, from + 3U * stride);
    odd[2] = fft_loaded2(x, mean, taper, from + 5U * stride);
    odd[3] = fft_loaded2(x, mean, taper, from + 7U * stride);
    fft_butterfly4x2(odd);
    fft_scatter2(out, at, fft_add2(even[0], odd[0]));
    fft_scatter2(out + 8, at, fft_sub2(even[0], odd[0]));
    fft_scatter2(out + 4, at, fft_sub_i2(even[2], odd[2]));
    fft_scatter2(out + 12, at, fft_add_i2(even[2], odd[2]));
    t = fft_eighth2(odd[1]);
    fft_scatter2(out + 2, at, fft_add2(even[1], t));
    fft_scatter2(out + 10, at, fft_sub2(even[1], t));
    t = fft_eighth2(odd[3]);
    fft_scatter2(out + 6, at, fft_sub_i2(even[3], t));
    fft_scatter2(out + 14, at, fft_add_i2(even[3], t));
}

/* Neighbours in the input differ in the digit of the last pass, whose results are a
 * span apart; the others are counted backwards, as in fft_first. */
static inline void fft_first2_of(const ecm_fft_plan_t *plan, const float *x, float mean,
                                 const float *taper, float *out) {
    uint32_t n8 = plan->len / 8U, radix = fft_radix(plan, plan->passes_len - 1U);
    uint32_t span = plan->len / radix, place[4] = {0, 0, 0, 0}, digit, i, j;
    uint64x2_t at;
    place[2] = 8U * span; /* the second of two 64-bit numbers */
    at = vreinterpretq_u64_u32(vld1q_u32(place));
    for (digit = 0; digit < radix; digit += 2U) {
        for (i = 0, j = digit; i < span; i += 8U) {
            fft_first8x2(x, 2U * (size_t)j, 2U * (size_t)n8, mean, taper, out, at);
            out += 16;
            j = fft_next(plan, j, n8);
        }
        out += 2U * span;
    }
}

static void fft_first2(const ecm_fft_plan_t *plan, const float *x, float mean,
                       const float *taper, float *out) {
    bool even =
        plan->passes_len > 0U && fft_radix(plan, plan->passes_len - 1U) % 2U == 0U;
    if (taper != NULL) {
        if (even) {
            fft_first2_of(plan, x, mean, taper, out);
        } else {
            fft_first_taper(plan, x, mean, taper, out);
        }
    } else if (even) {
        fft_first2_of(plan, x, 0.0f, NULL, out);
    } else {
        fft_first(plan, x, out, false);
    }
}

/* ---- real data ------------------------------------------------------------------ */

/* Four pairs of bins, parts apart: low ones from p on, high ones from q on backwards.
 */
typedef struct {
    float32x4_t low_re, low_im, high_re, high_im;
} fft_bins_t;

static inline fft_bins_t fft_recombined4(const float *p, const float *q, const float *h,
                                         uint32x4_t at, uint32x4_t back) {
    fft_bins_t x, y;
    float32x4_t re, im, o_re, o_im, h_re, h_im, t_re, t_im;
    x.low_re = vldrwq_gather_shifted_offset_f32(p, at);
    x.low_im = vldrwq_gather_shifted_offset_f32(p + 1, at);
    x.high_re = vldrwq_gather_shifted_offset_f32(q - 6, back);
    x.high_im = vldrwq_gather_shifted_offset_f32(q - 5, back);
    h_re = vldrwq_gather_shifted_offset_f32(h, at);
    h_im = vldrwq_gather_shifted_offset_f32(h + 1, at);
    re = vmulq_n_f32(vaddq_f32(x.low_re, x.high_re), 0.5f);
    im = vmulq_n_f32(vsubq_f32(x.low_im, x.high_im), 0.5f);
    o_re = vaddq_f32(x.low_im, x.high_im);
    o_im = vsubq_f32(x.high_re, x.low_re);
    t_re = vsubq_f32(vmulq_f32(o_re, h_re), vmulq_f32(o_im, h_im));
    t_im = vaddq_f32(vmulq_f32(o_re, h_im), vmulq_f32(o_im, h_re));
    y.low_re = vaddq_f32(re, t_re);
    y.low_im = vaddq_f32(im, t_im);
    y.high_re = vsubq_f32(re, t_re);
    y.high_im = vsubq_f32(t_im, im);
    return y;
}

static void fft_recombine4(const ecm_fft_plan_t *plan, float *x) {
    uint32x4_t at = vld1q_u32(fft_parts), back = vld1q_u32(fft_parts_back);
    const float *h = plan->half;
    float *p = x + 2, *q = x + 2U * plan->len - 2U, first = x[0];
    x[0] = first + x[1];
    x[1] = first - x[1];
    for (; q - p >= 14; p += 8, q -= 8, h += 8) {
        fft_bins_t y = fft_recombined4(p, q, h, at, back);
        vstrwq_scatter_shifted_offset_f32(p, at, y.low_re);
        vstrwq_scatter_shifted_offset_f32(p + 1, at, y.low_im);
        vstrwq_scatter_shifted_offset_f32(q - 6, back, y.high_re);
        vstrwq_scatter_shifted_offset_f32(q - 5, back, y.high_im);
    }
    for (; p != q; p += 2, q -= 2, h += 2) {
        fft_complex_t low = ecm_port_load2_f32(p), high = ecm_port_load2_f32(q);
        fft_recombined(&low, &high, h);
        ecm_port_store2_f32(p, low);
        ecm_port_store2_f32(q, high);
    }
    p[1] = -p[1];
}

static inline float32x4_t fft_power4(float32x4_t re, float32x4_t im) {
    return vaddq_f32(vmulq_f32(re, re), vmulq_f32(im, im));
}

static void fft_recombine_power4(const ecm_fft_plan_t *plan, const float *x,
                                 float *power) {
    uint32x4_t at = vld1q_u32(fft_parts), back = vld1q_u32(fft_parts_back);
    uint32x4_t single = vshrq_n_u32(back, 1);
    const float *h = plan->half, *p = x + 2, *q = x + 2U * plan->len - 2U;
    float first = x[0] + x[1], last = x[0] - x[1];
    float *low = power + 1, *high = power + plan->len - 1U;
    power[0] = first * first;
    power[plan->len] = last * last;
    for (; q - p >= 14; p += 8, q -= 8, h += 8, low += 4, high -= 4) {
        fft_bins_t y = fft_recombined4(p, q, h, at, back);
        vst1q_f32(low, fft_power4(y.low_re, y.low_im));
        vstrwq_scatter_shifted_offset_f32(high - 3, single,
                                          fft_power4(y.high_re, y.high_im));
    }
    for (; p != q; p += 2, q -= 2, h += 2) {
        fft_complex_t a = ecm_port_load2_f32(p), b = ecm_port_load2_f32(q);
        fft_recombined(&a, &b, h);
        *low++ = fft_power(a);
        *high-- = fft_power(b);
    }
    *low = fft_power(ecm_port_load2_f32(p));
}

/* ---- the functions of the header ---------------------------------------------- */

ecm_status_t ecm_fft_c2c_f32(const ecm_fft_plan_t *plan, const float *x, float *out,
                             bool inverse) {
    ecm_status_t status = ECM_OK;
    uint32_t before;
    ECM_REQUIRE(plan != NULL && x != NULL && out != NULL, ECM_ERR_NULL);
    before = fft_flags_clear();
    if (inverse) {
        fft_first(plan, x, out, true);
    } else {
        fft_first2(plan, x, 0.0f, NULL, out);
    }
    fft_later2(plan, out);
    if (fft_flags_flushed()) {
        status = ecm_fft_scalar_c2c_f32(plan, x, out, inverse);
    }
    fft_flags_restore(before);
    return status;
}

ecm_status_t ecm_fft_r2c_f32(const ecm_fft_plan_t *plan, const float *x, float *out) {
    ecm_status_t status = ECM_OK;
    uint32_t before;
    ECM_REQUIRE(plan != NULL && x != NULL && out != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(plan->half != NULL, ECM_ERR_NULL);
    before = fft_flags_clear();
    fft_first2(plan, x, 0.0f, NULL, out);
    fft_later2(plan, out);
    fft_recombine4(plan, out);
    if (fft_flags_flushed()) {
        status = ecm_fft_scalar_r2c_f32(plan, x, out);
    }
    fft_flags_restore(before);
    return status;
}

ecm_status_t ecm_fft_r2c_taper_f32(const ecm_fft_plan_t *plan, const float *x,
                                   float mean, const float *taper, float *out) {
    ecm_status_t status = ECM_OK;
    uint32_t before;
    ECM_REQUIRE(plan != NULL && x != NULL && taper != NULL && out != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(plan->half != NULL, ECM_ERR_NULL);
    before = fft_flags_clear();
    fft_first2(plan, x, mean, taper, out);
    fft_later2(plan, out);
    fft_recombine4(plan, out);
    if (fft_flags_flushed()) {
        status = ecm_fft_scalar_r2c_taper_f32(plan, x, mean, taper, out);
    }
    fft_flags_restore(before);
    return status;
}

/* In two steps with a look at the flags after each, since power may be x. */
ecm_status_t ecm_fft_power_f32(const ecm_fft_plan_t *plan, const float *x, float mean,
                               const float *taper, float *work, float *power) {
    uint32_t before;
    ECM_REQUIRE(plan != NULL && x != NULL && work != NULL && power != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(plan->half != NULL, ECM_ERR_NULL);
    before = fft_flags_clear();
    fft_first2(plan, x, mean, taper, work);
    fft_later2(plan, work);
    if (fft_flags_flushed()) {
        if (taper != NULL) {
            fft_first_taper(plan, x, mean, taper, work);
        } else {
            fft_first(plan, x, work, false);
        }
        fft_later(plan, work);
        (void)fft_flags_clear();
    }
    fft_recombine_power4(plan, work, power);
    if (fft_flags_flushed()) {
        fft_recombine_power(plan, work, power);
    }
    fft_flags_restore(before);
    return ECM_OK;
}
