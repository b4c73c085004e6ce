/* ecm_frame.c - see ecm_frame.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_frame.h"

/* CBOR major types, RFC 8949 section 3.1. */
#define FRAME_UNSIGNED 0x00U
#define FRAME_BYTES 0x40U
#define FRAME_ARRAY 0x80U
#define FRAME_BINARY16 0xf9U

#define FRAME_CLASS_MAX 23U
#define FRAME_COUNTS_BYTES (ECM_FRAME_BINS * 12 / 8)

/* Where the next byte goes; the caller knows that the bytes fit. */
typedef struct {
    uint8_t *at;
} frame_writer_t;

static void frame_byte(frame_writer_t *to, uint32_t byte) {
    *to->at++ = (uint8_t)(byte & 0xffU);
}

/* Big-endian, as CBOR wants. */
static void frame_big_endian(frame_writer_t *to, uint32_t value, uint32_t bytes) {
    while (bytes > 0U) {
        bytes--;
        frame_byte(to, value >> (8U * bytes));
    }
}

/* Head of an item with its argument in the fewest bytes. */
static void frame_head(frame_writer_t *to, uint32_t major, uint32_t value) {
    if (value < 24U) {
        frame_byte(to, major | value);
    } else if (value <= 0xffU) {
        frame_byte(to, major | 24U);
        frame_big_endian(to, value, 1);
    } else if (value <= 0xffffU) {
        frame_byte(to, major | 25U);
        frame_big_endian(to, value, 2);
    } else {
        frame_byte(to, major | 26U);
        frame_big_endian(to, value, 4);
    }
}

static void frame_unsigned(frame_writer_t *to, uint32_t value) {
    frame_head(to, FRAME_UNSIGNED, value);
}

static void frame_bytes(frame_writer_t *to, const uint8_t *data, uint32_t data_bytes) {
    frame_head(to, FRAME_BYTES, data_bytes);
    memcpy(to->at, data, (size_t)data_bytes);
    to->at += data_bytes;
}

/* value / 2^shift, rounded to nearest even; shift 1 ... 31. */
static uint32_t frame_round_shift(uint32_t value, uint32_t shift) {
    uint32_t half = (uint32_t)1 << (shift - 1U);
    uint32_t rest = value & ((half << 1) - 1U);
    uint32_t kept = value >> shift;
    if (rest > half || (rest == half && (kept & 1U) != 0U)) {
        kept++;
    }
    return kept;
}

/* binary32 to binary16 in integers, so that cores without FPU agree. */
static uint32_t frame_binary16(float x) {
    uint32_t bits, sign, magnitude, exponent, significand;
    memcpy(&bits, &x, sizeof bits);
    sign = (bits >> 16) & 0x8000U;
    magnitude = bits & 0x7fffffffU;
    if (magnitude > 0x7f800000U) {
        return 0x7e00U; /* one NaN for all */
    }
    if (magnitude >= 0x477ff000U) { /* 65520 and above, infinity included */
        return sign | 0x7c00U;
    }
    if (magnitude >= 0x38800000U) { /* 2^-14 and above: normal; a carry goes on up */
        return sign | frame_round_shift(magnitude - 0x38000000U, 13);
    }
    exponent = magnitude >> 23;
    if (exponent < 102U) { /* below 2^-25, half of the smallest */
        return sign;
    }
    significand = (magnitude & 0x007fffffU) | 0x00800000U;
    return sign | frame_round_shift(significand, 126U - exponent);
}

static void frame_float(frame_writer_t *to, float x) {
    frame_byte(to, FRAME_BINARY16);
    frame_big_endian(to, frame_binary16(x), 2);
}

/* Two counters of 12 bits into three bytes, little-endian. */
static void frame_counts(frame_writer_t *to, const uint16_t *count) {
    uint8_t packed[FRAME_COUNTS_BYTES];
    uint32_t i;
    for (i = 0; i < ECM_FRAME_BINS / 2; i++) {
        uint32_t pair = count[2U * i] | ((uint32_t)count[2U * i + 1U] << 12);
        packed[3U * i] = (uint8_t)(pair & 0xffU);
        packed[3U * i + 1U] = (uint8_t)((pair >> 8) & 0xffU);
        packed[3U * i + 2U] = (uint8_t)(pair >> 16);
    }
    frame_bytes(to, packed, FRAME_COUNTS_BYTES);
}

/* Hand over what was encoded aside, all of it or nothing. */
static ecm_status_t frame_deliver(const uint8_t *aside, const frame_writer_t *end,
                                  uint8_t *buf, uint32_t buf_bytes, uint32_t *len) {
    uint32_t bytes = (uint32_t)(end->at - aside);
    ECM_ASSERT(bytes <= ECM_FRAME_MAX_BYTES);
    ECM_REQUIRE(bytes <= buf_bytes, ECM_ERR_FULL);
    memcpy(buf, aside, (size_t)bytes);
    *len = bytes;
    return ECM_OK;
}

ecm_status_t ecm_frame_encode(const ecm_frame_t *frame, uint8_t *buf,
                              uint32_t buf_bytes, uint32_t *len) {
    uint8_t aside[ECM_FRAME_MAX_BYTES];
    frame_writer_t to;
    uint32_t i;
    ECM_REQUIRE(frame != NULL && buf != NULL && len != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(frame->class_id <= FRAME_CLASS_MAX, ECM_ERR_ARG);
    for (i = 0; i < ECM_FRAME_BINS; i++) {
        ECM_REQUIRE(frame->count[i] <= ECM_FRAME_COUNT_MAX, ECM_ERR_ARG);
    }
    to.at = aside;
    frame_head(&to, FRAME_ARRAY, 13);
    frame_unsigned(&to, ECM_FRAME_VERSION);
    frame_unsigned(&to, frame->device_id);
    frame_unsigned(&to, frame->contract_id);
    frame_unsigned(&to, frame->model_id);
    frame_unsigned(&to, frame->seq);
    frame_unsigned(&to, frame->uptime_s);
    frame_unsigned(&to, frame->health);
    frame_unsigned(&to, frame->alarms);
    frame_unsigned(&to, frame->class_id);
    frame_float(&to, frame->score);
    frame_float(&to, frame->drift);
    frame_unsigned(&to, frame->feature);
    frame_counts(&to, frame->count);
    return frame_deliver(aside, &to, buf, buf_bytes, len);
}

ecm_status_t ecm_frame_encode_join(const ecm_frame_join_t *join, uint8_t *buf,
                                   uint32_t buf_bytes, uint32_t *len) {
    uint8_t aside[ECM_FRAME_MAX_BYTES];
    frame_writer_t to;
    ECM_REQUIRE(join != NULL && buf != NULL && len != NULL, ECM_ERR_NULL);
    to.at = aside;
    frame_head(&to, FRAME_ARRAY, 6);
    frame_unsigned(&to, ECM_FRAME_VERSION);
    frame_unsigned(&to, join->device_id);
    frame_bytes(&to, join->contract_id, ECM_FRAME_ID_BYTES);
    frame_bytes(&to, join->model_id, ECM_FRAME_ID_BYTES);
    frame_unsigned(&to, join->seq);
    frame_unsigned(&to, join->features_len);
    return frame_deliver(aside, &to, buf, buf_bytes, len);
}
