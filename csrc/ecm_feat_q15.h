/* ecm_feat_q15.h - features of a window of 16-bit samples, in integers throughout: the
 * profile of plans for cores without a floating-point unit, 8-bit ones among them.
 *
 * As in ecm_feat.h a plan is a list of steps that run one after another; a step is a
 * kind of work, the rows that it fills, its settings and the place of its state. Kinds
 * are const objects in ecm_feat_q15_time.h and ecm_feat_q15_spectrum.h, so that only
 * those which a plan names are linked. Steps come in the order of the table, each at
 * most once and behind those that it needs, and hand on:
 *
 *     velocity   takes the fresh samples of x
 *     time       reads x
 *     transform  x -> packed bins in work
 *     power      work -> power of bins 0 ... window_len/2 in work
 *     bands, moments  read the power
 *
 * Features are integers: amplitudes in Q30 of full scale; ratios, frequencies and
 * velocities in Q16.16. All saturate. Ids are those of ecm_feat_table.h.
 *
 * Floats are met in two places, on the way in and out, and nowhere else:
 * ecm_feat_q15_samples_f32 for sensors that do not give integers, and
 * ecm_feat_q15_real_f32 for models that take physical units.
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

/* Every step, in the order in which they run: X(kind, "module", "needs"). The kind
 * ecm_feat_q15_kind_<kind> is in ecm_<module>.h, and its name is that of the step; a
 * step needs those before it that are named, with rows or without. */
#define ECM_FEAT_Q15_STEP_TABLE(X)                                                     \
    X(velocity, "feat_q15_time", "")                                                   \
    X(time, "feat_q15_time", "")                                                       \
    X(transform, "feat_q15_spectrum", "")                                              \
    X(power, "feat_q15_spectrum", "transform")                                         \
    X(bands, "feat_q15_spectrum", "power")                                             \
    X(moments, "feat_q15_spectrum", "power")

/* Every feature and what it is in: X(id, format), format one of ECM_FEAT_Q15_...;
 * ECM_FEAT_TABLE has its name, unit and step. */
#define ECM_FEAT_Q15_TABLE(X)                                                          \
    X(ECM_FEAT_MEAN, Q30)                                                              \
    X(ECM_FEAT_RMS, Q30)                                                               \
    X(ECM_FEAT_PEAK, Q30)                                                              \
    X(ECM_FEAT_PEAK_TO_PEAK, Q30)                                                      \
    X(ECM_FEAT_MEAN_ABS, Q30)                                                          \
    X(ECM_FEAT_SKEWNESS, Q16)                                                          \
    X(ECM_FEAT_KURTOSIS, Q16)                                                          \
    X(ECM_FEAT_CREST, Q16)                                                             \
    X(ECM_FEAT_SHAPE, Q16)                                                             \
    X(ECM_FEAT_IMPULSE, Q16)                                                           \
    X(ECM_FEAT_CLEARANCE, Q16)                                                         \
    X(ECM_FEAT_MINIMUM, Q30)                                                           \
    X(ECM_FEAT_MAXIMUM, Q30)                                                           \
    X(ECM_FEAT_RMS_ABOUT_ZERO, Q30)                                                    \
    X(ECM_FEAT_VELOCITY_RMS, Q16)                                                      \
    X(ECM_FEAT_BAND_RMS, Q30)                                                          \
    X(ECM_FEAT_BAND_FRACTION, Q16)                                                     \
    X(ECM_FEAT_CENTROID, Q16)

/* Formats: places behind the point, of the sensor's range or of the unit itself. */
enum { ECM_FEAT_Q15_Q30 = 30, ECM_FEAT_Q15_Q16 = 16 };

/* One feature of a plan. */
typedef struct {
    uint16_t id;     /* of ecm_feat_table.h */
    uint16_t format; /* ECM_FEAT_Q15_..., as the table has it */
    uint16_t first;  /* of bands: first bin */
    uint16_t end;    /* of bands: one past the last bin, at most window_len/2 + 1 */
} ecm_feat_q15_row_t;
ECM_STATIC_ASSERT(sizeof(ecm_feat_q15_row_t) == 8, feat_q15_row_size);

/* What a step, or a whole plan, needs. */
typedef struct {
    uint32_t state_len; /* words of 32 bits that are kept from window to window */
    uint32_t warm_len;  /* windows behind a gap that give no features yet */
} ecm_feat_q15_need_t;

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

/* Words of work memory: the bins of a window, and what else steps hand on. */
#define ECM_FEAT_Q15_WORK_LEN(window_len) ((window_len) + 3U)
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

/* What there is to know of a step: a check of rows and settings, which leaves what they
 * need and is done once, and the work, which cannot be refused. */
typedef struct ecm_feat_q15_kind {
    ecm_status_t (*check)(const ecm_feat_q15_plan_t *plan,
                          const ecm_feat_q15_step_t *step, ecm_feat_q15_need_t *need);
    ecm_status_t (*run)(const ecm_feat_q15_step_t *step, ecm_feat_q15_frame_t *frame,
                        int32_t *out);
} ecm_feat_q15_kind_t;

/** Judge steps, rows and settings, and say what memory they need.
 *
 * plan      [in]  state_len and each state_at are not read
 * need      [out] of the whole plan
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG, ECM_ERR_LENGTH; the refusal of a step.
 */
ecm_status_t ecm_feat_q15_need(const ecm_feat_q15_plan_t *plan,
                               ecm_feat_q15_need_t *need);

/** Judge a whole plan; to be done once, before anything else is done with it.
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

/** One step of a window, for callers that keep its state themselves and do a window in
 * slices: all steps in order are ecm_feat_q15_extract.
 *
 * plan      [in]     passed ecm_feat_q15_check, whatever its state_len and state_at
 * index     [in]     of the step, below steps_len
 * state     [in,out] of this step, all zeros at the start; may be NULL if it has none
 * fresh_len [in]     newest samples of x that no window held before
 * x         [in]     the window
 * work      [in,out] as the step before left it
 * out       [out]    features of this step
 *
 * Context : any, one caller per state.
 * Returns : ECM_OK, ECM_MORE, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_feat_q15_run(const ecm_feat_q15_plan_t *plan, uint32_t index,
                              uint32_t *state, uint32_t fresh_len, const int16_t *x,
                              int32_t *work, int32_t *out);

/** Samples in a physical unit as the profile takes them.
 *
 * x     [in]  x_len samples, any
 * x_len [in]  number of samples
 * range [in]  full scale of the sensor in the unit of x, > 0: what 2^15 stands for
 * out   [out] x_len samples
 *
 * Formula : x (2^15 / range), rounded half away from zero, saturated; NaN gives -2^15,
 *           which ecm_health takes for clipped as it does an infinity.
 * Aliasing: out must not overlap x.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG on a range that is not above 0 and
 *           finite, or so small that 2^15 / range is not.
 */
ecm_status_t ecm_feat_q15_samples_f32(const float *x, uint32_t x_len, float range,
                                      int16_t *out);

/** Features in physical units, as models and tables take them.
 *
 * plan     [in]  passed ecm_feat_q15_check
 * range    [in]  full scale of the sensor, > 0, finite: amplitudes come in its unit
 * features [in]  features_len integers, from ecm_feat_q15_extract
 * out      [out] features_len values; may be the memory of features
 *
 * Formula : Q30: float(feature) (range 2^-30); Q16.16: float(feature) 2^-16.
 * Numerics: an integer of more than 24 bits is rounded to even, then the product; the
 *           same bits on all targets.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_feat_q15_real_f32(const ecm_feat_q15_plan_t *plan, float range,
                                   const int32_t *features, float *out);

ECM_EXTERN_C_END

#endif
