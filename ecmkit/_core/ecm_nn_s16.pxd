# Layers of int16 values: csrc/ecm_nn_dense_s16.h, csrc/ecm_nn_s16.h and what
# csrc/ecm_quant.h has for them.
from libc.stdint cimport int8_t, int16_t, int32_t, uint8_t, uint16_t, uint32_t

from ecmkit._core.ecm cimport ecm_status_t
from ecmkit._core.ecm_nn cimport (
    ecm_nn_add_s8_t,
    ecm_nn_conv_s8_t,
    ecm_nn_dense_s8_t,
    ecm_nn_depthwise_s8_t,
    ecm_nn_mean_s8_t,
    ecm_nn_pool_s8_t,
)

cdef extern from "ecm_quant.h" nogil:
    ecm_status_t ecm_quant_quantize_f32_s16(
        const float *x, uint32_t x_len, float scale, int16_t *q) noexcept
    ecm_status_t ecm_quant_dequantize_s16_f32(
        const int16_t *q, uint32_t q_len, float scale, float *x) noexcept

cdef extern from "ecm_nn_dense_s16.h" nogil:
    ecm_status_t ecm_nn_dense_s16(
        const ecm_nn_dense_s8_t *layer, const int16_t *x, int16_t *y) noexcept

cdef extern from "ecm_nn_s16.h" nogil:
    ctypedef struct ecm_nn_softmax_s16_t:
        const uint32_t *coarse
        const uint32_t *fine
        uint32_t rows_len
        uint16_t row_len
        uint16_t reserved
    ctypedef struct ecm_nn_rescale_t:
        int32_t multiplier
        int32_t negative_multiplier
        uint8_t shift
        uint8_t negative_shift
        int16_t input_zero
        int16_t output_zero
        int16_t output_min
        int16_t output_max
        int16_t reserved
    ecm_status_t ecm_nn_conv_s16(
        const ecm_nn_conv_s8_t *layer, const int16_t *x, int16_t *work,
        int16_t *y) noexcept
    ecm_status_t ecm_nn_depthwise_s16(
        const ecm_nn_depthwise_s8_t *layer, const int16_t *x, int16_t *y) noexcept
    ecm_status_t ecm_nn_pool_max_s16(
        const ecm_nn_pool_s8_t *layer, const int16_t *x, int16_t *y) noexcept
    ecm_status_t ecm_nn_pool_mean_s16(
        const ecm_nn_pool_s8_t *layer, const int16_t *x, int16_t *y) noexcept
    ecm_status_t ecm_nn_mean_s16(
        const ecm_nn_mean_s8_t *layer, const int16_t *x, int16_t *y) noexcept
    ecm_status_t ecm_nn_add_s16(
        const ecm_nn_add_s8_t *layer, const int16_t *a, const int16_t *b,
        int16_t *y) noexcept
    ecm_status_t ecm_nn_mul_s16(
        const ecm_nn_add_s8_t *layer, const int16_t *a, const int16_t *b,
        int16_t *y) noexcept
    ecm_status_t ecm_nn_table_s16(
        const int16_t *table, const int16_t *x, uint32_t x_len, int16_t *y) noexcept
    ecm_status_t ecm_nn_softmax_s16(
        const ecm_nn_softmax_s16_t *layer, const int16_t *x, int16_t *y) noexcept
    ecm_status_t ecm_nn_rescale_s16(
        const ecm_nn_rescale_t *rescale, const int16_t *x, uint32_t x_len,
        int16_t *y) noexcept
    ecm_status_t ecm_nn_rescale_s8_s16(
        const ecm_nn_rescale_t *rescale, const int8_t *x, uint32_t x_len,
        int16_t *y) noexcept
    ecm_status_t ecm_nn_rescale_s16_s8(
        const ecm_nn_rescale_t *rescale, const int16_t *x, uint32_t x_len,
        int8_t *y) noexcept
