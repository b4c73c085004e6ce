# cython: auto_pickle=False
"""A value as a standard score of a frozen reference: ``ecm_score.h``."""

cimport cython

import numpy as np

from libc.stdint cimport uint16_t, uint32_t
from libc.string cimport memcpy

from ecmkit._core cimport ecm, ecm_drift
from ecmkit._core.base cimport check, same_length

ORDER_MAX = <int>ecm_drift.ECM_SCORE_ORDER_MAX
STATE_BYTES = <int>sizeof(ecm_drift.ecm_score_t)


@cython.final
cdef class Score:
    """Centre, autoregression, normal score.

    Parameters
    ----------
    center, scale : float
        Mean of the reference; factor of what is left, where there are no edges.
    phi : ndarray of float32, shape (order,)
        Weight of the last value, of that before, ...; at most `ORDER_MAX`.
    edges : ndarray of float32, shape (n,)
        Rising.
    scores : ndarray of float32, shape (2 n + 1,)
        Below, at and above the edges in turn.

    Raises
    ------
    ValueError
        If lengths do not fit or edges do not rise.
    """

    cdef ecm_drift.ecm_score_t _st
    cdef ecm_drift.ecm_score_cfg_t _cfg
    cdef const float[::1] _edges
    cdef const float[::1] _scores

    def __cinit__(
        self, float center, float scale, const float[::1] phi,
        const float[::1] edges, const float[::1] scores,
    ):
        cdef Py_ssize_t i, n = edges.shape[0]
        if phi.shape[0] > ORDER_MAX:
            raise ValueError(f"phi has {phi.shape[0]} weights, expected at most 4")
        if n > 0xffff:
            raise ValueError(f"edges has {n} values, expected at most 65535")
        if n:
            same_length("scores", scores.shape[0], 2 * n + 1)
        for i in range(1, n):
            if not edges[i - 1] < edges[i]:
                raise ValueError(f"edges[{i}] = {edges[i]} does not rise")
        self._edges = edges
        self._scores = scores
        self._cfg.center = center
        self._cfg.scale = scale
        for i in range(phi.shape[0]):
            self._cfg.phi[i] = phi[i]
        self._cfg.order = <uint16_t>phi.shape[0]
        self._cfg.edges_len = <uint16_t>n
        self._cfg.edges = &edges[0] if n else NULL
        self._cfg.scores = &scores[0] if n else NULL
        check(ecm_drift.ecm_score_init(&self._st))

    def reset(self) -> None:
        """Start again, as after a gap in the values."""
        check(ecm_drift.ecm_score_init(&self._st))

    def update_f32(self, float x) -> float | None:
        """Score one value; None while too few came before.

        Raises
        ------
        ValueError
            If `x` is not finite.
        """
        cdef float z = 0
        cdef ecm.ecm_status_t status = ecm_drift.ecm_score_update_f32(
            &self._st, &self._cfg, x, &z
        )
        check(status)
        return None if status == ecm.ECM_MORE else z

    def update_many_f32(self, const float[::1] x):
        """Score values one after another.

        Returns
        -------
        ndarray of float32
            As many as `x` has, less what was missing of the order.

        Raises
        ------
        ValueError
            If a value is not finite; none was taken.
        """
        cdef Py_ssize_t n = x.shape[0]
        cdef uint32_t count = 0
        cdef ecm.ecm_status_t status
        z = np.empty(n, np.float32)
        cdef float[::1] view = z
        with nogil:
            status = ecm_drift.ecm_score_update_many_f32(
                &self._st, &self._cfg, &x[0] if n else NULL, <uint32_t>n,
                &view[0] if n else NULL, &count
            )
        check(status)
        return z[:count]

    def to_bytes(self) -> bytes:
        """Return the state as a device stores it, little-endian."""
        return (<const char *>&self._st)[: sizeof(ecm_drift.ecm_score_t)]

    def load(self, bytes state) -> None:
        """Continue from a state, such as a device stored.

        Raises
        ------
        ValueError
            If the length is wrong or the count is outside its range.
        """
        cdef ecm_drift.ecm_score_t st
        if len(state) != sizeof(st):
            raise ValueError(f"state has {len(state)} bytes, expected {sizeof(st)}")
        memcpy(&st, <const char *>state, sizeof(st))
        if st.n > ecm_drift.ECM_SCORE_ORDER_MAX:
            raise ValueError(f"state has {st.n} last values, expected at most 4")
        self._st = st
