/* ecm_nn_float.h - layers of float32 networks, with the same bits everywhere.
 *
 * Every sum of products runs in four striped lanes, in the order of the weights, as all
 * sums of the library; then the bias is added, then the clamp. No product is fused with
 * a sum.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_NN_FLOAT_H
#define ECM_NN_FLOAT_H

#include "ecm_nn.h"

ECM_EXTERN_C_BEGIN

/* A fully connected layer; output = clamp(weights x + bias). */
typedef struct {
    const float *weights; /* outputs_len rows of inputs_len */
    const float *bias;    /* outputs_len */
    uint16_t inputs_len;
    uint16_t outputs_len;
    float output_min; /* clamp, which is also the activation: ReLU has 0, infinity */
    float output_max;
} ecm_nn_float_dense_t;

/* A convolution. */
typedef struct {
    ecm_nn_window_t window; /* output_w after the pool */
    /* The filters of one group: inputs_len = kernel_h kernel_w input_c / groups in that
     * order. Tables of further groups follow those of the first. */
    ecm_nn_float_dense_t filters;
    uint16_t groups; /* >= 1, divides input_c */
    uint16_t pool;   /* 2: the greater of each two neighbours in a row; else 1 */
} ecm_nn_float_conv_t;

/* A convolution of each channel alone. */
typedef struct {
    ecm_nn_window_t window;
    const float *weights; /* [kernel_h][kernel_w][input_c multiply] */
    const float *bias;
    uint16_t multiply; /* output channels of an input channel, >= 1 */
    uint16_t reserved; /* 0 */
    float output_min;
    float output_max;
} ecm_nn_float_depthwise_t;

/* Functions of one value. */
enum {
    ECM_NN_FLOAT_CLAMP = 0,      /* within a ... b */
    ECM_NN_FLOAT_LEAKY = 1,      /* a x below 0 */
    ECM_NN_FLOAT_LOGISTIC = 2,   /* 1 / (1 + e^-x) */
    ECM_NN_FLOAT_TANH = 3,       /* tanh(x) */
    ECM_NN_FLOAT_ELU = 4,        /* a (e^x - 1) below 0 */
    ECM_NN_FLOAT_HARD_SWISH = 5, /* x clamp(x + 3, 0, 6) / 6 */
    ECM_NN_FLOAT_SWISH = 6,      /* x / (1 + e^-x) */
    ECM_NN_FLOAT_EXP = 7,        /* e^x */
    ECM_NN_FLOAT_SQRT = 8,       /* square root */
    ECM_NN_FLOAT_AFFINE = 9      /* a x + b, rounded twice */
};

/* Floats of work memory of a convolution. */
#define ECM_NN_FLOAT_WORK_LEN(inputs_len) (2U * (inputs_len))

/** Floats of work memory of a convolution.
 *
 * inputs_len [in] of its filters
 *
 * Context : any.
 * Returns : ECM_NN_FLOAT_WORK_LEN(inputs_len).
 */
uint32_t ecm_nn_float_work_len(uint32_t inputs_len);

/** A fully connected layer.
 *
 * layer   [in]  tables
 * x       [in]  inputs_len values
 * y       [out] outputs_len values; may not overlap x
 *
 * Numerics: see above; NaN passes the clamp.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_nn_float_dense(const ecm_nn_float_dense_t *layer, const float *x,
                                float *y);

/** Convolution, and the maximum of pairs if asked for.
 *
 * layer   [in]  geometry and tables
 * x       [in]  image of input_h input_w input_c values
 * work    [out] ECM_NN_FLOAT_WORK_LEN(filters.inputs_len) floats
 * y       [out] image of output_h output_w pixels of groups filters.outputs_len values;
 *               may overlap neither x nor work
 *
 * Numerics: as ecm_nn_float_dense, where taps outside of the image read 0.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG if sizes contradict each other.
 */
ecm_status_t ecm_nn_float_conv(const ecm_nn_float_conv_t *layer, const float *x,
                               float *work, float *y);

/** Convolution of each channel with filters of its own.
 *
 * layer   [in]  geometry and tables
 * x       [in]  image of input_h input_w input_c values
 * y       [out] image of output_h output_w pixels of input_c multiply values; may not
 *               overlap x
 *
 * Numerics: tap t = ky kernel_w + kx goes to lane t mod 4; those outside of the image
 *           are left out.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_nn_float_depthwise(const ecm_nn_float_depthwise_t *layer,
                                    const float *x, float *y);

/** Greatest value of each channel in a window.
 *
 * window  [in]  geometry; each output pixel's holds one pixel of the image or more
 * x       [in]  image of input_h input_w input_c values
 * y       [out] image of output_h output_w pixels of input_c values; may not overlap x
 *
 * Numerics: of NaN and a number either may come out.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG also where a window holds no pixel.
 */
ecm_status_t ecm_nn_float_pool_max(const ecm_nn_window_t *window, const float *x,
                                   float *y);

/** Mean of each channel in a window, over the pixels that are in the image.
 *
 * window  [in]  geometry; each output pixel's holds one pixel of the image or more
 * x       [in]  image of input_h input_w input_c values
 * y       [out] image of output_h output_w pixels of input_c values; may not overlap x
 *
 * Numerics: the pixels that are in the image, in order, in four striped lanes; one
 *           division.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG also where a window holds no pixel.
 */
ecm_status_t ecm_nn_float_pool_mean(const ecm_nn_window_t *window, const float *x,
                                    float *y);

/** A function of one value.
 *
 * function [in]  ECM_NN_FLOAT_...
 * a        [in]  its first parameter, where it has one
 * b        [in]  its second
 * x        [in]  x_len values
 * x_len    [in]  any
 * y        [out] x_len values; may be x
 *
 * Numerics: the functions of ecm_math.h, within 0.52 ulp; the rest as written.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG for another function.
 */
ecm_status_t ecm_nn_float_map(uint32_t function, float a, float b, const float *x,
                              uint32_t x_len, float *y);

/** Softmax of a vector.
 *
 * x       [in]  x_len values
 * x_len   [in]  >= 1
 * y       [out] x_len values; may be x
 *
 * Formula : e^(x - max) over their sum in four striped lanes.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_nn_float_softmax(const float *x, uint32_t x_len, float *y);

ECM_EXTERN_C_END

#endif
