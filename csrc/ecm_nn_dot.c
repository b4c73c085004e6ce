/* ecm_nn_dot.c - see ecm_nn_dot.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_dot.h"

#define DOT_LANE(i)                                                                    \
    do {                                                                               \
        a##i += w0[i] * x0[i];                                                         \
        b##i += w1[i] * x0[i];                                                         \
        c##i += w0[i] * x1[i];                                                         \
        d##i += w1[i] * x1[i];                                                         \
    } while (0)

ecm_status_t ecm_nn_dot_four_f32(const float *w0, const float *w1, const float *x0,
                                 const float *x1, uint32_t n, float *sums) {
    float a0 = 0.0f, a1 = 0.0f, a2 = 0.0f, a3 = 0.0f, b0 = 0.0f, b1 = 0.0f;
    float b2 = 0.0f, b3 = 0.0f, c0 = 0.0f, c1 = 0.0f, c2 = 0.0f, c3 = 0.0f;
    float d0 = 0.0f, d1 = 0.0f, d2 = 0.0f, d3 = 0.0f;
    ECM_REQUIRE(w0 != NULL && w1 != NULL && x0 != NULL && x1 != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(sums != NULL, ECM_ERR_NULL);
    for (; n >= 4U; n -= 4U) {
        DOT_LANE(0);
        DOT_LANE(1);
        DOT_LANE(2);
        DOT_LANE(3);
        w0 += 4;
        w1 += 4;
        x0 += 4;
        x1 += 4;
    }
    if (n > 0U) {
        DOT_LANE(0);
    }
    if (n > 1U) {
        DOT_LANE(1);
    }
    if (n > 2U) {
        DOT_LANE(2);
    }
    sums[0] = (a0 + a1) + (a2 + a3);
    sums[1] = (b0 + b1) + (b2 + b3);
    sums[2] = (c0 + c1) + (c2 + c3);
    sums[3] = (d0 + d1) + (d2 + d3);
    return ECM_OK;
}
