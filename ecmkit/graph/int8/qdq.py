"""Quantised ONNX models: layers between DequantizeLinear and QuantizeLinear."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.graph.frontend.onnx_file import Origin
from ecmkit.graph.int8.lowering import Affine, Integer, Lowering, Source, ToRows
from ecmkit.graph.ir import Graph, Node, check

__all__ = ["lower_qdq"]


def lower_qdq(graph: Graph, origins: Mapping[str, Origin]) -> Graph:
    """Replace float layers between conversions by int8 layers.

    Parameters
    ----------
    graph : Graph
        As ONNX defines it, in float32 between the integers.
    origins : mapping of str to Origin
        By constant: what it was dequantised from.

    Returns
    -------
    Graph
        Values that go to int8 or uint8 and back, by one scale, are int8 values now;
        layers between two such are int8 layers, within 1 step of what onnxruntime
        computes. What has no such form stays. The same graph if it has no such values.
    """
    if not any(node.op in ("quantise", "dequantise") for node in graph.nodes):
        return graph
    stripped, scales = _stripped(graph)
    if not scales:
        return graph
    made = Lowering(stripped, _Explicit(stripped, scales, origins)).run()
    check(made)
    return made


class _Explicit(Source):
    """Scales as the model states them."""

    explicit = True

    def __init__(
        self, graph: Graph, scales: Mapping[str, Affine], origins: Mapping[str, Origin]
    ) -> None:
        self.graph = graph
        self.scales = scales
        self.origins = origins

    def affine(self, name: str, dtype: Integer = "s8") -> Affine | None:
        return self.scales.get(name) if dtype == "s8" else None

    def constant(
        self, name: str, dtype: Integer = "s8"
    ) -> tuple[NDArray[Any], Affine] | None:
        found = self.origins.get(name)
        if found is None or found.scales.size != 1 or dtype != "s8":
            return None
        if found.values.dtype != np.int8:
            return None
        zero = 0 if found.zeros is None else int(found.zeros.item())
        return found.values, (float(found.scales.item()), zero)

    def rows(
        self, name: str, to_rows: ToRows, least: NDArray[np.float64], *, dense: bool
    ) -> tuple[NDArray[np.int8], NDArray[np.float32]] | None:
        found = self.origins.get(name)
        if found is None or found.values.dtype != np.int8:
            return None
        if found.zeros is not None and np.any(found.zeros):
            return None
        scales = found.scales.astype(np.float32).reshape(-1)
        if not np.all(np.isfinite(scales) & (scales > 0)):
            return None
        rows = to_rows(found.values)
        if scales.size > 1:
            rank = found.values.ndim
            axis = found.axis % rank
            shape = [-1 if i == axis else 1 for i in range(rank)]
            wide = np.broadcast_to(scales.reshape(shape), found.values.shape)
            by_row = to_rows(np.ascontiguousarray(wide))
            scales = np.ascontiguousarray(by_row[:, 0])
            if np.any(by_row != scales[:, None]):
                return None
        return rows, scales


def _stripped(graph: Graph) -> tuple[Graph, dict[str, Affine]]:
    """Leave out conversions to integers and back; return the scales of those values."""
    scales: dict[str, Affine] = {}
    same: dict[str, str] = {}
    gone: set[int] = set()
    for node in graph.nodes:
        if node.op != "quantise":
            continue
        x, q = node.inputs[0], node.outputs[0]
        found = _affine(graph, node)
        if found is None or scales.get(x, found) != found:
            continue
        readers = graph.readers(q)
        pairs = all(
            r.op == "dequantise" and r.inputs[0] == q and _affine(graph, r) == found
            for r in readers
        )
        leaves = q in graph.outputs
        if not pairs or (leaves and graph.tensors[q].dtype != "s8"):
            continue
        scales[x] = found
        same.update((r.outputs[0], x) for r in readers)
        gone.update(id(r) for r in readers)
        if not leaves:
            gone.add(id(node))
    return _replaced(graph, same, gone), scales


def _find(same: Mapping[str, str], name: str) -> str:
    while name in same:
        name = same[name]
    return name


def _replaced(graph: Graph, same: Mapping[str, str], gone: set[int]) -> Graph:
    nodes = [
        replace(node, inputs=tuple(_find(same, n) for n in node.inputs))
        for node in graph.nodes
        if id(node) not in gone
    ]
    # A float output that has been through int8 is that int8 value.
    outputs = tuple(_find(same, name) for name in graph.outputs)
    return replace(graph, nodes=tuple(nodes), outputs=outputs)


def _affine(graph: Graph, node: Node) -> Affine | None:
    """Scale and zero point of a conversion in int8; None if it is no such."""
    kind = graph.tensors[node.inputs[0] if node.op == "dequantise" else node.outputs[0]]
    scale, zero = (graph.constants.get(name) for name in node.inputs[1:3])
    if kind.dtype not in ("s8", "u8") or scale is None or zero is None:
        return None
    if scale.size != 1 or zero.size != 1:
        return None
    step = float(scale.reshape(-1)[0])
    if not (step > 0.0 and np.isfinite(step)):
        return None
    return step, int(zero.reshape(-1)[0]) - (128 if kind.dtype == "u8" else 0)
