/* ecm_app_watch.c - see ecm_app_watch.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_app_watch.h"

#define APP_QUIET_NAN_BITS 0x7fc00000U
#define APP_INFINITY_BITS 0x7f800000U
#define APP_TOLD 3 /* alarms of a window that are looked at one by one */
/* Behind the outputs of challengers: windows, windows that agree, differences. */
#define APP_COUNTS 2U
#define APP_COMPARED_MAX 65535.0f /* what a frame holds */

/* Settings of the counters of a feature, and their start. */
static ecm_dist_cfg_t app_dist_cfg(const ecm_app_cfg_t *cfg, uint32_t feature) {
    ecm_dist_cfg_t made;
    memset(&made, 0, sizeof made);
    made.edges = &cfg->dist_edges[feature * (cfg->dist_bins - 1U)];
    made.bins = (uint16_t)cfg->dist_bins;
    made.form = ECM_DIST_FILL;
    made.window_len = ECM_DIST_WINDOW_MAX;
    return made;
}

static ecm_dist_t *app_dist(const ecm_app_cfg_t *cfg, uint32_t feature, void *dist) {
    uint32_t *words = (uint32_t *)dist;
    return (ecm_dist_t *)(void *)(words + ECM_APP_DIST_WORDS(feature, cfg->dist_bins));
}

uint16_t *ecm_app_watch_counters(const ecm_app_cfg_t *cfg, uint32_t feature,
                                 void *dist) {
    return (uint16_t *)(void *)(app_dist(cfg, feature, dist) + 1);
}

void ecm_app_watch_clear(const ecm_app_cfg_t *cfg, uint32_t feature, void *dist) {
    ecm_dist_cfg_t made = app_dist_cfg(cfg, feature);
    (void)ecm_dist_init(app_dist(cfg, feature, dist), &made,
                        ecm_app_watch_counters(cfg, feature, dist));
}

static bool app_has_nan(const float *x, uint32_t x_len) {
    uint32_t i;
    for (i = 0; i < x_len; i++) {
        if (x[i] != x[i]) {
            return true;
        }
    }
    return false;
}

/* The most probable class, the first of equals. */
static uint32_t app_most(const float *x, uint32_t x_len) {
    uint32_t i, most = 0;
    for (i = 1; i < x_len; i++) {
        most = x[i] > x[most] ? i : most;
    }
    return most;
}

/* Scores and values into the event, the most probable class into class_id and
 * probability. */
static void app_read_outputs(const ecm_app_cfg_t *cfg, const float *outputs,
                             ecm_app_event_t *event) {
    uint32_t i, c, scores = 0, values = 0;
    for (i = 0; i < cfg->models_len; i++) {
        if (cfg->models[i].kind == ECM_APP_MODEL_SCORE) {
            event->score[scores++] = outputs[0];
        } else if (cfg->models[i].kind == ECM_APP_MODEL_VALUES) {
            for (c = 0; c < cfg->models[i].outputs_len; c++) {
                event->value[values++] = outputs[c];
            }
        } else {
            event->class_id = app_most(outputs, cfg->models[i].outputs_len);
            event->probability = outputs[event->class_id];
        }
        outputs += cfg->models[i].outputs_len;
    }
}

/* The values that monitors read beside features and outputs. */
static void app_know(const ecm_app_task_t *t, const ecm_app_event_t *event) {
    uint32_t nan_bits = APP_QUIET_NAN_BITS;
    memcpy(&t->mem.others[ECM_APP_CONFIDENCE], &nan_bits, sizeof nan_bits);
    if (event->class_id != ECM_APP_NO_CLASS) {
        t->mem.others[ECM_APP_CONFIDENCE] = event->probability;
    }
    t->mem.others[ECM_APP_LATENCY] = t->app->latency_ms;
    t->mem.others[ECM_APP_DROPPED] = (float)t->app->dropped;
    t->mem.others[ECM_APP_SPEED] = t->app->window_speed_hz;
    t->mem.others[ECM_APP_STACK] = t->app->stack_bytes;
}

/* All monitors; writes drift, alarms and the change of the event. */
static ecm_status_t app_watch(const ecm_app_task_t *t, ecm_app_event_t *event) {
    const ecm_monitor_cfg_t *cfg = t->cfg->monitor;
    ecm_monitor_alarm_t told[APP_TOLD];
    uint32_t i, found = 0;
    ecm_status_t status;
    if (cfg == NULL) {
        return ECM_OK;
    }
    app_know(t, event);
    status = ecm_monitor_update_f32(t->mem.monitor, cfg, t->mem.features,
                                    event->class_id, told, APP_TOLD, &found);
    ECM_REQUIRE(status >= ECM_OK, status);
    event->changes = found;
    for (i = 0; i < found; i++) {
        if (i == 0U || told[i].ratio > event->change.ratio) {
            event->change = told[i];
        }
    }
    for (i = 0; i < cfg->groups_len; i++) {
        if (ecm_monitor_raised(t->mem.monitor, cfg, i) != 0U) {
            event->alarms |= (uint32_t)1 << (i < 31U ? i : 31U);
        }
        if (i < t->cfg->scores_len) {
            event->drift[i] = ecm_monitor_ratio_f32(t->mem.monitor, cfg, i);
        }
    }
    return ECM_OK;
}

/* ---- challengers -------------------------------------------------------------------
 */

/* Where the counts of a comparison are. */
static uint32_t app_counts_at(const ecm_app_cfg_t *cfg) {
    uint32_t i, at = 0;
    for (i = 0; i < cfg->shadows_len; i++) {
        at += cfg->shadows[i].model.outputs_len;
    }
    return at;
}

static void app_shadow_class(const ecm_app_shadow_t *shadow, const float *outputs,
                             ecm_app_event_t *event) {
    uint32_t most = app_most(outputs, shadow->model.outputs_len);
    if (app_has_nan(outputs, shadow->model.outputs_len)) {
        return;
    }
    event->shadow_class_id = shadow->classes == NULL ? most : shadow->classes[most];
    event->shadow_probability = outputs[most];
}

/* |x - y|, infinite where x, the challenger's, is no number. */
static float app_difference(float x, float y) {
    float infinite, d = x > y ? x - y : y - x;
    uint32_t infinity_bits = APP_INFINITY_BITS;
    memcpy(&infinite, &infinity_bits, sizeof infinite);
    return d >= 0.0f ? d : infinite;
}

/* Compare the challengers with their champions: the class into the event, all of it
 * into the counts, until these are full. */
static void app_compare(const ecm_app_task_t *t, ecm_app_event_t *event) {
    const ecm_app_cfg_t *cfg = t->cfg;
    const float *outputs = t->mem.shadow;
    float *counts = t->mem.shadow + app_counts_at(cfg), *sum = counts + APP_COUNTS;
    bool counted =
        cfg->shadows_len > 0U && event->suspended == 0U && counts[0] < APP_COMPARED_MAX;
    uint32_t i, c;
    for (i = 0; i < cfg->shadows_len; i++) {
        const ecm_app_shadow_t *shadow = &cfg->shadows[i];
        const float *own = t->mem.outputs;
        for (c = 0; c < shadow->champion; c++) {
            own += cfg->models[c].outputs_len;
        }
        if (shadow->model.kind == ECM_APP_MODEL_CLASS) {
            app_shadow_class(shadow, outputs, event);
            if (counted && event->shadow_class_id == event->class_id) {
                counts[1] += 1.0f;
            }
        } else {
            for (c = 0; c < shadow->model.outputs_len && counted; c++) {
                *sum++ += app_difference(outputs[c], own[c]);
            }
        }
        outputs += shadow->model.outputs_len;
    }
    if (counted) {
        counts[0] += 1.0f;
    }
}

bool ecm_app_watch_shadow(const ecm_app_cfg_t *cfg, const float *shadow,
                          float *differences, ecm_frame_shadow_t *said) {
    uint32_t i, at = app_counts_at(cfg);
    if (cfg->shadows_len == 0U || shadow[at] == 0.0f) {
        return false;
    }
    said->windows = (uint16_t)shadow[at];
    said->agreed = (uint16_t)shadow[at + 1U];
    said->classes = 0;
    for (i = 0; i < cfg->shadows_len; i++) {
        if (cfg->shadows[i].model.kind == ECM_APP_MODEL_CLASS) {
            said->classes = 1;
        }
    }
    said->differences = differences;
    said->differences_len = (uint16_t)(cfg->shadow_len - at - APP_COUNTS);
    for (i = 0; i < said->differences_len; i++) {
        differences[i] = shadow[at + APP_COUNTS + i] / shadow[at];
    }
    return true;
}

void ecm_app_watch_shadow_clear(const ecm_app_cfg_t *cfg, float *shadow) {
    uint32_t i;
    for (i = app_counts_at(cfg); i < cfg->shadow_len; i++) {
        shadow[i] = 0.0f;
    }
}

/* ---- a window ----------------------------------------------------------------------
 */

/* What was watched, for counters and frames. */
static void app_take(const ecm_app_task_t *t, void *dist,
                     const ecm_app_event_t *event) {
    ecm_app_t *app = t->app;
    uint32_t i;
    for (i = 0; i < t->cfg->features_len; i++) {
        ecm_dist_cfg_t made = app_dist_cfg(t->cfg, i);
        /* Full counters keep their shares until they are sent: no refusal here. */
        (void)ecm_dist_update_f32(app_dist(t->cfg, i, dist), &made,
                                  ecm_app_watch_counters(t->cfg, i, dist),
                                  t->mem.features[i]);
    }
    if (t->cfg->scores_len != 0U) {
        app->score = event->score[0];
    }
    memcpy(app->value, event->value, sizeof app->value[0] * (size_t)t->cfg->values_len);
    app->alarms |= event->alarms;
    app->class_id = event->class_id;
}

ecm_status_t ecm_app_watch_window(const ecm_app_task_t *t, void *dist,
                                  ecm_app_event_t *event) {
    ecm_app_t *app = t->app;
    ecm_app_event_t found;
    ecm_status_t status;
    memset(&found, 0, sizeof found);
    found.class_id = ECM_APP_NO_CLASS;
    found.shadow_class_id = ECM_APP_NO_CLASS;
    app_read_outputs(t->cfg, t->mem.outputs, &found);
    if (app_has_nan(t->mem.features, t->cfg->features_len + t->cfg->outputs_len)) {
        ecm_app_queue_forget(t); /* a state may hold a NaN */
        return ECM_ERR_ARG;
    }
    found.suspended = app->suspended;
    if (app->suspended == 0U) {
        status = app_watch(t, &found);
        ECM_REQUIRE(status >= ECM_OK, status);
        app_take(t, dist, &found);
    }
    app_compare(t, &found);
    app->dropped = 0;
    found.window = app->window++;
    found.valid = 1;
    *event = found;
    return ECM_APP_EVENT;
}
