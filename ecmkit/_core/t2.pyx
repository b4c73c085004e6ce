# cython: auto_pickle=False
"""Hotelling's T2 of several features, and its weighted form: ``ecm_t2.h``."""

cimport cython

import numpy as np

from libc.stdint cimport uint32_t
from libc.string cimport memcpy

from ecmkit._core cimport ecm_drift
from ecmkit._core.base cimport check, same_length

FEATURES_MAX = <int>ecm_drift.ECM_T2_FEATURES_MAX


cdef class HotellingT2:
    """A weighted mean of whitened features against its limit.

    Parameters
    ----------
    mean : ndarray of float32, shape (n,)
        Of the reference.
    whiten : ndarray of float32, shape (n (n + 1) / 2,)
        Rows of the inverse of the covariance's Cholesky factor.
    weight, limit : float
        See ``ecm_t2_cfg_t``.

    Raises
    ------
    ValueError
        If a setting is outside its range.
    """

    cdef ecm_drift.ecm_t2_t _st
    cdef ecm_drift.ecm_t2_cfg_t _cfg
    cdef float[64] _means
    cdef const float[::1] _mean
    cdef const float[::1] _whiten
    cdef readonly uint32_t what
    """What the last vector told."""
    cdef readonly uint32_t since
    """Vectors since the estimated change; 0 without an alarm."""

    def __init__(
        self, const float[::1] mean, const float[::1] whiten, float weight,
        float limit,
    ):
        cdef Py_ssize_t n = mean.shape[0]
        if not 1 <= n <= FEATURES_MAX:
            raise ValueError(f"mean has {n} values, expected 1 to {FEATURES_MAX}")
        same_length("whiten", whiten.shape[0], n * (n + 1) // 2)
        self._mean = mean
        self._whiten = whiten
        self._cfg.mean = &mean[0]
        self._cfg.whiten = &whiten[0]
        self._cfg.features_len = <uint32_t>n
        self._cfg.weight = weight
        self._cfg.limit = limit
        self.reset()

    def reset(self) -> None:
        """Start again, as after construction."""
        self.what = self.since = 0
        check(ecm_drift.ecm_t2_init(&self._st, &self._cfg, self._means))

    def update_f32(self, const float[::1] x) -> None:
        """Take one vector of features, all finite."""
        same_length("x", x.shape[0], self._cfg.features_len)
        check(
            ecm_drift.ecm_t2_update_f32(
                &self._st, &self._cfg, self._means, &x[0], &self.what, &self.since
            )
        )

    def run_f32(self, const float[:, ::1] x):
        """Take rows of features one after another.

        Returns
        -------
        statistic : ndarray of float32, shape (n,)
            Of each row.
        since : ndarray of uint32, shape (n,)
            Rows since the change, at an alarm; else 0.

        Raises
        ------
        ValueError
            If a value is not finite; the rows before it were taken.
        """
        cdef Py_ssize_t i, n = x.shape[0]
        statistic = np.zeros(n, np.float32)
        since = np.zeros(n, np.uint32)
        cdef float[::1] statistics = statistic
        cdef uint32_t[::1] sinces = since
        same_length("x", x.shape[1], self._cfg.features_len)
        for i in range(n):
            check(
                ecm_drift.ecm_t2_update_f32(
                    &self._st, &self._cfg, self._means, &x[i, 0], &self.what,
                    &self.since
                )
            )
            statistics[i] = self._st.statistic
            sinces[i] = self.since
        return statistic, since

    def to_bytes(self) -> bytes:
        """Return state and means as a device stores them, little-endian."""
        head = (<const char *>&self._st)[: sizeof(ecm_drift.ecm_t2_t)]
        return head + (<const char *>self._means)[: 4 * self._cfg.features_len]

    def load(self, bytes state) -> None:
        """Continue from a state, such as a device stored.

        Raises
        ------
        ValueError
            If the length is wrong or a value is not finite.
        """
        cdef size_t size = sizeof(ecm_drift.ecm_t2_t)
        cdef size_t expected = size + 4 * self._cfg.features_len
        if <size_t>len(state) != expected:
            raise ValueError(f"state has {len(state)} bytes, expected {expected}")
        fields = np.frombuffer(state, np.float32, 2)
        means = np.frombuffer(state, np.float32, offset=size)
        if not (0 <= fields[0] <= 1 and fields[1] >= 0 and np.isfinite(means).all()):
            raise ValueError("state has a field that is outside its range")
        memcpy(&self._st, <const char *>state, size)
        memcpy(self._means, <const char *>state + size, 4 * self._cfg.features_len)
        self.what = self.since = 0

    @property
    def statistic(self) -> float:
        """Of the last vector."""
        return self._st.statistic
