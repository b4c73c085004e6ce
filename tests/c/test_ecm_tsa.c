/* test_ecm_tsa.c - averages over turns: chunks, weights, the same bits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_test.h"
#include "ecm_tsa.h"

void test_ecm_tsa(void);

enum { TSA_N = 500, TSA_TURN = 24 };

static void test_chunks(void) {
    float *x = ecm_test_memory, *whole = x + TSA_N, *mean = whole + TSA_TURN;
    float *rest = mean + TSA_TURN;
    ecm_tsa_cfg_t cfg = {TSA_TURN, 0.0f};
    ecm_tsa_t st;
    uint32_t chunk, at, i, k;
    ecm_test_noise_f32(2, x, TSA_N);
    for (k = 0; k < 2U; k++) {
        cfg.weight = k == 0U ? 0.0f : 0.125f;
        ECM_CHECK(ecm_tsa_init(&st, &cfg, whole) == ECM_OK);
        ECM_CHECK(ecm_tsa_update_f32(&st, &cfg, whole, x, TSA_N) == ECM_OK);
        ECM_CHECK(st.turns == 21U && st.at == 20U);
        ecm_test_array_f32("tsa mean", whole, TSA_TURN);
        for (chunk = 1; chunk < 200U; chunk = 2U * chunk + 3U) {
            ECM_CHECK(ecm_tsa_init(&st, &cfg, mean) == ECM_OK);
            for (at = 0; at < TSA_N; at += chunk) {
                uint32_t n = TSA_N - at < chunk ? TSA_N - at : chunk;
                ECM_CHECK(ecm_tsa_update_f32(&st, &cfg, mean, x + at, n) == ECM_OK);
            }
            for (i = 0; i < TSA_TURN; i++) {
                ECM_CHECK(mean[i] == whole[i]);
            }
        }
        ECM_CHECK(ecm_tsa_residual_f32(&cfg, whole, 5, x + 5, 100, rest) == ECM_OK);
        for (i = 0; i < 100U; i++) {
            ECM_CHECK(rest[i] == x[i + 5U] - whole[(i + 5U) % TSA_TURN]);
        }
        ecm_test_array_f32("tsa residual", rest, 100);
    }
}

static void test_refusals(void) {
    ecm_tsa_cfg_t cfg = {0, 0.0f};
    ecm_tsa_t st;
    float mean[2] = {3.0f, 3.0f}, x = 0.0f;
    ECM_CHECK(ecm_tsa_init(&st, &cfg, mean) == ECM_ERR_ARG);
    cfg.per_turn = 2;
    cfg.weight = 1.5f;
    ECM_CHECK(ecm_tsa_init(&st, &cfg, mean) == ECM_ERR_ARG);
    cfg.weight = ecm_test_from_bits(0x7fc00000U);
    ECM_CHECK(ecm_tsa_init(&st, &cfg, mean) == ECM_ERR_ARG && mean[0] == 3.0f);
    cfg.weight = 1.0f;
    ECM_CHECK(ecm_tsa_init(&st, NULL, mean) == ECM_ERR_NULL);
    ECM_CHECK(ecm_tsa_init(&st, &cfg, mean) == ECM_OK && mean[1] == 0.0f);
    ECM_CHECK(ecm_tsa_update_f32(&st, &cfg, mean, NULL, 1) == ECM_ERR_NULL);
    ECM_CHECK(ecm_tsa_residual_f32(&cfg, mean, 2, &x, 1, &x) == ECM_ERR_ARG);
    ECM_CHECK(ecm_tsa_residual_f32(&cfg, mean, 0, NULL, 1, &x) == ECM_ERR_NULL);
}

void test_ecm_tsa(void) {
    test_chunks();
    test_refusals();
}
