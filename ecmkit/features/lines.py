"""Lines of spectra: peaks, harmonics, sidebands, shaft speed, as a device reads them.

All of it is for Hann tapered power spectra, whose lines can be told exactly between
bins; ``ecm_line.h`` has the formulas.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit._core import line
from ecmkit.features.spectra import Spectra, mean_squares

__all__ = [
    "Harmonics",
    "Lines",
    "Sidebands",
    "SpeedEstimate",
    "harmonics",
    "lines_near",
    "peaks",
    "sidebands",
    "slip_frequency_hz",
    "speed_estimate",
]


@dataclass(frozen=True, kw_only=True, eq=False)
class Lines:
    """Lines of each spectrum; zeros where there are fewer."""

    f_hz: NDArray[np.float32]
    """Shape (n_spectra, n_lines)."""
    amplitude: NDArray[np.float32]
    """[`unit`] from zero to peak, same shape."""
    unit: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Harmonics:
    """A fundamental and its harmonics in each spectrum."""

    amplitude: NDArray[np.float32]
    """[`unit`] from zero to peak, shape (n_spectra, n_harmonics); fundamental first."""
    rms: NDArray[np.float32]
    """[`unit`] of all of them together, shape (n_spectra,)."""
    thd: NDArray[np.float32]
    """Total harmonic distortion [1]: the harmonics over the fundamental."""
    unit: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Sidebands:
    """A carrier and the sidebands on either side, in each spectrum."""

    carrier_hz: NDArray[np.float32]
    """As it was found, shape (n_spectra,)."""
    carrier: NDArray[np.float32]
    """Amplitude [`unit`], from zero to peak."""
    lower: NDArray[np.float32]
    """Amplitudes [`unit`], the first below first; shape (n_spectra, n_pairs)."""
    upper: NDArray[np.float32]
    unit: str

    def levels_db(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Give `lower` and `upper` over the carrier [dB], at least -200."""
        return self._over(self.lower), self._over(self.upper)

    def _over(self, amplitude: NDArray[np.float32]) -> NDArray[np.float32]:
        out = np.empty_like(amplitude)
        for row, carrier, level in zip(amplitude, self.carrier, out, strict=True):
            line.ratio_db_f32(row, float(carrier), level)
        return out


@dataclass(frozen=True, kw_only=True, eq=False)
class SpeedEstimate:
    """Shaft speed that each spectrum shows."""

    speed_hz: NDArray[np.float32]
    """Shape (n_spectra,); 0 where there is no line."""
    confidence: NDArray[np.float32]
    """[1] 0: another speed would do as well ... 1: none comes near. Of simulated
    shafts, 1 % of those with 0.3 or more were wrong."""


def peaks(
    spectra: Spectra,
    count: int,
    *,
    lo_hz: float = 0.0,
    hi_hz: float | None = None,
    apart_hz: float = 0.0,
) -> Lines:
    """Find the largest peaks of a band.

    Parameters
    ----------
    spectra : Spectra
        Mean squares under a Hann taper.
    count : int
        Peaks of each spectrum, 1 ... 16.
    lo_hz, hi_hz : float
        The band; up to half the sampling rate if `hi_hz` is left out.
    apart_hz : float
        Each is the largest of all bins that are nearer to it than this.

    Returns
    -------
    Lines
        By falling amplitude.

    Raises
    ------
    ValueError
        Naming the field, what was found and expected.

    Notes
    -----
    Runs ``ecm_line_peaks_f32``.

    Examples
    --------
    >>> from ecmkit.features import power_spectra
    >>> t = np.arange(1024) / 1000
    >>> x = 2 * np.sin(2 * np.pi * 123.4 * t) + np.sin(2 * np.pi * 50.2 * t)
    >>> found = peaks(power_spectra([x], fs_hz=1000, unit="g"), 2)
    >>> found.f_hz.round(1), found.amplitude.round(2)
    (array([[123.4,  50.2]], dtype=float32), array([[2., 1.]], dtype=float32))
    """
    power = _hann(spectra)
    hi = spectra.fs_hz / 2 if hi_hz is None else hi_hz
    _expect(1 <= count <= line.PEAKS_MAX, "count", count, f"1 ... {line.PEAKS_MAX}")
    _expect(0 <= lo_hz < hi < math.inf, "lo_hz, hi_hz", (lo_hz, hi), "0 <= lo < hi")
    _expect_not_negative("apart_hz", apart_hz)
    out = np.empty((len(power), count, 2), np.float32)
    line.peaks_f32(power, spectra.bin_hz, lo_hz, hi, apart_hz, out)
    return _lines(out, spectra.unit)


def lines_near(
    spectra: Spectra, f_hz: ArrayLike, *, halfwidth_hz: float = 0.0
) -> Lines:
    """Measure the line near a frequency.

    Parameters
    ----------
    spectra : Spectra
        Mean squares under a Hann taper.
    f_hz : float or array_like, shape (n_spectra,)
        Where, for all spectra or for each.
    halfwidth_hz : float
        The largest bin within ``f_hz +- halfwidth_hz`` counts, and the nearest one.

    Returns
    -------
    Lines
        One for each spectrum.

    Raises
    ------
    ValueError
        Naming the field, what was found and expected.

    Notes
    -----
    Runs ``ecm_line_at_f32``.

    Examples
    --------
    >>> from ecmkit.features import power_spectra
    >>> x = 3 * np.sin(2 * np.pi * 123.4 * np.arange(1024) / 1000)
    >>> found = lines_near(power_spectra([x], fs_hz=1000, unit="g"), 123)
    >>> found.f_hz[0, 0].round(2), found.amplitude[0, 0].round(3)
    (np.float32(123.4), np.float32(3.0))
    """
    power = _hann(spectra)
    _expect_not_negative("halfwidth_hz", halfwidth_hz)
    f = _each(f_hz, "f_hz", len(power))
    out = np.empty((len(power), 1, 2), np.float32)
    line.at_f32(power, spectra.bin_hz, f, halfwidth_hz, out[:, 0])
    return _lines(out, spectra.unit)


def harmonics(
    spectra: Spectra, f_hz: ArrayLike, count: int, *, halfwidth: float = 0.01
) -> Harmonics:
    """Measure a fundamental and its harmonics.

    Parameters
    ----------
    spectra : Spectra
        Mean squares under a Hann taper.
    f_hz : float or array_like, shape (n_spectra,)
        The fundamental, above 0; at least 4 bins, or harmonics run into each other.
    count : int
        Harmonics with the fundamental, 1 ... 64; those beyond half the sampling rate
        are 0.
    halfwidth : float
        Share of its frequency within which each is looked for, 0 ... 0.5.

    Returns
    -------
    Harmonics

    Raises
    ------
    ValueError
        Naming the field, what was found and expected.

    Notes
    -----
    Runs ``ecm_line_harmonics_f32`` and ``ecm_line_thd_f32``.

    Examples
    --------
    >>> from ecmkit.features import power_spectra
    >>> t = np.arange(2048) / 1000
    >>> x = 4 * np.sin(2 * np.pi * 50.1 * t) + np.sin(2 * np.pi * 150.3 * t)
    >>> found = harmonics(power_spectra([x], fs_hz=1000, unit="A"), 50, 3)
    >>> found.amplitude.round(2), found.thd.round(3)
    (array([[4., 0., 1.]], dtype=float32), array([0.25], dtype=float32))
    """
    power = _hann(spectra)
    f = _each(f_hz, "f_hz", len(power), positive=True)
    _expect_count("count", count)
    _expect(0 <= halfwidth <= 0.5, "halfwidth", halfwidth, "0 ... 0.5")
    amplitude = np.empty((len(power), count), np.float32)
    rms, thd = (np.empty(len(power), np.float32) for _ in range(2))
    line.harmonics_f32(power, spectra.bin_hz, f, halfwidth, amplitude, rms)
    line.thd_f32(amplitude, thd)
    return Harmonics(amplitude=amplitude, rms=rms, thd=thd, unit=spectra.unit)


def sidebands(
    spectra: Spectra,
    carrier_hz: ArrayLike,
    spacing_hz: ArrayLike,
    count: int,
    *,
    halfwidth_hz: float = 0.0,
) -> Sidebands:
    """Measure a carrier and the sidebands about it.

    Parameters
    ----------
    spectra : Spectra
        Mean squares under a Hann taper.
    carrier_hz : float or array_like, shape (n_spectra,)
        Where the carrier is looked for: a gear mesh, the supply of a motor.
    spacing_hz : float or array_like, shape (n_spectra,)
        Distance of sidebands, above 0: the shaft speed; twice the slip frequency for
        broken rotor bars, see `slip_frequency_hz`.
    count : int
        Pairs, 1 ... 64.
    halfwidth_hz : float
        Of the search, for the carrier and for each sideband.

    Returns
    -------
    Sidebands
        0 within 3 bins of the carrier, whose main lobe covers them.

    Raises
    ------
    ValueError
        Naming the field, what was found and expected.

    Notes
    -----
    Runs ``ecm_line_sidebands_f32``.

    Examples
    --------
    >>> from ecmkit.features import power_spectra
    >>> t = np.arange(8192) / 1000
    >>> slip = 2 * slip_frequency_hz(49.9, 2, 24.2)
    >>> pulsation = 1 + 0.02 * np.cos(2 * np.pi * slip * t)
    >>> current = np.sin(2 * np.pi * 49.9 * t) * pulsation
    >>> motor = power_spectra([current], fs_hz=1000, unit="A")
    >>> found = sidebands(motor, 50, slip, 1, halfwidth_hz=0.2)
    >>> [level.round(1).tolist() for level in found.levels_db()]
    [[[-40.0]], [[-40.0]]]
    """
    power = _hann(spectra)
    where = _each(carrier_hz, "carrier_hz", len(power))
    apart = _each(spacing_hz, "spacing_hz", len(power), positive=True)
    _expect_count("count", count)
    _expect_not_negative("halfwidth_hz", halfwidth_hz)
    carrier = np.empty((len(power), 2), np.float32)
    out = np.empty((len(power), 2 * count), np.float32)
    line.sidebands_f32(power, spectra.bin_hz, where, apart, halfwidth_hz, carrier, out)
    return Sidebands(
        carrier_hz=carrier[:, 0].copy(),
        carrier=carrier[:, 1].copy(),
        lower=out[:, ::2].copy(),
        upper=out[:, 1::2].copy(),
        unit=spectra.unit,
    )


def slip_frequency_hz(supply_hz: float, pole_pairs: int, speed_hz: float) -> float:
    """Slip times supply frequency of an induction motor.

    Parameters
    ----------
    supply_hz : float
        Frequency of the supply.
    pole_pairs : int
        1 or more.
    speed_hz : float
        Of the shaft, turns per second.

    Returns
    -------
    float
        [Hz] ``supply_hz - pole_pairs * speed_hz``; sidebands of broken rotor bars are
        twice that apart.

    Raises
    ------
    ValueError
        If `pole_pairs` is below 1.

    Examples
    --------
    >>> round(slip_frequency_hz(50, 2, 24.5), 3)
    1.0
    """
    _expect(pole_pairs >= 1, "pole_pairs", pole_pairs, "1 or more")
    return line.slip_hz_f32(supply_hz, pole_pairs, speed_hz)


def speed_estimate(spectra: Spectra, *, lo_hz: float, hi_hz: float) -> SpeedEstimate:
    """Estimate the shaft speed from the harmonics that it leaves.

    Parameters
    ----------
    spectra : Spectra
        Mean squares under a Hann taper. The speed should be 6 bins or more: windows of
        6 turns.
    lo_hz, hi_hz : float
        Least and greatest speed, 0 < lo_hz < hi_hz. Keep them within an octave where
        the speed is known roughly: a damaged bearing and the mains have harmonics too.

    Returns
    -------
    SpeedEstimate

    Raises
    ------
    ValueError
        Naming the field, what was found and expected.

    Notes
    -----
    Runs ``ecm_line_speed_f32``: a sum over eight harmonics, less half of what lies
    midway between them.

    Examples
    --------
    >>> from ecmkit.features import power_spectra
    >>> t = np.arange(4096) / 2000
    >>> x = sum(np.sin(2 * np.pi * 24.3 * h * t) / h for h in range(1, 6))
    >>> x += 0.1 * np.random.default_rng(1).standard_normal(4096)
    >>> found = power_spectra([x], fs_hz=2000, unit="g")
    >>> found = speed_estimate(found, lo_hz=15, hi_hz=60)
    >>> found.speed_hz.round(1), bool(found.confidence[0] > 0.3)
    (array([24.3], dtype=float32), True)
    """
    power = _hann(spectra)
    fits = 0 < lo_hz < hi_hz < math.inf
    _expect(fits, "lo_hz, hi_hz", (lo_hz, hi_hz), "0 < lo_hz < hi_hz")
    out = np.empty((len(power), 2), np.float32)
    line.speed_f32(power, spectra.bin_hz, lo_hz, hi_hz, out)
    return SpeedEstimate(speed_hz=out[:, 0].copy(), confidence=out[:, 1].copy())


def _hann(spectra: Spectra) -> NDArray[np.float32]:
    expected = "hann, whose lines are told exactly between bins"
    _expect(spectra.taper == "hann", "spectra.taper", spectra.taper, expected)
    return mean_squares(spectra)


def _lines(found: NDArray[np.float32], unit: str) -> Lines:
    return Lines(f_hz=found[:, :, 0].copy(), amplitude=found[:, :, 1].copy(), unit=unit)


def _each(
    value: ArrayLike, field: str, n: int, *, positive: bool = False
) -> NDArray[np.float32]:
    """One number for all spectra, or one for each."""
    array = np.asarray(value, np.float32)
    if array.shape not in ((), (n,)):
        raise ValueError(f"{field}: found shape {array.shape}, expected () or ({n},)")
    expected = "above 0, finite" if positive else "finite"
    fits = np.isfinite(array) & ((array > 0) | (not positive))
    _expect(bool(fits.all()), field, value, expected)
    return np.ascontiguousarray(np.broadcast_to(array, n))


def _expect_count(field: str, count: int) -> None:
    most = line.HARMONICS_MAX
    _expect(1 <= count <= most, field, count, f"1 ... {most}")


def _expect_not_negative(field: str, found: float) -> None:
    _expect(0 <= found < math.inf, field, found, "0 or more, finite")


def _expect(fits: bool, field: str, found: object, expected: str) -> None:
    if not fits:
        raise ValueError(f"{field}: found {found!r}, expected {expected}")
