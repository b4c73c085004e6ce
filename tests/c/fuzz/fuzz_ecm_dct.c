/* fuzz_ecm_dct.c - cosine transforms of every short length of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_dct.h"
#include "ecm_fft_plan.h"
#include "ecm_fuzz.h"

void fuzz_ecm_dct(void);

void fuzz_ecm_dct(void) {
    uint32_t n;
    ecm_fft_plan_t fft;
    ecm_dct_plan_t plan;
    float *memory, *x, *work, *out;
    do {
        n = 8U + ecm_fuzz_below(512);
    } while (!ecm_fft_is_length(n));
    memory = ecm_fuzz_array_f32(ecm_fft_plan_len(n, true));
    ECM_FUZZ_CHECK(
        ecm_fft_plan_init(&fft, n, true, memory, ecm_fft_plan_len(n, true)) == ECM_OK);
    x = ecm_fuzz_array_f32(2U * n);
    work = ecm_fuzz_array_f32(2U * n);
    out = ecm_fuzz_once_in(4) ? x : ecm_fuzz_array_f32(2U * n);
    plan.fft = ecm_fuzz_or_null(&fft);
    plan.twiddle = ecm_fuzz_or_null(ecm_fuzz_array_f32(ECM_DCT_TWIDDLE_LEN(2U * n)));
    ecm_fuzz_watch(out, 2U * n * sizeof *out);
    ecm_fuzz_judge(
        ecm_dct_f32(&plan, ecm_fuzz_or_null(x), ecm_fuzz_or_null(work), out));
}
