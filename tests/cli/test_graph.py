"""``ecmkit graph``: models checked, shown and compiled."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from ecmkit.graph import import_tflite
from tests.cli.runner import ecmkit


def write(folder: Path, *ops: str) -> Path:
    names = ["x", *(f"v{i}" for i in range(len(ops)))]
    nodes = [
        helper.make_node(op, [names[i]], [names[i + 1]], name=f"n{i}")
        for i, op in enumerate(ops)
    ]
    weights = np.ones((4, 3), np.float32)
    nodes.append(helper.make_node("MatMul", [names[-1], "w"], ["y"], name="last"))
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "g",
        [value("x", TensorProto.FLOAT, ["n", 4])],
        [value("y", TensorProto.FLOAT, ["n", 3])],
        [numpy_helper.from_array(weights, "w")],
    )
    path = folder / "model.onnx"
    onnx.save(helper.make_model(graph, ir_version=10), path)
    return path


def saved(
    folder: Path,
    nodes: list[onnx.NodeProto],
    x: list[int],
    y: list[int],
    constants: list[onnx.TensorProto] | None = None,
) -> Path:
    value = helper.make_tensor_value_info
    ports = [[value(n, TensorProto.FLOAT, s)] for n, s in (("x", x), ("y", y))]
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    graph = helper.make_graph(nodes, "g", *ports, constants or [])
    path = folder / "model.onnx"
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


def test_a_model_that_compiles_is_said_to(tmp_path: Path) -> None:
    done = ecmkit("graph", "check", write(tmp_path, "Relu"))
    assert done.code == 0, done.err
    assert "compiles" in done.out


def test_all_problems_are_listed_at_once(tmp_path: Path) -> None:
    done = ecmkit("graph", "check", write(tmp_path, "NonZero"), "--json")
    assert done.code == 1
    (problem,) = json.loads(done.out)["problems"]
    assert problem["node"] == "ONNX node 'n0' (NonZero)"
    assert "not supported" in problem["why"]


def test_operations_and_sizes_are_shown_and_drawn(tmp_path: Path) -> None:
    picture = tmp_path / "model.svg"
    done = ecmkit("graph", "show", write(tmp_path, "Relu"), "--svg", picture)
    assert done.code == 0, done.err
    assert "f32[1, 4]" in done.out
    assert "12 multiply-accumulates, 48 bytes of constants" in done.out
    assert picture.read_text().startswith("<svg")


def test_weights_of_zero_are_shown(tmp_path: Path) -> None:
    weights = np.zeros((64, 8), np.float32)
    weights[16:32, :4] = 1.0
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "g",
        [value("x", TensorProto.FLOAT, ["n", 64])],
        [value("y", TensorProto.FLOAT, ["n", 8])],
        [numpy_helper.from_array(weights, "w")],
    )
    model, made = tmp_path / "model.onnx", tmp_path / "model.tflite"
    onnx.save(helper.make_model(graph, ir_version=10), model)
    samples = tmp_path / "x.npy"
    np.save(samples, np.linspace(-1, 1, 640).reshape(10, 64))
    done = ecmkit("graph", "show", model)
    share = "12 % of the weights, 12 % of the blocks of 4 x 16 are not 0"
    assert share in done.out
    done = ecmkit("graph", "export", model, "-o", made, "--int8", samples)
    assert done.code == 0, done.err
    done = ecmkit("graph", "show", made)
    assert f"{share}; the others are skipped, 70 bytes are stored" in done.out


def test_c_is_written(tmp_path: Path) -> None:
    source = tmp_path / "model.c"
    model = write(tmp_path, "Relu", "Exp")
    done = ecmkit("graph", "compile", model, "-o", source, "--name", "small")
    assert done.code == 0, done.err
    assert "ecm_status_t ecm_model_small(" in source.read_text()
    assert "modules math" in done.out


def test_int8_layers_are_written_by_samples(tmp_path: Path) -> None:
    source, samples = tmp_path / "model.c", tmp_path / "x.npy"
    np.save(samples, np.linspace(-1, 1, 40).reshape(10, 4))
    model = write(tmp_path, "Relu")
    done = ecmkit("graph", "compile", model, "-o", source, "--int8", samples)
    assert done.code == 0, done.err
    assert "ecm_nn_dense_s8(" in source.read_text()
    np.save(samples, np.zeros((10, 3)))
    done = ecmkit("graph", "compile", model, "-o", source, "--int8", samples)
    assert done.code == 2
    assert "x.npy" in done.err
    assert "[1, 4]" in done.err


def test_weights_are_written_as_data(tmp_path: Path) -> None:
    source = tmp_path / "small.c"
    done = ecmkit(
        "graph", "compile", write(tmp_path, "Relu"), "-o", source, "--weights", "data"
    )
    assert done.code == 0, done.err
    assert "(const void *weights," in source.read_text()
    assert source.with_suffix(".bin").read_bytes()[:4] == b"ECMW"
    done = ecmkit(
        "graph", "compile", write(tmp_path, "Relu"), "-o", source, "--weights", "ram"
    )
    assert done.code == 2


def test_a_model_is_built_for_a_target_with_its_kernels(tmp_path: Path) -> None:
    samples, out = tmp_path / "x.npy", tmp_path / "made"
    np.save(samples, np.linspace(-1, 1, 40).reshape(10, 4))
    model = write(tmp_path, "Relu")
    options = ("-o", out, "--int8", samples, "--name", "net", "--target")
    plain = "ecm_nn_dense.c"
    for board, kernels in (
        ("nucleo-f401re", {"ecm_nn_dense_dsp.c", plain}),
        ("mps2-an385", set()),
        ("mps3-an547", {"ecm_nn_dense_mve.c", plain}),
    ):
        done = ecmkit("graph", "compile", model, *options, board)
        if done.code == 3:
            pytest.skip(done.err)
        assert done.code == 0, done.err
        assert {path.name for path in (out / "src").glob("ecm_nn_dense*.c")} == {plain}
        twins = {path.name for path in (out / "twins").glob("ecm_nn_dense*.c")}
        assert twins == kernels
        assert (out / "lib" / "libecm_model_net.a").read_bytes()[:7] == b"!<arch>"
    done = ecmkit("graph", "compile", model, *options, "nucleo-f401")
    assert done.code == 2
    assert "did you mean nucleo-f401re" in done.err


def test_forests_are_written_in_their_form(tmp_path: Path) -> None:
    node = helper.make_node(
        "TreeEnsembleRegressor", ["x"], ["y"], domain="ai.onnx.ml", n_targets=1,
        nodes_treeids=[0] * 3, nodes_nodeids=[0, 1, 2], nodes_featureids=[1, 0, 0],
        nodes_values=[0.5, 0, 0], nodes_modes=["BRANCH_LEQ", "LEAF", "LEAF"],
        nodes_truenodeids=[1, 0, 0], nodes_falsenodeids=[2, 0, 0],
        target_treeids=[0, 0], target_nodeids=[1, 2], target_ids=[0, 0],
        target_weights=[1.0, 2.0],
    )  # fmt: skip
    model = saved(tmp_path, [node], [1, 4], [1, 1])
    source = tmp_path / "forest.c"
    for form, sign in (("packed", "words"), ("inline", "f0_0"), ("loadable", "in_1")):
        done = ecmkit("graph", "compile", model, "-o", source, "--forests", form)
        assert done.code == 0, done.err
        assert sign in source.read_text()
    assert (tmp_path / "forest.forest0.bin").read_bytes()[:4] == b"ECF1"
    options = ("--forests", "loadable", "--target", "nucleo-f401re")
    done = ecmkit("graph", "compile", model, "-o", tmp_path / "made", *options)
    if done.code == 3:
        pytest.skip(done.err)
    assert done.code == 0, done.err
    assert (tmp_path / "made" / "forest0.bin").read_bytes()[:4] == b"ECF1"
    done = ecmkit("graph", "compile", model, "-o", source, "--forests", "table")
    assert done.code == 2
    assert "tables" in done.err


def test_windows_that_slide_are_written_by_hops(tmp_path: Path) -> None:
    weights = numpy_helper.from_array(np.ones((2, 1, 5), np.float32), "w")
    node = helper.make_node("Conv", ["x", "w"], ["y"])
    model = saved(tmp_path, [node], [1, 1, 64], [1, 2, 60], [weights])
    source = tmp_path / "model.c"
    done = ecmkit("graph", "compile", model, "-o", source, "--hop", "8")
    assert done.code == 0, done.err
    assert "80 multiply-accumulates a hop, 600 a window" in done.out
    assert "16 of state" in done.out
    assert "ecm_model_model_reset(void *state)" in source.read_text()
    done = ecmkit("graph", "compile", model, "-o", source, "--keep-state")
    assert done.code != 0
    assert "recurrent" in done.err


def test_inputs_and_nodes_that_fail_are_listed_together(tmp_path: Path) -> None:
    value, kind = helper.make_tensor_value_info, TensorProto
    nodes = [
        helper.make_node("NonZero", ["x"], ["a"], name="one"),
        helper.make_node("Scan", ["z"], ["b"], name="two", num_scan_inputs=1),
        helper.make_node("Relu", ["w"], ["c"], name="three"),
        helper.make_node("Unique", ["c"], ["d"], name="four"),
    ]
    inputs = [
        value("x", kind.FLOAT, ["n", 4]),
        value("z", kind.DOUBLE, ["n", 4]),
        value("w", kind.FLOAT, ["n", "time", "axis"]),
        value("s", kind.STRING, [1]),
    ]
    outputs = [value(name, kind.FLOAT, None) for name in "abd"]
    body = helper.make_graph(nodes, "g", inputs, outputs)
    opsets = [helper.make_opsetid("", 18)]
    path = tmp_path / "model.onnx"
    onnx.save(helper.make_model(body, opset_imports=opsets, ir_version=9), path)
    done = ecmkit("graph", "check", path, "--json")
    assert (done.code, done.err) == (1, "")
    found = {p["node"]: p["why"] for p in json.loads(done.out)["problems"]}
    assert list(found) == [
        "ONNX input 'z'", "ONNX input 'w'", "ONNX input 's'",
        "ONNX node 'one' (NonZero)", "ONNX node 'two' (Scan)",
        "ONNX node 'four' (Unique)",
    ]  # fmt: skip
    assert "export the model in float32" in found["ONNX input 'z'"]
    assert "--size time=N" in found["ONNX input 'w'"]
    assert "--size axis=N" in found["ONNX input 'w'"]
    assert "{'optim': 'cdist'}" in found["ONNX node 'two' (Scan)"]
    sized = ecmkit("graph", "check", path, "--json", "--size", "time=8", "--size",
                   "axis=3")  # fmt: skip
    assert "ONNX input 'w'" not in sized.out


@pytest.mark.parametrize("size", ["n", "n=", "=3", "n=0", "n=x"])
def test_a_size_that_is_none_is_refused(tmp_path: Path, size: str) -> None:
    done = ecmkit("graph", "check", write(tmp_path, "Relu"), "--size", size)
    assert done.code == 2
    assert "NAME=LENGTH" in done.err


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    path = tmp_path / "noise.onnx"
    path.write_bytes(b"\x01\x02\x03")
    done = ecmkit("graph", "show", path)
    assert done.code == 2
    assert "ONNX" in done.err


@pytest.mark.parametrize("suffix", [".tflite", ".onnx"])
def test_models_are_exported_and_read_again(tmp_path: Path, suffix: str) -> None:
    out, samples = tmp_path / f"small{suffix}", tmp_path / "x.npy"
    np.save(samples, np.linspace(-1, 1, 40).reshape(10, 4))
    model = write(tmp_path, "Relu")
    done = ecmkit("graph", "export", model, "-o", out, "--int8", samples, "--int8-ends")
    assert done.code == 0, done.err
    assert f"{out.stat().st_size:,} bytes" in done.out
    done = ecmkit("graph", "check", out)
    assert done.code == 0, done.err
    done = ecmkit("graph", "show", out)
    assert "int8_dense" in done.out
    source = tmp_path / "again.c"
    done = ecmkit("graph", "compile", out, "-o", source, "--name", "again")
    assert done.code == 0, done.err
    assert "ecm_nn_dense_s8(" in source.read_text()


def test_dense_layers_for_the_old_runtime_have_one_scale(tmp_path: Path) -> None:
    samples, model = tmp_path / "x.npy", write(tmp_path, "Relu")
    np.save(samples, np.linspace(-1, 1, 40).reshape(10, 4))
    counts = []
    for more in ([], ["--old-runtime"]):
        out = tmp_path / f"{len(more)}.tflite"
        done = ecmkit("graph", "export", model, "-o", out, "--int8", samples, *more)
        assert done.code == 0, done.err
        made = import_tflite(out.read_bytes())
        (dense,) = (node for node in made.nodes if node.op == "int8_dense")
        counts.append(made.tensors[dense.inputs[3]].size)
    assert counts == [3, 1]


def test_another_ending_and_ends_without_samples_are_refused(tmp_path: Path) -> None:
    model = write(tmp_path, "Relu")
    done = ecmkit("graph", "export", model, "-o", tmp_path / "x.pb")
    assert done.code == 2
    assert ".tflite or .onnx" in done.err
    done = ecmkit("graph", "export", model, "-o", tmp_path / "x.onnx", "--int8-ends")
    assert done.code == 2
    assert "--int8" in done.err


def test_a_damaged_tflite_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bent.tflite"
    path.write_bytes(b"\x40\x00\x00\x00TFL3" + bytes(20))
    done = ecmkit("graph", "check", path)
    assert done.code == 2
    assert "TFLite" in done.err
