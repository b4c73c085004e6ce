/* ecm_score.h - a value as a standard score of a frozen reference.
 *
 * Detectors promise a rate of false alarms for independent standard Gaussian values.
 * Three steps bring a feature there, whatever its unit, offset, memory and
 * distribution: the mean of the reference is taken away before anything else, and a
 * factor brings the spread to that of the reference; an autoregression takes away what
 * the last values foretold; a table gives what is left the normal score of its rank in
 * the reference. A value that the reference holds many
 * times (a quantised sensor) has an edge of its own, and so a score of its own: the
 * middle of its ranks.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_SCORE_H
#define ECM_SCORE_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

#define ECM_SCORE_ORDER_MAX 4

typedef struct {
    float center;                   /* mean of the reference */
    float scale;                    /* factor of what is centred: with edges, 1 in the
                                       unit of the reference; without, 1 / standard
                                       deviation of what the autoregression leaves */
    float phi[ECM_SCORE_ORDER_MAX]; /* weight of the last value, of that before, ... */
    const float *edges;             /* rising; of what is left; may be NULL without */
    const float *scores;            /* 2 edges_len + 1: below edge 0, equal to it, below
                                       edge 1, equal to it, ... above the last */
    uint16_t order;                 /* 0 ... ECM_SCORE_ORDER_MAX */
    uint16_t edges_len;             /* 0: the score is what is left */
} ecm_score_cfg_t;

typedef struct {
    float last[ECM_SCORE_ORDER_MAX]; /* centred and scaled values, the last first */
    uint32_t n;                      /* of them known, at most ECM_SCORE_ORDER_MAX */
} ecm_score_t;
ECM_STATIC_ASSERT(sizeof(ecm_score_t) == 20, score_size);

/** Start, or start again after a gap in the values.
 *
 * st      [out] no last values
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_score_init(ecm_score_t *st);

/** Score one value.
 *
 * st      [in,out] from ecm_score_init
 * cfg     [in]     the same at every call
 * x       [in]     finite
 * z       [out]    standard score, finite if the scores are and, without edges, what is
 *                  left is; untouched with ECM_MORE
 *
 * Formula : c = (x - center) scale; e = c - (phi[0] last[0] + phi[1] last[1] + ...),
 *           summed in this order; the score of e, or e.
 * Cost    : O(order + log edges_len).
 * Context : any, one caller per st.
 * Source  : normal scores: B. L. van der Waerden, Indag. Math. 14 (1952), 453-458;
 *           residuals for charts: L. C. Alwan, H. V. Roberts, Journal of Business and
 *           Economic Statistics 6 (1988), 87-95.
 * Returns : ECM_OK, ECM_MORE while fewer than `order` values came before, ECM_ERR_NULL,
 *           ECM_ERR_ARG on a value that is not finite or an order that is too large.
 */
ecm_status_t ecm_score_update_f32(ecm_score_t *st, const ecm_score_cfg_t *cfg, float x,
                                  float *z);

/** Score many values, as if one by one.
 *
 * st      [in,out] from ecm_score_init
 * cfg     [in]     the same at every call
 * x       [in]     x_len values, all finite
 * x_len   [in]     0 does nothing
 * z       [out]    x_len scores at most; may be x itself
 * z_len   [out]    scores written: x_len less what was missing of `order`
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_score_update_many_f32(ecm_score_t *st, const ecm_score_cfg_t *cfg,
                                       const float *x, uint32_t x_len, float *z,
                                       uint32_t *z_len);

ECM_EXTERN_C_END

#endif
