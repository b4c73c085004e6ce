/* test_ecm_decimate.c - decimation: chunking, lengths, the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_decimate.h"
#include "ecm_test.h"

void test_ecm_decimate(void);

enum { DECIMATE_N = 400, DECIMATE_TAPS = 37 };

static void test_chunks_f32(void) {
    float *x = ecm_test_memory, *taps = x + DECIMATE_N, *line = taps + DECIMATE_TAPS;
    float *whole = line + ECM_DECIMATE_LINE_LEN(DECIMATE_TAPS);
    float *out = whole + DECIMATE_N;
    ecm_decimate_cfg_f32_t cfg;
    ecm_decimate_t st;
    uint32_t chunk, at, i, n, found, whole_len;
    ecm_test_noise_f32(4, x, DECIMATE_N);
    ecm_test_noise_f32(5, taps, DECIMATE_TAPS);
    cfg.taps = taps;
    for (cfg.taps_len = 1; cfg.taps_len <= DECIMATE_TAPS; cfg.taps_len += 3U) {
        for (cfg.factor = 1; cfg.factor <= 9U; cfg.factor += 2U) {
            ECM_CHECK(ecm_decimate_init_f32(&st, &cfg, line, 0.0f) == ECM_OK);
            ECM_CHECK(ecm_decimate_f32(&st, &cfg, line, x, DECIMATE_N, whole,
                                       &whole_len) == ECM_OK);
            ECM_CHECK(whole_len == ECM_DECIMATE_OUT_LEN(DECIMATE_N, cfg.factor));
            ecm_test_array_f32("decimate f32", whole, whole_len);
            for (chunk = 1; chunk < DECIMATE_N; chunk = 3U * chunk + 2U) {
                ECM_CHECK(ecm_decimate_init_f32(&st, &cfg, line, 0.0f) == ECM_OK);
                for (at = 0, n = 0; at < DECIMATE_N; at += chunk) {
                    uint32_t size = DECIMATE_N - at < chunk ? DECIMATE_N - at : chunk;
                    ECM_CHECK(ecm_decimate_f32(&st, &cfg, line, x + at, size, out + n,
                                               &found) == ECM_OK);
                    ECM_CHECK(found <= ECM_DECIMATE_OUT_LEN(size, cfg.factor));
                    n += found;
                }
                ECM_CHECK(n == whole_len);
                for (i = 0; i < n; i++) {
                    ECM_CHECK(out[i] == whole[i]);
                }
            }
        }
    }
}

static void test_chunks_q15(void) {
    int16_t *x = (int16_t *)(void *)ecm_test_memory, *taps = x + DECIMATE_N;
    int16_t *line = taps + DECIMATE_TAPS;
    int16_t *whole = line + ECM_DECIMATE_LINE_LEN(DECIMATE_TAPS);
    int16_t *out = whole + DECIMATE_N;
    ecm_decimate_cfg_q15_t cfg = {NULL, DECIMATE_TAPS, 3, 15};
    ecm_decimate_t st;
    uint32_t chunk, at, i, n, found, whole_len, seed = 12;
    for (i = 0; i < DECIMATE_N; i++) {
        seed = seed * 1664525U + 1013904223U;
        x[i] = (int16_t)((int32_t)(seed >> 16) - 0x8000);
    }
    for (i = 0; i < DECIMATE_TAPS; i++) {
        taps[i] = (int16_t)((i < 19U ? i : 36U - i) * 90U + 10U);
    }
    cfg.taps = taps;
    ECM_CHECK(ecm_decimate_init_q15(&st, &cfg, line, 0) == ECM_OK);
    ECM_CHECK(ecm_decimate_q15(&st, &cfg, line, x, DECIMATE_N, whole, &whole_len) ==
              ECM_OK);
    ecm_test_bytes("decimate q15", whole, whole_len * 2U);
    for (chunk = 1; chunk < DECIMATE_N; chunk = 2U * chunk + 1U) {
        memcpy(out, x, DECIMATE_N * sizeof *x); /* in place: output is never ahead */
        ECM_CHECK(ecm_decimate_init_q15(&st, &cfg, line, 0) == ECM_OK);
        for (at = 0, n = 0; at < DECIMATE_N; at += chunk) {
            uint32_t size = DECIMATE_N - at < chunk ? DECIMATE_N - at : chunk;
            ECM_CHECK(ecm_decimate_q15(&st, &cfg, line, out + at, size, out + n,
                                       &found) == ECM_OK);
            n += found;
        }
        ECM_CHECK(n == whole_len);
        for (i = 0; i < n; i++) {
            ECM_CHECK(out[i] == whole[i]);
        }
    }
}

/* The largest sums that init lets pass. */
static void test_extremes_q15(void) {
    static const int16_t taps[3] = {32767, -32768, 0};
    static const int16_t swing[6] = {-32768, 32767, -32768, 32767, -32768, 32767};
    ecm_decimate_cfg_q15_t cfg = {taps, 3, 1, 15};
    int16_t line[ECM_DECIMATE_LINE_LEN(3)], out[6];
    ecm_decimate_t st;
    uint32_t n;
    ECM_CHECK(ecm_decimate_init_q15(&st, &cfg, line, 0) == ECM_OK);
    ECM_CHECK(ecm_decimate_q15(&st, &cfg, line, swing, 6, out, &n) == ECM_OK);
    ECM_CHECK(n == 6U && out[4] == -32768 && out[5] == 32767);
    ecm_test_bytes("decimate clamped", out, sizeof out);
    cfg.bits = 8;
    ECM_CHECK(ecm_decimate_init_q15(&st, &cfg, line, 1) == ECM_OK);
    ECM_CHECK(ecm_decimate_q15(&st, &cfg, line, swing, 6, out, &n) == ECM_OK);
    ECM_CHECK(out[4] == -32768 && out[5] == 32767);
}

/* A constant that has always been there passes at once; NaN spoils what it reaches. */
static void test_settled_f32(void) {
    static const float taps[4] = {0.125f, 0.375f, 0.375f, 0.125f};
    ecm_decimate_cfg_f32_t cfg = {taps, 4, 2};
    float line[ECM_DECIMATE_LINE_LEN(4)], x[20], out[10];
    ecm_decimate_t st;
    uint32_t i, n;
    for (i = 0; i < 20U; i++) {
        x[i] = 5.0f;
    }
    x[9] = ecm_test_from_bits(0x7fc00000U);
    ECM_CHECK(ecm_decimate_init_f32(&st, &cfg, line, 5.0f) == ECM_OK);
    ECM_CHECK(ecm_decimate_f32(&st, &cfg, line, x, 20, out, &n) == ECM_OK && n == 10U);
    for (i = 0; i < n; i++) { /* output i reads samples 2 i - 3 ... 2 i */
        bool spoilt = i == 5U || i == 6U;
        ECM_CHECK(spoilt ? out[i] != out[i] : out[i] == 5.0f);
    }
    ecm_test_array_f32("decimate settled", out, n);
}

static void test_refusals(void) {
    static const float taps[2] = {1.0f, 1.0f};
    static const int16_t wide[3] = {32767, 32767, 2};
    float *line = ecm_test_memory;
    int16_t *line16 = (int16_t *)(void *)ecm_test_memory;
    ecm_decimate_cfg_f32_t cfg = {taps, 2, 1};
    ecm_decimate_cfg_q15_t cfg16 = {wide, 3, 1, 15};
    ecm_decimate_t st;
    uint32_t n;
    ECM_CHECK(ecm_decimate_init_f32(NULL, &cfg, line, 0) == ECM_ERR_NULL);
    cfg.factor = 0;
    ECM_CHECK(ecm_decimate_init_f32(&st, &cfg, line, 0) == ECM_ERR_ARG);
    cfg.factor = 1;
    cfg.taps_len = 0;
    ECM_CHECK(ecm_decimate_init_f32(&st, &cfg, line, 0) == ECM_ERR_LENGTH);
    cfg.taps_len = ECM_DECIMATE_TAPS_MAX + 1;
    ECM_CHECK(ecm_decimate_init_f32(&st, &cfg, line, 0) == ECM_ERR_LENGTH);
    cfg.taps_len = 2;
    cfg.taps = NULL;
    ECM_CHECK(ecm_decimate_init_f32(&st, &cfg, line, 0) == ECM_ERR_NULL);
    cfg.taps = taps;
    ECM_CHECK(ecm_decimate_init_f32(&st, &cfg, line, 0) == ECM_OK);
    ECM_CHECK(ecm_decimate_f32(&st, &cfg, line, NULL, 1, line, &n) == ECM_ERR_NULL);
    ECM_CHECK(ecm_decimate_f32(&st, &cfg, line, NULL, 0, NULL, &n) == ECM_OK);
    ECM_CHECK(n == 0U);
    ECM_CHECK(ecm_decimate_init_q15(&st, &cfg16, line16, 0) == ECM_ERR_ARG);
    cfg16.taps_len = 2;
    ECM_CHECK(ecm_decimate_init_q15(&st, &cfg16, line16, 0) == ECM_OK);
    cfg16.bits = 16;
    ECM_CHECK(ecm_decimate_init_q15(&st, &cfg16, line16, 0) == ECM_ERR_ARG);
    cfg16.bits = 7;
    ECM_CHECK(ecm_decimate_init_q15(&st, &cfg16, line16, 0) == ECM_ERR_ARG);
    ECM_CHECK(ecm_decimate_q15(&st, &cfg16, line16, line16, 1, NULL, &n) ==
              ECM_ERR_NULL);
}

void test_ecm_decimate(void) {
    test_chunks_f32();
    test_chunks_q15();
    test_extremes_q15();
    test_settled_f32();
    test_refusals();
}
