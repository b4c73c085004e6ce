/* ecm_feat_time.h - steps of a plan on the samples of a window.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FEAT_TIME_H
#define ECM_FEAT_TIME_H

#include "ecm_feat.h"

ECM_EXTERN_C_BEGIN

/* "mean": takes the mean off x, by ecm_stats_remove_mean_f32. No rows, no settings. */
extern const ecm_feat_kind_t ecm_feat_kind_mean;

/* "time": rows from ecm_stats_time_f32; then takes the mean off x, if the plan has a
 * detrend. No settings. */
extern const ecm_feat_kind_t ecm_feat_kind_time;

ECM_EXTERN_C_END

#endif
