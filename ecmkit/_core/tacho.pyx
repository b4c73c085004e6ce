# cython: auto_pickle=False
"""Edges of a tachometer signal: ``ecm_tacho.h``."""

cimport cython
from libc.stdint cimport uint32_t, uint64_t

from ecmkit._core cimport ecm, ecm_machine as c
from ecmkit._core.base cimport check

TICKS = <int>c.ECM_TACHO_TICKS


@cython.final
cdef class TachoF32:
    """Settings and state of an edge finder, at its start.

    Parameters
    ----------
    level, hysteresis : float
        In the unit of the samples.
    falling : bool
        Whether edges go downwards.

    Raises
    ------
    ValueError
        If the device library refuses.
    """

    cdef c.ecm_tacho_cfg_t _cfg
    cdef c.ecm_tacho_t _st

    def __cinit__(self, float level, float hysteresis, bint falling):
        self._cfg.level = level
        self._cfg.hysteresis = hysteresis
        self._cfg.falling = falling
        self.start()

    def start(self) -> None:
        """Start over, at sample 0."""
        check(c.ecm_tacho_init(&self._st, &self._cfg))

    def edges(self, const float[::1] x, uint64_t[::1] edges) -> tuple[int, int]:
        """Take samples, shape (n,), until `edges` is full.

        Returns
        -------
        tuple of int
            Edges written, samples taken.
        """
        cdef ecm.ecm_status_t status
        cdef uint32_t found = 0, used = 0
        cdef const float *data = &x[0] if x.shape[0] else NULL
        if edges.shape[0] == 0:
            raise ValueError("edges has length 0, expected 1 or more")
        with nogil:
            status = c.ecm_tacho_edges_f32(
                &self._st, &self._cfg, data, <uint32_t>x.shape[0], &edges[0],
                <uint32_t>edges.shape[0], &found, &used
            )
        check(status)
        return found, used


def speed_f32(const uint64_t[::1] edges, uint32_t pulses, float fs_hz) -> float:
    """Mean speed over edges [turns per second]."""
    cdef float speed_hz = 0
    cdef const uint64_t *data = &edges[0] if edges.shape[0] else NULL
    check(c.ecm_tacho_speed_f32(
        data, <uint32_t>edges.shape[0], pulses, fs_hz, &speed_hz
    ))
    return speed_hz
