"""Small tables of raw windows with a known structure, for tests of networks."""

import numpy as np

from ecmkit.features.table import FeatureTable

STATES = ("inner", "normal", "outer")


def waves(*, n=120, n_channels=2, n_samples=48, target=False, seed=0):
    """Sines of a frequency for each class in noise; recordings of one class."""
    rng = np.random.default_rng(seed)
    recording = np.sort(rng.integers(0, 12, n))
    state = recording % 3
    t = np.arange(n_samples)
    phase = rng.uniform(0, 6.3, (n, n_channels, 1))
    pitch = np.array([0.3, 0.6, 1.2])[state][:, None, None]
    x = np.sin(pitch * t + phase) + 0.3 * rng.normal(size=(n, n_channels, n_samples))
    x = x * np.array([1.0, 50.0])[:n_channels, None] + 3.0
    width = n_channels * n_samples
    return FeatureTable(
        x=np.ascontiguousarray(x.reshape(n, width), np.float32),
        names=tuple(f"s{i}" for i in range(width)),
        units=("g",) * width,
        recording=np.array([f"r{r:02d}" for r in recording]),
        start=np.arange(n, dtype=np.int64) * n_samples,
        label=np.array(STATES)[state],
        group=np.array([f"m{r % 4}" for r in recording]),
        contract_id="0" * 64,
        shape=(n_channels, n_samples),
        target=(10.0 + 5.0 * state).astype(np.float32) if target else None,
        target_name="size" if target else "",
        target_unit="mm" if target else "",
    )
