"""Trackers: MLflow for real, Weights & Biases against what it is called with."""

import sys
import types
from pathlib import Path
from typing import Any

import mlflow
import pytest

from ecmkit.errors import MissingError
from ecmkit.registry import NoTracker, Tracker, open_tracker, trackers

EPOCHS = 120


def work(tracker: Tracker) -> None:
    """What a training does with one."""
    tracker.log_params({"epochs": str(EPOCHS)})
    for epoch in range(EPOCHS):
        tracker.log_metrics({"loss": 1.0 / (1 + epoch), "lr": 0.1}, step=epoch)
    tracker.log_files({"model.onnx": b"\x08", "plots/loss.png": b"\x89PNG"})


def test_mlflow_keeps_a_run_in_batches(root: Path, monkeypatch) -> None:
    calls = []
    original = mlflow.MlflowClient.log_batch
    monkeypatch.setattr(
        mlflow.MlflowClient,
        "log_batch",
        lambda self, *a, **k: calls.append(k) or original(self, *a, **k),
    )
    # What has waited for seconds is written too: as often as the machine is slow.
    monkeypatch.setattr(sys.modules[NoTracker.__module__], "_HELD_S", float("inf"))
    with open_tracker("mlflow", project="pump", run="first", place=root) as kept:
        work(kept)
        run_id = kept.run_id
    # One of the settings, and 240 numbers by the hundred.
    assert len(calls) == 4
    client = mlflow.MlflowClient(f"sqlite:///{root}/mlflow.db")
    run = client.get_run(run_id)
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "first"
    assert run.data.params == {"epochs": "120"}
    history = client.get_metric_history(run_id, "loss")
    assert [m.step for m in sorted(history, key=lambda m: m.step)] == [*range(EPOCHS)]
    stored = client.download_artifacts(run_id, "plots/loss.png")
    assert Path(stored).read_bytes() == b"\x89PNG"


def test_a_block_that_raises_is_a_failed_run(root: Path) -> None:
    with (
        pytest.raises(ValueError, match="lr"),
        open_tracker("mlflow", project="pump", run="first", place=root) as kept,
    ):
        kept.log_metrics({"loss": 0.5, "lr": float("nan")})
    client = mlflow.MlflowClient(f"sqlite:///{root}/mlflow.db")
    run = client.get_run(kept.run_id)
    assert run.info.status == "FAILED"
    assert run.data.metrics == {}


def test_none_keeps_nothing(tmp_path: Path) -> None:
    with open_tracker("none", project="p", run="r", place=tmp_path / "x") as kept:
        work(kept)
        assert isinstance(kept, NoTracker)
    assert list(tmp_path.iterdir()) == []


def test_unknown_trackers_are_refused() -> None:
    with (
        pytest.raises(ValueError, match="'mlfow': expected one of mlflow, none, wandb"),
        open_tracker("mlfow", project="p", run="r"),
    ):
        pass
    assert set(trackers()) == {"mlflow", "none", "wandb"}


class _Wandb(types.ModuleType):
    """The part of wandb's interface that is used, which writes down its calls."""

    def __init__(self) -> None:
        super().__init__("wandb")
        self.calls: list[Any] = []
        self.config = types.SimpleNamespace(update=self.note("config"))

    def note(self, what: str) -> Any:
        return lambda *args, **options: self.calls.append((what, args, options))

    def init(self, **options: str) -> Any:
        self.calls.append(("init", (), options))
        return types.SimpleNamespace(
            config=self.config,
            log=self.note("log"),
            log_artifact=lambda artifact: self.calls.append(("artifact", artifact)),
            finish=self.note("finish"),
        )

    class Artifact:
        def __init__(self, name: str, type: str) -> None:
            self.name, self.type = name, type
            self.files: dict[str, bytes] = {}

        def add_dir(self, folder: str) -> None:
            for path in Path(folder).rglob("*"):
                if path.is_file():
                    name = path.relative_to(folder).as_posix()
                    self.files[name] = path.read_bytes()


def test_wandb_is_called_as_it_wants(tmp_path: Path, monkeypatch) -> None:
    fake = _Wandb()
    monkeypatch.setitem(sys.modules, "wandb", fake)
    with open_tracker("wandb", project="pump", run="a b", place=tmp_path / "w") as kept:
        work(kept)
    init, config, *logs, artifact, finish = fake.calls
    place = str(tmp_path / "w")
    assert init == ("init", (), {"project": "pump", "name": "a b", "dir": place})
    assert config == ("config", ({"epochs": "120"},), {})
    assert logs[1] == ("log", ({"loss": 0.5, "lr": 0.1},), {"step": 1})
    assert len(logs) == EPOCHS
    assert artifact[1].name == "a-b"
    assert artifact[1].type == "model"
    files = {"model.onnx": b"\x08", "plots/loss.png": b"\x89PNG"}
    assert artifact[1].files == files
    assert finish == ("finish", (), {"exit_code": 0})
    with (
        pytest.raises(ValueError, match="loss"),
        open_tracker("wandb", project="pump", run="r", place=tmp_path) as kept,
    ):
        kept.log_metrics({"loss": float("nan")})
    assert fake.calls[-1] == ("finish", (), {"exit_code": 1})


def test_wandb_that_is_not_installed_says_how_to(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    with (
        pytest.raises(MissingError, match=r"pip install ecmkit\[wandb\]"),
        open_tracker("wandb", project="p", run="r", place=tmp_path),
    ):
        pass


@pytest.mark.live
def test_wandb_itself_keeps_a_run_offline(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    with open_tracker("wandb", project="pump", run="first", place=tmp_path) as kept:
        work(kept)
    (stored,) = tmp_path.glob("wandb/offline-run-*/run-*.wandb")
    assert b"loss" in stored.read_bytes()
