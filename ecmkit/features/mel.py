"""Mel filter banks: designed in float64, rounded once, run by the C core."""

import math
from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit._core import fft, mel
from ecmkit.features.samples import as_float32
from ecmkit.features.spectra import Spectra, mean_squares

__all__ = [
    "MelBank",
    "MelTables",
    "dct_factors",
    "has_cosine_transform",
    "log_mel",
    "mfcc",
]

_LINEAR_HZ = 200 / 3
"""Slaney: a mel is that much below `_BREAK_HZ`, and grows beyond."""
_BREAK_HZ = 1000.0
_OCTAVES = math.log(6.4) / 27


@dataclass(frozen=True, kw_only=True)
class MelTables:
    """What ``ecm_mel_bank_t`` points to."""

    first: int
    """First bin of the first interval."""
    counts: NDArray[np.uint16]
    """Bins of each interval, shape (n_mels + 1,)."""
    weights: NDArray[np.float32]
    """How far each of these bins is up its interval [1], 0 ... 1."""
    norms: NDArray[np.float32]
    """Factor of each filter, shape (n_mels,): [1/Hz] if normed, else [1]."""


class MelBank(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Triangular filters that are evenly spaced on the mel scale.

    Examples
    --------
    The front end of MLPerf Tiny's anomaly detection, with the defaults of librosa:

    >>> bank = MelBank(fs_hz=16000, n_samples=1024, n_mels=128)
    >>> bank.edges_hz()[:3].round(3).tolist()
    [0.0, 23.383, 46.766]
    >>> bank.matrix().shape
    (128, 513)
    """

    fs_hz: float
    """Sampling rate."""
    n_samples: int
    """Samples of a window, even."""
    n_mels: int = 128
    """Filters."""
    lo_hz: float = 0.0
    """Lower edge of the first."""
    hi_hz: float | None = None
    """Upper edge of the last; half the sampling rate if left out."""
    scale: Literal["slaney", "htk"] = "slaney"
    """Slaney: linear up to 1 kHz, then logarithmic. HTK: 2595 log10(1 + f / 700)."""
    norm: Literal["area", "peak"] = "area"
    """Area: 2 / width, so that filters of white noise are alike (librosa's "slaney").
    Peak: triangles of height 1 (librosa's None, HTK)."""

    def __post_init__(self) -> None:
        """Check the fields."""
        fits = math.isfinite(self.fs_hz) and self.fs_hz > 0
        _expect(fits, "fs_hz", self.fs_hz, "above 0")
        fits = self.n_samples >= 16 and self.n_samples % 2 == 0
        _expect(fits, "n_samples", self.n_samples, "an even number, 16 or more")
        _expect(self.n_mels >= 1, "n_mels", self.n_mels, "1 or more")
        half = self.fs_hz / 2
        _expect(0 <= self.lo_hz < half, "lo_hz", self.lo_hz, f"0 ... below {half:g} Hz")
        expected = f"above lo_hz {self.lo_hz:g} Hz, at most half of fs_hz, {half:g} Hz"
        _expect(self.lo_hz < self._hi_hz <= half, "hi_hz", self.hi_hz, expected)
        _expect(self.scale in ("slaney", "htk"), "scale", self.scale, "slaney or htk")
        _expect(self.norm in ("area", "peak"), "norm", self.norm, "area or peak")
        empty = np.flatnonzero(self.matrix().sum(1) == 0)
        _expect(
            not len(empty),
            "n_mels",
            self.n_mels,
            f"fewer: filter {empty[0] if len(empty) else 0} has no bin of "
            f"{self.fs_hz / self.n_samples:g} Hz; or longer windows",
        )

    @property
    def n_bins(self) -> int:
        """Bins of a spectrum."""
        return self.n_samples // 2 + 1

    def edges_hz(self) -> NDArray[np.float64]:
        """Frequencies between which the filters rise and fall, shape (n_mels + 2,)."""
        lo, hi = (self._to_mel(f) for f in (self.lo_hz, self._hi_hz))
        mels = np.linspace(lo, hi, self.n_mels + 2)
        if self.scale == "htk":
            return 700 * (10 ** (mels / 2595) - 1)
        bend = _BREAK_HZ / _LINEAR_HZ
        above = _BREAK_HZ * np.exp(_OCTAVES * (mels - bend))
        return np.where(mels < bend, _LINEAR_HZ * mels, above)

    def tables(self) -> MelTables:
        """Round the weights to what a device has."""
        place, weight = self._placed()
        inside = (place >= 0) & (place <= self.n_mels)
        counts = np.bincount(place[inside], minlength=self.n_mels + 1)
        return MelTables(
            first=int(np.argmax(inside)),
            counts=counts.astype(np.uint16),
            weights=weight[inside].astype(np.float32),
            norms=self._norms().astype(np.float32),
        )

    def matrix(self) -> NDArray[np.float64]:
        """Weights of all bins in all filters, shape (n_mels, n_bins), not rounded."""
        place, weight = self._placed()
        out = np.zeros((self.n_mels, self.n_bins))
        for k, (j, w) in enumerate(zip(place, weight, strict=True)):
            if 0 <= j < self.n_mels:
                out[j, k] = w
            if 1 <= j <= self.n_mels:
                out[j - 1, k] = 1 - w
        return out * self._norms()[:, None]

    @property
    def _hi_hz(self) -> float:
        return self.fs_hz / 2 if self.hi_hz is None else self.hi_hz

    def _to_mel(self, f_hz: float) -> float:
        if self.scale == "htk":
            return 2595 * math.log10(1 + f_hz / 700)
        if f_hz < _BREAK_HZ:
            return f_hz / _LINEAR_HZ
        return _BREAK_HZ / _LINEAR_HZ + math.log(f_hz / _BREAK_HZ) / _OCTAVES

    def _placed(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Interval of each bin, -1 below and n_mels + 1 above, and how far up it is."""
        edges = self.edges_hz()
        f = np.arange(self.n_bins) * self.fs_hz / self.n_samples
        place = np.searchsorted(edges, f, side="right") - 1
        j = np.clip(place, 0, self.n_mels)
        return place, (f - edges[j]) / (edges[j + 1] - edges[j])

    def _norms(self) -> NDArray[np.float64]:
        edges = self.edges_hz()
        if self.norm == "area":
            return np.asarray(2 / (edges[2:] - edges[:-2]))
        return np.ones(self.n_mels)


def log_mel(
    spectra: Spectra, bank: MelBank, *, floor: float = 2.0**-52
) -> NDArray[np.float32]:
    """Levels of the power in each filter.

    Parameters
    ----------
    spectra : Spectra
        Mean squares, of the rate and length that the bank is for.
    bank : MelBank
        The filters.
    floor : float
        Least power, 1e-37 ... 1e37; by default the float64 epsilon that MLPerf Tiny's
        anomaly detection has.

    Returns
    -------
    ndarray of float32, shape (n_spectra, n_mels)
        ``10 log10(max(power, floor))`` [dB], where power is that of the unscaled
        transform of the tapered window: as librosa's ``melspectrogram(power=2)``.

    Raises
    ------
    ValueError
        Naming the field, what was found and expected.

    Notes
    -----
    Runs ``ecm_mel_energies_f32`` and ``ecm_mel_level_f32``.

    Examples
    --------
    >>> from ecmkit.features import power_spectra
    >>> sound = np.random.default_rng(1).standard_normal((5, 1024))
    >>> bank = MelBank(fs_hz=16000, n_samples=1024)
    >>> frames = power_spectra(sound, fs_hz=16000, unit="1", detrend="none")
    >>> log_mel(frames, bank).shape
    (5, 128)
    """
    for field, expected in (("fs_hz", bank.fs_hz), ("n_samples", bank.n_samples)):
        found = getattr(spectra, field)
        _expect(found == expected, f"spectra.{field}", found, f"{expected}, the bank's")
    _expect(1e-37 <= floor <= 1e37, "floor", floor, "1e-37 ... 1e37")
    power, n, tables = mean_squares(spectra), bank.n_samples, bank.tables()
    core = mel.Bank(
        bank.n_bins, tables.first, tables.counts, tables.weights, tables.norms
    )
    out = np.empty((len(power), bank.n_mels), np.float32)
    core.energies_f32(power, out)
    mel.level_f32(out, n * n * spectra.energy_gain / 2, floor, out)
    return out


def mfcc(levels: ArrayLike, count: int) -> NDArray[np.float32]:
    """Mel-frequency cepstral coefficients.

    Parameters
    ----------
    levels : array_like, shape (n_spectra, n_mels)
        From `log_mel`; n_mels a length of transforms, such as 48, 64, 80, 96 or 128.
    count : int
        Coefficients, 1 ... n_mels.

    Returns
    -------
    ndarray of float32, shape (n_spectra, count)
        Orthonormal cosine transform, as ``librosa.feature.mfcc``.

    Raises
    ------
    ValueError
        Naming the field, what was found and expected.

    Notes
    -----
    Runs ``ecm_mel_mfcc_f32``.

    Examples
    --------
    >>> mfcc(np.ones((1, 64)), 3).round(5)
    array([[8., 0., 0.]], dtype=float32)
    """
    rows = as_float32(levels, "levels", dims=(2,))
    n = rows.shape[1]
    if not has_cosine_transform(n):
        raise ValueError(
            f"levels: found {n} filters, expected a length of transforms, such as 48, "
            "64, 80, 96 or 128"
        )
    _expect(1 <= count <= n, "count", count, f"1 ... {n}")
    out = np.empty((len(rows), count), np.float32)
    work = np.empty(2 * n, np.float32)
    mel.mfcc_f32(fft.Plan(n // 2, True), dct_factors(n), rows, work, out)
    return out


def has_cosine_transform(n: int) -> bool:
    """Tell whether so many levels have cepstral coefficients."""
    return n >= 16 and n % 2 == 0 and fft.is_length(n // 2)


def dct_factors(n_levels: int) -> NDArray[np.float32]:
    """Give the factors of a cosine transform of so many values, see ``ecm_dct.h``."""
    turn = np.pi * np.arange(n_levels // 2) / (2 * n_levels)
    return np.stack([np.cos(turn), np.sin(turn)], 1).ravel().astype(np.float32)


def _expect(fits: bool, field: str, found: object, expected: str) -> None:
    if not fits:
        raise ValueError(f"{field}: found {found!r}, expected {expected}")
