/* fuzz_ecm_nn.c - what layers share, on any values.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz_nn.h"
#include "ecm_nn.h"

void fuzz_ecm_nn(void);

static void fuzz_gather(void) {
    ecm_nn_window_t window;
    uint32_t pixel = 1U + ecm_fuzz_below(5), piece = 1U + ecm_fuzz_below(pixel);
    uint32_t first = 0, pool = 1U + ecm_fuzz_below(2), row = ecm_fuzz_below(5);
    size_t image, taps;
    fuzz_window(&window);
    if (ecm_nn_window_check(&window) != ECM_OK) {
        return;
    }
    image = (size_t)window.input_h * window.input_w * pixel;
    taps = (size_t)window.kernel_h * window.kernel_w * piece;
    ecm_fuzz_judge(ecm_nn_window_gather(ecm_fuzz_or_null(&window),
                                        ecm_fuzz_bytes(image), pixel, piece, row,
                                        ecm_fuzz_below(20), 7, ecm_fuzz_bytes(taps)));
    ECM_FUZZ_CHECK(ecm_nn_window_inside(&window, row, pool, &first) <= window.output_w);
}

void fuzz_ecm_nn(void) {
    uint32_t n = ecm_fuzz_len(300);
    float error = 0.0f;
    ecm_fuzz_watch(&error, sizeof error);
    ecm_fuzz_judge(ecm_nn_mse_f32(ecm_fuzz_or_null(ecm_fuzz_array_f32(n)),
                                  ecm_fuzz_array_f32(n), n, ecm_fuzz_or_null(&error)));
    fuzz_gather();
    ecm_fuzz_judge(
        ecm_nn_window_check(ecm_fuzz_or_null(ecm_fuzz_bytes(sizeof(ecm_nn_window_t)))));
}
