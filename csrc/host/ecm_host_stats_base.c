/* ecm_host_stats_base.c - see ecm_host_stats_kernel.h.
 *
 * SPDX-License-Identifier: MIT
 */
#define STATS_W 4
#define STATS_NAME ecm_host_stats_sums_base
#include "ecm_host_stats_kernel.h"
