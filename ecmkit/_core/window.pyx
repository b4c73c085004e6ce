"""Mean, line and taper of windows: ``ecm_window.h``, over the rows of an array."""

from libc.stdint cimport int16_t, uint32_t

from ecmkit._core cimport ecm, ecm_condition as c
from ecmkit._core.base cimport check, same_length
from ecmkit._core.ecm_condition cimport ECM_TAPER_HALF_LEN

Q15_LEN_MAX = <int>c.ECM_WINDOW_Q15_LEN_MAX


cdef int _same_shape(
    Py_ssize_t rows, Py_ssize_t columns, Py_ssize_t n, Py_ssize_t x_len
) except -1:
    same_length("out", rows, n)
    return same_length("a row of out", columns, x_len)


cdef int _fits(Py_ssize_t half, Py_ssize_t x_len, uint32_t form) except -1:
    if x_len == 0 or form > c.ECM_TAPER_SYMMETRIC:
        return 0  # for C to pass or refuse
    return same_length("half", half, ECM_TAPER_HALF_LEN(<uint32_t>x_len, form))


def apply_f32(
    const float[:, ::1] x,
    const float[::1] mean,
    const float[::1] half,
    uint32_t form,
    float[:, ::1] out,
) -> None:
    """(x - mean) * taper of each row.

    Parameters
    ----------
    x : ndarray of float32, shape (n, x_len)
        Windows.
    mean : ndarray of float32, shape (n,)
        What is subtracted from each.
    half : ndarray of float32, shape (half_len,)
        The taper, as `taper.fill_f32` wrote it.
    form : int
        `taper.PERIODIC` or `taper.SYMMETRIC`.
    out : ndarray of float32, shape (n, x_len)
        Written; may be `x`.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm.ecm_status_t status = ecm.ECM_OK
    cdef Py_ssize_t i, n = x.shape[0], x_len = x.shape[1]
    _same_shape(out.shape[0], out.shape[1], n, x_len)
    same_length("mean", mean.shape[0], n)
    _fits(half.shape[0], x_len, form)
    if x_len == 0:
        return
    with nogil:
        for i in range(n):
            status = c.ecm_window_apply_f32(
                &x[i, 0], <uint32_t>x_len, mean[i], &half[0], form, &out[i, 0]
            )
            if status < 0:
                break
    check(status)


def apply_q15(
    const int16_t[:, ::1] x,
    const int16_t[::1] mean,
    const int16_t[::1] half,
    uint32_t form,
    int16_t[:, ::1] out,
) -> None:
    """As `apply_f32`, in Q15."""
    cdef ecm.ecm_status_t status = ecm.ECM_OK
    cdef Py_ssize_t i, n = x.shape[0], x_len = x.shape[1]
    _same_shape(out.shape[0], out.shape[1], n, x_len)
    same_length("mean", mean.shape[0], n)
    _fits(half.shape[0], x_len, form)
    if x_len == 0:
        return
    with nogil:
        for i in range(n):
            status = c.ecm_window_apply_q15(
                &x[i, 0], <uint32_t>x_len, mean[i], &half[0], form, &out[i, 0]
            )
            if status < 0:
                break
    check(status)


def mean_q15(const int16_t[::1] x) -> int:
    """Arithmetic mean, rounded half up; 0 without samples."""
    cdef const int16_t *first = &x[0] if x.shape[0] else NULL
    return c.ecm_window_mean_q15(first, <uint32_t>x.shape[0])


def fit_line_f32(const float[::1] x) -> tuple[float, float]:
    """Level and slope per sample of the least-squares line."""
    cdef c.ecm_window_line_t line
    cdef const float *first = &x[0] if x.shape[0] else NULL
    check(c.ecm_window_fit_line_f32(first, <uint32_t>x.shape[0], &line))
    return line.level, line.slope


def remove_line_f32(const float[:, ::1] x, float[:, ::1] out) -> None:
    """Subtract the least-squares line of each row; `out` may be `x`."""
    cdef ecm.ecm_status_t status = ecm.ECM_OK
    cdef Py_ssize_t i, n = x.shape[0], x_len = x.shape[1]
    _same_shape(out.shape[0], out.shape[1], n, x_len)
    if x_len == 0:
        return
    with nogil:
        for i in range(n):
            status = c.ecm_window_remove_line_f32(
                &x[i, 0], <uint32_t>x_len, &out[i, 0]
            )
            if status < 0:
                break
    check(status)


def remove_mean_q15(const int16_t[:, ::1] x, int16_t[:, ::1] out) -> None:
    """Subtract the mean of each row; `out` may be `x`."""
    cdef ecm.ecm_status_t status = ecm.ECM_OK
    cdef Py_ssize_t i, n = x.shape[0], x_len = x.shape[1]
    _same_shape(out.shape[0], out.shape[1], n, x_len)
    if x_len == 0:
        return
    with nogil:
        for i in range(n):
            status = c.ecm_window_remove_mean_q15(
                &x[i, 0], <uint32_t>x_len, &out[i, 0]
            )
            if status < 0:
                break
    check(status)


def remove_line_q15(const int16_t[:, ::1] x, int16_t[:, ::1] out) -> None:
    """Subtract the least-squares line of each row; `out` may be `x`."""
    cdef ecm.ecm_status_t status = ecm.ECM_OK
    cdef Py_ssize_t i, n = x.shape[0], x_len = x.shape[1]
    _same_shape(out.shape[0], out.shape[1], n, x_len)
    if x_len == 0:
        return
    with nogil:
        for i in range(n):
            status = c.ecm_window_remove_line_q15(
                &x[i, 0], <uint32_t>x_len, &out[i, 0]
            )
            if status < 0:
                break
    check(status)
