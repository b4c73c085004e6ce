/* ecm_feat_envelope.h - steps of a plan on the spectrum of an envelope over many turns
 * of the shaft, by ecm_envelope.h.
 *
 * One of two detectors gives samples of the envelope to a history, the newest len of
 * which have a spectrum of amplitudes; rows read its lines. In a single short window
 * the cage of a bearing, at 0.4 of the shaft speed, is no line at all: so the history
 * must span ECM_ENVELOPE_TURNS_MIN turns at the least speed of the plan if a row has an
 * order.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FEAT_ENVELOPE_H
#define ECM_FEAT_ENVELOPE_H

#include "ecm_envelope.h"
#include "ecm_feat.h"

ECM_EXTERN_C_BEGIN

/* Lines of an envelope. */
typedef struct {
    ecm_envelope_history_t history;
    float bin_hz;    /* rate of the history over its len */
    float halfwidth; /* of a line: the largest is taken within f (1 +- halfwidth) */
} ecm_feat_lines_cfg_t;

typedef struct {
    ecm_feat_lines_cfg_t lines;
    ecm_envelope_band_t band; /* of the plan's window_len */
    /* ecm_envelope_analytic_f32 or ecm_envelope_white_f32 */
    ecm_status_t (*detect)(float *overlap, const ecm_envelope_band_t *cfg,
                           const float *bins, float *work, float *z);
    /* ecm_envelope_magnitude_f32, ecm_envelope_squared_f32 or ecm_envelope_log_f32 */
    ecm_status_t (*form)(const float *z, uint32_t z_len, float *out);
} ecm_feat_envelope_cfg_t;

typedef struct {
    ecm_feat_lines_cfg_t lines;
    ecm_envelope_rectifier_t rectifier;
} ecm_feat_rectified_cfg_t;

/* "envelope": the analytic detector; windows overlap by half. Reads the bins in work,
 * destroys work and x. ECM_MORE until the history is full. Settings:
 * ecm_feat_envelope_cfg_t.
 *
 * "rectified": the rectifying detector, which takes each sample of x once and leaves x
 * as it is; work is scratch. ECM_MORE until the history is full. Settings:
 * ecm_feat_rectified_cfg_t.
 *
 * Rows of both, with A the amplitudes and B their mean from 0.5 to 12 orders; every row
 * is 0 where B is 0, and a line that is nearest to bin 0 or beyond the last bin is 0:
 * env_line       amplitude at order a
 * env_order      env_line / B
 * env_harmonics  sum of the n first harmonics of order a / B
 * env_sidebands  sum of the n pairs of lines around order a, b orders apart / B
 * env_share      env_harmonics over the sum of all rows env_share
 * env_kurtosis   of the analytic detector alone: mean p^2 / (mean p)^2 of the squared
 *                envelope p of the newest hop, 2 for noise */
extern const ecm_feat_kind_t ecm_feat_kind_envelope;
extern const ecm_feat_kind_t ecm_feat_kind_rectified;

#define ECM_FEAT_ENVELOPE_ORDER_LO 0.5f /* B is taken from these orders */
#define ECM_FEAT_ENVELOPE_ORDER_HI 12.0f
#define ECM_FEAT_ENVELOPE_LINES_MAX 64 /* n of a row */

#define ECM_FEAT_ENVELOPE_STATE_LEN(m, len, taps_len)                                  \
    (ECM_ENVELOPE_OVERLAP_LEN(m) + ECM_ENVELOPE_HISTORY_LEN(len, taps_len))
/* The bins, then the spectrum, and its scratch if that does not fit into x. */
#define ECM_FEAT_ENVELOPE_WORK_LEN(window_len, len)                                    \
    ((len) > (window_len) ? 2U * (len) : (window_len))
#define ECM_FEAT_RECTIFIED_STATE_LEN(sections_len, low_len, len, taps_len)             \
    (2U + 2U * (sections_len) + ECM_DECIMATE_LINE_LEN(low_len) +                       \
     ECM_ENVELOPE_HISTORY_LEN(len, taps_len))
#define ECM_FEAT_RECTIFIED_WORK_LEN(window_len, len)                                   \
    ((window_len) > 2U * (len) ? (window_len) : 2U * (len))

ECM_EXTERN_C_END

#endif
