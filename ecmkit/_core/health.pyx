# cython: auto_pickle=False
"""Is the sensor all right: ``ecm_health.h``."""

cimport cython
from libc.stdint cimport int16_t, uint32_t

from ecmkit._core cimport ecm, ecm_device
from ecmkit._core.base cimport check

NONFINITE = <int>ecm_device.ECM_HEALTH_NONFINITE
CLIPPED = <int>ecm_device.ECM_HEALTH_CLIPPED
STUCK = <int>ecm_device.ECM_HEALTH_STUCK
MISSING = <int>ecm_device.ECM_HEALTH_MISSING


@cython.final
cdef class Health:
    """Counters of one sensor and the limits by which it is judged.

    Parameters
    ----------
    range : float
        ``|x| >= range`` is clipped [unit of the samples]; > 0.
    stuck_len : int
        Run of equal samples that is suspect, >= 2.
    clip_count : int
        Clipped samples that a judged stretch may have.

    Raises
    ------
    ValueError
        If a limit is outside its range.
    """

    cdef ecm_device.ecm_health_t _st
    cdef ecm_device.ecm_health_cfg_t _cfg

    def __cinit__(self, float range, uint32_t stuck_len, uint32_t clip_count):
        cdef uint32_t verdict
        self._cfg.range = range
        self._cfg.stuck_len = stuck_len
        self._cfg.clip_count = clip_count
        check(ecm_device.ecm_health_init(&self._st))
        check(ecm_device.ecm_health_update_f32(&self._st, &self._cfg, NULL, 0, &verdict))

    def update_f32(self, const float[::1] x) -> int:
        """Judge a stretch of samples, shape (n,); return the bits of its verdict."""
        cdef ecm.ecm_status_t status
        cdef uint32_t verdict = 0
        cdef const float *first = &x[0] if x.shape[0] else NULL
        with nogil:
            status = ecm_device.ecm_health_update_f32(
                &self._st, &self._cfg, first, <uint32_t>x.shape[0], &verdict
            )
        check(status)
        return verdict

    def update_s16(self, const int16_t[::1] x) -> int:
        """Judge integers of a sensor, shape (n,); return the bits of their verdict."""
        cdef ecm.ecm_status_t status
        cdef uint32_t verdict = 0
        cdef const int16_t *first = &x[0] if x.shape[0] else NULL
        with nogil:
            status = ecm_device.ecm_health_update_s16(
                &self._st, &self._cfg, first, <uint32_t>x.shape[0], &verdict
            )
        check(status)
        return verdict

    def gap(self) -> None:
        """Note that samples were lost: the next one starts a new run."""
        check(ecm_device.ecm_health_gap(&self._st))

    @property
    def run(self) -> int:
        """Length of the present run of equal samples."""
        return self._st.run

    @property
    def nonfinite_n(self) -> int:
        """Samples that were NaN or infinite."""
        return self._st.nonfinite_n

    @property
    def clipped_n(self) -> int:
        """Finite samples at or beyond the range."""
        return self._st.clipped_n

    @property
    def stuck_n(self) -> int:
        """Runs that became suspect."""
        return self._st.stuck_n

    @property
    def missing_n(self) -> int:
        """Gaps."""
        return self._st.missing_n
