/* ecm_monitor.c - see ecm_monitor.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_monitor.h"
#include "ecm_math.h"

#define MONITOR_NAN_BITS 0x7fc00000U

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

static bool monitor_has_tables(const ecm_monitor_cfg_t *cfg) {
    uint32_t i;
    if (cfg == NULL || (cfg->scores == NULL && cfg->scores_len != 0U) ||
        (cfg->rows == NULL && cfg->rows_len != 0U) ||
        (cfg->groups == NULL && cfg->groups_len != 0U) ||
        (cfg->regime_len != 0U && (cfg->regime == NULL || cfg->regime_inputs == NULL ||
                                   cfg->regime_update == NULL)) ||
        (cfg->regime_center == NULL) != (cfg->regime_factor == NULL)) {
        return false;
    }
    for (i = 0; i < cfg->rows_len; i++) {
        const ecm_monitor_row_t *row = &cfg->rows[i];
        if (row->cfg == NULL || row->form == NULL || row->form->words(row->cfg) == 0U) {
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
        words += cfg->rows[i].form->words(cfg->rows[i].cfg);
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
    uint32_t last = index == 0U ? 0U : cfg->rows[index - 1U].group;
    bool opens = index == 0U ? row->group == 0U : row->group - last <= 1U;
    ECM_REQUIRE(row->group >= last && opens && row->group < cfg->groups_len,
                ECM_ERR_ARG);
    ECM_REQUIRE(row->top >= 1.0f && monitor_regime_ok(cfg, row->regime), ECM_ERR_ARG);
    return row->form->check(row, cfg->scores_len, NULL);
}

static ecm_status_t monitor_tables_ok(const ecm_monitor_cfg_t *cfg) {
    uint32_t i;
    ECM_REQUIRE(monitor_regimes_ok(cfg), ECM_ERR_ARG);
    for (i = 0; i < cfg->scores_len; i++) {
        const ecm_monitor_score_t *score = &cfg->scores[i];
        ECM_REQUIRE(score->score.order <= ECM_SCORE_ORDER_MAX &&
                        ecm_monitor_score_fits(score) &&
                        monitor_regime_ok(cfg, score->regime),
                    ECM_ERR_ARG);
        ECM_REQUIRE(score->score.edges_len == 0U ||
                        (score->score.edges != NULL && score->score.scores != NULL),
                    ECM_ERR_NULL);
        ECM_REQUIRE(score->floor == 0.0f || cfg->log != NULL, ECM_ERR_NULL);
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
            ECM_REQUIRE(cfg->persist_update != NULL, ECM_ERR_NULL);
            status = cfg->persist_update(&tried, cfg->groups[i].persist, 0.0f, &event);
        }
        ECM_REQUIRE(status == ECM_OK, status);
    }
    return ECM_OK;
}

ecm_status_t ecm_monitor_init(void *state, const ecm_monitor_cfg_t *cfg) {
    uint32_t words = ecm_monitor_words(cfg), i, *own, nan_bits = MONITOR_NAN_BITS;
    monitor_parts_t p;
    ecm_status_t status;
    ECM_REQUIRE(state != NULL && words != 0U, ECM_ERR_NULL);
    status = monitor_tables_ok(cfg);
    ECM_REQUIRE(status == ECM_OK, status);
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
        (void)cfg->rows[i].form->init(cfg->rows[i].cfg, own);
        own += cfg->rows[i].form->words(cfg->rows[i].cfg);
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
    if (!known || cfg->regime_update(&p->head->regime, cfg->regime, values,
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
        value = p->cfg->log(value + score->floor);
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

/* One detector, if there is something for it in this window. */
static ecm_status_t monitor_row(const monitor_parts_t *p, const ecm_monitor_row_t *row,
                                uint32_t *own, uint32_t class_id,
                                ecm_monitor_found_t *found) {
    ecm_monitor_window_t window;
    ecm_status_t status;
    memset(found, 0, sizeof *found);
    found->detail = ECM_MONITOR_NO_DETAIL;
    found->what = row->what;
    if (!monitor_is_active(p, row->regime)) {
        return ECM_OK;
    }
    window.scores = p->cfg->scores;
    window.scored = p->scores;
    window.class_id = class_id;
    status = row->form->update(&window, row, own, found);
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
                          const ecm_monitor_found_t *found, uint32_t what,
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
                                    const ecm_monitor_found_t *most,
                                    monitor_told_t *told) {
    uint32_t group = p->cfg->rows[row].group, event;
    ecm_monitor_grouped_t *own = &p->groups[group];
    ecm_status_t status = p->cfg->persist_update(
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
    ecm_monitor_found_t most, one;
    ecm_status_t status;
    memset(&most, 0, sizeof most);
    grouped->raised = 0;
    for (i = first; i < p->cfg->rows_len && rows[i].group == group; i++) {
        status = monitor_row(p, &rows[i], *own, class_id, &one);
        ECM_REQUIRE(status == ECM_OK, status);
        *own += rows[i].form->words(rows[i].cfg);
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
        ECM_REQUIRE(row->form->check(row, cfg->scores_len, own) == ECM_OK,
                    ECM_ERR_STATE);
        own += row->form->words(row->cfg);
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
