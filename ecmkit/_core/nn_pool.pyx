"""int8 pools and means: ``ecm_nn_pool.h``."""

from libc.stdint cimport int8_t, int16_t, int32_t, uint16_t, uint32_t

from ecmkit._core cimport ecm, ecm_nn
from ecmkit._core.base cimport check, same_length
from ecmkit._core.nn_tables cimport window_of


cdef int pool_of(
    ecm_nn.ecm_nn_pool_s8_t *layer,
    const uint16_t[::1] window,
    int16_t output_min,
    int16_t output_max,
    Py_ssize_t x_len,
    Py_ssize_t y_len,
) except -1:
    window_of(&layer.window, window)
    same_length("x", x_len, <Py_ssize_t>window[0] * window[1] * window[2])
    same_length("y", y_len, <Py_ssize_t>window[3] * window[4] * window[2])
    if x_len == 0 or y_len == 0:
        raise ValueError("x or y is empty, expected an image")
    layer.output_min, layer.output_max = output_min, output_max
    return 0


def pool_max_s8(
    const uint16_t[::1] window,
    int16_t output_min,
    int16_t output_max,
    const int8_t[::1] x,
    int8_t[::1] y,
) -> None:
    """Greatest value of each channel in a window.

    Parameters
    ----------
    window : ndarray of uint16, shape (13,)
        The sizes of ``ecm_nn_window_t``, in its order.
    output_min, output_max : int
        Clamp, within -128 ... 127.
    x : ndarray of int8, shape (input_h * input_w * input_c,)
        Image.
    y : ndarray of int8, shape (output_h * output_w * input_c,)
        Written.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm_nn.ecm_nn_pool_s8_t layer
    cdef ecm.ecm_status_t status
    pool_of(&layer, window, output_min, output_max, x.shape[0], y.shape[0])
    with nogil:
        status = ecm_nn.ecm_nn_pool_max_s8(&layer, &x[0], &y[0])
    check(status)


def pool_mean_s8(
    const uint16_t[::1] window,
    int16_t output_min,
    int16_t output_max,
    const int8_t[::1] x,
    int8_t[::1] y,
) -> None:
    """Mean of each channel in a window, over the pixels that are in the image.

    Parameters
    ----------
    window : ndarray of uint16, shape (13,)
        The sizes of ``ecm_nn_window_t``, in its order.
    output_min, output_max : int
        Clamp, within -128 ... 127.
    x : ndarray of int8, shape (input_h * input_w * input_c,)
        Image.
    y : ndarray of int8, shape (output_h * output_w * input_c,)
        Written.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm_nn.ecm_nn_pool_s8_t layer
    cdef ecm.ecm_status_t status
    pool_of(&layer, window, output_min, output_max, x.shape[0], y.shape[0])
    with nogil:
        status = ecm_nn.ecm_nn_pool_mean_s8(&layer, &x[0], &y[0])
    check(status)


def mean_s8(
    int32_t bias,
    int32_t multiplier,
    uint16_t shift,
    const int16_t[::1] output,
    const int8_t[:, :, ::1] x,
    int8_t[:, ::1] y,
) -> None:
    """Mean over the middle axis.

    Parameters
    ----------
    bias, multiplier, shift : int
        See ``ecm_nn_mean_s8_t``.
    output : ndarray of int16, shape (3,)
        Zero point and clamp of the output.
    x : ndarray of int8, shape (n_outer, n, n_inner)
        Values.
    y : ndarray of int8, shape (n_outer, n_inner)
        Written.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm_nn.ecm_nn_mean_s8_t layer
    cdef ecm.ecm_status_t status
    same_length("output", output.shape[0], 3)
    same_length("y", y.shape[0], x.shape[0])
    same_length("a row of y", y.shape[1], x.shape[2])
    if y.shape[0] == 0 or y.shape[1] == 0 or x.shape[1] == 0:
        raise ValueError("x is empty, expected at least one value")
    layer.outer_len, layer.mean_len = <uint32_t>x.shape[0], <uint32_t>x.shape[1]
    layer.inner_len = <uint32_t>x.shape[2]
    layer.bias, layer.multiplier, layer.shift = bias, multiplier, shift
    layer.output_zero, layer.output_min, layer.output_max = (
        output[0], output[1], output[2]
    )
    with nogil:
        status = ecm_nn.ecm_nn_mean_s8(&layer, &x[0, 0, 0], &y[0, 0])
    check(status)
