/* cortex-m.h - what the bench knows of the core: its stack pointer and semihosting.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BENCH_PORT_H
#define BENCH_PORT_H

#include <stdint.h>

/* Address of a pointer as the linker counts. */
#define BENCH_PORT_ADDRESS(pointer) ((uint32_t)(pointer))

static inline uintptr_t bench_port_stack(void) {
    uint32_t sp;
    __asm__ volatile("mov %0, sp" : "=r"(sp));
    return sp;
}

static inline uint32_t bench_port_semihost(uint32_t call,
                                           const volatile void *argument) {
    register uint32_t r0 __asm__("r0") = call;
    register const volatile void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

#endif
