/* fuzz_ecm_integrate.c - integrals of anything at any rate.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_integrate.h"

void fuzz_ecm_integrate(void);

void fuzz_ecm_integrate(void) {
    uint32_t n = ecm_fuzz_len(300);
    float *x = ecm_fuzz_array_f32(n), *out = ecm_fuzz_array_f32(n);
    float fs_hz = ecm_fuzz_once_in(4) ? ecm_fuzz_f32() : ecm_fuzz_plain_f32();
    float lo_hz = ecm_fuzz_once_in(4) ? ecm_fuzz_f32() : 0.01f * ecm_fuzz_plain_f32();
    ecm_integrate_t st;
    (void)ecm_integrate_init_f32(&st, ecm_fuzz_f32());
    (void)ecm_integrate_difference_f32(&st, ecm_fuzz_or_null(x), n, ecm_fuzz_f32(),
                                       ecm_fuzz_or_null(out));
    (void)ecm_integrate_trapezoid_f32(&st, ecm_fuzz_or_null(x), n, ecm_fuzz_f32(),
                                      ecm_fuzz_or_null(out));
    ecm_fuzz_watch(x, n * sizeof *x);
    ecm_fuzz_judge(ecm_integrate_spectrum_f32(ecm_fuzz_or_null(x), n, fs_hz, lo_hz,
                                              ecm_fuzz_below(4), ecm_fuzz_f32()));
}
