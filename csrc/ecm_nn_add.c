/* ecm_nn_add.c - see ecm_nn_add.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_add.h"

#include "ecm_nn_round.h"

#define ADD_LEFT ((int32_t)1 << 20)
#define ADD_SHIFT_MAX 62U
#define ADD_ROW_MAX 1000U
#define ADD_TABLE_MID 128

static bool add_is_shift(uint32_t shift) {
    return shift >= 1U && shift <= ADD_SHIFT_MAX;
}

static ecm_status_t add_check(const ecm_nn_add_s8_t *layer, const int8_t *a,
                              const int8_t *b, const int8_t *y) {
    ECM_REQUIRE(layer != NULL && a != NULL && b != NULL && y != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->b_len >= 1U && layer->a_len % layer->b_len == 0U, ECM_ERR_ARG);
    ECM_REQUIRE(add_is_shift(layer->shift), ECM_ERR_ARG);
    return ECM_OK;
}

ecm_status_t ecm_nn_add_s8(const ecm_nn_add_s8_t *layer, const int8_t *a,
                           const int8_t *b, int8_t *y) {
    ecm_nn_add_s8_t l; /* a copy: y might be anywhere */
    uint32_t i, k;
    int32_t b_multiplier;
    bool negative;
    ecm_status_t status = add_check(layer, a, b, y);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(add_is_shift(layer->a_shift) && add_is_shift(layer->b_shift),
                ECM_ERR_ARG);
    l = *layer;
    negative = l.b_multiplier < 0;
    b_multiplier = negative ? -l.b_multiplier : l.b_multiplier;
    for (i = 0; i < l.a_len; i += l.b_len) {
        for (k = 0; k < l.b_len; k++) {
            int32_t first = (*a++ - l.a_zero) * ADD_LEFT;
            int32_t second = (b[k] - l.b_zero) * ADD_LEFT;
            first = ecm_nn_round_twice_short(first, l.a_multiplier, l.a_shift);
            /* The second is rounded before it is taken away. */
            second = ecm_nn_round_twice_short(second, b_multiplier, l.b_shift);
            *y++ = (int8_t)ecm_nn_round_twice_s8(
                negative ? first - second : first + second, l.multiplier, l.shift,
                l.output_zero, l.output_min, l.output_max);
        }
    }
    return ECM_OK;
}

ecm_status_t ecm_nn_mul_s8(const ecm_nn_add_s8_t *layer, const int8_t *a,
                           const int8_t *b, int8_t *y) {
    uint32_t i, k;
    ecm_status_t status = add_check(layer, a, b, y);
    ECM_REQUIRE(status == ECM_OK, status);
    for (i = 0; i < layer->a_len; i += layer->b_len) {
        for (k = 0; k < layer->b_len; k++) {
            int32_t product = (int32_t)(*a++ - layer->a_zero) * (b[k] - layer->b_zero);
            *y++ = (int8_t)ecm_nn_round_twice_s8(product, layer->multiplier,
                                                 layer->shift, layer->output_zero,
                                                 layer->output_min, layer->output_max);
        }
    }
    return ECM_OK;
}

ecm_status_t ecm_nn_table_s8(const int8_t *table, const int8_t *x, uint32_t x_len,
                             int8_t *y) {
    uint32_t i;
    ECM_REQUIRE(table != NULL && x != NULL && y != NULL, ECM_ERR_NULL);
    for (i = 0; i < x_len; i++) {
        y[i] = table[x[i] + ADD_TABLE_MID];
    }
    return ECM_OK;
}

ecm_status_t ecm_nn_softmax_s8(const ecm_nn_softmax_s8_t *layer, const int8_t *x,
                               int8_t *y) {
    uint32_t r, i;
    ECM_REQUIRE(layer != NULL && x != NULL && y != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->exponential != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->row_len >= 1U && layer->row_len <= ADD_ROW_MAX, ECM_ERR_ARG);
    for (r = 0; r < layer->rows_len; r++) {
        int32_t most = ECM_NN_S8_MIN;
        uint32_t sum = 0;
        for (i = 0; i < layer->row_len; i++) {
            most = x[i] > most ? x[i] : most;
        }
        for (i = 0; i < layer->row_len; i++) {
            sum += layer->exponential[most - x[i]];
        }
        for (i = 0; i < layer->row_len; i++) {
            uint32_t part = layer->exponential[most - x[i]] * 256U;
            int32_t q = (int32_t)((part + sum / 2U) / sum) + ECM_NN_S8_MIN;
            y[i] = (int8_t)(q > ECM_NN_S8_MAX ? ECM_NN_S8_MAX : q);
        }
        x += layer->row_len;
        y += layer->row_len;
    }
    return ECM_OK;
}

ecm_status_t ecm_nn_copy_s8(const ecm_nn_copy_t *copy, const int8_t *x, int8_t *y) {
    uint32_t i;
    ECM_REQUIRE(copy != NULL && x != NULL && y != NULL, ECM_ERR_NULL);
    for (i = 0; i < copy->pieces_len; i++) {
        memcpy(y, x, (size_t)copy->piece_len);
        /* Not past the last piece: nothing has to be there. */
        if (i + 1U < copy->pieces_len) {
            x += copy->x_step;
            y += copy->y_step;
        }
    }
    return ECM_OK;
}

ecm_status_t ecm_nn_fill_s8(int32_t value, uint32_t y_len, int8_t *y) {
    ECM_REQUIRE(y != NULL, ECM_ERR_NULL);
    memset(y, (int)value, (size_t)y_len);
    return ECM_OK;
}
