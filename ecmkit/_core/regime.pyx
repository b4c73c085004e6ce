# cython: auto_pickle=False
"""Which operating regime a machine is in: ``ecm_regime.h``."""

cimport cython

from libc.stdint cimport uint16_t, uint32_t

from ecmkit._core cimport ecm_drift
from ecmkit._core.base cimport check, same_length

NONE = <unsigned int>ecm_drift.ECM_REGIME_NONE


cdef int _rising(str name, const float[::1] edges) except -1:
    """Raise ValueError for edges that do not rise, or are too many."""
    cdef Py_ssize_t i
    if edges.shape[0] > 0xffff:
        raise ValueError(f"{name} has {edges.shape[0]} edges, expected at most 65535")
    for i in range(1, edges.shape[0]):
        if not edges[i - 1] < edges[i]:
            raise ValueError(f"{name}[{i}] = {edges[i]} does not rise")
    return 0


@cython.final
cdef class Regime:
    """Cells of bins of two channels, or the nearest of several centres.

    Parameters
    ----------
    first, second : ndarray of float32
        Rising edges of channel 0 and 1; empty: the channel is not looked at.
    centres : ndarray of float32, shape (clusters, features), or None
        Instead of edges.
    far : float
        Beyond this distance from all centres there is no regime.
    dwell : int
        Values in a row that make a regime, >= 1.

    Raises
    ------
    ValueError
        If edges do not rise or a setting is outside its range.
    """

    cdef ecm_drift.ecm_regime_t _st
    cdef ecm_drift.ecm_regime_cfg_t _cfg
    cdef ecm_drift.ecm_kmeans_t _model
    cdef const float[::1] _first
    cdef const float[::1] _second
    cdef const float[:, ::1] _centres
    cdef Py_ssize_t _channels

    def __cinit__(
        self, const float[::1] first, const float[::1] second,
        const float[:, ::1] centres, float far, uint32_t dwell,
    ):
        if dwell < 1:
            raise ValueError("dwell is 0, expected >= 1")
        _rising("first", first)
        _rising("second", second)
        self._first = first
        self._second = second
        self._centres = centres
        self._channels = 2
        if centres is not None:
            if not (0 < centres.shape[0] <= 0xffff and 0 < centres.shape[1] <= 0xffff):
                raise ValueError("centres has no rows or no columns")
            self._model.centroids = &centres[0, 0]
            self._model.clusters_len = <uint16_t>centres.shape[0]
            self._model.features_len = <uint16_t>centres.shape[1]
            self._cfg.model = &self._model
            self._channels = centres.shape[1]
        if first.shape[0]:
            self._cfg.edges[0] = &first[0]
        if second.shape[0]:
            self._cfg.edges[1] = &second[0]
        self._cfg.edges_len[0] = <uint16_t>first.shape[0]
        self._cfg.edges_len[1] = <uint16_t>second.shape[0]
        self._cfg.far = far
        self._cfg.dwell = dwell
        check(ecm_drift.ecm_regime_init(&self._st))

    def update_f32(self, const float[::1] x) -> int:
        """Take one value of each channel; the index of the regime or `NONE`."""
        cdef uint32_t regime = 0
        same_length("x", x.shape[0], self._channels)
        check(
            ecm_drift.ecm_regime_update_f32(&self._st, &self._cfg, &x[0], &regime)
        )
        return regime

    def to_bytes(self) -> bytes:
        """Return the state as a device stores it, little-endian."""
        return (<const char *>&self._st)[: sizeof(ecm_drift.ecm_regime_t)]

    @property
    def count(self) -> int:
        """How many regimes are told apart."""
        return ecm_drift.ecm_regime_count(&self._cfg)
