/* ecm_line.c - see ecm_line.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_line.h"
#include "ecm_math.h"
#include "ecm_poly.h"
#include "ecm_spectrum.h"

#define LINE_LOBE 3.0f         /* bins from a line to beyond its main lobe */
#define LINE_SCALLOP 1.8f      /* three equal bins: 16/9 of the power of each */
#define LINE_DB 0x1.815182p+2f /* 20 log10(2) */
#define LINE_CLEAR 8.0f        /* times the background: a line to refine a speed by */
#define LINE_OTHER 0.03f       /* speeds that differ by more are not the same */

static bool line_is_positive(float x) {
    return x > 0.0f && ecm_math_isfinite_f32(x);
}

/* Root of a bin's power, doubled where there is no mirror image. */
static float line_root(const float *power, uint32_t bins_len, uint32_t k) {
    float p = power[k];
    return ecm_port_sqrt_f32(k == 0U || k + 1U == bins_len ? p + p : p);
}

/* The line whose largest bin is k, 1 ... bins_len - 2. */
static ecm_line_t line_between(const float *power, uint32_t bins_len, float bin_hz,
                               uint32_t k) {
    float a = line_root(power, bins_len, k - 1U), b = line_root(power, bins_len, k);
    float c = line_root(power, bins_len, k + 1U), sum = (a + c) + 2.0f * b;
    float offset = 2.0f * (c - a) / sum, o;
    ecm_line_t line = {0.0f, 0.0f};
    if (sum <= 0.0f) {
        return line;
    }
    offset = offset > 0.5f ? 0.5f : offset;
    offset = offset < -0.5f ? -0.5f : offset;
    o = offset * offset;
    line.f_hz = ((float)k + offset) * bin_hz;
    /* sqrt 3 / 12 (1 - o) (4 - o) pi offset / sin(pi offset), to 7e-8 */
    line.amplitude = 0x1.2bf1ccp-7f * o + 0x1.9ee714p-5f;
    line.amplitude = line.amplitude * o + 0x1.d2fc56p-3f;
    line.amplitude = (line.amplitude * o + 0x1.279a74p-1f) * sum;
    return line;
}

/* ---- peaks ---------------------------------------------------------------------- */

/* Is bin k larger than those up to `apart` before it, and no smaller than those after?
 */
static bool line_is_peak(const float *power, uint32_t bins_len, uint32_t k,
                         uint32_t apart) {
    uint32_t i, end = bins_len - k > apart ? k + apart : bins_len - 1U;
    for (i = k > apart ? k - apart : 0U; i < k; i++) {
        if (power[i] >= power[k]) {
            return false;
        }
    }
    for (i = k + 1U; i <= end; i++) {
        if (power[i] > power[k]) {
            return false;
        }
    }
    return true;
}

/* Put a line into the list where it belongs; the last one falls out. */
static void line_insert(ecm_line_t *list, uint32_t list_len, ecm_line_t line) {
    uint32_t i = list_len - 1U;
    if (!(line.amplitude > list[i].amplitude)) {
        return;
    }
    while (i > 0U && line.amplitude > list[i - 1U].amplitude) {
        list[i] = list[i - 1U];
        i--;
    }
    list[i] = line;
}

/* Peaks on bins k0 ... k1 - 1, 1 <= k0 and k1 <= bins_len - 1. */
static void line_peaks(const float *power, uint32_t bins_len, float bin_hz, uint32_t k0,
                       uint32_t k1, uint32_t apart, uint32_t peaks_len,
                       ecm_line_t *out) {
    float least = 0.0f; /* power of a bin that may be a peak of the list */
    uint32_t i, k;
    memset(out, 0, peaks_len * sizeof *out);
    for (k = k0; k < k1; k++) {
        if (power[k] < least) {
            continue;
        }
        if (power[k] != power[k]) {
            for (i = 0; i < peaks_len; i++) {
                out[i].f_hz = out[i].amplitude = power[k];
            }
            return;
        }
        if (line_is_peak(power, bins_len, k, apart)) {
            line_insert(out, peaks_len, line_between(power, bins_len, bin_hz, k));
            least = out[peaks_len - 1U].amplitude;
            least = least * least / (3.0f * LINE_SCALLOP);
        }
    }
}

ecm_status_t ecm_line_peaks_f32(const float *power, uint32_t bins_len, float bin_hz,
                                float lo_hz, float hi_hz, float apart_hz,
                                uint32_t peaks_len, ecm_line_t *out) {
    uint32_t k0, k1, apart;
    ECM_REQUIRE(out != NULL && (bins_len == 0U || power != NULL), ECM_ERR_NULL);
    ECM_REQUIRE(line_is_positive(bin_hz) && apart_hz >= 0.0f, ECM_ERR_ARG);
    ECM_REQUIRE(peaks_len >= 1U && peaks_len <= ECM_LINE_PEAKS_MAX, ECM_ERR_ARG);
    k0 = ecm_spectrum_bin_f32(lo_hz, bin_hz, bins_len);
    k1 = ecm_spectrum_bin_f32(hi_hz, bin_hz, bins_len);
    apart = ecm_spectrum_bin_f32(apart_hz, bin_hz, bins_len);
    k0 = k0 < 1U ? 1U : k0;
    k1 = k1 < bins_len ? k1 : bins_len > 0U ? bins_len - 1U : 0U;
    /* A bin at exactly the distance may have a peak of its own. */
    line_peaks(power, bins_len, bin_hz, k0, k1, apart > 2U ? apart - 1U : 1U, peaks_len,
               out);
    return ECM_OK;
}

/* ---- lines that are asked for --------------------------------------------------- */

static ecm_line_t line_at(const float *power, uint32_t bins_len, float bin_hz,
                          float f_hz, float halfwidth_hz) {
    uint32_t k, k0, k1, nearest, largest;
    ecm_line_t line = {0.0f, 0.0f};
    nearest = ecm_spectrum_bin_f32(f_hz - 0.5f * bin_hz, bin_hz, bins_len);
    if (nearest < 1U || nearest + 2U > bins_len) {
        return line;
    }
    k0 = ecm_spectrum_bin_f32(f_hz - halfwidth_hz, bin_hz, bins_len);
    /* one past the last: those above f + h, less one that is on it */
    k1 = ecm_spectrum_bin_f32(f_hz + halfwidth_hz + 0x1p-7f * bin_hz, bin_hz, bins_len);
    k0 = k0 < 1U ? 1U : k0 > nearest ? nearest : k0;
    k1 = k1 <= nearest ? nearest + 1U : k1 < bins_len ? k1 : bins_len - 1U;
    largest = k0;
    for (k = k0; k < k1 && power[largest] == power[largest]; k++) {
        largest = power[k] <= power[largest] ? largest : k;
    }
    if (line_is_peak(power, bins_len, largest, 1)) {
        return line_between(power, bins_len, bin_hz, largest);
    }
    line.amplitude = ecm_port_sqrt_f32(3.0f * power[largest]);
    line.f_hz = line.amplitude > 0.0f ? (float)largest * bin_hz : line.amplitude;
    return line;
}

ecm_status_t ecm_line_at_f32(const float *power, uint32_t bins_len, float bin_hz,
                             float f_hz, float halfwidth_hz, ecm_line_t *out) {
    ECM_REQUIRE(out != NULL && (bins_len == 0U || power != NULL), ECM_ERR_NULL);
    ECM_REQUIRE(line_is_positive(bin_hz) && halfwidth_hz >= 0.0f, ECM_ERR_ARG);
    *out = line_at(power, bins_len, bin_hz, f_hz, halfwidth_hz);
    return ECM_OK;
}

static float line_sum_squares(const float *x, uint32_t x_len) {
    float lane[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    uint32_t i;
    for (i = 0; i < x_len; i++) {
        lane[i & 3U] += x[i] * x[i];
    }
    return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

ecm_status_t ecm_line_harmonics_f32(const float *power, uint32_t bins_len, float bin_hz,
                                    float f_hz, float halfwidth, uint32_t harmonics_len,
                                    float *amplitude, float *rms) {
    uint32_t h;
    ECM_REQUIRE(bins_len == 0U || power != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(amplitude != NULL && rms != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(line_is_positive(bin_hz) && line_is_positive(f_hz), ECM_ERR_ARG);
    ECM_REQUIRE(halfwidth >= 0.0f && halfwidth <= 0.5f, ECM_ERR_ARG);
    ECM_REQUIRE(harmonics_len >= 1U && harmonics_len <= ECM_LINE_HARMONICS_MAX,
                ECM_ERR_ARG);
    for (h = 0; h < harmonics_len; h++) {
        float f = (float)(h + 1U) * f_hz;
        amplitude[h] = line_at(power, bins_len, bin_hz, f, f * halfwidth).amplitude;
    }
    *rms = ecm_port_sqrt_f32(0.5f * line_sum_squares(amplitude, harmonics_len));
    return ECM_OK;
}

float ecm_line_thd_f32(const float *amplitude, uint32_t harmonics_len) {
    if (harmonics_len < 2U || amplitude[0] <= 0.0f) {
        return 0.0f;
    }
    return ecm_port_sqrt_f32(line_sum_squares(amplitude + 1, harmonics_len - 1U)) /
           amplitude[0];
}

ecm_status_t ecm_line_sidebands_f32(const float *power, uint32_t bins_len, float bin_hz,
                                    float carrier_hz, float spacing_hz,
                                    float halfwidth_hz, uint32_t pairs_len,
                                    ecm_line_t *carrier, float *amplitude) {
    uint32_t m;
    ECM_REQUIRE(bins_len == 0U || power != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(carrier != NULL && amplitude != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(line_is_positive(bin_hz) && line_is_positive(spacing_hz), ECM_ERR_ARG);
    ECM_REQUIRE(halfwidth_hz >= 0.0f, ECM_ERR_ARG);
    ECM_REQUIRE(pairs_len >= 1U && pairs_len <= ECM_LINE_HARMONICS_MAX, ECM_ERR_ARG);
    *carrier = line_at(power, bins_len, bin_hz, carrier_hz, halfwidth_hz);
    for (m = 0; m < pairs_len; m++) {
        float away = (float)(m + 1U) * spacing_hz;
        amplitude[2U * m] = amplitude[2U * m + 1U] =
            carrier->amplitude - carrier->amplitude; /* 0, or NaN with the carrier */
        if (away - halfwidth_hz < LINE_LOBE * bin_hz || !(carrier->amplitude > 0.0f)) {
            continue;
        }
        amplitude[2U * m] =
            line_at(power, bins_len, bin_hz, carrier->f_hz - away, halfwidth_hz)
                .amplitude;
        amplitude[2U * m + 1U] =
            line_at(power, bins_len, bin_hz, carrier->f_hz + away, halfwidth_hz)
                .amplitude;
    }
    return ECM_OK;
}

float ecm_line_ratio_db_f32(float amplitude, float carrier) {
    float level;
    if (amplitude <= 0.0f || carrier <= 0.0f) {
        return ECM_LINE_DB_MIN;
    }
    level = LINE_DB * ecm_math_log2_f32(amplitude / carrier);
    return level < ECM_LINE_DB_MIN ? ECM_LINE_DB_MIN : level;
}

float ecm_line_slip_hz_f32(float supply_hz, uint32_t pole_pairs, float speed_hz) {
    return supply_hz - (float)pole_pairs * speed_hz;
}

/* ---- speed ---------------------------------------------------------------------- */

/* What a search for a speed reads. */
typedef struct {
    const float *power;
    uint32_t bins_len;
    float bin_hz;
    float per_background;
} line_search_t;

/* log2 of the larger of the two bins about a frequency over the background. */
static float line_evidence(const line_search_t *search, float f_hz) {
    float place = f_hz / search->bin_hz, ratio;
    uint32_t k;
    if (!(place < (float)(search->bins_len - 1U))) {
        return 0.0f;
    }
    k = (uint32_t)place;
    ratio = search->power[k] > search->power[k + 1U] ? search->power[k]
                                                     : search->power[k + 1U];
    ratio *= search->per_background;
    if (!(ratio > 1.0f)) {
        return 0.0f;
    }
    return (float)ecm_poly_log2_q23(ecm_bits_from_f32(ratio)) * 0x1p-23f;
}

static float line_score(const line_search_t *search, float f_hz) {
    static const float weight[ECM_LINE_SPEED_HARMONICS] = {
        0x1.000000p+0f, 0x1.6a09e6p-1f, 0x1.279a74p-1f, 0x1.000000p-1f,
        0x1.c9f25cp-2f, 0x1.a20bd8p-2f, 0x1.83091ep-2f, 0x1.6a09e6p-2f}; /* 1/sqrt h */
    float score = 0.0f;
    uint32_t h;
    for (h = 0; h < ECM_LINE_SPEED_HARMONICS; h++) {
        float on = line_evidence(search, ((float)h + 1.0f) * f_hz);
        float between = line_evidence(search, ((float)h + 0.5f) * f_hz);
        score += weight[h] * (on - 0.5f * between);
    }
    return score;
}

/* Least squares over the lines that a speed has: sum of h f A^2 / sum of h^2 A^2. */
static float line_refine(const line_search_t *search, float f_hz) {
    float above = 0.0f, below = 0.0f;
    uint32_t h;
    for (h = 1; h <= ECM_LINE_SPEED_HARMONICS; h++) {
        float f = (float)h * f_hz, a2;
        ecm_line_t line =
            line_at(search->power, search->bins_len, search->bin_hz, f, search->bin_hz);
        a2 = line.amplitude * line.amplitude;
        if (a2 * search->per_background > LINE_CLEAR) {
            above += (float)h * line.f_hz * a2;
            below += (float)(h * h) * a2;
        }
    }
    return below > 0.0f ? above / below : f_hz;
}

static bool line_is_other(float a, float b) {
    return ecm_port_abs_f32(a - b) > LINE_OTHER * b;
}

/* The best candidate, and its lead over the best of the others. */
static void line_choose(const line_search_t *search, const ecm_line_t *peaks,
                        float lo_hz, float hi_hz, ecm_line_speed_t *out) {
    float best = 0.0f, best_hz = 0.0f, second = 0.0f;
    uint32_t i, h;
    for (i = 0; i < ECM_LINE_PEAKS_MAX && peaks[i].amplitude > 0.0f; i++) {
        for (h = 1; h <= ECM_LINE_SPEED_HARMONICS; h++) {
            float f = peaks[i].f_hz / (float)h, score;
            if (!(f >= lo_hz && f <= hi_hz)) {
                continue;
            }
            score = line_score(search, f);
            if (score > best) {
                second = line_is_other(f, best_hz) ? best : second;
                best = score;
                best_hz = f;
            } else if (score > second && line_is_other(f, best_hz)) {
                second = score;
            }
        }
    }
    if (best > 0.0f) {
        out->speed_hz = line_refine(search, best_hz);
        out->confidence = 1.0f - second / best;
    }
}

ecm_status_t ecm_line_speed_f32(const float *power, uint32_t bins_len, float bin_hz,
                                float lo_hz, float hi_hz, ecm_line_speed_t *out) {
    ecm_line_t peaks[ECM_LINE_PEAKS_MAX];
    line_search_t search;
    uint32_t k0, k1;
    float mean, background;
    ECM_REQUIRE(out != NULL && (bins_len == 0U || power != NULL), ECM_ERR_NULL);
    ECM_REQUIRE(line_is_positive(bin_hz) && line_is_positive(lo_hz), ECM_ERR_ARG);
    ECM_REQUIRE(hi_hz > lo_hz && ecm_math_isfinite_f32(hi_hz), ECM_ERR_ARG);
    out->speed_hz = out->confidence = 0.0f;
    k0 = ecm_spectrum_bin_f32(lo_hz, bin_hz, bins_len);
    k1 =
        ecm_spectrum_bin_f32((float)ECM_LINE_SPEED_HARMONICS * hi_hz, bin_hz, bins_len);
    k0 = k0 < 1U ? 1U : k0;
    k1 = k1 < bins_len ? k1 : bins_len > 0U ? bins_len - 1U : 0U;
    if (k1 <= k0) {
        return ECM_OK;
    }
    mean = ecm_math_sum_f32(power + k0, k1 - k0) / (float)(k1 - k0);
    background = mean * ecm_spectrum_flatness_f32(power + k0, k1 - k0);
    if (!ecm_math_isfinite_f32(background)) {
        out->speed_hz = out->confidence = background - background;
        return ECM_OK;
    }
    if (background < ECM_SPECTRUM_EMPTY) {
        return ECM_OK;
    }
    search.power = power;
    search.bins_len = bins_len;
    search.bin_hz = bin_hz;
    search.per_background = 1.0f / background;
    line_peaks(power, bins_len, bin_hz, k0, k1, 1, ECM_LINE_PEAKS_MAX, peaks);
    line_choose(&search, peaks, lo_hz, hi_hz, out);
    return ECM_OK;
}
