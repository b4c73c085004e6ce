/* ecm_integrate.c - see ecm_integrate.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_integrate.h"

#include "ecm_math.h"

#define INTEGRATE_TWO_PI 0x1.921fb6p+2f
#define INTEGRATE_LEN_MAX 0x100000U
#define INTEGRATE_FS_MIN 1e-6f /* within these nothing below over- or underflows */
#define INTEGRATE_FS_MAX 1e9f

ecm_status_t ecm_integrate_init_f32(ecm_integrate_t *st, float x) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    st->x = x;
    st->y = 0.0f;
    return ECM_OK;
}

ecm_status_t ecm_integrate_difference_f32(ecm_integrate_t *st, const float *x,
                                          uint32_t x_len, float scale, float *out) {
    uint32_t i;
    float last;
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x_len == 0U || (x != NULL && out != NULL), ECM_ERR_NULL);
    last = st->x;
    for (i = 0; i < x_len; i++) {
        float in = x[i];
        out[i] = (in - last) * scale;
        last = in;
    }
    st->x = last;
    return ECM_OK;
}

ecm_status_t ecm_integrate_trapezoid_f32(ecm_integrate_t *st, const float *x,
                                         uint32_t x_len, float scale, float *out) {
    uint32_t i;
    float last, y;
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x_len == 0U || (x != NULL && out != NULL), ECM_ERR_NULL);
    last = st->x;
    y = st->y;
    for (i = 0; i < x_len; i++) {
        float in = x[i];
        y += (in + last) * scale;
        out[i] = y;
        last = in;
    }
    st->x = last;
    st->y = y;
    return ECM_OK;
}

/* First bin at or above a frequency, 1 ... x_len / 2; lo_hz <= fs_hz / 2. */
static uint32_t integrate_first_bin(uint32_t x_len, float fs_hz, float lo_hz) {
    float place = lo_hz * (float)x_len / fs_hz;
    uint32_t bin = (uint32_t)place;
    bin = (float)bin < place ? bin + 1U : bin;
    bin = bin < x_len / 2U ? bin : x_len / 2U;
    return bin > 1U ? bin : 1U;
}

ecm_status_t ecm_integrate_spectrum_f32(float *spectrum, uint32_t x_len, float fs_hz,
                                        float lo_hz, uint32_t times, float scale) {
    uint32_t k, first, half = x_len / 2U;
    float step;
    ECM_REQUIRE(spectrum != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x_len >= 4U && x_len <= INTEGRATE_LEN_MAX && x_len % 2U == 0U,
                ECM_ERR_LENGTH);
    ECM_REQUIRE(fs_hz >= INTEGRATE_FS_MIN && fs_hz <= INTEGRATE_FS_MAX, ECM_ERR_ARG);
    ECM_REQUIRE(lo_hz >= 0.0f && lo_hz <= 0.5f * fs_hz, ECM_ERR_ARG);
    ECM_REQUIRE(ecm_math_isfinite_f32(scale), ECM_ERR_ARG);
    ECM_REQUIRE(times == 1U || times == 2U, ECM_ERR_ARG);
    first = integrate_first_bin(x_len, fs_hz, lo_hz);
    step = INTEGRATE_TWO_PI * fs_hz / (float)x_len;
    memset(spectrum, 0, sizeof *spectrum); /* the bits of 0.0f are zeros */
    memset(spectrum + 2, 0, (size_t)(2U * first - 2U) * sizeof *spectrum);
    for (k = first; k < half; k++) {
        float omega = (float)k * step;
        float re = spectrum[2U * k], im = spectrum[2U * k + 1U];
        float gain = scale / omega;
        if (times == 1U) {
            spectrum[2U * k] = im * gain;
            spectrum[2U * k + 1U] = -(re * gain);
        } else {
            gain = -(gain / omega);
            spectrum[2U * k] = re * gain;
            spectrum[2U * k + 1U] = im * gain;
        }
    }
    if (times == 1U) {
        spectrum[1] = 0.0f;
    } else {
        float omega = (float)half * step;
        spectrum[1] *= -(scale / omega / omega);
    }
    return ECM_OK;
}
