/* ecm_nn.c - see ecm_nn.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn.h"

#include "ecm_math.h"

ecm_status_t ecm_nn_mse_f32(const float *x, const float *y, uint32_t x_len,
                            float *error) {
    ECM_REQUIRE(x != NULL && y != NULL && error != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x_len >= 1U, ECM_ERR_LENGTH);
    *error = ecm_math_sum_sq_diff_f32(x, y, x_len) / (float)x_len;
    return ECM_OK;
}

ecm_status_t ecm_nn_window_check(const ecm_nn_window_t *window) {
    ECM_REQUIRE(window != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(window->input_h >= 1U && window->input_w >= 1U, ECM_ERR_ARG);
    ECM_REQUIRE(window->output_h >= 1U && window->output_w >= 1U, ECM_ERR_ARG);
    ECM_REQUIRE(window->input_c >= 1U, ECM_ERR_ARG);
    ECM_REQUIRE(window->kernel_h >= 1U && window->kernel_w >= 1U, ECM_ERR_ARG);
    ECM_REQUIRE(window->stride_h >= 1U && window->stride_w >= 1U, ECM_ERR_ARG);
    ECM_REQUIRE(window->dilation_h >= 1U && window->dilation_w >= 1U, ECM_ERR_ARG);
    return ECM_OK;
}
