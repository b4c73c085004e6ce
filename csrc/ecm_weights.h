/* ecm_weights.h - weights as data: the tables of a compiled model in one block.
 *
 * `ecmkit graph compile --weights data` writes such a block and a function that takes
 * it as its first argument, behind the head. The block is, little-endian as the cores
 * are, and aligned to 8 bytes in memory:
 *
 *   offset  bytes  content
 *   0       4      "ECMW"
 *   4       2      1, the version of this format
 *   6       2      48, bytes of the head
 *   8       4      bytes of the block
 *   12      4      CRC-32 of all behind
 *   16      16     id of the features that the model reads (the contract)
 *   32      16     id of the code that reads the tables (the layout)
 *   48      4      number of tables, n
 *   52      4 n    where each begins, counted from offset 48
 *   ..             the tables, each at a multiple of 8
 *
 * The checksum tells damage from data, not friend from foe: who may send a block is for
 * the transport to prove.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_WEIGHTS_H
#define ECM_WEIGHTS_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

#define ECM_WEIGHTS_VERSION 1
#define ECM_WEIGHTS_HEAD_BYTES 48
#define ECM_WEIGHTS_ID_BYTES 16

/* What weights must be to fit a model. */
typedef struct {
    uint8_t contract_id[ECM_WEIGHTS_ID_BYTES];
    uint8_t layout_id[ECM_WEIGHTS_ID_BYTES];
    uint32_t tables_len;
} ecm_weights_cfg_t;

/** Where a table begins.
 *
 * weights [in] a block behind its head
 * table   [in] below the number of tables
 *
 * Context : any.
 * Returns : its first byte.
 */
static inline const void *ecm_weights_table(const void *weights, uint32_t table) {
    return (const uint8_t *)weights + ((const uint32_t *)weights)[table + 1U];
}

/** Do these weights say that they fit? Looks at their head alone.
 *
 * cfg     [in] the model's
 * data    [in] ECM_WEIGHTS_HEAD_BYTES, at any address
 *
 * Context : any.
 * Returns : ECM_OK; ECM_ERR_NULL; ECM_ERR_FORMAT if these are no weights of this
 *           version; ECM_ERR_ARG if they are of other features or another layout.
 */
ecm_status_t ecm_weights_fit(const ecm_weights_cfg_t *cfg, const uint8_t *data);

/** Do these weights fit, and are they whole?
 *
 * cfg     [in] the model's
 * data    [in] the block, at any address
 * bytes   [in] room of it: at least its bytes
 *
 * Cost    : reads each byte once.
 * Context : any.
 * Returns : ECM_OK; what ecm_weights_fit says; ECM_ERR_LENGTH if they have more bytes
 *           than there is room; ECM_ERR_FORMAT if they are damaged.
 */
ecm_status_t ecm_weights_check(const ecm_weights_cfg_t *cfg, const uint8_t *data,
                               uint32_t bytes);

ECM_EXTERN_C_END

#endif
