# cython: auto_pickle=False
"""From equal steps of time to equal steps of angle: ``ecm_order.h``."""

from libc.stdint cimport uint32_t, uint64_t

from ecmkit._core cimport ecm, ecm_machine as c
from ecmkit._core.base cimport check

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
