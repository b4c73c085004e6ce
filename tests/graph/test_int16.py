"""int16 values with int8 weights, for a whole model or for some of its layers."""

import numpy as np
import pytest
from typer.testing import CliRunner

from ecmkit.cli import app
from ecmkit.graph import (
    GraphOnHost,
    compile_graph,
    import_tflite,
    int8_layers,
    to_int8,
    write_onnx,
    write_tflite,
)
from tests.graph import litert
from tests.graph.integers import Integers
from tests.graph.test_import import expected, model
from tests.graph.test_int8 import NETS, Net, autoencoder, image, samples, series


def on_host(graph, name="m"):
    return GraphOnHost(compile_graph(graph, name=name), flags=("-O0",))


def off(graph, made, inputs):
    """Largest difference from the float model, of its largest value."""
    plain, other = on_host(graph, "plain"), on_host(made)
    pairs = [(plain.run(*x)[0], other.run(*x)[0]) for x in inputs]
    most = max(np.abs(a).max() for a, _ in pairs)
    return max(np.abs(a - b).max() for a, b in pairs) / most


@pytest.mark.parametrize("name", NETS)
def test_models_of_int16_are_closer_and_equal_litert(name):
    """Byte for byte but where a softmax or a mean is a step off."""
    graph = NETS[name]()
    given = samples(graph)
    made = to_int8(graph, given, activations="int16")
    assert off(graph, made, given[:10]) < off(graph, to_int8(graph, given), given[:10])
    whole = to_int8(graph, given, activations="int16", ends="int8")
    host, data = on_host(whole), write_tflite(whole)
    scale = whole.tensors[whole.inputs[0]].scale
    rows = [[np.rint(x[0] / scale).astype(np.int16)] for x in given[:20]]
    loose = any(n.op in ("int8_mean", "int8_softmax") for n in whole.nodes)
    plain, again = Integers(whole), on_host(import_tflite(data), "again")
    for at, (row, theirs) in enumerate(zip(rows, litert.run(data, rows), strict=True)):
        (ours,) = host.run(*row)
        assert np.abs(ours - theirs[0].reshape(ours.shape)).max() <= 2 * loose
        if at < 2:
            np.testing.assert_array_equal(ours, plain.run(*row)[0])
            np.testing.assert_array_equal(ours.reshape(-1), again.run(*row)[0].ravel())


def test_layers_choose_what_they_compute_with():
    """Values change their type between them, and only there."""
    graph = series()
    names = int8_layers(graph)
    assert len(names) == 8
    given = samples(graph)
    some = {names[0]: "int16", names[1]: "float"}
    made = to_int8(graph, given, layers=some)
    kinds = {n.op: [] for n in made.nodes}
    for node in made.nodes:
        kinds[node.op].append(made.tensors[node.outputs[0]].dtype)
    assert kinds["int8_conv"] == ["s16"]
    assert kinds["conv"] == ["f32"]
    assert kinds["int8_depthwise"] == ["s8"]
    assert kinds["int8_to_real"][0] == "f32"
    assert off(graph, made, given[:10]) < 0.05


def test_a_change_of_type_happens_once():
    graph = image()
    names = int8_layers(graph)
    first = names[0]
    made = to_int8(graph, samples(graph), layers={first: "int16"})
    changes = [
        node for node in made.nodes
        if node.op == "int8_table"
        and made.tensors[node.inputs[0]].dtype != made.tensors[node.outputs[0]].dtype
    ]  # fmt: skip
    assert len(made.readers(changes[0].inputs[0])) == 1
    assert len(changes) == 1


def test_mixed_models_run_in_runtimes():
    graph = autoencoder()
    given = samples(graph)
    names = int8_layers(graph)
    made = to_int8(graph, given, layers={names[1]: "int16", names[2]: "int16"})
    host, data, plain = on_host(made), write_tflite(made), write_onnx(made)
    for x, theirs in zip(given, litert.run(data, given[:8]), strict=False):
        (ours,) = host.run(*x)
        np.testing.assert_array_equal(ours, theirs[0])
        (other,) = expected(plain, {"x": x[0]})
        step = made.tensors[made.nodes[-1].inputs[0]].scale
        assert np.abs(ours - other).max() <= 1.01 * step


def test_every_layer_of_int16_helps_or_does_no_harm():
    """The more of them there are, the closer the result."""
    graph = autoencoder()
    given, names = samples(graph), int8_layers(graph)
    kinds = [{n: "int16" for n in names[:k]} for k in (0, len(names))]
    first, last = (off(graph, to_int8(graph, given, layers=k), given) for k in kinds)
    assert last < first


@pytest.mark.parametrize("op", ["Tanh", "HardSwish"])
def test_functions_are_lines_where_they_are_fine_enough(op):
    """Others are computed in float32 between conversions."""
    net = Net(5, (1, 12))
    net.dense(12, 12)
    net.add(op)
    net.dense(4, 12)
    graph = net.graph()
    given = samples(graph)
    made = to_int8(graph, given, activations="int16")
    lines = [n for n in made.nodes if n.op == "int8_table"]
    assert (len(lines) == 0) == (op == "HardSwish")
    assert off(graph, made, given) < 0.01


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"layers": {"v99": "int16"}},
            r"'v99': there is none, the nearest are \['v9'\]",
        ),
        ({"layers": {"v9": "int4"}}, "'int4', expected one of int8, int16, float"),
        ({"activations": "int4"}, "activations 'int4'"),
    ],
)
def test_unknown_layers_and_types_are_refused(settings, message):
    graph = autoencoder()
    with pytest.raises(ValueError, match=message):
        to_int8(graph, samples(graph), **settings)


def test_the_command_takes_both_settings(tmp_path):
    net = Net(1, (1, 12))
    net.dense(8, 12)
    net.add("Relu")
    net.dense(4, 8)
    path, rows = tmp_path / "model.onnx", tmp_path / "rows.npy"
    path.write_bytes(model(net.nodes, {"x": (1, 12)}, [net.last], net.constants))
    last = int8_layers(net.graph())[-1]
    np.save(rows, np.random.default_rng(0).standard_normal((9, 12)).astype(np.float32))
    compiled = ["graph", "compile", str(path), "-o", str(tmp_path / "model.c")]
    whole = [*compiled, "--int8", str(rows), "--activations", "int16"]
    done = CliRunner().invoke(app, whole)
    assert done.exit_code == 0, done.output
    assert "nn_dense_s16" in done.output
    some = [*compiled, "--int8", str(rows), "--layer", f"{last}=int16"]
    done = CliRunner().invoke(app, some)
    assert done.exit_code == 0, done.output
    assert "nn_dense nn_dense_s16" in done.output
    for wrong in (["--layer", "v1"], ["--layer", "v1=int4"]):
        done = CliRunner().invoke(app, [*compiled, "--int8", str(rows), *wrong])
        assert done.exit_code == 2
    assert CliRunner().invoke(app, [*compiled, "--activations", "int16"]).exit_code == 2
