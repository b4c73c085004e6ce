/* ecm_host_fft_base.c - real transforms on registers of 4 floats: SSE2, NEON and the
 * like.
 *
 * SPDX-License-Identifier: MIT
 */
#define FFT_W 4
#define FFT_ROWS ecm_host_fft_rows_base
#include "ecm_host_fft_kernel.h"
