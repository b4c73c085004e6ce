/* fuzz_ecm_dft.c - any frequency, any bin of windows of any length.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_dft.h"
#include "ecm_fuzz.h"

void fuzz_ecm_dft(void);

void fuzz_ecm_dft(void) {
    uint32_t n = ecm_fuzz_len(300), i;
    ecm_dft_goertzel_t *goertzel = ecm_fuzz_bytes(sizeof *goertzel);
    ecm_dft_sliding_t *sliding = ecm_fuzz_bytes(sizeof *sliding);
    ecm_dft_goertzel_cfg_t frequency;
    ecm_dft_sliding_cfg_t window;
    float *x = ecm_fuzz_array_f32(n), *out = ecm_fuzz_array_f32(2);
    frequency.step = ecm_fuzz_f32();
    frequency.cosine = ecm_fuzz_f32();
    frequency.sine = ecm_fuzz_f32();
    frequency.sign = ecm_fuzz_f32();
    ecm_fuzz_watch(goertzel, sizeof *goertzel);
    ecm_fuzz_judge(ecm_dft_goertzel_init(ecm_fuzz_or_null(goertzel)));
    ecm_fuzz_judge(
        ecm_dft_goertzel_update_f32(goertzel, &frequency, ecm_fuzz_or_null(x), n));
    ecm_fuzz_watch(out, 2 * sizeof *out);
    ecm_fuzz_judge(
        ecm_dft_goertzel_value_f32(goertzel, &frequency, ecm_fuzz_or_null(out)));
    window.len = n;
    window.bin = ecm_fuzz_len(n / 2U + 1U);
    window.wave = ecm_fuzz_or_null(ecm_fuzz_array_f32(ECM_DFT_WAVE_LEN(n)));
    ecm_fuzz_watch(sliding, sizeof *sliding);
    if (!ecm_fuzz_once_in(4)) { /* else a state that nobody has initialised */
        ecm_fuzz_judge(ecm_dft_sliding_init(ecm_fuzz_or_null(sliding)));
    }
    for (i = 0; i < 2U * n + 1U; i++) {
        ecm_fuzz_judge(ecm_dft_sliding_update_f32(sliding, &window, ecm_fuzz_f32(),
                                                  ecm_fuzz_f32()));
    }
}
