# cython: auto_pickle=False
"""Mean, variance, skewness and kurtosis of streams: ``ecm_moments.h``."""

cimport cython
import struct

from libc.stdint cimport int16_t, uint32_t

from ecmkit._core cimport ecm
from ecmkit._core.base cimport check

_PLAIN = struct.Struct("<I10f")
_EW = struct.Struct("<I4f")
_Q15 = struct.Struct("<I2hqQ2q2Q")


def _unpack(layout: struct.Struct, state: bytes) -> tuple[float, ...]:
    if len(state) != layout.size:
        raise ValueError(f"state has {len(state)} bytes, expected {layout.size}")
    return layout.unpack(state)


@cython.final
cdef class Moments:
    """Plain moments of float32 samples; states of parts merge."""

    cdef ecm.ecm_moments_t _st

    def __cinit__(self):
        check(ecm.ecm_moments_init(&self._st))

    @staticmethod
    def from_bytes(state: bytes) -> Moments:
        """Continue from a state that `to_bytes` or a device stored."""
        cdef Moments self = Moments()
        (
            self._st.n, self._st.mean, self._st.m2, self._st.m3, self._st.m4,
            self._st.mean_rest, self._st.m2_rest, self._st.m3_rest, self._st.m4_rest,
            self._st.minimum, self._st.maximum,
        ) = _unpack(_PLAIN, state)
        return self

    def to_bytes(self) -> bytes:
        """Return the state as the device stores it: 44 bytes, little-endian."""
        return _PLAIN.pack(
            self._st.n, self._st.mean, self._st.m2, self._st.m3, self._st.m4,
            self._st.mean_rest, self._st.m2_rest, self._st.m3_rest, self._st.m4_rest,
            self._st.minimum, self._st.maximum,
        )

    def update_f32(self, const float[::1] x) -> None:
        """Take samples, all finite."""
        cdef ecm.ecm_status_t status
        cdef const float *data = &x[0] if x.shape[0] else NULL
        with nogil:
            status = ecm.ecm_moments_update_f32(&self._st, data, <uint32_t>x.shape[0])
        check(status)

    def merge(self, Moments other) -> None:
        """Add the samples of another state."""
        check(ecm.ecm_moments_merge(&self._st, &other._st))

    def result(self) -> dict[str, float]:
        """Moments by the field names of ``ecm_moments_result_t``."""
        cdef ecm.ecm_moments_result_t out
        check(ecm.ecm_moments_result_f32(&self._st, &out))
        return out

    @property
    def n(self) -> int:
        """Number of samples."""
        return self._st.n

    @property
    def minimum(self) -> float:
        """Smallest sample; 0 before the first."""
        return self._st.minimum

    @property
    def maximum(self) -> float:
        """Largest sample; 0 before the first."""
        return self._st.maximum


@cython.final
cdef class WeightedMoments:
    """Exponentially weighted moments of float32 samples.

    Parameters
    ----------
    weight : float
        Of the newest sample, 0 < weight <= 1.
    """

    cdef ecm.ecm_moments_ew_t _st
    cdef ecm.ecm_moments_ew_cfg_t _cfg

    def __cinit__(self, float weight):
        self._cfg.weight = weight
        check(ecm.ecm_moments_ew_init(&self._st))
        check(ecm.ecm_moments_ew_update_f32(&self._st, &self._cfg, NULL, 0))

    @staticmethod
    def from_bytes(state: bytes, *, weight: float) -> WeightedMoments:
        """Continue from a state that `to_bytes` or a device stored."""
        cdef WeightedMoments self = WeightedMoments(weight)
        (
            self._st.n, self._st.mean, self._st.c2, self._st.c3, self._st.c4
        ) = _unpack(_EW, state)
        return self

    def to_bytes(self) -> bytes:
        """Return the state as the device stores it: 20 bytes, little-endian."""
        return _EW.pack(
            self._st.n, self._st.mean, self._st.c2, self._st.c3, self._st.c4
        )

    def update_f32(self, const float[::1] x) -> None:
        """Take samples, all finite."""
        cdef ecm.ecm_status_t status
        cdef const float *data = &x[0] if x.shape[0] else NULL
        with nogil:
            status = ecm.ecm_moments_ew_update_f32(
                &self._st, &self._cfg, data, <uint32_t>x.shape[0]
            )
        check(status)

    def result(self) -> dict[str, float]:
        """Weighted moments by the field names of ``ecm_moments_result_t``."""
        cdef ecm.ecm_moments_result_t out
        check(ecm.ecm_moments_ew_result_f32(&self._st, &out))
        return out

    @property
    def n(self) -> int:
        """Number of samples."""
        return self._st.n


@cython.final
cdef class MomentsQ15:
    """Exact moments of Q15 samples; states of parts merge exactly."""

    cdef ecm.ecm_moments_q15_t _st

    def __cinit__(self):
        check(ecm.ecm_moments_q15_init(&self._st))

    @staticmethod
    def from_bytes(state: bytes) -> MomentsQ15:
        """Continue from a state that `to_bytes` or a device stored."""
        cdef MomentsQ15 self = MomentsQ15()
        (
            self._st.n, self._st.minimum, self._st.maximum, self._st.s1, self._st.s2,
            self._st.s3_high, self._st.s3_low, self._st.s4_high, self._st.s4_low,
        ) = _unpack(_Q15, state)
        return self

    def to_bytes(self) -> bytes:
        """Return the state as the device stores it: 56 bytes, little-endian."""
        return _Q15.pack(
            self._st.n, self._st.minimum, self._st.maximum, self._st.s1, self._st.s2,
            self._st.s3_high, self._st.s3_low, self._st.s4_high, self._st.s4_low,
        )

    def update(self, const int16_t[::1] x) -> None:
        """Take samples."""
        cdef ecm.ecm_status_t status
        cdef const int16_t *data = &x[0] if x.shape[0] else NULL
        with nogil:
            status = ecm.ecm_moments_q15_update(&self._st, data, <uint32_t>x.shape[0])
        check(status)

    def merge(self, MomentsQ15 other) -> None:
        """Add the samples of another state."""
        check(ecm.ecm_moments_q15_merge(&self._st, &other._st))

    def result(self) -> dict[str, float]:
        """Moments by the field names of ``ecm_moments_result_t``; full scale is 1."""
        cdef ecm.ecm_moments_result_t out
        check(ecm.ecm_moments_q15_result_f32(&self._st, &out))
        return out

    @property
    def n(self) -> int:
        """Number of samples."""
        return self._st.n
