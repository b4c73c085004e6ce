# cython: auto_pickle=False
"""Detectors on the errors of a model: ``ecm_error.h``."""

from libc.stdint cimport uint32_t

from ecmkit._core cimport ecm_drift
from ecmkit._core.drift cimport Detector


cdef class Ddm(Detector):
    """The error rate against its lowest value.

    Parameters
    ----------
    warning, drift : float
        Distances, in standard deviations; > 0.
    warm_n : int
        Values before anything is compared.
    """

    cdef ecm_drift.ecm_error_ddm_t _st
    cdef ecm_drift.ecm_error_ddm_cfg_t _cfg

    def __init__(self, float warning, float drift, uint32_t warm_n):
        self._cfg.warning = warning
        self._cfg.drift = drift
        self._cfg.warm_n = warm_n
        self._begin(&ecm_drift.ecm_error_ddm_kind, &self._st, &self._cfg)


cdef class Eddm(Detector):
    """The distance between errors against its longest value.

    Parameters
    ----------
    warning, drift : float
        Shares of the longest distance, 0 ... 1; `drift` is the smaller.
    warm_n : int
        Errors, and values, before anything is compared.
    """

    cdef ecm_drift.ecm_error_eddm_t _st
    cdef ecm_drift.ecm_error_eddm_cfg_t _cfg

    def __init__(self, float warning, float drift, uint32_t warm_n):
        self._cfg.warning = warning
        self._cfg.drift = drift
        self._cfg.warm_n = warm_n
        self._begin(&ecm_drift.ecm_error_eddm_kind, &self._st, &self._cfg)
