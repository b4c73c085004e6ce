/* test_ecm_feat_track.c - steps on the order spectrum, and cepstral coefficients:
 * values, histories, refusals, the same bits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_track.h"
#include "ecm_feat_mel.h"
#include "ecm_feat_spectrum.h"
#include "ecm_test.h"
#include "ecm_test_plans.h" /* written by the harness */

void test_ecm_feat_track(void);

/* At 20 Hz and 1 kHz a turn has 50 samples, resampled to 32: 8 turns. */
enum { WINDOW = 100, HOP = 50, LEN = 256, ROWS_LEN = 4, STATE = 400, TAPS = 8 };
static const ecm_feat_row_t track_rows[ROWS_LEN] = {
    {ECM_FEAT_TRACKED_LINE, 0, 2.0f, 0},
    {ECM_FEAT_TRACKED_HARMONICS, 2, 2.0f, 0},
    {ECM_FEAT_TRACKED_THD, 2, 2.0f, 0},
    {ECM_FEAT_TRACKED_SIDEBANDS, 1, 4.0f, 2.0f}};
static const float taps[TAPS] = {0.05f, 0.1f, 0.15f, 0.2f, 0.2f, 0.15f, 0.1f, 0.05f};

/* A plan of one step; it must not move. */
typedef struct {
    ecm_feat_plan_t plan;
    ecm_feat_step_t step;
    ecm_feat_track_cfg_t cfg;
} track_t;

static void track_start(track_t *t, bool low) {
    memset(t, 0, sizeof *t);
    t->cfg.history.len = LEN;
    t->cfg.history.fft = &test_fft_256;
    t->cfg.history.low.factor = 1;
    t->cfg.low.factor = low ? 2U : 1U;
    t->cfg.low.taps = low ? taps : NULL;
    t->cfg.low.taps_len = low ? TAPS : 0U;
    t->cfg.per_turn = 32;
    t->step.kind = &ecm_feat_kind_track;
    t->step.rows = track_rows;
    t->step.rows_len = ROWS_LEN;
    t->step.cfg = &t->cfg;
    t->step.state_at = ECM_FEAT_STATE_HEAD;
    t->plan.fs_hz = 1000.0f;
    t->plan.window_len = WINDOW;
    t->plan.hop_len = HOP;
    t->plan.speed_lo_hz = 19.0f;
    t->plan.speed_hi_hz = 21.0f;
    t->plan.steps = &t->step;
    t->plan.steps_len = 1;
    t->plan.features_len = ROWS_LEN;
    t->plan.work_len = 2U * LEN;
    t->plan.state_len = STATE;
}

/* Orders 2, 4 and 6 of a shaft at 20 Hz, amplitudes 1, 0.5 and 0.25, by a table of a
 * turn of 50 samples: sin of 2 pi k / 50. */
static void track_signal(float *x, uint32_t at, uint32_t n) {
    static const float quarter[13] = {
        0.0f,        0.12533323f, 0.24868989f, 0.36812455f, 0.48175367f,
        0.58778525f, 0.68454711f, 0.77051324f, 0.84432793f, 0.90482705f,
        0.95105652f, 0.98228725f, 0.99802673f};
    static const uint32_t orders[3] = {2, 4, 6};
    uint32_t i, k;
    for (i = 0; i < n; i++) {
        float gain = 1.0f;
        x[i] = 0.0f;
        for (k = 0; k < 3U; k++, gain *= 0.5f) {
            uint32_t place = orders[k] * (at + i) % 50U, half = place % 25U;
            float value = quarter[half < 13U ? half : 25U - half];
            x[i] += place < 25U ? gain * value : -gain * value;
        }
    }
}

static bool near(float x, float value) {
    return x > 0.995f * value && x < 1.005f * value;
}

/* All windows of a signal: the first warm ones give nothing, then the lines are there.
 */
static void test_values(bool low) {
    float *x = ecm_test_memory, *work = x + WINDOW, *state = work + 2 * LEN;
    float out[ROWS_LEN];
    ecm_feat_need_t need;
    uint32_t k;
    track_t t;
    track_start(&t, low);
    ECM_CHECK(ecm_feat_need(&t.plan, &need) == ECM_OK);
    ECM_CHECK(need.work_len == 2U * LEN && need.state_len <= (uint32_t)STATE);
    ecm_test_u32("feat_track warm", need.warm_len);
    ECM_CHECK(ecm_feat_check(&t.plan) == ECM_OK);
    ECM_CHECK(ecm_feat_reset_f32(state, &t.plan) == ECM_OK);
    for (k = 0; k < need.warm_len + 3U; k++) {
        ecm_status_t status;
        track_signal(x, k * HOP, WINDOW);
        status = ecm_feat_extract_f32(state, &t.plan, 20.0f, x, work, out);
        ECM_CHECK(status == (k < need.warm_len ? ECM_MORE : ECM_OK));
        if (status == ECM_OK) {
            ecm_test_array_f32("feat_track rows", out, ROWS_LEN);
            ECM_CHECK(low || near(out[0], 1.0f));
            ECM_CHECK(low || near(out[1], 0.7905694f)); /* sqrt(1.25 / 2) */
            ECM_CHECK(low || near(out[2], 0.5f));
            ECM_CHECK(low || near(out[3], 2.5f));
        }
    }
    /* A speed that changes, and a gap. */
    ECM_CHECK(ecm_feat_reset_f32(state, &t.plan) == ECM_OK);
    for (k = 0; k < need.warm_len + 2U; k++) {
        track_signal(x, k * HOP, WINDOW);
        (void)ecm_feat_extract_f32(state, &t.plan, 19.0f + 0.25f * (float)(k % 9U), x,
                                   work, out);
    }
    ecm_test_array_f32("feat_track uneven", out, ROWS_LEN);
}

static ecm_status_t try_row(uint16_t id, uint16_t n, float a, float b) {
    ecm_feat_row_t row;
    track_t t;
    row.id = id;
    row.n = n;
    row.a = a;
    row.b = b;
    track_start(&t, true);
    t.step.rows = &row;
    t.step.rows_len = 1;
    t.plan.features_len = 1;
    return ecm_feat_check(&t.plan);
}

static void test_row_refusals(void) {
    float inf = ecm_test_from_bits(0x7f800000U);
    ECM_CHECK(try_row(ECM_FEAT_TRACKED_LINE, 0, 3, 0) == ECM_OK);
    ECM_CHECK(try_row(ECM_FEAT_TRACKED_LINE, 0, 0, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(ECM_FEAT_TRACKED_LINE, 0, inf, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(ECM_FEAT_ORDER_LINE, 0, 3, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(ECM_FEAT_TRACKED_HARMONICS, 0, 3, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(ECM_FEAT_TRACKED_THD, 1, 3, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(ECM_FEAT_TRACKED_SIDEBANDS, 17, 3, 1) == ECM_ERR_ARG);
    ECM_CHECK(try_row(ECM_FEAT_TRACKED_SIDEBANDS, 16, 3, 1) == ECM_OK);
    ECM_CHECK(try_row(ECM_FEAT_TRACKED_SIDEBANDS, 16, 3, 0) == ECM_ERR_ARG);
}

static void test_settings_refusals(void) {
    track_t t;
    track_start(&t, true);
    t.cfg.per_turn = 33;
    ECM_CHECK(ecm_feat_check(&t.plan) == ECM_ERR_LENGTH);
    t.cfg.per_turn = 1;
    ECM_CHECK(ecm_feat_check(&t.plan) == ECM_ERR_LENGTH);
    t.cfg.per_turn = 128;
    ECM_CHECK(ecm_feat_check(&t.plan) == ECM_OK);
    t.cfg.history.len = 128;
    ECM_CHECK(ecm_feat_check(&t.plan) == ECM_ERR_LENGTH);
    track_start(&t, true);
    t.cfg.low.taps = NULL; /* decimation without a low-pass */
    ECM_CHECK(ecm_feat_check(&t.plan) == ECM_ERR_ARG);
    track_start(&t, true);
    t.cfg.low.taps_len = ECM_DECIMATE_TAPS_MAX + 1;
    ECM_CHECK(ecm_feat_check(&t.plan) == ECM_ERR_LENGTH);
    track_start(&t, true);
    t.cfg.halfwidth = 0.6f;
    ECM_CHECK(ecm_feat_check(&t.plan) == ECM_ERR_ARG);
    track_start(&t, true);
    t.plan.speed_lo_hz = t.plan.speed_hi_hz = 0.0f; /* angle needs a speed */
    ECM_CHECK(ecm_feat_check(&t.plan) == ECM_ERR_ARG);
    track_start(&t, true);
    t.step.cfg = NULL;
    ECM_CHECK(ecm_feat_check(&t.plan) == ECM_ERR_NULL);
    track_start(&t, true);
    t.plan.state_len = 100;
    ECM_CHECK(ecm_feat_check(&t.plan) == ECM_ERR_FULL);
}

/* ---- cepstral coefficients ---------------------------------------------------- */

enum { LEVELS = 64, N = 256, COEFFS = 3 };

typedef struct {
    ecm_feat_plan_t plan;
    ecm_feat_step_t step[4];
    ecm_mel_bank_t bank;
    ecm_feat_mel_cfg_t mel;
    ecm_dct_plan_t dct;
    ecm_feat_mfcc_cfg_t mfcc;
    uint16_t counts[LEVELS + 1];
} mfcc_t;

static void mfcc_start(mfcc_t *m, float *weights) {
    static const ecm_feat_row_t rows[COEFFS] = {
        {ECM_FEAT_MFCC, 0, 0, 0}, {ECM_FEAT_MFCC, 5, 0, 0}, {ECM_FEAT_MFCC, 2, 0, 0}};
    uint32_t i;
    memset(m, 0, sizeof *m);
    for (i = 0; i <= LEVELS; i++) { /* two bins in an interval but the last */
        m->counts[i] = (uint16_t)(i < 64U ? 2U : 1U);
    }
    for (i = 0; i < 2U * LEVELS + 1U; i++) {
        weights[i] = (i & 1U) != 0U ? 0.5f : 0.0f;
    }
    for (i = 0; i < LEVELS; i++) { /* norms, then factors: any will do */
        weights[2U * LEVELS + 1U + i] = 1.0f;
        weights[3U * LEVELS + 1U + i] = 1.0f / (float)(i + 1U);
    }
    m->bank.mels_len = LEVELS;
    m->bank.bins_len = N / 2U + 1U;
    m->bank.counts = m->counts;
    m->bank.weights = weights;
    m->bank.norms = weights + 2 * LEVELS + 1;
    m->mel.bank = &m->bank;
    m->mel.scale = 1e3f;
    m->mel.floor = 1e-10f;
    m->dct.fft = &test_fft_64;
    m->dct.twiddle = weights + 3 * LEVELS + 1;
    m->mfcc.dct = &m->dct;
    m->step[0].kind = &ecm_feat_kind_transform;
    m->step[0].cfg = &test_fft_256;
    m->step[1].kind = &ecm_feat_kind_power;
    m->step[2].kind = &ecm_feat_kind_mel;
    m->step[2].cfg = &m->mel;
    m->step[3].kind = &ecm_feat_kind_mfcc;
    m->step[3].rows = rows;
    m->step[3].rows_len = COEFFS;
    m->step[3].cfg = &m->mfcc;
    m->plan.fs_hz = 8000.0f;
    m->plan.window_len = N;
    m->plan.hop_len = N;
    m->plan.steps = m->step;
    m->plan.steps_len = 4;
    m->plan.features_len = COEFFS;
    m->plan.work_len = N + 3U * LEVELS;
}

static void test_mfcc(void) {
    float *x = ecm_test_memory, *work = x + N, *weights = work + N + 3 * LEVELS;
    float *level = weights + 4 * LEVELS + 1, *scratch = level + LEVELS;
    float *expected = scratch + 2 * LEVELS, out[COEFFS];
    uint32_t i, kept;
    mfcc_t m;
    for (kept = 0; kept < 2U; kept++) {
        mfcc_start(&m, weights);
        m.mfcc.scratch_at = kept * N;
        ECM_CHECK(ecm_feat_check(&m.plan) == ECM_OK);
        ecm_test_noise_f32(7, x, N);
        ECM_CHECK(ecm_feat_extract_f32(NULL, &m.plan, 0.0f, x, work, out) == ECM_OK);
        ecm_test_array_f32("feat_track mfcc", out, COEFFS);
        memcpy(level, x + N / 2 + 1, LEVELS * sizeof *level);
        ECM_CHECK(ecm_mel_mfcc_f32(&m.dct, level, scratch, 6, expected) == ECM_OK);
        for (i = 0; i < COEFFS; i++) {
            ECM_CHECK(out[i] == expected[m.step[3].rows[i].n]);
        }
    }
    m.mfcc.scratch_at = 3;
    ECM_CHECK(ecm_feat_check(&m.plan) == ECM_ERR_ARG);
    m.mfcc.scratch_at = 0;
    m.dct.fft = &test_fft_256; /* of other levels than the bank has */
    ECM_CHECK(ecm_feat_check(&m.plan) == ECM_ERR_LENGTH);
    m.dct.fft = &test_fft_64;
    m.plan.work_len = N - 1;
    ECM_CHECK(ecm_feat_check(&m.plan) == ECM_ERR_FULL);
    m.plan.work_len = N;
    m.step[3].rows = track_rows;
    ECM_CHECK(ecm_feat_check(&m.plan) == ECM_ERR_ARG);
    m.step[3].rows = NULL;
    m.step[3].rows_len = 0;
    m.plan.features_len = 0;
    m.step[2] = m.step[1]; /* no levels */
    ECM_CHECK(ecm_feat_check(&m.plan) == ECM_ERR_LENGTH);
    m.dct.twiddle = NULL;
    ECM_CHECK(ecm_feat_check(&m.plan) == ECM_ERR_NULL);
}

void test_ecm_feat_track(void) {
    test_values(false);
    test_values(true);
    test_row_refusals();
    test_settings_refusals();
    test_mfcc();
}
