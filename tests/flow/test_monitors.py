"""A project's drift plan: named by its file or inline, and what it may watch."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest

from ecmkit.drift import Baseline, DriftPlan
from ecmkit.errors import DataError, FormatError
from ecmkit.features.table import FeatureTable
from ecmkit.flow import report
from ecmkit.flow.monitors import Calibrated, calibrate_plan, seen_by_the_device
from ecmkit.flow.project import load_project
from tests.flow.small import write_project

INLINE = 'detectors = [{ kind = "mean", direction = "up" }]'


def changed(folder: Path, old: str, new: str) -> Path:
    path = write_project(folder)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return path


def test_a_plan_is_inline_or_the_name_of_a_file(tmp_path: Path) -> None:
    inline = load_project(write_project(tmp_path)).drift.plan
    assert isinstance(inline, DriftPlan)
    assert inline.detectors[0].direction == "up"
    (tmp_path / "watch.toml").write_text("false_alarms = 300\n")
    text = (tmp_path / "small.toml").read_text()
    start, end = text.index("[drift.plan]"), text.index("[operate]")
    text = text[:start] + text[end:]
    labels = 'labels = ["normal"]\n\n[operate]'
    assert labels in text
    named = text.replace(labels, f'plan = "watch.toml"\n{labels}')
    (tmp_path / "small.toml").write_text(named)
    assert load_project(tmp_path / "small.toml").drift.plan == DriftPlan(
        false_alarms=300
    )
    (tmp_path / "watch.toml").write_text("false_alarm = 300\n")
    with pytest.raises(FormatError, match=r"watch.toml.*did you mean `false_alarms`"):
        load_project(tmp_path / "small.toml")


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ('detectors = [{ kind = "median" }]', "small.toml.*median"),
        ('detektors = [{ kind = "mean" }]', "detektors"),
        ("detectors = [{ kind = 'mean', shift = 99.0 }]", "shift: found 99"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, written: str, message: str) -> None:
    path = changed(tmp_path, INLINE, written)
    with pytest.raises(FormatError, match=message):
        load_project(path)


class _Compiled:
    hash = ""

    def __init__(self, kind: str, names: tuple[str, ...], outputs: np.ndarray) -> None:
        self.kind, self.outputs = kind, names
        self.values = outputs.astype(np.float32)

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.values[: len(x)]


class _Model:
    def __init__(self, kind: str, names: tuple[str, ...], outputs: np.ndarray) -> None:
        self.compiled = _Compiled(kind, names, outputs)


def test_the_table_has_what_the_device_knows() -> None:
    text = np.array(["a", "a", "b"])
    table = FeatureTable(
        x=np.ones((3, 1), np.float32), names=("rms",), units=("g",), recording=text,
        start=np.arange(3), label=text, group=text, contract_id="",
    )  # fmt: skip
    models = [
        _Model("class", ("ok", "worn"), np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]])),
        _Model("score", ("distance",), np.array([[1.0], [2.0], [3.0]])),
    ]
    found = seen_by_the_device(models, table, {"a": 10.0, "b": 20.0})  # type: ignore[arg-type]
    assert found.names == (
        "rms", "ok", "worn", "confidence", "class_id", "distance", "speed_hz",
    )  # fmt: skip
    column = {name: found.x[:, i].tolist() for i, name in enumerate(found.names)}
    assert column["class_id"] == [0, 1, 0]
    assert column["confidence"] == pytest.approx([0.9, 0.8, 0.5])
    assert column["distance"] == [1, 2, 3]
    assert column["speed_hz"] == [10, 10, 20]


class _Cache:
    """Builds at each call, and once more loads what was built."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def stage(
        self, name: str, *keys: object, build: Callable[..., None], load: Any
    ) -> Calibrated:
        build(self.folder)
        found: Calibrated = load(self.folder)
        return found


def test_what_models_find_is_learnt_by_no_device(tmp_path: Path) -> None:
    """The pattern of all features was one of all outputs too: no package took it."""
    plan = DriftPlan(
        false_alarms=1000, baseline=Baseline(windows=100), features=("rms", "distance")
    )
    reference = [SimpleNamespace(info=SimpleNamespace(id="a", speed_hz=20))]
    context: Any = SimpleNamespace(
        project=SimpleNamespace(drift=SimpleNamespace(plan=plan), seed=0),
        progress=lambda stage, text: None,
        life={"reference": reference},
        cache=_Cache(tmp_path),
    )
    recording = np.array(["a"] * 600)
    noise = np.random.default_rng(0).normal(size=(600, 2)).astype(np.float32)
    table = FeatureTable(
        x=noise[:, :1], names=("rms",), units=("g",), recording=recording,
        start=np.arange(600), label=recording, group=recording, contract_id="",
    )  # fmt: skip
    learnt: Any = [_Model("score", ("distance",), noise[:, 1:])]
    found = calibrate_plan(context, learnt, table, title="champion", needed=True)
    assert found.monitors is not None
    own = {one.score.feature: one.score.baseline for one in found.monitors.monitors}
    assert own["rms"] is not None
    assert own["distance"] is None
    names = msgspec.structs.replace(
        plan, baseline=Baseline(windows=100, features=("distance",))
    )
    context.project.drift.plan = names
    with pytest.raises(
        FormatError,
        match=r"reference stretch: baseline\.features: found 'distance', exp",
    ):
        calibrate_plan(context, learnt, table, title="champion", needed=True)


def test_a_package_without_the_plan_says_why_in_the_report(tmp_path: Path) -> None:
    """Only the challenger's may be: the champion's reference has to be long enough."""
    said: list[str] = []
    plan = DriftPlan(false_alarms="1/year", hop_s=1.0)
    context: Any = SimpleNamespace(
        project=SimpleNamespace(drift=SimpleNamespace(plan=plan), seed=0),
        progress=lambda stage, text: said.append(text),
        life={
            "reference": [SimpleNamespace(info=SimpleNamespace(id="a", speed_hz=20))]
        },
        cache=_Cache(tmp_path),
    )
    recording = np.array(["a"] * 60)
    noise = np.random.default_rng(0).normal(size=(60, 1)).astype(np.float32)
    table = FeatureTable(
        x=noise, names=("rms",), units=("g",), recording=recording,
        start=np.arange(60), label=recording, group=recording, contract_id="",
    )  # fmt: skip
    with pytest.raises(DataError, match="reference"):
        calibrate_plan(context, [], table, title="champion", needed=True)
    found = calibrate_plan(context, [], table, title="challenger", needed=False)
    assert found.monitors is None
    assert "reference" in found.refusal
    assert said[-1] == f"challenger: without the drift plan: {found.refusal}"
    rival = SimpleNamespace(built=SimpleNamespace(unwatched=found.refusal))
    closed: Any = SimpleNamespace(
        challenger_version=2, promoted=True, reason="better", rival=rival, changed=None,
        known=None,
    )  # fmt: skip
    served: Any = SimpleNamespace(champion_version=1)
    sentence = report._loop(closed, served).sentence
    assert sentence.startswith("Version 2 took the place of version 1: better. Its ")
    assert f"without the drift plan: {found.refusal.rstrip('.')}." in sentence
    rival.built.unwatched = ""
    assert report._loop(closed, served).sentence.endswith("version 1: better.")
