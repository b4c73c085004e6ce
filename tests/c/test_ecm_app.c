/* test_ecm_app.c - any chunking gives the events of direct calls; faults stay out.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_app_watch.h"
#include "ecm_math.h"
#include "ecm_test_app.h"

void test_ecm_app(void);

enum {
    STATE = ECM_FEAT_STATE_HEAD + 1,
    MEM = ECM_APP_MEM_LEN(1, RING, WINDOW, WINDOW, FEATURES, OUTPUTS, MONITOR, STATE),
    SIGNAL = ECM_TEST_MEMORY_LEN - MEM - WINDOW - WINDOW
};

/* ---- the application, of one channel
 * -------------------------------------------------
 */

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

static const ecm_feat_step_t wait_steps[] = {
    TEST_APP_STEPS, {&kind_wait, NULL, 0, NULL, ECM_FEAT_STATE_HEAD}};
static const ecm_feat_plan_t plan_16 = TEST_APP_PLAN(16, plan_steps, 5, 0);
static const ecm_feat_plan_t plan_64 = TEST_APP_PLAN(64, plan_steps, 5, 0);
static const ecm_feat_plan_t plan_waits = TEST_APP_PLAN(16, wait_steps, 6, STATE);

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

/* What a test works with: the application and its memory. */
typedef struct {
    ecm_app_cfg_t cfg;
    ecm_app_channel_cfg_t channel_cfg;
    ecm_app_t app;
    ecm_app_channel_t channel;
    test_dist_t dist[FEATURES];
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

/* The monitors' state: behind it comes that of the plan. */
static const uint32_t *bench_state(const bench_t *b) {
    return (const uint32_t *)(const void *)(b->mem + MEM - STATE - MONITOR);
}

static void bench_monitor(const bench_t *b, uint32_t *state) {
    memcpy(state, bench_state(b), 4U * MONITOR);
}

/* The sums of the score: the first row's state. */
static ecm_drift_cusum_t score_sums(const bench_t *b) {
    ecm_drift_cusum_t sums;
    memcpy(&sums, bench_state(b) + 6 + 2 * 6 + 2 * 13, sizeof sums);
    return sums;
}

static uint32_t scored(const bench_t *b) {
    return score_sums(b).n;
}

/* ---- the same by direct calls -------------------------------------------------------
 */

typedef struct {
    uint32_t window;
    ecm_drift_cusum_t cusum;
    uint32_t monitor[MONITOR];
    ecm_dist_t st[FEATURES];
    test_dist_t dist[FEATURES];
} direct_t;

static ecm_dist_cfg_t direct_cfg(uint32_t feature) {
    ecm_dist_cfg_t cfg = {NULL, NULL, NULL, 0, BINS, ECM_DIST_FILL, 0};
    cfg.edges = &edges[feature * EDGES];
    cfg.window_len = ECM_DIST_WINDOW_MAX;
    return cfg;
}

static void direct_start(direct_t *d) {
    uint32_t i;
    d->window = 0;
    ECM_CHECK(ecm_drift_cusum_init(&d->cusum) == ECM_OK);
    ECM_CHECK(ecm_monitor_words(&test_app_monitor) == MONITOR);
    ECM_CHECK(ecm_monitor_init(d->monitor, &test_app_monitor) == ECM_OK);
    for (i = 0; i < FEATURES; i++) {
        ecm_dist_cfg_t cfg = direct_cfg(i);
        ECM_CHECK(ecm_dist_init(&d->st[i], &cfg, d->dist[i].count) == ECM_OK);
    }
}

/* Compute the next window directly and compare every bit of the event with it. */
static void direct_check(direct_t *d, const bench_t *b, const ecm_app_event_t *event) {
    float *x = ecm_test_memory + MEM + SIGNAL, *work = x + WINDOW;
    float features[FEATURES], outputs[OUTPUTS], z;
    float inputs[FEATURES + OUTPUTS + ECM_APP_OTHERS];
    ecm_monitor_alarm_t told[3];
    ecm_app_event_t expected;
    uint32_t i, alarm, class_id;
    memcpy(x, b->x + (size_t)d->window * b->channel_cfg.plan->hop_len,
           WINDOW * sizeof *x);
    ECM_CHECK(ecm_feat_extract_f32(NULL, b->channel_cfg.plan, 0.0f, x, work,
                                   features) == ECM_OK);
    ECM_CHECK(run_class(features, outputs, work) == ECM_OK);
    ECM_CHECK(run_score(features, outputs + 2, work) == ECM_OK);
    z = (ecm_math_log_f32(outputs[2] + 0.01f) - 0.05f) * 30.0f;
    ECM_CHECK(ecm_drift_cusum_update_f32(&d->cusum, &test_app_cusum, z, &alarm, NULL) ==
              ECM_OK);
    class_id = outputs[1] > outputs[0] ? 1U : 0U;
    memset(inputs, 0, sizeof inputs);
    memcpy(inputs, features, sizeof features);
    memcpy(inputs + FEATURES, outputs, sizeof outputs);
    memset(&expected, 0, sizeof expected);
    ECM_CHECK(ecm_monitor_update_f32(d->monitor, &test_app_monitor, inputs, class_id,
                                     told, 3, &expected.changes) == ECM_OK);
    for (i = 0; i < expected.changes; i++) {
        expected.alarms |= (uint32_t)1 << told[i].group;
        expected.change =
            told[i].ratio > expected.change.ratio ? told[i] : expected.change;
    }
    ECM_CHECK((expected.alarms & 1U) == (alarm != 0U ? 1U : 0U));
    expected.window = d->window++;
    expected.valid = 1;
    expected.class_id = class_id;
    expected.shadow_class_id = ECM_APP_NO_CLASS;
    expected.probability = outputs[class_id];
    expected.score[0] = outputs[2];
    expected.drift[0] = ecm_drift_cusum_ratio_f32(&d->cusum, &test_app_cusum);
    ECM_CHECK(same(event, &expected, sizeof expected));
    ECM_CHECK(same(ecm_app_features(&b->cfg, b->mem), features, sizeof features));
    ECM_CHECK(same(ecm_app_outputs(&b->cfg, b->mem), outputs, sizeof outputs));
    for (i = 0; i < FEATURES; i++) {
        ecm_dist_cfg_t cfg = direct_cfg(i);
        ECM_CHECK(ecm_dist_update_f32(&d->st[i], &cfg, d->dist[i].count, features[i]) ==
                  ECM_OK);
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
    ECM_CHECK(b.channel.sensor.missing_n == 0U && scored(&b) == windows);
    ecm_test_bytes("app monitor", bench_state(&b), 4U * MONITOR);
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
    ECM_CHECK(b.channel.sensor.nonfinite_n == 1U && scored(&b) == k - 4U);
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
    ECM_CHECK(b.app.class_id == ECM_APP_NO_CLASS && scored(&b) == 0U);
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
    bench_monitor(&b, d.monitor);
    d.cusum = score_sums(&b);
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
    ECM_CHECK(scored(&b) == 5U);
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
    ECM_CHECK(b.app.window == 0U && scored(&b) == 0U);
    for (i = 0; i < BINS; i++) {
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
            status = ecm_app_report(&b.app, &b.cfg, b.mem, b.dist, round, frame,
                                    sizeof frame, &len);
            ECM_CHECK(status == ECM_OK && len <= ECM_FRAME_MIN_BYTES);
        }
    }
    ECM_CHECK(gaps > 3U && gaps == b.channel.sensor.missing_n);
    ECM_CHECK(valid > 100U && valid < events && valid == scored(&b));
    ecm_test_u32("app fuzz events", events);
    ecm_test_u32("app fuzz valid", valid);
    ecm_test_u32("app fuzz gaps", gaps);
    ecm_test_bytes("app fuzz state", &b.app, sizeof b.app);
}

/* ---- settings and frames ------------------------------------------------------------
 */

static void test_report(void) {
    static const uint8_t join[] = {0x84, 3, 0x58, 36, 0, 0, 0, 42, 0xa0, 0xa1};
    static const uint8_t head[] = {0x8d, 3,    0x4c, 0,    0,    0,    42,
                                   0xa0, 0xa1, 0xa2, 0xa3, 0x10, 0x11, 0x12,
                                   0x13, 1,    0x19, 0x0e, 0x10, 0,    0};
    bench_t b;
    ecm_app_event_t event;
    test_dist_t sent, kept;
    uint8_t frame[ECM_FRAME_MIN_BYTES];
    uint32_t len = 99, i;
    bench_start(&b, &plan_64);
    ECM_CHECK(ecm_app_report(&b.app, &b.cfg, b.mem, b.dist, 0, frame, 10, &len) ==
              ECM_ERR_FULL);
    ECM_CHECK(b.app.seq == 0U && len == 99U);
    ECM_CHECK(ecm_app_report(&b.app, &b.cfg, b.mem, b.dist, 0, frame, sizeof frame,
                             &len) == ECM_OK);
    ECM_CHECK(same(frame, join, sizeof join) && b.app.seq == 1U);
    ECM_CHECK(bench_push(&b, b.x, WINDOW) == ECM_OK);
    ECM_CHECK(bench_next(&b, &event) == ECM_APP_EVENT && event.valid == 1U);
    sent = b.dist[0];
    kept = b.dist[1];
    ECM_CHECK(ecm_app_report(&b.app, &b.cfg, b.mem, b.dist, 3600, frame, sizeof frame,
                             &len) == ECM_OK);
    ECM_CHECK(same(frame, head, sizeof head));
    ecm_test_bytes("app frame", frame, len);
    for (i = 0; i < BINS; i++) {
        ECM_CHECK(b.dist[0].count[i] == 0U && sent.count[i] <= 1U);
    }
    ECM_CHECK(same(&b.dist[1], &kept, sizeof kept) && b.app.feature == 1U);
    for (i = 1; i < FEATURES; i++) {
        ECM_CHECK(ecm_app_report(&b.app, &b.cfg, b.mem, b.dist, 0, frame, sizeof frame,
                                 &len) == ECM_OK);
    }
    ECM_CHECK(b.app.feature == 0U && b.app.seq == FEATURES + 1U);
}

/* Three edges between each two of the eight. */
static void test_bins_edges(float *fine) {
    uint32_t f, i;
    for (f = 0; f < FEATURES; f++) {
        for (i = 0; i < 31U; i++) {
            const float *own = &edges[f * EDGES + (i < 28U ? i / 4U : 6U)];
            float low = i < 4U ? own[0] - 0.1f : own[-1];
            fine[f * 31U + i] = own[0];
            if (i >= 28U) {
                fine[f * 31U + i] = own[0] + (float)(i - 27U);
            } else if (i % 4U != 3U) {
                fine[f * 31U + i] = low + (own[0] - low) * 0.25f * (float)(i % 4U);
            }
        }
    }
}

/* Counters that hold all that a frame can say stay as they are until they are sent. */
static void test_full_counters(void) {
    bench_t b;
    ecm_app_event_t event;
    uint32_t i, sum = 0;
    bench_start(&b, &plan_16);
    for (i = 0; i < BINS; i++) {
        b.dist[0].count[i] = i == 0U ? 65533U : 0U;
    }
    ECM_CHECK(bench_push(&b, b.x, WINDOW + 4U * 16U) == ECM_OK);
    while (bench_next(&b, &event) == ECM_APP_EVENT) {
    }
    ECM_CHECK(b.app.window == 5U);
    for (i = 0; i < BINS; i++) {
        sum += b.dist[0].count[i];
    }
    ECM_CHECK(sum == ECM_DIST_WINDOW_MAX);
    ecm_app_watch_clear(&b.cfg, 0, b.dist);
    for (i = 0; i < BINS; i++) {
        ECM_CHECK(b.dist[0].count[i] == 0U);
    }
}

/* 32 bins count what eight count, divided further. */
static void test_bins(void) {
    float *fine = ecm_test_memory + MEM + 256;
    void *dist = fine + FEATURES * 31;
    bench_t few, b;
    ecm_app_event_t event;
    uint8_t frame[ECM_FRAME_FULL_BYTES];
    uint32_t i, f, len = 0;
    bench_start(&few, &plan_16);
    ECM_CHECK(bench_push(&few, few.x, 192) == ECM_OK);
    while (bench_next(&few, &event) == ECM_APP_EVENT) {
    }
    bench_start(&b, &plan_16);
    test_bins_edges(fine);
    b.cfg.dist_edges = fine;
    b.cfg.dist_bins = 32;
    ECM_CHECK(ecm_app_init(&b.app, &b.channel, &b.cfg, b.mem, dist) == ECM_OK);
    ECM_CHECK(bench_push(&b, b.x, 192) == ECM_OK);
    while (ecm_app_step(&b.app, &b.channel, &b.cfg, b.mem, dist, &event) != ECM_OK) {
    }
    ECM_CHECK(b.app.window == 9U && few.app.window == 9U);
    for (f = 0; f < FEATURES; f++) {
        const uint16_t *count = ecm_app_watch_counters(&b.cfg, f, dist);
        uint32_t sums[BINS] = {0};
        for (i = 0; i < 32U; i++) {
            sums[i / 4U] += count[i];
        }
        for (i = 0; i < BINS; i++) {
            ECM_CHECK(few.dist[f].count[i] == sums[i]);
        }
        ecm_test_bytes("app bins", count, 64);
    }
    for (i = 0; i < 2U; i++) { /* the join frame, then all features in one */
        ECM_CHECK(ecm_app_report(&b.app, &b.cfg, b.mem, dist, 0, frame, sizeof frame,
                                 &len) == ECM_OK);
    }
    ecm_test_bytes("app bins frame", frame, len);
    ECM_CHECK(len > 51U && len <= sizeof frame && b.app.feature == 0U);
}

static ecm_status_t run_two(const float *features, float *outputs, void *work) {
    (void)work;
    outputs[0] = -features[0];
    outputs[1] = 100000.0f * features[2];
    return ECM_OK;
}

/* Regressions: of any sign, in events and frames, and for monitors to watch. */
static void test_values(void) {
    static const ecm_app_model_t three[] = {{run_two, ECM_APP_MODEL_VALUES, 2},
                                            {run_class, ECM_APP_MODEL_CLASS, 2},
                                            {run_score, ECM_APP_MODEL_SCORE, 1}};
    ecm_monitor_score_t watched[2];
    ecm_monitor_cfg_t monitor = test_app_monitor;
    bench_t b;
    ecm_app_event_t event;
    uint8_t frame[ECM_FRAME_FULL_BYTES];
    const float *outputs;
    uint32_t len = 0;
    watched[0] = test_app_scores[0];
    watched[1] = test_app_scores[1];
    watched[0].input = FEATURES + 4; /* the score comes last now */
    watched[1].input = FEATURES;
    watched[1].score.center = 0.0f;
    watched[1].score.order = 0;
    monitor.scores = watched;
    bench_start(&b, &plan_64);
    b.cfg.models = three;
    b.cfg.models_len = 3;
    b.cfg.outputs_len = 5;
    b.cfg.values_len = 2;
    b.cfg.monitor = &monitor;
    ECM_CHECK(ecm_app_init(&b.app, &b.channel, &b.cfg, b.mem, b.dist) == ECM_OK);
    ECM_CHECK(b.app.value[0] != b.app.value[0]);
    b.x = b.mem + MEM + 2; /* outputs are two more */
    ecm_test_noise_f32(11, b.x, WINDOW);
    ECM_CHECK(bench_push(&b, b.x, WINDOW) == ECM_OK);
    ECM_CHECK(bench_next(&b, &event) == ECM_APP_EVENT && event.valid == 1U);
    outputs = ecm_app_outputs(&b.cfg, b.mem);
    ECM_CHECK(event.value[0] == outputs[0] && event.value[1] == outputs[1]);
    ECM_CHECK(event.value[0] < 0.0f && event.value[1] > 65520.0f);
    ECM_CHECK(event.value[2] == 0.0f && event.score[0] == outputs[4]);
    ECM_CHECK(event.class_id != ECM_APP_NO_CLASS);
    ECM_CHECK((event.alarms & 2U) != 0U && event.change.direction == ECM_DRIFT_DOWN);
    ECM_CHECK(ecm_app_set_update(&b.app, 3) == ECM_OK);
    ECM_CHECK(ecm_app_set_update(&b.app, 24) == ECM_ERR_ARG);
    ECM_CHECK(ecm_app_set_update(NULL, 3) == ECM_ERR_NULL);
    ECM_CHECK(ecm_app_report(&b.app, &b.cfg, b.mem, b.dist, 0, frame, sizeof frame,
                             &len) == ECM_OK);
    ECM_CHECK(ecm_app_report(&b.app, &b.cfg, b.mem, b.dist, 0, frame, sizeof frame,
                             &len) == ECM_OK);
    ecm_test_bytes("app values", frame, len);
    ECM_CHECK(frame[26] == 0x82U && frame[27] == 0xf9U && frame[30] == 0xfaU);
    ECM_CHECK(frame[35] == 3U);
    b.cfg.values_len = 1;
    ECM_CHECK(ecm_app_init(&b.app, &b.channel, &b.cfg, b.mem, b.dist) == ECM_ERR_ARG);
}

static ecm_status_t init(const ecm_app_cfg_t *cfg) {
    ecm_app_t app;
    ecm_app_channel_t channels[2];
    test_dist_t dist[2 * FEATURES];
    return ecm_app_init(&app, channels, cfg, ecm_test_memory, dist);
}

static void test_settings(void) {
    static const ecm_app_model_t two_classes[] = {{run_class, ECM_APP_MODEL_CLASS, 2},
                                                  {run_class, ECM_APP_MODEL_CLASS, 2}};
    ecm_monitor_cfg_t bad_monitor = test_app_monitor;
    ecm_monitor_score_t far_score[2];
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
    cfg.dist_bins = 12;
    ECM_CHECK(init(&cfg) == ECM_ERR_ARG);
    cfg.dist_bins = 4;
    ECM_CHECK(init(&cfg) == ECM_ERR_ARG);
    cfg.dist_bins = 128;
    ECM_CHECK(init(&cfg) == ECM_ERR_ARG);
    cfg = settings(&plan_16, &channel);
    cfg.ring_len = WINDOW - 1;
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
    cfg.monitor = NULL; /* a score without a group */
    ECM_CHECK(init(&cfg) == ECM_ERR_NULL);
    cfg.monitor = &bad_monitor;
    bad_monitor.groups_len = 1;
    ECM_CHECK(init(&cfg) == ECM_ERR_ARG);
    bad_monitor = test_app_monitor;
    memcpy(far_score, test_app_scores, sizeof far_score);
    far_score[1].input = FEATURES + OUTPUTS + ECM_APP_OTHERS;
    bad_monitor.scores = far_score;
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

/* ---- what monitors read and keep ----------------------------------------------------
 */

static uint8_t kept_image[2 * ECM_STATE_SLOT_BYTES(4 * MONITOR)];

static ecm_status_t kept_read(void *user, uint32_t at, uint8_t *data, uint32_t bytes) {
    memcpy(data, (const uint8_t *)user + at, bytes);
    return ECM_OK;
}

static ecm_status_t kept_erase(void *user, uint32_t at, uint32_t bytes) {
    memset((uint8_t *)user + at, 0xff, bytes);
    return ECM_OK;
}

static ecm_status_t kept_write(void *user, uint32_t at, const uint8_t *data,
                               uint32_t bytes) {
    memcpy((uint8_t *)user + at, data, bytes);
    return ECM_OK;
}

/* Monitors go on behind a reset where they were, one that lost the features' history.
 */
static void test_saved(void) {
    ecm_state_store_t store = {kept_read, kept_erase, kept_write, NULL,
                               ECM_STATE_SLOT_BYTES(4 * MONITOR)};
    ecm_drift_cusum_t before, after;
    bench_t b;
    ecm_app_event_t event;
    bench_start(&b, &plan_16);
    store.user = kept_image;
    ECM_CHECK(bench_push(&b, b.x, RING) == ECM_OK);
    while (bench_next(&b, &event) == ECM_APP_EVENT) {
    }
    before = score_sums(&b);
    ECM_CHECK(before.n == 13U);
    ECM_CHECK(ecm_app_save(&b.cfg, b.mem, &store) == ECM_OK);
    ECM_CHECK(ecm_app_init(&b.app, &b.channel, &b.cfg, b.mem, b.dist) == ECM_OK);
    ECM_CHECK(scored(&b) == 0U);
    ECM_CHECK(ecm_app_load(&b.cfg, b.mem, &store) == ECM_OK);
    after = score_sums(&b);
    ECM_CHECK(same(&before, &after, sizeof after));
    ECM_CHECK(bench_push(&b, b.x, WINDOW) == ECM_OK);
    ECM_CHECK(bench_next(&b, &event) == ECM_APP_EVENT && scored(&b) == 14U);
    b.cfg.monitor = NULL;
    ECM_CHECK(ecm_app_save(&b.cfg, b.mem, &store) == ECM_ERR_NULL);
    ECM_CHECK(ecm_app_load(&b.cfg, b.mem, &store) == ECM_ERR_NULL);
}

/* Windows of a machine that is off: events without monitors, counters and frames. */
static void test_suspended(void) {
    bench_t b, still;
    ecm_app_event_t event, seen;
    uint32_t monitor[MONITOR], i;
    bench_start(&still, &plan_64);
    ECM_CHECK(ecm_app_suspend(NULL, 1) == ECM_ERR_NULL);
    ECM_CHECK(bench_push(&still, still.x, 3U * WINDOW) == ECM_OK);
    for (i = 0; i < 3U; i++) {
        ECM_CHECK(bench_next(&still, i == 1U ? &seen : &event) == ECM_APP_EVENT);
    }
    bench_start(&b, &plan_64);
    ECM_CHECK(bench_push(&b, b.x, 3U * WINDOW) == ECM_OK);
    ECM_CHECK(bench_next(&b, &event) == ECM_APP_EVENT && event.suspended == 0U);
    bench_monitor(&b, monitor);
    still = b;
    ECM_CHECK(ecm_app_suspend(&b.app, 7) == ECM_OK);
    ECM_CHECK(bench_next(&b, &event) == ECM_APP_EVENT && event.suspended == 7U);
    ECM_CHECK(event.valid == 1U && event.score[0] == seen.score[0]);
    ECM_CHECK(event.class_id == seen.class_id && event.probability > 0.0f);
    ECM_CHECK(event.drift[0] == 0.0f && event.alarms == 0U && event.changes == 0U);
    ECM_CHECK(same(bench_state(&b), monitor, sizeof monitor));
    ECM_CHECK(same(b.dist, still.dist, sizeof b.dist));
    ECM_CHECK(b.app.score == still.app.score && b.app.window == 2U);
    ecm_test_bytes("app suspended", &event, sizeof event);
    ECM_CHECK(ecm_app_suspend(&b.app, 0) == ECM_OK);
    ECM_CHECK(bench_next(&b, &event) == ECM_APP_EVENT && event.suspended == 0U);
    ECM_CHECK(scored(&b) == 2U && b.app.score == event.score[0]);
}

static void test_other_values(void) {
    const float *others;
    bench_t b;
    ecm_app_event_t event;
    bench_start(&b, &plan_64);
    others = b.mem + MEM - STATE - MONITOR - ECM_APP_OTHERS;
    ECM_CHECK(ecm_app_set_latency(&b.app, -1.0f) == ECM_ERR_ARG);
    ECM_CHECK(ecm_app_set_latency(NULL, 1.0f) == ECM_ERR_NULL);
    ECM_CHECK(ecm_app_set_speed(&b.app, 12.5f) == ECM_OK);
    b.x[WINDOW + 3] = ecm_test_from_bits(0x7fc00000U);
    ECM_CHECK(bench_push(&b, b.x, 3 * WINDOW) == ECM_OK);
    ECM_CHECK(bench_next(&b, &event) == ECM_APP_EVENT && event.valid == 1U);
    ECM_CHECK(others[ECM_APP_CONFIDENCE] == event.probability);
    ECM_CHECK(others[ECM_APP_LATENCY] != others[ECM_APP_LATENCY]);
    ECM_CHECK(others[ECM_APP_STACK] != others[ECM_APP_STACK]);
    ECM_CHECK(ecm_app_set_stack(NULL, 1) == ECM_ERR_NULL);
    ECM_CHECK(ecm_app_set_stack(&b.app, 1536) == ECM_OK);
    ECM_CHECK(others[ECM_APP_DROPPED] == 0.0f && others[ECM_APP_SPEED] == 12.5f);
    ECM_CHECK(ecm_app_set_latency(&b.app, 2.5f) == ECM_OK);
    ECM_CHECK(bench_next(&b, &event) == ECM_APP_EVENT && event.valid == 0U);
    ECM_CHECK(bench_next(&b, &event) == ECM_APP_EVENT && event.valid == 1U);
    ECM_CHECK(others[ECM_APP_STACK] == 1536.0f);
    ECM_CHECK(others[ECM_APP_LATENCY] == 2.5f && others[ECM_APP_DROPPED] == 1.0f);
}

void test_ecm_app(void) {
    test_saved();
    test_suspended();
    test_other_values();
    test_chunks();
    test_nan_burst();
    test_stuck_and_clipped();
    test_overrun();
    test_history();
    test_model_refusals();
    test_fuzz();
    test_report();
    test_settings();
    test_full_counters();
    test_bins();
    test_values();
    test_speed();
    test_plan_speed();
}
