/* fuzz_ecm_quant.c - conversions between reals and bytes at their ends.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_quant.h"

void fuzz_ecm_quant(void);

void fuzz_ecm_quant(void) {
    uint32_t n = ecm_fuzz_len(200);
    float *x = ecm_fuzz_array_f32(n), scale = ecm_fuzz_f32();
    int8_t *q = ecm_fuzz_bytes(n);
    int32_t zero = (int32_t)ecm_fuzz_below(300) - 150;
    int32_t multiplier = (int32_t)((1U << 30) + ecm_fuzz_below(1U << 30));
    (void)ecm_quant_requantize_s32((int32_t)ecm_fuzz_u32(),
                                   ecm_fuzz_once_in(8) ? 0 : multiplier,
                                   (int32_t)ecm_fuzz_below(62) - 31);
    ecm_fuzz_watch(q, n);
    ecm_fuzz_judge(ecm_quant_quantize_f32_s8(ecm_fuzz_or_null(x), n, scale, zero,
                                             ecm_fuzz_or_null(q)));
    (void)ecm_quant_dequantize_s8_f32(ecm_fuzz_or_null(q), n, scale, zero,
                                      ecm_fuzz_or_null(x));
    ecm_fuzz_watch(q, n);
    ecm_fuzz_judge(ecm_quant_quantize_f32_s16(ecm_fuzz_or_null(x), n / 2U, scale,
                                              (int16_t *)(void *)q));
    (void)ecm_quant_dequantize_s16_f32((int16_t *)(void *)q, n / 2U, scale,
                                       ecm_fuzz_or_null(x));
}
