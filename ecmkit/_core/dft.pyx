# cython: auto_pickle=False
"""A handful of frequencies: ``ecm_dft.h``."""

cimport cython
from libc.stdint cimport uint32_t

from ecmkit._core cimport ecm
from ecmkit._core.base cimport check, same_length


def wave_len(uint32_t n) -> int:
    """Return the floats of the wave of a window of n samples."""
    return ecm.ECM_DFT_WAVE_LEN(n)


@cython.final
cdef class Goertzel:
    """State and settings of one frequency over a block."""

    cdef ecm.ecm_dft_goertzel_t _st
    cdef ecm.ecm_dft_goertzel_cfg_t _cfg

    def __cinit__(self, float step, float cosine, float sine, float sign):
        self._cfg.step = step
        self._cfg.cosine = cosine
        self._cfg.sine = sine
        self._cfg.sign = sign
        check(ecm.ecm_dft_goertzel_init(&self._st))

    def init(self) -> None:
        """Start a block."""
        check(ecm.ecm_dft_goertzel_init(&self._st))

    def update_f32(self, const float[::1] x) -> None:
        """Take samples of the block."""
        cdef ecm.ecm_status_t status
        cdef const float *data = &x[0] if x.shape[0] else NULL
        cdef uint32_t n = <uint32_t>x.shape[0]
        with nogil:
            status = ecm.ecm_dft_goertzel_update_f32(&self._st, &self._cfg, data, n)
        check(status)

    def value_f32(self) -> complex:
        """Return the transform, its phase counted from the last sample."""
        cdef float[2] out
        check(ecm.ecm_dft_goertzel_value_f32(&self._st, &self._cfg, out))
        return complex(out[0], out[1])


@cython.final
cdef class Sliding:
    """State and settings of one bin over a sliding window."""

    cdef ecm.ecm_dft_sliding_t _st
    cdef ecm.ecm_dft_sliding_cfg_t _cfg
    cdef const float[::1] _wave

    def __cinit__(self, const float[::1] wave, uint32_t length, uint32_t bin):
        same_length("wave", wave.shape[0], ecm.ECM_DFT_WAVE_LEN(length))
        self._wave = wave
        self._cfg.wave = &wave[0] if wave.shape[0] else NULL
        self._cfg.len = length
        self._cfg.bin = bin
        check(ecm.ecm_dft_sliding_init(&self._st))

    def update_many_f32(
        self, const float[::1] x, const float[::1] oldest, float[:, ::1] out
    ) -> None:
        """Slide by each sample of x; a row of out is (re, im) after it."""
        cdef ecm.ecm_status_t status = ecm.ECM_OK
        cdef Py_ssize_t i
        same_length("oldest", oldest.shape[0], x.shape[0])
        same_length("out", out.shape[0], x.shape[0])
        same_length("a row of out", out.shape[1], 2)
        with nogil:
            for i in range(x.shape[0]):
                status = ecm.ecm_dft_sliding_update_f32(
                    &self._st, &self._cfg, x[i], oldest[i]
                )
                if status < 0:
                    break
                out[i, 0] = self._st.re
                out[i, 1] = self._st.im
        check(status)
