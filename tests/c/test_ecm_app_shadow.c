/* test_ecm_app_shadow.c - challengers run, are compared, and decide nothing.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_app_shadow.h"
#include "ecm_test_app.h"

void test_ecm_app_shadow(void);

enum {
    RIVAL_CLASSES = 3,
    RIVAL_OUTPUTS = RIVAL_CLASSES + 1,
    SHADOW = ECM_APP_SHADOW_LEN(RIVAL_OUTPUTS, 1),
    MEM = ECM_APP_MEM_LEN(1, RING, WINDOW, WINDOW, FEATURES, OUTPUTS + SHADOW, MONITOR,
                          0),
    WINDOWS = 9,
    HOP = 16
};

static const ecm_feat_plan_t plan = TEST_APP_PLAN(HOP, plan_steps, 5, 0);

/* Other limits than run_class has, and a class that it does not know. */
static ecm_status_t run_rival(const float *features, float *outputs, void *work) {
    (void)work;
    outputs[1] = features[1] / (features[1] + 1.7f);
    outputs[2] = 1.0f - outputs[1];
    outputs[0] = features[0] > 0.575f ? 1.0f : 0.0f;
    return ECM_OK;
}

static ecm_status_t run_near(const float *features, float *outputs, void *work) {
    (void)work;
    outputs[0] = features[0] * features[2] + (features[1] > 1.8f ? 0.25f : -0.5f);
    return ECM_OK;
}

static ecm_status_t run_refusal(const float *features, float *outputs, void *work) {
    (void)features;
    (void)outputs;
    (void)work;
    return ECM_ERR_STATE;
}

/* Its own classes: one that the champion has not, then those of the champion. */
static const uint8_t rival_classes[RIVAL_CLASSES] = {ECM_APP_NO_CLASS, 0, 1};
static const ecm_app_shadow_t rivals[] = {
    {{run_rival, ECM_APP_MODEL_CLASS, RIVAL_CLASSES}, rival_classes, 0},
    {{run_near, ECM_APP_MODEL_SCORE, 1}, NULL, 1}};
static const ecm_app_shadow_t refusing[] = {
    {{run_refusal, ECM_APP_MODEL_CLASS, RIVAL_CLASSES}, rival_classes, 0},
    {{run_refusal, ECM_APP_MODEL_SCORE, 1}, NULL, 1}};

/* An application with challengers or without. */
typedef struct {
    ecm_app_cfg_t cfg;
    ecm_app_shadow_cfg_t shadow_cfg;
    ecm_app_channel_cfg_t channel_cfg;
    ecm_app_t app;
    ecm_app_channel_t channel;
    test_dist_t dist[FEATURES];
    float *mem;
} bench_t;

static void bench_start(bench_t *b, const ecm_app_shadow_t *shadows, float *mem) {
    b->cfg = settings(&plan, &b->channel_cfg);
    b->shadow_cfg.calls = &ecm_app_shadow_calls;
    b->shadow_cfg.shadows = shadows;
    b->shadow_cfg.shadows_len = 2;
    b->shadow_cfg.len = SHADOW;
    b->cfg.shadow = shadows == NULL ? NULL : &b->shadow_cfg;
    b->mem = mem;
    ECM_CHECK(ecm_app_init(&b->app, &b->channel, &b->cfg, b->mem, b->dist) == ECM_OK);
}

/* The next event, and how many slices it took. */
static uint32_t bench_next(bench_t *b, ecm_app_event_t *event) {
    ecm_status_t status;
    uint32_t slices = 0;
    do {
        status = ecm_app_step(&b->app, &b->channel, &b->cfg, b->mem, b->dist, event);
        slices++;
    } while (status == ECM_MORE);
    ECM_CHECK(status == ECM_APP_EVENT);
    return slices;
}

static uint32_t bench_report(bench_t *b, uint8_t *frame, uint32_t bytes,
                             uint32_t uptime_s) {
    uint32_t len = 0;
    ECM_CHECK(ecm_app_report(&b->app, &b->cfg, b->mem, b->dist, uptime_s, frame, bytes,
                             &len) == ECM_OK);
    return len;
}

static void push(bench_t *b, const float *x) {
    ECM_CHECK(ecm_app_push_f32(&b->channel, &b->cfg, b->mem, 0, x,
                               WINDOW + (WINDOWS - 1) * HOP) == ECM_OK);
}

/* What a frame says of challengers, behind all but the code. */
static void check_said(const uint8_t *frame, uint32_t len, uint32_t windows,
                       uint32_t agreed, uint32_t head) {
    ECM_CHECK(frame[0] == head && len > 6U);
    ECM_CHECK(frame[len - 6U] == 0x83U && frame[len - 5U] == windows);
    ECM_CHECK(frame[len - 4U] == agreed && frame[len - 3U] == 0xf9U);
}

/* The same events but for what the challenger says; one frame tells of all windows. */
static void test_beside(void) {
    float *x = ecm_test_memory + 2 * MEM;
    uint8_t frame[ECM_FRAME_FULL_BYTES];
    bench_t alone, b;
    ecm_app_event_t expected, event;
    uint32_t i, len, agreed = 0, unknown = 0;
    float difference = 0.0f;
    ecm_test_noise_f32(11, x, RING);
    bench_start(&alone, NULL, ecm_test_memory);
    bench_start(&b, rivals, ecm_test_memory + MEM);
    push(&alone, x);
    push(&b, x);
    for (i = 0; i < WINDOWS; i++) {
        const float *own, *outputs;
        uint32_t most;
        ECM_CHECK(bench_next(&alone, &expected) + 2U == bench_next(&b, &event));
        own = ecm_app_shadow_outputs(&b.cfg, b.mem);
        outputs = ecm_app_outputs(&b.cfg, b.mem);
        most = own[1] > own[0] ? 1U : 0U;
        most = own[2] > own[most] ? 2U : most;
        ECM_CHECK(event.shadow_class_id == rival_classes[most]);
        ECM_CHECK(event.shadow_probability == own[most]);
        agreed += event.shadow_class_id == event.class_id ? 1U : 0U;
        unknown += event.shadow_class_id == ECM_APP_NO_CLASS ? 1U : 0U;
        difference += own[3] > outputs[2] ? own[3] - outputs[2] : outputs[2] - own[3];
        expected.shadow_class_id = event.shadow_class_id;
        expected.shadow_probability = event.shadow_probability;
        ECM_CHECK(same(&event, &expected, sizeof event));
        ecm_test_bytes("app_shadow outputs", own, RIVAL_OUTPUTS * sizeof *own);
    }
    ECM_CHECK(same(b.dist, alone.dist, sizeof b.dist));
    ECM_CHECK(agreed > 0U && unknown > 0U && agreed + unknown < WINDOWS);
    (void)bench_report(&b, frame, sizeof frame, 0); /* the join frame */
    ECM_CHECK(b.mem[MEM - MONITOR - 1] == difference);
    len = bench_report(&b, frame, sizeof frame, 0);
    check_said(frame, len, WINDOWS, agreed, 0x8e);
    ecm_test_bytes("app_shadow frame", frame, len);
    len = bench_report(&b, frame, sizeof frame, 0); /* nothing since */
    ECM_CHECK(frame[0] == 0x8dU && len > 0U);
}

/* A challenger that refuses has no class, and its difference is infinite. */
static void test_refusing(void) {
    float *x = ecm_test_memory + 2 * MEM;
    uint8_t frame[ECM_FRAME_FULL_BYTES];
    bench_t b;
    ecm_app_event_t event;
    const float *own;
    uint32_t i, len;
    bench_start(&b, refusing, ecm_test_memory + MEM);
    ecm_test_noise_f32(11, x, RING);
    push(&b, x);
    for (i = 0; i < WINDOWS; i++) {
        (void)bench_next(&b, &event);
        own = ecm_app_shadow_outputs(&b.cfg, b.mem);
        ECM_CHECK(event.valid == 1U && event.class_id != ECM_APP_NO_CLASS);
        ECM_CHECK(event.shadow_class_id == ECM_APP_NO_CLASS);
        ECM_CHECK(event.shadow_probability == 0.0f && own[0] != own[0]);
    }
    (void)bench_report(&b, frame, sizeof frame, 0);
    len = bench_report(&b, frame, sizeof frame, 0);
    check_said(frame, len, WINDOWS, 0, 0x8e);
    ECM_CHECK(frame[len - 2U] == 0x7cU && frame[len - 1U] == 0U);
}

/* In small frames it waits for its turn, and nothing of it is lost. */
static void test_turns(void) {
    float *x = ecm_test_memory + 2 * MEM;
    uint8_t frame[ECM_FRAME_MIN_BYTES];
    bench_t b;
    ecm_app_event_t event;
    uint32_t i, len, told = 0;
    bench_start(&b, rivals, ecm_test_memory + MEM);
    ecm_test_noise_f32(11, x, RING);
    push(&b, x);
    for (i = 0; i < 2U * ECM_FRAME_SHADOW_TURN; i++) {
        if (i < WINDOWS) {
            (void)bench_next(&b, &event);
        }
        len = bench_report(&b, frame, sizeof frame, UINT32_MAX);
        if (frame[0] == 0x8eU) {
            ECM_CHECK(i % ECM_FRAME_SHADOW_TURN == ECM_FRAME_SHADOW_TURN - 1U);
            told += frame[len - 5U];
        }
    }
    ECM_CHECK(told == WINDOWS);
}

/* Counts stop at what a frame holds, so that means and shares stay right. */
static void test_full(void) {
    static const uint8_t wanted[] = {0x83, 0x19, 0xff, 0xff, 7, 0xf9, 0x38, 0};
    float *x = ecm_test_memory + 2 * MEM;
    uint8_t item[ECM_FRAME_SHADOW_BYTES];
    ecm_frame_t frame;
    bench_t b;
    ecm_app_event_t event;
    float *counts;
    memset(&frame, 0, sizeof frame);
    bench_start(&b, rivals, ecm_test_memory + MEM);
    counts = b.mem + MEM - MONITOR - 3;
    ecm_app_shadow_calls.say(&b.shadow_cfg, counts - RIVAL_OUTPUTS, item, &frame);
    ECM_CHECK(frame.shadow == NULL && frame.shadow_bytes == 0U);
    counts[0] = 65535.0f;
    counts[1] = 7.0f;
    counts[2] = 65535.0f * 0.5f;
    ecm_test_noise_f32(11, x, RING);
    push(&b, x);
    (void)bench_next(&b, &event);
    ECM_CHECK(event.shadow_probability > 0.0f);
    ecm_app_shadow_calls.say(&b.shadow_cfg, counts - RIVAL_OUTPUTS, item, &frame);
    ECM_CHECK(frame.shadow == item && frame.shadow_bytes == sizeof wanted);
    ECM_CHECK(frame.shadow_least == 5U && same(item, wanted, sizeof wanted));
    ecm_app_shadow_calls.clear(&b.shadow_cfg, counts - RIVAL_OUTPUTS);
    ECM_CHECK(counts[0] == 0.0f && counts[1] == 0.0f && counts[2] == 0.0f);
}

static ecm_status_t init(const ecm_app_shadow_t *shadows, uint32_t len,
                         uint32_t shadow_len) {
    ecm_app_channel_cfg_t channel_cfg;
    ecm_app_channel_t channel;
    test_dist_t dist[FEATURES];
    ecm_app_t app;
    ecm_app_cfg_t cfg = settings(&plan, &channel_cfg);
    ecm_app_shadow_cfg_t shadow_cfg = {&ecm_app_shadow_calls, NULL, 0, 0};
    shadow_cfg.shadows = shadows;
    shadow_cfg.shadows_len = (uint16_t)len;
    shadow_cfg.len = (uint16_t)shadow_len;
    cfg.shadow = &shadow_cfg;
    return ecm_app_init(&app, &channel, &cfg, ecm_test_memory, dist);
}

static void test_settings(void) {
    static const uint8_t beyond[RIVAL_CLASSES] = {0, 1, 2};
    ecm_app_shadow_t own[2];
    memcpy(own, rivals, sizeof own);
    ECM_CHECK(init(own, 2, SHADOW) == ECM_OK);
    ECM_CHECK(init(own, 2, SHADOW + 1) == ECM_ERR_ARG);
    ECM_CHECK(init(own, 1, SHADOW) == ECM_ERR_ARG);
    ECM_CHECK(init(own, 1, ECM_APP_SHADOW_LEN(RIVAL_CLASSES, 0)) == ECM_OK);
    ECM_CHECK(init(NULL, 1, SHADOW) == ECM_ERR_NULL);
    ECM_CHECK(init(own, 0, 0) == ECM_ERR_ARG);
    own[0].classes = beyond;
    ECM_CHECK(init(own, 2, SHADOW) == ECM_ERR_ARG);
    own[0].classes = NULL; /* then as many as the champion's */
    ECM_CHECK(init(own, 2, SHADOW) == ECM_ERR_ARG);
    own[0].classes = rival_classes;
    own[1] = own[0]; /* two classifiers */
    ECM_CHECK(init(own, 2, ECM_APP_SHADOW_LEN(2 * RIVAL_CLASSES, 0)) == ECM_ERR_ARG);
    own[1] = rivals[1];
    own[1].champion = 0;
    ECM_CHECK(init(own, 2, SHADOW) == ECM_ERR_ARG);
    own[1].champion = 2;
    ECM_CHECK(init(own, 2, SHADOW) == ECM_ERR_ARG);
    own[1] = rivals[1];
    own[1].model.run = NULL;
    ECM_CHECK(init(own, 2, SHADOW) == ECM_ERR_NULL);
    ECM_CHECK(ecm_app_shadow_outputs(NULL, ecm_test_memory) == NULL);
}

void test_ecm_app_shadow(void) {
    test_beside();
    test_refusing();
    test_turns();
    test_full();
    test_settings();
}
