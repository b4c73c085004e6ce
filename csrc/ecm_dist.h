/* ecm_dist.h - change of a distribution, from counters between reference quantiles.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_DIST_H
#define ECM_DIST_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

#define ECM_DIST_BINS 8
#define ECM_DIST_EDGES (ECM_DIST_BINS - 1)
#define ECM_DIST_COUNT_MAX 4095 /* 12 bits on the wire */

typedef struct {
    uint16_t count[ECM_DIST_BINS]; /* none exceeds ECM_DIST_COUNT_MAX */
} ecm_dist_t;
ECM_STATIC_ASSERT(sizeof(ecm_dist_t) == 16, dist_size);

/** Start.
 *
 * st      [out] cleared
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_dist_init(ecm_dist_t *st);

/** Count one value.
 *
 * st      [in,out] counters
 * edges   [in]     ECM_DIST_EDGES rising reference quantiles
 * x       [in]     value; bin b holds edges[b-1] < x <= edges[b]; NaN is refused
 *
 * Cost    : three comparisons of values, eight of counters.
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG, ECM_ERR_FULL once any counter is full:
 * no value is counted then, so that the shares of the bins stay as they were.
 */
ecm_status_t ecm_dist_update_f32(ecm_dist_t *st, const float *edges, float x);

/** Kolmogorov-Smirnov distance at the bin edges.
 *
 * st        [in]  counters
 * reference [in]  ECM_DIST_BINS probabilities, sum 1
 * ks        [out] largest difference of the two cumulative distributions, 0 ... 1
 * n         [out] values counted
 *
 * Formula : max over b of |(c[0] + .. + c[b]) / n - (r[0] + .. + r[b])|, b < bins - 1.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL; ECM_MORE and ks 0 while nothing was counted.
 */
ecm_status_t ecm_dist_ks_f32(const ecm_dist_t *st, const float *reference, float *ks,
                             uint32_t *n);

ECM_EXTERN_C_END

#endif
