"""Operating regimes of a machine, found in the reference: bins, or k-means clusters."""

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit._core.regime import NONE, Regime
from ecmkit.drift.plan_parts import Regimes
from ecmkit.errors import DataError
from ecmkit.features.table import FeatureTable

__all__ = ["RegimeModel", "fit_regimes", "runs_of"]

Floats = NDArray[np.float64]
_FAR = 1.5
"""Factor on the largest distance of the reference beyond which there is no regime."""
_STARTS = 8
_ROUNDS = 100


class RegimeModel(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Tells the regime of a window, see ``ecm_regime_cfg_t``."""

    by: tuple[str, ...]
    """Values that it depends on."""
    edges: tuple[tuple[float, ...], ...] = ()
    """Between bins, in the unit of the value; float32."""
    centres: tuple[tuple[float, ...], ...] = ()
    """Or centres of clusters, of (value - center) * factor; float32."""
    center: tuple[float, ...] = ()
    factor: tuple[float, ...] = ()
    far: float = 0.0
    """Farther than that from all centres there is no regime."""
    dwell: int
    windows: tuple[int, ...]
    """Windows of the reference in each."""

    def new(self) -> Regime:
        """Return a device's that has seen nothing."""
        none = np.zeros(0, np.float32)
        rows = [np.array(row, np.float32) for row in self.edges]
        return Regime(
            rows[0] if rows else none,
            rows[1] if len(rows) > 1 else none,
            np.array(self.centres, np.float32) if self.centres else None,
            self.far,
            self.dwell,
        )

    def settings(self, inputs: dict[str, int]) -> tuple[Any, ...]:
        """Return the tuple that the binding of monitors takes, for inputs by name."""
        none = np.zeros(0, np.float32)
        rows = [np.array(row, np.float32) for row in self.edges]
        return (
            np.array([inputs[name] for name in self.by], np.uint16),
            rows[0] if rows else none,
            rows[1] if len(rows) > 1 else none,
            np.array(self.centres, np.float32) if self.centres else None,
            self.far,
            self.dwell,
            np.array(self.center, np.float32) if self.centres else None,
            np.array(self.factor, np.float32) if self.centres else None,
        )

    def assign(self, table: FeatureTable) -> NDArray[np.int64]:
        """Regime of each window, recording by recording; -1 for none.

        Parameters
        ----------
        table : FeatureTable
            Has the values, finite.
        """
        x = np.zeros((table.x.shape[0], max(2, len(self.by))), np.float32)
        values = values_of(table, self.by)
        if self.centres:
            center = np.array(self.center, np.float32)
            values = (values - center) * np.array(self.factor, np.float32)
        x[:, : len(self.by)] = values
        if self.centres:
            x = np.ascontiguousarray(x[:, : len(self.by)])
        found = np.full(len(x), -1, np.int64)
        for rows in runs_of(table.recording):
            regime = self.new()
            told = np.array([regime.update_f32(x[i]) for i in rows], np.int64)
            found[rows] = np.where(told == NONE, -1, told)
        return found

    def name(self, index: int) -> str:
        """Words for a regime, such as ``speed_hz 20 ... 30``."""
        if self.centres:
            center, factor = np.array(self.center), np.array(self.factor)
            values = np.array(self.centres[index]) / factor + center
            pairs = zip(self.by, values, strict=True)
            return ", ".join(f"{name} {value:.3g}" for name, value in pairs)
        words = []
        for name, row in zip(reversed(self.by), reversed(self.edges), strict=True):
            index, at = divmod(index, len(row) + 1)
            low = f"{row[at - 1]:.3g}" if at else ""
            high = f"{row[at]:.3g}" if at < len(row) else ""
            words.append(f"{name} {low} ... {high}".replace("  ", " ").strip())
        return ", ".join(reversed(words))


def fit_regimes(plan: Regimes, table: FeatureTable, *, seed: int) -> RegimeModel:
    """Find the regimes of a reference.

    Parameters
    ----------
    plan : Regimes
        What they depend on, and edges or the number of clusters.
    table : FeatureTable
        The reference.
    seed : int
        Of the first centres.

    Returns
    -------
    RegimeModel

    Raises
    ------
    DataError
        If a value is missing from the table, not finite, or does not vary.
    """
    values = values_of(table, plan.by)
    if plan.edges:
        rows = tuple(tuple(float(np.float32(e)) for e in row) for row in plan.edges)
        model = RegimeModel(by=plan.by, edges=rows, dwell=plan.dwell, windows=())
        count = int(np.prod([len(row) + 1 for row in rows]))
    else:
        model, count = _clusters(plan, values, seed), plan.clusters
    found = model.assign(table)
    windows = tuple(int(n) for n in np.bincount(found[found >= 0], minlength=count))
    return msgspec.structs.replace(model, windows=windows)


def values_of(table: FeatureTable, names: tuple[str, ...]) -> NDArray[np.float32]:
    """Columns of a table, shape (n, len(names)); DataError if one cannot be used."""
    for name in names:
        if name not in table.names:
            raise DataError(
                f"features: found {', '.join(table.names)}, expected `{name}`"
            )
    x = np.ascontiguousarray(table.x[:, [table.names.index(name) for name in names]])
    if not np.isfinite(x).all():
        row, column = (int(i) for i in np.argwhere(~np.isfinite(x))[0])
        raise DataError(
            f"feature `{names[column]}`: window {row}: found {x[row, column]}, "
            "expected a finite number"
        )
    return x


def runs_of(recording: NDArray[np.str_]) -> list[NDArray[np.int64]]:
    """Rows of each recording, recordings in order of first appearance."""
    _, first = np.unique(recording, return_index=True)
    return [np.flatnonzero(recording == recording[i]) for i in np.sort(first)]


def _clusters(plan: Regimes, values: NDArray[np.float32], seed: int) -> RegimeModel:
    center = values.mean(axis=0, dtype=np.float64).astype(np.float32)
    sd = values.std(axis=0, dtype=np.float64)
    for name, deviation in zip(plan.by, sd, strict=True):
        if not deviation > 0.0:
            raise DataError(f"regimes: `{name}` does not vary in the reference")
    factor = (1.0 / sd).astype(np.float32)
    x = ((values - center) * factor).astype(np.float64)
    different = np.unique(x, axis=0).shape[0]
    if different < plan.clusters:
        raise DataError(
            f"regimes: found {different} different rows of {', '.join(plan.by)}, "
            f"expected at least clusters = {plan.clusters}"
        )
    centres = _k_means(x, plan.clusters, np.random.default_rng(seed))
    centres = centres[np.lexsort(centres.T[::-1])].astype(np.float32)
    apart = np.linalg.norm(x[:, None] - centres, axis=2).min(axis=1)
    return RegimeModel(
        by=plan.by,
        centres=tuple(tuple(float(v) for v in row) for row in centres),
        center=tuple(float(v) for v in center),
        factor=tuple(float(v) for v in factor),
        far=float(np.float32(_FAR * apart.max())),
        dwell=plan.dwell,
        windows=(),
    )


def _k_means(x: Floats, k: int, rng: np.random.Generator) -> Floats:
    """Lloyd's algorithm from several starts of k-means++, the tightest of them."""
    best, least = x[:k], np.inf
    for _ in range(_STARTS):
        centres = x[rng.integers(len(x), size=1)]
        while len(centres) < k:
            near = ((x[:, None] - centres) ** 2).sum(axis=2).min(axis=1)
            pick = rng.choice(len(x), p=near / near.sum())
            centres = np.vstack([centres, x[pick]])
        for _ in range(_ROUNDS):
            near = ((x[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
            moved = np.array([
                x[near == i].mean(axis=0) if (near == i).any() else centres[i]
                for i in range(k)
            ])  # fmt: skip
            if np.array_equal(moved, centres):
                break
            centres = moved
        spread = float(((x[:, None] - centres) ** 2).sum(axis=2).min(axis=1).sum())
        if spread < least:
            best, least = centres, spread
    return best
