/* ecm_health.h - is the sensor all right? A verdict apart from the machine's.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_HEALTH_H
#define ECM_HEALTH_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/* Verdict, one bit each. */
enum {
    ECM_HEALTH_NONFINITE = 1, /* NaN or infinity among the samples */
    ECM_HEALTH_CLIPPED = 2,   /* samples at or beyond the range */
    ECM_HEALTH_STUCK = 4,     /* the same value stuck_len times in a row */
    ECM_HEALTH_MISSING = 8    /* samples were lost before they were processed */
};

typedef struct {
    float range;         /* |x| >= range is clipped [unit of the samples]; > 0 */
    uint32_t stuck_len;  /* run of equal samples that is suspect, >= 2 */
    uint32_t clip_count; /* clipped samples that a judged stretch may have */
} ecm_health_cfg_t;

/* Counts since the start, modulo 2^32. */
typedef struct {
    float last;           /* last finite sample */
    uint32_t run;         /* length of the present run of equal samples; saturates */
    uint32_t nonfinite_n; /* samples that were NaN or infinite */
    uint32_t clipped_n;   /* finite samples at or beyond the range */
    uint32_t stuck_n;     /* runs that became suspect */
    uint32_t missing_n;   /* gaps */
} ecm_health_t;
ECM_STATIC_ASSERT(sizeof(ecm_health_t) == 24, health_size);

/** Start.
 *
 * st      [out] cleared
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_health_init(ecm_health_t *st);

/** Judge a stretch of samples.
 *
 * st      [in,out] counters
 * cfg     [in]     limits, the same at every call
 * x       [in]     x_len samples, anything
 * x_len   [in]     number of samples; any chunking gives the same counters
 * verdict [out]    ECM_HEALTH_... bits of this stretch, 0 if all right; a run that
 *                  began in an earlier stretch counts
 *
 * Numerics: a sample that is not finite neither extends nor ends a run; 0 equals -0.
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_health_update_f32(ecm_health_t *st, const ecm_health_cfg_t *cfg,
                                   const float *x, uint32_t x_len, uint32_t *verdict);

/** Judge a stretch of integers of a sensor; without a float for each.
 *
 * st      [in,out] counters
 * cfg     [in]     limits, the same at every call; range is not read, since clipped are
 *                  the least and the largest integer
 * x       [in]     x_len samples
 * x_len   [in]     number of samples; any chunking gives the same counters
 * verdict [out]    as of ecm_health_update_f32
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_health_update_s16(ecm_health_t *st, const ecm_health_cfg_t *cfg,
                                   const int16_t *x, uint32_t x_len, uint32_t *verdict);

/** Note that samples were lost: the next sample starts a new run.
 *
 * st      [in,out] counters
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_health_gap(ecm_health_t *st);

ECM_EXTERN_C_END

#endif
