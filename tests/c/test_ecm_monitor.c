/* test_ecm_monitor.c - tables against direct calls, regimes, levels, keeping, refusals.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_monitor.h"
#include "ecm_adwin.h"
#include "ecm_drift_ph.h"
#include "ecm_math.h"
#include "ecm_sr.h"
#include "ecm_test.h"

void test_ecm_monitor(void);

enum { VALUES = 4, WORDS_MAX = 200, ALARMS = 10 };

/* Values: two features, a speed, a latency. */
static const float score_edges[] = {-0.6f, -0.2f, 0.2f, 0.6f};
static const float score_values[] = {-1.5f,   -1.0f, -0.75f, -0.5f, 0.0f,
                                     0.0625f, 0.75f, 1.0f,   1.5f};
#define SCORE(at, of)                                                                  \
    {{0.05f, 1.0f, {0.25f, 0, 0, 0}, score_edges, score_values, 1, 4},                 \
     0.0f,                                                                             \
     at,                                                                               \
     of,                                                                               \
     0.0f}
#define PLAIN(at, added)                                                               \
    {{0.0f, 1.0f, {0, 0, 0, 0}, NULL, NULL, 0, 0}, added, at, ECM_MONITOR_ANY, 0.0f}
static const ecm_monitor_score_t scores[] = {SCORE(0, 0), SCORE(0, 1),
                                             SCORE(1, ECM_MONITOR_ANY), PLAIN(0, 2.0f),
                                             PLAIN(3, 0.0f)};

static const ecm_drift_cusum_cfg_t cusum = {0.25f, 4.0f};
static const ecm_drift_cusum_cfg_t cusum_top = {0.25f, 9.0f};
static const ecm_drift_ewma_cfg_t ewma = {0.125f, 2.5f};
static const float latency = 0.75f;
static const float bin_edges[] = {-1.0f, 0.0f, 1.0f};
static const float bin_shares[] = {0.25f, 0.25f, 0.25f, 0.25f};
static const float class_shares[] = {0.5f, 0.3f, 0.2f};
static const ecm_monitor_counts_t counts = {
    {bin_edges, NULL, bin_shares, 400, 4, ECM_DIST_TUMBLING, 16},
    &ecm_dist_kind_wasserstein,
    0.3f};
static const ecm_monitor_counts_t classes = {
    {NULL, NULL, class_shares, 400, 3, ECM_DIST_TUMBLING, 20},
    &ecm_dist_kind_jensen_shannon,
    0.2f};
static const float zeros[2] = {0.0f, 0.0f};
static const float whiten[] = {1.0f, -0.5f, 1.25f};
static const uint16_t members[] = {2, 3};
static const ecm_monitor_t2_t t2 = {{zeros, whiten, 2, 0.25f, 6.0f}, members};

static const ecm_monitor_row_t rows[] = {
    {&cusum_top, 2.25f, &ecm_monitor_form_cusum, ECM_MONITOR_MEAN, 0, 0, 0, 0},
    {&cusum_top, 2.25f, &ecm_monitor_form_cusum, ECM_MONITOR_MEAN, 0, 1, 1, 1},
    {&cusum, 1.0f, &ecm_monitor_form_cusum, ECM_MONITOR_SCALE, 1, ECM_MONITOR_ANY, 2,
     0},
    {&ewma, 1.0f, &ecm_monitor_form_ewma, ECM_MONITOR_MEAN, 1, ECM_MONITOR_ANY, 2, 0},
    {&counts, 1.0f, &ecm_monitor_form_counts, ECM_MONITOR_SHAPE, 2, ECM_MONITOR_ANY, 2,
     0},
    {&t2, 1.0f, &ecm_monitor_form_t2, ECM_MONITOR_TOGETHER, 3, ECM_MONITOR_ANY, 0, 0},
    {&classes, 1.0f, &ecm_monitor_form_classes, ECM_MONITOR_MIX, 4, ECM_MONITOR_ANY, 0,
     0},
    {&latency, 1.0f, &ecm_monitor_form_limit, ECM_MONITOR_VALUE, 5, ECM_MONITOR_ANY, 4,
     0}};
static const ecm_persist_cfg_t persist = {{1.0f, 1.25f, 0, 0}, 0.25f, 2, 2, 3, 4};
static const ecm_monitor_group_t groups[] = {{&persist, 0}, {NULL, 5}, {NULL, 0},
                                             {NULL, 0},     {NULL, 0}, {NULL, 3}};
static const float speed_edges[] = {0.0f};
static const ecm_regime_cfg_t regime = {{speed_edges, NULL}, {1, 0}, NULL, 0.0f, 3};
static const uint16_t regime_inputs[] = {2};
static const ecm_monitor_cfg_t plan = {.id = 77,
                                       .scores = scores,
                                       .rows = rows,
                                       .groups = groups,
                                       .scores_len = 5,
                                       .rows_len = 8,
                                       .groups_len = 6,
                                       .regime_len = 1,
                                       .regime = &regime,
                                       .regime_inputs = regime_inputs,
                                       .log = ecm_math_log_f32,
                                       .persist_update = ecm_persist_update_f32,
                                       .regime_update = ecm_regime_update_f32};

static uint32_t *state_memory(void) {
    return (uint32_t *)(void *)ecm_test_memory;
}

static float *value_memory(void) {
    return ecm_test_memory + WORDS_MAX;
}

/* Values of window i: a shift of value 0, a change of regime, a latency. */
static void window_of(const float *noise, uint32_t i, float *x) {
    x[0] = 0.5f * noise[4U * i] + (i >= 200U ? 0.8f : 0.05f);
    x[1] = 0.5f * noise[4U * i + 1U] + (i >= 300U ? 0.4f : 0.05f);
    x[2] = (i / 25U) % 2U == 0U ? -1.0f : 1.0f;
    x[3] = i == 90U ? 0.9f : 0.5f;
    if (i == 130U) {
        x[1] = ecm_test_from_bits(0x7fc00000U);
    }
}

static uint32_t class_of(const float *noise, uint32_t i) {
    float u = noise[4U * i + 2U];
    return i >= 200U ? 2U : u < 0.0f ? 0U : u < 0.6f ? 1U : i % 9U == 0U ? 23U : 2U;
}

static void test_the_same_bits(void) {
    ecm_monitor_alarm_t alarms[ALARMS];
    uint32_t *state = state_memory(), i, n, words = ecm_monitor_words(&plan), seen = 0;
    float *noise = value_memory(), x[VALUES];
    ECM_CHECK(words > 0U && words <= (uint32_t)WORDS_MAX);
    ecm_test_u32("monitor words", words);
    ecm_test_noise_f32(21, noise, 1600);
    ECM_CHECK(ecm_monitor_init(state, &plan) == ECM_OK);
    for (i = 0; i < 400U; i++) {
        window_of(noise, i, x);
        ECM_CHECK(ecm_monitor_update_f32(state, &plan, x, class_of(noise, i), alarms,
                                         ALARMS, &n) == ECM_OK);
        if (n > 0U) {
            ecm_test_u32("monitor at", i);
            ecm_test_bytes("monitor alarms", alarms, n * (uint32_t)sizeof *alarms);
        }
        for (; n > 0U; n--) {
            seen |= (uint32_t)1 << alarms[n - 1U].group;
        }
    }
    ecm_test_u32("monitor seen", seen);
    ECM_CHECK(seen == 0x3fU); /* each group spoke */
    ecm_test_bytes("monitor state", state, 4U * words);
    for (i = 0; i < 6U; i++) {
        ecm_test_f32("monitor ratio", ecm_monitor_ratio_f32(state, &plan, i));
    }
}

/* One row of each form, against what it is made of. */
static void test_direct_calls(void) {
    ecm_monitor_cfg_t one = plan;
    ecm_monitor_alarm_t alarms[ALARMS];
    ecm_score_t score;
    ecm_drift_cusum_t sums;
    ecm_drift_ewma_t mean;
    uint32_t *state = state_memory(), i, n, up, fell, since, direct = 0, raised = 0;
    float *noise = value_memory(), x[VALUES], z = 0.0f;
    ecm_monitor_row_t own[2];
    ecm_monitor_group_t plain[1] = {{NULL, 0}};
    own[0] = rows[2];
    own[1] = rows[3];
    own[0].group = own[1].group = 0;
    one.rows = own;
    one.rows_len = 2;
    one.groups = plain;
    one.groups_len = 1;
    ecm_test_noise_f32(22, noise, 1600);
    ECM_CHECK(ecm_monitor_init(state, &one) == ECM_OK);
    ECM_CHECK(ecm_score_init(&score) == ECM_OK);
    ECM_CHECK(ecm_drift_cusum_init(&sums) == ECM_OK);
    ECM_CHECK(ecm_drift_ewma_init(&mean) == ECM_OK);
    for (i = 0; i < 400U; i++) {
        bool known;
        window_of(noise, i, x);
        x[1] = i == 130U ? x[1] : x[1] + (i >= 200U ? 0.3f : 0.0f);
        ECM_CHECK(ecm_monitor_update_f32(state, &one, x, 0, alarms, 2, &n) == ECM_OK);
        raised += n;
        if (i == 130U) {
            ECM_CHECK(ecm_score_init(&score) == ECM_OK && n == 0U);
            continue;
        }
        known = ecm_score_update_f32(&score, &scores[2].score, x[1], &z) == ECM_OK;
        if (!known) {
            ECM_CHECK(n == 0U);
            continue;
        }
        ECM_CHECK(ecm_drift_cusum_update_f32(&sums, &cusum, z, &up, &since) == ECM_OK);
        ECM_CHECK(ecm_drift_ewma_update_f32(&mean, &ewma, z, &fell, NULL) == ECM_OK);
        direct += (up != 0U ? 1U : 0U) + (fell != 0U ? 1U : 0U);
        ECM_CHECK(n == (up != 0U ? 1U : 0U) + (fell != 0U ? 1U : 0U));
        ECM_CHECK(up == 0U ||
                  (alarms[0].since == since && alarms[0].what == ECM_MONITOR_SCALE &&
                   alarms[0].direction == up + 2U));
    }
    ECM_CHECK(raised == direct && direct > 5U);
}

/* Rows of any detector: Page-Hinkley, an e-detector and ADWIN, against direct calls. */
static const ecm_drift_ph_cfg_t hinkley = {0.25f, 4.0f, 0.0f, 0, ECM_DRIFT_PH_BOTH, 0};
static const ecm_sr_alternative_t rivals[] = {
    {-0.5f, 1.0f, 0.0f, 0.5f, ECM_DRIFT_UP},
    {-0.69314718f, 0.0f, 0.375f, 0.5f, ECM_DRIFT_WIDER}};
static const ecm_sr_cfg_t evidence = {rivals, 2, 200.0f};
static const ecm_adwin_cfg_t adwin = {0.05f, 4, 5, 5, 10};
static const ecm_monitor_kind_t kinds[] = {{&ecm_drift_ph_kind, &hinkley},
                                           {&ecm_sr_kind, &evidence},
                                           {&ecm_adwin_kind, &adwin}};
static const ecm_monitor_row_t kind_rows[] = {
    {&kinds[0], 1.0f, &ecm_monitor_form_kind, ECM_MONITOR_MEAN, 0, ECM_MONITOR_ANY, 4,
     0},
    {&kinds[1], 1.0f, &ecm_monitor_form_kind, ECM_MONITOR_MEAN, 1, ECM_MONITOR_ANY, 4,
     0},
    {&kinds[2], 1.0f, &ecm_monitor_form_kind, ECM_MONITOR_MEAN, 2, ECM_MONITOR_ANY, 4,
     0}};
static const ecm_monitor_group_t kind_groups[] = {{NULL, 0}, {&persist, 0}, {NULL, 0}};

static ecm_monitor_cfg_t plan_of_kinds(void) {
    ecm_monitor_cfg_t made = plan;
    made.rows = kind_rows;
    made.rows_len = 3;
    made.groups = kind_groups;
    made.groups_len = 3;
    return made;
}

static void test_any_kind(void) {
    ecm_monitor_cfg_t own = plan_of_kinds();
    ecm_monitor_alarm_t alarms[ALARMS];
    ecm_drift_ph_t mean;
    uint32_t *state = state_memory(), i, n, what, since, seen = 0, scale = 0;
    float *noise = ecm_test_memory + 600, x[VALUES] = {0};
    ecm_test_noise_f32(24, noise, 600);
    ECM_CHECK(ecm_monitor_words(&own) > 240U && ecm_monitor_words(&own) < 500U);
    ECM_CHECK(ecm_monitor_init(state, &own) == ECM_OK);
    ECM_CHECK(ecm_drift_ph_init(&mean) == ECM_OK);
    for (i = 0; i < 600U; i++) {
        x[3] = (i < 400U ? 1.5f : 5.0f) * noise[i] + (i >= 200U && i < 400U ? 2.0f : 0);
        ECM_CHECK(ecm_monitor_update_f32(state, &own, x, 0, alarms, ALARMS, &n) ==
                  ECM_OK);
        ECM_CHECK(ecm_drift_ph_update_f32(&mean, &hinkley, x[3], &what, &since) ==
                  ECM_OK);
        ECM_CHECK((what != 0U) == (n > 0U && alarms[0].group == 0U));
        if (what != 0U) {
            ECM_CHECK(alarms[0].direction == what && alarms[0].since == since &&
                      alarms[0].ratio > 1.0f);
        }
        for (; n > 0U; n--) {
            const ecm_monitor_alarm_t *alarm = &alarms[n - 1U];
            seen |= alarm->what != 0U ? (uint32_t)1 << alarm->group : 0U;
            ECM_CHECK(alarm->what != ECM_MONITOR_SCALE ||
                      (alarm->group == 1U && alarm->direction == ECM_DRIFT_WIDER));
            scale += alarm->what == ECM_MONITOR_SCALE ? 1U : 0U;
        }
    }
    ECM_CHECK(seen == 7U && scale > 0U);
    ecm_test_u32("monitor kinds words", ecm_monitor_words(&own));
    ecm_test_bytes("monitor kinds", state, 4U * ecm_monitor_words(&own));
}

static void test_kinds_are_refused(void) {
    ecm_monitor_cfg_t own = plan_of_kinds();
    ecm_monitor_row_t row = kind_rows[0];
    ecm_drift_ph_cfg_t bad = hinkley;
    ecm_monitor_kind_t kind = {&ecm_drift_ph_kind, &bad};
    bad.threshold = -1.0f;
    row.cfg = &kind;
    own.rows = &row;
    own.rows_len = own.groups_len = 1;
    ECM_CHECK(ecm_monitor_init(state_memory(), &own) == ECM_ERR_ARG);
    kind.kind = NULL;
    ECM_CHECK(ecm_monitor_init(state_memory(), &own) == ECM_ERR_NULL);
}

/* Levels rise and are left again; windows of another regime do not count. */
static void test_levels_and_regimes(void) {
    ecm_monitor_alarm_t alarms[ALARMS];
    uint32_t *state = state_memory(), i, n, top = 0, calm = 0;
    ECM_CHECK(ecm_monitor_init(state, &plan) == ECM_OK);
    for (i = 0; i < 120U; i++) {
        float x[VALUES] = {0.0f, 0.05f, -1.0f, 0.0f};
        x[2] = (i / 10U) % 2U == 0U ? -1.0f : 1.0f;
        x[0] = x[2] < 0.0f && i < 60U ? 2.0f : 0.0f; /* off in regime 0 alone */
        ECM_CHECK(ecm_monitor_update_f32(state, &plan, x, 23, alarms, ALARMS, &n) ==
                  ECM_OK);
        for (; n > 0U; n--) {
            const ecm_monitor_alarm_t *alarm = &alarms[n - 1U];
            if (alarm->group == 0U) {
                ECM_CHECK(alarm->row == 0U || alarm->what == 0U);
                top = alarm->level > top ? alarm->level : top;
                calm += alarm->what == 0U && alarm->level == 0U ? 1U : 0U;
            }
        }
    }
    ECM_CHECK(top == 2U && calm > 0U);
}

/* With room for one alarm, the strongest is told. */
static void test_little_room(void) {
    ecm_monitor_alarm_t all[ALARMS], one;
    uint32_t *state = state_memory(), *other = state + 400, i, j, n, m, several = 0;
    float *noise = value_memory() + 600, x[VALUES];
    ecm_test_noise_f32(21, noise, 1600);
    ECM_CHECK(ecm_monitor_init(state, &plan) == ECM_OK);
    ECM_CHECK(ecm_monitor_init(other, &plan) == ECM_OK);
    for (i = 0; i < 400U; i++) {
        window_of(noise, i, x);
        ECM_CHECK(ecm_monitor_update_f32(state, &plan, x, class_of(noise, i), all,
                                         ALARMS, &n) == ECM_OK);
        ECM_CHECK(ecm_monitor_update_f32(other, &plan, x, class_of(noise, i), &one, 1,
                                         &m) == ECM_OK);
        ECM_CHECK(m == (n > 0U ? 1U : 0U));
        several += n > 1U ? 1U : 0U;
        for (j = 0; j < n; j++) {
            ECM_CHECK(one.ratio >= all[j].ratio);
            ECM_CHECK((ecm_monitor_raised(state, &plan, all[j].group) != 0U) ==
                      (all[j].what != 0U));
        }
    }
    ECM_CHECK(several > 3U);
}

static void test_hold_off(void) {
    ecm_monitor_alarm_t alarms[ALARMS];
    uint32_t *state = state_memory(), i, n, at = 0;
    ECM_CHECK(ecm_monitor_init(state, &plan) == ECM_OK);
    for (i = 0; i < 12U; i++) {
        float x[VALUES] = {0.0f, 0.0f, -1.0f, 0.9f};
        uint32_t latencies = 0;
        ECM_CHECK(ecm_monitor_update_f32(state, &plan, x, 23, alarms, ALARMS, &n) ==
                  ECM_OK);
        for (; n > 0U; n--) {
            latencies += alarms[n - 1U].group == 5U ? 1U : 0U;
            at = alarms[n - 1U].group == 5U ? alarms[n - 1U].since : at;
        }
        ECM_CHECK(latencies == (i % 4U == 0U ? 1U : 0U) && at == i / 4U * 4U + 1U);
    }
}

/* ---- keeping ----------------------------------------------------------------------
 */

enum { SLOT = ECM_STATE_SLOT_BYTES(4 * WORDS_MAX) };

static uint8_t *flash(void) {
    return (uint8_t *)(ecm_test_memory + WORDS_MAX + 420);
}

static ecm_status_t flash_read(void *user, uint32_t at, uint8_t *data, uint32_t bytes) {
    memcpy(data, (const uint8_t *)user + at, bytes);
    return ECM_OK;
}

static ecm_status_t flash_erase(void *user, uint32_t at, uint32_t bytes) {
    memset((uint8_t *)user + at, 0xff, bytes);
    return ECM_OK;
}

static ecm_status_t flash_write(void *user, uint32_t at, const uint8_t *data,
                                uint32_t bytes) {
    memcpy((uint8_t *)user + at, data, bytes);
    return ECM_OK;
}

static void test_keeping(void) {
    ecm_state_store_t store = {flash_read, flash_erase, flash_write, NULL, SLOT};
    ecm_monitor_cfg_t other = plan;
    ecm_monitor_alarm_t alarms[ALARMS];
    uint32_t *state = state_memory(), i, n;
    float *noise = value_memory(), x[VALUES], before;
    store.user = flash();
    memset(flash(), 0xff, 2 * SLOT);
    ecm_test_noise_f32(23, noise, 400);
    ECM_CHECK(ecm_monitor_init(state, &plan) == ECM_OK);
    ECM_CHECK(ecm_monitor_load(state, &plan, &store) == ECM_ERR_STATE);
    for (i = 0; i < 100U; i++) {
        window_of(noise, i, x);
        ECM_CHECK(ecm_monitor_update_f32(state, &plan, x, class_of(noise, i), alarms,
                                         ALARMS, &n) == ECM_OK);
    }
    before = ecm_monitor_ratio_f32(state, &plan, 1);
    ECM_CHECK(before > 0.0f);
    ECM_CHECK(ecm_monitor_save(state, &plan, &store) == ECM_OK);
    ECM_CHECK(ecm_monitor_init(state, &plan) == ECM_OK);
    ECM_CHECK(ecm_monitor_ratio_f32(state, &plan, 1) == 0.0f);
    ECM_CHECK(ecm_monitor_load(state, &plan, &store) == ECM_OK);
    ECM_CHECK(ecm_monitor_ratio_f32(state, &plan, 1) == before);
    ecm_test_bytes("monitor loaded", state, 4U * ecm_monitor_words(&plan));
    other.id = 78;
    ECM_CHECK(ecm_monitor_load(state, &other, &store) == ECM_ERR_STATE);
    ECM_CHECK(ecm_monitor_ratio_f32(state, &other, 1) == 0.0f);
    ECM_CHECK(ecm_monitor_update_f32(state, &plan, x, 0, alarms, ALARMS, &n) ==
              ECM_ERR_STATE);
}

static ecm_status_t try_row(ecm_monitor_row_t row) {
    ecm_monitor_cfg_t one = plan;
    ecm_monitor_group_t plain[1] = {{NULL, 0}};
    row.group = 0;
    one.rows = &row;
    one.rows_len = 1;
    one.groups = plain;
    one.groups_len = 1;
    return ecm_monitor_init(state_memory(), &one);
}

static void test_refusals(void) {
    ecm_monitor_cfg_t bad = plan;
    ecm_monitor_row_t row = rows[2];
    ecm_drift_cusum_cfg_t sums = {0.5f, 0.0f};
    ecm_monitor_counts_t counted = counts;
    ecm_monitor_alarm_t alarms[ALARMS];
    float x[VALUES] = {0};
    uint32_t n, *state = state_memory();
    ECM_CHECK(ecm_monitor_words(NULL) == 0U);
    ECM_CHECK(ecm_monitor_init(NULL, &plan) == ECM_ERR_NULL);
    bad.groups_len = 5;
    ECM_CHECK(ecm_monitor_init(state, &bad) == ECM_ERR_ARG);
    bad = plan;
    bad.regime_len = 0; /* rows of a regime without regimes */
    ECM_CHECK(ecm_monitor_init(state, &bad) == ECM_ERR_ARG);
    bad.rows = NULL;
    ECM_CHECK(ecm_monitor_init(state, &bad) == ECM_ERR_NULL);
    row.top = 0.5f;
    ECM_CHECK(try_row(row) == ECM_ERR_ARG);
    row = rows[2];
    row.cfg = &sums;
    ECM_CHECK(try_row(row) == ECM_ERR_ARG);
    row = rows[2];
    row.score = 5;
    ECM_CHECK(try_row(row) == ECM_ERR_ARG);
    row = rows[4];
    row.cfg = &counted;
    counted.dist.form = ECM_DIST_FILL;
    ECM_CHECK(try_row(row) == ECM_ERR_ARG);
    counted = counts;
    counted.dist.bins = 3;
    ECM_CHECK(try_row(row) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_monitor_init(state, &plan) == ECM_OK);
    ECM_CHECK(ecm_monitor_update_f32(state, &plan, x, 0, alarms, 0, &n) ==
              ECM_ERR_LENGTH);
    ECM_CHECK(ecm_monitor_update_f32(state, &plan, NULL, 0, alarms, ALARMS, &n) ==
              ECM_ERR_NULL);
    ECM_CHECK(ecm_monitor_ratio_f32(state, &plan, 6) == 0.0f);
    ECM_CHECK(ecm_monitor_raised(state, &plan, 6) == 0U);
}

void test_ecm_monitor(void) {
    test_the_same_bits();
    test_direct_calls();
    test_any_kind();
    test_kinds_are_refused();
    test_levels_and_regimes();
    test_little_room();
    test_hold_off();
    test_keeping();
    test_refusals();
}
