/* ecm_feat_detrend.h - the step "detrend": takes the least-squares line off a window.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FEAT_DETREND_H
#define ECM_FEAT_DETREND_H

#include "ecm_feat.h"

ECM_EXTERN_C_BEGIN

/* "detrend": x without its line, by ecm_window_remove_line_f32. No rows, no settings.
 */
extern const ecm_feat_kind_t ecm_feat_kind_detrend;

ECM_EXTERN_C_END

#endif
