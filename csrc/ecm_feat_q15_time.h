/* ecm_feat_q15_time.h - steps of an integer plan on the samples of a window.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FEAT_Q15_TIME_H
#define ECM_FEAT_Q15_TIME_H

#include "ecm_feat_q15.h"
#include "ecm_velocity_q15.h"

ECM_EXTERN_C_BEGIN

/* "time": rows of mean, rms, peak, peak_to_peak, mean_abs, skewness, kurtosis, crest,
 * shape, impulse, clearance, minimum, maximum, rms_about_zero, by ecm_stats_time_q15.
 * No settings. */
extern const ecm_feat_q15_kind_t ecm_feat_q15_kind_time;

/* "velocity": one row, velocity_rms, by ecm_velocity_q15: each sample of x, once, and
 * Q16.16 of the unit of its gain. ECM_MORE until the span of the mean is full.
 * Settings: ecm_velocity_q15_cfg_t, settle_len at most 2^27. */
extern const ecm_feat_q15_kind_t ecm_feat_q15_kind_velocity;

ECM_EXTERN_C_END

#endif
