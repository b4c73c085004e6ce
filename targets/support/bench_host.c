/* bench_host.c - the host's side of the bench: a shared library has no runner that
 * counts, so the marks do nothing.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

extern const uint32_t ecm_bench_memory_bytes;
const uint32_t ecm_bench_memory_bytes = (uint32_t)sizeof(ecm_package_memory_t);

void ecm_bench_enter(void) {
}

void ecm_bench_begin(void) {
}

void ecm_bench_end(void) {
}
