/* ecm_drift.h - streaming tests for a change: what all have in common, and the CUSUM.
 *
 * A detector takes one value after another and says at which the change was seen, what
 * changed and since when. Values are standard scores of a frozen reference
 * (ecm_score.h) unless a detector's header says otherwise. After an alarm a detector
 * starts again with the next value. Each detector is a pair of files and a table
 * ecm_<module>_..._kind, through which plans, bindings and ecm_drift_run_f32 call it
 * without knowing it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_DRIFT_H
#define ECM_DRIFT_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/* What changed. A warning is not an alarm: no detector starts again after it. */
enum {
    ECM_DRIFT_NONE = 0,
    ECM_DRIFT_UP = 1,       /* the mean, upwards */
    ECM_DRIFT_DOWN = 2,     /* the mean, downwards */
    ECM_DRIFT_WIDER = 3,    /* the scale, upwards */
    ECM_DRIFT_NARROWER = 4, /* the scale, downwards */
    ECM_DRIFT_SHIFT = 5,    /* the mean of several features, in some direction */
    ECM_DRIFT_WARNING = 6   /* perhaps a change before long */
};

/* A detector as others see it; `st` and `cfg` are its own types. */
typedef struct {
    /* Are settings, and a state that was read from somewhere, within their ranges?
     * `st` may be NULL. Returns ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG, ECM_ERR_STATE. */
    ecm_status_t (*check)(const void *st, const void *cfg);
    ecm_status_t (*init)(void *st, const void *cfg);
    ecm_status_t (*update)(void *st, const void *cfg, float x, uint32_t *alarm,
                           uint32_t *since);
    /* Take the first of 1 ... ECM_DRIFT_BLOCK_LEN finite values and return how many:
     * none of them raises an alarm, the next may. May be NULL. */
    uint32_t (*skip)(void *st, const void *cfg, const float *x, uint32_t x_len);
    /* The statistic over its limit, in 0 ... 1 while there is no alarm. */
    float (*ratio)(const void *st, const void *cfg);
    uint32_t state_bytes;
    /* What the statistic points to, alarm or not, and since how many values. May be
     * NULL: known at an alarm alone. */
    uint32_t (*lean)(const void *st, const void *cfg, uint32_t *since);
} ecm_drift_kind_t;

#define ECM_DRIFT_BLOCK_LEN 64

typedef struct {
    uint32_t at;    /* index of the value that raised the alarm */
    uint32_t since; /* values since the estimated change, that one included */
    uint32_t what;  /* ECM_DRIFT_UP ... */
} ecm_drift_alarm_t;

typedef struct {
    float k; /* reference value: half the shift to be found, in standard deviations */
    float h; /* limit; from the wanted run length to a false alarm */
} ecm_drift_cusum_cfg_t;

typedef struct {
    float up;            /* sum for an upward shift, >= 0 */
    float down;          /* sum for a downward shift, >= 0 */
    uint32_t n;          /* values taken, modulo 2^32 */
    uint32_t up_since;   /* values since `up` was last zero; the change is thought to
                            have come with the first of them */
    uint32_t down_since; /* the same for `down` */
    uint32_t alarms_n;   /* alarms so far, modulo 2^32 */
} ecm_drift_cusum_t;
ECM_STATIC_ASSERT(sizeof(ecm_drift_cusum_t) == 24, drift_cusum_size);

/** Start.
 *
 * st      [out] cleared
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_drift_cusum_init(ecm_drift_cusum_t *st);

/** Take one value.
 *
 * The sums that raised an alarm stay readable until the next value, at which both start
 * again at zero.
 *
 * st      [in,out] from ecm_drift_cusum_init
 * cfg     [in]     k >= 0, h > 0, the same at every call
 * z       [in]     standardised value; a NaN is refused
 * alarm   [out]    ECM_DRIFT_NONE, _UP or _DOWN; _UP if both were beyond the limit
 * since   [out]    values since the estimated change, 0 without an alarm; may be NULL
 *
 * Formula : up = max(0, up + (z - k)); down = max(0, down + (-z - k)); alarm if > h.
 * Cost    : O(1), no division.
 * Context : any, one caller per st.
 * Source  : E. S. Page, Biometrika 41 (1954), 100-115.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_drift_cusum_update_f32(ecm_drift_cusum_t *st,
                                        const ecm_drift_cusum_cfg_t *cfg, float z,
                                        uint32_t *alarm, uint32_t *since);

/** How far the larger sum has come.
 *
 * st      [in] state
 * cfg     [in] the same as at update
 *
 * Formula : max(up, down) / h.
 * Context : any.
 * Returns : the larger sum over the limit, > 1 exactly if the last value raised an
 *           alarm; 0 if an argument is NULL.
 */
float ecm_drift_cusum_ratio_f32(const ecm_drift_cusum_t *st,
                                const ecm_drift_cusum_cfg_t *cfg);

/** Are settings, and a state that was read from somewhere, within their ranges? As
 * `check` of the kind, for those that use nothing else of it.
 *
 * st      [in] state, or NULL
 * cfg     [in] settings
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL without cfg, ECM_ERR_ARG on settings, ECM_ERR_STATE.
 */
ecm_status_t ecm_drift_cusum_check(const ecm_drift_cusum_t *st,
                                   const ecm_drift_cusum_cfg_t *cfg);

/** Change of scale as a change of mean: Hawkins' transform.
 *
 * z       [in] standardised value
 *
 * Formula : (sqrt(|z|) - 0.82217896) * 2.8640915; for a Gaussian z nearly Gaussian, of
 *           mean 0 and standard deviation 1.
 * Context : any.
 * Source  : D. M. Hawkins, Journal of Quality Technology 13 (1981), 228-231.
 * Returns : the transformed value; NaN for NaN.
 */
float ecm_drift_scale_score_f32(float z);

/** Take one value: a CUSUM of ecm_drift_scale_score_f32.
 *
 * The state is a CUSUM's, from ecm_drift_cusum_init, of its own.
 *
 * st      [in,out] from ecm_drift_cusum_init
 * cfg     [in]     k >= 0, h > 0, in standard deviations of the transformed value
 * z       [in]     standardised value; a NaN is refused
 * alarm   [out]    ECM_DRIFT_NONE, _WIDER or _NARROWER
 * since   [out]    values since the estimated change, 0 without an alarm; may be NULL
 *
 * Cost    : O(1), one square root.
 * Context : any, one caller per st.
 * Source  : D. M. Hawkins, Journal of Quality Technology 13 (1981), 228-231.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_drift_scale_update_f32(ecm_drift_cusum_t *st,
                                        const ecm_drift_cusum_cfg_t *cfg, float z,
                                        uint32_t *alarm, uint32_t *since);

/** Take many values, as if one by one.
 *
 * It stops early when there is no room for another alarm; call again with the rest.
 *
 * kind       [in]     of the detector
 * st         [in,out] its state
 * cfg        [in]     its settings
 * x          [in]     x_len values, all finite
 * x_len      [in]     0 takes nothing
 * alarms     [out]    what was raised, in order; warnings are left out
 * alarms_len [in]     room there, >= 1
 * found      [out]    alarms written
 * taken      [out]    values taken; x_len unless ECM_MORE
 *
 * Numerics: the state has the bits that one value at a time gives.
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_MORE if alarms filled up before the end, ECM_ERR_NULL,
 *           ECM_ERR_ARG on settings, a value or no room, ECM_ERR_STATE.
 */
ecm_status_t ecm_drift_run_f32(const ecm_drift_kind_t *kind, void *st, const void *cfg,
                               const float *x, uint32_t x_len,
                               ecm_drift_alarm_t *alarms, uint32_t alarms_len,
                               uint32_t *found, uint32_t *taken);

extern const ecm_drift_kind_t ecm_drift_cusum_kind;
extern const ecm_drift_kind_t ecm_drift_scale_kind;

ECM_EXTERN_C_END

#endif
