"""Models of features as C: named, complete, the same text for the same model."""

import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from ecmkit._paths import csrc_dir
from ecmkit.errors import FormatError
from ecmkit.graph import (
    CompiledModel,
    Graph,
    GraphOnHost,
    compile_graph,
    compile_onnx,
    import_onnx,
    keep_state,
    to_int8,
)
from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.host import CONTRACT_FLAGS, sources_of
from ecmkit.graph.ir import State, Tensor
from tests.graph.conftest import compiled
from tests.graph.oracles import compile_strictly, make_model
from tests.graph.transform.test_passes import node
from tests.synthetic import table

FAMILIES = ("forest", "kmeans", "autoencoder")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "9lives"}, "name '9lives'"),
        ({"name": "a b"}, "name 'a b'"),
        ({"kind": "value"}, "kind 'value'"),
        ({"outputs": ("ball", "inner")}, "the model's classes are"),
        ({"outputs": ("inner", "ball", "normal")}, "the model's classes are"),
        ({"kind": "score"}, "expected 1"),
        ({"weights": "flash"}, "weights 'flash'"),
    ],
)
def test_arguments_that_do_not_fit_the_model(
    trained, changes: dict, words: str
) -> None:
    given = {"name": "m", "kind": "class", "outputs": trained["forest"].outputs}
    with pytest.raises(ValueError, match=words):
        compile_onnx(trained["forest"].onnx, **(given | changes))


@pytest.mark.parametrize("outputs", [(), ("a", "b"), ("",)])
def test_names_that_do_not_fit_the_result(trained, outputs: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="different names"):
        compile_onnx(trained["kmeans"].onnx, name="m", kind="score", outputs=outputs)


def test_models_without_one_float_output_are_refused() -> None:
    data = make_model(
        [node("Not", ["t"], ["y"]), node("IsNaN", ["features"], ["t"])], {}
    )
    with pytest.raises(FormatError, match="ONNX"):
        compile_onnx(data, name="m", kind="score", outputs=("s",))


def test_record_describes_the_function(models) -> None:
    model = models["forest"]
    assert isinstance(model, CompiledModel)
    assert model.symbol == "ecm_model_classifier"
    assert model.outputs == ("ball", "inner", "normal")
    assert model.modules == ("bits",)
    assert model.n_features == 12
    assert model.weights == b""
    assert models["kmeans"].modules == ("kmeans",)
    assert models["autoencoder"].modules == ("nn", "nn_dense", "quant")


def test_labels_that_a_package_does_not_read_are_left_out(trained, models) -> None:
    assert len(import_onnx(trained["forest"].onnx).outputs) == 2
    assert [port.tensor.dtype for port in models["forest"].results] == ["f32"]
    assert models["forest"].align == 4


@pytest.mark.parametrize("weights", ["inline", "data"])
@pytest.mark.parametrize("family", FAMILIES)
def test_records_survive_json_and_still_run(models, trained, family, weights) -> None:
    model = compiled(trained[family], weights=weights)
    x = table(n=20, seed=2).x
    expected = model.predict(x)
    again = msgspec.json.decode(msgspec.json.encode(model), type=CompiledModel)
    assert again == model
    assert again.hash == model.hash
    assert again.predict(x).tobytes() == expected.tobytes()
    # A forest that is data has other sums: nodes and floats in place of shares.
    np.testing.assert_allclose(expected, models[family].predict(x), rtol=1e-6)
    if family != "forest":
        assert expected.tobytes() == models[family].predict(x).tobytes()


@pytest.mark.parametrize("family", FAMILIES)
def test_same_model_gives_the_same_text(trained, models, family: str) -> None:
    assert compiled(trained[family]).source == models[family].source


@pytest.mark.parametrize("weights", ["inline", "data"])
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("compiler", ["gcc", "zig"])
def test_compiles_without_warnings(
    trained, family, compiler, weights, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "ziglang", "cc"] if compiler == "zig" else ["gcc"]
    if compiler == "gcc" and not shutil.which("gcc"):
        pytest.skip("gcc is not installed")
    source = compiled(trained[family], weights=weights).source
    assert compile_strictly(source, tmp_path, command) == ""


@pytest.mark.parametrize("family", FAMILIES)
def test_all_data_is_constant_and_one_name_is_public(models, family: str) -> None:
    source = models[family].source
    outside = re.sub(r"\{.*?\n\}", "", source, flags=re.DOTALL)
    assert re.findall(r"^static (?!const )", source, re.MULTILINE) == []
    assert models[family].symbol in outside
    for line in source.splitlines():
        if line and line[0].isalpha():
            assert line.startswith(("static const ", "ecm_status_t ecm_model_"))
        assert len(line) <= 88


def test_head_says_what_made_it(models) -> None:
    from ecmkit import __version__

    head = models["kmeans"].source.split("*/")[0]
    assert "ecm_model_distance.c" in head
    assert __version__ in head
    assert "nearest(" in head


def test_other_numbers_of_the_same_shapes_give_another_head(trained) -> None:
    graph = import_onnx(trained["kmeans"].onnx)
    other = {
        name: value + np.ones_like(value) for name, value in graph.constants.items()
    }
    graph = replace(graph, constants=other)
    changed = compile_graph(graph, name="distance", kind="score", outputs=("distance",))
    found = re.search(r"SHA-256 (\w+)", changed.source)[1]
    assert found not in compiled(trained["kmeans"]).source


def test_sizes_of_the_tables(trained, models) -> None:
    forest = compiled(trained["forest"], forests="tables")
    nodes = int(re.search(r"ecm_tree_node_t t\d+\[(\d+)\]", forest.source)[1])
    floats = int(re.search(r"float t\d+\[(\d+)\]", forest.source)[1])
    assert forest.flash_bytes == 8 * nodes + 4 * floats + 4 * 10
    assert forest.work_bytes == 0
    assert models["forest"].flash_bytes < 0.7 * forest.flash_bytes
    assert models["kmeans"].flash_bytes == 4 * (12 + 12 + 5 * 12)
    assert models["kmeans"].work_bytes == 4 * 12
    # Two float vectors, and int8 layers in turns.
    assert models["autoencoder"].work_bytes <= 4 * (12 + 12) + 16 + 12


@pytest.mark.parametrize("family", FAMILIES)
def test_every_table_can_be_placed_by_itself(models, family, tmp_path: Path) -> None:
    """The linker's map has all of the weights in the section, and them alone."""
    if not shutil.which("gcc"):
        pytest.skip("gcc is not installed")
    model = models[family]
    (tmp_path / "model.c").write_text(model.source)
    include = [f"-I{csrc_dir()}", f"-I{csrc_dir() / 'port' / 'fpu'}"]
    command = [
        "gcc", *CONTRACT_FLAGS, "-O2", "-fPIC", "-shared", *include,
        '-DECM_WEIGHTS_SECTION=".weights"', str(tmp_path / "model.c"),
        *map(str, sources_of(model.modules)), "-o", str(tmp_path / "model.so"),
        f"-Wl,-Map,{tmp_path / 'map'}",
    ]  # fmt: skip
    subprocess.run(command, check=True)
    text = (tmp_path / "map").read_text()
    found = re.search(r"^\.weights\s+0x\w+\s+0x(\w+)", text, re.M)
    size = int(found[1], 16)
    # Alignment between tables may add some.
    assert model.flash_bytes <= size <= model.flash_bytes + 32 * 20


def test_heavy_packages_are_loaded_on_use_only() -> None:
    """A forest must not cost the import of torch, and an import costs nothing."""
    code = (
        "import sys, ecmkit.graph, ecmkit.train, ecmkit.evaluate, ecmkit.registry;"
        "heavy = 'torch onnx sklearn skl2onnx mlflow scipy matplotlib onnxruntime';"
        "print([m for m in heavy.split() if m in sys.modules]);"
        "from tests.synthetic import table;"
        "m = ecmkit.train.fit_forest(table(n=60), n_trees=2, seed=0);"
        "ecmkit.graph.compile_onnx("
        "m.onnx, name='m', kind='class', outputs=m.outputs).predict(table(n=60).x);"
        "print('sklearn' in sys.modules, 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n")[:2] == ["[]", "True False"]


def _trained(seed: int) -> bytes:
    """A recurrent layer, a rectifier with a slope, and a softmax."""
    rng = np.random.default_rng(seed)
    values = {
        "w": rng.normal(size=(1, 12, 3)),
        "r": 0.3 * rng.normal(size=(1, 12, 3)),
        "b": rng.normal(size=(1, 24)),
        "d": rng.normal(size=(3, 4)),
        "s": rng.uniform(0.1, 0.9, size=1),
    }
    nodes = [
        helper.make_node("LSTM", ["x", "w", "r", "b"], ["", "h"], hidden_size=3),
        helper.make_node("Squeeze", ["h", "shape"], ["a"]),
        helper.make_node("MatMul", ["a", "d"], ["e"]),
        helper.make_node("PRelu", ["e", "s"], ["f"]),
        helper.make_node("Softmax", ["f"], ["y"], axis=-1),
    ]
    constants = [
        numpy_helper.from_array(value.astype(np.float32), name)
        for name, value in values.items()
    ]
    constants.append(numpy_helper.from_array(np.array([0]), "shape"))
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "g",
        [info("x", TensorProto.FLOAT, [5, 1, 3])],
        [info("y", TensorProto.FLOAT, [1, 4])],
        constants,
    )
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(
        graph, ir_version=8, opset_imports=opsets
    ).SerializeToString()


@pytest.mark.parametrize("activations", ["float", "int8", "int16"])
def test_models_of_one_shape_have_one_code_for_their_data(activations: str) -> None:
    """No number of a model, nor of its calibration, stays in code that reads data."""
    made = []
    for seed in (1, 2):
        graph = import_onnx(_trained(seed))
        rng = np.random.default_rng(seed)
        samples = [[seed * rng.normal(size=(5, 1, 3))] for _ in range(10)]
        if activations != "float":
            graph = to_int8(graph, samples, activations=activations)
        data = compile_graph(graph, name="m", weights="data")
        x = np.array([sample[0] for sample in samples], np.float32)
        inline = compile_graph(graph, name="m")
        np.testing.assert_array_equal(data.predict(x), inline.predict(x))
        made.append(data)
    first, second = (model.source[model.source.index("*/") :] for model in made)
    assert first == second
    assert made[0].weights[32:48] == made[1].weights[32:48]  # layout_id
    assert made[0].weights != made[1].weights


@pytest.mark.parametrize("weights", ["inline", "data"])
def test_what_survives_begins_anew_and_rows_are_one_sequence(weights: str) -> None:
    graph = keep_state(import_onnx(_trained(1)))
    model = compile_graph(graph, name="m", weights=weights)
    x = np.ones((3, 5, 1, 3), np.float32)
    first = model.predict(x)
    np.testing.assert_array_equal(model.predict(x), first)
    assert not np.array_equal(first[0], first[1])
    plain = compile_graph(graph, name="m").predict(x)
    np.testing.assert_array_equal(first, plain)


def test_starts_of_what_survives_are_data_too() -> None:
    """Models that start elsewhere have the same code: a number, or a table."""
    sources, found = [], []
    for scale in (0.0, 0.5, 0.25):
        starts = [np.full(4, scale, np.float32), scale * np.arange(4, dtype=np.float32)]
        for start in starts[: 1 if not scale else 2]:
            graph = _counting(start)
            data = compile_graph(graph, name="m", weights="data")
            host = GraphOnHost(data)
            (y,) = host.run(np.ones(4, np.float32))
            np.testing.assert_array_equal(y, start + 1)
            host.run(np.ones(4, np.float32))
            host.reset()
            np.testing.assert_array_equal(host.run(np.ones(4, np.float32))[0], y)
            sources.append(data.source[data.source.index("*/") :])
            found.append(data.weights[32:48])
    assert sources[0] == sources[1] == sources[3]
    assert sources[2] == sources[4] != sources[0]
    assert found[1] == found[3] != found[2]


def _counting(start: NDArray[np.float32]) -> Graph:
    b = Builder()
    b.source = "counting"
    x = b.input("x", Tensor("f32", (4,)))
    b.tensors["kept"] = kind = Tensor("f32", (4,))
    y = b.map("add", "kept", x)
    made, states = b.graph([y]), {"kept": State(y, start)}
    return replace(made, states=states, tensors={**made.tensors, "kept": kind})


def test_the_hash_is_also_that_of_forests_beside_the_code(trained) -> None:
    made = compiled(trained["forest"], forests="loadable")
    other = {name: blob[:-1] + b"x" for name, blob in made.blobs.items()}
    assert made.blobs
    assert replace(made, blobs=other).hash != made.hash
