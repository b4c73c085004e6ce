/* ecm_cbor.c - see ecm_cbor.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_cbor.h"

/* Of the first byte's lower five bits: a number below, or how many bytes follow. */
#define CBOR_BYTES_1 24U
#define CBOR_BYTES_2 25U
#define CBOR_BYTES_4 26U
#define CBOR_INFO 0x1fU

/* Bytes behind the first one that an argument takes. */
static uint32_t cbor_more_bytes(uint32_t value) {
    return value < CBOR_BYTES_1 ? 0U : value <= 0xffU ? 1U : value <= 0xffffU ? 2U : 4U;
}

uint8_t *ecm_cbor_put_number(uint8_t *to, uint32_t value, uint32_t bytes) {
    while (bytes > 0U) {
        bytes--;
        *to++ = (uint8_t)((value >> (8U * bytes)) & 0xffU);
    }
    return to;
}

uint8_t *ecm_cbor_put_head(uint8_t *to, uint32_t major, uint32_t value) {
    uint32_t more = cbor_more_bytes(value), info = value;
    if (more > 0U) {
        info = more == 1U ? CBOR_BYTES_1 : more == 2U ? CBOR_BYTES_2 : CBOR_BYTES_4;
    }
    *to++ = (uint8_t)((major | info) & 0xffU);
    return ecm_cbor_put_number(to, value, more);
}

const uint8_t *ecm_cbor_get_head(const uint8_t *at, const uint8_t *end, uint32_t major,
                                 uint32_t *value) {
    uint32_t info, more, found, i;
    if (at == NULL || at >= end || (*at & (CBOR_INFO ^ 0xffU)) != major) {
        return NULL;
    }
    info = *at++ & CBOR_INFO;
    found = info;
    if (info >= CBOR_BYTES_1) {
        more = info == CBOR_BYTES_1   ? 1U
               : info == CBOR_BYTES_2 ? 2U
               : info == CBOR_BYTES_4 ? 4U
                                      : 0U;
        if (more == 0U || (size_t)(end - at) < more) {
            return NULL;
        }
        found = 0;
        for (i = 0; i < more; i++) {
            found = (found << 8) | *at++;
        }
        if (cbor_more_bytes(found) != more) {
            return NULL;
        }
    }
    *value = found;
    return at;
}
