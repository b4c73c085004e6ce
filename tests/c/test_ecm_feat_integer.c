/* test_ecm_feat_integer.c - an integer plan inside a feature plan, alone and in an
 * application of 16-bit samples: what direct calls give, whatever the chunks.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_app.h"
#include "ecm_feat_integer.h"
#include "ecm_feat_q15_spectrum.h"
#include "ecm_feat_q15_time.h"
#include "ecm_feat_scale.h"
#include "ecm_test.h"

void test_ecm_feat_integer(void);

enum { WINDOW = 64, HOP = 32, RING = 128, FEATURES = 5, STATE = 35, SIGNAL = 1000 };
#define RANGE 16.0f

/* ---- the integer plan ----------------------------------------------------------- */

static const ecm_velocity_q15_cfg_t velocity = {
    29160, 16582, 0, 3, 7296, 1520, -9362, 1794, 6, 1, 40000000, 60, 10,
};
static const uint32_t bin_hz = 125U << 16; /* of 8 kHz */
static const ecm_feat_q15_row_t integer_rows[] = {{ECM_FEAT_VELOCITY_RMS, 16, 0, 0},
                                                  {ECM_FEAT_RMS, 30, 0, 0},
                                                  {ECM_FEAT_KURTOSIS, 16, 0, 0},
                                                  {ECM_FEAT_BAND_RMS, 30, 2, 20},
                                                  {ECM_FEAT_CENTROID, 16, 0, 0}};
static const ecm_feat_q15_step_t integer_steps[] = {
    {&ecm_feat_q15_kind_velocity, integer_rows, 1, 1, &velocity},
    {&ecm_feat_q15_kind_time, integer_rows + 1, 2, 0, NULL},
    {&ecm_feat_q15_kind_transform, NULL, 0, 0, &ecm_fft_q15_plan_64},
    {&ecm_feat_q15_kind_power, NULL, 0, 0, NULL},
    {&ecm_feat_q15_kind_bands, integer_rows + 3, 1, 0, NULL},
    {&ecm_feat_q15_kind_moments, integer_rows + 4, 1, 0, &bin_hz},
};
static const ecm_feat_q15_plan_t integers = {integer_steps, 6,        WINDOW,
                                             HOP,           FEATURES, STATE};

/* ---- the feature plan around it ------------------------------------------------- */

static const ecm_feat_row_t rows[] = {{ECM_FEAT_VELOCITY_RMS, 0, 0, 0},
                                      {ECM_FEAT_RMS, 0, 0, 0},
                                      {ECM_FEAT_KURTOSIS, 0, 0, 0},
                                      {ECM_FEAT_BAND_RMS, 0, 250.0f, 2500.0f},
                                      {ECM_FEAT_CENTROID, 0, 0, 0}};
static const ecm_feat_integer_cfg_t cfgs[] = {{&integers, 0}, {&integers, 1},
                                              {&integers, 2}, {&integers, 3},
                                              {&integers, 4}, {&integers, 5}};
static const ecm_feat_real_cfg_t real = {&integers, RANGE};
static const float offset[FEATURES] = {1.0f, 0.5f, 3.0f, 0.0f, 2000.0f};
static const float factor[FEATURES] = {0.5f, 2.0f, 0.25f, 0.0f, 0.001f};
static const ecm_feat_scale_cfg_t scale = {offset, factor};
#define INTEGER(index, first, count, state_at)                                         \
    {&ecm_feat_kind_integer, rows + (first), count, &cfgs[index], state_at}
static const ecm_feat_step_t steps[] = {
    INTEGER(0, 0, 1, 1),
    INTEGER(1, 1, 2, 0),
    INTEGER(2, 0, 0, 0),
    INTEGER(3, 0, 0, 0),
    INTEGER(4, 3, 1, 0),
    INTEGER(5, 4, 1, 0),
    {&ecm_feat_kind_real, NULL, 0, &real, 0},
    {&ecm_feat_kind_scale, NULL, 0, &scale, 0},
};
#define PLAN(steps_len)                                                                \
    {8000.0f, WINDOW,    HOP,      ECM_FEAT_DETREND_MEAN,         0,    0,             \
     steps,   steps_len, FEATURES, ECM_FEAT_Q15_WORK_LEN(WINDOW), STATE}
static const ecm_feat_plan_t plan = PLAN(7);
static const ecm_feat_plan_t plan_scaled = PLAN(8);

enum {
    MONITOR = 31,
    MEM =
        ECM_APP_MEM_LEN(1, ECM_APP_SAMPLES_LEN(RING, 2), ECM_APP_SAMPLES_LEN(WINDOW, 2),
                        ECM_FEAT_Q15_WORK_LEN(WINDOW), FEATURES, 1, MONITOR, STATE)
};

typedef struct {
    float mem[MEM];
    int32_t work[ECM_FEAT_Q15_WORK_LEN(WINDOW)];
    uint32_t state[STATE];
    int32_t out[FEATURES];
    float expected[FEATURES];
    int16_t x[SIGNAL];
} test_memory_t;
ECM_STATIC_ASSERT(sizeof(test_memory_t) <= ECM_TEST_MEMORY_LEN * sizeof(float),
                  test_memory_fits);

static test_memory_t *test_memory(void) {
    return (test_memory_t *)(void *)ecm_test_memory;
}

static void test_noise(int16_t *x, uint32_t seed) {
    uint32_t i;
    for (i = 0; i < (uint32_t)SIGNAL; i++) {
        seed = seed * 1664525U + 1013904223U;
        x[i] = (int16_t)(((int32_t)(seed >> 16) - 32768) / 3);
    }
}

static bool same(const float *a, const float *b) {
    uint32_t i;
    for (i = 0; i < (uint32_t)FEATURES; i++) {
        if (a[i] != b[i]) {
            return false;
        }
    }
    return true;
}

/* The next window by the integer plan itself; false while it gathers its history. */
static bool test_direct(test_memory_t *m, uint32_t window) {
    ecm_status_t status = ecm_feat_q15_extract(
        m->state, &integers, m->x + (size_t)window * HOP, m->work, m->out);
    ECM_CHECK(ecm_feat_q15_real_f32(&integers, RANGE, m->out, m->expected) == ECM_OK);
    return status == ECM_OK;
}

/* ---- alone ---------------------------------------------------------------------- */

static void test_plan(const ecm_feat_plan_t *made) {
    test_memory_t *m = test_memory();
    float state[STATE], features[FEATURES];
    float work[ECM_FEAT_Q15_WORK_LEN(WINDOW)], x[WINDOW / 2];
    ecm_feat_need_t need;
    uint32_t i;
    test_noise(m->x, 3);
    ECM_CHECK(ecm_feat_check(made) == ECM_OK);
    ECM_CHECK(ecm_feat_need(made, &need) == ECM_OK);
    ECM_CHECK(need.state_len == (uint32_t)STATE && need.warm_len == 3U);
    ECM_CHECK(need.sample_bytes == 2U && need.work_len == made->work_len);
    ECM_CHECK(ecm_feat_reset_f32(state, made) == ECM_OK);
    ECM_CHECK(ecm_feat_q15_reset(m->state, &integers) == ECM_OK);
    for (i = 0; i < (uint32_t)((SIGNAL - WINDOW) / HOP + 1); i++) {
        bool done = test_direct(m, i);
        memcpy(x, m->x + (size_t)i * HOP, sizeof x);
        ECM_CHECK(ecm_feat_extract_f32(state, made, 0.0f, x, work, features) ==
                  (done ? ECM_OK : ECM_MORE));
        if (made == &plan_scaled) {
            ECM_CHECK(ecm_feat_scale_f32(m->expected, offset, factor, FEATURES,
                                         m->expected) == ECM_OK);
        }
        ECM_CHECK(done == (i >= 3U) && (!done || same(features, m->expected)));
    }
    ecm_test_array_f32("feat_integer features", features, FEATURES);
}

static void test_refusals(void) {
    ecm_feat_q15_plan_t other = integers;
    ecm_feat_integer_cfg_t cfg = {&integers, 1};
    ecm_feat_real_cfg_t units = real;
    ecm_feat_step_t bad[8];
    ecm_feat_plan_t made = plan;
    ecm_feat_need_t need = {7, 7, 7, 7};
    memcpy(bad, steps, sizeof bad);
    made.steps = bad;
    ECM_CHECK(ecm_feat_need(&made, &need) == ECM_OK);
    bad[1].cfg = &cfg;
    cfg.index = 6;
    ECM_CHECK(ecm_feat_need(&made, &need) == ECM_ERR_ARG);
    cfg.index = 4; /* of other rows */
    ECM_CHECK(ecm_feat_need(&made, &need) == ECM_ERR_ARG);
    cfg.index = 1;
    cfg.plan = NULL;
    ECM_CHECK(ecm_feat_need(&made, &need) == ECM_ERR_NULL);
    cfg.plan = &other; /* not the plan of the step "real" */
    ECM_CHECK(ecm_feat_need(&made, &need) == ECM_ERR_ARG);
    other.window_len = 128;
    ECM_CHECK(ecm_feat_need(&made, &need) == ECM_ERR_LENGTH);
    bad[1].cfg = &cfgs[1];
    bad[6].cfg = &units;
    units.range = 0.0f;
    ECM_CHECK(ecm_feat_need(&made, &need) == ECM_ERR_ARG);
    units.range = RANGE;
    units.plan = NULL;
    ECM_CHECK(ecm_feat_need(&made, &need) == ECM_ERR_NULL);
    bad[6].cfg = &real;
    bad[6].kind = &ecm_feat_kind_scale; /* of integers that are no floats */
    bad[6].cfg = &scale;
    bad[7] = steps[6];
    made.steps_len = 8;
    ECM_CHECK(ecm_feat_need(&made, &need) == ECM_ERR_ARG);
}

/* ---- in an application ---------------------------------------------------------- */

static ecm_status_t run_score(const float *features, float *outputs, void *work) {
    (void)work;
    outputs[0] = features[1] * features[2];
    return ECM_OK;
}

static const ecm_app_model_t models[] = {{run_score, ECM_APP_MODEL_SCORE, 1}};
static const ecm_drift_cusum_cfg_t cusum = {0.25f, 4.0f};
static const ecm_monitor_score_t scored[] = {
    {{0.05f, 30.0f, {0, 0, 0, 0}, NULL, NULL, 0, 0},
     0.0f,
     FEATURES,
     ECM_MONITOR_ANY,
     0.0f}};
static const ecm_monitor_row_t rows_of_score[] = {
    {&cusum, 1.0f, &ecm_monitor_form_cusum, ECM_MONITOR_MEAN, 0, ECM_MONITOR_ANY, 0,
     0}};
static const ecm_monitor_group_t groups[] = {{NULL, 0}};
static const ecm_monitor_cfg_t monitor = {.id = 1,
                                          .scores = scored,
                                          .rows = rows_of_score,
                                          .groups = groups,
                                          .scores_len = 1,
                                          .rows_len = 1,
                                          .groups_len = 1};
static const float edges[FEATURES * 7] = {0};

static ecm_app_cfg_t settings(ecm_app_channel_cfg_t *channel) {
    ecm_app_cfg_t cfg;
    memset(&cfg, 0, sizeof cfg);
    memset(channel, 0, sizeof *channel);
    channel->plan = &plan;
    channel->health.range = RANGE;
    channel->health.stuck_len = 20;
    cfg.samples = &ecm_app_samples_s16;
    cfg.channels = channel;
    cfg.channels_len = 1;
    cfg.features_len = FEATURES;
    cfg.models = models;
    cfg.models_len = 1;
    cfg.scores_len = 1;
    cfg.outputs_len = 1;
    cfg.monitor = &monitor;
    cfg.dist_edges = edges;
    cfg.dist_bins = 8;
    cfg.ring_len = RING;
    cfg.work_len = ECM_FEAT_Q15_WORK_LEN(WINDOW);
    return cfg;
}

typedef struct {
    ecm_app_cfg_t cfg;
    ecm_app_channel_cfg_t channel_cfg;
    ecm_app_t app;
    ecm_app_channel_t channel;
    uint32_t dist[ECM_APP_DIST_WORDS(FEATURES, 8)];
} bench_t;

static void bench_start(bench_t *b, float *mem) {
    b->cfg = settings(&b->channel_cfg);
    ECM_CHECK(ecm_app_init(&b->app, &b->channel, &b->cfg, mem, b->dist) == ECM_OK);
}

/* Push a chunk and step until there is an event or nothing to do. */
static ecm_status_t bench_run(bench_t *b, float *mem, const int16_t *x, uint32_t x_len,
                              ecm_app_event_t *event) {
    ecm_status_t status;
    ECM_CHECK(ecm_app_push_s16(&b->channel, &b->cfg, mem, 0, x, x_len) == ECM_OK);
    do {
        status = ecm_app_step(&b->app, &b->channel, &b->cfg, mem, b->dist, event);
    } while (status == ECM_MORE);
    return status;
}

static void test_application(uint32_t chunk) {
    test_memory_t *m = test_memory();
    ecm_app_event_t event;
    bench_t b;
    uint32_t at, windows = 3;
    bench_start(&b, m->mem);
    test_noise(m->x, 7);
    ECM_CHECK(ecm_feat_q15_reset(m->state, &integers) == ECM_OK);
    for (at = 0; at < 3U; at++) {
        ECM_CHECK(!test_direct(m, at));
    }
    for (at = 0; at + chunk <= (uint32_t)SIGNAL; at += chunk) {
        ecm_status_t status = bench_run(&b, m->mem, m->x + at, chunk, &event);
        if (status == ECM_APP_EVENT) {
            ECM_CHECK(test_direct(m, windows++));
            ECM_CHECK(event.valid == 1U && event.health == 0U);
            ECM_CHECK(same(ecm_app_features(&b.cfg, m->mem), m->expected));
            ECM_CHECK(event.score[0] == m->expected[1] * m->expected[2]);
        } else {
            ECM_CHECK(status == ECM_OK);
        }
    }
    ECM_CHECK(windows == (at - WINDOW) / HOP + 1U);
    ECM_CHECK(ecm_monitor_words(&monitor) == (uint32_t)MONITOR);
    ECM_CHECK(b.app.alarms != 0U);
    ecm_test_f32("feat_integer ratio",
                 ecm_monitor_ratio_f32(m->mem + MEM - STATE - MONITOR, &monitor, 0));
}

/* Clipped and stuck integers stay out, and what features remember is forgotten. */
static void test_health(void) {
    test_memory_t *m = test_memory();
    ecm_app_event_t event;
    bench_t b;
    uint32_t i;
    bench_start(&b, m->mem);
    test_noise(m->x, 9);
    m->x[200] = INT16_MIN;
    for (i = 0; i < 20U; i++) {
        m->x[400U + i] = 7;
    }
    for (i = 0; i + HOP <= (uint32_t)SIGNAL; i += HOP) {
        ecm_status_t status = bench_run(&b, m->mem, m->x + i, HOP, &event);
        uint32_t start = i + HOP - WINDOW, health = 0;
        if (i < (uint32_t)HOP) {
            ECM_CHECK(status == ECM_OK);
            continue;
        }
        health |= start <= 200U && start + WINDOW > 200U ? ECM_HEALTH_CLIPPED : 0U;
        health |= start <= 419U && start + WINDOW > 419U ? ECM_HEALTH_STUCK : 0U;
        ECM_CHECK(health == 0U || status == ECM_APP_EVENT);
        ECM_CHECK(status != ECM_APP_EVENT || event.health == health);
    }
    ECM_CHECK(b.channel.sensor.clipped_n == 1U && b.channel.sensor.stuck_n == 1U);
}

static void test_samples(void) {
    test_memory_t *m = test_memory();
    ecm_app_channel_cfg_t channel;
    ecm_app_cfg_t cfg = settings(&channel);
    bench_t b;
    float x = 1.0f;
    bench_start(&b, m->mem);
    ECM_CHECK(ecm_app_push_f32(&b.channel, &b.cfg, m->mem, 0, &x, 1) == ECM_ERR_ARG);
    ECM_CHECK(ecm_app_push_s16(&b.channel, &b.cfg, m->mem, 1, m->x, 1) == ECM_ERR_ARG);
    ECM_CHECK(ecm_app_push_s16(NULL, &b.cfg, m->mem, 0, m->x, 1) == ECM_ERR_NULL);
    cfg.samples = &ecm_app_samples_f32; /* a plan of integers */
    ECM_CHECK(ecm_app_init(&b.app, &b.channel, &cfg, m->mem, b.dist) == ECM_ERR_ARG);
    cfg.samples = NULL;
    ECM_CHECK(ecm_app_init(&b.app, &b.channel, &cfg, m->mem, b.dist) == ECM_ERR_NULL);
}

void test_ecm_feat_integer(void) {
    test_plan(&plan);
    test_plan(&plan_scaled);
    test_refusals();
    test_application(1);
    test_application(17);
    test_application(HOP);
    test_health();
    test_samples();
}
