# Recurrent layers: csrc/ecm_nn_rnn.h.
from libc.stdint cimport int8_t, uint16_t

from ecmkit._core.ecm cimport ecm_status_t


cdef extern from "ecm_nn_rnn.h" nogil:
    ctypedef struct ecm_nn_rnn_f32_t:
        const float *weights
        const float *bias
        uint16_t inputs_len
        uint16_t rows_len
    ctypedef struct ecm_nn_rnn_s8_t:
        const int8_t *weights
        const float *scale
        const float *bias
        uint16_t inputs_len
        uint16_t rows_len
    ecm_status_t ecm_nn_rnn_add_f32(
        const ecm_nn_rnn_f32_t *rows, const float *x, float *sums) noexcept
    ecm_status_t ecm_nn_rnn_add_s8(
        const ecm_nn_rnn_s8_t *rows, const int8_t *x, float *sums) noexcept
