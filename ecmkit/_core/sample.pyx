# cython: auto_pickle=False
"""KLL quantiles, reservoir, two samples: ``ecm_sample.h``."""

cimport cython
import struct

import numpy as np

from libc.stdint cimport uint32_t

from ecmkit._core cimport ecm, ecm_watch
from ecmkit._core.base cimport check, same_length

KLL_LEVELS = <int>ecm_watch.ECM_SAMPLE_KLL_LEVELS
KLL_K_MIN = <int>ecm_watch.ECM_SAMPLE_KLL_K_MIN
KLL_K_MAX = <int>ecm_watch.ECM_SAMPLE_KLL_K_MAX

_KLL = struct.Struct(f"<2I2f{KLL_LEVELS + 4}H")
_RESERVOIR = struct.Struct("<2I")


def kll_len(uint32_t k) -> int:
    """Floats that a sketch needs: ``ECM_SAMPLE_KLL_LEN``."""
    return ecm_watch.ECM_SAMPLE_KLL_LEN(k)


@cython.final
cdef class Kll:
    """Quantiles of any stream; `k` is `KLL_K_MIN` ... `KLL_K_MAX`, `seed` any.

    Raises
    ------
    ValueError
        If `k` is outside its range.
    """

    cdef ecm_watch.ecm_sample_kll_t _st
    cdef float[::1] _mem

    def __cinit__(self, uint32_t k, uint32_t seed):
        check(ecm_watch.ecm_sample_kll_init(&self._st, k, seed))
        self._mem = np.zeros(kll_len(k), np.float32)

    @property
    def n(self) -> int:
        """Values taken."""
        return self._st.n

    @property
    def k(self) -> int:
        """Share of the top level."""
        return self._st.k

    @property
    def levels(self):
        """Values of each level, a list of ndarrays of float32."""
        mem = np.asarray(self._mem)
        return [
            mem[self._st.start[h] : self._st.start[h + 1]].copy()
            for h in range(self._st.levels)
        ]

    def to_bytes(self) -> bytes:
        """Return the state and the memory in use as stored, little-endian."""
        head = _KLL.pack(
            self._st.n, self._st.random, self._st.minimum, self._st.maximum,
            self._st.k, self._st.levels,
            *[self._st.start[i] for i in range(KLL_LEVELS + 2)],
        )
        return head + np.asarray(self._mem)[self._st.start[0] :].astype("<f4").tobytes()

    @staticmethod
    def from_bytes(bytes state) -> Kll:
        """Continue from a state; ValueError if its length or content is not one's."""
        if len(state) < _KLL.size:
            raise ValueError(f"state has {len(state)} bytes, expected {_KLL.size}")
        n, random, low, high, k, levels, *start = _KLL.unpack_from(state)
        cdef Kll self = Kll(k, 0)
        size = kll_len(k)
        starts = start[: levels + 1]
        rising = all(a <= b for a, b in zip(starts, starts[1:], strict=False))
        if not (1 <= levels <= KLL_LEVELS and rising and starts[levels] == size):
            raise ValueError(f"state has levels at {starts}, expected rising to {size}")
        same_length("state", len(state), _KLL.size + 4 * (size - starts[0]))
        held = sum(
            (b - a) << h
            for h, (a, b) in enumerate(zip(starts, starts[1:], strict=False))
        )
        if held != n or random == 0:
            raise ValueError(f"state holds {held} values, expected {n}")
        values = np.frombuffer(state, "<f4", offset=_KLL.size)
        if not np.isfinite(values).all() or not low <= high:
            raise ValueError("state has a value that is not finite, expected none")
        np.asarray(self._mem)[starts[0] :] = values
        self._st.n = n
        self._st.random = random
        self._st.minimum = low
        self._st.maximum = high
        self._st.levels = levels
        for i in range(KLL_LEVELS + 2):
            self._st.start[i] = start[i]
        return self

    def update_f32(self, float x) -> None:
        """Take a value; ValueError if it is not finite, or there are too many."""
        check(ecm_watch.ecm_sample_kll_update_f32(&self._st, &self._mem[0], x))

    def update_many_f32(self, const float[::1] x) -> None:
        """Take values, shape (n,); ValueError at one that is refused."""
        cdef ecm.ecm_status_t status = ecm.ECM_OK
        cdef Py_ssize_t i = 0, n = x.shape[0]
        cdef float *mem = &self._mem[0]
        with nogil:
            while i < n and status == ecm.ECM_OK:
                status = ecm_watch.ecm_sample_kll_update_f32(&self._st, mem, x[i])
                i += 1
        check(status)

    def merge(self, Kll other) -> None:
        """Add the values of another sketch, of any k."""
        if other is self:
            raise ValueError("other is this sketch, expected another one")
        check(
            ecm_watch.ecm_sample_kll_merge(
                &self._st, &self._mem[0], &other._st, &other._mem[0]
            )
        )

    def quantile_f32(self, float q) -> float:
        """Least kept value of rank ``q n`` or more; 0 before the first value."""
        cdef float x = 0
        check(
            ecm_watch.ecm_sample_kll_quantile_f32(&self._st, &self._mem[0], q, &x)
        )
        return x

    def rank_f32(self, float x) -> float:
        """Share of the values that are at most `x`; 0 before the first value."""
        cdef float share = 0
        check(
            ecm_watch.ecm_sample_kll_rank_f32(&self._st, &self._mem[0], x, &share)
        )
        return share


@cython.final
cdef class Reservoir:
    """At most `size` values, each kept with the same probability; 1 ... 65535."""

    cdef ecm_watch.ecm_sample_reservoir_t _st
    cdef float[::1] _kept

    def __cinit__(self, uint32_t size, uint32_t seed):
        if not 1 <= size <= 65535:
            raise ValueError(f"size is {size}, expected 1 ... 65535")
        self._kept = np.zeros(size, np.float32)
        check(ecm_watch.ecm_sample_reservoir_init(&self._st, seed))

    @property
    def n(self) -> int:
        """Values taken."""
        return self._st.n

    @property
    def values(self):
        """Values kept, ndarray of float32, in no order."""
        return np.asarray(self._kept)[: self._st.n].copy()

    def to_bytes(self) -> bytes:
        """Return the state and the memory as stored, little-endian."""
        head = _RESERVOIR.pack(self._st.n, self._st.random)
        return head + np.asarray(self._kept).astype("<f4").tobytes()

    def set_bytes(self, bytes state) -> None:
        """Continue from a state of the same size."""
        same_length("state", len(state), _RESERVOIR.size + 4 * self._kept.shape[0])
        n, random = _RESERVOIR.unpack_from(state)
        if random == 0:
            raise ValueError("state has a generator at 0, expected another number")
        np.asarray(self._kept)[:] = np.frombuffer(state, "<f4", offset=_RESERVOIR.size)
        self._st.n = n
        self._st.random = random

    def update_many_f32(self, const float[::1] x) -> None:
        """Take values, shape (n,)."""
        cdef ecm.ecm_status_t status = ecm.ECM_OK
        cdef Py_ssize_t i = 0, n = x.shape[0]
        cdef float *kept = &self._kept[0]
        with nogil:
            while i < n and status == ecm.ECM_OK:
                status = ecm_watch.ecm_sample_reservoir_update_f32(
                    &self._st, kept, <uint32_t>self._kept.shape[0], x[i]
                )
                i += 1
        check(status)


def sort_f32(float[::1] x) -> None:
    """Put values in order, in place."""
    cdef ecm.ecm_status_t status
    cdef float *first = &x[0] if x.shape[0] else NULL
    with nogil:
        status = ecm_watch.ecm_sample_sort_f32(first, <uint32_t>x.shape[0])
    check(status)


def ks_f32(const float[::1] reference, const float[::1] x) -> float:
    """Kolmogorov-Smirnov distance of two samples in rising order."""
    cdef ecm.ecm_status_t status
    cdef float ks = 0
    cdef const float *first = &reference[0] if reference.shape[0] else NULL
    cdef const float *second = &x[0] if x.shape[0] else NULL
    with nogil:
        status = ecm_watch.ecm_sample_ks_f32(
            first, <uint32_t>reference.shape[0], second, <uint32_t>x.shape[0], &ks
        )
    check(status)
    return ks
