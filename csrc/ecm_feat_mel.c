/* ecm_feat_mel.c - see ecm_feat_mel.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_mel.h"
#include "ecm_feat_spectrum.h"
#include "ecm_math.h"

/* The intervals of a bank lie within its bins. */
static bool feat_bank_fits(const ecm_mel_bank_t *bank) {
    uint32_t j, last = bank->first;
    for (j = 0; j <= bank->mels_len && last <= bank->bins_len; j++) {
        last += bank->counts[j];
    }
    return last <= bank->bins_len;
}

static ecm_status_t feat_mel_check(const ecm_feat_plan_t *plan,
                                   const ecm_feat_step_t *step, ecm_feat_need_t *need) {
    const ecm_feat_mel_cfg_t *cfg = (const ecm_feat_mel_cfg_t *)step->cfg;
    uint32_t i, bins_len = ECM_FEAT_BINS(plan->window_len);
    float unused;
    (void)need;
    ECM_REQUIRE(cfg != NULL && cfg->bank != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->bank->counts != NULL && cfg->bank->weights != NULL &&
                    cfg->bank->norms != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(cfg->bank->bins_len == bins_len, ECM_ERR_LENGTH);
    ECM_REQUIRE(cfg->bank->mels_len >= 1U &&
                    cfg->bank->mels_len <= plan->window_len - bins_len,
                ECM_ERR_LENGTH);
    ECM_REQUIRE(feat_bank_fits(cfg->bank), ECM_ERR_LENGTH);
    ECM_REQUIRE(cfg->scale > 0.0f && ecm_math_isfinite_f32(cfg->scale), ECM_ERR_ARG);
    ECM_REQUIRE(ecm_mel_level_f32(&cfg->scale, 1, 1.0f, cfg->floor, &unused) == ECM_OK,
                ECM_ERR_ARG);
    ECM_REQUIRE(ecm_feat_rows_within(step, ECM_FEAT_MEL_LEVEL, ECM_FEAT_MEL_LEVEL),
                ECM_ERR_ARG);
    for (i = 0; i < step->rows_len; i++) {
        ECM_REQUIRE(step->rows[i].n < cfg->bank->mels_len, ECM_ERR_ARG);
    }
    return ECM_OK;
}

static ecm_status_t feat_mel_run(const ecm_feat_step_t *step,
                                 const ecm_feat_frame_t *frame, float *out) {
    const ecm_feat_mel_cfg_t *cfg = (const ecm_feat_mel_cfg_t *)step->cfg;
    uint32_t i, bins_len = ECM_FEAT_BINS(frame->plan->window_len);
    float *level = frame->x + bins_len;
    (void)ecm_mel_energies_f32(cfg->bank, frame->x, bins_len, level);
    (void)ecm_mel_level_f32(level, cfg->bank->mels_len, cfg->scale, cfg->floor, level);
    for (i = 0; i < step->rows_len; i++) {
        out[i] = level[step->rows[i].n];
    }
    return ECM_OK;
}

const ecm_feat_kind_t ecm_feat_kind_mel = {feat_mel_check, feat_mel_run};

/* ---- cepstral coefficients ---------------------------------------------------- */

/* Filters of the bank whose levels a step finds; 0 if none is before it. */
static uint32_t feat_levels_before(const ecm_feat_plan_t *plan,
                                   const ecm_feat_step_t *step) {
    const ecm_feat_step_t *one;
    for (one = plan->steps; one != step; one++) {
        const ecm_feat_mel_cfg_t *cfg = (const ecm_feat_mel_cfg_t *)one->cfg;
        if (one->kind == &ecm_feat_kind_mel && cfg != NULL && cfg->bank != NULL) {
            return cfg->bank->mels_len;
        }
    }
    return 0;
}

static ecm_status_t feat_mfcc_check(const ecm_feat_plan_t *plan,
                                    const ecm_feat_step_t *step,
                                    ecm_feat_need_t *need) {
    const ecm_feat_mfcc_cfg_t *cfg = (const ecm_feat_mfcc_cfg_t *)step->cfg;
    uint32_t i, mels_len = feat_levels_before(plan, step);
    ECM_REQUIRE(cfg != NULL && cfg->dct != NULL && cfg->dct->twiddle != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(cfg->dct->fft != NULL && cfg->dct->fft->half != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(mels_len >= 1U && cfg->dct->fft->len * 2U == mels_len, ECM_ERR_LENGTH);
    ECM_REQUIRE(cfg->scratch_at == 0U || cfg->scratch_at == plan->window_len,
                ECM_ERR_ARG);
    ECM_REQUIRE(ecm_feat_rows_within(step, ECM_FEAT_MFCC, ECM_FEAT_MFCC), ECM_ERR_ARG);
    for (i = 0; i < step->rows_len; i++) {
        ECM_REQUIRE(step->rows[i].n < mels_len, ECM_ERR_ARG);
    }
    need->work_len = ECM_FEAT_MFCC_WORK_LEN(mels_len, cfg->scratch_at);
    return ECM_OK;
}

static ecm_status_t feat_mfcc_run(const ecm_feat_step_t *step,
                                  const ecm_feat_frame_t *frame, float *out) {
    const ecm_feat_mfcc_cfg_t *cfg = (const ecm_feat_mfcc_cfg_t *)step->cfg;
    const float *level = frame->x + ECM_FEAT_BINS(frame->plan->window_len);
    uint32_t i, count = 1, mels_len = 2U * cfg->dct->fft->len;
    float *work = frame->work + cfg->scratch_at, *coeffs = work + 2U * mels_len;
    for (i = 0; i < step->rows_len; i++) {
        count = step->rows[i].n >= count ? step->rows[i].n + 1U : count;
    }
    (void)ecm_mel_mfcc_f32(cfg->dct, level, work, count, coeffs);
    for (i = 0; i < step->rows_len; i++) {
        out[i] = coeffs[step->rows[i].n];
    }
    return ECM_OK;
}

const ecm_feat_kind_t ecm_feat_kind_mfcc = {feat_mfcc_check, feat_mfcc_run};
