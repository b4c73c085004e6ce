/* platform_bare.c - start, semihosting and the three memory routines on an emulated
 * core without a C library. The emulator loads .data in place.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_test.h"

#define SYS_WRITE0 0x04U
#define SYS_EXIT_EXTENDED 0x20U
#define ADP_STOPPED_APPLICATION_EXIT 0x20026U

extern uint32_t bare_bss_start[], bare_bss_end[], bare_stack_top[];
int main(void);
void bare_reset(void);
void bare_fault(void);

#if defined(__riscv)

static void bare_semihost(uint32_t operation, const void *argument) {
    register uint32_t a0 __asm__("a0") = operation;
    register const void *a1 __asm__("a1") = argument;
    /* The three instructions must not be compressed, nor straddle a page. */
    __asm__ volatile(".option push\n.option norvc\n.balign 16\n"
                     "slli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\n.option pop"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
}

__asm__(
    ".section .start, \"ax\"\n.option arch, +zicsr\n.globl bare_entry\nbare_entry:\n"
    "la sp, bare_stack_top\nla t0, bare_trap\ncsrw mtvec, t0\nj bare_reset\n"
    ".balign 4\nbare_trap:\nj bare_fault\n.text\n");

#else

static void bare_semihost(uint32_t operation, const void *argument) {
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

typedef struct {
    uint32_t *stack_top;
    void (*handler[15])(void);
} bare_vectors_t;

extern const bare_vectors_t bare_vectors;
__attribute__((section(".start"), used)) const bare_vectors_t bare_vectors = {
    bare_stack_top,
    {bare_reset, bare_fault, bare_fault, bare_fault, bare_fault, bare_fault, bare_fault,
     bare_fault, bare_fault, bare_fault, bare_fault, bare_fault, bare_fault, bare_fault,
     bare_fault}};

#endif

void ecm_test_write(const char *text) {
    bare_semihost(SYS_WRITE0, text);
}

void ecm_test_exit(int failed) {
    uint32_t block[2];
    block[0] = ADP_STOPPED_APPLICATION_EXIT;
    block[1] = (uint32_t)failed;
    bare_semihost(SYS_EXIT_EXTENDED, block);
    for (;;) {
    }
}

void bare_fault(void) {
    ecm_test_write("FAULT\n");
    ecm_test_exit(2);
}

void bare_reset(void) {
    uint32_t *p;
#if defined(__ARM_FP)
    /* Grant access to the floating-point unit before any of its instructions. */
    *(volatile uint32_t *)0xe000ed88U |= 0xfU << 20;
    __asm__ volatile("dsb\nisb" ::: "memory");
#endif
    for (p = bare_bss_start; p < bare_bss_end; p++) {
        *p = 0;
    }
    ecm_test_exit(main());
}

/* Built with -fno-tree-loop-distribute-patterns, or the loops would become calls of
 * themselves. Words where both ends are aligned, as in any C library, so that counts of
 * what calls them mean something. */
typedef uint32_t __attribute__((may_alias)) bare_word_t;

static bool bare_aligned(const void *to, const void *from) {
    return (((uintptr_t)to | (uintptr_t)from) & 3U) == 0U;
}

void *memcpy(void *to, const void *from, size_t bytes) {
    uint8_t *d = (uint8_t *)to;
    const uint8_t *s = (const uint8_t *)from;
    if (bare_aligned(to, from)) {
        bare_word_t *word = (bare_word_t *)to;
        const bare_word_t *source = (const bare_word_t *)from;
        for (; bytes >= 16U; bytes -= 16U, word += 4, source += 4) {
            word[0] = source[0];
            word[1] = source[1];
            word[2] = source[2];
            word[3] = source[3];
        }
        for (; bytes >= 4U; bytes -= 4U) {
            *word++ = *source++;
        }
        d = (uint8_t *)word;
        s = (const uint8_t *)source;
    }
    while (bytes-- > 0U) {
        *d++ = *s++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t bytes) {
    uint8_t *d = (uint8_t *)to;
    const uint8_t *s = (const uint8_t *)from;
    if (d <= s) {
        return memcpy(to, from, bytes);
    }
    while (bytes-- > 0U) {
        d[bytes] = s[bytes];
    }
    return to;
}

void *memset(void *to, int value, size_t bytes) {
    uint8_t *d = (uint8_t *)to;
    if (bare_aligned(to, NULL)) {
        bare_word_t *word = (bare_word_t *)to;
        for (; bytes >= 4U; bytes -= 4U) {
            *word++ = (uint8_t)value * 0x01010101U;
        }
        d = (uint8_t *)word;
    }
    while (bytes-- > 0U) {
        *d++ = (uint8_t)value;
    }
    return to;
}
