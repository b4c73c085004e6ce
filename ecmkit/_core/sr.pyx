# cython: auto_pickle=False
"""A mixture of Shiryaev-Roberts statistics: ``ecm_sr.h``."""

import numpy as np

from libc.string cimport memcpy

from ecmkit._core cimport ecm_drift
from ecmkit._core.drift cimport Detector

ALTERNATIVES_MAX = <int>ecm_drift.ECM_SR_ALTERNATIVES_MAX
STATE_BYTES = <int>sizeof(ecm_drift.ecm_sr_t)
ALTERNATIVE = np.dtype([
    ("a", np.float32), ("b", np.float32), ("c", np.float32), ("weight", np.float32),
    ("what", np.uint32),
])


cdef class EDetector(Detector):
    """A mixture whose limit is a promise about false alarms.

    Parameters
    ----------
    alternatives : ndarray of ALTERNATIVE, shape (n,)
        1 to `ALTERNATIVES_MAX`; the weights add up to 1.
    limit : float
        Above 1.

    Raises
    ------
    ValueError
        If a setting is outside its range.
    """

    cdef ecm_drift.ecm_sr_t _st
    cdef ecm_drift.ecm_sr_cfg_t _cfg
    cdef ecm_drift.ecm_sr_alternative_t[10] _alternatives

    def __init__(self, alternatives, float limit):
        cdef bytes data = np.ascontiguousarray(alternatives, ALTERNATIVE).tobytes()
        cdef Py_ssize_t n = len(data) // sizeof(ecm_drift.ecm_sr_alternative_t)
        if n > ALTERNATIVES_MAX:
            raise ValueError(f"alternatives has {n} rows, expected at most 10")
        memcpy(self._alternatives, <const char *>data, len(data))
        self._cfg.alternatives = self._alternatives
        self._cfg.alternatives_len = <unsigned int>n
        self._cfg.limit = limit
        self._begin(&ecm_drift.ecm_sr_kind, &self._st, &self._cfg)

    @property
    def mixture(self) -> float:
        """Weighted sum of the statistics after the last value."""
        return self._st.mixture
