"""Write the expected value of every feature of the table, from one signal.

    python -m tests.vectors.make_rows

Float64 by the definitions, with NumPy and SciPy, without ecmkit. Lines of the spectrum
are not looked for: they are those that the signal is made of. The envelope is taken
by a Hilbert transform of the whole signal, the device's by overlapping windows.
Values are hexadecimal float64 in rows.json.
"""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal, stats

from tests.vectors.make import hexed, noise

HERE = Path(__file__).parent
Array = NDArray[np.float64]

FS, N, HOP, TOTAL, SPEED = 12000.0, 2048, 1024, 32_768, 30.0
TONES = {
    20.0: 0.1, 100.0: 0.6, 150.0: 1.0, 180.0: 0.1, 300.0: 0.5, 450.0: 0.25,
    940.0: 0.2, 1000.0: 0.8, 1060.0: 0.2,
}  # fmt: skip
"""Amplitudes by frequency: 150 Hz and its harmonics, 1 kHz and sidebands 60 Hz apart,
100 Hz and those of a motor whose slip is 40 Hz."""
CARRIER_HZ, LEVEL, SWING_HZ, DEPTH = 3217.0, 2.0, 107.55, 0.5
BAND_HZ = (2000.0, 5000.0)
# Of the design of the envelope: rate and length of its history, taps of the decimator.
RATE_HZ, LEN, TAPS, FACTOR = 1500.0, 1280, 24, 2
HALFWIDTH = 0.02
ROWS = {
    "quantile": {"share": 0.9},
    "quantile_range": {"lo": 0.25, "hi": 0.75},
    "histogram_entropy": {"bins": 16},
    "autocorrelation": {"lag": 3},
    "band_rms": {"lo_hz": 200.0, "hi_hz": 900.0},
    "band_fraction": {"lo_hz": 200.0, "hi_hz": 900.0},
    "rolloff": {"share": 0.6},
    "peak_hz": {"rank": 2},
    "peak_amplitude": {"rank": 2},
    "line": {"f_hz": 1000.0},
    "order_line": {"order": 10.0},
    "harmonics": {"n": 3, "f_hz": 150.0},
    "order_harmonics": {"n": 3, "order": 5.0},
    "thd": {"n": 3, "f_hz": 150.0},
    "order_thd": {"n": 3, "order": 5.0},
    "sidebands": {"n": 1, "carrier_hz": 1000.0, "spacing_hz": 60.0},
    "order_sidebands": {"n": 1, "order": 1000.0 / 30.0, "spacing": 2.0},
    "slip_sidebands": {"pole_pairs": 2, "supply_hz": 100.0},
    "mel_level": {"band": 10},
    "mfcc": {"coefficient": 3},
    "tracked_line": {"order": 10.0},
    "tracked_harmonics": {"n": 3, "order": 5.0},
    "tracked_thd": {"n": 3, "order": 5.0},
    "tracked_sidebands": {"n": 1, "order": 1000.0 / 30.0, "spacing": 2.0},
    "cepstral_peak": {"lo_s": 0.002, "hi_s": 0.01},
    "cepstral_peak_s": {"lo_s": 0.002, "hi_s": 0.01},
    "env_line": {"order": 3.585},
    "env_order": {"order": 3.585},
    "env_harmonics": {"n": 2, "order": 3.585},
    "env_sidebands": {"n": 2, "order": 3.585, "spacing": 1.0},
    "env_share": {"n": 2, "order": 3.585},
}
"""Parameters, of the features that have any."""
MELS = 48
# Features of features, of those that have no unit: weights of a coordinate, and an
# encoder of one output in int8.
MEAN = {"kurtosis": 2.5, "crest": 3.0, "spectral_entropy": 0.5}
WEIGHTS = {"kurtosis": 0.5, "crest": -0.25, "spectral_entropy": 2.0}
INT8_WEIGHTS = {"kurtosis": 90, "crest": -45, "spectral_entropy": 120}
INPUT_SCALE, INPUT_ZERO, BIAS = 0.05, -20, 1000
FACTOR_Q31, EXPONENT = 1_500_000_000, -6
OUTPUT_SCALE, OUTPUT_ZERO = 0.1, 7


def samples() -> Array:
    """The signal: tones, a modulated carrier, an offset and noise."""
    t = np.arange(TOTAL) / FS
    x = 0.3 + 0.05 * np.array(noise(1, TOTAL))
    for i, (f, amplitude) in enumerate(TONES.items()):
        x += amplitude * np.cos(2 * np.pi * f * t + i)
    swing = 1 + DEPTH * np.cos(2 * np.pi * SWING_HZ * t)
    x += LEVEL * swing * np.cos(2 * np.pi * CARRIER_HZ * t)
    return x.astype(np.float32).astype(np.float64)


def time_rows(x: Array) -> dict[str, float]:
    """Statistics of the samples."""
    d = x - x.mean()
    rms, peak, mean_abs = np.sqrt(np.mean(d**2)), np.abs(d).max(), np.abs(d).mean()
    return {
        "mean": x.mean(),
        "rms": rms,
        "peak": peak,
        "peak_to_peak": np.ptp(x),
        "mean_abs": mean_abs,
        "skewness": stats.skew(x),
        "kurtosis": stats.kurtosis(x, fisher=False),
        "crest": peak / rms,
        "shape": rms / mean_abs,
        "impulse": peak / mean_abs,
        "clearance": peak / np.sqrt(np.abs(d)).mean() ** 2,
        "mean_crossing_rate": np.count_nonzero(np.diff(d >= 0)) / len(x),
        "zero_crossing_rate": np.count_nonzero(np.diff(x >= 0)) / len(x),
        "minimum": x.min(),
        "maximum": x.max(),
        "variance": x.var(),
        "rms_about_zero": np.sqrt(np.mean(x**2)),
    }


def order_rows(x: Array) -> dict[str, float]:
    """What is told by rank, and by neighbours."""
    p = np.histogram(x, 16, (x.min(), x.max()))[0] / len(x)
    p = p[p > 0]
    inner, d = np.diff(x), x - x.mean()
    mobility = np.sqrt(inner.var() / x.var())
    return {
        "median": np.median(x),
        "mad": stats.median_abs_deviation(x),
        "quantile": np.quantile(x, 0.9),
        "quantile_range": np.quantile(x, 0.75) - np.quantile(x, 0.25),
        "histogram_entropy": -(p * np.log(p)).sum() / np.log(16),
        "turning_rate": np.count_nonzero(inner[1:] * inner[:-1] < 0) / len(x),
        "hjorth_mobility": mobility,
        "hjorth_complexity": np.sqrt(np.diff(inner).var() / inner.var()) / mobility,
        "autocorrelation": (d[3:] * d[:-3]).sum() / (d**2).sum(),
    }


def spectrum_rows(x: Array) -> dict[str, float]:
    """What is read from the power under a Hann taper, and its cepstrum."""
    f, density = signal.periodogram(x, FS, "hann", detrend="constant")
    power = density * FS / N
    total, band = power.sum(), (f >= 200) & (f < 900)
    p = power / total
    centroid = (f * p).sum()
    spread = np.sqrt(((f - centroid) ** 2 * p).sum())
    below = np.concatenate([[0.0], np.cumsum(p)])
    edges = (np.arange(len(p) + 1) - 0.5) * FS / N
    floored = np.maximum(power, 1e-10 * power.mean())
    return {
        "band_rms": np.sqrt(power[band].sum()),
        "band_fraction": p[band].sum(),
        "centroid": centroid,
        "spectral_spread": spread,
        "spectral_skewness": ((f - centroid) ** 3 * p).sum() / spread**3,
        "spectral_kurtosis": ((f - centroid) ** 4 * p).sum() / spread**4,
        "spectral_entropy": stats.entropy(p) / np.log(len(p)),
        "spectral_flatness": stats.gmean(floored) / power.mean(),
        "rolloff": np.interp(0.6, below, edges),
        "spectral_crest": power.max() / power.mean(),
        **cepstrum_rows(power),
        "mel_level": mel_levels(x)[10],
        "mfcc": fft.dct(mel_levels(x), norm="ortho")[3],
    }


def cepstrum_rows(power: Array) -> dict[str, float]:
    """The vertex of the parabola through the largest value and its neighbours."""
    power = power.copy()
    power[[0, -1]] *= 2
    power = np.maximum(power, 1e-10 * power.mean())
    cepstrum = np.fft.irfft(np.log(power) / 2)
    lo, hi = round(0.002 * FS), round(0.01 * FS)
    q = lo + int(cepstrum[lo : hi + 1].argmax())
    a, b, c = cepstrum[q - 1 : q + 2]
    off = 0.5 * (a - c) / (a - 2 * b + c)
    return {
        "cepstral_peak": b - 0.25 * (a - c) * off,
        "cepstral_peak_s": (q + off) / FS,
    }


def mel_levels(x: Array) -> Array:
    """Levels of triangles of Slaney's scale, of unit area, on the unscaled power."""

    def mel(f: Array) -> Array:
        high = 15 + np.log(np.maximum(f, 1e-9) / 1000) * 27 / np.log(6.4)
        return np.where(f < 1000, f * 3 / 200, high)

    fine = np.linspace(0, FS / 2, 600_001)
    edges = np.interp(np.linspace(0, mel(np.array(FS / 2)), MELS + 2), mel(fine), fine)
    lo, middle, hi = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    f = np.arange(N // 2 + 1) * FS / N
    up, down = (f - lo) / (middle - lo), (hi - f) / (hi - middle)
    weight = np.maximum(0, np.minimum(up, down)) * 2 / (hi - lo)
    taper = signal.windows.hann(N, sym=False)
    power = np.abs(np.fft.rfft((x - x.mean()) * taper)) ** 2
    return np.asarray(10 * np.log10(weight @ power))


def line_rows() -> dict[str, float]:
    """Lines, as the signal is made of them."""
    root = np.sqrt((1.0**2 + 0.5**2 + 0.25**2) / 2)
    distortion = np.sqrt(0.5**2 + 0.25**2) / 1.0
    return {
        "peak_hz": 150.0,
        "peak_amplitude": 1.0,
        "line": 0.8,
        "order_line": 0.5,
        "harmonics": root,
        "order_harmonics": root,
        "thd": distortion,
        "order_thd": distortion,
        "sidebands": 0.4 / 0.8,
        "order_sidebands": 0.4 / 0.8,
        "slip_sidebands": 0.2 / 0.6,
        "tracked_line": 0.5,
        "tracked_harmonics": root,
        "tracked_thd": distortion,
        "tracked_sidebands": 0.4 / 0.8,
        "velocity_rms": velocity(),
    }


def velocity() -> float:
    """Of tones in g, in mm/s, within second order filters at 10 Hz and 1 kHz."""
    tones = dict(TONES)
    tones[CARRIER_HZ] = LEVEL
    for side in (-SWING_HZ, SWING_HZ):
        tones[CARRIER_HZ + side] = LEVEL * DEPTH / 2
    high = signal.butter(2, 2 * np.pi * 10, "highpass", analog=True)
    low = signal.butter(2, 2 * np.pi * 1000, analog=True)
    w = 2 * np.pi * np.array(list(tones))
    gain = np.abs(signal.freqs(*high, w)[1] * signal.freqs(*low, w)[1])
    v = np.array(list(tones.values())) * 9806.65 / w * gain
    return float(np.sqrt((v**2).sum() / 2))


def envelope_rows(x: Array) -> dict[str, float]:
    """Lines of the envelope's spectrum, and what they stand out from."""
    bins, f = np.fft.fft(x), np.fft.fftfreq(TOTAL, 1 / FS)
    bins[(f < BAND_HZ[0]) | (f >= BAND_HZ[1])] = 0
    z = 2 * np.fft.ifft(bins)
    whole = np.fft.rfft(np.abs(z))
    whole[np.fft.rfftfreq(TOTAL, 1 / FS) > RATE_HZ / 2] = 0
    fine = signal.resample(np.fft.irfft(whole), 8 * TOTAL)
    # The history ends half a window, and the delay of the decimator, before x does.
    end = (TOTAL - N // 2) / FS - (TAPS - 1) / 2 / (RATE_HZ * FACTOR)
    t = end - np.arange(LEN, 0, -1) / RATE_HZ
    history = np.interp(t, np.arange(8 * TOTAL) / (8 * FS), fine)
    taper = signal.windows.hann(LEN, sym=False)
    a = np.abs(np.fft.rfft((history - history.mean()) * taper)) * 4 / LEN
    bin_hz = RATE_HZ / LEN
    hz = np.arange(len(a)) * bin_hz

    def line(order: float) -> float:
        at = order * SPEED
        near = (hz >= at * (1 - HALFWIDTH)) & (hz <= at * (1 + HALFWIDTH))
        near[round(at / bin_hz)] = True
        return float(a[near].max())

    background = a[(hz >= 0.5 * SPEED) & (hz <= 12 * SPEED) & (hz > 0)].mean()
    order, other = 3.585, 5.415
    sides = sum(line(order + i) for i in (-1.0, 1.0, -2.0, 2.0))
    first = line(order) + line(2 * order)
    newest = np.abs(z[TOTAL - N : TOTAL - N // 2]) ** 2
    return {
        "env_line": line(order),
        "env_order": line(order) / background,
        "env_harmonics": first / background,
        "env_sidebands": sides / background,
        "env_share": first / (first + line(other) + line(2 * other)),
        "env_kurtosis": np.mean(newest**2) / np.mean(newest) ** 2,
    }


def block_rows(found: dict[str, float]) -> dict[str, float]:
    """A coordinate of other features, and the output of a layer of integers."""
    coordinate = sum(w * (found[name] - MEAN[name]) for name, w in WEIGHTS.items())
    acc = BIAS
    for name, weight in INT8_WEIGHTS.items():
        # what is quantised, less its zero point: within -128 ... 127 of int8
        q = np.clip(np.rint(found[name] / INPUT_SCALE) + INPUT_ZERO, -128, 127)
        acc += weight * int(q - INPUT_ZERO)
    q = np.floor(acc * FACTOR_Q31 / 2 ** (31 - EXPONENT) + 0.5) + OUTPUT_ZERO
    latent = OUTPUT_SCALE * (np.clip(q, -128, 127) - OUTPUT_ZERO)
    return {"component": coordinate, "latent": float(latent)}


def rows() -> dict[str, float]:
    """Each feature of the last window."""
    whole = samples()
    x = whole[-N:]
    found = {
        **time_rows(x),
        **order_rows(x),
        **spectrum_rows(x),
        **line_rows(),
        **envelope_rows(whole),
    }
    found |= block_rows(found)
    return {name: float(value) for name, value in found.items()}


if __name__ == "__main__":
    text = json.dumps(hexed(rows()), indent=1, sort_keys=True)
    (HERE / "rows.json").write_text(text + "\n")
