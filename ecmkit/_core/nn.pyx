"""What the layers of networks share: ``ecm_nn.h``."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

from ecmkit._core cimport ecm, ecm_nn
from ecmkit._core.base cimport check, same_length
from ecmkit._core.nn_tables cimport window_of


def mse_f32(const float[::1] x, const float[::1] y) -> float:
    """Mean squared difference of two vectors of the same length, at least 1.

    Raises
    ------
    ValueError
        If the lengths disagree or are 0.
    """
    cdef ecm.ecm_status_t status
    cdef float error = 0
    same_length("y", y.shape[0], x.shape[0])
    if x.shape[0] == 0:
        raise ValueError("x is empty, expected at least one value")
    with nogil:
        status = ecm_nn.ecm_nn_mse_f32(&x[0], &y[0], <uint32_t>x.shape[0], &error)
    check(status)
    return error


def window_check(const uint16_t[::1] window) -> None:
    """Refuse a geometry with sizes of 0.

    Raises
    ------
    ValueError
        If `window` has not 13 values, or one of them is 0 that may not be.
    """
    cdef ecm_nn.ecm_nn_window_t geometry
    window_of(&geometry, window)
    check(ecm_nn.ecm_nn_window_check(&geometry))


def window_gather(
    const uint16_t[::1] window,
    const uint8_t[::1] x,
    uint32_t pixel_len,
    uint32_t row,
    uint32_t column,
    uint8_t fill,
    uint8_t[::1] to,
) -> None:
    """Gather the window of an output pixel, whole pixels of bytes.

    Parameters
    ----------
    window : ndarray of uint16, shape (13,)
        The sizes of ``ecm_nn_window_t``, in its order.
    x : ndarray of uint8, shape (input_h * input_w * pixel_len,)
        Image.
    pixel_len : int
        Bytes of a pixel.
    row, column : int
        Of the output pixel.
    fill : int
        Every byte of a tap outside of the image.
    to : ndarray of uint8, shape (kernel_h * kernel_w * pixel_len,)
        Written.

    Raises
    ------
    ValueError
        If lengths disagree or the device library refuses.
    """
    cdef ecm_nn.ecm_nn_window_t geometry
    window_of(&geometry, window)
    check(ecm_nn.ecm_nn_window_check(&geometry))
    same_length("x", x.shape[0], <Py_ssize_t>window[0] * window[1] * pixel_len)
    same_length("to", to.shape[0], <Py_ssize_t>window[5] * window[6] * pixel_len)
    if row > 0xFFFF or column > 0xFFFF or x.shape[0] == 0:
        raise ValueError(f"pixel {row}, {column}: expected at most 65535")
    check(
        ecm_nn.ecm_nn_window_gather(
            &geometry, &x[0], pixel_len, pixel_len, row, column, fill, &to[0]
        )
    )


def window_inside(
    const uint16_t[::1] window, uint32_t row, uint32_t pool
) -> tuple[int, int]:
    """Return the first output pixel whose window lies in one piece, and their number.

    Raises
    ------
    ValueError
        If `window` is not a geometry.
    """
    cdef ecm_nn.ecm_nn_window_t geometry
    cdef uint32_t first = 0, n
    window_of(&geometry, window)
    check(ecm_nn.ecm_nn_window_check(&geometry))
    if not 1 <= pool <= 2 or row > 0xFFFF:
        raise ValueError(f"pool {pool}, row {row}: expected 1 or 2, at most 65535")
    n = ecm_nn.ecm_nn_window_inside(&geometry, row, pool, &first)
    return first, n
