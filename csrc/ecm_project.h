/* ecm_project.h - many features to few: a linear map, such as principal components.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_PROJECT_H
#define ECM_PROJECT_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

typedef struct {
    const float *mean;       /* features_len */
    const float *components; /* components_len rows of features_len */
    uint16_t features_len;
    uint16_t components_len;
} ecm_project_t;

/** Coordinates of a feature vector.
 *
 * map [in]  tables; both lengths >= 1
 * x   [in]  features_len values; a NaN spreads to every coordinate
 * out [out] components_len values
 *
 * Formula : out[j] = sum of (x[i] - mean[i]) components[j][i], in four lanes.
 * Cost    : three operations a weight.
 * Aliasing: out must not overlap x.
 * Context : any.
 * Source  : K. Pearson, Phil. Mag. 2 (1901), 559-572.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG on an empty map.
 */
ecm_status_t ecm_project_f32(const ecm_project_t *map, const float *x, float *out);

ECM_EXTERN_C_END

#endif
