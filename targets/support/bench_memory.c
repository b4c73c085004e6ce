/* bench_memory.c - the memory of the packaged application, counted as its own.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_package.h"

extern ecm_package_memory_t ecm_bench_memory;
ecm_package_memory_t ecm_bench_memory;
