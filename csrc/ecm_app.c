/* ecm_app.c - see ecm_app.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_app.h"

#include "ecm_math.h"

#define APP_QUIET_NAN_BITS 0x7fc00000U

/* The caller's array of floats, in the order of ECM_APP_MEM_LEN. */
typedef struct {
    float *ring;
    float *window;
    float *work;
    float *features;
    float *outputs;
    float *state;
} app_mem_t;

static app_mem_t app_mem(const ecm_app_cfg_t *cfg, float *mem) {
    app_mem_t m;
    m.ring = mem;
    m.window = m.ring + cfg->ring_len;
    m.work = m.window + cfg->plan->window_len;
    m.features = m.work + cfg->work_len;
    m.outputs = m.features + cfg->plan->features_len;
    m.state = m.outputs + cfg->outputs_len;
    return m;
}

/* Settings of the counters of a feature, and their start. */
static ecm_dist_cfg_t app_dist_cfg(const ecm_app_cfg_t *cfg, uint32_t feature) {
    ecm_dist_cfg_t made;
    memset(&made, 0, sizeof made);
    made.edges = &cfg->dist_edges[feature * ECM_APP_EDGES];
    made.bins = ECM_APP_BINS;
    made.form = ECM_DIST_FILL;
    made.window_len = ECM_FRAME_COUNT_MAX;
    return made;
}

static void app_dist_clear(const ecm_app_cfg_t *cfg, uint32_t feature,
                           ecm_app_dist_t *dist) {
    ecm_dist_cfg_t made = app_dist_cfg(cfg, feature);
    (void)ecm_dist_init(&dist->st, &made, dist->count);
}

/* A field that the other side writes: loaded and stored exactly once, here. */
static uint32_t app_load(const uint32_t *field) {
    return *(const volatile uint32_t *)field;
}

static void app_store(uint32_t *field, uint32_t value) {
    *(volatile uint32_t *)field = value;
}

/* ---- init -------------------------------------------------------------------------
 */

static ecm_status_t app_check_plan(const ecm_app_cfg_t *cfg) {
    const ecm_feat_plan_t *plan = cfg->plan;
    ecm_status_t status = ecm_feat_check(plan);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(plan->features_len >= 1U &&
                    plan->features_len <= (uint32_t)ECM_APP_FEATURES_MAX,
                ECM_ERR_ARG);
    ECM_REQUIRE(cfg->dist_edges != NULL, ECM_ERR_NULL);
    ECM_REQUIRE((cfg->ring_len & (cfg->ring_len - 1U)) == 0U, ECM_ERR_LENGTH);
    ECM_REQUIRE(cfg->ring_len >= plan->window_len + plan->hop_len, ECM_ERR_LENGTH);
    ECM_REQUIRE(cfg->work_len >= plan->work_len, ECM_ERR_LENGTH);
    return ECM_OK;
}

static ecm_status_t app_check_models(const ecm_app_cfg_t *cfg) {
    uint32_t i, scores = 0, classes = 0, outputs = 0;
    ECM_REQUIRE(cfg->models != NULL || cfg->models_len == 0U, ECM_ERR_NULL);
    for (i = 0; i < cfg->models_len; i++) {
        const ecm_app_model_t *model = &cfg->models[i];
        ECM_REQUIRE(model->run != NULL, ECM_ERR_NULL);
        ECM_REQUIRE(model->outputs_len >= 1U, ECM_ERR_ARG);
        if (model->kind == ECM_APP_MODEL_SCORE) {
            ECM_REQUIRE(model->outputs_len == 1U, ECM_ERR_ARG);
            scores++;
        } else {
            ECM_REQUIRE(model->kind == ECM_APP_MODEL_CLASS && classes == 0U,
                        ECM_ERR_ARG);
            classes = model->outputs_len;
        }
        outputs += model->outputs_len;
    }
    ECM_REQUIRE(scores == cfg->scores_len && scores <= ECM_APP_SCORES_MAX, ECM_ERR_ARG);
    ECM_REQUIRE(classes == cfg->classes_len && classes <= ECM_APP_NO_CLASS,
                ECM_ERR_ARG);
    ECM_REQUIRE(outputs == cfg->outputs_len, ECM_ERR_ARG);
    return ECM_OK;
}

static ecm_status_t app_check_limits(const ecm_app_cfg_t *cfg) {
    uint32_t i;
    ECM_REQUIRE(cfg->watches != NULL || cfg->scores_len == 0U, ECM_ERR_NULL);
    for (i = 0; i < cfg->scores_len; i++) {
        const ecm_app_watch_t *watch = &cfg->watches[i];
        ECM_REQUIRE(watch->floor > 0.0f && watch->inv_sd > 0.0f, ECM_ERR_ARG);
        ECM_REQUIRE(ecm_math_isfinite_f32(watch->floor), ECM_ERR_ARG);
        ECM_REQUIRE(ecm_math_isfinite_f32(watch->mean), ECM_ERR_ARG);
        ECM_REQUIRE(ecm_math_isfinite_f32(watch->inv_sd), ECM_ERR_ARG);
        ECM_REQUIRE(watch->cusum.k >= 0.0f && watch->cusum.h > 0.0f, ECM_ERR_ARG);
    }
    ECM_REQUIRE(cfg->health.range > 0.0f && cfg->health.stuck_len >= 2U, ECM_ERR_ARG);
    return ECM_OK;
}

ecm_status_t ecm_app_init(ecm_app_t *app, const ecm_app_cfg_t *cfg, float *mem,
                          ecm_app_dist_t *dist) {
    ecm_status_t status;
    uint32_t i, nan_bits = APP_QUIET_NAN_BITS;
    ECM_REQUIRE(app != NULL && cfg != NULL && mem != NULL && dist != NULL,
                ECM_ERR_NULL);
    status = app_check_plan(cfg);
    ECM_REQUIRE(status == ECM_OK, status);
    status = app_check_models(cfg);
    ECM_REQUIRE(status == ECM_OK, status);
    status = app_check_limits(cfg);
    ECM_REQUIRE(status == ECM_OK, status);

    memset(app, 0, sizeof *app);
    app->class_id = ECM_APP_NO_CLASS;
    for (i = 0; i < ECM_APP_SCORES_MAX; i++) {
        memcpy(&app->score[i], &nan_bits, sizeof nan_bits);
    }
    memset(mem, 0,
           sizeof *mem * ECM_APP_MEM_LEN((size_t)cfg->ring_len, cfg->plan->window_len,
                                         cfg->work_len, cfg->plan->features_len,
                                         cfg->outputs_len, cfg->plan->state_len));
    for (i = 0; i < cfg->plan->features_len; i++) {
        app_dist_clear(cfg, i, &dist[i]);
    }
    return ECM_OK;
}

ecm_status_t ecm_app_set_speed(ecm_app_t *app, float speed_hz) {
    ECM_REQUIRE(app != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(speed_hz >= 0.0f && ecm_math_isfinite_f32(speed_hz), ECM_ERR_ARG);
    app->speed_hz = speed_hz;
    return ECM_OK;
}

/* ---- the queue --------------------------------------------------------------------
 */

ecm_status_t ecm_app_push_f32(ecm_app_t *app, const ecm_app_cfg_t *cfg, float *mem,
                              const float *x, uint32_t x_len) {
    uint32_t free_len, at, first;
    ECM_REQUIRE(app != NULL && cfg != NULL && mem != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x != NULL || x_len == 0U, ECM_ERR_NULL);
    if (app->overflow != app_load(&app->overflow_seen)) {
        return ECM_ERR_FULL; /* step has yet to discard what is queued */
    }
    free_len = cfg->ring_len - (app->head - app_load(&app->tail));
    if (x_len > free_len) {
        app_store(&app->overflow, app->overflow + 1U);
        return ECM_ERR_FULL;
    }
    if (x_len == 0U) {
        return ECM_OK;
    }
    ecm_port_barrier(); /* write no sample before its place is known to be free */
    at = app->head & (cfg->ring_len - 1U);
    first = x_len < cfg->ring_len - at ? x_len : cfg->ring_len - at;
    memcpy(mem + at, x, sizeof *x * first);
    memcpy(mem, x + first, sizeof *x * (x_len - first));
    ecm_port_barrier(); /* publish no sample before it is written */
    app_store(&app->head, app->head + x_len);
    return ECM_OK;
}

/* Copy the window that starts at app->tail out of the ring, then free its hop. */
static void app_take_window(ecm_app_t *app, const ecm_app_cfg_t *cfg,
                            const app_mem_t *m) {
    uint32_t window_len = cfg->plan->window_len;
    uint32_t at = app->tail & (cfg->ring_len - 1U);
    uint32_t first = cfg->ring_len - at;
    first = first < window_len ? first : window_len;
    ecm_port_barrier();
    memcpy(m->window, m->ring + at, sizeof *m->ring * first);
    memcpy(m->window + first, m->ring, sizeof *m->ring * (window_len - first));
    ecm_port_barrier();
    app_store(&app->tail, app->tail + cfg->plan->hop_len);
    app->taken++;
}

/* ---- step: health first -----------------------------------------------------------
 */

static void app_new_event(ecm_app_t *app, uint32_t health, ecm_app_event_t *event) {
    memset(event, 0, sizeof *event);
    event->window = app->window++;
    event->valid = health == 0U ? 1U : 0U;
    event->health = health;
    event->class_id = ECM_APP_NO_CLASS;
    app->health |= health;
}

/* After an overrun: drop the queue. Push drops too until overflow_seen says that this
 * is done, so head stands still meanwhile. */
static ecm_status_t app_discard(ecm_app_t *app, const ecm_app_cfg_t *cfg,
                                const app_mem_t *m, ecm_app_event_t *event) {
    uint32_t head = app_load(&app->head);
    (void)ecm_feat_reset_f32(m->state, cfg->plan);
    app->judged = head;
    app->tainted_end = head;
    (void)ecm_health_gap(&app->sensor);
    app_store(&app->tail, head);
    ecm_port_barrier();
    app_store(&app->overflow_seen, app_load(&app->overflow));
    app_new_event(app, ECM_HEALTH_MISSING, event);
    return ECM_APP_EVENT;
}

/* Judge the new samples of the window that starts at `start`. Bad ones taint every
 * window that overlaps the stretch in which they came. */
static ecm_status_t app_judge(ecm_app_t *app, const ecm_app_cfg_t *cfg,
                              const app_mem_t *m, uint32_t start, uint32_t *verdict) {
    uint32_t end = start + cfg->plan->window_len;
    uint32_t new_len = end - app->judged;
    uint32_t bits;
    ecm_status_t status = ecm_health_update_f32(
        &app->sensor, &cfg->health, m->window + cfg->plan->window_len - new_len,
        new_len, &bits);
    ECM_REQUIRE(status >= ECM_OK, status);
    app->judged = end;
    if ((int32_t)(app->tainted_end - start) <= 0) {
        app->tainted = 0;
        app->tainted_end = start; /* keep it near, since positions wrap */
    }
    if (bits != 0U) {
        app->tainted |= bits;
        app->tainted_end = end;
    }
    *verdict = app->tainted;
    return ECM_OK;
}

static ecm_status_t app_fetch(ecm_app_t *app, const ecm_app_cfg_t *cfg,
                              const app_mem_t *m, ecm_app_event_t *event) {
    uint32_t start = app->tail, verdict;
    ecm_status_t status;
    if (app_load(&app->overflow) != app->overflow_seen) {
        return app_discard(app, cfg, m, event);
    }
    if (app_load(&app->head) - start < cfg->plan->window_len) {
        return ECM_OK;
    }
    app_take_window(app, cfg, m);
    app->window_speed_hz = app->speed_hz;
    status = app_judge(app, cfg, m, start, &verdict);
    ECM_REQUIRE(status >= ECM_OK, status);
    if (verdict != 0U) {
        (void)ecm_feat_reset_f32(m->state, cfg->plan);
        app_new_event(app, verdict, event);
        return ECM_APP_EVENT;
    }
    if (!ecm_feat_takes_speed(cfg->plan, app->window_speed_hz)) {
        (void)ecm_feat_reset_f32(m->state, cfg->plan);
        return ECM_ERR_ARG;
    }
    app->warming = 0;
    app->slice = 1;
    return ECM_MORE;
}

/* ---- step: features, models, monitors ---------------------------------------------
 */

/* One step of the plan. A window that lacks history ends behind the last one. */
static ecm_status_t app_run_feat(ecm_app_t *app, const ecm_app_cfg_t *cfg,
                                 const app_mem_t *m, uint32_t index) {
    ecm_status_t status =
        ecm_feat_step_f32(m->state, cfg->plan, index, app->window_speed_hz, m->window,
                          m->work, m->features);
    ECM_REQUIRE(status >= ECM_OK, status);
    app->warming |= status == ECM_MORE ? 1U : 0U;
    app->slice++;
    if (app->warming != 0U && index + 1U == cfg->plan->steps_len) {
        app->slice = 0;
    }
    return ECM_MORE;
}

static ecm_status_t app_run_model(ecm_app_t *app, const ecm_app_cfg_t *cfg,
                                  const app_mem_t *m, uint32_t index) {
    uint32_t i, at = 0;
    ecm_status_t status;
    for (i = 0; i < index; i++) {
        at += cfg->models[i].outputs_len;
    }
    status = cfg->models[index].run(m->features, m->outputs + at, m->work);
    ECM_REQUIRE(status >= ECM_OK, status);
    app->slice++;
    return ECM_MORE;
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

/* Scores into event->score, the most probable class into class_id and probability. */
static void app_read_outputs(const ecm_app_cfg_t *cfg, const float *outputs,
                             ecm_app_event_t *event) {
    uint32_t i, c, scores = 0;
    for (i = 0; i < cfg->models_len; i++) {
        if (cfg->models[i].kind == ECM_APP_MODEL_SCORE) {
            event->score[scores++] = outputs[0];
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

static float app_standardise(const ecm_app_watch_t *watch, float score) {
    return (ecm_math_log_f32(score + watch->floor) - watch->mean) * watch->inv_sd;
}

/* One score into its CUSUM; writes drift and alarm of the event. */
static ecm_status_t app_watch(ecm_app_t *app, const ecm_app_watch_t *watch,
                              uint32_t index, ecm_app_event_t *event) {
    ecm_drift_cusum_t *cusum = &app->cusum[index];
    uint32_t alarm;
    ecm_status_t status = ecm_drift_cusum_update_f32(
        cusum, &watch->cusum, app_standardise(watch, event->score[index]), &alarm,
        NULL);
    ECM_REQUIRE(status >= ECM_OK, status);
    event->drift[index] = ecm_drift_cusum_ratio_f32(cusum, &watch->cusum);
    if (alarm != ECM_DRIFT_NONE) {
        event->alarms |= (uint32_t)1 << index;
    }
    return ECM_OK;
}

/* What every monitor would refuse, found out before any of them changes. */
static bool app_is_countable(const ecm_app_cfg_t *cfg, const app_mem_t *m,
                             const ecm_app_event_t *event) {
    uint32_t i;
    for (i = 0; i < cfg->scores_len; i++) {
        float z = app_standardise(&cfg->watches[i], event->score[i]);
        if (z != z) {
            return false;
        }
    }
    return !app_has_nan(m->features, cfg->plan->features_len) &&
           !app_has_nan(m->outputs, cfg->outputs_len);
}

static ecm_status_t app_monitor(ecm_app_t *app, const ecm_app_cfg_t *cfg,
                                const app_mem_t *m, ecm_app_dist_t *dist,
                                ecm_app_event_t *event) {
    ecm_app_event_t found;
    uint32_t i;
    memset(&found, 0, sizeof found);
    found.class_id = ECM_APP_NO_CLASS;
    app_read_outputs(cfg, m->outputs, &found);
    if (!app_is_countable(cfg, m, &found)) {
        (void)ecm_feat_reset_f32(m->state, cfg->plan); /* it may hold a NaN */
        return ECM_ERR_ARG;
    }
    app->drift = 0.0f;
    for (i = 0; i < cfg->scores_len; i++) {
        ecm_status_t status = app_watch(app, &cfg->watches[i], i, &found);
        ECM_REQUIRE(status >= ECM_OK, status);
        app->score[i] = found.score[i];
        app->drift = found.drift[i] > app->drift ? found.drift[i] : app->drift;
    }
    for (i = 0; i < cfg->plan->features_len; i++) {
        ecm_dist_cfg_t made = app_dist_cfg(cfg, i);
        /* Full counters keep their shares until they are sent: no refusal here. */
        (void)ecm_dist_update_f32(&dist[i].st, &made, dist[i].count, m->features[i]);
    }
    app->alarms |= found.alarms;
    app->class_id = found.class_id;
    found.window = app->window++;
    found.valid = 1;
    *event = found;
    return ECM_APP_EVENT;
}

ecm_status_t ecm_app_step(ecm_app_t *app, const ecm_app_cfg_t *cfg, float *mem,
                          ecm_app_dist_t *dist, ecm_app_event_t *event) {
    ecm_status_t status;
    app_mem_t m;
    uint32_t at;
    ECM_REQUIRE(app != NULL && cfg != NULL && mem != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(dist != NULL && event != NULL, ECM_ERR_NULL);
    m = app_mem(cfg, mem);
    if (app->slice == 0U) {
        return app_fetch(app, cfg, &m, event);
    }
    at = app->slice - 1U;
    if (at < cfg->plan->steps_len) {
        status = app_run_feat(app, cfg, &m, at);
    } else if (at - cfg->plan->steps_len < cfg->models_len) {
        status = app_run_model(app, cfg, &m, at - cfg->plan->steps_len);
    } else {
        app->slice = 0;
        status = app_monitor(app, cfg, &m, dist, event);
    }
    if (status < ECM_OK) {
        app->slice = 0;
    }
    return status;
}

const float *ecm_app_features(const ecm_app_cfg_t *cfg, const float *mem) {
    if (cfg == NULL || cfg->plan == NULL || mem == NULL) {
        return NULL;
    }
    return mem + cfg->ring_len + cfg->plan->window_len + cfg->work_len;
}

const float *ecm_app_outputs(const ecm_app_cfg_t *cfg, const float *mem) {
    const float *features = ecm_app_features(cfg, mem);
    return features == NULL ? NULL : features + cfg->plan->features_len;
}

/* ---- report -----------------------------------------------------------------------
 */

/* The first 32 bits of an id, in the order in which its hexadecimal form is read. */
static uint32_t app_id_prefix(const uint8_t *id) {
    return ((uint32_t)id[0] << 24) | ((uint32_t)id[1] << 16) | ((uint32_t)id[2] << 8) |
           (uint32_t)id[3];
}

static ecm_status_t app_report_join(const ecm_app_t *app, const ecm_app_cfg_t *cfg,
                                    uint8_t *buf, uint32_t buf_bytes, uint32_t *len) {
    ecm_frame_join_t join;
    join.device_id = cfg->device_id;
    memcpy(join.contract_id, cfg->contract_id, ECM_FRAME_ID_BYTES);
    memcpy(join.model_id, cfg->model_id, ECM_FRAME_ID_BYTES);
    join.features_len = (uint16_t)cfg->plan->features_len;
    join.seq = (uint16_t)(app->seq & 0xffffU);
    return ecm_frame_encode_join(&join, buf, buf_bytes, len);
}

static ecm_status_t app_report_status(ecm_app_t *app, const ecm_app_cfg_t *cfg,
                                      ecm_app_dist_t *dist, uint32_t uptime_s,
                                      uint8_t *buf, uint32_t buf_bytes, uint32_t *len) {
    ecm_frame_t frame;
    ecm_status_t status;
    memset(&frame, 0, sizeof frame);
    frame.device_id = cfg->device_id;
    frame.contract_id = app_id_prefix(cfg->contract_id);
    frame.model_id = app_id_prefix(cfg->model_id);
    frame.seq = (uint16_t)(app->seq & 0xffffU);
    frame.health = (uint8_t)(app->health & 0xffU);
    frame.alarms = (uint8_t)(app->alarms & 0xffU);
    frame.uptime_s = uptime_s;
    frame.class_id = (uint8_t)app->class_id;
    frame.feature = (uint8_t)app->feature;
    frame.score = app->score[0];
    frame.drift = app->drift;
    memcpy(frame.count, dist[app->feature].count, sizeof frame.count);
    status = ecm_frame_encode(&frame, buf, buf_bytes, len);
    ECM_REQUIRE(status == ECM_OK, status);
    app_dist_clear(cfg, app->feature, &dist[app->feature]);
    app->feature = (app->feature + 1U) % cfg->plan->features_len;
    app->health = 0;
    app->alarms = 0;
    return ECM_OK;
}

ecm_status_t ecm_app_report(ecm_app_t *app, const ecm_app_cfg_t *cfg,
                            ecm_app_dist_t *dist, uint32_t uptime_s, uint8_t *buf,
                            uint32_t buf_bytes, uint32_t *len) {
    ecm_status_t status;
    ECM_REQUIRE(app != NULL && cfg != NULL && dist != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(buf != NULL && len != NULL, ECM_ERR_NULL);
    if (app->seq == 0U) {
        status = app_report_join(app, cfg, buf, buf_bytes, len);
    } else {
        status = app_report_status(app, cfg, dist, uptime_s, buf, buf_bytes, len);
    }
    ECM_REQUIRE(status == ECM_OK, status);
    app->seq++;
    return ECM_OK;
}
