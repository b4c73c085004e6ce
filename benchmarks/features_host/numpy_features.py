"""The features of a plan as one would write them with NumPy and SciPy, with care.

Single precision throughout, some windows of all channels a call, so that their arrays
stay in the cache; one transform of a window where the definition allows it, no loop
over windows; shares nothing with the C but the plan.
"""

import numpy as np
import scipy.fft
import scipy.signal
from numpy.typing import NDArray

from ecmkit.features import FeaturePlan, Row

__all__ = ["NumpyFeatures"]

Array = NDArray[np.floating]
_SILENCE = 1e-20
_FLOOR = 1e-10
_BACKGROUND = 0.5, 12.0


class NumpyFeatures:
    """Computes the rows of a plan from a recording of constant shaft speed.

    Parameters
    ----------
    plan : FeaturePlan
        Whose channels have the same features, with a whitened log envelope by the
        analytic detector, and only features that this module knows.
    windows : int
        Windows of each channel that go through the transforms together; 0: all.
    dtype : type
        float32, or float64 to judge both sides by.
    """

    def __init__(
        self, plan: FeaturePlan, *, windows: int = 0, dtype: type = np.float32
    ) -> None:
        envelope = plan.contract().envelope
        assert envelope is not None
        assert (envelope.detector, envelope.form) == ("analytic", "log")
        assert envelope.whiten
        first = plan.all_channels[0]
        self._rows = {
            row.name.removeprefix(f"{first}_"): row
            for row in plan.rows
            if row.channel == first
        }
        assert len(self._rows) * len(plan.all_channels) == len(plan.rows)
        self._windows, self._dtype = windows, dtype
        self._n, self._hop = plan.window_len, plan.hop_len
        self._bin_hz = plan.fs_hz / plan.window_len
        self._settings = envelope

    def __call__(self, x: Array, speed_hz: float) -> Array:
        """Features, shape (n_windows, n_channels n_features), of (n_channels, n).

        Windows come from where the history of the envelope is full.
        """
        s = self._settings
        x = x.astype(self._dtype, copy=False)
        w = np.lib.stride_tricks.sliding_window_view(x, self._n, axis=1)[
            :, :: self._hop
        ]
        count = w.shape[1]
        log = np.empty((len(x), count - 1, s.m // 2), self._dtype)
        skip = -(-(len(s.taps) - 1) // s.factor)
        ends = s.m // 2 * np.arange(1, count)
        ends = (ends - 1) // s.factor + 1 - skip
        first = int(np.argmax(ends >= s.len))
        found: list[dict[str, Array]] = []
        last = np.empty(
            (len(x), 0, s.m // 2), np.result_type(self._dtype, np.complex64)
        )
        for part in self._parts(count):
            values, halves = self._of_windows(w[:, part], last)
            last = halves[:, -1:, s.m // 2 :]
            at = slice(max(0, part.start - 1), part.start - 1 + values["rms"].shape[1])
            log[:, at] = values.pop("log")
            found.append(values)
        values = {
            name: np.concatenate([one[name] for one in found], axis=1)[:, first + 1 :]
            for name in found[0]
        }
        orders = self._orders(log.reshape(len(x), -1), ends[first:], skip, speed_hz)
        columns = [
            values[name] if name in values else orders[name] for name in self._rows
        ]
        return np.stack(columns, axis=2).swapaxes(0, 1).reshape(count - 1 - first, -1)

    def _parts(self, count: int) -> list[slice]:
        step = self._windows or count
        return [slice(i, min(i + step, count)) for i in range(0, count, step)]

    def _of_windows(self, w: Array, last: Array) -> tuple[dict[str, Array], Array]:
        """What needs no history; and the transforms of the band."""
        shape = w.shape[:2]
        d = w - w.mean(axis=2, keepdims=True)
        d = d.reshape(-1, self._n)
        bins = scipy.fft.rfft(d, axis=1, workers=1)
        bins[:, 0] = 0
        values = self._time(d)
        values |= self._spectrum(_hann_power(bins))
        values = {name: value.reshape(shape) for name, value in values.items()}
        halves = self._halves(bins).reshape(*shape, -1)
        half = halves.shape[2] // 2
        before = np.concatenate([last, halves[:, :-1, half:]], axis=1)
        z = halves[:, shape[1] - before.shape[1] :, :half] + before
        p = z.real**2 + z.imag**2
        values["log"] = np.log(p + self._dtype(_SILENCE))
        kurtosis = np.zeros(shape, self._dtype)
        square = np.einsum("cij,cij->ci", p, p) / self._dtype(half)
        kurtosis[:, shape[1] - p.shape[1] :] = square / p.mean(axis=2) ** 2
        values["env_kurtosis"] = kurtosis
        return values, halves

    @staticmethod
    def _time(d: Array) -> dict[str, Array]:
        n = d.shape[1]
        size = np.abs(d)
        square = d * d
        mean_square = square.mean(axis=1)
        rms = np.sqrt(mean_square)
        high, low = d.max(axis=1), d.min(axis=1)
        peak, mean_abs = np.maximum(high, -low), size.mean(axis=1)
        root = np.sqrt(size).mean(axis=1)
        negative = np.signbit(d)
        turns = np.count_nonzero(negative[:, 1:] != negative[:, :-1], axis=1)
        return {
            "rms": rms,
            "peak": peak,
            "peak_to_peak": high - low,
            "mean_abs": mean_abs,
            "skewness": np.einsum("ij,ij->i", square, d) / n / (mean_square * rms),
            "kurtosis": np.einsum("ij,ij->i", square, square) / n / mean_square**2,
            "crest": peak / rms,
            "shape": rms / mean_abs,
            "impulse": peak / mean_abs,
            "clearance": peak / (root * root),
            "mean_crossing_rate": (turns / n).astype(d.dtype),
        }

    def _spectrum(self, power: Array) -> dict[str, Array]:
        """Values of the rows that are read from the power of the bins."""
        count = power.shape[1]
        k = np.arange(count, dtype=power.dtype)
        total = power.sum(axis=1)
        centre = power @ k / total
        d = k - centre[:, np.newaxis]
        square = d * d
        weighted = square * power
        m2 = weighted.sum(axis=1) / total
        m3 = np.einsum("ij,ij->i", weighted, d) / total
        m4 = np.einsum("ij,ij->i", weighted, square) / total
        spread = np.sqrt(m2)
        ratio = power * (count / total)[:, np.newaxis]
        log = np.log(np.maximum(ratio, power.dtype.type(_FLOOR)))
        surprise = np.einsum("ij,ij->i", ratio, log) / count
        values = {
            "centroid": centre * self._bin_hz,
            "spectral_spread": spread * self._bin_hz,
            "spectral_skewness": m3 / (m2 * spread),
            "spectral_kurtosis": m4 / (m2 * m2),
            "spectral_flatness": np.exp(log.mean(axis=1)),
            # Shares are ratio / count, which add up to 1.
            "spectral_entropy": 1 - surprise / power.dtype.type(np.log(count)),
            "spectral_crest": ratio.max(axis=1),
        }
        for name, row in self._rows.items():
            if name.startswith("band_fraction"):
                part = power[:, self._first(row.a) : self._first(row.b)]
                values[name] = part.sum(axis=1) / total
        return values

    def _first(self, f_hz: float) -> int:
        """First bin at or above a frequency."""
        return int(np.ceil(f_hz / self._bin_hz))

    def _halves(self, bins: Array) -> Array:
        """Transforms of the whitened band, tapered; halves of neighbours add up."""
        s = self._settings
        band = bins[:, s.bin - 1 : s.bin + s.bins_len + 1]
        band = band / np.abs(band)
        tapered = 0.5 * band[:, 1:-1] - 0.25 * (band[:, :-2] + band[:, 2:])
        shifted = np.zeros((len(bins), s.m), band.dtype)
        odd = s.bin % 2
        shifted[:, odd : odd + s.bins_len] = tapered * self._dtype(2 / self._n)
        return scipy.fft.ifft(
            shifted, axis=1, norm="forward", workers=1, overwrite_x=True
        )

    def _orders(
        self, log: Array, ends: NDArray[np.int64], skip: int, speed_hz: float
    ) -> dict[str, Array]:
        """Values of the rows that are read from the spectra of the log envelope."""
        s = self._settings
        taps = np.array(s.taps, self._dtype)
        # Outputs whose taps had all been given, one for every `factor` samples.
        low = scipy.signal.upfirdn(taps[::-1], log, down=s.factor, axis=1)[:, skip:]
        histories = np.lib.stride_tricks.sliding_window_view(low, s.len, axis=1)
        histories = histories[:, ends - s.len]
        found = []
        for part in self._parts(len(ends)):
            held = histories[:, part].reshape(-1, s.len)
            held = held - held.mean(axis=1, keepdims=True)
            spectrum = scipy.fft.rfft(held, axis=1, workers=1)
            spectrum[:, 0] = 0
            # A line of amplitude a is a/2 N/2 in each of two Hann tapered bins.
            amplitude = np.abs(_hann(spectrum)) * self._dtype(4 / s.len)
            values = self._lines(_Lines(amplitude, s.bin_hz, speed_hz, s.halfwidth))
            found.append({n: v.reshape(len(log), -1) for n, v in values.items()})
        return {n: np.concatenate([one[n] for one in found], axis=1) for n in found[0]}

    def _lines(self, lines: "_Lines") -> dict[str, Array]:
        values = {
            name: self._line(name, row, lines)
            for name, row in self._rows.items()
            if name.startswith("env_") and name != "env_kurtosis"
        }
        shares = [name for name in values if name.startswith("env_share")]
        total = sum(values[name] for name in shares)
        return values | {name: values[name] / total for name in shares}

    @staticmethod
    def _line(name: str, row: Row, lines: "_Lines") -> Array:
        if name.startswith(("env_share", "env_harmonics")):
            return sum(lines.peak(row.a * h) for h in range(1, row.n + 1))
        if name.startswith("env_sidebands"):
            steps = [i * row.b for i in range(-row.n, row.n + 1) if i]
            return sum(lines.peak(row.a + step) for step in steps)
        return lines.peak(row.a)


class _Lines:
    """Amplitudes at multiples of the shaft speed over their background."""

    def __init__(
        self, amplitude: Array, bin_hz: float, speed_hz: float, halfwidth: float
    ) -> None:
        self._bin_hz, self._speed_hz = bin_hz, speed_hz
        self._halfwidth = halfwidth
        lo, hi = (order * speed_hz / bin_hz for order in _BACKGROUND)
        near = amplitude[:, max(1, int(np.ceil(lo))) : int(hi) + 1]
        self._amplitude = amplitude / near.mean(axis=1, keepdims=True)
        self._known: dict[tuple[int, int], Array] = {}

    def peak(self, order: float) -> Array:
        place = order * self._speed_hz / self._bin_hz
        nearest = int(np.ceil(place - 0.5))
        first = max(1, min(int(np.ceil(place * (1 - self._halfwidth))), nearest))
        last = max(int(place * (1 + self._halfwidth)), nearest)
        if (first, last) not in self._known:  # rows share many lines
            part = self._amplitude[:, first : last + 1]
            self._known[first, last] = part.max(axis=1)
        return self._known[first, last]


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
