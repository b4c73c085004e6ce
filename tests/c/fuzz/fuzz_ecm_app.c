/* fuzz_ecm_app.c - an application that is pushed, stepped and asked in any order.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_app.h"
#include "ecm_app_shadow.h"
#include "ecm_app_turns.h"
#include "ecm_feat_spectrum.h"
#include "ecm_feat_time.h"
#include "ecm_fft_plan.h"
#include "ecm_fuzz.h"
#include "ecm_math.h"

void fuzz_ecm_app(void);

enum {
    WINDOW = 64,
    FEATURES = 3,
    OUTPUTS = 3,
    SHADOW = ECM_APP_SHADOW_LEN(OUTPUTS, 1),
    MONITOR = 6 + 6 + 13 + 6,
    STATE = 1 + ECM_FEAT_STATE_HEAD,
};

/* A step that waits for its third window. */
static ecm_status_t wait_check(const ecm_feat_plan_t *plan, const ecm_feat_step_t *step,
                               ecm_feat_need_t *need) {
    (void)plan;
    (void)step;
    need->state_len = 1;
    need->warm_len = 2;
    return ECM_OK;
}

static ecm_status_t wait_run(const ecm_feat_step_t *step, const ecm_feat_frame_t *frame,
                             float *out) {
    (void)step;
    (void)out;
    frame->state[0] += 1.0f;
    ECM_FUZZ_CHECK((frame->state[0] == 1.0f) ==
                       (frame->fresh_len == frame->plan->window_len) ||
                   frame->plan->hop_len == frame->plan->window_len);
    return frame->state[0] < 3.0f ? ECM_MORE : ECM_OK;
}

static const ecm_feat_kind_t fuzz_kind_wait = {wait_check, wait_run};

static ecm_status_t run_class(const float *features, float *outputs, void *work) {
    float *scratch = work;
    scratch[0] = features[0];
    outputs[0] = ecm_fuzz_once_in(8) ? ecm_fuzz_f32() : 0.25f;
    outputs[1] = 0.75f;
    return ecm_fuzz_once_in(64) ? ECM_ERR_STATE : ECM_OK;
}

static ecm_status_t run_score(const float *features, float *outputs, void *work) {
    (void)work;
    outputs[0] = ecm_fuzz_once_in(8) ? ecm_fuzz_f32() : features[1];
    return ECM_OK;
}

/* The models as their own challengers. */
static const ecm_app_shadow_t shadows[] = {
    {{run_class, ECM_APP_MODEL_CLASS, 2}, NULL, 0},
    {{run_score, ECM_APP_MODEL_SCORE, 1}, NULL, 1}};

static uint8_t *kept;

static ecm_status_t kept_read(void *user, uint32_t at, uint8_t *data, uint32_t bytes) {
    (void)user;
    memcpy(data, kept + at, bytes);
    return ECM_OK;
}

static ecm_status_t kept_erase(void *user, uint32_t at, uint32_t bytes) {
    (void)user;
    memset(kept + at, 0xff, bytes);
    return ECM_OK;
}

static ecm_status_t kept_write(void *user, uint32_t at, const uint8_t *data,
                               uint32_t bytes) {
    (void)user;
    memcpy(kept + at, data, ecm_fuzz_once_in(8) ? bytes / 2U : bytes);
    return ECM_OK;
}

/* Save and load the monitors, perhaps from what was cut short. */
static void fuzz_keeping(const ecm_app_cfg_t *cfg, float *mem) {
    ecm_state_store_t store = {kept_read, kept_erase, kept_write, NULL,
                               ECM_STATE_SLOT_BYTES(4 * MONITOR)};
    kept = (uint8_t *)ecm_fuzz_bytes(2U * store.slot_bytes);
    (void)ecm_app_save(cfg, mem, ecm_fuzz_or_null(&store));
    (void)ecm_app_load(cfg, mem, &store);
}

static void fuzz_calls(ecm_app_t *app, ecm_app_channel_t *channels,
                       const ecm_app_cfg_t *cfg, float *mem, void *dist) {
    ecm_app_event_t event;
    uint8_t *frame;
    uint32_t n, len = 0, i = 2U + ecm_fuzz_below(30);
    while (i-- > 0U) {
        switch (ecm_fuzz_below(6)) {
        case 0:
            (void)ecm_app_set_speed(app, ecm_fuzz_f32());
            break;
        case 3:
            (void)ecm_app_set_latency(app, ecm_fuzz_f32());
            (void)ecm_app_set_stack(app, ecm_fuzz_u32());
            (void)ecm_app_suspend(ecm_fuzz_or_null(app), ecm_fuzz_below(3));
            (void)ecm_app_set_update(app, ecm_fuzz_below(30));
            fuzz_keeping(cfg, mem);
            (void)ecm_app_time(channels, cfg, ecm_fuzz_below(4), ecm_fuzz_u32());
            break;
        case 1:
            n = ecm_fuzz_len(ECM_FRAME_FULL_BYTES);
            frame = ecm_fuzz_bytes(n);
            (void)ecm_app_report(app, cfg, mem, dist, ecm_fuzz_u32(), frame, n, &len);
            break;
        case 2:
            n = ecm_fuzz_len(200);
            (void)ecm_app_push_f32(channels, cfg, mem, ecm_fuzz_below(4),
                                   ecm_fuzz_array_f32(n), n);
            ECM_FUZZ_CHECK(ecm_app_push_s16(channels, cfg, mem, ecm_fuzz_below(4),
                                            ecm_fuzz_bytes(2U * n + 2U), n) < ECM_OK);
            break;
        default:
            for (n = ecm_fuzz_below(12); n > 0U; n--) {
                (void)ecm_app_step(app, channels, cfg, mem, dist, &event);
            }
            break;
        }
    }
}

/* An application of one to three channels, the last of which may lack steps. */
static void fuzz_settings(ecm_app_cfg_t *cfg, ecm_app_channel_cfg_t *channels,
                          const ecm_feat_plan_t *plan, const ecm_feat_plan_t *bare,
                          ecm_app_shadow_cfg_t *shadow) {
    uint32_t i;
    memset(cfg, 0, sizeof *cfg);
    memset(channels, 0, 3 * sizeof *channels);
    cfg->samples = &ecm_app_samples_f32;
    cfg->turns = ecm_fuzz_once_in(3) ? &ecm_app_turns : NULL;
    cfg->channels = channels;
    cfg->channels_len = 1U + ecm_fuzz_below(3);
    for (i = 0; i < cfg->channels_len; i++) {
        channels[i].plan = i == 2U && ecm_fuzz_once_in(2) ? bare : plan;
        channels[i].health.range = ecm_fuzz_once_in(6) ? ecm_fuzz_f32() : 2000.0f;
        channels[i].health.stuck_len = ecm_fuzz_len(100);
        cfg->features_len += channels[i].plan->features_len;
    }
    cfg->outputs_len = OUTPUTS;
    if (ecm_fuzz_once_in(2)) {
        shadow->calls = &ecm_app_shadow_calls;
        shadow->shadows = shadows;
        shadow->shadows_len = 2;
        shadow->len = ecm_fuzz_once_in(8) ? (uint16_t)ecm_fuzz_len(9) : SHADOW;
        cfg->shadow = shadow;
    }
    cfg->models_len = 2;
    cfg->scores_len = 1;
    cfg->classes_len = 2;
    cfg->dist_edges = ecm_fuzz_array_f32(3 * FEATURES * 63);
    cfg->dist_bins = ecm_fuzz_once_in(8) ? ecm_fuzz_u32() : 8U << ecm_fuzz_below(4);
    cfg->ring_len = ecm_fuzz_once_in(8) ? ecm_fuzz_len(300) : 128U;
    cfg->work_len = WINDOW - (ecm_fuzz_once_in(16) ? 1U : 0U);
}

void fuzz_ecm_app(void) {
    static const ecm_feat_row_t time_rows[] = {{ECM_FEAT_RMS, 0, 0, 0},
                                               {ECM_FEAT_KURTOSIS, 0, 0, 0}};
    static const ecm_feat_row_t moment_rows[] = {{ECM_FEAT_CENTROID, 0, 0, 0}};
    static const ecm_app_model_t models[] = {{run_class, ECM_APP_MODEL_CLASS, 2},
                                             {run_score, ECM_APP_MODEL_SCORE, 1}};
    float twiddles[ECM_FFT_PLAN_R2C_LEN(WINDOW / 2U)];
    ecm_fft_plan_t fft;
    ecm_feat_step_t steps[] = {{&ecm_feat_kind_time, time_rows, 2, NULL, 0},
                               {&ecm_feat_kind_transform, NULL, 0, NULL, 0},
                               {&ecm_feat_kind_power, NULL, 0, NULL, 0},
                               {&ecm_feat_kind_moments, moment_rows, 1, NULL, 0},
                               {&fuzz_kind_wait, NULL, 0, NULL, 1}};
    ecm_feat_plan_t plan = {1000.0f,  WINDOW, 0,     ECM_FEAT_DETREND_MEAN,
                            0,        0,      steps, 5,
                            FEATURES, WINDOW, STATE};
    ecm_feat_plan_t bare;
    ecm_app_shadow_cfg_t shadow = {NULL, NULL, 0, 0};
    ecm_drift_cusum_cfg_t cusum = {0.25f, 4.0f};
    ecm_monitor_score_t score = {
        {0.0f, 1.0f, {0, 0, 0, 0}, NULL, NULL, 0, 0}, 0.01f, 0, ECM_MONITOR_ANY, 0.0f};
    ecm_monitor_row_t row = {
        NULL, 1.0f, &ecm_monitor_form_cusum, ECM_MONITOR_MEAN, 0, ECM_MONITOR_ANY,
        0,    0};
    ecm_monitor_group_t group = {NULL, 0};
    ecm_monitor_cfg_t monitor = {.scores = &score,
                                 .rows = &row,
                                 .groups = &group,
                                 .scores_len = 1,
                                 .rows_len = 1,
                                 .groups_len = 1,
                                 .log = ecm_math_log_f32};
    ecm_app_channel_cfg_t *channel_cfg = ecm_fuzz_bytes(3 * sizeof *channel_cfg);
    ecm_app_cfg_t *cfg = ecm_fuzz_bytes(sizeof *cfg);
    ecm_app_t *app = ecm_fuzz_bytes(sizeof *app);
    ecm_app_channel_t *channels;
    void *dist;
    float *mem;
    ECM_FUZZ_CHECK(ecm_fft_plan_init(&fft, WINDOW / 2U, true, twiddles,
                                     sizeof twiddles / sizeof *twiddles) == ECM_OK);
    steps[1].cfg = &fft;
    plan.hop_len = ecm_fuzz_len(WINDOW);
    plan.speed_hi_hz = ecm_fuzz_once_in(2) ? 0.0f : 50.0f;
    plan.speed_lo_hz = plan.speed_hi_hz / 10.0f;
    bare = plan;
    bare.steps_len = 0;
    bare.features_len = 0;
    bare.state_len = 0;
    fuzz_settings(cfg, channel_cfg, &plan, &bare, &shadow);
    cfg->models = models;
    row.cfg = &cusum;
    score.input = (uint16_t)ecm_fuzz_below(12);
    cfg->monitor = &monitor;
    channels = ecm_fuzz_bytes(cfg->channels_len * sizeof *channels);
    dist = ecm_fuzz_bytes(4U * ECM_APP_DIST_WORDS(cfg->features_len, 64U));
    mem = ecm_fuzz_array_f32(ECM_APP_MEM_LEN(
        cfg->channels_len, cfg->ring_len, WINDOW, cfg->work_len, cfg->features_len,
        OUTPUTS + (uint32_t)shadow.len, MONITOR, cfg->features_len / FEATURES * STATE));
    if (ecm_app_init(ecm_fuzz_or_null(app), channels, cfg, ecm_fuzz_or_null(mem),
                     dist) >= ECM_OK) {
        ECM_FUZZ_CHECK(ecm_app_features(cfg, mem) != NULL);
        ECM_FUZZ_CHECK(ecm_app_outputs(cfg, mem) != NULL);
        ECM_FUZZ_CHECK(ecm_app_shadow_outputs(cfg, mem) != NULL);
        fuzz_calls(app, channels, cfg, mem, dist);
    }
}
