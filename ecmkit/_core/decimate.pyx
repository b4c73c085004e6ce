# cython: auto_pickle=False
"""To a lower sampling rate: ``ecm_decimate.h``."""

cimport cython
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.stdint cimport int16_t, uint32_t

from ecmkit._core cimport ecm, ecm_condition as c
from ecmkit._core.base cimport check

TAPS_MAX = <int>c.ECM_DECIMATE_TAPS_MAX


def line_len(uint32_t taps_len) -> int:
    """Values of the line that a decimator needs: ``ECM_DECIMATE_LINE_LEN``."""
    return c.ECM_DECIMATE_LINE_LEN(taps_len)


def out_len(uint32_t x_len, uint32_t factor) -> int:
    """Most samples that a chunk can give: ``ECM_DECIMATE_OUT_LEN``."""
    return c.ECM_DECIMATE_OUT_LEN(x_len, factor)


@cython.final
cdef class DecimatorF32:
    """Settings, state and line of a decimator in single precision, at rest.

    Parameters
    ----------
    taps : ndarray of float32, shape (n_taps,)
        Coefficients, that of the oldest sample first.
    factor : int
        1 or more.

    Raises
    ------
    ValueError
        If the device library refuses.
    """

    cdef c.ecm_decimate_t _st
    cdef c.ecm_decimate_cfg_f32_t _cfg
    cdef float *_line
    cdef object _keep

    def __cinit__(self, const float[::1] taps, uint32_t factor):
        if taps.shape[0] == 0 or factor == 0:
            raise ValueError(
                f"found {taps.shape[0]} taps and factor {factor}, expected 1 or more"
            )
        self._keep = taps
        self._cfg.taps = &taps[0]
        self._cfg.taps_len = <uint32_t>taps.shape[0]
        self._cfg.factor = factor
        self._line = <float *>PyMem_Calloc(
            c.ECM_DECIMATE_LINE_LEN(self._cfg.taps_len), sizeof(float)
        )
        if self._line == NULL:
            raise MemoryError
        self.start(0)

    def __dealloc__(self):
        PyMem_Free(self._line)

    def start(self, float x) -> None:
        """Start as if the signal had been `x` for ever."""
        check(c.ecm_decimate_init_f32(&self._st, &self._cfg, self._line, x))

    def run(self, const float[::1] x, float[::1] out) -> int:
        """Decimate a chunk, shape (n,); return how many samples `out` holds.

        Raises
        ------
        ValueError
            If `out` is shorter than ``out_len(n, factor)``.
        """
        cdef ecm.ecm_status_t status
        cdef uint32_t found = 0
        most = c.ECM_DECIMATE_OUT_LEN(<uint32_t>x.shape[0], self._cfg.factor)
        if out.shape[0] < most:
            raise ValueError(f"out has length {out.shape[0]}, expected {most} or more")
        if x.shape[0] == 0:
            return 0
        with nogil:
            status = c.ecm_decimate_f32(
                &self._st, &self._cfg, self._line, &x[0], <uint32_t>x.shape[0],
                &out[0], &found
            )
        check(status)
        return found


@cython.final
cdef class DecimatorQ15:
    """Settings, state and line of a decimator in Q15, at rest.

    Parameters
    ----------
    taps : ndarray of int16, shape (n_taps,)
        Coefficients over 2^bits, that of the oldest sample first.
    factor : int
        1 or more.
    bits : int
        Fractional bits of the taps, 8 ... 15.

    Raises
    ------
    ValueError
        If the device library refuses.
    """

    cdef c.ecm_decimate_t _st
    cdef c.ecm_decimate_cfg_q15_t _cfg
    cdef int16_t *_line
    cdef object _keep

    def __cinit__(self, const int16_t[::1] taps, uint32_t factor, uint32_t bits):
        if taps.shape[0] == 0 or factor == 0:
            raise ValueError(
                f"found {taps.shape[0]} taps and factor {factor}, expected 1 or more"
            )
        self._keep = taps
        self._cfg.taps = &taps[0]
        self._cfg.taps_len = <uint32_t>taps.shape[0]
        self._cfg.factor = factor
        self._cfg.bits = bits
        self._line = <int16_t *>PyMem_Calloc(
            c.ECM_DECIMATE_LINE_LEN(self._cfg.taps_len), sizeof(int16_t)
        )
        if self._line == NULL:
            raise MemoryError
        self.start(0)

    def __dealloc__(self):
        PyMem_Free(self._line)

    def start(self, int16_t x) -> None:
        """Start as if the signal had been `x` for ever."""
        check(c.ecm_decimate_init_q15(&self._st, &self._cfg, self._line, x))

    def run(self, const int16_t[::1] x, int16_t[::1] out) -> int:
        """Decimate a chunk, shape (n,); return how many samples `out` holds.

        Raises
        ------
        ValueError
            If `out` is shorter than ``out_len(n, factor)``.
        """
        cdef ecm.ecm_status_t status
        cdef uint32_t found = 0
        most = c.ECM_DECIMATE_OUT_LEN(<uint32_t>x.shape[0], self._cfg.factor)
        if out.shape[0] < most:
            raise ValueError(f"out has length {out.shape[0]}, expected {most} or more")
        if x.shape[0] == 0:
            return 0
        with nogil:
            status = c.ecm_decimate_q15(
                &self._st, &self._cfg, self._line, &x[0], <uint32_t>x.shape[0],
                &out[0], &found
            )
        check(status)
        return found
