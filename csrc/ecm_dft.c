/* ecm_dft.c - see ecm_dft.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_dft.h"

ECM_STATIC_ASSERT(sizeof(ecm_dft_goertzel_t) == 8, dft_goertzel_size);
ECM_STATIC_ASSERT(sizeof(ecm_dft_sliding_t) == 24, dft_sliding_size);

ecm_status_t ecm_dft_goertzel_init(ecm_dft_goertzel_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

ecm_status_t ecm_dft_goertzel_update_f32(ecm_dft_goertzel_t *st,
                                         const ecm_dft_goertzel_cfg_t *cfg,
                                         const float *x, uint32_t x_len) {
    float sum, difference, step;
    uint32_t i;
    ECM_REQUIRE(st != NULL && cfg != NULL && (x != NULL || x_len == 0U), ECM_ERR_NULL);
    sum = st->sum;
    difference = st->difference;
    step = cfg->step;
    if (cfg->sign > 0.0f) {
        for (i = 0; i < x_len; i++) {
            difference = difference + step * sum + x[i];
            sum = sum + difference;
        }
    } else {
        for (i = 0; i < x_len; i++) {
            difference = step * sum - difference + x[i];
            sum = difference - sum;
        }
    }
    st->sum = sum;
    st->difference = difference;
    return ECM_OK;
}

ecm_status_t ecm_dft_goertzel_value_f32(const ecm_dft_goertzel_t *st,
                                        const ecm_dft_goertzel_cfg_t *cfg, float *out) {
    float before;
    ECM_REQUIRE(st != NULL && cfg != NULL && out != NULL, ECM_ERR_NULL);
    /* y = s[n-1] - exp(-i w) s[n-2]. With s[n-2] = sign (s[n-1] - d) the real part is
     * sign cos w d + (1 - sign cos w) s, and 1 - sign cos w = |step| / 2. */
    before = (st->sum - st->difference) * cfg->sign;
    out[0] = cfg->sign * cfg->cosine * st->difference -
             0.5f * cfg->sign * cfg->step * st->sum;
    out[1] = cfg->sine * before;
    return ECM_OK;
}

ecm_status_t ecm_dft_sliding_init(ecm_dft_sliding_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

ecm_status_t ecm_dft_sliding_update_f32(ecm_dft_sliding_t *st,
                                        const ecm_dft_sliding_cfg_t *cfg, float x,
                                        float oldest) {
    float c, s, change;
    ECM_REQUIRE(st != NULL && cfg != NULL && cfg->wave != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->len >= 4U && cfg->len % 4U == 0U && cfg->bin <= cfg->len / 2U,
                ECM_ERR_ARG);
    ECM_REQUIRE(st->index < cfg->len && st->phase < cfg->len, ECM_ERR_STATE);
    c = cfg->wave[st->phase];
    s = cfg->wave[st->phase + cfg->len / 4U]; /* cos(a + pi/2) = -sin a */
    change = x - oldest;
    st->re += change * c;
    st->im += change * s;
    st->fresh_re += x * c;
    st->fresh_im += x * s;
    st->phase += cfg->bin;
    st->phase = st->phase >= cfg->len ? st->phase - cfg->len : st->phase;
    st->index++;
    if (st->index == cfg->len) {
        st->re = st->fresh_re;
        st->im = st->fresh_im;
        st->fresh_re = 0.0f;
        st->fresh_im = 0.0f;
        st->index = 0;
        st->phase = 0;
    }
    return ECM_OK;
}
