/* fuzz_ecm_ring.c - a ring under any order of calls: whole windows, nothing lost
 * untold.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_ring.h"

void fuzz_ecm_ring(void);

static void fuzz_push(ecm_ring_t *st, const ecm_ring_cfg_t *cfg, float *mem,
                      float *next) {
    uint32_t i, n = ecm_fuzz_len(cfg->ring_len + 2U), lost = st->lost;
    float *x = ecm_fuzz_array_f32(n);
    ecm_status_t status;
    for (i = 0; i < n; i++) {
        x[i] = *next + (float)i;
    }
    status = ecm_ring_push_f32(st, cfg, mem, ecm_fuzz_or_null(x), n);
    ECM_FUZZ_CHECK(status != ECM_ERR_FULL || st->lost == lost + n);
    *next += status == ECM_ERR_NULL ? 0.0f : (float)n;
}

static void fuzz_look(const ecm_ring_t *st, const ecm_ring_cfg_t *cfg,
                      const float *mem) {
    uint32_t i, n = ecm_fuzz_len(cfg->ring_len + 2U);
    float *copy = ecm_fuzz_array_f32(n);
    const float *x = NULL;
    if (ecm_ring_window_f32(st, cfg, mem, &x) == ECM_OK) {
        for (i = 1; i < cfg->window_len; i++) {
            ECM_FUZZ_CHECK(x[i] == x[0] + (float)i);
        }
    }
    if (ecm_ring_copy_f32(st, cfg, mem, ecm_fuzz_or_null(copy), n) == ECM_OK) {
        ECM_FUZZ_CHECK(n <= ecm_ring_queued(st));
    }
}

static void fuzz_ring_s16(const ecm_ring_cfg_t *cfg) {
    ecm_ring_t st;
    uint32_t n = ecm_fuzz_len(cfg->ring_len);
    int16_t *mem =
        ecm_fuzz_bytes(2U * ECM_RING_MEM_LEN(cfg->ring_len, cfg->window_len));
    int16_t *x = ecm_fuzz_bytes(2U * n);
    const int16_t *window;
    (void)ecm_ring_init(&st, cfg);
    (void)ecm_ring_push_s16(&st, cfg, mem, x, n);
    (void)ecm_ring_window_s16(&st, cfg, mem, &window);
    (void)ecm_ring_copy_s16(&st, cfg, mem, x, n);
}

void fuzz_ecm_ring(void) {
    ecm_ring_cfg_t cfg;
    ecm_ring_t st;
    float *mem, next = 0.0f;
    uint32_t calls = 1U + ecm_fuzz_below(20);
    cfg.ring_len = 1U + ecm_fuzz_len(99);
    cfg.window_len = 1U + ecm_fuzz_below(cfg.ring_len);
    mem = ecm_fuzz_array_f32(ECM_RING_MEM_LEN(cfg.ring_len, cfg.window_len));
    ECM_FUZZ_CHECK(ecm_ring_init(&st, &cfg) == ECM_OK);
    st.head = st.tail = ecm_fuzz_u32();
    while (calls-- > 0U) {
        fuzz_push(&st, &cfg, mem, &next);
        fuzz_look(&st, &cfg, mem);
        (void)ecm_ring_release(&st, &cfg, ecm_fuzz_len(2U * cfg.ring_len));
        ECM_FUZZ_CHECK(ecm_ring_queued(&st) <= cfg.ring_len);
        if (ecm_ring_has_gap(&st) && ecm_fuzz_once_in(2)) {
            ECM_FUZZ_CHECK(ecm_ring_resume(&st) == ECM_OK);
            ECM_FUZZ_CHECK(ecm_ring_queued(&st) == 0U && !ecm_ring_has_gap(&st));
        }
    }
    fuzz_ring_s16(&cfg);
}
