/* ecm_monitor.c - see ecm_monitor.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_monitor.h"
#include "ecm_math.h"

#define MONITOR_NAN_BITS 0x7fc00000U

/* What a row found in a window. */
typedef struct {
    bool fresh; /* there is a new value of its statistic */
    bool alarm;
    float ratio; /* of the statistic to the limit of level 1 */
    uint32_t what;
    uint32_t direction;
    uint32_t detail;
    uint32_t since;
} monitor_found_t;

/* The parts of a state. */
typedef struct {
    const ecm_monitor_cfg_t *cfg;
    ecm_monitor_head_t *head;
    ecm_monitor_scored_t *scores;
    ecm_monitor_grouped_t *groups;
    uint32_t *rows; /* the first row's own */
} monitor_parts_t;

static monitor_parts_t monitor_parts(void *state, const ecm_monitor_cfg_t *cfg) {
    monitor_parts_t p;
    p.cfg = cfg;
    p.head = (ecm_monitor_head_t *)state;
    p.scores = (ecm_monitor_scored_t *)(void *)(p.head + 1);
    p.groups = (ecm_monitor_grouped_t *)(void *)(p.scores + cfg->scores_len);
    p.rows = (uint32_t *)(void *)(p.groups + cfg->groups_len);
    return p;
}

static const ecm_monitor_counts_t *monitor_counts(const ecm_monitor_row_t *row) {
    return (const ecm_monitor_counts_t *)row->cfg;
}

static const ecm_monitor_t2_t *monitor_t2(const ecm_monitor_row_t *row) {
    return (const ecm_monitor_t2_t *)row->cfg;
}

static const ecm_monitor_kind_t *monitor_kind(const ecm_monitor_row_t *row) {
    return (const ecm_monitor_kind_t *)row->cfg;
}

/* Words of a row's state: of a limit, how often in a row it was exceeded. */
static uint32_t monitor_row_words(const ecm_monitor_row_t *row) {
    switch (row->form) {
    case ECM_MONITOR_CUSUM:
        return sizeof(ecm_drift_cusum_t) / 4U;
    case ECM_MONITOR_EWMA:
        return sizeof(ecm_drift_ewma_t) / 4U;
    case ECM_MONITOR_COUNTS:
    case ECM_MONITOR_CLASSES:
        return sizeof(ecm_dist_t) / 4U +
               ((uint32_t)monitor_counts(row)->dist.bins + 1U) / 2U;
    case ECM_MONITOR_T2:
        return sizeof(ecm_t2_t) / 4U + monitor_t2(row)->t2.features_len;
    case ECM_MONITOR_KIND:
        return monitor_kind(row)->kind->state_bytes / 4U;
    default:
        return 1;
    }
}

static uint16_t *monitor_counters(uint32_t *own) {
    return (uint16_t *)(void *)((uint8_t *)own + sizeof(ecm_dist_t));
}

static float *monitor_means(uint32_t *own) {
    return (float *)(void *)((uint8_t *)own + sizeof(ecm_t2_t));
}

static bool monitor_has_tables(const ecm_monitor_cfg_t *cfg) {
    uint32_t i;
    if (cfg == NULL || (cfg->scores == NULL && cfg->scores_len != 0U) ||
        (cfg->rows == NULL && cfg->rows_len != 0U) ||
        (cfg->groups == NULL && cfg->groups_len != 0U) ||
        (cfg->regime_len != 0U &&
         (cfg->regime == NULL || cfg->regime_inputs == NULL)) ||
        (cfg->regime_center == NULL) != (cfg->regime_factor == NULL)) {
        return false;
    }
    for (i = 0; i < cfg->rows_len; i++) {
        const ecm_monitor_row_t *row = &cfg->rows[i];
        if (row->cfg == NULL ||
            (row->form == ECM_MONITOR_T2 && monitor_t2(row)->scores == NULL) ||
            (row->form == ECM_MONITOR_KIND && monitor_kind(row)->kind == NULL) ||
            (row->form == ECM_MONITOR_COUNTS &&
             monitor_counts(row)->dist.edges == NULL) ||
            ((row->form == ECM_MONITOR_COUNTS || row->form == ECM_MONITOR_CLASSES) &&
             monitor_counts(row)->dist.reference == NULL)) {
            return false;
        }
    }
    return true;
}

uint32_t ecm_monitor_words(const ecm_monitor_cfg_t *cfg) {
    uint32_t i, words;
    if (!monitor_has_tables(cfg)) {
        return 0;
    }
    words = (uint32_t)(sizeof(ecm_monitor_head_t) / 4U) +
            (uint32_t)(sizeof(ecm_monitor_scored_t) / 4U) * cfg->scores_len +
            (uint32_t)(sizeof(ecm_monitor_grouped_t) / 4U) * cfg->groups_len;
    for (i = 0; i < cfg->rows_len; i++) {
        words += monitor_row_words(&cfg->rows[i]);
    }
    return words;
}

/* ---- init -------------------------------------------------------------------------
 */

static bool monitor_regime_ok(const ecm_monitor_cfg_t *cfg, uint32_t regime) {
    return regime == ECM_MONITOR_ANY ||
           (cfg->regime_len != 0U && regime < ecm_regime_count(cfg->regime));
}

static bool monitor_regimes_ok(const ecm_monitor_cfg_t *cfg) {
    const ecm_regime_cfg_t *regime = cfg->regime;
    if (cfg->regime_len == 0U) {
        return true;
    }
    if (cfg->regime_len > ECM_MONITOR_REGIME_MAX || regime->dwell < 1U) {
        return false;
    }
    if (regime->model != NULL) {
        return regime->model->centroids != NULL && regime->model->clusters_len >= 1U &&
               regime->model->features_len == cfg->regime_len;
    }
    return cfg->regime_len <= 2U &&
           (regime->edges[0] != NULL || regime->edges_len[0] == 0U) &&
           (regime->edges[1] != NULL || regime->edges_len[1] == 0U) &&
           (cfg->regime_len == 2U || regime->edges_len[1] == 0U);
}

static ecm_status_t monitor_row_ok(const ecm_monitor_cfg_t *cfg, uint32_t index) {
    const ecm_monitor_row_t *row = &cfg->rows[index];
    uint32_t last = index == 0U ? 0U : cfg->rows[index - 1U].group, i;
    bool opens = index == 0U ? row->group == 0U : row->group - last <= 1U;
    ECM_REQUIRE(row->group >= last && opens && row->group < cfg->groups_len,
                ECM_ERR_ARG);
    ECM_REQUIRE(row->form <= ECM_MONITOR_KIND && row->top >= 1.0f &&
                    monitor_regime_ok(cfg, row->regime),
                ECM_ERR_ARG);
    if (row->form == ECM_MONITOR_T2) {
        const ecm_monitor_t2_t *t2 = monitor_t2(row);
        ECM_REQUIRE(t2->t2.features_len <= ECM_MONITOR_TOGETHER_MAX, ECM_ERR_ARG);
        for (i = 0; i < t2->t2.features_len; i++) {
            ECM_REQUIRE(t2->scores[i] < cfg->scores_len, ECM_ERR_ARG);
        }
        return ECM_OK;
    }
    ECM_REQUIRE(row->form == ECM_MONITOR_CLASSES || row->score < cfg->scores_len,
                ECM_ERR_ARG);
    if (row->form == ECM_MONITOR_LIMIT) {
        ECM_REQUIRE(*(const float *)row->cfg > 0.0f, ECM_ERR_ARG);
    } else if (row->form == ECM_MONITOR_KIND) {
        return monitor_kind(row)->kind->check(NULL, monitor_kind(row)->cfg);
    } else if (row->form == ECM_MONITOR_COUNTS || row->form == ECM_MONITOR_CLASSES) {
        const ecm_monitor_counts_t *counts = monitor_counts(row);
        ECM_REQUIRE(counts->limit > 0.0f && counts->distance <= ECM_MONITOR_PSI &&
                        counts->dist.reference_n >= 1U &&
                        counts->dist.form != ECM_DIST_FILL,
                    ECM_ERR_ARG);
    }
    return ECM_OK;
}

static ecm_status_t monitor_tables_ok(const ecm_monitor_cfg_t *cfg) {
    uint32_t i;
    ECM_REQUIRE(monitor_regimes_ok(cfg), ECM_ERR_ARG);
    for (i = 0; i < cfg->scores_len; i++) {
        const ecm_monitor_score_t *score = &cfg->scores[i];
        ECM_REQUIRE(score->score.order <= ECM_SCORE_ORDER_MAX && score->floor >= 0.0f &&
                        monitor_regime_ok(cfg, score->regime),
                    ECM_ERR_ARG);
        ECM_REQUIRE(score->score.edges_len == 0U ||
                        (score->score.edges != NULL && score->score.scores != NULL),
                    ECM_ERR_NULL);
    }
    for (i = 0; i < cfg->rows_len; i++) {
        ecm_status_t status = monitor_row_ok(cfg, i);
        ECM_REQUIRE(status == ECM_OK, status);
    }
    ECM_REQUIRE(
        (uint32_t)cfg->groups_len ==
            (cfg->rows_len == 0U ? 0U : cfg->rows[cfg->rows_len - 1U].group + 1U),
        ECM_ERR_ARG);
    for (i = 0; i < cfg->groups_len; i++) {
        ecm_persist_t tried;
        uint32_t event;
        ecm_status_t status = ecm_persist_init(&tried);
        if (cfg->groups[i].persist != NULL) {
            status =
                ecm_persist_update_f32(&tried, cfg->groups[i].persist, 0.0f, &event);
        }
        ECM_REQUIRE(status == ECM_OK, status);
    }
    return ECM_OK;
}

/* A row's settings, tried out on a state that is thrown away. */
static ecm_status_t monitor_row_init(const ecm_monitor_row_t *row, uint32_t *own) {
    switch (row->form) {
    case ECM_MONITOR_CUSUM:
        ECM_REQUIRE(ecm_drift_cusum_kind.check(NULL, row->cfg) == ECM_OK, ECM_ERR_ARG);
        return ecm_drift_cusum_init((ecm_drift_cusum_t *)(void *)own);
    case ECM_MONITOR_EWMA:
        ECM_REQUIRE(ecm_drift_ewma_kind.check(NULL, row->cfg) == ECM_OK, ECM_ERR_ARG);
        return ecm_drift_ewma_init((ecm_drift_ewma_t *)(void *)own);
    case ECM_MONITOR_COUNTS:
    case ECM_MONITOR_CLASSES:
        return ecm_dist_init((ecm_dist_t *)(void *)own, &monitor_counts(row)->dist,
                             monitor_counters(own));
    case ECM_MONITOR_T2:
        return ecm_t2_init((ecm_t2_t *)(void *)own, &monitor_t2(row)->t2,
                           monitor_means(own));
    case ECM_MONITOR_KIND:
        return monitor_kind(row)->kind->init(own, monitor_kind(row)->cfg);
    default:
        *own = 0;
        return ECM_OK;
    }
}

ecm_status_t ecm_monitor_init(void *state, const ecm_monitor_cfg_t *cfg) {
    /* the largest state of a row */
    uint32_t tried[sizeof(ecm_dist_t) / 4U + ECM_DIST_BINS_MAX / 2U];
    uint32_t words = ecm_monitor_words(cfg), i, *own, nan_bits = MONITOR_NAN_BITS;
    monitor_parts_t p;
    ecm_status_t status;
    ECM_REQUIRE(state != NULL && words != 0U, ECM_ERR_NULL);
    status = monitor_tables_ok(cfg);
    ECM_REQUIRE(status == ECM_OK, status);
    for (i = 0; i < cfg->rows_len; i++) {
        const ecm_monitor_row_t *row = &cfg->rows[i];
        if (row->form == ECM_MONITOR_KIND) {
            continue; /* its settings are all that it asks for */
        }
        ECM_REQUIRE(monitor_row_words(row) <= sizeof tried / 4U, ECM_ERR_ARG);
        status = monitor_row_init(row, tried);
        ECM_REQUIRE(status == ECM_OK, status);
    }
    memset(state, 0, (size_t)words * 4U);
    p = monitor_parts(state, cfg);
    p.head->id = cfg->id;
    p.head->active = ECM_REGIME_NONE;
    (void)ecm_regime_init(&p.head->regime);
    for (i = 0; i < cfg->scores_len; i++) {
        memcpy(&p.scores[i].z, &nan_bits, sizeof nan_bits);
    }
    own = p.rows;
    for (i = 0; i < cfg->rows_len; i++) {
        (void)monitor_row_init(&cfg->rows[i], own);
        own += monitor_row_words(&cfg->rows[i]);
    }
    return ECM_OK;
}

/* ---- regime and scores ------------------------------------------------------------
 */

static void monitor_find_regime(const monitor_parts_t *p, const float *x) {
    const ecm_monitor_cfg_t *cfg = p->cfg;
    float values[ECM_MONITOR_REGIME_MAX] = {0.0f};
    uint32_t i;
    bool known = true;
    p->head->active = ECM_REGIME_NONE;
    if (cfg->regime_len == 0U) {
        return;
    }
    for (i = 0; i < cfg->regime_len; i++) {
        values[i] = x[cfg->regime_inputs[i]];
        if (cfg->regime_center != NULL) {
            values[i] = (values[i] - cfg->regime_center[i]) * cfg->regime_factor[i];
        }
        known = known && ecm_math_isfinite_f32(values[i]);
    }
    if (!known || ecm_regime_update_f32(&p->head->regime, cfg->regime, values,
                                        &p->head->active) != ECM_OK) {
        (void)ecm_regime_init(&p->head->regime);
    }
}

static bool monitor_is_active(const monitor_parts_t *p, uint32_t regime) {
    return regime == ECM_MONITOR_ANY || regime == p->head->active;
}

static void monitor_score(const monitor_parts_t *p, uint32_t index, const float *x) {
    const ecm_monitor_score_t *score = &p->cfg->scores[index];
    ecm_monitor_scored_t *own = &p->scores[index];
    float value = x[score->input], z = 0.0f;
    uint32_t nan_bits = MONITOR_NAN_BITS;
    ecm_status_t status = ECM_MORE;
    if (score->floor > 0.0f) {
        value = ecm_math_log_f32(value + score->floor);
    }
    if (!monitor_is_active(p, score->regime) || !ecm_math_isfinite_f32(value)) {
        (void)ecm_score_init(&own->score);
    } else {
        status = ecm_score_update_f32(&own->score, &score->score, value, &z);
    }
    if (status == ECM_OK && ecm_math_isfinite_f32(z)) {
        own->z = z;
    } else {
        memcpy(&own->z, &nan_bits, sizeof nan_bits);
    }
}

/* ---- rows -------------------------------------------------------------------------
 */

static ecm_status_t monitor_cusum(const ecm_monitor_row_t *row, uint32_t *own, float z,
                                  monitor_found_t *found) {
    ecm_drift_cusum_t *st = (ecm_drift_cusum_t *)(void *)own;
    const ecm_drift_cusum_cfg_t *cfg = (const ecm_drift_cusum_cfg_t *)row->cfg;
    bool falls;
    uint32_t alarm;
    ecm_status_t status = ecm_drift_cusum_update_f32(st, cfg, z, &alarm, NULL);
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

static ecm_status_t monitor_ewma(const ecm_monitor_row_t *row, uint32_t *own, float z,
                                 monitor_found_t *found) {
    ecm_drift_ewma_t *st = (ecm_drift_ewma_t *)(void *)own;
    uint32_t alarm;
    ecm_status_t status = ecm_drift_ewma_update_f32(
        st, (const ecm_drift_ewma_cfg_t *)row->cfg, z, &alarm, NULL);
    ECM_REQUIRE(status == ECM_OK, status);
    found->fresh = true;
    found->ratio = ecm_drift_ewma_kind.ratio(st, row->cfg);
    found->alarm = alarm != ECM_DRIFT_NONE;
    found->direction = st->mean < 0.0f ? ECM_DRIFT_DOWN : ECM_DRIFT_UP;
    found->since = st->since;
    return ECM_OK;
}

static ecm_status_t monitor_any(const ecm_monitor_row_t *row, uint32_t *own, float z,
                                monitor_found_t *found) {
    const ecm_drift_kind_t *kind = monitor_kind(row)->kind;
    const void *cfg = monitor_kind(row)->cfg;
    uint32_t what, since;
    ecm_status_t status = kind->update(own, cfg, z, &what, &since);
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

static void monitor_limit(const ecm_monitor_row_t *row, uint32_t *own, float z,
                          monitor_found_t *found) {
    float ratio = z / *(const float *)row->cfg;
    *own = ratio > 1.0f ? *own + 1U : 0U;
    found->fresh = true;
    found->ratio = ratio > 0.0f ? ratio : 0.0f;
    found->alarm = ratio > 1.0f;
    found->direction = ECM_DRIFT_UP;
    found->since = *own;
}

/* Where the values went, from the areas between the distributions: to one side if that
 * has four times the area of the other, else outwards or inwards. */
static uint32_t monitor_bulk(const ecm_monitor_counts_t *cfg, const uint16_t *count) {
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
static uint32_t monitor_gainer(const ecm_monitor_counts_t *cfg, const uint16_t *count) {
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

static float monitor_distance(const ecm_dist_distances_t *d, uint32_t which) {
    switch (which) {
    case ECM_MONITOR_KS:
        return d->ks;
    case ECM_MONITOR_CHI2:
        return d->chi2;
    case ECM_MONITOR_WASSERSTEIN:
        return d->wasserstein;
    case ECM_MONITOR_JENSEN_SHANNON:
        return d->jensen_shannon;
    default:
        return d->psi;
    }
}

static ecm_status_t monitor_count(const ecm_monitor_row_t *row, uint32_t *own, float z,
                                  uint32_t class_id, monitor_found_t *found) {
    const ecm_monitor_counts_t *cfg = monitor_counts(row);
    ecm_dist_t *st = (ecm_dist_t *)(void *)own;
    uint16_t *count = monitor_counters(own);
    ecm_dist_distances_t distances;
    ecm_status_t status = row->form == ECM_MONITOR_CLASSES
                              ? ecm_dist_update_class(st, &cfg->dist, count, class_id)
                              : ecm_dist_update_f32(st, &cfg->dist, count, z);
    ECM_REQUIRE(status >= ECM_OK, status);
    if (status != ECM_DIST_COMPLETE) {
        return ECM_OK;
    }
    status = ecm_dist_distances_f32(st, &cfg->dist, count, &distances);
    ECM_REQUIRE(status == ECM_OK, status);
    found->fresh = true;
    found->ratio = monitor_distance(&distances, cfg->distance) / cfg->limit;
    found->alarm = found->ratio > 1.0f;
    found->since = cfg->dist.window_len;
    if (row->form == ECM_MONITOR_CLASSES) {
        found->detail = monitor_gainer(cfg, count);
        found->direction = ECM_DRIFT_UP;
    } else {
        found->direction = monitor_bulk(cfg, count);
    }
    return ECM_OK;
}

static ecm_status_t monitor_together(const monitor_parts_t *p,
                                     const ecm_monitor_row_t *row, uint32_t *own,
                                     monitor_found_t *found) {
    const ecm_monitor_t2_t *cfg = monitor_t2(row);
    ecm_t2_t *st = (ecm_t2_t *)(void *)own;
    float x[ECM_MONITOR_TOGETHER_MAX], *means = monitor_means(own);
    uint32_t i, most = 0, alarm;
    ecm_status_t status;
    for (i = 0; i < cfg->t2.features_len; i++) {
        x[i] = p->scores[cfg->scores[i]].z;
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
    found->detail = p->cfg->scores[cfg->scores[most]].input;
    found->since = st->since;
    return ECM_OK;
}

/* One detector, if there is something for it in this window. */
static ecm_status_t monitor_row(const monitor_parts_t *p, const ecm_monitor_row_t *row,
                                uint32_t *own, uint32_t class_id,
                                monitor_found_t *found) {
    ecm_status_t status = ECM_OK;
    float z = 0.0f;
    memset(found, 0, sizeof *found);
    found->detail = ECM_MONITOR_NO_DETAIL;
    found->what = row->what;
    if (!monitor_is_active(p, row->regime)) {
        return ECM_OK;
    }
    if (row->form == ECM_MONITOR_CLASSES) {
        if (class_id < monitor_counts(row)->dist.bins) {
            status = monitor_count(row, own, z, class_id, found);
        }
    } else if (row->form == ECM_MONITOR_T2) {
        status = monitor_together(p, row, own, found);
    } else {
        z = p->scores[row->score].z;
        if (!ecm_math_isfinite_f32(z)) {
            return ECM_OK;
        }
        switch (row->form) {
        case ECM_MONITOR_CUSUM:
            status = monitor_cusum(row, own, z, found);
            break;
        case ECM_MONITOR_EWMA:
            status = monitor_ewma(row, own, z, found);
            break;
        case ECM_MONITOR_COUNTS:
            status = monitor_count(row, own, z, class_id, found);
            break;
        case ECM_MONITOR_KIND:
            status = monitor_any(row, own, z, found);
            break;
        default:
            monitor_limit(row, own, z, found);
            break;
        }
    }
    found->ratio = found->ratio * row->top;
    return status;
}

/* ---- groups -----------------------------------------------------------------------
 */

/* Where alarms go. */
typedef struct {
    ecm_monitor_alarm_t *alarms;
    uint32_t room;
    uint32_t len;
} monitor_told_t;

/* Note an alarm; where there is no room, the one with the least ratio gives way. */
static void monitor_raise(const ecm_monitor_row_t *rows, uint32_t row, uint32_t level,
                          const monitor_found_t *found, uint32_t what,
                          monitor_told_t *told) {
    ecm_monitor_alarm_t *alarm = told->alarms;
    uint32_t i;
    if (told->len < told->room) {
        alarm = &told->alarms[told->len++];
    } else {
        for (i = 1; i < told->len; i++) {
            alarm = told->alarms[i].ratio < alarm->ratio ? &told->alarms[i] : alarm;
        }
        if (found->ratio <= alarm->ratio) {
            return;
        }
    }
    alarm->group = rows[row].group;
    alarm->level = level;
    alarm->row = row;
    alarm->what = what;
    alarm->direction = found->direction;
    alarm->detail = found->detail;
    alarm->since = found->since;
    alarm->ratio = found->ratio;
}

/* Levels of a group, from its largest ratio. */
static ecm_status_t monitor_persist(const monitor_parts_t *p, uint32_t row,
                                    const monitor_found_t *most, monitor_told_t *told) {
    uint32_t group = p->cfg->rows[row].group, event;
    ecm_monitor_grouped_t *own = &p->groups[group];
    ecm_status_t status = ecm_persist_update_f32(
        &own->persist, p->cfg->groups[group].persist, most->ratio, &event);
    ECM_REQUIRE(status == ECM_OK, status);
    if (event != ECM_PERSIST_SAME) {
        bool rose = event == ECM_PERSIST_RAISED;
        monitor_raise(p->cfg->rows, row, own->persist.level, most,
                      rose ? most->what : 0U, told);
        own->raised = rose ? own->persist.level : 0U;
    }
    return ECM_OK;
}

/* The rows of a group, of which `first` is the first. */
static ecm_status_t monitor_group(const monitor_parts_t *p, uint32_t first,
                                  uint32_t **own, uint32_t class_id,
                                  monitor_told_t *told) {
    const ecm_monitor_row_t *rows = p->cfg->rows;
    uint32_t group = rows[first].group, i, row = first;
    const ecm_monitor_group_t *cfg = &p->cfg->groups[group];
    ecm_monitor_grouped_t *grouped = &p->groups[group];
    monitor_found_t most, one;
    ecm_status_t status;
    memset(&most, 0, sizeof most);
    grouped->raised = 0;
    for (i = first; i < p->cfg->rows_len && rows[i].group == group; i++) {
        status = monitor_row(p, &rows[i], *own, class_id, &one);
        ECM_REQUIRE(status == ECM_OK, status);
        *own += monitor_row_words(&rows[i]);
        if (one.fresh && (!most.fresh || one.ratio > most.ratio)) {
            most = one;
            row = i;
        }
        if (cfg->persist == NULL && one.alarm && grouped->held == 0U &&
            (grouped->raised == 0U || cfg->hold_off == 0U)) {
            monitor_raise(rows, i, 1, &one, one.what, told);
            grouped->raised = 1;
        }
    }
    if (most.fresh) {
        grouped->ratio = most.ratio;
        if (cfg->persist != NULL) {
            status = monitor_persist(p, row, &most, told);
            ECM_REQUIRE(status == ECM_OK, status);
        }
    }
    grouped->held -= grouped->held > 0U ? 1U : 0U;
    if (cfg->persist == NULL && grouped->raised != 0U) {
        grouped->held = cfg->hold_off;
    }
    return ECM_OK;
}

ecm_status_t ecm_monitor_update_f32(void *state, const ecm_monitor_cfg_t *cfg,
                                    const float *x, uint32_t class_id,
                                    ecm_monitor_alarm_t *alarms, uint32_t alarms_len,
                                    uint32_t *found) {
    uint32_t i, *own;
    monitor_parts_t p;
    monitor_told_t told;
    ECM_REQUIRE(state != NULL && x != NULL && alarms != NULL && found != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(monitor_has_tables(cfg), ECM_ERR_NULL);
    ECM_REQUIRE(alarms_len >= 1U, ECM_ERR_LENGTH);
    told.alarms = alarms;
    told.room = alarms_len;
    told.len = 0;
    p = monitor_parts(state, cfg);
    ECM_REQUIRE(p.head->id == cfg->id, ECM_ERR_STATE);
    p.head->windows++;
    monitor_find_regime(&p, x);
    for (i = 0; i < cfg->scores_len; i++) {
        monitor_score(&p, i, x);
    }
    own = p.rows;
    for (i = 0; i < cfg->rows_len; i++) {
        if (i == 0U || cfg->rows[i].group != cfg->rows[i - 1U].group) {
            ecm_status_t status = monitor_group(&p, i, &own, class_id, &told);
            ECM_REQUIRE(status == ECM_OK, status);
        }
    }
    *found = told.len;
    return ECM_OK;
}

/* What is kept of a group. */
static ecm_status_t monitor_grouped(const void *state, const ecm_monitor_cfg_t *cfg,
                                    uint32_t group, ecm_monitor_grouped_t *own) {
    const uint8_t *at = (const uint8_t *)state;
    ECM_REQUIRE(state != NULL && cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(group < cfg->groups_len, ECM_ERR_ARG);
    at += sizeof(ecm_monitor_head_t) + cfg->scores_len * sizeof(ecm_monitor_scored_t);
    memcpy(own, at + group * sizeof *own, sizeof *own);
    return ECM_OK;
}

uint32_t ecm_monitor_raised(const void *state, const ecm_monitor_cfg_t *cfg,
                            uint32_t group) {
    ecm_monitor_grouped_t own;
    return monitor_grouped(state, cfg, group, &own) == ECM_OK ? own.raised : 0U;
}

float ecm_monitor_ratio_f32(const void *state, const ecm_monitor_cfg_t *cfg,
                            uint32_t group) {
    ecm_monitor_grouped_t own;
    return monitor_grouped(state, cfg, group, &own) == ECM_OK ? own.ratio : 0.0f;
}

/* ---- keeping ----------------------------------------------------------------------
 */

ecm_status_t ecm_monitor_save(const void *state, const ecm_monitor_cfg_t *cfg,
                              const ecm_state_store_t *store) {
    uint32_t words = ecm_monitor_words(cfg);
    ECM_REQUIRE(state != NULL && words != 0U, ECM_ERR_NULL);
    return ecm_state_save(store, ECM_MONITOR_STATE_TYPE, (const uint8_t *)state,
                          4U * words);
}

ecm_status_t ecm_monitor_check(void *state, const ecm_monitor_cfg_t *cfg) {
    monitor_parts_t p;
    const uint32_t *own;
    uint32_t i;
    ECM_REQUIRE(state != NULL && monitor_has_tables(cfg), ECM_ERR_NULL);
    p = monitor_parts(state, cfg);
    own = p.rows;
    ECM_REQUIRE(p.head->id == cfg->id, ECM_ERR_STATE);
    for (i = 0; i < cfg->scores_len; i++) {
        ECM_REQUIRE(p.scores[i].score.n <= ECM_SCORE_ORDER_MAX, ECM_ERR_STATE);
    }
    for (i = 0; i < cfg->rows_len; i++) {
        const ecm_monitor_row_t *row = &cfg->rows[i];
        ecm_status_t status = ECM_OK;
        if (row->form == ECM_MONITOR_CUSUM) {
            status = ecm_drift_cusum_kind.check(own, row->cfg);
        } else if (row->form == ECM_MONITOR_EWMA) {
            status = ecm_drift_ewma_kind.check(own, row->cfg);
        } else if (row->form == ECM_MONITOR_KIND) {
            status = monitor_kind(row)->kind->check(own, monitor_kind(row)->cfg);
        } else if (row->form == ECM_MONITOR_COUNTS ||
                   row->form == ECM_MONITOR_CLASSES) {
            const ecm_dist_t *st = (const ecm_dist_t *)(const void *)own;
            status = st->left <= monitor_counts(row)->dist.window_len ? ECM_OK
                                                                      : ECM_ERR_STATE;
        }
        ECM_REQUIRE(status == ECM_OK, ECM_ERR_STATE);
        own += monitor_row_words(row);
    }
    return ECM_OK;
}

ecm_status_t ecm_monitor_load(void *state, const ecm_monitor_cfg_t *cfg,
                              const ecm_state_store_t *store) {
    uint32_t words = ecm_monitor_words(cfg), bytes = 0, i;
    monitor_parts_t p;
    ecm_status_t status;
    ECM_REQUIRE(state != NULL && words != 0U, ECM_ERR_NULL);
    status = ecm_state_load(store, ECM_MONITOR_STATE_TYPE, (uint8_t *)state, 4U * words,
                            &bytes);
    p = monitor_parts(state, cfg);
    if (status == ECM_OK) {
        status = bytes == 4U * words ? ecm_monitor_check(state, cfg) : ECM_ERR_STATE;
    }
    if (status != ECM_OK) {
        (void)ecm_monitor_init(state, cfg);
        return status;
    }
    (void)ecm_regime_init(&p.head->regime);
    for (i = 0; i < cfg->scores_len; i++) {
        (void)ecm_score_init(&p.scores[i].score);
    }
    return ECM_OK;
}
