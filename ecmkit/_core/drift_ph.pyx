# cython: auto_pickle=False
"""Page-Hinkley: ``ecm_drift_ph.h``."""

from libc.stdint cimport uint32_t

from ecmkit._core cimport ecm_drift
from ecmkit._core.drift cimport Detector

UP = <int>ecm_drift.ECM_DRIFT_PH_UP
DOWN = <int>ecm_drift.ECM_DRIFT_PH_DOWN
BOTH = <int>ecm_drift.ECM_DRIFT_PH_BOTH
STATE_BYTES = <int>sizeof(ecm_drift.ecm_drift_ph_t)


cdef class PageHinkley(Detector):
    """Cumulated deviations from the mean so far.

    Parameters
    ----------
    delta, threshold, leak : float
        See ``ecm_drift_ph_cfg_t``.
    min_n, sides, known : int
        See ``ecm_drift_ph_cfg_t``.

    Raises
    ------
    ValueError
        If a setting is outside its range.
    """

    cdef ecm_drift.ecm_drift_ph_t _st
    cdef ecm_drift.ecm_drift_ph_cfg_t _cfg

    def __init__(
        self, float delta, float threshold, float leak, uint32_t min_n,
        uint32_t sides, uint32_t known,
    ):
        self._cfg.delta = delta
        self._cfg.threshold = threshold
        self._cfg.leak = leak
        self._cfg.min_n = min_n
        self._cfg.sides = sides
        self._cfg.known = known
        self._begin(&ecm_drift.ecm_drift_ph_kind, &self._st, &self._cfg)
