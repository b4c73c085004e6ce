# cython: auto_pickle=False
"""Bounds on means of losses: ``ecm_hddm.h``."""

from libc.stdint cimport uint32_t

from ecmkit._core cimport ecm_drift
from ecmkit._core.drift cimport Detector


cdef class HddmA(Detector):
    """Means of all values, by Hoeffding's inequality.

    Parameters
    ----------
    drift, warning : float
        Probabilities by chance, 0 ... 1; `drift` is the smaller.
    two_sided : int
        1: fewer losses are a change too.
    """

    cdef ecm_drift.ecm_hddm_a_t _st
    cdef ecm_drift.ecm_hddm_cfg_t _cfg

    def __init__(self, float drift, float warning, uint32_t two_sided):
        self._cfg.drift = drift
        self._cfg.warning = warning
        self._cfg.weight = 1
        self._cfg.two_sided = two_sided
        self._begin(&ecm_drift.ecm_hddm_a_kind, &self._st, &self._cfg)


cdef class HddmW(Detector):
    """Means that forget, by McDiarmid's inequality.

    Parameters
    ----------
    drift, warning : float
        As of `HddmA`.
    weight : float
        Of the newest value, above 0, at most 1.
    two_sided : int
        As of `HddmA`.
    """

    cdef ecm_drift.ecm_hddm_w_t _st
    cdef ecm_drift.ecm_hddm_cfg_t _cfg

    def __init__(self, float drift, float warning, float weight, uint32_t two_sided):
        self._cfg.drift = drift
        self._cfg.warning = warning
        self._cfg.weight = weight
        self._cfg.two_sided = two_sided
        self._begin(&ecm_drift.ecm_hddm_w_kind, &self._st, &self._cfg)
