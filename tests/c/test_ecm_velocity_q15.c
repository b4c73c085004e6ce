/* test_ecm_velocity_q15.c - RMS of velocity in integers: chunks, saturation, the same
 * bits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_test.h"
#include "ecm_velocity_q15.h"

void test_ecm_velocity_q15(void);

enum { VELOCITY_Q15_N = 1200 };

/* 40 Hz to 1 kHz at 6.4 kHz. */
static ecm_velocity_q15_cfg_t velocity_q15_cfg(uint16_t factor) {
    ecm_velocity_q15_cfg_t cfg = {29184, 25920, 3, 8, 7760,   132, -12579,
                                  4087,  0,     0, 0, 7 * 3U, 14};
    cfg.up = factor == 1U ? 8U : factor == 2U ? 6U : 4U;
    cfg.factor = factor;
    cfg.gain = 817033908U;
    cfg.settle_len = 10;
    return cfg;
}

static void velocity_q15_noise(uint32_t seed, int16_t *x, int32_t divisor) {
    uint32_t i;
    for (i = 0; i < VELOCITY_Q15_N; i++) {
        seed = seed * 1664525U + 1013904223U;
        x[i] = (int16_t)(((int32_t)(seed >> 16) - 32768) / divisor + 3000);
    }
}

static uint32_t velocity_q15_rms(const ecm_velocity_q15_cfg_t *cfg, const int16_t *x,
                                 uint32_t chunk) {
    ecm_velocity_q15_t st;
    uint32_t at, rms = 0;
    ECM_CHECK(ecm_velocity_q15_init(&st, cfg) == ECM_OK);
    for (at = 0; at < VELOCITY_Q15_N; at += chunk) {
        uint32_t n = VELOCITY_Q15_N - at < chunk ? VELOCITY_Q15_N - at : chunk;
        ECM_CHECK(ecm_velocity_q15_update(&st, cfg, x + at, n) == ECM_OK);
    }
    ECM_CHECK(ecm_velocity_q15_rms(&st, cfg, &rms) == ECM_OK);
    return rms;
}

static void test_chunks(void) {
    int16_t *x = (int16_t *)(void *)ecm_test_memory;
    uint32_t chunk;
    uint16_t factor;
    velocity_q15_noise(11, x, 4);
    for (factor = 1; factor <= 4U; factor = (uint16_t)(2U * factor)) {
        ecm_velocity_q15_cfg_t cfg = velocity_q15_cfg(factor);
        uint32_t whole = velocity_q15_rms(&cfg, x, VELOCITY_Q15_N);
        ecm_test_u32("velocity_q15 rms", whole);
        ECM_CHECK(whole > 0U);
        for (chunk = 1; chunk < 100U; chunk = 2U * chunk + 1U) {
            ECM_CHECK(velocity_q15_rms(&cfg, x, chunk) == whole);
        }
    }
}

/* An offset is no vibration, but for what the cutting of products adds. */
static void test_offset(void) {
    int16_t *x = (int16_t *)(void *)ecm_test_memory;
    ecm_velocity_q15_cfg_t cfg = velocity_q15_cfg(4);
    uint32_t i, found;
    for (i = 0; i < VELOCITY_Q15_N; i++) {
        x[i] = -20000;
    }
    found = velocity_q15_rms(&cfg, x, VELOCITY_Q15_N);
    ecm_test_u32("velocity_q15 offset", found);
    ECM_CHECK(found < 200U);
}

/* The largest and slowest square waves, with all the gain that there is: they saturate
 * and do not turn over. */
static void test_saturation(void) {
    int16_t *x = (int16_t *)(void *)ecm_test_memory;
    uint32_t i, period;
    uint16_t factor;
    for (factor = 1; factor <= 4U; factor = (uint16_t)(2U * factor)) {
        ecm_velocity_q15_cfg_t cfg = velocity_q15_cfg(factor);
        cfg.up = factor == 1U ? 14U : factor == 2U ? 11U : 8U;
        for (period = 8; period <= 512U; period *= 4U) {
            for (i = 0; i < VELOCITY_Q15_N; i++) {
                x[i] = (i & (period / 2U)) != 0U ? INT16_MAX : INT16_MIN;
            }
            ecm_test_u32("velocity_q15 swing",
                         velocity_q15_rms(&cfg, x, VELOCITY_Q15_N));
        }
    }
}

static void test_refusals(void) {
    ecm_velocity_q15_cfg_t cfg = velocity_q15_cfg(4);
    ecm_velocity_q15_t st;
    int16_t x = 0;
    uint32_t rms = 7;
    cfg.up = 9;
    ECM_CHECK(ecm_velocity_q15_init(&st, &cfg) == ECM_ERR_ARG);
    cfg = velocity_q15_cfg(3);
    ECM_CHECK(ecm_velocity_q15_init(&st, &cfg) == ECM_ERR_ARG);
    cfg = velocity_q15_cfg(1);
    cfg.c1 = 16383;
    ECM_CHECK(ecm_velocity_q15_init(&st, &cfg) == ECM_ERR_ARG);
    cfg = velocity_q15_cfg(1);
    cfg.a1 = -20472; /* 1 + a2 */
    ECM_CHECK(ecm_velocity_q15_init(&st, &cfg) == ECM_ERR_ARG);
    cfg = velocity_q15_cfg(1);
    cfg.block_len = 65537U;
    ECM_CHECK(ecm_velocity_q15_init(&st, &cfg) == ECM_ERR_ARG);
    cfg.block_len = 14;
    ECM_CHECK(ecm_velocity_q15_init(NULL, &cfg) == ECM_ERR_NULL);
    ECM_CHECK(ecm_velocity_q15_init(&st, &cfg) == ECM_OK);
    ECM_CHECK(ecm_velocity_q15_rms(&st, &cfg, &rms) == ECM_MORE && rms == 7U);
    ECM_CHECK(ecm_velocity_q15_update(&st, &cfg, NULL, 1) == ECM_ERR_NULL);
    ECM_CHECK(ecm_velocity_q15_update(&st, &cfg, &x, 0) == ECM_OK);
    ECM_CHECK(ecm_velocity_q15_rms(&st, &cfg, NULL) == ECM_ERR_NULL);
}

void test_ecm_velocity_q15(void) {
    test_chunks();
    test_offset();
    test_saturation();
    test_refusals();
}
