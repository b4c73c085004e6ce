/* avr.c - from reset to main on an AVR of 8 bits, for firmware on the bench.
 *
 * SPDX-License-Identifier: MIT
 */
int main(void);
void ecm_start_reset(void);
void ecm_start_fault(void);

/* The bench replaces it with one that tells the runner. */
__attribute__((weak)) void ecm_start_fault(void) {
    for (;;) {
    }
}

#if defined(__AVR_HAVE_ELPM__)
#define START_LOAD "elpm r0, Z+\n\t"
#define START_PAGE "ldi r16, hh8(ecm_start_data_load)\n\tout 0x3b, r16\n\t"
#else
#define START_LOAD "lpm r0, Z+\n\t"
#define START_PAGE ""
#endif

/* START_PAGE sets RAMPZ. First in the flash: the vector of reset. The bench enables no
 * interrupt. Objects with data ask for the two symbols at the end, which are the
 * compiler's start-up code. */
__asm__(".section .vectors, \"ax\", @progbits\n\t"
        "jmp ecm_start_reset\n\t"
        ".text\n\t"
        ".globl ecm_start_reset\n\t"
        ".type ecm_start_reset, @function\n"
        "ecm_start_reset:\n\t"
        "clr r1\n\tout __SREG__, r1\n\t"
        "ldi r28, lo8(ecm_start_stack_top - 1)\n\tout __SP_L__, r28\n\t"
        "ldi r29, hi8(ecm_start_stack_top - 1)\n\tout __SP_H__, r29\n\t"
        "ldi r26, lo8(ecm_start_data)\n\tldi r27, hi8(ecm_start_data)\n\t"
        "ldi r30, lo8(ecm_start_data_load)\n\t"
        "ldi r31, hi8(ecm_start_data_load)\n\t" START_PAGE
        "ldi r17, hi8(ecm_start_data_end)\n\t"
        "rjmp 2f\n"
        "1:\n\t" START_LOAD "st X+, r0\n"
        "2:\n\t"
        "cpi r26, lo8(ecm_start_data_end)\n\tcpc r27, r17\n\tbrne 1b\n\t"
        "ldi r26, lo8(ecm_start_bss)\n\tldi r27, hi8(ecm_start_bss)\n\t"
        "ldi r17, hi8(ecm_start_bss_end)\n\t"
        "rjmp 4f\n"
        "3:\n\t"
        "st X+, r1\n"
        "4:\n\t"
        "cpi r26, lo8(ecm_start_bss_end)\n\tcpc r27, r17\n\tbrne 3b\n\t"
        "call main\n"
        "5:\n\t"
        "rjmp 5b\n\t"
        ".globl __do_copy_data\n\t.globl __do_clear_bss\n"
        "__do_copy_data:\n__do_clear_bss:\n");
