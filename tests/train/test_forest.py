import numpy as np
import pytest

from ecmkit.train import fit_forest
from tests.graph.oracles import run_onnx
from tests.synthetic import table


def test_forest_tells_the_classes_apart() -> None:
    model = fit_forest(table(separation=2.0), n_trees=20, seed=0)
    assert model.outputs == ("ball", "inner", "normal")
    fresh = table(separation=2.0, seed=50)
    found = np.array(model.outputs)[run_onnx(model.onnx, fresh.x).argmax(axis=1)]
    assert (found == fresh.label).mean() > 0.8


def test_settings_are_recorded() -> None:
    model = fit_forest(table(n=60), n_trees=4, max_depth=3, class_weight=None, seed=0)
    assert model.params["n_estimators"] == "4"
    assert model.params["max_depth"] == "3"
    assert model.params["class_weight"] == "None"


def test_one_class_is_refused_with_what_was_found() -> None:
    data = table()
    with pytest.raises(ValueError, match=r"'ball': .*at least two classes"):
        fit_forest(data.rows(data.label == "ball"), seed=0)


def test_class_with_one_window_is_refused() -> None:
    data = table()
    keep = data.label == "ball"
    keep[np.flatnonzero(data.label == "inner")[0]] = True
    with pytest.raises(ValueError, match="'inner': 1"):
        fit_forest(data.rows(keep), seed=0)
