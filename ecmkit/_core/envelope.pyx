# cython: auto_pickle=False
"""Envelopes of a band and the lines of their spectrum: ``ecm_envelope.h``."""

cimport cython
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.stdint cimport uint32_t
from libc.string cimport memset

from ecmkit._core cimport ecm, ecm_condition, ecm_machine as c
from ecmkit._core.base cimport check, same_length
from ecmkit._core.fft cimport Plan

TURNS_MIN = <int>c.ECM_ENVELOPE_TURNS_MIN


@cython.final
cdef class AnalyticF32:
    """Settings and state of an analytic detector, at its start.

    Parameters
    ----------
    window_len, bin, bins_len : int
        Samples of a window, the first bin of the band and their number.
    inverse : Plan
        Of at least as many complex elements.
    white : bool
        Whether each bin is divided by its magnitude.

    Raises
    ------
    ValueError
        If the device library refuses, at the first window.
    """

    cdef c.ecm_envelope_band_t _cfg
    cdef bint _white
    cdef float *_overlap
    cdef float *_work
    cdef object _keep

    def __cinit__(
        self, uint32_t window_len, uint32_t bin, uint32_t bins_len,
        Plan inverse not None, bint white
    ):
        self._keep = inverse
        self._cfg.window_len = window_len
        self._cfg.bin = bin
        self._cfg.bins_len = bins_len
        self._cfg.inverse = &inverse.c
        self._white = white
        m = inverse.c.len
        self._overlap = <float *>PyMem_Calloc(
            c.ECM_ENVELOPE_OVERLAP_LEN(m), sizeof(float)
        )
        self._work = <float *>PyMem_Calloc(
            c.ECM_ENVELOPE_ANALYTIC_LEN(m), sizeof(float)
        )
        if self._overlap == NULL or self._work == NULL:
            raise MemoryError

    def __dealloc__(self):
        PyMem_Free(self._overlap)
        PyMem_Free(self._work)

    def start(self) -> None:
        """Start over, as after a gap."""
        n = c.ECM_ENVELOPE_OVERLAP_LEN(self._cfg.inverse.len)
        memset(self._overlap, 0, n * sizeof(float))

    def run(self, const float[::1] bins, float[::1] z) -> bool:
        """Take the packed bins of a window; False for the first.

        Then `z`, 2 m floats, holds m / 2 complex samples.
        """
        cdef ecm.ecm_status_t status
        same_length("bins", bins.shape[0], self._cfg.window_len)
        same_length(
            "z", z.shape[0], c.ECM_ENVELOPE_ANALYTIC_LEN(self._cfg.inverse.len)
        )
        with nogil:
            if self._white:
                status = c.ecm_envelope_white_f32(
                    self._overlap, &self._cfg, &bins[0], self._work, &z[0]
                )
            else:
                status = c.ecm_envelope_analytic_f32(
                    self._overlap, &self._cfg, &bins[0], self._work, &z[0]
                )
        check(status)
        return status == ecm.ECM_OK


def magnitude_f32(const float[::1] z, float[::1] out) -> None:
    """Write the magnitudes of complex numbers, interleaved; `out` may be `z`."""
    _check_form(z, out)
    if z.shape[0]:
        check(c.ecm_envelope_magnitude_f32(&z[0], <uint32_t>z.shape[0] // 2, &out[0]))


def squared_f32(const float[::1] z, float[::1] out) -> None:
    """Write the squared magnitudes of complex numbers, interleaved."""
    _check_form(z, out)
    if z.shape[0]:
        check(c.ecm_envelope_squared_f32(&z[0], <uint32_t>z.shape[0] // 2, &out[0]))


def log_f32(const float[::1] z, float[::1] out) -> None:
    """Write the logarithms of squared magnitudes of complex numbers, interleaved."""
    _check_form(z, out)
    if z.shape[0]:
        check(c.ecm_envelope_log_f32(&z[0], <uint32_t>z.shape[0] // 2, &out[0]))


cdef int _check_form(const float[::1] z, float[::1] out) except -1:
    if z.shape[0] % 2 or out.shape[0] < z.shape[0] // 2:
        raise ValueError(
            f"found {z.shape[0]} floats for {out.shape[0]} values, expected two each"
        )
    return 0


@cython.final
cdef class RectifierF32:
    """Settings and state of a rectified detector, at rest.

    Parameters
    ----------
    sections : ndarray of float32, shape (n_sections, 5)
        b0, b1, b2, a1, a2 of the band-pass; copied.
    taps : ndarray of float32, shape (n_taps,)
        Of the low-pass, that of the oldest sample first.
    factor : int
        Of the decimation, 1 or more.

    Raises
    ------
    ValueError
        If a shape is wrong or the device library refuses.
    """

    cdef c.ecm_envelope_rectifier_t _cfg
    cdef ecm_condition.ecm_filter_biquad_f32_t *_sections
    cdef ecm_condition.ecm_filter_biquad_state_f32_t *_filter
    cdef ecm_condition.ecm_decimate_t _decimate
    cdef float *_line
    cdef object _keep

    def __cinit__(
        self, const float[:, ::1] sections, const float[::1] taps, uint32_t factor
    ):
        cdef Py_ssize_t i
        cdef uint32_t n = <uint32_t>sections.shape[0]
        same_length("a row of sections", sections.shape[1], 5)
        if taps.shape[0] == 0:
            raise ValueError("found 0 taps, expected 1 or more")
        self._keep = taps
        self._sections = <ecm_condition.ecm_filter_biquad_f32_t *>PyMem_Calloc(
            n + 1, sizeof(ecm_condition.ecm_filter_biquad_f32_t)
        )
        self._filter = <ecm_condition.ecm_filter_biquad_state_f32_t *>PyMem_Calloc(
            n + 1, sizeof(ecm_condition.ecm_filter_biquad_state_f32_t)
        )
        self._cfg.low.taps = &taps[0]
        self._cfg.low.taps_len = <uint32_t>taps.shape[0]
        self._cfg.low.factor = factor
        self._line = <float *>PyMem_Calloc(
            ecm_condition.ECM_DECIMATE_LINE_LEN(self._cfg.low.taps_len), sizeof(float)
        )
        if self._sections == NULL or self._filter == NULL or self._line == NULL:
            raise MemoryError
        for i in range(n):
            self._sections[i].b0 = sections[i, 0]
            self._sections[i].b1 = sections[i, 1]
            self._sections[i].b2 = sections[i, 2]
            self._sections[i].a1 = sections[i, 3]
            self._sections[i].a2 = sections[i, 4]
        self._cfg.sections = self._sections
        self._cfg.sections_len = n
        self.start()

    def __dealloc__(self):
        PyMem_Free(self._sections)
        PyMem_Free(self._filter)
        PyMem_Free(self._line)

    def start(self) -> None:
        """Start at rest."""
        check(ecm_condition.ecm_filter_init_f32(
            self._filter, self._sections, self._cfg.sections_len, 0.0
        ))
        check(ecm_condition.ecm_decimate_init_f32(
            &self._decimate, &self._cfg.low, self._line, 0.0
        ))

    def run(self, const float[::1] x, float[::1] out) -> int:
        """Detect a chunk, shape (n,), into `out`, shape (n,); return how many."""
        cdef ecm.ecm_status_t status
        cdef uint32_t found = 0
        same_length("out", out.shape[0], x.shape[0])
        if x.shape[0] == 0:
            return 0
        with nogil:
            status = c.ecm_envelope_rectified_f32(
                self._filter, &self._decimate, self._line, &self._cfg, &x[0],
                <uint32_t>x.shape[0], &out[0], &found
            )
        check(status)
        return found


@cython.final
cdef class HistoryF32:
    """The last samples of an envelope and their spectrum, at the start.

    Parameters
    ----------
    fft : Plan
        Real, of half as many elements as samples are kept.
    taps : ndarray of float32, shape (n_taps,), or None
        Of the decimator before them, that of the oldest sample first; None: no
        decimator.
    factor : int
        Of the decimator, 1 or more.
    """

    cdef c.ecm_envelope_history_t _cfg
    cdef float *_st
    cdef float *_work
    cdef object _keep

    def __cinit__(self, Plan fft not None, const float[::1] taps, uint32_t factor):
        self._keep = fft, taps
        self._cfg.len = 2 * fft.c.len
        self._cfg.fft = &fft.c
        self._cfg.low.factor = factor
        if taps is not None and taps.shape[0]:
            self._cfg.low.taps = &taps[0]
            self._cfg.low.taps_len = <uint32_t>taps.shape[0]
        n = c.ECM_ENVELOPE_HISTORY_LEN(self._cfg.len, self._cfg.low.taps_len)
        self._st = <float *>PyMem_Calloc(n, sizeof(float))
        self._work = <float *>PyMem_Calloc(self._cfg.len, sizeof(float))
        if self._st == NULL or self._work == NULL:
            raise MemoryError

    def __dealloc__(self):
        PyMem_Free(self._st)
        PyMem_Free(self._work)

    def start(self) -> None:
        """Start over, as after a gap."""
        n = c.ECM_ENVELOPE_HISTORY_LEN(self._cfg.len, self._cfg.low.taps_len)
        memset(self._st, 0, n * sizeof(float))

    def push(self, float[::1] x) -> bool:
        """Take samples, which become scratch; True once there are enough."""
        cdef ecm.ecm_status_t status
        cdef float *data = &x[0] if x.shape[0] else NULL
        with nogil:
            status = c.ecm_envelope_push_f32(
                self._st, &self._cfg, data, <uint32_t>x.shape[0]
            )
        check(status)
        return status == ecm.ECM_OK

    def spectrum(self, uint32_t bins_len, float[::1] amplitude) -> bool:
        """Write amplitudes of bins_len bins, then scratch, to len floats.

        False, with nothing written, while there are too few samples.
        """
        cdef ecm.ecm_status_t status
        same_length("amplitude", amplitude.shape[0], self._cfg.len)
        with nogil:
            status = c.ecm_envelope_spectrum_f32(
                self._st, &self._cfg, bins_len, self._work, &amplitude[0]
            )
        check(status)
        return status == ecm.ECM_OK


def has_turns(float bin_hz, float speed_hz) -> bool:
    """Tell whether a spectrum spans enough turns: ``ecm_envelope_check_f32``.

    Raises
    ------
    ValueError
        If a number is not positive and finite.
    """
    cdef ecm.ecm_status_t status = c.ecm_envelope_check_f32(bin_hz, speed_hz)
    if status == ecm.ECM_ERR_LENGTH:
        return False
    check(status)
    return True


cdef c.ecm_envelope_bins_t _bins(const float[::1] amplitude, float bin_hz) except *:
    cdef c.ecm_envelope_bins_t s
    if amplitude.shape[0] == 0 or not bin_hz > 0:
        raise ValueError(
            f"found {amplitude.shape[0]} bins of {bin_hz} Hz, expected some above 0"
        )
    s.amplitude = &amplitude[0]
    s.bins_len = <uint32_t>amplitude.shape[0]
    s.bin_hz = bin_hz
    return s


def background_f32(
    const float[::1] amplitude, float bin_hz, float lo_hz, float hi_hz
) -> float:
    """Mean amplitude within lo_hz ... hi_hz, bin 0 left out."""
    cdef c.ecm_envelope_bins_t s = _bins(amplitude, bin_hz)
    return c.ecm_envelope_background_f32(&s, lo_hz, hi_hz)


def line_f32(
    const float[::1] amplitude, float bin_hz, float f_hz, float halfwidth
) -> float:
    """Largest amplitude within f_hz (1 +- halfwidth)."""
    cdef c.ecm_envelope_bins_t s = _bins(amplitude, bin_hz)
    return c.ecm_envelope_line_f32(&s, f_hz, halfwidth)


def harmonics_f32(
    const float[::1] amplitude, float bin_hz, float f_hz, float halfwidth,
    uint32_t count
) -> float:
    """Sum of the lines at f_hz, 2 f_hz, ... count f_hz."""
    cdef c.ecm_envelope_bins_t s = _bins(amplitude, bin_hz)
    return c.ecm_envelope_harmonics_f32(&s, f_hz, halfwidth, count)


def sidebands_f32(
    const float[::1] amplitude, float bin_hz, float f_hz, float spacing_hz,
    float halfwidth, uint32_t count
) -> float:
    """Sum of count pairs of lines around f_hz."""
    cdef c.ecm_envelope_bins_t s = _bins(amplitude, bin_hz)
    return c.ecm_envelope_sidebands_f32(&s, f_hz, spacing_hz, halfwidth, count)
