/* ecm_drift_q15.h - CUSUM, Page-Hinkley and weighted mean in integers, for cores
 * without an FPU.
 *
 * A score is a Q15 number of which 1 is eight standard deviations: 4096 is one, and
 * what is beyond eight saturates. Page-Hinkley with a known mean is the CUSUM; that
 * with a learned one takes values of any kind, in the unit of its settings.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_DRIFT_Q15_H
#define ECM_DRIFT_Q15_H

#include "ecm_drift.h"

ECM_EXTERN_C_BEGIN

typedef struct {
    int32_t k; /* reference value in 1/4096 standard deviations, 0 ... 2^20 */
    int32_t h; /* limit in the same unit, 1 ... 2^30 */
} ecm_drift_q15_cusum_cfg_t;

typedef struct {
    int32_t up;          /* sum for an upward shift, >= 0 */
    int32_t down;        /* sum for a downward shift, >= 0 */
    uint32_t n;          /* values taken, modulo 2^32 */
    uint32_t up_since;   /* values since `up` was last zero */
    uint32_t down_since; /* the same for `down` */
    uint32_t alarms_n;   /* alarms so far, modulo 2^32 */
} ecm_drift_q15_cusum_t;
ECM_STATIC_ASSERT(sizeof(ecm_drift_q15_cusum_t) == 24, drift_q15_cusum_size);

/** Start a CUSUM.
 *
 * st      [out] cleared
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_drift_q15_cusum_init(ecm_drift_q15_cusum_t *st);

/** Take one score: ecm_drift_cusum_update_f32 in integers.
 *
 * st      [in,out] from ecm_drift_q15_cusum_init
 * cfg     [in]     the same at every call
 * z       [in]     score, 4096 a standard deviation
 * alarm   [out]    ECM_DRIFT_NONE, _UP or _DOWN; _UP if both were beyond the limit
 * since   [out]    values since the estimated change, 0 without an alarm; may be NULL
 *
 * Numerics: exact; the sums stay below h + 2^16.
 * Context : any, one caller per st.
 * Source  : E. S. Page, Biometrika 41 (1954), 100-115.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_drift_q15_cusum_update(ecm_drift_q15_cusum_t *st,
                                        const ecm_drift_q15_cusum_cfg_t *cfg, int16_t z,
                                        uint32_t *alarm, uint32_t *since);

typedef struct {
    int32_t delta;     /* deviation that is let pass at each value, 0 ... 2^20 */
    int32_t threshold; /* limit of the cumulated deviation, 1 ... 2^30 */
    uint32_t min_n;    /* values before the first alarm */
    uint32_t sides;    /* ECM_DRIFT_PH_UP, _DOWN or _BOTH of ecm_drift_ph.h: 1, 2, 3 */
} ecm_drift_q15_ph_cfg_t;

typedef struct {
    int32_t mean;  /* of the values since the start, rounded to nearest */
    uint32_t rest; /* their sum and n/2, rounded down, less n times the mean; below n */
    int32_t up;    /* upward sum over its minimum, >= 0 */
    int32_t down;  /* the same for the values with their sign changed */
    uint32_t n;    /* values since the start, at most 2^30 */
    uint32_t up_since;
    uint32_t down_since;
    uint32_t alarms_n; /* alarms so far, modulo 2^32 */
    uint32_t inverse;  /* about 2^18 / n, once the mean was moved by that */
} ecm_drift_q15_ph_t;
ECM_STATIC_ASSERT(sizeof(ecm_drift_q15_ph_t) == 36, drift_q15_ph_size);

/** Start a Page-Hinkley test.
 *
 * st      [out] cleared
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_drift_q15_ph_init(ecm_drift_q15_ph_t *st);

/** Take one value: ecm_drift_ph_update_f32 in integers, mean learned, no leak.
 *
 * st      [in,out] from ecm_drift_q15_ph_init
 * cfg     [in]     the same at every call
 * x       [in]     value, in the unit of delta and threshold
 * alarm   [out]    ECM_DRIFT_NONE, _UP or _DOWN; _UP if both were beyond the limit
 * since   [out]    values since the estimated change, 0 without an alarm; may be NULL
 *
 * Cost    : O(1); two divisions at some of the first 20 values, and where few values
 *           move the mean.
 * Numerics: deviations are from the mean, rounded to nearest; all else is exact. From
 *           2^30 values on the mean stays what it is.
 * Context : any, one caller per st.
 * Source  : E. S. Page, Biometrika 41 (1954), 100-115.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_drift_q15_ph_update(ecm_drift_q15_ph_t *st,
                                     const ecm_drift_q15_ph_cfg_t *cfg, int16_t x,
                                     uint32_t *alarm, uint32_t *since);

typedef struct {
    uint16_t lambda;   /* weight of the newest value in 1/2^15, 1 ... 2^15 */
    uint16_t reserved; /* 0 */
    uint32_t ceiling;  /* limit^2 lambda / (2 - lambda) in 2^-24 standard deviations
                          squared, 1 ... 2^30 */
} ecm_drift_q15_ewma_cfg_t;

typedef struct {
    int32_t mean;      /* weighted mean in 2^-27 standard deviations */
    uint32_t decay;    /* (1 - lambda)^(2 n) in Q32, all ones at the start */
    uint32_t n;        /* values since the start, modulo 2^32 */
    uint32_t since;    /* values since the mean changed its sign */
    uint32_t alarms_n; /* alarms so far, modulo 2^32 */
} ecm_drift_q15_ewma_t;
ECM_STATIC_ASSERT(sizeof(ecm_drift_q15_ewma_t) == 20, drift_q15_ewma_size);

/** Start a weighted mean.
 *
 * st      [out] the mean is 0, the limits are those of the first value
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_drift_q15_ewma_init(ecm_drift_q15_ewma_t *st);

/** Take one score: ecm_drift_ewma_update_f32 in integers.
 *
 * st      [in,out] from ecm_drift_q15_ewma_init
 * cfg     [in]     the same at every call
 * z       [in]     score, 4096 a standard deviation
 * alarm   [out]    ECM_DRIFT_NONE, _UP or _DOWN
 * since   [out]    values since the estimated change, 0 without an alarm; may be NULL
 *
 * Numerics: the mean moves in steps of 2^-27 standard deviations; it is compared after
 *           rounding down to 1/4096. While it moves, the limit is cut to 2^-16 of
 *           itself.
 * Context : any, one caller per st.
 * Source  : J. M. Lucas, M. S. Saccucci, Technometrics 32 (1990), 1-12.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_drift_q15_ewma_update(ecm_drift_q15_ewma_t *st,
                                       const ecm_drift_q15_ewma_cfg_t *cfg, int16_t z,
                                       uint32_t *alarm, uint32_t *since);

ECM_EXTERN_C_END

#endif
