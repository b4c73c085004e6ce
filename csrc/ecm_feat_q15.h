/* ecm_feat_q15.h - features of a window of 16-bit samples, in integers throughout: the
 * profile of plans for cores without a floating-point unit, 8-bit ones among them.
 *
 * As in ecm_feat.h a plan is a list of steps that run one after another; a step is a
 * kind of work, the rows that it fills, its settings and the place of its state. Kinds
 * are const objects in ecm_feat_q15_time.h and ecm_feat_q15_spectrum.h, so that only
 * those which a plan names are linked. Steps come in this order, each at most once, and
 * hand on:
 *
 *     velocity   takes the fresh samples of x
 *     time       reads x
 *     transform  x -> packed bins in work
 *     power      work -> power of bins 0 ... window_len/2 in work
 *     bands, moments  read the power
 *
 * Features are integers: amplitudes in Q30 of full scale; ratios, frequencies and
 * velocities in Q16.16. All saturate.
 * Ids are those of ecm_feat_table.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FEAT_Q15_H
#define ECM_FEAT_Q15_H

#include "ecm_base.h"
#include "ecm_feat_table.h"

ECM_EXTERN_C_BEGIN

/* Windows: powers of two. */
#define ECM_FEAT_Q15_WINDOW_MIN 16
#define ECM_FEAT_Q15_WINDOW_MAX 4096

/* One feature of a plan. */
typedef struct {
    uint16_t id;     /* of ecm_feat_table.h */
    uint16_t format; /* ECM_FEAT_Q15_..., what out is in; for the reader */
    uint16_t first;  /* of bands: first bin */
    uint16_t end;    /* of bands: one past the last bin, at most window_len/2 + 1 */
} ecm_feat_q15_row_t;
ECM_STATIC_ASSERT(sizeof(ecm_feat_q15_row_t) == 8, feat_q15_row_size);

enum { ECM_FEAT_Q15_Q30 = 30, ECM_FEAT_Q15_Q16 = 16 };

struct ecm_feat_q15_kind;
struct ecm_feat_q15_plan;

typedef struct {
    const struct ecm_feat_q15_kind *kind;
    const ecm_feat_q15_row_t *rows; /* features that it fills, in this order */
    uint16_t rows_len;
    uint16_t state_at; /* first word of its state; 0 if it has none */
    const void *cfg;   /* of the type that its kind names; NULL if none */
} ecm_feat_q15_step_t;

typedef struct ecm_feat_q15_plan {
    const ecm_feat_q15_step_t *steps;
    uint16_t steps_len;
    uint16_t window_len;
    uint16_t hop_len; /* samples from one window to the next, 1 ... window_len */
    uint16_t features_len;
    uint16_t state_len; /* words of 32 bits; 0 if no step keeps any */
} ecm_feat_q15_plan_t;

/* Words of work memory. */
#define ECM_FEAT_Q15_WORK_LEN(window_len) (window_len)
/* Words of state in front of those of the first step, in a plan that keeps any. */
#define ECM_FEAT_Q15_STATE_HEAD 1U

/* The window that a step works on. */
typedef struct {
    const ecm_feat_q15_plan_t *plan;
    const int16_t *x;
    int32_t *work;
    uint32_t *state;    /* of this step */
    uint32_t fresh_len; /* newest samples of x that no window held before */
    int32_t exponent;   /* of the bins or powers in work */
    uint64_t total;     /* of the powers in work */
} ecm_feat_q15_frame_t;

/* What there is to know of a step: a check of rows and settings, which leaves the words
 * of state that they need and is done once, and the work, which cannot be refused. */
typedef struct ecm_feat_q15_kind {
    ecm_status_t (*check)(const ecm_feat_q15_plan_t *plan,
                          const ecm_feat_q15_step_t *step, uint32_t *state_len);
    ecm_status_t (*run)(const ecm_feat_q15_step_t *step, ecm_feat_q15_frame_t *frame,
                        int32_t *out);
} ecm_feat_q15_kind_t;

/** Judge a plan; to be done once, before anything else is done with it.
 *
 * plan      [in]  any; state_len and each state_at are not read
 * state_len [out] words of state that it needs
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG, ECM_ERR_LENGTH; the refusal of a step.
 */
ecm_status_t ecm_feat_q15_need(const ecm_feat_q15_plan_t *plan, uint32_t *state_len);

/** Judge a plan and where it keeps its states.
 *
 * plan [in] any
 *
 * Context : any.
 * Returns : as ecm_feat_q15_need; ECM_ERR_FULL if state_len is too short, or the states
 *           of steps are not one behind the other from ECM_FEAT_Q15_STATE_HEAD.
 */
ecm_status_t ecm_feat_q15_check(const ecm_feat_q15_plan_t *plan);

/** Start over, as behind a gap in the signal.
 *
 * state [out] plan->state_len words; may be NULL if there are none
 * plan  [in]  passed ecm_feat_q15_check
 *
 * Context : any, one caller per state.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_feat_q15_reset(uint32_t *state, const ecm_feat_q15_plan_t *plan);

/** All features of one window.
 *
 * state [in,out] from ecm_feat_q15_reset; the window before was hop_len samples earlier
 * plan  [in]     passed ecm_feat_q15_check
 * x     [in]     window_len samples, full scale 2^15
 * work  [in,out] ECM_FEAT_Q15_WORK_LEN words
 * out   [out]    features_len features; not to be used on ECM_MORE
 *
 * Numerics: integers only; the same everywhere.
 * Context : any, one caller per state.
 * Returns : ECM_OK; ECM_MORE during the first windows, if a step has yet to fill its
 *           history; ECM_ERR_NULL.
 */
ecm_status_t ecm_feat_q15_extract(uint32_t *state, const ecm_feat_q15_plan_t *plan,
                                  const int16_t *x, int32_t *work, int32_t *out);

ECM_EXTERN_C_END

#endif
