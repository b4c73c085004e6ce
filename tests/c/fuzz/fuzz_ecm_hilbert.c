/* fuzz_ecm_hilbert.c - analytic signals of every short length of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fft_plan.h"
#include "ecm_fuzz.h"
#include "ecm_hilbert.h"

void fuzz_ecm_hilbert(void);

static void fuzz_plan(ecm_fft_plan_t *plan, uint32_t n, bool real) {
    uint32_t len = ecm_fft_plan_len(n, real);
    ECM_FUZZ_CHECK(ecm_fft_plan_init(plan, n, real, ecm_fuzz_array_f32(len), len) ==
                   ECM_OK);
}

void fuzz_ecm_hilbert(void) {
    uint32_t n;
    ecm_fft_plan_t real, complex;
    float *x, *work, *out;
    do {
        n = 8U + ecm_fuzz_below(512);
    } while (!ecm_fft_is_length(n));
    fuzz_plan(&real, n, true);
    fuzz_plan(&complex, ecm_fuzz_once_in(8) ? 64U : 2U * n, false);
    x = ecm_fuzz_array_f32(2U * n);
    work = ecm_fuzz_array_f32(4U * n);
    out = ecm_fuzz_array_f32(4U * n);
    ecm_fuzz_watch(out, 4U * n * sizeof *out);
    ecm_fuzz_judge(ecm_hilbert_f32(ecm_fuzz_or_null(&real), ecm_fuzz_or_null(&complex),
                                   ecm_fuzz_or_null(x), ecm_fuzz_or_null(work), out));
}
