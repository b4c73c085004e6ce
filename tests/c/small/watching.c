/* watching.c - distributions, moments, persistence, regimes, sensor health and a plan
 * of monitors whose numbers are data, in float, for a core of 8 bits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_dist.h"
#include "ecm_health.h"
#include "ecm_moments.h"
#include "ecm_monitor_data.h"
#include "ecm_persist.h"
#include "ecm_regime.h"
#include "ecm_test.h"

#define LEN 200U

static float x[LEN];
static const float edges[7] = {-0.75f, -0.5f, -0.25f, 0.0f, 0.25f, 0.5f, 0.75f};
static const float shares[8] = {0.125f, 0.125f, 0.125f, 0.125f,
                                0.125f, 0.125f, 0.125f, 0.125f};

void ecm_test_run_all(void);

static void counters(uint16_t form) {
    ecm_dist_cfg_t cfg = {NULL, NULL, NULL, 300, 8, 0, 32};
    ecm_dist_distances_t found;
    ecm_dist_t st;
    uint16_t count[8];
    uint32_t i, classes;
    cfg.reference = shares;
    cfg.form = form;
    for (classes = 0; classes < 2U; classes++) {
        cfg.edges = classes != 0U ? NULL : edges;
        ECM_CHECK(ecm_dist_init(&st, &cfg, count) == ECM_OK);
        for (i = 0; i < LEN; i++) {
            ecm_status_t status =
                classes != 0U ? ecm_dist_update_class(&st, &cfg, count, i * i % 7U)
                              : ecm_dist_update_f32(&st, &cfg, count, x[i]);
            ECM_CHECK(status >= ECM_OK);
            if (status == ECM_DIST_COMPLETE) {
                ECM_CHECK(ecm_dist_distances_f32(&st, &cfg, count, &found) == ECM_OK);
                ecm_test_f32("ks", found.ks);
                ecm_test_f32("chi2", found.chi2);
                ecm_test_f32("wasserstein", found.wasserstein);
                ecm_test_f32("jensen_shannon", found.jensen_shannon);
                ecm_test_f32("psi", found.psi);
            }
        }
        ecm_test_bytes("dist", count, sizeof count);
    }
}

static void around(void) {
    static const float speeds[2] = {-0.2f, 0.3f};
    static const ecm_persist_cfg_t persist = {{0.5f, 0.8f, 0, 0}, 0.25f, 2, 2, 3, 4};
    ecm_regime_cfg_t cells = {{NULL, NULL}, {2, 0}, NULL, 0.0f, 2};
    ecm_persist_t persist_st;
    ecm_regime_t regime_st;
    ecm_moments_t moments;
    ecm_moments_result_t result;
    uint32_t i, event, regime = 0, sum = 0;
    cells.edges[0] = speeds;
    ECM_CHECK(ecm_persist_init(&persist_st) == ECM_OK);
    ECM_CHECK(ecm_regime_init(&regime_st) == ECM_OK);
    for (i = 0; i < LEN; i++) {
        ECM_CHECK(ecm_persist_update_f32(&persist_st, &persist, x[i], &event) ==
                  ECM_OK);
        ECM_CHECK(ecm_regime_update_f32(&regime_st, &cells, &x[i], &regime) == ECM_OK);
        sum = 31U * sum + 8U * event + (regime & 7U);
    }
    ecm_test_u32("persist and regime", sum);
    ECM_CHECK(ecm_moments_init(&moments) == ECM_OK);
    ECM_CHECK(ecm_moments_update_f32(&moments, x, LEN) == ECM_OK);
    ECM_CHECK(ecm_moments_result_f32(&moments, &result) == ECM_OK);
    ecm_test_bytes("moments", &moments, sizeof moments);
}

static void sensor(void) {
    ecm_health_cfg_t cfg = {2.0f, 8,    0,    -0.9f, 0.9f, 1.6f,      1,       50,
                            0.5f, 0.0f, 0.3f, 0.4f,  2.5f, 1000000UL, 20000UL, 50};
    ecm_health_t st;
    uint32_t verdict = 0, times = 0;
    ECM_CHECK(ecm_health_init(&st) == ECM_OK);
    ECM_CHECK(ecm_health_update_f32(&st, &cfg, x, LEN, &verdict) == ECM_OK);
    ecm_test_u32("health", verdict);
    for (times = 0; times < 6U; times++) {
        ECM_CHECK(ecm_health_time(&st, &cfg, times * 26000UL, 25, &verdict) == ECM_OK);
        ecm_test_u32("health time", verdict);
    }
    ecm_test_bytes("health state", &st, sizeof st);
}

/* The monitors' tables, and the same with numbers that came as data. */
static void monitors(void) {
    static const ecm_drift_cusum_cfg_t cusum = {0.25f, 3.0f};
    static const ecm_drift_ewma_cfg_t ewma = {0.25f, 1.5f};
    static const ecm_monitor_counts_t counts = {
        {edges, NULL, shares, 100, 8, ECM_DIST_TUMBLING, 32}, &ecm_dist_kind_psi, 0.3f};
    static const ecm_monitor_score_t score = {
        {0.0f, 1.5f, {0.25f, 0, 0, 0}, NULL, NULL, 1, 0},
        0.0f,
        0,
        ECM_MONITOR_ANY,
        0.0f};
    static const ecm_monitor_row_t rows[3] = {
        {&cusum, 1.0f, &ecm_monitor_form_cusum, 1, 0, ECM_MONITOR_ANY, 0, 0},
        {&ewma, 1.0f, &ecm_monitor_form_ewma, 1, 1, ECM_MONITOR_ANY, 0, 0},
        {&counts, 1.0f, &ecm_monitor_form_counts, 3, 2, ECM_MONITOR_ANY, 0, 0}};
    static const ecm_monitor_group_t groups[3] = {{NULL, 0}, {NULL, 2}, {NULL, 0}};
    static const ecm_monitor_cfg_t cfg = {.id = 9,
                                          .scores = &score,
                                          .rows = rows,
                                          .groups = groups,
                                          .scores_len = 1,
                                          .rows_len = 3,
                                          .groups_len = 3};
    static uint32_t state[120], data[40];
    ecm_monitor_score_t own_score;
    ecm_monitor_row_t own_rows[3];
    ecm_monitor_counts_t own_counts;
    ecm_monitor_tables_t tables = {NULL, NULL, NULL, NULL, 1, 0};
    ecm_monitor_alarm_t alarms[3];
    ecm_monitor_cfg_t made;
    uint32_t i, round, found = 0;
    tables.scores = &own_score;
    tables.rows = own_rows;
    tables.counts = &own_counts;
    ECM_CHECK(ecm_monitor_data_len(&cfg) <= 40U);
    ECM_CHECK(4U * ecm_monitor_words(&cfg) <= sizeof state);
    ECM_CHECK(ecm_monitor_data_get(&cfg, data) == ECM_OK);
    for (round = 0; round < 2U; round++) {
        ECM_CHECK(ecm_monitor_data_set(&cfg, data, &tables, &made) == ECM_OK);
        ECM_CHECK(ecm_monitor_init(state, &made) == ECM_OK);
        for (i = 0; i < LEN; i++) {
            ECM_CHECK(ecm_monitor_update_f32(state, &made, &x[i], 0, alarms, 3,
                                             &found) == ECM_OK);
            if (found != 0U) {
                ecm_test_bytes("alarms", alarms, found * (uint32_t)sizeof alarms[0]);
            }
        }
        ecm_test_bytes("monitors", state, 4U * ecm_monitor_words(&cfg));
        data[1] = 0x3e800000UL; /* another center: 0.25 */
    }
}

void ecm_test_run_all(void) {
    uint32_t i;
    ecm_test_noise_f32(5, x, LEN);
    for (i = LEN / 2U; i < LEN; i++) {
        x[i] = 0.5f * x[i] + 0.4f;
    }
    counters(ECM_DIST_TUMBLING);
    counters(ECM_DIST_FORGETTING);
    around();
    sensor();
    monitors();
}
