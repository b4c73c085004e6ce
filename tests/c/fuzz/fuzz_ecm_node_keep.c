/* fuzz_ecm_node_keep.c - a device that is reset at any time, with flash that fails.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz_node.h"

void fuzz_ecm_node_keep(void);

/* Does no flash fail, and is no baseline written that is not used yet? */
static bool is_clean(const fuzz_node_t *n) {
    uint32_t i;
    for (i = 0; i < FUZZ_FLASHES; i++) {
        if (n->flash[i].fails != UINT32_MAX) {
            return false;
        }
    }
    for (i = 0; i < n->cfg.services_len; i++) {
        if (n->rows[i].service == &ecm_node_learn &&
            ((const ecm_node_learn_t *)n->rows[i].st)->fresh != 0U) {
            return false;
        }
    }
    return true;
}

void fuzz_ecm_node_keep(void) {
    fuzz_node_t n;
    uint32_t round;
    fuzz_node_make(&n);
    if (ecm_node_wake(ecm_fuzz_or_null(&n.cfg)) < ECM_OK) {
        return;
    }
    for (round = ecm_fuzz_below(8); round > 0U; round--) {
        ecm_status_t status, woken;
        bool clean;
        fuzz_node_live(&n);
        clean = is_clean(&n);
        status = ecm_node_keep(&n.cfg);
        if (ecm_fuzz_once_in(3)) {
            n.flash[4].bytes[ecm_fuzz_below(n.flash[4].len)] ^= 1U;
            status = ECM_ERR_FORMAT;
        }
        if (ecm_fuzz_once_in(3)) { /* an update */
            n.app.contract_id[0] ^= (uint8_t)ecm_fuzz_below(2);
            n.monitor.id ^= ecm_fuzz_below(2);
            status = ECM_ERR_FORMAT;
        }
        woken = ecm_node_wake(&n.cfg);
        if (woken < ECM_OK) {
            return;
        }
        ECM_FUZZ_CHECK(n.app.monitor == NULL ||
                       ecm_monitor_check(n.cfg.mem + FUZZ_RING + 2 * FUZZ_WINDOW + 2 +
                                             ECM_APP_OTHERS,
                                         n.app.monitor) == ECM_OK);
        ECM_FUZZ_CHECK(status != ECM_OK || !clean || woken == ECM_MORE);
    }
}
