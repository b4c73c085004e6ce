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
    test_refusals();
}
