/* ecm_monitor_form.h - rows of monitors: what a detector over scores is made of.
 *
 * A row names its form, a table of what is done with it; forms that no row names are
 * not linked, nor are distances of distributions that no settings name.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_MONITOR_FORM_H
#define ECM_MONITOR_FORM_H

#include "ecm_dist.h"
#include "ecm_drift.h"
#include "ecm_drift_ewma.h"
#include "ecm_score.h"
#include "ecm_t2.h"

ECM_EXTERN_C_BEGIN

#define ECM_MONITOR_ANY 0xffffU /* regime: whichever the machine is in, or none */
#define ECM_MONITOR_NO_DETAIL 0xffffffffU
#define ECM_MONITOR_TOGETHER_MAX 16U /* scores of a T2 */

/* Which form a row has, and the settings that its `cfg` points to. */
enum {
    ECM_MONITOR_CUSUM = 0,   /* ecm_drift_cusum_cfg_t */
    ECM_MONITOR_EWMA = 1,    /* ecm_drift_ewma_cfg_t */
    ECM_MONITOR_LIMIT = 2,   /* float: the value itself, over this */
    ECM_MONITOR_COUNTS = 3,  /* ecm_monitor_counts_t: scores between edges */
    ECM_MONITOR_CLASSES = 4, /* ecm_monitor_counts_t: classes */
    ECM_MONITOR_T2 = 5,      /* ecm_monitor_t2_t: several scores */
    ECM_MONITOR_KIND = 6     /* ecm_monitor_kind_t: any detector of ecm_drift.h */
};

/* What changed. */
enum {
    ECM_MONITOR_MEAN = 1,
    ECM_MONITOR_SCALE = 2,
    ECM_MONITOR_SHAPE = 3,
    ECM_MONITOR_MIX = 4,      /* shares of classes */
    ECM_MONITOR_TOGETHER = 5, /* several features against each other */
    ECM_MONITOR_VALUE = 6     /* a value is beyond its limit */
};

typedef struct {
    ecm_score_cfg_t score;
    float floor;     /* > 0: the logarithm of value + floor is scored; 0: the value */
    uint16_t input;  /* index of the value */
    uint16_t regime; /* below the number of regimes, or ECM_MONITOR_ANY */
    float spread; /* > 0: standard deviation of the value in the reference; a baseline
                     that a device learns takes the place of center and spread
                     (ecm_monitor_rebase_f32). 0: it does not; so with a floor, or of
                     one regime */
} ecm_monitor_score_t;

/** May a score have its floor, regime and spread together?
 *
 * score   [in] of tables
 *
 * Context : any.
 * Returns : whether ecm_monitor_init takes them.
 */
static inline bool ecm_monitor_score_fits(const ecm_monitor_score_t *score) {
    bool whole = score->floor == 0.0f && score->regime == (uint16_t)ECM_MONITOR_ANY;
    return score->floor >= 0.0f &&
           (score->spread == 0.0f || (score->spread > 0.0f && whole));
}

typedef struct {
    ecm_dist_cfg_t dist; /* TUMBLING or FORGETTING: judged each window_len values */
    const ecm_dist_kind_t *distance; /* such as &ecm_dist_kind_ks */
    float limit;                     /* of it, > 0 */
} ecm_monitor_counts_t;

typedef struct {
    ecm_t2_cfg_t t2;
    const uint16_t *scores; /* t2.features_len indices of scores, at most
                               ECM_MONITOR_TOGETHER_MAX */
} ecm_monitor_t2_t;

/* Tables that name no detector of this form link none. */
typedef struct {
    const ecm_drift_kind_t *kind; /* such as &ecm_drift_ph_kind, &ecm_sr_kind */
    const void *cfg;              /* its settings */
} ecm_monitor_kind_t;

typedef struct ecm_monitor_form ecm_monitor_form_t;

typedef struct {
    const void *cfg;                /* as `form` says */
    float top;                      /* limits of level 1 in the limit of cfg, >= 1 */
    const ecm_monitor_form_t *form; /* &ecm_monitor_form_cusum ... */
    uint16_t what;    /* ECM_MONITOR_MEAN ...; of KIND, SCALE where it says so */
    uint16_t group;   /* that of the row before, or the next one */
    uint16_t regime;  /* as of a score */
    uint16_t score;   /* index; CLASSES and T2 do not look at it */
    uint16_t up_only; /* 1: a CUSUM whose lower sum raises no alarm */
} ecm_monitor_row_t;

/* State of a score. */
typedef struct {
    ecm_score_t score;
    float z; /* last score; NaN while it rests */
} ecm_monitor_scored_t;
ECM_STATIC_ASSERT(sizeof(ecm_monitor_scored_t) == 24, monitor_scored_size);

/* A window, as rows see it. */
typedef struct {
    const ecm_monitor_score_t *scores;
    const ecm_monitor_scored_t *scored; /* of each of them */
    uint32_t class_id;
} ecm_monitor_window_t;

/* What a row found in a window. */
typedef struct {
    bool fresh; /* there is a new value of its statistic */
    bool alarm;
    float ratio; /* of the statistic to the limit */
    uint32_t what;
    uint32_t direction;
    uint32_t detail;
    uint32_t since;
} ecm_monitor_found_t;

struct ecm_monitor_form {
    uint32_t id; /* ECM_MONITOR_CUSUM ... */
    /* Words of its state; 0 if something that the settings point to is missing. */
    uint32_t (*words)(const void *cfg);
    /* Are settings, and a state that was read from somewhere, within their ranges?
     * `own` may be NULL. */
    ecm_status_t (*check)(const ecm_monitor_row_t *row, uint32_t scores_len,
                          const uint32_t *own);
    ecm_status_t (*init)(const void *cfg, uint32_t *own);
    /* `found` has the row's own `what` and no news. */
    ecm_status_t (*update)(const ecm_monitor_window_t *window,
                           const ecm_monitor_row_t *row, uint32_t *own,
                           ecm_monitor_found_t *found);
};

extern const ecm_monitor_form_t ecm_monitor_form_cusum;
extern const ecm_monitor_form_t ecm_monitor_form_ewma;
extern const ecm_monitor_form_t ecm_monitor_form_limit;
extern const ecm_monitor_form_t ecm_monitor_form_counts;
extern const ecm_monitor_form_t ecm_monitor_form_classes;
extern const ecm_monitor_form_t ecm_monitor_form_t2;
extern const ecm_monitor_form_t ecm_monitor_form_kind;

ECM_EXTERN_C_END

#endif
