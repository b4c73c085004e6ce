/* ecm_nn_dot_fpu.c - see ecm_nn_dot.h: Cortex-M with a floating-point unit.
 *
 * Sixteen of its 32 registers are lanes; VLDM loads four values at once, which
 * compilers do not form, as they load ahead until registers run out. VMLA rounds twice
 * as well, but takes three cycles on a Cortex-M4, where VMUL and VADD take one each.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_dot.h"

#define DOT_LANES 4U

/* Products of n / 4 * 4 values in lanes: of w0 x0, w1 x0, w0 x1, w1 x1. */
static void dot_whole(const float *w0, const float *w1, const float *x0,
                      const float *x1, uint32_t n, float *lanes) {
    uint32_t zero = 0;
    __asm__ volatile(
        "vmov d8, %[zero], %[zero]\n"
        "vmov d9, %[zero], %[zero]\n"
        "vmov d10, %[zero], %[zero]\n"
        "vmov d11, %[zero], %[zero]\n"
        "vmov d12, %[zero], %[zero]\n"
        "vmov d13, %[zero], %[zero]\n"
        "vmov d14, %[zero], %[zero]\n"
        "vmov d15, %[zero], %[zero]\n"
        "cmp %[count], #0\n"
        "beq 2f\n"
        "1:\n"
        "vldmia %[x0]!, {s0-s3}\n"
        "vldmia %[x1]!, {s4-s7}\n"
        "vldmia %[w0]!, {s8-s11}\n"
        "vmul.f32 s12, s8, s0\n"
        "vmul.f32 s13, s9, s1\n"
        "vmul.f32 s14, s10, s2\n"
        "vmul.f32 s15, s11, s3\n"
        "vadd.f32 s16, s16, s12\n"
        "vadd.f32 s17, s17, s13\n"
        "vadd.f32 s18, s18, s14\n"
        "vadd.f32 s19, s19, s15\n"
        "vmul.f32 s12, s8, s4\n"
        "vmul.f32 s13, s9, s5\n"
        "vmul.f32 s14, s10, s6\n"
        "vmul.f32 s15, s11, s7\n"
        "vadd.f32 s24, s24, s12\n"
        "vadd.f32 s25, s25, s13\n"
        "vadd.f32 s26, s26, s14\n"
        "vadd.f32 s27, s27, s15\n"
        "vldmia %[w1]!, {s8-s11}\n"
        "vmul.f32 s12, s8, s0\n"
        "vmul.f32 s13, s9, s1\n"
        "vmul.f32 s14, s10, s2\n"
        "vmul.f32 s15, s11, s3\n"
        "vadd.f32 s20, s20, s12\n"
        "vadd.f32 s21, s21, s13\n"
        "vadd.f32 s22, s22, s14\n"
        "vadd.f32 s23, s23, s15\n"
        "vmul.f32 s12, s8, s4\n"
        "vmul.f32 s13, s9, s5\n"
        "vmul.f32 s14, s10, s6\n"
        "vmul.f32 s15, s11, s7\n"
        "vadd.f32 s28, s28, s12\n"
        "vadd.f32 s29, s29, s13\n"
        "vadd.f32 s30, s30, s14\n"
        "vadd.f32 s31, s31, s15\n"
        "subs %[count], #1\n"
        "bne 1b\n"
        "2:\n"
        "vstmia %[lanes], {s16-s31}\n"
        : [w0] "+r"(w0), [w1] "+r"(w1), [x0] "+r"(x0), [x1] "+r"(x1), [count] "+r"(n)
        : [lanes] "r"(lanes), [zero] "r"(zero)
        : "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11",
          "s12", "s13", "s14", "s15", "s16", "s17", "s18", "s19", "s20", "s21", "s22",
          "s23", "s24", "s25", "s26", "s27", "s28", "s29", "s30", "s31", "cc",
          "memory");
}

ecm_status_t ecm_nn_dot_four_f32(const float *w0, const float *w1, const float *x0,
                                 const float *x1, uint32_t n, float *sums) {
    float lanes[4U * DOT_LANES];
    uint32_t whole = n / DOT_LANES * DOT_LANES, i;
    ECM_REQUIRE(w0 != NULL && w1 != NULL && x0 != NULL && x1 != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(sums != NULL, ECM_ERR_NULL);
    dot_whole(w0, w1, x0, x1, n / DOT_LANES, lanes);
    for (i = 0; whole + i < n; i++) {
        lanes[i] += w0[whole + i] * x0[whole + i];
        lanes[4U + i] += w1[whole + i] * x0[whole + i];
        lanes[8U + i] += w0[whole + i] * x1[whole + i];
        lanes[12U + i] += w1[whole + i] * x1[whole + i];
    }
    for (i = 0; i < 4U; i++) {
        const float *lane = &lanes[DOT_LANES * i];
        sums[i] = (lane[0] + lane[1]) + (lane[2] + lane[3]);
    }
    return ECM_OK;
}
