# cython: auto_pickle=False
"""Cascades of biquads: ``ecm_filter.h``."""

cimport cython
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.stdint cimport int16_t, int32_t, uint16_t, uint32_t

from ecmkit._core cimport ecm, ecm_condition as c
from ecmkit._core.base cimport check, same_length


@cython.final
cdef class BiquadF32:
    """Sections and state of a filter in single precision, at rest.

    Parameters
    ----------
    sections : ndarray of float32, shape (n_sections, 5)
        b0, b1, b2, a1, a2 of each; copied.

    Raises
    ------
    ValueError
        If the shape is wrong or the device library refuses.
    """

    cdef c.ecm_filter_biquad_f32_t *_sections
    cdef c.ecm_filter_biquad_state_f32_t *_st
    cdef uint32_t _n

    def __cinit__(self, const float[:, ::1] sections):
        cdef Py_ssize_t i
        same_length("a row of sections", sections.shape[1], 5)
        self._n = <uint32_t>sections.shape[0]
        self._sections = <c.ecm_filter_biquad_f32_t *>PyMem_Calloc(
            self._n + 1, sizeof(c.ecm_filter_biquad_f32_t)
        )
        self._st = <c.ecm_filter_biquad_state_f32_t *>PyMem_Calloc(
            self._n + 1, sizeof(c.ecm_filter_biquad_state_f32_t)
        )
        if self._sections == NULL or self._st == NULL:
            raise MemoryError
        for i in range(self._n):
            self._sections[i].b0 = sections[i, 0]
            self._sections[i].b1 = sections[i, 1]
            self._sections[i].b2 = sections[i, 2]
            self._sections[i].a1 = sections[i, 3]
            self._sections[i].a2 = sections[i, 4]
        self.start(0.0)

    def __dealloc__(self):
        PyMem_Free(self._sections)
        PyMem_Free(self._st)

    def start(self, float x) -> None:
        """Start as if the signal had been `x` for ever."""
        check(c.ecm_filter_init_f32(self._st, self._sections, self._n, x))

    def run(self, const float[::1] x, float[::1] out) -> None:
        """Filter a chunk, shape (n,), into `out`, which may be `x`."""
        cdef ecm.ecm_status_t status
        same_length("out", out.shape[0], x.shape[0])
        if x.shape[0] == 0:
            return
        with nogil:
            status = c.ecm_filter_biquad_f32(
                self._st, self._sections, self._n, &x[0], <uint32_t>x.shape[0], &out[0]
            )
        check(status)

    @property
    def state(self) -> list[tuple[float, float]]:
        """State (s1, s2) of each section."""
        return [(self._st[i].s1, self._st[i].s2) for i in range(self._n)]


@cython.final
cdef class BiquadQ31:
    """Sections and state of a filter in Q31, at rest.

    Parameters
    ----------
    sections : ndarray of int32, shape (n_sections, 5)
        b0, b1, b2, a1, a2 of each over 2^bits; copied.
    bits : ndarray of uint32, shape (n_sections,)
        Fractional bits of each section.

    Raises
    ------
    ValueError
        If a shape is wrong or the device library refuses: a sum could overflow.
    """

    cdef c.ecm_filter_biquad_q31_t *_sections
    cdef c.ecm_filter_biquad_state_q31_t *_st
    cdef uint32_t _n

    def __cinit__(self, const int32_t[:, ::1] sections, const uint32_t[::1] bits):
        cdef Py_ssize_t i
        same_length("a row of sections", sections.shape[1], 5)
        same_length("bits", bits.shape[0], sections.shape[0])
        self._n = <uint32_t>sections.shape[0]
        self._sections = <c.ecm_filter_biquad_q31_t *>PyMem_Calloc(
            self._n + 1, sizeof(c.ecm_filter_biquad_q31_t)
        )
        self._st = <c.ecm_filter_biquad_state_q31_t *>PyMem_Calloc(
            self._n + 1, sizeof(c.ecm_filter_biquad_state_q31_t)
        )
        if self._sections == NULL or self._st == NULL:
            raise MemoryError
        for i in range(self._n):
            self._sections[i].b0 = sections[i, 0]
            self._sections[i].b1 = sections[i, 1]
            self._sections[i].b2 = sections[i, 2]
            self._sections[i].a1 = sections[i, 3]
            self._sections[i].a2 = sections[i, 4]
            self._sections[i].bits = bits[i]
        self.start()

    def __dealloc__(self):
        PyMem_Free(self._sections)
        PyMem_Free(self._st)

    def start(self) -> None:
        """Start at rest."""
        check(c.ecm_filter_init_q31(self._st, self._sections, self._n))

    def run(self, const int32_t[::1] x, int32_t[::1] out) -> None:
        """Filter a chunk, shape (n,), into `out`, which may be `x`."""
        cdef ecm.ecm_status_t status
        same_length("out", out.shape[0], x.shape[0])
        if x.shape[0] == 0:
            return
        with nogil:
            status = c.ecm_filter_biquad_q31(
                self._st, self._sections, self._n, &x[0], <uint32_t>x.shape[0], &out[0]
            )
        check(status)


@cython.final
cdef class BiquadQ15:
    """Sections and state of a filter in Q15, at rest.

    Parameters
    ----------
    sections : ndarray of int16, shape (n_sections, 5)
        b0, b1, b2, a1, a2 of each over 2^bits; copied.
    bits : ndarray of uint16, shape (n_sections,)
        Fractional bits of each section.

    Raises
    ------
    ValueError
        If a shape is wrong or the device library refuses: a sum could overflow.
    """

    cdef c.ecm_filter_biquad_q15_t *_sections
    cdef c.ecm_filter_biquad_state_q15_t *_st
    cdef uint32_t _n

    def __cinit__(self, const int16_t[:, ::1] sections, const uint16_t[::1] bits):
        cdef Py_ssize_t i
        same_length("a row of sections", sections.shape[1], 5)
        same_length("bits", bits.shape[0], sections.shape[0])
        self._n = <uint32_t>sections.shape[0]
        self._sections = <c.ecm_filter_biquad_q15_t *>PyMem_Calloc(
            self._n + 1, sizeof(c.ecm_filter_biquad_q15_t)
        )
        self._st = <c.ecm_filter_biquad_state_q15_t *>PyMem_Calloc(
            self._n + 1, sizeof(c.ecm_filter_biquad_state_q15_t)
        )
        if self._sections == NULL or self._st == NULL:
            raise MemoryError
        for i in range(self._n):
            self._sections[i].b0 = sections[i, 0]
            self._sections[i].b1 = sections[i, 1]
            self._sections[i].b2 = sections[i, 2]
            self._sections[i].a1 = sections[i, 3]
            self._sections[i].a2 = sections[i, 4]
            self._sections[i].bits = bits[i]
        self.start()

    def __dealloc__(self):
        PyMem_Free(self._sections)
        PyMem_Free(self._st)

    def start(self) -> None:
        """Start at rest."""
        check(c.ecm_filter_init_q15(self._st, self._sections, self._n))

    def run(self, const int16_t[::1] x, int16_t[::1] out) -> None:
        """Filter a chunk, shape (n,), into `out`, which may be `x`."""
        cdef ecm.ecm_status_t status
        same_length("out", out.shape[0], x.shape[0])
        if x.shape[0] == 0:
            return
        with nogil:
            status = c.ecm_filter_biquad_q15(
                self._st, self._sections, self._n, &x[0], <uint32_t>x.shape[0], &out[0]
            )
        check(status)
