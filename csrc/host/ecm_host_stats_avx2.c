/* ecm_host_stats_avx2.c - see ecm_host_stats_kernel.h.
 *
 * SPDX-License-Identifier: MIT
 */
#define STATS_W 8
#define STATS_NAME ecm_host_stats_sums_avx2
#include "ecm_host_stats_kernel.h"
