/* test_ecm_drift_q15.c - integer charts by hand, refusals, the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_drift_q15.h"
#include "ecm_test.h"

void test_ecm_drift_q15(void);

static int16_t noise(uint32_t *seed, int32_t shift) {
    *seed = *seed * 1664525U + 1013904223U;
    return (int16_t)((int32_t)(*seed >> 18) - 8192 + shift);
}

static void test_cusum(void) {
    static const ecm_drift_q15_cusum_cfg_t cfg = {2048, 20000};
    static const ecm_drift_q15_cusum_cfg_t bad = {-1, 20000};
    ecm_drift_q15_cusum_t st;
    uint32_t i, seed = 1, alarm, since, sum = 0;
    ECM_CHECK(ecm_drift_q15_cusum_init(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_drift_q15_cusum_init(&st) == ECM_OK);
    ECM_CHECK(ecm_drift_q15_cusum_update(&st, &cfg, 0, NULL, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_drift_q15_cusum_update(&st, &bad, 0, &alarm, NULL) == ECM_ERR_ARG);
    ECM_CHECK(ecm_drift_q15_cusum_update(&st, &cfg, 12288, &alarm, &since) == ECM_OK);
    ECM_CHECK(st.up == 10240 && st.down == 0 && alarm == ECM_DRIFT_NONE);
    ECM_CHECK(ecm_drift_q15_cusum_update(&st, &cfg, 12288, &alarm, &since) == ECM_OK);
    ECM_CHECK(alarm == ECM_DRIFT_UP && since == 2U && st.alarms_n == 1U);
    ECM_CHECK(ecm_drift_q15_cusum_update(&st, &cfg, -32768, &alarm, &since) == ECM_OK);
    ECM_CHECK(alarm == ECM_DRIFT_DOWN && since == 1U && st.up == 0);
    for (i = 0; i < 400U; i++) {
        ECM_CHECK(ecm_drift_q15_cusum_update(&st, &cfg,
                                             noise(&seed, i < 200U ? 0 : 3000), &alarm,
                                             &since) == ECM_OK);
        sum = sum * 31U + alarm + 4U * since;
    }
    ecm_test_u32("drift_q15 cusum", sum);
    ecm_test_bytes("drift_q15 cusum", &st, sizeof st);
}

static void test_ewma(void) {
    static const ecm_drift_q15_ewma_cfg_t cfg = {4096, 0, 10066330}; /* 1/8, 3 sd */
    static const ecm_drift_q15_ewma_cfg_t bad = {0, 0, 1};
    ecm_drift_q15_ewma_t st;
    uint32_t i, seed = 2, alarm, since, sum = 0;
    ECM_CHECK(ecm_drift_q15_ewma_init(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_drift_q15_ewma_init(&st) == ECM_OK);
    ECM_CHECK(ecm_drift_q15_ewma_update(&st, &cfg, 0, NULL, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_drift_q15_ewma_update(&st, &bad, 0, &alarm, NULL) == ECM_ERR_ARG);
    ECM_CHECK(ecm_drift_q15_ewma_update(&st, &cfg, -4096, &alarm, &since) == ECM_OK);
    ECM_CHECK(st.mean == -((int32_t)1 << 24) && alarm == ECM_DRIFT_NONE &&
              st.since == 1U);
    ECM_CHECK(ecm_drift_q15_ewma_update(&st, &cfg, 32767, &alarm, &since) == ECM_OK);
    ECM_CHECK(alarm == ECM_DRIFT_UP && since == 1U && st.alarms_n == 1U);
    for (i = 0; i < 400U; i++) {
        ECM_CHECK(ecm_drift_q15_ewma_update(&st, &cfg,
                                            noise(&seed, i < 200U ? 0 : 3000), &alarm,
                                            &since) == ECM_OK);
        sum = sum * 31U + alarm + 4U * since;
    }
    ecm_test_u32("drift_q15 ewma", sum);
    ecm_test_bytes("drift_q15 ewma", &st, sizeof st);
}

static void test_ph(void) {
    static const ecm_drift_q15_ph_cfg_t cfg = {512, 20000, 30, 3};
    static const ecm_drift_q15_ph_cfg_t bad = {512, 20000, 30, 4};
    ecm_drift_q15_ph_t st;
    uint32_t i, seed = 3, alarm, since, sum = 0;
    ECM_CHECK(ecm_drift_q15_ph_init(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_drift_q15_ph_init(&st) == ECM_OK);
    ECM_CHECK(ecm_drift_q15_ph_update(&st, &cfg, 0, NULL, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_drift_q15_ph_update(&st, &bad, 0, &alarm, NULL) == ECM_ERR_ARG);
    ECM_CHECK(ecm_drift_q15_ph_update(&st, &cfg, 1000, &alarm, &since) == ECM_OK);
    ECM_CHECK(st.up == 0 && st.down == 0 && st.n == 1U && since == 0U);
    ECM_CHECK(ecm_drift_q15_ph_update(&st, &cfg, 3000, &alarm, &since) == ECM_OK);
    ECM_CHECK(st.up == 488 && st.up_since == 1U); /* 3000 - 2000 - 512 */
    for (i = 0; i < 400U; i++) {
        ECM_CHECK(ecm_drift_q15_ph_update(&st, &cfg, noise(&seed, i < 200U ? 0 : 3000),
                                          &alarm, &since) == ECM_OK);
        sum = sum * 31U + alarm + 4U * since;
    }
    ECM_CHECK(st.alarms_n > 0U);
    ecm_test_u32("drift_q15 ph", sum);
    ecm_test_bytes("drift_q15 ph", &st, sizeof st);
    ECM_CHECK(ecm_drift_q15_ph_init(&st) == ECM_OK);
    st.n = (uint32_t)1 << 30; /* the mean stays as it is */
    ECM_CHECK(ecm_drift_q15_ph_update(&st, &cfg, 1000, &alarm, &since) == ECM_OK);
    ECM_CHECK(st.n == (uint32_t)1 << 30 && st.mean == 0 && st.up == 488);
    ECM_CHECK(ecm_drift_q15_ph_init(&st) == ECM_OK);
    st.n = ((uint32_t)1 << 30) - 1U; /* the last value that moves it */
    st.rest = ((uint32_t)1 << 30) - 2U;
    ECM_CHECK(ecm_drift_q15_ph_update(&st, &cfg, 1000, &alarm, &since) == ECM_OK);
    ECM_CHECK(st.n == (uint32_t)1 << 30 && st.mean == 1 && st.rest == 999U);
}

void test_ecm_drift_q15(void) {
    test_cusum();
    test_ph();
    test_ewma();
}
