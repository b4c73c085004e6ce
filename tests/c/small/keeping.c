/* keeping.c - what a device keeps and is told, on a core of 8 bits: frames, a snapshot,
 * commands, its record.
 *
 * Integers of C have 16 bits there, and so have sizes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_command.h"
#include "ecm_device.h"
#include "ecm_snapshot.h"
#include "ecm_spool.h"
#include "ecm_state.h"
#include "ecm_test.h"
#include "ecm_test_flash.h"

#define SECTORS 3
#define SECTOR 128

static uint8_t memory[SECTORS * SECTOR];
static test_flash_t flash;
static ecm_state_store_t store;
static uint8_t buf[64];

void ecm_test_run_all(void);

static void frames(void) {
    static ecm_spool_t st;
    ecm_spool_cfg_t cfg = {NULL, SECTORS};
    uint32_t i, bytes, number;
    store = test_flash_store(&flash, memory, SECTORS, SECTOR, 16);
    cfg.flash = &store;
    ECM_CHECK(ecm_spool_open(&st, &cfg) == ECM_OK);
    for (i = 0; i < 60U; i++) {
        uint32_t n = 1U + i * 7U % 50U;
        test_flash_fill(buf, n, i);
        ECM_CHECK(ecm_spool_append(&st, &cfg, buf, n) == ECM_OK);
        if (i % 11U == 10U) {
            ECM_CHECK(ecm_spool_open(&st, &cfg) == ECM_OK);
            ECM_CHECK(ecm_spool_next(&st, &cfg, buf, sizeof buf, &bytes, &number) ==
                      ECM_OK);
            ecm_test_bytes("frame", buf, bytes);
            ECM_CHECK(ecm_spool_ack(&st, &cfg, number) == ECM_OK);
        }
    }
    ecm_test_u32("waiting", ecm_spool_waiting(&st));
    ecm_test_u32("dropped", st.dropped);
    ecm_test_bytes("sectors", memory, sizeof memory);
}

static void snapshot(void) {
    static ecm_snapshot_t st;
    static int16_t mem[120], x[50];
    ecm_snapshot_cfg_t cfg;
    uint32_t i, k, chunks = 0, bytes = 0;
    memset(&cfg, 0, sizeof cfg);
    cfg.device_id = 70000;
    cfg.before_len = 80;
    cfg.after_len = 40;
    cfg.fs_hz = 1000.0f;
    cfg.scale = 0.5f;
    cfg.sample_bytes = 2;
    cfg.chunk_bytes = 51;
    store = test_flash_store(&flash, memory, 1, SECTORS * SECTOR, 16);
    ECM_CHECK(ecm_snapshot_init(&st, &cfg) == ECM_OK);
    for (k = 0; k < 5U; k++) {
        for (i = 0; i < 50U; i++) {
            x[i] = (int16_t)((int16_t)(50U * k + i) * 131 - 16000);
        }
        ECM_CHECK(ecm_snapshot_push_s16(&st, &cfg, mem, x, 50) == ECM_OK);
        if (k == 2U) {
            ECM_CHECK(ecm_snapshot_trigger(&st, &cfg, 3, 1, 2) == ECM_OK);
        }
    }
    ECM_CHECK(ecm_snapshot_seal(&st, &cfg, mem, &chunks) == ECM_OK);
    for (i = 0; i < chunks; i++) {
        ECM_CHECK(ecm_snapshot_chunk(&st, &cfg, mem, i, buf, sizeof buf, &bytes) ==
                  ECM_OK);
        ecm_test_bytes("chunk", buf, bytes);
    }
    ECM_CHECK(ecm_snapshot_keep(&st, &cfg, mem, &store) == ECM_OK);
    ECM_CHECK(ecm_snapshot_kept(&cfg, &store, &chunks) == ECM_OK && chunks == i);
    ecm_test_bytes("slot", memory, sizeof memory);
}

static void commands(void) {
    static const uint8_t chunks[] = {0x85, 1, 0x19, 0x01, 0x2c, 2, 0x18, 0x63, 7};
    static const uint8_t rearm[] = {0x84, 1, 0x1a, 0, 1, 0, 0, 6, 0x1a, 1, 2, 3, 4};
    static const ecm_command_cfg_t cfg = {7, NULL, NULL};
    ecm_command_t st;
    ecm_command_order_t order;
    store = test_flash_store(&flash, memory, 2, SECTOR, 1);
    ECM_CHECK(ecm_command_init(&st) == ECM_OK);
    ECM_CHECK(ecm_command_decode(&st, &cfg, chunks, sizeof chunks, &order) == ECM_OK);
    ecm_test_bytes("order", &order, sizeof order);
    ECM_CHECK(ecm_command_decode(&st, &cfg, rearm, sizeof rearm, &order) == ECM_OK);
    ecm_test_bytes("order", &order, sizeof order);
    ECM_CHECK(ecm_command_decode(&st, &cfg, chunks, sizeof chunks, &order) ==
              ECM_ERR_STATE);
    ECM_CHECK(ecm_command_save(&st, &store) == ECM_OK);
    ECM_CHECK(ecm_command_load(&st, &store) == ECM_OK && st.last == 65536U);
}

static void device(void) {
    static ecm_device_t made, found;
    ecm_device_orders_t orders;
    store = test_flash_store(&flash, memory, 2, SECTOR, 1);
    made.device_id = 0x89abcdefU;
    made.channels_len = 2;
    made.sensitivity[0] = 0.5f;
    made.sensitivity[1] = -0.01f;
    made.balls = 9;
    made.ball_mm = 7.94f;
    made.pitch_mm = 39.04f;
    ECM_CHECK(ecm_device_save(&made, &store) == ECM_OK);
    ECM_CHECK(ecm_device_load(&found, &store) == ECM_OK);
    ecm_test_bytes("device", &found, sizeof found);
    ECM_CHECK(ecm_device_bearing_orders(&found, &orders) == ECM_OK);
    ecm_test_bytes("orders", &orders, sizeof orders);
}

void ecm_test_run_all(void) {
    frames();
    snapshot();
    commands();
    device();
}
