/* test_ecm_app_queue.c - channels that belong together, time stamps, late steps.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_test_app.h"

void test_ecm_app_queue(void);

static uint32_t seed_random(uint32_t *seed, uint32_t below) {
    *seed = *seed * 1664525U + 1013904223U;
    return (*seed >> 8) % below;
}

static ecm_status_t init(const ecm_app_cfg_t *cfg) {
    ecm_app_t app;
    ecm_app_channel_t channels[2];
    test_dist_t dist[2 * FEATURES];
    return ecm_app_init(&app, channels, cfg, ecm_test_memory, dist);
}

/* ---- two channels ------------------------------------------------------------------
 */

enum {
    PAIR_RING = WINDOW + 24 + 20,
    PAIR_FEATURES = FEATURES + 2,
    PAIR_MEM = ECM_APP_MEM_LEN(2, PAIR_RING, WINDOW, WINDOW, PAIR_FEATURES, OUTPUTS,
                               MONITOR, 0),
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
    ecm_monitor_cfg_t monitor;
    ecm_monitor_score_t scores[2];
    ecm_app_channel_cfg_t channel_cfg[2];
    ecm_app_t app;
    ecm_app_channel_t channels[2];
    test_dist_t dist[PAIR_FEATURES];
    float edges[PAIR_FEATURES * EDGES];
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
    memcpy(p->scores, test_app_scores, sizeof p->scores);
    p->scores[0].input = PAIR_FEATURES + 2;
    p->monitor = test_app_monitor;
    p->monitor.scores = p->scores;
    p->cfg.monitor = &p->monitor;
    p->cfg.ring_len = PAIR_RING;
    for (i = 0; i < PAIR_FEATURES * EDGES; i++) {
        p->edges[i] = 0.1f * (float)(i % EDGES);
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
        uint32_t random = seed;
        pair_t p;
        ecm_app_event_t event;
        pair_start(&p);
        p.channels[1].ring.head = p.channels[1].ring.tail = 0xffffff00U; /* wraps */
        p.channels[1].origin = 0xffffff00U;
        for (windows = 0; windows < n;) {
            uint32_t channel = seed_random(&random, 2);
            uint32_t chunk = seed_random(&random, 60);
            const ecm_ring_t *ring = &p.channels[channel].ring;
            if (ring->head - ring->tail + chunk <= PAIR_RING &&
                p.at[channel] + chunk <= PAIR_SIGNAL) {
                ECM_CHECK(pair_push(&p, channel, chunk) == ECM_OK);
            }
            for (steps = seed_random(&random, 12); steps > 0U; steps--) {
                if (pair_step(&p, &event) == ECM_APP_EVENT) {
                    ECM_CHECK(event.window == windows);
                    pair_check(&p, &event, windows * 24U, windows * 24U);
                    windows++;
                }
            }
        }
        ecm_test_bytes("app_queue state", &p.app, sizeof p.app);
        ecm_test_bytes("app_queue dist", p.dist, sizeof p.dist);
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

/* Where the third sensor stops, the first two stay together, though one is ahead. */
static void test_stopped_among_others(void) {
    enum { COUNT = 3, AHEAD = 7 };
    ecm_app_channel_cfg_t channel_cfg[COUNT];
    ecm_app_channel_t channels[COUNT];
    test_dist_t dist[2 * COUNT];
    float edges_of_all[2 * COUNT * EDGES] = {0.0f}, x[WINDOW];
    uint32_t i, k, round, gaps = 0, events = 0, at[COUNT] = {0, 0, 0};
    ecm_app_cfg_t cfg = settings(&plan_second, &channel_cfg[0]);
    ecm_app_event_t event;
    ecm_app_t app;
    channel_cfg[0].health.range = 1e6f;
    channel_cfg[1] = channel_cfg[2] = channel_cfg[0];
    cfg.channels = channel_cfg;
    cfg.channels_len = COUNT;
    cfg.features_len = 2 * COUNT;
    cfg.models_len = cfg.scores_len = cfg.classes_len = cfg.outputs_len = 0;
    cfg.monitor = NULL;
    cfg.ring_len = PAIR_RING;
    cfg.dist_edges = edges_of_all;
    ECM_CHECK(ecm_app_init(&app, channels, &cfg, ecm_test_memory, dist) == ECM_OK);
    for (round = 0; round < 120U; round++) {
        for (k = 0; k < (uint32_t)COUNT; k++) {
            uint32_t n = k == 0U && round == 0U ? 12U + AHEAD : 12U;
            for (i = 0; i < n; i++) {
                x[i] = (float)(at[k] + i);
            }
            if (k < 2U || round < 20U || round > 60U) {
                (void)ecm_app_push_f32(channels, &cfg, ecm_test_memory, k, x, n);
            }
            at[k] += n;
        }
        while (ecm_app_step(&app, channels, &cfg, ecm_test_memory, dist, &event) !=
               ECM_OK) {
            const float *f = ecm_app_features(&cfg, ecm_test_memory);
            if (app.slice == 0U && event.valid != 0U) {
                ECM_CHECK(f[0] == f[2] && f[1] == f[3]);
                events++;
            }
            gaps += app.slice == 0U && event.unwell == 4U ? 1U : 0U;
        }
    }
    ECM_CHECK(gaps == 5U && events > 20U);
    ecm_test_u32("app_queue together", events);
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

/* ---- integers for a plan of floats --------------------------------------------------
 */

static int16_t code_of(uint32_t channel, uint32_t i) {
    uint32_t seed = (i + 1U) * (channel + 3U) * 2654435761U;
    return (int16_t)((int32_t)seed_random(&seed, 60000) - 30000);
}

/* Push the next n integers of a channel, one of them clipped if it is among them. */
static void pair_push_codes(pair_t *p, uint32_t channel, uint32_t n, uint32_t clipped) {
    int16_t codes[WINDOW];
    uint32_t i;
    for (i = 0; i < n; i++) {
        codes[i] = code_of(channel, p->at[channel] + i);
        if (p->at[channel] + i == clipped) {
            codes[i] = channel == 0U ? INT16_MAX : INT16_MIN;
        }
    }
    ECM_CHECK(ecm_app_push_s16(p->channels, &p->cfg, p->mem, channel, codes, n) ==
              ECM_OK);
    p->at[channel] += n;
}

/* A window has the bits of one that was pushed as floats. */
static void test_integers(void) {
    static const float range[2] = {2.0f, 1.3f};
    pair_t p;
    ecm_app_event_t event;
    uint32_t channel, i, k, clipped = 24U * 6U + 5U;
    pair_start(&p);
    p.cfg.samples = &ecm_app_samples_s16_f32;
    for (channel = 0; channel < 2U; channel++) {
        p.channel_cfg[channel].health.range = range[channel];
        for (i = 0; i < PAIR_SIGNAL; i++) {
            float code = (float)code_of(channel, i);
            p.x[channel][i] = code * (range[channel] * (1.0f / 32768.0f));
        }
    }
    ECM_CHECK(ecm_app_queue_floats(&p.cfg, PAIR_RING) == PAIR_RING / 2U);
    ECM_CHECK(ecm_app_queue_window_floats(&p.cfg) == WINDOW);
    ECM_CHECK(ecm_app_init(&p.app, p.channels, &p.cfg, p.mem, p.dist) == ECM_OK);
    ECM_CHECK(ecm_app_push_f32(p.channels, &p.cfg, p.mem, 0, p.x[0], 1) == ECM_ERR_ARG);
    for (k = 0; k < 20U; k++) {
        for (channel = 0; channel < 2U; channel++) {
            pair_push_codes(&p, channel, k == 0U ? WINDOW : 24U,
                            clipped + 240U * channel);
        }
        ECM_CHECK(pair_next(&p, &event) == ECM_APP_EVENT);
        if (event.valid == 0U) {
            ECM_CHECK(event.health == (uint32_t)ECM_HEALTH_CLIPPED);
            ECM_CHECK(event.unwell == (k < 10U ? 1U : 2U));
        } else {
            pair_check(&p, &event, k * 24U, k * 24U);
        }
    }
    ECM_CHECK(p.channels[0].sensor.clipped_n == 1U);
    ECM_CHECK(p.channels[1].sensor.clipped_n == 1U);
    ecm_test_bytes("app_queue integers", p.dist, sizeof p.dist);
}

/* ---- time stamps --------------------------------------------------------------------
 */

/* Push stretches with their times; the fifth comes late, its samples are missing. */
static void test_stamps(void) {
    pair_t p;
    ecm_app_event_t event;
    uint32_t k, channel, valid = 0, missing = 0;
    pair_start(&p);
    p.channel_cfg[0].health.period_ns = 1000000U; /* 1 kHz */
    p.channel_cfg[0].health.rate_ppm = 20000U;
    p.channel_cfg[0].health.rate_len = 200U;
    for (k = 0; k < 30U; k++) {
        uint32_t t_us = 0xfffff000U + 24000U * k + (k >= 5U ? 9000U : 0U);
        for (channel = 0; channel < 2U; channel++) {
            ECM_CHECK(ecm_app_time(p.channels, &p.cfg, channel, t_us) == ECM_OK);
            ECM_CHECK(pair_push(&p, channel, 24) == ECM_OK);
        }
        while (pair_next(&p, &event) == ECM_APP_EVENT) {
            valid += event.valid;
            missing += event.health == (uint32_t)ECM_HEALTH_MISSING ? 1U : 0U;
            ECM_CHECK(event.valid == 1U || event.unwell == 1U);
        }
    }
    ECM_CHECK(p.channels[0].sensor.lost_n == 9U && p.channels[0].sensor.rate_n == 0U);
    ECM_CHECK(p.channels[1].sensor.lost_n == 0U); /* without period_ns nobody looks */
    ECM_CHECK(missing == 3U && valid == 25U);
    ecm_test_bytes("app_queue stamps", &p.channels[0].sensor,
                   sizeof p.channels[0].sensor);
}

/* A clock that is 2.5 % wrong, and stamps that find no place: fewer, with more samples.
 */
static void test_wrong_rate(void) {
    pair_t p;
    ecm_app_event_t event;
    uint32_t k, channel, left_out = 0, wrong = 0;
    pair_start(&p);
    p.channel_cfg[0].health.period_ns = 1000000U;
    p.channel_cfg[0].health.rate_ppm = 10000U;
    p.channel_cfg[0].health.rate_len = 200U;
    for (k = 0; k < 100U; k++) {
        for (channel = 0; channel < 2U; channel++) {
            ecm_status_t status = ecm_app_time(p.channels, &p.cfg, channel, 8200U * k);
            ECM_CHECK(status == ECM_OK || status == ECM_MORE);
            left_out += status == ECM_MORE ? 1U : 0U;
            ECM_CHECK(pair_push(&p, channel, 8) == ECM_OK);
        }
        while (k % 6U == 5U && pair_next(&p, &event) == ECM_APP_EVENT) {
            wrong += event.health == (uint32_t)ECM_HEALTH_RATE ? 1U : 0U;
        }
    }
    ECM_CHECK(left_out > 20U && wrong > 5U);
    ECM_CHECK(p.channels[0].sensor.rate_n > 0U && p.channels[0].sensor.lost_n == 0U);
    ECM_CHECK(ecm_app_time(NULL, &p.cfg, 0, 0) == ECM_ERR_NULL);
    ECM_CHECK(ecm_app_time(p.channels, &p.cfg, 2, 0) == ECM_ERR_ARG);
}

void test_ecm_app_queue(void) {
    test_two_channels();
    test_unwell_channel();
    test_stopped_channel();
    test_stopped_among_others();
    test_late_step();
    test_channel_settings();
    test_integers();
    test_stamps();
    test_wrong_rate();
}
