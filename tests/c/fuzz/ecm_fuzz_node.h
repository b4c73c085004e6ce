/* ecm_fuzz_node.h - a device for the fuzzer: any services, flash that fails.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FUZZ_NODE_H
#define ECM_FUZZ_NODE_H

#include "ecm_feat_time.h"
#include "ecm_fuzz_flash.h"
#include "ecm_node.h"
#include "ecm_node_frames.h"
#include "ecm_node_keep.h"
#include "ecm_node_learn.h"
#include "ecm_node_snapshot.h"

enum {
    FUZZ_WINDOW = 64,
    FUZZ_RING = 160,
    FUZZ_MONITOR = 6 + 6 + 13 + 6,
    FUZZ_FLASHES = 5
};

typedef struct {
    ecm_feat_step_t step;
    ecm_feat_plan_t plan;
    ecm_app_channel_cfg_t channel;
    ecm_drift_cusum_cfg_t cusum;
    ecm_monitor_score_t score;
    ecm_monitor_row_t monitor_row;
    ecm_monitor_group_t group;
    ecm_monitor_cfg_t monitor;
    ecm_app_cfg_t app;
    ecm_spool_cfg_t spool;
    ecm_snapshot_cfg_t snap;
    ecm_commission_cfg_t commission;
    ecm_node_frames_cfg_t frames;
    ecm_node_snapshot_cfg_t snapshot;
    ecm_node_learn_cfg_t learn;
    ecm_node_run_cfg_t run;
    ecm_command_cfg_t command;
    ecm_device_t device;
    ecm_node_row_t rows[3];
    fuzz_flash_t flash[FUZZ_FLASHES];
    ecm_state_store_t stores[FUZZ_FLASHES];
    ecm_node_cfg_t cfg;
} fuzz_node_t;

static const ecm_feat_row_t fuzz_node_rows[] = {{ECM_FEAT_RMS, 0, 0, 0},
                                                {ECM_FEAT_CREST, 0, 0, 0}};

static void fuzz_node_app(fuzz_node_t *n) {
    n->step.kind = &ecm_feat_kind_time;
    n->step.rows = fuzz_node_rows;
    n->step.rows_len = 2;
    n->plan.fs_hz = 1000.0f;
    n->plan.window_len = FUZZ_WINDOW;
    n->plan.hop_len = ecm_fuzz_once_in(2) ? FUZZ_WINDOW : 1U + ecm_fuzz_below(64);
    n->plan.steps = &n->step;
    n->plan.steps_len = 1;
    n->plan.features_len = 2;
    n->plan.work_len = FUZZ_WINDOW;
    n->plan.speed_hi_hz = ecm_fuzz_once_in(4) ? 30.0f : 0.0f;
    n->plan.speed_lo_hz = n->plan.speed_hi_hz / 3.0f;
    n->channel.plan = &n->plan;
    n->channel.health.range = 2000.0f;
    n->channel.health.stuck_len = 10;
    n->cusum.k = 0.5f;
    n->cusum.h = 4.0f;
    n->score.score.scale = 1.0f;
    n->score.regime = ECM_MONITOR_ANY;
    n->score.spread = ecm_fuzz_once_in(2) ? 0.5f : 0.0f;
    n->monitor_row.cfg = &n->cusum;
    n->monitor_row.top = 1.0f;
    n->monitor_row.form = &ecm_monitor_form_cusum;
    n->monitor_row.what = ECM_MONITOR_MEAN;
    n->monitor_row.regime = ECM_MONITOR_ANY;
    n->monitor.scores = &n->score;
    n->monitor.rows = &n->monitor_row;
    n->monitor.groups = &n->group;
    n->monitor.scores_len = 1;
    n->monitor.rows_len = 1;
    n->monitor.groups_len = 1;
    n->app.samples = &ecm_app_samples_f32;
    n->app.channels = &n->channel;
    n->app.channels_len = 1;
    n->app.features_len = 2;
    n->app.monitor = ecm_fuzz_once_in(8) ? NULL : &n->monitor;
    n->app.dist_edges = ecm_fuzz_array_f32(14);
    n->app.dist_reference = ecm_fuzz_array_f32(16);
    n->app.dist_bins = 8;
    n->app.ring_len = FUZZ_RING;
    n->app.work_len = FUZZ_WINDOW;
}

static void fuzz_node_learn(fuzz_node_t *n) {
    n->commission.features_len = 2;
    n->commission.k = 8;
    n->commission.windows_len = 32;
    n->commission.ks_limit = 0.5f;
    n->commission.shift_limit = 1.0f;
    n->learn.commission = &n->commission;
    n->learn.learn = ecm_fuzz_bytes(4U * ECM_COMMISSION_LEARN_WORDS(2, 8));
    n->learn.baseline = ecm_fuzz_bytes(4U * ECM_COMMISSION_BASELINE_WORDS(2));
    n->learn.baselines = &n->stores[2];
    n->learn.begin = ecm_fuzz_below(2);
    if (ecm_fuzz_once_in(2)) {
        n->learn.firmware_edges = n->app.dist_edges;
        n->learn.firmware_reference = n->app.dist_reference;
        n->learn.edges = ecm_fuzz_array_f32(14);
        n->learn.reference = ecm_fuzz_array_f32(16);
        n->app.dist_edges = n->learn.edges;
        n->app.dist_reference = n->learn.reference;
    }
    if (ecm_fuzz_once_in(2) && n->app.monitor != NULL) {
        n->learn.firmware_scores = &n->score;
        n->learn.scores = ecm_fuzz_bytes(sizeof n->score);
        n->monitor.scores = n->learn.scores;
    }
}

static void fuzz_node_services(fuzz_node_t *n) {
    uint32_t len = 0;
    n->spool.flash = &n->stores[0];
    n->spool.sectors = 3;
    n->frames.spool = &n->spool;
    n->frames.interval_s = 1U + ecm_fuzz_below(100);
    n->frames.frame_bytes =
        ecm_fuzz_once_in(4) ? ECM_FRAME_FULL_BYTES : ECM_FRAME_MIN_BYTES;
    n->snap.before_len = ecm_fuzz_len(40);
    n->snap.after_len = 1U + ecm_fuzz_below(40);
    n->snap.fs_hz = 1000.0f;
    n->snap.scale = 1.0f;
    n->snap.sample_bytes = 4;
    n->snap.chunk_bytes = (uint16_t)(48U + ecm_fuzz_below(100));
    n->snapshot.snapshot = &n->snap;
    n->snapshot.mem =
        ecm_fuzz_bytes(4U * (size_t)(n->snap.before_len + n->snap.after_len));
    n->snapshot.flash = ecm_fuzz_once_in(3) ? NULL : &n->stores[3];
    n->snapshot.slice_bytes = 16U + ecm_fuzz_below(100);
    if (!ecm_fuzz_once_in(4)) {
        n->rows[len].service = &ecm_node_frames;
        n->rows[len].cfg = &n->frames;
        n->rows[len++].st = ecm_fuzz_bytes(sizeof(ecm_node_frames_t));
    }
    if (!ecm_fuzz_once_in(4)) {
        n->rows[len].service = &ecm_node_snapshot;
        n->rows[len].cfg = &n->snapshot;
        n->rows[len++].st = ecm_fuzz_bytes(sizeof(ecm_node_snapshot_t));
    }
    if (!ecm_fuzz_once_in(4)) {
        fuzz_node_learn(n);
        n->rows[len].service = &ecm_node_learn;
        n->rows[len].cfg = &n->learn;
        n->rows[len++].st = ecm_fuzz_bytes(sizeof(ecm_node_learn_t));
    }
    n->cfg.services = n->rows;
    n->cfg.services_len = len;
}

/* A device, and its flash, which is erased or holds anything. */
static void fuzz_node_make(fuzz_node_t *n) {
    static const uint32_t slots[] = {3, 2, 2, 1, 2};
    const uint32_t bytes[] = {
        256U, ECM_STATE_SLOT_BYTES(4),
        (uint32_t)ECM_STATE_SLOT_BYTES(4U * ECM_COMMISSION_BASELINE_WORDS(2)), 384U,
        (uint32_t)ECM_NODE_SLOT_BYTES(FUZZ_MONITOR, ECM_APP_DIST_WORDS(2, 8),
                                      ECM_COMMISSION_LEARN_WORDS(2, 8))};
    uint32_t i;
    memset(n, 0, sizeof *n);
    for (i = 0; i < FUZZ_FLASHES; i++) {
        n->stores[i] = fuzz_flash_store(&n->flash[i], slots[i], bytes[i]);
    }
    fuzz_node_app(n);
    fuzz_node_services(n);
    n->device.channels_len = 1;
    n->device.sensitivity[0] = ecm_fuzz_f32();
    n->run.limits.off_below = ecm_fuzz_once_in(2) ? 0.5f : 10.0f;
    n->run.limits.change_most = 100.0f;
    n->run.input = ecm_fuzz_once_in(2) ? ECM_NODE_SPEED : ecm_fuzz_below(3);
    n->cfg.st = ecm_fuzz_bytes(sizeof(ecm_node_t));
    n->cfg.app_cfg = &n->app;
    n->cfg.app = ecm_fuzz_bytes(sizeof(ecm_app_t));
    n->cfg.channels = ecm_fuzz_bytes(sizeof(ecm_app_channel_t));
    n->cfg.mem = ecm_fuzz_array_f32(
        ECM_APP_MEM_LEN(1, FUZZ_RING, FUZZ_WINDOW, FUZZ_WINDOW, 2, 0, FUZZ_MONITOR, 0));
    n->cfg.dist = ecm_fuzz_bytes(4U * ECM_APP_DIST_WORDS(2, 8));
    n->cfg.device = ecm_fuzz_once_in(2) ? &n->device : NULL;
    n->cfg.run = ecm_fuzz_once_in(2) ? &n->run : NULL;
    n->cfg.command = &n->command;
    n->cfg.commands = &n->stores[1];
    n->cfg.kept = &n->stores[4];
}

/* Samples, and slices until nothing is left: that ends. */
static void fuzz_node_live(fuzz_node_t *n) {
    ecm_node_event_t event;
    float *x =
        ecm_fuzz_once_in(16) ? ecm_fuzz_array_f32(100) : ecm_fuzz_plain_array_f32(100);
    uint32_t rounds = 1U + ecm_fuzz_below(40), left;
    while (rounds-- > 0U) {
        uint32_t len = ecm_fuzz_len(100);
        (void)ecm_app_set_speed(n->cfg.app, (float)ecm_fuzz_below(40));
        (void)ecm_node_push_f32(&n->cfg, ecm_fuzz_once_in(16) ? 1U : 0U,
                                x + (100U - len), len);
        for (left = 2000; left > 0U; left--) {
            ecm_status_t status = ecm_node_step(&n->cfg, ecm_fuzz_below(1000), &event);
            if (status == ECM_OK || ecm_fuzz_once_in(64)) {
                break;
            }
        }
        ECM_FUZZ_CHECK(left > 0U);
    }
}

#endif
