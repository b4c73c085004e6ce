/* ecm_decimate.c - see ecm_decimate.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_decimate.h"

/* ---- single precision -------------------------------------------------------------
 */

ecm_status_t ecm_decimate_init_f32(ecm_decimate_t *st,
                                   const ecm_decimate_cfg_f32_t *cfg, float *line,
                                   float x) {
    uint32_t i;
    ECM_REQUIRE(st != NULL && cfg != NULL && line != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->taps != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->taps_len >= 1U && cfg->taps_len <= ECM_DECIMATE_TAPS_MAX,
                ECM_ERR_LENGTH);
    ECM_REQUIRE(cfg->factor >= 1U, ECM_ERR_ARG);
    for (i = 0; i < ECM_DECIMATE_LINE_LEN(cfg->taps_len); i++) {
        line[i] = x;
    }
    st->at = 0;
    st->wait = 0;
    return ECM_OK;
}

typedef struct {
    float l0;
    float l1;
    float l2;
    float l3;
} decimate_lanes_t;

static inline void decimate_dot4_f32(const float *x, const float *taps,
                                     decimate_lanes_t *sum) {
    ecm_port_pair_f32_t x0 = ecm_port_load2_f32(x), x2 = ecm_port_load2_f32(x + 2);
    ecm_port_pair_f32_t h0 = ecm_port_load2_f32(taps);
    ecm_port_pair_f32_t h2 = ecm_port_load2_f32(taps + 2);
    sum->l0 += x0.a * h0.a;
    sum->l1 += x0.b * h0.b;
    sum->l2 += x2.a * h2.a;
    sum->l3 += x2.b * h2.b;
}

/* Twice four at a time: the loop is a quarter of what is left of a Cortex-M4F's. */
static float decimate_dot_f32(const float *x, const float *taps, uint32_t n) {
    decimate_lanes_t sum = {0.0f, 0.0f, 0.0f, 0.0f};
    const float *end = x + (n & ~7U);
    while (x != end) {
        decimate_dot4_f32(x, taps, &sum);
        decimate_dot4_f32(x + 4, taps + 4, &sum);
        x += 8;
        taps += 8;
    }
    if ((n & 4U) != 0U) {
        decimate_dot4_f32(x, taps, &sum);
        x += 4;
        taps += 4;
    }
    if ((n & 3U) > 0U) {
        sum.l0 += x[0] * taps[0];
    }
    if ((n & 3U) > 1U) {
        sum.l1 += x[1] * taps[1];
    }
    if ((n & 3U) > 2U) {
        sum.l2 += x[2] * taps[2];
    }
    return (sum.l0 + sum.l1) + (sum.l2 + sum.l3);
}

ecm_status_t ecm_decimate_f32(ecm_decimate_t *st, const ecm_decimate_cfg_f32_t *cfg,
                              float *line, const float *x, uint32_t x_len, float *out,
                              uint32_t *out_len) {
    uint32_t taps_len, at, wait, n = 0;
    const float *end = x;
    ECM_REQUIRE(st != NULL && cfg != NULL && line != NULL && out_len != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(x_len == 0U || (x != NULL && out != NULL), ECM_ERR_NULL);
    taps_len = cfg->taps_len;
    at = st->at;
    wait = st->wait;
    if (x_len > 0U) {
        end = x + x_len;
    }
    while (x != end) {
        line[at] = *x;
        line[at + taps_len] = *x++;
        at = at + 1U == taps_len ? 0U : at + 1U;
        if (wait-- == 0U) {
            out[n++] = decimate_dot_f32(line + at, cfg->taps, taps_len);
            wait = cfg->factor - 1U;
        }
    }
    st->at = at;
    st->wait = wait;
    *out_len = n;
    return ECM_OK;
}

/* ---- Q15 --------------------------------------------------------------------------
 */

ecm_status_t ecm_decimate_init_q15(ecm_decimate_t *st,
                                   const ecm_decimate_cfg_q15_t *cfg, int16_t *line,
                                   int16_t x) {
    uint32_t i, sum = 0;
    ECM_REQUIRE(st != NULL && cfg != NULL && line != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->taps != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->taps_len >= 1U && cfg->taps_len <= ECM_DECIMATE_TAPS_MAX,
                ECM_ERR_LENGTH);
    ECM_REQUIRE(cfg->factor >= 1U && cfg->bits >= 8U && cfg->bits <= 15U, ECM_ERR_ARG);
    for (i = 0; i < cfg->taps_len; i++) {
        int32_t tap = cfg->taps[i];
        sum += tap < 0 ? (uint32_t)-tap : (uint32_t)tap;
    }
    ECM_REQUIRE(sum >> 16 == 0U, ECM_ERR_ARG);
    for (i = 0; i < ECM_DECIMATE_LINE_LEN(cfg->taps_len); i++) {
        line[i] = x;
    }
    st->at = 0;
    st->wait = 0;
    return ECM_OK;
}

/* Exact: init has refused taps with which 32 bits could overflow. */
static int32_t decimate_dot_q15(const int16_t *x, const int16_t *taps, uint32_t n) {
    int32_t sum = 0;
    uint32_t i;
    for (i = n / 4U; i > 0U; i--) {
        sum += (int32_t)x[0] * taps[0];
        sum += (int32_t)x[1] * taps[1];
        sum += (int32_t)x[2] * taps[2];
        sum += (int32_t)x[3] * taps[3];
        x += 4;
        taps += 4;
    }
    for (i = 0; i < (n & 3U); i++) {
        sum += (int32_t)x[i] * taps[i];
    }
    return sum;
}

/* sum / 2^bits rounded half up, saturated. */
static int16_t decimate_round(int32_t sum, uint32_t bits) {
    sum += (int32_t)1 << (bits - 1U);
    /* C99 leaves >> of a negative number to the compiler; the complement is not. */
    sum = sum < 0 ? ~(~sum >> bits) : sum >> bits;
    sum = sum > INT16_MAX ? INT16_MAX : sum;
    return (int16_t)(sum < INT16_MIN ? INT16_MIN : sum);
}

ecm_status_t ecm_decimate_q15(ecm_decimate_t *st, const ecm_decimate_cfg_q15_t *cfg,
                              int16_t *line, const int16_t *x, uint32_t x_len,
                              int16_t *out, uint32_t *out_len) {
    uint32_t taps_len, at, wait, i, n = 0;
    ECM_REQUIRE(st != NULL && cfg != NULL && line != NULL && out_len != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(x_len == 0U || (x != NULL && out != NULL), ECM_ERR_NULL);
    taps_len = cfg->taps_len;
    at = st->at;
    wait = st->wait;
    for (i = 0; i < x_len; i++) {
        line[at] = x[i];
        line[at + taps_len] = x[i];
        at = at + 1U == taps_len ? 0U : at + 1U;
        if (wait == 0U) {
            int32_t sum = decimate_dot_q15(line + at, cfg->taps, taps_len);
            out[n++] = decimate_round(sum, cfg->bits);
            wait = cfg->factor;
        }
        wait--;
    }
    st->at = at;
    st->wait = wait;
    *out_len = n;
    return ECM_OK;
}
