/* ecm_feat_project.h - the step "project": many features to few by a linear map, such
 * as principal components, by ecm_project.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FEAT_PROJECT_H
#define ECM_FEAT_PROJECT_H

#include "ecm_feat.h"
#include "ecm_project.h"

ECM_EXTERN_C_BEGIN

/* "project": rows component, n = 0, 1, ... in order: all coordinates of the first
 * features_len features, as the steps before leave them. Settings: ecm_project_t. */
extern const ecm_feat_kind_t ecm_feat_kind_project;

ECM_EXTERN_C_END

#endif
