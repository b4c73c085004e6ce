/* ecm_app.c - see ecm_app.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_app.h"

#include "ecm_app_watch.h"
#include "ecm_math.h"

#define APP_QUIET_NAN_BITS 0x7fc00000U

/* ---- init -------------------------------------------------------------------------
 */

static ecm_status_t app_check_channel(const ecm_app_cfg_t *cfg, uint32_t index) {
    const ecm_app_channel_cfg_t *channel = &cfg->channels[index];
    const ecm_feat_plan_t *plan = channel->plan, *first = cfg->channels[0].plan;
    ecm_feat_need_t need;
    ecm_status_t status = ecm_feat_check(plan);
    ECM_REQUIRE(status == ECM_OK, status);
    (void)ecm_feat_need(plan, &need);
    ECM_REQUIRE(plan->steps_len == 0U ||
                    need.sample_bytes == cfg->samples->window_bytes,
                ECM_ERR_ARG);
    ECM_REQUIRE(plan->fs_hz == first->fs_hz && plan->window_len == first->window_len &&
                    plan->hop_len == first->hop_len,
                ECM_ERR_ARG);
    ECM_REQUIRE(cfg->turns == NULL || plan->steps_len >= 1U, ECM_ERR_ARG);
    ECM_REQUIRE(cfg->work_len >= plan->work_len, ECM_ERR_LENGTH);
    ECM_REQUIRE(channel->health.range > 0.0f && channel->health.stuck_len >= 2U,
                ECM_ERR_ARG);
    return ECM_OK;
}

static ecm_status_t app_check_channels(const ecm_app_cfg_t *cfg) {
    uint32_t i, features_len = 0;
    const ecm_feat_plan_t *first;
    ECM_REQUIRE(cfg->samples != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->channels != NULL && cfg->dist_edges != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->channels_len >= 1U &&
                    cfg->channels_len <= (uint32_t)ECM_APP_CHANNELS_MAX,
                ECM_ERR_ARG);
    for (i = 0; i < cfg->channels_len; i++) {
        ecm_status_t status = app_check_channel(cfg, i);
        ECM_REQUIRE(status == ECM_OK, status);
        features_len += cfg->channels[i].plan->features_len;
    }
    ECM_REQUIRE(features_len >= 1U && features_len <= (uint32_t)ECM_APP_FEATURES_MAX,
                ECM_ERR_ARG);
    ECM_REQUIRE(features_len == cfg->features_len, ECM_ERR_ARG);
    ECM_REQUIRE(cfg->dist_bins >= (uint32_t)ECM_APP_BINS_MIN &&
                    cfg->dist_bins <= (uint32_t)ECM_APP_BINS_MAX &&
                    (cfg->dist_bins & (cfg->dist_bins - 1U)) == 0U,
                ECM_ERR_ARG);
    first = cfg->channels[0].plan;
    ECM_REQUIRE(cfg->ring_len >= first->window_len &&
                    cfg->ring_len <= (uint32_t)ECM_RING_LEN_MAX,
                ECM_ERR_LENGTH);
    return ECM_OK;
}

static ecm_status_t app_check_models(const ecm_app_cfg_t *cfg) {
    uint32_t i, scores = 0, values = 0, classes = 0, outputs = 0;
    ECM_REQUIRE(cfg->models != NULL || cfg->models_len == 0U, ECM_ERR_NULL);
    for (i = 0; i < cfg->models_len; i++) {
        const ecm_app_model_t *model = &cfg->models[i];
        ECM_REQUIRE(model->run != NULL, ECM_ERR_NULL);
        ECM_REQUIRE(model->outputs_len >= 1U, ECM_ERR_ARG);
        if (model->kind == ECM_APP_MODEL_SCORE) {
            ECM_REQUIRE(model->outputs_len == 1U, ECM_ERR_ARG);
            scores++;
        } else if (model->kind == ECM_APP_MODEL_VALUES) {
            values += model->outputs_len;
        } else {
            ECM_REQUIRE(model->kind == ECM_APP_MODEL_CLASS && classes == 0U,
                        ECM_ERR_ARG);
            classes = model->outputs_len;
        }
        outputs += model->outputs_len;
    }
    ECM_REQUIRE(scores == cfg->scores_len && scores <= ECM_APP_SCORES_MAX, ECM_ERR_ARG);
    ECM_REQUIRE(values == cfg->values_len && values <= ECM_APP_VALUES_MAX, ECM_ERR_ARG);
    ECM_REQUIRE(classes == cfg->classes_len && classes <= ECM_APP_NO_CLASS,
                ECM_ERR_ARG);
    ECM_REQUIRE(outputs == cfg->outputs_len, ECM_ERR_ARG);
    return ECM_OK;
}

static ecm_status_t app_check_shadow(const ecm_app_cfg_t *cfg) {
    if (cfg->shadow == NULL) {
        return ECM_OK;
    }
    ECM_REQUIRE(cfg->shadow->calls != NULL, ECM_ERR_NULL);
    return cfg->shadow->calls->check(cfg->shadow, cfg->models, cfg->models_len);
}

/* Do monitors read values that there are, and has each score a group of its own? Their
 * tables are looked at when they start. */
static ecm_status_t app_check_monitors(const ecm_app_cfg_t *cfg) {
    const ecm_monitor_cfg_t *monitor = cfg->monitor;
    uint32_t inputs = cfg->features_len + cfg->outputs_len + ECM_APP_OTHERS, i;
    if (monitor == NULL) {
        return cfg->scores_len == 0U ? ECM_OK : ECM_ERR_NULL;
    }
    ECM_REQUIRE(ecm_monitor_words(monitor) != 0U, ECM_ERR_NULL);
    ECM_REQUIRE(monitor->groups_len >= cfg->scores_len, ECM_ERR_ARG);
    for (i = 0; i < monitor->scores_len; i++) {
        ECM_REQUIRE(monitor->scores[i].input < inputs, ECM_ERR_ARG);
    }
    for (i = 0; i < monitor->regime_len; i++) {
        ECM_REQUIRE(monitor->regime_inputs[i] < inputs, ECM_ERR_ARG);
    }
    return ECM_OK;
}

/* Floats that the plans keep from window to window: all, or, in turn, the most. */
static size_t app_states_len(const ecm_app_cfg_t *cfg) {
    size_t sum = 0, most = 0;
    uint32_t i;
    for (i = 0; i < cfg->channels_len; i++) {
        size_t own = cfg->channels[i].plan->state_len;
        sum += own;
        most = own > most ? own : most;
    }
    return cfg->turns == NULL ? sum : most;
}

static size_t app_mem_len(const ecm_app_cfg_t *cfg) {
    return ECM_APP_MEM_LEN(1U, ecm_app_queue_all(cfg), ecm_app_queue_window_floats(cfg),
                           cfg->work_len, cfg->features_len,
                           cfg->outputs_len +
                               (cfg->shadow == NULL ? 0U : (size_t)cfg->shadow->len),
                           cfg->monitor == NULL ? 0U : ecm_monitor_words(cfg->monitor),
                           app_states_len(cfg));
}

ecm_status_t ecm_app_init(ecm_app_t *app, ecm_app_channel_t *channels,
                          const ecm_app_cfg_t *cfg, float *mem, void *dist) {
    ecm_status_t status;
    uint32_t i, nan_bits = APP_QUIET_NAN_BITS;
    ECM_REQUIRE(app != NULL && channels != NULL && cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(mem != NULL && dist != NULL, ECM_ERR_NULL);
    status = app_check_channels(cfg);
    ECM_REQUIRE(status == ECM_OK, status);
    status = app_check_models(cfg);
    ECM_REQUIRE(status == ECM_OK, status);
    status = app_check_shadow(cfg);
    ECM_REQUIRE(status == ECM_OK, status);
    status = app_check_monitors(cfg);
    ECM_REQUIRE(status == ECM_OK, status);
    if (cfg->monitor != NULL) { /* it refuses before it writes */
        status = ecm_monitor_init(ecm_app_queue_parts(cfg, mem).monitor, cfg->monitor);
        ECM_REQUIRE(status == ECM_OK, status);
    }

    memset(app, 0, sizeof *app);
    memset(channels, 0, sizeof *channels * cfg->channels_len);
    for (i = 1; cfg->turns != NULL && i < cfg->channels_len; i++) {
        channels[i].away = 1;
    }
    memset(mem, 0, sizeof *mem * app_mem_len(cfg));
    app->class_id = ECM_APP_NO_CLASS;
    memcpy(&app->score, &nan_bits, sizeof nan_bits);
    for (i = 0; i < ECM_APP_VALUES_MAX; i++) {
        memcpy(&app->value[i], &nan_bits, sizeof nan_bits);
    }
    memcpy(&app->latency_ms, &nan_bits, sizeof nan_bits);
    memcpy(&app->stack_bytes, &nan_bits, sizeof nan_bits);
    if (cfg->monitor != NULL) {
        (void)ecm_monitor_init(ecm_app_queue_parts(cfg, mem).monitor, cfg->monitor);
    }
    for (i = 0; i < cfg->features_len; i++) {
        ecm_app_watch_clear(cfg, i, dist);
    }
    return ECM_OK;
}

ecm_status_t ecm_app_set_speed(ecm_app_t *app, float speed_hz) {
    ECM_REQUIRE(app != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(speed_hz >= 0.0f && ecm_math_isfinite_f32(speed_hz), ECM_ERR_ARG);
    app->speed_hz = speed_hz;
    return ECM_OK;
}

ecm_status_t ecm_app_set_latency(ecm_app_t *app, float latency_ms) {
    ECM_REQUIRE(app != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(latency_ms >= 0.0f && ecm_math_isfinite_f32(latency_ms), ECM_ERR_ARG);
    app->latency_ms = latency_ms;
    return ECM_OK;
}

ecm_status_t ecm_app_set_update(ecm_app_t *app, uint32_t reason) {
    ECM_REQUIRE(app != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(reason <= (uint32_t)ECM_FRAME_UPDATE_MAX, ECM_ERR_ARG);
    app->update = reason;
    return ECM_OK;
}

ecm_status_t ecm_app_set_stack(ecm_app_t *app, uint32_t stack_bytes) {
    ECM_REQUIRE(app != NULL, ECM_ERR_NULL);
    app->stack_bytes = (float)stack_bytes;
    return ECM_OK;
}

ecm_status_t ecm_app_suspend(ecm_app_t *app, uint32_t reason) {
    ECM_REQUIRE(app != NULL, ECM_ERR_NULL);
    app->suspended = reason;
    return ECM_OK;
}

/* ---- step: features, models, monitors ---------------------------------------------
 */

/* One step of one plan. A window that lacks history ends behind the last one of all;
 * steps that keep nothing are passed over in it. */
static ecm_status_t app_run_feat(const ecm_app_task_t *t, uint32_t channel,
                                 uint32_t index) {
    ecm_app_t *app = t->app;
    const ecm_feat_plan_t *plan = t->cfg->channels[channel].plan;
    float *features = t->mem.features;
    ecm_status_t status;
    uint32_t i;
    for (i = 0; i < channel; i++) {
        features += t->cfg->channels[i].plan->features_len;
    }
    /* of the first, and in turn of each, mem.window has it already */
    if (t->cfg->turns == NULL && app->released <= channel) {
        ecm_app_queue_window(t, channel);
        ecm_app_queue_release(t, channel + 1U);
    }
    status =
        ecm_feat_step_f32(ecm_app_queue_state(t, channel), plan, index,
                          app->window_speed_hz, t->mem.window, t->mem.work, features);
    ECM_REQUIRE(status >= ECM_OK, status);
    if (status == ECM_MORE) {
        app->warming = 1;
        if (ecm_feat_may_stop(plan, index)) {
            app->slice += plan->steps_len - 1U - index;
        }
    }
    return ECM_MORE;
}

static ecm_status_t app_run_model(const ecm_app_task_t *t, uint32_t index) {
    uint32_t i, at = 0;
    ecm_status_t status;
    for (i = 0; i < index; i++) {
        at += t->cfg->models[i].outputs_len;
    }
    status =
        t->cfg->models[index].run(t->mem.features, t->mem.outputs + at, t->mem.work);
    ECM_REQUIRE(status >= ECM_OK, status);
    return ECM_MORE;
}

/* ---- step -------------------------------------------------------------------------
 */

/* Slice `at` of a window, from 0: the steps of each channel, the models, challengers,
 * the monitors. */
static ecm_status_t app_run(const ecm_app_task_t *t, uint32_t at, void *dist,
                            ecm_app_event_t *event) {
    uint32_t i;
    for (i = 0; i < t->cfg->channels_len; i++) {
        uint32_t steps_len = t->cfg->channels[i].plan->steps_len;
        if (at < steps_len) {
            return app_run_feat(t, i, at);
        }
        at -= steps_len;
    }
    if (at < t->cfg->models_len) {
        return app_run_model(t, at);
    }
    at -= t->cfg->models_len;
    if (t->cfg->shadow != NULL && at < t->cfg->shadow->shadows_len) {
        t->cfg->shadow->calls->run(t->cfg->shadow, at, t->mem.features, t->mem.shadow,
                                   t->mem.work);
        return ECM_MORE;
    }
    return ecm_app_watch_window(t, dist, event);
}

/* Was the last slice the last one of the features: of all channels, or, in turn, of the
 * present one? */
static bool app_ends_features(const ecm_app_task_t *t) {
    uint32_t i, steps_len = 0;
    uint32_t end = t->cfg->turns == NULL ? t->cfg->channels_len : t->app->released + 1U;
    for (i = 0; i < end && i < t->cfg->channels_len; i++) {
        steps_len += t->cfg->channels[i].plan->steps_len;
    }
    return t->app->slice - 1U == steps_len && i == end;
}

/* The end of a window, or of what was to be done with it. */
static void app_end(const ecm_app_task_t *t) {
    t->app->slice = 0;
    if (t->cfg->turns == NULL) { /* channels without a step, or a refusal */
        ecm_app_queue_release(t, t->cfg->channels_len);
    } else if (t->app->released == t->cfg->channels_len) {
        t->app->released = 0;
    }
}

ecm_status_t ecm_app_step(ecm_app_t *app, ecm_app_channel_t *channels,
                          const ecm_app_cfg_t *cfg, float *mem, void *dist,
                          ecm_app_event_t *event) {
    ecm_status_t status;
    ecm_app_task_t t;
    bool ends;
    ECM_REQUIRE(app != NULL && channels != NULL && cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(mem != NULL && dist != NULL && event != NULL, ECM_ERR_NULL);
    t.app = app;
    t.channels = channels;
    t.cfg = cfg;
    t.mem = ecm_app_queue_parts(cfg, mem);
    t.window_len = cfg->channels[0].plan->window_len;
    t.hop_len = cfg->channels[0].plan->hop_len;
    if (app->slice == 0U) {
        return cfg->turns == NULL ? ecm_app_queue_fetch(&t, event)
                                  : cfg->turns->fetch(&t, event);
    }
    status = app_run(&t, app->slice - 1U, dist, event);
    app->slice++;
    ends = app_ends_features(&t);
    if (status != ECM_MORE || (ends && app->warming != 0U)) {
        app_end(&t);
    } else if (ends && cfg->turns != NULL) {
        cfg->turns->next(&t);
    }
    return status;
}

const float *ecm_app_features(const ecm_app_cfg_t *cfg, const float *mem) {
    if (cfg == NULL || cfg->channels == NULL || cfg->samples == NULL || mem == NULL) {
        return NULL;
    }
    return mem + ecm_app_queue_all(cfg) + ecm_app_queue_window_floats(cfg) +
           cfg->work_len;
}

const float *ecm_app_outputs(const ecm_app_cfg_t *cfg, const float *mem) {
    const float *features = ecm_app_features(cfg, mem);
    return features == NULL ? NULL : features + cfg->features_len;
}

const float *ecm_app_shadow_outputs(const ecm_app_cfg_t *cfg, const float *mem) {
    const float *outputs = ecm_app_outputs(cfg, mem);
    return outputs == NULL ? NULL : outputs + cfg->outputs_len + ECM_APP_OTHERS;
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
    join.features_len = (uint16_t)cfg->features_len;
    join.seq = (uint16_t)(app->seq & 0xffffU);
    return ecm_frame_encode_join(&join, cfg->mac, cfg->mac_user, buf, buf_bytes, len);
}

/* The features whose turn it is, as many as a frame may have. */
static uint32_t app_sketches(const ecm_app_t *app, const ecm_app_cfg_t *cfg, void *dist,
                             ecm_frame_sketch_t *sketches) {
    uint32_t i, feature = app->feature;
    for (i = 0; i < ECM_FRAME_SKETCHES_MAX && i < cfg->features_len; i++) {
        sketches[i].count = ecm_app_watch_counters(cfg, feature, dist);
        sketches[i].bins = (uint16_t)cfg->dist_bins;
        sketches[i].feature = (uint16_t)feature;
        feature = (feature + 1U) % cfg->features_len;
    }
    return i;
}

/* Statistics of the groups over their limits, and the largest of all. */
static uint16_t app_ratios(const ecm_app_cfg_t *cfg, float *mem, float *ratios,
                           float *most) {
    const void *state = ecm_app_queue_parts(cfg, mem).monitor;
    uint32_t i, n = cfg->monitor == NULL ? 0U : cfg->monitor->groups_len;
    for (i = 0; i < n; i++) {
        float ratio = ecm_monitor_ratio_f32(state, cfg->monitor, i);
        *most = ratio > *most ? ratio : *most;
        if (i < ECM_FRAME_RATIOS_MAX) {
            ratios[i] = ratio;
        }
    }
    return (uint16_t)(n < ECM_FRAME_RATIOS_MAX ? n : ECM_FRAME_RATIOS_MAX);
}

static ecm_status_t app_report_status(ecm_app_t *app, const ecm_app_cfg_t *cfg,
                                      float *mem, void *dist, uint32_t uptime_s,
                                      uint8_t *buf, uint32_t buf_bytes, uint32_t *len) {
    ecm_frame_sketch_t sketches[ECM_FRAME_SKETCHES_MAX];
    float ratios[ECM_FRAME_RATIOS_MAX];
    float *kept = ecm_app_queue_parts(cfg, mem).shadow;
    uint8_t item[ECM_FRAME_SHADOW_BYTES];
    ecm_frame_sent_t sent;
    ecm_frame_t frame;
    ecm_status_t status;
    uint32_t i;
    memset(&frame, 0, sizeof frame);
    frame.device_id = cfg->device_id;
    frame.contract_id = app_id_prefix(cfg->contract_id);
    frame.model_id = app_id_prefix(cfg->model_id);
    frame.seq = (uint16_t)(app->seq & 0xffffU);
    frame.health = (uint16_t)(app->health & 0xffffU);
    frame.alarms =
        (uint16_t)((app->alarms & 0x7fffU) | (app->alarms > 0x7fffU ? 0x8000U : 0U));
    frame.uptime_s = uptime_s;
    frame.class_id = (uint16_t)app->class_id;
    frame.score = app->score;
    frame.values = app->value;
    frame.values_len = cfg->values_len;
    frame.update = (uint16_t)app->update;
    frame.ratios = ratios;
    frame.ratios_len = app_ratios(cfg, mem, ratios, &frame.drift);
    frame.sketches = sketches;
    frame.sketches_len = (uint16_t)app_sketches(app, cfg, dist, sketches);
    if (cfg->shadow != NULL) {
        cfg->shadow->calls->say(cfg->shadow, kept, item, &frame);
    }
    status =
        ecm_frame_encode(&frame, cfg->mac, cfg->mac_user, buf, buf_bytes, len, &sent);
    ECM_REQUIRE(status == ECM_OK, status);
    if (sent.shadow != 0U) {
        cfg->shadow->calls->clear(cfg->shadow, kept);
    }
    for (i = 0; i < sent.sketches; i++) {
        ecm_app_watch_clear(cfg, app->feature, dist);
        app->feature = (app->feature + 1U) % cfg->features_len;
    }
    app->health = 0;
    app->alarms = 0;
    return ECM_OK;
}

ecm_status_t ecm_app_report(ecm_app_t *app, const ecm_app_cfg_t *cfg, float *mem,
                            void *dist, uint32_t uptime_s, uint8_t *buf,
                            uint32_t buf_bytes, uint32_t *len) {
    ecm_status_t status;
    ECM_REQUIRE(app != NULL && cfg != NULL && mem != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(dist != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(buf != NULL && len != NULL, ECM_ERR_NULL);
    if (app->seq == 0U) {
        status = app_report_join(app, cfg, buf, buf_bytes, len);
    } else {
        status = app_report_status(app, cfg, mem, dist, uptime_s, buf, buf_bytes, len);
    }
    ECM_REQUIRE(status == ECM_OK, status);
    app->seq++;
    return ECM_OK;
}

ecm_status_t ecm_app_save(const ecm_app_cfg_t *cfg, float *mem,
                          const ecm_state_store_t *store) {
    ECM_REQUIRE(cfg != NULL && cfg->monitor != NULL && mem != NULL, ECM_ERR_NULL);
    return ecm_monitor_save(ecm_app_queue_parts(cfg, mem).monitor, cfg->monitor, store);
}

ecm_status_t ecm_app_load(const ecm_app_cfg_t *cfg, float *mem,
                          const ecm_state_store_t *store) {
    ECM_REQUIRE(cfg != NULL && cfg->monitor != NULL && mem != NULL, ECM_ERR_NULL);
    return ecm_monitor_load(ecm_app_queue_parts(cfg, mem).monitor, cfg->monitor, store);
}
