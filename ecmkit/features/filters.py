"""Recursive filters: designed by SciPy, rounded to what a device computes, checked."""

import math
from types import ModuleType
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit.features.optional import require

__all__ = ["FilterDesign", "Sections", "integrator", "low_pass", "round_sections"]

Format = Literal["f32", "q31", "q15"]
_PASSES = {"lowpass": 1, "highpass": 1, "bandpass": 2, "bandstop": 2}
_LIMITS = {"q31": (2**32, 2**31 - 1, 30, 16), "q15": (2**16, 2**15 - 1, 14, 8)}
"""Sum and size of coefficients, most and least fractional bits: ecm_filter.h."""
_TOLERANCE = 0.01
_STOP_DB = 60.0
"""Of what a low-pass before decimation stops; 4 dB less where that saves taps."""


def scipy_signal() -> ModuleType:
    """Import SciPy's filters on use."""
    return require("scipy.signal", "scipy, which designs filters,", extra="data")


def low_pass(rate: float, pass_hz: float, factor: float) -> tuple[float, ...]:
    """Design a low-pass with symmetric taps, by Kaiser's window.

    Parameters
    ----------
    rate : float
        Sampling rate [Hz].
    pass_hz : float
        What passes.
    factor : float
        From ``rate / factor - pass_hz`` on is stopped: what decimation by it folds to
        what passes.

    Examples
    --------
    >>> len(low_pass(12000.0, 500.0, 6.0))
    44
    """
    stop_hz = rate / factor - pass_hz
    width = 2 * math.pi * (stop_hz - pass_hz) / rate
    n = 4 * max(1, round((1 + (_STOP_DB - 7.95) / (2.285 * width)) / 4))
    beta = 0.1102 * (7.95 + 2.285 * width * (n - 1) - 8.7)
    t = np.arange(n) - (n - 1) / 2
    h = np.sinc(t / factor) * np.kaiser(n, beta)
    return tuple(float(v) for v in (h / h.sum()).astype(np.float32))


class FilterDesign(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """What a filter shall do; construction checks the fields.

    Examples
    --------
    >>> design = FilterDesign(
    ...     kind="butterworth", passes="highpass", fs_hz=12800, cutoffs_hz=(10,)
    ... )
    >>> design.rounded("f32").pole_radius < 1
    True
    """

    kind: Literal["butterworth", "bessel", "chebyshev1", "chebyshev2", "notch"]
    passes: Literal["lowpass", "highpass", "bandpass", "bandstop"]
    """A notch is a bandstop."""
    fs_hz: float
    """Sampling rate."""
    cutoffs_hz: tuple[float, ...]
    """One for low- and high-pass, [lo, hi] for bands, the middle for a notch. At -3 dB;
    the end of the ripple for Chebyshev filters."""
    order: int = 2
    """Of the low-pass prototype, 1 ... 12: a band has twice as many poles."""
    ripple_db: float | None = None
    """Of chebyshev1 in the pass band."""
    stop_db: float | None = None
    """Of chebyshev2 in the stop band."""
    q: float | None = None
    """Of a notch: its middle over its width at -3 dB."""

    def __post_init__(self) -> None:
        """Check the fields one by one."""
        kinds = ("butterworth", "bessel", "chebyshev1", "chebyshev2", "notch")
        _expect(self.kind in kinds, "kind", self.kind, " or ".join(kinds))
        _expect(self.passes in _PASSES, "passes", self.passes, " or ".join(_PASSES))
        fits = math.isfinite(self.fs_hz) and self.fs_hz > 0
        _expect(fits, "fs_hz", self.fs_hz, "above 0")
        _expect(1 <= self.order <= 12, "order", self.order, "1 ... 12")
        is_notch = self.kind == "notch"
        if is_notch:
            _expect(self.passes == "bandstop", "passes", self.passes, "bandstop")
            _expect(self.order == 2, "order", self.order, "2 for a notch")
        n = 1 if is_notch else _PASSES[self.passes]
        found, half = self.cutoffs_hz, self.fs_hz / 2
        _expect(len(found) == n, "cutoffs_hz", found, f"{n} for {self.passes}")
        rising = all(a < b for a, b in zip((0.0, *found), (*found, half), strict=True))
        expected = f"rising, above 0 and below {half:g} Hz (half of fs_hz)"
        _expect(rising, "cutoffs_hz", found, expected)
        for field, kind in (
            ("ripple_db", "chebyshev1"), ("stop_db", "chebyshev2"), ("q", "notch"),
        ):  # fmt: skip
            value = getattr(self, field)
            if self.kind == kind:
                fits = value is not None and math.isfinite(value) and value > 0
                _expect(fits, field, value, f"above 0 for {kind}")
            else:
                _expect(value is None, field, value, f"nothing for {self.kind}")

    def sos(self) -> NDArray[np.float64]:
        """Sections of second order, shape (n_sections, 6), as SciPy designs them.

        Raises
        ------
        MissingError
            If SciPy is not installed.
        """
        signal = scipy_signal()
        at: float | tuple[float, ...] = self.cutoffs_hz
        if len(self.cutoffs_hz) == 1:
            at = self.cutoffs_hz[0]
        options = {"btype": self.passes, "output": "sos", "fs": self.fs_hz}
        if self.kind == "butterworth":
            made = signal.butter(self.order, at, **options)
        elif self.kind == "bessel":
            made = signal.bessel(self.order, at, norm="mag", **options)
        elif self.kind == "chebyshev1":
            made = signal.cheby1(self.order, self.ripple_db, at, **options)
        elif self.kind == "chebyshev2":
            made = signal.cheby2(self.order, self.stop_db, at, **options)
        else:
            made = signal.tf2sos(*signal.iirnotch(at, self.q, fs=self.fs_hz))
        return np.asarray(made, np.float64)

    def rounded(self, to: Format, *, tolerance: float = _TOLERANCE) -> "Sections":
        """Round to what a device computes, or refuse; see `round_sections`."""
        return round_sections(self.sos(), fs_hz=self.fs_hz, to=to, tolerance=tolerance)


class Sections(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Coefficients as a device has them, and what rounding did to the filter."""

    format: Format
    fs_hz: float
    coefficients: tuple[tuple[float, ...], ...]
    """b0, b1, b2, a1, a2 of each section; integers over 2^bits for q31 and q15."""
    bits: tuple[int, ...]
    """Fractional bits of each section; empty for f32."""
    pole_radius: float
    """Largest distance of a pole from 0, below 1."""
    pole_radius_error: float
    """Largest change of a pole's distance from 0 by rounding."""
    response_error: float
    """Largest change of the frequency response, over its largest magnitude."""
    headroom_db: float
    """Input level at which no signal whatever can exceed full scale behind any section
    [dB of full scale]. Sinusoids need no such room in q31 and q15, if the filter has no
    gain above 1."""

    def __post_init__(self) -> None:
        """Check that the parts fit together."""
        rows = {len(row) for row in self.coefficients}
        _expect(rows == {5}, "coefficients", rows, "5 in each of 1 or more sections")
        n = 0 if self.format == "f32" else len(self.coefficients)
        _expect(len(self.bits) == n, "bits", self.bits, f"{n} for {self.format}")

    def real(self) -> NDArray[np.float64]:
        """Sections as SciPy takes them, shape (n_sections, 6), with rounded values."""
        c = np.array(self.coefficients, np.float64)
        if self.bits:
            c /= 2.0 ** np.array(self.bits)[:, None]
        return np.insert(c, 3, 1.0, axis=1)


def round_sections(
    sos: NDArray[np.float64], *, fs_hz: float, to: Format, tolerance: float = _TOLERANCE
) -> Sections:
    """Round sections to single precision, Q31 or Q15, or refuse.

    Parameters
    ----------
    sos : ndarray of float64, shape (n_sections, 6)
        As SciPy returns them.
    fs_hz : float
        Sampling rate.
    to : {"f32", "q31", "q15"}
        For the fixed-point formats the gains of the sections are set so that the
        response up to each of them peaks at 1; the last one keeps the whole as it is.
    tolerance : float
        Largest change of the response that is still the filter that was asked for,
        over its largest magnitude.

    Raises
    ------
    ValueError
        If the filter is not stable, before or after rounding; if the response changes
        by more than `tolerance`; or if coefficients are too large for the format.
    """
    sos = np.asarray(sos, np.float64)
    if sos.ndim != 2 or sos.shape[1:] != (6,) or not len(sos):
        raise ValueError(f"sos: found shape {sos.shape}, expected (n_sections, 6)")
    if not np.isfinite(sos).all() or not (sos[:, 3] == 1).all():
        raise ValueError("sos: found other than finite numbers with 1 in column 3")
    radius = _radii(sos)
    if not radius.max() < 1:
        raise ValueError(
            f"sos: found a pole at radius {radius.max():.9g}, expected below 1"
        )
    if to == "f32":
        bits: tuple[int, ...] = ()
        c = sos[:, [0, 1, 2, 4, 5]].astype(np.float32).astype(np.float64)
        made = np.insert(c, 3, 1.0, axis=1)
    else:
        sos = _scaled(sos)
        c, bits = _fixed(sos, to)
        made = np.insert(c / 2.0 ** np.array(bits)[:, None], 3, 1.0, axis=1)
    after = _radii(made)
    if not after.max() < 1:
        raise ValueError(
            f"{to}: found a pole at radius {after.max():.9g} after rounding, expected "
            f"below 1 (designed: {radius.max():.9g}); {_advice(to)}"
        )
    change = _response_error(sos, made)
    if not change <= tolerance:
        raise ValueError(
            f"{to}: found the response changed by {change:.2g} of its peak by "
            f"rounding, expected at most {tolerance:g}; {_advice(to)}"
        )
    kinds = float if to == "f32" else int
    return Sections(
        format=to,
        fs_hz=fs_hz,
        coefficients=tuple(tuple(kinds(v) for v in row) for row in c),
        bits=bits,
        pole_radius=float(after.max()),
        pole_radius_error=float(np.abs(after - radius).max()),
        response_error=change,
        headroom_db=_headroom_db(made),
    )


def integrator(
    *, fs_hz: float, lo_hz: float, times: int = 1, scale: float = 1.0
) -> Sections:
    """Design the integration of a signal in time, without drift.

    Each time is one section: the trapezoidal rule and a Butterworth high-pass of second
    order, whose zero at frequency 0 cancels the pole of the integrator.

    Parameters
    ----------
    fs_hz : float
        Sampling rate.
    lo_hz : float
        Lowest frequency that is integrated, -3 dB for each time; above 0.
    times : {1, 2}
        Acceleration to velocity, or to displacement.
    scale : float
        Ratio of units, not 0.

    Returns
    -------
    Sections
        In single precision.

    Raises
    ------
    ValueError
        Naming the field, what was found and expected; also if `lo_hz` is so low that
        single precision cannot hold it.

    Notes
    -----
    The gain is that of 1/(2 pi f) times ``w / tan(w)`` with ``w = pi f / fs_hz``: low
    by 1 % at 0.055 of `fs_hz`, by 21 % at a quarter.
    """
    _expect(times in (1, 2), "times", times, "1 or 2")
    fits = math.isfinite(scale) and scale != 0
    _expect(fits, "scale", scale, "a finite number other than 0")
    design = FilterDesign(
        kind="butterworth", passes="highpass", fs_hz=fs_hz, cutoffs_hz=(lo_hz,)
    )
    sos = np.repeat(design.sos(), times, axis=0)
    gain = sos[:, 0] / (2.0 * fs_hz)
    sos[:, 0], sos[:, 1], sos[:, 2] = gain, 0.0, -gain
    sos[0, :3] *= scale
    return round_sections(sos, fs_hz=fs_hz, to="f32")


def _radii(sos: NDArray[np.float64]) -> NDArray[np.float64]:
    """Radii of the poles of each section, shape (n_sections, 2), the larger first."""
    a1, a2 = sos[:, 4], sos[:, 5]
    root = np.sqrt(a1**2 - 4 * a2 + 0j)
    both = np.abs(np.stack([-a1 + root, -a1 - root], axis=1)) / 2
    return -np.sort(-both, axis=1)


def _grid(sos: NDArray[np.float64]) -> NDArray[np.float64]:
    """Angles that see every pole: even ones, and clusters around the poles."""
    a1, a2 = sos[:, 4], sos[:, 5]
    root = np.sqrt(a1**2 - 4 * a2 + 0j)
    poles = np.concatenate([(-a1 + root) / 2, (-a1 - root) / 2])
    width = np.maximum(1 - np.abs(poles), 1e-9)
    offsets = np.concatenate(
        [-np.geomspace(8, 0.01, 20), [0], np.geomspace(0.01, 8, 20)]
    )
    near = np.abs(np.angle(poles))[:, None] + width[:, None] * offsets
    low = np.geomspace(1e-6, 1, 400) * np.pi
    angles = np.concatenate([np.linspace(0, np.pi, 2048), low, near.ravel()])
    return np.unique(angles[(angles >= 0) & (angles <= np.pi)])


def _responses(
    sos: NDArray[np.float64], angles: NDArray[np.float64]
) -> NDArray[np.complex128]:
    """Response of each section, shape (n_sections, n_angles)."""
    z = np.exp(-1j * angles)
    top = sos[:, 0, None] + z * (sos[:, 1, None] + z * sos[:, 2, None])
    out: NDArray[np.complex128] = top / (
        1.0 + z * (sos[:, 4, None] + z * sos[:, 5, None])
    )
    return out


def _response_error(before: NDArray[np.float64], after: NDArray[np.float64]) -> float:
    angles = _grid(np.concatenate([before, after]))
    exact = _responses(before, angles).prod(axis=0)
    found = _responses(after, angles).prod(axis=0)
    return float(np.abs(found - exact).max() / np.abs(exact).max())


def _scaled(sos: NDArray[np.float64]) -> NDArray[np.float64]:
    """Set the gains of the sections so that the response up to each peaks at 1."""
    out, angles = sos.copy(), _grid(sos)
    peaks = np.abs(np.cumprod(_responses(sos, angles), axis=0)).max(axis=1)
    gains = np.concatenate([[1.0], peaks[:-1]]) / np.append(peaks[:-1], 1.0)
    out[:, :3] *= gains[:, None]
    return out


def _fixed(
    sos: NDArray[np.float64], to: Literal["q31", "q15"]
) -> tuple[NDArray[np.float64], tuple[int, ...]]:
    """Coefficients over 2^bits, with as many bits as sums of products leave."""
    most_sum, most, most_bits, least_bits = _LIMITS[to]
    rows, bits = [], []
    for row in sos[:, [0, 1, 2, 4, 5]]:
        for n in range(most_bits, least_bits - 1, -1):
            c = np.round(row * 2.0**n)
            if np.abs(c).sum() < most_sum and np.abs(c).max() <= most:
                break
        else:
            raise ValueError(
                f"{to}: found a section with coefficients up to "
                f"{np.abs(row).max():.3g}, expected a sum of magnitudes below "
                f"{most_sum / 2.0**least_bits:g}"
            )
        rows.append(c)
        bits.append(n)
    return np.array(rows), tuple(bits)


def _headroom_db(sos: NDArray[np.float64]) -> float:
    """-20 log10 of the largest sum of an impulse response's magnitudes."""
    signal = scipy_signal()
    radius = _radii(sos).max()
    n = int(min(max(1000.0, 30.0 / max(1.0 - radius, 1e-9)), 2e6))
    x = np.zeros(n)
    x[0] = 1.0
    largest = 0.0
    for section in np.ascontiguousarray(sos):
        x = signal.sosfilt(section[None], x)
        largest = max(largest, float(np.abs(x).sum()))
    return -20.0 * math.log10(largest) if largest > 0 else math.inf


def _advice(to: Format) -> str:
    if to == "f32":
        return "raise the cutoff, decimate first, or use q31"
    if to == "q31":
        return "raise the cutoff or decimate first"
    return "raise the cutoff, lower the order, decimate first, or use q31"


def _expect(fits: bool, field: str, found: object, expected: str) -> None:
    if not fits:
        raise ValueError(f"{field}: found {found!r}, expected {expected}")
