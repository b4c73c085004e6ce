/* ecm_host_log_kernel.h - logarithms of HOST_W numbers at once: the integers of
 * ecm_poly_log2_q23.
 *
 * Included after HOST_W is defined; see ecm_host_vector_kernel.h. Registers of four
 * numbers come from processors that cannot multiply integers of 32 bits side by side:
 * there the device's functions run one by one.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_HOST_LOG_KERNEL_H
#define ECM_HOST_LOG_KERNEL_H

#include "ecm_host_vector_kernel.h"
#include "ecm_poly.h"

#if defined(ECM_HOST_VECTORS)

#if HOST_W == 4

/* No tables in registers. */
typedef int host_log_t;

INLINE host_log_t host_log_tables(void) {
    return 0;
}

INLINE host_s32_t host_log2_q23(const host_log_t *tables, host_f32_t x) {
    host_s32_t y = {0};
    uint32_t i;
    (void)tables;
    for (i = 0; i < HOST_W; i++) {
        y[i] = ecm_poly_log2_q23(ecm_bits_from_f32(x[i]));
    }
    return y;
}

#else

#define LOG_LOG2E_Q23 0x00b8aa3b /* as in ecm_poly_log2_q23 */

/* ecm_poly_ln_inverse and ecm_poly_ln_step in registers. */
enum { LOG_PARTS = 32 / HOST_W };
typedef struct {
    host_s32_t inverse[LOG_PARTS];
    host_s32_t step[LOG_PARTS];
} host_log_t;

INLINE host_log_t host_log_tables(void) {
    host_log_t tables;
    uint32_t i, part;
    for (part = 0; part < LOG_PARTS; part++) {
        for (i = 0; i < HOST_W; i++) {
            tables.inverse[part][i] = ecm_poly_ln_inverse[part * HOST_W + i];
            tables.step[part][i] = ecm_poly_ln_step[part * HOST_W + i];
        }
    }
    return tables;
}

/* Element i of 32, 0 <= i < 32. */
INLINE host_s32_t host_log_look(const host_s32_t *table, host_u32_t i) {
#if HOST_W == 16
    return (host_s32_t)_mm512_permutex2var_epi32((__m512i)table[0], (__m512i)i,
                                                 (__m512i)table[1]);
#else
    __m256i at = (__m256i)i, ab, cd;
    __m256 bit3 = (__m256)(i << 28), bit4 = (__m256)(i << 27);
    ab = (__m256i)_mm256_blendv_ps(
        (__m256)_mm256_permutevar8x32_epi32((__m256i)table[0], at),
        (__m256)_mm256_permutevar8x32_epi32((__m256i)table[1], at), bit3);
    cd = (__m256i)_mm256_blendv_ps(
        (__m256)_mm256_permutevar8x32_epi32((__m256i)table[2], at),
        (__m256)_mm256_permutevar8x32_epi32((__m256i)table[3], at), bit3);
    return (host_s32_t)_mm256_blendv_ps((__m256)ab, (__m256)cd, bit4);
#endif
}

/* ecm_poly_log2_q23 of positive normal numbers. */
INLINE host_s32_t host_log2_q23(const host_log_t *tables, host_f32_t x) {
    host_u32_t bits = (host_u32_t)x, i = ((bits + ECM_POLY_LN_PLACE) >> 18) & 31U;
    host_u32_t m = (bits & 0x007fffffU) | 0x00800000U;
    host_s32_t k = (host_s32_t)((bits + ECM_POLY_LN_PLACE) >> 23) - 127;
    host_s32_t f = (host_s32_t)(m * (host_u32_t)host_log_look(tables->inverse, i)), y;
    y = host_mulhi(f, host_all_s32(ECM_POLY_THIRD_Q30)) - 0x40000000;
    f += host_mulhi(f, host_mulhi(f, y));
    f = host_log_look(tables->step, i) + (f >> 1);
    return (k << 23) + host_mulhi(f, host_all_s32(LOG_LOG2E_Q23));
}

#endif
#endif
#endif
