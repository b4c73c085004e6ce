/* update.c - blocks of new data, sound or damaged, into slots that hold anything, with
 * flash that fails and power that goes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_app_update.h"
#include "ecm_frame.h"
#include "ecm_guided.h"

enum {
    HEAD = ECM_APP_UPDATE_HEAD_BYTES,
    PARTS = 2,
    FIRST = HEAD + 8 * PARTS, /* where the first part begins */
    OTHER = 8,
    WEIGHTS = FIRST + OTHER,
    WEIGHTS_MIN = 64,
    SIGNATURE = ECM_APP_UPDATE_SIGNATURE_MIN,
    BLOCK_MIN = WEIGHTS + WEIGHTS_MIN + SIGNATURE,
    SLOT = ECM_APP_UPDATE_SLOT_BYTES(256),
    NEW = 16 /* of what is reached: behind the reasons */
};

static const ecm_weights_cfg_t weights = {
    {7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7},
    {7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7},
    2};
static const ecm_app_update_part_t parts[PARTS] = {{&weights, 0, NULL},
                                                   {NULL, OTHER, NULL}};
static uint64_t firmware[FIRST / 8]; /* aligned as its data must be */

/* Put right what flags ask for: the block's fields, the weights', the checksums. */
static void repair(uint8_t *block, uint32_t bytes, uint8_t flags) {
    uint8_t *own = block + WEIGHTS;
    uint32_t own_bytes = (bytes - SIGNATURE - WEIGHTS) & ~7U;
    if ((flags & 1U) != 0U) {
        memcpy(block, "ECMU", 4);
        guided_put(block + 4, ECM_APP_UPDATE_VERSION | (uint32_t)HEAD << 16);
        guided_put(block + 8, bytes);
        guided_put(block + 12, SIGNATURE);
        guided_put(block + 20, PARTS);
        guided_put(block + 28, 0);
        guided_put(block + HEAD, WEIGHTS);
        guided_put(block + HEAD + 4, own_bytes);
        guided_put(block + HEAD + 8, FIRST);
        guided_put(block + HEAD + 12, OTHER);
    }
    if ((flags & 2U) != 0U) {
        memset(block + 32, 7, 32);
    }
    if ((flags & 4U) != 0U) {
        memcpy(own, "ECMW", 4);
        guided_put(own + 4, 1U | 48UL << 16);
        guided_put(own + 8, own_bytes);
        memset(own + 16, 7, 32);
        guided_put(own + 48, 2);
    }
    if ((flags & 8U) != 0U) {
        guided_put(own + 12, ecm_state_crc32(0, own + 16, own_bytes - 16U));
    }
    if ((flags & 16U) != 0U) {
        guided_put(block + 24, ecm_state_crc32(0, block + 28, bytes - SIGNATURE - 28U));
    }
}

/* The last byte of a signature says whether it is one. */
static ecm_status_t verify(void *user, const uint8_t *data, uint32_t bytes,
                           const uint8_t *signature, uint32_t signature_bytes) {
    uint32_t crc = ecm_state_crc32(0, data, bytes);
    (void)user;
    crc = ecm_state_crc32(crc, signature, signature_bytes);
    (void)crc; /* all of both can be read */
    return signature[signature_bytes - 1U] % 2U == 0U ? ECM_OK : ECM_ERR_ARG;
}

/* What counts can be read to its end, and its parts are what they must be. */
static void read_all(const ecm_app_update_cfg_t *cfg, const guided_flash_t *flash) {
    const uint8_t *found = ecm_app_update_data(cfg);
    const uint8_t *other = ecm_app_update_part(cfg, 1);
    bool updated = found != cfg->firmware;
    GUIDED_CHECK(!updated || found == flash->bytes || found == flash->bytes + SLOT);
    GUIDED_CHECK(ecm_app_update_part(cfg, PARTS) == NULL);
    (void)ecm_state_crc32(0, other, updated ? OTHER : 0U);
    if (updated) {
        const uint8_t *own = ecm_app_update_part(cfg, 0);
        GUIDED_CHECK(ecm_weights_check(&weights, own, (uint32_t)(found + SLOT - own)) ==
                     ECM_OK);
        guided_reach(NEW);
    }
}

static void update(guided_t *in, const ecm_app_update_cfg_t *cfg,
                   const ecm_state_store_t *store) {
    uint8_t flags = guided_u8(in), chunk = guided_u8(in);
    uint32_t bytes = guided_u8(in) + (flags >= 128U ? 128U : 0U), at = 0, before, sent,
             told;
    uint8_t *block = guided_memory(bytes);
    ecm_app_update_t st;
    ecm_status_t status;
    before = ecm_app_update_version(cfg);
    guided_fill(in, block, bytes);
    if (bytes >= BLOCK_MIN) {
        repair(block, bytes, flags);
    }
    memset(&st, 0, sizeof st);
    /* The last byte is lost, or one more comes than was told. */
    sent = bytes - ((flags & 32U) != 0U && bytes > 0U ? 1U : 0U);
    told = bytes - (chunk == 255U && bytes > 0U ? 1U : 0U);
    status = ecm_app_update_begin(&st, cfg, store, told);
    GUIDED_CHECK((status == ECM_OK) == (st.begun == 1U));
    while (status == ECM_OK && at < sent) {
        uint32_t n = chunk == 0U || chunk > sent - at ? sent - at : chunk;
        status = ecm_app_update_write(&st, cfg, store, block + at, n);
        at += n;
    }
    if (st.begun == 1U && (flags & 64U) == 0U) {
        status = ecm_app_update_commit(&st, cfg, store, verify, NULL);
        GUIDED_CHECK(st.begun == 0U);
        if (status == ECM_OK) {
            GUIDED_CHECK(ecm_app_update_version(cfg) > before);
        }
    }
    GUIDED_CHECK(st.reason <= (uint32_t)ECM_FRAME_UPDATE_MAX);
    guided_reach(st.reason);
    free(block);
}

static void act(guided_t *in, const ecm_app_update_cfg_t *cfg,
                const ecm_state_store_t *store, guided_flash_t *flash) {
    uint8_t what = guided_u8(in);
    uint32_t at = guided_u8(in) + (what >= 128U ? 256U : 0U), n;
    switch (what % 4U) {
    case 0:
        update(in, cfg, store);
        break;
    case 1: /* take it back */
        if (ecm_app_update_revert(cfg, store) == ECM_OK) {
            guided_reach(NEW + 1);
        }
        break;
    case 2: /* bytes change, then a reset */
        n = guided_u8(in) % 64U;
        while (n-- > 0U) {
            flash->bytes[at++ % flash->len] = guided_u8(in);
        }
        break;
    default: /* power comes back, and flash works again */
        flash->calls_left = UINT32_MAX;
        break;
    }
    if (ecm_app_update_start(cfg, store) == ECM_MORE) {
        guided_reach(NEW + 2);
    }
    if (flash->calls_left == UINT32_MAX) {
        read_all(cfg, flash);
    }
}

static void guided_run(guided_t *in) {
    uint8_t *own = (uint8_t *)firmware;
    ecm_app_update_cfg_t cfg;
    guided_flash_t flash;
    ecm_state_store_t store = guided_flash(in, &flash, 2, SLOT);
    memset(own, 0, sizeof firmware);
    guided_put(own + 16, 1);
    memset(&cfg, 0, sizeof cfg);
    memset(cfg.contract_id, 7, sizeof cfg.contract_id);
    memset(cfg.layout_id, 7, sizeof cfg.layout_id);
    cfg.parts = parts;
    cfg.parts_len = PARTS;
    cfg.firmware = own;
    cfg.slots = flash.bytes;
    cfg.slot_bytes = SLOT;
    while (in->left > 0U) {
        act(in, &cfg, &store, &flash);
    }
    free(flash.bytes);
}
