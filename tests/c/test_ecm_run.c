/* test_ecm_run.c - off, starting, steady, changing: by hand, and refusals.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_run.h"
#include "ecm_test.h"

void test_ecm_run(void);

static const ecm_run_cfg_t cfg = {5.0f, 1.0f, 2};

/* Speed and what it makes of the machine. */
static void test_day(void) {
    static const float speed[] = {0.0f,  4.9f,  5.0f,  15.0f, 25.0f, 25.5f,
                                  25.0f, 25.0f, 24.0f, 22.9f, 22.8f, 22.7f,
                                  22.6f, 4.0f,  22.6f, 22.6f, 22.6f, 22.6f};
    static const uint8_t expected[] = {1, 1, 2, 2, 2, 2, 2, 0, 0,
                                       2, 2, 2, 0, 1, 2, 2, 2, 0};
    ecm_run_t st;
    uint32_t i, state = 9;
    ECM_CHECK(ecm_run_init(&st, &cfg) == ECM_OK && st.state == ECM_RUN_OFF);
    for (i = 0; i < sizeof expected; i++) {
        ECM_CHECK(ecm_run_update_f32(&st, &cfg, speed[i], &state) == ECM_OK);
        ECM_CHECK(state == expected[i] && st.state == state);
    }
    ecm_test_bytes("run", &st, sizeof st);
}

/* A machine that runs when the device starts is watched once it has settled. */
static void test_start(void) {
    ecm_run_cfg_t own = cfg;
    ecm_run_t st;
    uint32_t i, state = 9;
    own.settle_len = 0;
    ECM_CHECK(ecm_run_init(&st, &own) == ECM_OK);
    for (i = 0; i < 3U; i++) {
        ECM_CHECK(ecm_run_update_f32(&st, &own, 30.0f, &state) == ECM_OK);
        ECM_CHECK(state == (i == 0U ? ECM_RUN_TRANSIENT : ECM_RUN_STEADY));
    }
}

static void test_refusals(void) {
    static const uint32_t odd[] = {0x7fc00000U, 0x7f800000U, 0xbf800000U};
    ecm_run_cfg_t bad;
    ecm_run_t st;
    uint32_t i, state = 9;
    for (i = 0; i < 3U; i++) {
        bad = cfg;
        bad.off_below = ecm_test_from_bits(odd[i]);
        ECM_CHECK(ecm_run_init(&st, &bad) == ECM_ERR_ARG);
        bad = cfg;
        bad.change_most = ecm_test_from_bits(odd[i]);
        ECM_CHECK(ecm_run_init(&st, &bad) == ECM_ERR_ARG);
    }
    ECM_CHECK(ecm_run_init(NULL, &cfg) == ECM_ERR_NULL);
    ECM_CHECK(ecm_run_init(&st, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_run_init(&st, &cfg) == ECM_OK);
    for (i = 0; i < 2U; i++) {
        ECM_CHECK(ecm_run_update_f32(&st, &cfg, ecm_test_from_bits(odd[i]), &state) ==
                  ECM_ERR_ARG);
    }
    ECM_CHECK(ecm_run_update_f32(&st, &cfg, 1.0f, NULL) == ECM_ERR_NULL);
    ECM_CHECK(state == 9U && st.last == 0.0f);
}

void test_ecm_run(void) {
    test_day();
    test_start();
    test_refusals();
}
