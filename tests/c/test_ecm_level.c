/* test_ecm_level.c - zones: limits, hysteresis, hold-off, the same steps everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_level.h"
#include "ecm_test.h"

void test_ecm_level(void);

static const float limits[3] = {2.3f, 4.5f, 7.1f};

static void test_zones(void) {
    static const float x[] = {-1.0f, 2.3f, 2.4f, 4.5f, 4.6f, 7.1f, 7.2f};
    static const uint32_t expected[] = {0, 0, 1, 1, 2, 2, 3};
    uint32_t i, zone = 9;
    for (i = 0; i < 7U; i++) {
        ECM_CHECK(ecm_level_zone_f32(limits, 3, x[i], &zone) == ECM_OK);
        ECM_CHECK(zone == expected[i]);
    }
    ECM_CHECK(ecm_level_zone_f32(limits, 3, ecm_test_from_bits(0x7f800000U), &zone) ==
              ECM_OK);
    ECM_CHECK(zone == 3U);
    ECM_CHECK(ecm_level_zone_f32(limits, 3, ecm_test_from_bits(0x7fc00000U), &zone) ==
              ECM_ERR_ARG);
    ECM_CHECK(ecm_level_zone_f32(limits, 0, 1.0f, &zone) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_level_zone_f32(limits, 17, 1.0f, &zone) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_level_zone_f32(NULL, 3, 1.0f, &zone) == ECM_ERR_NULL);
    ECM_CHECK(zone == 3U);
}

/* Two values up, three down; 10 % below a limit on the way down. */
static void test_brakes(void) {
    static const float release[3] = {2.07f, 4.05f, 6.39f};
    static const ecm_level_cfg_t cfg = {limits, release, 3, 2, 3};
    static const float x[] = {9.0f, 2.0f, 9.0f, 5.0f, 4.4f, 4.4f, 4.4f,
                              4.4f, 4.0f, 4.0f, 2.2f, 1.0f, 1.0f, 9.0f,
                              1.0f, 1.0f, 1.0f, 8.0f, 3.0f, 8.0f, 8.0f};
    static const uint32_t expected[] = {0, 0, 0, 2, 2, 2, 2, 2, 2, 2, 1,
                                        1, 1, 1, 1, 1, 0, 0, 1, 1, 3};
    ecm_level_t st;
    uint32_t i, zone = 9;
    ECM_CHECK(ecm_level_init_f32(&st, &cfg) == ECM_OK);
    for (i = 0; i < 21U; i++) {
        ECM_CHECK(ecm_level_update_f32(&st, &cfg, x[i], &zone) == ECM_OK);
        ECM_CHECK(zone == expected[i]);
    }
    ecm_test_bytes("level state", &st, sizeof st);
}

static void test_noise(void) {
    static const float rising[2] = {-0.2f, 0.4f};
    static const ecm_level_cfg_t cfg = {rising, NULL, 2, 1, 2};
    float *x = ecm_test_memory;
    ecm_level_t st;
    uint32_t i, zone = 0, sum = 0;
    ecm_test_noise_f32(12, x, 500);
    ECM_CHECK(ecm_level_init_f32(&st, &cfg) == ECM_OK);
    for (i = 0; i < 500U; i++) {
        ECM_CHECK(ecm_level_update_f32(&st, &cfg, x[i], &zone) == ECM_OK);
        sum = 3U * sum + zone;
    }
    ecm_test_u32("level noise", sum);
}

static void test_refusals(void) {
    static const float wrong[3] = {1.0f, 1.0f, 2.0f}, high[3] = {2.0f, 4.6f, 6.0f};
    static const float mixed[3] = {2.0f, 1.0f, 6.0f};
    ecm_level_cfg_t cfg = {wrong, NULL, 3, 1, 1};
    ecm_level_t st = {1, 2, 3};
    uint32_t zone = 7;
    ECM_CHECK(ecm_level_init_f32(&st, &cfg) == ECM_ERR_ARG);
    cfg.limits = limits;
    cfg.release = high;
    ECM_CHECK(ecm_level_init_f32(&st, &cfg) == ECM_ERR_ARG);
    cfg.release = mixed;
    ECM_CHECK(ecm_level_init_f32(&st, &cfg) == ECM_ERR_ARG);
    cfg.release = NULL;
    cfg.hold_up = 0;
    ECM_CHECK(ecm_level_init_f32(&st, &cfg) == ECM_ERR_ARG);
    cfg.hold_up = 1;
    cfg.limits_len = 0;
    ECM_CHECK(ecm_level_init_f32(&st, &cfg) == ECM_ERR_LENGTH);
    cfg.limits_len = 3;
    ECM_CHECK(ecm_level_init_f32(NULL, &cfg) == ECM_ERR_NULL);
    ECM_CHECK(st.zone == 1U && st.toward == 2U && st.run == 3U);
    ECM_CHECK(ecm_level_init_f32(&st, &cfg) == ECM_OK);
    ECM_CHECK(ecm_level_update_f32(&st, &cfg, ecm_test_from_bits(0x7fc00000U), &zone) ==
              ECM_ERR_ARG);
    ECM_CHECK(ecm_level_update_f32(&st, &cfg, 1.0f, NULL) == ECM_ERR_NULL);
    ECM_CHECK(zone == 7U);
}

void test_ecm_level(void) {
    test_zones();
    test_brakes();
    test_noise();
    test_refusals();
}
