/* fuzz_ecm_monitor_data.c - tables whose numbers are anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_math.h"
#include "ecm_monitor_data.h"

void fuzz_ecm_monitor_data(void);

enum { SCORES = 2, ROWS = 6 };

static const float edges[3] = {-1.0f, 0.0f, 1.0f};
static const float z[7] = {-2.0f, -1.0f, -0.5f, 0.0f, 0.5f, 1.0f, 2.0f};
static const float shares[4] = {0.25f, 0.25f, 0.25f, 0.25f};
static const float whiten[3] = {1.0f, 0.5f, 1.0f};
static const uint16_t members[2] = {0, 1};
static const ecm_drift_cusum_cfg_t cusum = {0.25f, 3.0f};
static const ecm_drift_ewma_cfg_t ewma = {0.25f, 2.0f};
static const float limit = 2.0f;
static const ecm_monitor_counts_t counts = {
    {edges, NULL, shares, 100, 4, ECM_DIST_TUMBLING, 8}, &ecm_dist_kind_ks, 0.3f};
static const ecm_monitor_counts_t classes = {
    {NULL, NULL, shares, 100, 4, ECM_DIST_TUMBLING, 8}, &ecm_dist_kind_psi, 0.3f};
static const ecm_monitor_t2_t t2 = {{z, whiten, 2, 0.25f, 5.0f}, members};
static const ecm_monitor_score_t scores[SCORES] = {
    {{0.0f, 1.0f, {0, 0, 0, 0}, edges, z, 1, 3}, 0.0f, 0, ECM_MONITOR_ANY, 0.5f},
    {{0.0f, 1.0f, {0, 0, 0, 0}, NULL, NULL, 0, 0}, 1.0f, 1, ECM_MONITOR_ANY, 0.0f}};
static const ecm_monitor_row_t rows[ROWS] = {
    {&cusum, 1.0f, &ecm_monitor_form_cusum, 1, 0, ECM_MONITOR_ANY, 0, 0},
    {&ewma, 1.0f, &ecm_monitor_form_ewma, 1, 0, ECM_MONITOR_ANY, 0, 0},
    {&limit, 1.0f, &ecm_monitor_form_limit, 6, 0, ECM_MONITOR_ANY, 1, 0},
    {&counts, 1.0f, &ecm_monitor_form_counts, 3, 0, ECM_MONITOR_ANY, 0, 0},
    {&classes, 1.0f, &ecm_monitor_form_classes, 4, 0, ECM_MONITOR_ANY, 0, 0},
    {&t2, 1.0f, &ecm_monitor_form_t2, 5, 0, ECM_MONITOR_ANY, 0, 0}};
static const ecm_monitor_group_t groups[1] = {{NULL, 0}};
static const ecm_monitor_cfg_t cfg = {.id = 3,
                                      .scores = scores,
                                      .rows = rows,
                                      .groups = groups,
                                      .scores_len = SCORES,
                                      .rows_len = ROWS,
                                      .groups_len = 1,
                                      .log = ecm_math_log_f32};

/* Watch whatever comes by tables that were allowed. */
static void watch(const ecm_monitor_cfg_t *made) {
    uint32_t *state = (uint32_t *)ecm_fuzz_bytes(4U * ecm_monitor_words(made));
    ecm_monitor_alarm_t alarms[2];
    uint32_t i, found = 0;
    ECM_FUZZ_CHECK(ecm_monitor_init(state, made) == ECM_OK);
    for (i = ecm_fuzz_below(12); i > 0U; i--) {
        (void)ecm_monitor_update_f32(state, made, ecm_fuzz_array_f32(2),
                                     ecm_fuzz_below(5), alarms, 2, &found);
        ECM_FUZZ_CHECK(found <= 2U);
    }
}

/* By any baseline, tables that were allowed stay so. */
static void rebase(const ecm_monitor_cfg_t *made) {
    ecm_monitor_score_t *moved = ecm_fuzz_bytes(SCORES * sizeof *moved);
    uint32_t *state = (uint32_t *)ecm_fuzz_bytes(4U * ecm_monitor_words(made));
    ecm_monitor_cfg_t own = *made;
    float *means = ecm_fuzz_array_f32(2), *spreads = ecm_fuzz_array_f32(2);
    bool allowed = ecm_monitor_init(state, made) == ECM_OK;
    own.scores = moved;
    if (ecm_monitor_rebase_f32(made->scores, SCORES, ecm_fuzz_or_null(means), spreads,
                               ecm_fuzz_below(3), moved) == ECM_OK) {
        ECM_FUZZ_CHECK((ecm_monitor_init(state, &own) == ECM_OK) == allowed);
        watch(&own);
    }
}

void fuzz_ecm_monitor_data(void) {
    uint32_t len = ecm_monitor_data_len(&cfg), i;
    uint32_t *data = (uint32_t *)ecm_fuzz_bytes(4U * len);
    ecm_monitor_tables_t tables;
    ecm_monitor_cfg_t made;
    tables.scores = ecm_fuzz_bytes(SCORES * sizeof *tables.scores);
    tables.rows = ecm_fuzz_bytes(ROWS * sizeof *tables.rows);
    tables.counts = ecm_fuzz_bytes(2 * sizeof *tables.counts);
    tables.t2 = ecm_fuzz_bytes(sizeof *tables.t2);
    tables.counts_len = (uint16_t)(ecm_fuzz_once_in(16) ? 1U : 2U);
    tables.t2_len = (uint16_t)(ecm_fuzz_once_in(16) ? 0U : 1U);
    ECM_FUZZ_CHECK(len > 0U);
    if (ecm_fuzz_once_in(2)) {
        ECM_FUZZ_CHECK(ecm_monitor_data_get(&cfg, data) == ECM_OK);
        for (i = ecm_fuzz_below(4); i > 0U; i--) {
            data[ecm_fuzz_below(len)] = ecm_fuzz_u32();
        }
    }
    ecm_fuzz_judge(ecm_monitor_data_check(ecm_fuzz_once_in(16) ? NULL : &cfg, data));
    if (ecm_monitor_data_set(&cfg, ecm_fuzz_or_null(data), &tables, &made) == ECM_OK) {
        ECM_FUZZ_CHECK(ecm_monitor_data_len(&made) == len);
        watch(&made);
        rebase(&made);
    }
}
