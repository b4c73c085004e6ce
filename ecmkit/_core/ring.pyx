# cython: auto_pickle=False
"""Samples from a producer to a consumer, windows in place: ``ecm_ring.h``."""

cimport cython
from libc.stdint cimport int16_t, uint32_t

from ecmkit._core cimport ecm, ecm_condition as c
from ecmkit._core.base cimport check, same_length

LEN_MAX = <int>c.ECM_RING_LEN_MAX
STATE_BYTES = <int>sizeof(c.ecm_ring_t)


def mem_len(uint32_t ring_len, uint32_t window_len) -> int:
    """Samples of memory that a ring needs: ``ECM_RING_MEM_LEN``."""
    return c.ECM_RING_MEM_LEN(ring_len, window_len)


@cython.final
cdef class Ring:
    """State and settings of a ring; its memory is an array of the caller's.

    Parameters
    ----------
    ring_len : int
        Samples, 1 ... `LEN_MAX`.
    window_len : int
        Samples that lie in one piece, 1 ... `ring_len`.

    Raises
    ------
    ValueError
        If a length is outside its range.
    """

    cdef c.ecm_ring_t _st
    cdef c.ecm_ring_cfg_t _cfg

    def __cinit__(self, uint32_t ring_len, uint32_t window_len):
        self._cfg.ring_len = ring_len
        self._cfg.window_len = window_len
        check(c.ecm_ring_init(&self._st, &self._cfg))

    cdef int _check_mem(self, Py_ssize_t found) except -1:
        return same_length(
            "mem", found,
            c.ECM_RING_MEM_LEN(self._cfg.ring_len, self._cfg.window_len),
        )

    def push_f32(self, float[::1] mem, const float[::1] x) -> bool:
        """Queue samples, shape (n,); False if they did not fit and were counted."""
        cdef ecm.ecm_status_t status
        cdef const float *first = &x[0] if x.shape[0] else NULL
        self._check_mem(mem.shape[0])
        status = c.ecm_ring_push_f32(
            &self._st, &self._cfg, &mem[0], first, <uint32_t>x.shape[0]
        )
        if status != ecm.ECM_ERR_FULL:
            check(status)
        return status == ecm.ECM_OK

    def push_s16(self, int16_t[::1] mem, const int16_t[::1] x) -> bool:
        """Queue samples, shape (n,); False if they did not fit and were counted."""
        cdef ecm.ecm_status_t status
        cdef const int16_t *first = &x[0] if x.shape[0] else NULL
        self._check_mem(mem.shape[0])
        status = c.ecm_ring_push_s16(
            &self._st, &self._cfg, &mem[0], first, <uint32_t>x.shape[0]
        )
        if status != ecm.ECM_ERR_FULL:
            check(status)
        return status == ecm.ECM_OK

    def window_f32(self, const float[::1] mem) -> int:
        """Place in `mem` of the oldest window, ``window_len`` samples; -1: too few."""
        cdef const float *x = NULL
        self._check_mem(mem.shape[0])
        if c.ecm_ring_window_f32(&self._st, &self._cfg, &mem[0], &x) != ecm.ECM_OK:
            return -1
        return x - &mem[0]

    def window_s16(self, const int16_t[::1] mem) -> int:
        """Place in `mem` of the oldest window, ``window_len`` samples; -1: too few."""
        cdef const int16_t *x = NULL
        self._check_mem(mem.shape[0])
        if c.ecm_ring_window_s16(&self._st, &self._cfg, &mem[0], &x) != ecm.ECM_OK:
            return -1
        return x - &mem[0]

    def copy_f32(self, const float[::1] mem, float[::1] x) -> bool:
        """Copy the oldest samples to `x`; False if fewer are queued."""
        cdef float *first = &x[0] if x.shape[0] else NULL
        self._check_mem(mem.shape[0])
        return c.ecm_ring_copy_f32(
            &self._st, &self._cfg, &mem[0], first, <uint32_t>x.shape[0]
        ) == ecm.ECM_OK

    def copy_s16(self, const int16_t[::1] mem, int16_t[::1] x) -> bool:
        """Copy the oldest samples to `x`; False if fewer are queued."""
        cdef int16_t *first = &x[0] if x.shape[0] else NULL
        self._check_mem(mem.shape[0])
        return c.ecm_ring_copy_s16(
            &self._st, &self._cfg, &mem[0], first, <uint32_t>x.shape[0]
        ) == ecm.ECM_OK

    def release(self, uint32_t x_len) -> None:
        """Give the places of the oldest samples back; may exceed what is queued."""
        check(c.ecm_ring_release(&self._st, &self._cfg, x_len))

    def resume(self) -> None:
        """After an overrun: drop what is queued and let push go on."""
        check(c.ecm_ring_resume(&self._st))

    @property
    def queued(self) -> int:
        """Samples that are queued."""
        return c.ecm_ring_queued(&self._st)

    @property
    def has_gap(self) -> bool:
        """Whether the ring ran over since the last resume."""
        return c.ecm_ring_has_gap(&self._st)

    @property
    def lost(self) -> int:
        """Samples lost so far."""
        return self._st.lost

    @property
    def overruns(self) -> int:
        """Times that the ring ran over."""
        return self._st.overruns
