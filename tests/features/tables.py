"""Feature tables of which the useful columns are known."""

import numpy as np
from numpy.typing import NDArray

from ecmkit import data
from ecmkit.features import FeatureTable


def dataset() -> data.Dataset:
    """A healthy and a damaged bearing, two seconds each of channel DE."""
    states = (("normal", 0.0), ("inner", 0.4))
    rig = data.SimulatorConfig(
        scenario=tuple(
            data.Scenario(label=s, fault_size=mm, duration_s=1.0, recordings=2)  # type: ignore[arg-type]
            for s, mm in states
        )
    )
    return data.simulate(rig, seed=1)


def table_of(
    x: NDArray[np.float64], label: NDArray[np.str_], group: NDArray[np.str_]
) -> FeatureTable:
    """Wrap columns x0, x1, ... as features."""
    n, width = x.shape
    return FeatureTable(
        x=np.ascontiguousarray(x, np.float32),
        names=tuple(f"x{i}" for i in range(width)),
        units=("1",) * width,
        recording=np.array([f"r{g}" for g in group]),
        start=np.arange(n, dtype=np.int64),
        label=label,
        group=group,
        contract_id="0" * 64,
    )


def machines(seed: int, *, n: int = 240) -> FeatureTable:
    """Two classes on six machines.

    x0 and x1 tell the classes apart together, x2 is a copy of x0 with little noise, x3
    tells the machines apart, x4 and x5 are noise, x6 is constant.
    """
    random = np.random.default_rng(seed)
    group = np.arange(n) % 6
    label = np.arange(n) // 6 % 2
    noise = random.normal(size=(n, 6))
    x0 = label + 0.5 * noise[:, 0]
    columns = [
        x0,
        label + 0.6 * noise[:, 1],
        x0 + 0.02 * noise[:, 2],
        10.0 * group + noise[:, 3],
        noise[:, 4],
        noise[:, 5],
        np.full(n, 3.0),
    ]
    names = np.array(["normal", "faulty"])
    return table_of(np.column_stack(columns), names[label], group.astype(str))
