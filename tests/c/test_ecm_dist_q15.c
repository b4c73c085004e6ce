/* test_ecm_dist_q15.c - distances in integers, by hand and beside the floats.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_dist_q15.h"
#include "ecm_test.h"

void test_ecm_dist_q15(void);

static const int32_t edges[3] = {-1000, 0, 1000};
static const uint16_t even[4] = {8192, 8192, 8192, 8192};

static void test_by_hand(void) {
    ecm_dist_cfg_t cfg = {NULL, edges, NULL, 8, 4, ECM_DIST_FILL, 100};
    ecm_dist_q15_distances_t found;
    uint16_t count[4];
    ecm_dist_t st;
    uint32_t i;
    ECM_CHECK(ecm_dist_init(&st, &cfg, count) == ECM_OK);
    ECM_CHECK(ecm_dist_q15_distances(&st, &cfg, even, count, &found) == ECM_MORE);
    ECM_CHECK(found.n == 0U && found.freedom == 0U);
    for (i = 0; i < 8U; i++) { /* all of them in the bin from 0 to 1000 */
        ECM_CHECK(ecm_dist_update_s32(&st, &cfg, count, 500) == ECM_OK);
    }
    ECM_CHECK(ecm_dist_q15_distances(&st, &cfg, even, count, &found) == ECM_OK);
    /* F - G is -1/4, -1/2, 1/4: areas 3/8 and, where they cross, 5/24 of a bin.
     * chi2 = 64 (3 (1/16) / 2 + (9/16) / 10). */
    ECM_CHECK(found.ks == 32768U && found.n == 8U && found.freedom == 3U);
    ECM_CHECK(found.wasserstein == 583U && found.chi2 == 2458U);
    /* With half a count a bin q = (1, 1, 17, 1)/20 and s = 5/20: psi = (12 ln 5 +
     * 12 ln(17/5))/20, js^2 = (3 (5 ln(5/3) - ln 3) + 17 ln(17/11) - 5 ln(11/5))/40. */
    ECM_CHECK(found.psi - 111356U < 100U && found.jensen_shannon - 28961U < 50U);
    cfg.edges_s32 = NULL; /* 1/4 + 1/2 + 1/4 steps */
    ECM_CHECK(ecm_dist_q15_distances(&st, &cfg, even, count, &found) == ECM_OK);
    ECM_CHECK(found.wasserstein == 1U && found.fraction == 0U);
}

static void test_refusals(void) {
    static const uint16_t odd[4] = {8192, 8192, 8192, 8191};
    ecm_dist_cfg_t cfg = {NULL, edges, NULL, 8, 4, ECM_DIST_FILL, 100};
    ecm_dist_q15_distances_t found;
    uint16_t count[4];
    ecm_dist_t st;
    ECM_CHECK(ecm_dist_init(&st, &cfg, count) == ECM_OK);
    ECM_CHECK(ecm_dist_q15_distances(NULL, &cfg, even, count, &found) == ECM_ERR_NULL);
    ECM_CHECK(ecm_dist_q15_distances(&st, &cfg, NULL, count, &found) == ECM_ERR_NULL);
    ECM_CHECK(ecm_dist_q15_distances(&st, &cfg, odd, count, &found) == ECM_ERR_ARG);
    cfg.reference_n = 0;
    ECM_CHECK(ecm_dist_q15_distances(&st, &cfg, even, count, &found) == ECM_ERR_ARG);
    cfg.bins = 1;
    ECM_CHECK(ecm_dist_q15_distances(&st, &cfg, even, count, &found) == ECM_ERR_LENGTH);
}

static void test_bits(void) {
    static uint16_t known[64], count[64];
    static int32_t many[63];
    ecm_dist_cfg_t cfg = {NULL, many, NULL, 3000, 64, ECM_DIST_FORGETTING, 300};
    ecm_dist_q15_distances_t found;
    ecm_dist_t st;
    uint32_t i, seed = 7;
    for (i = 0; i < 64U; i++) {
        known[i] = i % 2U == 0U ? 612U : 412U;
    }
    for (i = 0; i < 63U; i++) {
        many[i] = ((int32_t)i - 31) * 1000;
    }
    ECM_CHECK(ecm_dist_init(&st, &cfg, count) == ECM_OK);
    for (i = 0; i < 1100U; i++) {
        seed = seed * 1664525U + 1013904223U;
        ECM_CHECK(ecm_dist_update_s32(&st, &cfg, count,
                                      (int32_t)(seed >> 16) - 30000) >= ECM_OK);
        if (i % 150U == 149U) {
            ECM_CHECK(ecm_dist_q15_distances(&st, &cfg, known, count, &found) ==
                      ECM_OK);
            ecm_test_bytes("dist_q15", &found, sizeof found);
        }
    }
}

void test_ecm_dist_q15(void) {
    test_by_hand();
    test_refusals();
    test_bits();
}
