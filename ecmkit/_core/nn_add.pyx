"""int8 layers of one or two values at a time: ``ecm_nn_add.h``."""

from libc.stdint cimport int8_t, int16_t, int32_t, uint8_t, uint16_t, uint32_t

from ecmkit._core cimport ecm, ecm_nn
from ecmkit._core.base cimport check, same_length


cdef int lengths(Py_ssize_t a, Py_ssize_t b, Py_ssize_t y) except -1:
    same_length("y", y, a)
    if b == 0 or a == 0 or a % b:
        raise ValueError(f"b has length {b}, expected a divisor of {a}")
    return 0


def add_s8(
    const int32_t[::1] multiplier,
    const uint8_t[::1] shift,
    const int16_t[::1] zero,
    const int16_t[::1] output,
    const int8_t[::1] a,
    const int8_t[::1] b,
    int8_t[::1] y,
) -> None:
    """Sum, or difference where the second multiplier is negative.

    Parameters
    ----------
    multiplier : ndarray of int32, shape (3,)
        Of `a`, of `b`, of the sum; see ``ecm_nn_add_s8_t``.
    shift : ndarray of uint8, shape (3,)
        Theirs, 1 ... 62.
    zero : ndarray of int16, shape (2,)
        Zero points of `a` and `b`.
    output : ndarray of int16, shape (3,)
        Zero point and clamp of the output.
    a : ndarray of int8, shape (n,)
        Values.
    b : ndarray of int8, shape (m,)
        Values; m divides n.
    y : ndarray of int8, shape (n,)
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
    same_length("zero", zero.shape[0], 2)
    same_length("output", output.shape[0], 3)
    lengths(a.shape[0], b.shape[0], y.shape[0])
    layer.a_len, layer.b_len = <uint32_t>a.shape[0], <uint32_t>b.shape[0]
    layer.a_multiplier, layer.b_multiplier = multiplier[0], multiplier[1]
    layer.multiplier, layer.shift = multiplier[2], shift[2]
    layer.a_shift, layer.b_shift = shift[0], shift[1]
    layer.a_zero, layer.b_zero, layer.output_zero = zero[0], zero[1], output[0]
    layer.output_min, layer.output_max = output[1], output[2]
    layer.reserved, layer.reserved1 = 0, 0
    with nogil:
        status = ecm_nn.ecm_nn_add_s8(&layer, &a[0], &b[0], &y[0])
    check(status)


def mul_s8(
    int32_t multiplier,
    uint8_t shift,
    const int16_t[::1] zero,
    const int16_t[::1] output,
    const int8_t[::1] a,
    const int8_t[::1] b,
    int8_t[::1] y,
) -> None:
    """Product.

    Parameters
    ----------
    multiplier, shift : int
        Of the product; see ``ecm_nn_mul_s8``.
    zero, output, a, b, y
        As for `add_s8`.

    Raises
    ------
    ValueError
        If lengths disagree or the device library refuses.
    """
    cdef ecm_nn.ecm_nn_add_s8_t layer
    cdef ecm.ecm_status_t status
    same_length("zero", zero.shape[0], 2)
    same_length("output", output.shape[0], 3)
    lengths(a.shape[0], b.shape[0], y.shape[0])
    layer.a_len, layer.b_len = <uint32_t>a.shape[0], <uint32_t>b.shape[0]
    layer.a_multiplier, layer.b_multiplier, layer.multiplier = 0, 0, multiplier
    layer.a_shift, layer.b_shift, layer.shift = 1, 1, shift
    layer.a_zero, layer.b_zero, layer.output_zero = zero[0], zero[1], output[0]
    layer.output_min, layer.output_max = output[1], output[2]
    layer.reserved, layer.reserved1 = 0, 0
    with nogil:
        status = ecm_nn.ecm_nn_mul_s8(&layer, &a[0], &b[0], &y[0])
    check(status)


def table_s8(const int8_t[::1] table, const int8_t[::1] x, int8_t[::1] y) -> None:
    """Look up each value of `x` in a table of 256, for -128, -127 ... 127.

    Raises
    ------
    ValueError
        If lengths disagree.
    """
    cdef ecm.ecm_status_t status
    same_length("table", table.shape[0], 256)
    same_length("y", y.shape[0], x.shape[0])
    if x.shape[0] == 0:
        return
    with nogil:
        status = ecm_nn.ecm_nn_table_s8(
            &table[0], &x[0], <uint32_t>x.shape[0], &y[0]
        )
    check(status)


def softmax_s8(
    const uint32_t[::1] exponential, const int8_t[:, ::1] x, int8_t[:, ::1] y
) -> None:
    """Softmax of each row of `x`; scale 1/256, zero point -128.

    Parameters
    ----------
    exponential : ndarray of uint32, shape (256,)
        See ``ecm_nn_softmax_s8_t``; at most 2**22, the first 2**22.
    x : ndarray of int8, shape (n_rows, n)
        Values, n at most 1000.
    y : ndarray of int8, shape (n_rows, n)
        Written; may be `x`.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm_nn.ecm_nn_softmax_s8_t layer
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t i
    same_length("exponential", exponential.shape[0], 256)
    same_length("y", y.shape[0], x.shape[0])
    same_length("a row of y", y.shape[1], x.shape[1])
    for i in range(256):
        if exponential[i] > 0x400000 or exponential[0] != 0x400000:
            raise ValueError("exponential: expected 2**22 first and nothing above")
    if not 0 < x.shape[1] <= 0xFFFF:
        raise ValueError(f"a row of x has length {x.shape[1]}, expected 1 ... 1000")
    if x.shape[0] == 0:
        return
    layer.exponential = &exponential[0]
    layer.rows_len, layer.row_len = <uint32_t>x.shape[0], <uint16_t>x.shape[1]
    layer.reserved = 0
    with nogil:
        status = ecm_nn.ecm_nn_softmax_s8(&layer, &x[0, 0], &y[0, 0])
    check(status)


def copy_s8(
    Py_ssize_t pieces_len,
    Py_ssize_t piece_len,
    Py_ssize_t x_step,
    Py_ssize_t y_step,
    const int8_t[::1] x,
    int8_t[::1] y,
) -> None:
    """Copy pieces from `x` to `y`, both from their first element on.

    Raises
    ------
    ValueError
        If a piece would leave an array.
    """
    cdef ecm_nn.ecm_nn_copy_t copy
    cdef ecm.ecm_status_t status
    if pieces_len < 1 or piece_len < 1 or x_step < 0 or y_step < 0:
        raise ValueError("pieces are empty or go backwards")
    if (pieces_len - 1) * x_step + piece_len > x.shape[0]:
        raise ValueError(f"x has length {x.shape[0]}, pieces leave it")
    if (pieces_len - 1) * y_step + piece_len > y.shape[0]:
        raise ValueError(f"y has length {y.shape[0]}, pieces leave it")
    copy.pieces_len, copy.piece_len = <uint32_t>pieces_len, <uint32_t>piece_len
    copy.x_step, copy.y_step = <uint32_t>x_step, <uint32_t>y_step
    with nogil:
        status = ecm_nn.ecm_nn_copy_s8(&copy, &x[0], &y[0])
    check(status)


def fill_s8(int8_t value, int8_t[::1] y) -> None:
    """Set all of `y` to a value."""
    cdef ecm.ecm_status_t status
    if y.shape[0] == 0:
        return
    with nogil:
        status = ecm_nn.ecm_nn_fill_s8(value, <uint32_t>y.shape[0], &y[0])
    check(status)
