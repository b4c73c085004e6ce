/* ecm_test_node.h - a whole device for tests: a feature, a score, three services.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_TEST_NODE_H
#define ECM_TEST_NODE_H

#include "ecm_app_queue.h"
#include "ecm_feat_time.h"
#include "ecm_node.h"
#include "ecm_node_frames.h"
#include "ecm_node_keep.h"
#include "ecm_node_learn.h"
#include "ecm_node_receive.h"
#include "ecm_node_snapshot.h"
#include "ecm_test.h"
#include "ecm_test_flash.h"

enum {
    WINDOW = 64,
    RING = 160,
    FEATURES = 1,
    OUTPUTS = 1,
    K = 8,
    WINDOWS = 32,
    BEFORE = 40,
    AFTER = 24,
    SLOTS = 2,
    MONITOR = 6 + 2 * 6 + 2 * 13 + 2 * 6,
    SHADOW = ECM_APP_SHADOW_LEN(1, 1),
    MEM = ECM_APP_MEM_LEN(1, RING, WINDOW, WINDOW, FEATURES, OUTPUTS + SHADOW, MONITOR,
                          0),
    DIST = ECM_APP_DIST_WORDS(FEATURES, 8),
    LEARN = ECM_COMMISSION_LEARN_WORDS(FEATURES, K),
    BASELINE = ECM_COMMISSION_BASELINE_WORDS(FEATURES),
    BASELINE_SLOT = ECM_STATE_SLOT_BYTES(4 * BASELINE),
    KEPT_SLOT = ECM_NODE_SLOT_BYTES(MONITOR + SHADOW, DIST, LEARN),
    SNAPSHOT_SLOT = ECM_SNAPSHOT_SLOT_BYTES(BEFORE + AFTER, 4),
    COMMAND_SLOT = ECM_STATE_SLOT_BYTES(ECM_COMMAND_STATE_BYTES),
    SECTORS = 3,
    SECTOR = 256
};

/* What a reset or a deep sleep takes. */
typedef struct {
    ecm_node_t st;
    ecm_app_t app;
    ecm_app_channel_t channel;
    float mem[MEM];
    uint32_t dist[DIST];
    ecm_node_frames_t frames;
    ecm_node_snapshot_t snapshot;
    ecm_node_learn_t learn;
    float snap[BEFORE + AFTER];
    uint32_t gathered[LEARN];
    uint32_t baseline[BASELINE];
    float edges[FEATURES * 7];
    float reference[FEATURES * 8];
    ecm_monitor_score_t scores[2];
} test_ram_t;

/* What stays. */
typedef struct {
    uint8_t spool[SECTORS * SECTOR];
    uint8_t commands[SLOTS * COMMAND_SLOT];
    uint8_t baselines[SLOTS * BASELINE_SLOT];
    uint8_t snapshot[SNAPSHOT_SLOT];
    uint8_t kept[SLOTS * KEPT_SLOT];
} test_rom_t;
ECM_STATIC_ASSERT(sizeof(test_ram_t) + sizeof(test_rom_t) <= 4U * ECM_TEST_MEMORY_LEN,
                  test_node_size);

static const ecm_feat_row_t node_rows[] = {{ECM_FEAT_RMS, 0, 0, 0}};
static const ecm_feat_step_t node_steps[] = {
    {&ecm_feat_kind_time, node_rows, 1, NULL, 0}};
static const ecm_feat_plan_t node_plan = {
    1000.0f,  WINDOW, WINDOW, ECM_FEAT_DETREND_MEAN, 0, 0, node_steps, 1,
    FEATURES, WINDOW, 0};

static ecm_status_t node_score(const float *features, float *outputs, void *work) {
    (void)work;
    outputs[0] = features[0] * 1.7f;
    return ECM_OK;
}

static const ecm_app_model_t node_models[] = {{node_score, ECM_APP_MODEL_SCORE, 1}};
static const ecm_drift_cusum_cfg_t node_cusum = {0.5f, 12.0f};
static const ecm_monitor_score_t node_scores[] = {
    {{1.0f, 4.0f, {0, 0, 0, 0}, NULL, NULL, 0, 0},
     0.0f,
     FEATURES,
     ECM_MONITOR_ANY,
     0.0f},
    {{0.58f, 16.0f, {0, 0, 0, 0}, NULL, NULL, 0, 0},
     0.0f,
     0,
     ECM_MONITOR_ANY,
     0.0625f}};
static const ecm_monitor_row_t node_monitors[] = {
    {&node_cusum, 1.0f, &ecm_monitor_form_cusum, ECM_MONITOR_MEAN, 0, ECM_MONITOR_ANY,
     0, 0},
    {&node_cusum, 1.0f, &ecm_monitor_form_cusum, ECM_MONITOR_MEAN, 1, ECM_MONITOR_ANY,
     1, 0}};
static const ecm_monitor_group_t node_groups[] = {{NULL, 3}, {NULL, 3}};
static const float node_edges[FEATURES * 7] = {0.50f, 0.53f, 0.56f, 0.58f,
                                               0.60f, 0.62f, 0.65f};
static const float node_reference[FEATURES * 8] = {0.125f, 0.125f, 0.125f, 0.125f,
                                                   0.125f, 0.125f, 0.125f, 0.125f};
static const ecm_commission_cfg_t node_commission = {0x77,    FEATURES, K,
                                                     WINDOWS, 0.9f,     2.0f};
static const ecm_command_cfg_t node_command = {42, NULL, NULL};

static void node_watchdog(void *user) {
    ++*(uint32_t *)user;
}

/* A device: its memory, and settings that a test may change. */
typedef struct {
    test_ram_t *ram;
    test_rom_t *rom;
    test_flash_t flash[5];
    ecm_state_store_t stores[5]; /* spool, commands, baselines, snapshot, kept */
    ecm_app_channel_cfg_t channel;
    ecm_monitor_cfg_t monitor;
    ecm_app_cfg_t app;
    ecm_spool_cfg_t spool;
    ecm_snapshot_cfg_t snap;
    ecm_node_frames_cfg_t frames;
    ecm_node_snapshot_cfg_t snapshot;
    ecm_node_learn_cfg_t learn;
    ecm_node_run_cfg_t run;
    ecm_node_row_t rows[3];
    ecm_node_cfg_t cfg;
    uint32_t seed;
    uint32_t slices;
    float loud;
} node_t;

static void node_settings(node_t *n) {
    test_ram_t *ram = n->ram;
    n->channel.plan = &node_plan;
    n->channel.health.range = 64.0f;
    n->channel.health.stuck_len = 20;
    n->monitor.id = 5;
    n->monitor.scores = ram->scores;
    n->monitor.rows = node_monitors;
    n->monitor.groups = node_groups;
    n->monitor.scores_len = 2;
    n->monitor.rows_len = 2;
    n->monitor.groups_len = 2;
    n->app.samples = &ecm_app_samples_f32;
    n->app.channels = &n->channel;
    n->app.channels_len = 1;
    n->app.features_len = FEATURES;
    n->app.models = node_models;
    n->app.models_len = 1;
    n->app.scores_len = 1;
    n->app.outputs_len = OUTPUTS;
    n->app.monitor = &n->monitor;
    n->app.dist_edges = ram->edges;
    n->app.dist_reference = ram->reference;
    n->app.dist_bins = 8;
    n->app.ring_len = RING;
    n->app.work_len = WINDOW;
    n->app.device_id = 42;
    memset(n->app.contract_id, 0xc0, sizeof n->app.contract_id);
    n->spool.flash = &n->stores[0];
    n->spool.sectors = SECTORS;
    n->snap.device_id = 42;
    n->snap.before_len = BEFORE;
    n->snap.after_len = AFTER;
    n->snap.fs_hz = 1000.0f;
    n->snap.scale = 1.0f;
    n->snap.sample_bytes = 4;
    n->snap.chunk_bytes = 96;
}

static void node_services(node_t *n) {
    test_ram_t *ram = n->ram;
    n->frames.spool = &n->spool;
    n->frames.interval_s = 60;
    n->frames.frame_bytes = ECM_FRAME_MIN_BYTES;
    n->snapshot.snapshot = &n->snap;
    n->snapshot.mem = ram->snap;
    n->snapshot.flash = &n->stores[3];
    n->snapshot.slice_bytes = 64;
    n->learn.commission = &node_commission;
    n->learn.learn = ram->gathered;
    n->learn.baseline = ram->baseline;
    n->learn.baselines = &n->stores[2];
    n->learn.edges = ram->edges;
    n->learn.reference = ram->reference;
    n->learn.firmware_edges = node_edges;
    n->learn.firmware_reference = node_reference;
    n->learn.scores = ram->scores;
    n->learn.firmware_scores = node_scores;
    n->rows[0].service = &ecm_node_frames;
    n->rows[0].cfg = &n->frames;
    n->rows[0].st = &ram->frames;
    n->rows[1].service = &ecm_node_snapshot;
    n->rows[1].cfg = &n->snapshot;
    n->rows[1].st = &ram->snapshot;
    n->rows[2].service = &ecm_node_learn;
    n->rows[2].cfg = &n->learn;
    n->rows[2].st = &ram->learn;
}

/* A new device, with nothing in its flash. */
static void node_make(node_t *n) {
    static const uint32_t slot[] = {SECTOR, COMMAND_SLOT, BASELINE_SLOT, SNAPSHOT_SLOT,
                                    KEPT_SLOT};
    static const uint32_t slots[] = {SECTORS, SLOTS, SLOTS, 1, SLOTS};
    static const uint32_t unit[] = {16, 1, 1, 16, 1};
    uint8_t *at;
    uint32_t i;
    memset(n, 0, sizeof *n);
    n->ram = (test_ram_t *)(void *)ecm_test_memory;
    n->rom = (test_rom_t *)(void *)(n->ram + 1);
    at = (uint8_t *)n->rom;
    for (i = 0; i < 5U; i++) {
        n->stores[i] = test_flash_store(&n->flash[i], at, slots[i], slot[i], unit[i]);
        at += (size_t)(slots[i] * slot[i]);
    }
    node_settings(n);
    node_services(n);
    n->run.limits.off_below = 5.0f;
    n->run.limits.change_most = 1.0f;
    n->run.limits.settle_len = 1;
    n->run.input = ECM_NODE_SPEED;
    n->cfg.st = &n->ram->st;
    n->cfg.app_cfg = &n->app;
    n->cfg.app = &n->ram->app;
    n->cfg.channels = &n->ram->channel;
    n->cfg.mem = n->ram->mem;
    n->cfg.dist = n->ram->dist;
    n->cfg.services = n->rows;
    n->cfg.services_len = 3;
    n->cfg.command = &node_command;
    n->cfg.commands = &n->stores[1];
    n->cfg.kept = &n->stores[4];
    n->cfg.watchdog = node_watchdog;
    n->cfg.user = &n->slices;
    n->seed = 1;
    n->loud = 1.0f;
    memset(n->ram, 0x55, sizeof *n->ram);
}

/* Step until nothing is left; the event of the last window, and all news. */
static uint32_t node_run(node_t *n, uint32_t now_s, ecm_node_event_t *event) {
    uint32_t news = 0;
    ecm_status_t status;
    do {
        status = ecm_node_step(&n->cfg, now_s, event);
        ECM_CHECK(status >= ECM_OK);
        news |= status == ECM_NODE_NEWS ? event->news : 0U;
    } while (status != ECM_OK);
    return news;
}

/* One window of noise in two chunks. */
static uint32_t node_window(node_t *n, uint32_t now_s, ecm_node_event_t *event) {
    float x[WINDOW];
    uint32_t i;
    ecm_test_noise_f32(n->seed++, x, WINDOW);
    for (i = 0; i < WINDOW; i++) {
        x[i] *= n->loud;
    }
    ECM_CHECK(ecm_node_push_f32(&n->cfg, 0, x, 10) == ECM_OK);
    ECM_CHECK(ecm_node_push_f32(&n->cfg, 0, x + 10, WINDOW - 10) == ECM_OK);
    return node_run(n, now_s, event);
}

static uint32_t node_windows(node_t *n, uint32_t windows, uint32_t now_s) {
    ecm_node_event_t event;
    uint32_t news = 0;
    while (windows-- > 0U) {
        news |= node_window(n, now_s, &event);
    }
    return news;
}

/* A command without a code. */
static inline ecm_status_t node_order(node_t *n, uint32_t seq, uint32_t kind,
                                      uint32_t value, uint32_t second) {
    ecm_command_order_t order;
    uint8_t raw[16];
    uint32_t bytes = 0;
    raw[bytes++] = kind == ECM_COMMAND_CHUNKS ? 0x85 : 0x84;
    raw[bytes++] = 1;
    raw[bytes++] = 0x18; /* 24 ... 255 */
    raw[bytes++] = (uint8_t)seq;
    raw[bytes++] = (uint8_t)kind;
    if (value < 24U) {
        raw[bytes++] = (uint8_t)value;
    } else if (value < 256U) {
        raw[bytes++] = 0x18;
        raw[bytes++] = (uint8_t)value;
    } else if (value < 65536U) {
        raw[bytes++] = 0x19;
        raw[bytes++] = (uint8_t)(value >> 8);
        raw[bytes++] = (uint8_t)(value & 0xffU);
    } else {
        uint32_t i;
        raw[bytes++] = 0x1a;
        for (i = 0; i < 4U; i++) {
            raw[bytes++] = (uint8_t)((value >> (24U - 8U * i)) & 0xffU);
        }
    }
    if (kind == ECM_COMMAND_CHUNKS) {
        raw[bytes++] = (uint8_t)second;
    }
    return ecm_node_receive(&n->cfg, raw, bytes, &order);
}

#endif
