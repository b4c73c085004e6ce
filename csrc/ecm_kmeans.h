/* ecm_kmeans.h - distance to the nearest centroid.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_KMEANS_H
#define ECM_KMEANS_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

typedef struct {
    const float *centroids; /* clusters_len rows of features_len */
    uint16_t clusters_len;
    uint16_t features_len;
} ecm_kmeans_t;

/** Nearest centroid and its Euclidean distance.
 *
 * model    [in]  tables; clusters_len >= 1
 * x        [in]  features_len values; a NaN gives a NaN
 * distance [out] in the unit of x, >= 0; infinite where the square overflows
 * cluster  [out] index of the nearest centroid, the first of equals; may be NULL
 *
 * Numerics: squared differences summed in four lanes, one square root.
 * Context : any.
 * Source  : S. P. Lloyd, IEEE Trans. Inf. Theory 28 (1982), 129-137.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG on an empty model.
 */
ecm_status_t ecm_kmeans_distance_f32(const ecm_kmeans_t *model, const float *x,
                                     float *distance, uint32_t *cluster);

ECM_EXTERN_C_END

#endif
