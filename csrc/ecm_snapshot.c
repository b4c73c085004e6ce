/* ecm_snapshot.c - see ecm_snapshot.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_snapshot.h"
#include "ecm_bits.h"
#include "ecm_bytes.h"
#include "ecm_cbor.h"

#define SNAPSHOT_MAGIC 0x524d4345U /* "ECMR" */
#define SNAPSHOT_SEAL 0x4c414553U  /* "SEAL" */
#define SNAPSHOT_UNIT 16U
#define SNAPSHOT_HEAD ((uint32_t)ECM_SNAPSHOT_HEAD_BYTES)
#define SNAPSHOT_ITEMS 7U
#define SNAPSHOT_CRC_BYTES 4U

/* Where the bytes of a snapshot come from: memory, or flash if there is one. */
typedef struct {
    const ecm_snapshot_t *st;
    const ecm_snapshot_cfg_t *cfg;
    const uint8_t *mem;
    const ecm_state_store_t *flash;
    uint32_t bytes;
    uint32_t crc;
} snapshot_source_t;

/* A field that the other side writes: loaded and stored exactly once, here. */
static uint32_t snapshot_load(const uint32_t *field) {
    return *(const volatile uint32_t *)field;
}

static void snapshot_store(uint32_t *field, uint32_t value) {
    *(volatile uint32_t *)field = value;
}

static uint32_t snapshot_len(const ecm_snapshot_cfg_t *cfg) {
    return cfg->before_len + cfg->after_len;
}

/* May frames be so long? Shorter ones have no room for what is around the bytes. */
static bool snapshot_chunk_is_usable(const ecm_snapshot_cfg_t *cfg) {
    return cfg->chunk_bytes >= ECM_SNAPSHOT_CHUNK_MIN &&
           cfg->chunk_bytes <= ECM_SNAPSHOT_CHUNK_MAX;
}

/* Finite and above 0. */
static bool snapshot_is_positive(float x) {
    return ecm_bits_from_f32(x) - 1U < ECM_BITS_INFINITY - 1U;
}

ecm_status_t ecm_snapshot_init(ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg) {
    ECM_REQUIRE(st != NULL && cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->before_len <= ECM_SNAPSHOT_LEN_MAX && cfg->after_len >= 1U &&
                    cfg->after_len <= ECM_SNAPSHOT_LEN_MAX - cfg->before_len,
                ECM_ERR_LENGTH);
    ECM_REQUIRE(cfg->sample_bytes == 2U || cfg->sample_bytes == 4U, ECM_ERR_LENGTH);
    ECM_REQUIRE(snapshot_chunk_is_usable(cfg), ECM_ERR_LENGTH);
    ECM_REQUIRE(snapshot_is_positive(cfg->fs_hz) && snapshot_is_positive(cfg->scale),
                ECM_ERR_ARG);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

/* ---- the producer ------------------------------------------------------------------
 */

/* Samples into the ring; of more than it holds the last ones. */
static void snapshot_write(ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg,
                           uint8_t *mem, const uint8_t *x, uint32_t n) {
    uint32_t len = snapshot_len(cfg), first;
    size_t item = cfg->sample_bytes;
    if (n > len) {
        x += (size_t)(n - len) * item;
        n = len;
    }
    first = n < len - st->at ? n : len - st->at;
    memcpy(mem + (size_t)st->at * item, x, (size_t)first * item);
    memcpy(mem, x + (size_t)first * item, (size_t)(n - first) * item);
    st->at = first < n ? n - first : st->at + first;
    st->at = st->at == len ? 0U : st->at;
    st->filled = n < len - st->filled ? st->filled + n : len;
}

static ecm_status_t snapshot_push(ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg,
                                  uint8_t *mem, const uint8_t *x, uint32_t x_len) {
    uint32_t triggered = snapshot_load(&st->triggered), n = x_len;
    bool complete = false;
    if (x_len == 0U) {
        return ECM_OK;
    }
    ecm_port_barrier(); /* read no position before it is known to be there */
    if (st->frozen == 1U && triggered == 0U) {
        st->at = 0;
        st->filled = 0;
        snapshot_store(&st->frozen, 0);
    }
    if (triggered != 0U) {
        int32_t left =
            ecm_bits_to_s32(snapshot_load(&st->trigger) + cfg->after_len - st->head);
        complete = left <= 0 || (uint32_t)left <= x_len;
        n = !complete ? x_len : left > 0 ? (uint32_t)left : 0U;
    }
    if (st->frozen == 0U) {
        snapshot_write(st, cfg, mem, x, n);
        st->end = st->head + n;
        ecm_port_barrier(); /* say complete only once all is written */
        snapshot_store(&st->frozen, complete ? 1U : 0U);
    }
    snapshot_store(&st->head, st->head + x_len);
    return ECM_OK;
}

ecm_status_t ecm_snapshot_push_f32(ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg,
                                   void *mem, const float *x, uint32_t x_len) {
    ECM_REQUIRE(st != NULL && cfg != NULL && mem != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x != NULL || x_len == 0U, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->sample_bytes == 4U, ECM_ERR_ARG);
    return snapshot_push(st, cfg, (uint8_t *)mem, (const uint8_t *)x, x_len);
}

ecm_status_t ecm_snapshot_push_s16(ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg,
                                   void *mem, const int16_t *x, uint32_t x_len) {
    ECM_REQUIRE(st != NULL && cfg != NULL && mem != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x != NULL || x_len == 0U, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->sample_bytes == 2U, ECM_ERR_ARG);
    return snapshot_push(st, cfg, (uint8_t *)mem, (const uint8_t *)x, x_len);
}

/* ---- the task ----------------------------------------------------------------------
 */

ecm_status_t ecm_snapshot_trigger_at(ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg,
                                     uint32_t position, uint32_t cause,
                                     uint32_t time_s) {
    ECM_REQUIRE(st != NULL && cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(ecm_bits_to_s32(snapshot_load(&st->head) - position) >= 0 &&
                    cause <= UINT16_MAX,
                ECM_ERR_ARG);
    ECM_REQUIRE(st->triggered == 0U && snapshot_load(&st->frozen) == 0U, ECM_ERR_STATE);
    st->cause = cause;
    st->time_s = time_s;
    st->sealed = 0;
    st->crc = 0;
    st->summed = 0;
    snapshot_store(&st->trigger, position);
    ecm_port_barrier(); /* let push see the position before the trigger */
    snapshot_store(&st->triggered, 1);
    return ECM_OK;
}

ecm_status_t ecm_snapshot_trigger(ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg,
                                  uint32_t ago, uint32_t cause, uint32_t time_s) {
    ECM_REQUIRE(st != NULL && cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(ago <= snapshot_len(cfg), ECM_ERR_ARG);
    return ecm_snapshot_trigger_at(st, cfg, snapshot_load(&st->head) - ago, cause,
                                   time_s);
}

ecm_status_t ecm_snapshot_rearm(ecm_snapshot_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(st->triggered == 0U || snapshot_load(&st->frozen) == 1U, ECM_ERR_STATE);
    st->sealed = 0;
    ecm_port_barrier(); /* let push write only once nothing is read any more */
    snapshot_store(&st->triggered, 0);
    return ECM_OK;
}

/* ---- its bytes ---------------------------------------------------------------------
 */

static void snapshot_head(const snapshot_source_t *from, uint8_t *raw) {
    const ecm_snapshot_t *st = from->st;
    const ecm_snapshot_cfg_t *cfg = from->cfg;
    uint32_t after = st->end - st->trigger;
    ecm_bytes_put(raw, SNAPSHOT_MAGIC, 4);
    ecm_bytes_put(raw + 4, ECM_SNAPSHOT_VERSION, 2);
    ecm_bytes_put(raw + 6, cfg->sample_bytes, 2);
    ecm_bytes_put(raw + 8, st->filled, 4);
    ecm_bytes_put(raw + 12, after < st->filled ? st->filled - after : 0U, 4);
    ecm_bytes_put(raw + 16, ecm_bits_from_f32(cfg->fs_hz), 4);
    ecm_bytes_put(raw + 20, ecm_bits_from_f32(cfg->scale), 4);
    ecm_bytes_put(raw + 24, st->time_s, 4);
    ecm_bytes_put(raw + 28, cfg->channel, 2);
    ecm_bytes_put(raw + 30, st->cause, 2);
}

/* Some bytes of the snapshot: its head, then the samples, oldest first. */
static ecm_status_t snapshot_read(const snapshot_source_t *from, uint32_t at,
                                  uint8_t *data, uint32_t n) {
    uint32_t ring, place, first;
    if (from->flash != NULL) {
        return from->flash->read(from->flash->user, at, data, n);
    }
    if (at < SNAPSHOT_HEAD) {
        uint8_t raw[ECM_SNAPSHOT_HEAD_BYTES];
        snapshot_head(from, raw);
        first = n < SNAPSHOT_HEAD - at ? n : SNAPSHOT_HEAD - at;
        memcpy(data, raw + at, (size_t)first);
        data += first;
        at += first;
        n -= first;
    }
    if (n == 0U) {
        return ECM_OK;
    }
    ring = snapshot_len(from->cfg) * from->cfg->sample_bytes;
    place = at - SNAPSHOT_HEAD;
    if (from->st->filled == snapshot_len(from->cfg)) { /* the oldest is where next is */
        place += from->st->at * from->cfg->sample_bytes;
        place -= place >= ring ? ring : 0U;
    }
    first = n < ring - place ? n : ring - place;
    memcpy(data, from->mem + place, (size_t)first);
    memcpy(data + first, from->mem, (size_t)(n - first));
    return ECM_OK;
}

/* Checksum of the bytes from `at` to `end`, behind those before. */
static ecm_status_t snapshot_sum(const snapshot_source_t *from, uint32_t at,
                                 uint32_t end, uint32_t *crc) {
    uint8_t piece[SNAPSHOT_UNIT];
    while (at < end) {
        uint32_t n = end - at < SNAPSHOT_UNIT ? end - at : SNAPSHOT_UNIT;
        ecm_status_t status = snapshot_read(from, at, piece, n);
        ECM_REQUIRE(status == ECM_OK, status);
        *crc = ecm_state_crc32(*crc, piece, n);
        at += n;
    }
    return ECM_OK;
}

/* Behind some bytes from `at` on, in whole units, at least one: at most all. */
static uint32_t snapshot_end(const snapshot_source_t *from, uint32_t at,
                             uint32_t bytes) {
    uint32_t left = from->bytes - at, units = bytes / SNAPSHOT_UNIT;
    units += bytes == 0U || bytes % SNAPSHOT_UNIT != 0U ? 1U : 0U;
    return left / SNAPSHOT_UNIT < units ? from->bytes : at + units * SNAPSHOT_UNIT;
}

static snapshot_source_t snapshot_in_memory(const ecm_snapshot_t *st,
                                            const ecm_snapshot_cfg_t *cfg,
                                            const void *mem) {
    snapshot_source_t from;
    from.st = st;
    from.cfg = cfg;
    from.mem = (const uint8_t *)mem;
    from.flash = NULL;
    from.bytes = SNAPSHOT_HEAD + st->filled * cfg->sample_bytes;
    from.crc = st->crc;
    return from;
}

/* ---- chunks ------------------------------------------------------------------------
 */

/* Bytes of the snapshot in each chunk but the last. */
static uint32_t snapshot_piece(const ecm_snapshot_cfg_t *cfg) {
    return (uint32_t)cfg->chunk_bytes - (cfg->mac != NULL
                                             ? ECM_SNAPSHOT_AROUND_MAC_BYTES
                                             : ECM_SNAPSHOT_AROUND_BYTES);
}

static uint32_t snapshot_chunks(const snapshot_source_t *from) {
    uint32_t piece = snapshot_piece(from->cfg);
    return (from->bytes + piece - 1U) / piece;
}

static ecm_status_t snapshot_send(const snapshot_source_t *from, uint32_t number,
                                  uint8_t *buf, uint32_t *len) {
    const ecm_snapshot_cfg_t *cfg = from->cfg;
    uint32_t piece = snapshot_piece(cfg), at = number * piece, n = from->bytes - at;
    uint8_t *to = buf;
    ecm_status_t status;
    n = n < piece ? n : piece;
    to = ecm_cbor_put_head(to, ECM_CBOR_ARRAY,
                           SNAPSHOT_ITEMS + (cfg->mac != NULL ? 1U : 0U));
    to = ecm_cbor_put_head(to, ECM_CBOR_UNSIGNED, ECM_SNAPSHOT_VERSION);
    to = ecm_cbor_put_head(to, ECM_CBOR_UNSIGNED, cfg->device_id);
    to = ecm_cbor_put_head(to, ECM_CBOR_UNSIGNED, from->crc);
    to = ecm_cbor_put_head(to, ECM_CBOR_UNSIGNED, number);
    to = ecm_cbor_put_head(to, ECM_CBOR_UNSIGNED, snapshot_chunks(from));
    to = ecm_cbor_put_head(to, ECM_CBOR_BYTES, n);
    status = snapshot_read(from, at, to, n);
    ECM_REQUIRE(status == ECM_OK, status);
    to += n;
    at = ecm_state_crc32(0, buf, (uint32_t)(to - buf));
    to = ecm_cbor_put_head(to, ECM_CBOR_BYTES, SNAPSHOT_CRC_BYTES);
    to = ecm_cbor_put_number(to, at, SNAPSHOT_CRC_BYTES);
    if (cfg->mac != NULL) {
        uint8_t code[ECM_FRAME_MAC_BYTES] = {0};
        status = cfg->mac(cfg->mac_user, buf, (uint32_t)(to - buf), code);
        ECM_REQUIRE(status == ECM_OK, status);
        to = ecm_cbor_put_head(to, ECM_CBOR_BYTES, ECM_FRAME_MAC_BYTES);
        memcpy(to, code, ECM_FRAME_MAC_BYTES);
        to += ECM_FRAME_MAC_BYTES;
    }
    *len = (uint32_t)(to - buf);
    return ECM_OK;
}

ecm_status_t ecm_snapshot_seal_some(ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg,
                                    const void *mem, uint32_t bytes, uint32_t *chunks) {
    snapshot_source_t from;
    ECM_REQUIRE(st != NULL && cfg != NULL && mem != NULL && chunks != NULL,
                ECM_ERR_NULL);
    if (st->triggered == 0U || snapshot_load(&st->frozen) == 0U) {
        return ECM_MORE;
    }
    ecm_port_barrier(); /* read no sample before all are known to be there */
    from = snapshot_in_memory(st, cfg, mem);
    ECM_REQUIRE(snapshot_chunks(&from) <= UINT16_MAX, ECM_ERR_LENGTH);
    if (st->sealed == 0U) {
        uint32_t end = snapshot_end(&from, st->summed, bytes);
        (void)snapshot_sum(&from, st->summed, end, &st->crc); /* memory, not flash */
        st->summed = end;
        if (end < from.bytes) {
            return ECM_MORE;
        }
        st->sealed = 1;
    }
    *chunks = snapshot_chunks(&from);
    return ECM_OK;
}

ecm_status_t ecm_snapshot_seal(ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg,
                               const void *mem, uint32_t *chunks) {
    return ecm_snapshot_seal_some(st, cfg, mem, UINT32_MAX, chunks);
}

ecm_status_t ecm_snapshot_chunk(const ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg,
                                const void *mem, uint32_t number, uint8_t *buf,
                                uint32_t buf_bytes, uint32_t *len) {
    snapshot_source_t from;
    ECM_REQUIRE(st != NULL && cfg != NULL && mem != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(buf != NULL && len != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(st->sealed == 1U, ECM_ERR_STATE);
    from = snapshot_in_memory(st, cfg, mem);
    ECM_REQUIRE(number < snapshot_chunks(&from), ECM_ERR_ARG);
    ECM_REQUIRE(buf_bytes >= cfg->chunk_bytes, ECM_ERR_FULL);
    return snapshot_send(&from, number, buf, len);
}

/* ---- flash -------------------------------------------------------------------------
 * The bytes of the snapshot, zeros up to a multiple of 16, and at the end of the slot
 * the seal: "SEAL", the number of bytes, their CRC-32, and the complement of the
 * exclusive or of both. */

static bool snapshot_slot_is_usable(const ecm_state_store_t *flash) {
    return flash->slot_bytes % SNAPSHOT_UNIT == 0U && flash->slot_bytes <= INT32_MAX &&
           flash->slot_bytes > SNAPSHOT_HEAD + SNAPSHOT_UNIT;
}

/* Write the units from `at` to `end`. */
static ecm_status_t snapshot_write_units(const snapshot_source_t *from,
                                         const ecm_state_store_t *flash, uint32_t at,
                                         uint32_t end) {
    uint8_t unit[SNAPSHOT_UNIT];
    for (; at < end; at += SNAPSHOT_UNIT) {
        uint32_t n =
            from->bytes - at < SNAPSHOT_UNIT ? from->bytes - at : SNAPSHOT_UNIT;
        ecm_status_t status;
        memset(unit, 0, sizeof unit);
        status = snapshot_read(from, at, unit, n);
        ECM_REQUIRE(status == ECM_OK, status);
        status = flash->write(flash->user, at, unit, SNAPSHOT_UNIT);
        ECM_REQUIRE(status == ECM_OK, status);
    }
    return ECM_OK;
}

static ecm_status_t snapshot_write_seal(const snapshot_source_t *from,
                                        const ecm_state_store_t *flash) {
    uint8_t unit[SNAPSHOT_UNIT];
    ecm_bytes_put(unit, SNAPSHOT_SEAL, 4);
    ecm_bytes_put(unit + 4, from->bytes, 4);
    ecm_bytes_put(unit + 8, from->crc, 4);
    ecm_bytes_put(unit + 12, ~(from->bytes ^ from->crc), 4);
    return flash->write(flash->user, flash->slot_bytes - SNAPSHOT_UNIT, unit,
                        SNAPSHOT_UNIT);
}

ecm_status_t ecm_snapshot_keep_some(const ecm_snapshot_t *st,
                                    const ecm_snapshot_cfg_t *cfg, const void *mem,
                                    const ecm_state_store_t *flash, uint32_t *at,
                                    uint32_t bytes) {
    snapshot_source_t from;
    uint32_t begin, end;
    ecm_status_t status;
    ECM_REQUIRE(st != NULL && cfg != NULL && mem != NULL && flash != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(flash->erase != NULL && flash->write != NULL && at != NULL,
                ECM_ERR_NULL);
    begin = *at;
    *at = 0; /* after a refusal from the first byte again */
    ECM_REQUIRE(st->sealed == 1U, ECM_ERR_STATE);
    from = snapshot_in_memory(st, cfg, mem);
    /* One unit more than was written: 0 is before the erasure. */
    ECM_REQUIRE(snapshot_slot_is_usable(flash) &&
                    from.bytes <= flash->slot_bytes - SNAPSHOT_UNIT &&
                    begin % SNAPSHOT_UNIT == 0U && begin < from.bytes + SNAPSHOT_UNIT,
                ECM_ERR_LENGTH);
    if (begin == 0U) {
        status = flash->erase(flash->user, 0, flash->slot_bytes);
        ECM_REQUIRE(status == ECM_OK, status);
        begin = SNAPSHOT_UNIT;
        if (bytes != UINT32_MAX) {
            *at = begin;
            return ECM_MORE;
        }
    }
    begin -= SNAPSHOT_UNIT;
    end = snapshot_end(&from, begin, bytes);
    status = snapshot_write_units(&from, flash, begin, end);
    ECM_REQUIRE(status == ECM_OK, status);
    if (end < from.bytes) {
        *at = end + SNAPSHOT_UNIT;
        return ECM_MORE;
    }
    return snapshot_write_seal(&from, flash);
}

ecm_status_t ecm_snapshot_keep(const ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg,
                               const void *mem, const ecm_state_store_t *flash) {
    uint32_t at = 0;
    return ecm_snapshot_keep_some(st, cfg, mem, flash, &at, UINT32_MAX);
}

/* What the seal says; ECM_MORE if there is none. */
static ecm_status_t snapshot_in_flash(const ecm_snapshot_cfg_t *cfg,
                                      const ecm_state_store_t *flash,
                                      snapshot_source_t *from) {
    uint8_t seal[SNAPSHOT_UNIT];
    ecm_status_t status;
    ECM_REQUIRE(cfg != NULL && flash != NULL && flash->read != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(snapshot_chunk_is_usable(cfg) && snapshot_slot_is_usable(flash),
                ECM_ERR_LENGTH);
    status = flash->read(flash->user, flash->slot_bytes - SNAPSHOT_UNIT, seal,
                         SNAPSHOT_UNIT);
    ECM_REQUIRE(status == ECM_OK, status);
    memset(from, 0, sizeof *from);
    from->cfg = cfg;
    from->flash = flash;
    from->bytes = ecm_bytes_get(seal + 4, 4);
    from->crc = ecm_bytes_get(seal + 8, 4);
    if (ecm_bytes_get(seal, 4) != SNAPSHOT_SEAL ||
        ecm_bytes_get(seal + 12, 4) != ~(from->bytes ^ from->crc) ||
        from->bytes < SNAPSHOT_HEAD ||
        from->bytes > flash->slot_bytes - SNAPSHOT_UNIT ||
        snapshot_chunks(from) > UINT16_MAX) {
        return ECM_MORE;
    }
    return ECM_OK;
}

ecm_status_t ecm_snapshot_kept(const ecm_snapshot_cfg_t *cfg,
                               const ecm_state_store_t *flash, uint32_t *chunks) {
    snapshot_source_t from;
    uint32_t crc;
    ecm_status_t status;
    ECM_REQUIRE(chunks != NULL, ECM_ERR_NULL);
    status = snapshot_in_flash(cfg, flash, &from);
    ECM_REQUIRE(status == ECM_OK, status);
    crc = 0;
    status = snapshot_sum(&from, 0, from.bytes, &crc);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(crc == from.crc, ECM_ERR_FORMAT);
    *chunks = snapshot_chunks(&from);
    return ECM_OK;
}

ecm_status_t ecm_snapshot_kept_chunk(const ecm_snapshot_cfg_t *cfg,
                                     const ecm_state_store_t *flash, uint32_t number,
                                     uint8_t *buf, uint32_t buf_bytes, uint32_t *len) {
    snapshot_source_t from;
    ecm_status_t status;
    ECM_REQUIRE(buf != NULL && len != NULL, ECM_ERR_NULL);
    status = snapshot_in_flash(cfg, flash, &from);
    ECM_REQUIRE(status != ECM_MORE, ECM_ERR_STATE);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(number < snapshot_chunks(&from), ECM_ERR_ARG);
    ECM_REQUIRE(buf_bytes >= cfg->chunk_bytes, ECM_ERR_FULL);
    return snapshot_send(&from, number, buf, len);
}
