/* ecm_base.h - what every module shares: version, status, switches, arithmetic guard.
 *
 * Switches (define before the first include, or with -D; a test flips each):
 *   ECM_ASSERT(cond)       our own mistakes. Default: nothing. Never checks the caller.
 *   ECM_WEIGHTS_SECTION    section of every table of weights in compiled models, a text
 *                          such as ".weights". Default: the compiler's for constants.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_BASE_H
#define ECM_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* memcpy, memset and memmove are all that the library takes from outside. A compiler
 * for bare metal may come without a C library and without their header. */
#if defined(__has_include)
#if !__has_include(<string.h>)
#define ECM_NO_STRING_H
#endif
#endif
#if defined(ECM_NO_STRING_H) && !defined(__cplusplus)
void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
#elif !defined(ECM_NO_STRING_H)
#include <string.h>
#endif

#define ECM_VERSION_MAJOR 0
#define ECM_VERSION_MINOR 1
#define ECM_VERSION_PATCH 0

/* ---- arithmetic guard -------------------------------------------------------------
 * The same bits on every target need IEEE-754 single precision, no contraction of
 * a * b + c into one rounding, and no reordering. Users of an IDE own the flags, so the
 * guard travels with the code. GCC ignores the standard pragma and obeys its own. */
#if defined(__FAST_MATH__)
#error "ecmkit: -ffast-math breaks the arithmetic contract; remove it"
#endif
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__) && !defined(__cplusplus)
#pragma GCC optimize("fp-contract=off")
#endif

#ifdef ECM_WEIGHTS_SECTION
#define ECM_WEIGHTS __attribute__((section(ECM_WEIGHTS_SECTION)))
#else
#define ECM_WEIGHTS
#endif

#ifndef ECM_ASSERT
#define ECM_ASSERT(cond) ((void)0)
#endif

/* ---- status -----------------------------------------------------------------------
 * 0 done, positive is news, negative is refusal. A refusal writes no output and leaves
 * the state as it was. */
typedef int32_t ecm_status_t;
enum {
    ECM_OK = 0,          /* done */
    ECM_MORE = 1,        /* done; more input or another call is needed */
    ECM_ERR_NULL = -1,   /* a required pointer is NULL */
    ECM_ERR_ARG = -2,    /* a value is outside its documented range */
    ECM_ERR_LENGTH = -3, /* a length is not supported */
    ECM_ERR_FULL = -4,   /* the buffer that was given is too small, or full */
    ECM_ERR_STATE = -5,  /* the state was not initialised, or by other settings */
    ECM_ERR_FORMAT = -6  /* stored or received bytes are not of the stated format */
};

/* The caller's mistake: always compiled in, returns before anything is written. */
#define ECM_REQUIRE(cond, status)                                                      \
    do {                                                                               \
        if (!(cond)) {                                                                 \
            return (status);                                                           \
        }                                                                              \
    } while (0)

/* A compile-time check that C99 and C++98 both take. */
#define ECM_STATIC_ASSERT(cond, name) typedef char ecm_assert_##name[(cond) ? 1 : -1]

#ifdef __cplusplus
#define ECM_EXTERN_C_BEGIN extern "C" {
#define ECM_EXTERN_C_END }
#else
#define ECM_EXTERN_C_BEGIN
#define ECM_EXTERN_C_END
#endif

#include "ecm_port.h"

#endif
