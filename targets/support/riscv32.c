/* riscv32.c - from reset to main on any 32-bit RISC-V, for firmware on the bench.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdint.h>

int main(void);
void ecm_start_reset(void);
void ecm_start_main(void);
void ecm_start_fault(void);

/* From the linker script. */
extern uint32_t ecm_start_data[], ecm_start_data_end[], ecm_start_data_load[];
extern uint32_t ecm_start_bss[], ecm_start_bss_end[];

/* The bench replaces it with one that tells the runner. */
__attribute__((weak)) void ecm_start_fault(void) {
    for (;;) {
    }
}

#if defined(__riscv_flen)
#define START_FPU "li t0, 0x2000\n\tcsrs mstatus, t0\n\t" /* FS = initial */
#else
#define START_FPU ""
#endif

/* First in the flash. Any trap is a fault: the bench enables no interrupt. */
__asm__(".section .vectors, \"ax\"\n\t"
        ".option push\n\t.option arch, +zicsr\n\t"
        ".globl ecm_start_reset\n"
        "ecm_start_reset:\n\t"
        "la sp, ecm_start_stack_top\n\t"
        "la t0, ecm_start_trap\n\tcsrw mtvec, t0\n\t" START_FPU
        "tail ecm_start_main\n\t"
        ".balign 4\n"
        "ecm_start_trap:\n\t"
        "tail ecm_start_fault\n\t"
        ".option pop\n\t.text\n");

void ecm_start_main(void) {
    const uint32_t *from = ecm_start_data_load;
    volatile uint32_t *to;
    for (to = ecm_start_data; to < ecm_start_data_end; to++) {
        *to = *from++;
    }
    for (to = ecm_start_bss; to < ecm_start_bss_end; to++) {
        *to = 0;
    }
    (void)main();
    for (;;) {
    }
}
