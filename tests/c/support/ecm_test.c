/* ecm_test.c - see ecm_test.h; platform independent part.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_test.h"

float ecm_test_memory[ECM_TEST_MEMORY_LEN];

static uint32_t test_failed;

void ecm_test_run_all(void); /* written by the harness: calls every test function */
int main(void);

static uint32_t test_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return x == x ? bits : 0x7fc00000U;
}

static void test_hex(uint32_t x) {
    char text[10];
    int i;
    text[0] = ' ';
    for (i = 8; i > 0; i--, x >>= 4) {
        text[i] = "0123456789abcdef"[x & 15U];
    }
    text[9] = '\0';
    ecm_test_write(text);
}

static uint32_t test_hash(uint32_t hash, uint32_t word) /* FNV-1a by words */
{
    return (hash ^ word) * 16777619U;
}

void ecm_test_check(bool ok, const char *what, const char *file, int line) {
    if (!ok) {
        test_failed++;
        ecm_test_write("FAILED ");
        ecm_test_write(file);
        test_hex((uint32_t)line);
        ecm_test_write(" (line in hexadecimal): ");
        ecm_test_write(what);
        ecm_test_write("\n");
    }
}

void ecm_test_u32(const char *label, uint32_t x) {
    ecm_test_write(label);
    test_hex(x);
    ecm_test_write("\n");
}

void ecm_test_s32(const char *label, int32_t x) {
    ecm_test_u32(label, (uint32_t)x);
}

void ecm_test_f32(const char *label, float x) {
    if (x != x) {
        ecm_test_write(label);
        ecm_test_write(" nan\n");
    } else {
        ecm_test_u32(label, test_bits(x));
    }
}

void ecm_test_array_f32(const char *label, const float *x, uint32_t x_len) {
    uint32_t i, hash = 2166136261U;
    for (i = 0; i < x_len; i++) {
        hash = test_hash(hash, test_bits(x[i]));
    }
    ecm_test_write(label);
    test_hex(x_len);
    if (x_len > 0U) {
        test_hex(test_bits(x[0]));
        test_hex(test_bits(x[x_len - 1U]));
    }
    test_hex(hash);
    ecm_test_write("\n");
}

void ecm_test_bytes(const char *label, const void *x, uint32_t x_bytes) {
    const uint8_t *byte = (const uint8_t *)x;
    uint32_t i, hash = 2166136261U;
    for (i = 0; i < x_bytes; i++) {
        hash = test_hash(hash, byte[i]);
    }
    ecm_test_write(label);
    test_hex(x_bytes);
    test_hex(hash);
    ecm_test_write("\n");
}

void ecm_test_noise_f32(uint32_t seed, float *x, uint32_t x_len) {
    uint32_t i;
    for (i = 0; i < x_len; i++) {
        seed = seed * 1664525U + 1013904223U;
        x[i] = (float)((int32_t)(seed >> 8) - 0x800000) * 0x1p-23f;
    }
}

float ecm_test_from_bits(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

int main(void) {
    ecm_test_run_all();
    ecm_test_exit(test_failed != 0U);
    return 0;
}
