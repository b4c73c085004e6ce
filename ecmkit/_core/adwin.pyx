# cython: auto_pickle=False
"""ADWIN2: ``ecm_adwin.h``."""

from libc.stdint cimport uint32_t

from ecmkit._core cimport ecm_drift
from ecmkit._core.drift cimport Detector

STATE_BYTES = <int>sizeof(ecm_drift.ecm_adwin_t)


cdef class Adwin(Detector):
    """A window that is as long as its mean does not change.

    Parameters
    ----------
    delta : float
        Between 0 and 1.
    clock, buckets, part_n, grace_n : int
        See ``ecm_adwin_cfg_t``.

    Raises
    ------
    ValueError
        If a setting is outside its range.
    """

    cdef ecm_drift.ecm_adwin_t _st
    cdef ecm_drift.ecm_adwin_cfg_t _cfg

    def __init__(
        self, float delta, uint32_t clock, uint32_t buckets, uint32_t part_n,
        uint32_t grace_n,
    ):
        self._cfg.delta = delta
        self._cfg.clock = clock
        self._cfg.buckets = buckets
        self._cfg.part_n = part_n
        self._cfg.grace_n = grace_n
        self._begin(&ecm_drift.ecm_adwin_kind, &self._st, &self._cfg)

    @property
    def width(self) -> int:
        """Values in the window."""
        return self._st.width

    @property
    def total(self) -> float:
        """Sum of the window."""
        return self._st.sum

    @property
    def estimation(self) -> float:
        """Mean of the window; 0 if it is empty."""
        return ecm_drift.ecm_adwin_mean_f32(&self._st)

    @property
    def squares(self) -> float:
        """Squares of the window around its mean, summed."""
        return self._st.squares

    @property
    def n_detections(self) -> int:
        """Alarms so far."""
        return self._st.alarms_n
