"""Sketches that keep some of the values: KLL and a reservoir, ``csrc/ecm_sample.h``."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit._core import sample as _sample
from ecmkit.drift.sketches import Counted, floats_of

__all__ = ["Kll", "Reservoir"]


class Kll(Counted):
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

    _core: _sample.Kll

    def __init__(self, k: int = 64, *, seed: int = 0) -> None:
        low, high = _sample.KLL_K_MIN, _sample.KLL_K_MAX
        if not low <= k <= high:
            raise ValueError(f"k is {k}, expected {low} ... {high}")
        self._settings = {"k": k, "seed": seed}
        self._core = _sample.Kll(k, seed)

    @property
    def k(self) -> int:
        """As given."""
        return self._core.k

    def update(self, x: float) -> None:
        """Take one value, finite."""
        self._core.update_f32(x)

    def update_many(self, x: ArrayLike) -> None:
        """Take values, shape (n,), finite."""
        self._core.update_many_f32(floats_of(x))

    def merge(self, other: "Kll") -> None:
        """Add the values of another sketch; the error is that of the smaller k."""
        self._core.merge(other._core)

    def quantile(self, q: float) -> float:
        """Least kept value of rank ``q n`` or more, q in 0 ... 1."""
        return self._core.quantile_f32(q)

    def rank(self, x: float) -> float:
        """Share of the values that are at most `x`."""
        return self._core.rank_f32(x)

    def _load(self, state: bytes) -> None:
        self._core = _sample.Kll.from_bytes(state)

    @classmethod
    def from_bytes(cls, state: bytes) -> Self:
        """Continue from a state, which is followed by the memory in use."""
        made = cls(_sample.Kll.from_bytes(state).k)
        made._load(state)
        return made

    def reset(self) -> None:
        """Start again with the same seed."""
        self._core = self.clone()._core


class Reservoir(Counted):
    """A fair choice of values: each is kept with the same probability.

    Parameters
    ----------
    size : int
        Values to keep, 1 ... 65535.
    seed : int
        Of the generator, 0 ... 2^32 - 1; device and host with one seed keep the same
        values.

    Raises
    ------
    ValueError
        If `size` is outside its range.

    Examples
    --------
    >>> one = Reservoir(200, seed=1)
    >>> one.update_many(np.arange(10_000.0))
    >>> one.n, one.values.size, one.ks(np.arange(10_000.0)) < 0.1
    (10000, 200, True)
    """

    _core: _sample.Reservoir

    def __init__(self, size: int, *, seed: int = 0) -> None:
        if not 1 <= size <= 65535:
            raise ValueError(f"size is {size}, expected 1 ... 65535")
        self.size = size
        self._settings = {"size": size, "seed": seed}
        self._core = _sample.Reservoir(size, seed)

    @property
    def values(self) -> NDArray[np.float32]:
        """Values kept, in no order, shape (min(n, size),)."""
        return self._core.values

    def update(self, x: float) -> None:
        """Take one value, finite."""
        self._core.update_many_f32(np.array([x], np.float32))

    def update_many(self, x: ArrayLike) -> None:
        """Take values, shape (n,), finite."""
        self._core.update_many_f32(floats_of(x))

    def ks(self, reference: ArrayLike) -> float:
        """Kolmogorov-Smirnov distance of the values kept from a sample, as on a device.

        Parameters
        ----------
        reference : array_like, shape (m,)
            Known values, finite, one or more.

        Returns
        -------
        float
            0 ... 1. `ecmkit.drift.compare_samples` tests it.

        Raises
        ------
        ValueError
            If either has no values.
        """
        known, kept = floats_of(reference).copy(), self.values
        if not known.size or not kept.size:
            raise ValueError(
                f"reference has {known.size} values and the reservoir {kept.size}, "
                "expected one or more each"
            )
        _sample.sort_f32(known)
        _sample.sort_f32(kept)
        return _sample.ks_f32(known, kept)

    @classmethod
    def from_bytes(cls, state: bytes) -> Self:
        """Continue from a state of 8 bytes and 4 a value."""
        made = cls((len(state) - 8) // 4)
        made._load(state)
        return made

    def reset(self) -> None:
        """Start again with the same seed."""
        self._core = self.clone()._core
