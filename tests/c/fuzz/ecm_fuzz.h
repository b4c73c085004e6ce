/* ecm_fuzz.h - arguments that nobody would choose, for every public function.
 *
 * A file fuzz_ecm_<module>.c holds one function `void fuzz_ecm_<module>(void)`. It is
 * called again and again; each call draws all that it needs from here and hands it to
 * each function of the module. The sanitizers see what goes wrong: arrays are exactly
 * as long as asked for, so that one element too far is found.
 *
 * Draw within what a header allows, to its ends: lengths tell the truth, tables have
 * the form that they must have, values may be anything.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FUZZ_H
#define ECM_FUZZ_H

#include "ecm_base.h"

/* The seed of the run. */
uint32_t ecm_fuzz_seed(void);

/* Any bits; below: 0 ... n - 1, n >= 1; true once in n. */
uint32_t ecm_fuzz_u32(void);
uint32_t ecm_fuzz_below(uint32_t n);
bool ecm_fuzz_once_in(uint32_t n);

/* 0 ... most: often an end, a power of two or a neighbour of one. */
uint32_t ecm_fuzz_len(uint32_t most);

/* NaN, infinities, zeros, subnormals, the largest, any bits, or something plain. */
float ecm_fuzz_f32(void);
/* Something plain: finite, 2^-10 ... 2^10 in size. */
float ecm_fuzz_plain_f32(void);

/* New arrays of exactly n elements; they live until the function returns. The floats
 * are noise, constant, tiny, huge, or noise with odd values in it; bytes are any. */
float *ecm_fuzz_array_f32(uint32_t n);
float *ecm_fuzz_plain_array_f32(uint32_t n);
void *ecm_fuzz_bytes(size_t bytes);

/* The pointer, or once in a while NULL. */
void *ecm_fuzz_or_null(void *p);

/* Watch memory that a refusal must leave as it was; judge says whether it did, and
 * takes note of what a call that was not refused has written. */
void ecm_fuzz_watch(const void *p, size_t bytes);
void ecm_fuzz_judge(ecm_status_t status);

/* Stop with a message unless cond holds. */
#define ECM_FUZZ_CHECK(cond) ecm_fuzz_check((cond), #cond, __FILE__, __LINE__)
void ecm_fuzz_check(bool ok, const char *what, const char *file, int line);

#endif
