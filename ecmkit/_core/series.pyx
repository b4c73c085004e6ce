"""How samples follow each other and channels go together: ``ecm_series.h``."""

from libc.stdint cimport int16_t, uint32_t

from ecmkit._core cimport ecm
from ecmkit._core.base cimport check, same_length

Q15_MAX_LEN = <int>ecm.ECM_SERIES_Q15_MAX_LEN


def turning_points_f32(const float[::1] x) -> int:
    """Count samples beyond both neighbours."""
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t n = x.shape[0]
    cdef uint32_t count
    with nogil:
        status = ecm.ecm_series_turning_points_f32(
            &x[0] if n else NULL, <uint32_t>n, &count
        )
    check(status)
    return count


def hjorth_f32(const float[::1] x) -> dict[str, float]:
    """Activity, mobility and complexity."""
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t n = x.shape[0]
    cdef ecm.ecm_series_hjorth_t out
    with nogil:
        status = ecm.ecm_series_hjorth_f32(&x[0] if n else NULL, <uint32_t>n, &out)
    check(status)
    return out


def autocorrelation_f32(
    const float[::1] x, const uint32_t[::1] lags, bint unbiased, float[::1] out
) -> None:
    """Autocorrelation at some lags."""
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t n = x.shape[0], m = lags.shape[0]
    same_length("out", out.shape[0], m)
    if m == 0:
        return
    with nogil:
        status = ecm.ecm_series_autocorrelation_f32(
            &x[0] if n else NULL, <uint32_t>n, &lags[0], <uint32_t>m, unbiased, &out[0]
        )
    check(status)


def correlation_f32(const float[::1] x, const float[::1] y) -> float:
    """Pearson's correlation of two channels."""
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t n = x.shape[0]
    cdef float r
    same_length("y", y.shape[0], n)
    with nogil:
        status = ecm.ecm_series_correlation_f32(
            &x[0] if n else NULL, &y[0] if n else NULL, <uint32_t>n, &r
        )
    check(status)
    return r


def magnitude_f32(
    const float[::1] x, const float[::1] y, const float[::1] z, float[::1] out
) -> None:
    """Length of the vector of three axes; out may be one of them."""
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t n = x.shape[0]
    same_length("y", y.shape[0], n)
    same_length("z", z.shape[0], n)
    same_length("out", out.shape[0], n)
    if n == 0:
        return
    with nogil:
        status = ecm.ecm_series_magnitude_f32(
            &x[0], &y[0], &z[0], <uint32_t>n, &out[0]
        )
    check(status)


def turning_points_q15(const int16_t[::1] x) -> int:
    """Count samples beyond both neighbours."""
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t n = x.shape[0]
    cdef uint32_t count
    with nogil:
        status = ecm.ecm_series_turning_points_q15(
            &x[0] if n else NULL, <uint32_t>n, &count
        )
    check(status)
    return count


def hjorth_q15(const int16_t[::1] x) -> dict[str, float]:
    """Activity, mobility and complexity."""
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t n = x.shape[0]
    cdef ecm.ecm_series_hjorth_t out
    with nogil:
        status = ecm.ecm_series_hjorth_q15(&x[0] if n else NULL, <uint32_t>n, &out)
    check(status)
    return out


def autocorrelation_q15(
    const int16_t[::1] x, const uint32_t[::1] lags, bint unbiased, float[::1] out
) -> None:
    """Autocorrelation at some lags."""
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t n = x.shape[0], m = lags.shape[0]
    same_length("out", out.shape[0], m)
    if m == 0:
        return
    with nogil:
        status = ecm.ecm_series_autocorrelation_q15(
            &x[0] if n else NULL, <uint32_t>n, &lags[0], <uint32_t>m, unbiased, &out[0]
        )
    check(status)


def correlation_q15(const int16_t[::1] x, const int16_t[::1] y) -> float:
    """Pearson's correlation of two channels."""
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t n = x.shape[0]
    cdef float r
    same_length("y", y.shape[0], n)
    with nogil:
        status = ecm.ecm_series_correlation_q15(
            &x[0] if n else NULL, &y[0] if n else NULL, <uint32_t>n, &r
        )
    check(status)
    return r
