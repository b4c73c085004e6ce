/* test_ecm_taper.c - shapes, gains and the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_taper.h"
#include "ecm_test.h"

void test_ecm_taper(void);

static ecm_taper_cfg_t taper_settings(uint32_t x_len, uint16_t kind, uint16_t form) {
    ecm_taper_cfg_t cfg;
    cfg.x_len = x_len;
    cfg.kind = kind;
    cfg.form = form;
    cfg.beta = 8.6f;
    return cfg;
}

static void test_kinds(void) {
    static const uint16_t lengths[] = {1, 2, 3, 64, 96, 101};
    float *half = ecm_test_memory;
    ecm_taper_gain_t gain;
    uint16_t kind, form;
    uint32_t i, n;
    for (kind = ECM_TAPER_HANN; kind <= ECM_TAPER_KAISER; kind++) {
        for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
            for (form = ECM_TAPER_PERIODIC; form <= ECM_TAPER_SYMMETRIC; form++) {
                ecm_taper_cfg_t cfg = taper_settings(lengths[i], kind, form);
                n = ECM_TAPER_HALF_LEN(cfg.x_len, (uint32_t)form);
                ECM_CHECK(ecm_taper_fill_f32(&cfg, half) == ECM_OK);
                ecm_test_array_f32("taper half", half, n);
                ECM_CHECK(ecm_taper_gain_f32(&cfg, half, &gain) == ECM_OK);
                ecm_test_array_f32("taper gain", &gain.coherent, 3);
                ECM_CHECK(ecm_taper_fill_q15(&cfg, (int16_t *)(void *)half) == ECM_OK);
                ecm_test_bytes("taper q15", half, n * 2U);
            }
        }
    }
}

/* 1 in the middle of an even period, and the ends by their definitions. */
static void test_values(void) {
    float *half = ecm_test_memory;
    int16_t *q15 = (int16_t *)(void *)ecm_test_memory;
    ecm_taper_cfg_t cfg;
    uint16_t kind;
    for (kind = ECM_TAPER_HANN; kind <= ECM_TAPER_KAISER; kind++) {
        cfg = taper_settings(64, kind, ECM_TAPER_PERIODIC);
        ECM_CHECK(ecm_taper_fill_f32(&cfg, half) == ECM_OK);
        ECM_CHECK(half[32] == 1.0f);
        ECM_CHECK(ecm_taper_fill_q15(&cfg, q15) == ECM_OK);
        ECM_CHECK(q15[32] == 32767);
    }
    cfg = taper_settings(64, ECM_TAPER_HANN, ECM_TAPER_PERIODIC);
    ECM_CHECK(ecm_taper_fill_f32(&cfg, half) == ECM_OK);
    ECM_CHECK(half[0] == 0.0f && half[16] == 0.5f);
    cfg = taper_settings(64, ECM_TAPER_FLAT_TOP, ECM_TAPER_PERIODIC);
    ECM_CHECK(ecm_taper_fill_f32(&cfg, half) == ECM_OK);
    ECM_CHECK(half[0] < 0.0f);
    ECM_CHECK(ecm_taper_fill_q15(&cfg, q15) == ECM_OK);
    ECM_CHECK(q15[0] == -14); /* -0.000421051 */
    cfg = taper_settings(33, ECM_TAPER_KAISER, ECM_TAPER_SYMMETRIC);
    cfg.beta = 0.0f; /* no taper at all */
    ECM_CHECK(ecm_taper_fill_f32(&cfg, half) == ECM_OK);
    ECM_CHECK(half[0] == 1.0f && half[7] == 1.0f && half[16] == 1.0f);
    cfg.beta = ECM_TAPER_BETA_MAX;
    ECM_CHECK(ecm_taper_fill_f32(&cfg, half) == ECM_OK);
    ecm_test_array_f32("taper steep", half, 17);
}

static void test_refusals(void) {
    float *half = ecm_test_memory;
    ecm_taper_gain_t gain;
    ecm_taper_cfg_t cfg = taper_settings(64, ECM_TAPER_HANN, ECM_TAPER_PERIODIC);
    half[0] = 7.0f;
    ECM_CHECK(ecm_taper_fill_f32(NULL, half) == ECM_ERR_NULL);
    ECM_CHECK(ecm_taper_fill_f32(&cfg, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_taper_fill_q15(&cfg, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_taper_gain_f32(&cfg, half, NULL) == ECM_ERR_NULL);
    cfg.x_len = 0;
    ECM_CHECK(ecm_taper_fill_f32(&cfg, half) == ECM_ERR_LENGTH);
    cfg.x_len = ECM_TAPER_LEN_MAX + 1;
    ECM_CHECK(ecm_taper_fill_f32(&cfg, half) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_taper_gain_f32(&cfg, half, &gain) == ECM_ERR_LENGTH);
    cfg = taper_settings(64, 0, ECM_TAPER_PERIODIC);
    ECM_CHECK(ecm_taper_fill_f32(&cfg, half) == ECM_ERR_ARG);
    cfg.kind = ECM_TAPER_KAISER + 1;
    ECM_CHECK(ecm_taper_fill_f32(&cfg, half) == ECM_ERR_ARG);
    cfg = taper_settings(64, ECM_TAPER_HANN, 2);
    ECM_CHECK(ecm_taper_fill_f32(&cfg, half) == ECM_ERR_ARG);
    cfg = taper_settings(64, ECM_TAPER_KAISER, ECM_TAPER_PERIODIC);
    cfg.beta = 20.5f;
    ECM_CHECK(ecm_taper_fill_f32(&cfg, half) == ECM_ERR_ARG);
    cfg.beta = -1.0f;
    ECM_CHECK(ecm_taper_fill_f32(&cfg, half) == ECM_ERR_ARG);
    cfg.beta = ecm_test_from_bits(0x7fc00000U);
    ECM_CHECK(ecm_taper_fill_f32(&cfg, half) == ECM_ERR_ARG);
    ECM_CHECK(half[0] == 7.0f);
}

void test_ecm_taper(void) {
    test_kinds();
    test_values();
    test_refusals();
}
