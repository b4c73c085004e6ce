/* ecm_adwin.h - ADWIN2: a window that is as long as its mean does not change.
 *
 * The window is kept as buckets of 1, 2, 4, ... values, at most `buckets` of each size,
 * in ECM_ADWIN_LEVELS levels: 1.3 million values in 768 bytes. Where the window can be
 * cut into an older and a newer part whose means differ by more than chance allows, the
 * oldest bucket goes, until no such cut is left.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_ADWIN_H
#define ECM_ADWIN_H

#include "ecm_drift.h"

ECM_EXTERN_C_BEGIN

#define ECM_ADWIN_LEVELS 18
#define ECM_ADWIN_BUCKETS_MAX 5

typedef struct {
    float delta;      /* probability of a cut by chance at a test, 0 < delta < 1 */
    uint32_t clock;   /* values from test to test, >= 1 */
    uint32_t buckets; /* of each size, 2 ... ECM_ADWIN_BUCKETS_MAX */
    uint32_t part_n;  /* fewest values of a part, >= 1 */
    uint32_t grace_n; /* no test before the window is longer than this */
} ecm_adwin_cfg_t;

typedef struct {
    float total[ECM_ADWIN_LEVELS][ECM_ADWIN_BUCKETS_MAX];  /* sums, the oldest first */
    float spread[ECM_ADWIN_LEVELS][ECM_ADWIN_BUCKETS_MAX]; /* squares around the mean */
    uint8_t count[ECM_ADWIN_LEVELS]; /* buckets of 2^level values that are in use */
    uint16_t reserved;
    float sum;         /* of the window */
    float squares;     /* of the window around its mean */
    uint32_t width;    /* values in the window */
    uint32_t tick;     /* values since the last test */
    uint32_t n;        /* values taken, modulo 2^32 */
    uint32_t alarms_n; /* values at which the window was cut, modulo 2^32 */
    float gap;         /* newer less older mean at the last cut */
} ecm_adwin_t;
ECM_STATIC_ASSERT(sizeof(ecm_adwin_t) <= 904, adwin_size);

/** Start.
 *
 * st      [out] an empty window
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_adwin_init(ecm_adwin_t *st);

/** Take one value.
 *
 * The window goes on after an alarm: what is left of it is the newer part.
 *
 * st      [in,out] from ecm_adwin_init
 * cfg     [in]     the same at every call
 * x       [in]     finite; centred on a reference and of a size around 1, such as a
 *                  standard score: an offset costs digits
 * alarm   [out]    ECM_DRIFT_NONE, _UP or _DOWN
 * since   [out]    values left in the window: those since the estimated change, 0
 *                  without an alarm; may be NULL
 *
 * Formula : with l = ln(2 ln(width) / delta), v the variance of the window and
 *           m = 1 / (n0 - part_n + 1) + 1 / (n1 - part_n + 1), cut if the means of the
 *           parts differ by more than sqrt(2 m v l) + 2/3 m l. Buckets merge two by
 *           two; when all levels are full, the oldest bucket goes without an alarm.
 * Cost    : O(1) amortised without a test; at a test ten operations for each bucket in
 *           use and one division; about twenty a bucket, two logarithms and a division
 *           more where some cut comes near the limit.
 * Numerics: sums over the window are made anew from the buckets whenever a bucket of
 *           256 values or more appears, or one goes, so that rounding does not pile up.
 * Context : any, one caller per st.
 * Source  : A. Bifet, R. Gavalda, SIAM International Conference on Data Mining (2007),
 *           443-448; part_n and grace_n as in River and MOA.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_adwin_update_f32(ecm_adwin_t *st, const ecm_adwin_cfg_t *cfg, float x,
                                  uint32_t *alarm, uint32_t *since);

/** Mean of the window.
 *
 * st      [in] state
 *
 * Context : any.
 * Returns : the mean, 0 if the window is empty or st is NULL.
 */
float ecm_adwin_mean_f32(const ecm_adwin_t *st);

extern const ecm_drift_kind_t ecm_adwin_kind;

ECM_EXTERN_C_END

#endif
