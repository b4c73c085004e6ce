/* ecm_t2.c - see ecm_t2.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_t2.h"
#include "ecm_math.h"

#define T2_DECAY_LEAST 0x1p-26f /* 1 minus less is 1 */

static ecm_status_t t2_cfg_check(const ecm_t2_cfg_t *cfg) {
    ECM_REQUIRE(cfg != NULL && cfg->mean != NULL && cfg->whiten != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->features_len >= 1U && cfg->features_len <= ECM_T2_FEATURES_MAX &&
                    cfg->lambda > 0.0f && cfg->lambda <= 1.0f && cfg->limit > 0.0f,
                ECM_ERR_ARG);
    return ECM_OK;
}

static void t2_clear(ecm_t2_t *st, const ecm_t2_cfg_t *cfg, float *means) {
    uint32_t alarms_n = st->alarms_n;
    memset(st, 0, sizeof *st);
    memset(means, 0, (size_t)cfg->features_len * sizeof *means);
    st->decay = 1.0f;
    st->alarms_n = alarms_n;
}

ecm_status_t ecm_t2_init(ecm_t2_t *st, const ecm_t2_cfg_t *cfg, float *means) {
    ecm_status_t status = t2_cfg_check(cfg);
    ECM_REQUIRE(st != NULL && means != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(status == ECM_OK, status);
    st->alarms_n = 0;
    t2_clear(st, cfg, means);
    return ECM_OK;
}

/* Row after row; the sum of the squares of the means. */
static float t2_step(const ecm_t2_cfg_t *cfg, float *means, const float *x) {
    const float *row = cfg->whiten;
    float lanes[4] = {0.0f, 0.0f, 0.0f, 0.0f}, keep = 1.0f - cfg->lambda;
    uint32_t i, j;
    for (i = 0; i < cfg->features_len; i++) {
        float y = 0.0f;
        for (j = 0; j <= i; j++) {
            y = y + row[j] * (x[j] - cfg->mean[j]);
        }
        row += i + 1U;
        means[i] = keep * means[i] + cfg->lambda * y;
        lanes[i & 3U] = lanes[i & 3U] + means[i] * means[i];
    }
    return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

ecm_status_t ecm_t2_update_f32(ecm_t2_t *st, const ecm_t2_cfg_t *cfg, float *means,
                               const float *x, uint32_t *alarm, uint32_t *since) {
    float keep, squares;
    uint32_t i;
    ECM_REQUIRE(st != NULL && means != NULL && x != NULL && alarm != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(t2_cfg_check(cfg) == ECM_OK, t2_cfg_check(cfg));
    for (i = 0; i < cfg->features_len; i++) {
        ECM_REQUIRE(ecm_math_isfinite_f32(x[i]), ECM_ERR_ARG);
    }
    if (st->statistic > cfg->limit) {
        t2_clear(st, cfg, means);
    }
    keep = 1.0f - cfg->lambda;
    squares = t2_step(cfg, means, x);
    st->decay = st->decay * (keep * keep);
    st->decay = st->decay < T2_DECAY_LEAST ? 0.0f : st->decay;
    st->statistic =
        squares * ((2.0f - cfg->lambda) / (cfg->lambda * (1.0f - st->decay)));
    st->n++;
    st->since = st->statistic > (float)cfg->features_len ? st->since + 1U : 0U;
    *alarm = st->statistic > cfg->limit ? ECM_DRIFT_SHIFT : ECM_DRIFT_NONE;
    st->alarms_n += *alarm != ECM_DRIFT_NONE ? 1U : 0U;
    if (since != NULL) {
        *since = *alarm != ECM_DRIFT_NONE ? st->since : 0U;
    }
    return ECM_OK;
}
