/* ecm_host.h - what the host's batch engines share: instruction sets and threads.
 *
 * Files under host/ run where Python runs and never on a device: they may use threads
 * and vector types of GCC and clang. What they compute is what the device library
 * computes, bit for bit, for every instruction set, batch size and number of threads.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_HOST_H
#define ECM_HOST_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/* Vectors are written once for all widths, in an extension of GCC 12 and clang. */
#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define ECM_HOST_VECTORS
#endif
#endif

/* Instruction sets by the vector that they bring, from the narrowest. */
enum {
    ECM_HOST_ISA_SCALAR = 0, /* none: the device library, row by row */
    ECM_HOST_ISA_BASE = 1,   /* 4 floats, as any processor has: SSE2, NEON */
    ECM_HOST_ISA_AVX2 = 2,   /* 8 floats */
    ECM_HOST_ISA_AVX512 = 3  /* 16 floats: AVX-512 F, VL, DQ and BW */
};

enum { ECM_HOST_MAX_THREADS = 256 };

/* Work on rows first ... first + rows - 1 of a batch. */
typedef void (*ecm_host_rows_fn_t)(const void *task, uint32_t first, uint32_t rows);

/** The widest instruction set that this build has and this processor runs.
 *
 * Context : any.
 * Returns : one of ECM_HOST_ISA_*; all before it run too.
 */
int32_t ecm_host_isa(void);

/** Share the rows of a batch between threads, and wait for all.
 *
 * rows_fn  [in] called for pieces, by several threads at a time; pieces do not meet
 * task     [in] handed to rows_fn; stays unchanged
 * rows     [in] rows of the batch, at most 2^31 - 1; 0 does nothing
 * piece    [in] rows that a thread takes at a time, >= 1; four of them are worth one
 * threads  [in] most threads at work, 1 ... ECM_HOST_MAX_THREADS; the caller's is one
 *
 * Context : any thread; where the system refuses a thread, the others do the work.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_host_run(ecm_host_rows_fn_t rows_fn, const void *task, uint32_t rows,
                          uint32_t piece, uint32_t threads);

ECM_EXTERN_C_END

#endif
