/* ecm_hddm.c - see ecm_hddm.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_hddm.h"
#include "ecm_math.h"

static ecm_status_t hddm_cfg_check(const ecm_hddm_cfg_t *cfg) {
    ECM_REQUIRE(cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->drift > 0.0f && cfg->drift < 1.0f && cfg->warning >= cfg->drift &&
                    cfg->warning < 1.0f && cfg->lambda > 0.0f && cfg->lambda <= 1.0f &&
                    cfg->two_sided <= 1U,
                ECM_ERR_ARG);
    return ECM_OK;
}

/* ln(1 / p) */
static float hddm_log(float p) {
    return -ecm_math_log_f32(p);
}

/* ---- means of all values -----------------------------------------------------------
 */

ecm_status_t ecm_hddm_a_init(ecm_hddm_a_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

static ecm_status_t hddm_a_check(const void *state, const void *settings) {
    const ecm_hddm_a_t *st = (const ecm_hddm_a_t *)state;
    ecm_status_t status = hddm_cfg_check((const ecm_hddm_cfg_t *)settings);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(st == NULL ||
                    (st->sum >= 0.0f && st->low_sum >= 0.0f && st->high_sum >= 0.0f &&
                     st->low_n <= st->n && st->high_n <= st->n),
                ECM_ERR_STATE);
    return ECM_OK;
}

/* Does the mean differ from that at a cut by more than chance, of which `log` tells? */
static bool hddm_a_differs(float sum, uint32_t n, float cut_sum, uint32_t cut_n,
                           float sign, float log) {
    float whole = (float)n, part = (float)cut_n, d, m;
    if (n == cut_n) {
        return false;
    }
    d = sign * (sum / whole - cut_sum / part);
    m = (float)(n - cut_n) / (part * whole);
    return d >= ecm_math_sqrt_f32(m * log * 0.5f);
}

static void hddm_a_cuts(ecm_hddm_a_t *st, const ecm_hddm_cfg_t *cfg) {
    float log = hddm_log(cfg->drift), mean = st->sum / (float)st->n;
    float chance = ecm_math_sqrt_f32(0.5f * log / (float)st->n), low, high;
    if (st->low_n == 0U) {
        st->low_n = st->high_n = st->n;
        st->low_sum = st->high_sum = st->sum;
    }
    low = st->low_sum / (float)st->low_n +
          ecm_math_sqrt_f32(0.5f * log / (float)st->low_n);
    high = st->high_sum / (float)st->high_n -
           ecm_math_sqrt_f32(0.5f * log / (float)st->high_n);
    if (mean + chance <= low) {
        st->low_n = st->n;
        st->low_sum = st->sum;
    }
    if (mean - chance >= high) {
        st->high_n = st->n;
        st->high_sum = st->sum;
    }
}

static uint32_t hddm_a_tell(const ecm_hddm_a_t *st, const ecm_hddm_cfg_t *cfg) {
    float drift = hddm_log(cfg->drift * 0.5f), warning = hddm_log(cfg->warning * 0.5f);
    bool both = cfg->two_sided == 1U;
    if (hddm_a_differs(st->sum, st->n, st->low_sum, st->low_n, 1.0f, drift)) {
        return ECM_DRIFT_UP;
    }
    if (both &&
        hddm_a_differs(st->sum, st->n, st->high_sum, st->high_n, -1.0f, drift)) {
        return ECM_DRIFT_DOWN;
    }
    if (hddm_a_differs(st->sum, st->n, st->low_sum, st->low_n, 1.0f, warning) ||
        (both &&
         hddm_a_differs(st->sum, st->n, st->high_sum, st->high_n, -1.0f, warning))) {
        return ECM_DRIFT_WARNING;
    }
    return ECM_DRIFT_NONE;
}

static bool hddm_is_alarm(uint32_t told) {
    return told == ECM_DRIFT_UP || told == ECM_DRIFT_DOWN;
}

ecm_status_t ecm_hddm_a_update_f32(ecm_hddm_a_t *st, const ecm_hddm_cfg_t *cfg, float x,
                                   uint32_t *alarm, uint32_t *since) {
    ECM_REQUIRE(st != NULL && cfg != NULL && alarm != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(hddm_cfg_check(cfg) == ECM_OK && x >= 0.0f && x <= 1.0f, ECM_ERR_ARG);
    if (hddm_is_alarm(st->told)) {
        uint32_t alarms_n = st->alarms_n;
        memset(st, 0, sizeof *st);
        st->alarms_n = alarms_n;
    }
    st->n = st->n == UINT32_MAX ? st->n : st->n + 1U;
    st->sum = st->sum + x;
    hddm_a_cuts(st, cfg);
    st->told = hddm_a_tell(st, cfg);
    st->alarms_n += hddm_is_alarm(st->told) ? 1U : 0U;
    *alarm = st->told;
    if (since != NULL) {
        *since = st->told == ECM_DRIFT_UP     ? st->n - st->low_n
                 : st->told == ECM_DRIFT_DOWN ? st->n - st->high_n
                                              : 0U;
    }
    return ECM_OK;
}

static ecm_status_t hddm_a_init(void *st, const void *cfg) {
    ecm_status_t status = hddm_a_check(NULL, cfg);
    return status < 0 ? status : ecm_hddm_a_init((ecm_hddm_a_t *)st);
}

static ecm_status_t hddm_a_update(void *st, const void *cfg, float x, uint32_t *alarm,
                                  uint32_t *since) {
    return ecm_hddm_a_update_f32((ecm_hddm_a_t *)st, (const ecm_hddm_cfg_t *)cfg, x,
                                 alarm, since);
}

static float hddm_a_ratio(const void *state, const void *settings) {
    const ecm_hddm_a_t *st = (const ecm_hddm_a_t *)state;
    const ecm_hddm_cfg_t *cfg = (const ecm_hddm_cfg_t *)settings;
    float d, m;
    if (st->low_n == 0U || st->n <= st->low_n) {
        return 0.0f;
    }
    d = st->sum / (float)st->n - st->low_sum / (float)st->low_n;
    m = (float)(st->n - st->low_n) / ((float)st->low_n * (float)st->n);
    return d > 0.0f ? d / ecm_math_sqrt_f32(m * hddm_log(cfg->drift * 0.5f) * 0.5f)
                    : 0.0f;
}

const ecm_drift_kind_t ecm_hddm_a_kind = {
    hddm_a_check, hddm_a_init,          hddm_a_update, NULL,
    hddm_a_ratio, sizeof(ecm_hddm_a_t), NULL};

/* ---- means that forget -------------------------------------------------------------
 */

ecm_status_t ecm_hddm_w_init(ecm_hddm_w_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

static bool hddm_mean_ok(const ecm_hddm_mean_t *m) {
    return m->mean >= 0.0f && m->mean <= 1.0f && m->bound >= 0.0f && m->bound <= 1.0f;
}

static ecm_status_t hddm_w_check(const void *state, const void *settings) {
    const ecm_hddm_w_t *st = (const ecm_hddm_w_t *)state;
    ecm_status_t status = hddm_cfg_check((const ecm_hddm_cfg_t *)settings);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(st == NULL ||
                    (hddm_mean_ok(&st->total) && hddm_mean_ok(&st->before[0]) &&
                     hddm_mean_ok(&st->before[1]) && hddm_mean_ok(&st->after[0]) &&
                     hddm_mean_ok(&st->after[1])),
                ECM_ERR_STATE);
    return ECM_OK;
}

static void hddm_mean_add(ecm_hddm_mean_t *m, float lambda, float x) {
    float keep = 1.0f - lambda, bound = m->n == 0U ? 1.0f : m->bound;
    m->mean = m->n == 0U ? x : lambda * x + keep * m->mean;
    m->bound = lambda * lambda + keep * keep * bound;
    m->n = m->n == UINT32_MAX ? m->n : m->n + 1U;
}

/* Is the mean after the cut beyond that before by more than chance? */
static bool hddm_w_differs(const ecm_hddm_w_t *st, uint32_t side, float log) {
    const ecm_hddm_mean_t *before = st->before + side, *after = st->after + side;
    float d = after->mean - before->mean;
    return before->n > 0U && after->n > 0U &&
           (side == 0U ? d : -d) >
               ecm_math_sqrt_f32((before->bound + after->bound) * log * 0.5f);
}

/* One side: a new best cut, or one more value after the old one. */
static void hddm_w_cut(ecm_hddm_w_t *st, uint32_t side, float lambda, float log,
                       float x) {
    const ecm_hddm_mean_t *best = st->before + side;
    float sign = side == 0U ? 1.0f : -1.0f;
    float here =
        sign * st->total.mean + ecm_math_sqrt_f32(st->total.bound * log * 0.5f);
    float there = sign * best->mean + ecm_math_sqrt_f32(best->bound * log * 0.5f);
    if (best->n == 0U || here < there) {
        st->before[side] = st->total;
        memset(&st->after[side], 0, sizeof st->after[side]);
    } else {
        hddm_mean_add(&st->after[side], lambda, x);
    }
}

static uint32_t hddm_w_tell(const ecm_hddm_w_t *st, const ecm_hddm_cfg_t *cfg,
                            float drift) {
    float warning = hddm_log(cfg->warning);
    bool both = cfg->two_sided == 1U;
    if (hddm_w_differs(st, 0, drift)) {
        return ECM_DRIFT_UP;
    }
    if (both && hddm_w_differs(st, 1, drift)) {
        return ECM_DRIFT_DOWN;
    }
    return hddm_w_differs(st, 0, warning) || (both && hddm_w_differs(st, 1, warning))
               ? ECM_DRIFT_WARNING
               : ECM_DRIFT_NONE;
}

ecm_status_t ecm_hddm_w_update_f32(ecm_hddm_w_t *st, const ecm_hddm_cfg_t *cfg, float x,
                                   uint32_t *alarm, uint32_t *since) {
    float log;
    ECM_REQUIRE(st != NULL && cfg != NULL && alarm != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(hddm_cfg_check(cfg) == ECM_OK && x >= 0.0f && x <= 1.0f, ECM_ERR_ARG);
    if (hddm_is_alarm(st->told)) {
        uint32_t alarms_n = st->alarms_n;
        memset(st, 0, sizeof *st);
        st->alarms_n = alarms_n;
    }
    log = hddm_log(cfg->drift);
    hddm_mean_add(&st->total, cfg->lambda, x);
    hddm_w_cut(st, 0, cfg->lambda, log, x);
    hddm_w_cut(st, 1, cfg->lambda, log, x);
    st->told = hddm_w_tell(st, cfg, log);
    st->alarms_n += hddm_is_alarm(st->told) ? 1U : 0U;
    *alarm = st->told;
    if (since != NULL) {
        *since = st->told == ECM_DRIFT_UP     ? st->after[0].n
                 : st->told == ECM_DRIFT_DOWN ? st->after[1].n
                                              : 0U;
    }
    return ECM_OK;
}

static ecm_status_t hddm_w_init(void *st, const void *cfg) {
    ecm_status_t status = hddm_w_check(NULL, cfg);
    return status < 0 ? status : ecm_hddm_w_init((ecm_hddm_w_t *)st);
}

static ecm_status_t hddm_w_update(void *st, const void *cfg, float x, uint32_t *alarm,
                                  uint32_t *since) {
    return ecm_hddm_w_update_f32((ecm_hddm_w_t *)st, (const ecm_hddm_cfg_t *)cfg, x,
                                 alarm, since);
}

static float hddm_w_ratio(const void *state, const void *settings) {
    const ecm_hddm_w_t *st = (const ecm_hddm_w_t *)state;
    const ecm_hddm_cfg_t *cfg = (const ecm_hddm_cfg_t *)settings;
    float d = st->after[0].mean - st->before[0].mean;
    float bound = st->after[0].bound + st->before[0].bound;
    if (st->after[0].n == 0U || !(d > 0.0f) || !(bound > 0.0f)) {
        return 0.0f;
    }
    return d / ecm_math_sqrt_f32(bound * hddm_log(cfg->drift) * 0.5f);
}

const ecm_drift_kind_t ecm_hddm_w_kind = {
    hddm_w_check, hddm_w_init,          hddm_w_update, NULL,
    hddm_w_ratio, sizeof(ecm_hddm_w_t), NULL};
