"""A project's drift plan: named by its file or inline, and what it may watch."""

from pathlib import Path

import numpy as np
import pytest

from ecmkit.drift import DriftPlan
from ecmkit.errors import FormatError
from ecmkit.features.table import FeatureTable
from ecmkit.flow.monitors import seen_by_the_device
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
    def __init__(self, kind: str, names: tuple[str, ...], values: np.ndarray) -> None:
        self.kind, self.outputs = kind, names
        self._values = values.astype(np.float32)

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self._values[: len(x)]


class _Model:
    def __init__(self, kind: str, names: tuple[str, ...], values: np.ndarray) -> None:
        self.compiled = _Compiled(kind, names, values)


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
