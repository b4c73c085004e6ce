"""Layers of float32 networks: ``ecm_nn_float.h``."""

from libc.stdint cimport uint16_t, uint32_t

from ecmkit._core cimport ecm, ecm_nn
from ecmkit._core.base cimport check, same_length
from ecmkit._core.nn_tables cimport window_of

CLAMP = ecm_nn.ECM_NN_FLOAT_CLAMP
LEAKY = ecm_nn.ECM_NN_FLOAT_LEAKY
LOGISTIC = ecm_nn.ECM_NN_FLOAT_LOGISTIC
TANH = ecm_nn.ECM_NN_FLOAT_TANH
ELU = ecm_nn.ECM_NN_FLOAT_ELU
HARD_SWISH = ecm_nn.ECM_NN_FLOAT_HARD_SWISH
SWISH = ecm_nn.ECM_NN_FLOAT_SWISH
EXP = ecm_nn.ECM_NN_FLOAT_EXP
SQRT = ecm_nn.ECM_NN_FLOAT_SQRT
AFFINE = ecm_nn.ECM_NN_FLOAT_AFFINE


def work_len(uint32_t inputs_len) -> int:
    """``ECM_NN_FLOAT_WORK_LEN``."""
    return ecm_nn.ecm_nn_float_work_len(inputs_len)


def dense(
    const float[:, ::1] weights,
    const float[::1] bias,
    float output_min,
    float output_max,
    const float[:, ::1] x,
    float[:, ::1] y,
) -> None:
    """Fully connected layer, for each row of `x`.

    Parameters
    ----------
    weights : ndarray of float32, shape (n_outputs, n_inputs)
        Rows, 1 ... 65535 of each.
    bias : ndarray of float32, shape (n_outputs,)
        Added to each sum.
    output_min, output_max : float
        Clamp.
    x : ndarray of float32, shape (n, n_inputs)
        Inputs.
    y : ndarray of float32, shape (n, n_outputs)
        Written; may not overlap `x`.

    Raises
    ------
    ValueError
        If shapes disagree.
    """
    cdef ecm_nn.ecm_nn_float_dense_t layer
    cdef ecm.ecm_status_t status = ecm.ECM_OK
    cdef Py_ssize_t i, n = x.shape[0]
    same_length("bias", bias.shape[0], weights.shape[0])
    same_length("a row of x", x.shape[1], weights.shape[1])
    same_length("y", y.shape[0], n)
    same_length("a row of y", y.shape[1], weights.shape[0])
    if not (0 < weights.shape[0] <= 0xFFFF and 0 < weights.shape[1] <= 0xFFFF):
        raise ValueError(
            f"weights is {weights.shape[0]} x {weights.shape[1]}, expected 1 ... 65535 "
            "of each"
        )
    layer.weights, layer.bias = &weights[0, 0], &bias[0]
    layer.inputs_len = <uint16_t>weights.shape[1]
    layer.outputs_len = <uint16_t>weights.shape[0]
    layer.output_min, layer.output_max = output_min, output_max
    with nogil:
        for i in range(n):
            status = ecm_nn.ecm_nn_float_dense(&layer, &x[i, 0], &y[i, 0])
            if status < 0:
                break
    check(status)


def conv(
    const uint16_t[::1] window,
    const float[:, ::1] weights,
    const float[::1] bias,
    uint16_t groups,
    uint16_t pool,
    float output_min,
    float output_max,
    const float[::1] x,
    float[::1] work,
    float[::1] y,
) -> None:
    """Convolution of one image.

    Parameters
    ----------
    window : ndarray of uint16, shape (13,)
        The sizes of ``ecm_nn_window_t``, in its order.
    weights : ndarray of float32, shape (n_outputs, kernel_h * kernel_w * c)
        Filters; c channels of a group.
    bias : ndarray of float32, shape (n_outputs,)
        Added to each sum.
    groups, pool : int
        See ``ecm_nn_float_conv_t``.
    output_min, output_max : float
        Clamp.
    x : ndarray of float32, shape (input_h * input_w * input_c,)
        Image.
    work : ndarray of float32, shape (n,)
        At least `work_len` elements; overwritten.
    y : ndarray of float32, shape (output_h * output_w * n_outputs,)
        Written.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm_nn.ecm_nn_float_conv_t layer
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t n = weights.shape[0]
    window_of(&layer.window, window)
    same_length("bias", bias.shape[0], n)
    if groups < 1 or n == 0 or n > 0xFFFF or n % groups:
        raise ValueError(f"{n} outputs in {groups} groups, expected as many in each")
    same_length(
        "a row of weights", weights.shape[1],
        <Py_ssize_t>window[5] * window[6] * (window[2] // groups),
    )
    same_length("x", x.shape[0], <Py_ssize_t>window[0] * window[1] * window[2])
    same_length("y", y.shape[0], <Py_ssize_t>window[3] * window[4] * n)
    if work.shape[0] < ecm_nn.ecm_nn_float_work_len(<uint32_t>weights.shape[1]):
        raise ValueError(f"work has length {work.shape[0]}, expected work_len")
    if x.shape[0] == 0 or y.shape[0] == 0 or not 0 < weights.shape[1] <= 0xFFFF:
        raise ValueError("x, y or weights is empty or too large, expected an image")
    layer.filters.weights, layer.filters.bias = &weights[0, 0], &bias[0]
    layer.filters.inputs_len = <uint16_t>weights.shape[1]
    layer.filters.outputs_len = <uint16_t>(n // groups)
    layer.filters.output_min, layer.filters.output_max = output_min, output_max
    layer.groups, layer.pool = groups, pool
    with nogil:
        status = ecm_nn.ecm_nn_float_conv(&layer, &x[0], &work[0], &y[0])
    check(status)


def depthwise(
    const uint16_t[::1] window,
    const float[:, ::1] weights,
    const float[::1] bias,
    float output_min,
    float output_max,
    const float[::1] x,
    float[::1] y,
) -> None:
    """Convolution of each channel of one image with filters of its own.

    Parameters
    ----------
    window : ndarray of uint16, shape (13,)
        The sizes of ``ecm_nn_window_t``, in its order.
    weights : ndarray of float32, shape (kernel_h * kernel_w, n_outputs)
        A row for each tap.
    bias, output_min, output_max, x, y
        As for `conv`.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm_nn.ecm_nn_float_depthwise_t layer
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t n = weights.shape[1]
    window_of(&layer.window, window)
    same_length("bias", bias.shape[0], n)
    if n == 0 or window[2] == 0 or n % window[2] or n > 0xFFFF:
        raise ValueError(f"{n} outputs, expected a multiple of the channels")
    same_length("weights", weights.shape[0], <Py_ssize_t>window[5] * window[6])
    same_length("x", x.shape[0], <Py_ssize_t>window[0] * window[1] * window[2])
    same_length("y", y.shape[0], <Py_ssize_t>window[3] * window[4] * n)
    if x.shape[0] == 0 or y.shape[0] == 0 or weights.shape[0] == 0:
        raise ValueError("x, y or weights is empty, expected an image")
    layer.weights, layer.bias = &weights[0, 0], &bias[0]
    layer.multiply, layer.reserved = <uint16_t>(n // window[2]), 0
    layer.output_min, layer.output_max = output_min, output_max
    with nogil:
        status = ecm_nn.ecm_nn_float_depthwise(&layer, &x[0], &y[0])
    check(status)


def pool_max(const uint16_t[::1] window, const float[::1] x, float[::1] y) -> None:
    """Greatest value of each channel in a window.

    Parameters
    ----------
    window : ndarray of uint16, shape (13,)
        The sizes of ``ecm_nn_window_t``, in its order.
    x : ndarray of float32, shape (input_h * input_w * input_c,)
        Image.
    y : ndarray of float32, shape (output_h * output_w * input_c,)
        Written.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm_nn.ecm_nn_window_t geometry
    cdef ecm.ecm_status_t status
    window_of(&geometry, window)
    same_length("x", x.shape[0], <Py_ssize_t>window[0] * window[1] * window[2])
    same_length("y", y.shape[0], <Py_ssize_t>window[3] * window[4] * window[2])
    if x.shape[0] == 0 or y.shape[0] == 0:
        raise ValueError("x or y is empty, expected an image")
    with nogil:
        status = ecm_nn.ecm_nn_float_pool_max(&geometry, &x[0], &y[0])
    check(status)


def pool_mean(const uint16_t[::1] window, const float[::1] x, float[::1] y) -> None:
    """Mean of each channel in a window, over the pixels that are in the image.

    Parameters
    ----------
    window : ndarray of uint16, shape (13,)
        The sizes of ``ecm_nn_window_t``, in its order.
    x : ndarray of float32, shape (input_h * input_w * input_c,)
        Image.
    y : ndarray of float32, shape (output_h * output_w * input_c,)
        Written.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm_nn.ecm_nn_window_t geometry
    cdef ecm.ecm_status_t status
    window_of(&geometry, window)
    same_length("x", x.shape[0], <Py_ssize_t>window[0] * window[1] * window[2])
    same_length("y", y.shape[0], <Py_ssize_t>window[3] * window[4] * window[2])
    if x.shape[0] == 0 or y.shape[0] == 0:
        raise ValueError("x or y is empty, expected an image")
    with nogil:
        status = ecm_nn.ecm_nn_float_pool_mean(&geometry, &x[0], &y[0])
    check(status)


def map(
    uint32_t function, float a, float b, const float[::1] x, float[::1] y
) -> None:
    """Apply a function of one value.

    Parameters
    ----------
    function : int
        `CLAMP`, `LEAKY`, ...; see ``ecm_nn_float.h``.
    a, b : float
        Its parameters, where it has them.
    x : ndarray of float32, shape (n,)
        Values.
    y : ndarray of float32, shape (n,)
        Written; may be `x`.

    Raises
    ------
    ValueError
        If lengths disagree or there is no such function.
    """
    cdef ecm.ecm_status_t status
    cdef float none = 0
    same_length("y", y.shape[0], x.shape[0])
    if x.shape[0] == 0:
        status = ecm_nn.ecm_nn_float_map(function, a, b, &none, 0, &none)
    else:
        with nogil:
            status = ecm_nn.ecm_nn_float_map(
                function, a, b, &x[0], <uint32_t>x.shape[0], &y[0]
            )
    check(status)


def softmax(const float[::1] x, float[::1] y) -> None:
    """Softmax of a vector of at least one value; `y` is written and may be `x`.

    Raises
    ------
    ValueError
        If lengths disagree or are 0.
    """
    cdef ecm.ecm_status_t status
    same_length("y", y.shape[0], x.shape[0])
    if x.shape[0] == 0:
        raise ValueError("x is empty, expected at least one value")
    with nogil:
        status = ecm_nn.ecm_nn_float_softmax(&x[0], <uint32_t>x.shape[0], &y[0])
    check(status)
