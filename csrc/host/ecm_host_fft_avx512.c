/* ecm_host_fft_avx512.c - real transforms on registers of 16 floats.
 *
 * SPDX-License-Identifier: MIT
 */
#define FFT_W 16
#define FFT_ROWS ecm_host_fft_rows_avx512
#include "ecm_host_fft_kernel.h"
