# cython: auto_pickle=False
"""Exponentially weighted mean against its limits: ``ecm_drift_ewma.h``."""

from ecmkit._core cimport ecm_drift
from ecmkit._core.drift cimport Detector

STATE_BYTES = <int>sizeof(ecm_drift.ecm_drift_ewma_t)


cdef class Ewma(Detector):
    """A weighted mean with exact limits from the first value on.

    Parameters
    ----------
    weight : float
        Of the newest value, above 0, at most 1.
    limit : float
        In standard deviations of the weighted mean; > 0.

    Raises
    ------
    ValueError
        If a setting is outside its range.
    """

    cdef ecm_drift.ecm_drift_ewma_t _st
    cdef ecm_drift.ecm_drift_ewma_cfg_t _cfg

    def __init__(self, float weight, float limit):
        self._cfg.weight = weight
        self._cfg.limit = limit
        self._begin(&ecm_drift.ecm_drift_ewma_kind, &self._st, &self._cfg)
