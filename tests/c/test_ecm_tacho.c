/* test_ecm_tacho.c - edges: chunks, hysteresis, full buffers, the same times.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_tacho.h"
#include "ecm_test.h"

void test_ecm_tacho(void);

enum { TACHO_N = 600, TACHO_EDGES = 80 };

static uint32_t tacho_all(const ecm_tacho_cfg_t *cfg, const float *x, uint32_t chunk,
                          uint32_t room, uint64_t *edges) {
    ecm_tacho_t st;
    uint32_t at = 0, n = 0, found, used;
    ECM_CHECK(ecm_tacho_init(&st, cfg) == ECM_OK);
    while (at < TACHO_N) {
        uint32_t size = TACHO_N - at < chunk ? TACHO_N - at : chunk;
        ecm_status_t status =
            ecm_tacho_edges_f32(&st, cfg, x + at, size, edges + n, room, &found, &used);
        ECM_CHECK(status == (used == size ? ECM_OK : ECM_MORE));
        ECM_CHECK(used == size || found == room);
        at += used;
        n += found;
    }
    ECM_CHECK(st.samples == TACHO_N);
    return n;
}

static void test_chunks(void) {
    float *x = ecm_test_memory;
    uint64_t whole[TACHO_EDGES], edges[TACHO_EDGES];
    ecm_tacho_cfg_t cfg = {0.1f, 0.4f, 0};
    uint32_t chunk, n, i;
    ecm_test_noise_f32(17, x, TACHO_N);
    for (i = 2; i < TACHO_N; i++) {
        x[i] = 0.5f * x[i] + 0.4f * x[i - 1U] + 0.1f * x[i - 2U];
    }
    for (cfg.falling = 0; cfg.falling < 2U; cfg.falling++) {
        n = tacho_all(&cfg, x, TACHO_N, TACHO_EDGES, whole);
        ECM_CHECK(n > 10U && n < TACHO_EDGES);
        ecm_test_bytes("tacho edges", whole, n * (uint32_t)sizeof *whole);
        for (i = 1; i < n; i++) {
            ECM_CHECK(whole[i] > whole[i - 1U]);
        }
        for (chunk = 1; chunk < 300U; chunk = 3U * chunk + 1U) {
            ECM_CHECK(tacho_all(&cfg, x, chunk, chunk == 4U ? 1U : TACHO_EDGES - n,
                                edges) == n);
            for (i = 0; i < n; i++) {
                ECM_CHECK(edges[i] == whole[i]);
            }
        }
    }
}

static void test_known(void) {
    /* Upwards through 1 a quarter of the way from sample 2 to sample 3; the second
     * rise does not come from far enough below. */
    static const float x[] = {-1.0f, 0.0f, 0.5f, 2.5f, 0.9f, 3.0f, -1.0f, 1.0f, 1.5f};
    ecm_tacho_cfg_t cfg = {1.0f, 0.5f, 0};
    ecm_tacho_t st;
    uint64_t edges[4];
    uint32_t n, used;
    float speed;
    ECM_CHECK(ecm_tacho_init(&st, &cfg) == ECM_OK);
    ECM_CHECK(ecm_tacho_edges_f32(&st, &cfg, x, 9, edges, 4, &n, &used) == ECM_OK);
    ECM_CHECK(n == 2U && used == 9U);
    ECM_CHECK(edges[0] == 2U * 65536U + 16384U && edges[1] == 7U * 65536U);
    ECM_CHECK(ecm_tacho_speed_f32(edges, 2, 2, 1000.0f, &speed) == ECM_OK);
    ecm_test_f32("tacho speed", speed); /* half a turn in 4.75 ms */
}

static void test_odd_values(void) {
    float x[] = {-1.0f, 0.0f, 1.0f, -1.0f, 1.0f};
    ecm_tacho_cfg_t cfg = {0.0f, 0.5f, 0};
    ecm_tacho_t st;
    uint64_t edges[4];
    uint32_t n, used;
    x[1] = ecm_test_from_bits(0x7fc00000U); /* no edge where it cannot be placed */
    ECM_CHECK(ecm_tacho_init(&st, &cfg) == ECM_OK);
    ECM_CHECK(ecm_tacho_edges_f32(&st, &cfg, x, 5, edges, 4, &n, &used) == ECM_OK);
    ECM_CHECK(n == 1U && edges[0] == 3U * 65536U + 32768U);
    x[4] = ecm_test_from_bits(0x7f800000U);
    ECM_CHECK(ecm_tacho_init(&st, &cfg) == ECM_OK);
    ECM_CHECK(ecm_tacho_edges_f32(&st, &cfg, x, 5, edges, 4, &n, &used) == ECM_OK);
    ECM_CHECK(n == 0U);
}

static void test_refusals(void) {
    ecm_tacho_cfg_t cfg = {0.0f, -1.0f, 0};
    ecm_tacho_t st;
    uint64_t edges[2] = {5, 5};
    uint32_t n, used;
    float x = 0.0f, speed;
    ECM_CHECK(ecm_tacho_init(&st, &cfg) == ECM_ERR_ARG);
    cfg.hysteresis = 0.0f;
    cfg.falling = 2;
    ECM_CHECK(ecm_tacho_init(&st, &cfg) == ECM_ERR_ARG);
    cfg.falling = 0;
    ECM_CHECK(ecm_tacho_init(NULL, &cfg) == ECM_ERR_NULL);
    ECM_CHECK(ecm_tacho_init(&st, &cfg) == ECM_OK);
    ECM_CHECK(ecm_tacho_edges_f32(&st, &cfg, &x, 1, edges, 0, &n, &used) ==
              ECM_ERR_FULL);
    ECM_CHECK(ecm_tacho_edges_f32(&st, &cfg, NULL, 1, edges, 2, &n, &used) ==
              ECM_ERR_NULL);
    ECM_CHECK(ecm_tacho_speed_f32(edges, 1, 1, 1.0f, &speed) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_tacho_speed_f32(edges, 2, 1, 1.0f, &speed) == ECM_ERR_ARG);
    edges[1] = 6;
    ECM_CHECK(ecm_tacho_speed_f32(edges, 2, 0, 1.0f, &speed) == ECM_ERR_ARG);
    ECM_CHECK(ecm_tacho_speed_f32(edges, 2, 1, 0.0f, &speed) == ECM_ERR_ARG);
    ECM_CHECK(ecm_tacho_speed_f32(NULL, 2, 1, 1.0f, &speed) == ECM_ERR_NULL);
}

void test_ecm_tacho(void) {
    test_chunks();
    test_known();
    test_odd_values();
    test_refusals();
}
