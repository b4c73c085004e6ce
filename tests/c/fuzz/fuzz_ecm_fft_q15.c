/* fuzz_ecm_fft_q15.c - fixed-point transforms of any samples, and powers of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fft_q15.h"
#include "ecm_fuzz.h"

void fuzz_ecm_fft_q15(void);

/* Any bits, or all of them in few low ones, or one value. */
static int16_t *fuzz_samples(uint32_t n) {
    int16_t *x = ecm_fuzz_bytes(n * sizeof *x), constant = (int16_t)ecm_fuzz_u32();
    uint32_t i, kind = ecm_fuzz_below(4);
    int32_t divisor = 1 << ecm_fuzz_below(16);
    for (i = 0; i < n; i++) {
        if (kind == 0U) {
            x[i] = constant;
        } else if (kind == 1U) {
            x[i] = ecm_fuzz_once_in(2) ? INT16_MIN : INT16_MAX;
        } else if (kind == 2U) {
            x[i] = (int16_t)(x[i] / divisor);
        }
    }
    return x;
}

void fuzz_ecm_fft_q15(void) {
    uint32_t n = ecm_fuzz_len(5000), length = 16U << ecm_fuzz_below(9);
    const ecm_fft_q15_plan_t *plan = ecm_fft_q15_plan(length);
    int16_t *x = fuzz_samples(length), *taper = fuzz_samples(length);
    int32_t *out = ecm_fuzz_bytes(length * sizeof *out), exponent = 0;
    int32_t *any = ecm_fuzz_bytes(2U * n * sizeof *any);
    uint32_t *power = ecm_fuzz_bytes((n + 1U) * sizeof *power);
    ECM_FUZZ_CHECK(plan != NULL && plan->len == length / 2U);
    ECM_FUZZ_CHECK(ecm_fft_q15_plan(n) == NULL || ecm_fft_q15_plan(n)->len == n / 2U);
    ecm_fuzz_watch(out, length * sizeof *out);
    ecm_fuzz_judge(ecm_fft_q15_c2c(ecm_fuzz_or_null((void *)(uintptr_t)plan),
                                   ecm_fuzz_or_null(x), ecm_fuzz_once_in(2),
                                   ecm_fuzz_or_null(out), &exponent));
    ecm_fuzz_judge(
        ecm_fft_q15_r2c(plan, ecm_fuzz_or_null(x), ecm_fuzz_or_null(out), &exponent));
    ecm_fuzz_judge(ecm_fft_q15_r2c_taper(plan, x, (int16_t)ecm_fuzz_u32(),
                                         ecm_fuzz_or_null(taper), out, &exponent));
    ecm_fuzz_judge(
        ecm_fft_q15_power(out, length / 2U, exponent, (uint32_t *)out, &exponent));
    ecm_fuzz_watch(power, (n + 1U) * sizeof *power);
    ecm_fuzz_judge(ecm_fft_q15_power(ecm_fuzz_or_null(any), n,
                                     (int32_t)ecm_fuzz_below(2001) - 1000, power,
                                     ecm_fuzz_or_null(&exponent)));
}
