/* test_ecm_app_turns.c - channels one after another: whose samples are taken, which
 * windows the features are of, what goes wrong within a turn.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_app_turns.h"
#include "ecm_test_app.h"

void test_ecm_app_turns(void);

enum {
    SLACK = 16,
    HOP = 24,
    WARM = 2,
    SPAN = WINDOW + WARM * HOP, /* samples of a turn of the second channel */
    OWN = 2,                    /* features of the second channel */
    ALL = FEATURES + OWN,
    TURNS_MEM = ECM_APP_MEM_LEN(1, WINDOW + SLACK, WINDOW, WINDOW, ALL, 2, 0,
                                ECM_FEAT_STATE_HEAD + 1),
    NOISE = 700
};

/* Lacks history in the first windows of a stretch; those behind it keep nothing. */
static ecm_status_t late_check(const ecm_feat_plan_t *plan, const ecm_feat_step_t *step,
                               ecm_feat_need_t *need) {
    (void)plan;
    (void)step;
    need->state_len = 1;
    need->warm_len = WARM;
    return ECM_OK;
}

static ecm_status_t late_run(const ecm_feat_step_t *step, const ecm_feat_frame_t *frame,
                             float *out) {
    (void)step;
    (void)out;
    ECM_CHECK(frame->first == (frame->state[0] == 0.0f));
    frame->state[0] += 1.0f;
    return frame->state[0] <= (float)WARM ? ECM_MORE : ECM_OK;
}

static const ecm_feat_kind_t kind_late = {late_check, late_run};
static const ecm_feat_row_t own_rows[] = {{ECM_FEAT_MEAN, 0, 0, 0},
                                          {ECM_FEAT_PEAK, 0, 0, 0}};
static const ecm_feat_step_t own_steps[] = {
    {&kind_late, NULL, 0, NULL, ECM_FEAT_STATE_HEAD},
    {&ecm_feat_kind_time, own_rows, OWN, NULL, 0}};
static const ecm_feat_plan_t plan_own = {
    1000.0f, WINDOW, HOP, ECM_FEAT_DETREND_MEAN,  0, 0, own_steps,
    2,       OWN,    0,   ECM_FEAT_STATE_HEAD + 1};
static const ecm_feat_step_t plain_steps[] = {
    {&ecm_feat_kind_time, own_rows, OWN, NULL, 0}};
static const ecm_feat_plan_t plan_plain = {
    1000.0f, WINDOW, HOP, ECM_FEAT_DETREND_MEAN, 0, 0, plain_steps, 1, OWN, 0, 0};
static const ecm_app_model_t turns_models[] = {{run_class, ECM_APP_MODEL_CLASS, 2}};

typedef struct {
    ecm_app_cfg_t cfg;
    ecm_app_channel_cfg_t channel_cfg[2];
    ecm_app_t app;
    ecm_app_channel_t channels[2];
    test_dist_t dist[ALL];
    float edges[ALL * EDGES];
    float *mem;
    float *x;
    uint32_t at; /* samples taken, of whichever channel */
} turns_t;

static void turns_start(turns_t *p) {
    ecm_app_channel_cfg_t one;
    uint32_t i;
    memset(p, 0, sizeof *p);
    p->cfg = settings(&plan_24, &one);
    p->channel_cfg[0] = one;
    p->channel_cfg[1] = one;
    p->channel_cfg[1].plan = &plan_own;
    p->cfg.turns = &ecm_app_turns;
    p->cfg.channels = p->channel_cfg;
    p->cfg.channels_len = 2;
    p->cfg.features_len = ALL;
    p->cfg.models = turns_models;
    p->cfg.models_len = 1;
    p->cfg.scores_len = 0;
    p->cfg.outputs_len = 2;
    p->cfg.monitor = NULL;
    p->cfg.ring_len = WINDOW + SLACK;
    for (i = 0; i < ALL * EDGES; i++) {
        p->edges[i] = 0.1f * (float)(i % EDGES);
    }
    p->cfg.dist_edges = p->edges;
    p->mem = ecm_test_memory;
    p->x = ecm_test_memory + TURNS_MEM;
    ecm_test_noise_f32(31, p->x, NOISE);
    ECM_CHECK(ecm_app_init(&p->app, p->channels, &p->cfg, p->mem, p->dist) == ECM_OK);
}

static ecm_status_t turns_step(turns_t *p, ecm_app_event_t *event) {
    ecm_status_t status;
    do {
        status = ecm_app_step(&p->app, p->channels, &p->cfg, p->mem, p->dist, event);
    } while (status == ECM_MORE);
    return status;
}

/* Push n samples of a channel in chunks of 8, as far as they are taken, and step; the
 * events that this gives. */
static uint32_t turns_push(turns_t *p, uint32_t channel, uint32_t n,
                           ecm_app_event_t *event) {
    uint32_t events = 0, done;
    for (done = 0; done < n; done += 8U) {
        ecm_status_t status =
            ecm_app_push_f32(p->channels, &p->cfg, p->mem, channel, p->x + p->at, 8);
        ECM_CHECK(
            status ==
            (ecm_app_wanted(p->channels, &p->cfg) == channel ? ECM_OK : ECM_MORE));
        p->at += status == ECM_OK ? 8U : 0U;
        while (turns_step(p, event) != ECM_OK) {
            events++;
        }
    }
    return events;
}

/* The features are those of the windows that end at these samples. */
static void turns_check(const turns_t *p, uint32_t first, uint32_t second) {
    float x[WINDOW], work[WINDOW], features[ALL];
    memcpy(x, p->x + first - WINDOW, sizeof x);
    ECM_CHECK(ecm_feat_extract_f32(NULL, &plan_24, 0.0f, x, work, features) == ECM_OK);
    memcpy(x, p->x + second - WINDOW, sizeof x);
    ECM_CHECK(ecm_feat_extract_f32(NULL, &plan_plain, 0.0f, x, work,
                                   features + FEATURES) == ECM_OK);
    ECM_CHECK(same(ecm_app_features(&p->cfg, p->mem), features, sizeof features));
}

/* A window of the first channel, then three of the second, and over again. */
static void test_turns(void) {
    turns_t p;
    ecm_app_event_t event;
    uint32_t round, from;
    turns_start(&p);
    for (round = 0; round < 3U; round++) {
        from = p.at;
        ECM_CHECK(ecm_app_wanted(p.channels, &p.cfg) == 0U);
        ECM_CHECK(turns_push(&p, 1, 80, &event) == 0U && p.at == from);
        ECM_CHECK(turns_push(&p, 0, WINDOW, &event) == 0U);
        ECM_CHECK(ecm_app_wanted(p.channels, &p.cfg) == 1U);
        ECM_CHECK(turns_push(&p, 0, 80, &event) == 0U && p.at == from + WINDOW);
        ECM_CHECK(turns_push(&p, 1, SPAN, &event) == 1U);
        ECM_CHECK(event.window == round && event.valid == 1U);
        turns_check(&p, from + WINDOW, from + WINDOW + SPAN);
    }
    ECM_CHECK(p.app.taken == 12U && p.channels[1].sensor.missing_n == 0U);
    ECM_CHECK(ecm_app_time(p.channels, &p.cfg, 0, 0) == ECM_OK);
    ECM_CHECK(ecm_app_time(p.channels, &p.cfg, 1, 0) == ECM_MORE);
    ecm_test_bytes("app_turns state", &p.app, sizeof p.app);
    ecm_test_bytes("app_turns dist", p.dist, sizeof p.dist);
}

/* A sensor that is unwell begins its turn again; the windows before it keep. */
static void test_unwell_turn(void) {
    turns_t p;
    ecm_app_event_t event;
    uint32_t bad = WINDOW + 40U, ends;
    turns_start(&p);
    p.x[bad] = ecm_test_from_bits(0x7fc00000U);
    ECM_CHECK(turns_push(&p, 0, WINDOW, &event) == 0U);
    ECM_CHECK(turns_push(&p, 1, WINDOW, &event) == 1U);
    ECM_CHECK(event.valid == 0U && event.unwell == 2U);
    ECM_CHECK(event.health == (uint32_t)ECM_HEALTH_NONFINITE);
    ECM_CHECK(ecm_app_wanted(p.channels, &p.cfg) == 1U);
    /* two more start in the stretch in which it came; then three make the turn */
    ends = WINDOW + WINDOW + 3U * HOP;
    ECM_CHECK(turns_push(&p, 1, 2U * HOP, &event) == 2U && event.valid == 0U);
    ECM_CHECK(turns_push(&p, 1, HOP + WARM * HOP, &event) == 1U && event.valid == 1U);
    turns_check(&p, WINDOW, ends + WARM * HOP);
    ECM_CHECK(event.window == 3U && p.channels[0].health == 0U);
}

/* Samples that come too fast within a turn are missing; behind its last window not. */
static void test_late_turn(void) {
    turns_t p;
    ecm_app_event_t event;
    ecm_status_t status = ECM_OK;
    uint32_t i;
    turns_start(&p);
    ECM_CHECK(ecm_app_push_f32(p.channels, &p.cfg, p.mem, 0, p.x, WINDOW) == ECM_OK);
    ECM_CHECK(ecm_app_push_f32(p.channels, &p.cfg, p.mem, 0, p.x, 30) == ECM_ERR_FULL);
    ECM_CHECK(turns_step(&p, &event) == ECM_APP_EVENT);
    ECM_CHECK(event.valid == 0U && event.unwell == 1U);
    ECM_CHECK(event.health == (uint32_t)ECM_HEALTH_MISSING);
    ECM_CHECK(p.channels[0].sensor.missing_n == 1U);
    for (i = 0; i < 8U; i++) {
        ECM_CHECK(ecm_app_push_f32(p.channels, &p.cfg, p.mem, 0, p.x + 8U * i, 8) ==
                  ECM_OK);
    }
    status = ecm_app_step(&p.app, p.channels, &p.cfg, p.mem, p.dist, &event);
    ECM_CHECK(status == ECM_MORE); /* its last window is under way */
    ECM_CHECK(ecm_app_push_f32(p.channels, &p.cfg, p.mem, 0, p.x, WINDOW) ==
              ECM_ERR_FULL);
    ECM_CHECK(turns_step(&p, &event) == ECM_OK);
    ECM_CHECK(ecm_app_wanted(p.channels, &p.cfg) == 1U);
    ECM_CHECK(turns_push(&p, 1, SPAN, &event) == 1U && event.valid == 1U);
    ECM_CHECK(turns_push(&p, 0, WINDOW, &event) == 0U);
    ECM_CHECK(p.channels[0].sensor.missing_n == 1U);
    ECM_CHECK(ecm_app_wanted(p.channels, &p.cfg) == 1U);
}

static void test_turn_settings(void) {
    turns_t p;
    ecm_feat_plan_t bare = plan_plain;
    turns_start(&p);
    ECM_CHECK(ecm_app_wanted(NULL, &p.cfg) == 0U);
    ECM_CHECK(ecm_app_wanted(p.channels, NULL) == 0U);
    p.channels[0].away = 1;
    ECM_CHECK(ecm_app_wanted(p.channels, &p.cfg) == 2U); /* for a moment: none */
    bare.steps_len = 0;
    bare.features_len = 0;
    p.channel_cfg[1].plan = &bare;
    p.cfg.features_len = FEATURES;
    ECM_CHECK(ecm_app_init(&p.app, p.channels, &p.cfg, p.mem, p.dist) == ECM_ERR_ARG);
    p.cfg.turns = NULL; /* together, a channel may be there for its sensor alone */
    ECM_CHECK(ecm_app_init(&p.app, p.channels, &p.cfg, p.mem, p.dist) == ECM_OK);
}

void test_ecm_app_turns(void) {
    test_turns();
    test_unwell_turn();
    test_late_turn();
    test_turn_settings();
}
