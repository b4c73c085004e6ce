/* fuzz_ecm_fft.c - transforms of every length of anything, in arrays of just that
 * length.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fft_plan.h"
#include "ecm_fuzz.h"

void fuzz_ecm_fft(void);

/* A length that is supported, seldom a long one. */
static uint32_t fuzz_length(void) {
    uint32_t n;
    do {
        n = 8U + ecm_fuzz_below(ecm_fuzz_once_in(16) ? ECM_FFT_LEN_MAX : 512U);
    } while (!ecm_fft_is_length(n));
    return n;
}

/* A pass by itself, over blocks of any number and any twiddles. */
static void fuzz_pass(void) {
    static const ecm_fft_pass_fn_t runs[] = {ecm_fft_pass2_f32, ecm_fft_pass3_f32,
                                             ecm_fft_pass4_f32, ecm_fft_pass5_f32,
                                             ecm_fft_pass8_f32};
    static const uint32_t radix[] = {2, 3, 4, 5, 8};
    uint32_t i = ecm_fuzz_below(5), span = 1U + ecm_fuzz_below(12);
    uint32_t n;
    span *= radix[i] == 2U ? 2U : 1U; /* that pass takes two at a time */
    n = span * radix[i] * (1U + ecm_fuzz_below(3));
    runs[i](ecm_fuzz_array_f32(2U * n), n, span,
            ecm_fuzz_array_f32(2U * span * (radix[i] - 1U)));
}

void fuzz_ecm_fft(void) {
    uint32_t n = fuzz_length();
    bool real = !ecm_fuzz_once_in(4);
    ecm_fft_plan_t plan;
    float *memory = ecm_fuzz_array_f32(ecm_fft_plan_len(n, real));
    float *x = ecm_fuzz_array_f32(2U * n), *taper = ecm_fuzz_array_f32(2U * n);
    float *out = ecm_fuzz_array_f32(2U * n), *power = ecm_fuzz_array_f32(n + 1U);
    const ecm_fft_plan_t *given;
    ECM_FUZZ_CHECK(
        ecm_fft_plan_init(&plan, n, real, memory, ecm_fft_plan_len(n, real)) == ECM_OK);
    given = (const ecm_fft_plan_t *)ecm_fuzz_or_null(&plan);
    ecm_fuzz_watch(out, 2U * n * sizeof *out);
    ecm_fuzz_judge(
        ecm_fft_c2c_f32(given, ecm_fuzz_or_null(x), out, ecm_fuzz_once_in(2)));
    ecm_fuzz_judge(ecm_fft_r2c_f32(given, ecm_fuzz_or_null(x), out));
    ecm_fuzz_judge(
        ecm_fft_r2c_taper_f32(given, x, ecm_fuzz_f32(), ecm_fuzz_or_null(taper), out));
    ecm_fuzz_watch(power, (n + 1U) * sizeof *power);
    ecm_fuzz_judge(ecm_fft_power_f32(given, x, ecm_fuzz_f32(), ecm_fuzz_or_null(taper),
                                     out, ecm_fuzz_or_null(power)));
    ecm_fuzz_watch(out, 2U * n * sizeof *out);
    ecm_fuzz_judge(ecm_fft_c2r_f32(given, ecm_fuzz_or_null(x), out));
    fuzz_pass();
}
