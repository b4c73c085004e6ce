/* ecm_frame.c - see ecm_frame.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_frame.h"
#include "ecm_cbor.h"

#define FRAME_UNSIGNED ECM_CBOR_UNSIGNED
#define FRAME_BYTES ECM_CBOR_BYTES
#define FRAME_ARRAY ECM_CBOR_ARRAY
#define FRAME_BINARY16 0xf9U
#define FRAME_BINARY32 0xfaU

#define FRAME_STATUS_ITEMS 13U
#define FRAME_JOIN_ITEMS 4U
#define FRAME_ANSWER_ITEMS 9U
#define FRAME_PREFIX_BYTES 12U
/* Of a sketch: feature, number of values, bins. */
#define FRAME_SKETCH_HEAD_BYTES 4U
/* Room for a sketch that is worth sending with others: 8 bins of 8 bits. */
#define FRAME_SKETCH_FAIR_BYTES 13U
/* And the least: 8 bins of 4 bits, or 2 bits for each class. */
#define FRAME_SKETCH_LEAST_BYTES 9U
#define FRAME_FEW_BINS 8U
#define FRAME_BITS_ENOUGH 6U
#define FRAME_MAC_ITEM_BYTES (ECM_FRAME_MAC_BYTES + 1U)
#define FRAME_MAX_BYTES 1024U
#define FRAME_FLOAT_BYTES 3U

/* Where the next byte goes; the caller knows that the bytes fit. */
typedef struct {
    uint8_t *at;
} frame_writer_t;

static void frame_byte(frame_writer_t *to, uint32_t byte) {
    *to->at++ = (uint8_t)(byte & 0xffU);
}

static void frame_big_endian(frame_writer_t *to, uint32_t value, uint32_t bytes) {
    to->at = ecm_cbor_put_number(to->at, value, bytes);
}

static void frame_head(frame_writer_t *to, uint32_t major, uint32_t value) {
    to->at = ecm_cbor_put_head(to->at, major, value);
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

/* In binary16, or as it is where that would be infinite. */
static void frame_value(frame_writer_t *to, float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if ((bits & 0x7fffffffU) >= 0x477ff000U && (bits & 0x7fffffffU) < 0x7f800000U) {
        frame_byte(to, FRAME_BINARY32);
        frame_big_endian(to, bits, 4);
    } else {
        frame_float(to, x);
    }
}

/* ---- sketches ----------------------------------------------------------------------
 */

static uint32_t frame_largest(const uint16_t *count, uint32_t bins) {
    uint32_t b, largest = 0;
    for (b = 0; b < bins; b++) {
        largest = count[b] > largest ? count[b] : largest;
    }
    return largest;
}

/* Bits that a number takes. */
static uint32_t frame_bits_of(uint32_t value) {
    return value == 0U ? 0U : 32U - ecm_port_clz_u32(value);
}

/* Bits for each of so many bins in some bytes, at most 16. A reader does the same. */
static uint32_t frame_bits_in(uint32_t bytes, uint32_t bins) {
    uint32_t bits = 8U * bytes / bins;
    return bits < 16U ? bits : 16U;
}

/* Copy counters, neighbours added up until they fit; returns the bins that are left. */
static uint32_t frame_coarsen(const ecm_frame_sketch_t *sketch, uint32_t packed,
                              uint16_t *count) {
    uint32_t bins = sketch->bins, b;
    memcpy(count, sketch->count, sizeof *count * (size_t)bins);
    if (sketch->feature == ECM_FRAME_CLASSES) {
        return bins;
    }
    for (;;) {
        uint32_t needed = frame_bits_of(frame_largest(count, bins));
        needed = needed < FRAME_BITS_ENOUGH ? needed : FRAME_BITS_ENOUGH;
        if (bins <= FRAME_FEW_BINS || frame_bits_in(packed, bins) >= needed) {
            return bins;
        }
        bins /= 2U;
        for (b = 0; b < bins; b++) {
            count[b] = (uint16_t)(count[2U * b] + count[2U * b + 1U]);
        }
    }
}

/* A sketch in at most `room` bytes of its item. Counters are packed from the lowest bit
 * up; where the largest does not fit, all are scaled by the same factor. */
static void frame_sketch(frame_writer_t *to, const ecm_frame_sketch_t *sketch,
                         uint32_t room) {
    uint16_t count[ECM_FRAME_BINS_MAX];
    uint32_t packed, bins, bits, most, largest, b, n = 0, held = 0, held_bits = 0;
    /* The head of a byte string has one byte up to 23, then two. */
    packed = room - FRAME_SKETCH_HEAD_BYTES - (room > 24U ? 2U : 1U);
    bins = frame_coarsen(sketch, packed, count);
    largest = frame_largest(count, bins);
    bits = frame_bits_in(packed, bins);
    if (bits > frame_bits_of(largest)) {
        bits = frame_bits_of(largest);
    }
    packed = (bits * bins + 7U) / 8U;
    bits = frame_bits_in(packed, bins); /* a few bins may have more in whole bytes */
    most = ((uint32_t)1 << bits) - 1U;
    for (b = 0; b < bins; b++) {
        n += count[b];
    }
    frame_head(to, FRAME_BYTES, FRAME_SKETCH_HEAD_BYTES + packed);
    frame_byte(to, sketch->feature);
    frame_byte(to, n);
    frame_byte(to, n >> 8);
    frame_byte(to, bins);
    for (b = 0; b < bins; b++) {
        uint32_t value = count[b];
        if (largest > most) {
            value = (2U * value * most / largest + 1U) / 2U;
        }
        held |= value << held_bits; /* 7 + 16 bits at most */
        held_bits += bits;
        while (held_bits >= 8U) {
            frame_byte(to, held);
            held >>= 8;
            held_bits -= 8U;
        }
    }
    if (held_bits > 0U) {
        frame_byte(to, held);
    }
}

/* The least room for a sketch that is worth sending. */
static uint32_t frame_least(const ecm_frame_sketch_t *sketch) {
    uint32_t classes = FRAME_SKETCH_HEAD_BYTES + 1U + (2U * sketch->bins + 7U) / 8U;
    if (sketch->feature == ECM_FRAME_CLASSES && classes > FRAME_SKETCH_LEAST_BYTES) {
        return classes;
    }
    return FRAME_SKETCH_LEAST_BYTES;
}

/* Write as many sketches as there is room for, all with the same share of it. */
static uint32_t frame_sketches(frame_writer_t *to, const ecm_frame_t *frame,
                               uint32_t room) {
    uint32_t i, sent = frame->sketches_len;
    while (sent > 1U && room / sent < FRAME_SKETCH_FAIR_BYTES) {
        sent--;
    }
    if (sent == 1U && room < frame_least(&frame->sketches[0])) {
        sent = 0;
    }
    frame_head(to, FRAME_ARRAY, sent);
    for (i = 0; i < sent; i++) {
        const uint8_t *before = to->at;
        frame_sketch(to, &frame->sketches[i], room / (sent - i));
        room -= (uint32_t)(to->at - before);
    }
    return sent;
}

/* A ratio in 32nds, rounded, 0 ... 255; a NaN is 0. */
static uint32_t frame_ratio(float ratio) {
    if (!(ratio > 0.0f)) {
        return 0;
    }
    return ratio < 7.953125f ? (uint32_t)(ratio * 32.0f + 0.5f) : 255U;
}

/* ---- challengers -------------------------------------------------------------------
 */

ecm_status_t ecm_frame_encode_shadow(const ecm_frame_shadow_t *said, uint8_t *item,
                                     uint16_t *bytes, uint16_t *least) {
    uint32_t i, classes;
    frame_writer_t to;
    ECM_REQUIRE(said != NULL && item != NULL && bytes != NULL && least != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(said->differences != NULL || said->differences_len == 0U, ECM_ERR_NULL);
    ECM_REQUIRE(said->agreed <= said->windows, ECM_ERR_ARG);
    ECM_REQUIRE(said->differences_len <= ECM_FRAME_DIFFERENCES_MAX, ECM_ERR_ARG);
    classes = said->classes != 0U ? 1U : 0U;
    to.at = item;
    frame_head(&to, FRAME_ARRAY, 1U + classes + said->differences_len);
    frame_unsigned(&to, said->windows);
    if (classes != 0U) {
        frame_unsigned(&to, said->agreed);
    }
    *least = (uint16_t)(to.at - item);
    for (i = 0; i < said->differences_len; i++) {
        frame_float(&to, said->differences[i]);
    }
    *bytes = (uint16_t)(to.at - item);
    return ECM_OK;
}

/* Bytes that the item takes of the room behind the values: all, or in its turn without
 * some differences; 0 where it has to wait. */
static uint32_t frame_shadow_room(const ecm_frame_t *frame, uint32_t room) {
    uint32_t others = frame->ratios_len, bytes = frame->shadow_bytes;
    if (frame->sketches_len > 0U) {
        others += FRAME_SKETCH_FAIR_BYTES;
    }
    if (bytes + others <= room) {
        return bytes;
    }
    if (frame->seq % ECM_FRAME_SHADOW_TURN != ECM_FRAME_SHADOW_TURN - 1U) {
        return 0;
    }
    while (bytes > room && bytes > frame->shadow_least) {
        bytes -= FRAME_FLOAT_BYTES;
    }
    return bytes <= room ? bytes : 0U;
}

static void frame_shadow(frame_writer_t *to, const ecm_frame_t *frame, uint32_t bytes) {
    uint32_t left_out = (frame->shadow_bytes - bytes) / FRAME_FLOAT_BYTES;
    memcpy(to->at, frame->shadow, (size_t)bytes);
    *to->at = (uint8_t)(*to->at - left_out); /* the head: so many items fewer */
    to->at += bytes;
}

/* ---- frames ------------------------------------------------------------------------
 */

static ecm_status_t frame_check(const ecm_frame_t *frame) {
    uint32_t i, b;
    ECM_REQUIRE(frame->ratios != NULL || frame->ratios_len == 0U, ECM_ERR_NULL);
    ECM_REQUIRE(frame->values != NULL || frame->values_len == 0U, ECM_ERR_NULL);
    ECM_REQUIRE(frame->sketches != NULL || frame->sketches_len == 0U, ECM_ERR_NULL);
    ECM_REQUIRE(frame->shadow != NULL || frame->shadow_bytes == 0U, ECM_ERR_NULL);
    ECM_REQUIRE(frame->shadow_bytes <= ECM_FRAME_SHADOW_BYTES, ECM_ERR_ARG);
    ECM_REQUIRE(frame->values_len <= ECM_FRAME_VALUES_MAX, ECM_ERR_ARG);
    ECM_REQUIRE(frame->update <= ECM_FRAME_UPDATE_MAX, ECM_ERR_ARG);
    ECM_REQUIRE(frame->class_id <= ECM_FRAME_NO_CLASS, ECM_ERR_ARG);
    ECM_REQUIRE(frame->ratios_len <= ECM_FRAME_RATIOS_MAX, ECM_ERR_ARG);
    ECM_REQUIRE(frame->sketches_len <= ECM_FRAME_SKETCHES_MAX, ECM_ERR_ARG);
    for (i = 0; i < frame->sketches_len; i++) {
        const ecm_frame_sketch_t *sketch = &frame->sketches[i];
        uint32_t bins = sketch->bins, n = 0;
        ECM_REQUIRE(sketch->count != NULL, ECM_ERR_NULL);
        ECM_REQUIRE(bins >= 2U && bins <= ECM_FRAME_BINS_MAX, ECM_ERR_ARG);
        ECM_REQUIRE(sketch->feature <= ECM_FRAME_CLASSES, ECM_ERR_ARG);
        ECM_REQUIRE(sketch->feature == ECM_FRAME_CLASSES || (bins & (bins - 1U)) == 0U,
                    ECM_ERR_ARG);
        for (b = 0; b < bins; b++) {
            n += sketch->count[b];
        }
        ECM_REQUIRE(n <= UINT16_MAX, ECM_ERR_ARG);
    }
    return ECM_OK;
}

/* The code of all that is before it. */
static ecm_status_t frame_authenticate(frame_writer_t *to, const uint8_t *start,
                                       ecm_frame_mac_fn_t mac, void *user) {
    uint8_t code[ECM_FRAME_MAC_BYTES] = {0};
    if (mac != NULL) {
        ecm_status_t status = mac(user, start, (uint32_t)(to->at - start), code);
        ECM_REQUIRE(status == ECM_OK, status);
        frame_bytes(to, code, ECM_FRAME_MAC_BYTES);
    }
    return ECM_OK;
}

/* What all frames have; the caller has given room for it. */
static void frame_fixed(frame_writer_t *to, const ecm_frame_t *frame, bool mac) {
    frame_head(to, FRAME_ARRAY, FRAME_STATUS_ITEMS + (mac ? 1U : 0U));
    frame_unsigned(to, ECM_FRAME_VERSION);
    frame_head(to, FRAME_BYTES, FRAME_PREFIX_BYTES);
    frame_big_endian(to, frame->device_id, 4);
    frame_big_endian(to, frame->contract_id, 4);
    frame_big_endian(to, frame->model_id, 4);
    frame_unsigned(to, frame->seq);
    frame_unsigned(to, frame->uptime_s);
    frame_unsigned(to, frame->health);
    frame_unsigned(to, frame->alarms);
    frame_unsigned(to, frame->class_id);
    frame_float(to, frame->score);
    frame_float(to, frame->drift);
}

/* The values of regressions in so many bytes: all, or the first ones; none where they
 * would leave too little for a sketch and the number of the frame is odd. */
static uint32_t frame_values(frame_writer_t *to, const ecm_frame_t *frame,
                             uint32_t room) {
    uint8_t items[5U * ECM_FRAME_VALUES_MAX] = {0};
    frame_writer_t aside;
    uint32_t i, fit = 0, bytes = 0;
    aside.at = items;
    for (i = 0; i < frame->values_len; i++) {
        frame_value(&aside, frame->values[i]);
        if ((uint32_t)(aside.at - items) <= room) {
            bytes = (uint32_t)(aside.at - items);
            fit = i + 1U;
        }
    }
    if (frame->sketches_len > 0U && (frame->seq & 1U) != 0U &&
        (fit < frame->values_len || room - bytes < frame_least(&frame->sketches[0]))) {
        fit = bytes = 0;
    }
    frame_head(to, FRAME_ARRAY, fit);
    memcpy(to->at, items, (size_t)bytes);
    to->at += bytes;
    return bytes;
}

ecm_status_t ecm_frame_encode(const ecm_frame_t *frame, ecm_frame_mac_fn_t mac,
                              void *user, uint8_t *buf, uint32_t buf_bytes,
                              uint32_t *len, ecm_frame_sent_t *sent) {
    uint32_t i, room, ratios, shadow;
    ecm_frame_sent_t made;
    frame_writer_t to;
    ecm_status_t status;
    ECM_REQUIRE(frame != NULL && buf != NULL && len != NULL && sent != NULL,
                ECM_ERR_NULL);
    status = frame_check(frame);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(buf_bytes >= ECM_FRAME_MIN_BYTES, ECM_ERR_FULL);
    room = buf_bytes < FRAME_MAX_BYTES ? buf_bytes : FRAME_MAX_BYTES;
    to.at = buf;
    frame_fixed(&to, frame, mac != NULL);
    /* Behind that: three heads, values, update, ratios, sketches, the code. */
    room -= (uint32_t)(to.at - buf) + 4U + (mac != NULL ? FRAME_MAC_ITEM_BYTES : 0U);
    room -= frame_values(&to, frame, room);
    frame_unsigned(&to, frame->update);
    shadow = frame_shadow_room(frame, room);
    room -= shadow;
    ratios = frame->ratios_len;
    if (frame->sketches_len > 0U && room < ratios + FRAME_SKETCH_FAIR_BYTES) {
        ratios = 0;
    }
    ratios = ratios <= room ? ratios : 0U;
    frame_head(&to, FRAME_BYTES, ratios);
    for (i = 0; i < ratios; i++) {
        frame_byte(&to, frame_ratio(frame->ratios[i]));
    }
    made.sketches = frame_sketches(&to, frame, room - ratios);
    made.shadow = shadow > 0U ? 1U : 0U;
    if (made.shadow != 0U) {
        frame_shadow(&to, frame, shadow);
        buf[0]++; /* the head of the frame: one more item */
    }
    status = frame_authenticate(&to, buf, mac, user);
    ECM_REQUIRE(status == ECM_OK, status);
    *len = (uint32_t)(to.at - buf);
    *sent = made;
    return ECM_OK;
}

/* The code of what was written aside, and both to where they go. */
static ecm_status_t frame_finish(frame_writer_t *to, const uint8_t *aside,
                                 ecm_frame_mac_fn_t mac, void *user, uint8_t *buf,
                                 uint32_t buf_bytes, uint32_t *len) {
    uint32_t bytes = (uint32_t)(to->at - aside);
    ecm_status_t status;
    bytes += mac != NULL ? FRAME_MAC_ITEM_BYTES : 0U;
    ECM_REQUIRE(bytes <= buf_bytes, ECM_ERR_FULL);
    status = frame_authenticate(to, aside, mac, user);
    ECM_REQUIRE(status == ECM_OK, status);
    memcpy(buf, aside, (size_t)bytes);
    *len = bytes;
    return ECM_OK;
}

ecm_status_t ecm_frame_encode_join(const ecm_frame_join_t *join, ecm_frame_mac_fn_t mac,
                                   void *user, uint8_t *buf, uint32_t buf_bytes,
                                   uint32_t *len) {
    uint8_t aside[ECM_FRAME_MIN_BYTES];
    frame_writer_t to;
    ECM_REQUIRE(join != NULL && buf != NULL && len != NULL, ECM_ERR_NULL);
    to.at = aside;
    frame_head(&to, FRAME_ARRAY, FRAME_JOIN_ITEMS + (mac != NULL ? 1U : 0U));
    frame_unsigned(&to, ECM_FRAME_VERSION);
    frame_head(&to, FRAME_BYTES, 4U + 2U * ECM_FRAME_ID_BYTES);
    frame_big_endian(&to, join->device_id, 4);
    memcpy(to.at, join->contract_id, ECM_FRAME_ID_BYTES);
    to.at += ECM_FRAME_ID_BYTES;
    memcpy(to.at, join->model_id, ECM_FRAME_ID_BYTES);
    to.at += ECM_FRAME_ID_BYTES;
    frame_unsigned(&to, join->seq);
    frame_unsigned(&to, join->features_len);
    return frame_finish(&to, aside, mac, user, buf, buf_bytes, len);
}

ecm_status_t ecm_frame_encode_answer(const ecm_frame_answer_t *answer,
                                     ecm_frame_mac_fn_t mac, void *user, uint8_t *buf,
                                     uint32_t buf_bytes, uint32_t *len) {
    uint8_t aside[ECM_FRAME_MIN_BYTES];
    frame_writer_t to;
    uint32_t i;
    ECM_REQUIRE(answer != NULL && buf != NULL && len != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(answer->result <= ECM_FRAME_RESULT_MAX, ECM_ERR_ARG);
    to.at = aside;
    frame_head(&to, FRAME_ARRAY, FRAME_ANSWER_ITEMS + (mac != NULL ? 1U : 0U));
    frame_unsigned(&to, ECM_FRAME_VERSION);
    frame_head(&to, FRAME_BYTES, FRAME_PREFIX_BYTES);
    frame_big_endian(&to, answer->device_id, 4);
    frame_big_endian(&to, answer->contract_id, 4);
    frame_big_endian(&to, answer->model_id, 4);
    frame_unsigned(&to, answer->seq);
    frame_unsigned(&to, answer->uptime_s);
    frame_unsigned(&to, answer->command);
    frame_unsigned(&to, answer->kind);
    for (i = 0; i < (uint32_t)ECM_FRAME_ANSWER_VALUES; i++) {
        frame_unsigned(&to, answer->value[i]);
    }
    frame_unsigned(&to, answer->result);
    return frame_finish(&to, aside, mac, user, buf, buf_bytes, len);
}
