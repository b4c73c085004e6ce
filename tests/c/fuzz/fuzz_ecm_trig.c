/* fuzz_ecm_trig.c - sine, cosine and angles of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_trig.h"

void fuzz_ecm_trig(void);

void fuzz_ecm_trig(void) {
    float x = ecm_fuzz_f32(), y = ecm_fuzz_f32(), two[2], angle;
    bool finite = x - x == 0.0f;
    angle = ecm_trig_sin_f32(x);
    ECM_FUZZ_CHECK(finite ? angle >= -1.0f && angle <= 1.0f : angle != angle);
    angle = ecm_trig_cos_f32(x);
    ECM_FUZZ_CHECK(finite ? angle >= -1.0f && angle <= 1.0f : angle != angle);
    two[0] = two[1] = 0.0f;
    ecm_fuzz_watch(two, sizeof two);
    ecm_fuzz_judge(ecm_trig_sincos_f32(x, ecm_fuzz_or_null(two), two + 1));
    ecm_fuzz_judge(ecm_trig_sincos_f32(x, two, ecm_fuzz_or_null(two + 1)));
    angle = ecm_trig_atan2_f32(y, x);
    ECM_FUZZ_CHECK(x != x || y != y ? angle != angle
                                    : angle >= -3.15f && angle <= 3.15f);
}
