/* fuzz_ecm_cepstrum.c - cepstra of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_cepstrum.h"
#include "ecm_fft_plan.h"
#include "ecm_fuzz.h"

void fuzz_ecm_cepstrum(void);

void fuzz_ecm_cepstrum(void) {
    uint32_t n, m = ecm_fuzz_len(300);
    ecm_fft_plan_t fft;
    ecm_cepstrum_peak_t *peak = ecm_fuzz_bytes(sizeof *peak);
    float *memory, *power, *work, *out, *bins = ecm_fuzz_array_f32(2U * m);
    do {
        n = 8U + ecm_fuzz_below(256);
    } while (!ecm_fft_is_length(n));
    memory = ecm_fuzz_array_f32(ecm_fft_plan_len(n, true));
    ECM_FUZZ_CHECK(
        ecm_fft_plan_init(&fft, n, true, memory, ecm_fft_plan_len(n, true)) == ECM_OK);
    fft.half = ecm_fuzz_or_null((float *)(uintptr_t)fft.half);
    out = ecm_fuzz_array_f32(2U * n);
    power = ecm_fuzz_once_in(4) ? out : ecm_fuzz_array_f32(n + 1U);
    work = ecm_fuzz_array_f32(2U * n);
    ecm_fuzz_watch(out, 2U * n * sizeof *out);
    ecm_fuzz_judge(ecm_cepstrum_real_f32(&fft, power, ecm_fuzz_or_null(work), out));
    ecm_fuzz_watch(peak, sizeof *peak);
    ecm_fuzz_judge(ecm_cepstrum_peak_f32(ecm_fuzz_or_null(bins), m, ecm_fuzz_f32(),
                                         ecm_fuzz_f32(), ecm_fuzz_f32(), peak));
    ecm_fuzz_judge(ecm_cepstrum_peak_f32(bins, m, 1.0f, 1.0f + ecm_fuzz_plain_f32(),
                                         ecm_fuzz_f32(), peak));
    ecm_fuzz_watch(bins, 2U * m * sizeof *bins);
    ecm_fuzz_judge(ecm_cepstrum_whiten_f32(ecm_fuzz_or_null(bins), m, bins));
}
