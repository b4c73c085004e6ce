"""Which band to demodulate: spectral kurtosis and the fast kurtogram, on the host.

A defect that strikes again and again makes some band impulsive, where noise and lines
of the shaft are not. The kurtosis of each band's envelope tells which; a device then
demodulates that band (`ecmkit.features.EnvelopeDesign`).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit.data import Recording
from ecmkit.errors import DataError
from ecmkit.features.filters import scipy_signal
from ecmkit.features.samples import as_float32

__all__ = [
    "Kurtogram",
    "KurtogramBand",
    "choose_band",
    "kurtogram",
    "spectral_kurtosis",
]

_HALF, _THIRD = 16, 24
"""Orders of the FIR prototypes that halve a band and divide it into three."""
_CUT = 0.4
"""Cutoff of the halving prototype over the Nyquist frequency: a band reaches into its
neighbours, so that no frequency falls between two of them."""
_LEAST = 128
"""Samples of a band's envelope below which a kurtosis says little."""
_SHARE = 1e-4
"""Least share of the power: less is what filters let through from elsewhere."""


@dataclass(frozen=True, kw_only=True)
class KurtogramBand:
    """One band of a kurtogram."""

    lo_hz: float
    hi_hz: float
    kurtosis: float
    """Of the complex envelope, less 2: 0 for Gaussian noise, -1 for a sinusoid."""
    share: float
    """Of the power of the signal."""


@dataclass(frozen=True, kw_only=True)
class Kurtogram:
    """Kurtosis of every band of a tree: level by level, from low to high frequency."""

    level: NDArray[np.float64]
    """Of each band: log2 of how many there are, 1, 1.58, 2, 2.58, ... ; (n_bands,)."""
    lo_hz: NDArray[np.float64]
    hi_hz: NDArray[np.float64]
    kurtosis: NDArray[np.float64]
    share: NDArray[np.float64]
    """Of the power of the signal, shape (n_bands,)."""

    def best(
        self,
        *,
        min_width_hz: float = 0.0,
        min_lo_hz: float = 0.0,
        min_share: float = _SHARE,
    ) -> KurtogramBand:
        """Return the band of the largest kurtosis.

        Parameters
        ----------
        min_width_hz : float
            Narrower bands are left out: twice the highest frequency of the envelope
            that is asked for.
        min_lo_hz : float
            Bands that begin lower are left out: a carrier lies above what modulates it.
        min_share : float
            Bands with less of the power are left out.

        Raises
        ------
        ValueError
            If no band is left.
        """
        width = self.hi_hz - self.lo_hz
        wide, high = width >= min_width_hz * (1 - 1e-9), self.lo_hz >= min_lo_hz
        left = np.flatnonzero(wide & high & (self.share >= min_share))
        if not len(left):
            raise ValueError(
                f"kurtogram: found no band of {min_width_hz:g} Hz or more above "
                f"{min_lo_hz:g} Hz with {min_share:g} of the power; the widest has "
                f"{width.max():g} Hz"
            )
        at = left[np.argmax(self.kurtosis[left])]
        return KurtogramBand(
            lo_hz=float(self.lo_hz[at]),
            hi_hz=float(self.hi_hz[at]),
            kurtosis=float(self.kurtosis[at]),
            share=float(self.share[at]),
        )


def kurtogram(x: ArrayLike, *, fs_hz: float, max_level: int | None = None) -> Kurtogram:
    """Compute the fast kurtogram: bands of a tree that halves and divides by three.

    Parameters
    ----------
    x : array_like, shape (n_samples,)
        Signal, finite.
    fs_hz : float
        Sampling rate.
    max_level : int, optional
        The finest bands are ``fs_hz / 2 / 2**max_level`` wide; by default as fine as
        leaves 256 samples to each, at most level 7.

    Returns
    -------
    Kurtogram

    Raises
    ------
    TypeError, ValueError
        Naming the field, what was found and expected.
    MissingError
        If SciPy is not installed.

    Notes
    -----
    Each band is cut out by quasi-analytic FIR filters, complex and of 17 taps (25 where
    a band is divided by three), and decimated, level by level. Filters so short let
    some of the negative frequencies pass: noise has a kurtosis of up to 0.2 at the
    coarsest levels. J. Antoni, Mech. Syst. Signal Process. 21 (2007), 108-124.
    """
    samples = as_float32(x, "x", dims=(1,)).astype(np.float64)
    _expect(math.isfinite(fs_hz) and fs_hz > 0, "fs_hz", fs_hz, "above 0")
    n = len(samples)
    if max_level is None:
        max_level = min(7, max(1, _levels(n, 2 * _LEAST)))
    most = _levels(n, _LEAST)
    expected = f"1 ... {most}: {n} samples leave {_LEAST} or more to each band"
    _expect(1 <= max_level <= most, "max_level", max_level, expected)
    samples -= samples.mean()
    power = float((samples**2).mean())
    nodes: list[NDArray[np.complex128]] = [samples.astype(np.complex128)]
    rows: list[tuple[float, int, float, float]] = []
    for level in range(1, max_level + 1):
        thirds = [part for node in nodes for part in _divide(node, 3)]
        nodes = [part for node in nodes for part in _divide(node, 2)]
        rows += _rows(level, nodes, _HALF, power)
        if level < max_level:
            rows += _rows(level - 1 + math.log2(3), thirds, _THIRD, power)
    rows.sort()
    table = np.array(rows)
    width = fs_hz / 2 / np.round(2 ** table[:, 0])
    return Kurtogram(
        level=table[:, 0],
        lo_hz=table[:, 1] * width,
        hi_hz=(table[:, 1] + 1) * width,
        kurtosis=table[:, 2],
        share=table[:, 3],
    )


def spectral_kurtosis(
    x: ArrayLike, *, fs_hz: float, window_len: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Kurtosis of each bin of a short-time transform along time.

    Parameters
    ----------
    x : array_like, shape (n_samples,)
        Signal, finite.
    fs_hz : float
        Sampling rate.
    window_len : int
        Samples of a window, 8 or more; Hann tapered, a quarter of it from one to the
        next. Longer than a shock, shorter than the time between two.

    Returns
    -------
    f_hz : ndarray of float64, shape (window_len / 2 - 1,)
        Bins, without those at 0 and at half of the sampling rate.
    kurtosis : ndarray of float64, shape (window_len / 2 - 1,)
        ``mean |X|^4 / (mean |X|^2)^2 - 2``: 0 for Gaussian noise, -1 for a sinusoid.

    Raises
    ------
    TypeError, ValueError
        Naming the field, what was found and expected.

    Notes
    -----
    J. Antoni, Mech. Syst. Signal Process. 20 (2006), 282-307.
    """
    samples = as_float32(x, "x", dims=(1,)).astype(np.float64)
    _expect(math.isfinite(fs_hz) and fs_hz > 0, "fs_hz", fs_hz, "above 0")
    _expect(window_len >= 8, "window_len", window_len, "8 or more")
    found = f"{len(samples)} samples"
    _expect(len(samples) >= 4 * window_len, "x", found, "4 windows or more")
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window_len) / window_len)
    view = np.lib.stride_tricks.sliding_window_view(samples, window_len)
    second = np.zeros(window_len // 2 + 1)
    fourth = np.zeros(window_len // 2 + 1)
    starts = np.arange(0, len(view), max(1, window_len // 4))
    for block in np.array_split(starts, math.ceil(len(starts) / 4096)):
        squares = np.abs(np.fft.rfft(view[block] * taper)) ** 2
        second += squares.sum(axis=0)
        fourth += (squares**2).sum(axis=0)
    inner = slice(1, (window_len + 1) // 2)
    second, fourth = second[inner] / len(starts), fourth[inner] / len(starts)
    kurtosis = np.full(len(second), -2.0)
    np.divide(fourth, second**2, out=kurtosis, where=second > 0)
    kurtosis[second > 0] -= 2
    f_hz = np.arange(1, len(second) + 1) * fs_hz / window_len
    return f_hz, kurtosis


def choose_band(
    recording: Recording,
    *,
    top_hz: float,
    channel: str | None = None,
    max_level: int | None = None,
) -> tuple[float, float]:
    """Choose the band to demodulate from a recording with a defect.

    Parameters
    ----------
    recording : Recording
        Of the machine, long enough for some shocks.
    top_hz : float
        Highest frequency of the envelope that is asked for, such as three times BPFI.
        The band is at least twice as wide and begins above it.
    channel : str, optional
        Which one; needless if there is one alone.
    max_level : int, optional
        As for `kurtogram`; by default no finer than `top_hz` allows.

    Returns
    -------
    tuple of float
        Lower and upper edge [Hz], as an `EnvelopeDesign` or a plan takes them.

    Raises
    ------
    DataError
        Naming the recording: no rate declared, no such channel, no such band.
    """
    info = recording.info
    if channel is None:
        if len(recording.channels) != 1:
            raise DataError(
                f"{info.id}: channel: found nothing, expected one of "
                f"{', '.join(recording.channels)}"
            )
        channel = recording.channels[0]
    try:
        _expect(0 < top_hz < math.inf, "top_hz", top_hz, "above 0")
        x = recording.channel(channel)
        if max_level is None:
            finest = math.log2(max(info.fs_hz / (4 * top_hz), 1.0))
            most = _levels(len(x), 2 * _LEAST)
            max_level = max(1, min(7, math.ceil(finest), most))
        made = kurtogram(x, fs_hz=info.fs_hz, max_level=max_level)
        band = made.best(min_width_hz=2 * top_hz, min_lo_hz=top_hz)
    except ValueError as error:
        raise DataError(f"{info.id}: {error}") from error
    return band.lo_hz, band.hi_hz


def _levels(n: int, least: int) -> int:
    """Count how often n samples can be halved with so many left."""
    return max(0, int(math.log2(n / least))) if n else 0


def _divide(node: NDArray[np.complex128], parts: int) -> list[NDArray[np.complex128]]:
    """Cut a band 0 ... rate / 2 into parts, each again from 0 to half of its rate."""
    signal = scipy_signal()
    order = {2: _HALF, 3: _THIRD}[parts]
    prototype = signal.firwin(order + 1, 2 * _CUT / parts)
    n = np.arange(order + 1)
    out = []
    for i in range(parts):
        middle = (2 * i + 1) / (4 * parts)  # of the part, over the rate
        taps = prototype * np.exp(2j * np.pi * middle * n)
        low = signal.upfirdn(taps, node, down=parts)[: -(-len(node) // parts)]
        # The part begins at i times half the new rate: odd ones at half of it.
        out.append(low * (-1.0) ** (i * np.arange(len(low))))
    return out


def _rows(
    level: float, nodes: list[NDArray[np.complex128]], order: int, power: float
) -> list[tuple[float, int, float, float]]:
    """(level, place, kurtosis, share of the power) of each band."""
    rows = []
    for place, node in enumerate(nodes):
        settled = node[order:] if len(node) > 2 * order else node
        squares = settled.real**2 + settled.imag**2
        mean = float(squares.mean())
        kurtosis = float((squares**2).mean()) / mean**2 - 2 if mean > 0 else -2.0
        share = 2 * mean / power if power > 0 else 0.0
        rows.append((level, place, kurtosis, share))
    return rows


def _expect(met: bool, field: str, found: object, expected: str) -> None:
    if not met:
        raise ValueError(f"{field}: found {found}, expected {expected}")
