/* fuzz_ecm_snapshot.c - any lengths, triggers at any time, chunks from anywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz_flash.h"
#include "ecm_snapshot.h"

void fuzz_ecm_snapshot(void);

static ecm_status_t mac(void *user, const uint8_t *data, uint32_t bytes,
                        uint8_t code[ECM_FRAME_MAC_BYTES]) {
    uint32_t crc = ecm_state_crc32(0, data, bytes);
    (void)user;
    memcpy(code, &crc, ECM_FRAME_MAC_BYTES);
    return ecm_fuzz_once_in(9) ? ECM_ERR_ARG : ECM_OK;
}

static void push(ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg, void *mem) {
    uint32_t n = ecm_fuzz_len(80);
    void *x = ecm_fuzz_bytes((size_t)n * cfg->sample_bytes);
    (void)ecm_snapshot_push_f32(st, cfg, ecm_fuzz_or_null(mem), x,
                                cfg->sample_bytes == 4U ? n : 0U);
    (void)ecm_snapshot_push_s16(st, cfg, mem, ecm_fuzz_or_null(x),
                                cfg->sample_bytes == 2U ? n : 0U);
}

static void give(ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg, void *mem,
                 const ecm_state_store_t *flash) {
    uint32_t room = ecm_fuzz_once_in(4) ? ecm_fuzz_len(80) : cfg->chunk_bytes;
    ecm_snapshot_cfg_t other = *cfg;
    uint32_t chunks = 0, kept = 0, number, *len = ecm_fuzz_bytes(sizeof *len);
    uint8_t *buf = ecm_fuzz_bytes(room);
    *len = 0;
    ecm_fuzz_watch(len, sizeof *len);
    if (ecm_snapshot_seal(st, cfg, ecm_fuzz_or_null(mem), &chunks) == ECM_OK) {
        number = ecm_fuzz_below(chunks + 2U);
        ecm_fuzz_judge(ecm_snapshot_chunk(st, cfg, mem, number, buf, room, len));
        ECM_FUZZ_CHECK(*len <= room);
        if (ecm_snapshot_keep(st, cfg, mem, flash) == ECM_OK &&
            ecm_snapshot_kept(cfg, flash, &kept) == ECM_OK) {
            ECM_FUZZ_CHECK(kept == chunks);
        }
    }
    if (ecm_snapshot_seal_some(st, cfg, mem, ecm_fuzz_len(200), &chunks) == ECM_OK) {
        uint32_t at = ecm_fuzz_once_in(4) ? ecm_fuzz_len(600) : 0U, calls = 40;
        while (ecm_snapshot_keep_some(st, cfg, mem, flash, &at, ecm_fuzz_len(64)) ==
                   ECM_MORE &&
               calls-- > 0U) {
        }
    }
    number = ecm_fuzz_below(40);
    if (ecm_fuzz_once_in(4)) { /* settings that init has not seen */
        other.chunk_bytes = (uint16_t)ecm_fuzz_len(80);
        (void)ecm_snapshot_kept(&other, flash, &kept);
    }
    ecm_fuzz_judge(ecm_snapshot_kept_chunk(&other, flash, number, buf, room, len));
    ECM_FUZZ_CHECK(*len <= room);
}

void fuzz_ecm_snapshot(void) {
    ecm_snapshot_cfg_t cfg;
    ecm_snapshot_t st;
    ecm_state_store_t store;
    fuzz_flash_t flash;
    uint32_t round;
    void *mem;
    memset(&cfg, 0, sizeof cfg);
    memset(&st, 0, sizeof st);
    cfg.device_id = ecm_fuzz_u32();
    cfg.before_len = ecm_fuzz_len(40);
    cfg.after_len = ecm_fuzz_len(40);
    cfg.fs_hz = ecm_fuzz_once_in(8) ? ecm_fuzz_f32() : 100.0f;
    cfg.scale = 1.0f;
    cfg.sample_bytes = ecm_fuzz_once_in(2) ? 2 : 4;
    cfg.chunk_bytes = (uint16_t)(40U + ecm_fuzz_len(1000));
    cfg.mac = ecm_fuzz_once_in(2) ? mac : NULL;
    mem = ecm_fuzz_bytes((size_t)(cfg.before_len + cfg.after_len) * cfg.sample_bytes);
    store = fuzz_flash_store(&flash, 1, 16U * (2U + ecm_fuzz_below(30)));
    if (ecm_snapshot_init(ecm_fuzz_or_null(&st), &cfg) != ECM_OK) {
        return;
    }
    for (round = ecm_fuzz_below(16); round > 0U; round--) {
        push(&st, &cfg, mem);
        if (ecm_fuzz_once_in(3)) {
            (void)ecm_snapshot_trigger(&st, &cfg, ecm_fuzz_len(90), ecm_fuzz_len(65537),
                                       ecm_fuzz_u32());
        }
        if (ecm_fuzz_once_in(6)) {
            (void)ecm_snapshot_trigger_at(&st, &cfg, st.head + 9U - ecm_fuzz_len(90),
                                          ecm_fuzz_len(65537),
                                          ecm_fuzz_once_in(2) ? 0U : ecm_fuzz_u32());
        }
        give(&st, &cfg, mem, &store);
        if (ecm_fuzz_once_in(4)) {
            (void)ecm_snapshot_rearm(&st);
        }
        if (ecm_fuzz_once_in(4)) {
            flash.bytes[ecm_fuzz_below(flash.len)] ^= 1U;
        }
    }
}
