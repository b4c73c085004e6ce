"""Recordings and projects without files, for the tests of this folder."""

from typing import Any

import msgspec
import numpy as np

from ecmkit.data import Dataset, Recording, RecordingInfo, Scenario, SimulatorConfig
from ecmkit.flow import Project

FS_HZ = 12000.0


def recording(
    name: str, label: str = "normal", *, n: int = 20_480, seed: int = 0, **info: Any
) -> Recording:
    """Noise of `n` samples on channel DE."""
    rng = np.random.default_rng([seed, *name.encode()])
    fields: dict[str, Any] = {
        "machine": name,
        "unit": "g",
        "fs_hz": FS_HZ,
        "speed_hz": 29.5,
        **info,
    }
    return Recording(
        info=RecordingInfo(id=name, label=label, **fields),
        channels=("DE",),
        x=rng.normal(size=(1, n)).astype(np.float32),
    )


def dataset(*names: str, **more: Any) -> Dataset:
    """Recordings named like ``inner3``: the label is the name without its digits."""
    return Dataset(
        tuple(recording(name, name.rstrip("0123456789"), **more) for name in names)
    )


def project(**tables: Any) -> Project:
    """A project whose `tables` are as a project file has them."""
    rig = SimulatorConfig(scenario=(Scenario(label="normal"),))
    base: dict[str, Any] = {"name": "pump", "target": "mps2-an386"}
    raw = {**base, "data": {"simulator": msgspec.to_builtins(rig)}, **tables}
    return msgspec.convert(raw, Project)
