/* test_ecm_frame.c - bytes of frames, binary16 rounding, capacity.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_frame.h"
#include "ecm_test.h"

void test_ecm_frame(void);

static uint8_t buf[ECM_FRAME_MAX_BYTES + 1];

static void test_smallest_and_largest(void) {
    static const uint8_t smallest[] = {0x8d, 1, 0, 0,    0, 0, 0, 0,    0, 0,
                                       0xf9, 0, 0, 0xf9, 0, 0, 0, 0x4c, 0, 0,
                                       0,    0, 0, 0,    0, 0, 0, 0,    0, 0};
    ecm_frame_t frame;
    uint32_t i, len = 0;
    memset(&frame, 0, sizeof frame);
    ECM_CHECK(ecm_frame_encode(&frame, buf, sizeof buf, &len) == ECM_OK);
    ECM_CHECK(len == sizeof smallest);
    for (i = 0; i < len; i++) {
        ECM_CHECK(buf[i] == smallest[i]);
    }
    frame.device_id = frame.contract_id = frame.model_id = UINT32_MAX;
    frame.uptime_s = UINT32_MAX;
    frame.seq = UINT16_MAX;
    frame.health = frame.alarms = frame.feature = UINT8_MAX;
    frame.class_id = 23;
    for (i = 0; i < ECM_FRAME_BINS; i++) {
        frame.count[i] = ECM_FRAME_COUNT_MAX;
    }
    ECM_CHECK(ecm_frame_encode(&frame, buf, ECM_FRAME_MAX_BYTES, &len) == ECM_OK);
    ECM_CHECK(len == ECM_FRAME_MAX_BYTES);
    ecm_test_bytes("frame largest", buf, len);
    buf[0] = 0;
    ECM_CHECK(ecm_frame_encode(&frame, buf, ECM_FRAME_MAX_BYTES - 1, &len) ==
              ECM_ERR_FULL);
    ECM_CHECK(buf[0] == 0U && len == ECM_FRAME_MAX_BYTES);
}

static uint32_t half(uint32_t bits) {
    ecm_frame_t frame;
    uint32_t len = 0;
    memset(&frame, 0, sizeof frame);
    frame.score = ecm_test_from_bits(bits);
    ECM_CHECK(ecm_frame_encode(&frame, buf, sizeof buf, &len) == ECM_OK);
    return ((uint32_t)buf[11] << 8) | buf[12];
}

static void test_binary16(void) {
    uint32_t bits, hash = 0;
    ECM_CHECK(half(0x3f800000U) == 0x3c00U); /* 1 */
    ECM_CHECK(half(0x80000000U) == 0x8000U); /* -0 */
    ECM_CHECK(half(0x3f801000U) == 0x3c00U); /* tie to even, down */
    ECM_CHECK(half(0x3f803000U) == 0x3c02U); /* tie to even, up */
    ECM_CHECK(half(0x3f801001U) == 0x3c01U); /* above the tie */
    ECM_CHECK(half(0x477fefffU) == 0x7bffU); /* just below 65520 */
    ECM_CHECK(half(0x477ff000U) == 0x7c00U); /* 65520 */
    ECM_CHECK(half(0xff800000U) == 0xfc00U); /* -infinity */
    ECM_CHECK(half(0x387fffffU) == 0x0400U); /* rounds up to the least normal */
    ECM_CHECK(half(0x33800000U) == 0x0001U); /* 2^-24 */
    ECM_CHECK(half(0x33000000U) == 0x0000U); /* 2^-25, tie to even */
    ECM_CHECK(half(0x33000001U) == 0x0001U);
    ECM_CHECK(half(0xb2ffffffU) == 0x8000U);
    ECM_CHECK(half(0x00000001U) == 0x0000U);
    ECM_CHECK(half(0x7f800001U) == 0x7e00U); /* any NaN */
    ECM_CHECK(half(0xffc12345U) == 0x7e00U);
    for (bits = 0; bits < 0xfff00000U; bits += 0x0007f351U) {
        hash = hash * 31U + half(bits);
    }
    ecm_test_u32("frame binary16", hash);
}

static void test_join(void) {
    ecm_frame_join_t join;
    uint32_t i, len = 0;
    memset(&join, 0, sizeof join);
    for (i = 0; i < ECM_FRAME_ID_BYTES; i++) {
        join.contract_id[i] = (uint8_t)i;
        join.model_id[i] = (uint8_t)(0xf0U + i);
    }
    join.device_id = 24;
    join.features_len = 256;
    ECM_CHECK(ecm_frame_encode_join(&join, buf, sizeof buf, &len) == ECM_OK);
    ECM_CHECK(len == 1U + 1U + 2U + 17U + 17U + 1U + 3U);
    ECM_CHECK(buf[0] == 0x86U && buf[2] == 0x18U && buf[3] == 24U && buf[4] == 0x50U);
    ECM_CHECK(buf[39] == 0x19U && buf[40] == 1U && buf[41] == 0U);
    ecm_test_bytes("frame join", buf, len);
    join.device_id = UINT32_MAX;
    join.seq = join.features_len = UINT16_MAX;
    ECM_CHECK(ecm_frame_encode_join(&join, buf, sizeof buf, &len) == ECM_OK);
    ECM_CHECK(len == 47U && len <= ECM_FRAME_MAX_BYTES);
    ECM_CHECK(ecm_frame_encode_join(&join, buf, 46, &len) == ECM_ERR_FULL);
    ECM_CHECK(ecm_frame_encode_join(NULL, buf, 47, &len) == ECM_ERR_NULL);
}

static void test_refusals(void) {
    ecm_frame_t frame;
    uint32_t len = 99;
    memset(&frame, 0, sizeof frame);
    ECM_CHECK(ecm_frame_encode(NULL, buf, sizeof buf, &len) == ECM_ERR_NULL);
    ECM_CHECK(ecm_frame_encode(&frame, NULL, sizeof buf, &len) == ECM_ERR_NULL);
    ECM_CHECK(ecm_frame_encode(&frame, buf, sizeof buf, NULL) == ECM_ERR_NULL);
    frame.class_id = 24;
    ECM_CHECK(ecm_frame_encode(&frame, buf, sizeof buf, &len) == ECM_ERR_ARG);
    frame.class_id = 0;
    frame.count[7] = ECM_FRAME_COUNT_MAX + 1;
    ECM_CHECK(ecm_frame_encode(&frame, buf, sizeof buf, &len) == ECM_ERR_ARG);
    ECM_CHECK(len == 99U);
}

void test_ecm_frame(void) {
    test_smallest_and_largest();
    test_binary16();
    test_join();
    test_refusals();
}
