"""A trained model: portable bytes and where they came from."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ecmkit.formats import content_hash

__all__ = ["TrainedModel"]


@dataclass(frozen=True, kw_only=True)
class TrainedModel:
    """A model as ONNX, with the lineage that the registry records."""

    name: str
    """Such as ``classifier``; a C identifier."""
    family: str
    """Such as ``random-forest``, ``k-means``, ``autoencoder``."""
    kind: Literal["class", "score", "values"]
    """Class probabilities, an anomaly score, or what regression finds."""
    onnx: bytes
    """Serialised ONNX model: features of shape (n, n_features) float32 in."""
    outputs: tuple[str, ...]
    """Class names in order, or the name of the score or value."""
    n_features: int
    calibration: NDArray[np.float32] | None = None
    """Features for quantisation, shape (n, n_features), if the model is quantised."""
    params: dict[str, str] = field(default_factory=dict)
    """Settings of the training, as text."""
    table_hash: str
    """Hash of the feature table that it was trained on."""
    contract_id: str
    """Hash of the feature contract."""
    seed: int

    @property
    def hash(self) -> str:
        """SHA-256 of the ONNX bytes and the names of the outputs."""
        return content_hash(self.onnx, self.outputs)
