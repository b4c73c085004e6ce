/* test_ecm_cbor.c - heads of items: written in the fewest bytes, and no others read.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_cbor.h"
#include "ecm_test.h"

void test_ecm_cbor(void);

static const uint32_t types[] = {ECM_CBOR_UNSIGNED, ECM_CBOR_BYTES, ECM_CBOR_ARRAY};

/* Every number at which another byte is needed, and its neighbours. */
static void test_heads(void) {
    static const uint32_t value[] = {0,      1,      22,     23,          24,
                                     25,     254,    255,    256,         257,
                                     65534U, 65535U, 65536U, 0x80000000U, UINT32_MAX};
    static const uint8_t bytes[] = {1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 5, 5, 5};
    uint8_t raw[ECM_CBOR_HEAD_MAX + 1];
    uint32_t i, k, n, found;
    for (i = 0; i < sizeof bytes; i++) {
        for (k = 0; k < 3U; k++) {
            const uint8_t *end = ecm_cbor_put_head(raw, types[k], value[i]);
            ECM_CHECK(end == raw + bytes[i]);
            ecm_test_bytes("cbor head", raw, bytes[i]);
            found = 99;
            ECM_CHECK(ecm_cbor_get_head(raw, end, types[k], &found) == end);
            ECM_CHECK(found == value[i]);
            found = 99;
            for (n = 0; n < bytes[i]; n++) {
                ECM_CHECK(ecm_cbor_get_head(raw, raw + n, types[k], &found) == NULL);
            }
            ECM_CHECK(ecm_cbor_get_head(raw, end, types[(k + 1U) % 3U], &found) ==
                      NULL);
            ECM_CHECK(found == 99U);
        }
    }
}

/* More bytes than needed, and lengths that are reserved or not known. */
static void test_other_encodings(void) {
    static const uint8_t wrong[][5] = {
        {0x18, 23}, {0x18, 0}, {0x19, 0, 255}, {0x19, 0}, {0x1a, 0, 0, 255, 255},
        {0x1b},     {0x1c},    {0x1f}};
    uint32_t i, found = 99;
    for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ECM_CHECK(ecm_cbor_get_head(wrong[i], wrong[i] + 5, ECM_CBOR_UNSIGNED,
                                    &found) == NULL);
    }
    ECM_CHECK(ecm_cbor_get_head(NULL, NULL, ECM_CBOR_UNSIGNED, &found) == NULL);
    ECM_CHECK(found == 99U);
}

static void test_numbers(void) {
    uint8_t raw[5] = {9, 9, 9, 9, 9};
    ECM_CHECK(ecm_cbor_put_number(raw, 0x01020304U, 3) == raw + 3);
    ECM_CHECK(raw[0] == 2U && raw[1] == 3U && raw[2] == 4U && raw[3] == 9U);
    ECM_CHECK(ecm_cbor_put_number(raw, 7, 0) == raw && raw[0] == 2U);
}

void test_ecm_cbor(void) {
    test_heads();
    test_other_encodings();
    test_numbers();
}
