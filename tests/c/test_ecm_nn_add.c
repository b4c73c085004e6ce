/* test_ecm_nn_add.c - layers of one or two values: by hand, and the same bits
 * everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_add.h"
#include "ecm_test.h"

void test_ecm_nn_add(void);

static int8_t a[256], b[256], y[256];

static void test_two(void) {
    ecm_nn_add_s8_t layer = {256, 256, 0x40000000, 0x5a827999, 0x6ed9eba1, 31,  32, 51,
                             0,   3,   -20,        8,          -128,       127, 0};
    uint32_t i;
    for (i = 0; i < 256U; i++) {
        a[i] = (int8_t)((int32_t)i - 128);
        b[i] = (int8_t)((int32_t)((i * 167U) & 255U) - 128);
    }
    ECM_CHECK(ecm_nn_add_s8(&layer, a, b, y) == ECM_OK);
    ecm_test_bytes("nn_add sum", y, 256);
    layer.b_multiplier = -layer.b_multiplier;
    layer.b_len = 64;
    ECM_CHECK(ecm_nn_add_s8(&layer, a, b, y) == ECM_OK);
    ecm_test_bytes("nn_add difference", y, 256);
    layer.shift = 37;
    ECM_CHECK(ecm_nn_mul_s8(&layer, a, b, y) == ECM_OK);
    ecm_test_bytes("nn_add product", y, 256);
    layer.shift = 28; /* the long way round */
    ECM_CHECK(ecm_nn_mul_s8(&layer, a, b, y) == ECM_OK);
    ecm_test_bytes("nn_add product", y, 256);
    layer.b_len = 7;
    layer.a_len = 7 * 9;
    layer.shift = 53;
    layer.output_min = -70;
    memcpy(y, a, sizeof y);
    ECM_CHECK(ecm_nn_add_s8(&layer, y, b, y) == ECM_OK); /* in place */
    ecm_test_bytes("nn_add in place", y, 256);
    layer.a_shift = 29;
    layer.b_shift = 30;
    ECM_CHECK(ecm_nn_add_s8(&layer, a, b, y) == ECM_OK);
    ecm_test_bytes("nn_add sum", y, 256);
    y[0] = 7;
    layer.a_len = 256;
    layer.b_len = 63;
    ECM_CHECK(ecm_nn_mul_s8(&layer, a, b, y) == ECM_ERR_ARG);
    layer.b_len = 1;
    layer.a_shift = 63;
    ECM_CHECK(ecm_nn_add_s8(&layer, a, b, y) == ECM_ERR_ARG);
    ECM_CHECK(ecm_nn_add_s8(&layer, a, NULL, y) == ECM_ERR_NULL && y[0] == 7);
}

static void test_table(void) {
    static const int8_t x[] = {-128, 0, 127};
    ECM_CHECK(ecm_nn_table_s8(b, x, 3, y) == ECM_OK);
    ECM_CHECK(y[0] == b[0] && y[1] == b[128] && y[2] == b[255]);
    ECM_CHECK(ecm_nn_table_s8(b, a, 251, y) == ECM_OK);
    ecm_test_bytes("nn_add table", y, 256);
    ECM_CHECK(ecm_nn_table_s8(NULL, x, 3, y) == ECM_ERR_NULL);
}

static void test_softmax(void) {
    uint32_t *table = (uint32_t *)(void *)ecm_test_memory, i;
    ecm_nn_softmax_s8_t layer = {NULL, 16, 16, 0};
    uint32_t value = (uint32_t)1 << 22;
    for (i = 0; i < 256U; i++) {
        table[i] = value;
        value -= value / 16U;
    }
    layer.exponential = table;
    ECM_CHECK(ecm_nn_softmax_s8(&layer, b, y) == ECM_OK);
    ecm_test_bytes("nn_add softmax", y, 256);
    layer.row_len = 1;
    ECM_CHECK(ecm_nn_softmax_s8(&layer, b, y) == ECM_OK && y[0] == 127);
    layer.row_len = 1001;
    ECM_CHECK(ecm_nn_softmax_s8(&layer, b, y) == ECM_ERR_ARG);
}

static void test_pieces(void) {
    static const ecm_nn_copy_t copy = {3, 2, 2, 5};
    static const int8_t x[] = {1, 2, 3, 4, 5, 6};
    uint32_t i;
    ECM_CHECK(ecm_nn_fill_s8(-9, 14, y) == ECM_OK);
    ECM_CHECK(ecm_nn_copy_s8(&copy, x, y + 1) == ECM_OK);
    for (i = 0; i < 14U; i++) {
        int8_t expected =
            i % 5U == 1U || i % 5U == 2U ? x[i / 5U * 2U + i % 5U - 1U] : -9;
        ECM_CHECK(y[i] == expected);
    }
    ECM_CHECK(ecm_nn_copy_s8(NULL, x, y) == ECM_ERR_NULL);
    ECM_CHECK(ecm_nn_fill_s8(0, 1, NULL) == ECM_ERR_NULL);
}

void test_ecm_nn_add(void) {
    test_two();
    test_table();
    test_softmax();
    test_pieces();
}
