/* test_ecm_frame.c - bytes of frames, budgets, sketches that are scaled, binary16.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_frame.h"
#include "ecm_test.h"

void test_ecm_frame(void);

static uint8_t buf[ECM_FRAME_FULL_BYTES];
static uint16_t count[ECM_FRAME_BINS_MAX];

static ecm_status_t encode(const ecm_frame_t *frame, uint32_t bytes, uint32_t *len,
                           ecm_frame_sent_t *sent) {
    return ecm_frame_encode(frame, NULL, NULL, buf, bytes, len, sent);
}

static void test_smallest(void) {
    static const uint8_t smallest[] = {0x8d, 3, 0x4c, 0,    0, 0, 0,    0, 0,    0,
                                       0,    0, 0,    0,    0, 0, 0,    0, 0,    0,
                                       0xf9, 0, 0,    0xf9, 0, 0, 0x80, 0, 0x40, 0x80};
    ecm_frame_t frame;
    uint32_t i, len = 0;
    ecm_frame_sent_t sent = {9, 9};
    memset(&frame, 0, sizeof frame);
    ECM_CHECK(encode(&frame, ECM_FRAME_MIN_BYTES, &len, &sent) == ECM_OK);
    ECM_CHECK(len == sizeof smallest && sent.sketches == 0U);
    for (i = 0; i < len && i < sizeof smallest; i++) {
        ECM_CHECK(buf[i] == smallest[i]);
    }
}

/* All values at their largest. */
static void largest(ecm_frame_t *frame) {
    memset(frame, 0, sizeof *frame);
    frame->device_id = frame->contract_id = frame->model_id = UINT32_MAX;
    frame->uptime_s = UINT32_MAX;
    frame->seq = frame->health = frame->alarms = UINT16_MAX;
    frame->class_id = ECM_FRAME_NO_CLASS;
}

static ecm_status_t code_of(void *user, const uint8_t *data, uint32_t bytes,
                            uint8_t mac[ECM_FRAME_MAC_BYTES]) {
    uint32_t i;
    if (user != NULL) {
        return ECM_ERR_STATE;
    }
    for (i = 0; i < ECM_FRAME_MAC_BYTES; i++) {
        mac[i] = (uint8_t)(data[i] + bytes);
    }
    return ECM_OK;
}

static void test_budgets(void) {
    static const uint16_t bins[] = {8, 16, 32, 64};
    ecm_frame_sketch_t sketches[8];
    float ratios[8];
    ecm_frame_t frame;
    uint32_t i, k, budget, len = 0;
    ecm_frame_sent_t sent = {0, 0};
    for (k = 0; k < 4U; k++) {
        for (i = 0; i < 64U; i++) {
            count[i] = (uint16_t)(i * i % 97U + (i == 5U ? 900U : 0U));
        }
        for (i = 0; i < 8U; i++) {
            sketches[i].count = count;
            sketches[i].bins = bins[k];
            sketches[i].feature = (uint16_t)i;
            ratios[i] = 0.3f * (float)i;
        }
        largest(&frame);
        frame.ratios = ratios;
        frame.ratios_len = 8;
        frame.sketches = sketches;
        frame.sketches_len = 8;
        for (budget = ECM_FRAME_MIN_BYTES; budget <= ECM_FRAME_FULL_BYTES; budget++) {
            ECM_CHECK(encode(&frame, budget, &len, &sent) == ECM_OK);
            ECM_CHECK(len <= budget && sent.sketches >= 1U);
            if (budget == ECM_FRAME_MIN_BYTES || budget % 57U == 0U) {
                ecm_test_bytes("frame", buf, len);
            }
            ECM_CHECK(ecm_frame_encode(&frame, code_of, NULL, buf, budget, &len,
                                       &sent) == ECM_OK);
            ECM_CHECK(len <= budget && buf[0] == 0x8eU && buf[len - 5U] == 0x44U);
            ECM_CHECK(buf[len - 4U] == (uint8_t)(0x8eU + len - 5U));
        }
        ECM_CHECK(sent.sketches == 8U);
    }
}

/* The sketch of a frame with one: counters that fit are sent as they are. */
static void test_sketch(void) {
    static const uint16_t few[8] = {1, 2, 3, 0, 15, 7, 9, 4};
    static const uint8_t exact[] = {0x81, 0x48, 3, 41, 0, 8, 0x21, 0x03, 0x7f, 0x49};
    ecm_frame_sketch_t sketch = {few, 8, 3};
    ecm_frame_t frame;
    uint32_t i, len = 0;
    ecm_frame_sent_t sent = {0, 0};
    largest(&frame);
    frame.sketches = &sketch;
    frame.sketches_len = 1;
    ECM_CHECK(encode(&frame, ECM_FRAME_MIN_BYTES, &len, &sent) == ECM_OK &&
              sent.sketches == 1U);
    for (i = 0; i < sizeof exact; i++) {
        ECM_CHECK(buf[len - sizeof exact + i] == exact[i]);
    }
    sketch.feature = ECM_FRAME_CLASSES;
    for (sketch.bins = 2; sketch.bins <= 8U; sketch.bins++) {
        ECM_CHECK(encode(&frame, ECM_FRAME_MIN_BYTES, &len, &sent) == ECM_OK);
        ecm_test_bytes("frame classes", buf, len);
    }
    memset(count, 0, sizeof count);
    sketch.count = count;
    sketch.feature = 7;
    sketch.bins = 64;
    ECM_CHECK(encode(&frame, ECM_FRAME_MIN_BYTES, &len, &sent) == ECM_OK &&
              sent.sketches == 1U);
    ECM_CHECK(buf[len - 5U] == 0x44U && buf[len - 1U] == 64U); /* none: no bits */
    count[0] = UINT16_MAX;
    ECM_CHECK(encode(&frame, ECM_FRAME_MIN_BYTES, &len, &sent) == ECM_OK);
    ecm_test_bytes("frame full", buf, len);
}

static uint32_t half(uint32_t bits) {
    ecm_frame_t frame;
    uint32_t len = 0;
    ecm_frame_sent_t sent = {0, 0};
    memset(&frame, 0, sizeof frame);
    frame.score = ecm_test_from_bits(bits);
    ECM_CHECK(encode(&frame, ECM_FRAME_MIN_BYTES, &len, &sent) == ECM_OK);
    return ((uint32_t)buf[21] << 8) | buf[22];
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

static void test_ratios(void) {
    const float ratios[] = {0.0f, 1.0f, 7.94f, 7.96f, 1e30f, -1.0f, 0.0157f};
    static const uint8_t wanted[] = {0x47, 0, 32, 254, 255, 255, 0, 1, 0x80};
    ecm_frame_t frame;
    uint32_t i, len = 0;
    ecm_frame_sent_t sent = {9, 9};
    memset(&frame, 0, sizeof frame);
    frame.ratios = ratios;
    frame.ratios_len = 7;
    ECM_CHECK(encode(&frame, ECM_FRAME_MIN_BYTES, &len, &sent) == ECM_OK);
    for (i = 0; i < sizeof wanted; i++) {
        ECM_CHECK(buf[len - sizeof wanted + i] == wanted[i]);
    }
}

/* Values of regressions: all where there is room, else in turns with the sketch. */
static void test_values(void) {
    static const uint16_t few[8] = {1, 2, 3, 0, 15, 7, 9, 4};
    static const uint8_t wanted[] = {0x84, 0xf9, 0xbc, 0,    0xfa, 0x47,
                                     0x7f, 0xf0, 0,    0xf9, 0x7e, 0,
                                     0xf9, 0xfc, 0,    9,    0x40, 0x80};
    float values[4] = {-1.0f, 0.0f, 0.0f, 0.0f};
    ecm_frame_sketch_t sketch = {few, 8, 3};
    ecm_frame_t frame;
    uint32_t i, n, seq, len = 0;
    ecm_frame_sent_t sent = {9, 9};
    values[1] = ecm_test_from_bits(0x477ff000U);
    values[2] = ecm_test_from_bits(0xffc00001U);
    values[3] = ecm_test_from_bits(0xff800000U);
    memset(&frame, 0, sizeof frame);
    frame.values = values;
    frame.values_len = 4;
    frame.update = 9;
    ECM_CHECK(encode(&frame, ECM_FRAME_MIN_BYTES, &len, &sent) == ECM_OK);
    ECM_CHECK(len == 26U + sizeof wanted && sent.sketches == 0U);
    for (i = 0; i < sizeof wanted; i++) {
        ECM_CHECK(buf[len - sizeof wanted + i] == wanted[i]);
    }
    values[0] = values[2] = values[3] = values[1];
    for (n = 1; n <= ECM_FRAME_VALUES_MAX; n++) {
        for (seq = 0; seq < 2U; seq++) {
            largest(&frame);
            frame.seq = (uint16_t)(65534U + seq);
            frame.values = values;
            frame.values_len = (uint16_t)n;
            frame.sketches = &sketch;
            frame.sketches_len = 1;
            ECM_CHECK(encode(&frame, ECM_FRAME_MIN_BYTES, &len, &sent) == ECM_OK);
            /* 11 bytes are left: two values of 5, or a sketch. */
            ECM_CHECK(len <= ECM_FRAME_MIN_BYTES && sent.sketches == seq);
            ECM_CHECK(buf[36] == (seq != 0U ? 0x80U : 0x80U + (n < 2U ? n : 2U)));
            ECM_CHECK(encode(&frame, ECM_FRAME_FULL_BYTES, &len, &sent) == ECM_OK);
            ECM_CHECK(buf[36] == 0x80U + n && sent.sketches == 1U);
            ecm_test_bytes("frame values", buf, len);
            ECM_CHECK(ecm_frame_encode(&frame, code_of, NULL, buf, ECM_FRAME_MIN_BYTES,
                                       &len, &sent) == ECM_OK);
            ECM_CHECK(len <= ECM_FRAME_MIN_BYTES && sent.sketches == 0U);
        }
    }
}

static uint8_t item[ECM_FRAME_SHADOW_BYTES];
static uint16_t item_bytes, item_least;

static ecm_status_t item_of(const ecm_frame_shadow_t *said) {
    return ecm_frame_encode_shadow(said, item, &item_bytes, &item_least);
}

static void take(ecm_frame_t *frame, const ecm_frame_shadow_t *said) {
    ECM_CHECK(item_of(said) == ECM_OK);
    frame->shadow = item;
    frame->shadow_bytes = item_bytes;
    frame->shadow_least = item_least;
}

/* Challengers: beside all else where there is room; else one frame of eight. */
static void test_shadow(void) {
    static const uint16_t few[8] = {1, 2, 3, 0, 15, 7, 9, 4};
    static const uint8_t wanted[] = {0x80, 0x84, 0x19, 0x01, 0x00, 0x18, 200,
                                     0xf9, 0x38, 0,    0xf9, 0x7c, 0};
    float differences[ECM_FRAME_DIFFERENCES_MAX] = {0.5f, 1e9f};
    ecm_frame_shadow_t shadow = {256, 200, 1, 2, NULL};
    ecm_frame_sketch_t sketch = {few, 8, 3};
    ecm_frame_sent_t sent = {9, 9};
    ecm_frame_t frame;
    uint32_t i, len = 0;
    shadow.differences = differences;
    memset(&frame, 0, sizeof frame);
    take(&frame, &shadow);
    ECM_CHECK(encode(&frame, ECM_FRAME_MIN_BYTES, &len, &sent) == ECM_OK);
    ECM_CHECK(len == 29U + sizeof wanted && sent.sketches == 0U && sent.shadow == 1U);
    for (i = 0; i < sizeof wanted; i++) {
        ECM_CHECK(buf[len - sizeof wanted + i] == wanted[i]);
    }
    ECM_CHECK(buf[0] == 0x8eU);
    shadow.classes = 0;
    take(&frame, &shadow);
    ECM_CHECK(encode(&frame, ECM_FRAME_MIN_BYTES, &len, &sent) == ECM_OK);
    ECM_CHECK(buf[len - 10U] == 0x83U && buf[len - 9U] == 0x19U);
    shadow.classes = 1;
    for (i = 0; i < ECM_FRAME_SHADOW_TURN; i++) {
        largest(&frame);
        frame.seq = (uint16_t)(65528U + i);
        take(&frame, &shadow);
        frame.sketches = &sketch;
        frame.sketches_len = 1;
        ECM_CHECK(ecm_frame_encode(&frame, code_of, NULL, buf, ECM_FRAME_FULL_BYTES,
                                   &len, &sent) == ECM_OK);
        ECM_CHECK(sent.sketches == 1U && sent.shadow == 1U && buf[0] == 0x8fU);
        ecm_test_bytes("frame shadow", buf, len);
        ECM_CHECK(encode(&frame, ECM_FRAME_MIN_BYTES, &len, &sent) == ECM_OK);
        /* 11 bytes are left: a sketch, or the counts and a difference. */
        ECM_CHECK(sent.shadow == (i == 7U ? 1U : 0U) && len <= ECM_FRAME_MIN_BYTES);
        ECM_CHECK(sent.sketches == 1U - sent.shadow);
        ecm_test_bytes("frame shadow", buf, len);
    }
    ECM_CHECK(buf[len - 9U] == 0x83U && len == 49U);
    ECM_CHECK(ecm_frame_encode(&frame, code_of, NULL, buf, ECM_FRAME_MIN_BYTES, &len,
                               &sent) == ECM_OK);
    ECM_CHECK(sent.shadow == 1U && len == ECM_FRAME_MIN_BYTES);
    shadow.agreed = 256; /* one byte more than there is */
    take(&frame, &shadow);
    ECM_CHECK(ecm_frame_encode(&frame, code_of, NULL, buf, ECM_FRAME_MIN_BYTES, &len,
                               &sent) == ECM_OK);
    ECM_CHECK(sent.shadow == 0U);
    shadow.agreed = 257;
    ECM_CHECK(item_of(&shadow) == ECM_ERR_ARG);
    shadow.agreed = 0;
    shadow.differences_len = ECM_FRAME_DIFFERENCES_MAX + 1;
    ECM_CHECK(item_of(&shadow) == ECM_ERR_ARG);
    shadow.differences_len = 1;
    shadow.differences = NULL;
    ECM_CHECK(item_of(&shadow) == ECM_ERR_NULL && item_of(NULL) == ECM_ERR_NULL);
    frame.shadow_bytes = ECM_FRAME_SHADOW_BYTES + 1;
    ECM_CHECK(encode(&frame, 51, &len, &sent) == ECM_ERR_ARG);
    frame.shadow = NULL;
    ECM_CHECK(encode(&frame, 51, &len, &sent) == ECM_ERR_NULL);
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
    join.features_len = 255;
    ECM_CHECK(ecm_frame_encode_join(&join, NULL, NULL, buf, 51, &len) == ECM_OK);
    ECM_CHECK(len == 1U + 1U + 2U + 36U + 1U + 2U);
    ECM_CHECK(buf[0] == 0x84U && buf[2] == 0x58U && buf[3] == 36U && buf[7] == 24U);
    ECM_CHECK(buf[8] == 0U && buf[24] == 0xf0U && buf[41] == 0x18U && buf[42] == 255U);
    ecm_test_bytes("frame join", buf, len);
    join.device_id = UINT32_MAX;
    join.seq = join.features_len = UINT16_MAX;
    ECM_CHECK(ecm_frame_encode_join(&join, code_of, NULL, buf, 51, &len) == ECM_OK);
    ECM_CHECK(len == 51U && buf[0] == 0x85U);
    len = 99;
    ECM_CHECK(ecm_frame_encode_join(&join, code_of, NULL, buf, 50, &len) ==
              ECM_ERR_FULL);
    ECM_CHECK(ecm_frame_encode_join(&join, code_of, buf, buf, 51, &len) ==
              ECM_ERR_STATE);
    ECM_CHECK(ecm_frame_encode_join(NULL, NULL, NULL, buf, 51, &len) == ECM_ERR_NULL);
    ECM_CHECK(len == 99U);
}

static void test_answer(void) {
    ecm_frame_answer_t answer;
    uint32_t len = 0;
    memset(&answer, 0, sizeof answer);
    answer.device_id = 7;
    answer.contract_id = 0x01020304U;
    answer.model_id = 0xa1a2a3a4U;
    answer.seq = 5;
    answer.uptime_s = 600;
    answer.command = 17;
    answer.kind = 2;
    answer.value[0] = 5;
    answer.value[1] = 1;
    answer.result = 4;
    ECM_CHECK(ecm_frame_encode_answer(&answer, NULL, NULL, buf, 51, &len) == ECM_OK);
    ECM_CHECK(len == 1U + 1U + 13U + 1U + 3U + 1U + 1U + 2U + 1U);
    ECM_CHECK(buf[0] == 0x89U && buf[6] == 7U && buf[19] == 17U && buf[23] == 4U);
    ecm_test_bytes("frame answer", buf, len);
    memset(&answer, 0xff, sizeof answer);
    answer.result = ECM_FRAME_RESULT_MAX;
    ECM_CHECK(ecm_frame_encode_answer(&answer, code_of, NULL, buf, 51, &len) == ECM_OK);
    ECM_CHECK(len == 49U && buf[0] == 0x8aU);
    ecm_test_bytes("frame answer", buf, len);
    len = 99;
    ECM_CHECK(ecm_frame_encode_answer(&answer, code_of, NULL, buf, 48, &len) ==
              ECM_ERR_FULL);
    ECM_CHECK(ecm_frame_encode_answer(&answer, code_of, buf, buf, 51, &len) ==
              ECM_ERR_STATE);
    ECM_CHECK(ecm_frame_encode_answer(NULL, NULL, NULL, buf, 51, &len) == ECM_ERR_NULL);
    answer.result++;
    ECM_CHECK(ecm_frame_encode_answer(&answer, NULL, NULL, buf, 51, &len) ==
              ECM_ERR_ARG);
    ECM_CHECK(len == 99U);
}

static void test_refusals(void) {
    ecm_frame_sketch_t sketch = {count, 8, 0};
    ecm_frame_t frame;
    uint32_t len = 99;
    ecm_frame_sent_t sent = {99, 99};
    memset(&frame, 0, sizeof frame);
    memset(count, 0, sizeof count);
    ECM_CHECK(encode(NULL, 51, &len, &sent) == ECM_ERR_NULL);
    ECM_CHECK(encode(&frame, 51, NULL, &sent) == ECM_ERR_NULL);
    ECM_CHECK(encode(&frame, 51, &len, NULL) == ECM_ERR_NULL);
    ECM_CHECK(encode(&frame, 50, &len, &sent) == ECM_ERR_FULL);
    frame.class_id = 24;
    ECM_CHECK(encode(&frame, 51, &len, &sent) == ECM_ERR_ARG);
    frame.class_id = 0;
    frame.sketches_len = 1;
    ECM_CHECK(encode(&frame, 51, &len, &sent) == ECM_ERR_NULL);
    frame.sketches = &sketch;
    sketch.bins = 12;
    ECM_CHECK(encode(&frame, 51, &len, &sent) == ECM_ERR_ARG);
    sketch.feature = ECM_FRAME_CLASSES + 1;
    ECM_CHECK(encode(&frame, 51, &len, &sent) == ECM_ERR_ARG);
    sketch.bins = 65;
    sketch.feature = 0;
    ECM_CHECK(encode(&frame, 51, &len, &sent) == ECM_ERR_ARG);
    sketch.bins = 8;
    count[0] = count[1] = 40000;
    ECM_CHECK(encode(&frame, 51, &len, &sent) == ECM_ERR_ARG);
    sketch.count = NULL;
    ECM_CHECK(encode(&frame, 51, &len, &sent) == ECM_ERR_NULL);
    frame.sketches_len = 0;
    frame.ratios_len = ECM_FRAME_RATIOS_MAX + 1;
    frame.ratios = (const float *)ecm_test_memory;
    ECM_CHECK(encode(&frame, 51, &len, &sent) == ECM_ERR_ARG);
    frame.ratios_len = 0;
    frame.values_len = 1;
    ECM_CHECK(encode(&frame, 51, &len, &sent) == ECM_ERR_NULL);
    frame.values = (const float *)ecm_test_memory;
    frame.values_len = ECM_FRAME_VALUES_MAX + 1;
    ECM_CHECK(encode(&frame, 51, &len, &sent) == ECM_ERR_ARG);
    frame.values_len = 0;
    frame.update = ECM_FRAME_UPDATE_MAX + 1;
    ECM_CHECK(encode(&frame, 51, &len, &sent) == ECM_ERR_ARG);
    frame.update = 0;
    ECM_CHECK(ecm_frame_encode(&frame, code_of, buf, buf, 51, &len, &sent) ==
              ECM_ERR_STATE);
    ECM_CHECK(len == 99U && sent.sketches == 99U && sent.shadow == 99U);
}

void test_ecm_frame(void) {
    test_smallest();
    test_budgets();
    test_sketch();
    test_binary16();
    test_ratios();
    test_values();
    test_shadow();
    test_join();
    test_answer();
    test_refusals();
}
