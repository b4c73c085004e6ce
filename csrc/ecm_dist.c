/* ecm_dist.c - see ecm_dist.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_dist.h"

#include "ecm_bits.h"
#include "ecm_math.h"

ecm_status_t ecm_dist_init(ecm_dist_t *st, const ecm_dist_cfg_t *cfg, uint16_t *count) {
    uint32_t bins, longest = ECM_DIST_WINDOW_MAX;
    ECM_REQUIRE(st != NULL && cfg != NULL && count != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->edges == NULL || cfg->edges_s32 == NULL, ECM_ERR_ARG);
    bins = cfg->bins;
    ECM_REQUIRE(bins >= 2U && bins <= ECM_DIST_BINS_MAX, ECM_ERR_LENGTH);
    if (cfg->edges != NULL || cfg->edges_s32 != NULL) {
        ECM_REQUIRE((bins & (bins - 1U)) == 0U, ECM_ERR_LENGTH);
    }
    if (cfg->form == ECM_DIST_FORGETTING) {
        longest = ECM_DIST_FORGETTING_MAX;
    }
    ECM_REQUIRE(cfg->form <= ECM_DIST_FORGETTING, ECM_ERR_ARG);
    ECM_REQUIRE(cfg->window_len >= 1U && cfg->window_len <= longest, ECM_ERR_ARG);
    memset(st, 0, sizeof *st);
    st->left = cfg->window_len;
    memset(count, 0, sizeof *count * cfg->bins);
    return ECM_OK;
}

/* ---- counting ---------------------------------------------------------------------
 */

/* Values since the counters were cleared or halved. */
static uint32_t dist_fresh(const ecm_dist_t *st, const ecm_dist_cfg_t *cfg) {
    return cfg->window_len - st->left;
}

/* Make room for a value after a complete window: clear or halve. What halving one
 * counter leaves goes to the next, so that their sum is halved too. */
static ecm_status_t dist_turn(ecm_dist_t *st, const ecm_dist_cfg_t *cfg,
                              uint16_t *count) {
    uint32_t b, kept = 0, rest = st->windows & 1U;
    ECM_REQUIRE(cfg->form != ECM_DIST_FILL, ECM_ERR_FULL);
    if (cfg->form == ECM_DIST_TUMBLING) {
        memset(count, 0, sizeof *count * cfg->bins);
    } else {
        for (b = 0; b < cfg->bins; b++) {
            uint32_t whole = count[b] + rest;
            rest = whole & 1U;
            count[b] = (uint16_t)(whole >> 1);
            kept += whole >> 1;
        }
        st->squares = 0.25f * (st->squares + (float)dist_fresh(st, cfg));
    }
    st->kept = kept;
    st->left = cfg->window_len;
    st->windows++;
    return ECM_OK;
}

/* The last value of a window, or the first after it. */
static ecm_status_t dist_count_end(ecm_dist_t *st, const ecm_dist_cfg_t *cfg,
                                   uint16_t *count, uint32_t bin) {
    if (st->left == 0U) {
        ecm_status_t status = dist_turn(st, cfg, count);
        ECM_REQUIRE(status == ECM_OK, status);
    }
    count[bin]++;
    st->left--;
    return st->left == 0U ? ECM_DIST_COMPLETE : ECM_OK;
}

static inline ecm_status_t dist_count(ecm_dist_t *st, const ecm_dist_cfg_t *cfg,
                                      uint16_t *count, uint32_t bin) {
    uint32_t left = st->left;
    if (left <= 1U) {
        return dist_count_end(st, cfg, count, bin);
    }
    st->left = left - 1U;
    count[bin]++;
    return ECM_OK;
}

/* The bin of x among 2^k: edges are halved until none is left, in a chain of
 * comparisons where there are 31 of them, since a loop costs more than they do. */
static inline uint32_t dist_bin_s32(const int32_t *edges, uint32_t bins, int32_t x) {
    const int32_t *from = edges;
    uint32_t half;
    if (bins != 32U) {
        for (half = bins >> 1; half > 0U; half >>= 1) {
            from += x > from[half - 1U] ? half : 0U;
        }
        return (uint32_t)(from - edges);
    }
    if (x > from[15]) {
        from += 16;
    }
    if (x > from[7]) {
        from += 8;
    }
    if (x > from[3]) {
        from += 4;
    }
    if (x > from[1]) {
        from += 2;
    }
    if (x > from[0]) {
        from += 1;
    }
    return (uint32_t)(from - edges);
}

/* Is the float of these bits beyond an edge? Bits of positive floats have the order of
 * integers, those of -0 and less the reverse one. */
static inline bool dist_beyond(float edge, uint32_t x, bool negative) {
    uint32_t bits = ecm_bits_from_f32(edge);
    return negative ? bits > x : ecm_bits_to_s32(bits) < ecm_bits_to_s32(x);
}

/* The same for floats, by their bits: any number of edges, then 31. */
static ecm_status_t dist_count_any_f32(ecm_dist_t *st, const ecm_dist_cfg_t *cfg,
                                       uint16_t *count, uint32_t x) {
    const float *from = cfg->edges;
    const bool negative = x >= ECM_BITS_SIGN;
    uint32_t half;
    for (half = (uint32_t)cfg->bins >> 1; half > 0U; half >>= 1) {
        from += dist_beyond(from[half - 1U], x, negative) ? half : 0U;
    }
    return dist_count(st, cfg, count, (uint32_t)(from - cfg->edges));
}

static inline uint32_t dist_bin_f32(const float *edges, uint32_t x, bool negative) {
    const float *from = edges;
    if (dist_beyond(from[15], x, negative)) {
        from += 16;
    }
    if (dist_beyond(from[7], x, negative)) {
        from += 8;
    }
    if (dist_beyond(from[3], x, negative)) {
        from += 4;
    }
    if (dist_beyond(from[1], x, negative)) {
        from += 2;
    }
    if (dist_beyond(from[0], x, negative)) {
        from += 1;
    }
    return (uint32_t)(from - edges);
}

ecm_status_t ecm_dist_update_f32(ecm_dist_t *st, const ecm_dist_cfg_t *cfg,
                                 uint16_t *count, float x) {
    const float *edges;
    uint32_t bits, bin;
    ECM_REQUIRE(st != NULL && cfg != NULL && count != NULL, ECM_ERR_NULL);
    edges = cfg->edges;
    ECM_REQUIRE(edges != NULL, ECM_ERR_NULL);
    bits = ecm_bits_from_f32(x);
    if (bits - 1U >= ECM_BITS_INFINITY) { /* 0 is taken for -0 */
        bits |= ECM_BITS_SIGN;
        ECM_REQUIRE(bits <= (ECM_BITS_SIGN | ECM_BITS_INFINITY), ECM_ERR_ARG);
    }
    if (cfg->bins != 32U) {
        return dist_count_any_f32(st, cfg, count, bits);
    }
    if (bits >= ECM_BITS_SIGN) {
        bin = dist_bin_f32(edges, bits, true);
    } else {
        bin = dist_bin_f32(edges, bits, false);
    }
    return dist_count(st, cfg, count, bin);
}

ecm_status_t ecm_dist_update_s32(ecm_dist_t *st, const ecm_dist_cfg_t *cfg,
                                 uint16_t *count, int32_t x) {
    ECM_REQUIRE(st != NULL && cfg != NULL && count != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->edges_s32 != NULL, ECM_ERR_NULL);
    return dist_count(st, cfg, count, dist_bin_s32(cfg->edges_s32, cfg->bins, x));
}

ecm_status_t ecm_dist_update_class(ecm_dist_t *st, const ecm_dist_cfg_t *cfg,
                                   uint16_t *count, uint32_t class_id) {
    ECM_REQUIRE(st != NULL && cfg != NULL && count != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(class_id < cfg->bins, ECM_ERR_ARG);
    return dist_count(st, cfg, count, class_id);
}

ecm_status_t ecm_dist_merge(ecm_dist_t *st, const ecm_dist_cfg_t *cfg, uint16_t *count,
                            const ecm_dist_t *other, const uint16_t *other_count) {
    uint32_t b, added;
    ECM_REQUIRE(st != NULL && cfg != NULL && count != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(other != NULL && other_count != NULL, ECM_ERR_NULL);
    added = dist_fresh(other, cfg) + other->kept;
    if (cfg->form == ECM_DIST_FILL) {
        ECM_REQUIRE(added <= st->left, ECM_ERR_FULL);
        st->left -= added;
    } else { /* the window may take all that it has left into one bin */
        ECM_REQUIRE(st->kept + added <= ECM_DIST_WINDOW_MAX - cfg->window_len,
                    ECM_ERR_FULL);
        st->squares += other->squares + (float)dist_fresh(other, cfg);
        st->kept += added;
    }
    for (b = 0; b < cfg->bins; b++) {
        count[b] = (uint16_t)(count[b] + other_count[b]);
    }
    return ECM_OK;
}

/* ---- distances --------------------------------------------------------------------
 */

static float dist_abs(float x) {
    return x < 0.0f ? -x : x;
}

/* Area between two lines over a bin: a apart at one end, b at the other; sum of both
 * sizes. */
static inline float dist_area(float a, float b, float sum) {
    if (a * b < 0.0f) { /* they cross */
        return (a * a + b * b) / sum * 0.5f;
    }
    return sum * 0.5f;
}

/* From the running sums: ks and wasserstein. The last bin has no end. */
static void dist_cumulative(const ecm_dist_cfg_t *cfg, const uint16_t *count,
                            float inv_n, ecm_dist_distances_t *out) {
    const float *share = cfg->reference, *edges = cfg->edges;
    const bool classes = cfg->edges == NULL && cfg->edges_s32 == NULL;
    float apart = (float)count[0] * inv_n - share[0], size = dist_abs(apart);
    float largest = size, area = classes ? size : 0.0f;
    uint32_t b, last = cfg->bins - 1U;
    for (b = 1; b < last; b++) {
        float before = apart, size_before = size;
        apart += (float)count[b] * inv_n - share[b];
        size = dist_abs(apart);
        largest = size > largest ? size : largest;
        if (classes) {
            area += size;
        } else {
            float width = edges != NULL ? edges[b] - edges[b - 1U]
                                        : (float)cfg->edges_s32[b] -
                                              (float)cfg->edges_s32[b - 1U];
            area += dist_area(before, apart, size + size_before) * width;
        }
    }
    out->ks = largest;
    out->wasserstein = area;
}

/* atanh(y) / y from z = y^2 <= 1/16, its series. */
static float dist_atanh(float z) {
    float y = 1.0f / 9.0f + z * (1.0f / 11.0f);
    y = 1.0f / 7.0f + z * y;
    y = 1.0f / 5.0f + z * y;
    y = 1.0f / 3.0f + z * y;
    return 1.0f + z * y;
}

/* ((1 + y) ln(1 + y) + (1 - y) ln(1 - y)) / y^2 from z = y^2 <= 1/16, its series. */
static float dist_entropy(float z) {
    float y = 1.0f / 45.0f + z * (1.0f / 66.0f);
    y = 1.0f / 28.0f + z * y;
    y = 1.0f / 15.0f + z * y;
    y = 1.0f / 6.0f + z * y;
    return 1.0f + z * y;
}

/* ln(v) of a positive normal number: v = 2^e m with m within 1/6 of 1, so that
 * (m - 1) / (m + 1) is small. */
static inline float dist_log(float v) {
    const float ln2 = 0x1.62e43p-1f;
    uint32_t bits = ecm_bits_from_f32(v) - 0x3f350000U; /* of sqrt(1/2) */
    int32_t e = ecm_bits_floor_s32(ecm_bits_to_s32(bits), 23);
    float m = ecm_bits_to_f32((bits & 0x007fffffU) + 0x3f350000U);
    float y = (m - 1.0f) / (m + 1.0f);
    return (float)e * ln2 + 2.0f * y * dist_atanh(y * y);
}

/* Two shares q and s that differ by more than a quarter of their sum: minus the size of
 * ln(q / s), and (q ln(q / a) + s ln(s / a)) / a for their mean a. */
static inline float dist_far(float q, float s, float *entropy) {
    const float ln2 = 0x1.62e43p-1f;
    float v = q < s ? q / s : s / q, log_v = dist_log(v), y = v / (2.0f + v);
    float log_1v = 2.0f * y * dist_atanh(y * y); /* ln(1 + v) */
    *entropy = 2.0f * (v / (1.0f + v) * log_v - (log_1v - ln2));
    return log_v;
}

/* From the shares: chi2, psi and jensen_shannon. n: weight of the counters. */
static void dist_shares(const ecm_dist_cfg_t *cfg, const uint16_t *count, float inv_n,
                        float n, ecm_dist_distances_t *out) {
    const float m = (float)cfg->reference_n, half = 0.5f * (float)cfg->bins;
    const float half_q = 0.5f / (n + half), scale_q = inv_n * n / (n + half);
    const float half_s = 0.5f / (m + half), scale_s = m / (m + half);
    const float *share = cfg->reference;
    float chi2 = 0.0f, psi = 0.0f, js = 0.0f;
    uint32_t b, bins = cfg->bins, used = 0;
    for (b = 0; b < bins; b++) {
        float c = (float)count[b], r = share[b];
        float p = c * inv_n, apart = p - r, both = n * p + m * r;
        float q = c * scale_q + half_q, s = r * scale_s + half_s;
        float sum = q + s, x = (q - s) / sum, z = x * x, apart_log, entropy;
        if (both > 0.0f) {
            chi2 += apart * apart / both;
            used++;
        }
        if (z <= 0.0625f) {
            apart_log = 2.0f * z * dist_atanh(z);
            entropy = z * dist_entropy(z);
        } else {
            apart_log = -dist_abs(x) * dist_far(q, s, &entropy);
        }
        psi += sum * apart_log;
        js += sum * entropy;
    }
    out->chi2 = chi2 * n * m;
    out->freedom = used > 0U ? used - 1U : 0U;
    out->psi = psi;
    out->jensen_shannon = 0.5f * ecm_math_sqrt_f32(js);
}

/* What the counters are worth: inv_n is one over their sum, n the number of independent
 * values. */
static ecm_status_t dist_worth(const ecm_dist_t *st, const ecm_dist_cfg_t *cfg,
                               const uint16_t *count, float *inv_n, float *n) {
    float fresh, sum;
    ECM_REQUIRE(st != NULL && cfg != NULL && count != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->reference != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->reference_n >= 1U, ECM_ERR_ARG);
    fresh = (float)dist_fresh(st, cfg);
    sum = fresh + (float)st->kept;
    if (!(sum > 0.0f)) {
        return ECM_MORE;
    }
    *inv_n = 1.0f / sum;
    *n = st->kept > 0U ? sum * sum / (st->squares + fresh) : sum;
    return ECM_OK;
}

ecm_status_t ecm_dist_distances_f32(const ecm_dist_t *st, const ecm_dist_cfg_t *cfg,
                                    const uint16_t *count, ecm_dist_distances_t *out) {
    float n, inv_n;
    ecm_status_t status;
    ECM_REQUIRE(out != NULL, ECM_ERR_NULL);
    status = dist_worth(st, cfg, count, &inv_n, &n);
    ECM_REQUIRE(status >= ECM_OK, status);
    memset(out, 0, sizeof *out);
    if (status == ECM_OK) {
        out->n = n;
        dist_cumulative(cfg, count, inv_n, out);
        dist_shares(cfg, count, inv_n, n, out);
    }
    return status;
}

/* Two functions, so that a distance from the running sums links no logarithms. */
static ecm_status_t dist_of_sums(const ecm_dist_t *st, const ecm_dist_cfg_t *cfg,
                                 const uint16_t *count, ecm_dist_distances_t *out) {
    float n, inv_n;
    ecm_status_t status = dist_worth(st, cfg, count, &inv_n, &n);
    if (status == ECM_OK) {
        dist_cumulative(cfg, count, inv_n, out);
    }
    return status;
}

static ecm_status_t dist_of_shares(const ecm_dist_t *st, const ecm_dist_cfg_t *cfg,
                                   const uint16_t *count, ecm_dist_distances_t *out) {
    float n, inv_n;
    ecm_status_t status = dist_worth(st, cfg, count, &inv_n, &n);
    if (status == ECM_OK) {
        dist_shares(cfg, count, inv_n, n, out);
    }
    return status;
}

#define DIST_KIND(name, of)                                                            \
    static ecm_status_t dist_##name##_measure(                                         \
        const ecm_dist_t *st, const ecm_dist_cfg_t *cfg, const uint16_t *count,        \
        float *distance) {                                                             \
        ecm_dist_distances_t found;                                                    \
        ecm_status_t status = of(st, cfg, count, &found);                              \
        ECM_REQUIRE(status == ECM_OK, status);                                         \
        *distance = found.name;                                                        \
        return ECM_OK;                                                                 \
    }                                                                                  \
    const ecm_dist_kind_t ecm_dist_kind_##name = {dist_##name##_measure}
DIST_KIND(ks, dist_of_sums);
DIST_KIND(wasserstein, dist_of_sums);
DIST_KIND(chi2, dist_of_shares);
DIST_KIND(jensen_shannon, dist_of_shares);
DIST_KIND(psi, dist_of_shares);
#undef DIST_KIND

ECM_STATIC_ASSERT(ECM_DIST_BINS_MAX == 64, dist_bins_of_the_chain);
