"""Layers of int16 values: ``ecm_nn_s16.h``."""

from libc.stdint cimport int8_t, int16_t, int32_t, uint8_t, uint16_t, uint32_t

from ecmkit._core cimport ecm, ecm_nn, ecm_nn_s16
from ecmkit._core.base cimport check, same_length
from ecmkit._core.nn_tables cimport dense_of, factors_of, window_of


cdef int image_of(
    const uint16_t[::1] window, Py_ssize_t channels, Py_ssize_t x, Py_ssize_t y
) except -1:
    same_length("x", x, <Py_ssize_t>window[0] * window[1] * window[2])
    same_length("y", y, <Py_ssize_t>window[3] * window[4] * channels)
    if x == 0 or y == 0:
        raise ValueError("x or y is empty, expected an image")
    return 0


def conv_s16(
    const uint16_t[::1] window,
    const int8_t[::1] weights,
    const uint16_t[::1] blocks,
    const int32_t[::1] bias,
    const int32_t[::1] multiplier,
    const uint8_t[::1] shift,
    const int16_t[::1] output,
    uint16_t groups,
    const int16_t[::1] x,
    int16_t[::1] work,
    int16_t[::1] y,
) -> None:
    """Convolution of one image.

    Parameters
    ----------
    window : ndarray of uint16, shape (13,)
        The sizes of ``ecm_nn_window_t``, in its order.
    weights, blocks, bias, multiplier, shift, output
        As for `ecmkit._core.nn_dense_s16.dense_s16`; groups one after another.
    groups : int
        Divides the channels.
    x : ndarray of int16, shape (input_h * input_w * input_c,)
        Image.
    work : ndarray of int16, shape (n,)
        At least as many elements as a filter has; overwritten.
    y : ndarray of int16, shape (output_h * output_w * n_outputs,)
        Written.

    Raises
    ------
    ValueError
        If shapes or tables disagree or the device library refuses.
    """
    cdef ecm_nn.ecm_nn_conv_s8_t layer
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t inputs
    window_of(&layer.window, window)
    if groups < 1:
        raise ValueError("groups is 0, expected at least 1")
    inputs = <Py_ssize_t>window[5] * window[6] * (window[2] // groups)
    dense_of(
        &layer.filters, weights, blocks, bias, multiplier, shift, inputs, groups,
        output, 32768
    )
    image_of(window, bias.shape[0], x.shape[0], y.shape[0])
    if work.shape[0] < inputs:
        raise ValueError(f"work has length {work.shape[0]}, expected {inputs}")
    layer.groups, layer.pool, layer.input_zero, layer.reserved = groups, 1, 0, 0
    with nogil:
        status = ecm_nn_s16.ecm_nn_conv_s16(&layer, &x[0], &work[0], &y[0])
    check(status)


def depthwise_s16(
    const uint16_t[::1] window,
    const int8_t[::1] weights,
    const int32_t[::1] bias,
    const int32_t[::1] multiplier,
    const uint8_t[::1] shift,
    const int16_t[::1] output,
    const int16_t[::1] x,
    int16_t[::1] y,
) -> None:
    """Convolution of each channel of one image with filters of its own.

    Parameters
    ----------
    window, bias, multiplier, shift, output, x, y
        As for `conv_s16`.
    weights : ndarray of int8, shape (kernel_h * kernel_w * n_outputs,)
        As TFLite has them.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm_nn.ecm_nn_depthwise_s8_t layer
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t n = bias.shape[0]
    window_of(&layer.window, window)
    same_length("multiplier", multiplier.shape[0], n)
    same_length("shift", shift.shape[0], n)
    same_length("output", output.shape[0], 3)
    factors_of(multiplier, shift, 32768)
    if n == 0 or window[2] == 0 or n % window[2] or n > 0xFFFF:
        raise ValueError(f"{n} outputs, expected a multiple of the channels")
    same_length("weights", weights.shape[0], <Py_ssize_t>window[5] * window[6] * n)
    if weights.shape[0] == 0:
        raise ValueError("weights is empty, expected filters")
    image_of(window, n, x.shape[0], y.shape[0])
    layer.weights, layer.bias = &weights[0], &bias[0]
    layer.multiplier, layer.shift = &multiplier[0], &shift[0]
    layer.multiply = <uint16_t>(n // window[2])
    layer.input_zero, layer.output_zero = 0, output[0]
    layer.output_min, layer.output_max, layer.reserved = output[1], output[2], 0
    with nogil:
        status = ecm_nn_s16.ecm_nn_depthwise_s16(&layer, &x[0], &y[0])
    check(status)


def pool_s16(
    const uint16_t[::1] window,
    bint mean,
    int16_t output_min,
    int16_t output_max,
    const int16_t[::1] x,
    int16_t[::1] y,
) -> None:
    """Greatest value, or rounded mean, of each channel in a window.

    Parameters
    ----------
    window : ndarray of uint16, shape (13,)
        The sizes of ``ecm_nn_window_t``, in its order.
    mean : bool
        ``ecm_nn_pool_mean_s16`` instead of ``ecm_nn_pool_max_s16``.
    output_min, output_max : int
        Clamp.
    x : ndarray of int16, shape (input_h * input_w * input_c,)
        Image.
    y : ndarray of int16, shape (output_h * output_w * input_c,)
        Written.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm_nn.ecm_nn_pool_s8_t layer
    cdef ecm.ecm_status_t status
    window_of(&layer.window, window)
    image_of(window, window[2], x.shape[0], y.shape[0])
    layer.output_min, layer.output_max = output_min, output_max
    with nogil:
        if mean:
            status = ecm_nn_s16.ecm_nn_pool_mean_s16(&layer, &x[0], &y[0])
        else:
            status = ecm_nn_s16.ecm_nn_pool_max_s16(&layer, &x[0], &y[0])
    check(status)


def mean_s16(
    int32_t multiplier,
    uint16_t shift,
    const int16_t[:, :, ::1] x,
    int16_t[:, ::1] y,
) -> None:
    """Mean over the middle axis.

    Parameters
    ----------
    multiplier, shift : int
        See ``ecm_nn_mean_s8_t``.
    x : ndarray of int16, shape (n_outer, n, n_inner)
        Values.
    y : ndarray of int16, shape (n_outer, n_inner)
        Written.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm_nn.ecm_nn_mean_s8_t layer
    cdef ecm.ecm_status_t status
    same_length("y", y.shape[0], x.shape[0])
    same_length("a row of y", y.shape[1], x.shape[2])
    if y.shape[0] == 0 or y.shape[1] == 0 or x.shape[1] == 0:
        raise ValueError("x is empty, expected at least one value")
    layer.outer_len, layer.mean_len = <uint32_t>x.shape[0], <uint32_t>x.shape[1]
    layer.inner_len, layer.bias = <uint32_t>x.shape[2], 0
    layer.multiplier, layer.shift = multiplier, shift
    layer.output_zero, layer.output_min, layer.output_max = 0, -32768, 32767
    with nogil:
        status = ecm_nn_s16.ecm_nn_mean_s16(&layer, &x[0, 0, 0], &y[0, 0])
    check(status)


def two_s16(
    bint product,
    const int32_t[::1] multiplier,
    const uint8_t[::1] shift,
    const int16_t[::1] output,
    const int16_t[::1] a,
    const int16_t[::1] b,
    int16_t[::1] y,
) -> None:
    """Sum, difference where the second multiplier is negative, or product.

    Parameters
    ----------
    product : bool
        ``ecm_nn_mul_s16`` instead of ``ecm_nn_add_s16``.
    multiplier : ndarray of int32, shape (3,)
        Of `a`, of `b`, of the result; see ``ecm_nn_add_s8_t``.
    shift : ndarray of uint8, shape (3,)
        Theirs, 1 ... 62.
    output : ndarray of int16, shape (2,)
        Clamp of the output.
    a : ndarray of int16, shape (n,)
        Values.
    b : ndarray of int16, shape (m,)
        Values; m divides n.
    y : ndarray of int16, shape (n,)
        Written; may be `a`.

    Raises
    ------
    ValueError
        If lengths disagree or the device library refuses.
    """
    cdef ecm_nn.ecm_nn_add_s8_t layer
    cdef ecm.ecm_status_t status
    same_length("multiplier", multiplier.shape[0], 3)
    same_length("shift", shift.shape[0], 3)
    same_length("output", output.shape[0], 2)
    same_length("y", y.shape[0], a.shape[0])
    if a.shape[0] == 0 or b.shape[0] == 0 or a.shape[0] % b.shape[0]:
        raise ValueError(f"b has length {b.shape[0]}, expected a divisor of a's")
    layer.a_len, layer.b_len = <uint32_t>a.shape[0], <uint32_t>b.shape[0]
    layer.a_multiplier, layer.b_multiplier = multiplier[0], multiplier[1]
    layer.multiplier, layer.shift = multiplier[2], shift[2]
    layer.a_shift, layer.b_shift = shift[0], shift[1]
    layer.a_zero, layer.b_zero, layer.output_zero = 0, 0, 0
    layer.output_min, layer.output_max = output[0], output[1]
    layer.reserved, layer.reserved1 = 0, 0
    with nogil:
        if product:
            status = ecm_nn_s16.ecm_nn_mul_s16(&layer, &a[0], &b[0], &y[0])
        else:
            status = ecm_nn_s16.ecm_nn_add_s16(&layer, &a[0], &b[0], &y[0])
    check(status)


def table_s16(const int16_t[::1] table, const int16_t[::1] x, int16_t[::1] y) -> None:
    """Function of each value of `x` by the lines between 513 points.

    Raises
    ------
    ValueError
        If lengths disagree.
    """
    cdef ecm.ecm_status_t status
    same_length("table", table.shape[0], 513)
    same_length("y", y.shape[0], x.shape[0])
    if x.shape[0] == 0:
        return
    with nogil:
        status = ecm_nn_s16.ecm_nn_table_s16(
            &table[0], &x[0], <uint32_t>x.shape[0], &y[0]
        )
    check(status)


def softmax_s16(
    const uint32_t[:, ::1] powers, const int16_t[:, ::1] x, int16_t[:, ::1] y
) -> None:
    """Softmax of each row.

    Parameters
    ----------
    powers : ndarray of uint32, shape (2, 256)
        Coarse and fine; see ``ecm_nn_softmax_s16_t``.
    x : ndarray of int16, shape (n, n_classes)
        Values.
    y : ndarray of int16, shape (n, n_classes)
        Written; may be `x`.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm_nn_s16.ecm_nn_softmax_s16_t layer
    cdef ecm.ecm_status_t status
    same_length("powers", powers.shape[0], 2)
    same_length("a row of powers", powers.shape[1], 256)
    same_length("y", y.shape[0], x.shape[0])
    same_length("a row of y", y.shape[1], x.shape[1])
    if x.shape[0] == 0 or not 1 <= x.shape[1] <= 1000:
        raise ValueError(f"x has shape {x.shape[0]}, {x.shape[1]}, expected 1 ... 1000")
    layer.coarse, layer.fine = &powers[0, 0], &powers[1, 0]
    layer.rows_len, layer.row_len = <uint32_t>x.shape[0], <uint16_t>x.shape[1]
    layer.reserved = 0
    with nogil:
        status = ecm_nn_s16.ecm_nn_softmax_s16(&layer, &x[0, 0], &y[0, 0])
    check(status)


cdef int rescale_of(
    ecm_nn_s16.ecm_nn_rescale_t *to,
    const int32_t[::1] multiplier,
    const uint8_t[::1] shift,
    const int16_t[::1] zero,
    const int16_t[::1] output,
    Py_ssize_t x,
    Py_ssize_t y,
) except -1:
    same_length("multiplier", multiplier.shape[0], 2)
    same_length("shift", shift.shape[0], 2)
    same_length("zero", zero.shape[0], 2)
    same_length("output", output.shape[0], 2)
    same_length("y", y, x)
    if x == 0:
        raise ValueError("x is empty, expected at least one value")
    to.multiplier, to.negative_multiplier = multiplier[0], multiplier[1]
    to.shift, to.negative_shift = shift[0], shift[1]
    to.input_zero, to.output_zero = zero[0], zero[1]
    to.output_min, to.output_max, to.reserved = output[0], output[1], 0
    return 0


def rescale_s16(
    const int32_t[::1] multiplier,
    const uint8_t[::1] shift,
    const int16_t[::1] zero,
    const int16_t[::1] output,
    const int16_t[::1] x,
    int16_t[::1] y,
) -> None:
    """From a scale to another, within a clamp.

    Parameters
    ----------
    multiplier : ndarray of int32, shape (2,)
        Of values, and of negative ones; see ``ecm_nn_rescale_t``.
    shift : ndarray of uint8, shape (2,)
        Theirs, 1 ... 62.
    zero : ndarray of int16, shape (2,)
        Zero points of `x` and `y`.
    output : ndarray of int16, shape (2,)
        Clamp.
    x : ndarray of int16, shape (n,)
        Values.
    y : ndarray of int16, shape (n,)
        Written; may be `x`.

    Raises
    ------
    ValueError
        If lengths disagree or the device library refuses.
    """
    cdef ecm_nn_s16.ecm_nn_rescale_t rescale
    cdef ecm.ecm_status_t status
    rescale_of(&rescale, multiplier, shift, zero, output, x.shape[0], y.shape[0])
    with nogil:
        status = ecm_nn_s16.ecm_nn_rescale_s16(
            &rescale, &x[0], <uint32_t>x.shape[0], &y[0]
        )
    check(status)


def rescale_s8_s16(
    const int32_t[::1] multiplier,
    const uint8_t[::1] shift,
    const int16_t[::1] zero,
    const int16_t[::1] output,
    const int8_t[::1] x,
    int16_t[::1] y,
) -> None:
    """From int8 to int16, as `rescale_s16`; `y` may not overlap `x`.

    Raises
    ------
    ValueError
        If lengths disagree or the device library refuses.
    """
    cdef ecm_nn_s16.ecm_nn_rescale_t rescale
    cdef ecm.ecm_status_t status
    rescale_of(&rescale, multiplier, shift, zero, output, x.shape[0], y.shape[0])
    with nogil:
        status = ecm_nn_s16.ecm_nn_rescale_s8_s16(
            &rescale, &x[0], <uint32_t>x.shape[0], &y[0]
        )
    check(status)


def rescale_s16_s8(
    const int32_t[::1] multiplier,
    const uint8_t[::1] shift,
    const int16_t[::1] zero,
    const int16_t[::1] output,
    const int16_t[::1] x,
    int8_t[::1] y,
) -> None:
    """From int16 to int8, as `rescale_s16`; `y` may not overlap `x`.

    Raises
    ------
    ValueError
        If lengths disagree or the device library refuses.
    """
    cdef ecm_nn_s16.ecm_nn_rescale_t rescale
    cdef ecm.ecm_status_t status
    rescale_of(&rescale, multiplier, shift, zero, output, x.shape[0], y.shape[0])
    with nogil:
        status = ecm_nn_s16.ecm_nn_rescale_s16_s8(
            &rescale, &x[0], <uint32_t>x.shape[0], &y[0]
        )
    check(status)
