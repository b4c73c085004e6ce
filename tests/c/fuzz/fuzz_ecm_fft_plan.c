/* fuzz_ecm_fft_plan.c - plans of any length in memory of any length.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fft_plan.h"
#include "ecm_fuzz.h"

void fuzz_ecm_fft_plan(void);

void fuzz_ecm_fft_plan(void) {
    uint32_t n = ecm_fuzz_once_in(8) ? ecm_fuzz_u32() : ecm_fuzz_len(600);
    bool real = ecm_fuzz_once_in(2);
    uint32_t needed = ecm_fft_plan_len(n, real);
    uint32_t len = ecm_fuzz_once_in(4) ? ecm_fuzz_len(needed) : needed;
    ecm_fft_plan_t *plan = ecm_fuzz_bytes(sizeof *plan);
    float *memory = ecm_fuzz_array_f32(len);
    ecm_status_t status;
    /* Complex data of 8 is one butterfly, without twiddles. */
    ECM_FUZZ_CHECK((needed > 0U) == (ecm_fft_is_length(n) && (real || n > 8U)));
    ecm_fuzz_watch(plan, sizeof *plan);
    status = ecm_fft_plan_init(ecm_fuzz_or_null(plan), n, real,
                               ecm_fuzz_or_null(memory), len);
    ecm_fuzz_judge(status);
    ECM_FUZZ_CHECK(status == ECM_OK || status == ECM_ERR_NULL ||
                   (status == ECM_ERR_LENGTH) == !ecm_fft_is_length(n));
}
