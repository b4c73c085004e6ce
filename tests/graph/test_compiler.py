import subprocess
import sys

import pytest

from ecmkit.graph import compile_onnx
from ecmkit.graph.model import CompiledModel


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "9lives"}, "name '9lives'"),
        ({"name": "a b"}, "name 'a b'"),
        ({"kind": "regression"}, "kind 'regression'"),
        ({"outputs": ("ball", "inner")}, "the model has 3"),
        ({"outputs": ("ball", "ball", "inner")}, "different names"),
        ({"outputs": ("inner", "ball", "normal")}, "the model's classes are"),
        ({"kind": "score"}, "expected 1"),
    ],
)
def test_arguments_that_do_not_fit_the_model(
    trained, changes: dict, words: str
) -> None:
    given = {"name": "m", "kind": "class", "outputs": trained["forest"].outputs}
    with pytest.raises(ValueError, match=words):
        compile_onnx(trained["forest"].onnx, **(given | changes))


def test_record_describes_the_function(models) -> None:
    model = models["forest"]
    assert isinstance(model, CompiledModel)
    assert model.symbol == "ecm_model_classifier"
    assert model.outputs == ("ball", "inner", "normal")
    assert model.modules == ("tree",)
    assert models["autoencoder"].modules == ("feat", "nn", "quant")


def test_import_loads_neither_torch_nor_onnx_nor_sklearn() -> None:
    code = (
        "import sys, ecmkit.graph, ecmkit.train, ecmkit.evaluate, ecmkit.registry;"
        "print([m for m in ('torch','onnx','sklearn','skl2onnx','mlflow','scipy',"
        "'matplotlib','onnxruntime') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_training_a_forest_does_not_load_torch() -> None:
    code = (
        "import sys; from tests.synthetic import table;"
        "from ecmkit.train import fit_forest;"
        "fit_forest(table(n=60), n_trees=2, seed=0); print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
