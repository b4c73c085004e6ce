/* ecm_dct.c - see ecm_dct.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_dct.h"

#define ROOT_2 0x1.6a09e6p+0f

ecm_status_t ecm_dct_f32(const ecm_dct_plan_t *plan, const float *x, float *work,
                         float *out) {
    uint32_t i, k, n, half;
    ECM_REQUIRE(plan != NULL && x != NULL && work != NULL && out != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(plan->fft != NULL && plan->twiddle != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(plan->fft->half != NULL, ECM_ERR_NULL);
    half = plan->fft->len;
    n = 2U * half;
    /* Even samples in order, then the odd ones backwards: the transform of that, turned
     * by a quarter of a bin, has the cosine transform in its parts. */
    for (i = 0; i < half; i++) {
        work[i] = x[2U * i];
        work[n - 1U - i] = x[2U * i + 1U];
    }
    /* x is read; out may be x, and the transform needs a place of its own: it goes to
     * out and back to work, so that the coefficients can be put in order. */
    (void)ecm_fft_r2c_f32(plan->fft, work, out);
    memcpy(work, out, (size_t)n * sizeof *work);
    out[0] = 2.0f * work[0];
    out[half] = ROOT_2 * work[1];
    for (k = 1; k < half; k++) {
        float re = work[2U * k], im = work[2U * k + 1U];
        float c = plan->twiddle[2U * k], s = plan->twiddle[2U * k + 1U];
        out[k] = 2.0f * (re * c + im * s);
        out[n - k] = 2.0f * (re * s - im * c);
    }
    return ECM_OK;
}
