/* ecm_error.h - detectors on the errors of a model, where labels come back.
 *
 * A value is the loss of one prediction: 1 for an error, 0 for none; HDDM takes any
 * loss in 0 ... 1. A warning says that the error rate may be rising. After an alarm a
 * detector starts again with the next value.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_ERROR_H
#define ECM_ERROR_H

#include "ecm_drift.h"

ECM_EXTERN_C_BEGIN

/* ---- DDM ------------------------------------------------------------------------- */

typedef struct {
    float warning;   /* distance from the lowest rate, in standard deviations there */
    float drift;     /* the same for an alarm; > 0 */
    uint32_t warm_n; /* values before the lowest rate is looked for */
} ecm_error_ddm_cfg_t;

typedef struct {
    float rate;     /* of errors since the start */
    float low_rate; /* where rate plus its standard deviation was lowest */
    float low_sd;   /* its standard deviation there; below 0 before that */
    uint32_t n;     /* values since the start, at most 2^32 - 1 */
    uint32_t since; /* values since the lowest rate */
    uint32_t alarms_n;
} ecm_error_ddm_t;
ECM_STATIC_ASSERT(sizeof(ecm_error_ddm_t) == 24, error_ddm_size);

/** Start.
 *
 * st      [out] cleared
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_error_ddm_init(ecm_error_ddm_t *st);

/** Take one loss.
 *
 * st      [in,out] from ecm_error_ddm_init
 * cfg     [in]     the same at every call
 * x       [in]     0 or 1
 * alarm   [out]    ECM_DRIFT_NONE, _WARNING or _UP
 * since   [out]    values since the lowest rate, 0 without an alarm; may be NULL
 *
 * Formula : s = sqrt(rate (1 - rate) / n); alarm if rate + s > low_rate + drift low_sd.
 * Cost    : O(1), two divisions, a square root.
 * Context : any, one caller per st.
 * Source  : J. Gama, P. Medas, G. Castillo, P. Rodrigues, SBIA (2004), 286-295.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_error_ddm_update_f32(ecm_error_ddm_t *st,
                                      const ecm_error_ddm_cfg_t *cfg, float x,
                                      uint32_t *alarm, uint32_t *since);

/* ---- EDDM ------------------------------------------------------------------------ */

typedef struct {
    float warning;   /* share of the longest distance between errors, 0 ... 1 */
    float drift;     /* the same for an alarm, at most `warning` */
    uint32_t warm_n; /* errors, and values, before anything is compared */
} ecm_error_eddm_cfg_t;

typedef struct {
    float mean;    /* of the distances between errors */
    float squares; /* of them around their mean */
    float longest; /* mean + 2 standard deviations at its largest */
    uint32_t n;    /* values since the start */
    uint32_t last; /* value of n at the last error */
    uint32_t errors_n;
    uint32_t since; /* values since `longest` */
    uint32_t alarms_n;
} ecm_error_eddm_t;
ECM_STATIC_ASSERT(sizeof(ecm_error_eddm_t) == 32, error_eddm_size);

/** Start.
 *
 * st      [out] cleared
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_error_eddm_init(ecm_error_eddm_t *st);

/** Take one loss.
 *
 * st      [in,out] from ecm_error_eddm_init
 * cfg     [in]     the same at every call
 * x       [in]     0 or 1
 * alarm   [out]    ECM_DRIFT_NONE, _WARNING (only at an error) or _UP
 * since   [out]    values since the longest distances, 0 without an alarm; may be NULL
 *
 * Formula : p = mean distance + 2 its standard deviation (n - 1); alarm if p / max p <
 *           drift.
 * Cost    : O(1), at an error three divisions and a square root.
 * Context : any, one caller per st.
 * Source  : M. Baena-Garcia et al., Fourth International Workshop on Knowledge
 *           Discovery from Data Streams (2006).
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_error_eddm_update_f32(ecm_error_eddm_t *st,
                                       const ecm_error_eddm_cfg_t *cfg, float x,
                                       uint32_t *alarm, uint32_t *since);

extern const ecm_drift_kind_t ecm_error_ddm_kind;
extern const ecm_drift_kind_t ecm_error_eddm_kind;

ECM_EXTERN_C_END

#endif
