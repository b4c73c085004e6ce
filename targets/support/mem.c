/* mem.c - the three functions that the device library takes from outside.
 *
 * For firmware on the bench, which is linked without a C library; a product has its
 * own. Whole words where both ends allow it. Built with -fno-builtin, or the compiler
 * would turn these loops into calls of themselves.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stddef.h>
#include <stdint.h>

typedef uint32_t __attribute__((may_alias)) mem_word_t;
#define WORD sizeof(mem_word_t)

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);

static int mem_aligned(const void *p) {
    return ((uintptr_t)p & (WORD - 1U)) == 0U;
}

void *memcpy(void *restrict to, const void *restrict from, size_t n) {
    uint8_t *d = to;
    const uint8_t *s = from;
    if (mem_aligned(d) && mem_aligned(s)) {
        mem_word_t *dw = to;
        const mem_word_t *sw = from;
        for (; n >= 4U * WORD; n -= 4U * WORD, dw += 4, sw += 4) {
            mem_word_t a = sw[0], b = sw[1], c = sw[2], e = sw[3];
            dw[0] = a;
            dw[1] = b;
            dw[2] = c;
            dw[3] = e;
        }
        for (; n >= WORD; n -= WORD) {
            *dw++ = *sw++;
        }
        d = (uint8_t *)dw;
        s = (const uint8_t *)sw;
    }
    while (n-- > 0U) {
        *d++ = *s++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t n) {
    uint8_t *d = to;
    const uint8_t *s = from;
    if (d <= s || d >= s + n) {
        return memcpy(to, from, n);
    }
    while (n-- > 0U) {
        d[n] = s[n];
    }
    return to;
}

void *memset(void *to, int value, size_t n) {
    uint8_t *d = to;
    if (mem_aligned(d)) {
        mem_word_t *dw = to, word = 0x01010101U * (uint8_t)value;
        for (; n >= WORD; n -= WORD) {
            *dw++ = word;
        }
        d = (uint8_t *)dw;
    }
    while (n-- > 0U) {
        *d++ = (uint8_t)value;
    }
    return to;
}

/* The names under which Arm compilers call the same three. */
#if defined(__ARM_EABI__)
void __aeabi_memcpy(void *to, const void *from, size_t n);
void __aeabi_memcpy4(void *to, const void *from, size_t n);
void __aeabi_memcpy8(void *to, const void *from, size_t n);
void __aeabi_memmove(void *to, const void *from, size_t n);
void __aeabi_memmove4(void *to, const void *from, size_t n);
void __aeabi_memset(void *to, size_t n, int value);
void __aeabi_memset4(void *to, size_t n, int value);
void __aeabi_memclr(void *to, size_t n);
void __aeabi_memclr4(void *to, size_t n);
void __aeabi_memclr8(void *to, size_t n);

void __aeabi_memcpy(void *to, const void *from, size_t n) {
    (void)memcpy(to, from, n);
}

void __aeabi_memcpy4(void *to, const void *from, size_t n) {
    (void)memcpy(to, from, n);
}

void __aeabi_memcpy8(void *to, const void *from, size_t n) {
    (void)memcpy(to, from, n);
}

void __aeabi_memmove(void *to, const void *from, size_t n) {
    (void)memmove(to, from, n);
}

void __aeabi_memmove4(void *to, const void *from, size_t n) {
    (void)memmove(to, from, n);
}

void __aeabi_memset(void *to, size_t n, int value) {
    (void)memset(to, value, n);
}

void __aeabi_memset4(void *to, size_t n, int value) {
    (void)memset(to, value, n);
}

void __aeabi_memclr(void *to, size_t n) {
    (void)memset(to, 0, n);
}

void __aeabi_memclr4(void *to, size_t n) {
    (void)memset(to, 0, n);
}

void __aeabi_memclr8(void *to, size_t n) {
    (void)memset(to, 0, n);
}
#endif
