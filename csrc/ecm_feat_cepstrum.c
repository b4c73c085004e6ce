/* ecm_feat_cepstrum.c - see ecm_feat_cepstrum.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_cepstrum.h"
#include "ecm_feat_spectrum.h"

static ecm_status_t feat_cepstrum_check(const ecm_feat_plan_t *plan,
                                        const ecm_feat_step_t *step,
                                        ecm_feat_need_t *need) {
    const ecm_feat_cepstrum_cfg_t *cfg = (const ecm_feat_cepstrum_cfg_t *)step->cfg;
    float most_s = 0.5f * (float)plan->window_len / plan->fs_hz;
    uint32_t i;
    ECM_REQUIRE(cfg != NULL && cfg->fft != NULL && cfg->fft->half != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(cfg->fft->len * 2U == plan->window_len, ECM_ERR_LENGTH);
    ECM_REQUIRE(cfg->scratch_at == 0U || cfg->scratch_at == plan->window_len,
                ECM_ERR_ARG);
    ECM_REQUIRE(
        ecm_feat_rows_within(step, ECM_FEAT_CEPSTRAL_PEAK, ECM_FEAT_CEPSTRAL_PEAK_S),
        ECM_ERR_ARG);
    for (i = 0; i < step->rows_len; i++) {
        const ecm_feat_row_t *row = &step->rows[i];
        ECM_REQUIRE(row->a > 0.0f && row->a <= row->b && row->b <= most_s, ECM_ERR_ARG);
    }
    need->work_len = ECM_FEAT_CEPSTRUM_WORK_LEN(plan->window_len, cfg->scratch_at);
    return ECM_OK;
}

static ecm_status_t feat_cepstrum_run(const ecm_feat_step_t *step,
                                      const ecm_feat_frame_t *frame, float *out) {
    const ecm_feat_cepstrum_cfg_t *cfg = (const ecm_feat_cepstrum_cfg_t *)step->cfg;
    const ecm_feat_plan_t *plan = frame->plan;
    uint32_t i;
    (void)ecm_cepstrum_real_f32(cfg->fft, frame->x, frame->work + cfg->scratch_at,
                                frame->x);
    for (i = 0; i < step->rows_len; i++) {
        const ecm_feat_row_t *row = &step->rows[i];
        ecm_cepstrum_peak_t peak;
        (void)ecm_cepstrum_peak_f32(frame->x, ECM_FEAT_BINS(plan->window_len),
                                    plan->fs_hz, row->a, row->b, &peak);
        out[i] = peak.amplitude;
        if (row->id == (uint16_t)ECM_FEAT_CEPSTRAL_PEAK_S && peak.amplitude != 0.0f) {
            out[i] = peak.quefrency_s;
        }
    }
    return ECM_OK;
}

const ecm_feat_kind_t ecm_feat_kind_cepstrum = {feat_cepstrum_check, feat_cepstrum_run};
