"""Tapers for windows: ``ecm_taper.h``."""

from libc.stdint cimport int16_t, uint16_t, uint32_t

from ecmkit._core cimport ecm, ecm_condition as c
from ecmkit._core.base cimport check, same_length

HANN = <int>c.ECM_TAPER_HANN
HAMMING = <int>c.ECM_TAPER_HAMMING
BLACKMAN_HARRIS = <int>c.ECM_TAPER_BLACKMAN_HARRIS
FLAT_TOP = <int>c.ECM_TAPER_FLAT_TOP
KAISER = <int>c.ECM_TAPER_KAISER
PERIODIC = <int>c.ECM_TAPER_PERIODIC
SYMMETRIC = <int>c.ECM_TAPER_SYMMETRIC
LEN_MAX = <int>c.ECM_TAPER_LEN_MAX
BETA_MAX = <float>c.ECM_TAPER_BETA_MAX


def half_len(uint32_t x_len, uint32_t form) -> int:
    """Values of the half that is kept of a taper: ``ECM_TAPER_HALF_LEN``."""
    return c.ECM_TAPER_HALF_LEN(x_len, form)


cdef int _settings(
    c.ecm_taper_cfg_t *cfg, uint32_t x_len, uint16_t kind, uint16_t form, float beta,
    Py_ssize_t found,
) except -1:
    cfg.x_len = x_len
    cfg.kind = kind
    cfg.form = form
    cfg.beta = beta
    if x_len == 0 or form > c.ECM_TAPER_SYMMETRIC:
        return 0  # for C to refuse; there is no length of half
    return same_length("half", found, c.ECM_TAPER_HALF_LEN(x_len, form))


def fill_f32(
    uint32_t x_len, uint16_t kind, uint16_t form, float beta, float[::1] half
) -> None:
    """Compute the half of a taper that is kept.

    Parameters
    ----------
    x_len : int
        Samples of the window, 1 ... `LEN_MAX`.
    kind : int
        `HANN` ... `KAISER`.
    form : int
        `PERIODIC` or `SYMMETRIC`.
    beta : float
        Of Kaiser, 0 ... `BETA_MAX`.
    half : ndarray of float32, shape (half_len,)
        Written.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef c.ecm_taper_cfg_t cfg
    cdef ecm.ecm_status_t status
    cdef float *first = &half[0] if half.shape[0] else NULL
    _settings(&cfg, x_len, kind, form, beta, half.shape[0])
    with nogil:
        status = c.ecm_taper_fill_f32(&cfg, first)
    check(status)


def fill_q15(
    uint32_t x_len, uint16_t kind, uint16_t form, float beta, int16_t[::1] half
) -> None:
    """As `fill_f32`, in Q15: 1 is 32767."""
    cdef c.ecm_taper_cfg_t cfg
    cdef ecm.ecm_status_t status
    cdef int16_t *first = &half[0] if half.shape[0] else NULL
    _settings(&cfg, x_len, kind, form, beta, half.shape[0])
    with nogil:
        status = c.ecm_taper_fill_q15(&cfg, first)
    check(status)


def gain_f32(
    uint32_t x_len, uint16_t kind, uint16_t form, float beta, const float[::1] half
) -> dict[str, float]:
    """Gains of a taper by the field names of ``ecm_taper_gain_t``."""
    cdef c.ecm_taper_cfg_t cfg
    cdef c.ecm_taper_gain_t gain
    cdef ecm.ecm_status_t status
    cdef const float *first = &half[0] if half.shape[0] else NULL
    _settings(&cfg, x_len, kind, form, beta, half.shape[0])
    with nogil:
        status = c.ecm_taper_gain_f32(&cfg, first, &gain)
    check(status)
    return gain
