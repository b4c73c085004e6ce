/* test_ecm_persist.c - levels by hand, refusals, the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_persist.h"
#include "ecm_test.h"

void test_ecm_persist(void);

static const ecm_persist_cfg_t cfg = {{1.0f, 3.0f, 0.0f, 0.0f}, 0.5f, 2, 2, 3, 2};

static void test_by_hand(void) {
    static const float x[] = {2.0f, 2.0f, 9.0f, 9.0f, 0.8f, 0.4f, 0.4f, 0.4f, 0.4f};
    static const uint32_t levels[] = {0, 1, 1, 1, 2, 2, 2, 0, 0};
    static const uint32_t events[] = {0, 1, 0, 0, 1, 0, 0, 2, 0};
    ecm_persist_t st;
    uint32_t i, event;
    ECM_CHECK(ecm_persist_init(&st) == ECM_OK);
    for (i = 0; i < 9U; i++) {
        ECM_CHECK(ecm_persist_update_f32(&st, &cfg, x[i], &event) == ECM_OK);
        ECM_CHECK(st.level == levels[i] && event == events[i]);
    }
}

static void test_refusals(void) {
    ecm_persist_cfg_t bad = cfg;
    ecm_persist_t st;
    uint32_t event;
    ECM_CHECK(ecm_persist_init(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_persist_init(&st) == ECM_OK);
    ECM_CHECK(ecm_persist_update_f32(&st, &cfg, 0.0f, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_persist_update_f32(&st, &cfg, ecm_test_from_bits(0x7fc00000U),
                                     &event) == ECM_ERR_ARG);
    bad.n = 33;
    ECM_CHECK(ecm_persist_update_f32(&st, &bad, 0.0f, &event) == ECM_ERR_ARG);
    st.level = 3;
    ECM_CHECK(ecm_persist_update_f32(&st, &cfg, 0.0f, &event) == ECM_ERR_STATE);
}

static void test_bits(void) {
    static const ecm_persist_cfg_t four = {
        {-0.5f, 0.0f, 0.4f, 0.7f}, 0.1f, 4, 5, 32, 3};
    float *x = ecm_test_memory;
    uint8_t *told = (uint8_t *)(ecm_test_memory + 500);
    ecm_persist_t st;
    uint32_t i, event;
    ecm_test_noise_f32(12, x, 500);
    ECM_CHECK(ecm_persist_init(&st) == ECM_OK);
    for (i = 0; i < 500U; i++) {
        ECM_CHECK(ecm_persist_update_f32(&st, &four, x[i], &event) == ECM_OK);
        told[i] = (uint8_t)(4U * st.level + event);
    }
    ecm_test_bytes("persist", told, 500);
    ecm_test_bytes("persist state", &st, sizeof st);
}

void test_ecm_persist(void) {
    test_by_hand();
    test_refusals();
    test_bits();
}
