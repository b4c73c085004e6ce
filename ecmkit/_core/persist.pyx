# cython: auto_pickle=False
"""From a statistic to an event: ``ecm_persist.h``."""

cimport cython

from libc.stdint cimport uint32_t

from ecmkit._core cimport ecm_drift
from ecmkit._core.base cimport check

LEVELS_MAX = <int>ecm_drift.ECM_PERSIST_LEVELS_MAX
SAME = <int>ecm_drift.ECM_PERSIST_SAME
RAISED = <int>ecm_drift.ECM_PERSIST_RAISED
LOWERED = <int>ecm_drift.ECM_PERSIST_LOWERED


@cython.final
cdef class Persist:
    """Levels of severity by k of n values, with hysteresis and hold-off.

    Parameters
    ----------
    on : ndarray of float32, shape (levels,)
        Rising thresholds, 1 to `LEVELS_MAX`.
    band : float
        Hysteresis, in the unit of `on`; >= 0.
    k, n, holdoff : int
        See ``ecm_persist_cfg_t``.

    Raises
    ------
    ValueError
        If a setting is outside its range.
    """

    cdef ecm_drift.ecm_persist_t _st
    cdef ecm_drift.ecm_persist_cfg_t _cfg

    def __cinit__(
        self, const float[::1] on, float band, uint32_t k, uint32_t n,
        uint32_t holdoff,
    ):
        cdef Py_ssize_t i
        cdef uint32_t event
        if on.shape[0] > LEVELS_MAX:
            raise ValueError(f"on has {on.shape[0]} levels, expected at most 4")
        for i in range(on.shape[0]):
            self._cfg.on[i] = on[i]
        self._cfg.levels_len = <uint32_t>on.shape[0]
        self._cfg.band = band
        self._cfg.k = k
        self._cfg.n = n
        self._cfg.holdoff = holdoff
        check(ecm_drift.ecm_persist_init(&self._st))
        check(ecm_drift.ecm_persist_update_f32(&self._st, &self._cfg, 0, &event))
        check(ecm_drift.ecm_persist_init(&self._st))

    def update_f32(self, float x) -> int:
        """Take one value; `SAME`, `RAISED` or `LOWERED`."""
        cdef uint32_t event = 0
        check(ecm_drift.ecm_persist_update_f32(&self._st, &self._cfg, x, &event))
        return event

    def to_bytes(self) -> bytes:
        """Return the state as a device stores it, little-endian."""
        return (<const char *>&self._st)[: sizeof(ecm_drift.ecm_persist_t)]

    @property
    def level(self) -> int:
        """0 ... levels."""
        return self._st.level
