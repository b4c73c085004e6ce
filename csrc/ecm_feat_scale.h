/* ecm_feat_scale.h - the step "scale": features brought to like sizes.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FEAT_SCALE_H
#define ECM_FEAT_SCALE_H

#include "ecm_feat.h"

ECM_EXTERN_C_BEGIN

typedef struct {
    const float *offset; /* one for each feature of the steps before */
    const float *factor; /* as many; 0 for a feature that is to be ignored */
} ecm_feat_scale_cfg_t;

/* "scale": (x - offset) factor of each feature of the steps before, ecm_feat_scale_f32.
 * No rows; settings: ecm_feat_scale_cfg_t. */
extern const ecm_feat_kind_t ecm_feat_kind_scale;

ECM_EXTERN_C_END

#endif
