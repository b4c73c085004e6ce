"""int8 convolutions: ``ecm_nn_conv.h``."""

from libc.stdint cimport int8_t, int16_t, int32_t, uint8_t, uint16_t, uint32_t

from ecmkit._core cimport ecm, ecm_nn
from ecmkit._core.base cimport check, same_length
from ecmkit._core.nn_tables cimport dense_of, window_of


def work_len(uint32_t inputs_len) -> int:
    """``ECM_NN_CONV_WORK_LEN``."""
    return ecm_nn.ecm_nn_conv_work_len(inputs_len)


def conv_s8(
    const uint16_t[::1] window,
    const int8_t[::1] weights,
    const uint16_t[::1] blocks,
    const int32_t[::1] bias,
    const int32_t[::1] multiplier,
    const uint8_t[::1] shift,
    const int16_t[::1] output,
    uint16_t groups,
    uint16_t pool,
    int16_t input_zero,
    const int8_t[::1] x,
    int32_t[::1] work,
    int8_t[::1] y,
) -> None:
    """Convolution of one image.

    Parameters
    ----------
    window : ndarray of uint16, shape (13,)
        The sizes of ``ecm_nn_window_t``, in its order.
    weights, blocks, bias, multiplier, shift, output
        As for `ecmkit._core.nn_dense.dense_s8`; groups one after another.
    groups : int
        Divides the channels.
    pool : int
        1, or 2 for the greater of two neighbours in a row.
    input_zero : int
        Zero point of the input, -128 ... 127.
    x : ndarray of int8, shape (input_h * input_w * input_c,)
        Image.
    work : ndarray of int32, shape (n,)
        At least `work_len` elements; overwritten.
    y : ndarray of int8, shape (output_h * output_w * n_outputs,)
        Written.

    Raises
    ------
    ValueError
        If shapes or tables disagree or the device library refuses.
    """
    cdef ecm_nn.ecm_nn_conv_s8_t layer
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t inputs, n = bias.shape[0]
    window_of(&layer.window, window)
    if groups < 1:
        raise ValueError("groups is 0, expected at least 1")
    inputs = <Py_ssize_t>window[5] * window[6] * (window[2] // groups)
    dense_of(
        &layer.filters, weights, blocks, bias, multiplier, shift, inputs, groups, output
    )
    same_length("x", x.shape[0], <Py_ssize_t>window[0] * window[1] * window[2])
    same_length("y", y.shape[0], <Py_ssize_t>window[3] * window[4] * n)
    if work.shape[0] < ecm_nn.ecm_nn_conv_work_len(<uint32_t>inputs):
        raise ValueError(f"work has length {work.shape[0]}, expected work_len")
    if x.shape[0] == 0 or y.shape[0] == 0:
        raise ValueError("x or y is empty, expected an image")
    layer.groups, layer.pool, layer.input_zero = groups, pool, input_zero
    layer.reserved = 0
    with nogil:
        status = ecm_nn.ecm_nn_conv_s8(&layer, &x[0], &work[0], &y[0])
    check(status)
