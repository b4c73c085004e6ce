/* fuzz_ecm_feat.c - plans of any steps, rows and settings over windows of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat.h"
#include "ecm_feat_cepstrum.h"
#include "ecm_feat_envelope.h"
#include "ecm_feat_filter.h"
#include "ecm_feat_detrend.h"
#include "ecm_feat_encode.h"
#include "ecm_feat_line.h"
#include "ecm_feat_mel.h"
#include "ecm_feat_rank.h"
#include "ecm_feat_project.h"
#include "ecm_feat_scale.h"
#include "ecm_feat_series.h"
#include "ecm_feat_spectrum.h"
#include "ecm_feat_time.h"
#include "ecm_feat_track.h"
#include "ecm_feat_velocity.h"
#include "ecm_fft_plan.h"
#include "ecm_fuzz.h"

void fuzz_ecm_feat(void);

enum { ROWS = 4, STEPS = 16, WARM = 40 };

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
    for (tries = 0; tries < 60U && n < ROWS; tries++) {
        i = ecm_fuzz_below(sizeof features / sizeof features[0]);
        if (fuzz_same(features[i].step, step) || ecm_fuzz_once_in(4000) ||
            (fuzz_same(features[i].step, "envelope") && fuzz_same(step, "rectified"))) {
            rows[n].id = features[i].id;
            rows[n].n = (uint16_t)ecm_fuzz_len(20);
            rows[n].n = (uint16_t)(rows[n].n + (ecm_fuzz_once_in(8) ? 0U : 2U));
            rows[n].a = ecm_fuzz_once_in(16) ? ecm_fuzz_f32() : 0.25f * (float)(n + 1U);
            rows[n].b = ecm_fuzz_once_in(16) ? ecm_fuzz_f32() : 0.5f;
            rows[n].b += fuzz_same(step, "bands") ? 100.0f : 0.0f;
            rows[n].a += fuzz_same(step, "lines") && ecm_fuzz_once_in(2) ? 60.0f : 0.0f;
            rows[n].a *= fuzz_same(step, "cepstrum") ? 0.01f : 1.0f;
            rows[n].b *= fuzz_same(step, "cepstrum") ? 0.06f : 1.0f;
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

static const ecm_filter_biquad_f32_t *fuzz_sections(void) {
    static const ecm_filter_biquad_f32_t sections[] = {
        {0.2f, 0.0f, -0.2f, -0.5f, 0.6f}, {0.9f, -1.8f, 0.9f, -1.8f, 0.81f}};
    return sections;
}

static const void *fuzz_filter(void) {
    ecm_feat_filter_cfg_t *cfg = ecm_fuzz_bytes(sizeof *cfg);
    cfg->sections = ecm_fuzz_once_in(64) ? NULL : fuzz_sections();
    cfg->sections_len = ecm_fuzz_once_in(64) ? 0U : 1U + ecm_fuzz_below(2);
    cfg->settle_len = ecm_fuzz_once_in(16) ? ecm_fuzz_u32() : ecm_fuzz_len(900);
    return cfg;
}

static const void *fuzz_velocity(void) {
    ecm_velocity_cfg_f32_t *cfg = ecm_fuzz_bytes(sizeof *cfg);
    cfg->c1 = 0.08f;
    cfg->c2 = 0.004f;
    cfg->a1 = -0.8f;
    cfg->a2 = 0.4f;
    cfg->b1 = ecm_fuzz_once_in(16) ? ecm_fuzz_f32() : 0.3f;
    cfg->gain = ecm_fuzz_once_in(16) ? ecm_fuzz_f32() : 9.8f;
    cfg->factor = 1U << ecm_fuzz_below(3);
    cfg->settle_len = ecm_fuzz_once_in(16) ? ecm_fuzz_u32() : ecm_fuzz_len(100);
    cfg->block_len = ecm_fuzz_once_in(16) ? ecm_fuzz_u32() : 1U + ecm_fuzz_len(30);
    return cfg;
}

/* A history of n samples, decimated or not. */
static void fuzz_lines(ecm_feat_lines_cfg_t *cfg) {
    uint32_t half = 8U * (1U + ecm_fuzz_below(4)), taps_len = ecm_fuzz_len(24);
    cfg->history.fft = fuzz_transform(half, !ecm_fuzz_once_in(64));
    cfg->history.len = 2U * half + (ecm_fuzz_once_in(64) ? 2U : 0U);
    cfg->history.low.taps = taps_len == 0U ? NULL : ecm_fuzz_array_f32(taps_len);
    cfg->history.low.taps_len = taps_len;
    cfg->history.low.factor =
        ecm_fuzz_once_in(32) ? ecm_fuzz_u32() : 1U + ecm_fuzz_below(4);
    cfg->bin_hz = ecm_fuzz_once_in(32) ? ecm_fuzz_f32() : 1.5f;
    cfg->halfwidth = ecm_fuzz_once_in(32) ? ecm_fuzz_f32() : 0.02f;
}

static const void *fuzz_envelope(const ecm_feat_plan_t *plan) {
    ecm_feat_envelope_cfg_t *cfg = ecm_fuzz_bytes(sizeof *cfg);
    uint32_t bins_len = 1U + ecm_fuzz_len(40), m = 8;
    while (m < bins_len + 1U) {
        m *= 2U;
    }
    cfg->band.window_len = plan->window_len;
    cfg->band.bin = ecm_fuzz_len(20);
    cfg->band.bins_len = bins_len;
    cfg->band.inverse = fuzz_transform(m, false);
    cfg->detect =
        ecm_fuzz_once_in(2) ? ecm_envelope_analytic_f32 : ecm_envelope_white_f32;
    cfg->form = ecm_fuzz_once_in(2) ? ecm_envelope_log_f32 : ecm_envelope_squared_f32;
    fuzz_lines(&cfg->lines);
    return cfg;
}

static const void *fuzz_rectified(void) {
    ecm_feat_rectified_cfg_t *cfg = ecm_fuzz_bytes(sizeof *cfg);
    cfg->rectifier.sections = fuzz_sections();
    cfg->rectifier.sections_len = 1U + ecm_fuzz_below(2);
    cfg->rectifier.low.taps_len = ecm_fuzz_len(20);
    cfg->rectifier.low.taps = ecm_fuzz_array_f32(cfg->rectifier.low.taps_len);
    cfg->rectifier.low.factor =
        ecm_fuzz_once_in(32) ? ecm_fuzz_u32() : 1U + ecm_fuzz_below(8);
    fuzz_lines(&cfg->lines);
    return cfg;
}

static const void *fuzz_taper(void) {
    ecm_spectrum_taper_t *taper = ecm_fuzz_bytes(sizeof *taper);
    uint32_t i;
    taper->terms_len = ecm_fuzz_once_in(32) ? ecm_fuzz_u32() : 1U + ecm_fuzz_below(5);
    for (i = 0; i < ECM_SPECTRUM_TERMS_MAX; i++) {
        taper->weight[i] = ecm_fuzz_once_in(16) ? ecm_fuzz_f32() : 0.5f;
    }
    return taper;
}

static const void *fuzz_welch(void) {
    ecm_feat_welch_cfg_t *cfg = ecm_fuzz_bytes(sizeof *cfg);
    cfg->span_len = ecm_fuzz_once_in(16) ? ecm_fuzz_u32() : ecm_fuzz_len(6);
    return cfg;
}

static const void *fuzz_search(void) {
    ecm_feat_line_cfg_t *cfg = ecm_fuzz_bytes(sizeof *cfg);
    cfg->halfwidth = ecm_fuzz_once_in(16) ? ecm_fuzz_f32() : 0.02f;
    return cfg;
}

/* A bank of filters that mostly lie within the bins. */
static const void *fuzz_mel(const ecm_feat_plan_t *plan) {
    ecm_feat_mel_cfg_t *cfg = ecm_fuzz_bytes(sizeof *cfg);
    ecm_mel_bank_t *bank = ecm_fuzz_bytes(sizeof *bank);
    uint32_t j, mels_len = ecm_fuzz_once_in(3) ? 16U : 1U + ecm_fuzz_len(30), last;
    uint16_t *counts = ecm_fuzz_bytes((mels_len + 1U) * sizeof *counts);
    bank->mels_len = ecm_fuzz_once_in(64) ? 0U : mels_len;
    bank->bins_len = plan->window_len / 2U + (ecm_fuzz_once_in(64) ? 0U : 1U);
    bank->first = ecm_fuzz_once_in(64) ? ecm_fuzz_u32() : ecm_fuzz_below(3);
    last = 2;
    for (j = 0; j <= mels_len; j++) {
        counts[j] = (uint16_t)ecm_fuzz_below(4);
        counts[j] = ecm_fuzz_once_in(900) ? (uint16_t)ecm_fuzz_u32() : counts[j];
        last += counts[j];
    }
    bank->counts = ecm_fuzz_once_in(64) ? NULL : counts;
    bank->weights = ecm_fuzz_array_f32(last);
    bank->norms = ecm_fuzz_array_f32(mels_len);
    cfg->bank = ecm_fuzz_once_in(64) ? NULL : bank;
    cfg->scale = ecm_fuzz_once_in(16) ? ecm_fuzz_f32() : 100.0f;
    cfg->floor = ecm_fuzz_once_in(16) ? ecm_fuzz_f32() : 1e-10f;
    return cfg;
}

/* Most often of as many levels as a bank may have. */
static const void *fuzz_mfcc(const ecm_feat_plan_t *plan) {
    ecm_feat_mfcc_cfg_t *cfg = ecm_fuzz_bytes(sizeof *cfg);
    ecm_dct_plan_t *dct = ecm_fuzz_bytes(sizeof *dct);
    dct->fft = fuzz_transform(8, !ecm_fuzz_once_in(64));
    dct->twiddle = ecm_fuzz_once_in(64) ? NULL : ecm_fuzz_array_f32(16);
    cfg->dct = ecm_fuzz_once_in(64) ? NULL : dct;
    cfg->scratch_at = ecm_fuzz_once_in(2) ? 0U : plan->window_len;
    cfg->scratch_at = ecm_fuzz_once_in(32) ? ecm_fuzz_u32() : cfg->scratch_at;
    return cfg;
}

static const void *fuzz_track(void) {
    ecm_feat_track_cfg_t *cfg = ecm_fuzz_bytes(sizeof *cfg);
    uint32_t half = 8U * (1U + ecm_fuzz_below(4)), taps_len = ecm_fuzz_len(24);
    memset(cfg, 0, sizeof *cfg);
    cfg->history.fft = fuzz_transform(half, !ecm_fuzz_once_in(64));
    cfg->history.len = 2U * half + (ecm_fuzz_once_in(64) ? 2U : 0U);
    cfg->low.taps = taps_len == 0U ? NULL : ecm_fuzz_array_f32(taps_len);
    cfg->low.taps_len = taps_len;
    cfg->low.factor = taps_len == 0U ? 1U : 1U + ecm_fuzz_below(4);
    cfg->low.factor = ecm_fuzz_once_in(32) ? ecm_fuzz_u32() : cfg->low.factor;
    cfg->per_turn = ecm_fuzz_once_in(32) ? ecm_fuzz_u32() : half >> ecm_fuzz_below(2);
    cfg->halfwidth = ecm_fuzz_once_in(32) ? ecm_fuzz_f32() : 0.02f;
    return cfg;
}

static const void *fuzz_cepstrum(const ecm_feat_plan_t *plan) {
    ecm_feat_cepstrum_cfg_t *cfg = ecm_fuzz_bytes(sizeof *cfg);
    cfg->fft = fuzz_transform(ecm_fuzz_once_in(32) ? 64U : plan->window_len / 2U, true);
    cfg->scratch_at = ecm_fuzz_once_in(2) ? 0U : plan->window_len;
    cfg->scratch_at = ecm_fuzz_once_in(32) ? ecm_fuzz_u32() : cfg->scratch_at;
    return cfg;
}

static const void *fuzz_scale(uint32_t features_len) {
    ecm_feat_scale_cfg_t *cfg = ecm_fuzz_bytes(sizeof *cfg);
    cfg->offset = ecm_fuzz_once_in(64) ? NULL : ecm_fuzz_array_f32(features_len);
    cfg->factor = ecm_fuzz_array_f32(features_len);
    return cfg;
}

/* Rows of a step that fills them all from features before it. */
static const ecm_feat_row_t *fuzz_block_rows(uint16_t id, uint32_t *rows_len) {
    ecm_feat_row_t *rows = ecm_fuzz_bytes(ROWS * sizeof *rows);
    uint32_t i;
    memset(rows, 0, ROWS * sizeof *rows);
    *rows_len = 1U + ecm_fuzz_below(ROWS);
    for (i = 0; i < *rows_len; i++) {
        rows[i].id = ecm_fuzz_once_in(64) ? 1U : id;
        rows[i].n = (uint16_t)(ecm_fuzz_once_in(64) ? 7U : i);
    }
    return rows;
}

static const void *fuzz_map(uint32_t before, uint32_t rows_len) {
    ecm_project_t *map = ecm_fuzz_bytes(sizeof *map);
    map->features_len = (uint16_t)(before + (ecm_fuzz_once_in(32) ? 1U : 0U));
    map->components_len = (uint16_t)(rows_len + (ecm_fuzz_once_in(32) ? 1U : 0U));
    map->mean = ecm_fuzz_array_f32(map->features_len);
    map->components =
        ecm_fuzz_array_f32((uint32_t)map->features_len * map->components_len);
    return map;
}

static void fuzz_layer(ecm_nn_dense_s8_t *layer, uint32_t inputs_len,
                       uint32_t outputs_len) {
    int32_t *multiplier = ecm_fuzz_bytes(outputs_len * sizeof *multiplier);
    int32_t *bias = ecm_fuzz_bytes(outputs_len * sizeof *bias);
    uint8_t *shift = ecm_fuzz_bytes(outputs_len);
    uint32_t row = (inputs_len + 3U) / 4U;
    uint32_t i;
    for (i = 0; i < outputs_len; i++) {
        bias[i] = (int32_t)(ecm_fuzz_u32() & 0x7fffffffU) - 0x40000000;
        multiplier[i] = (int32_t)(0x40000000U + ecm_fuzz_below(0x3fffffffU));
        shift[i] = (uint8_t)(1U + ecm_fuzz_below(ecm_fuzz_once_in(64) ? 70 : 62));
    }
    layer->weights = (const int8_t *)ecm_fuzz_array_f32(row * outputs_len);
    layer->bias = ecm_fuzz_once_in(64) ? NULL : bias;
    layer->multiplier = multiplier;
    layer->shift = shift;
    layer->inputs_len = (uint16_t)inputs_len;
    layer->outputs_len = (uint16_t)outputs_len;
    layer->output_zero = (int16_t)((int32_t)ecm_fuzz_below(256) - 128);
    layer->output_min = (int16_t)((int32_t)ecm_fuzz_below(128) - 128);
    layer->output_max = (int16_t)ecm_fuzz_below(128);
}

static const void *fuzz_encode(uint32_t before, uint32_t rows_len) {
    ecm_feat_encode_cfg_t *cfg = ecm_fuzz_bytes(sizeof *cfg);
    ecm_nn_dense_s8_t *layers = ecm_fuzz_bytes(2U * sizeof *layers);
    uint32_t hidden_len = 1U + ecm_fuzz_below(9);
    memset(layers, 0, 2U * sizeof *layers);
    fuzz_layer(&layers[0], before + (ecm_fuzz_once_in(32) ? 1U : 0U), hidden_len);
    fuzz_layer(&layers[1], hidden_len + (ecm_fuzz_once_in(32) ? 1U : 0U), rows_len);
    cfg->layers = layers;
    cfg->layers_len = ecm_fuzz_once_in(32) ? ecm_fuzz_below(2) : 2U;
    cfg->input_scale = ecm_fuzz_once_in(16) ? ecm_fuzz_f32() : 0.25f;
    cfg->output_scale = ecm_fuzz_once_in(16) ? ecm_fuzz_f32() : 0.5f;
    cfg->input_zero = (int32_t)ecm_fuzz_below(260) - 128;
    return cfg;
}

static const void *fuzz_settings(const char *step, const ecm_feat_plan_t *plan) {
    if (fuzz_same(step, "filter")) {
        return fuzz_filter();
    }
    if (fuzz_same(step, "velocity")) {
        return fuzz_velocity();
    }
    if (fuzz_same(step, "rectified")) {
        return fuzz_rectified();
    }
    if (fuzz_same(step, "transform")) {
        return fuzz_transform(ecm_fuzz_once_in(32) ? 64U : plan->window_len / 2U, true);
    }
    if (fuzz_same(step, "taper")) {
        return fuzz_taper();
    }
    if (fuzz_same(step, "welch")) {
        return fuzz_welch();
    }
    if (fuzz_same(step, "lines")) {
        return fuzz_search();
    }
    if (fuzz_same(step, "mel")) {
        return fuzz_mel(plan);
    }
    if (fuzz_same(step, "mfcc")) {
        return fuzz_mfcc(plan);
    }
    if (fuzz_same(step, "track")) {
        return fuzz_track();
    }
    if (fuzz_same(step, "cepstrum")) {
        return fuzz_cepstrum(plan);
    }
    if (fuzz_same(step, "envelope")) {
        return fuzz_envelope(plan);
    }
    return fuzz_same(step, "scale") ? fuzz_scale(plan->features_len) : NULL;
}

/* Steps in the order of the table or, once in a while, in none. */
static void fuzz_steps(ecm_feat_plan_t *plan, ecm_feat_step_t *steps) {
    uint32_t i, k, n = 0;
    for (i = 0; i < KINDS && n < STEPS; i++) {
        k = ecm_fuzz_once_in(16) ? ecm_fuzz_below(KINDS) : i;
        if (!ecm_fuzz_once_in(3)) {
            continue;
        }
        memset(&steps[n], 0, sizeof steps[n]);
        steps[n].kind = ecm_fuzz_once_in(200) ? NULL : kinds[k].kind;
        if (fuzz_same(kinds[k].name, "project")) {
            steps[n].rows = fuzz_block_rows(ECM_FEAT_COMPONENT, &steps[n].rows_len);
            steps[n].cfg = fuzz_map(plan->features_len, steps[n].rows_len);
        } else if (fuzz_same(kinds[k].name, "encode")) {
            steps[n].rows = fuzz_block_rows(ECM_FEAT_LATENT, &steps[n].rows_len);
            steps[n].cfg = fuzz_encode(plan->features_len, steps[n].rows_len);
        } else {
            steps[n].rows = fuzz_rows(kinds[k].name, &steps[n].rows_len);
            steps[n].cfg = fuzz_settings(kinds[k].name, plan);
        }
        plan->features_len += steps[n].rows_len;
        n++;
    }
    plan->steps_len = n;
}

/* Where the states lie; a step that refuses is found by ecm_feat_check as well. */
static void fuzz_place(ecm_feat_plan_t *plan, ecm_feat_step_t *steps) {
    ecm_feat_plan_t bare = *plan;
    ecm_feat_need_t need;
    uint32_t i, at = ECM_FEAT_STATE_HEAD;
    bare.steps_len = 0;
    bare.features_len = 0;
    if (ecm_feat_need(&bare, &need) != ECM_OK) {
        return;
    }
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

static void fuzz_slices(const ecm_feat_plan_t *plan, float *state, float *x,
                        float *work, float *out) {
    uint32_t i;
    for (i = 0; i <= plan->steps_len; i++) {
        (void)ecm_feat_step_f32(state, plan, i, 30.0f, x, work, out);
    }
}

/* Windows behind each other: so many as the plan says are without features. */
static void fuzz_windows(const ecm_feat_plan_t *plan, uint32_t warm_len) {
    float *work = ecm_fuzz_array_f32(plan->work_len);
    float *state = ecm_fuzz_array_f32(plan->state_len);
    float *out = ecm_fuzz_array_f32(plan->features_len + 1U);
    float *x = ecm_fuzz_array_f32(plan->window_len);
    uint32_t i, given = 0, windows = 2U + (warm_len < WARM ? warm_len : WARM);
    ECM_FUZZ_CHECK(ecm_feat_reset_f32(state, plan) == ECM_OK);
    ECM_FUZZ_CHECK(ecm_feat_may_stop(plan, plan->steps_len) == (plan->steps != NULL));
    for (; windows > 0U; windows--) {
        float speed_hz = ecm_fuzz_once_in(16) ? ecm_fuzz_f32() : 30.0f;
        ecm_status_t status = ecm_feat_extract_f32(
            ecm_fuzz_or_null(state), plan, speed_hz, ecm_fuzz_or_null(x),
            ecm_fuzz_or_null(work), ecm_fuzz_or_null(out));
        ECM_FUZZ_CHECK(status >= ECM_OK || status == ECM_ERR_NULL ||
                       !ecm_feat_takes_speed(plan, speed_hz));
        if (status >= ECM_OK) {
            ECM_FUZZ_CHECK((status == ECM_MORE) == (given < warm_len));
            given++;
        }
        for (i = 0; i < plan->window_len; i++) {
            x[i] = ecm_fuzz_plain_f32();
        }
    }
    fuzz_slices(plan, state, x, work, out);
}

void fuzz_ecm_feat(void) {
    ecm_feat_step_t *steps = ecm_fuzz_bytes(STEPS * sizeof *steps);
    ecm_feat_need_t need;
    ecm_feat_plan_t plan;
    uint32_t n = ecm_fuzz_once_in(3) ? ecm_fuzz_len(1100) : 64U << ecm_fuzz_below(4);
    float *x = ecm_fuzz_array_f32(n);
    memset(&plan, 0, sizeof plan);
    plan.fs_hz = ecm_fuzz_once_in(8) ? ecm_fuzz_f32() : 1000.0f;
    plan.window_len = n;
    plan.hop_len = ecm_fuzz_once_in(3) ? ecm_fuzz_len(n) : n / 2U;
    plan.detrend = ecm_fuzz_below(3);
    plan.speed_lo_hz = ecm_fuzz_once_in(8) ? ecm_fuzz_f32() : 30.0f;
    plan.speed_hi_hz = ecm_fuzz_once_in(8) ? ecm_fuzz_f32() : 50.0f;
    plan.steps = steps;
    memset(steps, 0, STEPS * sizeof *steps);
    fuzz_steps(&plan, steps);
    fuzz_place(&plan, steps);
    (void)ecm_feat_rows_within(&steps[0], 0, (uint16_t)ecm_fuzz_u32());
    ECM_FUZZ_CHECK(ecm_feat_rows_before(&plan, steps + plan.steps_len) ==
                   plan.features_len);
    if (ecm_feat_check(ecm_fuzz_or_null(&plan)) == ECM_OK &&
        ecm_feat_need(&plan, &need) == ECM_OK) {
        fuzz_windows(&plan, need.warm_len);
    }
    (void)ecm_feat_scale_f32(ecm_fuzz_or_null(x), ecm_fuzz_array_f32(n),
                             ecm_fuzz_array_f32(n), n, x);
}
