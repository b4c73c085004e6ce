/* ecm_commission.h - a baseline that is learnt on the machine that it watches.
 *
 * Of so many windows of the machine as it should be, each feature's quantiles, mean and
 * standard deviation are learnt in constant memory, then frozen: edges and shares for
 * ecm_dist.h, mean and spread for scores. Later it may be learnt anew, while the frozen
 * one goes on counting. What was gathered is then compared with what was frozen: if any
 * feature differs by more than the limits, the machine has changed and the new baseline
 * is refused, unless it was forced (after a repair, say). A baseline that proves wrong
 * is taken back.
 *
 *     empty -- begin --> learning -- finish --> monitoring -- begin --> relearning
 *                                                    ^---- finish ----------'
 *
 * Limits: of two times n independent windows of the same machine, ks is beyond
 * 1.95 sqrt(2 / n) once in a thousand (Smirnov), to which comes what the sketch leaves
 * open, k = 64: 0.04. A thousand windows: 0.13. Windows that resemble the ones before
 * count for fewer.
 *
 * Windows of a machine that is off, runs up or down, or whose sensor is not well, are
 * the caller's to leave out.
 *
 * Memory: the baseline, always; what is gathered, from begin to finish alone, so that
 * it may be shared with something else. Both are arrays of 32-bit words, the same on
 * the device and on the host.
 *
 *     ecm_commission_init(&st, &cfg);
 *     ecm_commission_load(&st, &cfg, baseline, &flash);          if there is a baseline
 *     ecm_commission_begin(&st, &cfg, learn, false);
 *     if (ecm_commission_update_f32(&st, &cfg, learn, features) == ECM_OK &&
 *         ecm_commission_finish(&st, &cfg, baseline, learn) == ECM_OK) {
 *         ecm_commission_save(&st, &cfg, baseline, &flash);
 *     }
 *
 * A task that must not take long calls ecm_commission_finish_some instead, until it
 * does not return ECM_MORE.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_COMMISSION_H
#define ECM_COMMISSION_H

#include "ecm_base.h"
#include "ecm_moments.h"
#include "ecm_sample.h"
#include "ecm_state.h"

ECM_EXTERN_C_BEGIN

#define ECM_COMMISSION_FEATURES_MAX 255
#define ECM_COMMISSION_BINS 8 /* of a feature's distribution */
#define ECM_COMMISSION_EDGES (ECM_COMMISSION_BINS - 1)
#define ECM_COMMISSION_WINDOWS_MIN 32U
#define ECM_COMMISSION_WINDOWS_MAX 0x00400000U
#define ECM_COMMISSION_BASELINE_TYPE 0x0301U /* of records: baseline, version 1 */
#define ECM_COMMISSION_LEARN_TYPE 0x0302U    /* what was gathered, version 1 */

/* A baseline: a head of four words, then floats: for each feature its edges; for each
 * its shares; the means; the standard deviations. */
#define ECM_COMMISSION_HEAD_WORDS 4
#define ECM_COMMISSION_EDGES_AT(features_len) 0
#define ECM_COMMISSION_SHARES_AT(features_len) ((features_len) * ECM_COMMISSION_EDGES)
#define ECM_COMMISSION_MEANS_AT(features_len)                                          \
    ((features_len) * (ECM_COMMISSION_EDGES + ECM_COMMISSION_BINS))
#define ECM_COMMISSION_SPREADS_AT(features_len)                                        \
    ((features_len) * (ECM_COMMISSION_EDGES + ECM_COMMISSION_BINS + 1))
#define ECM_COMMISSION_BASELINE_WORDS(features_len)                                    \
    (ECM_COMMISSION_HEAD_WORDS +                                                       \
     (features_len) * (ECM_COMMISSION_EDGES + ECM_COMMISSION_BINS + 2))

/* What is gathered: a head, then moments and a sketch of each feature. */
#define ECM_COMMISSION_LEARN_HEAD_WORDS 8
#define ECM_COMMISSION_LEARN_WORDS(features_len, k)                                    \
    (ECM_COMMISSION_LEARN_HEAD_WORDS +                                                 \
     (features_len) * ((sizeof(ecm_moments_t) + sizeof(ecm_sample_kll_t)) / 4U +       \
                       ECM_SAMPLE_KLL_LEN(k)))

/* Phases. */
enum {
    ECM_COMMISSION_EMPTY = 0,
    ECM_COMMISSION_LEARNING = 1,
    ECM_COMMISSION_MONITORING = 2,
    ECM_COMMISSION_RELEARNING = 3 /* with a baseline that is valid */
};

/* News of ecm_commission_finish. */
enum { ECM_COMMISSION_REFUSED = 2 };

typedef struct {
    uint32_t id;           /* of what the features are, such as the contract's first 32
                              bits: a baseline of others is not loaded */
    uint16_t features_len; /* 1 ... ECM_COMMISSION_FEATURES_MAX */
    uint16_t k; /* of ecm_sample_kll_init: 64 gives ranks within 4 % of windows_len */
    uint32_t windows_len; /* to gather: ECM_COMMISSION_WINDOWS_MIN ...
                             ECM_COMMISSION_WINDOWS_MAX */
    float ks_limit;    /* of the largest difference of the shares up to an edge, above
                          0, at most 1 */
    float shift_limit; /* of the difference of the means in standard deviations of
                          the baseline, > 0 */
} ecm_commission_cfg_t;

typedef struct {
    uint32_t phase;      /* ECM_COMMISSION_EMPTY ... */
    uint32_t n;          /* windows gathered */
    uint32_t forced;     /* 1: what is gathered is taken in any case */
    uint32_t generation; /* baselines frozen so far, modulo 2^32 */
    uint32_t feature;    /* of the last relearn: that which differed most, */
    float ks;            /* by the shares, */
    float shift;         /* and by the means */
    uint32_t at;         /* features judged and frozen by ecm_commission_finish_some */
} ecm_commission_t;
ECM_STATIC_ASSERT(sizeof(ecm_commission_t) == 32, commission_size);

/** Start without a baseline.
 *
 * st      [out] empty
 * cfg     [in]  the same values at every call
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH on features_len, k or windows_len,
 *           ECM_ERR_ARG on the limits.
 */
ecm_status_t ecm_commission_init(ecm_commission_t *st, const ecm_commission_cfg_t *cfg);

/** Begin to learn, from the first window, in any phase.
 *
 * st      [in,out] from ecm_commission_init
 * cfg     [in]     settings
 * learn   [out]    ECM_COMMISSION_LEARN_WORDS words
 * forced  [in]     take what is gathered even if it differs from the baseline
 *
 * Context : one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_commission_begin(ecm_commission_t *st, const ecm_commission_cfg_t *cfg,
                                  void *learn, bool forced);

/** Give up learning; a baseline stays.
 *
 * st      [in,out] from ecm_commission_init
 *
 * Context : one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_commission_cancel(ecm_commission_t *st);

/** Gather the features of one window.
 *
 * st      [in,out] learning or relearning
 * cfg     [in]     settings
 * learn   [in,out] as given to begin
 * x       [in]     features_len values, all finite
 *
 * Cost    : O(1) a feature, but for one window in some 2 k: O(k log k) for each.
 * Numerics: those of ecm_moments.h and ecm_sample.h: the same bits on all targets.
 * Context : one caller per st.
 * Returns : ECM_OK if that was the last one, or more: ecm_commission_finish is next;
 *           ECM_MORE before that; ECM_ERR_NULL; ECM_ERR_ARG on a value that is not
 *           finite; ECM_ERR_STATE in other phases, or on memory of other settings.
 */
ecm_status_t ecm_commission_update_f32(ecm_commission_t *st,
                                       const ecm_commission_cfg_t *cfg, void *learn,
                                       const float *x);

/** Gather the features of one window a few at a time: in one window of some 2 k, where
 * the sketches make room, each takes as long as thousands of others.
 *
 * st       [in,out] learning or relearning
 * cfg      [in]     settings
 * learn    [in,out] as given to begin
 * x        [in]     the same at all calls of a window
 * at       [in,out] 0 at the first call of a window, then the features gathered; 0
 *                   again once the window is, or after a refusal
 * features [in]     to gather in this call, >= 1
 *
 * Cost    : O(1) a feature, or O(k log k).
 * Numerics: the bits of ecm_commission_update_f32.
 * Context : one caller per st.
 * Returns : ECM_MORE and at not 0: call again; else as ecm_commission_update_f32, or
 *           ECM_ERR_LENGTH on no features or at beyond the last one.
 */
ecm_status_t ecm_commission_update_some_f32(ecm_commission_t *st,
                                            const ecm_commission_cfg_t *cfg,
                                            void *learn, const float *x, uint32_t *at,
                                            uint32_t features);

/** Judge what was gathered, and freeze it.
 *
 * st       [in,out] after the last window; monitoring then
 * cfg      [in]     settings
 * baseline [in,out] ECM_COMMISSION_BASELINE_WORDS words; as it was if it is refused
 * learn    [in,out] as given to begin; of no use behind it
 *
 * Formula : edges = the least kept values of rank i n / 8 or more, i = 1 ... 7; shares
 *           between them as gathered. Without force, over all features and edges:
 *           ks = max |share gathered up to an edge - that of the baseline|,
 *           shift = |difference of the means| / spread of the baseline (the largest
 *           float where there is no spread and the means differ).
 * Cost    : O(k) steps of all levels for each edge of each feature, twice to relearn.
 * Numerics: single precision, shares added up in the order of the bins; the same bits
 *           on all targets.
 * Context : one caller per st; a task that may take its time.
 * Returns : ECM_OK, ECM_COMMISSION_REFUSED if it differs by more than a limit, in
 *           `feature` of st most; ECM_ERR_NULL; ECM_ERR_STATE before the last window,
 *           in other phases, or on memory of other settings.
 */
ecm_status_t ecm_commission_finish(ecm_commission_t *st,
                                   const ecm_commission_cfg_t *cfg, void *baseline,
                                   void *learn);

/** Judge what was gathered, and freeze it, a few features at a time.
 *
 * st       [in,out] after the last window; monitoring once it is done
 * cfg      [in]     settings
 * baseline [in,out] as to ecm_commission_finish; written with ECM_OK alone
 * learn    [in,out] as given to begin; no window can be gathered any more
 * features [in]     to judge or to freeze in this call, >= 1; to relearn, each is
 * judged once and frozen once, else frozen alone
 *
 * Cost    : O(k) steps of all levels for each edge of so many features; the last call
 *           copies the baseline too.
 * Numerics: the bits of ecm_commission_finish.
 * Context : one caller per st.
 * Returns : ECM_MORE: call again; else as ecm_commission_finish, or ECM_ERR_LENGTH on
 *           no features.
 */
ecm_status_t ecm_commission_finish_some(ecm_commission_t *st,
                                        const ecm_commission_cfg_t *cfg, void *baseline,
                                        void *learn, uint32_t features);

/** The numbers of a baseline.
 *
 * baseline [in] frozen or loaded
 *
 * Context : any.
 * Returns : its floats: ECM_COMMISSION_EDGES_AT ... from here; NULL for NULL.
 */
const float *ecm_commission_numbers(const void *baseline);

/** Keep the baseline: see ecm_state.h. The one saved before stays, to go back to.
 *
 * st       [in] with a baseline
 * cfg      [in] settings
 * baseline [in] frozen
 * store    [in] memory of its own, with slots of ECM_STATE_SLOT_BYTES(4
 *               ECM_COMMISSION_BASELINE_WORDS)
 *
 * Context : one caller per st; not in an interrupt.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_STATE without a baseline; or as
 *           ecm_state_save.
 */
ecm_status_t ecm_commission_save(const ecm_commission_t *st,
                                 const ecm_commission_cfg_t *cfg, const void *baseline,
                                 const ecm_state_store_t *store);

/** Go on with the baseline that was saved last.
 *
 * st       [in,out] from ecm_commission_init; monitoring then
 * cfg      [in]     settings
 * baseline [out]    undefined after a refusal
 * store    [in]     memory
 *
 * Context : one caller per st; not in an interrupt.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_STATE if there is none, or it is of another
 *           id or number of features; or as ecm_state_load.
 */
ecm_status_t ecm_commission_load(ecm_commission_t *st, const ecm_commission_cfg_t *cfg,
                                 void *baseline, const ecm_state_store_t *store);

/** Take the last baseline back: go on with the one that was saved before it.
 *
 * st       [in,out] monitoring then; learning ends
 * cfg      [in]     settings
 * baseline [in,out] the last one; if there is none before it, as it was
 * store    [in]     memory, to which the last one was saved
 *
 * Context : one caller per st; not in an interrupt.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_STATE if there is none that fits; or as
 *           ecm_state_load_before and ecm_state_revert.
 */
ecm_status_t ecm_commission_back(ecm_commission_t *st, const ecm_commission_cfg_t *cfg,
                                 void *baseline, const ecm_state_store_t *store);

/** Keep what was gathered so far, for a reset or a long sleep.
 *
 * st      [in]     learning or relearning
 * cfg     [in]     settings
 * learn   [in,out] as given to begin
 * store   [in]     memory of its own, with slots of ECM_STATE_SLOT_BYTES(4
 *                  ECM_COMMISSION_LEARN_WORDS)
 *
 * Context : one caller per st; not in an interrupt.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_STATE in other phases; or as ecm_state_save.
 */
ecm_status_t ecm_commission_pause(const ecm_commission_t *st,
                                  const ecm_commission_cfg_t *cfg, void *learn,
                                  const ecm_state_store_t *store);

/** Can learning go on from what was gathered? For a state that is kept by other means
 * than ecm_commission_pause.
 *
 * st      [in] the present state, with the baseline loaded if there is one
 * cfg     [in] settings
 * kept    [in] the state that was kept
 * learn   [in] what was gathered then; any bytes
 *
 * Context : one caller per st.
 * Returns : ECM_OK: `kept` may take the place of st; ECM_ERR_NULL; ECM_ERR_STATE if it
 *           is of other settings or another phase, a baseline was frozen since, or this
 *           code cannot have written it.
 */
ecm_status_t ecm_commission_check(const ecm_commission_t *st,
                                  const ecm_commission_cfg_t *cfg,
                                  const ecm_commission_t *kept, void *learn);

/** Go on gathering. The baseline, if there is one, must be loaded first.
 *
 * st      [in,out] from ecm_commission_init or ecm_commission_load
 * cfg     [in]     settings
 * learn   [out]    undefined after a refusal
 * store   [in]     memory
 *
 * Context : one caller per st; not in an interrupt.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_STATE if nothing was kept, it is of other
 *           settings or not from pause, or a baseline was frozen since; or as
 *           ecm_state_load.
 */
ecm_status_t ecm_commission_resume(ecm_commission_t *st,
                                   const ecm_commission_cfg_t *cfg, void *learn,
                                   const ecm_state_store_t *store);

ECM_EXTERN_C_END

#endif
