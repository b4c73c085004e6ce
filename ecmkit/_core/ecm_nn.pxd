# The C declarations of the layers of networks; tests/core/test_ecm_pxd.py holds them
# against the headers.
from libc.stdint cimport int8_t, int16_t, int32_t, uint8_t, uint16_t, uint32_t

from ecmkit._core.ecm cimport ecm_status_t

cdef extern from "ecm_nn.h" nogil:
    ctypedef struct ecm_nn_window_t:
        uint16_t input_h
        uint16_t input_w
        uint16_t input_c
        uint16_t output_h
        uint16_t output_w
        uint16_t kernel_h
        uint16_t kernel_w
        uint16_t stride_h
        uint16_t stride_w
        uint16_t dilation_h
        uint16_t dilation_w
        uint16_t pad_h
        uint16_t pad_w
    ecm_status_t ecm_nn_mse_f32(
        const float *x, const float *y, uint32_t x_len, float *error) noexcept
    ecm_status_t ecm_nn_window_check(const ecm_nn_window_t *window) noexcept
    ecm_status_t ecm_nn_window_gather(
        const ecm_nn_window_t *window, const void *x, uint32_t pixel_len,
        uint32_t piece_len, uint32_t row, uint32_t column, int32_t fill,
        void *to) noexcept
    uint32_t ecm_nn_window_inside(
        const ecm_nn_window_t *window, uint32_t row, uint32_t pool,
        uint32_t *first) noexcept

cdef extern from "ecm_nn_dense.h" nogil:
    ctypedef struct ecm_nn_dense_s8_t:
        const int8_t *weights
        const uint16_t *blocks
        const int32_t *bias
        const int32_t *multiplier
        const uint8_t *shift
        uint16_t inputs_len
        uint16_t outputs_len
        int16_t output_zero
        int16_t output_min
        int16_t output_max
        uint16_t reserved
    ctypedef struct ecm_nn_dense_batch_t:
        uint32_t results_len
        uint32_t x_step
        uint32_t y_step
        uint32_t pool
    uint32_t ecm_nn_dense_work_len(uint32_t inputs_len) noexcept
    ecm_status_t ecm_nn_dense_s8(
        const ecm_nn_dense_s8_t *layer, const int8_t *x, int8_t *y) noexcept
    ecm_status_t ecm_nn_dense_batch_s8(
        const ecm_nn_dense_s8_t *layer, const ecm_nn_dense_batch_t *batch,
        const int8_t *x, int32_t *work, int8_t *y) noexcept

cdef extern from "ecm_nn_conv.h" nogil:
    ctypedef struct ecm_nn_conv_s8_t:
        ecm_nn_window_t window
        ecm_nn_dense_s8_t filters
        uint16_t groups
        uint16_t pool
        int16_t input_zero
        uint16_t reserved
    uint32_t ecm_nn_conv_work_len(uint32_t inputs_len) noexcept
    ecm_status_t ecm_nn_conv_s8(
        const ecm_nn_conv_s8_t *layer, const int8_t *x, int32_t *work,
        int8_t *y) noexcept

cdef extern from "ecm_nn_depthwise.h" nogil:
    ctypedef struct ecm_nn_depthwise_s8_t:
        ecm_nn_window_t window
        const int8_t *weights
        const int32_t *bias
        const int32_t *multiplier
        const uint8_t *shift
        uint16_t multiply
        int16_t input_zero
        int16_t output_zero
        int16_t output_min
        int16_t output_max
        uint16_t reserved
    ecm_status_t ecm_nn_depthwise_s8(
        const ecm_nn_depthwise_s8_t *layer, const int8_t *x, int8_t *y) noexcept

cdef extern from "ecm_nn_pool.h" nogil:
    ctypedef struct ecm_nn_pool_s8_t:
        ecm_nn_window_t window
        int16_t output_min
        int16_t output_max
    ctypedef struct ecm_nn_mean_s8_t:
        uint32_t outer_len
        uint32_t mean_len
        uint32_t inner_len
        int32_t bias
        int32_t multiplier
        uint16_t shift
        int16_t output_zero
        int16_t output_min
        int16_t output_max
    ecm_status_t ecm_nn_pool_max_s8(
        const ecm_nn_pool_s8_t *layer, const int8_t *x, int8_t *y) noexcept
    ecm_status_t ecm_nn_pool_mean_s8(
        const ecm_nn_pool_s8_t *layer, const int8_t *x, int8_t *y) noexcept
    ecm_status_t ecm_nn_mean_s8(
        const ecm_nn_mean_s8_t *layer, const int8_t *x, int8_t *y) noexcept

cdef extern from "ecm_nn_add.h" nogil:
    ctypedef struct ecm_nn_add_s8_t:
        uint32_t a_len
        uint32_t b_len
        int32_t a_multiplier
        int32_t b_multiplier
        int32_t multiplier
        uint8_t a_shift
        uint8_t b_shift
        uint8_t shift
        uint8_t reserved
        int16_t a_zero
        int16_t b_zero
        int16_t output_zero
        int16_t output_min
        int16_t output_max
        int16_t reserved1
    ctypedef struct ecm_nn_softmax_s8_t:
        const uint32_t *exponential
        uint32_t rows_len
        uint16_t row_len
        uint16_t reserved
    ctypedef struct ecm_nn_copy_t:
        uint32_t pieces_len
        uint32_t piece_len
        uint32_t x_step
        uint32_t y_step
    ecm_status_t ecm_nn_add_s8(
        const ecm_nn_add_s8_t *layer, const int8_t *a, const int8_t *b,
        int8_t *y) noexcept
    ecm_status_t ecm_nn_mul_s8(
        const ecm_nn_add_s8_t *layer, const int8_t *a, const int8_t *b,
        int8_t *y) noexcept
    ecm_status_t ecm_nn_table_s8(
        const int8_t *table, const int8_t *x, uint32_t x_len, int8_t *y) noexcept
    ecm_status_t ecm_nn_softmax_s8(
        const ecm_nn_softmax_s8_t *layer, const int8_t *x, int8_t *y) noexcept
    ecm_status_t ecm_nn_copy_s8(
        const ecm_nn_copy_t *copy, const int8_t *x, int8_t *y) noexcept
    ecm_status_t ecm_nn_fill_s8(int32_t value, uint32_t y_len, int8_t *y) noexcept

cdef extern from "ecm_nn_dot.h" nogil:
    ecm_status_t ecm_nn_dot_four_f32(
        const float *w0, const float *w1, const float *x0, const float *x1,
        uint32_t n, float *sums) noexcept

cdef extern from "ecm_nn_float.h" nogil:
    ctypedef struct ecm_nn_float_dense_t:
        const float *weights
        const float *bias
        uint16_t inputs_len
        uint16_t outputs_len
        float output_min
        float output_max
    ctypedef struct ecm_nn_float_conv_t:
        ecm_nn_window_t window
        ecm_nn_float_dense_t filters
        uint16_t groups
        uint16_t pool
    ctypedef struct ecm_nn_float_depthwise_t:
        ecm_nn_window_t window
        const float *weights
        const float *bias
        uint16_t multiply
        uint16_t reserved
        float output_min
        float output_max
    enum:
        ECM_NN_FLOAT_CLAMP
        ECM_NN_FLOAT_LEAKY
        ECM_NN_FLOAT_LOGISTIC
        ECM_NN_FLOAT_TANH
        ECM_NN_FLOAT_ELU
        ECM_NN_FLOAT_HARD_SWISH
        ECM_NN_FLOAT_SWISH
        ECM_NN_FLOAT_EXP
        ECM_NN_FLOAT_SQRT
        ECM_NN_FLOAT_AFFINE
    uint32_t ecm_nn_float_work_len(uint32_t inputs_len) noexcept
    ecm_status_t ecm_nn_float_dense(
        const ecm_nn_float_dense_t *layer, const float *x, float *y) noexcept
    ecm_status_t ecm_nn_float_conv(
        const ecm_nn_float_conv_t *layer, const float *x, float *work,
        float *y) noexcept
    ecm_status_t ecm_nn_float_depthwise(
        const ecm_nn_float_depthwise_t *layer, const float *x, float *y) noexcept
    ecm_status_t ecm_nn_float_pool_max(
        const ecm_nn_window_t *window, const float *x, float *y) noexcept
    ecm_status_t ecm_nn_float_pool_mean(
        const ecm_nn_window_t *window, const float *x, float *y) noexcept
    ecm_status_t ecm_nn_float_map(
        uint32_t function, float a, float b, const float *x, uint32_t x_len,
        float *y) noexcept
    ecm_status_t ecm_nn_float_softmax(
        const float *x, uint32_t x_len, float *y) noexcept
