"""TFLite files in and out: LiteRT's reference kernels agree, damage is refused."""

import struct
from dataclasses import replace

import numpy as np
import pytest

from ecmkit.errors import FormatError
from ecmkit.graph import (
    GraphOnHost,
    compile_graph,
    import_onnx,
    import_tflite,
    problems_of,
    to_int8,
    write_tflite,
)
from tests.graph import litert
from tests.graph.litert import Craft, Tensor
from tests.graph.test_import import random_model
from tests.graph.test_int8 import NETS, samples

F32 = Tensor("f32", (1, 4, 6, 3))
S8 = Tensor("s8", (1, 4, 6, 3), 0.05, 7)


def on_host(graph):
    return GraphOnHost(compile_graph(graph, name="m"), flags=("-O0",))


# ---- reading: operators ----


def shaped(*shape):
    return replace(F32, shape=shape)


def floats(c, x):
    """Every float operator once."""
    rng = np.random.default_rng(3)

    def real(*shape):
        return c.file.constant(rng.standard_normal(shape).astype(np.float32))

    window = {"padding": 0, "strideH": 2, "strideW": 1}
    dilated = {"padding": 1, "dilationHFactor": 1, "dilationWFactor": 2,
               "strideH": 1, "strideW": 1}  # fmt: skip
    c.add("CONV_2D", [x, real(5, 3, 3, 3), real(5)], shaped(1, 2, 6, 5),
          options="Conv2DOptions", fusedActivationFunction=1, **window)  # fmt: skip
    c.add("CONV_2D", [x, real(4, 2, 2, 3), real(4)], shaped(1, 3, 4, 4),
          options="Conv2DOptions", fusedActivationFunction=3, **dilated)  # fmt: skip
    c.add("DEPTHWISE_CONV_2D", [x, real(1, 3, 2, 6), real(6)], shaped(1, 2, 6, 6),
          options="DepthwiseConv2DOptions", depthMultiplier=2, **window)  # fmt: skip
    c.add("TRANSPOSE_CONV", [c.ints(1, 8, 12, 2), real(2, 3, 3, 3), x],
          shaped(1, 8, 12, 2), options="TransposeConvOptions", padding=0, strideH=2,
          strideW=2)  # fmt: skip
    for op in ("MAX_POOL_2D", "AVERAGE_POOL_2D"):
        c.add(op, [x], shaped(1, 2, 6, 3), options="Pool2DOptions", filterHeight=3,
              filterWidth=2, **window)  # fmt: skip
    for op in ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD"):
        c.add(op, [x, c.ints(2, 1)], shaped(1, 3), options="ReducerOptions")
    c.add("FULLY_CONNECTED", [x, real(5, 18), real(5)], shaped(4, 5),
          options="FullyConnectedOptions", fusedActivationFunction=1)  # fmt: skip
    for op in ("RELU", "RELU6", "RELU_N1_TO_1", "LOGISTIC", "TANH", "FLOOR", "CEIL",
               "SIN", "ELU", "ROUND"):  # fmt: skip
        c.add(op, [x], F32)
    for name in ("Abs", "Exp", "Neg", "Cos", "HardSwish", "Square", "LogSoftmax",
                 "Gelu"):  # fmt: skip
        op = {"HardSwish": "HARD_SWISH", "LogSoftmax": "LOG_SOFTMAX"}.get(name)
        c.add(op or name.upper(), [x], F32, options=f"{name}Options")
    near = c.outputs[-1]
    c.add("LEAKY_RELU", [x], F32, options="LeakyReluOptions", alpha=0.2)
    c.add("SOFTMAX", [x], F32, options="SoftmaxOptions", beta=0.7)
    c.add("SQRT", [c.add("ABS", [x], F32, options="AbsOptions")], F32)
    c.add("RSQRT", [c.outputs[-2]], F32)
    c.add("LOG", [c.outputs[-3]], F32)
    for op in ("ADD", "SUB", "MUL", "DIV"):
        c.add(op, [x, real(6, 3)], F32, options=f"{op.capitalize()}Options",
              fusedActivationFunction=1)  # fmt: skip
    for op in ("MAXIMUM", "MINIMUM"):
        c.add(op, [x, near], F32, options="MaximumMinimumOptions")
    c.add("SQUARED_DIFFERENCE", [x, near], F32, options="SquaredDifferenceOptions")
    c.add("PRELU", [x, real(1, 1, 3)], F32)
    c.add("POW", [c.outputs[-12], real(1)], F32, options="PowOptions")
    moves(c, x, F32, real(1))
    c.add("BATCH_MATMUL", [x, real(1, 4, 3, 2)], shaped(1, 4, 6, 2),
          options="BatchMatMulOptions")  # fmt: skip
    c.add("BROADCAST_TO", [real(1, 1, 6, 1), c.ints(1, 4, 6, 3)], F32, 2,
          options="BroadcastToOptions")  # fmt: skip
    truth = Tensor("bool", F32.shape)
    for op in ("GREATER", "LESS", "EQUAL", "NOT_EQUAL", "GREATER_EQUAL", "LESS_EQUAL"):
        name = "".join(part.capitalize() for part in op.split("_"))
        c.add(op, [x, near], truth, options=f"{name}Options")
    c.add("SELECT_V2", [c.outputs[-1], x, near], F32, options="SelectV2Options")
    places = Tensor("s64", (1, 4, 6))
    for op in ("ARG_MAX", "ARG_MIN"):
        name = "ArgMax" if op == "ARG_MAX" else "ArgMin"
        c.add(op, [x, c.ints(3)], places, options=f"{name}Options",
              outputType=c.file.type_of(places))  # fmt: skip
    whole = Tensor("s32", F32.shape)
    c.add("CAST", [x], whole, options="CastOptions", inDataType=0,
          outDataType=c.file.type_of(whole))  # fmt: skip


def moves(c, x, kind, value=None):
    """Operators that only move, for any kind."""
    v = 2 if kind.dtype == "s8" else 1

    def like(*shape):
        return replace(kind, shape=shape)

    c.add("RESHAPE", [x, c.ints(2, 36)], like(2, 36), options="ReshapeOptions")
    c.add("TRANSPOSE", [x, c.ints(0, 3, 1, 2)], like(1, 3, 4, 6), v,
          options="TransposeOptions")  # fmt: skip
    c.add("CONCATENATION", [x, x], like(1, 4, 6, 6), v, options="ConcatenationOptions",
          axis=3)  # fmt: skip
    c.add("PACK", [x, x], like(1, 4, 2, 6, 3), v, options="PackOptions", axis=2,
          valuesCount=2)  # fmt: skip
    pads = c.file.constant(np.array([[0, 0], [1, 0], [2, 3], [0, 1]], np.int32))
    c.add("PAD", [x, pads], like(1, 5, 11, 4), v, options="PadOptions")
    if value is not None:
        c.add("PADV2", [x, pads, value], like(1, 5, 11, 4), v, options="PadV2Options")
    c.add("SLICE", [x, c.ints(0, 1, 2, 0), c.ints(1, 2, -1, 2)], like(1, 2, 4, 2), v,
          options="SliceOptions")  # fmt: skip
    limits = [c.ints(0, 3, 1, 0), c.ints(1, 0, 6, 2), c.ints(1, -1, 2, 1)]
    c.add("STRIDED_SLICE", [x, *limits], like(3, 3, 2), v,
          options="StridedSliceOptions", shrinkAxisMask=1)  # fmt: skip
    c.add("GATHER", [x, c.ints(2, 0)], like(1, 4, 2, 3), v, options="GatherOptions",
          axis=2)  # fmt: skip
    c.add("SQUEEZE", [x], like(4, 6, 3), options="SqueezeOptions",
          squeezeDims=np.array([0], np.int32))  # fmt: skip
    c.add("EXPAND_DIMS", [x, c.ints(1)], like(1, 1, 4, 6, 3),
          options="ExpandDimsOptions")  # fmt: skip
    c.add("REVERSE_V2", [x, c.ints(2)], kind, 1 if v == 1 else 3,
          options="ReverseV2Options")  # fmt: skip
    c.add("TILE", [x, c.ints(1, 2, 1, 1)], like(1, 8, 6, 3), v, options="TileOptions")
    for at, (op, inputs, options) in enumerate((
        ("SPLIT", [c.ints(2), x], {"options": "SplitOptions", "numSplits": 2}),
        ("SPLIT_V", [x, c.ints(3, 3), c.ints(2)],
         {"options": "SplitVOptions", "numSplits": 2}),
    )):  # fmt: skip
        outs = [c.file.tensor(like(1, 4, 3, 3)) for _ in "ab"]
        c.file.operator(op, inputs, outs, version=v if at == 0 else 2, **options)
        c.outputs += outs
    outs = [c.file.tensor(like(1, 6, 3)) for _ in range(4)]
    c.file.operator("UNPACK", [x], outs, version=v, options="UnpackOptions", num=4,
                    axis=1)  # fmt: skip
    c.outputs += outs


def integers(c, x):
    """int8 operators that no writer here makes, or makes otherwise."""
    other = replace(S8, scale=0.031, zero=-20)
    y = c.add("QUANTIZE", [x], other, 2, options="QuantizeOptions")
    for op in ("ADD", "SUB", "MUL"):
        c.add(op, [x, y], S8, 2, options=f"{op.capitalize()}Options",
              fusedActivationFunction=3)  # fmt: skip
    rng = np.random.default_rng(4)
    values = rng.integers(-128, 128, (4, 1, 3)).astype(np.int8)
    known = c.file.constant(values, scale=0.02, zero=3)
    c.add("ADD", [known, x], other, 2, options="AddOptions")
    for op, version in (("RELU", 2), ("RELU6", 2), ("RELU_N1_TO_1", 1)):
        c.add(op, [x], other, version)
    c.add("LEAKY_RELU", [x], other, 2, options="LeakyReluOptions", alpha=0.3)
    for op in ("MAXIMUM", "MINIMUM"):
        c.add(op, [x, c.outputs[1]], S8, 2, options="MaximumMinimumOptions")
    c.add("LOGISTIC", [x], replace(S8, scale=1 / 256, zero=-128), 2)
    c.add("TANH", [x], replace(S8, scale=1 / 128, zero=0), 2)
    c.add("SOFTMAX", [x], replace(S8, scale=1 / 256, zero=-128), 2,
          options="SoftmaxOptions", beta=0.5)  # fmt: skip
    c.add("HARD_SWISH", [x], other, 1, options="HardSwishOptions")
    small = replace(other, shape=(1, 3))
    c.add("MEAN", [x, c.ints(1, 2)], small, 2, options="ReducerOptions")
    c.add("REDUCE_MAX", [x, c.ints(1, 2)], replace(S8, shape=(1, 3)), 2,
          options="ReducerOptions")  # fmt: skip
    c.add("DEQUANTIZE", [x], F32, 2, options="DequantizeOptions")
    c.add("QUANTIZE", [c.outputs[-1]], other, options="QuantizeOptions")
    c.add("ABS", [x], other, 2, options="AbsOptions")
    moves(c, x, S8)


def close(found, wanted, kind):
    assert found.shape == wanted.shape
    if kind.dtype == "s8":
        return int(np.abs(found.astype(int) - wanted.astype(int)).max())
    np.testing.assert_allclose(found, wanted, rtol=3e-5, atol=3e-6)
    return 0


@pytest.mark.parametrize(("build", "kind"), [(floats, F32), (integers, S8)])
def test_every_operator_agrees_with_litert(build, kind):
    craft = Craft(kind)
    build(craft, craft.inputs[0])
    data = craft.data()
    graph = import_tflite(data)
    host = on_host(graph)
    rng = np.random.default_rng(1)
    rows = [
        [rng.standard_normal(kind.shape).astype(np.float32) if kind == F32 else
         rng.integers(-128, 128, kind.shape).astype(np.int8)]
        for _ in range(200 if kind == S8 else 4)
    ]  # fmt: skip
    # The reference kernels have no CEIL, ROUND and ELU of float32.
    theirs = litert.run(data, rows, reference=kind == S8)
    by_one = {"LOGISTIC", "TANH", "HARD_SWISH", "MEAN", "ABS"}
    for row, wanted in zip(rows, theirs, strict=True):
        for at, (a, b) in enumerate(zip(host.run(*row), wanted, strict=True)):
            off = close(a, b, graph.tensors[graph.outputs[at]])
            assert off <= (1 if operator_of(craft, at) in by_one else 0), operator_of(
                craft, at
            )


def test_sums_agree_with_the_kernels_that_are_right():
    """LiteRT's reference of an int8 SUM gives -1 for nearly anything."""
    craft = Craft(S8)
    kind = Tensor("s8", (1, 3), 0.4, -20)
    x = np.random.default_rng(0).integers(-20, 20, S8.shape).astype(np.int8)
    craft.add("SUM", [craft.inputs[0], craft.ints(1, 2)], kind, 2,
              options="ReducerOptions")  # fmt: skip
    ((wanted,),) = litert.run(craft.data(), [[x]], reference=False)
    (found,) = on_host(import_tflite(craft.data())).run(x)
    assert close(found, wanted, kind) <= 1


def operator_of(craft, at):
    s, model = craft.file.schema, craft.file.model
    names = {v: k for k, v in vars(s.BuiltinOperator).items() if isinstance(v, int)}
    for op in craft.file.graph.operators:
        if craft.outputs[at] in op.outputs:
            return names[model.operatorCodes[op.opcodeIndex].builtinCode]
    raise AssertionError(at)


@pytest.mark.parametrize("op", ["FULLY_CONNECTED", "CONV_2D", "DEPTHWISE_CONV_2D"])
def test_outputs_whose_weights_vanished_keep_their_bias(op):
    """Such a channel of MLPerf Tiny's wake words has a bias of 2^30."""
    craft = Craft(replace(S8, shape=(1, 1, 1, 4)))
    rows = np.array([[3, -4, 5, 9], [0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]], np.int8)
    scales = np.array([0.02, 3e-9, 2e-8, 0.03], np.float32)
    bias = np.array([100, 2**30, -(2**30), -5], np.int32)
    axis, options = 0, {"options": "FullyConnectedOptions"}
    if op != "FULLY_CONNECTED":
        options = {"strideH": 1, "strideW": 1, "options": "Conv2DOptions"}
        rows = rows.reshape(4, 1, 1, 4)
    if op == "DEPTHWISE_CONV_2D":
        axis, rows = 3, rows[:, :, :, :1].transpose(1, 2, 3, 0)
        options |= {"options": "DepthwiseConv2DOptions", "depthMultiplier": 1}
    kind = Tensor(
        "s8", (1, 4) if axis == 0 and rows.ndim == 2 else (1, 1, 1, 4), 0.1, 2
    )
    names = [
        craft.inputs[0],
        craft.file.constant(np.ascontiguousarray(rows), scales=scales, axis=axis),
        craft.file.constant(bias, scales=(scales * np.float32(0.05))),
    ]
    craft.add(op, names, kind, 12 if rows.ndim == 2 else 3, **options)
    given = [[np.array([[[[1, -7, 100, -128]]]], np.int8)]]
    ((wanted,),) = litert.run(craft.data(), given)
    (found,) = on_host(import_tflite(craft.data())).run(*given[0])
    np.testing.assert_array_equal(found, wanted)


def test_a_bias_that_no_kernel_can_take_is_told_by_a_check():
    craft = Craft(replace(S8, shape=(1, 1, 1, 4)))
    rows = np.full((1, 1, 1, 4), 127, np.int8)
    scales = np.array([0.02], np.float32)
    names = [
        craft.inputs[0],
        craft.file.constant(rows, scales=scales),
        craft.file.constant(np.array([2**30], np.int32), scales=scales),
    ]
    kind = Tensor("s8", (1, 1, 1, 1), 429496.7, 2)  # the bias is 2.5 steps
    craft.add("CONV_2D", names, kind, 3, options="Conv2DOptions", strideH=1, strideW=1)
    (problem,) = problems_of(craft.data())
    assert "CONV_2D" in problem.node
    assert "smaller bias" in problem.why


# ---- writing, and reading what was written ----


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("autoencoder", "real"),
        ("series", "int8"),
        ("image", "float"),
        ("image", "int8"),
    ],
)
def test_models_run_in_litert_and_come_back_the_same(name, ends):
    graph = NETS[name]()
    rows = samples(graph, n=12)
    if ends != "float":
        graph = to_int8(graph, rows, ends=ends)
    kind = graph.tensors[graph.inputs[0]]
    if kind.dtype == "s8":
        rows = [[np.clip(np.rint(r[0] / kind.scale) + kind.zero, -128, 127)
                 .astype(np.int8)] for r in rows]  # fmt: skip
    data = write_tflite(graph)
    host, back = on_host(graph), on_host(import_tflite(data))
    for row, (wanted,) in zip(rows, litert.run(data, rows), strict=True):
        (found,), (again,) = host.run(*row), back.run(*row)
        np.testing.assert_array_equal(found, again)
        if ends == "int8":
            limit = 1 if name == "series" else 0
            assert np.abs(found.astype(int) - wanted).max() <= limit
        elif ends == "float":
            np.testing.assert_allclose(found, wanted, rtol=3e-5, atol=3e-6)
        else:
            np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("seed", range(8))
def test_random_float_graphs_run_in_litert(seed):
    graph = import_onnx(random_model(seed))
    if any(node.attrs.get("fn") == "erf" for node in graph.nodes):
        with pytest.raises(FormatError, match="no operator for the function 'erf'"):
            write_tflite(graph)
        return
    data = write_tflite(graph)
    rng = np.random.default_rng(seed)
    row = [rng.standard_normal(graph.tensors["x"].shape).astype(np.float32)]
    (wanted,) = litert.run(data, [row])
    for a, b in zip(on_host(graph).run(*row), wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=3e-5, atol=3e-6)


def test_windows_that_are_not_same_become_pad_and_valid():
    graph = NETS["series"]()
    data = write_tflite(to_int8(graph, samples(graph, n=4)))
    # conv k16 s4 with 6 zeros on both sides: SAME would put 6 and 6 of other lengths.
    assert b"TFL3" in data[:8]
    back = import_tflite(data)
    convs = [n for n in back.nodes if n.op == "int8_conv"]
    assert [n.attrs["window"]["pad_w"] for n in convs] == [6, 1]


@pytest.mark.parametrize("kind", [F32, S8])
@pytest.mark.parametrize("op", ["RESIZE_NEAREST_NEIGHBOR", "RESIZE_BILINEAR"])
def test_images_of_another_size_agree_with_litert(op, kind):
    """Larger, smaller, by corners and by middles; bilinear int8 within a step."""
    craft = Craft(kind)
    options = op.title().replace("_", "") + "Options"
    for corners, middles in ((False, False), (True, False), (False, True)):
        for size in ((8, 12), (3, 5), (7, 2), (1, 1)):
            craft.add(
                op, [craft.inputs[0], craft.ints(*size)],
                replace(kind, shape=(1, *size, 3)), 2 if kind == S8 else 3,
                options=options, alignCorners=corners, halfPixelCenters=middles,
            )  # fmt: skip
    data, rng = craft.data(), np.random.default_rng(3)
    x = rng.normal(size=kind.shape).astype(np.float32)
    if kind == S8:
        x = rng.integers(-128, 128, kind.shape).astype(np.int8)
    (theirs,) = litert.run(data, [[x]])
    for ours, wanted in zip(on_host(import_tflite(data)).run(x), theirs, strict=True):
        off = np.abs(ours.astype(float) - wanted).max()
        step = 0 if op == "RESIZE_NEAREST_NEIGHBOR" else 1 if kind == S8 else 1e-6
        assert off <= step


# ---- refusals ----


def crafted(op, kind=F32, result=None, **settings):
    craft = Craft(kind)
    craft.add(op, [craft.inputs[0]], result or kind, **settings)
    return craft.data()


def test_an_unknown_operator_is_refused_with_the_nearest():
    data = crafted("RELU_0_TO_1")
    with pytest.raises(FormatError, match=r"operator 0 \(RELU_0_TO_1\).*RELU_N1_TO_1"):
        import_tflite(data)
    (problem,) = problems_of(data)
    assert "RELU_0_TO_1" in problem.node
    assert "nearest" in problem.why


@pytest.mark.parametrize(
    ("op", "words"),
    [("UNIDIRECTIONAL_SEQUENCE_LSTM", "unrolled, or import it from ONNX as LSTM"),
     ("SVDF", "write it as FULLY_CONNECTED"), ("WHILE", "loops unrolled")],
)  # fmt: skip
def test_operators_without_a_rule_are_refused_with_what_works(op, words):
    with pytest.raises(FormatError, match=words):
        import_tflite(crafted(op))


def test_weights_in_int8_and_values_in_float_are_refused():
    craft = Craft(Tensor("f32", (1, 4)))
    weights = craft.file.constant(np.ones((2, 4), np.int8), scale=0.1)
    craft.add("FULLY_CONNECTED", [craft.inputs[0], weights], Tensor("f32", (1, 2)),
              options="FullyConnectedOptions")  # fmt: skip
    with pytest.raises(FormatError, match="dynamic-range quantisation"):
        import_tflite(craft.data())


def test_uint8_models_are_refused():
    with pytest.raises(FormatError, match="uint8, expected int8"):
        import_tflite(crafted("RELU", Tensor("u8", (1, 4), 0.1, 128)))


def test_a_result_of_another_shape_is_refused():
    data = crafted("TANH", F32, replace(F32, shape=(1, 4, 6, 2)))
    with pytest.raises(FormatError, match="the file says"):
        import_tflite(data)


def test_operations_without_an_operator_are_refused_by_name():
    graph = import_onnx(random_model(0))
    node = replace(graph.nodes[0], op="trees", source="ONNX node 'forest' (Trees)")
    with pytest.raises(FormatError, match=r"'forest' \(Trees\).*no operator"):
        write_tflite(replace(graph, nodes=(node, *graph.nodes[1:])))


# ---- damage ----


def whole_files():
    graph = NETS["image"]()
    craft = Craft(S8)
    integers(craft, craft.inputs[0])
    return [
        write_tflite(graph),
        write_tflite(to_int8(graph, samples(graph, n=2))),
        craft.data(),
    ]


def damaged(data, rng):
    """One mutation or a few: bits, bytes, words, cuts, insertions."""
    data = bytearray(data)
    for _ in range(int(rng.integers(1, 4))):
        if len(data) < 16:
            break
        at = int(rng.integers(0, len(data) - 8))
        match int(rng.integers(0, 6)):
            case 0:
                data[at] ^= 1 << int(rng.integers(0, 8))
            case 1:
                data[at] = int(rng.integers(0, 256))
            case 2:
                word = int(rng.choice([0, 1, -1, 2**31 - 1, len(data), len(data) // 2,
                                       int(rng.integers(0, 4096))]))  # fmt: skip
                at -= at % 4
                data[at : at + 4] = struct.pack("<i", word)
            case 3:
                del data[at : at + int(rng.integers(1, 9))]
            case 4:
                del data[at:]
            case _:
                data[at:at] = rng.bytes(4)
    return bytes(data)


def read(data):
    """Whether a file compiles; anything but a FormatError is a mistake of ours."""
    try:
        compile_graph(import_tflite(data), name="m")
    except FormatError:
        return False
    return True


def test_damaged_files_give_a_format_error_or_compile():
    refused = 0
    for seed, whole in enumerate(whole_files()):
        rng = np.random.default_rng(seed)
        assert read(whole)
        refused += sum(not read(damaged(whole, rng)) for _ in range(120))
    assert refused > 150


@pytest.mark.live
def test_many_damaged_files_give_a_format_error_or_compile():
    for seed, whole in enumerate(whole_files()):
        rng = np.random.default_rng(100 + seed)
        for _ in range(34_000):
            read(damaged(whole, rng))


def test_a_name_may_hold_any_signs():
    craft = Craft(S8)
    craft.file.graph.tensors[craft.inputs[0]].name = "a@b@ /* c */ ??/"
    craft.add("LOGISTIC", craft.inputs, replace(S8, scale=1 / 256, zero=-128), 2)
    source = compile_graph(import_tflite(craft.data()), name="m").source
    assert "a_b_ _" in source


@pytest.mark.parametrize("data", [b"", b"\x00" * 8, b"\x08\0\0\0TFL3", bytes(64)])
def test_bytes_that_are_no_file_are_refused(data):
    with pytest.raises(FormatError, match="TFLite"):
        import_tflite(data)


def test_a_table_that_refers_to_itself_is_refused():
    data = bytearray(whole_files()[0])
    (root,) = struct.unpack_from("<I", data, 0)
    for at in range(root, root + 40, 4):
        bent = bytearray(data)
        bent[at : at + 4] = struct.pack("<I", 0)
        read(bytes(bent))
        bent[at : at + 4] = struct.pack("<i", root - at)
        read(bytes(bent))
