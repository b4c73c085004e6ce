/* ecm_monitor_form.c - see ecm_monitor_form.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_monitor_form.h"
#include "ecm_math.h"

/* The score that a row reads; false while it rests. */
static bool monitor_form_score(const ecm_monitor_window_t *window,
                               const ecm_monitor_row_t *row, float *z) {
    *z = window->scored[row->score].z;
    return ecm_math_isfinite_f32(*z);
}

/* ---- sums and means ---------------------------------------------------------------
 */

static uint32_t monitor_form_cusum_words(const void *cfg) {
    (void)cfg;
    return sizeof(ecm_drift_cusum_t) / 4U;
}

static ecm_status_t monitor_form_cusum_check(const ecm_monitor_row_t *row,
                                             uint32_t scores_len, const uint32_t *own) {
    ECM_REQUIRE(row->score < scores_len, ECM_ERR_ARG);
    /* Not by the kind: its table would link what a row does not use. */
    return ecm_drift_cusum_check((const ecm_drift_cusum_t *)(const void *)own,
                                 (const ecm_drift_cusum_cfg_t *)row->cfg);
}

static ecm_status_t monitor_form_cusum_init(const void *cfg, uint32_t *own) {
    (void)cfg;
    return ecm_drift_cusum_init((ecm_drift_cusum_t *)(void *)own);
}

static ecm_status_t monitor_form_cusum_update(const ecm_monitor_window_t *window,
                                              const ecm_monitor_row_t *row,
                                              uint32_t *own,
                                              ecm_monitor_found_t *found) {
    ecm_drift_cusum_t *st = (ecm_drift_cusum_t *)(void *)own;
    const ecm_drift_cusum_cfg_t *cfg = (const ecm_drift_cusum_cfg_t *)row->cfg;
    bool falls;
    float z;
    uint32_t alarm;
    ecm_status_t status;
    if (!monitor_form_score(window, row, &z)) {
        return ECM_OK;
    }
    status = ecm_drift_cusum_update_f32(st, cfg, z, &alarm, NULL);
    ECM_REQUIRE(status == ECM_OK, status);
    falls = row->up_only == 0U && st->down > st->up;
    found->fresh = true;
    found->ratio = (falls ? st->down : st->up) / cfg->h;
    found->alarm = alarm == ECM_DRIFT_UP || (falls && alarm != ECM_DRIFT_NONE);
    found->direction = falls ? ECM_DRIFT_DOWN : ECM_DRIFT_UP;
    if (row->what == ECM_MONITOR_SCALE) {
        found->direction = falls ? ECM_DRIFT_NARROWER : ECM_DRIFT_WIDER;
    }
    found->since = falls ? st->down_since : st->up_since;
    return ECM_OK;
}

const ecm_monitor_form_t ecm_monitor_form_cusum = {
    ECM_MONITOR_CUSUM, monitor_form_cusum_words, monitor_form_cusum_check,
    monitor_form_cusum_init, monitor_form_cusum_update};

static uint32_t monitor_form_ewma_words(const void *cfg) {
    (void)cfg;
    return sizeof(ecm_drift_ewma_t) / 4U;
}

static ecm_status_t monitor_form_ewma_check(const ecm_monitor_row_t *row,
                                            uint32_t scores_len, const uint32_t *own) {
    ECM_REQUIRE(row->score < scores_len, ECM_ERR_ARG);
    return ecm_drift_ewma_check((const ecm_drift_ewma_t *)(const void *)own,
                                (const ecm_drift_ewma_cfg_t *)row->cfg);
}

static ecm_status_t monitor_form_ewma_init(const void *cfg, uint32_t *own) {
    (void)cfg;
    return ecm_drift_ewma_init((ecm_drift_ewma_t *)(void *)own);
}

static ecm_status_t monitor_form_ewma_update(const ecm_monitor_window_t *window,
                                             const ecm_monitor_row_t *row,
                                             uint32_t *own,
                                             ecm_monitor_found_t *found) {
    ecm_drift_ewma_t *st = (ecm_drift_ewma_t *)(void *)own;
    float z;
    uint32_t alarm;
    ecm_status_t status;
    if (!monitor_form_score(window, row, &z)) {
        return ECM_OK;
    }
    status = ecm_drift_ewma_update_f32(st, (const ecm_drift_ewma_cfg_t *)row->cfg, z,
                                       &alarm, NULL);
    ECM_REQUIRE(status == ECM_OK, status);
    found->fresh = true;
    found->ratio = ecm_drift_ewma_ratio_f32(st, (const ecm_drift_ewma_cfg_t *)row->cfg);
    found->alarm = alarm != ECM_DRIFT_NONE;
    found->direction = st->mean < 0.0f ? ECM_DRIFT_DOWN : ECM_DRIFT_UP;
    found->since = st->since;
    return ECM_OK;
}

const ecm_monitor_form_t ecm_monitor_form_ewma = {
    ECM_MONITOR_EWMA, monitor_form_ewma_words, monitor_form_ewma_check,
    monitor_form_ewma_init, monitor_form_ewma_update};

/* ---- any detector -----------------------------------------------------------------
 */

static uint32_t monitor_form_kind_words(const void *cfg) {
    const ecm_monitor_kind_t *own = (const ecm_monitor_kind_t *)cfg;
    return own->kind == NULL ? 0U : own->kind->state_bytes / 4U;
}

static ecm_status_t monitor_form_kind_check(const ecm_monitor_row_t *row,
                                            uint32_t scores_len, const uint32_t *own) {
    const ecm_monitor_kind_t *cfg = (const ecm_monitor_kind_t *)row->cfg;
    ECM_REQUIRE(row->score < scores_len, ECM_ERR_ARG);
    return cfg->kind->check(own, cfg->cfg);
}

static ecm_status_t monitor_form_kind_init(const void *cfg, uint32_t *own) {
    const ecm_monitor_kind_t *made = (const ecm_monitor_kind_t *)cfg;
    return made->kind->init(own, made->cfg);
}

static ecm_status_t monitor_form_kind_update(const ecm_monitor_window_t *window,
                                             const ecm_monitor_row_t *row,
                                             uint32_t *own,
                                             ecm_monitor_found_t *found) {
    const ecm_drift_kind_t *kind = ((const ecm_monitor_kind_t *)row->cfg)->kind;
    const void *cfg = ((const ecm_monitor_kind_t *)row->cfg)->cfg;
    uint32_t what, since;
    float z;
    ecm_status_t status;
    if (!monitor_form_score(window, row, &z)) {
        return ECM_OK;
    }
    status = kind->update(own, cfg, z, &what, &since);
    ECM_REQUIRE(status == ECM_OK, status);
    found->fresh = true;
    found->alarm = what != ECM_DRIFT_NONE && what != ECM_DRIFT_WARNING;
    found->ratio = kind->ratio(own, cfg);
    if (found->alarm && !(found->ratio > 1.0f)) {
        found->ratio = 0x1.000002p0f; /* of one that does not tell how near it is */
    }
    if (!found->alarm) {
        what = kind->lean != NULL ? kind->lean(own, cfg, &since)
                                  : (uint32_t)ECM_DRIFT_NONE;
    }
    if (what == ECM_DRIFT_WIDER || what == ECM_DRIFT_NARROWER) {
        found->what = ECM_MONITOR_SCALE;
    }
    found->direction = what;
    found->since = since;
    return ECM_OK;
}

const ecm_monitor_form_t ecm_monitor_form_kind = {
    ECM_MONITOR_KIND, monitor_form_kind_words, monitor_form_kind_check,
    monitor_form_kind_init, monitor_form_kind_update};

/* ---- limits -----------------------------------------------------------------------
 */

/* How often in a row it was exceeded. */
static uint32_t monitor_form_limit_words(const void *cfg) {
    (void)cfg;
    return 1;
}

static ecm_status_t monitor_form_limit_check(const ecm_monitor_row_t *row,
                                             uint32_t scores_len, const uint32_t *own) {
    (void)own;
    ECM_REQUIRE(row->score < scores_len, ECM_ERR_ARG);
    ECM_REQUIRE(*(const float *)row->cfg > 0.0f, ECM_ERR_ARG);
    return ECM_OK;
}

static ecm_status_t monitor_form_limit_init(const void *cfg, uint32_t *own) {
    (void)cfg;
    *own = 0;
    return ECM_OK;
}

static ecm_status_t monitor_form_limit_update(const ecm_monitor_window_t *window,
                                              const ecm_monitor_row_t *row,
                                              uint32_t *own,
                                              ecm_monitor_found_t *found) {
    float z, ratio;
    if (!monitor_form_score(window, row, &z)) {
        return ECM_OK;
    }
    ratio = z / *(const float *)row->cfg;
    *own = ratio > 1.0f ? *own + 1U : 0U;
    found->fresh = true;
    found->ratio = ratio > 0.0f ? ratio : 0.0f;
    found->alarm = ratio > 1.0f;
    found->direction = ECM_DRIFT_UP;
    found->since = *own;
    return ECM_OK;
}

const ecm_monitor_form_t ecm_monitor_form_limit = {
    ECM_MONITOR_LIMIT, monitor_form_limit_words, monitor_form_limit_check,
    monitor_form_limit_init, monitor_form_limit_update};

/* ---- counts -----------------------------------------------------------------------
 */

static uint16_t *monitor_form_counters(uint32_t *own) {
    return (uint16_t *)(void *)((uint8_t *)own + sizeof(ecm_dist_t));
}

static uint32_t monitor_form_classes_words(const void *cfg) {
    const ecm_monitor_counts_t *counts = (const ecm_monitor_counts_t *)cfg;
    if (counts->dist.reference == NULL || counts->distance == NULL) {
        return 0;
    }
    return sizeof(ecm_dist_t) / 4U + ((uint32_t)counts->dist.bins + 1U) / 2U;
}

static uint32_t monitor_form_counts_words(const void *cfg) {
    const ecm_monitor_counts_t *counts = (const ecm_monitor_counts_t *)cfg;
    return counts->dist.edges == NULL ? 0U : monitor_form_classes_words(cfg);
}

static ecm_status_t monitor_form_classes_check(const ecm_monitor_row_t *row,
                                               uint32_t scores_len,
                                               const uint32_t *own) {
    const ecm_monitor_counts_t *cfg = (const ecm_monitor_counts_t *)row->cfg;
    const ecm_dist_t *st = (const ecm_dist_t *)(const void *)own;
    uint16_t count[ECM_DIST_BINS_MAX];
    ecm_dist_t tried;
    (void)scores_len;
    ECM_REQUIRE(cfg->limit > 0.0f && cfg->dist.reference_n >= 1U &&
                    cfg->dist.form != ECM_DIST_FILL,
                ECM_ERR_ARG);
    ECM_REQUIRE(st == NULL || st->left <= cfg->dist.window_len, ECM_ERR_STATE);
    return ecm_dist_init(&tried, &cfg->dist, count);
}

static ecm_status_t monitor_form_counts_check(const ecm_monitor_row_t *row,
                                              uint32_t scores_len,
                                              const uint32_t *own) {
    ECM_REQUIRE(row->score < scores_len, ECM_ERR_ARG);
    return monitor_form_classes_check(row, scores_len, own);
}

static ecm_status_t monitor_form_counts_init(const void *cfg, uint32_t *own) {
    return ecm_dist_init((ecm_dist_t *)(void *)own,
                         &((const ecm_monitor_counts_t *)cfg)->dist,
                         monitor_form_counters(own));
}

/* Where the values went, from the areas between the distributions: to one side if that
 * has four times the area of the other, else outwards or inwards. */
static uint32_t monitor_form_bulk(const ecm_monitor_counts_t *cfg,
                                  const uint16_t *count) {
    float n = 0.0f, gone = 0.0f, was = 0.0f, above = 0.0f, below = 0.0f, spread = 0.0f;
    uint32_t i, bins = cfg->dist.bins;
    for (i = 0; i < bins; i++) {
        n = n + (float)count[i];
    }
    for (i = 0; i + 1U < bins; i++) {
        float higher;
        gone = gone + (float)count[i];
        was = was + cfg->dist.reference[i];
        higher = was - gone / n;
        above = higher > 0.0f ? above + higher : above;
        below = higher < 0.0f ? below - higher : below;
        spread = spread + higher * ((float)i - 0.5f * (float)(bins - 2U));
    }
    if (above == below) {
        return spread == 0.0f  ? (uint32_t)ECM_DRIFT_NONE
               : spread > 0.0f ? (uint32_t)ECM_DRIFT_WIDER
                               : (uint32_t)ECM_DRIFT_NARROWER;
    }
    if (above >= 4.0f * below) {
        return ECM_DRIFT_UP;
    }
    if (below >= 4.0f * above) {
        return ECM_DRIFT_DOWN;
    }
    return spread > 0.0f ? (uint32_t)ECM_DRIFT_WIDER : (uint32_t)ECM_DRIFT_NARROWER;
}

/* The class whose share has gained most. */
static uint32_t monitor_form_gainer(const ecm_monitor_counts_t *cfg,
                                    const uint16_t *count) {
    float n = 0.0f, most = 0.0f;
    uint32_t i, which = 0;
    for (i = 0; i < cfg->dist.bins; i++) {
        n = n + (float)count[i];
    }
    for (i = 0; i < cfg->dist.bins; i++) {
        float gain = (float)count[i] / n - cfg->dist.reference[i];
        if (gain > most) {
            most = gain;
            which = i;
        }
    }
    return which;
}

/* The distance at the end of a window, and the alarm. */
static ecm_status_t monitor_form_judge(const ecm_monitor_counts_t *cfg,
                                       const ecm_dist_t *st, const uint16_t *count,
                                       ecm_monitor_found_t *found) {
    float distance;
    ecm_status_t status = cfg->distance->measure(st, &cfg->dist, count, &distance);
    ECM_REQUIRE(status == ECM_OK, status);
    found->fresh = true;
    found->ratio = distance / cfg->limit;
    found->alarm = found->ratio > 1.0f;
    found->since = cfg->dist.window_len;
    return ECM_OK;
}

static ecm_status_t monitor_form_counts_update(const ecm_monitor_window_t *window,
                                               const ecm_monitor_row_t *row,
                                               uint32_t *own,
                                               ecm_monitor_found_t *found) {
    const ecm_monitor_counts_t *cfg = (const ecm_monitor_counts_t *)row->cfg;
    ecm_dist_t *st = (ecm_dist_t *)(void *)own;
    uint16_t *count = monitor_form_counters(own);
    float z;
    ecm_status_t status;
    if (!monitor_form_score(window, row, &z)) {
        return ECM_OK;
    }
    status = ecm_dist_update_f32(st, &cfg->dist, count, z);
    ECM_REQUIRE(status >= ECM_OK, status);
    if (status != ECM_DIST_COMPLETE) {
        return ECM_OK;
    }
    found->direction = monitor_form_bulk(cfg, count);
    return monitor_form_judge(cfg, st, count, found);
}

static ecm_status_t monitor_form_classes_update(const ecm_monitor_window_t *window,
                                                const ecm_monitor_row_t *row,
                                                uint32_t *own,
                                                ecm_monitor_found_t *found) {
    const ecm_monitor_counts_t *cfg = (const ecm_monitor_counts_t *)row->cfg;
    ecm_dist_t *st = (ecm_dist_t *)(void *)own;
    uint16_t *count = monitor_form_counters(own);
    ecm_status_t status;
    if (window->class_id >= cfg->dist.bins) {
        return ECM_OK;
    }
    status = ecm_dist_update_class(st, &cfg->dist, count, window->class_id);
    ECM_REQUIRE(status >= ECM_OK, status);
    if (status != ECM_DIST_COMPLETE) {
        return ECM_OK;
    }
    found->detail = monitor_form_gainer(cfg, count);
    found->direction = ECM_DRIFT_UP;
    return monitor_form_judge(cfg, st, count, found);
}

const ecm_monitor_form_t ecm_monitor_form_counts = {
    ECM_MONITOR_COUNTS, monitor_form_counts_words, monitor_form_counts_check,
    monitor_form_counts_init, monitor_form_counts_update};

const ecm_monitor_form_t ecm_monitor_form_classes = {
    ECM_MONITOR_CLASSES, monitor_form_classes_words, monitor_form_classes_check,
    monitor_form_counts_init, monitor_form_classes_update};

/* ---- several scores together ------------------------------------------------------
 */

static float *monitor_form_means(uint32_t *own) {
    return (float *)(void *)((uint8_t *)own + sizeof(ecm_t2_t));
}

static uint32_t monitor_form_t2_words(const void *cfg) {
    const ecm_monitor_t2_t *t2 = (const ecm_monitor_t2_t *)cfg;
    return t2->scores == NULL ? 0U : sizeof(ecm_t2_t) / 4U + t2->t2.features_len;
}

static ecm_status_t monitor_form_t2_check(const ecm_monitor_row_t *row,
                                          uint32_t scores_len, const uint32_t *own) {
    const ecm_monitor_t2_t *cfg = (const ecm_monitor_t2_t *)row->cfg;
    float means[ECM_MONITOR_TOGETHER_MAX];
    ecm_t2_t tried;
    uint32_t i;
    (void)own;
    ECM_REQUIRE(cfg->t2.features_len <= ECM_MONITOR_TOGETHER_MAX, ECM_ERR_ARG);
    for (i = 0; i < cfg->t2.features_len; i++) {
        ECM_REQUIRE(cfg->scores[i] < scores_len, ECM_ERR_ARG);
    }
    return ecm_t2_init(&tried, &cfg->t2, means);
}

static ecm_status_t monitor_form_t2_init(const void *cfg, uint32_t *own) {
    return ecm_t2_init((ecm_t2_t *)(void *)own, &((const ecm_monitor_t2_t *)cfg)->t2,
                       monitor_form_means(own));
}

static ecm_status_t monitor_form_t2_update(const ecm_monitor_window_t *window,
                                           const ecm_monitor_row_t *row, uint32_t *own,
                                           ecm_monitor_found_t *found) {
    const ecm_monitor_t2_t *cfg = (const ecm_monitor_t2_t *)row->cfg;
    ecm_t2_t *st = (ecm_t2_t *)(void *)own;
    float x[ECM_MONITOR_TOGETHER_MAX], *means = monitor_form_means(own);
    uint32_t i, most = 0, alarm;
    ecm_status_t status;
    for (i = 0; i < cfg->t2.features_len; i++) {
        x[i] = window->scored[cfg->scores[i]].z;
        if (!ecm_math_isfinite_f32(x[i])) {
            return ECM_OK;
        }
    }
    status = ecm_t2_update_f32(st, &cfg->t2, means, x, &alarm, NULL);
    ECM_REQUIRE(status == ECM_OK, status);
    for (i = 1; i < cfg->t2.features_len; i++) {
        most = means[i] * means[i] > means[most] * means[most] ? i : most;
    }
    found->fresh = true;
    found->ratio = st->statistic / cfg->t2.limit;
    found->alarm = alarm != ECM_DRIFT_NONE;
    found->direction = means[most] < 0.0f ? ECM_DRIFT_DOWN : ECM_DRIFT_UP;
    found->detail = window->scores[cfg->scores[most]].input;
    found->since = st->since;
    return ECM_OK;
}

const ecm_monitor_form_t ecm_monitor_form_t2 = {
    ECM_MONITOR_T2, monitor_form_t2_words, monitor_form_t2_check, monitor_form_t2_init,
    monitor_form_t2_update};
