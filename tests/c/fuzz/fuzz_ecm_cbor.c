/* fuzz_ecm_cbor.c - heads of any bytes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_cbor.h"
#include "ecm_fuzz.h"

void fuzz_ecm_cbor(void);

void fuzz_ecm_cbor(void) {
    uint32_t len = ecm_fuzz_len(12), major = ecm_fuzz_below(8) << 5, value = 0, again;
    const uint8_t *data = ecm_fuzz_bytes(len), *end = data + len, *at = data;
    uint8_t *raw = ecm_fuzz_bytes(ECM_CBOR_HEAD_MAX);
    while (at != NULL && at < end) {
        const uint8_t *next = ecm_cbor_get_head(at, end, *at & 0xe0U, &value);
        if (next != NULL) { /* there is one way to write it */
            uint32_t i,
                n = (uint32_t)(ecm_cbor_put_head(raw, *at & 0xe0U, value) - raw);
            ECM_FUZZ_CHECK(n == (uint32_t)(next - at) && n <= ECM_CBOR_HEAD_MAX);
            for (i = 0; i < n; i++) {
                ECM_FUZZ_CHECK(raw[i] == at[i]);
            }
        }
        at = next;
    }
    value = ecm_fuzz_len(UINT32_MAX);
    end = ecm_cbor_put_head(raw, major, value);
    ECM_FUZZ_CHECK(ecm_cbor_get_head(raw, end, major, &again) == end && again == value);
    (void)ecm_cbor_put_number(ecm_fuzz_bytes(4), value, ecm_fuzz_below(5));
}
