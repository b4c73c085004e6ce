/* fuzz_ecm_monitor.c - tables of anything, values of anything, states cut and changed.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_monitor.h"
#include "ecm_drift_ph.h"
#include "ecm_fuzz.h"
#include "ecm_math.h"

void fuzz_ecm_monitor(void);

enum { VALUES = 3, ROWS = 7, SCORES = 3 };

static const uint16_t members[2] = {0, 2};
static const uint16_t inputs[2] = {1, 2};
static uint8_t *image;

static ecm_status_t image_read(void *user, uint32_t at, uint8_t *data, uint32_t bytes) {
    (void)user;
    memcpy(data, image + at, bytes);
    return ECM_OK;
}

static ecm_status_t image_erase(void *user, uint32_t at, uint32_t bytes) {
    (void)user;
    memset(image + at, 0xff, bytes);
    return ECM_OK;
}

static ecm_status_t image_write(void *user, uint32_t at, const uint8_t *data,
                                uint32_t bytes) {
    (void)user;
    memcpy(image + at, data, ecm_fuzz_once_in(8) ? bytes / 2U : bytes);
    return ecm_fuzz_once_in(16) ? ECM_ERR_STATE : ECM_OK;
}

/* Save and load; what is loaded is as good as what was saved. */
static void fuzz_keeping(uint32_t *state, const ecm_monitor_cfg_t *cfg) {
    ecm_state_store_t store = {image_read, image_erase, image_write, NULL, 0};
    store.slot_bytes = ECM_STATE_SLOT_BYTES(4U * ecm_monitor_words(cfg));
    image = (uint8_t *)ecm_fuzz_bytes(2U * store.slot_bytes);
    (void)ecm_monitor_save(state, cfg, ecm_fuzz_or_null(&store));
    (void)ecm_monitor_load(state, cfg, &store);
    ECM_FUZZ_CHECK(ecm_monitor_check(state, cfg) == ECM_OK);
}

static void fuzz_windows(uint32_t *state, const ecm_monitor_cfg_t *cfg) {
    ecm_monitor_alarm_t alarms[ROWS];
    uint32_t i, n = 0;
    for (i = ecm_fuzz_below(40); i > 0U; i--) {
        ecm_status_t status = ecm_monitor_update_f32(
            ecm_fuzz_or_null(state), cfg, ecm_fuzz_array_f32(VALUES), ecm_fuzz_below(8),
            alarms, ecm_fuzz_below(ROWS + 1U), &n);
        ECM_FUZZ_CHECK(n <= ROWS);
        ECM_FUZZ_CHECK(status <= ECM_OK);
        (void)ecm_monitor_ratio_f32(state, cfg, ecm_fuzz_below(ROWS + 1U));
        (void)ecm_monitor_raised(state, cfg, ecm_fuzz_below(ROWS + 1U));
        if (ecm_fuzz_once_in(16)) {
            fuzz_keeping(state, cfg);
        }
    }
}

static uint16_t fuzz_regime(void) {
    return ecm_fuzz_once_in(2) ? (uint16_t)ECM_MONITOR_ANY
                               : (uint16_t)ecm_fuzz_below(5);
}

static const ecm_monitor_form_t *const forms[ROWS] = {
    &ecm_monitor_form_cusum,  &ecm_monitor_form_ewma,    &ecm_monitor_form_limit,
    &ecm_monitor_form_counts, &ecm_monitor_form_classes, &ecm_monitor_form_t2,
    &ecm_monitor_form_kind};
static const ecm_dist_kind_t *const distances[6] = {
    &ecm_dist_kind_ks,  &ecm_dist_kind_chi2,           &ecm_dist_kind_wasserstein,
    &ecm_dist_kind_psi, &ecm_dist_kind_jensen_shannon, NULL};

static void fuzz_rows(ecm_monitor_row_t *rows, const void *const *settings) {
    uint32_t i;
    for (i = 0; i < ROWS; i++) {
        rows[i].cfg = settings[i];
        rows[i].top = ecm_fuzz_once_in(8) ? ecm_fuzz_f32() : 1.5f;
        rows[i].form = ecm_fuzz_once_in(64) ? NULL : forms[i];
        rows[i].what = (uint16_t)(i + 1U);
        rows[i].group =
            ecm_fuzz_once_in(16) ? (uint16_t)ecm_fuzz_below(9) : (uint16_t)(i / 3U);
        rows[i].regime = fuzz_regime();
        rows[i].score = (uint16_t)ecm_fuzz_below(SCORES);
        rows[i].up_only = (uint16_t)ecm_fuzz_below(2);
    }
}

void fuzz_ecm_monitor(void) {
    static const float edges[3] = {-1.0f, 0.0f, 1.0f};
    static const float z[7] = {-2.0f, -1.0f, -0.5f, 0.0f, 0.5f, 1.0f, 2.0f};
    static const float shares[4] = {0.25f, 0.25f, 0.25f, 0.25f};
    static const float whiten[3] = {1.0f, 0.5f, 1.0f};
    ecm_drift_cusum_cfg_t cusum = {0.25f, 3.0f};
    ecm_drift_ewma_cfg_t ewma = {0.25f, 2.0f};
    float limit = ecm_fuzz_once_in(8) ? ecm_fuzz_f32() : 2.0f;
    ecm_monitor_counts_t counts = {
        {edges, NULL, shares, 100, 4, ECM_DIST_TUMBLING, 8}, &ecm_dist_kind_ks, 0.3f};
    ecm_monitor_counts_t classes = counts;
    ecm_monitor_t2_t t2 = {{z, whiten, 2, 0.25f, 5.0f}, members};
    ecm_drift_ph_cfg_t hinkley = {0.25f, 3.0f, 0.0f, 0, ECM_DRIFT_PH_BOTH, 0};
    ecm_monitor_kind_t any = {&ecm_drift_ph_kind, &hinkley};
    ecm_persist_cfg_t persist = {{1.0f, 1.5f, 0, 0}, 0.25f, 2, 1, 2, 3};
    ecm_regime_cfg_t regime = {{edges, edges}, {1, 2}, NULL, 0.0f, 1};
    const void *settings[ROWS];
    ecm_monitor_score_t scores[SCORES];
    ecm_monitor_row_t rows[ROWS];
    ecm_monitor_group_t groups[3];
    ecm_monitor_cfg_t cfg;
    uint32_t i, words;
    uint32_t *state;
    classes.dist.edges = NULL;
    counts.distance = distances[ecm_fuzz_below(6)];
    counts.dist.form = (uint16_t)ecm_fuzz_below(4);
    counts.dist.window_len = ecm_fuzz_len(12);
    ewma.lambda = ecm_fuzz_once_in(8) ? ecm_fuzz_f32() : 0.25f;
    settings[0] = &cusum;
    settings[1] = &ewma;
    settings[2] = &limit;
    settings[3] = &counts;
    settings[4] = &classes;
    settings[5] = &t2;
    hinkley.threshold = ecm_fuzz_once_in(8) ? ecm_fuzz_f32() : 3.0f;
    settings[6] = &any;
    memset(scores, 0, sizeof scores);
    for (i = 0; i < SCORES; i++) {
        scores[i].score.scale = 1.0f;
        scores[i].score.edges = i == 0U ? edges : NULL;
        scores[i].score.scores = i == 0U ? z : NULL;
        scores[i].score.edges_len = i == 0U ? 3U : 0U;
        scores[i].score.order = (uint16_t)ecm_fuzz_below(4);
        scores[i].floor = ecm_fuzz_once_in(4) ? ecm_fuzz_f32() : 0.0f;
        scores[i].input = (uint16_t)i;
        scores[i].regime = fuzz_regime();
        groups[i].persist = ecm_fuzz_once_in(2) ? &persist : NULL;
        groups[i].hold_off = ecm_fuzz_below(4);
    }
    fuzz_rows(rows, settings);
    memset(&cfg, 0, sizeof cfg);
    cfg.id = ecm_fuzz_u32();
    cfg.scores = scores;
    cfg.scores_len = SCORES;
    cfg.rows = rows;
    cfg.rows_len = ROWS;
    cfg.groups = groups;
    cfg.groups_len = 3;
    cfg.regime = ecm_fuzz_or_null(&regime);
    cfg.regime_len = (uint16_t)(ecm_fuzz_once_in(4) ? ecm_fuzz_below(3) : 2U);
    cfg.regime_inputs = inputs;
    cfg.log = ecm_fuzz_once_in(8) ? NULL : ecm_math_log_f32;
    cfg.persist_update = ecm_fuzz_once_in(8) ? NULL : ecm_persist_update_f32;
    cfg.regime_update = ecm_fuzz_once_in(8) ? NULL : ecm_regime_update_f32;
    words = ecm_monitor_words(&cfg);
    state = (uint32_t *)ecm_fuzz_bytes(4U * words + 4U);
    if (words != 0U && ecm_monitor_init(state, &cfg) == ECM_OK) {
        fuzz_windows(state, &cfg);
    }
}
