/* ecm_feat_q15_time.h - steps of an integer plan on the samples of a window.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FEAT_Q15_TIME_H
#define ECM_FEAT_Q15_TIME_H

#include "ecm_feat_q15.h"
#include "ecm_filter.h"

ECM_EXTERN_C_BEGIN

/* "time": rows of mean, rms, peak, peak_to_peak, mean_abs, skewness, kurtosis, crest,
 * shape, impulse, clearance, minimum, maximum, rms_about_zero, by ecm_stats_time_q15.
 * No settings. */
extern const ecm_feat_q15_kind_t ecm_feat_q15_kind_time;

/* Id of the row of "velocity". */
enum { ECM_FEAT_Q15_VELOCITY_RMS = 48 };

#define ECM_FEAT_Q15_VELOCITY_BLOCKS 8
#define ECM_FEAT_Q15_VELOCITY_SECTIONS 4

/* "velocity": one row, velocity_rms. Samples, shifted to Q31, pass a cascade of
 * sections that integrates, passes the band and scales, so that full scale of its
 * output is that of the row; the result is the root of the mean of the squares over the
 * last ECM_FEAT_Q15_VELOCITY_BLOCKS whole blocks. ECM_MORE until these are there. */
typedef struct {
    const ecm_filter_biquad_q31_t *sections;
    uint32_t sections_len; /* 1 ... ECM_FEAT_Q15_VELOCITY_SECTIONS */
    uint32_t settle_len;   /* samples left out at the start */
    uint32_t block_len;    /* samples of a block, 1 ... 2^16 */
} ecm_feat_q15_velocity_t;
extern const ecm_feat_q15_kind_t ecm_feat_q15_kind_velocity;

ECM_EXTERN_C_END

#endif
