/* test_ecm_app.c - any chunking gives the events of direct calls; faults stay out.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_app.h"
#include "ecm_feat_spectrum.h"
#include "ecm_feat_time.h"
#include "ecm_math.h"
#include "ecm_test.h"
#include "ecm_test_plans.h" /* written by the harness */

void test_ecm_app(void);

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

enum {
    WINDOW = 64,
    RING = 256,
    FEATURES = 5,
    OUTPUTS = 3,
    STATE = ECM_FEAT_STATE_HEAD + 1,
    MEM = ECM_APP_MEM_LEN(1, RING, WINDOW, WINDOW, FEATURES, OUTPUTS, STATE),
    SIGNAL = ECM_TEST_MEMORY_LEN - MEM - WINDOW - WINDOW
};

/* ---- an application: five features, a classifier, a score ---------------------------
 */

static const ecm_feat_row_t time_rows[] = {
    {ECM_FEAT_RMS, 0, 0, 0}, {ECM_FEAT_KURTOSIS, 0, 0, 0}, {ECM_FEAT_CREST, 0, 0, 0}};
static const ecm_feat_row_t band_rows[] = {{ECM_FEAT_BAND_RMS, 0, 100.0f, 300.0f}};
static const ecm_feat_row_t moment_rows[] = {{ECM_FEAT_CENTROID, 0, 0, 0}};

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
    return frame->state[0] < 3.0f ? ECM_MORE : ECM_OK;
}

static const ecm_feat_kind_t kind_wait = {wait_check, wait_run};

static const ecm_feat_step_t plan_steps[] = {
    {&ecm_feat_kind_time, time_rows, 3, NULL, 0},
    {&ecm_feat_kind_transform, NULL, 0, &test_fft_64, 0},
    {&ecm_feat_kind_power, NULL, 0, NULL, 0},
    {&ecm_feat_kind_bands, band_rows, 1, NULL, 0},
    {&ecm_feat_kind_moments, moment_rows, 1, NULL, 0},
    {&kind_wait, NULL, 0, NULL, ECM_FEAT_STATE_HEAD}};
#define PLAN(hop, steps_len, state_len)                                                \
    {1000.0f,  WINDOW, hop,      ECM_FEAT_DETREND_MEAN, 0, 0, plan_steps, steps_len,   \
     FEATURES, WINDOW, state_len}
static const ecm_feat_plan_t plan_16 = PLAN(16, 5, 0);
static const ecm_feat_plan_t plan_24 = PLAN(24, 5, 0);
static const ecm_feat_plan_t plan_64 = PLAN(64, 5, 0);
static const ecm_feat_plan_t plan_waits = PLAN(16, 6, STATE);

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

static ecm_status_t run_refusal(const float *features, float *outputs, void *work) {
    (void)features;
    (void)outputs;
    (void)work;
    return ECM_ERR_STATE;
}

static ecm_status_t run_nan(const float *features, float *outputs, void *work) {
    (void)features;
    (void)work;
    outputs[0] = ecm_test_from_bits(0x7fc00000U);
    return ECM_OK;
}

static const ecm_app_model_t models[] = {{run_class, ECM_APP_MODEL_CLASS, 2},
                                         {run_score, ECM_APP_MODEL_SCORE, 1}};
static const ecm_app_watch_t watches[] = {{0.01f, 0.05f, 30.0f, {0.25f, 4.0f}}};
static const float edges[FEATURES * ECM_APP_EDGES] = {
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
    cfg.watches = watches;
    cfg.dist_edges = edges;
    cfg.ring_len = RING;
    cfg.work_len = WINDOW;
    cfg.device_id = 42;
    for (i = 0; i < ECM_FRAME_ID_BYTES; i++) {
        cfg.contract_id[i] = (uint8_t)(0xa0U + i);
        cfg.model_id[i] = (uint8_t)(0x10U + i);
    }
    return cfg;
}

/* What a test works with: the application and its memory. */
typedef struct {
    ecm_app_cfg_t cfg;
    ecm_app_channel_cfg_t channel_cfg;
    ecm_app_t app;
    ecm_app_channel_t channel;
    ecm_app_dist_t dist[FEATURES];
    float *mem;
    float *x;
    uint32_t seed;
} bench_t;

static void bench_start(bench_t *b, const ecm_feat_plan_t *plan) {
    b->cfg = settings(plan, &b->channel_cfg);
    b->mem = ecm_test_memory;
    b->x = ecm_test_memory + MEM;
    b->seed = 1;
    ecm_test_noise_f32(11, b->x, SIGNAL);
    ECM_CHECK(ecm_app_init(&b->app, &b->channel, &b->cfg, b->mem, b->dist) == ECM_OK);
}

static uint32_t bench_random(bench_t *b, uint32_t below) {
    b->seed = b->seed * 1664525U + 1013904223U;
    return (b->seed >> 8) % below;
}

static ecm_status_t bench_push(bench_t *b, const float *x, uint32_t x_len) {
    return ecm_app_push_f32(&b->channel, &b->cfg, b->mem, 0, x, x_len);
}

static ecm_status_t bench_step(bench_t *b, ecm_app_event_t *event) {
    return ecm_app_step(&b->app, &b->channel, &b->cfg, b->mem, b->dist, event);
}

/* Step until there is an event or nothing to do. */
static ecm_status_t bench_next(bench_t *b, ecm_app_event_t *event) {
    ecm_status_t status;
    do {
        status = bench_step(b, event);
    } while (status == ECM_MORE);
    return status;
}

/* ---- the same by direct calls -------------------------------------------------------
 */

typedef struct {
    uint32_t window;
    ecm_drift_cusum_t cusum;
    ecm_app_dist_t dist[FEATURES];
} direct_t;

static ecm_dist_cfg_t direct_cfg(uint32_t feature) {
    ecm_dist_cfg_t cfg = {NULL, NULL, NULL, 0, ECM_APP_BINS, ECM_DIST_FILL, 0};
    cfg.edges = &edges[feature * ECM_APP_EDGES];
    cfg.window_len = ECM_DIST_WINDOW_MAX;
    return cfg;
}

static void direct_start(direct_t *d) {
    uint32_t i;
    d->window = 0;
    ECM_CHECK(ecm_drift_cusum_init(&d->cusum) == ECM_OK);
    for (i = 0; i < FEATURES; i++) {
        ecm_dist_cfg_t cfg = direct_cfg(i);
        ECM_CHECK(ecm_dist_init(&d->dist[i].st, &cfg, d->dist[i].count) == ECM_OK);
    }
}

/* Compute the next window directly and compare every bit of the event with it. */
static void direct_check(direct_t *d, const bench_t *b, const ecm_app_event_t *event) {
    float *x = ecm_test_memory + MEM + SIGNAL, *work = x + WINDOW;
    float features[FEATURES], outputs[OUTPUTS], z;
    const ecm_app_watch_t *watch = &watches[0];
    ecm_app_event_t expected;
    uint32_t i, alarm;
    memcpy(x, b->x + (size_t)d->window * b->channel_cfg.plan->hop_len,
           WINDOW * sizeof *x);
    ECM_CHECK(ecm_feat_extract_f32(NULL, b->channel_cfg.plan, 0.0f, x, work,
                                   features) == ECM_OK);
    ECM_CHECK(run_class(features, outputs, work) == ECM_OK);
    ECM_CHECK(run_score(features, outputs + 2, work) == ECM_OK);
    z = (ecm_math_log_f32(outputs[2] + watch->floor) - watch->mean) * watch->inv_sd;
    ECM_CHECK(ecm_drift_cusum_update_f32(&d->cusum, &watch->cusum, z, &alarm, NULL) ==
              ECM_OK);
    memset(&expected, 0, sizeof expected);
    expected.window = d->window++;
    expected.valid = 1;
    expected.alarms = alarm != 0U ? 1U : 0U;
    expected.class_id = outputs[1] > outputs[0] ? 1U : 0U;
    expected.probability = outputs[expected.class_id];
    expected.score[0] = outputs[2];
    expected.drift[0] = ecm_drift_cusum_ratio_f32(&d->cusum, &watch->cusum);
    ECM_CHECK(same(event, &expected, sizeof expected));
    ECM_CHECK(same(ecm_app_features(&b->cfg, b->mem), features, sizeof features));
    ECM_CHECK(same(ecm_app_outputs(&b->cfg, b->mem), outputs, sizeof outputs));
    for (i = 0; i < FEATURES; i++) {
        ecm_dist_cfg_t cfg = direct_cfg(i);
        ECM_CHECK(ecm_dist_update_f32(&d->dist[i].st, &cfg, d->dist[i].count,
                                      features[i]) == ECM_OK);
    }
}

/* Random chunks and random numbers of steps in between, without an overrun. */
static void check_chunks(const ecm_feat_plan_t *plan, uint32_t start, uint32_t seed) {
    bench_t b;
    direct_t d;
    ecm_app_event_t event;
    uint32_t at = 0, windows = (SIGNAL - WINDOW) / plan->hop_len + 1U, steps;
    bench_start(&b, plan);
    b.seed = seed;
    b.channel.ring.head = b.channel.ring.tail = start;
    direct_start(&d);
    while (d.window < windows) {
        uint32_t chunk = bench_random(&b, 100);
        chunk = chunk < SIGNAL - at ? chunk : SIGNAL - at;
        if (b.channel.ring.head - b.channel.ring.tail + chunk <= RING) {
            ECM_CHECK(bench_push(&b, b.x + at, chunk) == ECM_OK);
            at += chunk;
        }
        for (steps = bench_random(&b, 12); steps > 0U; steps--) {
            if (bench_step(&b, &event) == ECM_APP_EVENT) {
                direct_check(&d, &b, &event);
            }
        }
    }
    ECM_CHECK(bench_next(&b, &event) == ECM_OK);
    ECM_CHECK(same(b.dist, d.dist, sizeof d.dist));
    ECM_CHECK(b.channel.sensor.missing_n == 0U && b.app.cusum[0].n == windows);
    ecm_test_bytes("app cusum", b.app.cusum, sizeof b.app.cusum);
    ecm_test_bytes("app dist", b.dist, sizeof b.dist);
    ecm_test_u32("app windows", windows);
}

static void test_chunks(void) {
    uint32_t seed;
    for (seed = 1; seed <= 3U; seed++) {
        check_chunks(&plan_16, 0, seed);
        check_chunks(&plan_24, 0, seed);
        check_chunks(&plan_64, 0, seed);
    }
    check_chunks(&plan_24, 0xfffffe00U, 7); /* positions wrap on the way */
}

/* ---- faults -------------------------------------------------------------------------
 */

static void test_nan_burst(void) {
    bench_t b;
    ecm_app_event_t event;
    uint32_t k;
    bench_start(&b, &plan_16);
    b.x[100] = ecm_test_from_bits(0x7fc00000U);
    ECM_CHECK(bench_push(&b, b.x, RING) == ECM_OK);
    for (k = 0; k < (RING - WINDOW) / 16U + 1U; k++) {
        bool bad = k * 16U <= 100U && 100U < k * 16U + WINDOW;
        ECM_CHECK(bench_next(&b, &event) == ECM_APP_EVENT);
        ECM_CHECK(event.window == k && event.valid == (bad ? 0U : 1U));
        ECM_CHECK(event.health == (bad ? (uint32_t)ECM_HEALTH_NONFINITE : 0U));
        ECM_CHECK(!bad || event.class_id == ECM_APP_NO_CLASS);
    }
    ECM_CHECK(bench_next(&b, &event) == ECM_OK);
    ECM_CHECK(b.channel.sensor.nonfinite_n == 1U && b.app.cusum[0].n == k - 4U);
}

static void test_stuck_and_clipped(void) {
    bench_t b;
    ecm_app_event_t event;
    uint32_t i;
    bench_start(&b, &plan_64);
    for (i = 0; i < 20U; i++) {
        b.x[30 + i] = 0.125f;
    }
    b.x[64 + 5] = -2.0f;
    ECM_CHECK(bench_push(&b, b.x, 192) == ECM_OK);
    ECM_CHECK(bench_next(&b, &event) == ECM_APP_EVENT);
    ECM_CHECK(event.valid == 0U && event.health == ECM_HEALTH_STUCK);
    ECM_CHECK(bench_next(&b, &event) == ECM_APP_EVENT);
    ECM_CHECK(event.valid == 0U && event.health == ECM_HEALTH_CLIPPED);
    ECM_CHECK(b.app.class_id == ECM_APP_NO_CLASS && b.app.cusum[0].n == 0U);
    ECM_CHECK(bench_next(&b, &event) == ECM_APP_EVENT && event.valid == 1U);
    ECM_CHECK(b.app.health == (ECM_HEALTH_STUCK | ECM_HEALTH_CLIPPED));
}

static void test_overrun(void) {
    bench_t b;
    direct_t d;
    ecm_app_event_t event;
    bench_start(&b, &plan_64);
    ECM_CHECK(bench_push(&b, b.x + 1, RING) == ECM_OK);
    ECM_CHECK(bench_step(&b, &event) == ECM_MORE); /* a window is under way */
    ECM_CHECK(bench_push(&b, b.x + 1, RING) == ECM_ERR_FULL);
    ECM_CHECK(bench_push(&b, b.x + 1, 1) == ECM_ERR_FULL); /* until step has seen it */
    ECM_CHECK(bench_next(&b, &event) == ECM_APP_EVENT && event.valid == 1U);
    ECM_CHECK(bench_next(&b, &event) == ECM_APP_EVENT);
    ECM_CHECK(event.valid == 0U && event.health == ECM_HEALTH_MISSING);
    ECM_CHECK(event.window == 1U && b.channel.sensor.missing_n == 1U);
    ECM_CHECK(bench_next(&b, &event) == ECM_OK);
    /* what comes next is a clean start */
    direct_start(&d);
    d.cusum = b.app.cusum[0];
    memcpy(d.dist, b.dist, sizeof d.dist);
    ECM_CHECK(bench_push(&b, b.x, WINDOW) == ECM_OK);
    ECM_CHECK(bench_next(&b, &event) == ECM_APP_EVENT);
    event.window = 0;
    direct_check(&d, &b, &event);
    ECM_CHECK(same(b.dist, d.dist, sizeof d.dist));
}

/* A plan with a history: its first windows give no event, and so do those behind a gap;
 * the events that come are those of the same windows without it. */
static void test_history(void) {
    bench_t b;
    direct_t d;
    ecm_app_event_t event;
    uint32_t k;
    bench_start(&b, &plan_waits);
    b.x[160] = ecm_test_from_bits(0x7fc00000U);
    ECM_CHECK(bench_push(&b, b.x, RING) == ECM_OK);
    /* windows 0 and 1 warm up, 7 to 10 are bad, 11 and 12 warm up again */
    for (k = 0; k < 9U; k++) {
        ECM_CHECK(bench_next(&b, &event) == ECM_APP_EVENT);
        ECM_CHECK(event.window == k && b.app.taken == k + 3U);
        ECM_CHECK(event.valid == (k < 5U ? 1U : 0U));
    }
    ECM_CHECK(bench_next(&b, &event) == ECM_OK && b.app.taken == 13U);
    ECM_CHECK(b.app.cusum[0].n == 5U);
    direct_start(&d);
    bench_start(&b, &plan_waits);
    ECM_CHECK(bench_push(&b, b.x, RING) == ECM_OK);
    ECM_CHECK(bench_next(&b, &event) == ECM_APP_EVENT && event.valid == 1U);
    b.channel_cfg.plan = &plan_16;
    d.window = 2;
    event.window = 2;
    direct_check(&d, &b, &event);
}

static void test_model_refusals(void) {
    static const ecm_app_model_t refusing[] = {{run_class, ECM_APP_MODEL_CLASS, 2},
                                               {run_refusal, ECM_APP_MODEL_SCORE, 1}};
    static const ecm_app_model_t lost[] = {{run_class, ECM_APP_MODEL_CLASS, 2},
                                           {run_nan, ECM_APP_MODEL_SCORE, 1}};
    bench_t b;
    ecm_app_event_t event;
    uint32_t i;
    bench_start(&b, &plan_64);
    ECM_CHECK(bench_push(&b, b.x, 192) == ECM_OK);
    b.cfg.models = refusing;
    ECM_CHECK(bench_next(&b, &event) == ECM_ERR_STATE);
    b.cfg.models = lost;
    ECM_CHECK(bench_next(&b, &event) == ECM_ERR_ARG);
    ECM_CHECK(b.app.window == 0U && b.app.cusum[0].n == 0U);
    for (i = 0; i < ECM_APP_BINS; i++) {
        ECM_CHECK(b.dist[0].count[i] == 0U);
    }
    b.cfg.models = models;
    ECM_CHECK(bench_next(&b, &event) == ECM_APP_EVENT && event.window == 0U);
}

/* Anything may come: the promises hold, and the sanitizers watch. */
static void test_fuzz(void) {
    bench_t b;
    ecm_app_event_t event;
    uint8_t frame[ECM_FRAME_MIN_BYTES];
    uint32_t round, events = 0, gaps = 0, valid = 0, len;
    ecm_status_t status;
    bench_start(&b, &plan_24);
    for (round = 0; round < 3000U; round++) {
        uint32_t chunk = bench_random(&b, round % 50U == 0U ? 400U : 40U);
        float *x = b.x + bench_random(&b, SIGNAL - 400U);
        float kept = x[0];
        if (bench_random(&b, 60) == 0U) {
            x[0] = ecm_test_from_bits(bench_random(&b, 2) == 0U ? 0x7f800000U
                                                                : 0x7f7fffffU);
        }
        status = bench_push(&b, x, chunk);
        x[0] = kept;
        ECM_CHECK(status == ECM_OK || status == ECM_ERR_FULL);
        for (len = bench_random(&b, 9); len > 0U; len--) {
            status = bench_step(&b, &event);
            ECM_CHECK(status >= ECM_OK);
            if (status == ECM_APP_EVENT) {
                ECM_CHECK(event.window == events++);
                ECM_CHECK((event.valid == 1U) == (event.health == 0U));
                gaps += (event.health & ECM_HEALTH_MISSING) != 0U ? 1U : 0U;
                valid += event.valid;
            }
        }
        if (round % 40U == 39U) {
            status = ecm_app_report(&b.app, &b.cfg, b.dist, round, frame, sizeof frame,
                                    &len);
            ECM_CHECK(status == ECM_OK && len <= ECM_FRAME_MIN_BYTES);
        }
    }
    ECM_CHECK(gaps > 3U && gaps == b.channel.sensor.missing_n);
    ECM_CHECK(valid > 100U && valid < events && valid == b.app.cusum[0].n);
    ecm_test_u32("app fuzz events", events);
    ecm_test_u32("app fuzz valid", valid);
    ecm_test_u32("app fuzz gaps", gaps);
    ecm_test_bytes("app fuzz state", &b.app, sizeof b.app);
}

/* ---- settings and frames ------------------------------------------------------------
 */

static void test_report(void) {
    static const uint8_t join[] = {0x84, 2, 0x58, 36, 0, 0, 0, 42, 0xa0, 0xa1};
    static const uint8_t head[] = {0x8b, 2,    0x4c, 0,    0,    0,    42,
                                   0xa0, 0xa1, 0xa2, 0xa3, 0x10, 0x11, 0x12,
                                   0x13, 1,    0x19, 0x0e, 0x10, 0,    0};
    bench_t b;
    ecm_app_event_t event;
    ecm_app_dist_t sent, kept;
    uint8_t frame[ECM_FRAME_MIN_BYTES];
    uint32_t len = 99, i;
    bench_start(&b, &plan_64);
    ECM_CHECK(ecm_app_report(&b.app, &b.cfg, b.dist, 0, frame, 10, &len) ==
              ECM_ERR_FULL);
    ECM_CHECK(b.app.seq == 0U && len == 99U);
    ECM_CHECK(ecm_app_report(&b.app, &b.cfg, b.dist, 0, frame, sizeof frame, &len) ==
              ECM_OK);
    ECM_CHECK(same(frame, join, sizeof join) && b.app.seq == 1U);
    ECM_CHECK(bench_push(&b, b.x, WINDOW) == ECM_OK);
    ECM_CHECK(bench_next(&b, &event) == ECM_APP_EVENT && event.valid == 1U);
    sent = b.dist[0];
    kept = b.dist[1];
    ECM_CHECK(ecm_app_report(&b.app, &b.cfg, b.dist, 3600, frame, sizeof frame, &len) ==
              ECM_OK);
    ECM_CHECK(same(frame, head, sizeof head));
    ecm_test_bytes("app frame", frame, len);
    for (i = 0; i < ECM_APP_BINS; i++) {
        ECM_CHECK(b.dist[0].count[i] == 0U && sent.count[i] <= 1U);
    }
    ECM_CHECK(same(&b.dist[1], &kept, sizeof kept) && b.app.feature == 1U);
    for (i = 1; i < FEATURES; i++) {
        ECM_CHECK(ecm_app_report(&b.app, &b.cfg, b.dist, 0, frame, sizeof frame,
                                 &len) == ECM_OK);
    }
    ECM_CHECK(b.app.feature == 0U && b.app.seq == FEATURES + 1U);
}

static ecm_status_t init(const ecm_app_cfg_t *cfg) {
    ecm_app_t app;
    ecm_app_channel_t channels[2];
    ecm_app_dist_t dist[2 * FEATURES];
    return ecm_app_init(&app, channels, cfg, ecm_test_memory, dist);
}

static void test_settings(void) {
    static const ecm_app_model_t two_classes[] = {{run_class, ECM_APP_MODEL_CLASS, 2},
                                                  {run_class, ECM_APP_MODEL_CLASS, 2}};
    static const ecm_app_watch_t bad_watch[] = {{0.0f, 0.0f, 1.0f, {0.5f, 5.0f}}};
    ecm_feat_plan_t bad_plan = plan_16;
    ecm_app_channel_cfg_t channel;
    ecm_app_cfg_t cfg = settings(&plan_16, &channel);
    ECM_CHECK(init(&cfg) == ECM_OK);
    ECM_CHECK(init(NULL) == ECM_ERR_NULL);
    channel.plan = NULL;
    ECM_CHECK(init(&cfg) == ECM_ERR_NULL);
    channel.plan = &bad_plan;
    bad_plan.hop_len = WINDOW + 1;
    ECM_CHECK(init(&cfg) == ECM_ERR_ARG);
    bad_plan.hop_len = 0;
    ECM_CHECK(init(&cfg) == ECM_ERR_ARG);
    bad_plan = plan_16;
    bad_plan.features_len = 4;
    ECM_CHECK(init(&cfg) == ECM_ERR_ARG);
    cfg = settings(&plan_16, &channel);
    cfg.ring_len = WINDOW + 15;
    ECM_CHECK(init(&cfg) == ECM_ERR_LENGTH);
    cfg.ring_len = 0x80000000U;
    ECM_CHECK(init(&cfg) == ECM_ERR_LENGTH);
    cfg = settings(&plan_16, &channel);
    cfg.work_len--;
    ECM_CHECK(init(&cfg) == ECM_ERR_LENGTH);
    cfg = settings(&plan_16, &channel);
    cfg.scores_len = 2;
    ECM_CHECK(init(&cfg) == ECM_ERR_ARG);
    cfg = settings(&plan_16, &channel);
    cfg.classes_len = 3;
    ECM_CHECK(init(&cfg) == ECM_ERR_ARG);
    cfg = settings(&plan_16, &channel);
    cfg.models = two_classes;
    ECM_CHECK(init(&cfg) == ECM_ERR_ARG);
    cfg = settings(&plan_16, &channel);
    cfg.watches = bad_watch;
    ECM_CHECK(init(&cfg) == ECM_ERR_ARG);
    cfg = settings(&plan_16, &channel);
    channel.health.stuck_len = 1;
    ECM_CHECK(init(&cfg) == ECM_ERR_ARG);
}

/* A speed that the plan is not made for: the window is refused, the next one is not. */
static void test_plan_speed(void) {
    ecm_feat_plan_t plan = plan_64;
    bench_t b;
    ecm_app_event_t event;
    plan.speed_lo_hz = 10.0f;
    plan.speed_hi_hz = 20.0f;
    bench_start(&b, &plan);
    ECM_CHECK(bench_push(&b, b.x, 128) == ECM_OK);
    ECM_CHECK(bench_next(&b, &event) == ECM_ERR_ARG && b.app.taken == 1U);
    ECM_CHECK(ecm_app_set_speed(&b.app, 10.0f) == ECM_OK);
    ECM_CHECK(bench_next(&b, &event) == ECM_APP_EVENT && event.window == 0U);
}

static void test_speed(void) {
    ecm_app_t app;
    app.speed_hz = 7.0f;
    ECM_CHECK(ecm_app_set_speed(NULL, 1.0f) == ECM_ERR_NULL);
    ECM_CHECK(ecm_app_set_speed(&app, -1.0f) == ECM_ERR_ARG);
    ECM_CHECK(ecm_app_set_speed(&app, ecm_test_from_bits(0x7f800000U)) == ECM_ERR_ARG);
    ECM_CHECK(app.speed_hz == 7.0f);
    ECM_CHECK(ecm_app_set_speed(&app, 29.5f) == ECM_OK && app.speed_hz == 29.5f);
    ECM_CHECK(ecm_app_features(NULL, ecm_test_memory) == NULL);
    ECM_CHECK(ecm_app_outputs(NULL, ecm_test_memory) == NULL);
}

/* ---- two channels ------------------------------------------------------------------
 */

enum {
    PAIR_RING = WINDOW + 24 + 20,
    PAIR_FEATURES = FEATURES + 2,
    PAIR_MEM = ECM_APP_MEM_LEN(2, PAIR_RING, WINDOW, WINDOW, PAIR_FEATURES, OUTPUTS, 0),
    PAIR_SIGNAL = 900
};

static const ecm_feat_row_t pair_rows[] = {{ECM_FEAT_MEAN, 0, 0, 0},
                                           {ECM_FEAT_PEAK, 0, 0, 0}};
static const ecm_feat_step_t pair_steps[] = {
    {&ecm_feat_kind_time, pair_rows, 2, NULL, 0}};
static const ecm_feat_plan_t plan_second = {
    1000.0f, WINDOW, 24, ECM_FEAT_DETREND_MEAN, 0, 0, pair_steps, 1, 2, 0, 0};

static ecm_status_t run_pair(const float *features, float *outputs, void *work) {
    (void)work;
    outputs[0] = features[0] * features[2] + features[FEATURES + 1];
    return ECM_OK;
}

static const ecm_app_model_t pair_models[] = {{run_class, ECM_APP_MODEL_CLASS, 2},
                                              {run_pair, ECM_APP_MODEL_SCORE, 1}};

typedef struct {
    ecm_app_cfg_t cfg;
    ecm_app_channel_cfg_t channel_cfg[2];
    ecm_app_t app;
    ecm_app_channel_t channels[2];
    ecm_app_dist_t dist[PAIR_FEATURES];
    float edges[PAIR_FEATURES * ECM_APP_EDGES];
    float *mem;
    float *x[2];
    uint32_t at[2]; /* samples pushed */
} pair_t;

static void pair_start(pair_t *p) {
    uint32_t i;
    ecm_app_channel_cfg_t one;
    p->cfg = settings(&plan_24, &one);
    p->channel_cfg[0] = one;
    p->channel_cfg[1] = one;
    p->channel_cfg[1].plan = &plan_second;
    p->cfg.channels = p->channel_cfg;
    p->cfg.channels_len = 2;
    p->cfg.features_len = PAIR_FEATURES;
    p->cfg.models = pair_models;
    p->cfg.ring_len = PAIR_RING;
    for (i = 0; i < PAIR_FEATURES * ECM_APP_EDGES; i++) {
        p->edges[i] = 0.1f * (float)(i % ECM_APP_EDGES);
    }
    p->cfg.dist_edges = p->edges;
    p->mem = ecm_test_memory;
    for (i = 0; i < 2U; i++) {
        p->at[i] = 0;
        p->x[i] = ecm_test_memory + PAIR_MEM + i * PAIR_SIGNAL;
        ecm_test_noise_f32(21U + i, p->x[i], PAIR_SIGNAL);
    }
    ECM_CHECK(ecm_app_init(&p->app, p->channels, &p->cfg, p->mem, p->dist) == ECM_OK);
}

/* Push the next n samples of a channel. */
static ecm_status_t pair_push(pair_t *p, uint32_t channel, uint32_t n) {
    ecm_status_t status = ecm_app_push_f32(p->channels, &p->cfg, p->mem, channel,
                                           p->x[channel] + p->at[channel], n);
    p->at[channel] += n;
    return status;
}

static ecm_status_t pair_step(pair_t *p, ecm_app_event_t *event) {
    return ecm_app_step(&p->app, p->channels, &p->cfg, p->mem, p->dist, event);
}

static ecm_status_t pair_next(pair_t *p, ecm_app_event_t *event) {
    ecm_status_t status;
    do {
        status = pair_step(p, event);
    } while (status == ECM_MORE);
    return status;
}

/* The features of a valid event are those of the windows that start at these samples.
 */
static void pair_check(const pair_t *p, const ecm_app_event_t *event, uint32_t first,
                       uint32_t second) {
    float x[WINDOW], work[WINDOW], features[PAIR_FEATURES], score;
    memcpy(x, p->x[0] + first, sizeof x);
    ECM_CHECK(ecm_feat_extract_f32(NULL, &plan_24, 0.0f, x, work, features) == ECM_OK);
    memcpy(x, p->x[1] + second, sizeof x);
    ECM_CHECK(ecm_feat_extract_f32(NULL, &plan_second, 0.0f, x, work,
                                   features + FEATURES) == ECM_OK);
    ECM_CHECK(run_pair(features, &score, work) == ECM_OK);
    ECM_CHECK(event->valid == 1U && event->health == 0U && event->unwell == 0U);
    ECM_CHECK(same(ecm_app_features(&p->cfg, p->mem), features, sizeof features));
    ECM_CHECK(same(&event->score[0], &score, sizeof score));
}

/* Chunks of any size, one channel ahead of the other by as much as the ring holds. */
static void test_two_channels(void) {
    uint32_t seed, steps, windows, n = 24;
    for (seed = 1; seed <= 3U; seed++) {
        bench_t random;
        pair_t p;
        ecm_app_event_t event;
        pair_start(&p);
        random.seed = seed;
        p.channels[1].ring.head = p.channels[1].ring.tail = 0xffffff00U; /* wraps */
        p.channels[1].origin = 0xffffff00U;
        for (windows = 0; windows < n;) {
            uint32_t channel = bench_random(&random, 2);
            uint32_t chunk = bench_random(&random, 60);
            const ecm_ring_t *ring = &p.channels[channel].ring;
            if (ring->head - ring->tail + chunk <= PAIR_RING &&
                p.at[channel] + chunk <= PAIR_SIGNAL) {
                ECM_CHECK(pair_push(&p, channel, chunk) == ECM_OK);
            }
            for (steps = bench_random(&random, 12); steps > 0U; steps--) {
                if (pair_step(&p, &event) == ECM_APP_EVENT) {
                    ECM_CHECK(event.window == windows);
                    pair_check(&p, &event, windows * 24U, windows * 24U);
                    windows++;
                }
            }
        }
        ecm_test_bytes("app pair state", &p.app, sizeof p.app);
        ecm_test_bytes("app pair dist", p.dist, sizeof p.dist);
    }
}

/* What is wrong with one channel keeps the window from all of them. */
static void test_unwell_channel(void) {
    pair_t p;
    ecm_app_event_t event;
    uint32_t k;
    pair_start(&p);
    p.x[1][70] = ecm_test_from_bits(0x7fc00000U);
    p.channel_cfg[1].health.range = 4.0f;
    p.x[1][100] = 3.0f; /* beyond the range of the first channel alone */
    for (k = 0; k < 6U; k++) {
        ECM_CHECK(pair_push(&p, 0, k == 0U ? WINDOW : 24U) == ECM_OK);
        ECM_CHECK(pair_next(&p, &event) == ECM_OK); /* the other is not there yet */
        ECM_CHECK(pair_push(&p, 1, k == 0U ? WINDOW : 24U) == ECM_OK);
        ECM_CHECK(pair_next(&p, &event) == ECM_APP_EVENT && event.window == k);
        if (k >= 1U && k <= 3U) { /* the burst came with the windows from 24 to 72 */
            ECM_CHECK(event.valid == 0U && event.unwell == 2U);
            ECM_CHECK(event.health == (uint32_t)ECM_HEALTH_NONFINITE);
            ECM_CHECK(p.channels[0].health == 0U &&
                      p.channels[1].health == (uint32_t)ECM_HEALTH_NONFINITE);
        } else {
            pair_check(&p, &event, k * 24U, k * 24U);
        }
    }
    ECM_CHECK(p.channels[1].sensor.nonfinite_n == 1U);
    ECM_CHECK(p.channels[0].sensor.nonfinite_n == 0U);
}

/* A sensor that stops is missing, again and again; then all begin anew together. */
static void test_stopped_channel(void) {
    pair_t p;
    ecm_app_event_t event;
    uint32_t events = 0;
    pair_start(&p);
    ECM_CHECK(pair_push(&p, 1, 30) == ECM_OK);
    while (p.at[0] < 500U) {
        (void)pair_push(&p, 0, 20);
        if (pair_next(&p, &event) == ECM_APP_EVENT) {
            ECM_CHECK(event.valid == 0U && event.window == events++);
            ECM_CHECK(event.health == (uint32_t)ECM_HEALTH_MISSING);
            ECM_CHECK(event.unwell == 2U && p.channels[0].health == 0U);
        }
    }
    ECM_CHECK(events == 500U / (PAIR_RING + 12U)); /* once a ring; 12 do not fit */
    ECM_CHECK(p.channels[1].sensor.missing_n == events);
    ECM_CHECK(p.channels[0].sensor.missing_n == 0U);
    while (pair_push(&p, 0, 20) == ECM_OK) {
    }
    ECM_CHECK(pair_next(&p, &event) == ECM_APP_EVENT && event.unwell == 2U);
    ECM_CHECK(pair_push(&p, 0, WINDOW) == ECM_OK && p.at[1] == 30U);
    ECM_CHECK(pair_push(&p, 1, WINDOW) == ECM_OK);
    ECM_CHECK(pair_next(&p, &event) == ECM_APP_EVENT);
    pair_check(&p, &event, p.at[0] - WINDOW, 30);
}

/* Step came too late for one channel: what it lost, the other drops too, also those of
 * it that are yet to come. If that one stops then, both count from the next sample. */
static void test_late_step(void) {
    pair_t p;
    ecm_app_event_t event;
    uint32_t k;
    pair_start(&p);
    ECM_CHECK(pair_push(&p, 0, PAIR_RING) == ECM_OK);
    ECM_CHECK(pair_push(&p, 1, PAIR_RING) == ECM_OK);
    ECM_CHECK(pair_push(&p, 0, 50) == ECM_ERR_FULL);
    ECM_CHECK(pair_next(&p, &event) == ECM_APP_EVENT);
    ECM_CHECK(event.health == (uint32_t)ECM_HEALTH_MISSING && event.unwell == 1U);
    ECM_CHECK(pair_push(&p, 1, 60) == ECM_OK); /* 50 of them have no counterpart */
    ECM_CHECK(pair_push(&p, 0, 80) == ECM_OK);
    ECM_CHECK(pair_next(&p, &event) == ECM_OK);
    ECM_CHECK(pair_push(&p, 1, 60) == ECM_OK);
    ECM_CHECK(pair_next(&p, &event) == ECM_APP_EVENT);
    pair_check(&p, &event, PAIR_RING + 50U, PAIR_RING + 50U);

    pair_start(&p);
    for (k = 0; k < 2U; k++) {
        ECM_CHECK(pair_push(&p, k, PAIR_RING) == ECM_OK);
    }
    ECM_CHECK(pair_push(&p, 0, 50) == ECM_ERR_FULL);
    ECM_CHECK(pair_next(&p, &event) == ECM_APP_EVENT && event.unwell == 1U);
    ECM_CHECK(pair_push(&p, 0, PAIR_RING) == ECM_OK);
    ECM_CHECK(pair_push(&p, 0, 10) == ECM_ERR_FULL);
    ECM_CHECK(pair_next(&p, &event) == ECM_APP_EVENT && event.unwell == 2U);
    ECM_CHECK(pair_push(&p, 0, 120) == ECM_ERR_FULL); /* more than a ring */
    ECM_CHECK(pair_next(&p, &event) == ECM_APP_EVENT && event.unwell == 2U);
    for (k = 0; k < 2U; k++) { /* the second still drops 50, and so does the first */
        ECM_CHECK(pair_push(&p, k, 50) == ECM_OK);
        ECM_CHECK(pair_push(&p, k, WINDOW) == ECM_OK);
    }
    ECM_CHECK(pair_next(&p, &event) == ECM_APP_EVENT);
    pair_check(&p, &event, p.at[0] - WINDOW, p.at[1] - WINDOW);
}

static void test_channel_settings(void) {
    ecm_feat_plan_t other = plan_second;
    pair_t p;
    pair_start(&p);
    ECM_CHECK(ecm_app_push_f32(p.channels, &p.cfg, p.mem, 2, p.x[0], 1) == ECM_ERR_ARG);
    p.channel_cfg[1].plan = &other;
    other.hop_len = 16;
    ECM_CHECK(init(&p.cfg) == ECM_ERR_ARG);
    other = plan_second;
    other.fs_hz = 999.0f;
    ECM_CHECK(init(&p.cfg) == ECM_ERR_ARG);
    other = plan_second;
    p.cfg.features_len--;
    ECM_CHECK(init(&p.cfg) == ECM_ERR_ARG);
    p.cfg.features_len++;
    p.channel_cfg[1].health.range = 0.0f;
    ECM_CHECK(init(&p.cfg) == ECM_ERR_ARG);
    p.channel_cfg[1].health.range = 1.0f;
    ECM_CHECK(init(&p.cfg) == ECM_OK);
    p.cfg.channels_len = 0;
    ECM_CHECK(init(&p.cfg) == ECM_ERR_ARG);
    p.cfg.channels_len = ECM_APP_CHANNELS_MAX + 1;
    ECM_CHECK(init(&p.cfg) == ECM_ERR_ARG);
}

void test_ecm_app(void) {
    test_chunks();
    test_nan_burst();
    test_stuck_and_clipped();
    test_overrun();
    test_history();
    test_model_refusals();
    test_fuzz();
    test_report();
    test_settings();
    test_speed();
    test_plan_speed();
    test_two_channels();
    test_unwell_channel();
    test_stopped_channel();
    test_late_step();
    test_channel_settings();
}
