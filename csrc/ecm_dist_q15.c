/* ecm_dist_q15.c - see ecm_dist_q15.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_dist_q15.h"

#include "ecm_bits.h"
#include "ecm_fixed.h"

#define Q15_ONE ((uint32_t)1 << 15)
#define Q15_SMALL ((uint32_t)1 << 22) /* a share, in Q32 */
#define Q15_MOST ((uint32_t)1 << 20)  /* more independent values than 65535 can be */

/* The counted values: n of them, worth `weight` independent ones. */
typedef struct {
    uint32_t n;
    uint32_t weight;
} dist_q15_size_t;

static uint32_t q15_size(int32_t x) {
    return x < 0 ? 0U - (uint32_t)x : (uint32_t)x;
}

/* Largest distance of running sums, and the area between them in parts of `whole`. */
typedef struct {
    uint32_t largest; /* of n 2^15 */
    uint32_t high;    /* area of whole 2^16 */
    uint32_t low;     /* area of whole 2^8, what is below */
    uint32_t whole;   /* n, brought to 2^15 ... 2^16 */
    uint32_t cut;     /* places that were cut for it */
} dist_q15_area_t;

/* Add a bin between `before` and `apart`. Halves are of 16 bits, so that no product has
 * more than 32. */
static inline void q15_add_area(dist_q15_area_t *sum, int32_t before, int32_t apart,
                                uint32_t width) {
    uint32_t a = q15_size(before) >> sum->cut, b = q15_size(apart) >> sum->cut, area;
    area = a + b;
    if ((before < 0) != (apart < 0) && area > 0U) { /* the lines cross */
        area = (a * a + b * b) / area;
    }
    area >>= 1;
    sum->high += (width >> 16) * area;
    sum->low += ((width & 0xffffU) * area) >> 8;
}

static void q15_cumulative(const ecm_dist_cfg_t *cfg, const uint16_t *reference,
                           const uint16_t *count, uint32_t n,
                           ecm_dist_q15_distances_t *out) {
    const int32_t *edges = cfg->edges_s32;
    dist_q15_area_t sum = {0, 0, 0, 0, 0};
    uint32_t b, size, sums = 0, steps = 0, last = cfg->bins - 1U;
    int32_t apart = 0;
    sum.cut = 31U - ecm_port_clz_u32(n);
    sum.whole = (n << 15) >> sum.cut;
    for (b = 0; b < last; b++) {
        int32_t before = apart;
        sums += ((uint32_t)count[b] << 15) - reference[b] * n;
        apart = ecm_bits_to_s32(sums);
        size = q15_size(apart);
        sum.largest = size > sum.largest ? size : sum.largest;
        steps += size >> sum.cut;
        if (edges != NULL && b > 0U) {
            uint32_t width = (uint32_t)edges[b] - (uint32_t)edges[b - 1U];
            q15_add_area(&sum, before, apart, width);
        }
    }
    out->ks = 2U * sum.largest / n;
    if (edges == NULL) {
        out->wasserstein = steps / sum.whole;
        size = steps % sum.whole;
    } else { /* a long division, 16 bits at a time */
        sum.high += sum.low >> 8;
        b = sum.high / sum.whole;
        size = ((sum.high % sum.whole) << 16) | ((sum.low & 0xffU) << 8);
        out->wasserstein = (b << 16) + size / sum.whole;
        size %= sum.whole;
    }
    out->fraction = (size << 16) / sum.whole;
}

/* a^2 / t in 2^(7 + lift) for 0 < a < 2^31 and t > 0; both by their 16 leading bits. */
static inline uint32_t q15_square_over(uint32_t a, uint32_t t, uint32_t lift) {
    uint32_t lead_a = ecm_port_clz_u32(a), lead_t = ecm_port_clz_u32(t), q;
    int32_t places = 9 - 2 * (int32_t)lead_a + (int32_t)lead_t - (int32_t)lift;
    a = (a << lead_a) >> 16;
    q = a * a / ((t << lead_t) >> 16);
    if (places >= 0) {
        return (uint32_t)places <= ecm_port_clz_u32(q) ? q << places : UINT32_MAX;
    }
    return places > -32 ? ((q >> (-places - 1)) + 1U) >> 1 : 0U;
}

/* sum (p - r)^2 / (n p + m r) with the part of n and of m in both, which are Q32. Few
 * values are lifted to 30 bits, so that a part of one of them has places left. */
static void q15_shares(const ecm_dist_cfg_t *cfg, const uint16_t *reference,
                       const uint16_t *count, dist_q15_size_t counted,
                       ecm_dist_q15_distances_t *out) {
    uint32_t n = counted.n, both = counted.weight + cfg->reference_n, ratio;
    uint32_t lead = ecm_port_clz_u32(both), sum = 0, used = 0, b;
    uint32_t part_n = ecm_bits_divide_u32(counted.weight << lead, both << lead);
    uint32_t part_m = 0U - part_n, spare = ecm_port_clz_u32(n);
    uint32_t lift = spare > 16U ? spare - 16U : 0U, lifted = n << lift;
    for (b = 0; b < cfg->bins; b++) {
        uint32_t c = (uint32_t)count[b] << (15U + lift);
        uint32_t r = reference[b] * lifted, term;
        uint32_t total = ecm_port_mulhi_u32(c, part_n) + ecm_port_mulhi_u32(r, part_m);
        if (c == 0U && r == 0U) {
            continue;
        }
        used++;
        if (c != r) {
            term =
                q15_square_over(c > r ? c - r : r - c, total > 0U ? total : 1U, lift);
            sum = sum + term < sum ? UINT32_MAX : sum + term;
        }
    }
    sum = ecm_port_mulhi_u32(sum, part_m);
    if (counted.weight != n) { /* they forget: times weight / n, at most 4 */
        ratio = (counted.weight << 14) / n;
        sum = sum > UINT32_MAX / 4U
                  ? UINT32_MAX
                  : (sum >> 14) * ratio + (((sum & 0x3fffU) * ratio) >> 14);
    }
    out->chi2 = sum;
    out->freedom = used > 0U ? used - 1U : 0U;
}

/* ---- what takes logarithms ---------------------------------------------------------
 */

/* Sums over the bins of the mean share times half of x ln(q / s), and times
 * (1 + x) ln(1 + x) + (1 - x) ln(1 - x), where x = |q - s| / (q + s); in Q28, those of
 * near shares in Q34. */
typedef struct {
    uint32_t psi, js;
    uint32_t near_psi, near_js;
} dist_q15_logs_t;

/* Two shares that differ by more than a quarter of their sum; x in Q15. */
static void q15_far(dist_q15_logs_t *sum, uint32_t q, uint32_t s, uint32_t mean,
                    uint32_t x) {
    const uint32_t ln2 = 0xb17217f8U; /* Q32 */
    uint32_t high = (uint32_t)ecm_fixed_log2_q16(q > s ? q : s);
    uint32_t low = (uint32_t)ecm_fixed_log2_q16(q > s ? s : q);
    uint32_t middle = (uint32_t)ecm_fixed_log2_q16(mean), up, down;
    x = x < Q15_ONE ? x : Q15_ONE - 1U;
    up = (high - middle) * (Q15_ONE + x);
    down = (middle - low) * (Q15_ONE - x);
    up = up > down ? up - down : 0U;                    /* in Q31 */
    high = ecm_port_mulhi_u32((high - low) << 11, ln2); /* in Q27 */
    sum->psi += ecm_port_mulhi_u32(mean, ecm_port_mulhi_u32(high, x << 17));
    sum->js += ecm_port_mulhi_u32(mean, ecm_port_mulhi_u32(up, ln2) >> 3);
}

/* Population stability index and Jensen-Shannon. Half a count in each bin of both is
 * one part of twice the count and the bins; all of them are what is missing to 1. */
static void q15_logs(const ecm_dist_cfg_t *cfg, const uint16_t *reference,
                     const uint16_t *count, dist_q15_size_t counted,
                     ecm_dist_q15_distances_t *out) {
    const uint32_t most = (uint32_t)1 << 30, bins = cfg->bins;
    uint32_t m = cfg->reference_n < most ? cfg->reference_n : most, b;
    uint32_t weight_n = counted.weight < Q15_MOST ? counted.weight : Q15_MOST;
    uint32_t half_q = UINT32_MAX / (2U * weight_n + bins);
    uint32_t half_s = UINT32_MAX / (2U * m + bins);
    uint32_t scale_q = (0U - bins * half_q) / counted.n;
    uint32_t scale_s = (0U - bins * half_s) >> 15;
    dist_q15_logs_t sum = {0, 0, 0, 0};
    for (b = 0; b < bins; b++) {
        uint32_t q = count[b] * scale_q + half_q, s = reference[b] * scale_s + half_s;
        uint32_t mean = (q >> 1) + (s >> 1), d = q > s ? q - s : s - q, x, z, y, weight;
        if (mean < Q15_SMALL) { /* eight places more */
            z = ((mean >> 5) + 1U) >> 1;
            q15_far(&sum, q, s, mean, (d << 8) / (z > 0U ? z : 1U));
            continue;
        }
        x = d / (((mean >> 13) + 1U) >> 1);
        if (x > Q15_ONE / 4U) {
            q15_far(&sum, q, s, mean, x);
            continue;
        }
        weight = ((mean >> 15) + 1U) >> 1;
        z = (x * x + 2048U) >> 12; /* in Q18; then the series of both */
        y = 21845U + ((z * 13107U) >> 18);
        sum.near_psi += (z + ((((z * y) >> 16) * z) >> 18)) * weight;
        y = 10923U + ((z * 4369U) >> 18);
        sum.near_js += (z + ((((z * y) >> 16) * z) >> 18)) * weight;
    }
    sum.psi += sum.near_psi >> 6;
    sum.js += sum.near_js >> 6;
    out->psi = (sum.psi + 512U) >> 10;
    out->jensen_shannon = ecm_fixed_sqrt_u64((uint64_t)sum.js << 3);
}

ecm_status_t ecm_dist_q15_distances(const ecm_dist_t *st, const ecm_dist_cfg_t *cfg,
                                    const uint16_t *reference, const uint16_t *count,
                                    ecm_dist_q15_distances_t *out) {
    dist_q15_size_t counted;
    uint32_t b, fresh, all = 0;
    ECM_REQUIRE(st != NULL && cfg != NULL && count != NULL && out != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(reference != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->bins >= 2U && cfg->bins <= ECM_DIST_BINS_MAX, ECM_ERR_LENGTH);
    ECM_REQUIRE(cfg->reference_n - 1U < ECM_BITS_SIGN, ECM_ERR_ARG);
    for (b = 0; b < cfg->bins; b++) {
        all += reference[b];
    }
    ECM_REQUIRE(all == Q15_ONE, ECM_ERR_ARG);
    memset(out, 0, sizeof *out);
    fresh = cfg->window_len - st->left;
    counted.n = counted.weight = fresh + st->kept;
    if (counted.n == 0U) {
        return ECM_MORE;
    }
    if (st->kept > 0U) {
        float n = (float)counted.n, most = 4.0f * n;
        float weight = n * n / (st->squares + (float)fresh) + 0.5f;
        weight = weight < most ? weight : most;
        counted.weight = (uint32_t)(weight > 1.0f ? weight : 1.0f);
    }
    out->n = counted.weight;
    q15_cumulative(cfg, reference, count, counted.n, out);
    q15_shares(cfg, reference, count, counted, out);
    q15_logs(cfg, reference, count, counted, out);
    return ECM_OK;
}
