/* test_ecm_spectrum.c - power spectra and what sums them up: the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_spectrum.h"
#include "ecm_test.h"

void test_ecm_spectrum(void);

static const ecm_spectrum_taper_t tapers[] = {
    ECM_SPECTRUM_RECTANGLE, ECM_SPECTRUM_HANN, ECM_SPECTRUM_HAMMING,
    ECM_SPECTRUM_BLACKMAN_HARRIS, ECM_SPECTRUM_FLAT_TOP};

static void test_power(void) {
    static const uint32_t lengths[] = {16, 24, 48, 64, 240, 1024};
    float *x = ecm_test_memory, *power = x + 1024, *other = power + 520;
    ecm_taper_gain_t gain;
    uint32_t i, k, n;
    for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        n = lengths[i];
        ecm_test_noise_f32(i, x, n);
        ECM_CHECK(ecm_spectrum_hann_power_f32(x, n, 0.25f, power) == ECM_OK);
        ecm_test_array_f32("spectrum hann", power, n / 2U + 1U);
        for (k = 0; k < 5U; k++) {
            ECM_CHECK(ecm_spectrum_power_f32(&tapers[k], x, n, 0.25f, other) == ECM_OK);
            ecm_test_array_f32("spectrum power", other, n / 2U + 1U);
        }
        for (k = 1; k <= 4U; k++) {
            ECM_CHECK(ecm_spectrum_rescale_f32(power, n / 2U + 1U, (uint16_t)k, 12.5f,
                                               1.5f, other) == ECM_OK);
            ecm_test_array_f32("spectrum scale", other, n / 2U + 1U);
        }
    }
    for (k = 0; k < 5U; k++) {
        ECM_CHECK(ecm_spectrum_gain_f32(&tapers[k], &gain) == ECM_OK);
        ecm_test_array_f32("spectrum gain", &gain.coherent, 3);
    }
}

static void test_average(void) {
    float *mean = ecm_test_memory, *power = mean + 40;
    uint32_t i, count = 0;
    for (i = 0; i < 9U; i++) {
        ecm_test_noise_f32(i, power, 33);
        ECM_CHECK(ecm_spectrum_average_f32(mean, &count, power, 33, 5) ==
                  (i < 4U ? ECM_MORE : ECM_OK));
        ECM_CHECK(count == (i < 5U ? i + 1U : 5U));
        ecm_test_array_f32("spectrum average", mean, 33);
    }
}

static void test_shape(void) {
    static const float bands[6] = {0.0f, 50.0f, 33.3f, 333.3f, 100.0f, 1e9f};
    static const uint32_t lengths[] = {1, 2, 3, 4, 5, 6, 7, 64, 513, 1021};
    float *power = ecm_test_memory, out[3];
    ecm_spectrum_moments_t moments;
    uint32_t i, k, n;
    for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        n = lengths[i];
        ecm_test_noise_f32(i, power, n);
        for (k = 0; k < n; k++) {
            power[k] *= power[k] * ((k & 15U) == 3U ? 1e6f : 1.0f);
        }
        power[n / 2U] *= 1e-12f;
        ECM_CHECK(ecm_spectrum_bands_f32(power, n, 16.6667f, bands, 3, out) == ECM_OK);
        ecm_test_array_f32("spectrum bands", out, 3);
        ECM_CHECK(ecm_spectrum_moments_f32(power, n, 16.6667f, &moments) == ECM_OK);
        ecm_test_array_f32("spectrum moments", &moments.total, 5);
        ECM_CHECK(moments.centroid_hz == ecm_spectrum_centroid_f32(power, n, 16.6667f));
        ecm_test_f32("spectrum flatness", ecm_spectrum_flatness_f32(power, n));
        ecm_test_f32("spectrum entropy", ecm_spectrum_entropy_f32(power, n));
        ecm_test_f32("spectrum rolloff",
                     ecm_spectrum_rolloff_f32(power, n, 16.6667f, 0.85f));
        ecm_test_f32("spectrum crest", ecm_spectrum_crest_f32(power, n));
    }
    for (k = 0; k < 200U; k++) {
        n = ecm_spectrum_bin_f32((float)k * 3.333333f, 3.333333f, 150);
        ECM_CHECK(n == (k < 150U ? k : 150U));
    }
}

static void test_edges(void) {
    float *x = ecm_test_memory, *power = x + 64, out = 7.0f;
    float zero[5] = {0.0f, 0.0f, 0.0f, 0.0f, 0.0f};
    ecm_spectrum_taper_t taper = {6U, {1.0f, 0.0f, 0.0f, 0.0f, 0.0f}};
    ecm_spectrum_moments_t moments;
    uint32_t count = 0;
    ECM_CHECK(ecm_spectrum_hann_power_f32(NULL, 16, 1.0f, power) == ECM_ERR_NULL);
    ECM_CHECK(ecm_spectrum_hann_power_f32(x, 8, 1.0f, power) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_spectrum_hann_power_f32(x, 20, 1.0f, power) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_spectrum_power_f32(&taper, x, 16, 1.0f, power) == ECM_ERR_ARG);
    ECM_CHECK(ecm_spectrum_gain_f32(&taper, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_spectrum_rescale_f32(x, 3, 9, 1.0f, 1.0f, x) == ECM_ERR_ARG);
    ECM_CHECK(ecm_spectrum_rescale_f32(NULL, 0, 1, 1.0f, 1.0f, NULL) == ECM_OK);
    ECM_CHECK(ecm_spectrum_average_f32(NULL, &count, x, 3, 0) == ECM_ERR_NULL);
    ECM_CHECK(count == 0U);
    ECM_CHECK(ecm_spectrum_bands_f32(x, 3, 0.0f, x, 1, &out) == ECM_ERR_ARG);
    ECM_CHECK(ecm_spectrum_moments_f32(x, 3, 1.0f, NULL) == ECM_ERR_NULL);
    ECM_CHECK(out == 7.0f);
    ECM_CHECK(ecm_spectrum_moments_f32(zero, 5, 1.0f, &moments) == ECM_OK);
    ECM_CHECK(moments.total == 0.0f && moments.kurtosis == 0.0f);
    ECM_CHECK(ecm_spectrum_flatness_f32(zero, 5) == 0.0f);
    ECM_CHECK(ecm_spectrum_entropy_f32(zero, 5) == 0.0f);
    ECM_CHECK(ecm_spectrum_rolloff_f32(zero, 5, 1.0f, 0.5f) == 0.0f);
    ECM_CHECK(ecm_spectrum_crest_f32(zero, 5) == 0.0f);
    zero[2] = ecm_test_from_bits(0x7fc00001U);
    ecm_test_f32("spectrum nan", ecm_spectrum_entropy_f32(zero, 5));
    ecm_test_f32("spectrum nan", ecm_spectrum_rolloff_f32(zero, 5, 1.0f, 0.5f));
}

void test_ecm_spectrum(void) {
    test_power();
    test_average();
    test_shape();
    test_edges();
}
