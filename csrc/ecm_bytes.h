/* ecm_bytes.h - stored bytes: numbers in them, little-endian, whatever the core is, and
 * whether two runs of them are the same.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_BYTES_H
#define ECM_BYTES_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/* The number in so many bytes, 1 ... 4. Written out, so that with a constant number of
 * them a compiler makes one load of it. */
static inline uint32_t ecm_bytes_get(const uint8_t *from, uint32_t bytes) {
    uint32_t value = from[0];
    value |= bytes > 1U ? (uint32_t)from[1] << 8 : 0U;
    value |= bytes > 2U ? (uint32_t)from[2] << 16 : 0U;
    value |= bytes > 3U ? (uint32_t)from[3] << 24 : 0U;
    return value;
}

/* Its lowest so many bytes, 1 ... 4. */
static inline void ecm_bytes_put(uint8_t *to, uint32_t value, uint32_t bytes) {
    uint32_t i;
    for (i = 0; i < bytes; i++) {
        to[i] = (uint8_t)((value >> (8U * i)) & 0xffU);
    }
}

/* Are so many bytes the same? */
static inline bool ecm_bytes_same(const uint8_t *a, const uint8_t *b, uint32_t bytes) {
    uint32_t i, differs = 0;
    for (i = 0; i < bytes; i++) {
        differs |= (uint32_t)(a[i] ^ b[i]);
    }
    return differs == 0U;
}

ECM_EXTERN_C_END

#endif
