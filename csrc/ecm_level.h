/* ecm_level.h - zone of a value among rising limits, such as those of ISO 20816 or of a
 * band alarm, steady where the value is not.
 *
 * Zone 0 lies at and below the first limit, zone k above the k-th: a value on a limit
 * belongs to the zone below. A zone that follows a stream of values has two brakes:
 * limits for the way down that lie lower (hysteresis), and a number of values in
 * succession that must agree before it moves (hold-off).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_LEVEL_H
#define ECM_LEVEL_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

#define ECM_LEVEL_LIMITS_MAX 16

typedef struct {
    const float *limits;  /* limits_len values, finite, each above the one before */
    const float *release; /* as many: what a value must not exceed on the way down; each
                             at most its limit, and no lower than the one before; NULL:
                             the limits themselves */
    uint32_t limits_len;  /* 1 ... ECM_LEVEL_LIMITS_MAX */
    uint32_t hold_up;     /* values in succession before the zone rises, 1 or more */
    uint32_t hold_down;   /* ... before it falls, 1 or more */
} ecm_level_cfg_t;

typedef struct {
    uint32_t zone;
    uint32_t toward; /* where the values that have agreed so far point; zone: nowhere */
    uint32_t run;    /* how many have agreed */
} ecm_level_t;
ECM_STATIC_ASSERT(sizeof(ecm_level_t) == 12, level_size);

/** Zone of a single value.
 *
 * limits     [in]  limits_len values, rising
 * limits_len [in]  1 ... ECM_LEVEL_LIMITS_MAX
 * x          [in]  the value; infinity is above every limit
 * zone       [out] number of limits below x
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH, ECM_ERR_ARG if x is NaN.
 */
ecm_status_t ecm_level_zone_f32(const float *limits, uint32_t limits_len, float x,
                                uint32_t *zone);

/** Start in zone 0.
 *
 * st      [out] state
 * cfg     [in]  settings, the same at every call
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH, ECM_ERR_ARG on limits that do not
 *           rise.
 */
ecm_status_t ecm_level_init_f32(ecm_level_t *st, const ecm_level_cfg_t *cfg);

/** Take a value.
 *
 * st      [in,out] from ecm_level_init_f32
 * cfg     [in]     settings
 * x       [in]     the value; infinity is above every limit
 * zone    [out]    0 ... limits_len
 *
 * Formula : a value points up if it exceeds limits of higher zones, down if it does not
 *           exceed the release of its zone. When as many in succession as the hold-off
 *           asks for point the same way, the zone moves to the nearest that any of
 *           them pointed to: it is exceeded, or left, by all of them.
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG if x is NaN.
 */
ecm_status_t ecm_level_update_f32(ecm_level_t *st, const ecm_level_cfg_t *cfg, float x,
                                  uint32_t *zone);

ECM_EXTERN_C_END

#endif
