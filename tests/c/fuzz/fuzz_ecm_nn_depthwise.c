/* fuzz_ecm_nn_depthwise.c - convolutions of each channel alone, of any shape.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz_nn.h"
#include "ecm_nn_depthwise.h"

void fuzz_ecm_nn_depthwise(void);

void fuzz_ecm_nn_depthwise(void) {
    ecm_nn_depthwise_s8_t layer;
    int32_t *bias, *multiplier;
    uint8_t *shift;
    uint32_t n_out;
    fuzz_window(&layer.window);
    layer.multiply = (uint16_t)ecm_fuzz_below(4);
    n_out = (uint32_t)layer.multiply * layer.window.input_c;
    fuzz_tables(n_out, &bias, &multiplier, &shift);
    layer.weights =
        ecm_fuzz_bytes((size_t)n_out * layer.window.kernel_h * layer.window.kernel_w);
    layer.bias = bias;
    layer.multiplier = multiplier;
    layer.shift = ecm_fuzz_or_null(shift);
    layer.input_zero = fuzz_s8();
    layer.output_zero = fuzz_s8();
    layer.output_min = -128;
    layer.output_max = 127;
    layer.reserved = 0;
    ecm_fuzz_judge(ecm_nn_depthwise_s8(
        ecm_fuzz_or_null(&layer), ecm_fuzz_bytes(fuzz_image(&layer.window)),
        ecm_fuzz_bytes(fuzz_pixels(&layer.window) * n_out)));
}
