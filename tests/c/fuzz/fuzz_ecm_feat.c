/* fuzz_ecm_feat.c - plans of any steps, rows and settings over windows of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat.h"
#include "ecm_feat_envelope.h"
#include "ecm_feat_line.h"
#include "ecm_feat_spectrum.h"
#include "ecm_feat_time.h"
#include "ecm_fft_plan.h"
#include "ecm_fuzz.h"

void fuzz_ecm_feat(void);

enum { ROWS = 4, STEPS = 12 };

typedef struct {
    uint16_t id;
    const char *step;
} fuzz_feature_t;
#define FUZZ_FEATURE(constant, id, name, unit, step, n, a, b, text, formula, source)   \
    {constant, step},
static const fuzz_feature_t features[] = {ECM_FEAT_TABLE(FUZZ_FEATURE)};
#undef FUZZ_FEATURE

typedef struct {
    const ecm_feat_kind_t *kind;
    const char *name;
} fuzz_kind_t;
#define FUZZ_KIND(name, module, needs, text) {&ecm_feat_kind_##name, #name},
static const fuzz_kind_t kinds[] = {ECM_FEAT_STEP_TABLE(FUZZ_KIND)};
#undef FUZZ_KIND
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static bool fuzz_same(const char *a, const char *b) {
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/* Rows that the step has most often, and any at all once in a while. */
static const ecm_feat_row_t *fuzz_rows(const char *step, uint32_t *rows_len) {
    ecm_feat_row_t *rows = ecm_fuzz_bytes(ROWS * sizeof *rows);
    uint32_t i, n = 0, tries;
    for (tries = 0; tries < 40U && n < ROWS; tries++) {
        i = ecm_fuzz_below(sizeof features / sizeof features[0]);
        if (fuzz_same(features[i].step, step) || ecm_fuzz_once_in(2000)) {
            rows[n].id = features[i].id;
            rows[n].n = (uint16_t)ecm_fuzz_len(20);
            rows[n].a = ecm_fuzz_once_in(8) ? ecm_fuzz_f32() : 1.0f + (float)n;
            rows[n].b = ecm_fuzz_once_in(8) ? ecm_fuzz_f32() : 0.5f;
            rows[n].b += fuzz_same(step, "bands") ? 100.0f : 0.0f;
            n++;
        }
    }
    *rows_len = n;
    return rows;
}

/* A transform of n elements, or NULL where there is none, and now and then else. */
static const ecm_fft_plan_t *fuzz_transform(uint32_t n, bool real) {
    uint32_t len = ecm_fft_plan_len(n, real);
    ecm_fft_plan_t *plan = ecm_fuzz_bytes(sizeof *plan);
    if (len == 0U || ecm_fuzz_once_in(64)) {
        return NULL;
    }
    ECM_FUZZ_CHECK(ecm_fft_plan_init(plan, n, real, ecm_fuzz_array_f32(len), len) ==
                   ECM_OK);
    return plan;
}

static const void *fuzz_envelope(const ecm_feat_plan_t *plan) {
    ecm_feat_envelope_cfg_t *cfg = ecm_fuzz_bytes(sizeof *cfg);
    uint32_t m;
    cfg->lo_hz = ecm_fuzz_once_in(8) ? ecm_fuzz_f32() : 100.0f;
    cfg->hi_hz = ecm_fuzz_once_in(8) ? ecm_fuzz_f32() : 400.0f;
    m = ecm_feat_envelope_len(plan, cfg->lo_hz, cfg->hi_hz);
    m = ecm_fuzz_once_in(32) ? 64U : m;
    cfg->c2c = fuzz_transform(m, false);
    cfg->r2c = fuzz_transform(m / 2U, !ecm_fuzz_once_in(32));
    return cfg;
}

static const void *fuzz_settings(const char *step, const ecm_feat_plan_t *plan) {
    if (fuzz_same(step, "transform")) {
        return fuzz_transform(ecm_fuzz_once_in(32) ? 64U : plan->window_len / 2U, true);
    }
    if (fuzz_same(step, "envelope")) {
        return fuzz_envelope(plan);
    }
    return NULL;
}

/* Steps in the order of the table or, once in a while, in none. */
static void fuzz_steps(ecm_feat_plan_t *plan, ecm_feat_step_t *steps) {
    uint32_t i, k, n = 0;
    for (i = 0; i < KINDS && n < STEPS; i++) {
        k = ecm_fuzz_once_in(16) ? ecm_fuzz_below(KINDS) : i;
        if (ecm_fuzz_once_in(3)) {
            continue;
        }
        memset(&steps[n], 0, sizeof steps[n]);
        steps[n].kind = ecm_fuzz_once_in(200) ? NULL : kinds[k].kind;
        steps[n].rows = fuzz_rows(kinds[k].name, &steps[n].rows_len);
        steps[n].cfg = fuzz_settings(kinds[k].name, plan);
        plan->features_len += steps[n].rows_len;
        n++;
    }
    plan->steps_len = n;
}

/* Where the states lie; a step that refuses is found by ecm_feat_check as well. */
static void fuzz_place(ecm_feat_plan_t *plan, ecm_feat_step_t *steps) {
    ecm_feat_need_t need;
    uint32_t i, at = ECM_FEAT_STATE_HEAD;
    for (i = 0; i < plan->steps_len; i++) {
        memset(&need, 0, sizeof need);
        if (steps[i].kind != NULL &&
            steps[i].kind->check(plan, &steps[i], &need) == ECM_OK) {
            steps[i].state_at = at;
            at += need.state_len;
        }
    }
    if (ecm_feat_need(plan, &need) == ECM_OK) {
        plan->work_len = need.work_len;
        plan->work_len -= plan->work_len > 0U && ecm_fuzz_once_in(64) ? 1U : 0U;
        plan->state_len = need.state_len;
    }
}

static void fuzz_windows(const ecm_feat_plan_t *plan) {
    float *work = ecm_fuzz_array_f32(plan->work_len);
    float *state = ecm_fuzz_array_f32(plan->state_len);
    float *out = ecm_fuzz_array_f32(plan->features_len);
    uint32_t i, windows = ecm_fuzz_below(5);
    ECM_FUZZ_CHECK(ecm_feat_reset_f32(state, plan) == ECM_OK);
    for (; windows > 0U; windows--) {
        float *x = ecm_fuzz_array_f32(plan->window_len);
        float speed_hz = ecm_fuzz_once_in(8) ? ecm_fuzz_f32() : 30.0f;
        if (ecm_fuzz_once_in(4)) {
            for (i = 0; i < plan->steps_len; i++) {
                (void)ecm_feat_step_f32(state, plan, i, speed_hz, x, work, out);
            }
            (void)ecm_feat_step_f32(state, plan, plan->steps_len, speed_hz, x, work,
                                    out);
        } else {
            ecm_status_t status = ecm_feat_extract_f32(
                ecm_fuzz_or_null(state), plan, speed_hz, ecm_fuzz_or_null(x),
                ecm_fuzz_or_null(work), ecm_fuzz_or_null(out));
            ECM_FUZZ_CHECK(status >= ECM_OK || status == ECM_ERR_NULL ||
                           !ecm_feat_takes_speed(plan, speed_hz));
        }
    }
}

void fuzz_ecm_feat(void) {
    ecm_feat_step_t *steps = ecm_fuzz_bytes(STEPS * sizeof *steps);
    ecm_feat_plan_t plan;
    uint32_t n = ecm_fuzz_once_in(3) ? ecm_fuzz_len(1100) : 64U << ecm_fuzz_below(4);
    float *x = ecm_fuzz_array_f32(n);
    memset(&plan, 0, sizeof plan);
    plan.fs_hz = ecm_fuzz_once_in(8) ? ecm_fuzz_f32() : 1000.0f;
    plan.window_len = n;
    plan.hop_len = ecm_fuzz_once_in(3) ? ecm_fuzz_len(n) : n / 2U;
    plan.detrend = ecm_fuzz_below(3);
    plan.speed_lo_hz = ecm_fuzz_once_in(8) ? ecm_fuzz_f32() : 10.0f;
    plan.speed_hi_hz = ecm_fuzz_once_in(8) ? ecm_fuzz_f32() : 50.0f;
    plan.steps = steps;
    fuzz_steps(&plan, steps);
    fuzz_place(&plan, steps);
    if (ecm_feat_check(ecm_fuzz_or_null(&plan)) == ECM_OK) {
        fuzz_windows(&plan);
    }
    (void)ecm_feat_scale_f32(ecm_fuzz_or_null(x), ecm_fuzz_array_f32(n),
                             ecm_fuzz_array_f32(n), n, x);
}
