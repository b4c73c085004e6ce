"""A stream's distribution as counters between reference quantiles: ``csrc/ecm_dist.h``.

The counters are those of the device; from them five distances to the reference are
taken, and tested in `ecmkit.drift.samples`.
"""

from typing import Literal, Self

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit._core import dist as _dist
from ecmkit.drift.sketches import Sketch, class_ids_of, floats_of

__all__ = ["BinnedDistribution", "Distances"]

Form = Literal["fill", "tumbling", "forgetting"]
_FORMS = {
    "fill": _dist.FILL,
    "tumbling": _dist.TUMBLING,
    "forgetting": _dist.FORGETTING,
}
_BINS = (2, 4, 8, 16, 32, 64)
_ONE_OF = ", ".join(map(str, _BINS[:-1])) + f" or {_BINS[-1]}"


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


class BinnedDistribution(Sketch):
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

    _core: _dist.Dist

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
        self.edges = None if edges is None else floats_of(edges)
        self.shares = floats_of(shares)
        if self.edges is not None and not (np.diff(self.edges) >= 0).all():
            raise ValueError("edges fall somewhere, expected rising ones")
        if (self.shares < 0).any() or abs(float(self.shares.sum()) - 1) > 1e-4:
            raise ValueError(
                f"shares add up to {self.shares.sum():g}, expected 1 of numbers >= 0"
            )
        bins = self.shares.size
        if self.edges is None and not 2 <= bins <= _BINS[-1]:
            raise ValueError(f"shares has {bins} values, expected 2 ... {_BINS[-1]}")
        if self.edges is not None:
            if bins not in _BINS:
                raise ValueError(f"shares has {bins} values, expected {_ONE_OF}")
            if self.edges.size != bins - 1:
                raise ValueError(
                    f"edges has {self.edges.size} values, expected {bins - 1}, one "
                    "less than shares"
                )
        longest = _dist.FORGETTING_MAX if form == "forgetting" else _dist.WINDOW_MAX
        if not 1 <= window_len <= longest:
            raise ValueError(f"window_len is {window_len}, expected 1 ... {longest}")
        self._settings = {
            "edges": self.edges,
            "shares": self.shares,
            "reference_n": reference_n,
            "form": form,
            "window_len": window_len,
        }
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
        if bins not in _BINS:
            raise ValueError(f"bins is {bins}, expected {_ONE_OF}")
        known = floats_of(x)
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
            return self._windows(class_ids_of(x), self._core.update_many_class)
        return self._windows(floats_of(x), self._core.update_many_f32)

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

    def from_bytes(self, state: bytes) -> Self:
        """Take over a state, 16 + 2 bins bytes, of the same settings; returns this."""
        self._load(state)
        return self

    def reset(self) -> None:
        """Start again."""
        self._core.reset()
