"""Envelope spectra of a band over many turns of the shaft, as a device makes them."""

import math
from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit._core import envelope as core
from ecmkit._core import fft
from ecmkit.features.filters import FilterDesign, Sections, low_pass
from ecmkit.features.samples import as_float32

__all__ = [
    "EnvelopeDesign",
    "EnvelopeSettings",
    "EnvelopeSpectra",
    "envelope_spectra",
    "require_turns",
    "transform_cost",
]

_ROOM = 2.56
"""Rate of the history over the highest frequency asked for, or more."""
_LEN_MAX = 16384
"""Samples of the longest history."""
_FIRST, _RECOMBINE = 13, 13
_PASS = {8: 19, 4: 13, 2: 9, 3: 15, 5: 20}
"""Instructions that a Cortex-M4F takes for an element in the first pass of a transform,
in that for real data, and in a later pass of some radix, in their order: what
``benchmarks/device_kernels`` counts, to 3 %."""
_FTF = 0.4
"""Order of the cage where no geometry is given."""
_FORMS = {
    "magnitude": core.magnitude_f32,
    "squared": core.squared_f32,
    "log": core.log_f32,
}


class EnvelopeSettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """A design as a device has it: the fields of the structures in ``ecm_envelope.h``.

    For an analytic detector `bin`, `bins_len` and `m`; for a rectified one `sections`
    and the first decimation.
    """

    bin: int = 0
    bins_len: int = 0
    m: int = 0
    """Elements of the inverse transform: m / 2 samples for each hop."""
    sections: Sections | None = None
    rectifier_taps: tuple[float, ...] = ()
    rectifier_factor: int = 1
    taps: tuple[float, ...] = ()
    """Of the decimator before the history, the oldest sample first; empty: none."""
    factor: int = 1
    len: int
    """Samples of the history, and of its transform."""
    rate_hz: float
    """Of the history."""

    @property
    def bin_hz(self) -> float:
        """From bin to bin of the envelope spectrum."""
        return self.rate_hz / self.len


class EnvelopeDesign(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """What an envelope spectrum shall tell apart; construction checks the fields.

    Examples
    --------
    >>> design = EnvelopeDesign(
    ...     fs_hz=12000, window_len=1024, band_hz=(2000, 5000), top_hz=550, span_s=0.68
    ... )
    >>> s = design.settings()
    >>> s.m, s.factor, s.len, round(s.bin_hz, 3)
    (384, 3, 1024, 1.465)
    """

    fs_hz: float
    """Sampling rate."""
    window_len: int
    """Samples of a window; windows overlap by half."""
    band_hz: tuple[float, float]
    """Demodulated band: lo <= f < hi."""
    top_hz: float
    """Highest frequency of the envelope that is asked for; at most half of the band."""
    span_s: float
    """Time that a spectrum spans at least: 20 turns of the shaft or more."""
    detector: Literal["analytic", "rectified"] = "analytic"
    form: Literal["magnitude", "squared", "log"] = "magnitude"
    """What is taken of the analytic signal; a rectified envelope is a magnitude."""
    whiten: bool = False
    """Whether each bin of the band is divided by its magnitude, window by window."""

    def __post_init__(self) -> None:
        """Check the fields one by one."""
        for field in ("fs_hz", "top_hz", "span_s"):
            value = getattr(self, field)
            _expect(math.isfinite(value) and value > 0, field, value, "above 0")
        kinds = ("analytic", "rectified")
        _expect(self.detector in kinds, "detector", self.detector, " or ".join(kinds))
        _expect(self.form in _FORMS, "form", self.form, " or ".join(_FORMS))
        n = self.window_len
        whole = n % 2 == 0 and fft.is_length(n // 2)
        _expect(whole, "window_len", n, "2^a 3^b 5^c, 16 ... 16384, b and c at most 1")
        lo, hi = self.band_hz
        df = self.fs_hz / n
        most = self.fs_hz / 2 - df
        found = f"{lo:g} ... {hi:g} Hz"
        expected = f"rising, within {2 * df:g} ... {most:g} Hz"
        _expect(2 * df <= lo < hi <= most, "band_hz", found, expected)
        _expect(hi - lo >= 8 * df, "band_hz", found, f"8 bins of {df:g} Hz or more")
        most = (hi - lo) / 2
        found, expected = f"{self.top_hz:g} Hz", f"at most {most:g} Hz, half of band_hz"
        _expect(self.top_hz <= most, "top_hz", found, expected)
        if self.detector == "rectified":
            _expect(self.form == "magnitude", "form", self.form, "magnitude")
            _expect(not self.whiten, "whiten", self.whiten, "false for rectified")

    def settings(self) -> EnvelopeSettings:
        """Choose lengths and filters: those that take the fewest instructions.

        A longer inverse transform may leave a rate whose history fits into a cheaper
        transform, and one with factors 3 or 5 may cost more than the next power of two.

        Raises
        ------
        ValueError
            If no transform is long enough for the span at the rate that `top_hz` needs.
        MissingError
            If SciPy is not installed, for a rectified detector.
        """
        if self.detector == "rectified":
            return self._rectified()
        df = self.fs_hz / self.window_len
        first, end = (math.ceil(f / df - 1e-9) for f in self.band_hz)
        least = end - first + first % 2
        lengths = [
            m for m in range(8, self.window_len // 2 + 1, 8)
            if m >= least and fft.is_length(m)
        ]  # fmt: skip
        rates = [
            (m, factor, self.fs_hz * m / self.window_len / factor)
            for m in lengths
            for factor in self._factors(self.fs_hz * m / self.window_len)
        ]
        self._len(min(rate for _, _, rate in rates))  # refuses a span for all of them
        designs = [
            EnvelopeSettings(
                bin=first,
                bins_len=end - first,
                m=m,
                taps=self._low_pass(rate * factor, factor),
                factor=factor,
                len=self._len(rate),
                rate_hz=rate,
            )
            for m, factor, rate in rates
            if self.span_s * rate <= _LEN_MAX
        ]
        return min(designs, key=self._cost)

    def _factors(self, rate: float) -> range:
        """Factors of decimation that leave room for `top_hz`."""
        return range(1, max(1, int(rate / (_ROOM * self.top_hz))) + 1)

    def _cost(self, s: EnvelopeSettings) -> float:
        """Instructions of a hop, but for those that all designs have."""
        samples = s.m / 2
        cost = transform_cost(s.m) + samples * (50 if self.form == "log" else 19)
        if s.factor > 1:
            cost += samples * (16 + (35 + 3.5 * len(s.taps)) / s.factor)
        cost += transform_cost(s.len // 2, real=True) + 3 * s.len
        return cost + 13 * self.top_hz / s.bin_hz

    def _rectified(self) -> EnvelopeSettings:
        total = max(1, int(self.fs_hz / (_ROOM * self.top_hz)))
        last = 2 if total >= 4 else 1
        first = total // last
        design = FilterDesign(
            kind="butterworth", passes="bandpass", fs_hz=self.fs_hz,
            cutoffs_hz=self.band_hz, order=2,
        )  # fmt: skip
        rate = self.fs_hz / first
        taps = self._low_pass(self.fs_hz, first) or (1.0,)
        half_pi = np.float32(np.pi / 2)
        return EnvelopeSettings(
            sections=design.rounded("f32"),
            rectifier_taps=tuple(float(half_pi * np.float32(v)) for v in taps),
            rectifier_factor=first,
            taps=self._low_pass(rate, last),
            factor=last,
            len=self._len(rate / last),
            rate_hz=rate / last,
        )

    def _low_pass(self, rate: float, factor: int) -> tuple[float, ...]:
        """Pass `top_hz`, stop what decimation folds there."""
        return () if factor == 1 else low_pass(rate, self.top_hz, factor)

    def _len(self, rate: float) -> int:
        """Length of the cheapest transform that holds the span, or a little more."""
        need = self.span_s * rate
        lengths = [n for n in range(16, _LEN_MAX + 1, 16) if fft.is_length(n // 2)]
        enough = [n for n in lengths if n >= need]
        if not enough:
            raise ValueError(
                f"span_s: found {self.span_s:g} s, {need:.0f} samples at {rate:g} Hz, "
                f"expected at most {_LEN_MAX / rate:.3g} s, {_LEN_MAX} samples"
            )
        near = [n for n in enough if n <= 1.25 * need] or enough[:1]
        return min(near, key=lambda n: transform_cost(n // 2, real=True))


def transform_cost(n: int, *, real: bool = False) -> int:
    """Instructions of a transform on a Cortex-M4F, *estimated*.

    Parameters
    ----------
    n : int
        Complex elements; a length that has a transform.
    real : bool
        Whether it is that of 2 `n` real samples.

    Examples
    --------
    >>> transform_cost(512, real=True)
    32768
    """
    cost, left = _FIRST + (_RECOMBINE if real else 0), n // 8
    while left > 1:
        radix = next(radix for radix in _PASS if left % radix == 0)
        cost += _PASS[radix]
        left //= radix
    return cost * n


@dataclass(frozen=True, kw_only=True)
class EnvelopeSpectra:
    """Envelope spectra along a recording."""

    amplitude: NDArray[np.float32]
    """Shape (n_spectra, n_bins): in the unit of the samples for magnitude, its square
    for squared, 1 for log and for what is whitened."""
    bin_hz: float
    end_s: NDArray[np.float64]
    """When the last window of each ended, from the first sample; shape (n_spectra,)."""

    def line(self, f_hz: float, *, halfwidth: float = 0.02) -> NDArray[np.float32]:
        """Largest amplitude within ``f_hz (1 +- halfwidth)``, shape (n_spectra,)."""
        return np.array(
            [
                core.line_f32(row, self.bin_hz, f_hz, halfwidth)
                for row in self.amplitude
            ],
            np.float32,
        )

    def order(
        self, order: float, *, speed_hz: float, halfwidth: float = 0.02
    ) -> NDArray[np.float32]:
        """Amplitude at a multiple of the shaft speed, shape (n_spectra,).

        Raises
        ------
        ValueError
            If a spectrum spans fewer than 20 turns at this speed.
        """
        require_turns(self.bin_hz, speed_hz)
        return self.line(order * speed_hz, halfwidth=halfwidth)

    def harmonics(
        self, f_hz: float, *, count: int = 3, halfwidth: float = 0.02
    ) -> NDArray[np.float32]:
        """Sum of the lines at ``f_hz`` ... ``count f_hz``, shape (n_spectra,)."""
        return np.array(
            [
                core.harmonics_f32(row, self.bin_hz, f_hz, halfwidth, count)
                for row in self.amplitude
            ],
            np.float32,
        )

    def sidebands(
        self, f_hz: float, spacing_hz: float, *, pairs: int = 1, halfwidth: float = 0.0
    ) -> NDArray[np.float32]:
        """Sum of pairs of lines `spacing_hz` apart around a line, shape (n_spectra,).

        The shaft's speed around BPFI, the cage's around BSF: a defect that passes the
        load zone as these turn.
        """
        return np.array(
            [
                core.sidebands_f32(row, self.bin_hz, f_hz, spacing_hz, halfwidth, pairs)
                for row in self.amplitude
            ],
            np.float32,
        )

    def background(self, lo_hz: float, hi_hz: float) -> NDArray[np.float32]:
        """Mean amplitude of a band: what a line stands out from, shape (n_spectra,)."""
        return np.array(
            [
                core.background_f32(row, self.bin_hz, lo_hz, hi_hz)
                for row in self.amplitude
            ],
            np.float32,
        )


def require_turns(bin_hz: float, speed_hz: float, *, ftf: float = _FTF) -> None:
    """Refuse spectra in which the orders of a shaft run into each other.

    Parameters
    ----------
    bin_hz : float
        From bin to bin: the inverse of the span.
    speed_hz : float
        Of the shaft.
    ftf : float
        Order of the cage, the lowest of a bearing.

    Raises
    ------
    ValueError
        With the turns that were found and expected.

    Examples
    --------
    >>> require_turns(2.93, 29.95)
    Traceback (most recent call last):
    ValueError: envelope: spans 10.2 turns, expected at least 20; FTF would be bin 4
    """
    if not core.has_turns(bin_hz, speed_hz):
        turns = speed_hz / bin_hz
        raise ValueError(
            f"envelope: spans {turns:.1f} turns, expected at least {core.TURNS_MIN}; "
            f"FTF would be bin {turns * ftf:.0f}"
        )


def envelope_spectra(
    x: ArrayLike, design: EnvelopeDesign, *, step_s: float | None = None
) -> EnvelopeSpectra:
    """Compute the spectra of the envelope of a band.

    Parameters
    ----------
    x : array_like, shape (n_samples,)
        Samples at `design.fs_hz`, finite.
    design : EnvelopeDesign
        Band, detector and span.
    step_s : float, optional
        Time from one spectrum to the next, above 0; by default the span, so that they
        share no samples.

    Returns
    -------
    EnvelopeSpectra
        The first as soon as there is one.

    Raises
    ------
    TypeError, ValueError
        Naming the field, what was found and expected; also if the signal is shorter
        than a span and what the detector needs before it.

    Notes
    -----
    Runs ``ecm_envelope_analytic_f32``, or ``_white`` or ``_rectified``, then
    ``ecm_envelope_push_f32`` and ``ecm_envelope_spectrum_f32``.
    """
    samples = as_float32(x, "x", dims=(1,))
    s = design.settings()
    step = s.len if step_s is None else max(1, round(step_s * s.rate_hz))
    taps = np.array(s.taps, np.float32) if s.taps else None
    history = core.HistoryF32(fft.Plan(s.len // 2, True), taps, s.factor)
    if s.sections is None:
        parts = _analytic(samples, design, s)
    else:
        parts = _rectified(samples, s, s.sections)
    rows, ends, since = [], [], step
    for end, part in parts:
        since += len(part) // s.factor
        if history.push(part) and since >= step:
            amplitude = np.empty(s.len, np.float32)
            history.spectrum(s.len // 2 + 1, amplitude)
            rows.append(amplitude[: s.len // 2 + 1])
            ends.append(end / design.fs_hz)
            since = 0
    if not rows:
        raise ValueError(
            f"x: found {len(samples)} samples, {len(samples) / design.fs_hz:.3g} s, "
            f"expected more than the span, {1 / s.bin_hz:.3g} s, and what the detector "
            "needs before it"
        )
    return EnvelopeSpectra(
        amplitude=np.array(rows), bin_hz=s.bin_hz, end_s=np.array(ends)
    )


_Parts = list[tuple[int, NDArray[np.float32]]]


def _analytic(
    x: NDArray[np.float32], design: EnvelopeDesign, s: EnvelopeSettings
) -> _Parts:
    """Give the samples of the detector for each window, and where the window ends."""
    n = design.window_len
    transform = fft.Plan(n // 2, True)
    detector = core.AnalyticF32(
        n, s.bin, s.bins_len, fft.Plan(s.m, False), design.whiten
    )
    bins, z = np.empty(n, np.float32), np.empty(2 * s.m, np.float32)
    parts = []
    for at in range(0, len(x) - n + 1, n // 2):
        transform.r2c_f32(x[at : at + n], bins)
        if detector.run(bins, z):
            out = np.empty(s.m // 2, np.float32)
            _FORMS[design.form](z[: s.m], out)
            parts.append((at + n, out))
    return parts


def _rectified(
    x: NDArray[np.float32], s: EnvelopeSettings, sections: Sections
) -> _Parts:
    """Give the samples of the detector for each piece, and where the piece ends."""
    detector = core.RectifierF32(
        np.array(sections.coefficients, np.float32),
        np.array(s.rectifier_taps, np.float32),
        s.rectifier_factor,
    )
    parts = []
    for at in range(0, len(x), 1024):
        piece = x[at : at + 1024]
        out = np.empty(len(piece), np.float32)
        found = detector.run(piece, out)
        parts.append((at + len(piece), out[:found]))
    return parts


def _expect(met: bool, field: str, found: object, expected: str) -> None:
    if not met:
        raise ValueError(f"{field}: found {found}, expected {expected}")
