/* ecm_dist_q15.h - distances of counters from a reference, in integers alone.
 *
 * For cores without an FPU: what ecm_dist.h counts of integers or classes is compared
 * with shares of the reference that are Q15 numbers, by all five distances.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_DIST_Q15_H
#define ECM_DIST_Q15_H

#include "ecm_dist.h"

ECM_EXTERN_C_BEGIN

/* Distances as in ecm_dist_distances_t. */
typedef struct {
    uint32_t ks;          /* Kolmogorov-Smirnov, at the edges, in 2^-16 */
    uint32_t chi2;        /* chi-squared of two samples, in 2^-8; saturates */
    uint32_t wasserstein; /* Wasserstein-1 [unit of edges_s32]; without them in bins */
    uint32_t fraction;    /* the part of it below 1, in 2^-16 */
    uint32_t jensen_shannon; /* square root of the divergence in nats, in 2^-16 */
    uint32_t psi;            /* population stability index, in 2^-16 */
    uint32_t n;              /* independent values that the counters are worth */
    uint32_t freedom;        /* degrees of freedom of chi2 */
} ecm_dist_q15_distances_t;

/** All five distances from the reference.
 *
 * st        [in]  from ecm_dist_init
 * cfg       [in]  of the counters; its reference is not looked at
 * reference [in]  bins shares of the reference in 2^-15, sum 2^15
 * count     [in]  bins counters
 * out       [out] every field is written
 *
 * Formula : those of ecm_dist_distances_f32.
 * Cost    : O(bins), ten divisions in all; reciprocals of 15 bits from a table, and
 *           three logarithms in a bin whose shares differ by more than half of their
 *           sum; no work memory. Counters that forget take a few operations of single
 *           precision, once.
 * Numerics: ks is exact, then cut to 2^-16; chi2 within 2^-12 of itself and 2^-9 for
 *           each of the bins and once more, while it is below
 *           2^24 reference_n / (n + reference_n), above which it may be less than it
 *           should; wasserstein within 2^-13 of the way from the first edge to the
 *           last; psi within 2^-9 of itself and 2^-12, jensen_shannon within 2^-8 of
 *           itself and 2^-10, while reference_n is at most 2^20: beyond, half a count
 *           is coarse, and from 2^30 on it stays.
 * Context : any.
 * Source  : see ecm_dist_distances_f32.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG on a reference_n of 0 or above 2^31, or
 *           shares of another sum; ECM_ERR_LENGTH on bins; ECM_MORE and zeros while
 *           nothing was counted.
 */
ecm_status_t ecm_dist_q15_distances(const ecm_dist_t *st, const ecm_dist_cfg_t *cfg,
                                    const uint16_t *reference, const uint16_t *count,
                                    ecm_dist_q15_distances_t *out);

ECM_EXTERN_C_END

#endif
