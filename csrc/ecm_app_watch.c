/* ecm_app_watch.c - see ecm_app_watch.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_app_watch.h"

#define APP_QUIET_NAN_BITS 0x7fc00000U
#define APP_TOLD 3 /* alarms of a window that are looked at one by one */

uint16_t *ecm_app_watch_counters(const ecm_app_cfg_t *cfg, uint32_t feature,
                                 void *dist) {
    uint32_t *words = (uint32_t *)dist;
    return (uint16_t *)(void *)(words + ECM_APP_DIST_WORDS(feature, cfg->dist_bins));
}

void ecm_app_watch_clear(const ecm_app_cfg_t *cfg, uint32_t feature, void *dist) {
    uint16_t *count = ecm_app_watch_counters(cfg, feature, dist);
    memset(count, 0, sizeof *count * (size_t)cfg->dist_bins);
}

/* Count a feature until its counters are full, which keep their shares until they are
 * sent. How many it still takes is what they do not hold. */
static void app_count(const ecm_app_cfg_t *cfg, uint32_t feature, float x,
                      uint16_t *count) {
    ecm_dist_cfg_t made;
    ecm_dist_t st;
    uint32_t i;
    memset(&made, 0, sizeof made);
    memset(&st, 0, sizeof st);
    made.edges = &cfg->dist_edges[feature * (cfg->dist_bins - 1U)];
    made.bins = (uint16_t)cfg->dist_bins;
    made.form = ECM_DIST_FILL;
    made.window_len = ECM_DIST_WINDOW_MAX;
    st.left = ECM_DIST_WINDOW_MAX;
    for (i = 0; i < cfg->dist_bins; i++) {
        st.left -= count[i];
    }
    (void)ecm_dist_update_f32(&st, &made, count, x);
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
            event->class_id = 0;
            for (c = 1; c < cfg->models[i].outputs_len; c++) {
                if (outputs[c] > outputs[event->class_id]) {
                    event->class_id = c;
                }
            }
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

/* Compare the challengers with their champions. */
static void app_compare(const ecm_app_task_t *t, ecm_app_event_t *event) {
    const ecm_app_shadow_cfg_t *shadow = t->cfg->shadow;
    ecm_app_shadow_class_t rival = {ECM_APP_NO_CLASS, 0.0f};
    if (shadow != NULL && event->suspended == 0U) {
        shadow->calls->compare(shadow, t->cfg->models, t->mem.outputs, event->class_id,
                               t->mem.shadow, &rival);
    }
    event->shadow_class_id = rival.class_id;
    event->shadow_probability = rival.probability;
}

/* ---- a window ----------------------------------------------------------------------
 */

/* What was watched, for counters and frames. */
static void app_take(const ecm_app_task_t *t, void *dist,
                     const ecm_app_event_t *event) {
    ecm_app_t *app = t->app;
    uint32_t i;
    for (i = 0; i < t->cfg->features_len; i++) {
        app_count(t->cfg, i, t->mem.features[i],
                  ecm_app_watch_counters(t->cfg, i, dist));
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
