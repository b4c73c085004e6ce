/* fuzz_ecm_node_receive.c - a device that is told anything, with flash that fails.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz_node.h"
#include "ecm_node_receive.h"

void fuzz_ecm_node_receive(void);

/* Mostly commands that a device can read. */
static uint32_t command(uint8_t *raw, uint32_t seq) {
    uint32_t kind = 1U + ecm_fuzz_below(8), n = 0; /* two that there are not */
    raw[n++] = kind == ECM_COMMAND_CHUNKS ? 0x85 : 0x84;
    raw[n++] = 1;
    raw[n++] = (uint8_t)seq; /* below 24 */
    raw[n++] = (uint8_t)kind;
    raw[n++] = (uint8_t)ecm_fuzz_below(kind == ECM_COMMAND_RELEARN ? 3 : 24);
    raw[n++] = (uint8_t)(1U + ecm_fuzz_below(20));
    n -= kind == ECM_COMMAND_CHUNKS ? 0U : 1U;
    if (ecm_fuzz_once_in(8)) {
        raw[ecm_fuzz_below(n)] ^= (uint8_t)ecm_fuzz_below(256);
    }
    return n;
}

void fuzz_ecm_node_receive(void) {
    fuzz_node_t n;
    ecm_command_order_t order;
    uint32_t seq;
    uint8_t raw[8];
    fuzz_node_make(&n);
    if (ecm_node_start(&n.cfg) != ECM_OK) {
        return;
    }
    for (seq = 1; seq < 1U + ecm_fuzz_below(23); seq++) {
        uint32_t bytes = command(raw, seq);
        ecm_status_t status;
        fuzz_node_live(&n);
        status = ecm_node_receive(&n.cfg, ecm_fuzz_or_null(raw), bytes,
                                  ecm_fuzz_or_null(&order));
        if (status == ECM_OK) { /* the same again: never */
            ECM_FUZZ_CHECK(ecm_node_receive(&n.cfg, raw, bytes, &order) < ECM_OK);
        }
    }
}
