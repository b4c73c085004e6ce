/* ecm_nn_conv.h - int8 convolutions, byte-equal to LiteRT's reference.
 *
 * A convolution is a fully connected layer on the window of each output pixel. Where a
 * window lies in one piece in memory, as in one dimension away from the ends, it is
 * read in place; others are gathered in work memory first. Pixels go in pairs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_NN_CONV_H
#define ECM_NN_CONV_H

#include "ecm_nn.h"
#include "ecm_nn_dense.h"

ECM_EXTERN_C_BEGIN

/* A convolution. */
typedef struct {
    ecm_nn_window_t window; /* output_w after the pool */
    /* The filters of one group: inputs_len = kernel_h kernel_w input_c / groups in that
     * order. Tables of further groups follow those of the first. */
    ecm_nn_dense_s8_t filters;
    uint16_t groups;    /* >= 1, divides input_c; 1 where filters have blocks */
    uint16_t pool;      /* 2: the greater of each two neighbours in a row; else 1 */
    int16_t input_zero; /* -128 ... 127 */
    uint16_t reserved;  /* 0 */
} ecm_nn_conv_s8_t;

/* Words of work memory for windows of inputs_len values. */
#define ECM_NN_CONV_WORK_LEN(inputs_len) (((inputs_len) + 3U) / 4U * 6U)

/** Words of work memory of a convolution.
 *
 * inputs_len [in] of its filters
 *
 * Context : any.
 * Returns : ECM_NN_CONV_WORK_LEN(inputs_len).
 */
uint32_t ecm_nn_conv_work_len(uint32_t inputs_len);

/** Convolution, and the maximum of pairs if asked for.
 *
 * layer   [in]  geometry and tables
 * x       [in]  image of input_h input_w input_c values
 * work    [out] ECM_NN_CONV_WORK_LEN(filters.inputs_len) words
 * y       [out] image of output_h output_w pixels of groups filters.outputs_len values;
 *               may overlap neither x nor work
 *
 * Numerics: as ecm_nn_dense_batch_s8.
 * Context : any.
 * Source  : tensorflow/lite/kernels/internal/reference/integer_ops/conv.h.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG if sizes contradict each other.
 */
ecm_status_t ecm_nn_conv_s8(const ecm_nn_conv_s8_t *layer, const int8_t *x,
                            int32_t *work, int8_t *y);

ECM_EXTERN_C_END

#endif
