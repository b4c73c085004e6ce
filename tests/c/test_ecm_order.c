/* test_ecm_order.c - angular resampling: parts, ends, refusals, the same bits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_order.h"
#include "ecm_test.h"

void test_ecm_order(void);

enum { ORDER_N = 400, ORDER_EDGES = 12, ORDER_OUT = 400 };

static void test_parts(void) {
    float *x = ecm_test_memory, *whole = x + ORDER_N, *out = whole + ORDER_OUT;
    uint64_t edges[ORDER_EDGES];
    ecm_order_cfg_t cfg = {3, 64};
    uint32_t first, n, part, at, found, i;
    ecm_test_noise_f32(3, x, ORDER_N);
    /* 36 samples a turn, faster and faster; the first edge lies before the samples */
    ECM_CHECK(ecm_order_run_f32(1000.0f, 28.0f, 30.0f, 0, edges, ORDER_EDGES) ==
              ECM_OK);
    ecm_test_bytes("order run", edges, sizeof edges);
    ECM_CHECK(ecm_order_first_f32(&cfg, 1000000U, edges, ORDER_EDGES, &first) ==
              ECM_OK);
    ecm_test_u32("order first", first);
    ECM_CHECK(ecm_order_resample_f32(&cfg, x, ORDER_N, 1000000U, edges, ORDER_EDGES,
                                     first, whole, ORDER_OUT, &n) == ECM_MORE);
    ECM_CHECK(n > 200U);
    ecm_test_array_f32("order out", whole, n);
    for (part = 1; part < 300U; part = 4U * part + 3U) {
        for (at = 0; at < n; at += part) {
            uint32_t size = n - at < part ? n - at : part;
            ECM_CHECK(ecm_order_resample_f32(&cfg, x, ORDER_N, 1000000U, edges,
                                             ORDER_EDGES, first + at, out + at, size,
                                             &found) == ECM_OK);
            ECM_CHECK(found == size);
        }
        for (i = 0; i < n; i++) {
            ECM_CHECK(out[i] == whole[i]);
        }
    }
    ECM_CHECK(first == 0U ||
              ecm_order_resample_f32(&cfg, x, ORDER_N, 1000000U, edges, ORDER_EDGES,
                                     first - 1U, out, 1, &found) == ECM_ERR_ARG);
}

/* On samples, and with one edge in every four samples: nothing is in between. */
static void test_on_samples(void) {
    float *x = ecm_test_memory, *out = x + 100;
    uint64_t edges[20];
    ecm_order_cfg_t cfg = {1, 4};
    uint32_t i, first, n;
    ecm_test_noise_f32(4, x, 100);
    for (i = 0; i < 20U; i++) {
        edges[i] = (uint64_t)i * 4U * ECM_TACHO_TICKS;
    }
    ECM_CHECK(ecm_order_first_f32(&cfg, 0, edges, 20, &first) == ECM_OK && first == 3U);
    ECM_CHECK(ecm_order_resample_f32(&cfg, x, 100, 0, edges, 20, first, out, 100, &n) ==
              ECM_MORE);
    ECM_CHECK(n == 73U);
    for (i = 0; i < n; i++) {
        ECM_CHECK(out[i] == x[i + 3U]);
    }
    ECM_CHECK(ecm_order_resample_f32(&cfg, x, 20, 0, edges, 20, first, out, 100, &n) ==
              ECM_MORE);
    ECM_CHECK(n == 13U); /* up to sample 15, which has four behind it */
}

/* Edges that no shaft makes: nothing is read outside of the samples. */
static void test_edges_that_jump(void) {
    static const uint64_t edges[5] = {0, 65536, 30U * 65536U, 31U * 65536U,
                                      60U * 65536U};
    static const ecm_order_cfg_t cfg = {1, 50};
    float *x = ecm_test_memory, *out = x + 40;
    uint32_t n, first;
    ecm_test_noise_f32(6, x, 40);
    ECM_CHECK(ecm_order_first_f32(&cfg, 0, edges, 5, &first) == ECM_OK);
    ECM_CHECK(ecm_order_resample_f32(&cfg, x, 40, 0, edges, 5, first, out, 200, &n) ==
              ECM_MORE);
    ecm_test_array_f32("order jump", out, n);
}

/* A shaft that is told of with each chunk: constant speed in any chunks, and a run-up.
 */
static void test_track(void) {
    static const ecm_order_track_cfg_t cfg = {1000.0f, 37};
    enum { HELD = ECM_ORDER_BEFORE + ECM_ORDER_AFTER };
    float *x = ecm_test_memory, *whole = x + ORDER_N, *out = whole + ORDER_OUT;
    float *line = out + ORDER_OUT;
    ecm_order_track_t st;
    uint32_t part, at, n, found, i, all = 0;
    ecm_test_noise_f32(5, x, ORDER_N);
    for (part = ORDER_N; part > 0U; part /= 3U) {
        ECM_CHECK(ecm_order_track_init_f32(&st) == ECM_OK);
        for (at = 0, n = 0; at < ORDER_N; at += part) {
            uint32_t size = ORDER_N - at < part ? ORDER_N - at : part;
            memcpy(line + HELD, x + at, size * sizeof *x);
            ECM_CHECK(ecm_order_track_f32(&st, &cfg, 23.0f, line, size, out + n,
                                          ORDER_OUT - n, &found) == ECM_OK);
            n += found;
        }
        if (part == ORDER_N) {
            memcpy(whole, out, n * sizeof *out);
            all = n;
            ecm_test_array_f32("order track", whole, all);
            ECM_CHECK(all > 300U && all + 8U > ORDER_N * 23U * 37U / 1000U);
        }
        ECM_CHECK(n == all);
        for (i = 0; i < n; i++) {
            ECM_CHECK(out[i] == whole[i]);
        }
    }
    ECM_CHECK(ecm_order_track_init_f32(&st) == ECM_OK);
    for (at = 0, n = 0; at < 4U; at++) {
        memcpy(line + HELD, x + 100U * at, 100U * sizeof *x);
        ECM_CHECK(ecm_order_track_f32(&st, &cfg, 10.0f + 4.0f * (float)at, line, 100U,
                                      out + n, ORDER_OUT - n, &found) == ECM_OK);
        n += found;
    }
    ecm_test_array_f32("order run-up", out, n);
    ECM_CHECK(ecm_order_track_span(&cfg, 23.0f, all) <= ORDER_N);
    ECM_CHECK(ecm_order_track_span(&cfg, 23.0f, all + 1U) >= ORDER_N);
    ecm_test_u32("order span", ecm_order_track_span(&cfg, 1.5f, 4096));
}

static void test_track_refusals(void) {
    ecm_order_track_cfg_t cfg = {1000.0f, 16};
    float *line = ecm_test_memory, *out = line + 100;
    ecm_order_track_t st;
    uint32_t n = 99, most = ecm_order_track_len(&cfg, 30.0f, 50);
    ECM_CHECK(ecm_order_track_init_f32(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_order_track_init_f32(&st) == ECM_OK);
    ECM_CHECK(ecm_order_track_f32(&st, &cfg, 0.0f, line, 50, out, 90, &n) ==
              ECM_ERR_ARG);
    ECM_CHECK(ecm_order_track_f32(&st, &cfg, 1001.0f, line, 50, out, 90, &n) ==
              ECM_ERR_ARG);
    ECM_CHECK(ecm_order_track_f32(&st, &cfg, 0.007f, line, 50, out, 90, &n) ==
              ECM_ERR_ARG);
    ECM_CHECK(ecm_order_track_f32(&st, &cfg, 30.0f, line, 50, out, most - 1U, &n) ==
              ECM_ERR_FULL);
    ECM_CHECK(ecm_order_track_f32(&st, &cfg, 30.0f, line, 16385U, out, 90, &n) ==
              ECM_ERR_LENGTH);
    ECM_CHECK(ecm_order_track_f32(&st, &cfg, 30.0f, NULL, 50, out, 90, &n) ==
              ECM_ERR_NULL);
    ECM_CHECK(n == 99U && st.speed_hz == 0.0f);
    ECM_CHECK(ecm_order_track_f32(&st, &cfg, 30.0f, line, 0, out, most, &n) == ECM_OK);
    ECM_CHECK(n == 0U && st.speed_hz == 0.0f);
    ECM_CHECK(ecm_order_track_len(&cfg, -1.0f, 50) == 0U);
    ECM_CHECK(ecm_order_track_len(NULL, 30.0f, 50) == 0U);
    ECM_CHECK(ecm_order_track_span(&cfg, 30.0f, 0) == 0U);
    cfg.per_turn = 0;
    ECM_CHECK(ecm_order_track_span(&cfg, 30.0f, 9) == 0U);
    ECM_CHECK(ecm_order_track_f32(&st, &cfg, 30.0f, line, 50, out, 90, &n) ==
              ECM_ERR_ARG);
}

static void test_refusals(void) {
    static const uint64_t edges[3] = {0, 1000000, 900000};
    float *x = ecm_test_memory;
    uint64_t made[3] = {7, 7, 7};
    ecm_order_cfg_t cfg = {1, 16};
    uint32_t n, first;
    ECM_CHECK(ecm_order_run_f32(1e3f, 10.0f, -30.0f, 0, made, 3) == ECM_ERR_ARG);
    ECM_CHECK(ecm_order_run_f32(1e3f, 0.0f, 0.0f, 0, made, 3) == ECM_ERR_ARG);
    ECM_CHECK(ecm_order_run_f32(1e3f, 1e-5f, 0.0f, 0, made, 3) == ECM_ERR_ARG);
    ECM_CHECK(ecm_order_run_f32(1e3f, 10.0f, 0.0f, 0, made, 1) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_order_run_f32(1e3f, 10.0f, 0.0f, 0, NULL, 2) == ECM_ERR_NULL);
    ECM_CHECK(made[0] == 7U && made[1] == 7U);
    ECM_CHECK(ecm_order_resample_f32(&cfg, x, 40, 0, edges, 3, 9, x, 1, &n) ==
              ECM_ERR_ARG);
    ECM_CHECK(ecm_order_resample_f32(&cfg, x, 7, 0, edges, 2, 9, x, 1, &n) ==
              ECM_ERR_LENGTH);
    ECM_CHECK(ecm_order_resample_f32(&cfg, x, 40, 0, edges, 1, 9, x, 1, &n) ==
              ECM_ERR_LENGTH);
    ECM_CHECK(ecm_order_resample_f32(&cfg, NULL, 40, 0, edges, 2, 9, x, 1, &n) ==
              ECM_ERR_NULL);
    ECM_CHECK(ecm_order_first_f32(&cfg, 900000U, edges, 2, &first) == ECM_ERR_ARG);
    cfg.per_turn = 0;
    ECM_CHECK(ecm_order_first_f32(&cfg, 0, edges, 2, &first) == ECM_ERR_ARG);
    cfg.per_turn = 65537U;
    ECM_CHECK(ecm_order_first_f32(&cfg, 0, edges, 2, &first) == ECM_ERR_ARG);
    cfg.per_turn = 16;
    cfg.pulses = 0;
    ECM_CHECK(ecm_order_first_f32(&cfg, 0, edges, 2, &first) == ECM_ERR_ARG);
}

void test_ecm_order(void) {
    test_parts();
    test_on_samples();
    test_edges_that_jump();
    test_track();
    test_track_refusals();
    test_refusals();
}
