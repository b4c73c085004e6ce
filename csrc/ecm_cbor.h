/* ecm_cbor.h - the few items of CBOR that frames are made of; deterministic encoding.
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

/** Write the lowest bytes of a number, most significant first.
 *
 * to      [out] room for them
 * value   [in]  any
 * bytes   [in]  0 ... 4
 *
 * Context : any.
 * Returns : where the next byte goes.
 */
uint8_t *ecm_cbor_put_number(uint8_t *to, uint32_t value, uint32_t bytes);

/** Write the head of an item, its argument in the fewest bytes.
 *
 * to      [out] room for ECM_CBOR_HEAD_MAX bytes
 * major   [in]  ECM_CBOR_UNSIGNED, _BYTES or _ARRAY
 * value   [in]  the number, the length or the number of items
 *
 * Context : any.
 * Source  : RFC 8949, sections 3 and 4.2.
 * Returns : where the next byte goes.
 */
uint8_t *ecm_cbor_put_head(uint8_t *to, uint32_t major, uint32_t value);

/** Read the head of an item.
 *
 * at      [in]  where it begins, or NULL
 * end     [in]  behind the last byte
 * major   [in]  what it must be
 * value   [out] its argument; not written with NULL
 *
 * Context : any.
 * Returns : what is behind it; NULL if it is of another type, ends early, is longer
 *           than it must be, or at is NULL.
 */
const uint8_t *ecm_cbor_get_head(const uint8_t *at, const uint8_t *end, uint32_t major,
                                 uint32_t *value);

ECM_EXTERN_C_END

#endif
