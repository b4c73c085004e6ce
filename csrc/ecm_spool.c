/* ecm_spool.c - see ecm_spool.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_spool.h"
#include "ecm_bytes.h"

#define SPOOL_MAGIC 0x514d4345U /* "ECMQ" */
#define SPOOL_UNIT ((uint32_t)ECM_SPOOL_UNIT_BYTES)
#define SPOOL_HEAD ((uint32_t)ECM_SPOOL_HEAD_BYTES)
#define SPOOL_RECORD ((uint32_t)ECM_SPOOL_RECORD_BYTES)
#define SPOOL_FRAME 0x46U /* "F" */
#define SPOOL_ACK 0x41U   /* "A" */
#define SPOOL_TRIES 2U

/* What a sector begins with. */
typedef struct {
    bool whole;
    uint32_t turn;
    uint32_t first;  /* number of the next frame then */
    uint32_t oldest; /* frames before this one were acknowledged or dropped */
    uint32_t dropped;
} spool_head_t;

typedef struct {
    uint32_t kind; /* SPOOL_FRAME, SPOOL_ACK; 0: no whole record */
    uint32_t bytes;
    uint32_t number;
} spool_record_t;

/* Is number a before b? They are less than half of all numbers apart. */
static bool spool_before(uint32_t a, uint32_t b) {
    return a - b >= 0x80000000U;
}

static ecm_status_t spool_check(const ecm_spool_cfg_t *cfg) {
    const ecm_state_store_t *flash;
    ECM_REQUIRE(cfg != NULL && cfg->flash != NULL, ECM_ERR_NULL);
    flash = cfg->flash;
    ECM_REQUIRE(flash->read != NULL && flash->erase != NULL && flash->write != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(cfg->sectors >= 2U && cfg->sectors <= ECM_SPOOL_SECTORS_MAX,
                ECM_ERR_LENGTH);
    ECM_REQUIRE(flash->slot_bytes >= (uint32_t)ECM_SPOOL_SECTOR_MIN &&
                    flash->slot_bytes % SPOOL_UNIT == 0U &&
                    flash->slot_bytes <= INT32_MAX / cfg->sectors,
                ECM_ERR_LENGTH);
    return ECM_OK;
}

static ecm_status_t spool_read(const ecm_spool_cfg_t *cfg, uint32_t sector, uint32_t at,
                               uint8_t *data, uint32_t bytes) {
    const ecm_state_store_t *flash = cfg->flash;
    return flash->read(flash->user, sector * flash->slot_bytes + at, data, bytes);
}

static ecm_status_t spool_write(const ecm_spool_cfg_t *cfg, uint32_t sector,
                                uint32_t at, const uint8_t *data, uint32_t bytes) {
    const ecm_state_store_t *flash = cfg->flash;
    return flash->write(flash->user, sector * flash->slot_bytes + at, data, bytes);
}

static ecm_status_t spool_head(const ecm_spool_cfg_t *cfg, uint32_t sector,
                               spool_head_t *head) {
    uint8_t raw[ECM_SPOOL_HEAD_BYTES];
    ecm_status_t status = spool_read(cfg, sector, 0, raw, SPOOL_HEAD);
    ECM_REQUIRE(status == ECM_OK, status);
    head->whole = ecm_bytes_get(raw, 4) == SPOOL_MAGIC &&
                  ecm_bytes_get(raw + 4, 2) == ECM_SPOOL_VERSION &&
                  ecm_bytes_get(raw + 28, 4) == ecm_state_crc32(0, raw, 28);
    head->turn = ecm_bytes_get(raw + 8, 4);
    head->first = ecm_bytes_get(raw + 12, 4);
    head->oldest = ecm_bytes_get(raw + 16, 4);
    head->dropped = ecm_bytes_get(raw + 20, 4);
    return ECM_OK;
}

/* The record at some place, if there is a whole one. */
static ecm_status_t spool_look(const ecm_spool_cfg_t *cfg, uint32_t sector, uint32_t at,
                               spool_record_t *record) {
    uint8_t raw[ECM_SPOOL_UNIT_BYTES];
    uint32_t left = cfg->flash->slot_bytes - at, crc, stored, rest;
    ecm_status_t status;
    memset(record, 0, sizeof *record);
    if (left < SPOOL_UNIT) {
        return ECM_OK;
    }
    status = spool_read(cfg, sector, at, raw, SPOOL_RECORD);
    ECM_REQUIRE(status == ECM_OK, status);
    rest = ecm_bytes_get(raw + 2, 2);
    stored = ecm_bytes_get(raw + 8, 4);
    if ((raw[0] != SPOOL_FRAME && raw[0] != SPOOL_ACK) || raw[1] != 0U ||
        (raw[0] == SPOOL_FRAME) != (rest > 0U) || ECM_SPOOL_FRAME_BYTES(rest) > left) {
        return ECM_OK;
    }
    record->bytes = rest;
    record->number = ecm_bytes_get(raw + 4, 4);
    crc = ecm_state_crc32(0, raw, 8);
    rest = raw[0]; /* until it is known to be whole */
    for (at += SPOOL_RECORD, left = record->bytes; left > 0U;) {
        uint8_t piece[ECM_SPOOL_UNIT_BYTES];
        uint32_t n = left < SPOOL_UNIT ? left : SPOOL_UNIT;
        status = spool_read(cfg, sector, at, piece, n);
        ECM_REQUIRE(status == ECM_OK, status);
        crc = ecm_state_crc32(crc, piece, n);
        at += n;
        left -= n;
    }
    record->kind = crc == stored ? rest : 0U;
    return ECM_OK;
}

/* May the next record go here? Erased flash has all bits alike. */
static ecm_status_t spool_is_free(const ecm_spool_cfg_t *cfg, uint32_t sector,
                                  uint32_t at, bool *is_free) {
    uint8_t raw[ECM_SPOOL_UNIT_BYTES];
    uint32_t i;
    ecm_status_t status;
    *is_free = false;
    if (cfg->flash->slot_bytes - at < SPOOL_UNIT) {
        return ECM_OK;
    }
    status = spool_read(cfg, sector, at, raw, SPOOL_UNIT);
    ECM_REQUIRE(status == ECM_OK, status);
    *is_free = raw[0] == 0U || raw[0] == 0xffU;
    for (i = 1; i < SPOOL_UNIT; i++) {
        *is_free = *is_free && raw[i] == raw[0];
    }
    return ECM_OK;
}

/* Go on from `place` to the first frame with its number or a later one; to the end if
 * there is none. */
static ecm_status_t spool_find(const ecm_spool_t *st, const ecm_spool_cfg_t *cfg,
                               ecm_spool_place_t *place, uint32_t *bytes) {
    uint32_t sector = place->sector, at = place->at;
    for (;;) {
        spool_record_t record;
        ecm_status_t status;
        if (sector == st->end.sector && at >= st->end.at) {
            *place = st->end;
            return ECM_OK;
        }
        if (at == 0U) {
            /* Sectors were begun one after another, up to the present one. */
            uint32_t back = (st->end.sector + cfg->sectors - sector) % cfg->sectors;
            spool_head_t head;
            status = spool_head(cfg, sector, &head);
            ECM_REQUIRE(status == ECM_OK, status);
            at = head.whole && head.turn == st->turn - back ? SPOOL_HEAD
                                                            : cfg->flash->slot_bytes;
        }
        status = spool_look(cfg, sector, at, &record);
        ECM_REQUIRE(status == ECM_OK, status);
        if (record.kind == SPOOL_FRAME && !spool_before(record.number, place->number)) {
            place->number = record.number;
            place->sector = sector;
            place->at = at;
            *bytes = record.bytes;
            return ECM_OK;
        }
        at += ECM_SPOOL_FRAME_BYTES(record.bytes);
        if (record.kind == 0U) { /* nothing more in this sector */
            at = sector == st->end.sector ? st->end.at : 0U;
            sector = sector == st->end.sector ? sector : (sector + 1U) % cfg->sectors;
        }
    }
}

/* Let the oldest frame be the first from `place` on; what is not there is dropped. */
static ecm_status_t spool_settle(ecm_spool_t *st, const ecm_spool_cfg_t *cfg,
                                 ecm_spool_place_t place) {
    uint32_t number = place.number, bytes;
    ecm_status_t status = spool_find(st, cfg, &place, &bytes);
    ECM_REQUIRE(status == ECM_OK, status);
    st->dropped += place.number - number;
    st->oldest = place;
    if (spool_before(st->next.number, place.number)) {
        st->next = place;
    }
    return ECM_OK;
}

/* ---- open --------------------------------------------------------------------------
 */

/* Read the records of the sector that was begun last; `oldest` gets a number alone. */
static ecm_status_t spool_resume(ecm_spool_t *st, const ecm_spool_cfg_t *cfg) {
    bool is_free;
    ecm_status_t status;
    st->end.at = SPOOL_HEAD;
    for (;;) {
        spool_record_t record;
        status = spool_look(cfg, st->end.sector, st->end.at, &record);
        ECM_REQUIRE(status == ECM_OK, status);
        if (record.kind == 0U) {
            break;
        }
        if (record.kind == SPOOL_FRAME) {
            st->end.number = record.number + 1U;
        } else if (spool_before(st->oldest.number, record.number)) {
            st->oldest.number = record.number;
        }
        st->end.at += ECM_SPOOL_FRAME_BYTES(record.bytes);
    }
    status = spool_is_free(cfg, st->end.sector, st->end.at, &is_free);
    ECM_REQUIRE(status == ECM_OK, status);
    if (!is_free) { /* a write was cut here */
        st->end.at = cfg->flash->slot_bytes;
    }
    return ECM_OK;
}

/* The sector that the oldest frame is in, or the first one that is left. */
static ecm_status_t spool_first(const ecm_spool_t *st, const ecm_spool_cfg_t *cfg,
                                uint32_t *sector) {
    uint32_t back, i = st->end.sector;
    for (back = 0; back < cfg->sectors; back++) {
        spool_head_t head;
        ecm_status_t status = spool_head(cfg, i, &head);
        ECM_REQUIRE(status == ECM_OK, status);
        if (head.whole && head.turn == st->turn - back) {
            *sector = i;
            if (!spool_before(st->oldest.number, head.first)) {
                break;
            }
        }
        i = i > 0U ? i - 1U : cfg->sectors - 1U;
    }
    return ECM_OK;
}

ecm_status_t ecm_spool_open(ecm_spool_t *st, const ecm_spool_cfg_t *cfg) {
    ecm_spool_t found;
    ecm_spool_place_t place;
    ecm_status_t status = spool_check(cfg);
    uint32_t sector;
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(status == ECM_OK, status);
    memset(&found, 0, sizeof found);
    /* As if the last sector were full: the first one is begun next. */
    found.turn = UINT32_MAX;
    found.end.sector = cfg->sectors - 1U;
    found.end.at = cfg->flash->slot_bytes;
    for (sector = 0; sector < cfg->sectors; sector++) {
        spool_head_t head;
        status = spool_head(cfg, sector, &head);
        ECM_REQUIRE(status == ECM_OK, status);
        if (head.whole && (found.opened == 0U || spool_before(found.turn, head.turn))) {
            found.opened = 1;
            found.turn = head.turn;
            found.end.sector = sector;
            found.end.number = head.first;
            found.oldest.number = head.oldest;
            found.dropped = head.dropped;
        }
    }
    place = found.end;
    if (found.opened != 0U) {
        status = spool_resume(&found, cfg);
        ECM_REQUIRE(status == ECM_OK, status);
        status = spool_first(&found, cfg, &place.sector);
        ECM_REQUIRE(status == ECM_OK, status);
        place.at = 0;
        place.number = found.oldest.number;
    }
    found.opened = 1;
    found.next = place; /* follows the oldest one */
    status = spool_settle(&found, cfg, place);
    ECM_REQUIRE(status == ECM_OK, status);
    found.next = found.oldest;
    *st = found;
    return ECM_OK;
}

/* ---- write -------------------------------------------------------------------------
 */

/* Nothing waits: the next frame to come is the oldest one. */
static void spool_begin_at_end(ecm_spool_t *st) {
    st->oldest = st->end;
    st->next = st->end;
}

/* Begin the next sector; frames in it that wait are dropped. */
static ecm_status_t spool_turn(ecm_spool_t *st, const ecm_spool_cfg_t *cfg) {
    uint8_t raw[ECM_SPOOL_HEAD_BYTES] = {0};
    uint32_t sector = (st->end.sector + 1U) % cfg->sectors;
    spool_head_t head;
    bool none;
    ecm_status_t status;
    if (st->oldest.sector == sector && ecm_spool_waiting(st) > 0U) {
        ecm_spool_place_t place = st->oldest;
        place.sector = (sector + 1U) % cfg->sectors;
        place.at = 0;
        status = spool_settle(st, cfg, place);
        ECM_REQUIRE(status == ECM_OK, status);
    }
    none = ecm_spool_waiting(st) == 0U;
    if (st->next.sector == sector) { /* what it waits for is behind this sector */
        st->next.sector = (sector + 1U) % cfg->sectors;
        st->next.at = 0;
    }
    status = cfg->flash->erase(cfg->flash->user, sector * cfg->flash->slot_bytes,
                               cfg->flash->slot_bytes);
    ECM_REQUIRE(status == ECM_OK, status);
    ecm_bytes_put(raw, SPOOL_MAGIC, 4);
    ecm_bytes_put(raw + 4, ECM_SPOOL_VERSION, 2);
    ecm_bytes_put(raw + 8, st->turn + 1U, 4);
    ecm_bytes_put(raw + 12, st->end.number, 4);
    ecm_bytes_put(raw + 16, st->oldest.number, 4);
    ecm_bytes_put(raw + 20, st->dropped, 4);
    ecm_bytes_put(raw + 28, ecm_state_crc32(0, raw, 28), 4);
    st->turn++;
    st->end.sector = sector;
    st->end.at = cfg->flash->slot_bytes; /* unless all goes well */
    if (none) {
        spool_begin_at_end(st);
    }
    status = spool_write(cfg, sector, 0, raw, SPOOL_HEAD);
    ECM_REQUIRE(status == ECM_OK, status);
    status = spool_head(cfg, sector, &head);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(head.whole && head.turn == st->turn, ECM_ERR_FORMAT);
    st->end.at = SPOOL_HEAD;
    if (none) {
        spool_begin_at_end(st);
    }
    return ECM_OK;
}

/* Write a record where the next one goes, and read it back. */
static ecm_status_t spool_record(ecm_spool_t *st, const ecm_spool_cfg_t *cfg,
                                 uint32_t kind, uint32_t number, const uint8_t *data,
                                 uint32_t bytes) {
    uint8_t unit[ECM_SPOOL_UNIT_BYTES] = {0};
    uint32_t sector = st->end.sector, at = st->end.at, end, n = 0, middle;
    spool_record_t record;
    ecm_status_t status;
    end = at + ECM_SPOOL_FRAME_BYTES(bytes);
    unit[0] = (uint8_t)kind;
    ecm_bytes_put(unit + 2, bytes, 2);
    ecm_bytes_put(unit + 4, number, 4);
    ecm_bytes_put(unit + 8, ecm_state_crc32(ecm_state_crc32(0, unit, 8), data, bytes),
                  4);
    st->end.at = cfg->flash->slot_bytes; /* unless all goes well */
    if (bytes > 0U) {
        n = bytes < SPOOL_UNIT - SPOOL_RECORD ? bytes : SPOOL_UNIT - SPOOL_RECORD;
        memcpy(unit + SPOOL_RECORD, data, (size_t)n);
    }
    status = spool_write(cfg, sector, at, unit, SPOOL_UNIT);
    ECM_REQUIRE(status == ECM_OK, status);
    middle = (bytes - n) / SPOOL_UNIT * SPOOL_UNIT;
    if (middle > 0U) {
        status = spool_write(cfg, sector, at + SPOOL_UNIT, data + n, middle);
        ECM_REQUIRE(status == ECM_OK, status);
        n += middle;
    }
    if (n < bytes) {
        memset(unit, 0, sizeof unit);
        memcpy(unit, data + n, (size_t)(bytes - n));
        status = spool_write(cfg, sector, end - SPOOL_UNIT, unit, SPOOL_UNIT);
        ECM_REQUIRE(status == ECM_OK, status);
    }
    status = spool_look(cfg, sector, at, &record);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(record.kind == kind && record.number == number && record.bytes == bytes,
                ECM_ERR_FORMAT);
    st->end.at = end;
    return ECM_OK;
}

/* A frame that was refused may be there, and has a number in telemetry: its number is
 * not another one's. */
static void spool_skip(ecm_spool_t *st) {
    bool none = ecm_spool_waiting(st) == 0U;
    st->end.number++;
    if (none) {
        spool_begin_at_end(st);
    }
}

ecm_status_t ecm_spool_append(ecm_spool_t *st, const ecm_spool_cfg_t *cfg,
                              const uint8_t *data, uint32_t bytes) {
    uint32_t sector_bytes, tries;
    ecm_status_t status = spool_check(cfg);
    ECM_REQUIRE(st != NULL && data != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(st->opened == 1U, ECM_ERR_STATE);
    sector_bytes = cfg->flash->slot_bytes;
    ECM_REQUIRE(bytes >= 1U && bytes <= UINT16_MAX &&
                    ECM_SPOOL_FRAME_BYTES(bytes) <= sector_bytes - SPOOL_HEAD,
                ECM_ERR_LENGTH);
    for (tries = 0; tries < SPOOL_TRIES; tries++) {
        if (sector_bytes - st->end.at < ECM_SPOOL_FRAME_BYTES(bytes)) {
            status = spool_turn(st, cfg);
        }
        if (status == ECM_OK) {
            status = spool_record(st, cfg, SPOOL_FRAME, st->end.number, data, bytes);
        }
        if (status != ECM_ERR_FORMAT) {
            break;
        }
        status = tries + 1U < SPOOL_TRIES ? ECM_OK : status;
    }
    if (status == ECM_OK) {
        st->end.number++;
    } else {
        spool_skip(st);
    }
    return status;
}

/* ---- read --------------------------------------------------------------------------
 */

/* The frame that is given out next, and its bytes. */
static ecm_status_t spool_peek(ecm_spool_t *st, const ecm_spool_cfg_t *cfg,
                               ecm_spool_place_t *place, uint32_t *bytes) {
    ecm_status_t status = spool_check(cfg);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(st->opened == 1U, ECM_ERR_STATE);
    *place = st->next;
    status = spool_find(st, cfg, place, bytes);
    ECM_REQUIRE(status == ECM_OK, status);
    if (place->number == st->end.number) {
        st->next = *place;
        return ECM_MORE;
    }
    return ECM_OK;
}

/* It was: the one behind it is next. */
static void spool_given(ecm_spool_t *st, ecm_spool_place_t place, uint32_t bytes) {
    st->next.number = place.number + 1U;
    st->next.sector = place.sector;
    st->next.at = place.at + ECM_SPOOL_FRAME_BYTES(bytes);
}

ecm_status_t ecm_spool_next(ecm_spool_t *st, const ecm_spool_cfg_t *cfg, uint8_t *data,
                            uint32_t data_max, uint32_t *bytes, uint32_t *number) {
    ecm_spool_place_t place;
    uint32_t n = 0;
    ecm_status_t status;
    ECM_REQUIRE(st != NULL && data != NULL && bytes != NULL && number != NULL,
                ECM_ERR_NULL);
    status = spool_peek(st, cfg, &place, &n);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(n <= data_max, ECM_ERR_FULL);
    status = spool_read(cfg, place.sector, place.at + SPOOL_RECORD, data, n);
    ECM_REQUIRE(status == ECM_OK, status);
    *bytes = n;
    *number = place.number;
    spool_given(st, place, n);
    return ECM_OK;
}

ecm_status_t ecm_spool_pass(ecm_spool_t *st, const ecm_spool_cfg_t *cfg) {
    ecm_spool_place_t place;
    uint32_t n = 0;
    ecm_status_t status;
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    status = spool_peek(st, cfg, &place, &n);
    ECM_REQUIRE(status == ECM_OK, status);
    spool_given(st, place, n);
    return ECM_OK;
}

ecm_status_t ecm_spool_rewind(ecm_spool_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(st->opened == 1U, ECM_ERR_STATE);
    st->next = st->oldest;
    return ECM_OK;
}

ecm_status_t ecm_spool_ack(ecm_spool_t *st, const ecm_spool_cfg_t *cfg,
                           uint32_t number) {
    ecm_spool_place_t place;
    ecm_status_t status = spool_check(cfg);
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(st->opened == 1U, ECM_ERR_STATE);
    ECM_REQUIRE(spool_before(number, st->end.number), ECM_ERR_ARG);
    if (spool_before(number, st->oldest.number)) {
        return ECM_OK;
    }
    place = st->oldest;
    place.number = number + 1U;
    status = spool_settle(st, cfg, place);
    ECM_REQUIRE(status == ECM_OK, status);
    if (cfg->flash->slot_bytes - st->end.at >= SPOOL_UNIT) {
        return spool_record(st, cfg, SPOOL_ACK, st->oldest.number, NULL, 0);
    }
    if (ecm_spool_waiting(st) == 0U ||
        st->oldest.sector != (st->end.sector + 1U) % cfg->sectors) {
        return spool_turn(st, cfg); /* its head says the same */
    }
    return ECM_OK;
}

uint32_t ecm_spool_waiting(const ecm_spool_t *st) {
    return st != NULL && st->opened == 1U ? st->end.number - st->oldest.number : 0U;
}
