"""The feature table: one row per window, with names, units and origin."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ecmkit.formats import content_hash, nearest

__all__ = ["FeatureTable"]


@dataclass(frozen=True, kw_only=True)
class FeatureTable:
    """Features of windows and the recording that each window came from."""

    x: NDArray[np.float32]
    """Shape (n_windows, n_features), C order."""
    names: tuple[str, ...]
    units: tuple[str, ...]
    recording: NDArray[np.str_]
    """Id of the recording of each window, shape (n_windows,)."""
    start: NDArray[np.int64]
    """First sample of each window in its recording, shape (n_windows,)."""
    label: NDArray[np.str_]
    """Class of each window, shape (n_windows,)."""
    group: NDArray[np.str_]
    """Machine (or whatever may not be split) of each window, shape (n_windows,)."""
    contract_id: str
    """Hash of the feature contract that made the table."""
    shape: tuple[int, ...] = ()
    """Of a row as networks see it, such as (n_channels, n_samples) where the features
    are samples; () if their order means nothing."""
    target: NDArray[np.float32] | None = None
    """What regression learns, shape (n_windows,): size of a fault, remaining life, the
    reading of another sensor."""
    target_name: str = ""
    target_unit: str = ""

    def __post_init__(self) -> None:
        """Check that all columns have the same number of rows."""
        n = self.x.shape[0]
        columns = ["recording", "start", "label", "group"]
        for name in columns if self.target is None else [*columns, "target"]:
            if getattr(self, name).shape != (n,):
                raise ValueError(
                    f"{name} has shape {getattr(self, name).shape}, expected ({n},)"
                )
        if self.x.shape != (n, len(self.names)) or len(self.units) != len(self.names):
            raise ValueError(
                f"x has shape {self.x.shape} for {len(self.names)} names and "
                f"{len(self.units)} units"
            )
        if self.shape and math.prod(self.shape) != len(self.names):
            raise ValueError(
                f"shape {self.shape} for {len(self.names)} features, expected as many "
                "elements"
            )

    @property
    def hash(self) -> str:
        """SHA-256 of the content."""
        more: list[object] = [self.shape] if self.shape else []
        if self.target is not None:
            more += [self.target, self.target_name, self.target_unit]
        return content_hash(
            self.x,
            self.names,
            self.units,
            self.recording.tolist(),
            self.start,
            self.label.tolist(),
            self.group.tolist(),
            self.contract_id,
            *more,
        )

    def columns(self, names: Sequence[str]) -> "FeatureTable":
        """Return the table with these features only, in this order, without a shape.

        Raises
        ------
        ValueError
            If a name is not among the features, or is there twice.
        """
        for name in names:
            if name not in self.names or list(names).count(name) > 1:
                hint = nearest(name, self.names)
                raise ValueError(
                    f"names: found {name!r}, expected features of the table, each "
                    f"once{hint}"
                )
        at = [self.names.index(name) for name in names]
        return replace(
            self,
            x=np.ascontiguousarray(self.x[:, at]),
            names=tuple(names),
            units=tuple(self.units[i] for i in at),
            shape=(),
        )

    def rows(self, mask: NDArray[np.bool_]) -> "FeatureTable":
        """Return the windows that a boolean mask of shape (n_windows,) selects."""
        return replace(
            self,
            x=np.ascontiguousarray(self.x[mask]),
            recording=self.recording[mask],
            start=self.start[mask],
            label=self.label[mask],
            group=self.group[mask],
            target=None if self.target is None else self.target[mask],
        )
