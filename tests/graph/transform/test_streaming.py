"""Hops against whole windows: the same bits, whatever the net and the hop."""

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from ecmkit.errors import FormatError
from ecmkit.graph import GraphOnHost, compile_graph, to_int8
from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.ir import Tensor
from ecmkit.graph.transform import streaming

RNG = np.random.default_rng(11)


def host(graph):
    return GraphOnHost(compile_graph(graph, name="net"), flags=("-O0",))


def conv(b, x, filters, k, stride, dilation, pad):
    _, channels, n = b.shape(x)
    w = b.constant((RNG.normal(size=(filters, channels, k)) / k).astype(np.float32))
    bias = b.constant(RNG.normal(size=filters).astype(np.float32))
    attrs = {
        "strides": (stride,), "dilations": (dilation,), "before": (pad,), "groups": 1,
    }  # fmt: skip
    outs = (n + pad - (k - 1) * dilation - 1) // stride + 1
    if outs < 1:
        reject()
    return b.emit("conv", [x, w, bias], Tensor("f32", (1, filters, outs)), attrs)[0]


def net(layers, length, *, padded, end):
    """Convolutions (filters, k, stride, dilation) with rectifiers between."""
    b = Builder()
    y = b.input("x", Tensor("f32", (1, 2, length)))
    for filters, k, stride, dilation in layers:
        reach = (k - 1) * dilation
        y = b.map("relu", conv(b, y, filters, k, stride, dilation, reach * padded))
    if end == "mean":
        y = b.reduce("mean", y, (2,), keep=False)
    if end == "last":
        y = b.view(y, (1, b.shape(y)[1]), b.tensors[y].strides[:2], b.shape(y)[2] - 1)
    return b.graph([y])


_LAYERS = st.lists(
    st.tuples(
        st.integers(1, 3), st.integers(1, 4), st.integers(1, 2), st.integers(1, 3)
    ),
    min_size=1,
    max_size=3,
)


@given(_LAYERS, st.integers(2, 3), st.sampled_from(["mean", "last", "all"]))
@settings(max_examples=5, deadline=None)
def test_hops_give_what_sliding_windows_give(layers, hops, end):
    hop = 8
    graph = net(layers, hop * hops * 2, padded=False, end=end)
    length = hop * hops * 2
    made = streaming(graph, hop=hop)
    assert made.windows
    assert made.macs <= made.macs_whole
    x = RNG.normal(size=(1, 2, 2 * length)).astype(np.float32)
    whole, stream = host(graph), host(made.graph)
    for at in range(0, 2 * length, hop):
        (found,) = stream.run(x[:, :, at : at + hop])
        if at + hop < length:
            continue
        (expected,) = whole.run(x[:, :, at + hop - length : at + hop])
        if end == "all":
            expected = expected[:, :, -found.shape[2] :]
        np.testing.assert_array_equal(found, expected)


@given(_LAYERS, st.sampled_from([8, 16, 48]))
@settings(max_examples=5, deadline=None)
def test_zeros_in_front_stand_for_what_was_before_the_recording(layers, hop):
    graph = net(layers, 48, padded=True, end="all")
    made = streaming(graph, hop=hop)
    x = RNG.normal(size=(1, 2, 48)).astype(np.float32)
    stream = host(made.graph)
    parts = [stream.run(x[:, :, at : at + hop])[0] for at in range(0, 48, hop)]
    expected = host(graph).run(x)[0]
    np.testing.assert_array_equal(np.concatenate(parts, 2), expected)
    stream.reset()
    np.testing.assert_array_equal(stream.run(x[:, :, :hop])[0], parts[0])


@pytest.mark.parametrize(
    ("end", "activations", "dtype"),
    [("mean", "int8", "s8"), ("all", "int8", "s8"), ("mean", "int16", "s16")],
)
def test_integer_layers_stream_too(end, activations, dtype):
    layers = [(4, 5, 2, 1), (6, 3, 1, 2)]
    length, hop = 64, 8
    graph = net(layers, length, padded=False, end=end)
    x = RNG.normal(size=(1, 2, 2 * length)).astype(np.float32)
    rows = [[x[:, :, at : at + length]] for at in (0, 30, 64)]
    whole8 = to_int8(graph, rows, activations=activations)
    made = streaming(whole8, hop=hop)
    assert made.saved > 0.7
    kinds = {made.graph.tensors[name].dtype for name in made.graph.states}
    assert dtype in kinds
    whole, stream = host(whole8), host(made.graph)
    for at in range(0, 2 * length, hop):
        (found,) = stream.run(x[:, :, at : at + hop])
        if at + hop >= length:
            (expected,) = whole.run(x[:, :, at + hop - length : at + hop])
            np.testing.assert_array_equal(found, expected[..., -found.shape[-1] :])


def test_pools_residuals_and_dense_layers():
    b = Builder()
    x = b.input("x", Tensor("f32", (1, 2, 32)))
    y = b.map("tanh", conv(b, x, 3, 1, 1, 1, 0))
    y = b.map("add", b.map("mul", y, b.constant(np.float32([[2], [3], [4]]))), y)
    y = b.concat([y, b.map("neg", y)], 1)
    window = {
        "strides": (2,), "dilations": (1,), "before": (0,), "after": (0,),
        "kernel": (2,), "outs": (16,), "include_pad": False,
    }  # fmt: skip
    parts = [
        b.emit("pool", [y], Tensor("f32", (1, 6, 16)), {**window, "fn": fn})[0]
        for fn in ("max", "mean")
    ]
    y = b.reshape(b.map("mul", *parts), (1, 96))
    y = b.matmul(y, b.constant(RNG.normal(size=(96, 2)).astype(np.float32)))
    graph = b.graph([y])
    made = streaming(graph, hop=4)
    assert made.macs == 96 * 2 + 4 * 3 * 2
    x = RNG.normal(size=(1, 2, 64)).astype(np.float32)
    whole, stream = host(graph), host(made.graph)
    for at in range(0, 64, 4):
        (found,) = stream.run(x[:, :, at : at + 4])
        if at >= 28:
            (expected,) = whole.run(x[:, :, at - 28 : at + 4])
            np.testing.assert_array_equal(found, expected)


def test_what_cannot_stream_is_refused():
    graph = net([(2, 3, 1, 1)], 16, padded=False, end="all")
    with pytest.raises(ValueError, match="does not divide"):
        streaming(graph, hop=5)
    with pytest.raises(FormatError, match="stride of 2"):
        streaming(net([(2, 3, 2, 1)], 15, padded=False, end="all"), hop=5)
    b = Builder()
    x = b.input("x", Tensor("f32", (1, 2, 16)))
    half = b.graph([conv(b, x, 2, 5, 1, 1, 2)])
    with pytest.raises(FormatError, match="2 zeros in front, expected none or 4"):
        streaming(half, hop=8)
    b = Builder()
    x = b.input("x", Tensor("f32", (1, 2, 16)))
    w = b.constant(np.ones((1, 2, 3), np.float32))
    same = {"strides": (1,), "dilations": (1,), "before": (1,), "groups": 1}
    ahead = b.graph(b.emit("conv", [x, w], Tensor("f32", (1, 1, 16)), same))
    with pytest.raises(FormatError, match="looks ahead"):
        streaming(ahead, hop=8)
