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
    assert models["autoencoder"].modules == ("feat", "nn", "nn_dense", "quant")


def test_heavy_packages_are_loaded_on_use_only() -> None:
    """A forest must not cost the import of torch, and an import costs nothing."""
    code = (
        "import sys, ecmkit.graph, ecmkit.train, ecmkit.evaluate, ecmkit.registry;"
        "heavy = 'torch onnx sklearn skl2onnx mlflow scipy matplotlib onnxruntime';"
        "print([m for m in heavy.split() if m in sys.modules]);"
        "from tests.synthetic import table;"
        "ecmkit.train.fit_forest(table(n=60), n_trees=2, seed=0);"
        "print('sklearn' in sys.modules, 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n")[:2] == ["[]", "True False"]
