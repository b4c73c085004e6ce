/* ecm_frame.h - one telemetry frame: deterministic CBOR in at most 51 bytes.
 *
 * Status frame: an array of 13, see docs/formats.md. Join frame: an array of 6 with the
 * full ids, sent once after start. 51 bytes is the smallest LoRaWAN payload in EU868.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FRAME_H
#define ECM_FRAME_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

#define ECM_FRAME_VERSION 1
#define ECM_FRAME_MAX_BYTES 51
#define ECM_FRAME_ID_BYTES 16
#define ECM_FRAME_BINS 8
#define ECM_FRAME_COUNT_MAX 4095 /* 12 bits */

typedef struct {
    uint32_t device_id;
    uint32_t contract_id; /* first 32 bits of the feature contract's SHA-256 */
    uint32_t model_id;    /* first 32 bits of the model's SHA-256 */
    uint16_t seq;         /* counts frames, wraps */
    uint8_t health;       /* ECM_HEALTH_... */
    uint8_t alarms;       /* bit i: detector i alarmed since the last frame */
    uint32_t uptime_s;
    uint8_t class_id; /* 0 ... 22; 23: none */
    uint8_t feature;  /* whose counters follow */
    uint16_t reserved;
    float score; /* sent as binary16; NaN: none */
    float drift; /* largest detector statistic over its limit, as binary16 */
    uint16_t count[ECM_FRAME_BINS]; /* windows since this feature was last sent */
} ecm_frame_t;

typedef struct {
    uint32_t device_id;
    uint8_t contract_id[ECM_FRAME_ID_BYTES]; /* first 128 bits of the SHA-256 */
    uint8_t model_id[ECM_FRAME_ID_BYTES];
    uint16_t features_len;
    uint16_t seq;
} ecm_frame_join_t;

/** Encode a status frame.
 *
 * frame     [in]  values
 * buf       [out] encoded bytes
 * buf_bytes [in]  capacity; ECM_FRAME_MAX_BYTES always suffices
 * len       [out] bytes written
 *
 * Numerics: floats are rounded to nearest even, beyond 65504 to infinity.
 * Context : any.
 * Source  : RFC 8949, section 4.2 (deterministic encoding).
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG on a class_id above 23 or a counter above
 *           ECM_FRAME_COUNT_MAX, ECM_ERR_FULL.
 */
ecm_status_t ecm_frame_encode(const ecm_frame_t *frame, uint8_t *buf,
                              uint32_t buf_bytes, uint32_t *len);

/** Encode a join frame.
 *
 * join      [in]  values
 * buf       [out] encoded bytes
 * buf_bytes [in]  capacity; ECM_FRAME_MAX_BYTES always suffices
 * len       [out] bytes written
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_FULL.
 */
ecm_status_t ecm_frame_encode_join(const ecm_frame_join_t *join, uint8_t *buf,
                                   uint32_t buf_bytes, uint32_t *len);

ECM_EXTERN_C_END

#endif
