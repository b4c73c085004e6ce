/* fuzz_ecm_feat_envelope.c - bands of anything; the step is in fuzz_ecm_feat.c.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_envelope.h"
#include "ecm_fuzz.h"

void fuzz_ecm_feat_envelope(void);

void fuzz_ecm_feat_envelope(void) {
    ecm_feat_plan_t plan;
    memset(&plan, 0, sizeof plan);
    plan.fs_hz = ecm_fuzz_f32();
    plan.window_len = ecm_fuzz_u32();
    (void)ecm_feat_envelope_len(ecm_fuzz_or_null(&plan), ecm_fuzz_f32(),
                                ecm_fuzz_f32());
}
