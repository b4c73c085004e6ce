/* ecm_host_feat_avx512.c - the kernels of ecm_host_kernels.h on registers of 16 floats.
 *
 * SPDX-License-Identifier: MIT
 */
#define HOST_W 16
#define HOST_KERNELS ecm_host_kernels_avx512
#include "ecm_host_feat_kernel.h"
