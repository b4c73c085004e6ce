"""Small feature tables with a known structure, for tests of models."""

import numpy as np

from ecmkit.features.table import FeatureTable

CLASSES = ("ball", "inner", "normal")


def table(
    *,
    n: int = 300,
    n_features: int = 12,
    n_classes: int = 3,
    separation: float = 1.0,
    seed: int = 0,
) -> FeatureTable:
    """Gaussian classes; features of very different size; recordings of one class."""
    rng = np.random.default_rng(seed)
    recording = np.sort(rng.integers(0, 4 * n_classes, n))
    state = recording % n_classes
    shift = separation * state[:, None] * np.linspace(0.2, 1.0, n_features)
    x = (rng.normal(size=(n, n_features)) + shift) * np.logspace(-2, 2, n_features)
    return FeatureTable(
        x=np.ascontiguousarray(x, np.float32),
        names=tuple(f"f{i}" for i in range(n_features)),
        units=("1",) * n_features,
        recording=np.array([f"r{r:02d}" for r in recording]),
        start=np.arange(n, dtype=np.int64) * 100,
        label=np.array(CLASSES[:n_classes])[state],
        group=np.array([f"m{r % 4}" for r in recording]),
        contract_id="0" * 64,
    )
