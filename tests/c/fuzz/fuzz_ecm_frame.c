/* fuzz_ecm_frame.c - frames of any values into buffers of any size.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_frame.h"
#include "ecm_fuzz.h"

void fuzz_ecm_frame(void);

static ecm_status_t code_of(void *user, const uint8_t *data, uint32_t bytes,
                            uint8_t mac[ECM_FRAME_MAC_BYTES]) {
    (void)user;
    ECM_FUZZ_CHECK(bytes >= ECM_FRAME_MAC_BYTES);
    memcpy(mac, data, ECM_FRAME_MAC_BYTES);
    return ecm_fuzz_once_in(16) ? ECM_ERR_STATE : ECM_OK;
}

static void fuzz_sketches(ecm_frame_sketch_t *sketches, uint32_t n) {
    static const uint16_t sizes[] = {2, 4, 8, 16, 32, 64};
    uint32_t i, b;
    for (i = 0; i < n; i++) {
        uint32_t bins = sizes[ecm_fuzz_below(6)];
        uint16_t *count;
        if (ecm_fuzz_once_in(8)) {
            bins = ecm_fuzz_len(70);
        }
        count = ecm_fuzz_bytes((bins < 2U ? 2U : bins) * sizeof *count);
        for (b = 0; b < bins; b++) {
            count[b] = (uint16_t)ecm_fuzz_len(ecm_fuzz_once_in(4) ? 65535 : 900);
        }
        sketches[i].count = ecm_fuzz_once_in(50) ? NULL : count;
        sketches[i].bins = (uint16_t)bins;
        sketches[i].feature = (uint16_t)ecm_fuzz_len(256);
    }
}

void fuzz_ecm_frame(void) {
    uint32_t n = ecm_fuzz_len(300), len = 0, sketches_len, ratios_len;
    ecm_frame_sent_t sent = {0, 0};
    ecm_frame_shadow_t *shadow = ecm_fuzz_bytes(sizeof *shadow);
    uint8_t *item = ecm_fuzz_bytes(ECM_FRAME_SHADOW_BYTES);
    ecm_frame_t *frame = ecm_fuzz_bytes(sizeof *frame);
    ecm_frame_join_t *join = ecm_fuzz_bytes(sizeof *join);
    ecm_frame_answer_t *answer = ecm_fuzz_bytes(sizeof *answer);
    ecm_frame_sketch_t *sketches;
    uint8_t *buf = ecm_fuzz_bytes(n);
    ecm_frame_mac_fn_t mac = ecm_fuzz_once_in(2) ? code_of : NULL;
    ecm_status_t status;
    sketches_len = ecm_fuzz_len(ECM_FRAME_SKETCHES_MAX);
    ratios_len = ecm_fuzz_len(ECM_FRAME_RATIOS_MAX);
    sketches = ecm_fuzz_bytes(sketches_len * sizeof *sketches);
    fuzz_sketches(sketches, sketches_len);
    frame->class_id = (uint16_t)(frame->class_id % 25U);
    frame->score = ecm_fuzz_f32();
    frame->drift = ecm_fuzz_f32();
    frame->values_len = (uint16_t)ecm_fuzz_below(6);
    frame->values = ecm_fuzz_array_f32(frame->values_len);
    frame->update = (uint16_t)(frame->update % 25U);
    frame->ratios = ecm_fuzz_array_f32(ratios_len);
    frame->ratios_len = (uint16_t)ratios_len;
    frame->sketches = sketches;
    frame->sketches_len = (uint16_t)sketches_len;
    shadow->windows = (uint16_t)ecm_fuzz_len(65535);
    shadow->agreed =
        (uint16_t)(ecm_fuzz_once_in(8) ? ecm_fuzz_u32()
                                       : ecm_fuzz_below(shadow->windows + 1U));
    shadow->differences_len = (uint16_t)ecm_fuzz_below(10);
    shadow->differences = ecm_fuzz_array_f32(shadow->differences_len);
    frame->shadow = item;
    if (ecm_frame_encode_shadow(ecm_fuzz_or_null(shadow), item, &frame->shadow_bytes,
                                &frame->shadow_least) != ECM_OK) {
        frame->shadow = ecm_fuzz_once_in(2) ? NULL : item;
        frame->shadow_bytes = (uint16_t)ecm_fuzz_len(40);
        frame->shadow_least = (uint16_t)ecm_fuzz_len(40);
    }
    ecm_fuzz_watch(&len, sizeof len);
    ecm_fuzz_watch(&sent, sizeof sent);
    status = ecm_frame_encode(ecm_fuzz_or_null(frame), mac, NULL, ecm_fuzz_or_null(buf),
                              n, &len, &sent);
    ecm_fuzz_judge(status);
    ECM_FUZZ_CHECK(len <= n && sent.sketches <= sketches_len);
    ECM_FUZZ_CHECK(sent.shadow == 0U || frame->shadow != NULL);
    ECM_FUZZ_CHECK(status != ECM_ERR_FULL || n < ECM_FRAME_MIN_BYTES);
    len = 0;
    ecm_fuzz_judge(ECM_OK);
    ecm_fuzz_judge(ecm_frame_encode_join(ecm_fuzz_or_null(join), mac, NULL,
                                         ecm_fuzz_or_null(buf), n, &len));
    ECM_FUZZ_CHECK(len <= n && len <= ECM_FRAME_MIN_BYTES);
    len = 0;
    ecm_fuzz_judge(ECM_OK);
    answer->result = (uint16_t)(answer->result % 25U);
    ecm_fuzz_judge(ecm_frame_encode_answer(ecm_fuzz_or_null(answer), mac, NULL,
                                           ecm_fuzz_or_null(buf), n, &len));
    ECM_FUZZ_CHECK(len <= n && len <= ECM_FRAME_MIN_BYTES);
}
