/* ecm_host_feat_base.c - the kernels of ecm_host_kernels.h on registers of 4 floats.
 *
 * SPDX-License-Identifier: MIT
 */
#define HOST_W 4
#define HOST_KERNELS ecm_host_kernels_base
#include "ecm_host_feat_kernel.h"
