/* ecm_dist_q15.c - see ecm_dist_q15.h.
 *
 * Products of 16 by 16 bits and reciprocals from a table: a core without a division, or
 * without the upper half of a product, takes a few hundred instructions for each of the
 * bins otherwise.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_dist_q15.h"

#include "ecm_bits.h"
#include "ecm_fixed.h"
#include "ecm_tables_fixed.h"

#define Q15_ONE ((uint32_t)1 << 15)
#define Q15_SMALL ((uint32_t)1 << 25) /* a share, in Q32 */
#define Q15_MOST ((uint32_t)1 << 20)  /* more independent values than 65535 can be */

/* The counted values: n of them, worth `weight` independent ones. Few of them are
 * lifted to `whole` of 16 bits, so that a part of one has places left. */
typedef struct {
    uint32_t n;
    uint32_t weight;
    uint32_t lift;
    uint32_t whole;
} dist_q15_size_t;

/* Size of a signed number. */
static inline uint32_t q15_size(uint32_t x) {
    return x < ECM_BITS_SIGN ? x : 0U - x;
}

/* 2^47 / m of a normalised m, 16 bits, at most 2^-14 of it less: Newton's step from 7
 * bits of a table. */
static inline uint32_t q15_inverse(uint32_t m) {
    uint32_t y = ecm_tables_fixed_inverse_u8[(m << 1) >> 25];
    return (((0U - (m >> 8) * y) >> 8) * y) >> 15;
}

/* a b / 2^16 where that fits, for b of 16 bits or little more. */
static inline uint32_t q15_scaled(uint32_t a, uint32_t b) {
    return (a >> 16) * b + (((a & 0xffffU) * b) >> 16);
}

/* n / d as 16 bits, the first of them set, times 2^(-16 - shift); 2^-14 of it off. */
static uint32_t q15_ratio(uint32_t n, uint32_t d, int32_t *shift) {
    uint32_t lead_n = ecm_port_clz_u32(n), lead_d = ecm_port_clz_u32(d);
    uint32_t q = (n << lead_n) / ((d << lead_d) >> 16);
    *shift = (int32_t)lead_n - (int32_t)lead_d;
    if (q > 0xffffU) {
        q >>= 1;
        *shift -= 1;
    }
    return q;
}

/* ---- the distances of running sums, and chi-squared ---- */

/* What brings shares of both kinds to parts of whole 2^15, and what a pass over the
 * bins finds. Counters and reference change places so that the kind of more values
 * comes first: all sums are the same either way. */
typedef struct {
    const uint16_t *many, *few;
    uint32_t by_many, by_few;
    uint32_t part; /* by_few times the ratio of few to many, in 2^-cut */
    int32_t cut;
    uint32_t narrow;     /* places of the edges that the area drops */
    int32_t places;      /* of chi2 */
    uint32_t largest;    /* of the running sums, in parts of whole 2^15 */
    uint32_t area;       /* between them, in parts of whole */
    uint32_t chi2, used; /* in 2^-8 of n / few; bins of any share */
} dist_q15_pass_t;

/* a^2 / t in 2^(-1 - places), by the 16 leading bits of both. */
static inline uint32_t q15_square_over(uint32_t a, uint32_t t, int32_t places) {
    uint32_t lead_a = ecm_port_clz_u32(a), lead_t = ecm_port_clz_u32(t), q;
    a = (a << lead_a) >> 16;
    q = ((a * a) >> 16) * q15_inverse(t << lead_t);
    places += 2 * (int32_t)lead_a - (int32_t)lead_t;
    if ((uint32_t)places < 32U) {
        return ((q >> places) + 1U) >> 1;
    }
    if (places < 0) {
        places = -1 - places;
        return (uint32_t)places <= ecm_port_clz_u32(q) ? q << places : UINT32_MAX;
    }
    return 0U;
}

/* Twice the area in a bin of width 1 between lines that are `before` and `apart` from
 * each other at its ends. */
static inline uint32_t q15_area(uint32_t before, uint32_t apart) {
    uint32_t a = q15_size(before) >> 15, b = q15_size(apart) >> 15, both = a + b;
    if ((before ^ apart) >= ECM_BITS_SIGN && both > 0U) { /* the lines cross */
        return (a * a + b * b) / both;
    }
    return both;
}

/* Place of an edge behind the first. */
static inline uint32_t q15_place(const int32_t *edges, const int32_t *edge,
                                 uint32_t narrow) {
    return ((uint32_t)*edge - (uint32_t)*edges) >> narrow;
}

/* Add to chi2, which saturates. */
static inline uint32_t q15_more(uint32_t chi2, uint32_t term) {
    return chi2 + term < chi2 ? UINT32_MAX : chi2 + term;
}

/* All sums. What bins of one kind alone add to chi2 is in proportion to their share. */
static void q15_pass(const ecm_dist_cfg_t *cfg, dist_q15_pass_t *sum) {
    const uint16_t *many = sum->many, *few = sum->few;
    const int32_t *edges = cfg->edges_s32, *edge = edges;
    uint32_t left, bins = cfg->bins, chi2 = 0, used = bins, apart = 0, largest = 0;
    uint32_t area = 0, alone_u = 0, alone_v = 0;
    for (left = bins; left > 0U; left--) {
        uint32_t u = *many++, v = *few++, total = v * sum->part, before = apart;
        if (u == 0U || v == 0U) {
            used -= u == v ? 1U : 0U;
            alone_u += u;
            alone_v += v;
            apart += v * sum->by_few - u * sum->by_many;
        } else {
            u *= sum->by_many;
            total = (total >> sum->cut) + u;
            v = v * sum->by_few - u;
            apart += v;
            if (v != 0U) {
                v = q15_square_over(q15_size(v), total | 1U, sum->places);
                chi2 = q15_more(chi2, v);
            }
        }
        u = q15_size(apart);
        largest = u > largest ? u : largest;
        if (edges == NULL) {
            area += u >> 15;
        } else if (left != bins && left > 1U) { /* the first and the last have no end */
            u = q15_place(edges, edge + 1, sum->narrow);
            u -= q15_place(edges, edge, sum->narrow);
            edge++;
            area += (q15_area(before, apart) >> 1) * u;
        }
    }
    alone_u *= sum->by_many;
    if (alone_u > 0U) {
        chi2 = q15_more(chi2, q15_square_over(alone_u, alone_u, sum->places));
    }
    if (alone_v > 0U) {
        left = q15_square_over((alone_v * sum->by_few) | 1U, (alone_v * sum->part) | 1U,
                               sum->places - sum->cut);
        chi2 = q15_more(chi2, left);
    }
    sum->chi2 = chi2;
    sum->used = used;
    sum->largest = largest;
    sum->area = area;
}

/* What the pass is to work with; the size of the smaller sample. */
static uint32_t q15_prepare(dist_q15_pass_t *sum, const ecm_dist_cfg_t *cfg,
                            const uint16_t *reference, const uint16_t *count,
                            const dist_q15_size_t *counted) {
    uint32_t few = counted->weight, many = cfg->reference_n, lead, part;
    int32_t shift;
    sum->many = reference;
    sum->by_many = counted->whole;
    sum->few = count;
    sum->by_few = (uint32_t)1 << (15U + counted->lift);
    if (few > many) {
        many = few;
        few = cfg->reference_n;
        sum->few = reference;
        sum->by_few = sum->by_many;
        sum->many = count;
        sum->by_many = (uint32_t)1 << (15U + counted->lift);
    }
    part = q15_ratio(few, many, &shift);
    lead = ecm_port_clz_u32(sum->by_few);
    part *= (sum->by_few << lead) >> 16;
    lead = (uint32_t)((int32_t)lead + shift); /* by_few few / many is part 2^-lead */
    sum->cut = lead > 16U ? (int32_t)(lead - 16U) : 0;
    sum->part = part >> (lead > 16U ? 16U : lead);
    sum->places = 5 + (int32_t)counted->lift;
    sum->narrow = 0;
    if (cfg->edges_s32 != NULL) {
        uint32_t span = q15_place(cfg->edges_s32, cfg->edges_s32 + cfg->bins - 2, 0);
        sum->narrow = span > 0xffffU ? 16U - ecm_port_clz_u32(span) : 0U;
    }
    return few;
}

static void q15_shares(const ecm_dist_cfg_t *cfg, const uint16_t *reference,
                       const uint16_t *count, const dist_q15_size_t *counted,
                       ecm_dist_q15_distances_t *out) {
    dist_q15_pass_t sum;
    uint32_t whole = counted->whole, n = counted->n, part;
    uint32_t few = q15_prepare(&sum, cfg, reference, count, counted);
    int32_t shift;
    q15_pass(cfg, &sum);
    out->ks = 2U * sum.largest / whole;
    part = sum.area / whole;
    out->wasserstein = part << sum.narrow;
    part = ((sum.area - part * whole) << 16) / whole;
    out->wasserstein += (part << sum.narrow) >> 16;
    out->fraction = (part << sum.narrow) & 0xffffU;
    if (few != n) { /* at most 4 n, as weights are */
        part = q15_ratio(few, n, &shift);
        sum.chi2 =
            (sum.chi2 >> 16) * part + (((sum.chi2 & 0xffffU) * part + 0x8000U) >> 16);
        if (shift < 0) {
            part = UINT32_MAX >> -shift;
            sum.chi2 = sum.chi2 > part ? UINT32_MAX : sum.chi2 << -shift;
        } else if (shift > 0) {
            sum.chi2 = ((sum.chi2 >> (shift - 1)) + 1U) >> 1;
        }
    }
    out->chi2 = sum.chi2;
    out->freedom = sum.used > 0U ? sum.used - 1U : 0U;
}

/* ---- what takes logarithms ---- */

/* Sums over the bins, in Q28: a quarter of (q - s) ln(q / s), and q ln(q / a) +
 * s ln(s / a) for the mean a of both. */
typedef struct {
    uint32_t psi, js;
} dist_q15_logs_t;

/* -ln(x) in Q16 for x in Q32, straight between 33 points of an octave. */
static ECM_PORT_APART uint32_t q15_log(uint32_t x) {
    const uint32_t ln2 = 0xb172U;
    uint32_t lead = ecm_port_clz_u32(x > 0U ? x : 1U), from, to;
    const uint16_t *at;
    x <<= lead;
    at = &ecm_tables_fixed_ln_q16[(x << 1) >> 27];
    from = at[0];
    to = at[1];
    return (lead + 1U) * ln2 - from - (((to - from) * ((x << 6) >> 22)) >> 10);
}

/* Two shares that differ by more than half of their sum. */
static ECM_PORT_APART void q15_far(dist_q15_logs_t *sum, uint32_t high, uint32_t low) {
    uint32_t middle = q15_log((high >> 1) + (low >> 1)), up = middle - q15_log(high);
    uint32_t down = q15_log(low) - middle;
    sum->psi += q15_scaled((high - low) >> 2, (up + down + 8U) >> 4);
    sum->js += (q15_scaled(high, up) >> 4) - q15_scaled(low, (down + 8U) >> 4);
}

/* Add z in Q18, z^2 and z^3, times a weight in Q16 of so many places more. */
static inline void q15_add(uint32_t *sum, uint32_t z, uint32_t weight,
                           uint32_t places) {
    uint32_t power = (z * z) >> 17;
    sum[0] += (z * weight) >> (places + 1U);
    sum[1] += (power * weight) >> places;
    sum[2] += (((power * z) >> 16) * weight) >> places;
}

/* Population stability index and Jensen-Shannon. Half a count in each bin of both is
 * one part of twice the count and the bins; all of them are what is missing to 1. With
 * x = |q - s| / (q + s), both are series in z = x^2 times the mean share, the first
 * z + z^2/3 + z^3/5 ..., the second z + z^2/6 + z^3/15 ... The sums of three powers are
 * enough up to x = 1/2, with factors that make up for what follows (2^-13 of the first,
 * 2^-15 of the second, by linear programming). */
static void q15_logs(const ecm_dist_cfg_t *cfg, const uint16_t *reference,
                     const uint16_t *count, const dist_q15_size_t *counted,
                     ecm_dist_q15_distances_t *out) {
    const uint32_t most = (uint32_t)1 << 30, bins = cfg->bins;
    uint32_t m = cfg->reference_n < most ? cfg->reference_n : most, b;
    uint32_t n = counted->weight < Q15_MOST ? counted->weight : Q15_MOST;
    uint32_t half_q = UINT32_MAX / (2U * n + bins);
    uint32_t half_s = UINT32_MAX / (2U * m + bins);
    uint32_t scale_q = (0U - bins * half_q) / counted->n;
    uint32_t scale_s = (0U - bins * half_s) >> 15, near[3] = {0, 0, 0};
    dist_q15_logs_t sum = {0, 0};
    for (b = 0; b < bins; b++) {
        uint32_t q = count[b] * scale_q + half_q, s = reference[b] * scale_s + half_s;
        uint32_t mean = (q >> 1) + (s >> 1), d = q > s ? q - s : s - q, lead, z;
        if (d > mean) {
            q15_far(&sum, q > s ? q : s, q > s ? s : q);
            continue;
        }
        lead = ecm_port_clz_u32(mean | 1U);
        z = (((d << lead) >> 17) * q15_inverse(mean << lead)) >> 16; /* x in Q15 */
        z = (z * z + z + 2048U) >> 12; /* in Q18, of the middle of what was cut */
        if (mean < Q15_SMALL) {        /* seven places more */
            q15_add(near, z, ((mean >> 8) + 1U) >> 1, 7);
        } else {
            q15_add(near, z, ((mean >> 15) + 1U) >> 1, 0);
        }
    }
    near[0] >>= 5;
    near[1] >>= 7;
    near[2] >>= 9;
    sum.psi += near[0] + q15_scaled(near[1], 21496U) + q15_scaled(near[2], 17276U);
    sum.js += near[0] + q15_scaled(near[1], 10841U) + q15_scaled(near[2], 5361U);
    out->psi = (sum.psi + 512U) >> 10;
    out->jensen_shannon = ecm_fixed_sqrt_u64((uint64_t)sum.js << 3);
}

ecm_status_t ecm_dist_q15_distances(const ecm_dist_t *st, const ecm_dist_cfg_t *cfg,
                                    const uint16_t *reference, const uint16_t *count,
                                    ecm_dist_q15_distances_t *out) {
    dist_q15_size_t counted;
    uint32_t b, fresh, lead, all = 0;
    ECM_REQUIRE(st != NULL && cfg != NULL && count != NULL && out != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(reference != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->bins >= 2U && cfg->bins <= ECM_DIST_BINS_MAX, ECM_ERR_LENGTH);
    ECM_REQUIRE(cfg->reference_n - 1U < ECM_BITS_SIGN, ECM_ERR_ARG);
    for (b = 0; b < cfg->bins; b++) {
        all += reference[b];
    }
    ECM_REQUIRE(all == Q15_ONE, ECM_ERR_ARG);
    fresh = cfg->window_len - st->left;
    counted.n = counted.weight = fresh + st->kept;
    if (counted.n == 0U) {
        memset(out, 0, sizeof *out);
        return ECM_MORE;
    }
    if (st->kept > 0U) {
        float n = (float)counted.n, most = 4.0f * n;
        float weight = n * n / (st->squares + (float)fresh) + 0.5f;
        weight = weight < most ? weight : most;
        counted.weight = (uint32_t)(weight > 1.0f ? weight : 1.0f);
    }
    out->n = counted.weight;
    lead = ecm_port_clz_u32(counted.n);
    counted.lift = lead > 16U ? lead - 16U : 0U;
    counted.whole = counted.n << counted.lift;
    q15_shares(cfg, reference, count, &counted, out);
    q15_logs(cfg, reference, count, &counted, out);
    return ECM_OK;
}
