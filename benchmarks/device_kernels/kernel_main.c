/* kernel_main.c - calls one kernel, prints what came out and the stack that it took.
 *
 * SPDX-License-Identifier: MIT
 */
#include "kernel.h"

void ecm_test_run_all(void);

uint32_t *kernel_stack;

static uint32_t kernel_depth(void) {
#if defined(__arm__) || defined(__riscv)
    const volatile uint32_t *word = bare_bss_end;
    while (word < kernel_stack && *word == KERNEL_PAINT) {
        word++;
    }
    return (uint32_t)((uintptr_t)kernel_stack - (uintptr_t)word);
#else
    return 0U;
#endif
}

void ecm_test_run_all(void) {
    uint32_t depth;
    kernel_setup();
    kernel_call();
    depth = kernel_depth();
    kernel_result();
    ecm_test_u32("stack", depth);
}
