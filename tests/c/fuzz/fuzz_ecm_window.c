/* fuzz_ecm_window.c - windows of any length and content.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_window.h"

void fuzz_ecm_window(void);

void fuzz_ecm_window(void) {
    uint32_t n = ecm_fuzz_len(500), form = ecm_fuzz_below(2);
    uint32_t half_len = n > 0U ? ECM_TAPER_HALF_LEN(n, form) : 0U;
    float *x = ecm_fuzz_array_f32(n), *out = ecm_fuzz_array_f32(n);
    int16_t *q = ecm_fuzz_bytes(2U * n), *q_out = ecm_fuzz_bytes(2U * n);
    int16_t *q_half = ecm_fuzz_bytes(2U * half_len);
    ecm_window_line_t line;
    (void)ecm_window_apply_f32(ecm_fuzz_or_null(x), n, ecm_fuzz_f32(),
                               ecm_fuzz_or_null(ecm_fuzz_array_f32(half_len)),
                               ecm_fuzz_once_in(9) ? 2U : form, ecm_fuzz_or_null(out));
    (void)ecm_window_apply_q15(ecm_fuzz_or_null(q), n, (int16_t)ecm_fuzz_u32(),
                               ecm_fuzz_or_null(q_half), form, ecm_fuzz_or_null(q_out));
    (void)ecm_window_fit_line_f32(ecm_fuzz_or_null(x), n, &line);
    (void)ecm_window_remove_line_f32(ecm_fuzz_or_null(x), n, ecm_fuzz_or_null(out));
    (void)ecm_window_mean_q15(q, n);
    (void)ecm_window_remove_mean_q15(ecm_fuzz_or_null(q), n, ecm_fuzz_or_null(q_out));
    (void)ecm_window_remove_line_q15(ecm_fuzz_or_null(q), n, ecm_fuzz_or_null(q_out));
    (void)ecm_window_remove_line_q15(q, n, q);
}
