/* ecm_nn_add_mve.c - see ecm_nn_add.h: cores with Helium.
 *
 * Sums and products four words at a time, tables by gathering sixteen bytes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_add.h"

#include <arm_mve.h>

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

/* A side of a sum, in the scale of both: ecm_nn_round_twice for shifts of 31 and more.
 */
typedef struct {
    int32_t zero;
    int32_t multiplier;
    int32_t right; /* after the upper half of the product */
} add_side_t;

static inline int32x4_t add_side(const add_side_t *side, const int8_t *x,
                                 mve_pred16_t p) {
    int32x4_t sum = vsubq_n_s32(vldrbq_z_s32(x, p), side->zero);
    sum = vqrdmulhq_n_s32(vshlq_n_s32(sum, 20), side->multiplier);
    if (side->right != 0) { /* half away from 0 */
        sum = vaddq_s32(sum, vshrq_n_s32(sum, 31));
        sum = vrshlq_n_s32(sum, -side->right);
    }
    return sum;
}

/* Up to four results, ecm_nn_round_twice_s8 by the short way. */
static inline void add_results(const ecm_nn_add_s8_t *l, int32x4_t sum, mve_pred16_t p,
                               int8_t *y) {
    sum = vqrdmulhq_n_s32(sum, l->multiplier);
    sum = vaddq_s32(sum, vshrq_n_s32(sum, 31));
    sum = vrshlq_n_s32(sum, 31 - (int32_t)l->shift);
    sum = vmaxq_s32(vaddq_n_s32(sum, l->output_zero), vdupq_n_s32(l->output_min));
    vstrbq_p_s32(y, vminq_s32(sum, vdupq_n_s32(l->output_max)), p);
}

/* Shifts that the vectors do not have. */
static __attribute__((noinline)) void
add_scalar(const ecm_nn_add_s8_t *layer, const int8_t *a, const int8_t *b, int8_t *y) {
    const bool negative = layer->b_multiplier < 0;
    const int32_t b_multiplier = negative ? -layer->b_multiplier : layer->b_multiplier;
    uint32_t i, k;
    for (i = 0; i < layer->a_len; i += layer->b_len) {
        for (k = 0; k < layer->b_len; k++) {
            int32_t first = (*a++ - layer->a_zero) * ADD_LEFT;
            int32_t second = (b[k] - layer->b_zero) * ADD_LEFT;
            first = ecm_nn_round_twice(first, layer->a_multiplier, layer->a_shift);
            second = ecm_nn_round_twice(second, b_multiplier, layer->b_shift);
            *y++ = (int8_t)ecm_nn_round_twice_s8(
                negative ? first - second : first + second, layer->multiplier,
                layer->shift, layer->output_zero, layer->output_min, layer->output_max);
        }
    }
}

ecm_status_t ecm_nn_add_s8(const ecm_nn_add_s8_t *layer, const int8_t *a,
                           const int8_t *b, int8_t *y) {
    add_side_t one, two;
    ecm_nn_add_s8_t l;
    uint32_t i, k;
    ecm_status_t status = add_check(layer, a, b, y);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(add_is_shift(layer->a_shift) && add_is_shift(layer->b_shift),
                ECM_ERR_ARG);
    l = *layer;
    if (l.a_shift < 31U || l.b_shift < 31U || l.shift < ECM_NN_SHIFT_FAST_MIN) {
        add_scalar(layer, a, b, y);
        return ECM_OK;
    }
    one.zero = l.a_zero;
    one.multiplier = l.a_multiplier;
    one.right = (int32_t)l.a_shift - 31;
    two.zero = l.b_zero;
    /* The second is rounded before it is taken away. */
    two.multiplier = l.b_multiplier < 0 ? -l.b_multiplier : l.b_multiplier;
    two.right = (int32_t)l.b_shift - 31;
    for (i = 0; i < l.a_len; i += l.b_len) {
        for (k = 0; k < l.b_len; k += 4U) {
            mve_pred16_t p = vctp32q(l.b_len - k);
            int32x4_t first = add_side(&one, &a[k], p);
            int32x4_t second = add_side(&two, &b[k], p);
            first = l.b_multiplier < 0 ? vsubq_s32(first, second)
                                       : vaddq_s32(first, second);
            add_results(&l, first, p, &y[k]);
        }
        a += l.b_len;
        y += l.b_len;
    }
    return ECM_OK;
}

ecm_status_t ecm_nn_mul_s8(const ecm_nn_add_s8_t *layer, const int8_t *a,
                           const int8_t *b, int8_t *y) {
    ecm_nn_add_s8_t l;
    uint32_t i, k;
    ecm_status_t status = add_check(layer, a, b, y);
    ECM_REQUIRE(status == ECM_OK, status);
    l = *layer;
    for (i = 0; i < l.a_len; i += l.b_len) {
        for (k = 0; k < l.b_len && l.shift >= ECM_NN_SHIFT_FAST_MIN; k += 4U) {
            mve_pred16_t p = vctp32q(l.b_len - k);
            int32x4_t first = vsubq_n_s32(vldrbq_z_s32(&a[k], p), l.a_zero);
            int32x4_t second = vsubq_n_s32(vldrbq_z_s32(&b[k], p), l.b_zero);
            add_results(&l, vmulq_s32(first, second), p, &y[k]);
        }
        for (; k < l.b_len; k++) {
            int32_t product = (int32_t)(a[k] - l.a_zero) * (b[k] - l.b_zero);
            y[k] = (int8_t)ecm_nn_round_twice_s8(product, l.multiplier, l.shift,
                                                 l.output_zero, l.output_min,
                                                 l.output_max);
        }
        a += l.b_len;
        y += l.b_len;
    }
    return ECM_OK;
}

ecm_status_t ecm_nn_table_s8(const int8_t *table, const int8_t *x, uint32_t x_len,
                             int8_t *y) {
    uint32_t i;
    ECM_REQUIRE(table != NULL && x != NULL && y != NULL, ECM_ERR_NULL);
    for (i = 0; i < x_len; i += 16U) {
        mve_pred16_t p = vctp8q(x_len - i);
        uint8x16_t at = vreinterpretq_u8_s8(vldrbq_z_s8(&x[i], p));
        at = veorq_u8(at, vdupq_n_u8(ADD_TABLE_MID));
        vstrbq_p_s8(&y[i], vldrbq_gather_offset_z_s8(table, at, p), p);
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
