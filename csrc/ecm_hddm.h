/* ecm_hddm.h - bounds on means of losses: HDDM-A and HDDM-W.
 *
 * A value is the loss of one prediction, 0 ... 1. The mean so far is compared with the
 * one at the best time to cut; Hoeffding's and McDiarmid's inequalities bound what
 * chance does, whatever the distribution. After an alarm a detector starts again with
 * the next value.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_HDDM_H
#define ECM_HDDM_H

#include "ecm_drift.h"

ECM_EXTERN_C_BEGIN

typedef struct {
    float drift;        /* probability of an alarm by chance, 0 < drift < 1 */
    float warning;      /* the same of a warning, drift or more */
    float lambda;       /* HDDM-W: weight of the newest value, above 0, at most 1 */
    uint32_t two_sided; /* 1: fewer losses are a change too */
} ecm_hddm_cfg_t;

typedef struct {
    float sum;      /* of the losses since the start */
    float low_sum;  /* at the cut for an increase */
    float high_sum; /* at the cut for a decrease */
    uint32_t n;     /* values since the start, at most 2^32 - 1 */
    uint32_t low_n;
    uint32_t high_n;
    uint32_t told; /* what the last value told */
    uint32_t alarms_n;
} ecm_hddm_a_t;
ECM_STATIC_ASSERT(sizeof(ecm_hddm_a_t) == 32, hddm_a_size);

/* A weighted mean; `bound` is the sum of its squared weights. */
typedef struct {
    float mean;
    float bound;
    uint32_t n; /* values taken, at most 2^32 - 1 */
} ecm_hddm_mean_t;

typedef struct {
    ecm_hddm_mean_t total;
    ecm_hddm_mean_t before[2]; /* up to the cut for an increase, for a decrease */
    ecm_hddm_mean_t after[2];  /* since then */
    uint32_t told;             /* what the last value told */
    uint32_t alarms_n;
} ecm_hddm_w_t;
ECM_STATIC_ASSERT(sizeof(ecm_hddm_w_t) == 68, hddm_w_size);

/** Start HDDM-A.
 *
 * st      [out] cleared
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_hddm_a_init(ecm_hddm_a_t *st);

/** Take one loss: means of all values count alike.
 *
 * st      [in,out] from ecm_hddm_a_init
 * cfg     [in]     the same at every call
 * x       [in]     0 ... 1
 * alarm   [out]    ECM_DRIFT_NONE, _WARNING, _UP or _DOWN
 * since   [out]    values since the cut, 0 without an alarm; may be NULL
 *
 * Formula : the cut is where mean + sqrt(ln(1 / drift) / (2 n)) was lowest; alarm if
 *           mean - mean at cut >= sqrt((1 / n_cut - 1 / n) ln(2 / drift) / 2).
 * Cost    : O(1), divisions and square roots, three logarithms.
 * Numerics: sums of losses of 0 and 1 are exact up to 2^24.
 * Context : any, one caller per st.
 * Source  : I. Frias-Blanco et al., IEEE Trans. Knowl. Data Eng. 27 (2015), 810-823.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_hddm_a_update_f32(ecm_hddm_a_t *st, const ecm_hddm_cfg_t *cfg, float x,
                                   uint32_t *alarm, uint32_t *since);

/** Start HDDM-W.
 *
 * st      [out] cleared
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_hddm_w_init(ecm_hddm_w_t *st);

/** Take one loss: means forget exponentially.
 *
 * st      [in,out] from ecm_hddm_w_init
 * cfg     [in]     the same at every call
 * x       [in]     0 ... 1
 * alarm   [out]    ECM_DRIFT_NONE, _WARNING, _UP or _DOWN
 * since   [out]    values since the cut, 0 without an alarm; may be NULL
 *
 * Formula : mean = lambda x + (1 - lambda) mean, x at first; bound = lambda^2 +
 *           (1 - lambda)^2 bound, from 1; the cut is where mean + sqrt(bound
 *           ln(1 / drift) / 2) was lowest; alarm if mean after - mean before the cut >
 *           sqrt((bound after + bound before) ln(1 / drift) / 2).
 * Cost    : O(1), square roots, two logarithms.
 * Context : any, one caller per st.
 * Source  : I. Frias-Blanco et al., IEEE Trans. Knowl. Data Eng. 27 (2015), 810-823.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_hddm_w_update_f32(ecm_hddm_w_t *st, const ecm_hddm_cfg_t *cfg, float x,
                                   uint32_t *alarm, uint32_t *since);

extern const ecm_drift_kind_t ecm_hddm_a_kind;
extern const ecm_drift_kind_t ecm_hddm_w_kind;

ECM_EXTERN_C_END

#endif
