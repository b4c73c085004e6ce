# cython: auto_pickle=False
"""From equal steps of time to equal steps of angle: ``ecm_order.h``."""

cimport cython
from libc.stdint cimport uint32_t, uint64_t

from ecmkit._core cimport ecm, ecm_machine as c, ecm_track
from ecmkit._core.base cimport check

import numpy as np

BEFORE = <int>c.ECM_ORDER_BEFORE
AFTER = <int>c.ECM_ORDER_AFTER


def run_f32(
    float fs_hz, float speed_hz, float rate_hz_s, uint64_t start, uint64_t[::1] edges
) -> None:
    """Write the edges of a shaft of known speed, one a turn, shape (n,)."""
    cdef uint64_t *data = &edges[0] if edges.shape[0] else NULL
    check(c.ecm_order_run_f32(
        fs_hz, speed_hz, rate_hz_s, start, data, <uint32_t>edges.shape[0]
    ))


def first_f32(
    uint32_t pulses, uint32_t per_turn, uint64_t start, const uint64_t[::1] edges
) -> int:
    """First output that samples from `start` on can give."""
    cdef c.ecm_order_cfg_t cfg = c.ecm_order_cfg_t(pulses=pulses, per_turn=per_turn)
    cdef const uint64_t *data = &edges[0] if edges.shape[0] else NULL
    cdef uint32_t first = 0
    check(c.ecm_order_first_f32(
        &cfg, start, data, <uint32_t>edges.shape[0], &first
    ))
    return first


def resample_f32(
    uint32_t pulses, uint32_t per_turn, const float[::1] x, uint64_t start,
    const uint64_t[::1] edges, uint32_t first, float[::1] out
) -> int:
    """Write outputs first, first + 1, ... to `out`; return how many there are."""
    cdef c.ecm_order_cfg_t cfg = c.ecm_order_cfg_t(pulses=pulses, per_turn=per_turn)
    cdef const float *data = &x[0] if x.shape[0] else NULL
    cdef const uint64_t *times = &edges[0] if edges.shape[0] else NULL
    cdef float *result = &out[0] if out.shape[0] else NULL
    cdef uint32_t found = 0
    cdef ecm.ecm_status_t status
    with nogil:
        status = c.ecm_order_resample_f32(
            &cfg, data, <uint32_t>x.shape[0], start, times, <uint32_t>edges.shape[0],
            first, result, <uint32_t>out.shape[0], &found
        )
    check(status)
    return found


@cython.final
cdef class TrackF32:
    """Samples at equal steps of angle of a shaft whose speed is told with each chunk.

    Parameters
    ----------
    fs_hz : float
        Sampling rate.
    per_turn : int
        Outputs in a turn, 1 ... 65536.
    """

    cdef ecm_track.ecm_order_track_cfg_t _cfg
    cdef ecm_track.ecm_order_track_t _st

    def __cinit__(self, float fs_hz, uint32_t per_turn):
        self._cfg.fs_hz = fs_hz
        self._cfg.per_turn = per_turn
        check(ecm_track.ecm_order_track_init_f32(&self._st))

    def out_len(self, float speed_hz, uint32_t n) -> int:
        """Most outputs of a chunk of n samples; 0 on a speed that is refused."""
        return ecm_track.ecm_order_track_len(&self._cfg, speed_hz, n)

    def span(self, float speed_hz, uint32_t outputs) -> int:
        """Samples that give so many outputs at the least speed; 0 on what is refused."""
        return ecm_track.ecm_order_track_span(&self._cfg, speed_hz, outputs)

    def push(self, float speed_hz, const float[::1] x, float[::1] out) -> int:
        """Take samples, at whose end the speed is given; write outputs, say how many."""
        cdef ecm.ecm_status_t status
        cdef uint32_t held = <uint32_t>(c.ECM_ORDER_BEFORE + c.ECM_ORDER_AFTER)
        cdef uint32_t found = 0
        cdef float[::1] line = np.zeros(held + x.shape[0], np.float32)
        cdef float *result = &out[0] if out.shape[0] else NULL
        line[held:] = x
        with nogil:
            status = ecm_track.ecm_order_track_f32(
                &self._st, &self._cfg, speed_hz, &line[0], <uint32_t>x.shape[0],
                result, <uint32_t>out.shape[0], &found
            )
        check(status)
        return found
