/* ecm_fft_plan.c - see ecm_fft_plan.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fft_plan.h"

#include "ecm_tables.h"

typedef struct {
    const float *cosine; /* of one turn in len steps, the first quarter */
    uint32_t len;
} plan_wave_t;

/* The wave that has every angle of complex transforms of n and real ones of 2 n. */
static plan_wave_t plan_wave(uint32_t n) {
    plan_wave_t wave = {ecm_tables_cos_16384_f32, 16384};
    if (n % 15U == 0U) {
        wave.cosine = ecm_tables_cos_15360_f32;
        wave.len = 15360;
    } else if (n % 3U == 0U) {
        wave.cosine = ecm_tables_cos_12288_f32;
        wave.len = 12288;
    } else if (n % 5U == 0U) {
        wave.cosine = ecm_tables_cos_10240_f32;
        wave.len = 10240;
    }
    return wave;
}

/* exp(-2 pi i step / len), 0 <= step < len. */
static void plan_twiddle(plan_wave_t wave, uint32_t step, float *w) {
    uint32_t quarter = wave.len / 4U;
    if (step <= quarter) {
        w[0] = wave.cosine[step];
        w[1] = -wave.cosine[quarter - step];
    } else if (step <= 2U * quarter) {
        w[0] = -wave.cosine[2U * quarter - step];
        w[1] = -wave.cosine[step - quarter];
    } else if (step <= 3U * quarter) {
        w[0] = -wave.cosine[step - 2U * quarter];
        w[1] = wave.cosine[3U * quarter - step];
    } else {
        w[0] = wave.cosine[4U * quarter - step];
        w[1] = wave.cosine[step - 3U * quarter];
    }
}

/* The radix of the next pass, given what is left of n: no more eights, then the rest of
 * the power of two, then 3, then 5. */
static uint32_t plan_radix(uint32_t left) {
    static const uint8_t radices[] = {8, 4, 2, 3};
    uint32_t i;
    for (i = 0; i < sizeof radices; i++) {
        if (left % radices[i] == 0U) {
            return radices[i];
        }
    }
    return 5;
}

static ecm_fft_pass_fn_t plan_pass(uint32_t radix) {
    switch (radix) {
    case 2:
        return ecm_fft_pass2_f32;
    case 3:
        return ecm_fft_pass3_f32;
    case 4:
        return ecm_fft_pass4_f32;
    case 5:
        return ecm_fft_pass5_f32;
    default:
        return ecm_fft_pass8_f32;
    }
}

uint32_t ecm_fft_plan_len(uint32_t n, bool real) {
    if (!ecm_fft_is_length(n)) {
        return 0;
    }
    return real ? ECM_FFT_PLAN_R2C_LEN(n) : ECM_FFT_PLAN_C2C_LEN(n);
}

ecm_status_t ecm_fft_plan_init(ecm_fft_plan_t *plan, uint32_t n, bool real,
                               float *memory, uint32_t memory_len) {
    uint32_t k, m, radix, span = 8;
    plan_wave_t wave = plan_wave(n);
    ECM_REQUIRE(plan != NULL && (memory != NULL || memory_len == 0U), ECM_ERR_NULL);
    ECM_REQUIRE(ecm_fft_is_length(n), ECM_ERR_LENGTH);
    ECM_REQUIRE(memory_len >= ecm_fft_plan_len(n, real), ECM_ERR_FULL);
    memset(plan, 0, sizeof *plan);
    plan->len = n;
    for (; span < n; span *= radix) {
        ecm_fft_pass_t *pass = &plan->pass[plan->passes_len++];
        radix = plan_radix(n / span);
        pass->run = plan_pass(radix);
        pass->twiddle = memory;
        pass->span = span;
        pass->step = n / (span * radix);
        for (k = 0; k < span; k++) {
            for (m = 1; m < radix; m++, memory += 2) {
                plan_twiddle(wave, m * k * (wave.len / (span * radix)), memory);
            }
        }
    }
    if (real) {
        plan->half = memory;
        for (k = 1; k < n / 2U; k++, memory += 2) {
            plan_twiddle(wave, k * (wave.len / (2U * n)), memory);
            memory[0] *= 0.5f;
            memory[1] *= 0.5f;
        }
    }
    return ECM_OK;
}
