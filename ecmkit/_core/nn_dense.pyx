"""Fully connected int8 layers: ``ecm_nn_dense.h``."""

from libc.stdint cimport int8_t, int16_t, int32_t, uint8_t, uint16_t, uint32_t

from ecmkit._core cimport ecm, ecm_nn
from ecmkit._core.base cimport check, same_length
from ecmkit._core.nn_tables cimport dense_of


def work_len(uint32_t inputs_len) -> int:
    """``ECM_NN_DENSE_WORK_LEN``."""
    return ecm_nn.ecm_nn_dense_work_len(inputs_len)


def dense_s8(
    const int8_t[::1] weights,
    const uint16_t[::1] blocks,
    const int32_t[::1] bias,
    const int32_t[::1] multiplier,
    const uint8_t[::1] shift,
    const int16_t[::1] output,
    const int8_t[:, ::1] x,
    int8_t[:, ::1] y,
) -> None:
    """Fully connected layer, for each row of `x`.

    Parameters
    ----------
    weights : ndarray of int8, shape (n,)
        Packed, see `ecmkit.graph.packing`.
    blocks : ndarray of uint16, shape (m,), or None
        The blocks that are kept; None for all of them.
    bias, multiplier : ndarray of int32, shape (n_outputs,)
        See ``ecm_nn_dense_s8_t``.
    shift : ndarray of uint8, shape (n_outputs,)
        1 ... 62.
    output : ndarray of int16, shape (3,)
        Zero point and clamp of the output, within -128 ... 127.
    x : ndarray of int8, shape (n_rows, n_inputs)
        Inputs.
    y : ndarray of int8, shape (n_rows, n_outputs)
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
        &layer, weights, blocks, bias, multiplier, shift, x.shape[1], 1, output
    )
    same_length("y", y.shape[0], n)
    same_length("a row of y", y.shape[1], bias.shape[0])
    with nogil:
        for i in range(n):
            status = ecm_nn.ecm_nn_dense_s8(&layer, &x[i, 0], &y[i, 0])
            if status < 0:
                break
    check(status)


def batch_s8(
    const int8_t[::1] weights,
    const uint16_t[::1] blocks,
    const int32_t[::1] bias,
    const int32_t[::1] multiplier,
    const uint8_t[::1] shift,
    const int16_t[::1] output,
    Py_ssize_t n_inputs,
    Py_ssize_t x_step,
    Py_ssize_t pool,
    const int8_t[::1] x,
    int32_t[::1] work,
    int8_t[:, ::1] y,
) -> None:
    """A layer on inputs at equal steps; the greater of each `pool` results.

    Parameters
    ----------
    weights, blocks, bias, multiplier, shift, output
        As for `dense_s8`.
    n_inputs : int
        Inputs of the layer, 1 ... 65535.
    x_step : int
        From an input to the next, 0 and more.
    pool : int
        1 or 2.
    x : ndarray of int8, shape (n,)
        All inputs.
    work : ndarray of int32, shape (n,)
        At least `work_len` elements; overwritten.
    y : ndarray of int8, shape (n_results, n_outputs)
        Written.

    Raises
    ------
    ValueError
        If shapes or tables disagree or the device library refuses.
    """
    cdef ecm_nn.ecm_nn_dense_s8_t layer
    cdef ecm_nn.ecm_nn_dense_batch_t batch
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t n = y.shape[0]
    dense_of(&layer, weights, blocks, bias, multiplier, shift, n_inputs, 1, output)
    same_length("a row of y", y.shape[1], bias.shape[0])
    if work.shape[0] < ecm_nn.ecm_nn_dense_work_len(<uint32_t>n_inputs):
        raise ValueError(f"work has length {work.shape[0]}, expected work_len")
    if x_step < 0 or n < 1 or (n * pool - 1) * x_step + n_inputs > x.shape[0]:
        raise ValueError(
            f"x has length {x.shape[0]}, expected {n * pool} inputs of {n_inputs}, "
            f"{x_step} apart"
        )
    batch.results_len = <uint32_t>n
    batch.x_step = <uint32_t>x_step
    batch.y_step = <uint32_t>y.shape[1]
    batch.pool = <uint32_t>pool
    with nogil:
        status = ecm_nn.ecm_nn_dense_batch_s8(
            &layer, &batch, &x[0], &work[0], &y[0, 0]
        )
    check(status)
