/* fuzz_ecm_mel.c - mel banks of any intervals over anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fft_plan.h"
#include "ecm_fuzz.h"
#include "ecm_mel.h"

void fuzz_ecm_mel(void);

static void fuzz_mfcc(void) {
    uint32_t n, m;
    ecm_fft_plan_t fft;
    ecm_dct_plan_t plan;
    float *memory, *level, *work, *out;
    do {
        n = 8U + ecm_fuzz_below(128);
    } while (!ecm_fft_is_length(n));
    m = ecm_fuzz_len(2U * n + 1U);
    memory = ecm_fuzz_array_f32(ecm_fft_plan_len(n, true));
    ECM_FUZZ_CHECK(
        ecm_fft_plan_init(&fft, n, true, memory, ecm_fft_plan_len(n, true)) == ECM_OK);
    plan.fft = ecm_fuzz_or_null(&fft);
    plan.twiddle = ecm_fuzz_or_null(ecm_fuzz_array_f32(ECM_DCT_TWIDDLE_LEN(2U * n)));
    level = ecm_fuzz_array_f32(2U * n);
    work = ecm_fuzz_array_f32(4U * n);
    out = ecm_fuzz_array_f32(m);
    ecm_fuzz_watch(out, m * sizeof *out);
    ecm_fuzz_judge(ecm_mel_mfcc_f32(&plan, ecm_fuzz_or_null(level),
                                    ecm_fuzz_or_null(work), m, out));
}

void fuzz_ecm_mel(void) {
    uint32_t mels = 1U + ecm_fuzz_below(40), bins = 0, j, sum = 0;
    uint16_t *counts = ecm_fuzz_bytes((mels + 1U) * sizeof *counts);
    float *power, *out = ecm_fuzz_array_f32(mels);
    ecm_mel_bank_t bank;
    for (j = 0; j <= mels; j++) {
        counts[j] = (uint16_t)ecm_fuzz_len(20);
        sum += counts[j];
    }
    bank.first = ecm_fuzz_len(5);
    bins = bank.first + sum + ecm_fuzz_len(5);
    bank.mels_len = mels;
    bank.bins_len = bins;
    bank.counts = ecm_fuzz_or_null(counts);
    bank.weights = ecm_fuzz_or_null(ecm_fuzz_array_f32(sum));
    bank.norms = ecm_fuzz_array_f32(mels);
    power = ecm_fuzz_array_f32(bins);
    ecm_fuzz_watch(out, mels * sizeof *out);
    ecm_fuzz_judge(ecm_mel_energies_f32(&bank, ecm_fuzz_or_null(power),
                                        ecm_fuzz_once_in(20) ? bins + 1U : bins, out));
    ecm_fuzz_judge(ecm_mel_level_f32(out, mels, ecm_fuzz_f32(), ecm_fuzz_f32(), out));
    fuzz_mfcc();
}
