/* fuzz_ecm_app_watch.c - features and outputs of anything, with monitors and without;
 * challengers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_app_watch.h"
#include "ecm_app_shadow.h"
#include "ecm_fuzz.h"
#include "ecm_math.h"

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
static const ecm_drift_cusum_cfg_t cusum = {0.25f, 3.0f};
static const ecm_monitor_score_t scores[1] = {
    {{0.0f, 1.0f, {0, 0, 0, 0}, NULL, NULL, 0, 0},
     0.0f,
     FEATURES,
     ECM_MONITOR_ANY,
     0.0f}};
static const ecm_monitor_row_t rows[1] = {{&cusum, 1.0f, &ecm_monitor_form_cusum,
                                           ECM_MONITOR_MEAN, 0, ECM_MONITOR_ANY, 0, 0}};
static const ecm_monitor_group_t groups[1] = {{NULL, 0}};
static const ecm_monitor_cfg_t monitor = {.id = 1,
                                          .scores = scores,
                                          .rows = rows,
                                          .groups = groups,
                                          .scores_len = 1,
                                          .rows_len = 1,
                                          .groups_len = 1,
                                          .log = ecm_math_log_f32};

static const ecm_feat_plan_t plan = {
    1000.0f, WINDOW, WINDOW, ECM_FEAT_DETREND_MEAN, 0, 0, NULL, 0, 0, 0, 0};

static ecm_status_t anything(const float *features, float *outputs, void *work) {
    (void)features;
    (void)work;
    outputs[0] = ecm_fuzz_f32();
    return ecm_fuzz_once_in(8) ? ECM_ERR_STATE : ECM_OK;
}

static const ecm_app_model_t champions[3] = {{anything, ECM_APP_MODEL_SCORE, 1},
                                             {anything, ECM_APP_MODEL_CLASS, 3},
                                             {anything, ECM_APP_MODEL_VALUES, 2}};

/* Challengers that say anything, compared and told of. */
static void fuzz_shadow(void) {
    const ecm_app_shadow_calls_t *calls = &ecm_app_shadow_calls;
    uint8_t *classes = ecm_fuzz_bytes(2), *item;
    ecm_app_shadow_t shadows[3] = {{{anything, ECM_APP_MODEL_VALUES, 2}, NULL, 2},
                                   {{anything, ECM_APP_MODEL_CLASS, 2}, NULL, 1},
                                   {{anything, ECM_APP_MODEL_SCORE, 1}, NULL, 0}};
    ecm_app_shadow_cfg_t cfg = {NULL, NULL, 3, SHADOW};
    float *mem = ecm_fuzz_array_f32(SHADOW), *outputs;
    ecm_app_shadow_class_t found;
    ecm_frame_t frame;
    uint32_t i, k;
    cfg.shadows = shadows;
    classes[0] = (uint8_t)ecm_fuzz_len(24);
    classes[1] = ECM_APP_NO_CLASS;
    shadows[1].classes = classes;
    shadows[2].champion = ecm_fuzz_once_in(8) ? ecm_fuzz_below(5) : 0U;
    if (calls->check(&cfg, champions, 3) != ECM_OK) {
        return;
    }
    calls->clear(&cfg, mem);
    for (i = ecm_fuzz_below(30); i > 0U; i--) {
        for (k = 0; k < 3U; k++) {
            calls->run(&cfg, k, mem, mem, NULL);
        }
        outputs = ecm_fuzz_array_f32(OUTPUTS);
        found.class_id = ECM_APP_NO_CLASS;
        calls->compare(&cfg, champions, outputs, ecm_fuzz_below(3), mem, &found);
        ECM_FUZZ_CHECK(found.class_id < 3U || found.class_id == ECM_APP_NO_CLASS);
        ECM_FUZZ_CHECK(mem[RIVAL_OUTPUTS + 1] <= mem[RIVAL_OUTPUTS]);
        item = ecm_fuzz_bytes(ECM_FRAME_SHADOW_BYTES);
        memset(&frame, 0, sizeof frame);
        calls->say(&cfg, mem, item, &frame);
        ECM_FUZZ_CHECK(frame.shadow == item && frame.shadow_bytes >= 12U);
    }
}

void fuzz_ecm_app_watch(void) {
    ecm_app_channel_cfg_t channel;
    float *edges = ecm_fuzz_array_f32(FEATURES * 63), *mem;
    void *dist = ecm_fuzz_bytes(4U * ECM_APP_DIST_WORDS(FEATURES, 64U));
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
    cfg.dist_edges = edges;
    cfg.dist_bins = 8U << ecm_fuzz_below(4);
    cfg.monitor = ecm_fuzz_once_in(4) ? NULL : &monitor;
    words = cfg.monitor != NULL ? ecm_monitor_words(&monitor) : 0U;
    mem = ecm_fuzz_array_f32(
        ECM_APP_MEM_LEN(1, WINDOW, WINDOW, 0, FEATURES, OUTPUTS, words, 0));
    t.app = &app;
    t.cfg = &cfg;
    t.mem = ecm_app_queue_parts(&cfg, mem);
    if (cfg.monitor != NULL) {
        ECM_FUZZ_CHECK(ecm_monitor_init(t.mem.monitor, &monitor) == ECM_OK);
    }
    for (i = 0; i < (uint32_t)FEATURES; i++) {
        ecm_app_watch_clear(&cfg, i, dist);
        ECM_FUZZ_CHECK(ecm_app_watch_counters(&cfg, i, dist)[cfg.dist_bins - 1U] == 0U);
    }
    for (i = ecm_fuzz_below(30); i > 0U; i--) {
        ecm_status_t status;
        memcpy(t.mem.features, ecm_fuzz_array_f32(FEATURES + OUTPUTS),
               (FEATURES + OUTPUTS) * sizeof(float));
        status = ecm_app_watch_window(&t, dist, &event);
        ECM_FUZZ_CHECK(status == ECM_APP_EVENT || status == ECM_ERR_ARG);
        ECM_FUZZ_CHECK(status != ECM_APP_EVENT || event.class_id < 3U);
    }
    fuzz_shadow();
}
