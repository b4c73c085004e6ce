/* ecm_test_app.h - an application for tests: five features, a classifier, a score.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_TEST_APP_H
#define ECM_TEST_APP_H

#include "ecm_app.h"
#include "ecm_feat_spectrum.h"
#include "ecm_feat_time.h"
#include "ecm_math.h"
#include "ecm_test.h"
#include "ecm_test_plans.h" /* written by the harness */

/* memcmp, which a bare-metal compiler may lack. */
static bool same(const void *a, const void *b, size_t bytes) {
    const uint8_t *x = (const uint8_t *)a, *y = (const uint8_t *)b;
    size_t i;
    for (i = 0; i < bytes; i++) {
        if (x[i] != y[i]) {
            return false;
        }
    }
    return true;
}

enum { WINDOW = 64, RING = 256, FEATURES = 5, OUTPUTS = 3, BINS = 8, EDGES = 7 };

/* Counters of a feature, as the application lays them out. */
typedef struct {
    uint16_t count[BINS];
} test_dist_t;

static const ecm_feat_row_t time_rows[] = {
    {ECM_FEAT_RMS, 0, 0, 0}, {ECM_FEAT_KURTOSIS, 0, 0, 0}, {ECM_FEAT_CREST, 0, 0, 0}};
static const ecm_feat_row_t band_rows[] = {{ECM_FEAT_BAND_RMS, 0, 100.0f, 300.0f}};
static const ecm_feat_row_t moment_rows[] = {{ECM_FEAT_CENTROID, 0, 0, 0}};

#define TEST_APP_PLAN(hop, steps, steps_len, state_len)                                \
    {1000.0f,  WINDOW, hop,      ECM_FEAT_DETREND_MEAN, 0, 0, steps, steps_len,        \
     FEATURES, WINDOW, state_len}
#define TEST_APP_STEPS                                                                 \
    {&ecm_feat_kind_time, time_rows, 3, NULL, 0},                                      \
        {&ecm_feat_kind_transform, NULL, 0, &test_fft_64, 0},                          \
        {&ecm_feat_kind_power, NULL, 0, NULL, 0},                                      \
        {&ecm_feat_kind_bands, band_rows, 1, NULL, 0},                                 \
        {&ecm_feat_kind_moments, moment_rows, 1, NULL, 0}
static const ecm_feat_step_t plan_steps[] = {TEST_APP_STEPS};
static const ecm_feat_plan_t plan_24 = TEST_APP_PLAN(24, plan_steps, 5, 0);

static ecm_status_t run_class(const float *features, float *outputs, void *work) {
    float *scratch = work;
    scratch[0] = features[1] / (features[1] + 2.0f);
    outputs[0] = scratch[0];
    outputs[1] = 1.0f - scratch[0];
    return ECM_OK;
}

static ecm_status_t run_score(const float *features, float *outputs, void *work) {
    (void)work;
    outputs[0] = features[0] * features[2];
    return ECM_OK;
}

static const ecm_app_model_t models[] = {{run_class, ECM_APP_MODEL_CLASS, 2},
                                         {run_score, ECM_APP_MODEL_SCORE, 1}};

/* Group 0 is of the score; group 1 of the first feature and of the classes. */
static const ecm_drift_cusum_cfg_t test_app_cusum = {0.25f, 4.0f};
static const float test_app_shares[] = {0.5f, 0.5f};
static const ecm_monitor_counts_t test_app_classes = {
    {NULL, NULL, test_app_shares, 100, 2, ECM_DIST_TUMBLING, 20},
    &ecm_dist_kind_ks,
    0.25f};
static const ecm_monitor_score_t test_app_scores[] = {
    {{0.05f, 30.0f, {0, 0, 0, 0}, NULL, NULL, 0, 0},
     0.01f,
     FEATURES + 2,
     ECM_MONITOR_ANY,
     0.0f},
    {{0.577f, 20.0f, {0.25f, 0, 0, 0}, NULL, NULL, 1, 0},
     0.0f,
     0,
     ECM_MONITOR_ANY,
     0.0f}};
static const ecm_monitor_row_t test_app_rows[] = {
    {&test_app_cusum, 1.0f, &ecm_monitor_form_cusum, ECM_MONITOR_MEAN, 0,
     ECM_MONITOR_ANY, 0, 0},
    {&test_app_cusum, 1.0f, &ecm_monitor_form_cusum, ECM_MONITOR_MEAN, 1,
     ECM_MONITOR_ANY, 1, 0},
    {&test_app_classes, 1.0f, &ecm_monitor_form_classes, ECM_MONITOR_MIX, 1,
     ECM_MONITOR_ANY, 0, 0}};
static const ecm_monitor_group_t test_app_groups[] = {{NULL, 0}, {NULL, 0}};
static const ecm_monitor_cfg_t test_app_monitor = {.id = 5,
                                                   .scores = test_app_scores,
                                                   .rows = test_app_rows,
                                                   .groups = test_app_groups,
                                                   .scores_len = 2,
                                                   .rows_len = 3,
                                                   .groups_len = 2,
                                                   .log = ecm_math_log_f32};
/* Words of its state: head, 2 scores, 2 groups, 2 sums, counters. */
enum { MONITOR = 6 + 2 * 6 + 2 * 13 + 2 * 6 + 5 };

static const float edges[FEATURES * EDGES] = {
    0.50f, 0.53f,  0.56f,  0.58f,  0.60f,  0.62f,  0.65f,  1.60f, 1.70f,
    1.75f, 1.80f,  1.85f,  1.90f,  2.00f,  1.60f,  1.65f,  1.68f, 1.70f,
    1.73f, 1.80f,  1.90f,  0.20f,  0.30f,  0.33f,  0.36f,  0.40f, 0.45f,
    0.50f, 200.0f, 220.0f, 240.0f, 250.0f, 260.0f, 270.0f, 290.0f};

/* One channel; its settings are the caller's, who may change them. */
static ecm_app_cfg_t settings(const ecm_feat_plan_t *plan,
                              ecm_app_channel_cfg_t *channel) {
    ecm_app_cfg_t cfg;
    uint32_t i;
    memset(&cfg, 0, sizeof cfg);
    memset(channel, 0, sizeof *channel);
    channel->plan = plan;
    channel->health.range = 2.0f;
    channel->health.stuck_len = 20;
    cfg.samples = &ecm_app_samples_f32;
    cfg.channels = channel;
    cfg.channels_len = 1;
    cfg.features_len = FEATURES;
    cfg.models = models;
    cfg.models_len = 2;
    cfg.scores_len = 1;
    cfg.classes_len = 2;
    cfg.outputs_len = OUTPUTS;
    cfg.monitor = &test_app_monitor;
    cfg.dist_edges = edges;
    cfg.dist_bins = BINS;
    cfg.ring_len = RING;
    cfg.work_len = WINDOW;
    cfg.device_id = 42;
    for (i = 0; i < ECM_FRAME_ID_BYTES; i++) {
        cfg.contract_id[i] = (uint8_t)(0xa0U + i);
        cfg.model_id[i] = (uint8_t)(0x10U + i);
    }
    return cfg;
}

#endif
