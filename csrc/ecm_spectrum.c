/* ecm_spectrum.c - see ecm_spectrum.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_spectrum.h"
#include "ecm_math.h"
#include "ecm_poly.h"

#define SPECTRUM_NEAR 0x1p-8f           /* bins; see the top of the header */
#define SPECTRUM_LINE 0x1p-20f          /* bins^2 */
#define SPECTRUM_SHARE_BITS 0x0da24260U /* of 1e-30: it adds nothing to an entropy */
#define SPECTRUM_FLOOR_BITS 0x2edbe6ffU /* of ECM_SPECTRUM_FLOOR */
#define SPECTRUM_LN2 0x1.62e43p-1f

/* ---- power ---------------------------------------------------------------------- */

typedef ecm_port_pair_f32_t spectrum_bin_t; /* a: real part, b: imaginary part */

static inline spectrum_bin_t spectrum_step(spectrum_bin_t from, spectrum_bin_t to) {
    spectrum_bin_t step = {to.a - from.a, to.b - from.b};
    return step;
}

/* Four times the tapered bin is the step to it less the step from it. */
static inline float spectrum_hann(spectrum_bin_t to, spectrum_bin_t from, float scale) {
    float re = to.a - from.a, im = to.b - from.b;
    return (re * re + im * im) * scale;
}

/* Two bins: x0 is the first of them and `to` the step to it; both move on by two. */
static inline void spectrum_hann2(const float *bins, spectrum_bin_t *x0,
                                  spectrum_bin_t *to, float scale, float *power) {
    spectrum_bin_t x1 = ecm_port_load2_f32(bins), x2 = ecm_port_load2_f32(bins + 2);
    spectrum_bin_t middle = spectrum_step(*x0, x1), from = spectrum_step(x1, x2), pair;
    pair.a = spectrum_hann(*to, middle, scale);
    pair.b = spectrum_hann(middle, from, scale);
    ecm_port_store2_f32(power, pair);
    *x0 = x2;
    *to = from;
}

ecm_status_t ecm_spectrum_hann_power_f32(const float *bins, uint32_t x_len, float scale,
                                         float *power) {
    spectrum_bin_t ends[2] = {{0.0f, 0.0f}, {0.0f, 0.0f}}, x0, to, from;
    float once = 0.25f * scale, twice = 0.125f * scale;
    const float *end;
    ECM_REQUIRE(bins != NULL && power != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x_len >= ECM_SPECTRUM_LEN_MIN && (x_len & 7U) == 0U, ECM_ERR_LENGTH);
    ends[0].a = bins[0];
    ends[1].a = bins[1];
    x0 = ecm_port_load2_f32(bins + 2);
    to = spectrum_step(ends[0], x0);
    power[0] = to.a * to.a * once; /* the neighbours are each other's conjugate */
    end = bins + x_len - 8U;
    while (bins != end) {
        spectrum_hann2(bins + 4, &x0, &to, twice, power + 1);
        spectrum_hann2(bins + 8, &x0, &to, twice, power + 3);
        bins += 8;
        power += 4;
    }
    spectrum_hann2(bins + 4, &x0, &to, twice, power + 1);
    from = spectrum_step(x0, ends[1]);
    power[3] = spectrum_hann(to, from, twice);
    power[4] = from.a * from.a * once;
    return ECM_OK;
}

/* Bin |k| of a packed transform of 2 half reals, k < 2 half. */
static spectrum_bin_t spectrum_bin(const float *bins, uint32_t half, int32_t k) {
    uint32_t at = (uint32_t)(k < 0 ? -k : k);
    bool is_mirrored = k < 0 || at > half;
    spectrum_bin_t x = {0.0f, 0.0f};
    at = at > half ? 2U * half - at : at;
    if (at == 0U || at == half) {
        x.a = bins[at == 0U ? 0 : 1];
        return x;
    }
    x = ecm_port_load2_f32(bins + 2U * at);
    x.b = is_mirrored ? -x.b : x.b;
    return x;
}

/* |Y|^2 of a bin whose neighbours may be beyond either end. */
static float spectrum_edge(const float *weight, uint32_t terms_len, const float *bins,
                           uint32_t half, uint32_t k) {
    spectrum_bin_t x = spectrum_bin(bins, half, (int32_t)k), below, above;
    float re = weight[0] * x.a, im = weight[0] * x.b;
    uint32_t m;
    for (m = 1; m < terms_len; m++) {
        below = spectrum_bin(bins, half, (int32_t)k - (int32_t)m);
        above = spectrum_bin(bins, half, (int32_t)(k + m));
        re += weight[m] * (below.a + above.a);
        im += weight[m] * (below.b + above.b);
    }
    return re * re + im * im;
}

static inline void spectrum_add(float weight, const float *below, const float *above,
                                spectrum_bin_t *y) {
    spectrum_bin_t a = ecm_port_load2_f32(below), b = ecm_port_load2_f32(above);
    y->a += weight * (a.a + b.a);
    y->b += weight * (a.b + b.b);
}

/* The same where none is; x points at bin k. */
static inline float spectrum_inner(const float *weight, uint32_t terms_len,
                                   const float *x) {
    spectrum_bin_t y = {weight[0] * x[0], weight[0] * x[1]};
    if (terms_len > 1U) {
        spectrum_add(weight[1], x - 2, x + 2, &y);
    }
    if (terms_len > 2U) {
        spectrum_add(weight[2], x - 4, x + 4, &y);
    }
    if (terms_len > 3U) {
        spectrum_add(weight[3], x - 6, x + 6, &y);
    }
    if (terms_len > 4U) {
        spectrum_add(weight[4], x - 8, x + 8, &y);
    }
    return y.a * y.a + y.b * y.b;
}

ecm_status_t ecm_spectrum_power_f32(const ecm_spectrum_taper_t *taper,
                                    const float *bins, uint32_t x_len, float scale,
                                    float *power) {
    float weight[ECM_SPECTRUM_TERMS_MAX] = {0.0f}, twice = 2.0f * scale;
    uint32_t m, k, half = x_len / 2U, terms_len;
    ECM_REQUIRE(taper != NULL && bins != NULL && power != NULL, ECM_ERR_NULL);
    terms_len = taper->terms_len;
    ECM_REQUIRE(terms_len >= 1U && terms_len <= ECM_SPECTRUM_TERMS_MAX, ECM_ERR_ARG);
    ECM_REQUIRE(x_len >= ECM_SPECTRUM_LEN_MIN && (x_len & 7U) == 0U, ECM_ERR_LENGTH);
    weight[0] = taper->weight[0];
    for (m = 1; m < terms_len; m++) {
        weight[m] = ((m & 1U) != 0U ? -0.5f : 0.5f) * taper->weight[m];
    }
    for (k = 0; k < terms_len; k++) { /* both ends; of few bins, some twice */
        float factor = k == 0U ? scale : twice;
        power[k] = spectrum_edge(weight, terms_len, bins, half, k) * factor;
        power[half - k] =
            spectrum_edge(weight, terms_len, bins, half, half - k) * factor;
    }
    for (k = terms_len; k <= half - terms_len; k++) {
        power[k] = spectrum_inner(weight, terms_len, bins + 2U * k) * twice;
    }
    return ECM_OK;
}

ecm_status_t ecm_spectrum_gain_f32(const ecm_spectrum_taper_t *taper,
                                   ecm_taper_gain_t *gain) {
    float sum = 0.0f, square;
    uint32_t m;
    ECM_REQUIRE(taper != NULL && gain != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(taper->terms_len >= 1U && taper->terms_len <= ECM_SPECTRUM_TERMS_MAX,
                ECM_ERR_ARG);
    for (m = 1; m < taper->terms_len; m++) {
        sum += taper->weight[m] * taper->weight[m];
    }
    square = taper->weight[0] * taper->weight[0];
    gain->coherent = taper->weight[0];
    gain->energy = square + 0.5f * sum;
    gain->enbw = square > 0.0f ? gain->energy / square : 0.0f;
    return ECM_OK;
}

static bool spectrum_is_positive(float x) {
    return x > 0.0f && ecm_math_isfinite_f32(x);
}

ecm_status_t ecm_spectrum_rescale_f32(const float *power, uint32_t bins_len,
                                      uint16_t kind, float bin_hz, float enbw,
                                      float *out) {
    float factor;
    uint32_t k;
    ECM_REQUIRE(bins_len == 0U || (power != NULL && out != NULL), ECM_ERR_NULL);
    ECM_REQUIRE(kind >= ECM_SPECTRUM_DENSITY && kind <= ECM_SPECTRUM_PEAK, ECM_ERR_ARG);
    ECM_REQUIRE(spectrum_is_positive(kind == ECM_SPECTRUM_DENSITY ? bin_hz : enbw),
                ECM_ERR_ARG);
    if (kind == ECM_SPECTRUM_DENSITY) {
        for (k = 0; k < bins_len; k++) {
            out[k] = power[k] / bin_hz;
        }
        return ECM_OK;
    }
    if (kind == ECM_SPECTRUM_LINE) {
        for (k = 0; k < bins_len; k++) {
            out[k] = power[k] * enbw;
        }
        return ECM_OK;
    }
    for (k = 0; k < bins_len; k++) {
        factor = kind == ECM_SPECTRUM_PEAK && k > 0U && k + 1U < bins_len ? 2.0f : 1.0f;
        out[k] = ecm_port_sqrt_f32(power[k] * (factor * enbw));
    }
    return ECM_OK;
}

ecm_status_t ecm_spectrum_average_f32(float *mean, uint32_t *count, const float *power,
                                      uint32_t bins_len, uint32_t span) {
    uint32_t k, n;
    float weight;
    ECM_REQUIRE(count != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(bins_len == 0U || (mean != NULL && power != NULL), ECM_ERR_NULL);
    n = *count;
    if (n == 0U && bins_len > 0U) {
        memmove(mean, power, bins_len * sizeof *mean);
    }
    if (n < (span > 0U ? span : UINT32_MAX)) {
        n++;
    }
    weight = 1.0f / (float)n;
    for (k = 0; n > 1U && k < bins_len; k++) {
        mean[k] += (power[k] - mean[k]) * weight;
    }
    *count = n;
    return n < span ? ECM_MORE : ECM_OK;
}

/* ---- bands ---------------------------------------------------------------------- */

uint32_t ecm_spectrum_bin_f32(float f_hz, float bin_hz, uint32_t bins_len) {
    float place = f_hz / bin_hz - SPECTRUM_NEAR;
    uint32_t k;
    if (!(place > 0.0f)) {
        return 0;
    }
    if (place >= (float)bins_len) {
        return bins_len;
    }
    k = (uint32_t)place;
    return (float)k < place ? k + 1U : k;
}

ecm_status_t ecm_spectrum_bands_f32(const float *power, uint32_t bins_len, float bin_hz,
                                    const float *bands_hz, uint32_t bands_len,
                                    float *out) {
    uint32_t i, k0, k1;
    ECM_REQUIRE(bins_len == 0U || power != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(bands_len == 0U || (bands_hz != NULL && out != NULL), ECM_ERR_NULL);
    ECM_REQUIRE(spectrum_is_positive(bin_hz), ECM_ERR_ARG);
    for (i = 0; i < bands_len; i++) {
        k0 = ecm_spectrum_bin_f32(bands_hz[2U * i], bin_hz, bins_len);
        k1 = ecm_spectrum_bin_f32(bands_hz[2U * i + 1U], bin_hz, bins_len);
        out[i] = k1 > k0 ? ecm_math_sum_f32(power + k0, k1 - k0) : 0.0f;
    }
    return ECM_OK;
}

/* ---- what it looks like --------------------------------------------------------- */

/* The sum of all bins: true if there is a spectrum to describe. If not, the sum becomes
 * what every result then is: 0 if it is empty, NaN if it is not finite. */
static bool spectrum_total(const float *power, uint32_t bins_len, float *total) {
    float sum = ecm_math_sum_f32(power, bins_len);
    if (sum < ECM_SPECTRUM_EMPTY) {
        *total = 0.0f;
        return false;
    }
    *total = ecm_math_isfinite_f32(sum) ? sum : sum - sum;
    return ecm_math_isfinite_f32(sum);
}

/* Sum of k power[k]. */
static float spectrum_first(const float *power, uint32_t bins_len) {
    float l0 = 0.0f, l1 = 0.0f, l2 = 0.0f, l3 = 0.0f;
    float k0 = 0.0f, k1 = 1.0f, k2 = 2.0f, k3 = 3.0f;
    uint32_t i = 0;
    for (; bins_len - i >= 4U; i += 4U) {
        l0 += k0 * power[i];
        l1 += k1 * power[i + 1U];
        l2 += k2 * power[i + 2U];
        l3 += k3 * power[i + 3U];
        k0 += 4.0f;
        k1 += 4.0f;
        k2 += 4.0f;
        k3 += 4.0f;
    }
    if (i < bins_len) {
        l0 += k0 * power[i];
    }
    if (i + 1U < bins_len) {
        l1 += k1 * power[i + 1U];
    }
    if (i + 2U < bins_len) {
        l2 += k2 * power[i + 2U];
    }
    return (l0 + l1) + (l2 + l3);
}

float ecm_spectrum_centroid_f32(const float *power, uint32_t bins_len, float bin_hz) {
    float total;
    if (!spectrum_total(power, bins_len, &total)) {
        return total;
    }
    return spectrum_first(power, bins_len) / total * bin_hz;
}

/* One lane of the sums about the centroid. */
typedef struct {
    float d2;
    float d3;
    float d4;
} spectrum_lane_t;

static inline void spectrum_about(float d, float power, spectrum_lane_t *lane) {
    float square = d * d, d2 = square * power;
    lane->d2 += d2;
    lane->d3 += d2 * d;
    lane->d4 += d2 * square;
}

static spectrum_lane_t spectrum_central(const float *power, uint32_t bins_len,
                                        float centre) {
    spectrum_lane_t l0 = {0.0f, 0.0f, 0.0f}, l1 = l0, l2 = l0, l3 = l0;
    float k = 0.0f;
    uint32_t i = 0;
    for (; bins_len - i >= 4U; i += 4U) {
        spectrum_about(k - centre, power[i], &l0);
        spectrum_about((k + 1.0f) - centre, power[i + 1U], &l1);
        spectrum_about((k + 2.0f) - centre, power[i + 2U], &l2);
        spectrum_about((k + 3.0f) - centre, power[i + 3U], &l3);
        k += 4.0f;
    }
    if (i < bins_len) {
        spectrum_about(k - centre, power[i], &l0);
    }
    if (i + 1U < bins_len) {
        spectrum_about((k + 1.0f) - centre, power[i + 1U], &l1);
    }
    if (i + 2U < bins_len) {
        spectrum_about((k + 2.0f) - centre, power[i + 2U], &l2);
    }
    l0.d2 = (l0.d2 + l1.d2) + (l2.d2 + l3.d2);
    l0.d3 = (l0.d3 + l1.d3) + (l2.d3 + l3.d3);
    l0.d4 = (l0.d4 + l1.d4) + (l2.d4 + l3.d4);
    return l0;
}

ecm_status_t ecm_spectrum_moments_f32(const float *power, uint32_t bins_len,
                                      float bin_hz, ecm_spectrum_moments_t *out) {
    spectrum_lane_t sum;
    float total, centre, m2, root;
    ECM_REQUIRE(out != NULL && (bins_len == 0U || power != NULL), ECM_ERR_NULL);
    ECM_REQUIRE(spectrum_is_positive(bin_hz), ECM_ERR_ARG);
    if (!spectrum_total(power, bins_len, &total)) {
        out->total = out->centroid_hz = out->spread_hz = total;
        out->skewness = out->kurtosis = total;
        return ECM_OK;
    }
    centre = spectrum_first(power, bins_len) / total;
    sum = spectrum_central(power, bins_len, centre);
    out->total = total;
    out->centroid_hz = centre * bin_hz;
    m2 = sum.d2 / total;
    if (m2 < SPECTRUM_LINE) {
        out->spread_hz = out->skewness = out->kurtosis = 0.0f;
        return ECM_OK;
    }
    root = ecm_port_sqrt_f32(m2);
    out->spread_hz = root * bin_hz;
    out->skewness = sum.d3 / total / (m2 * root);
    out->kurtosis = sum.d4 / total / (m2 * m2);
    return ECM_OK;
}

/* A bin over the mean: its exponent, 127 too large, goes to *whole, and its
 * significand, 1 ... 2, is returned. Floats that are not negative are in the order of
 * their bits. */
static inline float spectrum_split(float ratio, uint32_t *whole) {
    uint32_t bits = ecm_bits_from_f32(ratio);
    bits = bits < SPECTRUM_FLOOR_BITS ? SPECTRUM_FLOOR_BITS : bits;
    *whole += bits >> 23;
    return ecm_bits_to_f32((bits & 0x007fffffU) | ECM_BITS_ONE);
}

float ecm_spectrum_flatness_f32(const float *power, uint32_t bins_len) {
    float total, per_mean, product = 1.0f, level;
    uint32_t i = 0, whole = 0;
    if (!spectrum_total(power, bins_len, &total)) {
        return total;
    }
    per_mean = (float)bins_len / total;
    for (; bins_len - i >= 4U; i += 4U) {
        float m0 = spectrum_split(power[i] * per_mean, &whole);
        float m1 = spectrum_split(power[i + 1U] * per_mean, &whole);
        float m2 = spectrum_split(power[i + 2U] * per_mean, &whole);
        float m3 = spectrum_split(power[i + 3U] * per_mean, &whole);
        product *= (m0 * m1) * (m2 * m3);
        if (product >= 0x1p+64f) {
            product *= 0x1p-64f;
            whole += 64;
        }
    }
    for (; i < bins_len; i++) {
        product *= spectrum_split(power[i] * per_mean, &whole);
    }
    level = (float)((int32_t)whole - 127 * (int32_t)bins_len);
    level = (level + ecm_math_log2_f32(product)) / (float)bins_len;
    return ecm_math_exp_f32(level * SPECTRUM_LN2);
}

static inline float spectrum_surprise(float power, float per_total) {
    float share = power * per_total;
    uint32_t bits = ecm_bits_from_f32(share);
    if (ecm_port_rare(bits < SPECTRUM_SHARE_BITS)) {
        return 0.0f;
    }
    return share * (float)ecm_poly_log2_q23(bits);
}

float ecm_spectrum_entropy_f32(const float *power, uint32_t bins_len) {
    float l0 = 0.0f, l1 = 0.0f, l2 = 0.0f, l3 = 0.0f, total, per_total;
    uint32_t i = 0;
    if (!spectrum_total(power, bins_len, &total)) {
        return total;
    }
    if (bins_len < 2U) {
        return 0.0f;
    }
    per_total = 1.0f / total;
    for (; bins_len - i >= 4U; i += 4U) {
        l0 += spectrum_surprise(power[i], per_total);
        l1 += spectrum_surprise(power[i + 1U], per_total);
        l2 += spectrum_surprise(power[i + 2U], per_total);
        l3 += spectrum_surprise(power[i + 3U], per_total);
    }
    if (i < bins_len) {
        l0 += spectrum_surprise(power[i], per_total);
    }
    if (i + 1U < bins_len) {
        l1 += spectrum_surprise(power[i + 1U], per_total);
    }
    if (i + 2U < bins_len) {
        l2 += spectrum_surprise(power[i + 2U], per_total);
    }
    total = (l0 + l1) + (l2 + l3);
    return total * -0x1p-23f / ecm_math_log2_f32((float)bins_len);
}

static float spectrum_within(float place, uint32_t bins_len) {
    float last = (float)(bins_len - 1U);
    place = place > 0.0f ? place : 0.0f;
    return place < last ? place : last;
}

float ecm_spectrum_rolloff_f32(const float *power, uint32_t bins_len, float bin_hz,
                               float share) {
    float total, target, below = 0.0f, place;
    uint32_t i = 0;
    if (!spectrum_total(power, bins_len, &total) || !(share > 0.0f)) {
        return total - total;
    }
    target = share * total;
    for (; bins_len - i >= 4U; i += 4U) {
        float group = (power[i] + power[i + 1U]) + (power[i + 2U] + power[i + 3U]);
        if (below + group >= target) {
            break;
        }
        below += group;
    }
    for (; i < bins_len; i++) {
        if (below + power[i] >= target) {
            place = (target - below) / power[i]; /* the sum may have been rounded up */
            place = (float)i + (place < 1.0f ? place : 1.0f) - 0.5f;
            return spectrum_within(place, bins_len) * bin_hz;
        }
        below += power[i];
    }
    return (float)(bins_len - 1U) * bin_hz;
}

float ecm_spectrum_crest_f32(const float *power, uint32_t bins_len) {
    float total, peak = 0.0f;
    uint32_t k;
    if (!spectrum_total(power, bins_len, &total)) {
        return total;
    }
    for (k = 0; k < bins_len; k++) {
        peak = power[k] > peak ? power[k] : peak;
    }
    return peak / total * (float)bins_len;
}
