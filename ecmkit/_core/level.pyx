# cython: auto_pickle=False
"""Zone of a value among rising limits: ``ecm_level.h``."""

cimport cython
from libc.stdint cimport uint32_t

from ecmkit._core cimport ecm, ecm_machine as c
from ecmkit._core.base cimport check, same_length

LIMITS_MAX = <int>c.ECM_LEVEL_LIMITS_MAX


def zone_f32(const float[::1] limits, float x) -> int:
    """Number of limits, rising, below a value that is not NaN."""
    cdef uint32_t zone = 0
    cdef const float *data = &limits[0] if limits.shape[0] else NULL
    check(c.ecm_level_zone_f32(data, <uint32_t>limits.shape[0], x, &zone))
    return zone


@cython.final
cdef class LevelF32:
    """Settings and state of a zone that follows values, in zone 0.

    Parameters
    ----------
    limits : ndarray of float32, shape (n_limits,)
        Rising, 1 ... 16 of them.
    release : ndarray of float32, shape (n_limits,), or None
        Limits on the way down; None: the same.
    hold_up, hold_down : int
        Values in succession before the zone moves, 1 or more.

    Raises
    ------
    ValueError
        If a shape is wrong or the device library refuses.
    """

    cdef c.ecm_level_cfg_t _cfg
    cdef c.ecm_level_t _st
    cdef object _keep

    def __cinit__(
        self, const float[::1] limits, const float[::1] release, uint32_t hold_up,
        uint32_t hold_down
    ):
        self._keep = limits, release
        self._cfg.limits = &limits[0] if limits.shape[0] else NULL
        self._cfg.limits_len = <uint32_t>limits.shape[0]
        if release is not None:
            same_length("release", release.shape[0], limits.shape[0])
            self._cfg.release = &release[0] if release.shape[0] else NULL
        self._cfg.hold_up = hold_up
        self._cfg.hold_down = hold_down
        self.start()

    def start(self) -> None:
        """Start over in zone 0."""
        check(c.ecm_level_init_f32(&self._st, &self._cfg))

    def update(self, const float[::1] x, uint32_t[::1] zones) -> None:
        """Take values that are not NaN, shape (n,), and write the zone after each."""
        cdef Py_ssize_t i
        cdef ecm.ecm_status_t status = ecm.ECM_OK
        same_length("zones", zones.shape[0], x.shape[0])
        with nogil:
            for i in range(x.shape[0]):
                status = c.ecm_level_update_f32(
                    &self._st, &self._cfg, x[i], &zones[i]
                )
                if status != ecm.ECM_OK:
                    break
        check(status)
