"""What a device watches itself by, and what is not known of it."""

from dataclasses import dataclass, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit.formats import content_hash

__all__ = ["BaselineErrors", "Reference", "ScoreWatch"]


class BaselineErrors(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Errors of the scores of a device that learnt its own baseline."""

    windows: int
    """Windows that it gathers."""
    mean: float
    """Length of a reference whose scores err as much in their mean."""
    scale: float
    """The same of the scores for a change of scale."""
    gain: float
    """Deviation of ln(scale) of the scores beyond that of such a reference."""


class ScoreWatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A CUSUM over z = (ln(score + floor) - mean) * inv_sd: ``ecm_monitor_row_t``."""

    score: str
    """Name of the score that is watched."""
    floor: float
    """Added before the logarithm, > 0, in the unit of the score."""
    mean: float
    inv_sd: float
    k: float
    """Reference value of the CUSUM in standard deviations."""
    h: float
    """Limit of the CUSUM."""
    arl0: float
    """Mean number of windows between false alarms that was asked for."""
    arl0_interval: tuple[float, float]
    """Run length achieved in simulation on the reference, 95 % interval [windows]."""
    n_reference: int
    """Windows in the reference."""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Quantiles of each feature in the reference data."""

    names: tuple[str, ...]
    edges: NDArray[np.float32]
    """Shape (n_features, n_bins - 1), rising."""
    probabilities: NDArray[np.float32]
    """Shape (n_features, n_bins): share of the reference in each bin."""
    n: int
    """Windows in the reference."""
    correlation: NDArray[np.float32] | None = None
    """Shape (n_features,): windows that say as much as one independent window, >= 1;
    None if windows are independent."""

    def __post_init__(self) -> None:
        """Check the shapes against each other."""
        rows = len(self.names)
        if self.edges.ndim != 2 or self.edges.shape[0] != rows:
            raise ValueError(
                f"edges has shape {self.edges.shape}, expected ({rows}, n_bins - 1)"
            )
        bins = self.edges.shape[1] + 1
        if self.probabilities.shape != (rows, bins):
            raise ValueError(
                f"probabilities has shape {self.probabilities.shape}, expected "
                f"({rows}, {bins})"
            )
        if self.correlation is not None and self.correlation.shape != (rows,):
            raise ValueError(
                f"correlation has shape {self.correlation.shape}, expected ({rows},)"
            )

    @property
    def bins(self) -> int:
        """Bins of each feature."""
        return int(self.probabilities.shape[1])

    def coarsened(self, bins: int) -> "Reference":
        """Add up neighbouring bins until so many are left.

        Parameters
        ----------
        bins : int
            Divides the number of bins.

        Returns
        -------
        Reference
            As if it had been divided into so many bins from the start.

        Raises
        ------
        ValueError
            If `bins` does not divide their number.
        """
        if bins < 2 or self.bins % bins:
            raise ValueError(
                f"bins is {bins}, expected 2 or more that divide {self.bins}"
            )
        step = self.bins // bins
        shares = self.probabilities.astype(np.float64)
        return replace(
            self,
            edges=np.ascontiguousarray(self.edges[:, step - 1 :: step]),
            probabilities=shares.reshape(len(self.names), bins, step)
            .sum(axis=2)
            .astype(np.float32),
        )

    @property
    def hash(self) -> str:
        """SHA-256 of the content."""
        parts = [self.names, self.edges, self.probabilities, self.n]
        return content_hash(
            *parts, *([] if self.correlation is None else [self.correlation])
        )
