/* fuzz_ecm_frame.c - frames of any values into buffers of any size.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_frame.h"
#include "ecm_fuzz.h"

void fuzz_ecm_frame(void);

void fuzz_ecm_frame(void) {
    uint32_t n = ecm_fuzz_len(2U * ECM_FRAME_MAX_BYTES), len = 0, i;
    ecm_frame_t *frame = ecm_fuzz_bytes(sizeof *frame);
    ecm_frame_join_t *join = ecm_fuzz_bytes(sizeof *join);
    uint8_t *buf = ecm_fuzz_bytes(n);
    ecm_status_t status;
    frame->class_id = (uint8_t)(frame->class_id % 25U);
    for (i = 0; i < ECM_FRAME_BINS && !ecm_fuzz_once_in(32); i++) {
        frame->count[i] &= ECM_FRAME_COUNT_MAX;
    }
    frame->score = ecm_fuzz_f32();
    frame->drift = ecm_fuzz_f32();
    ecm_fuzz_watch(&len, sizeof len);
    status = ecm_frame_encode(ecm_fuzz_or_null(frame), ecm_fuzz_or_null(buf), n, &len);
    ecm_fuzz_judge(status);
    ECM_FUZZ_CHECK(len <= n && len <= ECM_FRAME_MAX_BYTES);
    ECM_FUZZ_CHECK(status != ECM_ERR_FULL || n < ECM_FRAME_MAX_BYTES);
    ecm_fuzz_judge(
        ecm_frame_encode_join(ecm_fuzz_or_null(join), ecm_fuzz_or_null(buf), n, &len));
    ECM_FUZZ_CHECK(len <= n && len <= ECM_FRAME_MAX_BYTES);
}
