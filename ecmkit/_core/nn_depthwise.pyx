"""int8 convolutions of each channel alone: ``ecm_nn_depthwise.h``."""

from libc.stdint cimport int8_t, int16_t, int32_t, uint8_t, uint16_t

from ecmkit._core cimport ecm, ecm_nn
from ecmkit._core.base cimport check, same_length
from ecmkit._core.nn_tables cimport window_of


def depthwise_s8(
    const uint16_t[::1] window,
    const int8_t[::1] weights,
    const int32_t[::1] bias,
    const int32_t[::1] multiplier,
    const uint8_t[::1] shift,
    const int16_t[::1] output,
    int16_t input_zero,
    const int8_t[::1] x,
    int8_t[::1] y,
) -> None:
    """Convolution of each channel of one image with filters of its own.

    Parameters
    ----------
    window : ndarray of uint16, shape (13,)
        The sizes of ``ecm_nn_window_t``, in its order.
    weights : ndarray of int8, shape (kernel_h * kernel_w * n_outputs,)
        As TFLite has them.
    bias, multiplier, shift, output, input_zero, x, y
        As for `ecmkit._core.nn_conv.conv_s8`.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm_nn.ecm_nn_depthwise_s8_t layer
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t i, n = bias.shape[0]
    window_of(&layer.window, window)
    same_length("multiplier", multiplier.shape[0], n)
    same_length("shift", shift.shape[0], n)
    same_length("output", output.shape[0], 3)
    if n == 0 or window[2] == 0 or n % window[2] or n > 0xFFFF:
        raise ValueError(f"{n} outputs, expected a multiple of the channels")
    for i in range(n):
        if not 1 <= shift[i] <= 62:
            raise ValueError(f"shift is {shift[i]}, expected 1 ... 62")
    same_length("weights", weights.shape[0], <Py_ssize_t>window[5] * window[6] * n)
    same_length("x", x.shape[0], <Py_ssize_t>window[0] * window[1] * window[2])
    same_length("y", y.shape[0], <Py_ssize_t>window[3] * window[4] * n)
    if x.shape[0] == 0 or y.shape[0] == 0 or weights.shape[0] == 0:
        raise ValueError("x, y or weights is empty, expected an image")
    layer.weights, layer.bias = &weights[0], &bias[0]
    layer.multiplier, layer.shift = &multiplier[0], &shift[0]
    layer.multiply = <uint16_t>(n // window[2])
    layer.input_zero, layer.output_zero = input_zero, output[0]
    layer.output_min, layer.output_max, layer.reserved = output[1], output[2], 0
    with nogil:
        status = ecm_nn.ecm_nn_depthwise_s8(&layer, &x[0], &y[0])
    check(status)
