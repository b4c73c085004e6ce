/* ecm_frame.h - telemetry: deterministic CBOR within a budget of bytes.
 *
 * A join frame with the full ids is sent once after start, then status frames, and
 * answers to commands; all are in docs/formats.md, version 3. A budget of 51 bytes, the
 * smallest LoRaWAN payload of EU868, has room for all values and one sketch; 222, the
 * largest, for eight sketches and the ratios of eight monitors. Sketches are the
 * counters of ecm_dist.h, in rotation, quantised to the room that is left; the number
 * of values is exact.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FRAME_H
#define ECM_FRAME_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

#define ECM_FRAME_VERSION 3
#define ECM_FRAME_MIN_BYTES 51   /* the smallest budget */
#define ECM_FRAME_FULL_BYTES 222 /* a budget for everything */
#define ECM_FRAME_ID_BYTES 16
#define ECM_FRAME_MAC_BYTES 4 /* of the authentication code that are sent */
#define ECM_FRAME_NO_CLASS 23
#define ECM_FRAME_RATIOS_MAX 23
#define ECM_FRAME_SKETCHES_MAX 23
#define ECM_FRAME_VALUES_MAX 4
#define ECM_FRAME_UPDATE_MAX 23
#define ECM_FRAME_DIFFERENCES_MAX 8
#define ECM_FRAME_SHADOW_BYTES 31 /* of the longest item on challengers */
#define ECM_FRAME_SHADOW_TURN 8   /* frames, one of which has room for challengers */
#define ECM_FRAME_BINS_MAX 64
#define ECM_FRAME_CLASSES 255 /* a sketch of the classes, not of a feature */

/* Counters between reference quantiles; their sum is at most 65535. */
typedef struct {
    const uint16_t *count; /* bins counters */
    uint16_t bins;    /* 2 ... ECM_FRAME_BINS_MAX; numbers: 2, 4, 8, 16, 32 or 64 */
    uint16_t feature; /* its index, 0 ... 254, or ECM_FRAME_CLASSES */
} ecm_frame_sketch_t;

/* How far challengers agree with their champions, since it was last sent. */
typedef struct {
    uint16_t windows;         /* that were compared */
    uint16_t agreed;          /* of these, with the same class */
    uint16_t classes;         /* 1: classes are compared; 0: agreed is not sent */
    uint16_t differences_len; /* 0 ... ECM_FRAME_DIFFERENCES_MAX */
    const float *differences; /* mean absolute difference of each score and value, as
                                 binary16 */
} ecm_frame_shadow_t;

typedef struct {
    uint32_t device_id;
    uint32_t contract_id; /* first 32 bits of the feature contract's SHA-256 */
    uint32_t model_id;    /* first 32 bits of the model's SHA-256 */
    uint32_t uptime_s;
    uint16_t seq;        /* counts frames, wraps */
    uint16_t health;     /* ECM_HEALTH_... since the last frame */
    uint16_t alarms;     /* bit i: detector i alarmed since the last frame */
    uint16_t class_id;   /* 0 ... 22; ECM_FRAME_NO_CLASS */
    float score;         /* sent as binary16; NaN: none */
    float drift;         /* largest detector statistic over its limit, as binary16 */
    const float *values; /* of regressions: as binary16, binary32 from 65520 on */
    uint16_t values_len; /* 0 ... ECM_FRAME_VALUES_MAX */
    uint16_t update;     /* how the last update ended, 0 ... ECM_FRAME_UPDATE_MAX */
    const float *ratios; /* statistic over limit of each monitor, in 32nds up to 7.97 */
    uint16_t ratios_len; /* 0 ... ECM_FRAME_RATIOS_MAX; left out where a sketch would
                            have no room */
    uint16_t sketches_len;              /* 0 ... ECM_FRAME_SKETCHES_MAX */
    const ecm_frame_sketch_t *sketches; /* in the order of their turns */
    const uint8_t *shadow;              /* by ecm_frame_encode_shadow, or NULL */
    uint16_t shadow_bytes;
    uint16_t shadow_least; /* of these, without differences */
} ecm_frame_t;

/* What a frame had room for. */
typedef struct {
    uint32_t sketches; /* the first ones */
    uint32_t shadow;   /* 1: the comparison with challengers */
} ecm_frame_sent_t;

typedef struct {
    uint32_t device_id;
    uint8_t contract_id[ECM_FRAME_ID_BYTES]; /* first 128 bits of the SHA-256 */
    uint8_t model_id[ECM_FRAME_ID_BYTES];
    uint16_t features_len;
    uint16_t seq;
} ecm_frame_join_t;

#define ECM_FRAME_ANSWER_VALUES 2
#define ECM_FRAME_RESULT_MAX 23

/* What became of a command. */
typedef struct {
    uint32_t device_id;
    uint32_t contract_id; /* as in a status frame */
    uint32_t model_id;
    uint32_t uptime_s;
    uint32_t command; /* its number */
    uint32_t kind;    /* and what it was, as it came: see ecm_command.h */
    uint32_t value[ECM_FRAME_ANSWER_VALUES];
    uint16_t seq;    /* counts frames, wraps */
    uint16_t result; /* 0: it was obeyed; else the refusal without its sign, such as 4
                        for ECM_ERR_FULL; ECM_FRAME_RESULT_MAX: that or one beyond */
} ecm_frame_answer_t;

/* An authentication code of bytes, such as AES-CMAC or HMAC, cut to its first bytes;
 * the key is the caller's. */
typedef ecm_status_t (*ecm_frame_mac_fn_t)(void *user, const uint8_t *data,
                                           uint32_t bytes,
                                           uint8_t mac[ECM_FRAME_MAC_BYTES]);

/** Encode a status frame.
 *
 * As many sketches as the budget has room for are sent, the first ones, each in the
 * same room. Where a sketch does not fit, neighbouring bins are added up, then counters
 * are scaled to fewer bits; nothing is lost of one whose counters fit. Where there is
 * no room for all values and a sketch, frames of even numbers have values, as many as
 * fit, the others the sketch. What there is to say of challengers goes into frames that
 * have room for it beside all else; where there is none, into the last one of
 * ECM_FRAME_SHADOW_TURN, with as many differences as fit, and the sketch waits.
 *
 * frame     [in]  values
 * mac       [in]  authentication code, or NULL for none
 * user      [in]  handed to mac
 * buf       [out] encoded bytes
 * buf_bytes [in]  budget, ECM_FRAME_MIN_BYTES or more; 1024 are used at most
 * len       [out] bytes written
 * sent      [out] what there was room for
 *
 * A refusal by mac leaves bytes in buf that are no frame.
 *
 * Cost    : O(bins), one division for each counter that is scaled.
 * Numerics: floats are rounded to nearest even, beyond 65504 to infinity.
 * Context : any.
 * Source  : RFC 8949, section 4.2 (deterministic encoding).
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG on a value outside its range,
 *           ECM_ERR_FULL on a smaller budget, or what mac refused with.
 */
ecm_status_t ecm_frame_encode(const ecm_frame_t *frame, ecm_frame_mac_fn_t mac,
                              void *user, uint8_t *buf, uint32_t buf_bytes,
                              uint32_t *len, ecm_frame_sent_t *sent);

/** Encode what a frame says of challengers; a function of its own, so that who has none
 * does not link it.
 *
 * said  [in]  values
 * item  [out] ECM_FRAME_SHADOW_BYTES bytes
 * bytes [out] bytes written
 * least [out] of these, without differences
 *
 * Numerics: floats are rounded to nearest even, beyond 65504 to infinity.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG on a value outside its range.
 */
ecm_status_t ecm_frame_encode_shadow(const ecm_frame_shadow_t *said, uint8_t *item,
                                     uint16_t *bytes, uint16_t *least);

/** Encode a join frame.
 *
 * join      [in]  values
 * mac       [in]  authentication code, or NULL for none
 * user      [in]  handed to mac
 * buf       [out] encoded bytes
 * buf_bytes [in]  capacity; ECM_FRAME_MIN_BYTES suffices
 * len       [out] bytes written
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_FULL, or what mac refused with.
 */
ecm_status_t ecm_frame_encode_join(const ecm_frame_join_t *join, ecm_frame_mac_fn_t mac,
                                   void *user, uint8_t *buf, uint32_t buf_bytes,
                                   uint32_t *len);

/** Encode an answer: a frame that tells what became of a command.
 *
 * answer    [in]  values
 * mac       [in]  authentication code, or NULL for none
 * user      [in]  handed to mac
 * buf       [out] encoded bytes
 * buf_bytes [in]  capacity; ECM_FRAME_MIN_BYTES suffices
 * len       [out] bytes written
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG on a result above ECM_FRAME_RESULT_MAX,
 *           ECM_ERR_FULL, or what mac refused with.
 */
ecm_status_t ecm_frame_encode_answer(const ecm_frame_answer_t *answer,
                                     ecm_frame_mac_fn_t mac, void *user, uint8_t *buf,
                                     uint32_t buf_bytes, uint32_t *len);

ECM_EXTERN_C_END

#endif
