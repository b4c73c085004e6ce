/* ecm_node_frames.c - see ecm_node_frames.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_node_frames.h"

#include "ecm_cbor.h"

#define FRAMES_SEQ_MASK 0xffffU /* of a number in a frame */

static const ecm_node_frames_cfg_t *frames_cfg(const ecm_node_row_t *row) {
    return (const ecm_node_frames_cfg_t *)row->cfg;
}

static ecm_node_frames_t *frames_st(const ecm_node_row_t *row) {
    return (ecm_node_frames_t *)row->st;
}

static ecm_status_t frames_open(const ecm_node_cfg_t *cfg, const ecm_node_row_t *row) {
    const ecm_node_frames_cfg_t *own = frames_cfg(row);
    ecm_node_frames_t *st = frames_st(row);
    ecm_status_t status;
    (void)cfg;
    ECM_REQUIRE(own->interval_s >= 1U && own->frame_bytes >= ECM_FRAME_MIN_BYTES &&
                    own->frame_bytes <= ECM_FRAME_FULL_BYTES,
                ECM_ERR_LENGTH);
    memset(st, 0, sizeof *st);
    st->kept.interval_s = own->interval_s;
    st->kept.due = 1;
    status = ecm_spool_open(&st->spool, own->spool);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(ECM_SPOOL_FRAME_BYTES(own->frame_bytes) + ECM_SPOOL_HEAD_BYTES <=
                    own->spool->flash->slot_bytes,
                ECM_ERR_LENGTH);
    return ECM_OK;
}

static void frames_event(const ecm_node_cfg_t *cfg, const ecm_node_row_t *row,
                         const ecm_app_event_t *event) {
    if ((event->alarms & ~cfg->st->alarms) != 0U) {
        frames_st(row)->kept.due = 1;
    }
}

static ecm_status_t frames_step(const ecm_node_cfg_t *cfg, const ecm_node_row_t *row,
                                uint32_t *news) {
    ecm_node_frames_t *st = frames_st(row);
    uint32_t now_s = cfg->st->now_s, bytes = 0;
    uint32_t alarms = cfg->app->alarms, health = cfg->app->health;
    uint8_t buf[ECM_FRAME_FULL_BYTES];
    ecm_status_t status;
    (void)news;
    if (st->kept.due == 0U && now_s - st->kept.last_s < st->kept.interval_s) {
        return ECM_OK;
    }
    st->kept.due = 0;
    st->kept.last_s = now_s;
    status = ecm_app_report(cfg->app, cfg->app_cfg, cfg->mem, cfg->dist, now_s, buf,
                            frames_cfg(row)->frame_bytes, &bytes);
    if (status == ECM_OK) {
        /* The join frame tells of no alarm: then the next one is due. */
        st->kept.due = cfg->app->alarms != 0U ? 1U : 0U;
        status = ecm_spool_append(&st->spool, frames_cfg(row)->spool, buf, bytes);
    }
    if (status != ECM_OK) { /* the next one tells what this one would have */
        st->lost++;
        cfg->app->alarms |= alarms;
        cfg->app->health |= health;
        return status;
    }
    return ECM_MORE;
}

/* Firmware of before may have left longer ones, for which nobody has room: they are
 * passed over, or none behind them would go home. */
static ecm_status_t frames_frame(const ecm_node_row_t *row, uint8_t *buf,
                                 uint32_t buf_bytes, uint32_t *bytes) {
    const ecm_node_frames_cfg_t *own = frames_cfg(row);
    ecm_node_frames_t *st = frames_st(row);
    ecm_status_t status =
        ecm_spool_next(&st->spool, own->spool, buf, buf_bytes, bytes, &st->number);
    while (status == ECM_ERR_FULL && buf_bytes >= own->frame_bytes) {
        status = ecm_spool_pass(&st->spool, own->spool);
        ECM_REQUIRE(status == ECM_OK, status);
        status =
            ecm_spool_next(&st->spool, own->spool, buf, buf_bytes, bytes, &st->number);
    }
    st->given = status == ECM_OK ? 1U : st->given;
    return status;
}

static ecm_status_t frames_arrived(const ecm_node_row_t *row) {
    ecm_node_frames_t *st = frames_st(row);
    if (st->given == 0U) {
        return ECM_OK;
    }
    st->given = 0;
    return ecm_spool_ack(&st->spool, frames_cfg(row)->spool, st->number);
}

static ecm_status_t frames_again(const ecm_node_row_t *row) {
    frames_st(row)->given = 0;
    return ecm_spool_rewind(&frames_st(row)->spool);
}

/* The number of a frame in telemetry: behind version and ids. */
static bool frames_has_seq(const uint8_t *buf, uint32_t bytes, uint32_t seq) {
    const uint8_t *at = buf, *end = buf + bytes;
    uint32_t value = 0;
    at = ecm_cbor_get_head(at, end, ECM_CBOR_ARRAY, &value);
    at = ecm_cbor_get_head(at, end, ECM_CBOR_UNSIGNED, &value);
    at = ecm_cbor_get_head(at, end, ECM_CBOR_BYTES, &value);
    if (at == NULL || value > (uint32_t)(end - at)) {
        return false;
    }
    at = ecm_cbor_get_head(at + value, end, ECM_CBOR_UNSIGNED, &value);
    return at != NULL && value == seq;
}

/* Acknowledge through the oldest frame that waits and has this number in telemetry:
 * frames of before a reset may have it as well. */
static ecm_status_t frames_ack(const ecm_node_row_t *row, uint32_t seq) {
    ecm_node_frames_t *st = frames_st(row);
    const ecm_spool_cfg_t *cfg = frames_cfg(row)->spool;
    ecm_spool_t scan = st->spool;
    uint8_t buf[ECM_FRAME_FULL_BYTES];
    uint32_t bytes = 0, number = 0;
    ecm_status_t status = ecm_spool_rewind(&scan);
    while (status == ECM_OK) {
        status = ecm_spool_next(&scan, cfg, buf, sizeof buf, &bytes, &number);
        if (status == ECM_OK && frames_has_seq(buf, bytes, seq & FRAMES_SEQ_MASK)) {
            return ecm_spool_ack(&st->spool, cfg, number);
        }
    }
    return status == ECM_MORE ? ECM_ERR_ARG : status;
}

static ecm_status_t frames_order(const ecm_node_cfg_t *cfg, const ecm_node_row_t *row,
                                 const ecm_command_order_t *order) {
    ecm_node_frames_t *st = frames_st(row);
    (void)cfg;
    if (order->kind == ECM_COMMAND_INTERVAL) {
        st->kept.interval_s = order->value[0];
        return ECM_OK;
    }
    if (order->kind == ECM_COMMAND_ACK_FRAMES) {
        return frames_ack(row, order->value[0]);
    }
    return ECM_MORE;
}

static uint32_t frames_parts(const ecm_node_row_t *row, uint32_t bytes,
                             ecm_state_part_t *parts) {
    if (bytes == ECM_NODE_ALL_BYTES) {
        frames_st(row)->kept.end = frames_st(row)->spool.end.number;
    }
    parts[0].data = &frames_st(row)->kept;
    parts[0].bytes = (uint32_t)sizeof(ecm_node_frames_kept_t);
    return bytes == ECM_NODE_ALL_BYTES || bytes == parts[0].bytes ? 1U : 0U;
}

/* Frames of after the record was written have their numbers in telemetry already. */
static bool frames_woken(const ecm_node_cfg_t *cfg, const ecm_node_row_t *row) {
    ecm_node_frames_t *st = frames_st(row);
    cfg->app->seq += st->spool.end.number - st->kept.end;
    if (st->kept.interval_s < 1U || st->kept.interval_s > ECM_COMMAND_INTERVAL_MAX) {
        st->kept.interval_s = frames_cfg(row)->interval_s;
        return false;
    }
    return true;
}

static ecm_status_t frames_send(const ecm_node_row_t *row, const uint8_t *frame,
                                uint32_t bytes) {
    ecm_node_frames_t *st = frames_st(row);
    ecm_status_t status =
        ecm_spool_append(&st->spool, frames_cfg(row)->spool, frame, bytes);
    st->lost += status == ECM_OK ? 0U : 1U;
    return status;
}

const ecm_node_service_t ecm_node_frames = {
    ECM_NODE_TYPE_FRAMES, frames_open,  NULL,           frames_event, NULL,
    frames_step,          frames_frame, frames_arrived, frames_again, frames_order,
    frames_parts,         frames_woken, frames_send};
