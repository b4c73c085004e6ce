"""Is the sensor all right: the device's own verdict, apart from the machine's."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from ecmkit._core import health

__all__ = ["SensorHealth"]

_BITS = {
    "nonfinite": health.NONFINITE,
    "clipped": health.CLIPPED,
    "stuck": health.STUCK,
    "missing": health.MISSING,
    "outside": health.OUTSIDE,
    "spikes": health.SPIKE,
    "dead": health.DEAD,
    "offset": health.OFFSET,
    "signature": health.SIGNATURE,
    "rate": health.RATE,
}
_WHOLE = {
    "stuck_len", "clip_count", "spike_count", "block_len", "period_ns", "rate_ppm",
    "rate_len",
}  # fmt: skip


class SensorHealth:
    """Checks of the samples of one sensor, and counters of what was wrong.

    Each setting is in the unit of the samples, or counts them; 0 turns its check off.

    Parameters
    ----------
    range : float
        Full scale; samples at or beyond it are clipped; > 0.
    stuck_len : int
        Run of equal samples that is suspect, 2 or more.
    clip_count : int
        Clipped samples that a judged stretch may have.
    low, high : float
        Physical range of the signal.
    spike : float
        Step up and down again, or the reverse.
    spike_count : int
        Spikes that a judged stretch may have.
    block_len : int
        Samples over which dead band, offset and signature are judged, 2 ... 2^24.
    dead_band : float
        Least span from the smallest to the largest sample of a block.
    offset, offset_limit : float
        Usual mean of a block, and how far it may be away.
    signature_low, signature_high : float
        Range of the mean square of the steps of a block over its variance, 0 ... 4: a
        loose mount lacks high frequencies, a broken cable has hum or noise alone.
    period_ns : int
        Time between samples, for `time`.
    rate_ppm : int
        How wrong the sampling rate may be, in millionths.
    rate_len : int
        Samples over which it is judged.

    Raises
    ------
    ValueError
        If a setting is outside its range.

    Notes
    -----
    Runs ``ecm_health_update_f32``: 104 bytes of state, 50 to 101 instructions a sample
    on a Cortex-M4F, emulated.

    Examples
    --------
    >>> sensor = SensorHealth(range=2.0, stuck_len=4, low=-1.5, high=1.5)
    >>> sorted(sensor.update_many([0.1, -0.2, 1.7, 2.5, 0.3]))
    ['clipped', 'outside']
    >>> sensor.update_many([0.2, -0.1]), sensor.counters["outside"]
    (frozenset(), 2)
    """

    def __init__(
        self,
        range: float,
        *,
        stuck_len: int = 64,
        clip_count: int = 0,
        low: float = 0.0,
        high: float = 0.0,
        spike: float = 0.0,
        spike_count: int = 0,
        block_len: int = 0,
        dead_band: float = 0.0,
        offset: float = 0.0,
        offset_limit: float = 0.0,
        signature_low: float = 0.0,
        signature_high: float = 0.0,
        period_ns: int = 0,
        rate_ppm: int = 0,
        rate_len: int = 0,
    ) -> None:
        self._settings: dict[str, Any] = {
            "range": range, "stuck_len": stuck_len, "clip_count": clip_count,
            "low": low, "high": high, "spike": spike, "spike_count": spike_count,
            "block_len": block_len, "dead_band": dead_band, "offset": offset,
            "offset_limit": offset_limit, "signature_low": signature_low,
            "signature_high": signature_high, "period_ns": period_ns,
            "rate_ppm": rate_ppm, "rate_len": rate_len,
        }  # fmt: skip
        for name in _WHOLE:
            if not 0 <= self._settings[name] < 2**32:
                raise ValueError(
                    f"{name} is {self._settings[name]}, expected 0 ... 2^32 - 1"
                )
        self._health = health.Health(**self._settings)
        self._verdict: frozenset[str] = frozenset()

    def update(self, x: float) -> Self:
        """Judge one sample, of any value; the object itself, with its `verdict`."""
        self.update_many([x])
        return self

    def update_many(self, x: ArrayLike) -> frozenset[str]:
        """Judge a stretch of samples.

        Parameters
        ----------
        x : array_like, shape (n,)
            Samples, of any value; integers of 16 bits stay integers.

        Returns
        -------
        frozenset of str
            What is wrong with this stretch, empty if nothing is: names of `counters`
            but ``lost``.

        Raises
        ------
        ValueError
            If `x` has another shape.
        """
        values = np.asarray(x)
        if values.ndim != 1:
            raise ValueError(f"x has shape {values.shape}, expected one dimension")
        if values.dtype == np.int16:
            bits = self._health.update_s16(np.ascontiguousarray(values))
        else:
            bits = self._health.update_f32(np.ascontiguousarray(values, np.float32))
        return self._names(bits)

    def time(self, t_us: int, x_len: int) -> frozenset[str]:
        """Judge a time stamp.

        Parameters
        ----------
        t_us : int
            Time of the first of `x_len` samples [microseconds], modulo 2^32.
        x_len : int
            Samples that come with it.

        Returns
        -------
        frozenset of str
            ``missing`` if samples are missing before this one, ``rate`` while the last
            span had a wrong rate.
        """
        return self._names(self._health.time(t_us % 2**32, x_len))

    def gap(self) -> None:
        """Note that samples were lost: the next one starts a new run and block."""
        self._health.gap()

    @property
    def verdict(self) -> frozenset[str]:
        """What was wrong at the last call."""
        return self._verdict

    @property
    def counters(self) -> dict[str, int]:
        """How often each was wrong since the start, and samples ``lost``."""
        return self._health.counters

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments that make this object."""
        return dict(self._settings)

    def reset(self) -> None:
        """Clear all counters."""
        self._health.reset()
        self._verdict = frozenset()

    def clone(self) -> Self:
        """Return one of the same settings that took no samples."""
        return type(self)(**self._settings)

    def to_bytes(self) -> bytes:
        """State, with the bytes that a device keeps."""
        return self._health.to_bytes()

    @classmethod
    def from_bytes(cls, state: bytes, **settings: Any) -> Self:
        """Continue from a state, such as `to_bytes` or a device stored.

        Parameters
        ----------
        state : bytes
            Of `to_bytes`.
        **settings
            As for the constructor.

        Returns
        -------
        SensorHealth
            Where the state left off.

        Raises
        ------
        ValueError
            If the length is wrong.
        """
        found = cls(**settings)
        found._health.load(state)
        return found

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self._settings, self.to_bytes())

    def _names(self, bits: int) -> frozenset[str]:
        self._verdict = frozenset(name for name, bit in _BITS.items() if bits & bit)
        return self._verdict


def _rebuild(
    cls: type[SensorHealth], settings: dict[str, Any], state: bytes
) -> SensorHealth:
    return cls.from_bytes(state, **settings)
