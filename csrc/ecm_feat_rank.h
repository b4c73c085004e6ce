/* ecm_feat_rank.h - steps of a plan on the order of samples, by ecm_rank.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FEAT_RANK_H
#define ECM_FEAT_RANK_H

#include "ecm_feat.h"
#include "ecm_rank.h"

ECM_EXTERN_C_BEGIN

/* "median": rows median and mad, by ecm_rank_median_f32; work is scratch. No
 * settings. */
extern const ecm_feat_kind_t ecm_feat_kind_median;

/* "quantile": rows quantile and quantile_range, by ecm_rank_quantiles_f32; work is
 * scratch. No settings. */
extern const ecm_feat_kind_t ecm_feat_kind_quantile;

/* "histogram": rows histogram_entropy, by ecm_rank_entropy_f32; work is scratch, bins
 * are at most window_len. No settings. */
extern const ecm_feat_kind_t ecm_feat_kind_histogram;

#define ECM_FEAT_RANK_WORK_LEN(window_len) ECM_RANK_WORK_LEN(window_len)

ECM_EXTERN_C_END

#endif
