/* ecm_host_stats_avx512.c - see ecm_host_stats_kernel.h.
 *
 * SPDX-License-Identifier: MIT
 */
#define STATS_W 16
#define STATS_NAME ecm_host_stats_sums_avx512
#include "ecm_host_stats_kernel.h"
