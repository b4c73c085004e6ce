"""Three states of some machines, and a project that learns them apart."""

from typing import Any

import numpy as np

from ecmkit.data import Dataset
from ecmkit.features import FeatureTable
from ecmkit.flow import Project
from tests.flow.recordings import project, recording

STATES = ("inner", "normal", "outer")
SMALL = {
    "classifier": {"family": "random-forest", "options": {"n_trees": 5}},
    "distance": {
        "family": "k-means",
        "labels": ["normal"],
        "options": {"n_clusters": 2},
    },
    "reconstruction": {
        "family": "autoencoder",
        "labels": ["normal"],
        "options": {"hidden": [3], "epochs": 2},
    },
}
PROJECT = project(train=SMALL, split={"by": "machine"})
QUICK = project(train=SMALL, split={"by": "machine", "show_leaky": False})


def silent(note: str) -> None:
    """Show nothing."""


def world(
    *, separation: float = 3.0, machines: int = 3, twins: bool = False
) -> tuple[FeatureTable, Dataset]:
    """Three states on each machine, 20 windows each.

    With `twins`, the windows of a recording are nearly equal and say nothing else: a
    recording can be recognised, a state cannot.
    """
    rng = np.random.default_rng(0)
    recordings, rows = [], []
    for machine in range(machines):
        for number, state in enumerate(STATES):
            name = f"{state}-m{machine}"
            recordings.append(
                recording(name, state, n=64, machine=f"m{machine}", fault_size=number)
            )
            centre = rng.normal(size=4) * 5 if twins else number * separation
            rows.append(rng.normal(size=(20, 4)) * (0.01 if twins else 1.0) + centre)
    infos = [r.info for r in recordings for _ in range(20)]
    table = FeatureTable(
        x=np.concatenate(rows).astype(np.float32),
        names=("rms", "peak", "crest", "shape"),
        units=("1",) * 4,
        recording=np.array([i.id for i in infos]),
        start=np.tile(np.arange(20) * 4096, len(recordings)),
        label=np.array([i.label for i in infos]),
        group=np.array([i.machine for i in infos]),
        contract_id="0" * 64,
    )
    return table, Dataset(tuple(recordings))


def with_train(**changes: Any) -> Project:
    return project(train={**SMALL, **changes})
