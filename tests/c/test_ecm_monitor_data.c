/* test_ecm_monitor_data.c - tables with other numbers watch as if they had them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_monitor_data.h"
#include "ecm_math.h"
#include "ecm_test.h"

void test_ecm_monitor_data(void);

enum {
    SCORES = 2,
    ROWS = 6,
    WORDS = 1 + 19 + 9 + 6 + 2 + 2 + 1 + 9 + 6 + 7,
    STATE = 160
};

/* Numbers of one kind of tables; the structure is the same for all. */
typedef struct {
    float edges[3];
    float z[7];
    float shares[4];
    float whiten[3];
    ecm_drift_cusum_cfg_t cusum;
    ecm_drift_ewma_cfg_t ewma;
    float limit;
    ecm_monitor_counts_t counts;
    ecm_monitor_counts_t classes;
    ecm_monitor_t2_t t2;
    ecm_monitor_score_t scores[SCORES];
    ecm_monitor_row_t rows[ROWS];
    ecm_monitor_cfg_t cfg;
} numbers_t;

static const uint16_t members[2] = {0, 1};
static const ecm_monitor_group_t groups[ROWS] = {{NULL, 0}, {NULL, 0}, {NULL, 0},
                                                 {NULL, 0}, {NULL, 0}, {NULL, 0}};

static const ecm_monitor_form_t *const forms[ROWS] = {
    &ecm_monitor_form_cusum,  &ecm_monitor_form_ewma,    &ecm_monitor_form_limit,
    &ecm_monitor_form_counts, &ecm_monitor_form_classes, &ecm_monitor_form_t2};

/* Tables whose numbers differ by `by`. */
static void make(numbers_t *own, float by) {
    static const float edges[3] = {-1.0f, 0.0f, 1.0f};
    static const float z[7] = {-2.0f, -1.0f, -0.5f, 0.0f, 0.5f, 1.0f, 2.0f};
    static const float whiten[3] = {1.0f, 0.25f, 1.0f};
    const void *settings[ROWS];
    uint32_t i;
    memset(own, 0, sizeof *own);
    for (i = 0; i < 7U; i++) {
        own->z[i] = z[i] * (1.0f + by);
        if (i < 4U) {
            own->shares[i] = 0.25f;
        }
        if (i < 3U) {
            own->edges[i] = edges[i] + by;
            own->whiten[i] = whiten[i] + by;
        }
    }
    own->shares[0] += 0.25f * by;
    own->shares[3] -= 0.25f * by;
    own->cusum.k = 0.25f + by;
    own->cusum.h = 2.0f + by;
    own->ewma.lambda = 0.25f + 0.5f * by;
    own->ewma.limit = 1.5f + by;
    own->limit = 1.0f + by;
    own->counts.dist.edges = own->edges;
    own->counts.dist.reference = own->shares;
    own->counts.dist.reference_n = by > 0.0f ? 200 : 100;
    own->counts.dist.bins = 4;
    own->counts.dist.form = ECM_DIST_TUMBLING;
    own->counts.dist.window_len = 8;
    own->counts.distance = &ecm_dist_kind_chi2;
    own->counts.limit = 3.0f + by;
    own->classes = own->counts;
    own->classes.dist.edges = NULL;
    own->t2.t2.mean = own->edges;
    own->t2.t2.whiten = own->whiten;
    own->t2.t2.features_len = 2;
    own->t2.t2.lambda = 0.5f + by;
    own->t2.t2.limit = 4.0f + by;
    own->t2.scores = members;
    settings[0] = &own->cusum;
    settings[1] = &own->ewma;
    settings[2] = &own->limit;
    settings[3] = &own->counts;
    settings[4] = &own->classes;
    settings[5] = &own->t2;
    for (i = 0; i < ROWS; i++) {
        own->rows[i].cfg = settings[i];
        own->rows[i].top = 1.0f + by;
        own->rows[i].form = forms[i];
        own->rows[i].what = ECM_MONITOR_MEAN;
        own->rows[i].group = (uint16_t)i;
        own->rows[i].regime = ECM_MONITOR_ANY;
        own->rows[i].score = (uint16_t)(i % SCORES);
    }
    for (i = 0; i < SCORES; i++) {
        own->scores[i].score.center = by;
        own->scores[i].score.scale = 1.0f + by;
        own->scores[i].score.phi[0] = by;
        own->scores[i].score.order = by > 0.0f ? 1U : 0U;
        own->scores[i].input = (uint16_t)i;
        own->scores[i].regime = ECM_MONITOR_ANY;
    }
    own->scores[0].score.edges = own->edges;
    own->scores[0].score.scores = own->z;
    own->scores[0].score.edges_len = 3;
    own->scores[0].spread = 0.5f + by;
    own->scores[1].floor = by > 0.0f ? 4.0f : 5.0f;
    own->cfg.id = by > 0.0f ? 8U : 7U;
    own->cfg.scores = own->scores;
    own->cfg.rows = own->rows;
    own->cfg.groups = groups;
    own->cfg.scores_len = SCORES;
    own->cfg.rows_len = ROWS;
    own->cfg.groups_len = ROWS;
    own->cfg.log = ecm_math_log_f32;
}

/* Run over noise; the state afterwards. */
static uint32_t run(const ecm_monitor_cfg_t *cfg, uint32_t *state) {
    ecm_monitor_alarm_t alarms[ROWS];
    float x[2];
    uint32_t i, found = 0, sum = 0;
    ECM_CHECK(ecm_monitor_words(cfg) <= STATE);
    ECM_CHECK(ecm_monitor_init(state, cfg) == ECM_OK);
    for (i = 0; i < 40U; i++) {
        ecm_test_noise_f32(i + 1U, x, 2);
        x[0] = 2.0f * x[0];
        ECM_CHECK(ecm_monitor_update_f32(state, cfg, x, i % 4U, alarms, ROWS, &found) ==
                  ECM_OK);
        sum += found;
    }
    return sum;
}

static numbers_t first, second;

/* Memory for tables with other numbers. */
typedef struct {
    ecm_monitor_score_t scores[SCORES];
    ecm_monitor_row_t rows[ROWS];
    ecm_monitor_counts_t counts[2];
    ecm_monitor_t2_t t2[1];
    ecm_monitor_tables_t tables;
} memory_t;

static void give(memory_t *own) {
    memset(own, 0, sizeof *own);
    own->tables.scores = own->scores;
    own->tables.rows = own->rows;
    own->tables.counts = own->counts;
    own->tables.t2 = own->t2;
    own->tables.counts_len = 2;
    own->tables.t2_len = 1;
}

static void test_other_numbers(void) {
    uint32_t *data = (uint32_t *)(void *)ecm_test_memory;
    uint32_t *state = data + WORDS, *again = state + STATE, i, words, alarms[3];
    memory_t memory;
    ecm_monitor_cfg_t made;
    give(&memory);
    make(&first, 0.0f);
    make(&second, 0.125f);
    words = ecm_monitor_words(&first.cfg);
    ECM_CHECK(ecm_monitor_data_len(&first.cfg) == WORDS);
    ECM_CHECK(ecm_monitor_data_get(&second.cfg, data) == ECM_OK && data[0] == 8U);
    ecm_test_bytes("monitor_data numbers", data, 4U * WORDS);
    ECM_CHECK(ecm_monitor_data_set(&first.cfg, data, &memory.tables, &made) == ECM_OK);
    alarms[0] = run(&first.cfg, state);
    alarms[1] = run(&second.cfg, state);
    alarms[2] = run(&made, again);
    ECM_CHECK(made.id == 8U && alarms[1] == alarms[2] && alarms[0] != alarms[1]);
    for (i = 0; i < words; i++) {
        ECM_CHECK(state[i] == again[i]);
    }
    ecm_test_bytes("monitor_data state", again, 4U * words);
    /* What was read from data gives data again, and the first tables are themselves. */
    ECM_CHECK(ecm_monitor_data_get(&made, again) == ECM_OK);
    for (i = 0; i < WORDS; i++) {
        ECM_CHECK(again[i] == data[i]);
    }
    ECM_CHECK(ecm_monitor_data_get(&first.cfg, data) == ECM_OK);
    ECM_CHECK(ecm_monitor_data_set(&first.cfg, data, &memory.tables, &made) == ECM_OK);
    ECM_CHECK(run(&made, state) == alarms[0]);
}

static bool is_filled(const void *memory, uint32_t bytes) {
    const uint8_t *data = (const uint8_t *)memory;
    uint32_t i;
    for (i = 0; i < bytes && data[i] == 0x5aU; i++) {
    }
    return i == bytes;
}

static void test_refusals(void) {
    uint32_t *data = (uint32_t *)(void *)ecm_test_memory;
    memory_t memory;
    ecm_monitor_tables_t none = {NULL, NULL, NULL, NULL, 2, 1};
    ecm_monitor_cfg_t made;
    make(&first, 0.0f);
    ECM_CHECK(ecm_monitor_data_len(NULL) == 0U);
    ECM_CHECK(ecm_monitor_data_get(NULL, data) == ECM_ERR_NULL);
    ECM_CHECK(ecm_monitor_data_get(&first.cfg, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_monitor_data_get(&first.cfg, data) == ECM_OK);
    ECM_CHECK(ecm_monitor_data_set(&first.cfg, data, &none, &made) == ECM_ERR_NULL);
    give(&memory);
    ECM_CHECK(ecm_monitor_data_set(&first.cfg, data, NULL, &made) == ECM_ERR_NULL);
    ECM_CHECK(ecm_monitor_data_set(&first.cfg, data, &memory.tables, NULL) ==
              ECM_ERR_NULL);
    ECM_CHECK(ecm_monitor_data_set(&first.cfg, NULL, &memory.tables, &made) ==
              ECM_ERR_NULL);
    memory.tables.counts_len = 1;
    ECM_CHECK(ecm_monitor_data_set(&first.cfg, data, &memory.tables, &made) ==
              ECM_ERR_LENGTH);
    memory.tables.counts_len = 2;
    data[9] = ECM_SCORE_ORDER_MAX + 1; /* order of the first score */
    memset(memory.scores, 0x5a, sizeof memory.scores);
    memset(memory.rows, 0x5a, sizeof memory.rows);
    ECM_CHECK(ecm_monitor_data_set(&first.cfg, data, &memory.tables, &made) ==
              ECM_ERR_FORMAT);
    ECM_CHECK(is_filled(memory.scores, sizeof memory.scores) &&
              is_filled(memory.rows, sizeof memory.rows));
    ECM_CHECK(ecm_monitor_data_check(&first.cfg, data) == ECM_ERR_FORMAT);
    ECM_CHECK(ecm_monitor_data_check(&first.cfg, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_monitor_data_check(NULL, data) == ECM_ERR_NULL);
    second.cfg = first.cfg;
    second.scores[0] = first.scores[0];
    second.scores[0].score.edges = NULL;
    second.cfg.scores = second.scores;
    ECM_CHECK(ecm_monitor_data_get(&second.cfg, data) == ECM_ERR_NULL);
}

/* A machine of twice the spread about 10: what it gives has the scores of what the
 * reference would have given, whatever learns from them. */
static void test_rebase(void) {
    static const float means[2] = {10.0f, 10.0f};
    float spreads[2] = {1.0f, 1.0f};
    ecm_monitor_score_t moved[SCORES];
    make(&first, 0.0f);
    ECM_CHECK(ecm_monitor_rebase_f32(first.scores, SCORES, means, spreads, 2, moved) ==
              ECM_OK);
    ECM_CHECK(moved[0].score.center == 10.0f && moved[0].score.scale == 0.5f);
    ECM_CHECK(moved[0].score.edges == first.edges && moved[0].spread == 0.5f);
    ECM_CHECK(moved[1].score.center == 0.0f && moved[1].score.scale == 1.0f);
    /* an input that is no feature, a spread of nothing, or one without an inverse */
    ECM_CHECK(ecm_monitor_rebase_f32(first.scores, SCORES, means, spreads, 0, moved) ==
              ECM_OK);
    ECM_CHECK(moved[0].score.center == 0.0f && moved[0].score.scale == 1.0f);
    spreads[0] = 0.0f;
    ECM_CHECK(ecm_monitor_rebase_f32(first.scores, 1, means, spreads, 2, moved) ==
              ECM_OK);
    ECM_CHECK(moved[0].score.center == 0.0f);
    spreads[0] = ecm_test_from_bits(1); /* the least number above 0 */
    ECM_CHECK(ecm_monitor_rebase_f32(first.scores, 1, means, spreads, 2, moved) ==
              ECM_OK);
    ECM_CHECK(moved[0].score.center == 0.0f && moved[0].score.scale == 1.0f);
    ECM_CHECK(ecm_monitor_rebase_f32(NULL, 1, means, spreads, 2, moved) ==
              ECM_ERR_NULL);
    ECM_CHECK(ecm_monitor_rebase_f32(first.scores, 1, means, NULL, 2, moved) ==
              ECM_ERR_NULL);
    ECM_CHECK(ecm_monitor_rebase_f32(first.scores, 1, NULL, NULL, 0, moved) == ECM_OK);
    ECM_CHECK(ecm_monitor_rebase_f32(NULL, 0, NULL, NULL, 0, NULL) == ECM_OK);
}

/* What is taken starts; what would not start is not taken, and writes nothing. */
static void test_each_number(void) {
    static const float odd[3] = {-1.0f, 0.0f, 3.0f};
    uint32_t *data = (uint32_t *)(void *)ecm_test_memory, *state = data + WORDS;
    uint32_t i, n, taken = 0, nan_bits = 0x7fc00000U;
    memory_t memory;
    ecm_monitor_cfg_t made;
    give(&memory);
    make(&first, 0.0f);
    for (i = 0; i < 4U * WORDS; i++) {
        bool fits;
        n = i / 4U;
        ECM_CHECK(ecm_monitor_data_get(&first.cfg, data) == ECM_OK);
        memcpy(&data[n], i % 4U < 3U ? (const void *)&odd[i % 4U] : &nan_bits, 4);
        memset(memory.rows, 0x5a, sizeof memory.rows);
        fits = ecm_monitor_data_set(&first.cfg, data, &memory.tables, &made) == ECM_OK;
        ECM_CHECK(fits == (ecm_monitor_data_check(&first.cfg, data) == ECM_OK));
        ECM_CHECK(fits || is_filled(memory.rows, sizeof memory.rows));
        ECM_CHECK(!fits || ecm_monitor_init(state, &made) == ECM_OK);
        taken += fits ? 1U : 0U;
    }
    ECM_CHECK(taken > 0U && taken < 4U * WORDS);
    ecm_test_u32("monitor_data taken", taken);
    first.cfg.log = NULL; /* the second score asks for it */
    ECM_CHECK(ecm_monitor_data_get(&first.cfg, data) == ECM_OK);
    ECM_CHECK(ecm_monitor_data_check(&first.cfg, data) == ECM_ERR_FORMAT);
}

void test_ecm_monitor_data(void) {
    test_other_numbers();
    test_rebase();
    test_refusals();
    test_each_number();
}
