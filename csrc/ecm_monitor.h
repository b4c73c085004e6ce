/* ecm_monitor.h - a plan of monitors as tables: scores, detectors, regimes, alarms.
 *
 * A window gives values: features, outputs of models, whatever else a product knows.
 * Scores bring values to a frozen reference; rows are detectors over scores, or over
 * values as they are; groups of rows, such as all detectors of a feature, raise alarms
 * together. An alarm says what changed, in which direction and since when. Tables name
 * what they need, forms of rows (ecm_monitor_form.h), distances, persistence, regimes:
 * all else is not linked.
 *
 * Scores and rows may belong to a regime (ecm_regime.h). They rest while the machine is
 * in another one or in none; what a score remembers of the values before is forgotten
 * then. A value that is not finite is one that is not known: what reads it rests.
 *
 * A group without persistence has an alarm where one of its detectors has, and none for
 * hold_off windows after it. With persistence (ecm_persist.h) it has levels: the
 * largest ratio of a statistic to its limit decides. A detector starts again above
 * `top` limits, well above the highest level, so that it can stay there.
 *
 * The state is one array of words of the caller, with the same bytes on the device and
 * on the host. Tables come from `ecmkit.drift`, as C in packages.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_MONITOR_H
#define ECM_MONITOR_H

#include "ecm_monitor_form.h"
#include "ecm_persist.h"
#include "ecm_regime.h"
#include "ecm_state.h"

ECM_EXTERN_C_BEGIN

#define ECM_MONITOR_REGIME_MAX 16U     /* values that a regime may depend on */
#define ECM_MONITOR_STATE_TYPE 0x0101U /* of records: monitors, version 1 */

typedef struct {
    const ecm_persist_cfg_t *persist; /* or NULL */
    uint32_t hold_off;                /* windows; without persistence */
} ecm_monitor_group_t;

typedef float (*ecm_monitor_log_fn_t)(float x);
typedef ecm_status_t (*ecm_monitor_persist_fn_t)(ecm_persist_t *st,
                                                 const ecm_persist_cfg_t *cfg,
                                                 float ratio, uint32_t *event);
typedef ecm_status_t (*ecm_monitor_regime_fn_t)(ecm_regime_t *st,
                                                const ecm_regime_cfg_t *cfg,
                                                const float *x, uint32_t *regime);

typedef struct {
    uint32_t id; /* of these tables: a state of others is refused */
    const ecm_monitor_score_t *scores;
    const ecm_monitor_row_t *rows;
    const ecm_monitor_group_t *groups;
    uint16_t scores_len;
    uint16_t rows_len;
    uint16_t groups_len;
    uint16_t regime_len; /* values that the regime depends on; 0: no regimes */
    const ecm_regime_cfg_t *regime; /* may be NULL without regimes */
    const uint16_t *regime_inputs;  /* regime_len indices of values */
    const float *regime_center;     /* taken from each, then */
    const float *regime_factor;     /* a factor; both NULL: values as they are */
    /* What only some tables need and others do not link; NULL: they do without. */
    ecm_monitor_log_fn_t log;                /* ecm_math_log_f32: scores with a floor */
    ecm_monitor_persist_fn_t persist_update; /* ecm_persist_update_f32: groups with
                                               persistence */
    ecm_monitor_regime_fn_t regime_update;   /* ecm_regime_update_f32: regimes */
} ecm_monitor_cfg_t;

/* State: this, an ecm_monitor_scored_t a score, one a group, then the rows;
 * ecm_monitor_words in all. */
typedef struct {
    uint32_t id;      /* of the tables */
    uint32_t windows; /* taken, modulo 2^32 */
    uint32_t active;  /* regime of the last window, or ECM_REGIME_NONE */
    ecm_regime_t regime;
} ecm_monitor_head_t;
ECM_STATIC_ASSERT(sizeof(ecm_monitor_head_t) == 24, monitor_head_size);

typedef struct {
    ecm_persist_t persist;
    uint32_t held;   /* windows without an alarm to come; without persistence */
    float ratio;     /* largest statistic over its limit, when one was last known */
    uint32_t raised; /* level of the alarm of the last window; 0: none */
} ecm_monitor_grouped_t;
ECM_STATIC_ASSERT(sizeof(ecm_monitor_grouped_t) == 52, monitor_grouped_size);

typedef struct {
    uint32_t group;
    uint32_t level;     /* from 1; with persistence lower than before, down to 0, where
                           the group has calmed down: what is 0 then */
    uint32_t row;       /* the detector with the largest ratio */
    uint32_t what;      /* ECM_MONITOR_MEAN ... */
    uint32_t direction; /* ECM_DRIFT_UP, _DOWN, _WIDER, _NARROWER or _NONE; of a mix, of
                           several features: that of the detail */
    uint32_t detail; /* class that gained most; of several features, the input that is
                        furthest off; ECM_MONITOR_NO_DETAIL */
    uint32_t since;  /* windows that the row saw since the estimated change, this one
                        included; of counts, those counted */
    float ratio;     /* statistic over the limit of level 1 */
} ecm_monitor_alarm_t;
ECM_STATIC_ASSERT(sizeof(ecm_monitor_alarm_t) == 32, monitor_alarm_size);

/** Words of the state.
 *
 * cfg     [in] tables
 *
 * Context : any.
 * Returns : the number; 0 if cfg or a table is NULL.
 */
uint32_t ecm_monitor_words(const ecm_monitor_cfg_t *cfg);

/** Start.
 *
 * state   [out] ecm_monitor_words words
 * cfg     [in]  the same values at every call
 *
 * Context : any, one caller per state.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG on tables that contradict each other, or
 *           what a detector says of its settings.
 */
ecm_status_t ecm_monitor_init(void *state, const ecm_monitor_cfg_t *cfg);

/** Take the values of one window.
 *
 * state      [in,out] from ecm_monitor_init
 * cfg        [in]     tables
 * x          [in]     values, at the indices of the tables; not finite: not known
 * class_id   [in]     for rows of classes; as many or more than they have: not known
 * alarms     [out]    what was raised, in the order of the groups; where there is not
 *                     room for all, those with the largest ratios
 * alarms_len [in]     room there, >= 1; rows_len suffice for all
 * found      [out]    alarms written
 *
 * Cost    : the sum over scores and detectors; no work memory.
 * Numerics: single precision; bit-identical on all targets.
 * Context : any, one caller per state.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH without room, ECM_ERR_STATE on the
 *           state of other tables, or a refusal of a detector on a damaged state.
 */
ecm_status_t ecm_monitor_update_f32(void *state, const ecm_monitor_cfg_t *cfg,
                                    const float *x, uint32_t class_id,
                                    ecm_monitor_alarm_t *alarms, uint32_t alarms_len,
                                    uint32_t *found);

/** The level of the alarm that a group raised in the last window.
 *
 * state   [in] from ecm_monitor_init
 * cfg     [in] tables
 * group   [in] below groups_len
 *
 * Context : any.
 * Returns : from 1; 0 if it raised none, or if an argument is wrong.
 */
uint32_t ecm_monitor_raised(const void *state, const ecm_monitor_cfg_t *cfg,
                            uint32_t group);

/** How far a group has come.
 *
 * state   [in] from ecm_monitor_init
 * cfg     [in] tables
 * group   [in] below groups_len
 *
 * Context : any.
 * Returns : its largest statistic over its limit, when one was last known; 0 before
 *           that, or if an argument is wrong.
 */
float ecm_monitor_ratio_f32(const void *state, const ecm_monitor_cfg_t *cfg,
                            uint32_t group);

/** Save the state, so that it survives a power cut: see ecm_state.h.
 *
 * state   [in] from ecm_monitor_init
 * cfg     [in] tables
 * store   [in] memory with slots of ECM_STATE_SLOT_BYTES(4 ecm_monitor_words)
 *
 * Context : the caller of ecm_monitor_update_f32.
 * Returns : ECM_OK, ECM_ERR_NULL, or as ecm_state_save.
 */
ecm_status_t ecm_monitor_save(const void *state, const ecm_monitor_cfg_t *cfg,
                              const ecm_state_store_t *store);

/** Is this a state of these tables, such as one that was kept with other things?
 *
 * state   [in] ecm_monitor_words words
 * cfg     [in] tables
 *
 * Context : the caller of ecm_monitor_update_f32.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_STATE if it is not.
 */
ecm_status_t ecm_monitor_check(void *state, const ecm_monitor_cfg_t *cfg);

/** Go on from a state that was saved here, or on a host.
 *
 * state   [in,out] from ecm_monitor_init; after a refusal it is so again
 * cfg     [in]     tables
 * store   [in]     memory
 *
 * Scores forget the values before: windows are missing in between.
 *
 * Context : the caller of ecm_monitor_update_f32.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_STATE if there is no record, or one of other
 *           tables; or as ecm_state_load.
 */
ecm_status_t ecm_monitor_load(void *state, const ecm_monitor_cfg_t *cfg,
                              const ecm_state_store_t *store);

ECM_EXTERN_C_END

#endif
