/* ecm_host_stats.h - time statistics of many windows at once.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_HOST_STATS_H
#define ECM_HOST_STATS_H

#include "ecm_stats.h"
#include "ecm_host.h"

ECM_EXTERN_C_BEGIN

enum { ECM_HOST_STATS_FIELDS = sizeof(ecm_stats_time_t) / sizeof(float) };

/** Time statistics of every row of a matrix.
 *
 * The four lanes of a window's sums lie side by side in a vector; wider vectors hold
 * two or four windows. So every window is computed as ecm_stats_time_f32 does it, and
 * the bits do not depend on instruction set, batch or threads.
 *
 * x        [in]  rows windows, the first samples of two neighbours stride apart; finite
 * rows     [in]  number of windows; 0 does nothing
 * x_len    [in]  samples of a window; the fast path takes multiples of 4
 * stride   [in]  in samples; below x_len, windows overlap
 * isa      [in]  ECM_HOST_ISA_..., at most what ecm_host_isa returns
 * threads  [in]  1 ... ECM_HOST_MAX_THREADS
 * out      [out] ECM_HOST_STATS_FIELDS times rows: for each field of
 *                ecm_stats_time_t, in order, one value a window
 *
 * Cost    : two passes while a few windows are in the first-level cache.
 * Context : any thread.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_host_stats_time_f32(const float *x, uint32_t rows, uint32_t x_len,
                                     size_t stride, int32_t isa, uint32_t threads,
                                     float *out);

/* The sums of windows, each stride samples after the one before and of x_len samples, a
 * multiple of 4 and not 0: groups times as many as a vector of the instruction set
 * holds, which are 1, 2 or 4. Memory is asked in passing for what follows them. */
typedef void ecm_host_stats_sums_fn_t(const float *x, size_t stride, uint32_t groups,
                                      uint32_t x_len, ecm_stats_sums_t *sums);
ecm_host_stats_sums_fn_t ecm_host_stats_sums_base;
ecm_host_stats_sums_fn_t ecm_host_stats_sums_avx2;
ecm_host_stats_sums_fn_t ecm_host_stats_sums_avx512;

ECM_EXTERN_C_END

#endif
