/* ecm_app_update.c - see ecm_app_update.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_app_update.h"
#include "ecm_bytes.h"

#define UPDATE_MAGIC 0x554d4345U /* "ECMU" */
#define UPDATE_SEAL 0x4c414553U  /* "SEAL" */
#define UPDATE_BACK 0x4b434142U  /* "BACK" */
#define UPDATE_UNIT ((uint32_t)ECM_APP_UPDATE_UNIT_BYTES)
#define UPDATE_HEAD ((uint32_t)ECM_APP_UPDATE_HEAD_BYTES)
#define UPDATE_SUMMED_AT 28U
#define UPDATE_NONE 2U /* no slot: the firmware's own */

static uint32_t update_u32(const uint8_t *from) {
    return ecm_bytes_get(from, 4);
}

static const uint8_t *update_slot(const ecm_app_update_cfg_t *cfg, uint32_t slot) {
    const uint8_t *slots = (const uint8_t *)ecm_port_opaque(cfg->slots);
    return slots + (size_t)slot * cfg->slot_bytes;
}

/* ---- what is there ----------------------------------------------------------------
 */

/* Why the head of a block is not one for this firmware; ECM_APP_UPDATE_NONE if it is.
 */
static uint32_t update_head(const ecm_app_update_cfg_t *cfg, const uint8_t *data) {
    if (update_u32(data) != UPDATE_MAGIC ||
        update_u32(data + 4) != (ECM_APP_UPDATE_VERSION | UPDATE_HEAD << 16)) {
        return ECM_APP_UPDATE_FORMAT;
    }
    if (!ecm_bytes_same(data + 32, cfg->contract_id, ECM_APP_UPDATE_ID_BYTES)) {
        return ECM_APP_UPDATE_CONTRACT;
    }
    if (!ecm_bytes_same(data + 48, cfg->layout_id, ECM_APP_UPDATE_ID_BYTES) ||
        update_u32(data + 20) != cfg->parts_len) {
        return ECM_APP_UPDATE_LAYOUT;
    }
    return ECM_APP_UPDATE_NONE;
}

/* Has a slot a whole seal, of the version that its head has? */
static bool update_seal(const ecm_app_update_cfg_t *cfg, uint32_t slot,
                        uint32_t *version) {
    const uint8_t *seal = update_slot(cfg, slot + 1U) - UPDATE_UNIT;
    *version = update_u32(seal + 4);
    return update_u32(seal) == UPDATE_SEAL && update_u32(seal + 8) == ~*version &&
           update_u32(update_slot(cfg, slot) + 16) == *version;
}

/* Is a slot sealed, with data for this firmware? Another one may have left it. */
static bool update_sealed(const ecm_app_update_cfg_t *cfg, uint32_t slot,
                          uint32_t *version) {
    return update_seal(cfg, slot, version) &&
           update_head(cfg, update_slot(cfg, slot)) == (uint32_t)ECM_APP_UPDATE_NONE;
}

/* Was anything written where it is noted that data were taken back? */
static bool update_taken_back(const ecm_app_update_cfg_t *cfg, uint32_t slot) {
    const uint8_t *note = update_slot(cfg, slot + 1U) - 2U * UPDATE_UNIT;
    uint32_t i;
    for (i = 1; i < UPDATE_UNIT; i++) {
        if (note[i] != note[0]) {
            return true;
        }
    }
    return note[0] != 0xffU && note[0] != 0U; /* as erased */
}

/* The slot that counts; the newest version of all that were ever seen here. */
static uint32_t update_newest(const ecm_app_update_cfg_t *cfg, uint32_t *newest) {
    uint32_t slot, version, found = UPDATE_NONE;
    uint32_t best = update_u32(cfg->firmware + 16);
    *newest = best;
    for (slot = 0; slot < 2U; slot++) {
        if (update_sealed(cfg, slot, &version)) {
            *newest = version > *newest ? version : *newest;
            if (version > best && !update_taken_back(cfg, slot)) {
                best = version;
                found = slot;
            }
        }
    }
    return found;
}

const uint8_t *ecm_app_update_data(const ecm_app_update_cfg_t *cfg) {
    uint32_t newest, slot;
    if (cfg == NULL) {
        return NULL;
    }
    slot = update_newest(cfg, &newest);
    return slot == UPDATE_NONE ? (const uint8_t *)ecm_port_opaque(cfg->firmware)
                               : update_slot(cfg, slot);
}

const void *ecm_app_update_part_of(const ecm_app_update_cfg_t *cfg, const uint8_t *data,
                                   uint32_t part) {
    if (cfg == NULL || data == NULL || part >= cfg->parts_len) {
        return NULL;
    }
    data = (const uint8_t *)ecm_port_opaque(data);
    return data + update_u32(data + UPDATE_HEAD + 8U * (size_t)part);
}

const void *ecm_app_update_part(const ecm_app_update_cfg_t *cfg, uint32_t part) {
    return ecm_app_update_part_of(cfg, ecm_app_update_data(cfg), part);
}

uint32_t ecm_app_update_version(const ecm_app_update_cfg_t *cfg) {
    const uint8_t *data = ecm_app_update_data(cfg);
    return data == NULL ? 0U : update_u32(data + 16);
}

/* ---- is a block whole? ------------------------------------------------------------
 */

static ecm_status_t update_parts(const ecm_app_update_cfg_t *cfg, const uint8_t *data,
                                 uint32_t end) {
    uint32_t i, first = UPDATE_HEAD + 8U * cfg->parts_len;
    for (i = 0; i < cfg->parts_len; i++) {
        const ecm_app_update_part_t *part = &cfg->parts[i];
        uint32_t at = update_u32(data + UPDATE_HEAD + 8U * (size_t)i);
        uint32_t bytes = update_u32(data + UPDATE_HEAD + 8U * (size_t)i + 4U);
        ECM_REQUIRE(at % 8U == 0U && at >= first && at <= end && bytes <= end - at,
                    ECM_ERR_FORMAT);
        if (part->weights != NULL) {
            ecm_status_t status = ecm_weights_check(part->weights, data + at, bytes);
            ECM_REQUIRE(status == ECM_OK, status);
        } else {
            ECM_REQUIRE(bytes == part->bytes, ECM_ERR_FORMAT);
            if (part->check != NULL) {
                ecm_status_t status = part->check(data + at);
                ECM_REQUIRE(status == ECM_OK, status);
            }
        }
    }
    return ECM_OK;
}

/* Lengths and checksum of a block of any firmware. */
static ecm_status_t update_summed(const uint8_t *data, uint32_t room) {
    uint32_t total = update_u32(data + 8), signature = update_u32(data + 12), end;
    ECM_REQUIRE(total <= room && signature <= (uint32_t)ECM_APP_UPDATE_SIGNATURE_MAX &&
                    total >= UPDATE_HEAD + signature,
                ECM_ERR_FORMAT);
    end = total - signature;
    return ecm_state_crc32(0, data + UPDATE_SUMMED_AT, end - UPDATE_SUMMED_AT) ==
                   update_u32(data + 24)
               ? ECM_OK
               : ECM_ERR_FORMAT;
}

/* Lengths, checksum and parts of a block whose head is for this firmware. */
static ecm_status_t update_whole(const ecm_app_update_cfg_t *cfg, const uint8_t *data,
                                 uint32_t room) {
    ecm_status_t status = update_summed(data, room);
    uint32_t end;
    ECM_REQUIRE(status == ECM_OK, status);
    end = update_u32(data + 8) - update_u32(data + 12);
    ECM_REQUIRE((end - UPDATE_HEAD) / 8U >= cfg->parts_len, ECM_ERR_FORMAT);
    return update_parts(cfg, data, end);
}

/* Is a slot damaged whose seal was begun? Of other firmware, parts cannot be judged. */
static bool update_damaged(const ecm_app_update_cfg_t *cfg, uint32_t slot) {
    const uint8_t *data = update_slot(cfg, slot);
    uint32_t version, reason = update_head(cfg, data);
    uint32_t room = cfg->slot_bytes - 2U * UPDATE_UNIT;
    if (!update_seal(cfg, slot, &version) ||
        reason == (uint32_t)ECM_APP_UPDATE_FORMAT) {
        return true;
    }
    return (reason == (uint32_t)ECM_APP_UPDATE_NONE
                ? update_whole(cfg, data, room)
                : update_summed(data, room)) != ECM_OK;
}

/* Are the slots where the flash has them, with room for a head? */
static bool update_agrees(const ecm_app_update_cfg_t *cfg,
                          const ecm_state_store_t *flash) {
    return cfg->slot_bytes % UPDATE_UNIT == 0U &&
           cfg->slot_bytes >= UPDATE_HEAD + 2U * UPDATE_UNIT &&
           cfg->slot_bytes == flash->slot_bytes;
}

ecm_status_t ecm_app_update_start(const ecm_app_update_cfg_t *cfg,
                                  const ecm_state_store_t *flash) {
    ecm_status_t found = ECM_OK;
    uint32_t slot;
    ECM_REQUIRE(cfg != NULL && flash != NULL && flash->erase != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->slots != NULL && (cfg->parts != NULL || cfg->parts_len == 0U),
                ECM_ERR_NULL);
    ECM_REQUIRE(update_agrees(cfg, flash), ECM_ERR_ARG);
    for (slot = 0; slot < 2U; slot++) {
        const uint8_t *seal = update_slot(cfg, slot + 1U) - UPDATE_UNIT;
        if (update_u32(seal) == UPDATE_SEAL && update_damaged(cfg, slot)) {
            ecm_status_t status =
                flash->erase(flash->user, slot * cfg->slot_bytes, cfg->slot_bytes);
            ECM_REQUIRE(status == ECM_OK, status);
            found = ECM_MORE;
        }
    }
    return found;
}

/* ---- an update --------------------------------------------------------------------
 */

/* The update is over, for this reason. */
static ecm_status_t update_end(ecm_app_update_t *st, uint32_t reason,
                               ecm_status_t status) {
    st->begun = 0;
    st->reason = reason;
    return status;
}

/* The slot that goes where none counts: one of other firmware, or an empty one, before
 * one that remembers what was taken back; of both kinds the older. */
static uint32_t update_least(const ecm_app_update_cfg_t *cfg) {
    uint32_t slot, versions[2];
    bool own[2];
    for (slot = 0; slot < 2U; slot++) {
        own[slot] = update_sealed(cfg, slot, &versions[slot]);
        if (!update_seal(cfg, slot, &versions[slot])) {
            versions[slot] = 0;
        }
    }
    if (own[0] != own[1]) {
        return own[0] ? 1U : 0U;
    }
    return versions[0] > versions[1] ? 1U : 0U;
}

ecm_status_t ecm_app_update_begin(ecm_app_update_t *st, const ecm_app_update_cfg_t *cfg,
                                  const ecm_state_store_t *flash, uint32_t bytes) {
    uint32_t newest;
    ECM_REQUIRE(st != NULL && cfg != NULL && flash != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(flash->erase != NULL && flash->write != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->slots != NULL && cfg->firmware != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->parts != NULL || cfg->parts_len == 0U, ECM_ERR_NULL);
    ECM_REQUIRE(update_agrees(cfg, flash), ECM_ERR_ARG);
    memset(st, 0, sizeof *st);
    if (bytes < UPDATE_HEAD + (uint32_t)ECM_APP_UPDATE_SIGNATURE_MIN ||
        bytes > cfg->slot_bytes - 2U * UPDATE_UNIT) {
        return update_end(st, ECM_APP_UPDATE_LENGTH, ECM_ERR_LENGTH);
    }
    st->slot = update_newest(cfg, &newest);
    st->newest = newest;
    st->slot = st->slot == UPDATE_NONE ? update_least(cfg) : 1U - st->slot;
    st->begun = 1;
    st->total = bytes;
    return ECM_OK;
}

/* Is a block with this head for this firmware, as long as was told, and newer? */
static ecm_status_t update_judge(ecm_app_update_t *st, const ecm_app_update_cfg_t *cfg,
                                 const uint8_t *data) {
    uint32_t reason = update_head(cfg, data);
    if (reason != (uint32_t)ECM_APP_UPDATE_NONE) {
        return update_end(st, reason,
                          reason == (uint32_t)ECM_APP_UPDATE_FORMAT ? ECM_ERR_FORMAT
                                                                    : ECM_ERR_ARG);
    }
    if (update_u32(data + 8) != st->total) {
        return update_end(st, ECM_APP_UPDATE_LENGTH, ECM_ERR_LENGTH);
    }
    if (update_u32(data + 16) <= st->newest) {
        return update_end(st, ECM_APP_UPDATE_OLD, ECM_ERR_STATE);
    }
    return ECM_OK;
}

/* Write what is held: so many bytes, of which the last one was taken last. */
static ecm_status_t update_flush(ecm_app_update_t *st, const ecm_app_update_cfg_t *cfg,
                                 const ecm_state_store_t *flash, uint32_t held) {
    uint32_t slot_at = st->slot * cfg->slot_bytes, i;
    for (i = 0; i < held; i += UPDATE_UNIT) {
        ecm_status_t status = flash->write(flash->user, slot_at + (st->at - held) + i,
                                           st->held + i, UPDATE_UNIT);
        if (status != ECM_OK) {
            return update_end(st, ECM_APP_UPDATE_FLASH, status);
        }
    }
    memset(st->held, 0, UPDATE_UNIT);
    return ECM_OK;
}

/* The head is there: is it worth going on? Then the slot is erased for it. */
static ecm_status_t update_open(ecm_app_update_t *st, const ecm_app_update_cfg_t *cfg,
                                const ecm_state_store_t *flash) {
    ecm_status_t status = update_judge(st, cfg, st->held);
    ECM_REQUIRE(status == ECM_OK, status);
    if (cfg->taken != NULL && *cfg->taken == update_slot(cfg, st->slot)) {
        return update_end(st, ECM_APP_UPDATE_TAKEN, ECM_ERR_STATE);
    }
    status = flash->erase(flash->user, st->slot * cfg->slot_bytes, cfg->slot_bytes);
    if (status != ECM_OK) {
        return update_end(st, ECM_APP_UPDATE_FLASH, status);
    }
    return update_flush(st, cfg, flash, UPDATE_HEAD);
}

/* A byte was taken: is there something to write? */
static ecm_status_t update_taken(ecm_app_update_t *st, const ecm_app_update_cfg_t *cfg,
                                 const ecm_state_store_t *flash) {
    uint32_t behind = st->at % UPDATE_UNIT;
    if (st->at < UPDATE_HEAD) {
        return ECM_OK;
    }
    if (st->at == UPDATE_HEAD) {
        return update_open(st, cfg, flash);
    }
    if (behind == 0U) {
        return update_flush(st, cfg, flash, UPDATE_UNIT);
    }
    return st->at == st->total ? update_flush(st, cfg, flash, behind) : ECM_OK;
}

ecm_status_t ecm_app_update_write(ecm_app_update_t *st, const ecm_app_update_cfg_t *cfg,
                                  const ecm_state_store_t *flash, const uint8_t *data,
                                  uint32_t bytes) {
    uint32_t i;
    ECM_REQUIRE(st != NULL && cfg != NULL && flash != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(flash->erase != NULL && flash->write != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(data != NULL || bytes == 0U, ECM_ERR_NULL);
    ECM_REQUIRE(st->begun == 1U, ECM_ERR_STATE);
    if (bytes > st->total - st->at) {
        return update_end(st, ECM_APP_UPDATE_LENGTH, ECM_ERR_LENGTH);
    }
    for (i = 0; i < bytes; i++) {
        uint32_t to = st->at < UPDATE_HEAD ? st->at : st->at % UPDATE_UNIT;
        ecm_status_t status;
        st->held[to] = data[i];
        st->at++;
        status = update_taken(st, cfg, flash);
        ECM_REQUIRE(status == ECM_OK, status);
    }
    return ECM_OK;
}

ecm_status_t ecm_app_update_commit(ecm_app_update_t *st,
                                   const ecm_app_update_cfg_t *cfg,
                                   const ecm_state_store_t *flash,
                                   ecm_app_update_verify_fn_t verify, void *user) {
    uint8_t seal[ECM_APP_UPDATE_UNIT_BYTES] = {0};
    const uint8_t *data;
    uint32_t version, signature;
    ecm_status_t status;
    ECM_REQUIRE(st != NULL && cfg != NULL && flash != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->slots != NULL && flash->write != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(verify != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(st->begun == 1U, ECM_ERR_STATE);
    if (st->at != st->total) {
        return update_end(st, ECM_APP_UPDATE_INCOMPLETE, ECM_ERR_LENGTH);
    }
    data = update_slot(cfg, st->slot);
    status = update_judge(st, cfg, data); /* flash may have changed since */
    ECM_REQUIRE(status == ECM_OK, status);
    status = update_whole(cfg, data, st->total);
    signature = update_u32(data + 12);
    if (status != ECM_OK) {
        return update_end(st, ECM_APP_UPDATE_FORMAT, status);
    }
    status = signature < (uint32_t)ECM_APP_UPDATE_SIGNATURE_MIN
                 ? ECM_ERR_FORMAT
                 : verify(user, data, st->total - signature,
                          data + (st->total - signature), signature);
    if (status != ECM_OK) {
        return update_end(st, ECM_APP_UPDATE_SIGNATURE, status);
    }
    version = update_u32(data + 16);
    ecm_bytes_put(seal, UPDATE_SEAL, 4);
    ecm_bytes_put(seal + 4, version, 4);
    ecm_bytes_put(seal + 8, ~version, 4);
    status = flash->write(flash->user, (st->slot + 1U) * cfg->slot_bytes - UPDATE_UNIT,
                          seal, UPDATE_UNIT);
    if (update_newest(cfg, &version) == st->slot) { /* that is what a reset finds */
        return update_end(st, ECM_APP_UPDATE_DONE, ECM_OK);
    }
    return update_end(st, ECM_APP_UPDATE_FLASH,
                      status == ECM_OK ? ECM_ERR_FORMAT : status);
}

ecm_status_t ecm_app_update_revert(const ecm_app_update_cfg_t *cfg,
                                   const ecm_state_store_t *flash) {
    uint8_t note[ECM_APP_UPDATE_UNIT_BYTES] = {0};
    uint32_t newest, slot;
    ECM_REQUIRE(cfg != NULL && flash != NULL && flash->write != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->slots != NULL && cfg->firmware != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(update_agrees(cfg, flash), ECM_ERR_ARG);
    slot = update_newest(cfg, &newest);
    ECM_REQUIRE(slot != UPDATE_NONE, ECM_ERR_STATE);
    ecm_bytes_put(note, UPDATE_BACK, 4);
    return flash->write(flash->user, (slot + 1U) * cfg->slot_bytes - 2U * UPDATE_UNIT,
                        note, UPDATE_UNIT);
}
