/* ecm_cepstrum.c - see ecm_cepstrum.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_cepstrum.h"
#include "ecm_math.h"
#include "ecm_poly.h"
#include "ecm_spectrum.h"

#define CEPSTRUM_HALF_LN2 0x1.62e43p-2f
#define CEPSTRUM_HALF (0x1p-23f * CEPSTRUM_HALF_LN2) /* log / 2 from log2 in Q23 */

/* Half the logarithm of a bin over the mean. */
static inline float cepstrum_log(float ratio) {
    ratio = ratio < ECM_SPECTRUM_FLOOR ? ECM_SPECTRUM_FLOOR : ratio;
    return (float)ecm_poly_log2_q23(ecm_bits_from_f32(ratio)) * CEPSTRUM_HALF;
}

static void cepstrum_fill(float *out, uint32_t n, float value) {
    uint32_t i;
    for (i = 0; i < n; i++) {
        out[i] = value;
    }
}

ecm_status_t ecm_cepstrum_real_f32(const ecm_fft_plan_t *plan, const float *power,
                                   float *work, float *out) {
    float total, per_mean, scale;
    uint32_t k, half, n;
    ECM_REQUIRE(plan != NULL && plan->half != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(power != NULL && work != NULL && out != NULL, ECM_ERR_NULL);
    half = plan->len;
    n = 2U * half;
    total = ecm_math_sum_f32(power, half + 1U);
    if (total < ECM_SPECTRUM_EMPTY || !ecm_math_isfinite_f32(total)) {
        cepstrum_fill(out, n, ecm_math_isfinite_f32(total) ? 0.0f : total - total);
        return ECM_OK;
    }
    per_mean = (float)(half + 1U) / total;
    work[0] = cepstrum_log(2.0f * power[0] * per_mean);
    work[1] = cepstrum_log(2.0f * power[half] * per_mean);
    for (k = 1; k < half; k++) {
        work[2U * k] = cepstrum_log(power[k] * per_mean);
        work[2U * k + 1U] = 0.0f;
    }
    (void)ecm_fft_c2r_f32(plan, work, out);
    scale = 1.0f / (float)n;
    for (k = 0; k < n; k++) {
        out[k] *= scale;
    }
    out[0] -= CEPSTRUM_HALF_LN2 * ecm_math_log2_f32(per_mean);
    return ECM_OK;
}

ecm_status_t ecm_cepstrum_peak_f32(const float *cepstrum, uint32_t cepstrum_len,
                                   float fs_hz, float lo_s, float hi_s,
                                   ecm_cepstrum_peak_t *out) {
    uint32_t q, q0, q1, top;
    float step, a, b, c, offset;
    ECM_REQUIRE(out != NULL && (cepstrum_len == 0U || cepstrum != NULL), ECM_ERR_NULL);
    ECM_REQUIRE(fs_hz > 0.0f && ecm_math_isfinite_f32(fs_hz) && lo_s > 0.0f,
                ECM_ERR_ARG);
    out->quefrency_s = out->amplitude = 0.0f;
    step = 1.0f / fs_hz;
    q0 = ecm_spectrum_bin_f32(lo_s, step, cepstrum_len);
    q1 = ecm_spectrum_bin_f32(hi_s + 0x1p-7f * step, step, cepstrum_len);
    q0 = q0 < 1U ? 1U : q0;
    q1 = q1 < cepstrum_len ? q1 : cepstrum_len > 0U ? cepstrum_len - 1U : 0U;
    if (q1 <= q0) {
        return ECM_OK;
    }
    top = q0;
    for (q = q0; q < q1 && cepstrum[top] == cepstrum[top]; q++) {
        top = cepstrum[q] <= cepstrum[top] ? top : q;
    }
    a = cepstrum[top - 1U];
    b = cepstrum[top];
    c = cepstrum[top + 1U];
    offset = b > a && b >= c ? 0.5f * (a - c) / ((a - b) + (c - b)) : 0.0f;
    out->quefrency_s = ((float)top + offset) * step + (b - b); /* NaN with b */
    out->amplitude = b - 0.25f * (a - c) * offset;
    return ECM_OK;
}

ecm_status_t ecm_cepstrum_whiten_f32(const float *bins, uint32_t bins_len, float *out) {
    uint32_t k;
    ECM_REQUIRE(bins_len == 0U || (bins != NULL && out != NULL), ECM_ERR_NULL);
    for (k = 0; k < 2U * bins_len; k += 2U) {
        float re = bins[k], im = bins[k + 1U];
        float magnitude = ecm_port_sqrt_f32(re * re + im * im);
        out[k] = magnitude > 0.0f ? re / magnitude : magnitude;
        out[k + 1U] = magnitude > 0.0f ? im / magnitude : magnitude;
    }
    return ECM_OK;
}
