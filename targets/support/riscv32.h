/* riscv32.h - what the bench knows of the core: stack pointer, counter and
 * semihosting.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BENCH_PORT_H
#define BENCH_PORT_H

#include <stdint.h>

#include "bench_counter.h"

/* Address of a pointer as the linker counts. */
#define BENCH_PORT_ADDRESS(pointer) ((uint32_t)(pointer))

static inline uintptr_t bench_port_stack(void) {
    uint32_t sp;
    __asm__ volatile("mv %0, sp" : "=r"(sp));
    return sp;
}

/* The three instructions must not be compressed, nor straddle a page. */
static inline uint32_t bench_port_semihost(uint32_t call,
                                           const volatile void *argument) {
    register uint32_t a0 __asm__("a0") = call;
    register const volatile void *a1 __asm__("a1") = argument;
    __asm__ volatile(".option push\n.option norvc\n.balign 16\n"
                     "slli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\n.option pop"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
    return a0;
}

static inline uint32_t bench_port_mcycle(void) {
    uint32_t now;
    __asm__ volatile(".option push\n\t.option arch, +zicsr\n\tcsrr %0, mcycle\n\t"
                     ".option pop"
                     : "=r"(now));
    return now;
}

static inline uint32_t bench_port_counter(void) {
    uint32_t before = bench_port_mcycle();
    __asm__ volatile("nop\n\tnop\n\tnop\n\tnop");
    return bench_port_mcycle() != before ? BENCH_COUNTER_MCYCLE : BENCH_COUNTER_NONE;
}

static inline uint32_t bench_port_count_from(uint32_t counter) {
    return counter == BENCH_COUNTER_MCYCLE ? bench_port_mcycle() : 0U;
}

static inline uint32_t bench_port_count_since(uint32_t counter, uint32_t from) {
    return counter == BENCH_COUNTER_MCYCLE ? bench_port_mcycle() - from : 0U;
}

#endif
