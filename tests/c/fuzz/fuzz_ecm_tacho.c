/* fuzz_ecm_tacho.c - any signals and chunks: times rise and lie within the samples.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_tacho.h"

void fuzz_ecm_tacho(void);

void fuzz_ecm_tacho(void) {
    ecm_tacho_t *st = ecm_fuzz_bytes(sizeof *st);
    ecm_tacho_cfg_t cfg;
    ecm_status_t status;
    uint64_t last = 0;
    uint32_t calls, used, n, i;
    float speed;
    cfg.level = ecm_fuzz_once_in(4) ? ecm_fuzz_f32() : 0.0f;
    cfg.hysteresis = ecm_fuzz_once_in(4) ? ecm_fuzz_f32() : 0.1f;
    cfg.falling = ecm_fuzz_below(2) + (ecm_fuzz_once_in(32) ? 1U : 0U);
    ecm_fuzz_watch(st, sizeof *st);
    status = ecm_tacho_init(ecm_fuzz_or_null(st), &cfg);
    ecm_fuzz_judge(status);
    if (status != ECM_OK) {
        return;
    }
    for (calls = 0; calls < 4U; calls++) {
        uint32_t x_len = ecm_fuzz_len(200), room = ecm_fuzz_len(20);
        uint64_t *edges = ecm_fuzz_bytes(room * sizeof *edges);
        float *x = ecm_fuzz_array_f32(x_len);
        status = ecm_tacho_edges_f32(ecm_fuzz_or_null(st), &cfg, ecm_fuzz_or_null(x),
                                     x_len, edges, room, &n, &used);
        ecm_fuzz_judge(status);
        if (status < ECM_OK) {
            continue;
        }
        ECM_FUZZ_CHECK(n <= room && used <= x_len);
        for (i = 0; i < n; i++) {
            ECM_FUZZ_CHECK(edges[i] >= last && edges[i] <= st->samples << 16);
            last = edges[i];
        }
        (void)ecm_tacho_speed_f32(ecm_fuzz_or_null(edges), n, ecm_fuzz_len(3),
                                  ecm_fuzz_f32(), &speed);
    }
}
