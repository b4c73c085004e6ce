/* host_port.h - bench_port.h of this machine, for the tests of the serial line.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BENCH_PORT_H
#define BENCH_PORT_H

#include <stdint.h>

#include "bench_counter.h"

#define HOST_RED_ZONE                                                                  \
    256U /* used below the stack pointer by functions that call none */
#define BENCH_PORT_ADDRESS(pointer) ((uint32_t)(pointer))

static inline uintptr_t bench_port_stack(void) {
    uintptr_t sp;
#if defined(__x86_64__)
    __asm__ volatile("mov %%rsp, %0" : "=r"(sp));
#else
    __asm__ volatile("mov %0, sp" : "=r"(sp));
#endif
    return sp - HOST_RED_ZONE;
}

static inline uint32_t bench_port_counter(void) {
    return BENCH_COUNTER_NONE;
}

static inline uint32_t bench_port_count_from(uint32_t counter) {
    return counter;
}

static inline uint32_t bench_port_count_since(uint32_t counter, uint32_t from) {
    return counter - from;
}

#endif
