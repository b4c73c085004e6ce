"""What every stage of a run may look at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ecmkit import data
from ecmkit.features import FeaturePlan, FeatureTable
from ecmkit.flow.cache import StageCache
from ecmkit.flow.project import Project
from ecmkit.formats import FeatureContract
from ecmkit.registry import Registry
from ecmkit.targets import Target

__all__ = ["Context", "Progress"]

Progress = Callable[[str, str], None]
"""Called with the stage and what it is doing."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """Inputs of a run, read and checked."""

    project: Project
    plan: FeaturePlan
    contract: FeatureContract
    target: Target
    proofs: tuple[Target, ...]
    """Further targets to gate on."""
    registry: Registry
    cache: StageCache
    runs: Path
    """Folder that results go to."""
    life: Mapping[str, data.Dataset]
    """Recordings of each stretch, those that the quality check kept."""
    tables: Mapping[str, FeatureTable]
    """Features of each stretch."""
    split: data.Split
    """Of the train stretch: what the released models learn from."""
    progress: Progress
