/* ecm_feat_integer.h - steps that put an integer plan into a feature plan, so that an
 * application runs either in the same way: each step of ecm_feat_q15.h is a slice, and
 * what comes out is in physical units.
 *
 *     integer  one for each step of the integer plan, in its order
 *     real     behind them
 *     scale    last, if at all: ecm_feat_scale.h
 *
 * In such a plan x holds window_len samples of 16 bits, int16_t, and the features are
 * integers up to the step "real". Rows are those of ecm_feat_table.h. A package has
 * these steps; plans do not name them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FEAT_INTEGER_H
#define ECM_FEAT_INTEGER_H

#include "ecm_feat.h"
#include "ecm_feat_q15.h"

ECM_EXTERN_C_BEGIN

typedef struct {
    const ecm_feat_q15_plan_t *plan; /* window_len and hop_len as of the feature plan;
                                      * its state_len and state_at are not read */
    uint32_t index;                  /* of its step */
} ecm_feat_integer_cfg_t;

/* "integer": a step of an integer plan by ecm_feat_q15_run, with its rows and its words
 * of state. Settings: ecm_feat_integer_cfg_t. */
extern const ecm_feat_kind_t ecm_feat_kind_integer;

typedef struct {
    const ecm_feat_q15_plan_t *plan;
    float range; /* full scale of the sensor */
} ecm_feat_real_cfg_t;

/* "real": the features of all integer steps in physical units, by
 * ecm_feat_q15_real_f32. No rows; settings: ecm_feat_real_cfg_t. */
extern const ecm_feat_kind_t ecm_feat_kind_real;

ECM_EXTERN_C_END

#endif
