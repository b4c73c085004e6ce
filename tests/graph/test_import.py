"""Whole models: onnxruntime agrees, what is malformed is refused with its reason."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from ecmkit.errors import BuildError, DeviceError, FormatError
from ecmkit.graph import GraphOnHost, compile_graph, import_onnx, problems_of, svg_of


def model(nodes, inputs, outputs, constants=None, opset=21):
    """Serialise a model; shapes by name, None for an output."""
    graph = helper.make_graph(
        nodes,
        "test",
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            for name, shape in inputs.items()
        ],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
            for name in outputs
        ],
        [numpy_helper.from_array(v, name) for name, v in (constants or {}).items()],
    )
    made = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10
    )
    return made.SerializeToString()


def expected(data, feeds):
    options = onnxruntime.SessionOptions()
    # Kernels of 8 bits saturate at 16 bits on processors without VNNI: none are taken.
    options.graph_optimization_level = (
        onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    )
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        data, options, providers=["CPUExecutionProvider"]
    )
    return session.run(None, feeds)


def agree(data, seed=0):
    graph = import_onnx(data)
    host = GraphOnHost(compile_graph(graph, name="m"), flags=("-O1",))
    rng = np.random.default_rng(seed)
    feeds = {
        name: rng.standard_normal(graph.tensors[name].shape).astype(np.float32)
        for name in graph.inputs
    }
    for found, wanted in zip(
        host.run(*feeds.values()), expected(data, feeds), strict=True
    ):
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, rtol=2e-5, atol=2e-6)


# ---- random graphs ----

UNARY = ["Relu", "Sigmoid", "Tanh", "Neg", "Abs", "Softplus", "HardSwish", "Erf", "Sin"]
BINARY = ["Add", "Sub", "Mul", "Max", "Min"]


def random_model(seed):
    """A graph of some layers, moves and functions that meet again."""
    rng = np.random.default_rng(seed)
    constants, nodes = {}, []
    shapes = {"x": (1, int(rng.integers(1, 5)), int(rng.integers(6, 20)))}

    def add(op, inputs, shape, **attrs):
        name = f"v{len(nodes)}"
        nodes.append(helper.make_node(op, inputs, [name], **attrs))
        shapes[name] = shape
        return name

    def constant(value):
        name = f"c{len(constants)}"
        constants[name] = value
        return name

    for _ in range(int(rng.integers(3, 12))):
        a = str(rng.choice(list(shapes)))
        own = shapes[a]
        match int(rng.integers(0, 8)):
            case 0:
                add(str(rng.choice(UNARY)), [a], own)
            case 1:
                same = [n for n, s in shapes.items() if s == own]
                add(str(rng.choice(BINARY)), [a, str(rng.choice(same))], own)
            case 2 if len(own) == 3 and own[2] >= 3:
                m = int(rng.integers(1, 5))
                w = constant(rng.standard_normal((m, own[1], 3)).astype(np.float32))
                bias = constant(rng.standard_normal(m).astype(np.float32))
                add("Conv", [a, w, bias], (1, m, own[2]), pads=[1, 1])
            case 3:
                order = [0, *(1 + rng.permutation(len(own) - 1)).tolist()]
                add("Transpose", [a], tuple(own[i] for i in order), perm=order)
            case 4:
                w = rng.standard_normal((own[-1], 4)).astype(np.float32)
                add("MatMul", [a, constant(w)], (*own[:-1], 4))
            case 5:
                axes = constant(np.array([-1], np.int64))
                add("ReduceMean", [a, axes], (*own[:-1], 1), keepdims=1)
            case 6:
                add("Concat", [a, a], (*own[:-1], 2 * own[-1]), axis=-1)
            case _:
                add("Softmax", [a], own, axis=-1)
    used = {i for node in nodes for i in node.input}
    outputs = [n for n in shapes if n not in used and n != "x"]
    return model(nodes, {"x": shapes["x"]}, outputs, constants)


@pytest.mark.parametrize("seed", range(24))
def test_random_graphs_agree_with_onnxruntime(seed):
    agree(random_model(seed), seed)


@pytest.mark.parametrize("cell", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
def test_recurrent_layers_agree_with_onnxruntime(cell, direction):
    rng = np.random.default_rng(3)
    gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[cell]
    d, h, n = 2 if direction == "bidirectional" else 1, 5, 3
    constants = {
        "w": rng.standard_normal((d, gates * h, n)).astype(np.float32),
        "r": rng.standard_normal((d, gates * h, h)).astype(np.float32),
        "b": rng.standard_normal((d, 2 * gates * h)).astype(np.float32),
    }
    node = helper.make_node(
        cell, ["x", "w", "r", "b"], ["y", "last"], hidden_size=h, direction=direction
    )
    agree(model([node], {"x": (6, 1, n)}, ["y", "last"], constants))


def test_a_value_that_is_an_output_and_is_read_again_keeps_its_place():
    nodes = [
        helper.make_node("Relu", ["x"], ["a"]),
        helper.make_node("Neg", ["a"], ["b"]),
        helper.make_node("Reshape", ["a", "s"], ["c"]),
    ]
    shape = np.array([2, 2], np.int64)
    agree(model(nodes, {"x": (1, 4)}, ["a", "b", "c"], {"s": shape}))


@pytest.mark.parametrize("names", [("c0", "c1"), ("v2", "v3"), ("c1", "v4")])
def test_inputs_may_have_any_name(names):
    nodes = [
        helper.make_node("MatMul", [names[0], "w"], ["a"]),
        helper.make_node("Add", ["a", names[1]], ["b"]),
        helper.make_node("Mul", ["b", "u"], ["y"]),
    ]
    rng = np.random.default_rng(2)
    constants = {
        "w": rng.normal(size=(3, 3)).astype(np.float32),
        "u": rng.normal(size=(1, 3)).astype(np.float32),
    }
    agree(model(nodes, {name: [1, 3] for name in names}, ["y"], constants))


def test_an_output_that_is_an_input_or_a_constant_is_copied():
    nodes = [
        helper.make_node("Identity", ["x"], ["a"]),
        helper.make_node("Identity", ["k"], ["b"]),
    ]
    agree(model(nodes, {"x": (1, 3)}, ["a", "b"], {"k": np.ones(2, np.float32)}))


# ---- refusals ----


def relu(**kinds):
    return model([helper.make_node("Relu", ["x"], ["y"], name="first")], **kinds)


@pytest.mark.parametrize("data", [b"", b"\x00", b"not a model", bytes(range(256))])
def test_bytes_that_are_no_model_are_refused(data):
    with pytest.raises(FormatError, match="ONNX"):
        import_onnx(data)


def test_every_problem_is_told_with_its_node_and_the_nearest_operator():
    nodes = [
        helper.make_node("Relo", ["x"], ["a"], name="one", domain=""),
        helper.make_node("Relu", ["x"], ["b"], name="two"),
        helper.make_node("NonZero", ["x"], ["c"], name="three"),
        helper.make_node("Neg", ["a"], ["d"], name="four"),
    ]
    found = problems_of(model(nodes, {"x": (1, 4)}, ["b", "d"]))
    assert [p.node for p in found] == [
        "ONNX node 'one' (Relo)",
        "ONNX node 'three' (NonZero)",
    ]
    assert "the nearest is Relu" in found[0].why


def test_a_model_that_compiles_has_no_problems():
    assert problems_of(relu(inputs={"x": (1, 4)}, outputs=["y"])) == []


def test_the_batch_is_one_and_other_lengths_must_be_given():
    data = relu(inputs={"x": ("n", 4)}, outputs=["y"])
    assert import_onnx(data).tensors["x"].shape == (1, 4)
    data = relu(inputs={"x": ("n", "time")}, outputs=["y"])
    with pytest.raises(FormatError, match="axis 1 is 'time'"):
        import_onnx(data)
    assert import_onnx(data, sizes={"time": 7}).tensors["x"].shape == (1, 7)


def test_a_shape_that_is_computed_is_refused():
    nodes = [
        helper.make_node("Cast", ["x"], ["s"], to=TensorProto.INT64),
        helper.make_node("Reshape", ["x", "s"], ["y"], name="bent"),
    ]
    with pytest.raises(FormatError, match=r"'bent'.*shape is computed"):
        import_onnx(model(nodes, {"x": (2,)}, ["y"]))


def test_an_index_outside_of_its_axis_is_refused_at_run_time():
    nodes = [
        helper.make_node("Cast", ["i"], ["j"], to=TensorProto.INT64),
        helper.make_node("Gather", ["x", "j"], ["y"], axis=0),
    ]
    host = GraphOnHost(
        compile_graph(
            import_onnx(model(nodes, {"x": (3,), "i": (1,)}, ["y"])), name="m"
        )
    )
    assert host.run([1, 2, 3], [-1])[0].tolist() == [3.0]
    with pytest.raises(DeviceError, match="status -2"):
        host.run([1, 2, 3], [3])


def test_inputs_of_another_shape_or_number_are_refused():
    data = relu(inputs={"x": (1, 4)}, outputs=["y"])
    host = GraphOnHost(compile_graph(import_onnx(data), name="m"))
    with pytest.raises(ValueError, match=r"'x' has shape \(4,\)"):
        host.run(np.zeros(4))
    with pytest.raises(ValueError, match="0 inputs, expected 1"):
        host.run()


def test_a_compiler_that_fails_gives_its_words():
    compiled = compile_graph(
        import_onnx(relu(inputs={"x": (1, 4)}, outputs=["y"])), name="m"
    )
    with pytest.raises(BuildError, match="ecm_model_m"):
        GraphOnHost(compiled, flags=("--no-such-flag",))


def test_damaged_models_give_a_format_error_or_compile():
    """Flip, cut and insert bytes: never another exception, never a hang."""
    refused = 0
    for seed in range(6):
        whole = random_model(seed)
        rng = np.random.default_rng(seed)
        for _ in range(60):
            data = bytearray(whole)
            for _ in range(rng.integers(1, 4)):
                at = int(rng.integers(0, len(data)))
                match int(rng.integers(0, 3)):
                    case 0:
                        data[at] ^= 1 << int(rng.integers(0, 8))
                    case 1:
                        del data[at : at + int(rng.integers(1, 9))]
                    case _:
                        data[at:at] = rng.bytes(3)
            try:
                compile_graph(import_onnx(bytes(data)), name="m")
            except FormatError:
                refused += 1
    assert refused > 100


def test_the_picture_shows_each_operation():
    graph = import_onnx(random_model(1))
    picture = svg_of(graph)
    assert picture.startswith("<svg")
    assert picture.count("<rect") == 1 + len(graph.inputs) + len(graph.nodes)


def test_the_same_model_gives_the_same_text():
    first, second = (
        compile_graph(import_onnx(random_model(2)), name="m") for _ in "ab"
    )
    assert first.source == second.source
    assert first.hash == second.hash


def test_importing_the_room_does_not_import_torch():
    import subprocess
    import sys

    code = (
        "import sys, ecmkit.graph; print('torch' in sys.modules, 'onnx' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["False", "False"], onnx.__version__


def test_a_version_beyond_any_is_read_as_the_newest():
    made = onnx.ModelProto()
    made.ParseFromString(model([helper.make_node("Relu", ["x"], ["y"])], {"x": (1, 3)},
                               ["y"]))  # fmt: skip
    made.ir_version = 1 << 40
    assert problems_of(made.SerializeToString()) == []


def test_columns_of_a_single_number_are_refused():
    extract = helper.make_node(
        "ArrayFeatureExtractor", ["x", "at"], ["y"], domain="ai.onnx.ml"
    )
    made = onnx.ModelProto()
    at = {"at": np.array([0], np.int64)}
    made.ParseFromString(model([extract], {"x": ()}, ["y"], at))
    made.opset_import.append(helper.make_opsetid("ai.onnx.ml", 3))
    with pytest.raises(FormatError, match=r"axis -1 of shape \[\]"):
        import_onnx(made.SerializeToString())
