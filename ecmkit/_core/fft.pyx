# cython: auto_pickle=False
"""Discrete Fourier transforms: ``ecm_fft.h`` and ``ecm_fft_plan.h``."""

cimport cython
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.stdint cimport uint32_t

import numpy as np

from ecmkit._core cimport ecm
from ecmkit._core.base cimport check, same_length


def is_length(uint32_t n) -> bool:
    """Tell whether complex data of n elements, or 2 n reals, can be transformed."""
    return ecm.ecm_fft_is_length(n)


@cython.final
cdef class Plan:
    """How to transform data of one length; owns its twiddle factors.

    Parameters
    ----------
    n : int
        Complex elements; a real transform has 2 n samples.
    real : bool
        Whether it is for real data too.

    Raises
    ------
    ValueError
        If the length is not supported.
    """

    def __cinit__(self, uint32_t n, bint real):
        self._memory_len = ecm.ecm_fft_plan_len(n, real)
        self._memory = <float *>PyMem_Calloc(self._memory_len + 1, sizeof(float))
        if self._memory == NULL:
            raise MemoryError
        check(ecm.ecm_fft_plan_init(&self.c, n, real, self._memory, self._memory_len))

    def __dealloc__(self):
        PyMem_Free(self._memory)

    @property
    def n(self) -> int:
        """Complex elements."""
        return self.c.len

    def passes(self) -> list[tuple[int, int, int, int]]:
        """List the passes after the first: (radix, span, step, first float)."""
        rows = []
        for i in range(self.c.passes_len):
            span, step = self.c.passes[i].span, self.c.passes[i].step
            first = self.c.passes[i].twiddle - self._memory
            rows.append((self.c.len // (span * step), span, step, first))
        return rows

    def twiddles(self):
        """Copy the factors: those of each pass, then of the recombination if real."""
        out = np.empty(self._memory_len, np.float32)
        cdef float[::1] view = out
        cdef uint32_t i
        for i in range(self._memory_len):
            view[i] = self._memory[i]
        return out

    def c2c_f32(self, const float[::1] x, float[::1] out, bint inverse) -> None:
        """Transform n complex numbers, interleaved, unscaled."""
        cdef ecm.ecm_status_t status
        same_length("x", x.shape[0], 2 * self.c.len)
        same_length("out", out.shape[0], 2 * self.c.len)
        with nogil:
            status = ecm.ecm_fft_c2c_f32(&self.c, &x[0], &out[0], inverse)
        check(status)

    def r2c_f32(self, const float[::1] x, float[::1] out) -> None:
        """Transform 2 n reals; packed: X[0], X[n], then the bins between."""
        cdef ecm.ecm_status_t status
        same_length("x", x.shape[0], 2 * self.c.len)
        same_length("out", out.shape[0], 2 * self.c.len)
        with nogil:
            status = ecm.ecm_fft_r2c_f32(&self.c, &x[0], &out[0])
        check(status)

    def r2c_taper_f32(
        self, const float[::1] x, float mean, const float[::1] taper, float[::1] out
    ) -> None:
        """Transform (x - mean) * taper; packed as by `r2c_f32`."""
        cdef ecm.ecm_status_t status
        same_length("x", x.shape[0], 2 * self.c.len)
        same_length("taper", taper.shape[0], 2 * self.c.len)
        same_length("out", out.shape[0], 2 * self.c.len)
        with nogil:
            status = ecm.ecm_fft_r2c_taper_f32(&self.c, &x[0], mean, &taper[0], &out[0])
        check(status)

    def power_f32(
        self,
        const float[::1] x,
        float mean,
        const float[::1] taper,
        float[::1] work,
        float[::1] power,
    ) -> None:
        """Write |X|^2 of bins 0 ... n; without a taper where that is None."""
        cdef ecm.ecm_status_t status
        cdef const float *weights = NULL
        same_length("x", x.shape[0], 2 * self.c.len)
        same_length("work", work.shape[0], 2 * self.c.len)
        same_length("power", power.shape[0], self.c.len + 1)
        if taper is not None:
            same_length("taper", taper.shape[0], 2 * self.c.len)
            weights = &taper[0]
        with nogil:
            status = ecm.ecm_fft_power_f32(
                &self.c, &x[0], mean, weights, &work[0], &power[0]
            )
        check(status)

    def c2r_f32(self, float[::1] spectrum, float[::1] out) -> None:
        """Write 2 n times the samples of a packed spectrum, which is destroyed."""
        cdef ecm.ecm_status_t status
        same_length("spectrum", spectrum.shape[0], 2 * self.c.len)
        same_length("out", out.shape[0], 2 * self.c.len)
        with nogil:
            status = ecm.ecm_fft_c2r_f32(&self.c, &spectrum[0], &out[0])
        check(status)
