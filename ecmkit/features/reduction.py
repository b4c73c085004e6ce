"""Principal components of a feature table, in the form that a device computes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecmkit._core import project
from ecmkit.errors import DataError
from ecmkit.features.optional import require
from ecmkit.features.table import FeatureTable
from ecmkit.formats import ProjectStep, content_hash

__all__ = ["PrincipalComponents", "fit_pca"]


@dataclass(frozen=True, kw_only=True)
class PrincipalComponents:
    """A linear map from features to coordinates: ``ecm_project_t``."""

    features: tuple[str, ...]
    """Names of what goes in, in order."""
    mean: NDArray[np.float32]
    """Shape (n_features,): subtracted first."""
    components: NDArray[np.float32]
    """Shape (n_components, n_features), the largest first, scaling included."""
    explained: NDArray[np.float64]
    """Share of the variance that each one holds, shape (n_components,)."""

    def step(self) -> ProjectStep:
        """Return what a plan takes as `project`, if it has these features."""
        return ProjectStep(
            mean=tuple(self.mean.tolist()),
            components=tuple(tuple(row) for row in self.components.tolist()),
        )

    def apply(self, table: FeatureTable) -> FeatureTable:
        """Compute the coordinates of every window, by the C code of the device.

        Returns
        -------
        FeatureTable
            Features ``pc1``, ``pc2``, ... of unit 1.

        Raises
        ------
        DataError
            If the table has other features.
        """
        if table.names != self.features:
            raise DataError(
                f"table: found features {', '.join(table.names)}, expected "
                f"{', '.join(self.features)}"
            )
        out = np.empty((len(table.x), len(self.components)), np.float32)
        project.project_f32(self.mean, self.components, table.x, out)
        names = tuple(f"pc{i + 1}" for i in range(len(self.components)))
        return FeatureTable(
            x=out,
            names=names,
            units=("1",) * len(names),
            recording=table.recording,
            start=table.start,
            label=table.label,
            group=table.group,
            contract_id=content_hash(table.contract_id, self.mean, self.components),
        )


def fit_pca(
    table: FeatureTable,
    *,
    n_components: int | None = None,
    share: float | None = None,
    scale: bool = True,
) -> PrincipalComponents:
    """Find the directions in which the features of a table vary most.

    Parameters
    ----------
    table : FeatureTable
        Windows to learn from, best of normal operation only; finite.
    n_components : int, optional
        How many, 1 ... min(n_windows, n_features).
    share : float, optional
        Instead: as many as hold this share of the variance, above 0 to 1.
    scale : bool
        Divide each feature by its standard deviation first, so that units do not
        matter; a feature that does not vary is ignored then.

    Returns
    -------
    PrincipalComponents
        In single precision; the sign of each is such that its largest weight is
        positive.

    Raises
    ------
    ValueError
        If not exactly one of `n_components` and `share` is given, or out of range.
    DataError
        If the table is not finite or nothing in it varies.
    MissingError
        If scikit-learn is not installed.

    References
    ----------
    K. Pearson, Phil. Mag. 2 (1901), 559-572. Computed by scikit-learn.
    """
    if (n_components is None) == (share is None):
        raise ValueError(
            f"n_components, share: found {n_components} and {share}, expected just one"
        )
    most = min(table.x.shape)
    if n_components is not None and not 1 <= n_components <= most:
        raise ValueError(f"n_components: found {n_components}, expected 1 ... {most}")
    if share is not None and not 0 < share <= 1:
        raise ValueError(f"share: found {share}, expected above 0, at most 1")
    if not np.isfinite(table.x).all():
        raise DataError("table: found values not finite, expected finite features")
    wide = table.x.astype(np.float64)
    mean, sd = wide.mean(axis=0), wide.std(axis=0)
    varies = sd > np.finfo(np.float32).eps * np.abs(wide).max(axis=0, initial=0.0)
    if not varies.any():
        raise DataError("table: found features that do not vary, expected some that do")
    inv_sd = np.divide(1.0, sd, out=np.zeros_like(sd), where=varies)
    factor = inv_sd if scale else varies.astype(np.float64)
    decomposition = require("sklearn.decomposition", "scikit-learn", extra="train")
    model = decomposition.PCA(svd_solver="full").fit((wide - mean) * factor)
    explained = model.explained_variance_ratio_
    count = n_components
    if count is None:
        reached = np.cumsum(explained) >= float(share or 1.0) - 1e-12
        count = int(np.argmax(reached)) + 1 if reached.any() else len(explained)
    directions = model.components_[:count]
    largest = np.abs(directions).argmax(axis=1)
    signs = np.sign(directions[np.arange(count), largest])
    return PrincipalComponents(
        features=table.names,
        mean=mean.astype(np.float32),
        components=np.ascontiguousarray(
            directions * signs[:, None] * factor, dtype=np.float32
        ),
        explained=explained[:count],
    )
