/* ecm_feat_series.h - steps of a plan on how samples follow each other, by
 * ecm_series.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FEAT_SERIES_H
#define ECM_FEAT_SERIES_H

#include "ecm_feat.h"
#include "ecm_series.h"

ECM_EXTERN_C_BEGIN

/* "turning": rows turning_rate, by ecm_series_turning_points_f32. No settings. */
extern const ecm_feat_kind_t ecm_feat_kind_turning;

/* "hjorth": rows hjorth_mobility and hjorth_complexity, by ecm_series_hjorth_f32; the
 * activity is the variance. No settings. */
extern const ecm_feat_kind_t ecm_feat_kind_hjorth;

/* "lag": rows autocorrelation, by ecm_series_autocorrelation_f32, the usual estimate.
 * No settings. */
extern const ecm_feat_kind_t ecm_feat_kind_lag;

ECM_EXTERN_C_END

#endif
