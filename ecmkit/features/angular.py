"""Signals by the angle of a shaft: order spectrum, synchronous average, residual."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit._core import fft, order, tacho, tsa
from ecmkit.features.samples import as_float32

__all__ = [
    "AngularSignal",
    "OrderSpectrum",
    "ShaftEdges",
    "angular_resample",
    "order_spectrum",
    "shaft_edges",
    "shaft_run",
    "synchronous_average",
]


@dataclass(frozen=True, kw_only=True)
class ShaftEdges:
    """When a shaft passed the marks of a tachometer."""

    ticks: NDArray[np.uint64]
    """Times in 2^-16 samples, rising; shape (n_edges,)."""
    fs_hz: float
    """Sampling rate."""
    pulses: int = 1
    """Edges in a turn."""

    @property
    def time_s(self) -> NDArray[np.float64]:
        """Times from the first sample, shape (n_edges,)."""
        return self.ticks.astype(np.float64) / tacho.TICKS / self.fs_hz

    @property
    def speed_hz(self) -> NDArray[np.float64]:
        """Turns per second between neighbours, shape (n_edges - 1,)."""
        return 1 / (self.pulses * np.diff(self.time_s))


def shaft_edges(
    x: ArrayLike,
    *,
    fs_hz: float,
    level: float,
    hysteresis: float,
    falling: bool = False,
    pulses: int = 1,
) -> ShaftEdges:
    """Find the edges of a tachometer signal, between samples.

    Parameters
    ----------
    x : array_like, shape (n_samples,)
        Signal, finite.
    fs_hz : float
        Sampling rate.
    level : float
        An edge is where the signal crosses it.
    hysteresis : float
        By how much it must have been on the other side: more than the noise.
    falling : bool
        Whether edges go downwards.
    pulses : int
        Edges in a turn.

    Raises
    ------
    ValueError
        If there are fewer than two edges, with the range of the signal.

    Notes
    -----
    Runs ``ecm_tacho_edges_f32``.

    Examples
    --------
    >>> t = np.arange(1000) / 1000
    >>> pulse = np.sin(2 * np.pi * 10 * t)
    >>> shaft_edges(pulse, fs_hz=1000, level=0, hysteresis=0.5).speed_hz.round(3)[:2]
    array([10., 10.])
    """
    samples = as_float32(x, "x", dims=(1,))
    _check_rate(fs_hz)
    _check_count("pulses", pulses, 4096)
    for name, value in (("level", level), ("hysteresis", hysteresis)):
        _expect(math.isfinite(value), name, value, "a finite number")
    _expect(hysteresis >= 0, "hysteresis", hysteresis, "0 or more")
    finder = tacho.TachoF32(level, hysteresis, falling)
    room = np.empty(4096, np.uint64)
    parts, at = [], 0
    while at < len(samples):
        found, used = finder.edges(samples[at:], room)
        parts.append(room[:found].copy())
        at += used
    ticks = np.concatenate(parts) if parts else np.empty(0, np.uint64)
    if len(ticks) < 2:
        low, high = (samples.min(), samples.max()) if len(samples) else (0.0, 0.0)
        raise ValueError(
            f"x: found {len(ticks)} edges at level {level:g} with hysteresis "
            f"{hysteresis:g} in a signal of {low:g} ... {high:g}, expected 2 or more"
        )
    return ShaftEdges(ticks=ticks, fs_hz=fs_hz, pulses=pulses)


def shaft_run(
    *,
    fs_hz: float,
    speed_hz: float,
    rate_hz_s: float = 0.0,
    turns: int,
    start_s: float = 0.0,
) -> ShaftEdges:
    """Make the edges of a shaft whose speed is known, one a turn.

    Parameters
    ----------
    fs_hz : float
        Sampling rate.
    speed_hz : float
        Turns per second at the first edge, above 0.
    rate_hz_s : float
        Its growth per second; negative for a run-down.
    turns : int
        Whole turns, 1 or more.
    start_s : float
        Time of the first edge from the first sample, 0 or more.

    Raises
    ------
    ValueError
        Naming the field; also if the shaft comes to rest within the turns.

    Notes
    -----
    Runs ``ecm_order_run_f32``.
    """
    _check_rate(fs_hz)
    _check_count("turns", turns, 2**31)
    _expect(math.isfinite(speed_hz) and speed_hz > 0, "speed_hz", speed_hz, "above 0")
    _expect(math.isfinite(rate_hz_s), "rate_hz_s", rate_hz_s, "a finite number")
    _expect(0 <= start_s < math.inf, "start_s", start_s, "0 or more")
    last = speed_hz**2 + 2 * rate_hz_s * turns
    if last <= 0:
        raise ValueError(
            f"rate_hz_s: found {rate_hz_s:g}, expected above "
            f"{-(speed_hz**2) / (2 * turns):g}: the shaft comes to rest after "
            f"{-(speed_hz**2) / (2 * rate_hz_s):.3g} of {turns} turns"
        )
    ticks = np.empty(turns + 1, np.uint64)
    order.run_f32(
        fs_hz, speed_hz, rate_hz_s, round(start_s * fs_hz * tacho.TICKS), ticks
    )
    return ShaftEdges(ticks=ticks, fs_hz=fs_hz, pulses=1)


@dataclass(frozen=True, kw_only=True)
class AngularSignal:
    """A signal at equal steps of angle."""

    x: NDArray[np.float32]
    """Shape (n_outputs,)."""
    per_turn: int
    """Outputs in a turn."""
    first: int
    """Angle of ``x[0]`` behind the first edge, in outputs."""

    def turns(self) -> NDArray[np.float32]:
        """Whole turns from an edge of the first mark on, shape (n_turns, per_turn)."""
        skip = -self.first % self.per_turn
        n = (len(self.x) - skip) // self.per_turn
        return self.x[skip : skip + n * self.per_turn].reshape(n, self.per_turn)


def angular_resample(
    x: ArrayLike, edges: ShaftEdges, *, per_turn: int
) -> AngularSignal:
    """Take a signal at equal steps of the angle of a shaft.

    Parameters
    ----------
    x : array_like, shape (n_samples,)
        At the rate of the edges, from the same first sample; finite. What lies above
        ``per_turn / 2`` times the lowest speed is folded: filter it out before.
    edges : ShaftEdges
        Of the shaft.
    per_turn : int
        Outputs in a turn, 1 ... 65536; more than twice the highest order.

    Raises
    ------
    ValueError
        Naming the field, what was found and expected.

    Notes
    -----
    Runs ``ecm_order_resample_f32``: within 4e-4 (-68 dB) up to a fifth of the sampling
    rate.
    """
    samples = as_float32(x, "x", dims=(1,))
    _check_count("per_turn", per_turn, 65536)
    need = order.BEFORE + order.AFTER + 1
    _expect(len(samples) >= need, "x", f"{len(samples)} samples", f"{need} or more")
    first = order.first_f32(edges.pulses, per_turn, 0, edges.ticks)
    most = len(edges.ticks) * per_turn // edges.pulses + 1 - first
    out = np.empty(max(most, 0), np.float32)
    found = order.resample_f32(
        edges.pulses, per_turn, samples, 0, edges.ticks, first, out
    )
    return AngularSignal(x=out[:found].copy(), per_turn=per_turn, first=first)


@dataclass(frozen=True, kw_only=True)
class OrderSpectrum:
    """Amplitudes at multiples of the shaft speed, whatever the speed did."""

    amplitude: NDArray[np.float32]
    """In the unit of the signal, shape (n_bins,)."""
    bin_order: float
    """From bin to bin: the inverse of the turns of a block."""
    blocks: int
    """Blocks whose power was averaged."""

    @property
    def order(self) -> NDArray[np.float64]:
        """Order of each bin, shape (n_bins,)."""
        return np.arange(len(self.amplitude), dtype=np.float64) * self.bin_order


def order_spectrum(signal: AngularSignal, *, turns: int) -> OrderSpectrum:
    """Average the spectra of blocks of whole turns, half overlapping, Hann tapered.

    Parameters
    ----------
    signal : AngularSignal
        Of at least `turns` turns.
    turns : int
        Of a block: orders that lie ``2 / turns`` apart are told apart.

    Returns
    -------
    OrderSpectrum
        Amplitude of a sinusoid of that order, averaged over blocks as power.

    Raises
    ------
    ValueError
        Naming the field, what was found and expected.
    """
    n = turns * signal.per_turn
    whole = n % 2 == 0 and fft.is_length(n // 2)
    _expect(whole, "turns", f"{turns} turns of {signal.per_turn}, {n} values",
            "2^a 3^b 5^c values, 16 ... 16384, b and c at most 1")  # fmt: skip
    found = f"{len(signal.x) / signal.per_turn:.3g} turns"
    _expect(len(signal.x) >= n, "signal", found, f"{turns} turns or more")
    plan = fft.Plan(n // 2, True)
    taper = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)).astype(np.float32)
    starts = range(0, len(signal.x) - n + 1, n // 2)
    total = np.zeros(n // 2 + 1)
    work, power = np.empty(n, np.float32), np.empty(n // 2 + 1, np.float32)
    for at in starts:
        block = signal.x[at : at + n]
        plan.power_f32(block, float(block.mean()), taper, work, power)
        total += power
    amplitude = 4 / n * np.sqrt(total / len(starts))
    amplitude[[0, -1]] /= 2
    return OrderSpectrum(
        amplitude=amplitude.astype(np.float32),
        bin_order=1 / turns,
        blocks=len(starts),
    )


def synchronous_average(
    signal: AngularSignal, *, weight: float = 0.0
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Average a signal over turns, and take the average from it.

    Parameters
    ----------
    signal : AngularSignal
        Of at least one turn.
    weight : float
        Least weight of the newest turn, 0 ... 1; 0: all turns alike.

    Returns
    -------
    average : ndarray of float32, shape (per_turn,)
        Over whole turns from an edge of the first mark on.
    residual : ndarray of float32, shape (n_outputs,)
        Signal less the average: what does not repeat with the shaft.

    Raises
    ------
    ValueError
        Naming the field, what was found and expected.

    Notes
    -----
    Runs ``ecm_tsa_update_f32`` and ``ecm_tsa_residual_f32``.
    """
    rows = signal.turns()
    found = f"{len(signal.x) / signal.per_turn:.3g} turns"
    _expect(len(rows) > 0, "signal", found, "a whole turn from an edge on")
    _expect(0 <= weight <= 1, "weight", weight, "0 ... 1")
    state = tsa.AverageF32(signal.per_turn, weight)
    state.update(np.ascontiguousarray(rows).ravel())
    average = np.empty(signal.per_turn, np.float32)
    state.mean(average)
    residual = np.empty_like(signal.x)
    state.residual(signal.first % signal.per_turn, signal.x, residual)
    return average, residual


def _check_rate(fs_hz: float) -> None:
    fits = math.isfinite(fs_hz) and fs_hz > 0
    _expect(fits, "fs_hz", fs_hz, "above 0")


def _check_count(field: str, found: int, most: int) -> None:
    _expect(1 <= found <= most, field, found, f"1 ... {most}")


def _expect(met: bool, field: str, found: object, expected: str) -> None:
    if not met:
        raise ValueError(f"{field}: found {found}, expected {expected}")
