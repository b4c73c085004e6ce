"""What was trained, released and asked for, kept in MLflow."""

from ecmkit.registry.records import RetrainRequest, TrainingRecord
from ecmkit.registry.store import Registry

__all__ = ["Registry", "RetrainRequest", "TrainingRecord"]
