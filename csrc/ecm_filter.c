/* ecm_filter.c - see ecm_filter.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_filter.h"

#include "ecm_math.h"

/* ---- single precision -------------------------------------------------------------
 */

ecm_status_t ecm_filter_init_f32(ecm_filter_biquad_state_f32_t *st,
                                 const ecm_filter_biquad_f32_t *sections,
                                 uint32_t sections_len, float x) {
    uint32_t i;
    ECM_REQUIRE(st != NULL && sections != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(sections_len >= 1U && ecm_math_isfinite_f32(x), ECM_ERR_ARG);
    for (i = 0; i < sections_len; i++) {
        const ecm_filter_biquad_f32_t *c = &sections[i];
        float gain = ((c->b0 + c->b1) + c->b2) / ((1.0f + c->a1) + c->a2);
        float y = gain * x;
        st[i].s1 = y - c->b0 * x;
        st[i].s2 = c->b2 * x - c->a2 * y;
        x = y;
    }
    return ECM_OK;
}

static inline float filter_step_f32(const ecm_filter_biquad_f32_t *c,
                                    ecm_filter_biquad_state_f32_t *st, float x) {
    float y = c->b0 * x + st->s1;
    st->s1 = (c->b1 * x - c->a1 * y) + st->s2;
    st->s2 = c->b2 * x - c->a2 * y;
    return y;
}

static void filter_section_f32(ecm_filter_biquad_state_f32_t *st,
                               const ecm_filter_biquad_f32_t *section, const float *x,
                               uint32_t x_len, float *out) {
    const ecm_filter_biquad_f32_t c = *section;
    ecm_filter_biquad_state_f32_t s = *st;
    uint32_t i;
    for (i = 0; i < x_len; i++) {
        out[i] = filter_step_f32(&c, &s, x[i]);
    }
    *st = s;
}

/* Two sections in one pass: as many as the registers of an FPU hold. */
static void filter_two_f32(ecm_filter_biquad_state_f32_t *st,
                           const ecm_filter_biquad_f32_t *sections, const float *x,
                           uint32_t x_len, float *out) {
    const ecm_filter_biquad_f32_t c = sections[0], d = sections[1];
    ecm_filter_biquad_state_f32_t s = st[0], t = st[1];
    uint32_t i;
    for (i = 0; i < x_len; i++) {
        out[i] = filter_step_f32(&d, &t, filter_step_f32(&c, &s, x[i]));
    }
    st[0] = s;
    st[1] = t;
}

ecm_status_t ecm_filter_biquad_f32(ecm_filter_biquad_state_f32_t *st,
                                   const ecm_filter_biquad_f32_t *sections,
                                   uint32_t sections_len, const float *x,
                                   uint32_t x_len, float *out) {
    uint32_t i;
    ECM_REQUIRE(st != NULL && sections != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x_len == 0U || (x != NULL && out != NULL), ECM_ERR_NULL);
    ECM_REQUIRE(sections_len >= 1U, ECM_ERR_ARG);
    for (i = 0; sections_len - i >= 2U; i += 2U) {
        filter_two_f32(&st[i], &sections[i], i == 0U ? x : out, x_len, out);
    }
    if (i < sections_len) {
        filter_section_f32(&st[i], &sections[i], i == 0U ? x : out, x_len, out);
    }
    return ECM_OK;
}

/* ---- Q31 --------------------------------------------------------------------------
 */

/* floor(x / 2^n). C99 leaves >> of a negative number to the compiler; the complement is
 * not, and compilers see what is meant. */
static int32_t filter_shift(int32_t x, uint32_t n) {
    return x < 0 ? ~(~x >> n) : x >> n;
}

static uint32_t filter_magnitude(int32_t x) {
    return x < 0 ? 0U - (uint32_t)x : (uint32_t)x;
}

ecm_status_t ecm_filter_init_q31(ecm_filter_biquad_state_q31_t *st,
                                 const ecm_filter_biquad_q31_t *sections,
                                 uint32_t sections_len) {
    uint32_t i;
    ECM_REQUIRE(st != NULL && sections != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(sections_len >= 1U, ECM_ERR_ARG);
    for (i = 0; i < sections_len; i++) {
        const ecm_filter_biquad_q31_t *c = &sections[i];
        uint64_t sum = (uint64_t)filter_magnitude(c->b0) + filter_magnitude(c->b1) +
                       filter_magnitude(c->b2) + filter_magnitude(c->a1) +
                       filter_magnitude(c->a2);
        ECM_REQUIRE(c->bits >= 16U && c->bits <= 30U && sum >> 32 == 0U, ECM_ERR_ARG);
        ECM_REQUIRE(c->a1 != INT32_MIN && c->a2 != INT32_MIN, ECM_ERR_ARG);
    }
    memset(st, 0, (size_t)sections_len * sizeof *st);
    return ECM_OK;
}

static inline int32_t filter_step_q31(const ecm_filter_biquad_q31_t *c,
                                      ecm_filter_biquad_state_q31_t *st, int32_t in) {
    int32_t y, high;
    int64_t sum = (int64_t)st->rest + (int64_t)c->b0 * in;
    sum += (int64_t)c->b1 * st->x1;
    sum += (int64_t)c->b2 * st->x2;
    sum += (int64_t)c->a1 * st->y1;
    sum += (int64_t)c->a2 * st->y2;
    /* sum / 2^bits from its two halves, in 32 bits. */
    high = (int32_t)((uint64_t)sum >> 32);
    y = (int32_t)(((uint32_t)high << (32U - c->bits)) | ((uint32_t)sum >> c->bits));
    st->rest = (uint32_t)sum - ((uint32_t)y << c->bits);
    if (ecm_port_rare(((uint32_t)high + ((uint32_t)1 << (c->bits - 1U))) >> c->bits !=
                      0U)) {
        y = high < 0 ? INT32_MIN : INT32_MAX;
        st->rest = 0;
    }
    st->x2 = st->x1;
    st->x1 = in;
    st->y2 = st->y1;
    st->y1 = y;
    return y;
}

/* Two samples at a time: the state changes registers instead of being moved. */
static void filter_section_q31(ecm_filter_biquad_state_q31_t *st,
                               const ecm_filter_biquad_q31_t *section, const int32_t *x,
                               uint32_t x_len, int32_t *out) {
    ecm_filter_biquad_q31_t c = *section;
    ecm_filter_biquad_state_q31_t s = *st;
    uint32_t i;
    c.a1 = -c.a1;
    c.a2 = -c.a2;
    for (i = 0; x_len - i >= 2U; i += 2U) {
        out[i] = filter_step_q31(&c, &s, x[i]);
        out[i + 1U] = filter_step_q31(&c, &s, x[i + 1U]);
    }
    if (i < x_len) {
        out[i] = filter_step_q31(&c, &s, x[i]);
    }
    *st = s;
}

ecm_status_t ecm_filter_biquad_q31(ecm_filter_biquad_state_q31_t *st,
                                   const ecm_filter_biquad_q31_t *sections,
                                   uint32_t sections_len, const int32_t *x,
                                   uint32_t x_len, int32_t *out) {
    uint32_t i;
    ECM_REQUIRE(st != NULL && sections != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x_len == 0U || (x != NULL && out != NULL), ECM_ERR_NULL);
    ECM_REQUIRE(sections_len >= 1U, ECM_ERR_ARG);
    for (i = 0; i < sections_len; i++) {
        filter_section_q31(&st[i], &sections[i], i == 0U ? x : out, x_len, out);
    }
    return ECM_OK;
}

/* ---- Q15 --------------------------------------------------------------------------
 */

ecm_status_t ecm_filter_init_q15(ecm_filter_biquad_state_q15_t *st,
                                 const ecm_filter_biquad_q15_t *sections,
                                 uint32_t sections_len) {
    uint32_t i;
    ECM_REQUIRE(st != NULL && sections != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(sections_len >= 1U, ECM_ERR_ARG);
    for (i = 0; i < sections_len; i++) {
        const ecm_filter_biquad_q15_t *c = &sections[i];
        uint32_t sum = filter_magnitude(c->b0) + filter_magnitude(c->b1) +
                       filter_magnitude(c->b2) + filter_magnitude(c->a1) +
                       filter_magnitude(c->a2);
        ECM_REQUIRE(c->bits >= 8U && c->bits <= 14U && sum >> 16 == 0U, ECM_ERR_ARG);
    }
    memset(st, 0, (size_t)sections_len * sizeof *st);
    return ECM_OK;
}

/* A state with the width of registers. */
typedef struct {
    int32_t x1, x2, y1, y2, rest;
} filter_state_q15_t;

static inline int16_t filter_step_q15(const ecm_filter_biquad_q31_t *c,
                                      filter_state_q15_t *st, int32_t in) {
    int32_t sum = st->rest + c->b0 * in + c->b1 * st->x1 + c->b2 * st->x2 -
                  c->a1 * st->y1 - c->a2 * st->y2;
    int32_t y = filter_shift(sum, c->bits);
    st->rest = sum - y * ((int32_t)1 << c->bits);
    if (ecm_port_rare(((uint32_t)y + 0x8000U) >> 16 != 0U)) {
        y = y < 0 ? INT16_MIN : INT16_MAX;
        st->rest = 0;
    }
    st->x2 = st->x1;
    st->x1 = in;
    st->y2 = st->y1;
    st->y1 = y;
    return (int16_t)y;
}

static void filter_section_q15(ecm_filter_biquad_state_q15_t *st,
                               const ecm_filter_biquad_q15_t *section, const int16_t *x,
                               uint32_t x_len, int16_t *out) {
    const ecm_filter_biquad_q31_t c = {section->b0, section->b1, section->b2,
                                       section->a1, section->a2, section->bits};
    filter_state_q15_t s = {st->x1, st->x2, st->y1, st->y2, st->rest};
    uint32_t i;
    for (i = 0; x_len - i >= 2U; i += 2U) {
        out[i] = filter_step_q15(&c, &s, x[i]);
        out[i + 1U] = filter_step_q15(&c, &s, x[i + 1U]);
    }
    if (i < x_len) {
        out[i] = filter_step_q15(&c, &s, x[i]);
    }
    st->x1 = (int16_t)s.x1;
    st->x2 = (int16_t)s.x2;
    st->y1 = (int16_t)s.y1;
    st->y2 = (int16_t)s.y2;
    st->rest = (uint16_t)s.rest;
}

ecm_status_t ecm_filter_biquad_q15(ecm_filter_biquad_state_q15_t *st,
                                   const ecm_filter_biquad_q15_t *sections,
                                   uint32_t sections_len, const int16_t *x,
                                   uint32_t x_len, int16_t *out) {
    uint32_t i;
    ECM_REQUIRE(st != NULL && sections != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x_len == 0U || (x != NULL && out != NULL), ECM_ERR_NULL);
    ECM_REQUIRE(sections_len >= 1U, ECM_ERR_ARG);
    for (i = 0; i < sections_len; i++) {
        filter_section_q15(&st[i], &sections[i], i == 0U ? x : out, x_len, out);
    }
    return ECM_OK;
}
