"""Pictures of graphs: every value has a box, and no edge runs behind one."""

import re
from itertools import pairwise

import numpy as np

from ecmkit.graph import macs_of, svg_of
from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.ir import Tensor
from ecmkit.graph.transform import streaming


def branching():
    b = Builder()
    x = b.input("x <&>", Tensor("f32", (1, 2, 16)))
    w = b.constant(np.ones((3, 2, 4), np.float32))
    attrs = {"strides": (1,), "dilations": (1,), "before": (0,), "groups": 1}
    (y,) = b.emit("conv", [x, w], Tensor("f32", (1, 3, 13)), attrs)
    a = b.map("tanh", b.map("exp", b.map("relu", y)))
    c = b.map("neg", y)
    return b.graph([b.map("add", b.map("mul", a, c), y), b.map("abs", c)])


def boxes(svg):
    found = re.findall(r'<rect x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"', svg)
    return [tuple(map(int, box)) for box in found]


def segments(svg):
    for path in re.findall(r'<path d="M([\d L]+)" stroke', svg):
        points = [tuple(map(int, p.split())) for p in path.split(" L")]
        yield from pairwise(points)


def behind(segment, box):
    """Whether a point of a segment, but for its ends, lies inside a box."""
    (x0, y0), (x1, y1) = segment
    x, y, width, height = box
    t = np.linspace(0.02, 0.98, 97)
    px, py = x0 + t * (x1 - x0), y0 + t * (y1 - y0)
    return ((px > x) & (px < x + width) & (py > y + 1) & (py < y + height - 1)).any()


def test_a_box_each_and_no_edge_behind_one():
    for graph in (branching(), streaming(branching(), hop=4).graph):
        svg = svg_of(graph)
        drawn = boxes(svg)
        count = len(graph.nodes) + len(graph.inputs) + len(graph.states)
        assert len(set(drawn)) == len(drawn) == count
        edges = list(segments(svg))
        assert len(edges) >= len(graph.nodes)
        assert not [(e, box) for e in edges for box in drawn if behind(e, box)]


def test_facts_are_in_the_picture():
    graph = branching()
    svg = svg_of(graph)
    for text in ("input x &lt;&amp;&gt;", "96 B constant, 312 MAC", "add, output 0"):
        assert text in svg
    assert macs_of(graph, graph.nodes[0]) == 13 * 3 * 2 * 4
    assert "state state0" in svg_of(streaming(graph, hop=4).graph)
