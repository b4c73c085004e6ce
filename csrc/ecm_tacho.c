/* ecm_tacho.c - see ecm_tacho.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_tacho.h"

#include "ecm_math.h"

ecm_status_t ecm_tacho_init(ecm_tacho_t *st, const ecm_tacho_cfg_t *cfg) {
    ECM_REQUIRE(st != NULL && cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(ecm_math_isfinite_f32(cfg->level) && cfg->hysteresis >= 0.0f &&
                    ecm_math_isfinite_f32(cfg->hysteresis) && cfg->falling <= 1U,
                ECM_ERR_ARG);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

/* Time of the crossing on the way from below to above, in the last sample's interval.
 */
static uint64_t tacho_crossing(uint64_t samples, float below, float above) {
    float part = below / (below - above); /* 0 ... 1; NaN where both are infinite */
    int32_t ticks =
        ecm_math_round_s32_f32(part * (float)ECM_TACHO_TICKS, 0, ECM_TACHO_TICKS);
    return (samples - 1U) * (uint64_t)ECM_TACHO_TICKS + (uint32_t)ticks;
}

ecm_status_t ecm_tacho_edges_f32(ecm_tacho_t *st, const ecm_tacho_cfg_t *cfg,
                                 const float *x, uint32_t x_len, uint64_t *edges,
                                 uint32_t edges_max, uint32_t *edges_len,
                                 uint32_t *x_used) {
    uint32_t i, n = 0, armed;
    float sign, last;
    ECM_REQUIRE(st != NULL && cfg != NULL && edges != NULL && edges_len != NULL &&
                    x_used != NULL && (x != NULL || x_len == 0U),
                ECM_ERR_NULL);
    ECM_REQUIRE(edges_max >= 1U, ECM_ERR_FULL);
    sign = cfg->falling != 0U ? -1.0f : 1.0f;
    last = st->last;
    armed = st->armed;
    for (i = 0; i < x_len && n < edges_max; i++) {
        float above = sign * (x[i] - cfg->level);
        if (above > 0.0f && armed != 0U) {
            armed = 0;
            if (ecm_math_isfinite_f32(above) && ecm_math_isfinite_f32(last)) {
                edges[n++] = tacho_crossing(st->samples + i, last, above);
            }
        } else if (above <= -cfg->hysteresis) {
            armed = 1;
        }
        last = above;
    }
    st->last = last;
    st->armed = armed;
    st->samples += i;
    *edges_len = n;
    *x_used = i;
    return i == x_len ? ECM_OK : ECM_MORE;
}

ecm_status_t ecm_tacho_speed_f32(const uint64_t *edges, uint32_t edges_len,
                                 uint32_t pulses, float fs_hz, float *speed_hz) {
    uint64_t ticks;
    ECM_REQUIRE(edges != NULL && speed_hz != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(edges_len >= 2U, ECM_ERR_LENGTH);
    ECM_REQUIRE(pulses >= 1U && fs_hz > 0.0f && ecm_math_isfinite_f32(fs_hz),
                ECM_ERR_ARG);
    ECM_REQUIRE(edges[edges_len - 1U] > edges[0], ECM_ERR_ARG);
    ticks = edges[edges_len - 1U] - edges[0];
    *speed_hz = (float)(edges_len - 1U) / (float)pulses * fs_hz /
                ((float)ticks * (1.0f / (float)ECM_TACHO_TICKS));
    return ECM_OK;
}
