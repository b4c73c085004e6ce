/* fuzz_ecm_nn_add.c - layers of one or two values at a time, on any scales.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz_nn.h"
#include "ecm_nn_add.h"

void fuzz_ecm_nn_add(void);

static void fuzz_two(void) {
    ecm_nn_add_s8_t layer;
    int8_t *y;
    layer.b_len = ecm_fuzz_below(20);
    layer.a_len = layer.b_len * ecm_fuzz_below(5) + (ecm_fuzz_once_in(9) ? 1U : 0U);
    /* At most a half, as the header says. */
    layer.a_multiplier = (int32_t)(ecm_fuzz_u32() >> 1);
    layer.b_multiplier = (int32_t)(ecm_fuzz_u32() >> 1);
    layer.b_multiplier = ecm_fuzz_once_in(2) ? layer.b_multiplier : -layer.b_multiplier;
    layer.multiplier = (int32_t)(ecm_fuzz_u32() >> 1);
    layer.a_shift = (uint8_t)(32U + ecm_fuzz_below(35));
    layer.b_shift = (uint8_t)(32U + ecm_fuzz_below(35));
    layer.shift = (uint8_t)ecm_fuzz_below(70);
    layer.reserved = 0;
    layer.a_zero = fuzz_s8();
    layer.b_zero = fuzz_s8();
    layer.output_zero = fuzz_s8();
    layer.output_min = -128;
    layer.output_max = 127;
    layer.reserved1 = 0;
    y = ecm_fuzz_bytes(layer.a_len);
    ecm_fuzz_watch(y, layer.a_len);
    ecm_fuzz_judge(ecm_nn_add_s8(ecm_fuzz_or_null(&layer), ecm_fuzz_bytes(layer.a_len),
                                 ecm_fuzz_bytes(layer.b_len), y));
    ecm_fuzz_watch(y, layer.a_len);
    ecm_fuzz_judge(ecm_nn_mul_s8(&layer, ecm_fuzz_bytes(layer.a_len),
                                 ecm_fuzz_or_null(ecm_fuzz_bytes(layer.b_len)), y));
}

static void fuzz_softmax(void) {
    ecm_nn_softmax_s8_t layer;
    uint32_t *table = ecm_fuzz_bytes(256 * sizeof *table), i;
    int8_t *y;
    for (i = 0; i < 256U; i++) {
        table[i] = i == 0U ? 1U << 22 : table[i] % ((1U << 22) + 1U);
    }
    layer.exponential = ecm_fuzz_or_null(table);
    layer.rows_len = ecm_fuzz_below(4);
    layer.row_len = (uint16_t)ecm_fuzz_len(1010);
    layer.reserved = 0;
    y = ecm_fuzz_bytes((size_t)layer.rows_len * layer.row_len);
    ecm_fuzz_watch(y, (size_t)layer.rows_len * layer.row_len);
    ecm_fuzz_judge(ecm_nn_softmax_s8(
        &layer, ecm_fuzz_bytes((size_t)layer.rows_len * layer.row_len), y));
}

static void fuzz_pieces(void) {
    ecm_nn_copy_t copy;
    size_t last;
    uint32_t n = ecm_fuzz_len(50);
    copy.pieces_len = ecm_fuzz_below(6);
    copy.piece_len = ecm_fuzz_below(20);
    copy.x_step = ecm_fuzz_below(30);
    copy.y_step = ecm_fuzz_below(30);
    last = copy.pieces_len == 0U ? 0U : copy.pieces_len - 1U;
    ecm_fuzz_judge(ecm_nn_copy_s8(ecm_fuzz_or_null(&copy),
                                  ecm_fuzz_bytes(last * copy.x_step + copy.piece_len),
                                  ecm_fuzz_bytes(last * copy.y_step + copy.piece_len)));
    ecm_fuzz_judge(ecm_nn_fill_s8(fuzz_s8(), n, ecm_fuzz_or_null(ecm_fuzz_bytes(n))));
    ecm_fuzz_judge(ecm_nn_table_s8(ecm_fuzz_or_null(ecm_fuzz_bytes(256)),
                                   ecm_fuzz_bytes(n), n, ecm_fuzz_bytes(n)));
}

void fuzz_ecm_nn_add(void) {
    fuzz_two();
    fuzz_softmax();
    fuzz_pieces();
}
