/* ecm_feat_filter.h - the step "filter": what every other step sees of the signal.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FEAT_FILTER_H
#define ECM_FEAT_FILTER_H

#include "ecm_feat.h"
#include "ecm_filter.h"

ECM_EXTERN_C_BEGIN

typedef struct {
    const ecm_filter_biquad_f32_t *sections; /* stable */
    uint32_t sections_len;                   /* 1 or more */
    uint32_t settle_len; /* samples at the start that its answer to the beginning of the
                          * signal spoils */
} ecm_feat_filter_cfg_t;

/* "filter": each sample of x, once, by ecm_filter_biquad_f32, as if the first one had
 * been there for ever; windows overlap, so the filtered samples of the window before
 * are kept. ECM_MORE until no sample of the window is spoilt. No rows; settings:
 * ecm_feat_filter_cfg_t. */
extern const ecm_feat_kind_t ecm_feat_kind_filter;
#define ECM_FEAT_FILTER_STATE_LEN(window_len, hop_len, sections_len)                   \
    (1U + 2U * (sections_len) + (window_len) - (hop_len))

ECM_EXTERN_C_END

#endif
