"""What the registry and the tracker of a project are told of a training."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec

from ecmkit.evaluate import Importance
from ecmkit.features import load_plan
from ecmkit.flow import registration
from ecmkit.flow.learn import Learnt
from ecmkit.flow.records import ModelResult
from ecmkit.registry import trackers
from ecmkit.registry.trackers import _TRACKERS
from ecmkit.train import fit_forest
from tests.synthetic import table

WORTH = (Importance(name="rms", drop=0.2, lower=0.1, upper=0.3),)


class Spy:
    """A tracker that writes down what it is told."""

    told: list[tuple[str, Any]]

    def __init__(self, project: str, run: str, place: Path) -> None:
        Spy.told = [("open", (project, run, place))]

    def log_params(self, params: dict[str, str]) -> None:
        Spy.told.append(("params", params))

    def log_metrics(self, metrics: dict[str, float], *, step: int = 0) -> None:
        Spy.told.append(("metrics", metrics))

    def log_files(self, files: dict[str, bytes]) -> None:
        Spy.told.append(("files", files))

    def close(self, *, failed: bool = False) -> None:
        Spy.told.append(("close", failed))


def test_registry_and_tracker_are_told_the_same(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(_TRACKERS, "spy", "tests.flow.test_registration:Spy")
    assert "spy" in trackers()
    data = table()
    curves = {"loss": [0.9, 0.5], "held_loss": [1.0, 0.7]}
    model = replace(fit_forest(data, n_trees=3, seed=1), curves=curves)
    one = Learnt(model=model, compiled=model.compile())
    result = ModelResult(
        name="classifier", family=model.family, result="good",
        metrics={"balanced_accuracy": 0.9}, flash_bytes=1, hash=one.compiled.hash,
    )  # fmt: skip
    kept: dict[str, Any] = {}

    def log_training(record: Any, *, files: dict[str, bytes], curves: Any) -> str:
        kept.update(record=record, files=files, curves=curves)
        return "id"

    context: Any = SimpleNamespace(
        plan=load_plan("bearing"),
        registry=SimpleNamespace(log_training=log_training),
        project=SimpleNamespace(name="pump", tracker="spy"),
        runs=tmp_path,
    )
    run_id = registration.log_training(
        context, one, result, data, data, WORTH, data_hash="d" * 64, title="champion"
    )
    assert run_id == "id"
    assert kept["record"].model_hash == model.hash
    assert kept["files"]["classifier.onnx"] == model.onnx
    assert msgspec.json.decode(kept["files"]["importance.json"])[0]["name"] == "rms"
    assert kept["curves"] == curves
    for name in ("confusion.png", "curves.png", "importance.png"):
        assert kept["files"][name].startswith(b"\x89PNG")
    told = dict(Spy.told)
    assert told["open"] == ("pump", "champion-classifier", tmp_path)
    assert told["params"] == model.params
    assert told["metrics"] == result.metrics
    assert told["files"] == kept["files"]
    assert Spy.told[-1] == ("close", False)
