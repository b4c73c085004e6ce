"""Fully connected layers of int16 values: ``ecm_nn_dense_s16.h``."""

from libc.stdint cimport int8_t, int16_t, int32_t, uint8_t, uint16_t

from ecmkit._core cimport ecm, ecm_nn, ecm_nn_s16
from ecmkit._core.base cimport check, same_length
from ecmkit._core.nn_tables cimport dense_of


def dense_s16(
    const int8_t[::1] weights,
    const uint16_t[::1] blocks,
    const int32_t[::1] bias,
    const int32_t[::1] multiplier,
    const uint8_t[::1] shift,
    const int16_t[::1] output,
    const int16_t[:, ::1] x,
    int16_t[:, ::1] y,
) -> None:
    """Fully connected layer, for each row of `x`.

    Parameters
    ----------
    weights, blocks, bias
        As for `ecmkit._core.nn_dense.dense_s8`.
    multiplier : ndarray of int32, shape (n_outputs,)
        0 and more.
    shift : ndarray of uint8, shape (n_outputs,)
        1 ... 46 for multipliers below 2^15, 17 ... 62 for others.
    output : ndarray of int16, shape (3,)
        0, and the clamp of the output.
    x : ndarray of int16, shape (n_rows, n_inputs)
        Inputs.
    y : ndarray of int16, shape (n_rows, n_outputs)
        Written; may not overlap `x`.

    Raises
    ------
    ValueError
        If shapes or tables disagree or the device library refuses.
    """
    cdef ecm_nn.ecm_nn_dense_s8_t layer
    cdef ecm.ecm_status_t status = ecm.ECM_OK
    cdef Py_ssize_t i, n = x.shape[0]
    dense_of(
        &layer, weights, blocks, bias, multiplier, shift, x.shape[1], 1, output, 32768
    )
    same_length("y", y.shape[0], n)
    same_length("a row of y", y.shape[1], bias.shape[0])
    with nogil:
        for i in range(n):
            status = ecm_nn_s16.ecm_nn_dense_s16(&layer, &x[i, 0], &y[i, 0])
            if status < 0:
                break
    check(status)
