/* ecm_fft_plan.h - plans of any length, made at run time from quarter waves.
 *
 * For hosts and for devices with memory to spare. It links all passes and 54 KB of
 * tables; a package has its plans as constants in flash instead, with the same bits.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FFT_PLAN_H
#define ECM_FFT_PLAN_H

#include "ecm_fft.h"

ECM_EXTERN_C_BEGIN

/* Floats of twiddle factors: of a complex transform of n elements, and of a real one of
 * 2 n samples. */
#define ECM_FFT_PLAN_C2C_LEN(n) (2U * (n) - 16U)
#define ECM_FFT_PLAN_R2C_LEN(n) (3U * (n) - 18U)

/** Make a plan.
 *
 * plan        [out] for n elements; points to memory
 * n           [in]  complex elements, see ecm_fft.h; half the samples of a real
 *                   transform
 * real        [in]  also for real data of 2 n samples
 * memory      [out] the twiddle factors; must outlive the plan
 * memory_len  [in]  at least ECM_FFT_PLAN_R2C_LEN(n), or _C2C_LEN if not real
 *
 * Cost    : copies and changes of sign; no arithmetic on floats but a halving.
 * Numerics: cosines and sines computed in float64 and rounded once.
 * Context : any, one caller per plan.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH (n), ECM_ERR_FULL (memory_len).
 */
ecm_status_t ecm_fft_plan_init(ecm_fft_plan_t *plan, uint32_t n, bool real,
                               float *memory, uint32_t memory_len);

/** Floats of memory that a plan needs.
 *
 * n       [in] complex elements
 * real    [in] also for real data of 2 n samples
 *
 * Context : any.
 * Returns : the length, 0 if n is not supported.
 */
uint32_t ecm_fft_plan_len(uint32_t n, bool real);

ECM_EXTERN_C_END

#endif
