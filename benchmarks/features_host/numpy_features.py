"""The features of a plan as one would write them with NumPy and SciPy, with care.

Single precision throughout, a recording a call, one transform of a window where the
definition allows it, no loop over windows; shares nothing with the C but the plan.
"""

import numpy as np
import scipy.fft
import scipy.signal
from numpy.typing import NDArray

from ecmkit.features import FeaturePlan, Row

__all__ = ["NumpyFeatures"]

Array = NDArray[np.floating]
_SILENCE = 1e-20
_BACKGROUND = 0.5, 12.0


class NumpyFeatures:
    """Computes the rows of a plan from a recording of constant shaft speed.

    Parameters
    ----------
    plan : FeaturePlan
        Of one channel, with a whitened log envelope by the analytic detector, and only
        features that this module knows.
    dtype : type
        float32, or float64 to judge both sides by.
    """

    def __init__(self, plan: FeaturePlan, dtype: type = np.float32) -> None:
        envelope = plan.contract().envelope
        assert envelope is not None
        assert (envelope.detector, envelope.form) == ("analytic", "log")
        assert envelope.whiten
        self._rows = plan.rows
        self._dtype = dtype
        self._n, self._hop = plan.window_len, plan.hop_len
        self._bin_hz = plan.fs_hz / plan.window_len
        self._settings = envelope

    def __call__(self, x: Array, speed_hz: float) -> Array:
        """Features, shape (n_windows, n_features), of samples, shape (n,).

        Windows come from where the history of the envelope is full.
        """
        x = x.astype(self._dtype, copy=False)
        w = np.lib.stride_tricks.sliding_window_view(x, self._n)[:: self._hop]
        d = w - w.mean(axis=1, keepdims=True)
        bins = scipy.fft.rfft(d, axis=1, workers=1)
        bins[:, 0] = 0
        amplitude, first = self._envelope(bins)
        values = self._time(d[first:])
        z = self._analytic(bins)[first - 1 :]
        p = z.real**2 + z.imag**2
        values["env_kurtosis"] = (p * p).mean(axis=1) / p.mean(axis=1) ** 2
        power = _hann_power(bins[first:])
        total = power.sum(axis=1)
        values["spectral_entropy"] = _entropy(power, total)
        orders = _Orders(
            amplitude, self._settings.bin_hz, speed_hz, self._settings.halfwidth
        )
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

    def _analytic(self, bins: Array) -> Array:
        """Analytic signal of the band, a row of m / 2 for each window but the first."""
        s = self._settings
        band = bins[:, s.bin - 1 : s.bin + s.bins_len + 1]
        band = band / np.abs(band)
        tapered = 0.5 * band[:, 1:-1] - 0.25 * (band[:, :-2] + band[:, 2:])
        shifted = np.zeros((len(bins), s.m), band.dtype)
        odd = s.bin % 2
        shifted[:, odd : odd + s.bins_len] = tapered * self._dtype(2 / self._n)
        z = scipy.fft.ifft(shifted, axis=1, norm="forward", workers=1)
        return z[:-1, s.m // 2 :] + z[1:, : s.m // 2]

    def _envelope(self, bins: Array) -> tuple[Array, int]:
        """Amplitudes of the log envelope, and the first window that has them."""
        s = self._settings
        z = self._analytic(bins)
        log = np.log(z.real**2 + z.imag**2 + self._dtype(_SILENCE)).ravel()
        taps = np.array(s.taps, self._dtype)
        low = scipy.signal.upfirdn(taps[::-1], log, down=s.factor)
        # Outputs whose taps had all been given, one for every `factor` samples.
        skip = -(-(len(taps) - 1) // s.factor)
        ends = [(s.m // 2 * (i + 1) - 1) // s.factor + 1 - skip for i in range(len(z))]
        low = low[skip:]
        first = next(i for i, end in enumerate(ends) if end >= s.len)
        at = np.array(ends[first:])[:, np.newaxis] - s.len + np.arange(s.len)
        held = low[at]
        held = held - held.mean(axis=1, keepdims=True)
        spectrum = scipy.fft.rfft(held, axis=1, workers=1)
        spectrum[:, 0] = 0
        # A line of amplitude a is a/2 N/2 in each of two Hann tapered bins.
        return np.abs(_hann(spectrum)) * self._dtype(4 / s.len), first + 1

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
            return sum(orders.peak(row.a * h) for h in range(1, row.n + 1))
        if row.name.startswith("env_sidebands"):
            steps = [i * row.b for i in range(-row.n, row.n + 1) if i]
            return sum(orders.peak(row.a + step) for step in steps)
        return orders.peak(row.a)

    def _share(self, columns: list[Array]) -> None:
        """Divide the rows of ``env_share`` by their sum."""
        at = [i for i, row in enumerate(self._rows) if "env_share" in row.name]
        total = sum(columns[i] for i in at)
        for i in at:
            columns[i] = columns[i] / total


class _Orders:
    """Amplitudes at multiples of the shaft speed over their background."""

    def __init__(
        self, amplitude: Array, bin_hz: float, speed_hz: float, halfwidth: float
    ) -> None:
        self._bin_hz, self._speed_hz = bin_hz, speed_hz
        self._halfwidth = halfwidth
        lo, hi = (order * speed_hz / bin_hz for order in _BACKGROUND)
        near = amplitude[:, max(1, int(np.ceil(lo))) : int(hi) + 1]
        self._amplitude = amplitude
        self._background = near.mean(axis=1)

    def peak(self, order: float) -> Array:
        place = order * self._speed_hz / self._bin_hz
        nearest = int(np.ceil(place - 0.5))
        first = max(1, min(int(np.ceil(place * (1 - self._halfwidth))), nearest))
        last = max(int(place * (1 + self._halfwidth)), nearest)
        return self._amplitude[:, first : last + 1].max(axis=1) / self._background


def _hann(bins: Array) -> Array:
    """Bins after a Hann taper, which is three bins wide."""
    tapered = 0.5 * bins
    tapered[:, 1:] -= 0.25 * bins[:, :-1]
    tapered[:, :-1] -= 0.25 * bins[:, 1:]
    # Beyond either end stands the mirror image.
    tapered[:, 0] -= 0.25 * bins[:, 1].conj()
    tapered[:, -1] -= 0.25 * bins[:, -2].conj()
    return tapered


def _hann_power(bins: Array) -> Array:
    """One-sided power after a Hann taper; the sum is the mean square."""
    tapered = _hann(bins)
    power = tapered.real**2 + tapered.imag**2
    power[:, 1:-1] *= 2
    n = 2 * (bins.shape[1] - 1)
    power *= power.dtype.type(8 / (3 * n * n))
    return power


def _entropy(power: Array, total: Array) -> Array:
    """Entropy of shares p / total: ln total - sum(p ln p) / total; p = 0 adds none."""
    log = np.log(power + np.finfo(power.dtype).tiny)
    inside = np.log(total) - np.einsum("ij,ij->i", power, log) / total
    return inside / power.dtype.type(np.log(power.shape[1]))
