"""Checks of a sensor as a record, and those that healthy recordings allow."""

from collections.abc import Iterable
from typing import Any

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit.drift.sensor import SensorHealth

__all__ = ["SensorChecks", "learn_checks"]

_DEAD = 1 / 8
"""Least span of a block: this share of the smallest that healthy recordings have."""
_AWAY = 4.0
"""How far a mean may be away: so many times the farthest, and this much of the span."""
_AWAY_SPAN = 0.05
_SIGNATURE = 1 / 8
"""Least signature: a share as of the span. Faults of machines raise it; no limit."""
_SIGNATURE_MAX = 4.0


class SensorChecks(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Settings of ``ecm_health_cfg_t`` but full scale, which is the contract's.

    In the unit of the samples; 0 turns a check off.

    Raises
    ------
    ValueError
        If a setting is outside its range; names the field.
    """

    stuck_len: int = 64
    """Equal samples in a row that are suspect, 2 or more."""
    clip_count: int = 0
    """Samples at or beyond full scale that a window's new samples may have."""
    low: float = 0.0
    """Physical range of the quantity."""
    high: float = 0.0
    spike: float = 0.0
    """Step up and down again, or the reverse."""
    spike_count: int = 0
    """Spikes that a window's new samples may have."""
    block_len: int = 0
    """Samples over which dead band, offset and signature are judged."""
    dead_band: float = 0.0
    """Least span from the smallest to the largest sample of a block."""
    offset: float = 0.0
    """Usual mean of a block."""
    offset_limit: float = 0.0
    """How far the mean may be away."""
    signature_low: float = 0.0
    """Range of the spectral signature, 0 ... 4."""
    signature_high: float = 0.0
    rate_ppm: int = 50_000
    """How wrong the sampling rate may be, in millionths, where time stamps come."""
    rate_s: float = 1.0
    """Seconds over which the rate is judged."""

    def __post_init__(self) -> None:
        """Refuse what the device would."""
        rules = (
            ("stuck_len", 2 <= self.stuck_len < 2**32, "2 or more"),
            ("clip_count", 0 <= self.clip_count < 2**32, "0 or more"),
            ("high", self.low <= self.high, f"`low`, {self.low}, or more"),
            ("spike", self.spike >= 0.0, "0 or more"),
            ("spike_count", 0 <= self.spike_count < 2**32, "0 or more"),
            ("block_len", self.block_len != 1 and 0 <= self.block_len <= 2**24,
             "0, or 2 ... 2^24"),
            ("dead_band", self.dead_band >= 0.0, "0 or more"),
            ("offset", bool(np.isfinite(self.offset)), "a finite number"),
            ("offset_limit", self.offset_limit >= 0.0, "0 or more"),
            ("signature_low", self.signature_low >= 0.0, "0 or more"),
            ("signature_high", self.signature_low <= self.signature_high,
             f"`signature_low`, {self.signature_low}, or more"),
            ("rate_ppm", 0 <= self.rate_ppm < 10**6, "0 up to below 1,000,000"),
            ("rate_s", 0.0 < self.rate_s <= 3600.0, "above 0 up to 3600"),
        )  # fmt: skip
        for field, met, expected in rules:
            if not met:
                found = getattr(self, field)
                raise ValueError(f"`{field}`: found {found!r}, expected {expected}")
        blocks = (self.dead_band, self.offset_limit, self.signature_high)
        if any(blocks) and not self.block_len:
            raise ValueError(
                "`block_len`: found 0, expected 2 or more for `dead_band`, "
                "`offset_limit` or `signature_high`"
            )

    @property
    def judges_blocks(self) -> bool:
        """Whether any check needs samples as floats."""
        return bool(self.block_len or self.spike or self.low < self.high)

    def health(self, *, range: float, fs_hz: float) -> SensorHealth:
        """Return the device's verdict on a sensor with these checks.

        Parameters
        ----------
        range : float
            Full scale.
        fs_hz : float
            Sampling rate, for time stamps [Hz].

        Returns
        -------
        SensorHealth

        Examples
        --------
        >>> checks = SensorChecks(low=-1.5, high=1.5)
        >>> sorted(checks.health(range=2.0, fs_hz=1000.0).update_many([0.0, 1.7]))
        ['outside']
        """
        return SensorHealth(range, **self.settings(fs_hz=fs_hz))

    def settings(self, *, fs_hz: float) -> dict[str, Any]:
        """Fields of ``ecm_health_cfg_t`` but the full scale, in its order."""
        own = {
            name: getattr(self, name)
            for name in self.__struct_fields__
            if name not in ("rate_ppm", "rate_s")
        }
        period = {"period_ns": round(1e9 / fs_hz)}
        if self.rate_ppm:
            length = max(1, round(self.rate_s * fs_hz))
            period |= {"rate_ppm": self.rate_ppm, "rate_len": length}
        return {**own, **period}


def learn_checks(
    signals: Iterable[ArrayLike],
    *,
    block_len: int,
    checks: SensorChecks | None = None,
) -> SensorChecks:
    """Set the checks of blocks from recordings of a sensor that was all right.

    Dead band, offset and the lower end of the spectral signature get limits far outside
    of what the recordings show: a machine that becomes faulty, or is told to do
    something else, must not look like a loose sensor. Range, spikes and the upper end
    of the signature are not learnt: faults look like them.

    Parameters
    ----------
    signals : iterable of array_like, shape (n,)
        Samples of one channel, of machines that ran; finite.
    block_len : int
        Samples of a block; those of `checks` go before.
    checks : SensorChecks, optional
        Settings that stay as they are, but for those of blocks that are 0.

    Returns
    -------
    SensorChecks

    Raises
    ------
    ValueError
        If there is no whole block, or samples are not finite.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> found = learn_checks([rng.normal(0.1, 1.0, 4096)], block_len=512)
    >>> 0.5 < found.dead_band < 1.0, 0.1 < found.signature_low < 0.3
    (True, True)
    """
    given = checks or SensorChecks()
    n = given.block_len or block_len
    if n < 2:
        raise ValueError(f"block_len is {n}, expected 2 or more")
    rows = np.concatenate([_blocks(np.asarray(x, np.float64), n) for x in signals])
    if not rows.size:
        raise ValueError(f"found no block of {n} samples, expected at least one")
    if not np.isfinite(rows).all():
        raise ValueError("found samples that are not finite, expected none")
    span = np.ptp(rows, axis=1)
    means, variance = rows.mean(axis=1), rows.var(axis=1)
    centre = float(np.median(means))
    away = _AWAY * float(np.abs(means - centre).max()) + _AWAY_SPAN * float(span.max())
    steps = (np.diff(rows, axis=1) ** 2).sum(axis=1) / n
    moving = variance > 0.0
    learnt: dict[str, float | int] = {"block_len": n}
    if not given.dead_band:
        learnt["dead_band"] = _rounded(_DEAD * float(span.min()))
    if not given.offset_limit:
        learnt |= {"offset": _rounded(centre), "offset_limit": _rounded(away)}
    if not given.signature_high and moving.all():
        signature = float((steps / variance).min())
        learnt |= {
            "signature_low": _rounded(_SIGNATURE * signature),
            "signature_high": _SIGNATURE_MAX,
        }
    return msgspec.structs.replace(given, **learnt)


def _rounded(x: float) -> float:
    """To single precision, as the device has it."""
    return float(np.float32(x))


def _blocks(x: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Whole blocks of a signal, shape (n_blocks, n)."""
    if x.ndim != 1:
        raise ValueError(f"a signal has shape {x.shape}, expected one dimension")
    return x[: len(x) // n * n].reshape(-1, n)
