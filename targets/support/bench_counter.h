/* bench_counter.h - what can count cycles on a chip; bench_port.h drives it.
 *
 * Emulators count from outside and need none of it. A counter that is there in name may
 * stand still, as CYCCNT does in QEMU and on parts that leave it out: a port names only
 * one that it has seen advance.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BENCH_COUNTER_H
#define BENCH_COUNTER_H

#include <stdint.h>

/* ecmkit/bench/mailbox.py has the same numbers. */
enum {
    BENCH_COUNTER_NONE = 0,
    BENCH_COUNTER_CYCCNT = 1,  /* DWT of a Cortex-M3 or later, 32 bits */
    BENCH_COUNTER_SYSTICK = 2, /* of any Cortex-M, 24 bits */
    BENCH_COUNTER_MCYCLE = 3,  /* of RISC-V, the lower 32 bits */
    BENCH_COUNTER_STILL = 4    /* SysTick, since CYCCNT stands still */
};

#define BENCH_COUNTER_FULL UINT32_MAX /* more than the counter holds */

#endif
