"""Zero blocks of weights: noticed, left out, and the same bytes as with all of them."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecmkit._core import nn_dense
from ecmkit.graph import GraphOnHost, compile_graph, densities, to_int8
from ecmkit.graph.packing import KEPT_MOST, pack_s8, pack_shorter_s8, zero_blocks
from tests.graph.integers import Integers
from tests.graph.test_int8 import Net


@st.composite
def layers(draw):
    outputs, chunks = draw(st.integers(1, 21)), draw(st.integers(1, 6))
    odd = draw(st.sampled_from([0, 0, 0, 1, 8]))
    seed, kept = draw(st.integers(0, 2**32 - 1)), draw(st.floats(0, 1))
    random = np.random.default_rng(seed)
    inputs = 16 * chunks + odd
    weights = random.integers(-127, 128, (outputs, inputs)).astype(np.int8)
    groups = [*range(0, outputs // 4 * 4, 4), *range(outputs // 4 * 4, outputs)]
    for start in groups:
        rows = slice(start, start + (4 if start < outputs // 4 * 4 else 1))
        for at in range(0, inputs, 16):
            if random.random() >= kept:
                weights[rows, at : at + 16] = 0
    return weights, random


@given(layers())
@settings(max_examples=150, deadline=None)
def test_the_shorter_form_gives_the_bytes_of_all_weights(made):
    weights, random = made
    outputs, inputs = weights.shape
    shorter, whole = pack_shorter_s8(weights), pack_s8(weights)
    assert shorter.nbytes <= whole.nbytes
    if shorter.blocks is not None:
        assert 1 - zero_blocks(weights) <= KEPT_MOST
        assert shorter.nbytes < whole.nbytes
    bias = random.integers(-3000, 3000, outputs).astype(np.int32)
    multiplier = random.integers(2**30, 2**31, outputs).astype(np.int32)
    shift = random.integers(33, 45, outputs).astype(np.uint8)
    output = np.array([random.integers(-128, 128), -128, 127], np.int16)
    x = random.integers(-128, 128, (3, inputs)).astype(np.int8)
    results = []
    for packed in (shorter, whole):
        y = np.empty((3, outputs), np.int8)
        nn_dense.dense_s8(
            packed.weights, packed.blocks, bias, multiplier, shift, output, x, y
        )
        results.append(y)
    np.testing.assert_array_equal(*results)


def sparse(seed, kept):
    """Convolutions and dense layers whose weights are 0 in blocks."""
    net = Net(seed, (1, 16, 24))
    net.conv(16, 16, 3, pads=[1, 1])
    net.add("Relu")
    net.conv(32, 16, 1)
    net.add("Relu")
    net.add("GlobalAveragePool")
    net.add("Flatten")
    net.dense(8, 32)
    net.add("Relu")
    net.dense(5, 8)
    random = np.random.default_rng(seed)
    for name, value in net.constants.items():
        if value.ndim > 1 and value.shape[1] >= 16:
            rows = np.moveaxis(value, 1, -1).reshape(len(value), -1)
            keep = random.random((-(-len(rows) // 4), rows.shape[1] // 16)) < kept
            mask = keep.repeat(4, 0)[: len(rows)].repeat(16, 1)
            shape = (len(value), *value.shape[2:], value.shape[1])
            value *= np.moveaxis(mask.reshape(shape), -1, 1)
            assert name in net.constants
    return net.graph()


@pytest.mark.parametrize("kept", [0.0, 0.25, 0.6])
def test_networks_with_zero_blocks_equal_plain_integers(kept):
    graph = sparse(3, kept)
    samples = [[x] for x in np.random.default_rng(4).normal(0, 1, (6, 1, 16, 24))]
    made = to_int8(graph, samples, ends="int8")
    compiled = compile_graph(made, name="sparse")
    assert len(re.findall(r"\.blocks = t\d+", compiled.source)) >= 2
    host, plain = GraphOnHost(compiled), Integers(made)
    random = np.random.default_rng(5)
    for _ in range(5):
        x = random.integers(-128, 128, (1, 24, 16)).astype(np.int8)
        x = x.reshape(made.tensors[made.inputs[0]].shape)
        np.testing.assert_array_equal(host.run(x)[0], plain.run(x)[0])


def test_the_report_says_what_is_stored():
    graph = sparse(3, 0.25)
    samples = [[x] for x in np.random.default_rng(4).normal(0, 1, (6, 1, 16, 24))]
    full = compile_graph(to_int8(sparse(3, 1.0), samples), name="full")
    made = to_int8(graph, samples)
    compiled = compile_graph(made, name="sparse")
    found = densities(made)
    assert [d.op for d in found if d.skipped] == ["int8_conv"] * 2 + ["int8_dense"]
    first = found[0]
    assert first.blocks < 0.5
    assert first.weights == pytest.approx(first.blocks, abs=0.02)
    assert f"{first.stored:,} bytes are stored" in str(first)
    saved = 16 * 48 + 32 * 16 + 8 * 32 - sum(d.stored for d in found if d.skipped)
    assert full.flash_bytes - compiled.flash_bytes == saved > 0
    assert [d.stored for d in densities(graph)] == [None] * len(densities(graph))


def test_a_dense_network_is_not_reported():
    net = Net(1, (1, 32))
    net.dense(8, 32)
    assert densities(net.graph()) == []
