"""Vibration severity: RMS of velocity in a band, as a device measures it."""

import math
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit._core import velocity as core
from ecmkit._core import velocity_q15
from ecmkit.features.samples import as_float32
from ecmkit.features.units import ACCELERATIONS, unit_change
from ecmkit.formats import nearest

__all__ = [
    "VelocityDesign",
    "VelocityIntegers",
    "VelocityReadings",
    "VelocitySettings",
    "velocity_rms",
]

_ROOM = 6.0
"""Least rate of the outputs over the upper edge: then what a halving folds onto a
frequency of the band is more than five times as high."""
_ERROR = 0.01
_SETTLE = 4.0
"""Periods of the lower edge until what was before the first sample is forgotten: to
2e-8."""


class VelocitySettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """A design as a device has it: the fields of ``ecm_velocity_cfg_f32_t``."""

    c1: float
    c2: float
    a1: float
    a2: float
    b1: float
    gain: float
    factor: int
    settle_len: int
    block_len: int

    def meter(self) -> core.VelocityF32:
        """Make a meter at its start."""
        return core.VelocityF32(**msgspec.structs.asdict(self))


class VelocityIntegers(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """A design for 16-bit samples: the fields of ``ecm_velocity_q15_cfg_t``."""

    c1: int
    c2: int
    c1_shift: int
    c2_shift: int
    b0: int
    b1: int
    a1: int
    a2: int
    up: int
    factor: int
    gain: int
    settle_len: int
    block_len: int

    def meter(self) -> velocity_q15.VelocityQ15:
        """Make a meter at its start."""
        return velocity_q15.VelocityQ15(**msgspec.structs.asdict(self))


class VelocityDesign(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """What a meter of vibration velocity shall do; construction checks the fields.

    The response is that of an integrator between a Butterworth high-pass and a
    Butterworth low-pass of second order each, -3 dB at the edges of the band.

    Examples
    --------
    >>> design = VelocityDesign(fs_hz=25600, unit="g")
    >>> design.settings().factor, design.error() < 0.001
    (4, True)
    """

    fs_hz: float
    """Sampling rate, at least 2.56 times `hi_hz`."""
    unit: str
    """Of the samples: g, m/s^2 or mm/s^2."""
    lo_hz: float = 10.0
    hi_hz: float = 1000.0
    span_s: float = 1.0
    """The mean is taken over this time at least: 1 s, and ten periods of `lo_hz`, or
    more."""
    to_unit: str = "mm/s"

    def __post_init__(self) -> None:
        """Check the fields one by one."""
        for field in ("fs_hz", "lo_hz", "hi_hz", "span_s"):
            value = getattr(self, field)
            _expect(math.isfinite(value) and value > 0, field, value, "above 0")
        expected = f"an acceleration: {', '.join(ACCELERATIONS)}"
        expected += nearest(self.unit, ACCELERATIONS)
        _expect(self.unit in ACCELERATIONS, "unit", repr(self.unit), expected)
        times, _ = unit_change(self.unit, self.to_unit)
        _expect(times == 1, "to_unit", repr(self.to_unit), "a velocity")
        rises = 2 * self.lo_hz <= self.hi_hz
        _expect(rises, "lo_hz", self.lo_hz, f"at most half of hi_hz, {self.hi_hz:g}")
        least = 2.56 * self.hi_hz
        found = f"{self.fs_hz:g} Hz"
        _expect(
            self.fs_hz >= least, "fs_hz", found, f"at least {least:g} Hz, 2.56 hi_hz"
        )
        slow = self.lo_hz / self.fs_hz
        _expect(slow >= 1e-5, "lo_hz", self.lo_hz, f"at least {1e-5 * self.fs_hz:g} Hz")
        least = max(1.0, 10.0 / self.lo_hz)
        _expect(self.span_s >= least, "span_s", self.span_s, f"at least {least:g} s")

    def settings(self) -> VelocitySettings:
        """Design the parts and round them to single precision.

        Poles are those of the analogue filters (matched z-transform); the zero of the
        low-pass makes good what the halvings and the differences take from the band.

        Raises
        ------
        ValueError
            If the response is off by more than 1 % somewhere in the band.
        """
        factor = self._factor()
        rate = self.fs_hz / factor
        p1, p2 = _poles(self.lo_hz / rate)
        a1, a2 = _poles(self.hi_hz / rate)
        f = np.geomspace(self.lo_hz, self.hi_hz, 400)
        rest = self._section(f, 1 + p1 + p2, 1 - p2) / self._low(f, a1, a2, 0.0)[1]
        rest *= self._halvings(f)
        b0, b1 = _zero(f / rate, self.target(f) / rest)
        single = [float(np.float32(v)) for v in (1 - p2, 1 + p1 + p2, a1, a2, b1 / b0)]
        pair = 2 * factor
        settings = VelocitySettings(
            c1=single[0],
            c2=single[1],
            a1=single[2],
            a2=single[3],
            b1=single[4],
            gain=float(np.float32(b0)),
            factor=factor,
            settle_len=math.ceil(_SETTLE * self.fs_hz / self.lo_hz / pair),
            block_len=math.ceil(self.span_s * self.fs_hz / pair / core.BLOCKS),
        )
        error = self._error(settings)
        _expect(error <= _ERROR, "response", f"off by {error:.2%}", f"{_ERROR:.0%}")
        return settings

    def integers(self, *, range: float) -> VelocityIntegers:
        """Design the parts for samples of 16 bits and a core without floats.

        Parameters
        ----------
        range : float
            Full scale [`unit`]: a sample of -32768 is minus that.

        Raises
        ------
        ValueError
            If the response is off by more than 1 % somewhere in the band, or the range
            is so small that Q16.16 of `to_unit` cannot hold a count.
        """
        fits = math.isfinite(range) and range > 0
        _expect(fits, "range", range, "above 0")
        real = self.settings()
        c1, c1_shift = _mantissa(real.c1)
        c2, c2_shift = _mantissa(real.c2)
        a1, a2 = (round(v * 2**14) for v in (real.a1, real.a2))
        # Gain 1 at the lowest frequencies; b1 over b0 as designed.
        b0 = (2**14 + a1 + a2) / (1 + real.b1)
        b0, b1 = round(b0), round(b0 * real.b1)
        halved = {1: 1, 2: 8, 4: 64}[real.factor]
        most = {1: 14, 2: 11, 4: 8}[real.factor]
        up = min(most, math.floor(30 - math.log2(2**15 * halved / real.c1)))
        _expect(up >= 0, "lo_hz", self.lo_hz, "higher: no room for its amplitudes")
        rounded = VelocitySettings(
            c1=c1 / 2 ** (16 + c1_shift),
            c2=c2 / 2 ** (16 + c2_shift),
            a1=a1 / 2**14,
            a2=a2 / 2**14,
            b1=b1 / b0,
            gain=1.0,
            factor=real.factor,
            settle_len=2 * real.settle_len,
            block_len=2 * real.block_len,
        )
        # The gain that makes the error of the rounded response least.
        f = np.geomspace(self.lo_hz, self.hi_hz, 400)
        ratio = self.target(f) / self._response(rounded, f)
        scale = float(ratio.max() + ratio.min()) / 2
        error = float(ratio.max() - ratio.min()) / 2 / scale
        _expect(error <= _ERROR, "response", f"off by {error:.2%}", f"{_ERROR:.0%}")
        # What a count of y means: samples of range / 2^15, up and b0 / 2^14 on the way.
        count = scale * range / 2**15 / 2**up / (b0 / 2**14)
        gain = round(count * 2**16 * 2**32)
        expected = f"at most {range / (gain / 2**32):g} {self.unit}"
        _expect(0 < gain < 2**32, "range", f"{range:g} {self.unit}", expected)
        return VelocityIntegers(
            c1=c1,
            c2=c2,
            c1_shift=c1_shift,
            c2_shift=c2_shift,
            b0=b0,
            b1=b1,
            a1=a1,
            a2=a2,
            up=up,
            factor=real.factor,
            gain=gain,
            settle_len=2 * real.settle_len,
            block_len=2 * real.block_len,
        )

    def target(self, f_hz: ArrayLike) -> NDArray[np.float64]:
        """Response that is meant: velocity [`to_unit`] per acceleration [`unit`].

        Parameters
        ----------
        f_hz : array_like
            Frequencies above 0.
        """
        f = np.asarray(f_hz, np.float64)
        _, scale = unit_change(self.unit, self.to_unit)
        lo, hi = f / self.lo_hz, f / self.hi_hz
        both = np.sqrt(1 + lo**4) * np.sqrt(1 + hi**4)
        out: NDArray[np.float64] = scale / (2 * np.pi * f) * lo**2 / both
        return out

    def response(self, f_hz: ArrayLike) -> NDArray[np.float64]:
        """Response of the rounded settings to a sinusoid of any frequency.

        Parameters
        ----------
        f_hz : array_like
            Frequencies, above 0 up to half of `fs_hz`: what is folded counts where it
            comes from.
        """
        return self._response(self.settings(), np.asarray(f_hz, np.float64))

    def error(self) -> float:
        """Largest deviation of the response from what is meant, within the band."""
        return self._error(self.settings())

    @property
    def warm_up_s(self) -> float:
        """Time to the first reading."""
        s = self.settings()
        pairs = s.settle_len + core.BLOCKS * s.block_len
        return pairs * 2 * s.factor / self.fs_hz

    def _factor(self) -> int:
        for factor in (4, 2):
            if self.fs_hz >= factor * _ROOM * self.hi_hz:
                return factor
        return 1

    def _halvings(self, f: NDArray[np.float64]) -> NDArray[np.float64]:
        out, factor, rate = np.ones_like(f), self._factor(), self.fs_hz
        while factor > 1:
            out *= 8 * np.abs(np.cos(np.pi * f / rate)) ** 3
            factor, rate = factor // 2, rate / 2
        return out

    def _section(
        self, f: NDArray[np.float64], c2: float, c1: float
    ) -> NDArray[np.float64]:
        z = np.exp(-2j * np.pi * f * self._factor() / self.fs_hz)
        below = 1 + (c1 + c2 - 2) * z + (1 - c1) * z**2
        out: NDArray[np.float64] = np.abs((1 - z) / below)
        return out

    def _low(
        self, f: NDArray[np.float64], a1: float, a2: float, b1: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        z = np.exp(-2j * np.pi * f * self._factor() / self.fs_hz)
        return np.abs(1 + b1 * z), np.abs(1 + a1 * z + a2 * z**2)

    def _response(
        self, s: VelocitySettings, f: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        above, below = self._low(f, s.a1, s.a2, s.b1)
        parts = self._halvings(f) * self._section(f, s.c2, s.c1)
        return s.gain * parts * above / below

    def _error(self, s: VelocitySettings) -> float:
        f = np.geomspace(self.lo_hz, self.hi_hz, 2000)
        return float(np.abs(self._response(s, f) / self.target(f) - 1).max())


@dataclass(frozen=True, kw_only=True)
class VelocityReadings:
    """RMS of velocity along a recording, each reading over the span before it."""

    rms: NDArray[np.float32]
    """In the unit of the design, shape (n_readings,)."""
    end_s: NDArray[np.float64]
    """End of the span of each, from the first sample; shape (n_readings,)."""
    design: VelocityDesign


def velocity_rms(x: ArrayLike, design: VelocityDesign) -> VelocityReadings:
    """Measure the RMS of velocity of a signal in a band.

    Parameters
    ----------
    x : array_like, shape (n_samples,)
        Acceleration [`design.unit`] at `design.fs_hz`, finite.
    design : VelocityDesign
        Rate, unit, band and span.

    Returns
    -------
    VelocityReadings
        One for each eighth of the span, the first after `design.warm_up_s`.

    Raises
    ------
    TypeError, ValueError
        Naming the field, what was found and expected; also if the signal ends before
        the first reading.

    Notes
    -----
    Runs ``ecm_velocity_update_f32``.

    Examples
    --------
    >>> design = VelocityDesign(fs_hz=12800, unit="m/s^2")
    >>> t = np.arange(38400) / 12800
    >>> velocity_rms(np.sin(2 * np.pi * 100 * t), design).rms[-1].round(2)  # 1.125
    np.float32(1.13)
    """
    samples = as_float32(x, "x", dims=(1,))
    settings = design.settings()
    pair = 2 * settings.factor
    first = (settings.settle_len + core.BLOCKS * settings.block_len) * pair
    if len(samples) < first:
        raise ValueError(
            f"x: found {len(samples)} samples, {len(samples) / design.fs_hz:.3g} s, "
            f"expected at least {first}, {first / design.fs_hz:.3g} s: the filters "
            f"settle and the mean takes {design.span_s:g} s"
        )
    ends = range(first, len(samples) + 1, settings.block_len * pair)
    meter, rms, at = settings.meter(), np.empty(len(ends), np.float32), 0
    for i, end in enumerate(ends):
        meter.update(samples[at:end])
        rms[i] = meter.rms()
        at = end
    end_s = np.array(ends, np.float64) / design.fs_hz
    return VelocityReadings(rms=rms, end_s=end_s, design=design)


def _mantissa(value: float) -> tuple[int, int]:
    """Write a number below 1/2 as m / 2^16 / 2^shift with 2^14 <= m < 2^15."""
    shift = 0
    while round(value * 2 ** (16 + shift)) < 2**14:
        shift += 1
    return min(round(value * 2 ** (16 + shift)), 2**15 - 1), shift


def _poles(relative: float) -> tuple[float, float]:
    """Coefficients of a Butterworth section by the matched z-transform."""
    w = 2 * math.pi * relative / math.sqrt(2)
    return -2 * math.exp(-w) * math.cos(w), math.exp(-2 * w)


def _zero(
    relative: NDArray[np.float64], target: NDArray[np.float64]
) -> tuple[float, float]:
    """Find b0 + b1/z of nearly this magnitude: the largest relative error is least.

    |b0 + b1/z|^2 is linear in (b0 + b1)^2 and (b0 - b1)^2; the weights are moved to
    where the error is largest (Lawson).
    """
    s = np.sin(np.pi * relative) ** 2
    columns = np.stack([1 - s, s], axis=1) / target[:, None] ** 2
    weight = np.ones(len(s))
    best, found = math.inf, (1.0, 0.0)
    for _ in range(50):
        root = np.sqrt(weight)
        sums = np.linalg.lstsq(columns * root[:, None], root, rcond=None)[0]
        u, v = np.sqrt(np.maximum(sums, 0.0))
        off = np.abs(columns @ sums - 1)
        if off.max() < best:
            best, found = float(off.max()), (float(u + v) / 2, float(u - v) / 2)
        weight *= off + 1e-12
        weight /= weight.mean()
    return found


def _expect(met: bool, field: str, found: object, expected: str) -> None:
    if not met:
        raise ValueError(f"{field}: found {found}, expected {expected}")
