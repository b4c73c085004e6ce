# cython: auto_pickle=False
"""Change of a distribution between reference quantiles: ``ecm_dist.h``."""

cimport cython
import numpy as np

from libc.stdint cimport uint16_t, uint32_t

from ecmkit._core cimport ecm, ecm_device
from ecmkit._core.base cimport check, same_length

BINS = <int>ecm_device.ECM_DIST_BINS
EDGES = <int>ecm_device.ECM_DIST_EDGES
COUNT_MAX = <int>ecm_device.ECM_DIST_COUNT_MAX


@cython.final
cdef class Dist:
    """Counters of one feature.

    Parameters
    ----------
    edges : ndarray of float32, shape (EDGES,)
        Rising reference quantiles; bin b holds ``edges[b-1] < x <= edges[b]``.

    Raises
    ------
    ValueError
        If `edges` has another length.
    """

    cdef ecm_device.ecm_dist_t _st
    cdef float[7] _edges

    def __cinit__(self, const float[::1] edges):
        cdef Py_ssize_t i
        same_length("edges", edges.shape[0], ecm_device.ECM_DIST_EDGES)
        for i in range(ecm_device.ECM_DIST_EDGES):
            self._edges[i] = edges[i]
        check(ecm_device.ecm_dist_init(&self._st))

    @property
    def counts(self):
        """Counters, ndarray of uint16 of shape (BINS,); setting them copies."""
        found = np.zeros(BINS, np.uint16)
        cdef uint16_t[::1] view = found
        for i in range(ecm_device.ECM_DIST_BINS):
            view[i] = self._st.count[i]
        return found

    @counts.setter
    def counts(self, const uint16_t[::1] value):
        same_length("counts", value.shape[0], ecm_device.ECM_DIST_BINS)
        for i in range(ecm_device.ECM_DIST_BINS):
            if value[i] > ecm_device.ECM_DIST_COUNT_MAX:
                raise ValueError(f"counts[{i}] is {value[i]}, expected <= {COUNT_MAX}")
        for i in range(ecm_device.ECM_DIST_BINS):
            self._st.count[i] = value[i]

    def update_f32(self, float x) -> None:
        """Count one value; ValueError if it is NaN or a counter is full."""
        check(ecm_device.ecm_dist_update_f32(&self._st, self._edges, x))

    def update_many_f32(self, const float[::1] x) -> int:
        """Count values until a counter is full.

        Parameters
        ----------
        x : ndarray of float32, shape (n,)
            Values.

        Returns
        -------
        int
            Values counted, n unless a counter became full.

        Raises
        ------
        ValueError
            If a value is not a number; those before it were counted.
        """
        cdef ecm.ecm_status_t status = ecm.ECM_OK
        cdef Py_ssize_t i, n = x.shape[0], counted = 0
        with nogil:
            for i in range(n):
                status = ecm_device.ecm_dist_update_f32(&self._st, self._edges, x[i])
                if status < 0:
                    break
                counted += 1
        if status != ecm.ECM_ERR_FULL:
            check(status)
        return counted

    def ks_f32(self, const float[::1] reference) -> tuple[float, int]:
        """Kolmogorov-Smirnov distance at the bin edges.

        Parameters
        ----------
        reference : ndarray of float32, shape (BINS,)
            Probabilities, sum 1.

        Returns
        -------
        ks : float
            0 ... 1; 0 while nothing was counted.
        n : int
            Values counted.

        Raises
        ------
        ValueError
            If `reference` has another length.
        """
        cdef float ks = 0
        cdef uint32_t n = 0
        same_length("reference", reference.shape[0], ecm_device.ECM_DIST_BINS)
        check(ecm_device.ecm_dist_ks_f32(&self._st, &reference[0], &ks, &n))
        return ks, n
