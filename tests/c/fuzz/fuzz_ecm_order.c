/* fuzz_ecm_order.c - any edges, angles and samples: nothing outside is read.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_order.h"

void fuzz_ecm_order(void);

/* Chunks of any length at any speed: no more outputs than were foretold. */
static void fuzz_track(void) {
    ecm_order_track_cfg_t cfg;
    ecm_order_track_t st;
    uint32_t chunk;
    cfg.fs_hz = ecm_fuzz_once_in(16) ? ecm_fuzz_f32() : 1000.0f;
    cfg.per_turn = ecm_fuzz_once_in(16) ? ecm_fuzz_u32() : ecm_fuzz_len(40);
    ECM_FUZZ_CHECK(ecm_order_track_init_f32(ecm_fuzz_or_null(&st)) == ECM_OK ||
                   ecm_order_track_init_f32(&st) == ECM_OK);
    for (chunk = 0; chunk < 4U; chunk++) {
        float speed_hz =
            ecm_fuzz_once_in(8) ? ecm_fuzz_f32() : 1.0f + (float)ecm_fuzz_below(60);
        uint32_t n = ecm_fuzz_len(200), found;
        float last = st.speed_hz > st.before_hz ? st.speed_hz : st.before_hz;
        float most = last > speed_hz ? last : speed_hz;
        uint32_t room = ecm_order_track_len(&cfg, most, n);
        float *line = ecm_fuzz_array_f32(n + ECM_ORDER_BEFORE + ECM_ORDER_AFTER);
        room = room > 4000U ? 4000U : room;
        room -= room > 0U && ecm_fuzz_once_in(16) ? 1U : 0U;
        (void)ecm_order_track_span(&cfg, speed_hz, ecm_fuzz_len(99));
        if (ecm_order_track_f32(&st, ecm_fuzz_or_null(&cfg), speed_hz,
                                ecm_fuzz_or_null(line), n, ecm_fuzz_array_f32(room),
                                room, &found) == ECM_OK) {
            ECM_FUZZ_CHECK(found <= room);
        }
    }
}

void fuzz_ecm_order(void) {
    ecm_order_cfg_t cfg;
    uint32_t n = ecm_fuzz_len(20), x_len = ecm_fuzz_len(300), room = ecm_fuzz_len(100);
    uint32_t first = ecm_fuzz_len(60), found, i;
    uint64_t *edges = ecm_fuzz_bytes(n * sizeof *edges), start, at = 0;
    float *x = ecm_fuzz_array_f32(x_len), *out = ecm_fuzz_array_f32(room);
    cfg.pulses = ecm_fuzz_once_in(16) ? ecm_fuzz_u32() : ecm_fuzz_len(5);
    cfg.per_turn = ecm_fuzz_once_in(16) ? ecm_fuzz_u32() : ecm_fuzz_len(40);
    start = ecm_fuzz_once_in(4) ? ecm_fuzz_u32() : 0U;
    if (ecm_fuzz_once_in(4)) {
        (void)ecm_order_run_f32(1000.0f, ecm_fuzz_plain_f32(), ecm_fuzz_plain_f32(),
                                start, ecm_fuzz_or_null(edges), n);
    } else {
        for (i = 0; i < n; i++) { /* most of these rise */
            at += ecm_fuzz_once_in(8) ? ecm_fuzz_u32() : ecm_fuzz_below(50U << 16);
            edges[i] = ecm_fuzz_once_in(64) ? ecm_fuzz_u32() : at;
        }
    }
    if (ecm_order_first_f32(&cfg, start, ecm_fuzz_or_null(edges), n, &found) ==
        ECM_OK) {
        first = ecm_fuzz_once_in(4) ? first : found;
        first = ecm_fuzz_once_in(16) ? ecm_fuzz_u32() : first;
    }
    if (ecm_order_resample_f32(ecm_fuzz_or_null(&cfg), ecm_fuzz_or_null(x), x_len,
                               start, edges, n, first, out, room, &found) >= ECM_OK) {
        ECM_FUZZ_CHECK(found <= room);
    }
    fuzz_track();
    (void)ecm_order_run_f32(ecm_fuzz_f32(), ecm_fuzz_f32(), ecm_fuzz_f32(), start,
                            edges, n);
}
