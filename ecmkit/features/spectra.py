"""Spectra of windows in physical units, with the bits that a device computes."""

import math
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit._core import batch, fft, spectrum, stats
from ecmkit.features.samples import as_float32

__all__ = [
    "Scale",
    "Spectra",
    "SpectraTaper",
    "power_spectra",
    "welch",
]

Scale = Literal["mean_square", "density", "line", "rms", "peak"]
SpectraTaper = Literal["rectangle", "hann", "hamming", "blackman_harris", "flat_top"]
_KINDS = {
    "density": spectrum.DENSITY,
    "line": spectrum.LINE,
    "rms": spectrum.RMS,
    "peak": spectrum.PEAK,
}
_BLOCK = 256
"""Windows that are transformed at a time: their bins fit into a cache."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Spectra:
    """One-sided spectra, a row each, with what their numbers mean."""

    values: NDArray[np.float32]
    """Shape (n_spectra, n_bins): bin k at k * `bin_hz`."""
    fs_hz: float
    """Sampling rate."""
    n_samples: int
    """Samples of a window."""
    unit: str
    """Of the samples."""
    taper: SpectraTaper
    scale: Scale = "mean_square"
    """``mean_square``: all bins of a row add up to that of the signal."""

    @property
    def bin_hz(self) -> float:
        """Distance of bins [Hz]."""
        return self.fs_hz / self.n_samples

    @property
    def frequencies_hz(self) -> NDArray[np.float64]:
        """Of the bins, shape (n_bins,)."""
        return np.arange(self.values.shape[1]) * self.fs_hz / self.n_samples

    @property
    def energy_gain(self) -> float:
        """Mean square of the taper [1]."""
        return _gain(self.taper)["energy"]

    @property
    def enbw_hz(self) -> float:
        """Equivalent noise bandwidth of the taper [Hz]."""
        return _gain(self.taper)["enbw"] * self.bin_hz

    @property
    def values_unit(self) -> str:
        """Unit of `values`.

        Examples
        --------
        >>> windows = np.zeros((1, 64))
        >>> power_spectra(windows, fs_hz=640, unit="m/s^2").to("density").values_unit
        '(m/s^2)²/Hz'
        """
        square = f"{self.unit}²" if self.unit.isalnum() else f"({self.unit})²"
        if self.scale == "density":
            return f"{square}/Hz"
        return square if self.scale in ("mean_square", "line") else self.unit

    def to(self, scale: Scale) -> "Spectra":
        """Give the same spectra in another scale.

        Parameters
        ----------
        scale : str
            ``density``: power of noise in 1 Hz, as ``scipy.signal.welch``; ``line``:
            power of a line on a bin, its ``scaling="spectrum"``; ``rms`` and ``peak``:
            amplitude of a line on a bin.

        Raises
        ------
        ValueError
            If the scale is unknown, or these are no longer mean squares.

        Examples
        --------
        >>> x = 3 * np.sin(np.arange(64) * 2 * np.pi / 8)
        >>> found = power_spectra([x], fs_hz=640, unit="g").to("peak")
        >>> found.frequencies_hz[8], found.values[0, 8].round(3), found.values_unit
        (np.float64(80.0), np.float32(3.0), 'g')
        """
        if scale == self.scale:
            return self
        _expect(scale in get_args(Scale), "scale", scale, " or ".join(get_args(Scale)))
        power, out = mean_squares(self), np.empty_like(self.values)
        enbw = _gain(self.taper)["enbw"]
        spectrum.rescale_f32(power, _KINDS[scale], self.bin_hz, enbw, out)
        return replace(self, values=out, scale=scale)

    def mean(self) -> "Spectra":
        """Give the mean of all rows, as ``ecm_spectrum_average_f32`` accumulates it."""
        power = mean_squares(self)
        _expect(len(power) > 0, "number of spectra", 0, "1 or more")
        out = np.empty((1, power.shape[1]), np.float32)
        spectrum.average_f32(out[0], 0, power, 0)
        return replace(self, values=out)


def power_spectra(
    x: ArrayLike,
    *,
    fs_hz: float,
    unit: str,
    taper: SpectraTaper = "hann",
    detrend: Literal["mean", "none"] = "mean",
    threads: int = 1,
) -> Spectra:
    """Power spectra of windows.

    Parameters
    ----------
    x : array_like, shape (n_windows, n_samples)
        Samples [`unit`], finite; 16 ... 16384 of the form 2^a 3^b 5^c with a >= 4 and
        b, c at most 1.
    fs_hz : float
        Sampling rate, above 0.
    unit : str
        Of the samples, such as ``"g"``.
    taper : str
        ``hann`` for most, and for all that reads lines; ``flat_top`` for amplitudes
        that are right between bins too.
    detrend : str
        ``mean``: without the mean of each window.
    threads : int
        Threads that share the transforms, 1 ... 256.

    Returns
    -------
    Spectra
        Whose bins add up to the mean square; see `Spectra.to` for others.

    Raises
    ------
    TypeError, ValueError
        Naming the field, what was found and expected.

    Notes
    -----
    Runs ``ecm_fft_r2c_f32`` and ``ecm_spectrum_hann_power_f32``, for other tapers
    ``ecm_spectrum_power_f32``: row by row the bits of a device.

    Examples
    --------
    >>> noise = np.random.default_rng(1).standard_normal((100, 1024))
    >>> found = power_spectra(noise, fs_hz=1000, unit="g")
    >>> found.values.shape, found.bin_hz
    ((100, 513), 0.9765625)
    >>> density = found.mean().to("density")
    >>> density.values.mean().round(3), density.values_unit
    (np.float32(0.002), 'g²/Hz')
    """
    rows = as_float32(x, "x", dims=(2,))
    _check(rows.shape[1], fs_hz, taper, detrend, threads)
    values = np.empty((len(rows), rows.shape[1] // 2 + 1), np.float32)
    for at in range(0, len(rows), _BLOCK):
        block = slice(at, at + _BLOCK)
        _power(rows[block], taper, detrend, threads, values[block])
    return Spectra(
        values=values, fs_hz=fs_hz, n_samples=rows.shape[1], unit=unit, taper=taper
    )


def welch(
    x: ArrayLike,
    *,
    fs_hz: float,
    unit: str,
    window_len: int,
    hop_len: int | None = None,
    taper: SpectraTaper = "hann",
    detrend: Literal["mean", "none"] = "mean",
    threads: int = 1,
) -> Spectra:
    """Mean power spectrum of each signal, from windows that overlap.

    Parameters
    ----------
    x : array_like, shape (n_signals, n_samples) or (n_samples,)
        Samples [`unit`], finite; at least a window.
    fs_hz : float
        Sampling rate, above 0.
    unit : str
        Of the samples.
    window_len : int
        Samples of a window, a length that `power_spectra` takes.
    hop_len : int, optional
        Samples from one window to the next; half a window if left out.
    taper, detrend, threads
        As for `power_spectra`.

    Returns
    -------
    Spectra
        A row for each signal; ``.to("density")`` is ``scipy.signal.welch``.

    Raises
    ------
    TypeError, ValueError
        Naming the field, what was found and expected.

    Notes
    -----
    Runs ``ecm_spectrum_average_f32`` over the windows: a device needs one spectrum of
    memory for it, however many there are.

    Examples
    --------
    >>> x = np.random.default_rng(1).standard_normal(100_000)
    >>> found = welch(x, fs_hz=1000, unit="g", window_len=512).to("density")
    >>> found.values.shape, found.values.mean().round(4), found.values_unit
    ((1, 257), np.float32(0.002), 'g²/Hz')
    """
    signals = np.atleast_2d(as_float32(x, "x", dims=(1, 2)))
    _check(window_len, fs_hz, taper, detrend, threads)
    hop = window_len // 2 if hop_len is None else hop_len
    _expect(1 <= hop <= window_len, "hop_len", hop_len, f"1 ... {window_len}")
    if signals.shape[1] < window_len:
        raise ValueError(
            f"x: found {signals.shape[1]} samples, expected at least a window, "
            f"{window_len}"
        )
    n_bins = window_len // 2 + 1
    means = np.empty((len(signals), n_bins), np.float32)
    power = np.empty((_BLOCK, n_bins), np.float32)
    for signal, mean in zip(signals, means, strict=True):
        windows = np.lib.stride_tricks.sliding_window_view(signal, window_len)[::hop]
        count = 0
        for at in range(0, len(windows), _BLOCK):
            block = np.ascontiguousarray(windows[at : at + _BLOCK])
            part = power[: len(block)]
            _power(block, taper, detrend, threads, part)
            count = spectrum.average_f32(mean, count, part, 0)
    return Spectra(
        values=means, fs_hz=fs_hz, n_samples=window_len, unit=unit, taper=taper
    )


def mean_squares(spectra: Spectra) -> NDArray[np.float32]:
    """Require the scale that all else follows from."""
    expected = "mean_square, as power_spectra and welch give it"
    _expect(spectra.scale == "mean_square", "spectra.scale", spectra.scale, expected)
    return np.ascontiguousarray(spectra.values)


def _power(
    rows: NDArray[np.float32],
    taper: SpectraTaper,
    detrend: str,
    threads: int,
    out: NDArray[np.float32],
) -> None:
    """Transform a block of windows and write its power."""
    n = rows.shape[1]
    bins, mean = np.empty_like(rows), None
    if detrend == "mean":
        mean = np.array([stats.mean_f32(row) for row in rows], np.float32)
    _batch_plan(n).packed_f32(rows, mean, threads, bins)
    if mean is not None:
        bins[:, 0] = 0  # what rounding left of it; a taper would spread it
    if taper == "hann":
        spectrum.hann_power_f32(bins, 8 / (3 * n * n), out)
    else:
        scale = 1 / (n * n * _gain(taper)["energy"])
        spectrum.power_f32(_weights(taper), bins, scale, out)


@cache
def _batch_plan(n_samples: int) -> batch.Plan:
    return batch.Plan(n_samples // 2, batch.isa())


def _weights(taper: str) -> NDArray[np.float32]:
    return np.array(spectrum.taper_weights(taper), np.float32)


@cache
def _gain(taper: str) -> dict[str, float]:
    return spectrum.gain_f32(_weights(taper))


def _check(n: int, fs_hz: float, taper: str, detrend: str, threads: int) -> None:
    _expect(
        n % 2 == 0 and 16 <= n <= 16384 and fft.is_length(n // 2),
        "n_samples",
        n,
        "16 ... 16384 of the form 2^a 3^b 5^c with a >= 4 and b, c at most 1",
    )
    _expect_rate(fs_hz)
    _expect(taper in spectrum.TAPERS, "taper", taper, " or ".join(spectrum.TAPERS))
    _expect(detrend in ("mean", "none"), "detrend", detrend, "mean or none")
    most = batch.MAX_THREADS
    _expect(1 <= threads <= most, "threads", threads, f"1 ... {most}")


def _expect_rate(fs_hz: float) -> None:
    _expect(0 < fs_hz < math.inf, "fs_hz", fs_hz, "above 0, finite")


def _expect(fits: bool, field: str, found: object, expected: str) -> None:
    if not fits:
        raise ValueError(f"{field}: found {found!r}, expected {expected}")
