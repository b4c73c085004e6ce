"""The standard scaler, with the float32 numbers that the device will use."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Scaler"]


@dataclass(frozen=True)
class Scaler:
    """``z = (x - mean) * inv_sd`` in single precision."""

    mean: NDArray[np.float32]
    inv_sd: NDArray[np.float32]
    """0 for a feature that does not vary: it is ignored."""

    @classmethod
    def fit(cls, x: NDArray[np.float32]) -> "Scaler":
        """Mean and reciprocal standard deviation of each column, rounded once.

        Parameters
        ----------
        x : ndarray of float32, shape (n, n_features)
            Finite, n >= 1.

        Returns
        -------
        Scaler
            A column counts as constant if its standard deviation is below the
            resolution of float32 at its largest value.

        Examples
        --------
        >>> Scaler.fit(np.array([[1, 5], [3, 5]], np.float32)).inv_sd.tolist()
        [1.0, 0.0]
        """
        wide = x.astype(np.float64)
        sd = wide.std(axis=0)
        floor = np.finfo(np.float32).eps * np.abs(wide).max(axis=0)
        varies = sd > np.maximum(floor, np.finfo(np.float32).tiny)
        inv_sd = np.divide(1.0, sd, out=np.zeros_like(sd), where=varies)
        return cls(wide.mean(axis=0).astype(np.float32), inv_sd.astype(np.float32))

    def apply(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Standardise, with the roundings of ``ecm_feat_scale_f32``."""
        return (x - self.mean) * self.inv_sd
