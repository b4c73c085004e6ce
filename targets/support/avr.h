/* avr.h - what the bench knows of the core: its stack pointer. There is no semihosting,
 * and no counter of cycles; the runner looks into the memory.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BENCH_PORT_H
#define BENCH_PORT_H

#include <stdint.h>

#include "bench_counter.h"

/* Address of a pointer as the linker counts: data stand behind 0x800000. */
#define BENCH_PORT_ADDRESS(pointer) (0x800000UL + (uint16_t)(pointer))

static inline uintptr_t bench_port_stack(void) {
    uintptr_t sp;
    __asm__ volatile("in %A0, __SP_L__\n\tin %B0, __SP_H__" : "=r"(sp));
    return sp;
}

static inline uint32_t bench_port_semihost(uint32_t call,
                                           const volatile void *argument) {
    (void)call;
    (void)argument;
    return 0U;
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
