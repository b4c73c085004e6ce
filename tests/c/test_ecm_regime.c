/* test_ecm_regime.c - cells and centres by hand, refusals, the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_regime.h"
#include "ecm_test.h"

void test_ecm_regime(void);

static const float speed[] = {10.0f, 20.0f};
static const float load[] = {0.5f};
static const float centres[] = {0.0f, 0.0f, 3.0f, 4.0f};
static const ecm_kmeans_t model = {centres, 2, 2};
static const ecm_regime_cfg_t cells = {{speed, load}, {2, 1}, NULL, 0.0f, 2};
static const ecm_regime_cfg_t near_one = {{NULL, NULL}, {0, 0}, &model, 2.0f, 1};

static void test_by_hand(void) {
    static const float x[][2] = {
        {15.0f, 0.7f}, {12.0f, 0.9f}, {25.0f, 0.5f}, {25.0f, 0.2f}, {10.0f, 0.1f}};
    static const uint32_t expected[] = {ECM_REGIME_NONE, 3, ECM_REGIME_NONE, 4,
                                        ECM_REGIME_NONE};
    static const float points[][2] = {{0.5f, 0.5f}, {1.5f, 2.0f}, {3.0f, 3.0f}};
    static const uint32_t nearest[] = {0, ECM_REGIME_NONE, 1};
    ecm_regime_t st;
    uint32_t i, regime;
    ECM_CHECK(ecm_regime_count(&cells) == 6U && ecm_regime_count(&near_one) == 2U);
    ECM_CHECK(ecm_regime_count(NULL) == 0U);
    ECM_CHECK(ecm_regime_init(&st) == ECM_OK);
    for (i = 0; i < 5U; i++) {
        ECM_CHECK(ecm_regime_update_f32(&st, &cells, x[i], &regime) == ECM_OK);
        ECM_CHECK(regime == expected[i] && regime == st.regime);
    }
    ECM_CHECK(ecm_regime_init(&st) == ECM_OK);
    for (i = 0; i < 3U; i++) {
        ECM_CHECK(ecm_regime_update_f32(&st, &near_one, points[i], &regime) == ECM_OK);
        ECM_CHECK(regime == nearest[i]);
    }
}

static void test_refusals(void) {
    ecm_regime_cfg_t bad = cells;
    ecm_regime_t st;
    float x[2] = {0.0f, 0.0f};
    uint32_t regime;
    ECM_CHECK(ecm_regime_init(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_regime_init(&st) == ECM_OK);
    ECM_CHECK(ecm_regime_update_f32(&st, &cells, NULL, &regime) == ECM_ERR_NULL);
    bad.edges[1] = NULL;
    ECM_CHECK(ecm_regime_update_f32(&st, &bad, x, &regime) == ECM_ERR_NULL);
    bad.dwell = 0;
    ECM_CHECK(ecm_regime_update_f32(&st, &bad, x, &regime) == ECM_ERR_ARG);
    x[1] = ecm_test_from_bits(0x7fc00000U);
    ECM_CHECK(ecm_regime_update_f32(&st, &cells, x, &regime) == ECM_ERR_ARG);
    ECM_CHECK(st.run == 0U);
}

static void test_bits(void) {
    float *x = ecm_test_memory;
    ecm_regime_t st;
    uint32_t i, regime, sum = 0;
    ecm_test_noise_f32(13, x, 400);
    ECM_CHECK(ecm_regime_init(&st) == ECM_OK);
    for (i = 0; i < 200U; i++) {
        x[2U * i] = 15.0f + 12.0f * x[2U * i];
        ECM_CHECK(ecm_regime_update_f32(&st, &cells, x + 2U * i, &regime) == ECM_OK);
        sum = sum * 31U + regime;
    }
    ecm_test_u32("regime", sum);
    ecm_test_bytes("regime state", &st, sizeof st);
}

void test_ecm_regime(void) {
    test_by_hand();
    test_refusals();
    test_bits();
}
