"""Products of recurrent layers: ``ecm_nn_rnn.h``."""

from libc.stdint cimport int8_t, uint16_t

from ecmkit._core cimport ecm, ecm_nn_rnn
from ecmkit._core.base cimport check, same_length


def add_f32(
    const float[:, ::1] weights,
    const float[::1] bias,
    const float[::1] x,
    float[::1] sums,
) -> None:
    """Add a product and a bias to sums.

    Parameters
    ----------
    weights : ndarray of float32, shape (n_rows, n)
        Rows.
    bias : ndarray of float32, shape (n_rows,)
        Added to each.
    x : ndarray of float32, shape (n,)
        What comes in; n >= 1.
    sums : ndarray of float32, shape (n_rows,)
        Added to.

    Raises
    ------
    ValueError
        If lengths disagree or the device library refuses.
    """
    cdef ecm_nn_rnn.ecm_nn_rnn_f32_t rows
    cdef ecm.ecm_status_t status
    same_length("x", x.shape[0], weights.shape[1])
    same_length("bias", bias.shape[0], weights.shape[0])
    same_length("sums", sums.shape[0], weights.shape[0])
    if weights.size == 0:
        raise ValueError("no weights")
    rows.weights, rows.bias = &weights[0, 0], &bias[0]
    rows.inputs_len = <uint16_t>weights.shape[1]
    rows.rows_len = <uint16_t>weights.shape[0]
    with nogil:
        status = ecm_nn_rnn.ecm_nn_rnn_add_f32(&rows, &x[0], &sums[0])
    check(status)


def add_s8(
    const int8_t[:, ::1] weights,
    const float[::1] scale,
    const float[::1] bias,
    const int8_t[::1] x,
    float[::1] sums,
) -> None:
    """Add a product of integers, in the unit of each row, and a bias to sums.

    Parameters
    ----------
    weights : ndarray of int8, shape (n_rows, n)
        Rows, -127 ... 127.
    scale : ndarray of float32, shape (n_rows,)
        Unit of each row's product.
    bias : ndarray of float32, shape (n_rows,)
        Added to each, real.
    x : ndarray of int8, shape (n,)
        What comes in; n >= 1.
    sums : ndarray of float32, shape (n_rows,)
        Added to.

    Raises
    ------
    ValueError
        If lengths disagree or the device library refuses.
    """
    cdef ecm_nn_rnn.ecm_nn_rnn_s8_t rows
    cdef ecm.ecm_status_t status
    same_length("x", x.shape[0], weights.shape[1])
    same_length("scale", scale.shape[0], weights.shape[0])
    same_length("bias", bias.shape[0], weights.shape[0])
    same_length("sums", sums.shape[0], weights.shape[0])
    if weights.size == 0:
        raise ValueError("no weights")
    rows.weights, rows.scale, rows.bias = &weights[0, 0], &scale[0], &bias[0]
    rows.inputs_len = <uint16_t>weights.shape[1]
    rows.rows_len = <uint16_t>weights.shape[0]
    with nogil:
        status = ecm_nn_rnn.ecm_nn_rnn_add_s8(&rows, &x[0], &sums[0])
    check(status)
