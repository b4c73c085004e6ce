"""The features of a plan as one would write them with NumPy and SciPy, with care.

Single precision throughout, many windows a call, one transform where the definition
allows it, no loop over windows; shares nothing with the C but the plan.
"""

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from ecmkit.features import FeaturePlan, Row

__all__ = ["NumpyFeatures"]

Array = NDArray[np.floating]
_SILENCE = 1e-20
_BACKGROUND = 0.5, 12.0


class NumpyFeatures:
    """Computes the rows of a plan from windows that share a shaft speed.

    Parameters
    ----------
    plan : FeaturePlan
        With an envelope band and only features that this module knows.
    dtype : type
        float32, or float64 to judge both sides by.
    """

    def __init__(self, plan: FeaturePlan, dtype: type = np.float32) -> None:
        self._rows = plan.rows
        self._dtype = dtype
        self._n = plan.window_len
        self._bin_hz = plan.fs_hz / plan.window_len
        lo, hi = plan.envelope_hz or (0.0, 0.0)
        self._band = slice(max(1, self._first(lo)), self._first(hi))
        width = self._band.stop - self._band.start
        self._m = max(16, 1 << (width - 1).bit_length())

    def __call__(self, x: Array, speed_hz: float) -> Array:
        """Features, shape (n_windows, n_features), of windows (n_windows, n)."""
        x = x.astype(self._dtype, copy=False)
        d = x - x.mean(axis=1, keepdims=True)
        values = self._time(d)
        bins = scipy.fft.rfft(d, axis=1, workers=1)
        bins[:, 0] = 0
        power = _hann_power(bins)
        amplitude, values["env_rms"], values["env_kurtosis"] = self._envelope(bins)
        total = power.sum(axis=1)
        values["spectral_entropy"] = _entropy(power, total)
        orders = _Orders(amplitude, self._bin_hz, speed_hz)
        columns = [
            self._column(row, values, power, total, orders) for row in self._rows
        ]
        self._share(columns)
        return np.stack(columns, axis=1)

    def _first(self, f_hz: float) -> int:
        """First bin at or above a frequency."""
        return int(np.ceil(f_hz / self._bin_hz))

    @staticmethod
    def _time(d: Array) -> dict[str, Array]:
        n = d.shape[1]
        size = np.abs(d)
        square = d * d
        mean_square = square.mean(axis=1)
        rms = np.sqrt(mean_square)
        peak, mean_abs = size.max(axis=1), size.mean(axis=1)
        root = np.sqrt(size).mean(axis=1)
        return {
            "rms": rms,
            "peak": peak,
            "skewness": np.einsum("ij,ij->i", square, d) / n / (mean_square * rms),
            "kurtosis": np.einsum("ij,ij->i", square, square) / n / mean_square**2,
            "crest": peak / rms,
            "shape": rms / mean_abs,
            "impulse": peak / mean_abs,
            "clearance": peak / (root * root),
        }

    def _envelope(self, bins: Array) -> tuple[Array, Array, Array]:
        """Amplitudes of the log envelope; power and kurtosis of the band."""
        band = bins[:, self._band]
        size = np.abs(band)
        rms = np.sqrt(2 * np.einsum("ij,ij->i", size, size)) / self._n
        analytic = scipy.fft.ifft(
            band / size, n=self._m, axis=1, norm="forward", workers=1
        )
        p = analytic.real**2 + analytic.imag**2
        mean = p.mean(axis=1)
        kurtosis = np.einsum("ij,ij->i", p, p) / self._m / mean**2
        log = np.log(p + self._dtype(_SILENCE))
        log -= log.mean(axis=1, keepdims=True)
        spectrum = scipy.fft.rfft(log, axis=1, workers=1)
        spectrum[:, 0] = 0
        return np.sqrt(_hann_power(spectrum)), rms, kurtosis

    def _column(
        self,
        row: Row,
        values: dict[str, Array],
        power: Array,
        total: Array,
        orders: "_Orders",
    ) -> Array:
        if row.name in values:
            return values[row.name]
        if row.name.startswith("band_fraction"):
            part = power[:, self._first(row.a) : self._first(row.b)]
            return part.sum(axis=1) / total
        if row.name.startswith("env_share"):
            return sum(orders.peak(row.a * h, row.b) for h in (1, 2, 3))
        return orders.peak(row.a, row.b)

    def _share(self, columns: list[Array]) -> None:
        """Divide the rows of ``env_share`` by their sum."""
        at = [i for i, row in enumerate(self._rows) if "env_share" in row.name]
        total = sum(columns[i] for i in at)
        for i in at:
            columns[i] = columns[i] / total


class _Orders:
    """Amplitudes at multiples of the shaft speed over their background."""

    def __init__(self, amplitude: Array, bin_hz: float, speed_hz: float) -> None:
        self._bin_hz, self._speed_hz = bin_hz, speed_hz
        lo, hi = (order * speed_hz / bin_hz for order in _BACKGROUND)
        near = amplitude[:, max(1, int(np.ceil(lo))) : int(hi) + 1]
        self._amplitude = amplitude
        self._background = near.mean(axis=1)

    def peak(self, order: float, halfwidth: float) -> Array:
        place = order * self._speed_hz / self._bin_hz
        nearest = int(np.ceil(place - 0.5))
        first = max(1, min(int(np.ceil(place * (1 - halfwidth))), nearest))
        last = max(int(place * (1 + halfwidth)), nearest)
        return self._amplitude[:, first : last + 1].max(axis=1) / self._background


def _hann_power(bins: Array) -> Array:
    """One-sided power after a Hann taper, which is three bins wide."""
    tapered = 0.5 * bins
    tapered[:, 1:] -= 0.25 * bins[:, :-1]
    tapered[:, :-1] -= 0.25 * bins[:, 1:]
    # Beyond either end stands the mirror image.
    tapered[:, 0] -= 0.25 * bins[:, 1].conj()
    tapered[:, -1] -= 0.25 * bins[:, -2].conj()
    power = tapered.real**2 + tapered.imag**2
    power[:, 1:-1] *= 2
    n = 2 * (bins.shape[1] - 1)
    power /= n * n
    return power


def _entropy(power: Array, total: Array) -> Array:
    """Entropy of shares p / total: ln total - sum(p ln p) / total; p = 0 adds none."""
    log = np.log(power + np.finfo(power.dtype).tiny)
    inside = np.log(total) - np.einsum("ij,ij->i", power, log) / total
    return inside / power.dtype.type(np.log(power.shape[1]))
