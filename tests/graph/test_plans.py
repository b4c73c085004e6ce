"""The memory plans of whole networks: who lives when is found anew from the graph."""

import functools
import re
from itertools import combinations

import numpy as np
import pytest
from sklearn.svm import SVC

from benchmarks.int8_loss.models import CLASSES, WINDOW, fit_convolutions
from ecmkit.graph import (
    compile_graph,
    import_estimator,
    import_onnx,
    keep_state,
    layers_merged,
    streaming,
    to_int8,
)
from ecmkit.graph.emit import unit
from ecmkit.graph.memory import Buffer, lower_bound
from ecmkit.train import fit
from tests.graph import tiny
from tests.graph.test_memory import greedy_of_tflite_micro
from tests.synthetic import table
from tests.train.waves import waves

IN_PLACE = {"map", "int8_add", "int8_mul", "int8_softmax", "int8_table"}
"""Each element of the result depends on that element of an input alone."""


@functools.cache
def mlperf(name, *, int8):
    graph = import_onnx(tiny.onnx_of(name))
    return to_int8(graph, tiny.samples(name, 1), ends="int8") if int8 else graph


@functools.cache
def convolutions():
    """The network that learns the recordings of Case Western Reserve University."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((12, WINDOW)).astype(np.float32)
    label = np.array(CLASSES)[np.arange(12) % 3]
    return import_onnx(fit_convolutions(x, label, epochs=1, seed=0))


def as_int8(graph):
    shape = graph.tensors[graph.inputs[0]].shape
    rng = np.random.default_rng(0)
    return to_int8(graph, [[rng.standard_normal(shape).astype(np.float32)]])


def trained(family):
    """Graph of a family as it goes into a package: int8."""
    rows = table() if family == "autoencoder" else waves(n=24)
    return fit(rows, family=family, seed=0, epochs=1).compile().graph


def support_vectors():
    y = np.arange(40) % 4
    x = np.random.default_rng(0).standard_normal((40, 5)) + y[:, None]
    return import_estimator(SVC().fit(x, y))


GRAPHS = {
    **{f"{name} {kind}": functools.partial(mlperf, name, int8=kind == "int8")
       for name in tiny.NETS for kind in ("float", "int8")},
    "cnn float": convolutions,
    "cnn int8": lambda: as_int8(convolutions()),
    "cnn a hop": lambda: streaming(layers_merged(convolutions()), hop=256).graph,
    "features": lambda: trained("autoencoder"),
    **{family: functools.partial(trained, family)
       for family in ("tcn", "gru", "resnet", "ds-cnn")},
    "gru that goes on": lambda: keep_state(trained("gru")),
    "support vectors": support_vectors,
}  # fmt: skip


def planned(graph, monkeypatch):
    """Compile: graph, what was placed, alignment, plan, and the places of values."""
    seen = []
    place = unit.place

    def watched(buffers, **settings):
        seen.append((buffers, settings["align"], place(buffers, **settings)))
        return seen[-1][-1]

    monkeypatch.setattr(unit, "place", watched)
    compiled = compile_graph(graph, name="m")
    ((buffers, align, plan),) = seen
    assert compiled.work_bytes == plan.bytes
    assert compiled.align == align
    written = unit.Unit(compiled.graph)
    at = {}
    for name in compiled.graph.tensors:
        found = re.search(r"@(.*)@", written.pointer(name))
        if found:
            at[name] = plan.offsets[found[1]]
    whole = [Buffer(b.name, -(-b.bytes // align) * align, b.first, b.last)
             for b in buffers]  # fmt: skip
    return compiled.graph, whole, align, plan, at


def lives(graph, names):
    """Single values: from what makes them to the last that reads them."""
    end = len(graph.nodes)
    last = {state.output: end for state in graph.states.values()}
    last.update(dict.fromkeys(graph.outputs, end))
    made = {}
    for step, node in enumerate(graph.nodes):
        made.update(dict.fromkeys(node.outputs, step))
        for name in node.inputs:
            last[name] = max(last.get(name, step), step)
    return [
        Buffer(name, graph.tensors[name].bytes, made[name], last.get(name, made[name]))
        for name in names
    ]


def may_share(graph, a, b):
    """Whether a value may take the bytes of one that is still read."""
    a, b = sorted((a, b), key=lambda value: value.first)
    node = graph.nodes[b.first]
    if a.last == b.first and node.op in IN_PLACE:
        return a.name in node.inputs
    name = b.name
    while name != a.name:  # the same in another shape, of another, ..
        node = graph.writer(name)
        if node is None or node.op != "reshape":
            return False
        (name,) = node.inputs
    return True


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", GRAPHS)
def test_no_two_live_values_overlap_and_no_plan_is_worse(name, monkeypatch):
    graph, buffers, align, plan, at = planned(GRAPHS[name](), monkeypatch)
    values = lives(graph, at)
    scratch = [b for b in buffers if b.name.startswith("scratch")]
    at |= {b.name: plan.offsets[b.name] for b in scratch}
    for buffer in [*values, *scratch]:
        assert at[buffer.name] % align == 0
        assert 0 <= at[buffer.name] <= plan.bytes - buffer.bytes
    for a, b in combinations([*values, *scratch], 2):
        if a.first <= b.last and b.first <= a.last:
            apart = at[a.name] + a.bytes <= at[b.name]
            apart = apart or at[b.name] + b.bytes <= at[a.name]
            shared = at[a.name] == at[b.name] and not {a, b} & {*scratch}
            assert apart or (shared and may_share(graph, a, b)), (a, b)
    assert lower_bound(buffers) <= plan.bytes <= greedy_of_tflite_micro(buffers)
    # TensorFlow Lite Micro itself gives each value bytes of its own.
    assert plan.bytes <= greedy_of_tflite_micro([*values, *scratch])


def test_what_lives_too_long_for_its_place_is_found(monkeypatch):
    """The test above fails where a place is given away a step too early."""
    first = unit.Unit._places

    def shorter(self):
        first(self)
        for home, step in self._last.items():
            self._last[home] = max(step - 1, self._first[home])

    monkeypatch.setattr(unit.Unit, "_places", shorter)
    with pytest.raises(AssertionError, match="Buffer"):
        test_no_two_live_values_overlap_and_no_plan_is_worse("images int8", monkeypatch)
