/* test_ecm_nn_dense_s16.c - every length against sums by hand, and the same bits
 * everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_dense_s16.h"
#include "ecm_test.h"

void test_ecm_nn_dense_s16(void);

#define N_IN 35U
#define N_OUT 7U

static int8_t weights[36 * N_OUT + 4];
static int16_t x[N_IN + 13];
static int16_t y[N_OUT];
static int32_t bias[N_OUT], multiplier[N_OUT];
static uint8_t shift[N_OUT];
static uint32_t seed;

static uint32_t next(void) {
    seed = seed * 1664525U + 1013904223U;
    return seed >> 8;
}

static void random_tables(bool wide) {
    uint32_t i;
    for (i = 0; i < sizeof weights; i++) {
        weights[i] = (int8_t)((int32_t)(next() & 255U) - 128);
    }
    for (i = 0; i < N_IN + 13U; i++) {
        x[i] = (int16_t)((int32_t)(next() & 0xffffU) - 0x8000);
    }
    for (i = 0; i < N_OUT; i++) {
        bias[i] = (int32_t)(next() & 0xffffffU) - 0x800000;
        multiplier[i] = (int32_t)(0x4000U + next() % 0x4000U);
        shift[i] = (uint8_t)(20U + next() % 6U);
        if (wide) {
            multiplier[i] =
                (int32_t)(((uint32_t)1 << 30) + (next() << 6) % 0x40000000U);
            shift[i] = (uint8_t)(36U + next() % 6U);
        }
    }
}

/* Where the weight of an output for an input is. */
static uint32_t place(uint32_t o, uint32_t i, uint32_t n_in, uint32_t n_out) {
    uint32_t row = (n_in + 3U) / 4U * 4U, left = row - i / 16U * 16U;
    if (o >= n_out / 4U * 4U) {
        return o * row + i;
    }
    left = left < 16U ? left : 16U;
    return o / 4U * 4U * row + i / 16U * 64U + o % 4U * left + i % 16U;
}

/* The quotient by 2^shift, rounded half up, of products that fit into 64 bits. */
static int32_t expected(uint32_t o, uint32_t n_in, uint32_t n_out) {
    int64_t acc = bias[o];
    uint32_t i;
    for (i = 0; i < n_in; i++) {
        acc += (int32_t)weights[place(o, i, n_in, n_out)] * (int32_t)x[i];
    }
    acc = acc * multiplier[o] + ((int64_t)1 << (shift[o] - 1U));
    acc = acc < 0 ? ~(~acc >> shift[o]) : acc >> shift[o];
    acc = acc < -32768 ? -32768 : acc;
    return (int32_t)(acc > 32767 ? 32767 : acc);
}

static ecm_nn_dense_s8_t layer_of(uint32_t n_in, uint32_t n_out) {
    ecm_nn_dense_s8_t layer = {weights, NULL, bias,   multiplier, shift, 0,
                               0,       0,    -32768, 32767,      0};
    layer.inputs_len = (uint16_t)n_in;
    layer.outputs_len = (uint16_t)n_out;
    return layer;
}

static void test_lengths(void) {
    uint32_t n_in, n_out, o, wide;
    for (wide = 0; wide < 2U; wide++) {
        for (n_in = 1; n_in <= N_IN; n_in++) {
            seed = n_in;
            random_tables(wide == 1U);
            for (n_out = 1; n_out <= N_OUT; n_out++) {
                ecm_nn_dense_s8_t layer = layer_of(n_in, n_out);
                memset(y, 0, sizeof y);
                ECM_CHECK(ecm_nn_dense_s16(&layer, x, y) == ECM_OK);
                for (o = 0; o < n_out; o++) {
                    ECM_CHECK(y[o] == expected(o, n_in, n_out));
                    ecm_test_s32("nn_dense_s16", y[o]);
                }
            }
        }
    }
}

/* Kept blocks are the whole layer where the others are 0. */
static void test_blocks(void) {
    static const uint16_t blocks[] = {1, 16, 0, 1, 0, 2, 0, 16};
    static int8_t kept[64 + 16 + 32];
    int16_t other[N_OUT];
    ecm_nn_dense_s8_t layer;
    uint32_t i, o, at = 0;
    seed = 5;
    random_tables(false);
    layer = layer_of(32, N_OUT);
    memset(weights, 0, sizeof weights);
    for (i = 0; i < 64U; i++) {
        weights[64U + i] = kept[at++] = (int8_t)((int32_t)(next() & 255U) - 128);
    }
    for (o = 5; o < 7U; o++) {
        for (i = 0; i < (o == 5U ? 16U : 32U); i++) {
            weights[o * 32U + i] = kept[at++] =
                (int8_t)((int32_t)(next() & 255U) - 128);
        }
    }
    ECM_CHECK(ecm_nn_dense_s16(&layer, x, y) == ECM_OK);
    layer.weights = kept;
    layer.blocks = blocks;
    ECM_CHECK(ecm_nn_dense_s16(&layer, x, other) == ECM_OK);
    for (o = 0; o < N_OUT; o++) {
        ECM_CHECK(y[o] == other[o]);
        ecm_test_s32("nn_dense_s16 blocks", y[o]);
    }
}

/* Sums beyond 32 bits. */
static void test_wide_sums(void) {
    static int8_t most[4 * 320];
    static int16_t large[320];
    ecm_nn_dense_s8_t layer = layer_of(320, 4);
    uint32_t i;
    for (i = 0; i < 1280U; i++) {
        most[i] = -127;
    }
    for (i = 0; i < 320U; i++) {
        large[i] = -32768;
    }
    layer.weights = most;
    for (i = 0; i < 4U; i++) {
        bias[i] = INT32_MAX;
        multiplier[i] = i < 2U ? 0x7fff : INT32_MAX;
        shift[i] = i < 2U ? 32 : 48;
    }
    ECM_CHECK(ecm_nn_dense_s16(&layer, large, y) == ECM_OK);
    /* (127 2^15 320 + 2^31 - 1) 32767 / 2^32, and 2^31 - 1 / 2^48 */
    ECM_CHECK(y[0] == 26543 && y[2] == 26544);
}

static void test_refusals(void) {
    ecm_nn_dense_s8_t layer = layer_of(4, 1);
    ECM_CHECK(ecm_nn_dense_s16(NULL, x, y) == ECM_ERR_NULL);
    ECM_CHECK(ecm_nn_dense_s16(&layer, NULL, y) == ECM_ERR_NULL);
    ECM_CHECK(ecm_nn_dense_s16(&layer, x, NULL) == ECM_ERR_NULL);
    layer.shift = NULL;
    ECM_CHECK(ecm_nn_dense_s16(&layer, x, y) == ECM_ERR_NULL);
    layer = layer_of(4, 1);
    layer.bias = NULL;
    ECM_CHECK(ecm_nn_dense_s16(&layer, x, y) == ECM_ERR_NULL);
}

void test_ecm_nn_dense_s16(void) {
    test_lengths();
    test_blocks();
    test_wide_sums();
    test_refusals();
}
