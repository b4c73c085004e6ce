# cython: auto_pickle=False
"""Log histogram, one quantile, top classes: ``ecm_sketch.h``."""

cimport cython
import struct

import numpy as np

from libc.stdint cimport int16_t, uint16_t, uint32_t

from ecmkit._core cimport ecm, ecm_watch
from ecmkit._core.base cimport check, same_length

BINS_MAX = <int>ecm_watch.ECM_SKETCH_BINS_MAX
DIVISIONS_MAX = <int>ecm_watch.ECM_SKETCH_DIVISIONS_MAX
TOP_MAX = <int>ecm_watch.ECM_SKETCH_TOP_MAX

_LOG = struct.Struct("<3I2f")
_P2 = struct.Struct("<5f5I")


@cython.final
cdef class Log:
    """A log histogram.

    Parameters
    ----------
    bins : int
        Of positive values, 1 ... `BINS_MAX`.
    divisions : int
        Of an octave as a power of two, 0 ... `DIVISIONS_MAX`.
    exponent : int
        Values below ``2**exponent`` in size count as 0.
    negative : bool
        Whether negative values are counted, in as many bins.

    Raises
    ------
    ValueError
        If a value is outside its range.
    """

    cdef ecm_watch.ecm_sketch_log_t _st
    cdef ecm_watch.ecm_sketch_log_cfg_t _cfg
    cdef uint32_t[::1] _count
    cdef readonly object counts
    """Counters, ndarray of uint32: positive bins, then negative ones."""

    def __cinit__(
        self, *, uint16_t bins, uint16_t divisions, int16_t exponent, bint negative
    ):
        self._cfg.bins = bins
        self._cfg.divisions = divisions
        self._cfg.exponent = exponent
        self._cfg.negative = negative
        if bins == 0 or bins > BINS_MAX:
            raise ValueError(f"bins is {bins}, expected 1 ... {BINS_MAX}")
        self.counts = np.zeros(bins * (2 if negative else 1), np.uint32)
        self._count = self.counts
        check(ecm_watch.ecm_sketch_log_init(&self._st, &self._cfg, &self._count[0]))

    @property
    def n(self) -> int:
        """Values taken."""
        return self._st.n

    @property
    def zeros(self) -> int:
        """Values that count as 0."""
        return self._st.zeros

    @property
    def beyond(self) -> int:
        """Values too large for the bins."""
        return self._st.beyond

    @property
    def minimum(self) -> float:
        """Smallest value; 0 before the first."""
        return self._st.minimum

    @property
    def maximum(self) -> float:
        """Largest value; 0 before the first."""
        return self._st.maximum

    def to_bytes(self) -> bytes:
        """Return the state as the device stores it, little-endian."""
        head = _LOG.pack(
            self._st.n, self._st.zeros, self._st.beyond, self._st.minimum,
            self._st.maximum,
        )
        return head + self.counts.astype("<u4").tobytes()

    def set_bytes(self, bytes state) -> None:
        """Continue from a state of the same settings.

        Raises
        ------
        ValueError
            If the length or the content is not that of a state.
        """
        same_length("state", len(state), _LOG.size + 4 * len(self.counts))
        n, zeros, beyond, low, high = _LOG.unpack_from(state)
        counts = np.frombuffer(state, "<u4", offset=_LOG.size)
        held = int(counts.sum(dtype=np.int64)) + zeros
        if held != n or not low <= high:
            raise ValueError(f"state holds {held} values, expected {n}")
        self.counts[:] = counts
        self._st.n = n
        self._st.zeros = zeros
        self._st.beyond = beyond
        self._st.minimum = low
        self._st.maximum = high

    def update_f32(self, float x) -> None:
        """Take a value; ValueError if it is not finite, or negative and may not be."""
        check(
            ecm_watch.ecm_sketch_log_update_f32(
                &self._st, &self._cfg, &self._count[0], x
            )
        )

    def update_many_f32(self, const float[::1] x) -> None:
        """Take values, shape (n,); ValueError at one that is refused."""
        cdef ecm.ecm_status_t status = ecm.ECM_OK
        cdef Py_ssize_t i = 0, n = x.shape[0]
        with nogil:
            while i < n and status == ecm.ECM_OK:
                status = ecm_watch.ecm_sketch_log_update_f32(
                    &self._st, &self._cfg, &self._count[0], x[i]
                )
                i += 1
        check(status)

    def merge(self, Log other) -> None:
        """Add the values of another histogram of the same settings."""
        if (
            self._cfg.bins, self._cfg.divisions, self._cfg.exponent, self._cfg.negative
        ) != (
            other._cfg.bins, other._cfg.divisions, other._cfg.exponent,
            other._cfg.negative,
        ):
            raise ValueError("other has other bins, divisions, exponent or negative")
        check(
            ecm_watch.ecm_sketch_log_merge(
                &self._st, &self._cfg, &self._count[0], &other._st, &other._count[0]
            )
        )

    def quantile_f32(self, float q) -> float:
        """Value of rank ``floor(q (n - 1))`` within the relative error."""
        cdef float x = 0
        check(
            ecm_watch.ecm_sketch_log_quantile_f32(
                &self._st, &self._cfg, &self._count[0], q, &x
            )
        )
        return x


@cython.final
cdef class P2:
    """One quantile by five markers; `q` is its share, 0 < q < 1."""

    cdef ecm_watch.ecm_sketch_p2_t _st
    cdef ecm_watch.ecm_sketch_p2_cfg_t _cfg

    def __cinit__(self, float q):
        cdef float x
        self._cfg.q = q
        check(ecm_watch.ecm_sketch_p2_init(&self._st))
        check(ecm_watch.ecm_sketch_p2_quantile_f32(&self._st, &self._cfg, &x))

    @property
    def heights(self) -> tuple[float, ...]:
        """Values of the markers."""
        return tuple([self._st.height[i] for i in range(5)])

    @property
    def places(self) -> tuple[int, ...]:
        """Ranks of the markers, from 1; the last is the number of values."""
        return tuple([self._st.place[i] for i in range(5)])

    def to_bytes(self) -> bytes:
        """Return the state as the device stores it: 40 bytes, little-endian."""
        return _P2.pack(*self.heights, *self.places)

    def set_bytes(self, bytes state) -> None:
        """Continue from a state; ValueError if its length or content is not one's."""
        same_length("state", len(state), _P2.size)
        values = _P2.unpack(state)
        known = values[: min(values[9], 5)]
        if not all(a <= b for a, b in zip(known, known[1:], strict=False)):
            raise ValueError(f"state has markers {known}, expected rising ones")
        if not 1 <= values[5] < values[6] < values[7] < values[8]:
            raise ValueError(f"state has places {values[5:9]}, expected rising ones")
        if values[9] >= 5 and values[9] <= values[8]:
            raise ValueError(f"state has {values[9]} values, expected > {values[8]}")
        for i in range(5):
            self._st.height[i] = values[i]
            self._st.place[i] = values[5 + i]

    def update_f32(self, float x) -> None:
        """Take a value; ValueError if it is not finite."""
        check(ecm_watch.ecm_sketch_p2_update_f32(&self._st, &self._cfg, x))

    def update_many_f32(self, const float[::1] x) -> None:
        """Take values, shape (n,); ValueError at one that is not finite."""
        cdef ecm.ecm_status_t status = ecm.ECM_OK
        cdef Py_ssize_t i = 0, n = x.shape[0]
        with nogil:
            while i < n and status == ecm.ECM_OK:
                status = ecm_watch.ecm_sketch_p2_update_f32(
                    &self._st, &self._cfg, x[i]
                )
                i += 1
        check(status)

    def quantile_f32(self) -> float:
        """Return the quantile; 0 before the first value."""
        cdef float x = 0
        check(ecm_watch.ecm_sketch_p2_quantile_f32(&self._st, &self._cfg, &x))
        return x


@cython.final
cdef class Top:
    """Classes more frequent than 1 in `k`; 1 ... `TOP_MAX` entries."""

    cdef ecm_watch.ecm_sketch_top_entry_t[256] _top
    cdef uint32_t _k

    def __cinit__(self, uint32_t k):
        if k > TOP_MAX:
            raise ValueError(f"k is {k}, expected 1 ... {TOP_MAX}")
        self._k = k
        check(ecm_watch.ecm_sketch_top_init(self._top, k))

    @property
    def entries(self):
        """Entries, ndarray of uint32 of shape (k, 3): id, count, error."""
        found = np.zeros((self._k, 3), np.uint32)
        cdef uint32_t[:, ::1] view = found
        for i in range(self._k):
            view[i, 0] = self._top[i].id
            view[i, 1] = self._top[i].count
            view[i, 2] = self._top[i].error
        return found

    def to_bytes(self) -> bytes:
        """Return the entries as the device stores them, little-endian."""
        return self.entries.astype("<u4").tobytes()

    def set_bytes(self, bytes state) -> None:
        """Continue from entries; ValueError if their number is not k."""
        same_length("state", len(state), 12 * self._k)
        found = np.frombuffer(state, "<u4").reshape(-1, 3)
        if (found[:, 2] > found[:, 1]).any():
            raise ValueError("state has an error above its count, expected none")
        for i in range(self._k):
            self._top[i].id = found[i, 0]
            self._top[i].count = found[i, 1]
            self._top[i].error = found[i, 2]

    def update(self, uint32_t id) -> None:
        """Count a class."""
        check(ecm_watch.ecm_sketch_top_update(self._top, self._k, id))

    def update_many(self, const uint32_t[::1] ids) -> None:
        """Count classes, shape (n,)."""
        cdef ecm.ecm_status_t status = ecm.ECM_OK
        cdef Py_ssize_t i = 0, n = ids.shape[0]
        with nogil:
            while i < n and status == ecm.ECM_OK:
                status = ecm_watch.ecm_sketch_top_update(self._top, self._k, ids[i])
                i += 1
        check(status)

    def merge(self, Top other) -> None:
        """Add the classes of another sketch of the same k."""
        same_length("other", other._k, self._k)
        check(ecm_watch.ecm_sketch_top_merge(self._top, self._k, other._top))
