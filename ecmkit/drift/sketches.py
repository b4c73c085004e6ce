"""Streams in bounded memory: sketches whose state is that of the device.

Each takes one value or an array, and moves as bytes between a device, a file and this
process; the arithmetic is that of ``csrc/ecm_sketch.h`` and ``ecm_moments.h``.
"""

import math
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit._core import moments as _moments
from ecmkit._core import sketch as _sketch

__all__ = [
    "P2",
    "Counted",
    "LogHistogram",
    "Moments",
    "Sketch",
    "Spanned",
    "TopK",
    "class_ids_of",
    "floats_of",
]


class Sketch:
    """What sketches add to their bindings: settings, clones, copies by pickle."""

    _core: Any
    _settings: dict[str, Any]

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments that make this sketch."""
        return dict(self._settings)

    def clone(self) -> Self:
        """Return a sketch of the same settings that took no values."""
        return type(self)(**self._settings)

    def to_bytes(self) -> bytes:
        """State as the device stores it, little-endian."""
        state: bytes = self._core.to_bytes()
        return state

    def _load(self, state: bytes) -> None:
        """Take over a state of the same settings."""
        self._core.set_bytes(state)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self._settings, self.to_bytes())

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={v!r}" for name, v in self._settings.items())
        return f"{type(self).__name__}({settings})"


class Counted(Sketch):
    """A sketch that knows how many values it took."""

    @property
    def n(self) -> int:
        """Values taken."""
        n: int = self._core.n
        return n


class Spanned(Counted):
    """One that knows the extremes too."""

    @property
    def minimum(self) -> float:
        """Smallest value; 0 before the first."""
        minimum: float = self._core.minimum
        return minimum

    @property
    def maximum(self) -> float:
        """Largest value; 0 before the first."""
        maximum: float = self._core.maximum
        return maximum


def _rebuild(cls: type[Sketch], settings: dict[str, Any], state: bytes) -> Sketch:
    made = cls(**settings)
    made._load(state)
    return made


def floats_of(x: ArrayLike) -> NDArray[np.float32]:
    """Return values as the bindings take them, shape (n,)."""
    values = np.ascontiguousarray(x, np.float32)
    if values.ndim != 1:
        raise ValueError(f"x has shape {values.shape}, expected (n,)")
    return values


def class_ids_of(x: ArrayLike) -> NDArray[np.uint32]:
    """Return class ids as the bindings take them, shape (n,)."""
    values = np.asarray(x)
    if values.ndim != 1:
        raise ValueError(f"class_ids has shape {values.shape}, expected (n,)")
    if values.size and not np.issubdtype(values.dtype, np.integer):
        raise TypeError(f"class_ids are {values.dtype}, expected integers")
    if values.size and (values.min() < 0 or values.max() >= 2**32):
        raise ValueError("class_ids: expected 0 ... 2^32 - 1")
    return np.ascontiguousarray(values, np.uint32)


class LogHistogram(Spanned):
    """Quantiles within a relative error, whatever the stream; merges exactly.

    Parameters
    ----------
    relative_error : float
        Of every quantile, 0.002 ... 0.34.
    smallest : float
        Values below it in size count as 0; > 0, rounded down to a power of two.
    largest : float
        Up to which the error is promised, > `smallest`.
    negative : bool
        Whether negative values may come; doubles the memory.

    Raises
    ------
    ValueError
        If a value is outside its range, or more than 4096 bins were needed.

    Examples
    --------
    >>> one = LogHistogram(relative_error=0.02, smallest=1e-3, largest=1e3)
    >>> one.update_many([1.0, 2.0, 3.0, 4.0])
    >>> round(one.quantile(0.5), 1), one.n, one.maximum
    (2.0, 4, 4.0)
    """

    _core: _sketch.Log

    def __init__(
        self,
        *,
        relative_error: float = 0.02,
        smallest: float = 2.0**-10,
        largest: float = 2.0**10,
        negative: bool = False,
    ) -> None:
        if not 0.002 <= relative_error <= 0.34:
            raise ValueError(
                f"relative_error is {relative_error}, expected 0.002 ... 0.34"
            )
        if not 2.0**-126 <= smallest < largest < 2.0**127:
            raise ValueError(
                f"smallest is {smallest} and largest {largest}, expected 2^-126 <= "
                "smallest < largest < 2^127"
            )
        divisions = max(0, math.ceil(math.log2(1 / relative_error - 1) - 1))
        exponent = math.floor(math.log2(smallest))
        octaves = math.floor(math.log2(largest)) + 1 - exponent
        bins = octaves << divisions
        if bins > _sketch.BINS_MAX:
            raise ValueError(
                f"{octaves} octaves at a relative error of {relative_error} take "
                f"{bins} bins, expected at most {_sketch.BINS_MAX}"
            )
        self._settings = {
            "relative_error": relative_error,
            "smallest": smallest,
            "largest": largest,
            "negative": negative,
        }
        self._divisions = divisions
        self._core = _sketch.Log(
            bins=bins, divisions=divisions, exponent=exponent, negative=negative
        )

    @property
    def relative_error(self) -> float:
        """What is promised: 1 / (2^(divisions + 1) + 1)."""
        return 1 / (2.0 ** (self._divisions + 1) + 1)

    @property
    def beyond(self) -> int:
        """Values above `largest`, for which nothing is promised but the maximum."""
        return self._core.beyond

    def update(self, x: float) -> None:
        """Take one value, finite."""
        self._core.update_f32(x)

    def update_many(self, x: ArrayLike) -> None:
        """Take values, shape (n,), finite."""
        self._core.update_many_f32(floats_of(x))

    def merge(self, other: "LogHistogram") -> None:
        """Add the values of another histogram of the same settings."""
        self._core.merge(other._core)

    def quantile(self, q: float) -> float:
        """Value of rank ``floor(q (n - 1))``, q in 0 ... 1; 0 before any value."""
        return self._core.quantile_f32(q)

    def from_bytes(self, state: bytes) -> Self:
        """Take over a state of the same settings; returns this histogram."""
        self._load(state)
        return self

    def reset(self) -> None:
        """Start again."""
        self._core = self.clone()._core


class P2(Sketch):
    """One quantile in 40 bytes; follows streams in random order, promises nothing.

    Parameters
    ----------
    q : float
        Share, 0 < q < 1.

    Examples
    --------
    >>> one = P2(0.5)
    >>> one.update_many(np.arange(101.0))
    >>> one.quantile
    50.0
    """

    _core: _sketch.P2

    def __init__(self, q: float) -> None:
        if not 0 < q < 1:
            raise ValueError(f"q is {q}, expected 0 < q < 1")
        self.q = q
        self._settings = {"q": q}
        self._core = _sketch.P2(q)

    @property
    def n(self) -> int:
        """Values taken."""
        return self._core.places[4]

    @property
    def quantile(self) -> float:
        """Estimate; 0 before the first value."""
        return self._core.quantile_f32()

    def update(self, x: float) -> None:
        """Take one value, finite."""
        self._core.update_f32(x)

    def update_many(self, x: ArrayLike) -> None:
        """Take values, shape (n,), finite."""
        self._core.update_many_f32(floats_of(x))

    @classmethod
    def from_bytes(cls, state: bytes, *, q: float) -> Self:
        """Continue from a state of 40 bytes."""
        made = cls(q)
        made._load(state)
        return made

    def reset(self) -> None:
        """Start again."""
        self._core = _sketch.P2(self.q)


class TopK(Sketch):
    """Classes more frequent than 1 in `k`, of any number of classes.

    Parameters
    ----------
    k : int
        Entries, 1 ... 256.

    Examples
    --------
    >>> one = TopK(2)
    >>> one.update_many([3, 3, 3, 5, 3, 9, 3])
    >>> one.entries[0]
    (3, 5, 0)
    """

    _core: _sketch.Top

    def __init__(self, k: int) -> None:
        if not 1 <= k <= _sketch.TOP_MAX:
            raise ValueError(f"k is {k}, expected 1 ... {_sketch.TOP_MAX}")
        self.k = k
        self._settings = {"k": k}
        self._core = _sketch.Top(k)

    @property
    def entries(self) -> list[tuple[int, int, int]]:
        """(class, count, error), the most frequent first; count - error ... count."""
        rows = self._core.entries
        used = [(int(i), int(c), int(e)) for i, c, e in rows if c]
        return sorted(used, key=lambda row: (-row[1], row[0]))

    def update(self, class_id: int) -> None:
        """Count one class, 0 ... 2^32 - 1."""
        self._core.update(class_id)

    def update_many(self, class_ids: ArrayLike) -> None:
        """Count classes, shape (n,)."""
        self._core.update_many(class_ids_of(class_ids))

    def merge(self, other: "TopK") -> None:
        """Add the classes of another sketch of the same k."""
        self._core.merge(other._core)

    @classmethod
    def from_bytes(cls, state: bytes) -> Self:
        """Continue from a state of 12 bytes an entry."""
        made = cls(len(state) // 12)
        made._load(state)
        return made

    def reset(self) -> None:
        """Start again."""
        self._core = _sketch.Top(self.k)


class Moments(Spanned):
    """Mean, variance, skewness, kurtosis and extremes in 44 bytes; merges.

    All are of the values taken, without a correction for their number; 0 before any.

    Examples
    --------
    >>> one = Moments()
    >>> one.update_many([1.0, 2.0, 3.0, 6.0])
    >>> one.n, one.mean, one.variance, one.maximum
    (4, 3.0, 3.5, 6.0)
    """

    _core: _moments.Moments

    def __init__(self) -> None:
        self._settings = {}
        self._core = _moments.Moments()

    @property
    def mean(self) -> float:
        """Arithmetic mean."""
        return self._core.result()["mean"]

    @property
    def variance(self) -> float:
        """Mean square about the mean."""
        return self._core.result()["variance"]

    @property
    def rms(self) -> float:
        """Root mean square about 0."""
        return self._core.result()["rms_about_zero"]

    @property
    def skewness(self) -> float:
        """Third standardised moment [1]."""
        return self._core.result()["skewness"]

    @property
    def kurtosis(self) -> float:
        """Fourth standardised moment [1]; of Gaussian values 3."""
        return self._core.result()["kurtosis"]

    def update(self, x: float) -> None:
        """Take one value, finite."""
        self._core.update_f32(np.array([x], np.float32))

    def update_many(self, x: ArrayLike) -> None:
        """Take values, shape (n,), finite."""
        self._core.update_f32(floats_of(x))

    def merge(self, other: "Moments") -> None:
        """Add the values of another stream."""
        self._core.merge(other._core)

    def _load(self, state: bytes) -> None:
        self._core = _moments.Moments.from_bytes(state)

    @classmethod
    def from_bytes(cls, state: bytes) -> Self:
        """Continue from a state of 44 bytes."""
        made = cls()
        made._load(state)
        return made

    def reset(self) -> None:
        """Start again."""
        self._core = self.clone()._core
