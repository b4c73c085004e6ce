/* ecm_host_feat_avx2.c - the kernels of ecm_host_kernels.h on registers of 8 floats.
 *
 * SPDX-License-Identifier: MIT
 */
#define HOST_W 8
#define HOST_KERNELS ecm_host_kernels_avx2
#include "ecm_host_feat_kernel.h"
