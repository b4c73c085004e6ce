/* ecm_sketch.c - see ecm_sketch.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_sketch.h"

#include "ecm_math.h"
#include "ecm_bits.h"

/* ---- log histogram ----------------------------------------------------------------
 */

/* Number of the bin of 2^exponent when all positive floats are divided. */
static uint32_t sketch_log_first(const ecm_sketch_log_cfg_t *cfg) {
    return (uint32_t)(cfg->exponent + 127) << cfg->divisions;
}

static uint32_t sketch_log_len(const ecm_sketch_log_cfg_t *cfg) {
    return (uint32_t)ECM_SKETCH_LOG_LEN((uint32_t)cfg->bins, cfg->negative);
}

ecm_status_t ecm_sketch_log_init(ecm_sketch_log_t *st, const ecm_sketch_log_cfg_t *cfg,
                                 uint32_t *count) {
    ECM_REQUIRE(st != NULL && cfg != NULL && count != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->bins >= 1U && cfg->bins <= ECM_SKETCH_BINS_MAX, ECM_ERR_LENGTH);
    ECM_REQUIRE(cfg->divisions <= ECM_SKETCH_DIVISIONS_MAX, ECM_ERR_ARG);
    ECM_REQUIRE(cfg->exponent >= -126 && cfg->exponent <= 127, ECM_ERR_ARG);
    ECM_REQUIRE(sketch_log_first(cfg) + cfg->bins <= (uint32_t)255 << cfg->divisions,
                ECM_ERR_ARG);
    memset(st, 0, sizeof *st);
    memset(count, 0, sizeof *count * (size_t)sketch_log_len(cfg));
    return ECM_OK;
}

ecm_status_t ecm_sketch_log_update_f32(ecm_sketch_log_t *st,
                                       const ecm_sketch_log_cfg_t *cfg, uint32_t *count,
                                       float x) {
    uint32_t bits, size, first, bin;
    ECM_REQUIRE(st != NULL && cfg != NULL && count != NULL, ECM_ERR_NULL);
    bits = ecm_bits_from_f32(x);
    size = bits & ~ECM_BITS_SIGN;
    ECM_REQUIRE(size < ECM_BITS_INFINITY, ECM_ERR_ARG);
    ECM_REQUIRE(size == bits || size == 0U || cfg->negative != 0U, ECM_ERR_ARG);
    ECM_REQUIRE(st->n < UINT32_MAX, ECM_ERR_FULL);
    x = size == 0U ? 0.0f : x; /* -0 is 0 */
    bits = size == 0U ? 0U : bits;
    if (st->n == 0U || x < st->minimum) {
        st->minimum = x;
    }
    if (st->n == 0U || x > st->maximum) {
        st->maximum = x;
    }
    st->n++;
    first = sketch_log_first(cfg);
    bin = size >> (23U - cfg->divisions);
    if (bin < first) {
        st->zeros++;
        return ECM_OK;
    }
    bin -= first;
    if (bin >= cfg->bins) {
        bin = cfg->bins - 1U;
        st->beyond++;
    }
    count[size == bits ? bin : bin + cfg->bins]++;
    return ECM_OK;
}

ecm_status_t ecm_sketch_log_merge(ecm_sketch_log_t *st, const ecm_sketch_log_cfg_t *cfg,
                                  uint32_t *count, const ecm_sketch_log_t *other,
                                  const uint32_t *other_count) {
    uint32_t b, len;
    ECM_REQUIRE(st != NULL && cfg != NULL && count != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(other != NULL && other_count != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(other->n <= UINT32_MAX - st->n, ECM_ERR_FULL);
    if (other->n == 0U) {
        return ECM_OK;
    }
    if (st->n == 0U || other->minimum < st->minimum) {
        st->minimum = other->minimum;
    }
    if (st->n == 0U || other->maximum > st->maximum) {
        st->maximum = other->maximum;
    }
    st->n += other->n;
    st->zeros += other->zeros;
    st->beyond += other->beyond;
    len = sketch_log_len(cfg);
    for (b = 0; b < len; b++) {
        count[b] += other_count[b];
    }
    return ECM_OK;
}

/* The value that is within the relative error of all in a bin: 2 a b / (a + b) for its
 * ends a and b, which are neighbours as integers. */
static float sketch_log_value(const ecm_sketch_log_cfg_t *cfg, uint32_t bin) {
    uint32_t at = sketch_log_first(cfg) + bin, octave = at >> cfg->divisions;
    uint32_t parts = (uint32_t)1 << cfg->divisions;
    uint32_t a = parts + (at & (parts - 1U));
    float scaled = (float)(2U * a * (a + 1U)) / (float)((2U * a + 1U) * parts);
    return scaled * ecm_bits_to_f32(octave << 23); /* 1 <= scaled < 2: exact */
}

/* Which value has the rank, from 0: of the negative the largest come first. */
static float sketch_log_at(const ecm_sketch_log_t *st, const ecm_sketch_log_cfg_t *cfg,
                           const uint32_t *count, uint32_t rank) {
    uint32_t b;
    for (b = cfg->negative != 0U ? cfg->bins : 0U; b > 0U; b--) {
        uint32_t here = count[cfg->bins + b - 1U];
        if (rank < here) {
            return -sketch_log_value(cfg, b - 1U);
        }
        rank -= here;
    }
    if (rank < st->zeros) {
        return 0.0f;
    }
    rank -= st->zeros;
    for (b = 0; b + 1U < cfg->bins && rank >= count[b]; b++) {
        rank -= count[b];
    }
    return sketch_log_value(cfg, b);
}

ecm_status_t ecm_sketch_log_quantile_f32(const ecm_sketch_log_t *st,
                                         const ecm_sketch_log_cfg_t *cfg,
                                         const uint32_t *count, float q, float *x) {
    uint32_t share, rank;
    float found;
    ECM_REQUIRE(st != NULL && cfg != NULL && count != NULL && x != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(q >= 0.0f && q <= 1.0f, ECM_ERR_ARG);
    if (st->n == 0U) {
        *x = 0.0f;
        return ECM_MORE;
    }
    share = (uint32_t)(q * 0x1p31f); /* exact above 2^-8 */
    rank = (uint32_t)(((uint64_t)share * (st->n - 1U)) >> 31);
    found = sketch_log_at(st, cfg, count, rank);
    found = found < st->minimum ? st->minimum : found;
    *x = found > st->maximum ? st->maximum : found;
    return ECM_OK;
}

/* ---- P2 ---------------------------------------------------------------------------
 */

ecm_status_t ecm_sketch_p2_init(ecm_sketch_p2_t *st) {
    uint32_t i;
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    memset(st, 0, sizeof *st);
    for (i = 0; i < 4U; i++) {
        st->place[i] = i + 1U;
    }
    return ECM_OK;
}

/* One of the first five values into its place. */
static void sketch_p2_first(ecm_sketch_p2_t *st, float x) {
    uint32_t i = st->place[4];
    for (; i > 0U && st->height[i - 1U] > x; i--) {
        st->height[i] = st->height[i - 1U];
    }
    st->height[i] = x;
    st->place[4]++;
}

/* Move marker i by one place up or down, to where a parabola through its neighbours
 * puts it, or else a line. */
static void sketch_p2_move(ecm_sketch_p2_t *st, uint32_t i, bool up) {
    float *h = st->height, d = up ? 1.0f : -1.0f;
    float below = (float)(st->place[i] - st->place[i - 1U]);
    float above = (float)(st->place[i + 1U] - st->place[i]);
    float rise = (h[i + 1U] - h[i]) / above, fall = (h[i] - h[i - 1U]) / below;
    float moved =
        h[i] + d / (above + below) * ((below + d) * rise + (above - d) * fall);
    if (!(h[i - 1U] < moved && moved < h[i + 1U])) {
        moved = up ? h[i] + rise : h[i] - fall;
    }
    h[i] = moved;
    st->place[i] += up ? 1U : UINT32_MAX;
}

ecm_status_t ecm_sketch_p2_update_f32(ecm_sketch_p2_t *st,
                                      const ecm_sketch_p2_cfg_t *cfg, float x) {
    float wanted[3], places;
    uint32_t i, cell = 0;
    ECM_REQUIRE(st != NULL && cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->q > 0.0f && cfg->q < 1.0f, ECM_ERR_ARG);
    ECM_REQUIRE(ecm_math_isfinite_f32(x), ECM_ERR_ARG);
    ECM_REQUIRE(st->place[4] < UINT32_MAX, ECM_ERR_FULL);
    if (st->place[4] < 5U) {
        sketch_p2_first(st, x);
        return ECM_OK;
    }
    st->height[0] = x < st->height[0] ? x : st->height[0];
    st->height[4] = x > st->height[4] ? x : st->height[4];
    while (cell < 3U && x >= st->height[cell + 1U]) {
        cell++;
    }
    for (i = cell + 1U; i < 5U; i++) {
        st->place[i]++;
    }
    places = (float)(st->place[4] - 1U);
    wanted[0] = places * (0.5f * cfg->q);
    wanted[1] = places * cfg->q;
    wanted[2] = places * (0.5f + 0.5f * cfg->q);
    for (i = 1; i < 4U; i++) {
        float off = wanted[i - 1U] - (float)(st->place[i] - 1U);
        if (off >= 1.0f && st->place[i + 1U] - st->place[i] > 1U) {
            sketch_p2_move(st, i, true);
        } else if (off <= -1.0f && st->place[i] - st->place[i - 1U] > 1U) {
            sketch_p2_move(st, i, false);
        }
    }
    return ECM_OK;
}

ecm_status_t ecm_sketch_p2_quantile_f32(const ecm_sketch_p2_t *st,
                                        const ecm_sketch_p2_cfg_t *cfg, float *x) {
    uint32_t n, i = 2;
    ECM_REQUIRE(st != NULL && cfg != NULL && x != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->q > 0.0f && cfg->q < 1.0f, ECM_ERR_ARG);
    n = st->place[4];
    if (n == 0U) {
        *x = 0.0f;
        return ECM_MORE;
    }
    if (n < 5U) {
        i = (uint32_t)(cfg->q * (float)(n - 1U) + 0.5f);
    }
    *x = st->height[i];
    return ECM_OK;
}

/* ---- top classes ------------------------------------------------------------------
 */

ecm_status_t ecm_sketch_top_init(ecm_sketch_top_entry_t *top, uint32_t k) {
    ECM_REQUIRE(top != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(k >= 1U && k <= ECM_SKETCH_TOP_MAX, ECM_ERR_LENGTH);
    memset(top, 0, sizeof *top * (size_t)k);
    return ECM_OK;
}

/* The entry of a class; k if it has none. */
static uint32_t sketch_top_find(const ecm_sketch_top_entry_t *top, uint32_t k,
                                uint32_t id) {
    uint32_t i = 0;
    while (i < k && (top[i].count == 0U || top[i].id != id)) {
        i++;
    }
    return i;
}

/* The first of the entries with the smallest count: what is left to a class without an
 * entry can have come that often, and a place that is free has 0. */
static uint32_t sketch_top_least(const ecm_sketch_top_entry_t *top, uint32_t k) {
    uint32_t i, least = 0;
    for (i = 1; i < k; i++) {
        least = top[i].count < top[least].count ? i : least;
    }
    return least;
}

ecm_status_t ecm_sketch_top_update(ecm_sketch_top_entry_t *top, uint32_t k,
                                   uint32_t id) {
    uint32_t at, i;
    ECM_REQUIRE(top != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(k >= 1U && k <= ECM_SKETCH_TOP_MAX, ECM_ERR_LENGTH);
    at = sketch_top_find(top, k, id);
    i = at < k ? at : sketch_top_least(top, k);
    ECM_REQUIRE(top[i].count < UINT32_MAX, ECM_ERR_FULL);
    if (at == k) {
        top[i].id = id;
        top[i].error = top[i].count;
    }
    top[i].count++;
    return ECM_OK;
}

/* Largest count. */
static uint32_t sketch_top_most(const ecm_sketch_top_entry_t *top, uint32_t k) {
    uint32_t i, most = 0;
    for (i = 0; i < k; i++) {
        most = top[i].count > most ? top[i].count : most;
    }
    return most;
}

ecm_status_t ecm_sketch_top_merge(ecm_sketch_top_entry_t *top, uint32_t k,
                                  const ecm_sketch_top_entry_t *other) {
    uint32_t i, at, least, other_least;
    ECM_REQUIRE(top != NULL && other != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(k >= 1U && k <= ECM_SKETCH_TOP_MAX, ECM_ERR_LENGTH);
    ECM_REQUIRE(sketch_top_most(other, k) <= UINT32_MAX - sketch_top_most(top, k),
                ECM_ERR_FULL);
    least = top[sketch_top_least(top, k)].count;
    other_least = other[sketch_top_least(other, k)].count;
    for (i = 0; i < k; i++) {
        if (top[i].count > 0U) {
            at = sketch_top_find(other, k, top[i].id);
            top[i].count += at < k ? other[at].count : other_least;
            top[i].error += at < k ? other[at].error : other_least;
        }
    }
    for (i = 0; i < k; i++) {
        /* One that was here and has had to go was not more frequent than what stays:
         * it does not come back. */
        if (other[i].count == 0U || sketch_top_find(top, k, other[i].id) < k) {
            continue;
        }
        at = sketch_top_least(top, k);
        if (other[i].count + least > top[at].count) {
            top[at].id = other[i].id;
            top[at].count = other[i].count + least;
            top[at].error = other[i].error + least;
        }
    }
    return ECM_OK;
}
