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

static void filter_section_f32(ecm_filter_biquad_state_f32_t *st,
                               const ecm_filter_biquad_f32_t *section, const float *x,
                               uint32_t x_len, float *out) {
    const float b0 = section->b0, b1 = section->b1, b2 = section->b2;
    const float a1 = section->a1, a2 = section->a2;
    float s1 = st->s1, s2 = st->s2;
    uint32_t i;
    for (i = 0; i < x_len; i++) {
        float in = x[i], y = b0 * in + s1;
        s1 = (b1 * in - a1 * y) + s2;
        s2 = b2 * in - a2 * y;
        out[i] = y;
    }
    st->s1 = s1;
    st->s2 = s2;
}

ecm_status_t ecm_filter_biquad_f32(ecm_filter_biquad_state_f32_t *st,
                                   const ecm_filter_biquad_f32_t *sections,
                                   uint32_t sections_len, const float *x,
                                   uint32_t x_len, float *out) {
    uint32_t i;
    ECM_REQUIRE(st != NULL && sections != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x_len == 0U || (x != NULL && out != NULL), ECM_ERR_NULL);
    ECM_REQUIRE(sections_len >= 1U, ECM_ERR_ARG);
    for (i = 0; i < sections_len; i++) {
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

static void filter_section_q31(ecm_filter_biquad_state_q31_t *st,
                               const ecm_filter_biquad_q31_t *c, const int32_t *x,
                               uint32_t x_len, int32_t *out) {
    const int32_t b0 = c->b0, b1 = c->b1, b2 = c->b2, a1 = -c->a1, a2 = -c->a2;
    const uint32_t bits = c->bits;
    int32_t x1 = st->x1, x2 = st->x2, y1 = st->y1, y2 = st->y2;
    uint32_t i, rest = st->rest;
    for (i = 0; i < x_len; i++) {
        int32_t in = x[i], y, high;
        int64_t sum = (int64_t)rest + (int64_t)b0 * in;
        sum += (int64_t)b1 * x1;
        sum += (int64_t)b2 * x2;
        sum += (int64_t)a1 * y1;
        sum += (int64_t)a2 * y2;
        /* sum / 2^bits from its two halves, in 32 bits. */
        high = (int32_t)((uint64_t)sum >> 32);
        y = (int32_t)(((uint32_t)high << (32U - bits)) | ((uint32_t)sum >> bits));
        rest = (uint32_t)sum & (((uint32_t)1 << bits) - 1U);
        if (filter_shift(high, bits - 1U) != (high < 0 ? -1 : 0)) {
            y = high < 0 ? INT32_MIN : INT32_MAX;
            rest = 0;
        }
        x2 = x1;
        x1 = in;
        y2 = y1;
        y1 = y;
        out[i] = y;
    }
    st->x1 = x1;
    st->x2 = x2;
    st->y1 = y1;
    st->y2 = y2;
    st->rest = rest;
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

static void filter_section_q15(ecm_filter_biquad_state_q15_t *st,
                               const ecm_filter_biquad_q15_t *c, const int16_t *x,
                               uint32_t x_len, int16_t *out) {
    const int32_t b0 = c->b0, b1 = c->b1, b2 = c->b2, a1 = c->a1, a2 = c->a2;
    const uint32_t bits = c->bits;
    int32_t x1 = st->x1, x2 = st->x2, y1 = st->y1, y2 = st->y2, rest = st->rest;
    uint32_t i;
    for (i = 0; i < x_len; i++) {
        int32_t in = x[i], y, whole;
        int32_t sum = b0 * in + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2 + rest;
        whole = filter_shift(sum, bits);
        y = whole > INT16_MAX ? INT16_MAX : whole;
        y = y < INT16_MIN ? INT16_MIN : y;
        rest = y == whole ? sum & (((int32_t)1 << bits) - 1) : 0;
        x2 = x1;
        x1 = in;
        y2 = y1;
        y1 = y;
        out[i] = (int16_t)y;
    }
    st->x1 = (int16_t)x1;
    st->x2 = (int16_t)x2;
    st->y1 = (int16_t)y1;
    st->y2 = (int16_t)y2;
    st->rest = (uint16_t)rest;
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
