/* ecm_ring.c - see ecm_ring.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_ring.h"

/* A field that the other side writes: loaded and stored exactly once, here. */
static uint32_t ring_load(const uint32_t *field) {
    return *(const volatile uint32_t *)field;
}

static void ring_store(uint32_t *field, uint32_t value) {
    *(volatile uint32_t *)field = value;
}

/* Samples from the oldest to `head`; below 0 if a release went beyond them. */
static int32_t ring_ahead(uint32_t head, uint32_t tail) {
    return (int32_t)(head - tail);
}

ecm_status_t ecm_ring_init(ecm_ring_t *st, const ecm_ring_cfg_t *cfg) {
    ECM_REQUIRE(st != NULL && cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->ring_len >= 1U && cfg->ring_len <= ECM_RING_LEN_MAX,
                ECM_ERR_LENGTH);
    ECM_REQUIRE(cfg->window_len >= 1U && cfg->window_len <= cfg->ring_len,
                ECM_ERR_LENGTH);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

/* ---- the producer ----------------------------------------------------------------
 */

/* Write n samples that do not pass the end, and once more behind the end those whose
 * places are there a second time. */
static void ring_write(const ecm_ring_cfg_t *cfg, uint8_t *mem, uint32_t at,
                       const uint8_t *x, uint32_t n, size_t item) {
    uint32_t twice = cfg->window_len - 1U;
    memcpy(mem + at * item, x, (size_t)n * item);
    if (at < twice) {
        twice = n < twice - at ? n : twice - at;
        memcpy(mem + ((size_t)cfg->ring_len + at) * item, x, (size_t)twice * item);
    }
}

static ecm_status_t ring_push(ecm_ring_t *st, const ecm_ring_cfg_t *cfg, uint8_t *mem,
                              const uint8_t *x, uint32_t x_len, size_t item) {
    uint32_t free_len = cfg->ring_len, first;
    int32_t queued;
    if (x_len == 0U) {
        return ECM_OK;
    }
    if (st->overruns != ring_load(&st->overruns_seen)) {
        ring_store(&st->lost, st->lost + x_len);
        return ECM_ERR_FULL; /* resume has yet to drop what is queued */
    }
    queued = ring_ahead(st->head, ring_load(&st->tail));
    if (queued > 0) {
        free_len -= (uint32_t)queued;
    }
    if (x_len > free_len) {
        ring_store(&st->lost, st->lost + x_len);
        ring_store(&st->overruns, st->overruns + 1U);
        return ECM_ERR_FULL;
    }
    ecm_port_barrier(); /* write no sample before its place is known to be free */
    first = cfg->ring_len - st->head_at;
    first = x_len < first ? x_len : first;
    ring_write(cfg, mem, st->head_at, x, first, item);
    st->head_at += first;
    if (st->head_at == cfg->ring_len) {
        st->head_at = x_len - first;
        ring_write(cfg, mem, 0, x + first * item, st->head_at, item);
    }
    ecm_port_barrier(); /* publish no sample before it is written */
    ring_store(&st->head, st->head + x_len);
    return ECM_OK;
}

ecm_status_t ecm_ring_push_f32(ecm_ring_t *st, const ecm_ring_cfg_t *cfg, float *mem,
                               const float *x, uint32_t x_len) {
    ECM_REQUIRE(st != NULL && cfg != NULL && mem != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x != NULL || x_len == 0U, ECM_ERR_NULL);
    return ring_push(st, cfg, (uint8_t *)mem, (const uint8_t *)x, x_len, sizeof *x);
}

ecm_status_t ecm_ring_push_s16(ecm_ring_t *st, const ecm_ring_cfg_t *cfg, int16_t *mem,
                               const int16_t *x, uint32_t x_len) {
    ECM_REQUIRE(st != NULL && cfg != NULL && mem != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x != NULL || x_len == 0U, ECM_ERR_NULL);
    return ring_push(st, cfg, (uint8_t *)mem, (const uint8_t *)x, x_len, sizeof *x);
}

/* ---- the consumer ----------------------------------------------------------------
 */

uint32_t ecm_ring_queued(const ecm_ring_t *st) {
    int32_t queued;
    if (st == NULL) {
        return 0;
    }
    queued = ring_ahead(ring_load(&st->head), st->tail);
    ecm_port_barrier(); /* read no sample before it is known to be written */
    return queued > 0 ? (uint32_t)queued : 0U;
}

ecm_status_t ecm_ring_window_f32(const ecm_ring_t *st, const ecm_ring_cfg_t *cfg,
                                 const float *mem, const float **x) {
    ECM_REQUIRE(st != NULL && cfg != NULL && mem != NULL && x != NULL, ECM_ERR_NULL);
    if (ecm_ring_queued(st) < cfg->window_len) {
        return ECM_MORE;
    }
    *x = mem + st->tail_at;
    return ECM_OK;
}

ecm_status_t ecm_ring_window_s16(const ecm_ring_t *st, const ecm_ring_cfg_t *cfg,
                                 const int16_t *mem, const int16_t **x) {
    ECM_REQUIRE(st != NULL && cfg != NULL && mem != NULL && x != NULL, ECM_ERR_NULL);
    if (ecm_ring_queued(st) < cfg->window_len) {
        return ECM_MORE;
    }
    *x = mem + st->tail_at;
    return ECM_OK;
}

static ecm_status_t ring_copy(const ecm_ring_t *st, const ecm_ring_cfg_t *cfg,
                              const uint8_t *mem, uint8_t *x, uint32_t x_len,
                              size_t item) {
    uint32_t first = cfg->ring_len - st->tail_at;
    if (ecm_ring_queued(st) < x_len) {
        return ECM_MORE;
    }
    first = x_len < first ? x_len : first;
    if (x_len > 0U) {
        memcpy(x, mem + st->tail_at * item, (size_t)first * item);
        memcpy(x + first * item, mem, (size_t)(x_len - first) * item);
    }
    return ECM_OK;
}

ecm_status_t ecm_ring_copy_f32(const ecm_ring_t *st, const ecm_ring_cfg_t *cfg,
                               const float *mem, float *x, uint32_t x_len) {
    ECM_REQUIRE(st != NULL && cfg != NULL && mem != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x != NULL || x_len == 0U, ECM_ERR_NULL);
    return ring_copy(st, cfg, (const uint8_t *)mem, (uint8_t *)x, x_len, sizeof *x);
}

ecm_status_t ecm_ring_copy_s16(const ecm_ring_t *st, const ecm_ring_cfg_t *cfg,
                               const int16_t *mem, int16_t *x, uint32_t x_len) {
    ECM_REQUIRE(st != NULL && cfg != NULL && mem != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x != NULL || x_len == 0U, ECM_ERR_NULL);
    return ring_copy(st, cfg, (const uint8_t *)mem, (uint8_t *)x, x_len, sizeof *x);
}

ecm_status_t ecm_ring_release(ecm_ring_t *st, const ecm_ring_cfg_t *cfg,
                              uint32_t x_len) {
    int32_t queued;
    ECM_REQUIRE(st != NULL && cfg != NULL, ECM_ERR_NULL);
    queued = ring_ahead(ring_load(&st->head), st->tail);
    ECM_REQUIRE(x_len <= ECM_RING_LEN_MAX, ECM_ERR_ARG);
    ECM_REQUIRE(queued - (int32_t)x_len >= -ECM_RING_LEN_MAX, ECM_ERR_ARG);
    st->tail_at += x_len % cfg->ring_len;
    if (st->tail_at >= cfg->ring_len) {
        st->tail_at -= cfg->ring_len;
    }
    ecm_port_barrier(); /* free no place before its sample was read */
    ring_store(&st->tail, st->tail + x_len);
    return ECM_OK;
}

bool ecm_ring_has_gap(const ecm_ring_t *st) {
    return st != NULL && ring_load(&st->overruns) != st->overruns_seen;
}

ecm_status_t ecm_ring_resume(ecm_ring_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    if (ecm_ring_has_gap(st)) {
        /* Push drops everything until overruns_seen changes: head stands still. */
        ecm_port_barrier();
        st->tail_at = st->head_at;
        ring_store(&st->tail, ring_load(&st->head));
        ecm_port_barrier();
        ring_store(&st->overruns_seen, ring_load(&st->overruns));
    }
    return ECM_OK;
}
