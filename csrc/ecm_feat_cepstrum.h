/* ecm_feat_cepstrum.h - step of a plan on the cepstrum of a window, by ecm_cepstrum.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FEAT_CEPSTRUM_H
#define ECM_FEAT_CEPSTRUM_H

#include "ecm_cepstrum.h"
#include "ecm_feat.h"

ECM_EXTERN_C_BEGIN

/* "cepstrum": rows cepstral_peak and cepstral_peak_s between the quefrencies a and b
 * [s], 0 < a <= b, b at most half a window; both 0 where there is no power. The power
 * in x becomes its cepstrum. Settings: ecm_feat_cepstrum_cfg_t. */
extern const ecm_feat_kind_t ecm_feat_kind_cepstrum;
typedef struct {
    const ecm_fft_plan_t *fft; /* that of the step "transform" */
    uint32_t scratch_at;       /* first float of work that it uses: 0, or window_len if
                                * a step behind it reads the bins */
} ecm_feat_cepstrum_cfg_t;
#define ECM_FEAT_CEPSTRUM_WORK_LEN(window_len, scratch_at) ((window_len) + (scratch_at))

ECM_EXTERN_C_END

#endif
