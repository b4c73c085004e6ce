/* ecm_app_update.c - see ecm_app_update.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_app_update.h"

#define UPDATE_SEAL 0x4c414553U /* "SEAL" */
#define UPDATE_UNIT ((uint32_t)ECM_APP_UPDATE_UNIT_BYTES)
#define UPDATE_NONE 2U /* no slot: the firmware's own */

static uint32_t update_u32(const uint8_t *from) {
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
           (uint32_t)from[3] << 24;
}

static void update_put(uint8_t *to, uint32_t value) {
    uint32_t i;
    for (i = 0; i < 4U; i++) {
        to[i] = (uint8_t)((value >> (8U * i)) & 0xffU);
    }
}

static const uint8_t *update_slot(const ecm_app_update_cfg_t *cfg, uint32_t slot) {
    const uint8_t *slots = (const uint8_t *)ecm_port_opaque(cfg->slots);
    return slots + (size_t)slot * cfg->slot_bytes;
}

/* The number of the update in a slot, if it is sealed. */
static bool update_sealed(const ecm_app_update_cfg_t *cfg, uint32_t slot,
                          uint32_t *number) {
    const uint8_t *seal = update_slot(cfg, slot + 1U) - UPDATE_UNIT;
    *number = update_u32(seal + 4);
    return update_u32(seal) == UPDATE_SEAL && update_u32(seal + 8) == ~*number;
}

/* Sealed, and of this firmware: another one may have left it. */
static bool update_counts(const ecm_app_update_cfg_t *cfg, uint32_t slot,
                          uint32_t *number) {
    return update_sealed(cfg, slot, number) &&
           ecm_weights_fit(&cfg->weights, update_slot(cfg, slot)) == ECM_OK;
}

/* The slot that counts, and its number; 0 without one. */
static uint32_t update_newest(const ecm_app_update_cfg_t *cfg, uint32_t *number) {
    uint32_t numbers[2];
    bool first = update_counts(cfg, 0, &numbers[0]);
    bool second = update_counts(cfg, 1, &numbers[1]);
    uint32_t slot = UPDATE_NONE;
    if (first || second) {
        /* Numbers go on over 2^32: the later one is less than half a turn ahead. */
        slot = !first || (second && numbers[1] - numbers[0] < 0x80000000U) ? 1U : 0U;
    }
    *number = slot == UPDATE_NONE ? 0U : numbers[slot];
    return slot;
}

/* Are the slots where the flash has them? */
static bool update_agrees(const ecm_app_update_cfg_t *cfg,
                          const ecm_state_store_t *flash) {
    return cfg->slot_bytes % UPDATE_UNIT == 0U && cfg->slot_bytes >= 2U * UPDATE_UNIT &&
           cfg->slot_bytes == flash->slot_bytes;
}

const void *ecm_app_update_weights(const ecm_app_update_cfg_t *cfg) {
    uint32_t number, slot;
    const uint8_t *block;
    if (cfg == NULL) {
        return NULL;
    }
    slot = update_newest(cfg, &number);
    block = slot == UPDATE_NONE ? cfg->firmware : update_slot(cfg, slot);
    return block + ECM_WEIGHTS_HEAD_BYTES;
}

ecm_status_t ecm_app_update_start(const ecm_app_update_cfg_t *cfg,
                                  const ecm_state_store_t *flash) {
    ecm_status_t found = ECM_OK;
    uint32_t slot, number;
    ECM_REQUIRE(cfg != NULL && flash != NULL && flash->erase != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->slots != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(update_agrees(cfg, flash), ECM_ERR_ARG);
    for (slot = 0; slot < 2U; slot++) {
        if (update_sealed(cfg, slot, &number) &&
            ecm_weights_check(&cfg->weights, update_slot(cfg, slot),
                              cfg->slot_bytes - UPDATE_UNIT) != ECM_OK) {
            ecm_status_t status =
                flash->erase(flash->user, slot * cfg->slot_bytes, cfg->slot_bytes);
            ECM_REQUIRE(status == ECM_OK, status);
            found = ECM_MORE;
        }
    }
    return found;
}

ecm_status_t ecm_app_update_begin(ecm_app_update_t *st, const ecm_app_update_cfg_t *cfg,
                                  const ecm_state_store_t *flash, uint32_t bytes) {
    uint32_t number, slot;
    ecm_status_t status;
    ECM_REQUIRE(st != NULL && cfg != NULL && flash != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(flash->erase != NULL && flash->write != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->slots != NULL && cfg->firmware != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(update_agrees(cfg, flash), ECM_ERR_ARG);
    ECM_REQUIRE(bytes > ECM_WEIGHTS_HEAD_BYTES, ECM_ERR_LENGTH);
    ECM_REQUIRE(bytes <= cfg->slot_bytes - UPDATE_UNIT, ECM_ERR_LENGTH);
    slot = update_newest(cfg, &number) == 0U ? 1U : 0U;
    status = flash->erase(flash->user, slot * cfg->slot_bytes, cfg->slot_bytes);
    ECM_REQUIRE(status == ECM_OK, status);
    memset(st, 0, sizeof *st);
    st->begun = 1;
    st->slot = slot;
    st->total = bytes;
    return ECM_OK;
}

/* Write the unit that the bytes so far end in. */
static ecm_status_t update_flush(ecm_app_update_t *st, const ecm_app_update_cfg_t *cfg,
                                 const ecm_state_store_t *flash) {
    uint32_t at = (st->at - 1U) / UPDATE_UNIT * UPDATE_UNIT;
    ecm_status_t status = flash->write(flash->user, st->slot * cfg->slot_bytes + at,
                                       st->unit, UPDATE_UNIT);
    memset(st->unit, 0, UPDATE_UNIT);
    st->begun = status == ECM_OK ? 1U : 0U;
    return status;
}

ecm_status_t ecm_app_update_write(ecm_app_update_t *st, const ecm_app_update_cfg_t *cfg,
                                  const ecm_state_store_t *flash, const uint8_t *data,
                                  uint32_t bytes) {
    uint32_t i;
    ECM_REQUIRE(st != NULL && cfg != NULL && flash != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(flash->write != NULL && (data != NULL || bytes == 0U), ECM_ERR_NULL);
    ECM_REQUIRE(st->begun == 1U, ECM_ERR_STATE);
    ECM_REQUIRE(bytes <= st->total - st->at, ECM_ERR_LENGTH);
    for (i = 0; i < bytes; i++) {
        st->unit[st->at % UPDATE_UNIT] = data[i];
        st->at++;
        if (st->at % UPDATE_UNIT == 0U || st->at == st->total) {
            ecm_status_t status = update_flush(st, cfg, flash);
            ECM_REQUIRE(status == ECM_OK, status);
        }
    }
    return ECM_OK;
}

ecm_status_t ecm_app_update_commit(ecm_app_update_t *st,
                                   const ecm_app_update_cfg_t *cfg,
                                   const ecm_state_store_t *flash) {
    uint8_t seal[ECM_APP_UPDATE_UNIT_BYTES] = {0};
    uint32_t number;
    ecm_status_t status;
    ECM_REQUIRE(st != NULL && cfg != NULL && flash != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->slots != NULL && flash->write != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(st->begun == 1U, ECM_ERR_STATE);
    st->begun = 0;
    ECM_REQUIRE(st->at == st->total, ECM_ERR_LENGTH);
    status = ecm_weights_check(&cfg->weights, update_slot(cfg, st->slot), st->total);
    ECM_REQUIRE(status == ECM_OK, status);
    (void)update_newest(cfg, &number);
    update_put(seal, UPDATE_SEAL);
    update_put(seal + 4, number + 1U);
    update_put(seal + 8, ~(number + 1U));
    return flash->write(flash->user, (st->slot + 1U) * cfg->slot_bytes - UPDATE_UNIT,
                        seal, UPDATE_UNIT);
}

ecm_status_t ecm_app_update_revert(const ecm_app_update_cfg_t *cfg,
                                   const ecm_state_store_t *flash) {
    uint32_t number, slot;
    ECM_REQUIRE(cfg != NULL && flash != NULL && flash->erase != NULL, ECM_ERR_NULL);
    slot = update_newest(cfg, &number);
    ECM_REQUIRE(slot != UPDATE_NONE, ECM_ERR_STATE);
    return flash->erase(flash->user, slot * cfg->slot_bytes, cfg->slot_bytes);
}
