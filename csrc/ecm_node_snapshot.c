/* ecm_node_snapshot.c - see ecm_node_snapshot.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_node_snapshot.h"

#include "ecm_bytes.h"

#define SNAPSHOT_SEAL_BYTES 16U
#define SNAPSHOT_CRC_AT 8U /* in the seal, see docs/formats.md */

static const ecm_node_snapshot_cfg_t *snapshot_cfg(const ecm_node_row_t *row) {
    return (const ecm_node_snapshot_cfg_t *)row->cfg;
}

static ecm_node_snapshot_t *snapshot_st(const ecm_node_row_t *row) {
    return (ecm_node_snapshot_t *)row->st;
}

/* All chunks are given out, from the first one on. */
static void snapshot_offer(ecm_node_snapshot_t *st) {
    memset(&st->give, 0, sizeof st->give);
    st->give.id = st->id;
    st->give.all.end = st->chunks;
}

/* Is there one from before the reset? */
static void snapshot_find(const ecm_node_row_t *row) {
    const ecm_node_snapshot_cfg_t *own = snapshot_cfg(row);
    ecm_node_snapshot_t *st = snapshot_st(row);
    uint8_t raw[4];
    if (own->flash == NULL ||
        ecm_snapshot_kept(own->snapshot, own->flash, &st->chunks) != ECM_OK ||
        own->flash->read(own->flash->user,
                         own->flash->slot_bytes - SNAPSHOT_SEAL_BYTES + SNAPSHOT_CRC_AT,
                         raw, 4) != ECM_OK) {
        return;
    }
    st->id = ecm_bytes_get(raw, 4);
    st->phase = ECM_NODE_SNAPSHOT_FLASH;
    snapshot_offer(st);
}

static ecm_status_t snapshot_open(const ecm_node_cfg_t *cfg,
                                  const ecm_node_row_t *row) {
    const ecm_node_snapshot_cfg_t *own = snapshot_cfg(row);
    ecm_status_t status;
    ECM_REQUIRE(own->snapshot != NULL && own->mem != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(own->slice_bytes >= SNAPSHOT_SEAL_BYTES, ECM_ERR_LENGTH);
    ECM_REQUIRE(own->snapshot->sample_bytes == cfg->app_cfg->samples->bytes &&
                    own->snapshot->channel < cfg->app_cfg->channels_len,
                ECM_ERR_ARG);
    memset(row->st, 0, sizeof(ecm_node_snapshot_t));
    status = ecm_snapshot_init(&snapshot_st(row)->snapshot, own->snapshot);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(own->flash == NULL ||
                    own->flash->slot_bytes >=
                        ECM_SNAPSHOT_SLOT_BYTES(own->snapshot->before_len +
                                                    own->snapshot->after_len,
                                                own->snapshot->sample_bytes),
                ECM_ERR_LENGTH);
    snapshot_find(row);
    return ECM_OK;
}

static void snapshot_push(const ecm_node_row_t *row, uint32_t channel, const void *x,
                          uint32_t x_len) {
    const ecm_node_snapshot_cfg_t *own = snapshot_cfg(row);
    ecm_snapshot_t *st = &snapshot_st(row)->snapshot;
    if (channel != own->snapshot->channel) {
        return;
    }
    if (own->snapshot->sample_bytes == 4U) {
        (void)ecm_snapshot_push_f32(st, own->snapshot, own->mem, (const float *)x,
                                    x_len);
    } else {
        (void)ecm_snapshot_push_s16(st, own->snapshot, own->mem, (const int16_t *)x,
                                    x_len);
    }
}

/* Position of the next sample; push writes it. */
static uint32_t snapshot_head(const ecm_node_snapshot_t *st) {
    uint32_t head;
    ecm_port_barrier();
    head = *(const volatile uint32_t *)&st->snapshot.head;
    ecm_port_barrier();
    return head;
}

/* Samples from the first one of the present window on: what is queued, and its hop,
 * which was given back. */
static void snapshot_event(const ecm_node_cfg_t *cfg, const ecm_node_row_t *row,
                           const ecm_app_event_t *event) {
    const ecm_snapshot_cfg_t *own = snapshot_cfg(row)->snapshot;
    ecm_node_snapshot_t *st = snapshot_st(row);
    uint32_t head, ago, most = own->before_len + own->after_len;
    if (event->alarms == 0U || st->phase != ECM_NODE_SNAPSHOT_NONE) {
        return;
    }
    do { /* of one moment: push may come between */
        head = snapshot_head(st);
        ago = ecm_ring_queued(&cfg->channels[own->channel].ring) +
              cfg->app_cfg->channels[own->channel].plan->hop_len;
    } while (head != snapshot_head(st));
    ago = ago < most ? ago : most;
    if (ecm_snapshot_trigger_at(&st->snapshot, own, head - ago, event->change.group,
                                cfg->st->now_s) == ECM_OK) {
        st->phase = ECM_NODE_SNAPSHOT_TAKING;
    }
}

static ecm_status_t snapshot_step(const ecm_node_cfg_t *cfg, const ecm_node_row_t *row,
                                  uint32_t *news) {
    const ecm_node_snapshot_cfg_t *own = snapshot_cfg(row);
    ecm_node_snapshot_t *st = snapshot_st(row);
    ecm_status_t status = ECM_OK;
    (void)cfg;
    if (st->phase == ECM_NODE_SNAPSHOT_TAKING) {
        if (*(const volatile uint32_t *)&st->snapshot.frozen == 0U) {
            return ECM_OK; /* samples are missing */
        }
        status = ecm_snapshot_seal_some(&st->snapshot, own->snapshot, own->mem,
                                        own->slice_bytes, &st->chunks);
        if (status == ECM_OK) {
            st->id = st->snapshot.crc;
            st->phase = own->flash != NULL ? ECM_NODE_SNAPSHOT_WRITING
                                           : ECM_NODE_SNAPSHOT_MEMORY;
            snapshot_offer(st);
            *news = ECM_NODE_SNAPSHOT;
            status = ECM_MORE;
        }
    } else if (st->phase == ECM_NODE_SNAPSHOT_WRITING) {
        status = ecm_snapshot_keep_some(&st->snapshot, own->snapshot, own->mem,
                                        own->flash, &st->at, own->slice_bytes);
        if (status != ECM_MORE) {
            st->phase = ECM_NODE_SNAPSHOT_MEMORY;
            status = status == ECM_OK ? ECM_MORE : status;
        }
    }
    return status;
}

/* The next chunks: those that were asked for first. */
static ecm_node_chunks_t *snapshot_next(ecm_node_snapshot_kept_t *give) {
    uint32_t i;
    for (i = 0; i < (uint32_t)ECM_NODE_SNAPSHOT_ASKED; i++) {
        if (give->asked[i].next < give->asked[i].end) {
            return &give->asked[i];
        }
    }
    return &give->all;
}

/* The first of those that were asked for make room. */
static void snapshot_drop(ecm_node_snapshot_kept_t *give) {
    uint32_t i;
    for (i = 1; i < (uint32_t)ECM_NODE_SNAPSHOT_ASKED; i++) {
        give->asked[i - 1U] = give->asked[i];
    }
    memset(&give->asked[i - 1U], 0, sizeof give->asked[0]);
}

static ecm_status_t snapshot_frame(const ecm_node_row_t *row, uint8_t *buf,
                                   uint32_t buf_bytes, uint32_t *bytes) {
    const ecm_node_snapshot_cfg_t *own = snapshot_cfg(row);
    ecm_node_snapshot_t *st = snapshot_st(row);
    ecm_node_chunks_t *give = snapshot_next(&st->give);
    ecm_status_t status;
    if (give->next >= give->end) {
        return ECM_MORE;
    }
    if (st->phase == ECM_NODE_SNAPSHOT_FLASH) {
        status = ecm_snapshot_kept_chunk(own->snapshot, own->flash, give->next, buf,
                                         buf_bytes, bytes);
    } else {
        status = ecm_snapshot_chunk(&st->snapshot, own->snapshot, own->mem, give->next,
                                    buf, buf_bytes, bytes);
    }
    ECM_REQUIRE(status == ECM_OK, status);
    give->next++;
    return ECM_OK;
}

/* It has arrived: push begins anew, and flash has none. */
static ecm_status_t snapshot_forget(const ecm_node_row_t *row) {
    const ecm_node_snapshot_cfg_t *own = snapshot_cfg(row);
    ecm_node_snapshot_t *st = snapshot_st(row);
    ecm_status_t status = ecm_snapshot_rearm(&st->snapshot);
    ECM_REQUIRE(status == ECM_OK, status);
    st->phase = ECM_NODE_SNAPSHOT_NONE;
    st->at = 0;
    st->chunks = 0;
    snapshot_offer(st);
    return own->flash == NULL
               ? ECM_OK
               : own->flash->erase(own->flash->user, 0, own->flash->slot_bytes);
}

static ecm_status_t snapshot_arrived(const ecm_node_row_t *row) {
    ecm_node_snapshot_t *st = snapshot_st(row);
    ecm_node_snapshot_kept_t *give = &st->give;
    uint32_t i;
    give->all.first = give->all.next;
    for (i = 0; i < (uint32_t)ECM_NODE_SNAPSHOT_ASKED; i++) {
        give->asked[i].first = give->asked[i].next;
    }
    while (give->asked[0].end != 0U && give->asked[0].first == give->asked[0].end) {
        snapshot_drop(give);
    }
    return st->phase >= ECM_NODE_SNAPSHOT_WRITING && give->all.first == give->all.end &&
                   give->asked[0].end == 0U
               ? snapshot_forget(row)
               : ECM_OK;
}

static ecm_status_t snapshot_again(const ecm_node_row_t *row) {
    ecm_node_snapshot_kept_t *give = &snapshot_st(row)->give;
    uint32_t i;
    give->all.next = give->all.first;
    for (i = 0; i < (uint32_t)ECM_NODE_SNAPSHOT_ASKED; i++) {
        give->asked[i].next = give->asked[i].first;
    }
    return ECM_OK;
}

/* Chunks that a command asks for wait behind those of the commands before. */
static ecm_status_t snapshot_ask(ecm_node_snapshot_t *st, uint32_t first, uint32_t n) {
    ecm_node_snapshot_kept_t *give = &st->give;
    const ecm_node_chunks_t *oldest = &give->asked[0];
    uint32_t i = 0;
    ECM_REQUIRE(first < st->chunks, ECM_ERR_ARG);
    while (i < (uint32_t)ECM_NODE_SNAPSHOT_ASKED && give->asked[i].end != 0U) {
        i++;
    }
    if (i == (uint32_t)ECM_NODE_SNAPSHOT_ASKED) {
        ECM_REQUIRE(oldest->next == oldest->end, ECM_ERR_FULL);
        snapshot_drop(give); /* given out, though nobody said that it has arrived */
        i--;
    }
    give->asked[i].first = first;
    give->asked[i].next = first;
    give->asked[i].end = st->chunks - first < n ? st->chunks : first + n;
    return ECM_OK;
}

static ecm_status_t snapshot_order(const ecm_node_cfg_t *cfg, const ecm_node_row_t *row,
                                   const ecm_command_order_t *order) {
    ecm_node_snapshot_t *st = snapshot_st(row);
    (void)cfg;
    if (order->kind != ECM_COMMAND_CHUNKS && order->kind != ECM_COMMAND_REARM) {
        return ECM_MORE;
    }
    ECM_REQUIRE(st->phase >= ECM_NODE_SNAPSHOT_WRITING, ECM_ERR_STATE);
    if (order->kind == ECM_COMMAND_CHUNKS) {
        return snapshot_ask(st, order->value[0], order->value[1]);
    }
    ECM_REQUIRE(order->value[0] == st->id, ECM_ERR_ARG);
    return snapshot_forget(row);
}

static uint32_t snapshot_parts(const ecm_node_row_t *row, uint32_t bytes,
                               ecm_state_part_t *parts) {
    parts[0].data = &snapshot_st(row)->give;
    parts[0].bytes = (uint32_t)sizeof(ecm_node_snapshot_kept_t);
    return bytes == ECM_NODE_ALL_BYTES || bytes == parts[0].bytes ? 1U : 0U;
}

static bool snapshot_in_order(const ecm_node_chunks_t *give, uint32_t chunks) {
    return give->first <= give->next && give->next <= give->end && give->end <= chunks;
}

/* Can commands have asked for these, with no gap between them? */
static bool snapshot_asked(const ecm_node_snapshot_kept_t *give, uint32_t chunks) {
    uint32_t i;
    for (i = 0; i < (uint32_t)ECM_NODE_SNAPSHOT_ASKED; i++) {
        if (!snapshot_in_order(&give->asked[i], chunks) ||
            (i > 0U && give->asked[i].end != 0U && give->asked[i - 1U].end == 0U)) {
            return false;
        }
    }
    return true;
}

static bool snapshot_woken(const ecm_node_cfg_t *cfg, const ecm_node_row_t *row) {
    ecm_node_snapshot_t *st = snapshot_st(row);
    bool its_own = st->phase == ECM_NODE_SNAPSHOT_FLASH && st->give.id == st->id &&
                   st->give.all.end == st->chunks &&
                   snapshot_in_order(&st->give.all, st->chunks) &&
                   snapshot_asked(&st->give, st->chunks);
    bool other = st->phase == ECM_NODE_SNAPSHOT_NONE || st->give.id != st->id;
    (void)cfg;
    if (!its_own) {
        snapshot_offer(st); /* of the one in flash, or of none */
    }
    return its_own || other;
}

const ecm_node_service_t ecm_node_snapshot = {ECM_NODE_TYPE_SNAPSHOT,
                                              snapshot_open,
                                              snapshot_push,
                                              snapshot_event,
                                              NULL,
                                              snapshot_step,
                                              snapshot_frame,
                                              snapshot_arrived,
                                              snapshot_again,
                                              snapshot_order,
                                              snapshot_parts,
                                              snapshot_woken,
                                              NULL};
