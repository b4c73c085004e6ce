/* ecm_app_shadow.h - challengers: models that run beside those that decide.
 *
 * A challenger sees the features of every valid window. It is compared with a model of
 * its kind, its champion: the classes of both, or scores and values one by one. What it
 * says, refuses or fails to compute changes nothing but what is said of it: the class
 * in events, and the counts in frames.
 *
 * Its part of the memory has the outputs of all challengers, windows compared, windows
 * with the same class, then the sum of differences of each score and value. Counting
 * stops at 65535 windows, which a frame holds, until they were sent. A difference of an
 * output that is no number is infinite.
 *
 * An application whose settings do not name ecm_app_shadow_calls does not link this
 * module.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_APP_SHADOW_H
#define ECM_APP_SHADOW_H

#include "ecm_app_cfg.h"

ECM_EXTERN_C_BEGIN

/* For `calls` of ecm_app_shadow_cfg_t; ecm_app calls them. */
extern const ecm_app_shadow_calls_t ecm_app_shadow_calls;

ECM_EXTERN_C_END

#endif
