/* test_ecm_mel.c - mel energies, levels and coefficients: the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_mel.h"
#include "ecm_test.h"
#include "ecm_test_plans.h"

void test_ecm_mel(void);

#define MELS 16U
#define BINS 65U

/* Intervals of 0, 1, 2, ... bins. */
static void mel_bank(ecm_mel_bank_t *bank, uint16_t *counts, float *weights) {
    uint32_t j, k = 0, n;
    for (j = 0; j <= MELS; j++) {
        counts[j] = (uint16_t)(j / 2U);
        for (n = 0; n < counts[j]; n++) {
            weights[k++] = (float)n / (float)counts[j];
        }
    }
    bank->mels_len = MELS;
    bank->bins_len = BINS;
    bank->first = 1;
    bank->counts = counts;
    bank->weights = weights;
}

void test_ecm_mel(void) {
    float *power = ecm_test_memory, *out = power + 80, *norms = out + 80;
    float *weights = norms + 80, *work = weights + 80;
    ecm_dct_plan_t dct;
    ecm_mel_bank_t bank;
    uint16_t counts[MELS + 1U];
    uint32_t i;
    mel_bank(&bank, counts, weights);
    bank.norms = norms;
    ecm_test_noise_f32(1, power, BINS);
    ecm_test_noise_f32(2, norms, MELS);
    for (i = 0; i < BINS; i++) {
        power[i] *= power[i];
    }
    ECM_CHECK(ecm_mel_energies_f32(&bank, power, BINS, out) == ECM_OK);
    ecm_test_array_f32("mel energies", out, MELS);
    ECM_CHECK(ecm_mel_level_f32(out, MELS, 3.0f, 1e-3f, out) == ECM_OK);
    ecm_test_array_f32("mel level", out, MELS);
    dct.fft = &test_fft_16;
    dct.twiddle = weights; /* any factors will do */
    ECM_CHECK(ecm_mel_mfcc_f32(&dct, out, work, 13, power) == ECM_OK);
    ecm_test_array_f32("mel mfcc", power, 13);
    ECM_CHECK(ecm_mel_energies_f32(&bank, power, BINS - 1U, out) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_mel_energies_f32(NULL, power, BINS, out) == ECM_ERR_NULL);
    ECM_CHECK(ecm_mel_level_f32(NULL, 1, 1.0f, 1.0f, out) == ECM_ERR_NULL);
    ECM_CHECK(ecm_mel_level_f32(power, 1, 1.0f, 0.0f, out) == ECM_ERR_ARG);
    ECM_CHECK(ecm_mel_level_f32(NULL, 0, 1.0f, 1.0f, NULL) == ECM_OK);
    ECM_CHECK(ecm_mel_mfcc_f32(&dct, out, work, 17, power) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_mel_mfcc_f32(&dct, NULL, work, 1, power) == ECM_ERR_NULL);
    power[0] = ecm_test_from_bits(0x7fc00001U);
    power[1] = ecm_test_from_bits(0x7f800000U);
    ECM_CHECK(ecm_mel_level_f32(power, 2, 1.0f, 1.0f, power) == ECM_OK);
    ecm_test_array_f32("mel odd", power, 2);
}
