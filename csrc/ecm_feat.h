/* ecm_feat.h - features of a window, described by data: the device half of a plan.
 *
 * A plan is a list of steps that run one after another on each window. A step is a kind
 * of work, the rows that it fills, its settings, and the place of its state. Kinds are
 * const objects in the headers ecm_feat_*.h, so that only those which a plan names are
 * linked. ecm_feat_table.h lists all steps and all features.
 *
 * What steps hand on has a fixed place, so that a window may be done in slices:
 *
 *     x      the samples; behind the step "time" or "mean" without their mean
 *     work   behind "transform": its packed bins, untapered
 *     x      behind "power" or "taper": power of bins 0 ... window_len/2
 *
 * A step that keeps a state takes each sample once: the fresh_len newest of x. It says
 * ECM_MORE as long as what it has seen does not suffice. State of all zeros means that
 * nothing was seen; that is what ecm_feat_reset_f32 makes, at the start and after every
 * gap in the signal.
 *
 * Every feature of a constant window is 0, except the mean, the median, quantiles and
 * levels [dB]. Squares, and fourth powers for kurtosis, are formed in single precision:
 * deviations from the mean should lie within 1e-7 ... 1e7 in the unit of the samples.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FEAT_H
#define ECM_FEAT_H

#include "ecm_base.h"
#include "ecm_feat_table.h"

ECM_EXTERN_C_BEGIN

#define ECM_FEAT_WINDOW_MIN 64
#define ECM_FEAT_WINDOW_MAX 16384

/* What is taken off each window; see ecm_feat_plan_t. */
enum {
    ECM_FEAT_DETREND_NONE = 0,
    ECM_FEAT_DETREND_MEAN = 1,
    ECM_FEAT_DETREND_LINE = 2
};

/* One feature of a plan. */
typedef struct {
    uint16_t id; /* ECM_FEAT_... */
    uint16_t n;  /* a count or an index, as the table names it; 0 if unused */
    float a;     /* first parameter, as the table names it; 0 if unused */
    float b;     /* second parameter */
} ecm_feat_row_t;

/* What a step, or a whole plan, needs. */
typedef struct {
    uint32_t work_len;     /* floats of work memory besides the window */
    uint32_t state_len;    /* floats that are kept from window to window */
    uint32_t warm_len;     /* windows behind a gap that give no features yet */
    uint32_t sample_bytes; /* of what x holds: of a float, or of int16_t for the steps
                            * of ecm_feat_integer.h; a step of floats leaves 0 */
} ecm_feat_need_t;

struct ecm_feat_kind;
struct ecm_feat_plan;

typedef struct {
    const struct ecm_feat_kind *kind;
    const ecm_feat_row_t *rows; /* features that it fills, in this order */
    uint32_t rows_len;
    const void *cfg;   /* of the type that the kind's header names; NULL if none */
    uint32_t state_at; /* first float of its state; 0 if it has none */
} ecm_feat_step_t;

/* The window that a step works on. */
typedef struct {
    const struct ecm_feat_plan *plan;
    float *x;
    float *work;
    float *state; /* of this step */
    float speed_hz;
    bool first;         /* no window was before it, or a gap */
    uint32_t fresh_len; /* newest samples of x that no window held before */
} ecm_feat_frame_t;

/* What there is to know of a step: a check of rows and settings, which leaves what they
 * need and is done once, on a plan whose other fields are all right; and the work,
 * which cannot be refused on a step that passed. */
typedef struct ecm_feat_kind {
    ecm_status_t (*check)(const struct ecm_feat_plan *plan, const ecm_feat_step_t *step,
                          ecm_feat_need_t *need);
    ecm_status_t (*run)(const ecm_feat_step_t *step, const ecm_feat_frame_t *frame,
                        float *out);
} ecm_feat_kind_t;

typedef struct ecm_feat_plan {
    float fs_hz;         /* sampling rate */
    uint32_t window_len; /* samples, ECM_FEAT_WINDOW_MIN ... _MAX */
    uint32_t hop_len;    /* samples from one window to the next, 1 ... window_len */
    uint32_t detrend;    /* ECM_FEAT_DETREND_...: with NONE, "time" leaves the mean in x
                          * and "transform" leaves bin 0 */
    float speed_lo_hz;   /* shaft speeds that it is made for; both 0: it needs none */
    float speed_hi_hz;
    const ecm_feat_step_t *steps; /* in the order of the table */
    uint32_t steps_len;
    uint32_t features_len; /* sum of rows_len */
    uint32_t work_len;     /* floats of memory, at least what ecm_feat_need says */
    uint32_t state_len;
} ecm_feat_plan_t;

/* Floats of state in front of those of the first step, in a plan that keeps any. */
#define ECM_FEAT_STATE_HEAD 1U

/** Judge steps, rows and settings, and say what memory they need.
 *
 * plan    [in]  work_len, state_len and each state_at are not read
 * need    [out] of the whole plan
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG, ECM_ERR_LENGTH; the refusal of a step.
 */
ecm_status_t ecm_feat_need(const ecm_feat_plan_t *plan, ecm_feat_need_t *need);

/** Judge a whole plan; to be done once, before anything else is done with it.
 *
 * plan    [in] any
 *
 * Context : any.
 * Returns : as ecm_feat_need; ECM_ERR_FULL if work_len or state_len are too short, or
 *           the states of steps are not one behind the other from ECM_FEAT_STATE_HEAD.
 */
ecm_status_t ecm_feat_check(const ecm_feat_plan_t *plan);

/** Are the rows of a step of one range of features? For checks.
 *
 * step    [in] its rows
 * first   [in] least id
 * last    [in] largest id
 *
 * Context : any.
 * Returns : true if each id is within first ... last.
 */
bool ecm_feat_rows_within(const ecm_feat_step_t *step, uint16_t first, uint16_t last);

/** How many features do the steps before this one fill? For steps that go on from them,
 * which lie in front of their own.
 *
 * plan    [in] its steps
 * step    [in] one of them
 *
 * Context : any.
 * Returns : sum of rows_len of the steps before.
 */
uint32_t ecm_feat_rows_before(const ecm_feat_plan_t *plan, const ecm_feat_step_t *step);

/** Start over, as behind a gap in the signal.
 *
 * state   [out] plan->state_len floats; may be NULL if there are none
 * plan    [in]  passed ecm_feat_check
 *
 * Context : any, one caller per state.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_feat_reset_f32(float *state, const ecm_feat_plan_t *plan);

/** May windows with this shaft speed be given to the plan?
 *
 * plan     [in] passed ecm_feat_check
 * speed_hz [in] any
 *
 * Context : any.
 * Returns : true within speed_lo_hz ... speed_hi_hz, or if the plan needs no speed.
 */
bool ecm_feat_takes_speed(const ecm_feat_plan_t *plan, float speed_hz);

/** Is a window that lacks history done behind a step, since none of the steps behind it
 * keeps anything for the windows to come?
 *
 * plan  [in] passed ecm_feat_check
 * index [in] of the step
 *
 * Context : any.
 * Returns : true if a step that says ECM_MORE may be the last one of its window.
 */
bool ecm_feat_may_stop(const ecm_feat_plan_t *plan, uint32_t index);

/** All features of one window.
 *
 * state    [in,out] from ecm_feat_reset_f32; the window before was hop_len samples
 *                   earlier
 * plan     [in]     passed ecm_feat_check
 * speed_hz [in]     shaft speed
 * x        [in,out] window_len samples, finite; destroyed
 * work     [in,out] work_len floats
 * out      [out]    features_len features; not to be used on ECM_MORE
 *
 * Context : any, one caller per state.
 * Returns : ECM_OK; ECM_MORE during the first windows, if a step has yet to fill its
 *           history; ECM_ERR_NULL, ECM_ERR_ARG if the plan does not take the speed.
 */
ecm_status_t ecm_feat_extract_f32(float *state, const ecm_feat_plan_t *plan,
                                  float speed_hz, float *x, float *work, float *out);

/** One step of a window, for callers that do a window in slices: all of them in order,
 * with the same arguments, are ecm_feat_extract_f32.
 *
 * state    [in,out] as there
 * plan     [in]     as there
 * index    [in]     of the step, below steps_len
 * speed_hz [in]     shaft speed that the plan takes
 * x        [in,out] the window, as the step before left it
 * work     [in,out] as the step before left it
 * out      [out]    features_len features, of which the step fills its own
 *
 * Context : any, one caller per state.
 * Returns : ECM_OK, ECM_MORE, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_feat_step_f32(float *state, const ecm_feat_plan_t *plan,
                               uint32_t index, float speed_hz, float *x, float *work,
                               float *out);

/** Standardise features.
 *
 * x       [in]  x_len features
 * mean    [in]  x_len
 * inv_sd  [in]  x_len, 0 for a feature that is to be ignored
 * x_len   [in]  number of features
 * out     [out] x_len values (x - mean) * inv_sd; may be x
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_feat_scale_f32(const float *x, const float *mean, const float *inv_sd,
                                uint32_t x_len, float *out);

ECM_EXTERN_C_END

#endif
