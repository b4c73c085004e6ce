"""Features of windows by libraries that others use."""

import importlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ecmkit.features import FeaturePlan

__all__ = ["CmsisFeatures", "tsfel", "tsfresh"]

Array = NDArray[np.float32]


class CmsisFeatures:
    """What of a plan CMSIS-DSP's own functions compute, by its Python binding.

    One window of one channel a call, since that is what its functions take; no
    envelope.
    """

    def __init__(self, plan: FeaturePlan) -> None:
        self._dsp = importlib.import_module("cmsisdsp")
        self._n, self._bin_hz = plan.window_len, plan.fs_hz / plan.window_len
        self._fft = self._dsp.arm_rfft_fast_instance_f32()
        assert self._dsp.arm_rfft_fast_init_f32(self._fft, self._n) == 0
        angle = 2 * np.pi * np.arange(self._n) / self._n
        self._taper = (0.5 - 0.5 * np.cos(angle)).astype(np.float32)
        self._scale = 8 / (3 * self._n**2)
        self._k = np.arange(self._n // 2 + 1, dtype=np.float32)
        first = plan.all_channels[0]
        self._bands = {
            row.name.removeprefix(f"{first}_"): (
                int(np.ceil(row.a / self._bin_hz)),
                int(np.ceil(row.b / self._bin_hz)),
            )
            for row in plan.rows
            if "band_fraction" in row.name and row.channel == first
        }

    def __call__(self, windows: Array) -> list[dict[str, float]]:
        """Features of each of (n_windows, window_len), by the plan's names."""
        return [self._one(x) for x in windows]

    def _one(self, x: Array) -> dict[str, float]:
        dsp = self._dsp
        d = dsp.arm_offset_f32(x, -dsp.arm_mean_f32(x))
        square = dsp.arm_mult_f32(d, d)
        rms, peak = dsp.arm_rms_f32(d), dsp.arm_absmax_no_idx_f32(d)
        mean_abs = dsp.arm_mean_f32(dsp.arm_abs_f32(d))
        found = {
            "rms": rms,
            "peak": peak,
            "peak_to_peak": dsp.arm_max_no_idx_f32(d) - dsp.arm_min_no_idx_f32(d),
            "mean_abs": mean_abs,
            "skewness": dsp.arm_dot_prod_f32(square, d) / self._n / rms**3,
            "kurtosis": dsp.arm_power_f32(square) / self._n / rms**4,
            "crest": peak / rms,
            "shape": rms / mean_abs,
            "impulse": peak / mean_abs,
        }
        return found | self._spectrum(d)

    def _spectrum(self, d: Array) -> dict[str, float]:
        dsp = self._dsp
        tapered = dsp.arm_mult_f32(d, self._taper)
        bins = dsp.arm_rfft_fast_f32(self._fft, tapered, 0)
        power = np.empty(self._n // 2 + 1, np.float32)
        power[1:-1] = dsp.arm_cmplx_mag_squared_f32(bins[2:])
        power[0], power[-1] = bins[0] ** 2 / 2, bins[1] ** 2 / 2
        power = dsp.arm_scale_f32(power, 1 / dsp.arm_accumulate_f32(power))
        centre = dsp.arm_dot_prod_f32(power, self._k)
        off = dsp.arm_offset_f32(self._k, -centre)
        spread = dsp.arm_dot_prod_f32(power, dsp.arm_mult_f32(off, off))
        count = len(power)
        log = dsp.arm_vlog_f32(dsp.arm_offset_f32(power, 1e-30))
        found = {
            "centroid": centre * self._bin_hz,
            "spectral_spread": np.sqrt(spread) * self._bin_hz,
            "spectral_entropy": dsp.arm_entropy_f32(power) / np.log(count),
            "spectral_flatness": np.exp(dsp.arm_mean_f32(log)) * count,
            "spectral_crest": dsp.arm_max_no_idx_f32(power) * count,
        }
        for name, (first, past) in self._bands.items():
            found[name] = dsp.arm_accumulate_f32(power[first:past])
        return found


def tsfel(windows: Array, fs_hz: float) -> Callable[[], int]:
    """TSFEL's default features of (n_windows, n_channels, window_len), to count."""
    library = importlib.import_module("tsfel")
    pandas = importlib.import_module("pandas")
    settings = library.get_features_by_domain()
    frames = [pandas.DataFrame(x.T.astype(np.float64)) for x in windows]

    def extract() -> int:
        tables = [
            library.time_series_features_extractor(settings, x, fs=fs_hz, verbose=0)
            for x in frames
        ]
        return int(tables[0].shape[1])

    return extract


def tsfresh(windows: Array) -> Callable[[], int]:
    """Features of tsfresh's "efficient" settings, likewise."""
    library = importlib.import_module("tsfresh")
    pandas = importlib.import_module("pandas")
    sets = importlib.import_module("tsfresh.feature_extraction")
    count, channels, n = windows.shape
    frame = pandas.DataFrame(
        windows.transpose(0, 2, 1).reshape(-1, channels).astype(np.float64),
        columns=[f"c{i}" for i in range(channels)],
    )
    frame["id"], frame["at"] = (
        np.repeat(np.arange(count), n),
        np.tile(np.arange(n), count),
    )

    def extract() -> int:
        table = library.extract_features(
            frame, column_id="id", column_sort="at", n_jobs=0, disable_progressbar=True,
            default_fc_parameters=sets.EfficientFCParameters(),
        )  # fmt: skip
        return int(table.shape[1])

    return extract
