"""An application whose parts contradict each other is refused by name."""

from dataclasses import replace

import numpy as np
import pytest

from ecmkit.drift import SensorChecks
from ecmkit.drift.records import Reference
from ecmkit.graph.ir import Port, Tensor
from tests.package.sample import application, contract, models


def test_names_and_orders() -> None:
    app = application()
    assert app.classes == ("healthy", "inner", "outer")
    assert app.outputs == ("healthy", "inner", "outer", "distance")
    assert [model.name for model in app.scores] == ["anomaly"]


def test_the_model_id_follows_models_and_limits_but_not_the_device() -> None:
    app = application()
    assert application(device_id=8).model_id == app.model_id
    changed = (models()[0], replace(models()[1], source=models()[1].source + "\n"))
    assert application(models=changed).model_id != app.model_id


FIVE = Port("features", Tensor("f32", (1, 5)))
WHOLE = Port("features", Tensor("s16", (1, 6)))
SHORT = Reference(
    names=contract().names,
    edges=np.zeros((6, 3), np.float32),
    probabilities=np.zeros((6, 4), np.float32),
    n=1,
)
OTHER = Reference(
    names=("a",),
    edges=np.zeros((1, 7), np.float32),
    probabilities=np.zeros((1, 8), np.float32),
    n=1,
)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "a b"}, "name is 'a b', expected a C identifier"),
        ({"watches": ()}, "watches are for no score, expected one for each of dist"),
        ({"models": (models()[0],) * 2}, "same name: classifier, classifier"),
        (
            {"models": (replace(models()[0], inputs=(FIVE,)),)},
            "takes 5 features",
        ),
        (
            {
                "models": tuple(
                    replace(models()[0], name=name, kind="values") for name in "ab"
                )
            },
            "6 outputs of kind 'values', expected at most 4",
        ),
        (
            {"models": (replace(models()[0], kind="values", outputs=("hours",)),)},
            "model classifier has 3 outputs, expected as many names; found hours",
        ),
        (
            {"models": (replace(models()[0], state_bytes=16),)},
            "keeps 16 bytes from run to run, expected none",
        ),
        (
            {"models": (replace(models()[0], inputs=(WHOLE,)),)},
            "takes features s16.1, 6., expected the features in float32 alone",
        ),
        (
            {"models": (replace(models()[0], inputs=(*models()[0].inputs, FIVE)),)},
            "expected the features in float32 alone",
        ),
        ({"models": (replace(models()[0], align=8),)}, "elements of 8 bytes"),
        (
            {"models": (*models(), replace(models()[1], name="twin"))},
            "scores have the same name: distance, distance",
        ),
        ({"reference": OTHER}, "the reference has features a; the contract has"),
        ({"reference": SHORT}, "reference.bins: found 4, expected 8, 16, 32 or 64"),
        ({"device_id": 2**32}, "device_id"),
        (
            {"sensors": {"drive_and": SensorChecks()}},
            "sensors: found 'drive_and', expected one of drive_end; did you mean",
        ),
    ],
)
def test_contradictions(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        application(**changes)  # type: ignore[arg-type]
