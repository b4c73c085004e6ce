"""Transforms of 16-bit samples in integers: ``ecm_fft_q15.h``."""

from libc.stdint cimport int16_t, int32_t, uint32_t

from ecmkit._core cimport ecm, ecm_q15
from ecmkit._core.base cimport check, same_length


cdef const ecm_q15.ecm_fft_q15_plan_t *plan_of(Py_ssize_t x_len) except NULL:
    """Find the plan for so many real samples."""
    cdef const ecm_q15.ecm_fft_q15_plan_t *plan = NULL
    if 0 < x_len <= 0xffffffff:
        plan = ecm_q15.ecm_fft_q15_plan(<uint32_t>x_len)
    if plan == NULL:
        check(ecm.ECM_ERR_LENGTH)
    return plan


def c2c(const int16_t[::1] x, bint inverse, int32_t[::1] out) -> int:
    """Complex transform of interleaved real and imaginary parts.

    Parameters
    ----------
    x : ndarray of int16, shape (2 * n,)
        n = 8 ... 2048, a power of two.
    inverse : bool
        True for exp(+i...); the result is not divided by n.
    out : ndarray of int32, shape (2 * n,)
        Written; must not overlap `x`.

    Returns
    -------
    int
        Exponent: bin k is ``out[2k:2k + 2] * 2**exponent`` in units of `x`.

    Raises
    ------
    ValueError
        If a length is not supported or the lengths disagree.
    """
    cdef const ecm_q15.ecm_fft_q15_plan_t *plan = plan_of(x.shape[0])
    cdef ecm.ecm_status_t status
    cdef int32_t exponent = 0
    same_length("out", out.shape[0], x.shape[0])
    with nogil:
        status = ecm_q15.ecm_fft_q15_c2c(plan, &x[0], inverse, &out[0], &exponent)
    check(status)
    return exponent


def r2c(const int16_t[::1] x, int32_t[::1] out) -> int:
    """Transform of real data, packed: X[0], X[n/2], then the bins between.

    Parameters
    ----------
    x : ndarray of int16, shape (n,)
        n = 16 ... 4096, a power of two.
    out : ndarray of int32, shape (n,)
        Written; must not overlap `x`.

    Returns
    -------
    int
        Exponent: the bins are ``out * 2**exponent`` in units of `x`.

    Raises
    ------
    ValueError
        If a length is not supported or the lengths disagree.
    """
    cdef const ecm_q15.ecm_fft_q15_plan_t *plan = plan_of(x.shape[0])
    cdef ecm.ecm_status_t status
    cdef int32_t exponent = 0
    same_length("out", out.shape[0], x.shape[0])
    with nogil:
        status = ecm_q15.ecm_fft_q15_r2c(plan, &x[0], &out[0], &exponent)
    check(status)
    return exponent


def r2c_taper(
    const int16_t[::1] x, int16_t mean, const int16_t[::1] taper, int32_t[::1] out
) -> int:
    """Transform of ``(x - mean) * taper / 32768``, packed as by `r2c`.

    Parameters
    ----------
    x : ndarray of int16, shape (n,)
        n = 16 ... 4096, a power of two.
    mean : int
        Subtracted from each sample, -32768 ... 32767.
    taper : ndarray of int16, shape (n,)
        Factors in Q15.
    out : ndarray of int32, shape (n,)
        Written; must not overlap the others.

    Returns
    -------
    int
        Exponent: the bins are ``out * 2**exponent`` in units of `x`.

    Raises
    ------
    ValueError
        If a length is not supported or the lengths disagree.
    OverflowError
        If `mean` does not have 16 bits.
    """
    cdef const ecm_q15.ecm_fft_q15_plan_t *plan = plan_of(x.shape[0])
    cdef ecm.ecm_status_t status
    cdef int32_t exponent = 0
    same_length("taper", taper.shape[0], x.shape[0])
    same_length("out", out.shape[0], x.shape[0])
    with nogil:
        status = ecm_q15.ecm_fft_q15_r2c_taper(
            plan, &x[0], mean, &taper[0], &out[0], &exponent
        )
    check(status)
    return exponent


def power(const int32_t[::1] spectrum, int32_t exponent, uint32_t[::1] power) -> int:
    """Power of the bins of real data.

    Parameters
    ----------
    spectrum : ndarray of int32, shape (n,)
        As `r2c` packs it.
    exponent : int
        Of `spectrum`.
    power : ndarray of uint32, shape (n / 2 + 1,)
        Written.

    Returns
    -------
    int
        Exponent: the squares are ``power * 2**exponent``.

    Raises
    ------
    ValueError
        If the length is odd or zero, or the lengths disagree.
    """
    cdef ecm.ecm_status_t status
    cdef int32_t power_exponent = 0
    if spectrum.shape[0] == 0 or spectrum.shape[0] % 2:
        check(ecm.ECM_ERR_LENGTH)
    same_length("power", power.shape[0], spectrum.shape[0] // 2 + 1)
    with nogil:
        status = ecm_q15.ecm_fft_q15_power(
            &spectrum[0], <uint32_t>(spectrum.shape[0] // 2), exponent, &power[0],
            &power_exponent,
        )
    check(status)
    return power_exponent
