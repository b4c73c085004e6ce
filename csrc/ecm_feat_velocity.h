/* ecm_feat_velocity.h - the step "velocity": vibration severity.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FEAT_VELOCITY_H
#define ECM_FEAT_VELOCITY_H

#include "ecm_feat.h"
#include "ecm_velocity.h"

ECM_EXTERN_C_BEGIN

/* "velocity": rows velocity_rms; each sample of x, once, by ecm_velocity_update_f32.
 * ECM_MORE until the span of the mean is full. Settings: ecm_velocity_cfg_f32_t. */
extern const ecm_feat_kind_t ecm_feat_kind_velocity;
#define ECM_FEAT_VELOCITY_STATE_LEN                                                    \
    ((uint32_t)(sizeof(ecm_velocity_f32_t) / sizeof(float)))

ECM_EXTERN_C_END

#endif
