"""What was trained, released and asked for, kept in MLflow."""

from ecmkit.registry.environment import environment
from ecmkit.registry.records import (
    Environment,
    ModelVersion,
    RetrainRequest,
    TrainingRecord,
)
from ecmkit.registry.store import ALIASES, Registry
from ecmkit.registry.trackers import (
    MlflowTracker,
    NoTracker,
    Tracker,
    WandbTracker,
    open_tracker,
    trackers,
)

__all__ = [
    "ALIASES",
    "Environment",
    "MlflowTracker",
    "ModelVersion",
    "NoTracker",
    "Registry",
    "RetrainRequest",
    "Tracker",
    "TrainingRecord",
    "WandbTracker",
    "environment",
    "open_tracker",
    "trackers",
]
