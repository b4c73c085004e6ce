/* ecm_host_fft_avx2.c - real transforms on registers of 8 floats.
 *
 * SPDX-License-Identifier: MIT
 */
#define FFT_W 8
#define FFT_ROWS ecm_host_fft_rows_avx2
#include "ecm_host_fft_kernel.h"
