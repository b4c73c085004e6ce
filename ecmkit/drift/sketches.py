"""Streams in bounded memory: sketches whose state is that of the device.

Each takes one value or an array, merges, and moves as bytes between a device, a file
and this process; the arithmetic is that of ``csrc/ecm_sketch.h``, ``ecm_sample.h`` and
``ecm_dist.h``.
"""

import math
from typing import Literal, Self

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit._core import dist as _dist
from ecmkit._core import sample as _sample
from ecmkit._core import sketch as _sketch

__all__ = ["P2", "BinnedDistribution", "Distances", "Kll", "LogHistogram", "TopK"]

Form = Literal["fill", "tumbling", "forgetting"]
_FORMS = {
    "fill": _dist.FILL,
    "tumbling": _dist.TUMBLING,
    "forgetting": _dist.FORGETTING,
}


def _floats(x: ArrayLike) -> NDArray[np.float32]:
    values = np.ascontiguousarray(x, np.float32)
    if values.ndim != 1:
        raise ValueError(f"x has shape {values.shape}, expected (n,)")
    return values


class LogHistogram:
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
            "bins": bins,
            "divisions": divisions,
            "exponent": exponent,
            "negative": negative,
        }
        self._core = self._new()

    def _new(self) -> _sketch.Log:
        return _sketch.Log(**self._settings)  # type: ignore[arg-type]

    @property
    def relative_error(self) -> float:
        """What is promised: 1 / (2^(divisions + 1) + 1)."""
        return 1 / (2.0 ** (self._settings["divisions"] + 1) + 1)

    @property
    def n(self) -> int:
        """Values taken."""
        return self._core.n

    @property
    def minimum(self) -> float:
        """Smallest value; 0 before the first."""
        return self._core.minimum

    @property
    def maximum(self) -> float:
        """Largest value; 0 before the first."""
        return self._core.maximum

    @property
    def beyond(self) -> int:
        """Values above `largest`, for which nothing is promised but the maximum."""
        return self._core.beyond

    def update(self, x: float) -> None:
        """Take one value, finite."""
        self._core.update_f32(x)

    def update_many(self, x: ArrayLike) -> None:
        """Take values, shape (n,), finite."""
        self._core.update_many_f32(_floats(x))

    def merge(self, other: "LogHistogram") -> None:
        """Add the values of another histogram of the same settings."""
        self._core.merge(other._core)

    def quantile(self, q: float) -> float:
        """Value of rank ``floor(q (n - 1))``, q in 0 ... 1; 0 before any value."""
        return self._core.quantile_f32(q)

    def to_bytes(self) -> bytes:
        """State as the device stores it, little-endian."""
        return self._core.to_bytes()

    def from_bytes(self, state: bytes) -> Self:
        """Take over a state of the same settings; returns this histogram."""
        self._core.set_bytes(state)
        return self

    def reset(self) -> None:
        """Start again."""
        self._core = self._new()


class P2:
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

    def __init__(self, q: float) -> None:
        self.q = q
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
        self._core.update_many_f32(_floats(x))

    def to_bytes(self) -> bytes:
        """State as the device stores it: 40 bytes, little-endian."""
        return self._core.to_bytes()

    @classmethod
    def from_bytes(cls, state: bytes, *, q: float) -> Self:
        """Continue from a state."""
        made = cls(q)
        made._core.set_bytes(state)
        return made

    def reset(self) -> None:
        """Start again."""
        self._core = _sketch.P2(self.q)


class Kll:
    """Ranks within an error, whatever the stream; merges within the same error.

    Parameters
    ----------
    k : int
        8 ... 1024: 16, 64, 200 give a rank within 16 %, 4 %, 1.4 % of n with a
        probability of 99 %.
    seed : int
        Of the generator, 0 ... 2^32 - 1; device and host with one seed keep the same
        values.

    Examples
    --------
    >>> one = Kll(64, seed=1)
    >>> one.update_many(np.arange(10_000.0))
    >>> abs(one.rank(2500.0) - 0.25) < 0.04
    True
    """

    def __init__(self, k: int = 64, *, seed: int = 0) -> None:
        self._seed = seed
        self._core = _sample.Kll(k, seed)

    @property
    def n(self) -> int:
        """Values taken."""
        return self._core.n

    @property
    def k(self) -> int:
        """As given."""
        return self._core.k

    def update(self, x: float) -> None:
        """Take one value, finite."""
        self._core.update_f32(x)

    def update_many(self, x: ArrayLike) -> None:
        """Take values, shape (n,), finite."""
        self._core.update_many_f32(_floats(x))

    def merge(self, other: "Kll") -> None:
        """Add the values of another sketch; the error is that of the smaller k."""
        self._core.merge(other._core)

    def quantile(self, q: float) -> float:
        """Least kept value of rank ``q n`` or more, q in 0 ... 1."""
        return self._core.quantile_f32(q)

    def rank(self, x: float) -> float:
        """Share of the values that are at most `x`."""
        return self._core.rank_f32(x)

    def to_bytes(self) -> bytes:
        """State and memory in use, little-endian."""
        return self._core.to_bytes()

    @classmethod
    def from_bytes(cls, state: bytes) -> Self:
        """Continue from a state."""
        core = _sample.Kll.from_bytes(state)
        made = cls(core.k)
        made._core = core
        return made

    def reset(self) -> None:
        """Start again with the same seed."""
        self._core = _sample.Kll(self._core.k, self._seed)


class TopK:
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

    def __init__(self, k: int) -> None:
        self.k = k
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
        self._core.update_many(_classes(class_ids))

    def merge(self, other: "TopK") -> None:
        """Add the classes of another sketch of the same k."""
        self._core.merge(other._core)

    def to_bytes(self) -> bytes:
        """Entries as the device stores them, 12 bytes each, little-endian."""
        return self._core.to_bytes()

    @classmethod
    def from_bytes(cls, state: bytes) -> Self:
        """Continue from a state."""
        made = cls(len(state) // 12)
        made._core.set_bytes(state)
        return made

    def reset(self) -> None:
        """Start again."""
        self._core = _sketch.Top(self.k)


def _classes(x: ArrayLike) -> NDArray[np.uint32]:
    values = np.asarray(x)
    if values.ndim != 1:
        raise ValueError(f"class_ids has shape {values.shape}, expected (n,)")
    if values.size and not np.issubdtype(values.dtype, np.integer):
        raise TypeError(f"class_ids are {values.dtype}, expected integers")
    if values.size and (values.min() < 0 or values.max() >= 2**32):
        raise ValueError("class_ids: expected 0 ... 2^32 - 1")
    return np.ascontiguousarray(values, np.uint32)


class Distances(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far counted values are from their reference: ``ecm_dist_distances_t``."""

    ks: float
    """Kolmogorov-Smirnov distance at the edges, 0 ... 1."""
    chi2: float
    """Two-sample chi-squared statistic."""
    wasserstein: float
    """Wasserstein-1 between the first and the last edge [their unit]; of classes, in
    steps."""
    jensen_shannon: float
    """Square root of the divergence in nats, 0 ... 0.833."""
    psi: float
    """Population stability index, >= 0."""
    n: float
    """Independent values that the counters are worth."""
    freedom: int
    """Degrees of freedom of `chi2`."""


class BinnedDistribution:
    """Counters of a stream between reference quantiles, and five distances.

    Parameters
    ----------
    edges : array_like of float, shape (bins - 1,), or None
        Not falling, bins 2, 4, 8, 16, 32 or 64; bin b holds
        ``edges[b-1] < x <= edges[b]``. None: classes.
    shares : array_like of float, shape (bins,)
        Of the reference in each bin, sum 1; at most 64.
    reference_n : int
        Values of the reference, >= 1.
    form : {"fill", "tumbling", "forgetting"}
        Count `window_len` values and stop, count window after window, or halve all
        counters each `window_len` values.
    window_len : int
        Values, 1 ... 65535; of "forgetting" at most 32767.

    Raises
    ------
    ValueError
        If a value or a length is outside its range.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> known = rng.normal(size=2000)
    >>> one = BinnedDistribution.of_reference(known, bins=32, window_len=500)
    >>> one.update_many(rng.normal(1.0, size=1200))  # two windows, and 200 values
    [499, 999]
    >>> one.distances.ks > 0.3, len(one.to_bytes())
    (True, 80)
    """

    def __init__(
        self,
        edges: ArrayLike | None,
        shares: ArrayLike,
        *,
        reference_n: int,
        form: Form = "tumbling",
        window_len: int = 1000,
    ) -> None:
        if form not in _FORMS:
            raise ValueError(f"form is {form!r}, expected one of {', '.join(_FORMS)}")
        self.edges = None if edges is None else _floats(edges)
        self.shares = _floats(shares)
        if self.edges is not None and not (np.diff(self.edges) >= 0).all():
            raise ValueError("edges fall somewhere, expected rising ones")
        if (self.shares < 0).any() or abs(float(self.shares.sum()) - 1) > 1e-4:
            raise ValueError(
                f"shares add up to {self.shares.sum():g}, expected 1 of numbers >= 0"
            )
        self.form, self.window_len, self.reference_n = form, window_len, reference_n
        self._core = _dist.Dist(
            self.edges,
            self.shares,
            reference_n=reference_n,
            form=_FORMS[form],
            window_len=window_len,
        )

    @classmethod
    def of_reference(
        cls,
        x: ArrayLike,
        *,
        bins: int = 32,
        form: Form = "tumbling",
        window_len: int = 1000,
    ) -> Self:
        """Take edges and shares from known values.

        Parameters
        ----------
        x : array_like, shape (n,)
            Known values, finite, n >= `bins`.
        bins : int
            2, 4, 8, 16, 32 or 64, of about equal share.
        form, window_len
            As of the class.
        """
        known = _floats(x)
        if known.size < bins or not np.isfinite(known).all():
            raise ValueError(
                f"x has {known.size} values, expected {bins} or more, all finite"
            )
        wanted = np.arange(1, bins) / bins
        edges = np.quantile(known, wanted, method="inverted_cdf").astype(np.float32)
        count = np.bincount(np.searchsorted(edges, known), minlength=bins)
        return cls(
            edges,
            count / known.size,
            reference_n=known.size,
            form=form,
            window_len=window_len,
        )

    @property
    def counts(self) -> NDArray[np.uint16]:
        """Counters, shape (bins,)."""
        return self._core.counts

    @property
    def distances(self) -> Distances:
        """From the reference; zeros before the first value."""
        return msgspec.convert(self._core.distances_f32(), Distances)

    def update(self, x: float) -> bool:
        """Count one value, or one class; True if it completed a window."""
        if self.edges is None:
            return self._core.update_class(int(x))
        return self._core.update_f32(x)

    def update_many(self, x: ArrayLike) -> list[int]:
        """Count values, or classes.

        Parameters
        ----------
        x : array_like, shape (n,)
            Values without NaN, or classes 0 ... bins - 1.

        Returns
        -------
        list of int
            Index of each value that completed a window.

        Raises
        ------
        ValueError
            If a value is refused, or the counters of "fill" are full; those before it
            were counted.
        """
        if self.edges is None:
            return self._windows(_classes(x), self._core.update_many_class)
        return self._windows(_floats(x), self._core.update_many_f32)

    def _windows(self, values, count) -> list[int]:  # type: ignore[no-untyped-def]
        complete: list[int] = []
        at = 0
        while at < values.size:
            taken, ended = count(values[at:])
            at += taken
            complete += [at - 1] if ended else []
        return complete

    def merge(self, other: "BinnedDistribution") -> None:
        """Add the counters of another stream with the same edges and window."""
        same = (self.edges is None) == (other.edges is None) and (
            self.edges is None
            or other.edges is None
            or np.array_equal(self.edges, other.edges)
        )
        if not same:
            raise ValueError("other has other edges, expected the same")
        self._core.merge(other._core)

    def to_bytes(self) -> bytes:
        """State as the device stores it: 16 + 2 bins bytes, little-endian."""
        return self._core.to_bytes()

    def from_bytes(self, state: bytes) -> Self:
        """Take over a state of the same settings; returns this distribution."""
        self._core.set_bytes(state)
        return self

    def reset(self) -> None:
        """Start again."""
        self._core.reset()
