/* fuzz_ecm_feat_q15.c - plans of any rows and settings over windows of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_integer.h"
#include "ecm_feat_q15_spectrum.h"
#include "ecm_feat_q15_time.h"
#include "ecm_fuzz.h"

void fuzz_ecm_feat_q15(void);

enum { STEPS = 6, ROWS = 4, PARTS = 4 };

static const ecm_feat_q15_kind_t *const kinds[STEPS] = {
    &ecm_feat_q15_kind_velocity, &ecm_feat_q15_kind_time,  &ecm_feat_q15_kind_transform,
    &ecm_feat_q15_kind_power,    &ecm_feat_q15_kind_bands, &ecm_feat_q15_kind_moments};

#define FUZZ_ID(constant, id, name, unit, step, n, a, b, text, formula, source)        \
    constant,
static const uint16_t ids[] = {ECM_FEAT_TABLE(FUZZ_ID)};
#undef FUZZ_ID
#define FUZZ_KNOWN(id, format) {id, ECM_FEAT_Q15_##format},
static const struct {
    uint16_t id, format;
} known[] = {ECM_FEAT_Q15_TABLE(FUZZ_KNOWN)};
#undef FUZZ_KNOWN

static ecm_feat_q15_row_t *fuzz_rows(uint16_t *rows_len, uint32_t bins) {
    ecm_feat_q15_row_t *rows = ecm_fuzz_bytes(ROWS * sizeof *rows);
    uint32_t i;
    *rows_len = (uint16_t)ecm_fuzz_below(ROWS + 1U);
    for (i = 0; i < ROWS; i++) {
        uint32_t at = ecm_fuzz_below(sizeof known / sizeof known[0]);
        rows[i].id = known[at].id;
        rows[i].format = known[at].format;
        if (ecm_fuzz_once_in(64)) {
            rows[i].id = ids[ecm_fuzz_below(sizeof ids / sizeof ids[0])];
        }
        rows[i].first = (uint16_t)ecm_fuzz_below(bins);
        rows[i].end = (uint16_t)(rows[i].first + 1U + ecm_fuzz_below(bins));
    }
    return rows;
}

static void fuzz_step(ecm_feat_q15_step_t *step, uint32_t window_len,
                      ecm_velocity_q15_cfg_t *velocity, uint32_t *bin_hz) {
    step->rows = fuzz_rows(&step->rows_len, window_len / 2U + 1U);
    step->state_at = (uint16_t)ECM_FEAT_Q15_STATE_HEAD;
    step->cfg = NULL;
    if (step->kind == &ecm_feat_q15_kind_transform) {
        step->rows_len = 0;
        step->cfg = ecm_fft_q15_plan(window_len);
    } else if (step->kind == &ecm_feat_q15_kind_power) {
        step->rows_len = 0;
    } else if (step->kind == &ecm_feat_q15_kind_moments) {
        *bin_hz = ecm_fuzz_u32();
        step->cfg = bin_hz;
    } else if (step->kind == &ecm_feat_q15_kind_velocity) {
        memcpy(velocity, ecm_fuzz_bytes(sizeof *velocity), sizeof *velocity);
        if (!ecm_fuzz_once_in(4)) {
            velocity->c1 = (int16_t)(0x4000 + (int32_t)ecm_fuzz_below(0x4000));
            velocity->c2 = (int16_t)(0x4000 + (int32_t)ecm_fuzz_below(0x4000));
            velocity->c1_shift = (uint16_t)ecm_fuzz_below(17);
            velocity->c2_shift = (uint16_t)ecm_fuzz_below(33);
            velocity->a1 = (int16_t)((int32_t)ecm_fuzz_below(0x2000) - 0x1000);
            velocity->a2 = (int16_t)((int32_t)ecm_fuzz_below(0x2000) - 0x1000);
            velocity->factor = (uint16_t)(1U << ecm_fuzz_below(3));
            velocity->up = (uint16_t)ecm_fuzz_below(16);
        }
        velocity->settle_len = ecm_fuzz_len(200);
        velocity->block_len = ecm_fuzz_len(200);
        step->cfg = velocity;
    }
}

static void fuzz_samples(void) {
    uint32_t n = ecm_fuzz_len(100);
    float *x = ecm_fuzz_bytes((n + 1U) * sizeof *x);
    int16_t *out = ecm_fuzz_bytes((n + 1U) * sizeof *out);
    float range = 16.0f;
    if (ecm_fuzz_once_in(2)) {
        memcpy(&range, ecm_fuzz_bytes(sizeof range), sizeof range);
    }
    (void)ecm_feat_q15_samples_f32(ecm_fuzz_or_null(x), n, range,
                                   ecm_fuzz_or_null(out));
}

static void fuzz_real(const ecm_feat_q15_plan_t *plan, int32_t *features) {
    float *out = ecm_fuzz_bytes((plan->features_len + 1U) * sizeof *out);
    float range = 16.0f;
    if (ecm_fuzz_once_in(2)) {
        memcpy(&range, ecm_fuzz_bytes(sizeof range), sizeof range);
    }
    (void)ecm_feat_q15_real_f32(plan, range, ecm_fuzz_or_null(features),
                                ecm_fuzz_or_null(out));
}

/* An integer plan inside a feature plan, whole or in disorder. */
static void fuzz_inside(void) {
    static const ecm_feat_q15_row_t integer_rows[] = {{ECM_FEAT_RMS, 30, 0, 0},
                                                      {ECM_FEAT_KURTOSIS, 16, 0, 0},
                                                      {ECM_FEAT_BAND_RMS, 30, 1, 9},
                                                      {ECM_FEAT_BAND_RMS, 30, 9, 33}};
    static const ecm_feat_row_t rows[] = {{ECM_FEAT_RMS, 0, 0, 0},
                                          {ECM_FEAT_KURTOSIS, 0, 0, 0},
                                          {ECM_FEAT_BAND_RMS, 0, 0, 0},
                                          {ECM_FEAT_BAND_RMS, 0, 0, 0}};
    static const ecm_feat_q15_step_t integer_steps[PARTS] = {
        {&ecm_feat_q15_kind_time, integer_rows, 2, 0, NULL},
        {&ecm_feat_q15_kind_transform, NULL, 0, 0, &ecm_fft_q15_plan_64},
        {&ecm_feat_q15_kind_power, NULL, 0, 0, NULL},
        {&ecm_feat_q15_kind_bands, integer_rows + 2, 2, 0, NULL}};
    ecm_feat_q15_plan_t integers = {integer_steps, PARTS, 64, 64, PARTS, 0};
    ecm_feat_integer_cfg_t cfg[PARTS];
    ecm_feat_real_cfg_t real = {&integers, 16.0f};
    ecm_feat_step_t *steps = ecm_fuzz_bytes((PARTS + 1) * sizeof *steps);
    ecm_feat_plan_t plan = {1000.0f, 64,        64,    ECM_FEAT_DETREND_MEAN,     0, 0,
                            steps,   PARTS + 1, PARTS, ECM_FEAT_Q15_WORK_LEN(64), 0};
    float *x, *work, *out;
    uint32_t i;
    integers.hop_len = ecm_fuzz_once_in(8) ? (uint16_t)ecm_fuzz_below(80) : 64U;
    for (i = 0; i < (uint32_t)PARTS; i++) {
        cfg[i].plan = ecm_fuzz_once_in(64) ? NULL : &integers;
        cfg[i].index = ecm_fuzz_once_in(16) ? ecm_fuzz_below(6) : i;
        steps[i].kind = &ecm_feat_kind_integer;
        steps[i].rows = i == 0U ? rows : rows + 2;
        steps[i].rows_len = i == 0U || i == 3U ? 2U : 0U;
        steps[i].cfg = ecm_fuzz_once_in(64) ? NULL : &cfg[i];
        steps[i].state_at = 0;
    }
    real.range = ecm_fuzz_once_in(4) ? ecm_fuzz_f32() : 16.0f;
    steps[PARTS] = steps[0];
    steps[PARTS].kind = &ecm_feat_kind_real;
    steps[PARTS].rows_len = ecm_fuzz_once_in(16) ? 1U : 0U;
    steps[PARTS].cfg = ecm_fuzz_once_in(16) ? NULL : &real;
    if (ecm_feat_check(&plan) != ECM_OK) {
        return;
    }
    x = ecm_fuzz_bytes(64 * sizeof(int16_t));
    work = ecm_fuzz_bytes(ECM_FEAT_Q15_WORK_LEN(64) * sizeof *work);
    out = ecm_fuzz_bytes(PARTS * sizeof *out);
    ECM_FUZZ_CHECK(ecm_feat_extract_f32(NULL, &plan, 0.0f, x, work, out) == ECM_OK);
    for (i = 0; i < (uint32_t)PARTS; i++) {
        ECM_FUZZ_CHECK(out[i] == out[i]);
    }
}

void fuzz_ecm_feat_q15(void) {
    ecm_feat_q15_step_t *steps = ecm_fuzz_bytes(STEPS * sizeof *steps);
    ecm_velocity_q15_cfg_t velocity;
    ecm_feat_q15_plan_t plan;
    ecm_feat_q15_need_t need = {7, 7};
    uint32_t bin_hz = 0, i, k, *state, n;
    int16_t *x;
    int32_t *work, *out;
    ecm_status_t status;
    fuzz_samples();
    fuzz_inside();
    n = (uint32_t)16 << ecm_fuzz_below(6);
    plan.window_len = (uint16_t)n;
    plan.hop_len = (uint16_t)(1U + ecm_fuzz_below(n));
    plan.steps = steps;
    plan.steps_len = 0;
    plan.features_len = 0;
    for (i = 0; i < (uint32_t)STEPS; i++) {
        if (!ecm_fuzz_once_in(4)) {
            steps[plan.steps_len].kind = kinds[i];
            fuzz_step(&steps[plan.steps_len], n, &velocity, &bin_hz);
            plan.features_len =
                (uint16_t)(plan.features_len + steps[plan.steps_len].rows_len);
            plan.steps_len++;
        }
    }
    ecm_fuzz_watch(&need, sizeof need);
    status = ecm_feat_q15_need(ecm_fuzz_or_null(&plan), ecm_fuzz_or_null(&need));
    ecm_fuzz_judge(status);
    if (status != ECM_OK) {
        return;
    }
    plan.state_len = (uint16_t)need.state_len;
    ECM_FUZZ_CHECK(ecm_feat_q15_check(&plan) == ECM_OK);
    state = ecm_fuzz_bytes(plan.state_len * sizeof *state);
    x = ecm_fuzz_bytes(n * sizeof *x);
    work = ecm_fuzz_bytes(ECM_FEAT_Q15_WORK_LEN(n) * sizeof *work);
    out = ecm_fuzz_bytes((plan.features_len + 1U) * sizeof *out);
    if (ecm_feat_q15_reset(ecm_fuzz_or_null(state), &plan) != ECM_OK) {
        return;
    }
    for (i = 0; i < 4U; i++) {
        status = ecm_feat_q15_extract(state, &plan, ecm_fuzz_or_null(x), work, out);
        ECM_FUZZ_CHECK(status == ECM_OK || status == ECM_MORE ||
                       status == ECM_ERR_NULL);
        uint32_t fresh_len = ecm_fuzz_below(n + 1U);
        for (k = 0; k <= plan.steps_len; k++) {
            uint32_t *own = k < plan.steps_len ? state + steps[k].state_at : state;
            status = ecm_feat_q15_run(&plan, k, own, fresh_len, x, work, out);
            ECM_FUZZ_CHECK(status <= ECM_MORE);
        }
    }
    fuzz_real(&plan, out);
}
