/* state.c - what is restored after a reset: records in flash that holds anything, under
 * checksums that are right as often as not.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_command.h"
#include "ecm_commission.h"
#include "ecm_device.h"
#include "ecm_guided.h"
#include "ecm_math.h"
#include "ecm_monitor.h"
#include "ecm_spool.h"

enum {
    FEATURES = 2,
    K = 8,
    ALARMS = 8,
    SECTORS = 3,
    SECTOR = 128,
    STATES = 12, /* of what is reached: refusals before, kinds behind */
    LEARN_BYTES = 4 * ECM_COMMISSION_LEARN_WORDS(FEATURES, K),
    BASELINE_BYTES = 4 * ECM_COMMISSION_BASELINE_WORDS(FEATURES)
};

/* Two slots: a whole record of a type, any bytes, or erased. */
static void fill_slots(guided_t *in, const ecm_state_store_t *store, uint32_t type,
                       uint32_t usual) {
    guided_flash_t *flash = store->user;
    uint32_t slot;
    for (slot = 0; slot < 2U; slot++) {
        uint8_t flags = guided_u8(in), *at = flash->bytes + slot * store->slot_bytes;
        uint32_t room = ECM_STATE_SLOT_BYTES(0), bytes = usual;
        if ((flags & 8U) != 0U) {
            continue;
        }
        if ((flags & 1U) != 0U) {
            bytes = guided_u8(in);
        }
        room = store->slot_bytes > room ? store->slot_bytes - room : 0U;
        bytes = bytes > room ? room : bytes;
        if ((flags & 2U) != 0U || store->slot_bytes < ECM_STATE_SLOT_BYTES(0)) {
            guided_fill(in, at, store->slot_bytes);
            continue;
        }
        memcpy(at, "ECMS", 4);
        guided_put(at + 4, ECM_STATE_VERSION | type << 16);
        guided_put(at + 8, guided_u8(in));
        guided_put(at + 12, bytes);
        guided_fill(in, at + ECM_STATE_HEAD_BYTES, bytes);
        if (type == ECM_DEVICE_STATE_TYPE && (flags & 4U) != 0U && bytes >= 4U) {
            uint8_t *own = at + ECM_STATE_HEAD_BYTES;
            guided_put(own + bytes - 4U, ecm_state_crc32(0, own, bytes - 4U));
        }
        guided_put(at + ECM_STATE_HEAD_BYTES + bytes,
                   ecm_state_crc32(0, at, ECM_STATE_HEAD_BYTES + bytes));
    }
}

static void note(ecm_status_t status, uint32_t kind) {
    GUIDED_CHECK(status <= ECM_OK && status >= ECM_ERR_FORMAT);
    guided_reach(status == ECM_OK ? STATES + kind : (uint32_t)-status);
}

static void device(guided_t *in, const ecm_state_store_t *store) {
    ecm_device_t found;
    ecm_device_orders_t orders;
    ecm_status_t status;
    fill_slots(in, store, ECM_DEVICE_STATE_TYPE, ECM_DEVICE_BYTES(1));
    status = ecm_device_load(&found, store);
    note(status, 0);
    if (status == ECM_OK) {
        uint8_t bytes[ECM_DEVICE_BYTES_MAX];
        uint32_t n = 0;
        GUIDED_CHECK(ecm_device_check(&found) == ECM_OK);
        GUIDED_CHECK(ecm_device_encode(&found, bytes, sizeof bytes, &n) == ECM_OK);
        (void)ecm_device_bearing_orders(&found, &orders);
        (void)ecm_state_revert(store);
    }
}

static void command(guided_t *in, const ecm_state_store_t *store) {
    ecm_command_t st;
    GUIDED_CHECK(ecm_command_init(&st) == ECM_OK);
    fill_slots(in, store, ECM_COMMAND_STATE_TYPE, ECM_COMMAND_STATE_BYTES);
    note(ecm_command_load(&st, store), 1);
    (void)ecm_command_save(&st, store);
}

static float number(guided_t *in) {
    uint32_t bits = 0, i;
    float x;
    for (i = 0; i < 4U; i++) {
        bits = bits << 8 | guided_u8(in);
    }
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void commission(guided_t *in, const ecm_state_store_t *store) {
    static const ecm_commission_cfg_t cfg = {7, FEATURES, K, 32, 0.3f, 1.0f};
    uint32_t *learn = (uint32_t *)(void *)guided_memory(LEARN_BYTES);
    uint32_t *baseline = (uint32_t *)(void *)guided_memory(BASELINE_BYTES);
    bool gathered = guided_u8(in) % 2U != 0U;
    ecm_commission_t st;
    uint32_t n = 0;
    GUIDED_CHECK(ecm_commission_init(&st, &cfg) == ECM_OK);
    if (gathered) {
        ecm_status_t status = ECM_MORE;
        fill_slots(in, store, ECM_COMMISSION_LEARN_TYPE, LEARN_BYTES);
        note(ecm_commission_resume(&st, &cfg, learn, store), 2);
        while (status >= ECM_OK && n++ < 40U && in->left > 0U) {
            float x[FEATURES];
            x[0] = number(in);
            x[1] = (float)guided_u8(in);
            status = ecm_commission_update_f32(&st, &cfg, learn, x);
        }
        if (ecm_commission_finish(&st, &cfg, baseline, learn) == ECM_OK) {
            guided_reach(STATES + 8);
        }
    } else {
        fill_slots(in, store, ECM_COMMISSION_BASELINE_TYPE, BASELINE_BYTES);
        note(ecm_commission_load(&st, &cfg, baseline, store), 3);
        if (ecm_commission_back(&st, &cfg, baseline, store) == ECM_OK) {
            guided_reach(STATES + 9);
        }
    }
    free(learn);
    free(baseline);
}

static const float edges[3] = {-1.0f, 0.0f, 1.0f};
static const float scores_z[7] = {-2.0f, -1.0f, -0.5f, 0.0f, 0.5f, 1.0f, 2.0f};
static const float shares[4] = {0.25f, 0.25f, 0.25f, 0.25f};
static const float whiten[3] = {1.0f, 0.5f, 1.0f};
static const uint16_t members[2] = {0, 1};
static const ecm_drift_cusum_cfg_t cusum = {0.25f, 3.0f};
static const ecm_drift_ewma_cfg_t ewma = {0.25f, 2.0f};
static const float limit = 2.0f;
static const ecm_monitor_counts_t counts = {
    {edges, NULL, shares, 100, 4, ECM_DIST_TUMBLING, 8}, &ecm_dist_kind_ks, 0.3f};
static const ecm_monitor_t2_t t2 = {{scores_z, whiten, 2, 0.25f, 5.0f}, members};
static const ecm_persist_cfg_t persist = {{1.0f, 1.5f, 0, 0}, 0.25f, 2, 1, 2, 3};
static const ecm_regime_cfg_t regime = {{edges, edges}, {1, 2}, NULL, 0.0f, 1};
static const uint16_t regime_inputs[2] = {0, 1};
static const ecm_monitor_score_t scores[2] = {
    {{0.0f, 1.0f, {0, 0, 0, 0}, edges, scores_z, 1, 3}, 0.0f, 0, ECM_MONITOR_ANY, 0.0f},
    {{0.0f, 1.0f, {0, 0, 0, 0}, NULL, NULL, 2, 0}, 1.0f, 1, ECM_MONITOR_ANY, 0.0f}};
static const ecm_monitor_row_t rows[5] = {
    {&cusum, 1.0f, &ecm_monitor_form_cusum, 1, 0, ECM_MONITOR_ANY, 0, 0},
    {&ewma, 1.0f, &ecm_monitor_form_ewma, 2, 0, ECM_MONITOR_ANY, 0, 0},
    {&limit, 1.0f, &ecm_monitor_form_limit, 6, 0, ECM_MONITOR_ANY, 1, 0},
    {&counts, 1.0f, &ecm_monitor_form_counts, 3, 1, ECM_MONITOR_ANY, 0, 0},
    {&t2, 1.0f, &ecm_monitor_form_t2, 5, 1, ECM_MONITOR_ANY, 0, 0}};
static const ecm_monitor_group_t groups[2] = {{&persist, 1}, {NULL, 0}};

static void monitor(guided_t *in, const ecm_state_store_t *store,
                    const ecm_monitor_cfg_t *cfg) {
    uint32_t words = ecm_monitor_words(cfg), n = 0, found = 0;
    uint32_t *state = (uint32_t *)(void *)guided_memory(4U * words);
    fill_slots(in, store, ECM_MONITOR_STATE_TYPE, 4U * words);
    note(ecm_monitor_load(state, cfg, store), 4);
    while (in->left > 0U && n++ < 40U) {
        ecm_monitor_alarm_t alarms[ALARMS];
        float x[FEATURES];
        x[0] = number(in);
        x[1] = (float)guided_u8(in) - 128.0f;
        (void)ecm_monitor_update_f32(state, cfg, x, guided_u8(in) % 4U, alarms, ALARMS,
                                     &found);
        GUIDED_CHECK(found <= (uint32_t)ALARMS);
        (void)ecm_monitor_ratio_f32(state, cfg, n % 3U);
        (void)ecm_monitor_raised(state, cfg, n % 3U);
    }
    free(state);
}

/* Frames that wait: whatever the flash holds, each that is given out fits. */
static void spool(guided_t *in) {
    guided_flash_t flash;
    ecm_state_store_t store = guided_flash(in, &flash, SECTORS, SECTOR);
    ecm_spool_cfg_t cfg = {NULL, SECTORS};
    ecm_spool_t st;
    uint8_t frame[SECTOR];
    uint32_t n, bytes = 0, number_of = 0;
    cfg.flash = &store;
    for (n = guided_u8(in) % 4U; n > 0U; n--) { /* frames, then other bytes over them */
        if (ecm_spool_open(&st, &cfg) == ECM_OK) {
            (void)ecm_spool_append(&st, &cfg, frame, 1U + guided_u8(in) % 60U);
            (void)ecm_spool_ack(&st, &cfg, guided_u8(in));
        }
    }
    for (n = guided_u8(in); n > 0U && in->left > 0U; n--) {
        uint32_t at = guided_u8(in) + 256U * (guided_u8(in) % 2U);
        flash.bytes[at % flash.len] = guided_u8(in);
    }
    if (ecm_spool_open(&st, &cfg) == ECM_OK) {
        guided_reach(STATES + 5);
        for (n = 0; n < 64U; n++) {
            ecm_status_t status =
                ecm_spool_next(&st, &cfg, frame, sizeof frame, &bytes, &number_of);
            if (status != ECM_OK) {
                break;
            }
            GUIDED_CHECK(bytes <= sizeof frame);
            guided_reach(STATES + 6);
        }
        (void)ecm_spool_append(&st, &cfg, frame, 20);
        (void)ecm_spool_waiting(&st);
    }
    free(flash.bytes);
}

static void guided_run(guided_t *in) {
    ecm_monitor_cfg_t cfg = {.id = 3,
                             .scores = scores,
                             .rows = rows,
                             .groups = groups,
                             .scores_len = 2,
                             .rows_len = 5,
                             .groups_len = 2,
                             .log = ecm_math_log_f32,
                             .persist_update = ecm_persist_update_f32,
                             .regime_update = ecm_regime_update_f32};
    static const uint16_t usual[4] = {ECM_DEVICE_BYTES(2), ECM_COMMAND_STATE_BYTES,
                                      LEARN_BYTES, 0};
    uint32_t kind = guided_u8(in) % 5U, bytes;
    guided_flash_t flash;
    ecm_state_store_t store;
    if (kind == 4U) {
        spool(in);
        return;
    }
    cfg.regime = &regime;
    cfg.regime_len = 2;
    cfg.regime_inputs = regime_inputs;
    bytes = kind == 3U ? 4U * ecm_monitor_words(&cfg) : usual[kind];
    if (guided_u8(in) % 8U == 7U) {
        bytes = guided_u8(in) % 16U;
    }
    store = guided_flash(in, &flash, 2, ECM_STATE_SLOT_BYTES(bytes));
    switch (kind) {
    case 0:
        device(in, &store);
        break;
    case 1:
        command(in, &store);
        break;
    case 2:
        commission(in, &store);
        break;
    default:
        monitor(in, &store, &cfg);
        break;
    }
    free(flash.bytes);
}
