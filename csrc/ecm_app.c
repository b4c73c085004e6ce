/* ecm_app.c - see ecm_app.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_app.h"

#include "ecm_math.h"

#define APP_QUIET_NAN_BITS 0x7fc00000U

/* The caller's array of floats, in the order of ECM_APP_MEM_LEN. */
typedef struct {
    float *rings;
    float *window;
    float *work;
    float *features;
    float *outputs;
    float *states;
} app_mem_t;

/* Everything that a slice works with. */
typedef struct {
    ecm_app_t *app;
    ecm_app_channel_t *channels;
    const ecm_app_cfg_t *cfg;
    app_mem_t mem;
    uint32_t window_len;
    uint32_t hop_len;
} app_task_t;

/* Floats that samples take. */
static size_t app_samples_len(const ecm_app_cfg_t *cfg, uint32_t samples_len) {
    return ECM_APP_SAMPLES_LEN((size_t)samples_len, cfg->samples->bytes);
}

static app_mem_t app_mem(const ecm_app_cfg_t *cfg, float *mem) {
    app_mem_t m;
    m.rings = mem;
    m.window = m.rings + cfg->channels_len * app_samples_len(cfg, cfg->ring_len);
    m.work = m.window + app_samples_len(cfg, cfg->channels[0].plan->window_len);
    m.features = m.work + cfg->work_len;
    m.outputs = m.features + cfg->features_len;
    m.states = m.outputs + cfg->outputs_len;
    return m;
}

/* Settings of the counters of a feature, and their start. */
static ecm_dist_cfg_t app_dist_cfg(const ecm_app_cfg_t *cfg, uint32_t feature) {
    ecm_dist_cfg_t made;
    memset(&made, 0, sizeof made);
    made.edges = &cfg->dist_edges[feature * ECM_APP_EDGES];
    made.bins = ECM_APP_BINS;
    made.form = ECM_DIST_FILL;
    made.window_len = ECM_DIST_WINDOW_MAX;
    return made;
}

static void app_dist_clear(const ecm_app_cfg_t *cfg, uint32_t feature,
                           ecm_app_dist_t *dist) {
    ecm_dist_cfg_t made = app_dist_cfg(cfg, feature);
    (void)ecm_dist_init(&dist->st, &made, dist->count);
}

/* A field that push writes: loaded exactly once, here. */
static uint32_t app_load(const uint32_t *field) {
    return *(const volatile uint32_t *)field;
}

/* A ring is copied from, so that the plan's steps may destroy the window. */
static ecm_ring_cfg_t app_ring(const ecm_app_cfg_t *cfg) {
    ecm_ring_cfg_t ring;
    ring.ring_len = cfg->ring_len;
    ring.window_len = 1;
    return ring;
}

/* ---- samples ----------------------------------------------------------------------
 */

static ecm_status_t app_copy_f32(const ecm_ring_t *ring, const ecm_ring_cfg_t *cfg,
                                 const void *mem, void *x, uint32_t x_len) {
    return ecm_ring_copy_f32(ring, cfg, (const float *)mem, (float *)x, x_len);
}

static ecm_status_t app_judge_f32(ecm_health_t *st, const ecm_health_cfg_t *cfg,
                                  const void *x, uint32_t x_len, uint32_t *verdict) {
    return ecm_health_update_f32(st, cfg, (const float *)x, x_len, verdict);
}

const ecm_app_samples_t ecm_app_samples_f32 = {(uint32_t)sizeof(float), app_copy_f32,
                                               app_judge_f32};

static ecm_status_t app_copy_s16(const ecm_ring_t *ring, const ecm_ring_cfg_t *cfg,
                                 const void *mem, void *x, uint32_t x_len) {
    return ecm_ring_copy_s16(ring, cfg, (const int16_t *)mem, (int16_t *)x, x_len);
}

static ecm_status_t app_judge_s16(ecm_health_t *st, const ecm_health_cfg_t *cfg,
                                  const void *x, uint32_t x_len, uint32_t *verdict) {
    return ecm_health_update_s16(st, cfg, (const int16_t *)x, x_len, verdict);
}

const ecm_app_samples_t ecm_app_samples_s16 = {(uint32_t)sizeof(int16_t), app_copy_s16,
                                               app_judge_s16};

/* ---- init -------------------------------------------------------------------------
 */

static ecm_status_t app_check_channel(const ecm_app_cfg_t *cfg, uint32_t index) {
    const ecm_app_channel_cfg_t *channel = &cfg->channels[index];
    const ecm_feat_plan_t *plan = channel->plan, *first = cfg->channels[0].plan;
    ecm_feat_need_t need;
    ecm_status_t status = ecm_feat_check(plan);
    ECM_REQUIRE(status == ECM_OK, status);
    (void)ecm_feat_need(plan, &need);
    ECM_REQUIRE(plan->steps_len == 0U || need.sample_bytes == cfg->samples->bytes,
                ECM_ERR_ARG);
    ECM_REQUIRE(plan->fs_hz == first->fs_hz && plan->window_len == first->window_len &&
                    plan->hop_len == first->hop_len,
                ECM_ERR_ARG);
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
    first = cfg->channels[0].plan;
    ECM_REQUIRE(cfg->ring_len >= first->window_len + first->hop_len &&
                    cfg->ring_len <= (uint32_t)ECM_RING_LEN_MAX,
                ECM_ERR_LENGTH);
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
    return ECM_OK;
}

/* Floats that the plans keep from window to window. */
static size_t app_states_len(const ecm_app_cfg_t *cfg) {
    size_t sum = 0;
    uint32_t i;
    for (i = 0; i < cfg->channels_len; i++) {
        sum += cfg->channels[i].plan->state_len;
    }
    return sum;
}

static size_t app_mem_len(const ecm_app_cfg_t *cfg) {
    uint32_t window_len = cfg->channels[0].plan->window_len;
    return ECM_APP_MEM_LEN(cfg->channels_len, app_samples_len(cfg, cfg->ring_len),
                           app_samples_len(cfg, window_len), cfg->work_len,
                           cfg->features_len, cfg->outputs_len, app_states_len(cfg));
}

ecm_status_t ecm_app_init(ecm_app_t *app, ecm_app_channel_t *channels,
                          const ecm_app_cfg_t *cfg, float *mem, ecm_app_dist_t *dist) {
    ecm_status_t status;
    uint32_t i, nan_bits = APP_QUIET_NAN_BITS;
    ECM_REQUIRE(app != NULL && channels != NULL && cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(mem != NULL && dist != NULL, ECM_ERR_NULL);
    status = app_check_channels(cfg);
    ECM_REQUIRE(status == ECM_OK, status);
    status = app_check_models(cfg);
    ECM_REQUIRE(status == ECM_OK, status);
    status = app_check_limits(cfg);
    ECM_REQUIRE(status == ECM_OK, status);

    memset(app, 0, sizeof *app);
    memset(channels, 0, sizeof *channels * cfg->channels_len);
    app->class_id = ECM_APP_NO_CLASS;
    for (i = 0; i < ECM_APP_SCORES_MAX; i++) {
        memcpy(&app->score[i], &nan_bits, sizeof nan_bits);
    }
    memset(mem, 0, sizeof *mem * app_mem_len(cfg));
    for (i = 0; i < cfg->features_len; i++) {
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

/* ---- the queues -------------------------------------------------------------------
 */

/* May samples of so many bytes be pushed, and where is the ring of their channel? */
static ecm_status_t app_queue(const ecm_app_channel_t *channels,
                              const ecm_app_cfg_t *cfg, float *mem, uint32_t channel,
                              size_t bytes, void **ring) {
    ECM_REQUIRE(channels != NULL && cfg != NULL && mem != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(channel < cfg->channels_len && cfg->samples->bytes == bytes,
                ECM_ERR_ARG);
    *ring = mem + channel * app_samples_len(cfg, cfg->ring_len);
    return ECM_OK;
}

ecm_status_t ecm_app_push_f32(ecm_app_channel_t *channels, const ecm_app_cfg_t *cfg,
                              float *mem, uint32_t channel, const float *x,
                              uint32_t x_len) {
    ecm_ring_cfg_t ring;
    void *at;
    ecm_status_t status = app_queue(channels, cfg, mem, channel, sizeof *x, &at);
    ECM_REQUIRE(status == ECM_OK, status);
    ring = app_ring(cfg);
    return ecm_ring_push_f32(&channels[channel].ring, &ring, (float *)at, x, x_len);
}

ecm_status_t ecm_app_push_s16(ecm_app_channel_t *channels, const ecm_app_cfg_t *cfg,
                              float *mem, uint32_t channel, const int16_t *x,
                              uint32_t x_len) {
    ecm_ring_cfg_t ring;
    void *at;
    ecm_status_t status = app_queue(channels, cfg, mem, channel, sizeof *x, &at);
    ECM_REQUIRE(status == ECM_OK, status);
    ring = app_ring(cfg);
    return ecm_ring_push_s16(&channels[channel].ring, &ring, (int16_t *)at, x, x_len);
}

/* Copy the window of a channel, which is known to be there. */
static void app_copy_window(const app_task_t *t, uint32_t channel) {
    ecm_ring_cfg_t ring = app_ring(t->cfg);
    (void)t->cfg->samples->copy(&t->channels[channel].ring, &ring,
                                t->mem.rings +
                                    channel * app_samples_len(t->cfg, t->cfg->ring_len),
                                t->mem.window, t->window_len);
}

/* Give the hops of the present window back, of the channels before `end`. */
static void app_release(const app_task_t *t, uint32_t end) {
    ecm_ring_cfg_t ring = app_ring(t->cfg);
    for (; t->app->released < end; t->app->released++) {
        (void)ecm_ring_release(&t->channels[t->app->released].ring, &ring, t->hop_len);
    }
}

static bool app_has_window(const app_task_t *t, uint32_t channel) {
    return ecm_ring_queued(&t->channels[channel].ring) >= t->window_len;
}

/* ---- step: health first -----------------------------------------------------------
 */

static void app_forget(const app_task_t *t) {
    float *state = t->mem.states;
    uint32_t i;
    for (i = 0; i < t->cfg->channels_len; i++) {
        const ecm_feat_plan_t *plan = t->cfg->channels[i].plan;
        (void)ecm_feat_reset_f32(state, plan);
        state += plan->state_len;
    }
}

/* An event from the verdicts on the channels; something is wrong with one of them. */
static void app_complain(const app_task_t *t, ecm_app_event_t *event) {
    uint32_t i;
    memset(event, 0, sizeof *event);
    event->window = t->app->window++;
    event->class_id = ECM_APP_NO_CLASS;
    for (i = 0; i < t->cfg->channels_len; i++) {
        event->health |= t->channels[i].health;
        event->unwell |= t->channels[i].health != 0U ? (uint32_t)1 << i : 0U;
    }
    t->app->health |= event->health;
    app_forget(t);
}

/* Number of the oldest sample that is queued or will be, counted in all channels from
 * the same. Push changes `lost` in an overrun alone, which is dealt with next. */
static uint32_t app_oldest(const ecm_app_channel_t *channel) {
    return channel->ring.tail + app_load(&channel->ring.lost) - channel->origin;
}

/* Drop what is queued, and count from the next sample that is pushed. */
static void app_restart(const app_task_t *t, ecm_app_channel_t *channel) {
    ecm_ring_cfg_t ring = app_ring(t->cfg);
    uint32_t queued = ecm_ring_queued(&channel->ring);
    (void)ecm_ring_release(&channel->ring, &ring, queued);
    channel->origin += app_oldest(channel);
    if (queued == 0U) { /* samples to come may be released already */
        channel->origin += app_load(&channel->ring.head) - channel->ring.tail;
    }
}

/* After an overrun of rings: which channels are to blame, see ecm_app.h. Tells whether
 * sensors have stopped. */
static bool app_blame(const app_task_t *t) {
    bool stopped = false;
    uint32_t i;
    for (i = 0; i < t->cfg->channels_len; i++) {
        bool overran = ecm_ring_has_gap(&t->channels[i].ring);
        stopped = stopped || (!overran && !app_has_window(t, i));
    }
    for (i = 0; i < t->cfg->channels_len; i++) {
        ecm_app_channel_t *channel = &t->channels[i];
        bool overran = ecm_ring_has_gap(&channel->ring);
        bool to_blame = stopped ? !overran && !app_has_window(t, i) : overran;
        channel->health = to_blame ? (uint32_t)ECM_HEALTH_MISSING : 0U;
        if (to_blame) {
            (void)ecm_health_gap(&channel->sensor);
        }
    }
    return stopped;
}

/* Start all channels again behind an overrun, at samples that belong together. */
static ecm_status_t app_resume(const app_task_t *t, ecm_app_event_t *event) {
    bool stopped = app_blame(t);
    ecm_ring_cfg_t ring = app_ring(t->cfg);
    uint32_t i, latest = 0;
    for (i = 0; i < t->cfg->channels_len; i++) {
        ecm_app_channel_t *channel = &t->channels[i];
        (void)ecm_ring_resume(&channel->ring);
        if (stopped) {
            app_restart(t, channel);
        }
        if (i == 0U || (int32_t)(app_oldest(channel) - latest) > 0) {
            latest = app_oldest(channel);
        }
    }
    for (i = 0; i < t->cfg->channels_len; i++) {
        ecm_app_channel_t *channel = &t->channels[i];
        (void)ecm_ring_release(&channel->ring, &ring, latest - app_oldest(channel));
        channel->tainted = 0;
        channel->tainted_len = 0;
    }
    t->app->begun = 0;
    app_complain(t, event);
    return ECM_APP_EVENT;
}

/* Judge the new samples of a channel's window. Bad ones taint every window that
 * overlaps the stretch in which they came. */
static ecm_status_t app_judge(const app_task_t *t, uint32_t index) {
    ecm_app_channel_t *channel = &t->channels[index];
    uint32_t new_len = t->app->begun != 0U ? t->hop_len : t->window_len;
    uint32_t bits;
    const uint8_t *window = (const uint8_t *)(const void *)t->mem.window;
    ecm_status_t status = t->cfg->samples->judge(
        &channel->sensor, &t->cfg->channels[index].health,
        window + (size_t)(t->window_len - new_len) * t->cfg->samples->bytes, new_len,
        &bits);
    ECM_REQUIRE(status >= ECM_OK, status);
    if (channel->tainted_len == 0U) {
        channel->tainted = 0;
    }
    if (bits != 0U) {
        channel->tainted |= bits;
        channel->tainted_len = t->window_len;
    }
    channel->tainted_len -=
        channel->tainted_len < t->hop_len ? channel->tainted_len : t->hop_len;
    channel->health = channel->tainted;
    return ECM_OK;
}

/* Judge the window in all channels, the first one last: it then lies in mem.window. */
static ecm_status_t app_judge_all(const app_task_t *t, bool *well) {
    uint32_t i = t->cfg->channels_len;
    ecm_status_t status = ECM_OK;
    *well = true;
    while (i-- > 0U) {
        ecm_status_t own;
        app_copy_window(t, i);
        own = app_judge(t, i);
        status = own < ECM_OK ? own : status;
        *well = *well && t->channels[i].health == 0U;
    }
    t->app->begun = 1;
    t->app->taken++;
    t->app->released = 0;
    return status;
}

static ecm_status_t app_fetch(const app_task_t *t, ecm_app_event_t *event) {
    ecm_app_t *app = t->app;
    ecm_status_t status;
    uint32_t i;
    bool well;
    for (i = 0; i < t->cfg->channels_len; i++) {
        if (ecm_ring_has_gap(&t->channels[i].ring)) {
            return app_resume(t, event);
        }
    }
    for (i = 0; i < t->cfg->channels_len; i++) {
        if (!app_has_window(t, i)) {
            return ECM_OK;
        }
    }
    status = app_judge_all(t, &well);
    app->window_speed_hz = app->speed_hz;
    for (i = 0; i < t->cfg->channels_len; i++) {
        const ecm_feat_plan_t *plan = t->cfg->channels[i].plan;
        if (status >= ECM_OK && !ecm_feat_takes_speed(plan, app->speed_hz)) {
            status = ECM_ERR_ARG;
        }
    }
    app_release(t, well && status >= ECM_OK ? 1U : t->cfg->channels_len);
    if (!well) {
        app_complain(t, event);
        return ECM_APP_EVENT;
    }
    if (status < ECM_OK) {
        app_forget(t);
        return status;
    }
    app->warming = 0;
    app->slice = 1;
    return ECM_MORE;
}

/* ---- step: features, models, monitors ---------------------------------------------
 */

/* One step of one plan. A window that lacks history ends behind the last one of all. */
static ecm_status_t app_run_feat(const app_task_t *t, uint32_t channel,
                                 uint32_t index) {
    ecm_app_t *app = t->app;
    float *features = t->mem.features, *state = t->mem.states;
    ecm_status_t status;
    uint32_t i;
    for (i = 0; i < channel; i++) {
        features += t->cfg->channels[i].plan->features_len;
        state += t->cfg->channels[i].plan->state_len;
    }
    if (app->released <= channel) { /* of the first, mem.window has it already */
        app_copy_window(t, channel);
        app_release(t, channel + 1U);
    }
    status =
        ecm_feat_step_f32(state, t->cfg->channels[channel].plan, index,
                          app->window_speed_hz, t->mem.window, t->mem.work, features);
    ECM_REQUIRE(status >= ECM_OK, status);
    app->warming |= status == ECM_MORE ? 1U : 0U;
    return ECM_MORE;
}

static ecm_status_t app_run_model(const app_task_t *t, uint32_t index) {
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
static bool app_is_countable(const app_task_t *t, const ecm_app_event_t *event) {
    uint32_t i;
    for (i = 0; i < t->cfg->scores_len; i++) {
        float z = app_standardise(&t->cfg->watches[i], event->score[i]);
        if (z != z) {
            return false;
        }
    }
    return !app_has_nan(t->mem.features, t->cfg->features_len) &&
           !app_has_nan(t->mem.outputs, t->cfg->outputs_len);
}

static ecm_status_t app_monitor(const app_task_t *t, ecm_app_dist_t *dist,
                                ecm_app_event_t *event) {
    ecm_app_t *app = t->app;
    ecm_app_event_t found;
    uint32_t i;
    memset(&found, 0, sizeof found);
    found.class_id = ECM_APP_NO_CLASS;
    app_read_outputs(t->cfg, t->mem.outputs, &found);
    if (!app_is_countable(t, &found)) {
        app_forget(t); /* a state may hold a NaN */
        return ECM_ERR_ARG;
    }
    app->drift = 0.0f;
    for (i = 0; i < t->cfg->scores_len; i++) {
        ecm_status_t status = app_watch(app, &t->cfg->watches[i], i, &found);
        ECM_REQUIRE(status >= ECM_OK, status);
        app->score[i] = found.score[i];
        app->drift = found.drift[i] > app->drift ? found.drift[i] : app->drift;
    }
    for (i = 0; i < t->cfg->features_len; i++) {
        ecm_dist_cfg_t made = app_dist_cfg(t->cfg, i);
        /* Full counters keep their shares until they are sent: no refusal here. */
        (void)ecm_dist_update_f32(&dist[i].st, &made, dist[i].count,
                                  t->mem.features[i]);
    }
    app->alarms |= found.alarms;
    app->class_id = found.class_id;
    found.window = app->window++;
    found.valid = 1;
    *event = found;
    return ECM_APP_EVENT;
}

/* ---- step -------------------------------------------------------------------------
 */

/* Slice `at` of a window, from 0: the steps of each channel, the models, the monitors.
 */
static ecm_status_t app_run(const app_task_t *t, uint32_t at, ecm_app_dist_t *dist,
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
    return app_monitor(t, dist, event);
}

/* Is slice `at` the last one of the features? */
static bool app_ends_features(const app_task_t *t, uint32_t at) {
    uint32_t i, steps_len = 0;
    for (i = 0; i < t->cfg->channels_len; i++) {
        steps_len += t->cfg->channels[i].plan->steps_len;
    }
    return at + 1U == steps_len;
}

ecm_status_t ecm_app_step(ecm_app_t *app, ecm_app_channel_t *channels,
                          const ecm_app_cfg_t *cfg, float *mem, ecm_app_dist_t *dist,
                          ecm_app_event_t *event) {
    ecm_status_t status;
    app_task_t t;
    uint32_t at;
    ECM_REQUIRE(app != NULL && channels != NULL && cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(mem != NULL && dist != NULL && event != NULL, ECM_ERR_NULL);
    t.app = app;
    t.channels = channels;
    t.cfg = cfg;
    t.mem = app_mem(cfg, mem);
    t.window_len = cfg->channels[0].plan->window_len;
    t.hop_len = cfg->channels[0].plan->hop_len;
    if (app->slice == 0U) {
        return app_fetch(&t, event);
    }
    at = app->slice - 1U;
    status = app_run(&t, at, dist, event);
    app->slice++;
    if (status != ECM_MORE || (app->warming != 0U && app_ends_features(&t, at))) {
        app->slice = 0;
        app_release(&t, cfg->channels_len); /* channels without a step, or a refusal */
    }
    return status;
}

const float *ecm_app_features(const ecm_app_cfg_t *cfg, const float *mem) {
    if (cfg == NULL || cfg->channels == NULL || cfg->samples == NULL || mem == NULL) {
        return NULL;
    }
    return mem + cfg->channels_len * app_samples_len(cfg, cfg->ring_len) +
           app_samples_len(cfg, cfg->channels[0].plan->window_len) + cfg->work_len;
}

const float *ecm_app_outputs(const ecm_app_cfg_t *cfg, const float *mem) {
    const float *features = ecm_app_features(cfg, mem);
    return features == NULL ? NULL : features + cfg->features_len;
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
static uint32_t app_sketches(const ecm_app_t *app, const ecm_app_cfg_t *cfg,
                             const ecm_app_dist_t *dist, ecm_frame_sketch_t *sketches) {
    uint32_t i, feature = app->feature;
    for (i = 0; i < ECM_FRAME_SKETCHES_MAX && i < cfg->features_len; i++) {
        sketches[i].count = dist[feature].count;
        sketches[i].bins = ECM_APP_BINS;
        sketches[i].feature = (uint16_t)feature;
        feature = (feature + 1U) % cfg->features_len;
    }
    return i;
}

static ecm_status_t app_report_status(ecm_app_t *app, const ecm_app_cfg_t *cfg,
                                      ecm_app_dist_t *dist, uint32_t uptime_s,
                                      uint8_t *buf, uint32_t buf_bytes, uint32_t *len) {
    ecm_frame_sketch_t sketches[ECM_FRAME_SKETCHES_MAX];
    float ratios[ECM_APP_SCORES_MAX];
    ecm_frame_t frame;
    ecm_status_t status;
    uint32_t i, sent;
    memset(&frame, 0, sizeof frame);
    frame.device_id = cfg->device_id;
    frame.contract_id = app_id_prefix(cfg->contract_id);
    frame.model_id = app_id_prefix(cfg->model_id);
    frame.seq = (uint16_t)(app->seq & 0xffffU);
    frame.health = (uint16_t)(app->health & 0xffffU);
    frame.alarms = (uint16_t)(app->alarms & 0xffffU);
    frame.uptime_s = uptime_s;
    frame.class_id = (uint16_t)app->class_id;
    frame.score = app->score[0];
    frame.drift = app->drift;
    for (i = 0; i < cfg->scores_len; i++) {
        ratios[i] = ecm_drift_cusum_ratio_f32(&app->cusum[i], &cfg->watches[i].cusum);
    }
    frame.ratios = ratios;
    frame.ratios_len = cfg->scores_len;
    frame.sketches = sketches;
    frame.sketches_len = (uint16_t)app_sketches(app, cfg, dist, sketches);
    status =
        ecm_frame_encode(&frame, cfg->mac, cfg->mac_user, buf, buf_bytes, len, &sent);
    ECM_REQUIRE(status == ECM_OK, status);
    for (i = 0; i < sent; i++) {
        app_dist_clear(cfg, app->feature, &dist[app->feature]);
        app->feature = (app->feature + 1U) % cfg->features_len;
    }
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
