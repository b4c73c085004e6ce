/* fuzz_ecm_app_watch.c - features and outputs of anything, with monitors and without.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_app_watch.h"
#include "ecm_fuzz.h"

void fuzz_ecm_app_watch(void);

enum {
    FEATURES = 3,
    OUTPUTS = 6,
    RIVAL_OUTPUTS = 5,
    SHADOW = ECM_APP_SHADOW_LEN(RIVAL_OUTPUTS, 3),
    WINDOW = 16
};

static ecm_status_t nothing(const float *features, float *outputs, void *work) {
    (void)features;
    (void)outputs;
    (void)work;
    return ECM_OK;
}

static const ecm_app_model_t models[3] = {{nothing, ECM_APP_MODEL_SCORE, 1},
                                          {nothing, ECM_APP_MODEL_CLASS, 3},
                                          {nothing, ECM_APP_MODEL_VALUES, 2}};
static const uint8_t rival_classes[2] = {2, ECM_APP_NO_CLASS};
static const ecm_app_shadow_t shadows[3] = {
    {{nothing, ECM_APP_MODEL_VALUES, 2}, NULL, 2},
    {{nothing, ECM_APP_MODEL_CLASS, 2}, rival_classes, 1},
    {{nothing, ECM_APP_MODEL_SCORE, 1}, NULL, 0}};
static const ecm_drift_cusum_cfg_t cusum = {0.25f, 3.0f};
static const ecm_monitor_score_t scores[1] = {
    {{0.0f, 1.0f, {0, 0, 0, 0}, NULL, NULL, 0, 0}, 0.0f, FEATURES, ECM_MONITOR_ANY}};
static const ecm_monitor_row_t rows[1] = {
    {&cusum, 1.0f, ECM_MONITOR_CUSUM, ECM_MONITOR_MEAN, 0, ECM_MONITOR_ANY, 0, 0}};
static const ecm_monitor_group_t groups[1] = {{NULL, 0}};
static const ecm_monitor_cfg_t monitor = {1, scores, rows, groups, 1,    1,
                                          1, 0,      NULL, NULL,   NULL, NULL};

static const ecm_feat_plan_t plan = {
    1000.0f, WINDOW, WINDOW, ECM_FEAT_DETREND_MEAN, 0, 0, NULL, 0, 0, 0, 0};

void fuzz_ecm_app_watch(void) {
    ecm_app_channel_cfg_t channel;
    float *edges = ecm_fuzz_array_f32(FEATURES * 63), *mem;
    void *dist = ecm_fuzz_bytes(4U * ECM_APP_DIST_WORDS(FEATURES, 64U));
    float differences[ECM_APP_DIFFERENCES_MAX];
    ecm_frame_shadow_t said;
    ecm_app_event_t event;
    ecm_app_cfg_t cfg;
    ecm_app_task_t t;
    ecm_app_t app;
    uint32_t i, words;
    memset(&cfg, 0, sizeof cfg);
    memset(&app, 0, sizeof app);
    memset(&t, 0, sizeof t);
    memset(&channel, 0, sizeof channel);
    channel.plan = &plan;
    cfg.channels = &channel;
    cfg.channels_len = 1;
    cfg.ring_len = WINDOW;
    cfg.samples = &ecm_app_samples_f32;
    cfg.features_len = FEATURES;
    cfg.models = models;
    cfg.models_len = 3;
    cfg.values_len = 2;
    cfg.scores_len = 1;
    cfg.classes_len = 3;
    cfg.outputs_len = OUTPUTS;
    if (ecm_fuzz_once_in(2)) {
        cfg.shadows = shadows;
        cfg.shadows_len = 3;
        cfg.shadow_len = SHADOW;
    }
    cfg.dist_edges = edges;
    cfg.dist_bins = 8U << ecm_fuzz_below(4);
    cfg.monitor = ecm_fuzz_once_in(4) ? NULL : &monitor;
    words = cfg.monitor != NULL ? ecm_monitor_words(&monitor) : 0U;
    mem = ecm_fuzz_array_f32(ECM_APP_MEM_LEN(
        1, WINDOW, WINDOW, 0, FEATURES, OUTPUTS + (uint32_t)cfg.shadow_len, words, 0));
    t.app = &app;
    t.cfg = &cfg;
    t.mem = ecm_app_queue_parts(&cfg, mem);
    if (cfg.monitor != NULL) {
        ECM_FUZZ_CHECK(ecm_monitor_init(t.mem.monitor, &monitor) == ECM_OK);
    }
    ecm_app_watch_shadow_clear(&cfg, t.mem.shadow);
    for (i = 0; i < (uint32_t)FEATURES; i++) {
        ecm_app_watch_clear(&cfg, i, dist);
        ECM_FUZZ_CHECK(ecm_app_watch_counters(&cfg, i, dist)[cfg.dist_bins - 1U] == 0U);
    }
    for (i = ecm_fuzz_below(30); i > 0U; i--) {
        ecm_status_t status;
        memcpy(t.mem.features, ecm_fuzz_array_f32(FEATURES + OUTPUTS),
               (FEATURES + OUTPUTS) * sizeof(float));
        if (cfg.shadows_len > 0U) {
            memcpy(t.mem.shadow, ecm_fuzz_array_f32(RIVAL_OUTPUTS),
                   RIVAL_OUTPUTS * sizeof(float));
        }
        status = ecm_app_watch_window(&t, dist, &event);
        ECM_FUZZ_CHECK(status == ECM_APP_EVENT || status == ECM_ERR_ARG);
        ECM_FUZZ_CHECK(status != ECM_APP_EVENT || event.class_id < 3U);
        if (ecm_app_watch_shadow(&cfg, t.mem.shadow, differences, &said)) {
            ECM_FUZZ_CHECK(said.agreed <= said.windows && said.differences_len == 3U);
            ECM_FUZZ_CHECK(differences[0] >= 0.0f && differences[2] >= 0.0f);
        }
    }
}
