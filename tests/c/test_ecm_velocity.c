/* test_ecm_velocity.c - RMS of velocity: chunks, start, refusals, the same bits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_test.h"
#include "ecm_velocity.h"

void test_ecm_velocity(void);

enum { VELOCITY_N = 1200 };

static ecm_velocity_cfg_f32_t velocity_cfg(uint32_t factor) {
    ecm_velocity_cfg_f32_t cfg = {0.0557f,  0.00154f, -0.768f, 0.249f, 0.0625f,
                                  0.01126f, 1,        5,       7};
    cfg.factor = factor;
    return cfg;
}

static float velocity_rms(const ecm_velocity_cfg_f32_t *cfg, const float *x,
                          uint32_t x_len, uint32_t chunk) {
    ecm_velocity_f32_t st;
    float rms = -1.0f;
    uint32_t at;
    ECM_CHECK(ecm_velocity_init_f32(&st, cfg) == ECM_OK);
    for (at = 0; at < x_len; at += chunk) {
        uint32_t n = x_len - at < chunk ? x_len - at : chunk;
        ECM_CHECK(ecm_velocity_update_f32(&st, cfg, x + at, n) == ECM_OK);
    }
    ECM_CHECK(ecm_velocity_rms_f32(&st, cfg, &rms) == ECM_OK);
    return rms;
}

static void test_chunks(void) {
    float *x = ecm_test_memory;
    uint32_t factor, chunk, i;
    ecm_test_noise_f32(11, x, VELOCITY_N);
    for (i = 0; i < VELOCITY_N; i++) {
        x[i] += 0.75f;
    }
    for (factor = 1; factor <= 4U; factor *= 2U) {
        ecm_velocity_cfg_f32_t cfg = velocity_cfg(factor);
        float whole = velocity_rms(&cfg, x, VELOCITY_N, VELOCITY_N);
        ecm_test_f32("velocity rms", whole);
        ECM_CHECK(whole > 0.0f);
        for (chunk = 1; chunk < 100U; chunk = 2U * chunk + 1U) {
            ECM_CHECK(velocity_rms(&cfg, x, VELOCITY_N, chunk) == whole);
        }
    }
}

/* A square wave of 16 samples about an offset, and nothing but the offset. */
static void test_an_offset_is_no_vibration(void) {
    float *x = ecm_test_memory;
    uint32_t factor, i;
    for (factor = 1; factor <= 4U; factor *= 2U) {
        ecm_velocity_cfg_f32_t cfg = velocity_cfg(factor);
        for (i = 0; i < VELOCITY_N; i++) {
            x[i] = 9.8f;
        }
        ECM_CHECK(velocity_rms(&cfg, x, VELOCITY_N, VELOCITY_N) == 0.0f);
        for (i = 0; i < VELOCITY_N; i++) {
            x[i] += (i & 8U) != 0U ? 1.0f : -1.0f;
        }
        ecm_test_f32("velocity square", velocity_rms(&cfg, x, VELOCITY_N, 100));
    }
}

static void test_warm_up(void) {
    ecm_velocity_cfg_f32_t cfg = velocity_cfg(2);
    ecm_velocity_f32_t st;
    float *x = ecm_test_memory, rms = -1.0f;
    uint32_t need = (5U + 8U * 7U) * 4U;
    ecm_test_noise_f32(3, x, need);
    ECM_CHECK(ecm_velocity_init_f32(&st, &cfg) == ECM_OK);
    ECM_CHECK(ecm_velocity_rms_f32(&st, &cfg, &rms) == ECM_MORE);
    ECM_CHECK(ecm_velocity_update_f32(&st, &cfg, x, need - 1U) == ECM_OK);
    ECM_CHECK(ecm_velocity_rms_f32(&st, &cfg, &rms) == ECM_MORE && rms == -1.0f);
    ECM_CHECK(ecm_velocity_update_f32(&st, &cfg, x + need - 1U, 1) == ECM_OK);
    ECM_CHECK(ecm_velocity_rms_f32(&st, &cfg, &rms) == ECM_OK && rms > 0.0f);
    ecm_test_bytes("velocity state", &st, sizeof st);
}

static void test_refusals(void) {
    ecm_velocity_cfg_f32_t cfg = velocity_cfg(3);
    ecm_velocity_f32_t st;
    float x = 0.0f;
    ECM_CHECK(ecm_velocity_init_f32(&st, &cfg) == ECM_ERR_ARG);
    cfg = velocity_cfg(1);
    ECM_CHECK(ecm_velocity_init_f32(NULL, &cfg) == ECM_ERR_NULL);
    ECM_CHECK(ecm_velocity_init_f32(&st, NULL) == ECM_ERR_NULL);
    cfg.block_len = 0;
    ECM_CHECK(ecm_velocity_init_f32(&st, &cfg) == ECM_ERR_ARG);
    cfg = velocity_cfg(1);
    cfg.a1 = ecm_test_from_bits(0x7fc00000U);
    ECM_CHECK(ecm_velocity_init_f32(&st, &cfg) == ECM_ERR_ARG);
    cfg = velocity_cfg(1);
    ECM_CHECK(ecm_velocity_init_f32(&st, &cfg) == ECM_OK);
    ECM_CHECK(ecm_velocity_update_f32(&st, &cfg, NULL, 1) == ECM_ERR_NULL);
    ECM_CHECK(ecm_velocity_update_f32(&st, &cfg, NULL, 0) == ECM_OK);
    ECM_CHECK(ecm_velocity_rms_f32(&st, &cfg, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_velocity_rms_f32(&st, NULL, &x) == ECM_ERR_NULL);
}

void test_ecm_velocity(void) {
    test_chunks();
    test_an_offset_is_no_vibration();
    test_warm_up();
    test_refusals();
}
