/* kernel.h - what stands around a kernel that is counted.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef KERNEL_H
#define KERNEL_H

#include "ecm_test.h"

#define KERNEL_PAINT 0xa5a5a5a5U

extern uint32_t *kernel_stack; /* the stack pointer at the call */

/* Written from a row of kernels.py. */
void kernel_setup(void);
void kernel_call(void);
void kernel_result(void);

#if defined(__arm__) || defined(__riscv)

extern uint32_t bare_bss_end[]; /* from the linker script: where the stack must end */

/* Inline, so that the caller's stack pointer is taken and all below it is painted. */
static inline __attribute__((always_inline)) void kernel_paint(void) {
    volatile uint32_t *word;
    uint32_t *sp;
#if defined(__arm__)
    __asm__ volatile("mov %0, sp" : "=r"(sp));
#else
    __asm__ volatile("mv %0, sp" : "=r"(sp));
#endif
    for (word = bare_bss_end; word < sp; word++) {
        *word = KERNEL_PAINT;
    }
    kernel_stack = sp;
}

/* Counting begins after one and ends before the other of these two instructions. */
#define KERNEL_BEGIN()                                                                 \
    do {                                                                               \
        kernel_paint();                                                                \
        __asm__ volatile(".globl kernel_begin\nkernel_begin: nop" ::: "memory");       \
    } while (0)
#define KERNEL_END() __asm__ volatile(".globl kernel_end\nkernel_end: nop" ::: "memory")

#else

#define KERNEL_BEGIN() ((void)0)
#define KERNEL_END() ((void)0)

#endif

#endif
