/* fuzz_ecm_fft.c - transforms of any length of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fft.h"
#include "ecm_fuzz.h"

void fuzz_ecm_fft(void);

void fuzz_ecm_fft(void) {
    uint32_t n = ecm_fuzz_len(2U * ECM_FFT_MAX_LEN);
    float *x = ecm_fuzz_array_f32(n);
    ecm_fuzz_watch(x, n * sizeof *x);
    ecm_fuzz_judge(ecm_fft_r2c_f32(ecm_fuzz_or_null(x), n));
    ecm_fuzz_judge(ecm_fft_c2c_f32(ecm_fuzz_or_null(x), n / 2U, ecm_fuzz_once_in(2)));
}
