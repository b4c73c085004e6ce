/* test_ecm_ring.c - any chunking gives the same windows; overruns are told.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_ring.h"
#include "ecm_test.h"

void test_ecm_ring(void);

enum { RING_MAX = 160, SIGNAL = 1024 };

static uint32_t ring_seed;

static uint32_t ring_random(uint32_t below) {
    ring_seed = ring_seed * 1664525U + 1013904223U;
    return (ring_seed >> 8) % below;
}

/* Does the window that starts at sample `at` of the signal lie at x? */
static bool ring_same(const float *x, const float *signal, uint32_t at, uint32_t n) {
    uint32_t i;
    for (i = 0; i < n; i++) {
        if (x[i] != signal[at + i]) {
            return false;
        }
    }
    return true;
}

/* Push in random chunks, take every window, from positions just before they wrap. */
static void ring_stream(uint32_t ring_len, uint32_t window_len, uint32_t hop_len) {
    float *signal = ecm_test_memory, *mem = ecm_test_memory + SIGNAL;
    ecm_ring_cfg_t cfg;
    ecm_ring_t st;
    const float *x;
    uint32_t pushed = 0, at = 0, windows = 0;
    cfg.ring_len = ring_len;
    cfg.window_len = window_len;
    ECM_CHECK(ecm_ring_init(&st, &cfg) == ECM_OK);
    st.head = st.tail = 0U - 300U;
    while (pushed < SIGNAL) {
        uint32_t n = ring_random(ring_len + 1U), queued = ecm_ring_queued(&st);
        n = n < ring_len - queued ? n : ring_len - queued;
        n = n < SIGNAL - pushed ? n : SIGNAL - pushed;
        ECM_CHECK(ecm_ring_push_f32(&st, &cfg, mem, signal + pushed, n) == ECM_OK);
        pushed += n;
        while (ecm_ring_window_f32(&st, &cfg, mem, &x) == ECM_OK) {
            ECM_CHECK(ring_same(x, signal, at, window_len));
            at += hop_len;
            windows++;
            ECM_CHECK(ecm_ring_release(&st, &cfg, hop_len) == ECM_OK);
        }
    }
    ECM_CHECK(windows == (SIGNAL - window_len) / hop_len + 1U);
    ECM_CHECK(!ecm_ring_has_gap(&st) && st.lost == 0U);
    ecm_test_u32("ring windows", windows);
    ecm_test_bytes("ring state", &st, sizeof st);
}

static void test_streams(void) {
    ecm_test_noise_f32(5, ecm_test_memory, SIGNAL);
    ring_seed = 1;
    ring_stream(160, 64, 16);
    ring_stream(128, 128, 32);
    ring_stream(100, 64, 1);
    ring_stream(64, 64, 64);
    ring_stream(97, 31, 13);
    ring_stream(33, 20, 33);
    ring_stream(40, 20, 97); /* a hop beyond the ring */
    ring_stream(1, 1, 1);
    ring_stream(3, 1, 2);
}

static void test_s16(void) {
    static int16_t mem[ECM_RING_MEM_LEN(12U, 8U)];
    ecm_ring_cfg_t cfg = {12, 8};
    ecm_ring_t st;
    const int16_t *x = NULL;
    int16_t in[5], copy[11];
    uint32_t i, k;
    int16_t next = -30, expected = -30;
    ECM_CHECK(ecm_ring_init(&st, &cfg) == ECM_OK);
    for (k = 0; k < 40U; k++) {
        for (i = 0; i < 3U; i++) {
            in[i] = next++;
        }
        ECM_CHECK(ecm_ring_push_s16(&st, &cfg, mem, in, 3) == ECM_OK);
        if (ecm_ring_window_s16(&st, &cfg, mem, &x) == ECM_OK) {
            ECM_CHECK(ecm_ring_copy_s16(&st, &cfg, mem, copy, 8) == ECM_OK);
            for (i = 0; i < 8U; i++) {
                ECM_CHECK(x[i] == expected + (int16_t)i && copy[i] == x[i]);
            }
            expected = (int16_t)(expected + 3);
            ECM_CHECK(ecm_ring_release(&st, &cfg, 3) == ECM_OK);
        }
    }
    ECM_CHECK(ecm_ring_copy_s16(&st, &cfg, mem, copy, 11) == ECM_MORE);
    ecm_test_bytes("ring s16", mem, sizeof mem);
}

static void test_overrun(void) {
    float *x = ecm_test_memory, *mem = ecm_test_memory + SIGNAL;
    ecm_ring_cfg_t cfg = {16, 8};
    ecm_ring_t st;
    const float *window = NULL;
    ecm_test_noise_f32(9, x, 64);
    ECM_CHECK(ecm_ring_init(&st, &cfg) == ECM_OK);
    ECM_CHECK(ecm_ring_push_f32(&st, &cfg, mem, x, 10) == ECM_OK);
    ECM_CHECK(ecm_ring_resume(&st) == ECM_OK && ecm_ring_queued(&st) == 10U);
    ECM_CHECK(ecm_ring_push_f32(&st, &cfg, mem, x + 10, 7) == ECM_ERR_FULL);
    ECM_CHECK(ecm_ring_has_gap(&st) && st.lost == 7U && st.overruns == 1U);
    /* What would fit comes after the gap: it is dropped too, and counted. */
    ECM_CHECK(ecm_ring_push_f32(&st, &cfg, mem, x + 17, 2) == ECM_ERR_FULL);
    ECM_CHECK(ecm_ring_push_f32(&st, &cfg, mem, x + 19, 0) == ECM_OK);
    ECM_CHECK(st.lost == 9U && st.overruns == 1U && ecm_ring_queued(&st) == 10U);
    /* What is queued came before the gap and is whole. */
    ECM_CHECK(ecm_ring_window_f32(&st, &cfg, mem, &window) == ECM_OK);
    ECM_CHECK(ring_same(window, x, 0, 8));
    ECM_CHECK(ecm_ring_release(&st, &cfg, 4) == ECM_OK);
    ECM_CHECK(ecm_ring_window_f32(&st, &cfg, mem, &window) == ECM_MORE);
    ECM_CHECK(ecm_ring_resume(&st) == ECM_OK);
    ECM_CHECK(!ecm_ring_has_gap(&st) && ecm_ring_queued(&st) == 0U);
    ECM_CHECK(ecm_ring_push_f32(&st, &cfg, mem, x + 19, 16) == ECM_OK);
    ECM_CHECK(ecm_ring_window_f32(&st, &cfg, mem, &window) == ECM_OK);
    ECM_CHECK(ring_same(window, x, 19, 8));
    ECM_CHECK(ecm_ring_push_f32(&st, &cfg, mem, x, 0xffffffffU) == ECM_ERR_FULL);
    ecm_test_bytes("ring overrun", &st, sizeof st);
}

static void test_refusals(void) {
    float *mem = ecm_test_memory;
    ecm_ring_cfg_t cfg = {8, 4}, wrong;
    ecm_ring_t st;
    const float *window = mem;
    ECM_CHECK(ecm_ring_init(NULL, &cfg) == ECM_ERR_NULL);
    ECM_CHECK(ecm_ring_init(&st, NULL) == ECM_ERR_NULL);
    wrong.ring_len = 0;
    wrong.window_len = 1;
    ECM_CHECK(ecm_ring_init(&st, &wrong) == ECM_ERR_LENGTH);
    wrong.ring_len = ECM_RING_LEN_MAX + 1;
    ECM_CHECK(ecm_ring_init(&st, &wrong) == ECM_ERR_LENGTH);
    wrong.ring_len = 8;
    wrong.window_len = 9;
    ECM_CHECK(ecm_ring_init(&st, &wrong) == ECM_ERR_LENGTH);
    wrong.window_len = 0;
    ECM_CHECK(ecm_ring_init(&st, &wrong) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_ring_init(&st, &cfg) == ECM_OK);
    ECM_CHECK(ecm_ring_push_f32(&st, &cfg, mem, NULL, 1) == ECM_ERR_NULL);
    ECM_CHECK(ecm_ring_push_f32(&st, &cfg, NULL, mem, 1) == ECM_ERR_NULL);
    ECM_CHECK(ecm_ring_push_f32(&st, &cfg, mem, NULL, 0) == ECM_OK);
    ECM_CHECK(ecm_ring_window_f32(&st, &cfg, mem, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_ring_window_f32(&st, &cfg, mem, &window) == ECM_MORE);
    ECM_CHECK(window == mem);
    ECM_CHECK(ecm_ring_copy_f32(&st, &cfg, mem, NULL, 0) == ECM_OK);
    ECM_CHECK(ecm_ring_copy_f32(&st, &cfg, mem, NULL, 1) == ECM_ERR_NULL);
    ECM_CHECK(ecm_ring_release(&st, &cfg, ECM_RING_LEN_MAX + 1) == ECM_ERR_ARG);
    ECM_CHECK(ecm_ring_release(&st, &cfg, ECM_RING_LEN_MAX) == ECM_OK);
    ECM_CHECK(ecm_ring_release(&st, &cfg, 1) == ECM_ERR_ARG);
    ECM_CHECK(ecm_ring_queued(NULL) == 0U && !ecm_ring_has_gap(NULL));
    ECM_CHECK(ecm_ring_resume(NULL) == ECM_ERR_NULL);
}

void test_ecm_ring(void) {
    test_streams();
    test_s16();
    test_overrun();
    test_refusals();
}
