/* fuzz_ecm_feat_line.c - rows of steps on lines, of a spectrum of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_line.h"
#include "ecm_fuzz.h"

void fuzz_ecm_feat_line(void);

void fuzz_ecm_feat_line(void) {
    static const uint16_t forms[] = {ECM_FEAT_LINE, ECM_FEAT_HARMONICS, ECM_FEAT_THD,
                                     ECM_FEAT_SIDEBANDS};
    ecm_feat_lines_of_t of;
    uint16_t form = forms[ecm_fuzz_below(4)];
    uint32_t n = ecm_fuzz_len(70);
    of.bins_len = 4U + ecm_fuzz_len(60);
    of.power = ecm_fuzz_array_f32(of.bins_len);
    of.bin_hz = 0.25f;
    (void)ecm_feat_line_counts((uint16_t)ecm_fuzz_u32(), n);
    if (ecm_feat_line_counts(form, n)) {
        (void)ecm_feat_line_value_f32(&of, form, n, 0.1f * (float)(1U + n),
                                      0.1f * (float)ecm_fuzz_below(9), 0.02f);
    }
}
