# cython: auto_pickle=False
"""Mel filter banks: ``ecm_mel.h``. Spectra are rows, as in `spectrum`."""

cimport cython
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.stdint cimport uint16_t, uint32_t
from libc.string cimport memcpy

from ecmkit._core cimport ecm, ecm_spectral as c
from ecmkit._core.base cimport check, same_length
from ecmkit._core.fft cimport Plan as FftPlan


@cython.final
cdef class Bank:
    """A filter bank; keeps copies of its tables.

    Parameters
    ----------
    bins_len : int
        Bins of a spectrum.
    first : int
        First bin of the first interval.
    counts : ndarray of uint16, shape (n_mels + 1,)
        Bins of each interval.
    weights : ndarray of float32, shape (sum of counts,)
        How far each bin is up its interval.
    norms : ndarray of float32, shape (n_mels,)
        Factor of each filter.

    Raises
    ------
    ValueError
        If lengths disagree or the intervals do not fit into the spectrum.
    """

    def __cinit__(
        self, uint32_t bins_len, uint32_t first, const uint16_t[::1] counts,
        const float[::1] weights, const float[::1] norms,
    ):
        cdef Py_ssize_t n = norms.shape[0], m = weights.shape[0], total = 0, j
        cdef float *floats
        cdef uint16_t *words
        same_length("counts", counts.shape[0], n + 1)
        for j in range(n + 1):
            total += counts[j]
        same_length("weights", m, total)
        if n == 0 or first + total > bins_len:
            raise ValueError(
                f"{n} filters over bins {first} ... {first + total - 1}, expected 1 or "
                f"more within {bins_len} bins"
            )
        self._memory = PyMem_Calloc(
            1, (n + m + 1) * sizeof(float) + (n + 1) * sizeof(uint16_t)
        )
        if self._memory == NULL:
            raise MemoryError
        floats = <float *>self._memory
        words = <uint16_t *>(floats + n + m + 1)
        memcpy(floats, &norms[0], n * sizeof(float))
        if m:
            memcpy(floats + n, &weights[0], m * sizeof(float))
        memcpy(words, &counts[0], (n + 1) * sizeof(uint16_t))
        self.c.mels_len = <uint32_t>n
        self.c.bins_len = bins_len
        self.c.first = first
        self.c.counts = words
        self.c.weights = floats + n
        self.c.norms = floats

    def __dealloc__(self):
        PyMem_Free(self._memory)

    def energies_f32(self, const float[:, ::1] power, float[:, ::1] out) -> None:
        """Write the power in each filter.

        Parameters
        ----------
        power : ndarray of float32, shape (n_windows, bins_len)
            One-sided power.
        out : ndarray of float32, shape (n_windows, n_mels)
            Written.

        Raises
        ------
        ValueError
            If shapes disagree.
        """
        cdef ecm.ecm_status_t status = ecm.ECM_OK
        cdef Py_ssize_t i
        same_length("a row of power", power.shape[1], self.c.bins_len)
        same_length("out", out.shape[0], power.shape[0])
        same_length("a row of out", out.shape[1], self.c.mels_len)
        with nogil:
            for i in range(power.shape[0]):
                status = c.ecm_mel_energies_f32(
                    &self.c, &power[i, 0], self.c.bins_len, &out[i, 0]
                )
        check(status)


def level_f32(
    const float[:, ::1] x, float scale, float floor, float[:, ::1] out
) -> None:
    """Write powers as levels [dB]: 10 log10(max(scale x, floor)); out may be x."""
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t n = x.shape[0] * x.shape[1]
    same_length("out", out.shape[0], x.shape[0])
    same_length("a row of out", out.shape[1], x.shape[1])
    with nogil:
        status = c.ecm_mel_level_f32(
            &x[0, 0] if n else NULL, <uint32_t>n, scale, floor,
            &out[0, 0] if n else NULL,
        )
    check(status)


def mfcc_f32(
    FftPlan plan not None,
    const float[::1] twiddle,
    const float[:, ::1] level,
    float[::1] work,
    float[:, ::1] out,
) -> None:
    """Write the first coefficients of the cosine transform of levels.

    Parameters
    ----------
    plan : fft.Plan
        Real, for as many levels as there are filters.
    twiddle : ndarray of float32, shape (n_mels,)
        Factors, as for `dct.dct_f32`.
    level : ndarray of float32, shape (n_windows, n_mels)
        Levels.
    work : ndarray of float32, shape (2 * n_mels,)
        Scratch.
    out : ndarray of float32, shape (n_windows, 1 ... n_mels)
        Written.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm.ecm_status_t status = ecm.ECM_OK
    cdef ecm.ecm_dct_plan_t dct
    cdef Py_ssize_t i, n = 2 * plan.c.len, m = out.shape[1]
    same_length("twiddle", twiddle.shape[0], ecm.ECM_DCT_TWIDDLE_LEN(<uint32_t>n))
    same_length("a row of level", level.shape[1], n)
    same_length("work", work.shape[0], 2 * n)
    same_length("out", out.shape[0], level.shape[0])
    dct.fft = &plan.c
    dct.twiddle = &twiddle[0]
    with nogil:
        for i in range(level.shape[0]):
            status = c.ecm_mel_mfcc_f32(
                &dct, &level[i, 0], &work[0], <uint32_t>m, &out[i, 0] if m else NULL
            )
            if status < 0:
                break
    check(status)
