/* ecm_cbor.h - the few items of CBOR that frames are made of, in deterministic
 * encoding.
 *
 * Heads of items, with their argument in the fewest bytes (RFC 8949, section 4.2).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_CBOR_H
#define ECM_CBOR_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/* Major types, in the upper three bits of a head. */
#define ECM_CBOR_UNSIGNED 0x00U
#define ECM_CBOR_BYTES 0x40U
#define ECM_CBOR_ARRAY 0x80U
#define ECM_CBOR_HEAD_MAX 5 /* bytes of a head */

/* The lowest so many bytes of a number, most significant first; where the next goes. */
static inline uint8_t *ecm_cbor_put_number(uint8_t *to, uint32_t value,
                                           uint32_t bytes) {
    while (bytes > 0U) {
        bytes--;
        *to++ = (uint8_t)((value >> (8U * bytes)) & 0xffU);
    }
    return to;
}

/* Bytes behind the first one that an argument takes. */
static inline uint32_t ecm_cbor_more_bytes(uint32_t value) {
    return value < 24U ? 0U : value <= 0xffU ? 1U : value <= 0xffffU ? 2U : 4U;
}

/* The head of an item; where the next byte goes. */
static inline uint8_t *ecm_cbor_put_head(uint8_t *to, uint32_t major, uint32_t value) {
    uint32_t more = ecm_cbor_more_bytes(value);
    if (more == 0U) {
        *to++ = (uint8_t)(major | value);
        return to;
    }
    *to++ = (uint8_t)(major | (more == 1U ? 24U : more == 2U ? 25U : 26U));
    return ecm_cbor_put_number(to, value, more);
}

/* Read the head of an item of this major type before `end`; what is behind it, or NULL
 * if it is another one, ends early or is longer than it must be. */
static inline const uint8_t *ecm_cbor_get_head(const uint8_t *at, const uint8_t *end,
                                               uint32_t major, uint32_t *value) {
    uint32_t info, more, found = 0;
    if (at == NULL || at >= end || (*at & 0xe0U) != major) {
        return NULL;
    }
    info = *at++ & 0x1fU;
    if (info < 24U) {
        *value = info;
        return at;
    }
    more = info == 24U ? 1U : info == 25U ? 2U : info == 26U ? 4U : 0U;
    if (more == 0U || (size_t)(end - at) < more) {
        return NULL;
    }
    for (info = 0; info < more; info++) {
        found = (found << 8) | *at++;
    }
    if (ecm_cbor_more_bytes(found) != more) {
        return NULL;
    }
    *value = found;
    return at;
}

ECM_EXTERN_C_END

#endif
