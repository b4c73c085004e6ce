# cython: auto_pickle=False
"""CUSUM, Page-Hinkley, weighted mean in integers: ``ecm_drift_q15.h``."""

cimport cython

from libc.stdint cimport int16_t, int32_t, uint16_t, uint32_t
from libc.string cimport memcpy

from ecmkit._core cimport ecm_drift
from ecmkit._core.base cimport check, same_length


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
cdef class PageHinkley:
    """Deviations from the mean so far, cumulated.

    Parameters
    ----------
    delta, threshold, min_n, sides : int
        See ``ecm_drift_q15_ph_cfg_t``.
    """

    cdef ecm_drift.ecm_drift_q15_ph_t _st
    cdef ecm_drift.ecm_drift_q15_ph_cfg_t _cfg

    def __cinit__(
        self, int32_t delta, int32_t threshold, uint32_t min_n, uint32_t sides
    ):
        self._cfg.delta = delta
        self._cfg.threshold = threshold
        self._cfg.min_n = min_n
        self._cfg.sides = sides
        check(ecm_drift.ecm_drift_q15_ph_init(&self._st))

    def update(self, int16_t x) -> tuple[int, int]:
        """Take one value; what it told, and values since the change."""
        cdef uint32_t alarm = 0, since = 0
        check(
            ecm_drift.ecm_drift_q15_ph_update(
                &self._st, &self._cfg, x, &alarm, &since
            )
        )
        return alarm, since

    def to_bytes(self) -> bytes:
        """Return the state as a device stores it, little-endian."""
        return (<const char *>&self._st)[: sizeof(ecm_drift.ecm_drift_q15_ph_t)]

    def load(self, bytes state) -> None:
        """Continue from a state, such as `to_bytes` gives."""
        same_length("state", len(state), sizeof(ecm_drift.ecm_drift_q15_ph_t))
        memcpy(&self._st, <const char *>state, sizeof(ecm_drift.ecm_drift_q15_ph_t))

    @property
    def mean(self) -> int:
        """Mean of the values since the start, rounded to nearest."""
        return self._st.mean

    @property
    def rest(self) -> int:
        """Their sum and n/2, rounded down, less n times the mean."""
        return self._st.rest

    @property
    def up(self) -> int:
        """Upward sum over its minimum."""
        return self._st.up

    @property
    def down(self) -> int:
        """The same for the values with their sign changed."""
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
