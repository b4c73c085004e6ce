/* ecm_feat_track.c - see ecm_feat_track.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_track.h"

#include "ecm_feat_line.h"
#include "ecm_math.h"

#define TRACK_HELD ((uint32_t)(ECM_ORDER_BEFORE + ECM_ORDER_AFTER))

/* Places in the state: windows that are still without features, the decimator, the
 * stream of outputs; then the line of the decimator and the history. */
enum {
    TRACK_LEFT = 0,
    TRACK_AT = 1,
    TRACK_WAIT = 2,
    TRACK_STREAM = 3,
    TRACK_LINE = 14
};
ECM_STATIC_ASSERT(sizeof(ecm_order_track_t) == 11U * sizeof(float), track_state);

static ecm_order_track_cfg_t track_stream(const ecm_feat_plan_t *plan,
                                          const ecm_feat_track_cfg_t *cfg) {
    ecm_order_track_cfg_t stream;
    stream.fs_hz = plan->fs_hz / (float)cfg->low.factor;
    stream.per_turn = cfg->per_turn;
    return stream;
}

static uint32_t track_taps(const ecm_feat_track_cfg_t *cfg) {
    return cfg->low.taps != NULL ? cfg->low.taps_len : 0U;
}

/* Most samples of a window that the decimator leaves. */
static uint32_t track_chunk(const ecm_feat_plan_t *plan,
                            const ecm_feat_track_cfg_t *cfg) {
    return ECM_DECIMATE_OUT_LEN(plan->window_len, cfg->low.factor);
}

/* Windows until the history is full at the least speed, behind the first one. */
static uint32_t track_warm(const ecm_feat_plan_t *plan,
                           const ecm_feat_track_cfg_t *cfg) {
    ecm_order_track_cfg_t stream = track_stream(plan, cfg);
    uint64_t wide =
        ecm_order_track_span(&stream, plan->speed_lo_hz, cfg->history.len) - 1U;
    uint32_t span, hop = plan->hop_len;
    wide = wide * cfg->low.factor + 1U;
    span = wide < UINT32_MAX ? (uint32_t)wide : UINT32_MAX;
    if (span <= plan->window_len) {
        return 0;
    }
    span -= plan->window_len;
    return span / hop + (span % hop != 0U ? 1U : 0U);
}

/* ---- judging ------------------------------------------------------------------ */

static uint16_t track_form(uint16_t id) {
    switch (id) {
    case ECM_FEAT_TRACKED_HARMONICS:
        return ECM_FEAT_HARMONICS;
    case ECM_FEAT_TRACKED_THD:
        return ECM_FEAT_THD;
    case ECM_FEAT_TRACKED_SIDEBANDS:
        return ECM_FEAT_SIDEBANDS;
    default:
        return ECM_FEAT_LINE;
    }
}

static ecm_status_t track_low_check(const ecm_decimate_cfg_f32_t *low) {
    if (low->taps == NULL) {
        ECM_REQUIRE(low->factor == 1U, ECM_ERR_ARG);
        return ECM_OK;
    }
    ECM_REQUIRE(low->taps_len >= 1U && low->taps_len <= (uint32_t)ECM_DECIMATE_TAPS_MAX,
                ECM_ERR_LENGTH);
    ECM_REQUIRE(low->factor >= 1U && low->factor <= 65536U, ECM_ERR_ARG);
    return ECM_OK;
}

static ecm_status_t track_history_check(const ecm_feat_track_cfg_t *cfg) {
    const ecm_envelope_history_t *history = &cfg->history;
    ECM_REQUIRE(history->fft != NULL && history->fft->half != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(history->len == 2U * history->fft->len, ECM_ERR_LENGTH);
    ECM_REQUIRE(history->low.taps == NULL, ECM_ERR_ARG);
    ECM_REQUIRE(cfg->per_turn >= 2U && cfg->per_turn <= history->len / 2U &&
                    history->len % cfg->per_turn == 0U,
                ECM_ERR_LENGTH);
    ECM_REQUIRE(cfg->halfwidth >= 0.0f && cfg->halfwidth <= 0.5f, ECM_ERR_ARG);
    return ECM_OK;
}

static ecm_status_t track_rows_check(const ecm_feat_step_t *step) {
    uint32_t i;
    ECM_REQUIRE(
        ecm_feat_rows_within(step, ECM_FEAT_TRACKED_LINE, ECM_FEAT_TRACKED_SIDEBANDS),
        ECM_ERR_ARG);
    for (i = 0; i < step->rows_len; i++) {
        const ecm_feat_row_t *row = &step->rows[i];
        uint16_t form = track_form(row->id);
        ECM_REQUIRE(ecm_feat_line_counts(form, row->n), ECM_ERR_ARG);
        ECM_REQUIRE(row->a > 0.0f && ecm_math_isfinite_f32(row->a), ECM_ERR_ARG);
        if (form == (uint16_t)ECM_FEAT_SIDEBANDS) {
            ECM_REQUIRE(row->b > 0.0f && ecm_math_isfinite_f32(row->b), ECM_ERR_ARG);
        }
    }
    return ECM_OK;
}

static ecm_status_t feat_track_check(const ecm_feat_plan_t *plan,
                                     const ecm_feat_step_t *step,
                                     ecm_feat_need_t *need) {
    const ecm_feat_track_cfg_t *cfg = (const ecm_feat_track_cfg_t *)step->cfg;
    ecm_order_track_cfg_t stream;
    uint32_t most, len;
    ecm_status_t status;
    ECM_REQUIRE(cfg != NULL, ECM_ERR_NULL);
    status = track_history_check(cfg);
    ECM_REQUIRE(status == ECM_OK, status);
    status = track_low_check(&cfg->low);
    ECM_REQUIRE(status == ECM_OK, status);
    status = track_rows_check(step);
    ECM_REQUIRE(status == ECM_OK, status);
    stream = track_stream(plan, cfg);
    len = cfg->history.len;
    most = ecm_order_track_len(&stream, plan->speed_hi_hz, track_chunk(plan, cfg));
    ECM_REQUIRE(most > 0U && ecm_order_track_span(&stream, plan->speed_lo_hz, len) > 0U,
                ECM_ERR_ARG);
    /* samples and outputs of a window, or a spectrum and its scratch */
    most += TRACK_HELD + track_chunk(plan, cfg);
    need->work_len = most > 2U * len ? most : 2U * len;
    need->state_len = ECM_FEAT_TRACK_STATE_LEN(len, track_taps(cfg));
    need->warm_len = track_warm(plan, cfg);
    ECM_REQUIRE(need->warm_len < 1U << 24, ECM_ERR_ARG);
    return ECM_OK;
}

/* ---- a window ----------------------------------------------------------------- */

/* The fresh samples, filtered and decimated, behind the place of those before. */
static uint32_t track_decimate(const ecm_feat_track_cfg_t *cfg,
                               const ecm_feat_frame_t *frame, float *to) {
    const float *fresh = frame->x + (frame->plan->window_len - frame->fresh_len);
    float *line = frame->state + TRACK_LINE;
    ecm_decimate_t decimate;
    uint32_t n = frame->fresh_len;
    if (cfg->low.taps == NULL) {
        memcpy(to, fresh, n * sizeof *to);
        return n;
    }
    decimate.at = (uint32_t)frame->state[TRACK_AT];
    decimate.wait = (uint32_t)frame->state[TRACK_WAIT];
    if (frame->first) {
        (void)ecm_decimate_init_f32(&decimate, &cfg->low, line, fresh[0]);
    }
    (void)ecm_decimate_f32(&decimate, &cfg->low, line, fresh, frame->fresh_len, to, &n);
    frame->state[TRACK_AT] = (float)decimate.at;
    frame->state[TRACK_WAIT] = (float)decimate.wait;
    return n;
}

/* The rows, from the amplitudes of the order spectrum. */
static void track_lines(const ecm_feat_step_t *step, const ecm_feat_track_cfg_t *cfg,
                        float *amplitude, float *out) {
    ecm_feat_lines_of_t of;
    uint32_t i;
    of.power = amplitude;
    of.bins_len = cfg->history.len / 2U + 1U;
    of.bin_hz = (float)cfg->per_turn / (float)cfg->history.len;
    for (i = 0; i < of.bins_len; i++) { /* a Hann taper is 1.5 bins wide */
        amplitude[i] *= amplitude[i] * (1.0f / 3.0f);
    }
    amplitude[0] *= 2.0f; /* of bins without a twin */
    amplitude[of.bins_len - 1U] *= 2.0f;
    for (i = 0; i < step->rows_len; i++) {
        const ecm_feat_row_t *row = &step->rows[i];
        out[i] = ecm_feat_line_value_f32(&of, track_form(row->id), row->n, row->a,
                                         row->b, cfg->halfwidth);
    }
}

static ecm_status_t feat_track_run(const ecm_feat_step_t *step,
                                   const ecm_feat_frame_t *frame, float *out) {
    const ecm_feat_track_cfg_t *cfg = (const ecm_feat_track_cfg_t *)step->cfg;
    ecm_order_track_cfg_t stream = track_stream(frame->plan, cfg);
    uint32_t n, most, chunk = track_chunk(frame->plan, cfg);
    float *work = frame->work, *made = work + TRACK_HELD + chunk;
    float *held = frame->state + TRACK_LINE + ECM_DECIMATE_LINE_LEN(track_taps(cfg));
    float *left = frame->state + TRACK_LEFT;
    ecm_order_track_t st;
    ecm_status_t news;
    if (frame->first) {
        (void)ecm_order_track_init_f32(&st);
        *left = (float)track_warm(frame->plan, cfg);
        memset(held, 0, sizeof *held * ECM_ENVELOPE_HISTORY_LEN(cfg->history.len, 0U));
    } else {
        memcpy(&st, frame->state + TRACK_STREAM, sizeof st);
        *left -= *left > 0.0f ? 1.0f : 0.0f;
    }
    n = track_decimate(cfg, frame, work + TRACK_HELD);
    most = ecm_order_track_len(&stream, frame->plan->speed_hi_hz, chunk);
    (void)ecm_order_track_f32(&st, &stream, frame->speed_hz, work, n, made, most, &n);
    memcpy(frame->state + TRACK_STREAM, &st, sizeof st);
    news = ecm_envelope_push_f32(held, &cfg->history, made, n);
    if (news != ECM_OK || *left > 0.0f) {
        return ECM_MORE;
    }
    (void)ecm_envelope_spectrum_f32(held, &cfg->history, cfg->history.len / 2U + 1U,
                                    work + cfg->history.len, work);
    track_lines(step, cfg, work, out);
    return ECM_OK;
}

const ecm_feat_kind_t ecm_feat_kind_track = {feat_track_check, feat_track_run};
