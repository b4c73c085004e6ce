"""Registries in a temporary folder; MLflow's slow first use happens once a session."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ecmkit.registry import Registry, RetrainRequest, TrainingRecord


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database after MLflow's migrations."""
    root = tmp_path_factory.mktemp("template")
    Registry(root)
    return root / "mlflow.db"


@pytest.fixture
def root(template: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "registry"
    folder.mkdir()
    shutil.copyfile(template, folder / "mlflow.db")
    return folder


@pytest.fixture
def registry(root: Path) -> Registry:
    return Registry(root)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    (folder / "src").mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    (folder / "src" / "model.c").write_text("int x;\n")
    return folder


def training(**changes: object) -> TrainingRecord:
    values: dict[str, object] = {
        "name": "classifier",
        "family": "random-forest",
        "params": {"n_trees": "40"},
        "metrics": {"balanced_accuracy": 0.91, "recall/inner": 1.0},
        "data_hash": "d" * 64,
        "plan_hash": "p" * 64,
        "contract_id": "c" * 64,
        "table_hash": "t" * 64,
        "model_hash": "m" * 64,
        "code_version": "0.1.0",
        "seed": 3,
    }
    return TrainingRecord(**(values | changes))


def request(**changes: object) -> RetrainRequest:
    values: dict[str, object] = {
        "name": "classifier",
        "reason": "2 of 30 features drifted",
        "features": ("rms", "kurtosis"),
        "statistics": {"rms": 0.4, "kurtosis": 0.2},
        "first_window": 120,
        "last_window": 180,
        "created": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "model_id": "m" * 64,
        "contract_id": "c" * 64,
    }
    return RetrainRequest(**(values | changes))
