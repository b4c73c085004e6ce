"""What the registry stores besides files."""

from datetime import datetime
from typing import Annotated

import msgspec

__all__ = ["Environment", "ModelVersion", "RetrainRequest", "TrainingRecord"]


class TrainingRecord(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """One training: what was trained on what, with which result."""

    version: int = 1
    """Format version of this record."""
    name: str
    """Name of the model, such as ``classifier``."""
    family: str
    """Such as ``random-forest``."""
    params: dict[str, str]
    """Settings of the training, as text."""
    metrics: dict[str, float]
    """Results; all finite."""
    data_hash: str
    """Hash of the recordings."""
    plan_hash: str
    """Hash of the feature plan."""
    contract_id: str
    """Hash of the feature contract."""
    table_hash: str
    """Hash of the feature table."""
    model_hash: str
    """Hash of the model."""
    code_version: str
    """Version of ecmkit, or a revision."""
    seed: int


class Environment(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """What a training ran in."""

    version: int = 1
    """Format version of this record."""
    python: str
    """Version, such as ``3.11.7``."""
    system: str
    """Such as ``Linux``."""
    machine: str
    """Such as ``x86_64``."""
    packages: dict[str, str]
    """Version of each package that a result may depend on, of those installed."""


class ModelVersion(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """One version of a registered model."""

    name: str
    version: int
    """From 1."""
    aliases: tuple[str, ...]
    """Such as ``champion``."""
    run_id: str
    """The training that it comes from."""
    package_hash: str
    """Hash of its files."""
    created: Annotated[datetime, msgspec.Meta(tz=True)]
    about: str
    """First words of its model card; may be empty."""


class RetrainRequest(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """A wish for a new model: the arrow that closes the loop."""

    version: int = 1
    """Format version of this record."""
    name: str
    """Name of the model."""
    reason: str
    """In words, such as ``4 of 30 features drifted``."""
    features: tuple[str, ...]
    """Features that drifted; empty for a request by schedule."""
    statistics: dict[str, float]
    """Statistic of each drifted feature, and what else was measured."""
    first_window: int
    """First window that shows the change."""
    last_window: int
    """Last window that was looked at."""
    created: Annotated[datetime, msgspec.Meta(tz=True)]
    """When, with time zone; given by the caller."""
    model_id: str
    """Hash of the model in service."""
    contract_id: str
    """Hash of the feature contract in service."""
