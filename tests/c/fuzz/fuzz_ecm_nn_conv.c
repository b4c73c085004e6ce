/* fuzz_ecm_nn_conv.c - convolutions of any shape.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz_nn.h"
#include "ecm_nn_conv.h"

void fuzz_ecm_nn_conv(void);

static void fuzz_conv(void) {
    ecm_nn_conv_s8_t layer;
    ecm_nn_dense_s8_t *filters = &layer.filters;
    uint32_t n_in, n_out = 1U + ecm_fuzz_below(9);
    int32_t *bias, *multiplier;
    uint8_t *shift;
    size_t work;
    fuzz_window(&layer.window);
    layer.groups = (uint16_t)ecm_fuzz_below(4);
    layer.pool = (uint16_t)(1U + ecm_fuzz_below(2));
    layer.input_zero = fuzz_s8();
    layer.reserved = 0;
    n_in = layer.groups == 0U ? 0U : (uint32_t)layer.window.input_c / layer.groups;
    n_in *= (uint32_t)layer.window.kernel_h * layer.window.kernel_w;
    fuzz_tables(n_out * layer.groups, &bias, &multiplier, &shift);
    filters->weights =
        ecm_fuzz_bytes((size_t)((n_in + 3U) / 4U * 4U) * n_out * layer.groups);
    filters->blocks = NULL;
    filters->bias = bias;
    filters->multiplier = ecm_fuzz_or_null(multiplier);
    filters->shift = shift;
    filters->inputs_len = (uint16_t)n_in;
    filters->outputs_len = (uint16_t)n_out;
    filters->output_zero = fuzz_s8();
    filters->output_min = -128;
    filters->output_max = 127;
    filters->reserved = 0;
    work = (size_t)ecm_nn_conv_work_len(n_in) * sizeof(int32_t);
    ecm_fuzz_judge(ecm_nn_conv_s8(
        ecm_fuzz_or_null(&layer), ecm_fuzz_bytes(fuzz_image(&layer.window)),
        ecm_fuzz_bytes(work),
        ecm_fuzz_bytes(fuzz_pixels(&layer.window) * n_out * layer.groups)));
}

void fuzz_ecm_nn_conv(void) {
    fuzz_conv();
}
