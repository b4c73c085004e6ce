/* ecm_feat_track.h - step of a plan on the order spectrum: samples at equal steps of
 * angle, so that what turns with the shaft stands still however the speed changes, by
 * ecm_order.h.
 *
 * The speed is told with each window and is that at its end; from the end of the window
 * before, it is taken to grow or fall evenly. Fresh samples, behind a low-pass and
 * decimation, give outputs at equal angles to a history of whole turns; its spectrum,
 * Hann tapered, has the bins 0, 1 / turns, 2 / turns ... in orders.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FEAT_TRACK_H
#define ECM_FEAT_TRACK_H

#include "ecm_envelope.h"
#include "ecm_feat.h"
#include "ecm_order.h"

ECM_EXTERN_C_BEGIN

/* "track": takes each sample of x once and leaves x as it is; work is scratch. ECM_MORE
 * until the history is full at the least speed. Settings: ecm_feat_track_cfg_t. Rows,
 * with a and b in orders, are those of the step "lines":
 * tracked_line       as line
 * tracked_harmonics  as harmonics
 * tracked_thd        as thd
 * tracked_sidebands  as sidebands */
extern const ecm_feat_kind_t ecm_feat_kind_track;
typedef struct {
    ecm_envelope_history_t history; /* len: per_turn times the turns; low.taps NULL */
    ecm_decimate_cfg_f32_t low;     /* before the resampling; taps NULL: none, and then
                                     * factor is 1 */
    uint32_t per_turn;              /* outputs in a turn, 2 ... len / 2 */
    float halfwidth; /* of a line: the largest is taken within a (1 +- halfwidth), 0 ...
                      * 0.5 */
} ecm_feat_track_cfg_t;

/* The stream of outputs, the line of the decimator, the history, and one counter. */
#define ECM_FEAT_TRACK_STATE_LEN(len, taps_len)                                        \
    (14U + ECM_DECIMATE_LINE_LEN(taps_len) + ECM_ENVELOPE_HISTORY_LEN(len, 0U))

ECM_EXTERN_C_END

#endif
