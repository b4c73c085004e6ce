/* cortex-m.h - what the bench knows of the core: stack pointer, counters and
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

/* ---- counters ---------------------------------------------------------------------
 */

#define BENCH_PORT_REG(address) (*(volatile uint32_t *)(address))
#define BENCH_DEMCR BENCH_PORT_REG(0xE000EDFCU)
#define BENCH_DEMCR_TRCENA ((uint32_t)1 << 24)
#define BENCH_DWT_CTRL BENCH_PORT_REG(0xE0001000U)
#define BENCH_DWT_CYCCNT BENCH_PORT_REG(0xE0001004U)
#define BENCH_DWT_LAR BENCH_PORT_REG(0xE0001FB0U)
#define BENCH_DWT_UNLOCK 0xC5ACCE55U /* some Cortex-M7 are locked */
#define BENCH_SYST_CSR BENCH_PORT_REG(0xE000E010U)
#define BENCH_SYST_RVR BENCH_PORT_REG(0xE000E014U)
#define BENCH_SYST_CVR BENCH_PORT_REG(0xE000E018U)
#define BENCH_SYST_RUN 5U /* the core's clock, no interrupt */
#define BENCH_SYST_TURNED ((uint32_t)1 << 16)
#define BENCH_SYST_MAX 0xFFFFFFU

/* Let SysTick start from its top; where it is then, 0 if it stands still. A core takes
 * a cycle for it, an emulator until it looks at its clocks again. */
static inline uint32_t bench_port_systick(void) {
    uint32_t tries, now = 0U;
    BENCH_SYST_CVR = 0U; /* forgets, too, that it has turned over */
    for (tries = 0; now == 0U && tries < 1000000U; tries++) {
        now = BENCH_SYST_CVR;
    }
    return now;
}

/* Source: Armv7-M and Armv8-M architecture reference manuals, DWT and SysTick. */
static inline uint32_t bench_port_counter(void) {
    uint32_t systick = BENCH_COUNTER_SYSTICK;
#if __ARM_ARCH >= 7 && !defined(__ARM_ARCH_8M_BASE__) /* the others have no CYCCNT */
    BENCH_DEMCR |= BENCH_DEMCR_TRCENA;
    BENCH_DWT_LAR = BENCH_DWT_UNLOCK;
    BENCH_DWT_CYCCNT = 0U;
    BENCH_DWT_CTRL |= 1U;
    uint32_t before = BENCH_DWT_CYCCNT;
    __asm__ volatile("nop\n\tnop\n\tnop\n\tnop");
    if (BENCH_DWT_CYCCNT != before) {
        return BENCH_COUNTER_CYCCNT;
    }
    systick = BENCH_COUNTER_STILL;
#endif
    BENCH_SYST_CSR = 0U;
    BENCH_SYST_RVR = BENCH_SYST_MAX;
    BENCH_SYST_CSR = BENCH_SYST_RUN;
    return bench_port_systick() != 0U ? systick : BENCH_COUNTER_NONE;
}

static inline uint32_t bench_port_count_from(uint32_t counter) {
    if (counter == BENCH_COUNTER_CYCCNT) {
        return BENCH_DWT_CYCCNT;
    }
    return counter == BENCH_COUNTER_NONE ? 0U : bench_port_systick();
}

static inline uint32_t bench_port_count_since(uint32_t counter, uint32_t from) {
    uint32_t now;
    if (counter == BENCH_COUNTER_CYCCNT) {
        return BENCH_DWT_CYCCNT - from;
    }
    now = BENCH_SYST_CVR; /* counts down */
    if (counter == BENCH_COUNTER_NONE) {
        return 0U;
    }
    return (BENCH_SYST_CSR & BENCH_SYST_TURNED) != 0U ? BENCH_COUNTER_FULL : from - now;
}

#endif
