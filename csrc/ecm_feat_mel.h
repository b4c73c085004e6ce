/* ecm_feat_mel.h - steps of a plan that give levels in the bands of a mel filter bank,
 * and their cepstral coefficients, by ecm_mel.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FEAT_MEL_H
#define ECM_FEAT_MEL_H

#include "ecm_feat.h"
#include "ecm_mel.h"

ECM_EXTERN_C_BEGIN

/* "mel": rows mel_level of band n, counted from 0, of the power in x. Settings:
 * ecm_feat_mel_cfg_t. Powers lie in x behind the bins: a bank has at most
 * window_len/2 - 1 filters. */
extern const ecm_feat_kind_t ecm_feat_kind_mel;
typedef struct {
    const ecm_mel_bank_t *bank; /* for window_len/2 + 1 bins */
    float scale;                /* of the power, see ecm_mel_level_f32 */
    float floor;                /* least power after it, 1e-37 ... 1e37 */
} ecm_feat_mel_cfg_t;

/* "mfcc": rows mfcc, coefficient n of the levels that the step "mel" before it leaves,
 * with rows or without. Settings: ecm_feat_mfcc_cfg_t. */
extern const ecm_feat_kind_t ecm_feat_kind_mfcc;
typedef struct {
    const ecm_dct_plan_t *dct; /* for as many levels as the bank has filters */
    uint32_t scratch_at;       /* first float of work that it uses: 0, or window_len if
                                * a step behind it reads the bins */
} ecm_feat_mfcc_cfg_t;
#define ECM_FEAT_MFCC_WORK_LEN(mels_len, scratch_at) (3U * (mels_len) + (scratch_at))

ECM_EXTERN_C_END

#endif
