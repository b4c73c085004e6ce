/* ecm_test.h - checks and output that are the same on the host and on every target.
 *
 * A file test_ecm_<module>.c holds one function `void test_ecm_<module>(void)`. All
 * files become one program per target; everything printed must agree between targets,
 * so print bits, never decimals. Static memory is scarce (a Cortex-M0 with 16 KB runs
 * this): use ecm_test_memory.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_TEST_H
#define ECM_TEST_H

#include "ecm_base.h"

/* Shared scratch; its content is undefined at the start of each test function. */
#define ECM_TEST_MEMORY_LEN 2560
extern float ecm_test_memory[ECM_TEST_MEMORY_LEN];

/* Count a failure and print where, unless cond holds. */
#define ECM_CHECK(cond) ecm_test_check((cond), #cond, __FILE__, __LINE__)
void ecm_test_check(bool ok, const char *what, const char *file, int line);

/* Print `label hhhhhhhh`; NaN prints as nan, whatever its payload. */
void ecm_test_f32(const char *label, float x);
void ecm_test_u32(const char *label, uint32_t x);
void ecm_test_s32(const char *label, int32_t x);

/* Print the number of values, the first and last of them, and a hash of all bits. */
void ecm_test_array_f32(const char *label, const float *x, uint32_t x_len);
/* Print the number of bytes and a hash of them. */
void ecm_test_bytes(const char *label, const void *x, uint32_t x_bytes);

/* Fill with reproducible values in -1 ... 1, multiples of 2^-23. */
void ecm_test_noise_f32(uint32_t seed, float *x, uint32_t x_len);
/* The float with these bits. */
float ecm_test_from_bits(uint32_t bits);

/* From the platform: print a string; leave with 0 or 1. */
void ecm_test_write(const char *text);
void ecm_test_exit(int failed);

#endif
