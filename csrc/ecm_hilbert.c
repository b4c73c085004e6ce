/* ecm_hilbert.c - see ecm_hilbert.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_hilbert.h"

ecm_status_t ecm_hilbert_f32(const ecm_fft_plan_t *real, const ecm_fft_plan_t *c2c,
                             const float *x, float *work, float *out) {
    uint32_t i, n;
    float twice, once;
    ECM_REQUIRE(real != NULL && c2c != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x != NULL && work != NULL && out != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(real->half != NULL, ECM_ERR_NULL);
    n = c2c->len;
    ECM_REQUIRE(n == 2U * real->len, ECM_ERR_LENGTH);
    (void)ecm_fft_r2c_f32(real, x, work);
    once = 1.0f / (float)n;
    twice = 2.0f * once;
    work[n] = once * work[1]; /* half the sampling rate: to its own place */
    work[n + 1U] = 0.0f;
    work[0] *= once;
    work[1] = 0.0f;
    for (i = 2; i < n; i++) {
        work[i] *= twice;
    }
    memset(work + n + 2U, 0, (size_t)(n - 2U) * sizeof *work);
    return ecm_fft_c2c_f32(c2c, work, out, true);
}
