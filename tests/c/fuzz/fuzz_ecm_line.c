/* fuzz_ecm_line.c - lines of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_line.h"

void fuzz_ecm_line(void);

/* Of sound powers every result is within its range. */
static void fuzz_ranges(uint32_t n) {
    float *power = ecm_fuzz_plain_array_f32(n), last, lo = 0.01f + (float)n * 0.02f;
    ecm_line_t peaks[ECM_LINE_PEAKS_MAX];
    ecm_line_speed_t speed;
    uint32_t i;
    for (i = 0; i < n; i++) {
        power[i] *= power[i];
    }
    last = 0.5f * (float)n;
    ECM_FUZZ_CHECK(ecm_line_peaks_f32(power, n, 0.5f, 0.0f, last, 2.0f,
                                      ECM_LINE_PEAKS_MAX, peaks) == ECM_OK);
    for (i = 0; i < ECM_LINE_PEAKS_MAX; i++) {
        ECM_FUZZ_CHECK(peaks[i].f_hz >= 0.0f && peaks[i].f_hz <= last);
        ECM_FUZZ_CHECK(i == 0U || peaks[i].amplitude <= peaks[i - 1U].amplitude);
    }
    ECM_FUZZ_CHECK(ecm_line_speed_f32(power, n, 0.5f, lo, 4.0f * lo, &speed) == ECM_OK);
    ECM_FUZZ_CHECK(speed.speed_hz >= 0.0f && speed.speed_hz < 5.0f * lo + 1.0f);
    ECM_FUZZ_CHECK(speed.confidence >= 0.0f && speed.confidence <= 1.0f);
}

void fuzz_ecm_line(void) {
    uint32_t n = ecm_fuzz_len(600), m = ecm_fuzz_len(ECM_LINE_HARMONICS_MAX + 1U);
    uint32_t k = ecm_fuzz_len(ECM_LINE_PEAKS_MAX + 1U);
    float *power = ecm_fuzz_array_f32(n), *out = ecm_fuzz_array_f32(2U * m), rms = 0.0f;
    float bin_hz = ecm_fuzz_once_in(8) ? ecm_fuzz_f32() : 0.5f;
    ecm_line_t *peaks = ecm_fuzz_bytes(k * sizeof *peaks);
    ecm_line_t *line = ecm_fuzz_bytes(sizeof *line);
    ecm_line_speed_t *speed = ecm_fuzz_bytes(sizeof *speed);
    fuzz_ranges(n);
    ecm_fuzz_watch(peaks, k * sizeof *peaks);
    ecm_fuzz_judge(ecm_line_peaks_f32(ecm_fuzz_or_null(power), n, bin_hz,
                                      ecm_fuzz_f32(), ecm_fuzz_f32(), ecm_fuzz_f32(), k,
                                      peaks));
    ecm_fuzz_watch(line, sizeof *line);
    ecm_fuzz_judge(ecm_line_at_f32(ecm_fuzz_or_null(power), n, bin_hz, ecm_fuzz_f32(),
                                   ecm_fuzz_f32(), line));
    ecm_fuzz_watch(out, m * sizeof *out);
    ecm_fuzz_judge(ecm_line_harmonics_f32(power, n, bin_hz, ecm_fuzz_f32(),
                                          0.5f * ecm_fuzz_plain_f32(), m,
                                          ecm_fuzz_or_null(out), &rms));
    ecm_fuzz_watch(line, sizeof *line);
    ecm_fuzz_judge(ecm_line_sidebands_f32(power, n, bin_hz, ecm_fuzz_f32(),
                                          ecm_fuzz_f32(), ecm_fuzz_f32(), m, line,
                                          ecm_fuzz_or_null(out)));
    ecm_fuzz_watch(speed, sizeof *speed);
    ecm_fuzz_judge(ecm_line_speed_f32(ecm_fuzz_or_null(power), n, bin_hz,
                                      ecm_fuzz_f32(), ecm_fuzz_f32(), speed));
    (void)ecm_line_thd_f32(out, m);
    (void)ecm_line_ratio_db_f32(ecm_fuzz_f32(), ecm_fuzz_f32());
    (void)ecm_line_slip_hz_f32(ecm_fuzz_f32(), ecm_fuzz_u32(), ecm_fuzz_f32());
}
