/* test_ecm_line.c - peaks, harmonics, sidebands, speed: the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_line.h"
#include "ecm_test.h"

void test_ecm_line(void);

/* Noise, and a line of Hann's shape at k = 8.25 h - 0.25. */
static void line_spectrum(uint32_t seed, float *power, uint32_t n) {
    static const float lobe[4] = {0.09f, 0.7f, 1.0f, 0.3f};
    uint32_t h, i, k;
    ecm_test_noise_f32(seed, power, n);
    for (k = 0; k < n; k++) {
        power[k] *= power[k];
    }
    for (h = 1; 8U * h + h / 4U + 2U < n; h++) {
        for (i = 0; i < 4U; i++) {
            power[8U * h + h / 4U - 2U + i] += 300.0f * lobe[i] / (float)h;
        }
    }
}

static void test_read(void) {
    static const uint32_t lengths[] = {3, 4, 5, 33, 257, 513};
    float *power = ecm_test_memory, *out = power + 600, rms;
    ecm_line_t peaks[ECM_LINE_PEAKS_MAX], carrier;
    ecm_line_speed_t speed;
    uint32_t i, k, n;
    for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        n = lengths[i];
        line_spectrum(i, power, n);
        for (k = 1; k <= 4U; k++) {
            ECM_CHECK(ecm_line_peaks_f32(power, n, 0.3333333f, 0.0f, 1e9f,
                                         0.3333333f * (float)k, 4U * k,
                                         peaks) == ECM_OK);
            ecm_test_array_f32("line peaks", &peaks[0].f_hz, 8U * k);
        }
        ECM_CHECK(ecm_line_harmonics_f32(power, n, 0.3333333f, 2.72f, 0.02f, 12, out,
                                         &rms) == ECM_OK);
        ecm_test_array_f32("line harmonics", out, 12);
        ecm_test_f32("line rms", rms);
        ecm_test_f32("line thd", ecm_line_thd_f32(out, 12));
        ECM_CHECK(ecm_line_sidebands_f32(power, n, 0.3333333f, 8.2f, 2.72f, 0.4f, 3,
                                         &carrier, out) == ECM_OK);
        ecm_test_array_f32("line carrier", &carrier.f_hz, 2);
        ecm_test_array_f32("line sidebands", out, 6);
        ecm_test_f32("line level", ecm_line_ratio_db_f32(out[0], carrier.amplitude));
        ECM_CHECK(ecm_line_speed_f32(power, n, 0.3333333f, 1.5f, 8.0f, &speed) ==
                  ECM_OK);
        ecm_test_array_f32("line speed", &speed.speed_hz, 2);
    }
    ECM_CHECK(speed.speed_hz > 2.65f && speed.speed_hz < 2.8f);
    ecm_test_f32("line slip", ecm_line_slip_hz_f32(49.9f, 2, 24.3f));
}

static void test_edges(void) {
    float *power = ecm_test_memory, *out = power + 64, rms = 7.0f;
    ecm_line_t line = {7.0f, 7.0f};
    ecm_line_speed_t speed = {7.0f, 7.0f};
    memset(power, 0, 40U * sizeof *power);
    ECM_CHECK(ecm_line_peaks_f32(NULL, 3, 1.0f, 0.0f, 9.0f, 1.0f, 1, &line) ==
              ECM_ERR_NULL);
    ECM_CHECK(ecm_line_peaks_f32(power, 3, 1.0f, 0.0f, 9.0f, 1.0f, 17, &line) ==
              ECM_ERR_ARG);
    ECM_CHECK(ecm_line_at_f32(power, 3, 0.0f, 1.0f, 1.0f, &line) == ECM_ERR_ARG);
    ECM_CHECK(ecm_line_at_f32(power, 3, 1.0f, 1.0f, 1.0f, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_line_harmonics_f32(power, 9, 1.0f, 1.0f, 0.0f, 2, NULL, &rms) ==
              ECM_ERR_NULL);
    ECM_CHECK(ecm_line_harmonics_f32(power, 9, 1.0f, 1.0f, 0.0f, 0, out, &rms) ==
              ECM_ERR_ARG);
    ECM_CHECK(ecm_line_sidebands_f32(power, 9, 1.0f, 4.0f, 0.0f, 0.0f, 1, &line, out) ==
              ECM_ERR_ARG);
    ECM_CHECK(ecm_line_speed_f32(power, 9, 1.0f, 2.0f, 1.0f, &speed) == ECM_ERR_ARG);
    ECM_CHECK(line.f_hz == 7.0f && rms == 7.0f && speed.speed_hz == 7.0f);
    ECM_CHECK(ecm_line_peaks_f32(power, 40, 1.0f, 0.0f, 99.0f, 1.0f, 1, &line) ==
              ECM_OK);
    ECM_CHECK(line.f_hz == 0.0f && line.amplitude == 0.0f);
    ECM_CHECK(ecm_line_speed_f32(power, 40, 1.0f, 2.0f, 4.0f, &speed) == ECM_OK);
    ECM_CHECK(speed.speed_hz == 0.0f && speed.confidence == 0.0f);
    ECM_CHECK(ecm_line_peaks_f32(NULL, 0, 1.0f, 0.0f, 9.0f, 0.0f, 1, &line) == ECM_OK);
    ECM_CHECK(ecm_line_thd_f32(NULL, 0) == 0.0f);
    ECM_CHECK(ecm_line_ratio_db_f32(0.0f, 1.0f) == ECM_LINE_DB_MIN);
    power[20] = ecm_test_from_bits(0x7fc00001U);
    ECM_CHECK(ecm_line_at_f32(power, 40, 1.0f, 19.0f, 2.0f, &line) == ECM_OK);
    ecm_test_array_f32("line nan", &line.f_hz, 2);
    ECM_CHECK(ecm_line_speed_f32(power, 40, 1.0f, 2.0f, 4.0f, &speed) == ECM_OK);
    ecm_test_array_f32("line nan", &speed.speed_hz, 2);
}

void test_ecm_line(void) {
    test_read();
    test_edges();
}
