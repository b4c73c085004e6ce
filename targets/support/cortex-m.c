/* cortex-m.c - from reset to main on any Cortex-M, for firmware on the bench.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdint.h>

int main(void);
void ecm_start_reset(void);
void ecm_start_fault(void);

/* From the linker script. */
extern uint32_t ecm_start_data[], ecm_start_data_end[], ecm_start_data_load[];
extern uint32_t ecm_start_bss[], ecm_start_bss_end[], ecm_start_stack_top[];

#define CPACR (*(volatile uint32_t *)0xE000ED88U)
#define CPACR_FPU_FULL (0xFU << 20)

/* The bench replaces it with one that tells the runner. */
__attribute__((weak)) void ecm_start_fault(void) {
    for (;;) {
    }
}

static void start_memory(void) {
    const uint32_t *from = ecm_start_data_load;
    volatile uint32_t *to;
    for (to = ecm_start_data; to < ecm_start_data_end; to++) {
        *to = *from++;
    }
    for (to = ecm_start_bss; to < ecm_start_bss_end; to++) {
        *to = 0;
    }
}

/* Enables the FPU before any code that might use it. */
void ecm_start_reset(void) {
#if defined(__ARM_FP)
    CPACR |= CPACR_FPU_FULL;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
    start_memory();
    (void)main();
    for (;;) {
    }
}

typedef void (*start_handler_t)(void);

/* Stack pointer, reset, NMI, then the faults; the bench enables no other interrupt. */
__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack_top;
    start_handler_t handler[6];
} start_vectors = {
    ecm_start_stack_top,
    {ecm_start_reset, ecm_start_fault, ecm_start_fault, ecm_start_fault,
     ecm_start_fault, ecm_start_fault},
};
