/* ecm_ram.c - memory of exactly the size that a macro states is enough, and an element
 * less is not: run with seed 0 these pass, with seed 1 the sanitizer must stop them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat.h"
#include "ecm_fft_plan.h"
#include "ecm_fuzz.h"

void ram_feat_work(void);
void ram_fft_plan_c2c(void);
void ram_fft_plan_r2c(void);

enum { N = 64 };

static void ram_plan(ecm_fft_plan_t *plan, uint32_t n, bool real, uint32_t len) {
    float *memory = ecm_fuzz_plain_array_f32(len - ecm_fuzz_seed());
    ECM_FUZZ_CHECK(ecm_fft_plan_len(n, real) == len);
    ECM_FUZZ_CHECK(ecm_fft_plan_init(plan, n, real, memory, len) == ECM_OK);
}

void ram_fft_plan_c2c(void) {
    ecm_fft_plan_t plan;
    ram_plan(&plan, N, false, ECM_FFT_PLAN_C2C_LEN(N));
}

void ram_fft_plan_r2c(void) {
    ecm_fft_plan_t plan;
    ram_plan(&plan, N, true, ECM_FFT_PLAN_R2C_LEN(N));
}

void ram_feat_work(void) {
    static const ecm_feat_row_t row = {ECM_FEAT_CENTROID, 0, 0.0f, 0.0f};
    ecm_fft_plan_t fft;
    ecm_feat_plan_t plan;
    float *x = ecm_fuzz_plain_array_f32(N), out;
    float *work = ecm_fuzz_plain_array_f32(ECM_FEAT_WORK_LEN(N) - ecm_fuzz_seed());
    uint32_t len = ECM_FFT_PLAN_R2C_LEN(N / 2U);
    memset(&plan, 0, sizeof plan);
    ECM_FUZZ_CHECK(ecm_fft_plan_init(&fft, N / 2U, true, ecm_fuzz_plain_array_f32(len),
                                     len) == ECM_OK);
    plan.fs_hz = 1000.0f;
    plan.window_len = N;
    plan.hop_len = N;
    plan.fft = &fft;
    ECM_FUZZ_CHECK(ecm_feat_spectrum_f32(&plan, &row, 1, 0.0f, x, work, &out) ==
                   ECM_OK);
}
