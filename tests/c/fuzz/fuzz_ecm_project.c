/* fuzz_ecm_project.c - linear maps of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_project.h"

void fuzz_ecm_project(void);

void fuzz_ecm_project(void) {
    ecm_project_t map;
    float *out;
    map.components_len = (uint16_t)ecm_fuzz_len(8);
    map.features_len = (uint16_t)ecm_fuzz_len(40);
    map.mean = ecm_fuzz_or_null(ecm_fuzz_array_f32(map.features_len));
    map.components = ecm_fuzz_or_null(
        ecm_fuzz_array_f32((uint32_t)map.components_len * map.features_len));
    out = ecm_fuzz_array_f32(map.components_len);
    ecm_fuzz_watch(out, map.components_len * sizeof *out);
    ecm_fuzz_judge(ecm_project_f32(ecm_fuzz_or_null(&map),
                                   ecm_fuzz_array_f32(map.features_len),
                                   ecm_fuzz_or_null(out)));
}
