/* ecm_commission.c - see ecm_commission.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_commission.h"
#include "ecm_math.h"

#define COMMISSION_LARGEST 0x1.fffffep+127f

/* The first words of a baseline, and of what is gathered. */
typedef struct {
    uint32_t id;
    uint32_t form; /* features_len, and bins or k in the upper half */
    uint32_t generation;
    uint32_t n;
} commission_head_t;
ECM_STATIC_ASSERT(sizeof(commission_head_t) == 4 * ECM_COMMISSION_HEAD_WORDS,
                  commission_head_size);

typedef struct {
    commission_head_t head;
    uint32_t phase;
    uint32_t forced;
    uint32_t at; /* as of ecm_commission_t */
    uint32_t reserved;
} commission_learn_t;
ECM_STATIC_ASSERT(sizeof(commission_learn_t) == 4 * ECM_COMMISSION_LEARN_HEAD_WORDS,
                  commission_learn_size);

/* Of each feature; the sketch's floats follow. */
typedef struct {
    ecm_moments_t moments;
    ecm_sample_kll_t sketch;
} commission_feature_t;

/* Numbers of a feature once it is frozen, in place of its sketch. */
#define COMMISSION_MEAN (ECM_COMMISSION_EDGES + ECM_COMMISSION_BINS)
#define COMMISSION_FROZEN (COMMISSION_MEAN + 2)
ECM_STATIC_ASSERT(ECM_SAMPLE_KLL_LEN(ECM_SAMPLE_KLL_K_MIN) >= COMMISSION_FROZEN,
                  commission_frozen_size);

static uint32_t commission_form(const ecm_commission_cfg_t *cfg, uint32_t upper) {
    return (uint32_t)cfg->features_len | (upper << 16);
}

static uint32_t commission_learn_bytes(const ecm_commission_cfg_t *cfg) {
    return 4U * (uint32_t)ECM_COMMISSION_LEARN_WORDS((uint32_t)cfg->features_len,
                                                     (uint32_t)cfg->k);
}

static uint32_t commission_baseline_bytes(const ecm_commission_cfg_t *cfg) {
    return 4U * (uint32_t)ECM_COMMISSION_BASELINE_WORDS((uint32_t)cfg->features_len);
}

static commission_feature_t *commission_feature(const ecm_commission_cfg_t *cfg,
                                                void *learn, uint32_t feature) {
    uint32_t each = (uint32_t)sizeof(commission_feature_t) +
                    4U * ECM_SAMPLE_KLL_LEN((uint32_t)cfg->k);
    uint8_t *first = (uint8_t *)learn + sizeof(commission_learn_t);
    return (commission_feature_t *)(void *)(first + (size_t)(feature * each));
}

static float *commission_memory(commission_feature_t *feature) {
    return (float *)(void *)(feature + 1);
}

static float *commission_floats(void *baseline) {
    return (float *)(void *)((commission_head_t *)baseline + 1);
}

static bool commission_is_learning(const ecm_commission_t *st) {
    return st->phase == ECM_COMMISSION_LEARNING ||
           st->phase == ECM_COMMISSION_RELEARNING;
}

static bool commission_fits(const commission_head_t *head,
                            const ecm_commission_cfg_t *cfg, uint32_t upper) {
    return head->id == cfg->id && head->form == commission_form(cfg, upper);
}

/* ---- learn -------------------------------------------------------------------------
 */

ecm_status_t ecm_commission_init(ecm_commission_t *st,
                                 const ecm_commission_cfg_t *cfg) {
    ECM_REQUIRE(st != NULL && cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->features_len >= 1U &&
                    cfg->features_len <= ECM_COMMISSION_FEATURES_MAX,
                ECM_ERR_LENGTH);
    ECM_REQUIRE(cfg->k >= ECM_SAMPLE_KLL_K_MIN && cfg->k <= ECM_SAMPLE_KLL_K_MAX,
                ECM_ERR_LENGTH);
    ECM_REQUIRE(cfg->windows_len >= ECM_COMMISSION_WINDOWS_MIN &&
                    cfg->windows_len <= ECM_COMMISSION_WINDOWS_MAX,
                ECM_ERR_LENGTH);
    ECM_REQUIRE(cfg->ks_limit > 0.0f && cfg->ks_limit <= 1.0f, ECM_ERR_ARG);
    ECM_REQUIRE(cfg->shift_limit > 0.0f && ecm_math_isfinite_f32(cfg->shift_limit),
                ECM_ERR_ARG);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

ecm_status_t ecm_commission_begin(ecm_commission_t *st, const ecm_commission_cfg_t *cfg,
                                  void *learn, bool forced) {
    commission_learn_t *head = (commission_learn_t *)learn;
    uint32_t i;
    ECM_REQUIRE(st != NULL && cfg != NULL && learn != NULL, ECM_ERR_NULL);
    memset(learn, 0, (size_t)commission_learn_bytes(cfg));
    head->head.id = cfg->id;
    head->head.form = commission_form(cfg, cfg->k);
    for (i = 0; i < cfg->features_len; i++) {
        commission_feature_t *feature = commission_feature(cfg, learn, i);
        (void)ecm_moments_init(&feature->moments);
        (void)ecm_sample_kll_init(&feature->sketch, cfg->k, i);
    }
    st->phase =
        st->phase == ECM_COMMISSION_EMPTY || st->phase == ECM_COMMISSION_LEARNING
            ? ECM_COMMISSION_LEARNING
            : ECM_COMMISSION_RELEARNING;
    st->n = 0;
    st->at = 0;
    st->forced = forced ? 1U : 0U;
    return ECM_OK;
}

ecm_status_t ecm_commission_cancel(ecm_commission_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    if (st->phase == ECM_COMMISSION_LEARNING) {
        st->phase = ECM_COMMISSION_EMPTY;
    } else if (st->phase == ECM_COMMISSION_RELEARNING) {
        st->phase = ECM_COMMISSION_MONITORING;
    }
    st->n = 0;
    st->at = 0;
    return ECM_OK;
}

ecm_status_t ecm_commission_update_some_f32(ecm_commission_t *st,
                                            const ecm_commission_cfg_t *cfg,
                                            void *learn, const float *x, uint32_t *at,
                                            uint32_t features) {
    uint32_t i, begin;
    ECM_REQUIRE(st != NULL && cfg != NULL && learn != NULL && x != NULL && at != NULL,
                ECM_ERR_NULL);
    begin = *at;
    *at = 0; /* after a refusal */
    ECM_REQUIRE(commission_is_learning(st) &&
                    commission_fits((const commission_head_t *)learn, cfg, cfg->k),
                ECM_ERR_STATE);
    ECM_REQUIRE(features >= 1U && begin < cfg->features_len, ECM_ERR_LENGTH);
    for (i = begin; begin == 0U && i < cfg->features_len; i++) {
        ECM_REQUIRE(ecm_math_isfinite_f32(x[i]), ECM_ERR_ARG);
    }
    if (st->n >= cfg->windows_len) {
        return ECM_OK; /* there are enough */
    }
    for (i = begin; i < cfg->features_len && i - begin < features; i++) {
        commission_feature_t *feature = commission_feature(cfg, learn, i);
        ecm_status_t status = ecm_sample_kll_update_f32(
            &feature->sketch, commission_memory(feature), x[i]);
        ECM_REQUIRE(status == ECM_OK, status);
        status = ecm_moments_update_f32(&feature->moments, &x[i], 1);
        ECM_REQUIRE(status == ECM_OK, status);
    }
    if (i < cfg->features_len) {
        *at = i;
        return ECM_MORE;
    }
    st->n++;
    return st->n >= cfg->windows_len ? ECM_OK : ECM_MORE;
}

ecm_status_t ecm_commission_update_f32(ecm_commission_t *st,
                                       const ecm_commission_cfg_t *cfg, void *learn,
                                       const float *x) {
    uint32_t at = 0;
    return ecm_commission_update_some_f32(st, cfg, learn, x, &at, UINT32_MAX);
}

/* ---- judge and freeze --------------------------------------------------------------
 */

static void commission_moments(const commission_feature_t *feature, float *mean,
                               float *spread) {
    ecm_moments_result_t found;
    (void)ecm_moments_result_f32(&feature->moments, &found);
    *mean = found.mean;
    *spread = found.rms;
}

static float commission_share(commission_feature_t *feature, float edge) {
    float share = 0.0f;
    (void)ecm_sample_kll_rank_f32(&feature->sketch, commission_memory(feature), edge,
                                  &share);
    return share;
}

static float commission_abs(float x) {
    return x < 0.0f ? -x : x;
}

/* How far a feature is from its baseline, by the shares and by the mean. */
static void commission_differ(const ecm_commission_cfg_t *cfg, const float *numbers,
                              commission_feature_t *feature, uint32_t index, float *ks,
                              float *shift) {
    uint32_t n = cfg->features_len, b;
    const float *edges = numbers + index * ECM_COMMISSION_EDGES;
    const float *shares =
        numbers + ECM_COMMISSION_SHARES_AT(n) + index * ECM_COMMISSION_BINS;
    float mean, spread, base = numbers[ECM_COMMISSION_SPREADS_AT(n) + index],
                        sum = 0.0f;
    *ks = 0.0f;
    for (b = 0; b < ECM_COMMISSION_EDGES; b++) {
        float difference;
        sum += shares[b];
        difference = commission_abs(commission_share(feature, edges[b]) - sum);
        *ks = difference > *ks ? difference : *ks;
    }
    commission_moments(feature, &mean, &spread);
    mean = commission_abs(mean - numbers[ECM_COMMISSION_MEANS_AT(n) + index]);
    *shift = base > 0.0f ? mean / base : mean == 0.0f ? 0.0f : COMMISSION_LARGEST;
    /* NaN too */
    *shift = *shift < COMMISSION_LARGEST ? *shift : COMMISSION_LARGEST;
}

static float commission_ratio(const ecm_commission_cfg_t *cfg, float ks, float shift) {
    float by_ks = ks / cfg->ks_limit, by_shift = shift / cfg->shift_limit;
    return by_shift > by_ks ? by_shift : by_ks;
}

/* Compare the next feature; note the one that differs most. */
static void commission_judge(ecm_commission_t *st, const ecm_commission_cfg_t *cfg,
                             const float *numbers, void *learn) {
    float ks, shift;
    commission_differ(cfg, numbers, commission_feature(cfg, learn, st->at), st->at, &ks,
                      &shift);
    if (st->at == 0U ||
        commission_ratio(cfg, ks, shift) > commission_ratio(cfg, st->ks, st->shift)) {
        st->feature = st->at;
        st->ks = ks;
        st->shift = shift;
    }
}

/* The numbers of a feature in place of its sketch. */
static void commission_freeze(commission_feature_t *feature) {
    float frozen[COMMISSION_FROZEN], before = 0.0f;
    float *shares = frozen + ECM_COMMISSION_EDGES;
    uint32_t b;
    for (b = 0; b < ECM_COMMISSION_EDGES; b++) {
        float share;
        (void)ecm_sample_kll_quantile_f32(&feature->sketch, commission_memory(feature),
                                          (float)(b + 1U) / (float)ECM_COMMISSION_BINS,
                                          &frozen[b]);
        share = commission_share(feature, frozen[b]);
        shares[b] = share - before;
        before = share;
    }
    shares[b] = 1.0f - before;
    commission_moments(feature, &frozen[COMMISSION_MEAN], &frozen[COMMISSION_MEAN + 1]);
    memcpy(commission_memory(feature), frozen, sizeof frozen);
}

/* All features are frozen: they are the baseline now. */
static void commission_publish(ecm_commission_t *st, const ecm_commission_cfg_t *cfg,
                               void *baseline, void *learn) {
    commission_head_t *head = (commission_head_t *)baseline;
    float *numbers = commission_floats(baseline);
    uint32_t n = cfg->features_len, i;
    for (i = 0; i < n; i++) {
        const float *frozen = commission_memory(commission_feature(cfg, learn, i));
        memcpy(numbers + i * ECM_COMMISSION_EDGES, frozen,
               ECM_COMMISSION_EDGES * sizeof *frozen);
        memcpy(numbers + ECM_COMMISSION_SHARES_AT(n) + i * ECM_COMMISSION_BINS,
               frozen + ECM_COMMISSION_EDGES, ECM_COMMISSION_BINS * sizeof *frozen);
        numbers[ECM_COMMISSION_MEANS_AT(n) + i] = frozen[COMMISSION_MEAN];
        numbers[ECM_COMMISSION_SPREADS_AT(n) + i] = frozen[COMMISSION_MEAN + 1];
    }
    st->generation++;
    st->phase = ECM_COMMISSION_MONITORING;
    st->at = 0;
    head->id = cfg->id;
    head->form = commission_form(cfg, ECM_COMMISSION_BINS);
    head->generation = st->generation;
    head->n = st->n;
}

ecm_status_t ecm_commission_finish_some(ecm_commission_t *st,
                                        const ecm_commission_cfg_t *cfg, void *baseline,
                                        void *learn, uint32_t features) {
    uint32_t n;
    ECM_REQUIRE(st != NULL && cfg != NULL && baseline != NULL && learn != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(features >= 1U, ECM_ERR_LENGTH);
    ECM_REQUIRE(commission_is_learning(st) && st->n >= cfg->windows_len &&
                    commission_fits((const commission_head_t *)learn, cfg, cfg->k),
                ECM_ERR_STATE);
    n = cfg->features_len;
    if (st->phase == ECM_COMMISSION_RELEARNING) {
        ECM_REQUIRE(commission_fits((const commission_head_t *)baseline, cfg,
                                    ECM_COMMISSION_BINS),
                    ECM_ERR_STATE);
    } else if (st->at < n) {
        st->at = n; /* there is nothing to compare with */
    }
    for (; features > 0U && st->at < 2U * n; features--) {
        if (st->at < n) {
            commission_judge(st, cfg, commission_floats(baseline), learn);
        } else {
            commission_freeze(commission_feature(cfg, learn, st->at - n));
        }
        st->at++;
        if (st->at == n && st->forced == 0U &&
            commission_ratio(cfg, st->ks, st->shift) > 1.0f) {
            st->phase = ECM_COMMISSION_MONITORING;
            st->at = 0;
            return ECM_COMMISSION_REFUSED;
        }
    }
    if (st->at < 2U * n) {
        return ECM_MORE;
    }
    commission_publish(st, cfg, baseline, learn);
    return ECM_OK;
}

ecm_status_t ecm_commission_finish(ecm_commission_t *st,
                                   const ecm_commission_cfg_t *cfg, void *baseline,
                                   void *learn) {
    return ecm_commission_finish_some(st, cfg, baseline, learn, UINT32_MAX);
}

const float *ecm_commission_numbers(const void *baseline) {
    if (baseline == NULL) {
        return NULL;
    }
    return (const float *)(const void *)((const commission_head_t *)baseline + 1);
}

/* ---- flash -------------------------------------------------------------------------
 */

ecm_status_t ecm_commission_save(const ecm_commission_t *st,
                                 const ecm_commission_cfg_t *cfg, const void *baseline,
                                 const ecm_state_store_t *store) {
    ECM_REQUIRE(st != NULL && cfg != NULL && baseline != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(st->phase >= ECM_COMMISSION_MONITORING, ECM_ERR_STATE);
    return ecm_state_save(store, ECM_COMMISSION_BASELINE_TYPE,
                          (const uint8_t *)baseline, commission_baseline_bytes(cfg));
}

/* The baseline that was read is the one that counts. */
static ecm_status_t commission_adopt(ecm_commission_t *st,
                                     const ecm_commission_cfg_t *cfg,
                                     const void *baseline, uint32_t bytes) {
    const commission_head_t *head = (const commission_head_t *)baseline;
    ECM_REQUIRE(bytes == commission_baseline_bytes(cfg) &&
                    commission_fits(head, cfg, ECM_COMMISSION_BINS),
                ECM_ERR_STATE);
    st->phase = ECM_COMMISSION_MONITORING;
    st->n = 0;
    st->at = 0;
    st->generation = head->generation;
    return ECM_OK;
}

ecm_status_t ecm_commission_load(ecm_commission_t *st, const ecm_commission_cfg_t *cfg,
                                 void *baseline, const ecm_state_store_t *store) {
    uint32_t bytes = 0;
    ecm_status_t status;
    ECM_REQUIRE(st != NULL && cfg != NULL && baseline != NULL, ECM_ERR_NULL);
    status = ecm_state_load(store, ECM_COMMISSION_BASELINE_TYPE, (uint8_t *)baseline,
                            commission_baseline_bytes(cfg), &bytes);
    ECM_REQUIRE(status == ECM_OK, status);
    return commission_adopt(st, cfg, baseline, bytes);
}

ecm_status_t ecm_commission_back(ecm_commission_t *st, const ecm_commission_cfg_t *cfg,
                                 void *baseline, const ecm_state_store_t *store) {
    uint32_t bytes = 0, most;
    ecm_status_t status;
    ECM_REQUIRE(st != NULL && cfg != NULL && baseline != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(st->phase >= ECM_COMMISSION_MONITORING, ECM_ERR_STATE);
    most = commission_baseline_bytes(cfg);
    status = ecm_state_load_before(store, ECM_COMMISSION_BASELINE_TYPE,
                                   (uint8_t *)baseline, most, &bytes);
    ECM_REQUIRE(status == ECM_OK, status);
    status = ECM_ERR_STATE;
    if (bytes == most && commission_fits((const commission_head_t *)baseline, cfg,
                                         ECM_COMMISSION_BINS)) {
        status = ecm_state_revert(store);
    }
    if (status != ECM_OK) { /* on with what is the newest */
        (void)ecm_state_load(store, ECM_COMMISSION_BASELINE_TYPE, (uint8_t *)baseline,
                             most, &bytes);
        st->generation = ((const commission_head_t *)baseline)->generation;
        return status;
    }
    return commission_adopt(st, cfg, baseline, bytes);
}

ecm_status_t ecm_commission_pause(const ecm_commission_t *st,
                                  const ecm_commission_cfg_t *cfg, void *learn,
                                  const ecm_state_store_t *store) {
    commission_learn_t *head = (commission_learn_t *)learn;
    ECM_REQUIRE(st != NULL && cfg != NULL && learn != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(commission_is_learning(st) && commission_fits(&head->head, cfg, cfg->k),
                ECM_ERR_STATE);
    head->head.generation = st->generation;
    head->head.n = st->n;
    head->phase = st->phase;
    head->forced = st->forced;
    head->at = st->at;
    return ecm_state_save(store, ECM_COMMISSION_LEARN_TYPE, (const uint8_t *)learn,
                          commission_learn_bytes(cfg));
}

/* Is a sketch one that this code can have written? Its places are indices. */
static bool commission_sketch_ok(const ecm_sample_kll_t *sketch, uint32_t k) {
    uint32_t level, n = 0;
    if (sketch->k != k || sketch->levels < 1U ||
        sketch->levels > (uint32_t)ECM_SAMPLE_KLL_LEVELS ||
        sketch->start[sketch->levels] != ECM_SAMPLE_KLL_LEN(k)) {
        return false;
    }
    for (level = 0; level < sketch->levels; level++) {
        if (sketch->start[level] > sketch->start[level + 1U]) {
            return false;
        }
        n += ((uint32_t)sketch->start[level + 1U] - sketch->start[level]) << level;
    }
    return n == sketch->n;
}

ecm_status_t ecm_commission_check(const ecm_commission_t *st,
                                  const ecm_commission_cfg_t *cfg,
                                  const ecm_commission_t *kept, void *learn) {
    uint32_t i, phase = ECM_COMMISSION_LEARNING;
    ECM_REQUIRE(st != NULL && cfg != NULL && kept != NULL && learn != NULL,
                ECM_ERR_NULL);
    if (st->phase >= ECM_COMMISSION_MONITORING) {
        phase = ECM_COMMISSION_RELEARNING;
    }
    ECM_REQUIRE(kept->phase == phase && kept->n <= cfg->windows_len &&
                    kept->at <= 2U * (uint32_t)cfg->features_len &&
                    (kept->at == 0U || kept->n == cfg->windows_len) &&
                    kept->generation == st->generation &&
                    commission_fits((const commission_head_t *)learn, cfg, cfg->k),
                ECM_ERR_STATE);
    for (i = 0; i < cfg->features_len; i++) {
        ECM_REQUIRE(
            commission_sketch_ok(&commission_feature(cfg, learn, i)->sketch, cfg->k),
            ECM_ERR_STATE);
    }
    return ECM_OK;
}

ecm_status_t ecm_commission_resume(ecm_commission_t *st,
                                   const ecm_commission_cfg_t *cfg, void *learn,
                                   const ecm_state_store_t *store) {
    const commission_learn_t *head = (const commission_learn_t *)learn;
    ecm_commission_t kept;
    uint32_t bytes = 0;
    ecm_status_t status;
    ECM_REQUIRE(st != NULL && cfg != NULL && learn != NULL, ECM_ERR_NULL);
    status = ecm_state_load(store, ECM_COMMISSION_LEARN_TYPE, (uint8_t *)learn,
                            commission_learn_bytes(cfg), &bytes);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(bytes == commission_learn_bytes(cfg), ECM_ERR_STATE);
    memset(&kept, 0, sizeof kept);
    kept.phase = head->phase;
    kept.n = head->head.n;
    kept.generation = head->head.generation;
    kept.at = head->at;
    status = ecm_commission_check(st, cfg, &kept, learn);
    ECM_REQUIRE(status == ECM_OK, status);
    st->phase = head->phase;
    st->n = head->head.n;
    st->forced = head->forced;
    /* what was judged is judged again: its largest difference is not kept */
    st->at = head->at < cfg->features_len ? 0U : head->at;
    return ECM_OK;
}
