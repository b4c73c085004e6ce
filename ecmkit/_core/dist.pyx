# cython: auto_pickle=False
"""Change of a distribution between reference quantiles: ``ecm_dist.h``."""

cimport cython
import struct

import numpy as np

from libc.stdint cimport int32_t, uint16_t, uint32_t

from ecmkit._core cimport ecm, ecm_device
from ecmkit._core.base cimport check, same_length

BINS_MAX = <int>ecm_device.ECM_DIST_BINS_MAX
WINDOW_MAX = <int>ecm_device.ECM_DIST_WINDOW_MAX
FORGETTING_MAX = <int>ecm_device.ECM_DIST_FORGETTING_MAX
FILL = <int>ecm_device.ECM_DIST_FILL
TUMBLING = <int>ecm_device.ECM_DIST_TUMBLING
FORGETTING = <int>ecm_device.ECM_DIST_FORGETTING

_HEADER = struct.Struct("<2If2H")


@cython.final
cdef class Dist:
    """Counters of one stream.

    Parameters
    ----------
    edges : ndarray of float32 or int32, shape (bins - 1,), or None
        Not falling; bin b holds ``edges[b-1] < x <= edges[b]``. None: classes.
    reference : ndarray of float32, shape (bins,)
        Shares of the reference, sum 1.
    reference_n : int
        Values of the reference, >= 1.
    form : int
        `FILL`, `TUMBLING` or `FORGETTING`.
    window_len : int
        Values, >= 1; at most `WINDOW_MAX`, of `FORGETTING` at most `FORGETTING_MAX`.

    Raises
    ------
    ValueError
        If a value or a length is outside its range.
    """

    cdef ecm_device.ecm_dist_t _st
    cdef ecm_device.ecm_dist_cfg_t _cfg
    cdef uint16_t[64] _count
    cdef const float[::1] _reference
    cdef const float[::1] _edges
    cdef const int32_t[::1] _edges_s32

    def __cinit__(
        self,
        edges,
        const float[::1] reference,
        *,
        uint32_t reference_n,
        uint16_t form,
        uint32_t window_len,
    ):
        bins = reference.shape[0]
        if bins > BINS_MAX:
            raise ValueError(f"reference has length {bins}, expected <= {BINS_MAX}")
        self._cfg.bins = bins
        self._cfg.form = form
        self._cfg.window_len = window_len
        self._cfg.reference_n = reference_n
        self._reference = reference
        self._cfg.reference = &reference[0] if bins else NULL
        self._cfg.edges = NULL
        self._cfg.edges_s32 = NULL
        if edges is not None:
            same_length("edges", edges.shape[0], bins - 1)
            if edges.dtype == np.int32:
                self._edges_s32 = edges
                self._cfg.edges_s32 = &self._edges_s32[0] if bins > 1 else NULL
            else:
                self._edges = edges
                self._cfg.edges = &self._edges[0] if bins > 1 else NULL
        check(ecm_device.ecm_dist_init(&self._st, &self._cfg, self._count))

    @property
    def counts(self):
        """Counters, ndarray of uint16 of shape (bins,)."""
        found = np.zeros(self._cfg.bins, np.uint16)
        cdef uint16_t[::1] view = found
        for i in range(self._cfg.bins):
            view[i] = self._count[i]
        return found

    @property
    def left(self) -> int:
        """Values that the window still takes."""
        return self._st.left

    @property
    def windows(self) -> int:
        """Windows that have ended, modulo 2^16."""
        return self._st.windows

    def reset(self) -> None:
        """Start again."""
        check(ecm_device.ecm_dist_init(&self._st, &self._cfg, self._count))

    def to_bytes(self) -> bytes:
        """Return the state as the device stores it, little-endian."""
        head = _HEADER.pack(
            self._st.left, self._st.kept, self._st.squares, self._st.windows, 0
        )
        return head + self.counts.astype("<u2").tobytes()

    def set_bytes(self, bytes state) -> None:
        """Continue from a state of the same settings.

        Raises
        ------
        ValueError
            If the length or the content is not that of a state.
        """
        cdef Py_ssize_t bins = self._cfg.bins
        same_length("state", len(state), _HEADER.size + 2 * bins)
        left, kept, squares, windows, _ = _HEADER.unpack_from(state)
        counts = np.frombuffer(state, "<u2", offset=_HEADER.size)
        held = int(counts.sum(dtype=np.int64))
        window_len = int(self._cfg.window_len)
        if left > window_len or held != window_len - left + kept or not squares >= 0:
            raise ValueError(f"state holds {held} values, expected what its head says")
        self._st.left = left
        self._st.kept = kept
        self._st.squares = squares
        self._st.windows = windows
        for i in range(bins):
            self._count[i] = counts[i]

    def update_f32(self, float x) -> bool:
        """Count one float; True if it completed a window."""
        return check_news(
            ecm_device.ecm_dist_update_f32(&self._st, &self._cfg, self._count, x)
        )

    def update_s32(self, int32_t x) -> bool:
        """Count one integer; True if it completed a window."""
        return check_news(
            ecm_device.ecm_dist_update_s32(&self._st, &self._cfg, self._count, x)
        )

    def update_class(self, uint32_t class_id) -> bool:
        """Count one class; True if it completed a window."""
        return check_news(
            ecm_device.ecm_dist_update_class(
                &self._st, &self._cfg, self._count, class_id
            )
        )

    def update_many_f32(self, const float[::1] x) -> tuple[int, bool]:
        """Count floats until a window is complete.

        Parameters
        ----------
        x : ndarray of float32, shape (n,)
            Values.

        Returns
        -------
        counted : int
            Values counted.
        complete : bool
            Whether the last of them completed a window.

        Raises
        ------
        ValueError
            If a value is not a number, or the counters are full; those before it were
            counted.
        """
        cdef ecm.ecm_status_t status = ecm.ECM_OK
        cdef Py_ssize_t i = 0, n = x.shape[0]
        with nogil:
            while i < n and status == ecm.ECM_OK:
                status = ecm_device.ecm_dist_update_f32(
                    &self._st, &self._cfg, self._count, x[i]
                )
                i += 1
        return i, check_news(status)

    def update_many_s32(self, const int32_t[::1] x) -> tuple[int, bool]:
        """Count integers until a window is complete, as `update_many_f32`."""
        cdef ecm.ecm_status_t status = ecm.ECM_OK
        cdef Py_ssize_t i = 0, n = x.shape[0]
        with nogil:
            while i < n and status == ecm.ECM_OK:
                status = ecm_device.ecm_dist_update_s32(
                    &self._st, &self._cfg, self._count, x[i]
                )
                i += 1
        return i, check_news(status)

    def update_many_class(self, const uint32_t[::1] x) -> tuple[int, bool]:
        """Count classes until a window is complete, as `update_many_f32`."""
        cdef ecm.ecm_status_t status = ecm.ECM_OK
        cdef Py_ssize_t i = 0, n = x.shape[0]
        with nogil:
            while i < n and status == ecm.ECM_OK:
                status = ecm_device.ecm_dist_update_class(
                    &self._st, &self._cfg, self._count, x[i]
                )
                i += 1
        return i, check_news(status)

    def merge(self, Dist other) -> None:
        """Add the counters of another state, of the same edges and window.

        Raises
        ------
        ValueError
            If the settings differ, or there is no room.
        """
        if (self._cfg.bins, self._cfg.form, self._cfg.window_len) != (
            other._cfg.bins, other._cfg.form, other._cfg.window_len
        ):
            raise ValueError("other has other bins, form or window_len")
        check(
            ecm_device.ecm_dist_merge(
                &self._st, &self._cfg, self._count, &other._st, other._count
            )
        )

    def distances_f32(self) -> dict[str, float]:
        """Distances from the reference: the fields of ``ecm_dist_distances_t``."""
        cdef ecm_device.ecm_dist_distances_t out
        check(
            ecm_device.ecm_dist_distances_f32(
                &self._st, &self._cfg, self._count, &out
            )
        )
        return {
            "ks": out.ks,
            "chi2": out.chi2,
            "wasserstein": out.wasserstein,
            "jensen_shannon": out.jensen_shannon,
            "psi": out.psi,
            "n": out.n,
            "freedom": out.freedom,
        }


cdef bint check_news(int32_t status) except -1:
    """Raise for a refusal; whether a window is complete."""
    check(status)
    return status == ecm_device.ECM_DIST_COMPLETE
