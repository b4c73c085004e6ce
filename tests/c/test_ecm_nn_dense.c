/* test_ecm_nn_dense.c - layers by hand, at their limits, and the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_dense.h"
#include "ecm_test.h"

void test_ecm_nn_dense(void);

#define N_OUT 11U
#define N_ROWS 16U
#define N_IN 67U
#define N_X 5U

static union {
    int32_t aligned;
    int8_t bytes[N_ROWS * 68U];
} weights;
static int32_t bias[N_ROWS], multiplier[N_ROWS];
static uint8_t shift[N_ROWS];
static uint16_t blocks[5U * 5U];
static int8_t x[N_X * N_IN + 8U], y[N_X * N_ROWS];
static uint32_t seed;

static uint32_t next(void) {
    seed = seed * 1664525U + 1013904223U;
    return seed >> 8;
}

static int8_t next_s8(void) {
    return (int8_t)((int32_t)(next() & 255U) - 128);
}

static void random_tables(uint32_t first_shift, uint32_t shifts) {
    uint32_t i;
    for (i = 0; i < sizeof weights.bytes; i++) {
        weights.bytes[i] = next_s8();
    }
    for (i = 0; i < N_ROWS; i++) {
        bias[i] = (int32_t)(next() & 0xffffU) - 0x8000;
        multiplier[i] = (int32_t)(((uint32_t)1 << 30) + (next() << 6) % 0x40000000U);
        shift[i] = (uint8_t)(first_shift + next() % shifts);
    }
    for (i = 0; i < sizeof x; i++) {
        x[i] = next_s8();
    }
}

static void run(const ecm_nn_dense_s8_t *layer, uint32_t x_step) {
    int32_t work[ECM_NN_DENSE_WORK_LEN(N_IN)];
    ecm_nn_dense_batch_t batch = {N_X, 0, N_ROWS, 1};
    batch.x_step = x_step;
    memset(y, 0, sizeof y);
    /* At any address. */
    ECM_CHECK(ecm_nn_dense_s8(layer, x + (x_step & 3U), y) == ECM_OK);
    ecm_test_bytes("nn_dense one", y, layer->outputs_len);
    ECM_CHECK(ecm_nn_dense_batch_s8(layer, &batch, x, work, y) == ECM_OK);
    ecm_test_bytes("nn_dense batch", y, sizeof y);
    batch.results_len = N_X / 2U;
    batch.pool = 2;
    ECM_CHECK(ecm_nn_dense_batch_s8(layer, &batch, x, work, y) == ECM_OK);
    ecm_test_bytes("nn_dense most", y, sizeof y);
}

static void test_lengths(void) {
    static const uint16_t lengths[] = {1, 2, 3, 4, 5, 15, 16, 17, 31, 32, 33, 64, 67};
    ecm_nn_dense_s8_t layer = {weights.bytes, NULL, bias, multiplier, shift, 0, 0, -9,
                               -128,          127,  0};
    uint32_t i;
    for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        layer.inputs_len = lengths[i];
        for (layer.outputs_len = 1; layer.outputs_len <= N_OUT;
             layer.outputs_len = (uint16_t)(2U * layer.outputs_len + 1U)) {
            seed = i;
            random_tables(35, 8);
            run(&layer, lengths[i]);
            random_tables(33, 21); /* all short ways */
            run(&layer, 2);
            random_tables(1, 62); /* the long way round */
            run(&layer, 3);
            layer.output_min = -30;
            layer.output_max = 90;
            run(&layer, 1);
            layer.output_min = -128;
            layer.output_max = 127;
        }
    }
}

/* A list for groups of rows of which each keeps up to `most` blocks. */
static void random_blocks(uint32_t most, uint32_t groups) {
    uint32_t group, i, at;
    for (at = 0, group = 0; group < groups; group++) {
        uint32_t n = most == 0U ? 0U : next() % (most + 1U);
        blocks[at++] = (uint16_t)n;
        for (i = 0; i < n; i++) {
            blocks[at++] = (uint16_t)(16U * (i + 4U - n));
        }
    }
}

static void test_blocks(void) {
    ecm_nn_dense_s8_t layer = {weights.bytes, blocks, bias, multiplier, shift, 64,
                               N_OUT,         20,     -128, 127,        0};
    uint32_t most;
    for (most = 0; most <= 4U; most++) {
        seed = most;
        layer.outputs_len = N_OUT; /* in groups of 4, 4, 1, 1, 1 */
        layer.output_zero = 20;
        random_tables(35, 6);
        random_blocks(most, 5);
        run(&layer, 7);
        layer.outputs_len = N_ROWS;
        random_tables(33, 21);
        random_blocks(most, 4);
        run(&layer, 5);
        layer.output_zero = -128; /* a rectifier */
        random_tables(38, 5);
        run(&layer, 3);
        layer.output_max = 40;
        run(&layer, 2);
        layer.output_max = 127;
        random_tables(30, 12); /* some the long way round */
        run(&layer, 1);
    }
}

static void test_by_hand(void) {
    static const union {
        int8_t bytes[12];
        int32_t aligned;
    } w = {{1, 2, 3, 0, -1, -2, -3, 0, 127, 127, 127, 0}};
    static const int32_t b[] = {1, -1, -381}; /* of an input zero point of 1 */
    static const int32_t m[] = {1 << 30, 1 << 30, 1 << 30};
    static const uint8_t s[] = {30, 30, 30}; /* times one */
    ecm_nn_dense_s8_t layer = {w.bytes, NULL, b, m, s, 3, 3, -5, -128, 127, 0};
    static const int8_t in[] = {2, 3, 4};
    int8_t out[3];
    ECM_CHECK(ecm_nn_dense_s8(&layer, in, out) == ECM_OK);
    ECM_CHECK(out[0] == 2 + 6 + 12 + 1 - 5);
    ECM_CHECK(out[1] == -20 - 1 - 5);
    ECM_CHECK(out[2] == 127);             /* saturates */
    layer.output_min = layer.output_zero; /* ReLU */
    ECM_CHECK(ecm_nn_dense_s8(&layer, in, out) == ECM_OK);
    ECM_CHECK(out[0] == 16 && out[1] == -5);
    out[0] = 7;
    ECM_CHECK(ecm_nn_dense_s8(NULL, in, out) == ECM_ERR_NULL);
    layer.shift = NULL;
    ECM_CHECK(ecm_nn_dense_s8(&layer, in, out) == ECM_ERR_NULL && out[0] == 7);
}

/* The zero point was once added to the largest integer. */
static void test_saturated_result_and_zero_point(void) {
    static const union {
        int8_t bytes[8];
        int32_t aligned;
    } w = {{127, 0, 0, 0, -127, 0, 0, 0}};
    static const int8_t in[] = {127};
    static const uint8_t s[] = {1, 1};
    static const int32_t b[] = {0, 0}, m[] = {INT32_MAX, INT32_MAX};
    ecm_nn_dense_s8_t layer = {w.bytes, NULL, b, m, s, 1, 2, 97, -128, 127, 0};
    ecm_nn_dense_batch_t batch = {1, 1, 2, 1};
    int32_t work[4];
    int8_t out[2];
    uint32_t i;
    for (i = 0; i < 2U; i++) {
        ECM_CHECK(ecm_nn_dense_s8(&layer, in, out) == ECM_OK);
        ECM_CHECK(out[0] == 127 && out[1] == -128);
        ECM_CHECK(ecm_nn_dense_batch_s8(&layer, &batch, in, work, out) == ECM_OK);
        ECM_CHECK(out[0] == 127 && out[1] == -128);
        layer.output_zero = -97;
    }
    batch.pool = 3;
    ECM_CHECK(ecm_nn_dense_batch_s8(&layer, &batch, in, work, out) == ECM_ERR_ARG);
}

void test_ecm_nn_dense(void) {
    ECM_CHECK(ecm_nn_dense_work_len(N_IN) == ECM_NN_DENSE_WORK_LEN(N_IN));
    test_by_hand();
    test_saturated_result_and_zero_point();
    test_lengths();
    test_blocks();
}
