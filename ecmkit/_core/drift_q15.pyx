# cython: auto_pickle=False
"""CUSUM and weighted mean in integers: ``ecm_drift_q15.h``."""

cimport cython

from libc.stdint cimport int16_t, int32_t, uint16_t, uint32_t

from ecmkit._core cimport ecm_drift
from ecmkit._core.base cimport check


@cython.final
cdef class Cusum:
    """A two-sided CUSUM of scores of which 4096 is a standard deviation.

    Parameters
    ----------
    k, h : int
        See ``ecm_drift_q15_cusum_cfg_t``.
    """

    cdef ecm_drift.ecm_drift_q15_cusum_t _st
    cdef ecm_drift.ecm_drift_q15_cusum_cfg_t _cfg

    def __cinit__(self, int32_t k, int32_t h):
        self._cfg.k = k
        self._cfg.h = h
        check(ecm_drift.ecm_drift_q15_cusum_init(&self._st))

    def update(self, int16_t z) -> tuple[int, int]:
        """Take one score; what it told, and values since the change."""
        cdef uint32_t alarm = 0, since = 0
        check(
            ecm_drift.ecm_drift_q15_cusum_update(
                &self._st, &self._cfg, z, &alarm, &since
            )
        )
        return alarm, since

    def to_bytes(self) -> bytes:
        """Return the state as a device stores it, little-endian."""
        return (<const char *>&self._st)[: sizeof(ecm_drift.ecm_drift_q15_cusum_t)]

    @property
    def up(self) -> int:
        """Sum for an upward shift."""
        return self._st.up

    @property
    def down(self) -> int:
        """Sum for a downward shift."""
        return self._st.down


@cython.final
cdef class Ewma:
    """A weighted mean of scores of which 4096 is a standard deviation.

    Parameters
    ----------
    weight, ceiling : int
        See ``ecm_drift_q15_ewma_cfg_t``.
    """

    cdef ecm_drift.ecm_drift_q15_ewma_t _st
    cdef ecm_drift.ecm_drift_q15_ewma_cfg_t _cfg

    def __cinit__(self, uint16_t weight, uint32_t ceiling):
        self._cfg.weight = weight
        self._cfg.ceiling = ceiling
        check(ecm_drift.ecm_drift_q15_ewma_init(&self._st))

    def update(self, int16_t z) -> tuple[int, int]:
        """Take one score; what it told, and values since the change."""
        cdef uint32_t alarm = 0, since = 0
        check(
            ecm_drift.ecm_drift_q15_ewma_update(
                &self._st, &self._cfg, z, &alarm, &since
            )
        )
        return alarm, since

    def to_bytes(self) -> bytes:
        """Return the state as a device stores it, little-endian."""
        return (<const char *>&self._st)[: sizeof(ecm_drift.ecm_drift_q15_ewma_t)]

    @property
    def mean(self) -> int:
        """Weighted mean, in 2^-27 standard deviations."""
        return self._st.mean
