/* fuzz_ecm_node.c - a device that is pushed, stepped and asked in any order.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz_node.h"

void fuzz_ecm_node(void);

void fuzz_ecm_node(void) {
    fuzz_node_t n;
    uint32_t round, bytes, len;
    uint8_t *buf;
    int16_t x[2] = {1, 2};
    float one = ecm_fuzz_f32();
    ecm_node_event_t event;
    fuzz_node_make(&n);
    if (ecm_node_start(ecm_fuzz_or_null(&n.cfg)) != ECM_OK) {
        return;
    }
    ECM_FUZZ_CHECK(ecm_node_push_s16(&n.cfg, 0, x, 2) == ECM_ERR_ARG);
    for (round = ecm_fuzz_below(12); round > 0U; round--) {
        fuzz_node_live(&n);
        (void)ecm_node_push_f32(&n.cfg, ecm_fuzz_below(3), ecm_fuzz_or_null(&one), 1);
        (void)ecm_node_step(ecm_fuzz_or_null(&n.cfg), ecm_fuzz_u32(),
                            ecm_fuzz_or_null(&event));
        len = ecm_fuzz_len(250);
        buf = ecm_fuzz_bytes(len);
        for (bytes = 0;
             ecm_node_frame(&n.cfg, ecm_fuzz_or_null(buf), len, &bytes) == ECM_OK;) {
            ECM_FUZZ_CHECK(bytes <= len);
            if (ecm_fuzz_once_in(8)) {
                break;
            }
        }
        if (ecm_fuzz_once_in(2)) {
            (void)ecm_node_arrived(&n.cfg);
        }
        (void)ecm_node_again(ecm_fuzz_or_null(&n.cfg));
        ecm_node_urge(&n.cfg);
        ecm_node_print(&n.cfg);
    }
}
