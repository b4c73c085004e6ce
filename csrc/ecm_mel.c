/* ecm_mel.c - see ecm_mel.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_mel.h"
#include "ecm_math.h"
#include "ecm_poly.h"

#define MEL_DB (0x1.815182p+1f * 0x1p-23f) /* 10 log10(2), of a logarithm in Q23 */
#define MEL_FLOOR_MIN 1e-37f
#define MEL_FLOOR_MAX 1e37f

/* What an interval gives to the filter that rises there and to the one that falls. */
typedef struct {
    float rising;
    float falling;
} mel_pair_t;

static inline void mel_add(float power, float weight, mel_pair_t *lane) {
    float part = weight * power;
    lane->rising += part;
    lane->falling += power - part;
}

static mel_pair_t mel_interval(const float *power, const float *weight, uint32_t len) {
    mel_pair_t l0 = {0.0f, 0.0f}, l1 = l0, l2 = l0, l3 = l0;
    uint32_t i = 0;
    for (; len - i >= 4U; i += 4U) {
        mel_add(power[i], weight[i], &l0);
        mel_add(power[i + 1U], weight[i + 1U], &l1);
        mel_add(power[i + 2U], weight[i + 2U], &l2);
        mel_add(power[i + 3U], weight[i + 3U], &l3);
    }
    if (i < len) {
        mel_add(power[i], weight[i], &l0);
    }
    if (i + 1U < len) {
        mel_add(power[i + 1U], weight[i + 1U], &l1);
    }
    if (i + 2U < len) {
        mel_add(power[i + 2U], weight[i + 2U], &l2);
    }
    l0.rising = (l0.rising + l1.rising) + (l2.rising + l3.rising);
    l0.falling = (l0.falling + l1.falling) + (l2.falling + l3.falling);
    return l0;
}

ecm_status_t ecm_mel_energies_f32(const ecm_mel_bank_t *bank, const float *power,
                                  uint32_t bins_len, float *out) {
    const float *weight;
    mel_pair_t here;
    float rising;
    uint32_t j, len;
    ECM_REQUIRE(bank != NULL && power != NULL && out != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(bank->counts != NULL && bank->weights != NULL && bank->norms != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(bank->bins_len == bins_len, ECM_ERR_LENGTH);
    weight = bank->weights;
    power += bank->first;
    len = bank->counts[0];
    rising = mel_interval(power, weight, len).rising;
    for (j = 0; j < bank->mels_len; j++) {
        power += len;
        weight += len;
        len = bank->counts[j + 1U];
        here = mel_interval(power, weight, len);
        out[j] = (rising + here.falling) * bank->norms[j];
        rising = here.rising;
    }
    return ECM_OK;
}

ecm_status_t ecm_mel_level_f32(const float *x, uint32_t x_len, float scale, float floor,
                               float *out) {
    uint32_t i;
    ECM_REQUIRE(x_len == 0U || (x != NULL && out != NULL), ECM_ERR_NULL);
    ECM_REQUIRE(floor >= MEL_FLOOR_MIN && floor <= MEL_FLOOR_MAX, ECM_ERR_ARG);
    for (i = 0; i < x_len; i++) {
        float power = x[i] * scale;
        power = power < floor ? floor : power;
        if (ecm_math_isfinite_f32(power)) {
            power = MEL_DB * (float)ecm_poly_log2_q23(ecm_bits_from_f32(power));
        }
        out[i] = power;
    }
    return ECM_OK;
}

ecm_status_t ecm_mel_mfcc_f32(const ecm_dct_plan_t *plan, const float *level,
                              float *work, uint32_t coeffs_len, float *out) {
    uint32_t k, n;
    float scale;
    ECM_REQUIRE(plan != NULL && plan->fft != NULL && plan->twiddle != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(level != NULL && work != NULL && out != NULL, ECM_ERR_NULL);
    n = 2U * plan->fft->len;
    ECM_REQUIRE(coeffs_len >= 1U && coeffs_len <= n, ECM_ERR_LENGTH);
    ECM_REQUIRE(ecm_dct_f32(plan, level, work + n, work) == ECM_OK, ECM_ERR_NULL);
    scale = ecm_port_sqrt_f32(0.5f / (float)n);
    for (k = 0; k < coeffs_len; k++) {
        out[k] = work[k] * scale;
    }
    out[0] *= 0x1.6a09e6p-1f; /* sqrt(1/2) */
    return ECM_OK;
}
