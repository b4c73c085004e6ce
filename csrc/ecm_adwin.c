/* ecm_adwin.c - see ecm_adwin.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_adwin.h"
#include "ecm_math.h"

#define ADWIN_FRESH_LEVEL 8U /* a merge into this level makes the sums anew */

ecm_status_t ecm_adwin_init(ecm_adwin_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

static ecm_status_t adwin_check(const void *state, const void *settings) {
    const ecm_adwin_t *st = (const ecm_adwin_t *)state;
    const ecm_adwin_cfg_t *cfg = (const ecm_adwin_cfg_t *)settings;
    uint32_t level, b, width = 0;
    ECM_REQUIRE(cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->delta > 0.0f && cfg->delta < 1.0f && cfg->clock >= 1U &&
                    cfg->buckets >= 2U && cfg->buckets <= ECM_ADWIN_BUCKETS_MAX &&
                    cfg->part_n >= 1U,
                ECM_ERR_ARG);
    for (level = 0; level < ECM_ADWIN_LEVELS && st != NULL; level++) {
        ECM_REQUIRE(st->count[level] <= cfg->buckets, ECM_ERR_STATE);
        width += (uint32_t)st->count[level] << level;
        for (b = 0; b < ECM_ADWIN_BUCKETS_MAX; b++) {
            ECM_REQUIRE(ecm_math_isfinite_f32(st->total[level][b]) &&
                            st->spread[level][b] >= 0.0f,
                        ECM_ERR_STATE);
        }
    }
    ECM_REQUIRE(st == NULL || (st->width == width && st->squares >= 0.0f &&
                               ecm_math_isfinite_f32(st->sum)),
                ECM_ERR_STATE);
    return ECM_OK;
}

/* 2^-level and 2^level, exactly. */
static float adwin_power(int32_t exponent) {
    uint32_t bits = (uint32_t)(127 + exponent) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

/* Sums of the window from its buckets, in two passes, the oldest first. */
static void adwin_refresh(ecm_adwin_t *st) {
    float sum = 0.0f, squares = 0.0f, mean;
    uint32_t l, b;
    for (l = ECM_ADWIN_LEVELS; l > 0U; l--) {
        for (b = 0; b < st->count[l - 1U]; b++) {
            sum = sum + st->total[l - 1U][b];
        }
    }
    mean = st->width > 0U ? sum / (float)st->width : 0.0f;
    for (l = ECM_ADWIN_LEVELS; l > 0U; l--) {
        float n = adwin_power((int32_t)l - 1), part = adwin_power(1 - (int32_t)l);
        for (b = 0; b < st->count[l - 1U]; b++) {
            float d = st->total[l - 1U][b] * part - mean;
            squares = squares + (st->spread[l - 1U][b] + n * (d * d));
        }
    }
    st->sum = sum;
    st->squares = squares;
}

/* Take the oldest bucket of a level away. */
static void adwin_shift(ecm_adwin_t *st, uint32_t level) {
    uint32_t b;
    for (b = 1; b < st->count[level]; b++) {
        st->total[level][b - 1U] = st->total[level][b];
        st->spread[level][b - 1U] = st->spread[level][b];
    }
    st->count[level]--;
}

/* The oldest two of a level make room for one; what is not in use may be moved too. */
static void adwin_shift_two(float *row) {
    row[0] = row[2];
    row[1] = row[3];
    row[2] = row[4];
}

/* Add a bucket as the newest of a level; two of a full level first become one of the
 * next. Returns the highest level that changed. */
static uint32_t adwin_add(ecm_adwin_t *st, uint32_t buckets, float x) {
    float total = x, spread = 0.0f;
    uint32_t level;
    for (level = 0; level < ECM_ADWIN_LEVELS; level++) {
        float *totals = st->total[level], *spreads = st->spread[level];
        uint32_t count = st->count[level];
        float first, second, d;
        if (count < buckets) {
            totals[count] = total;
            spreads[count] = spread;
            st->count[level]++;
            return level;
        }
        if (level + 1U == ECM_ADWIN_LEVELS) {
            adwin_shift(st, level);
            st->width -= (uint32_t)1 << level;
            totals[buckets - 1U] = total;
            spreads[buckets - 1U] = spread;
            st->count[level]++;
            return level;
        }
        first = totals[0];
        second = totals[1];
        /* the squares of both around their common mean */
        d = (second - first) * adwin_power(-(int32_t)level);
        d = spreads[0] + spreads[1] + adwin_power((int32_t)level - 1) * (d * d);
        adwin_shift_two(totals);
        adwin_shift_two(spreads);
        totals[buckets - 2U] = total;
        spreads[buckets - 2U] = spread;
        st->count[level] = (uint8_t)(buckets - 1U);
        total = first + second;
        spread = d;
    }
    return level;
}

static void adwin_insert(ecm_adwin_t *st, uint32_t buckets, float x) {
    uint32_t before = st->width, level;
    float d = before > 0U ? x - st->sum / (float)before : 0.0f;
    st->width++;
    level = adwin_add(st, buckets, x);
    if (level >= ADWIN_FRESH_LEVEL) {
        adwin_refresh(st);
    } else {
        st->sum = st->sum + x;
        st->squares = st->squares + d * d * ((float)before / (float)st->width);
    }
}

/* ln(2 ln(width) / delta), or somewhat less: logarithms by chords below them. */
static float adwin_least_log(float width, float delta) {
    const float ln2 = 0x1.62e43p-1f;
    float y = width, log = 0.0f;
    uint32_t bits, i;
    for (i = 0; i < 2U; i++) { /* exponent and significand, a straight line in each */
        memcpy(&bits, &y, sizeof bits);
        log = ((float)bits * 0x1p-23f - 127.0f) * ln2;
        y = 2.0f * log / delta;
    }
    return log;
}

static float adwin_less(float a, float b) {
    return b < a ? b : a;
}

/* Could there be a cut? What every cut has to fulfil, and few ends of buckets do: with
 * d the sum of the older part less n0 times the mean, d^2 > 2 v l n0 n1 / width, the
 * test without its rest and without part_n. */
static bool adwin_suspect(const ecm_adwin_t *st, const ecm_adwin_cfg_t *cfg) {
    float width = (float)st->width, whole = 1.0f / width, mean = st->sum * whole;
    float limit = 2.0f * (st->squares * whole) * adwin_least_log(width, cfg->delta);
    float d = 0.0f, n0 = 0.0f, least = 0.0f;
    uint32_t level, b;
    for (level = ECM_ADWIN_LEVELS; level > 0U; level--) {
        const float *totals = st->total[level - 1U];
        uint32_t count = st->count[level - 1U];
        float size = adwin_power((int32_t)level - 1), share = mean * size;
        count -= level == 1U && count > 0U ? 1U : 0U; /* the end of the window */
        for (b = 0; b < count; b++) {
            d = d + (totals[b] - share);
            n0 = n0 + size;
            least = adwin_less(least, limit * (n0 - n0 * (n0 * whole)) - d * d);
        }
    }
    return least < 0.0f;
}

/* Is there a cut that chance does not explain? The ends of the parts are those of the
 * buckets. Both sides of the comparison are multiplied by what would divide them:
 * apart by n0 n1 / width, the rest by (n0 - lost) (n1 - lost) / width too. */
static bool adwin_cut(const ecm_adwin_t *st, const ecm_adwin_cfg_t *cfg, float *gap) {
    float width = (float)st->width, whole = 1.0f / width,
          lost = (float)cfg->part_n - 1.0f;
    float l = ecm_math_log_f32(2.0f * ecm_math_log_f32(width) / cfg->delta);
    float rest = (width - 2.0f * lost) * whole, linear = 2.0f / 3.0f * l * rest;
    float chance = 2.0f * (st->squares * whole) * l * rest, older = 0.0f, n0 = 0.0f;
    uint32_t level, b;
    for (level = ECM_ADWIN_LEVELS; level > 0U; level--) {
        const float *totals = st->total[level - 1U];
        uint32_t count = st->count[level - 1U];
        float size = adwin_power((int32_t)level - 1);
        for (b = 0; b < count; b++) {
            float n1, share, both, apart, inner, more;
            older = older + totals[b];
            n0 = n0 + size;
            n1 = width - n0;
            if (n1 <= lost || n0 <= lost) {
                continue;
            }
            share = n0 * whole;
            both = share * n1;
            apart = (st->sum - older) * share - older * (n1 * whole);
            inner = (n0 - lost) * ((n1 - lost) * whole);
            more = (apart < 0.0f ? -apart : apart) * inner - both * linear;
            if (more > 0.0f && more * more > (both * both) * (chance * inner)) {
                *gap = apart;
                return true;
            }
        }
    }
    return false;
}

static void adwin_drop(ecm_adwin_t *st) {
    uint32_t level = ECM_ADWIN_LEVELS - 1U;
    while (level > 0U && st->count[level] == 0U) {
        level--;
    }
    adwin_shift(st, level);
    st->width -= (uint32_t)1 << level;
    adwin_refresh(st);
}

ecm_status_t ecm_adwin_update_f32(ecm_adwin_t *st, const ecm_adwin_cfg_t *cfg, float x,
                                  uint32_t *alarm, uint32_t *since) {
    bool cut = false;
    float gap = 0.0f;
    ECM_REQUIRE(st != NULL && cfg != NULL && alarm != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(adwin_check(NULL, cfg) == ECM_OK && ecm_math_isfinite_f32(x),
                ECM_ERR_ARG);
    adwin_insert(st, cfg->buckets, x);
    st->n++;
    st->tick++;
    if (st->tick >= cfg->clock) {
        st->tick = 0;
        while (st->width > cfg->grace_n && st->width > 1U && adwin_suspect(st, cfg) &&
               adwin_cut(st, cfg, &gap)) {
            st->gap = gap;
            cut = true;
            adwin_drop(st);
        }
    }
    *alarm = !cut ? ECM_DRIFT_NONE : st->gap > 0.0f ? ECM_DRIFT_UP : ECM_DRIFT_DOWN;
    st->alarms_n += cut ? 1U : 0U;
    if (since != NULL) {
        *since = cut ? st->width : 0U;
    }
    return ECM_OK;
}

float ecm_adwin_mean_f32(const ecm_adwin_t *st) {
    return st != NULL && st->width > 0U ? st->sum / (float)st->width : 0.0f;
}

static ecm_status_t adwin_init(void *st, const void *cfg) {
    ecm_status_t status = adwin_check(NULL, cfg);
    return status < 0 ? status : ecm_adwin_init((ecm_adwin_t *)st);
}

static ecm_status_t adwin_update(void *st, const void *cfg, float x, uint32_t *alarm,
                                 uint32_t *since) {
    return ecm_adwin_update_f32((ecm_adwin_t *)st, (const ecm_adwin_cfg_t *)cfg, x,
                                alarm, since);
}

/* Values up to the next test are only put into buckets. */
static uint32_t adwin_skip(void *state, const void *settings, const float *x,
                           uint32_t x_len) {
    ecm_adwin_t *st = (ecm_adwin_t *)state;
    const ecm_adwin_cfg_t *cfg = (const ecm_adwin_cfg_t *)settings;
    uint32_t i, quiet = st->tick < cfg->clock ? cfg->clock - st->tick - 1U : 0U;
    quiet = quiet < x_len ? quiet : x_len;
    for (i = 0; i < quiet; i++) {
        adwin_insert(st, cfg->buckets, x[i]);
    }
    st->n += quiet;
    st->tick += quiet;
    return quiet;
}

/* No single number tells how near a cut is. */
static float adwin_ratio(const void *st, const void *cfg) {
    (void)st;
    (void)cfg;
    return 0.0f;
}

const ecm_drift_kind_t ecm_adwin_kind = {adwin_check, adwin_init,  adwin_update,
                                         adwin_skip,  adwin_ratio, sizeof(ecm_adwin_t),
                                         NULL};
