/* fuzz_ecm_spectrum.c - spectra of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_spectrum.h"

void fuzz_ecm_spectrum(void);

static void fuzz_power(void) {
    uint32_t n = ecm_fuzz_once_in(50) ? ecm_fuzz_len(320) : 8U * ecm_fuzz_len(40), k;
    float *bins = ecm_fuzz_array_f32(n), *power = ecm_fuzz_array_f32(n / 2U + 1U);
    ecm_spectrum_taper_t *taper = ecm_fuzz_bytes(sizeof *taper);
    ecm_taper_gain_t *gain = ecm_fuzz_bytes(sizeof *gain);
    taper->terms_len = ecm_fuzz_len(6);
    for (k = 0; k < ECM_SPECTRUM_TERMS_MAX; k++) {
        taper->weight[k] = ecm_fuzz_f32();
    }
    ecm_fuzz_watch(power, (n / 2U + 1U) * sizeof *power);
    ecm_fuzz_judge(
        ecm_spectrum_hann_power_f32(ecm_fuzz_or_null(bins), n, ecm_fuzz_f32(), power));
    ecm_fuzz_judge(ecm_spectrum_power_f32(ecm_fuzz_or_null(taper), bins, n,
                                          ecm_fuzz_f32(), ecm_fuzz_or_null(power)));
    ecm_fuzz_watch(gain, sizeof *gain);
    ecm_fuzz_judge(ecm_spectrum_gain_f32(taper, ecm_fuzz_or_null(gain)));
}

/* Of sound powers every result is within its range. */
static void fuzz_ranges(uint32_t n) {
    float *power = ecm_fuzz_plain_array_f32(n), bin_hz = 0.5f, y;
    uint32_t k;
    for (k = 0; k < n; k++) {
        power[k] *= power[k];
    }
    y = ecm_spectrum_flatness_f32(power, n);
    ECM_FUZZ_CHECK(y >= 0.0f && y <= 1.00001f);
    y = ecm_spectrum_entropy_f32(power, n);
    ECM_FUZZ_CHECK(y >= -1e-6f && y <= 1.00001f);
    y = ecm_spectrum_rolloff_f32(power, n, bin_hz, ecm_fuzz_f32());
    ECM_FUZZ_CHECK(y >= 0.0f && (n == 0U || y <= 0.5f * (float)(n - 1U)));
    y = ecm_spectrum_centroid_f32(power, n, bin_hz);
    ECM_FUZZ_CHECK(y >= 0.0f && y <= 0.5f * (float)n);
    y = ecm_spectrum_crest_f32(power, n);
    ECM_FUZZ_CHECK(y >= 0.0f && y <= 1.00001f * (float)n);
}

void fuzz_ecm_spectrum(void) {
    uint32_t n = ecm_fuzz_len(600), m = ecm_fuzz_len(4), *count;
    float *power = ecm_fuzz_array_f32(n), *bands = ecm_fuzz_array_f32(2U * m);
    float *out = ecm_fuzz_array_f32(m), *mean = ecm_fuzz_array_f32(n);
    ecm_spectrum_moments_t *moments = ecm_fuzz_bytes(sizeof *moments);
    fuzz_power();
    fuzz_ranges(n);
    ECM_FUZZ_CHECK(ecm_spectrum_bin_f32(ecm_fuzz_f32(), ecm_fuzz_f32(), n) <= n);
    (void)ecm_spectrum_flatness_f32(power, n);
    (void)ecm_spectrum_entropy_f32(power, n);
    (void)ecm_spectrum_rolloff_f32(power, n, ecm_fuzz_f32(), ecm_fuzz_f32());
    (void)ecm_spectrum_centroid_f32(power, n, ecm_fuzz_f32());
    (void)ecm_spectrum_crest_f32(power, n);
    ecm_fuzz_watch(out, m * sizeof *out);
    ecm_fuzz_judge(ecm_spectrum_bands_f32(ecm_fuzz_or_null(power), n, ecm_fuzz_f32(),
                                          ecm_fuzz_or_null(bands), m, out));
    ecm_fuzz_watch(moments, sizeof *moments);
    ecm_fuzz_judge(
        ecm_spectrum_moments_f32(ecm_fuzz_or_null(power), n, ecm_fuzz_f32(), moments));
    count = ecm_fuzz_bytes(sizeof *count);
    *count = ecm_fuzz_once_in(2) ? ecm_fuzz_below(20) : ecm_fuzz_u32();
    ecm_fuzz_watch(count, sizeof *count);
    ecm_fuzz_judge(ecm_spectrum_average_f32(ecm_fuzz_or_null(mean), count, power, n,
                                            ecm_fuzz_below(9)));
    ecm_fuzz_watch(mean, n * sizeof *mean);
    ecm_fuzz_judge(ecm_spectrum_rescale_f32(power, n, (uint16_t)ecm_fuzz_below(6),
                                            ecm_fuzz_f32(), ecm_fuzz_f32(), mean));
}
