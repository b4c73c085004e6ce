"""Batch normalisation and other factors and offsets of channels, in the weights."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.graph.ir import Graph, Node
from ecmkit.graph.rewrite import brings_into_unit, only_reader, rewritten

__all__ = ["fold_affine"]

F64 = NDArray[np.float64]


def fold_affine(graph: Graph, *, keep: frozenset[str] = frozenset()) -> Graph:
    """Multiply and add into weights what is done to each channel after a layer.

    Parameters
    ----------
    graph : Graph
        With convolutions and products by constant float32 weights; what follows them
        adds, subtracts, multiplies or divides by constants of a channel each.
    keep : frozenset of str
        Constants that stay as they are, such as weights that were quantised.

    Returns
    -------
    Graph
        With new weights and biases, computed in float64 and rounded once. One factor
        and offset for all results of the model stay: they bring it into its unit, which
        eight bits of a layer would cut.
    """
    while True:
        nodes = (node for node in graph.nodes if not keep & set(node.inputs))
        found = next(filter(None, (_step(graph, node) for node in nodes)), None)
        if found is None:
            return graph
        graph = found


def _step(graph: Graph, node: Node) -> Graph | None:
    channels = _channels(graph, node)
    reader = only_reader(graph, node.outputs[0])
    if channels is None or reader is None or reader.op != "map":
        return None
    if brings_into_unit(graph, reader):
        return None
    change = _affine(graph, reader, node.outputs[0], *channels)
    if change is None:
        return None
    factor, offset = change
    weights = graph.constants[node.inputs[1]].astype(np.float64)
    if node.op == "conv":
        weights = weights * factor.reshape(-1, *[1] * (weights.ndim - 1))
    else:
        weights = weights * (factor[:, None] if node.attrs["b_k"] == 1 else factor)
    bias = np.zeros(len(factor))
    if len(node.inputs) > 2:
        bias = bias + graph.constants[node.inputs[2]].reshape(-1)
    new = {
        _fresh(graph, f"{node.outputs[0]}_weights"): weights.astype(np.float32),
        _fresh(graph, f"{node.outputs[0]}_bias"): (bias * factor + offset).astype(
            np.float32
        ),
    }
    attrs = dict(node.attrs)
    if node.op == "matmul":
        attrs["c"] = (*[0] * (len(attrs["shape"]) - 1), 1)
    merged = replace(
        node, inputs=(node.inputs[0], *new), outputs=reader.outputs, attrs=attrs
    )
    nodes = [merged if n is node else n for n in graph.nodes if n is not reader]
    return rewritten(graph, nodes, constants=new)


def _fresh(graph: Graph, name: str) -> str:
    while name in graph.tensors:
        name += "_"
    return name


def _channels(graph: Graph, node: Node) -> tuple[int, int] | None:
    """Axis of the channels of a layer's result and their number; None: no layer."""
    if node.op not in ("conv", "matmul") or node.inputs[1] not in graph.constants:
        return None
    weights = graph.constants[node.inputs[1]]
    if weights.dtype != np.float32:
        return None
    bias = graph.constants.get(node.inputs[2]) if len(node.inputs) > 2 else None
    shape = graph.tensors[node.outputs[0]].shape
    axis = 1 if node.op == "conv" else len(shape) - 1
    if node.op == "matmul" and (
        weights.ndim != 2
        or tuple(node.attrs["shape"]) != shape
        or "a" not in node.attrs
    ):
        return None
    if len(node.inputs) > 2 and (bias is None or bias.size not in (1, shape[axis])):
        return None
    if len(node.inputs) > 3:
        return None
    return axis, shape[axis]


def _affine(
    graph: Graph, node: Node, value: str, axis: int, n: int
) -> tuple[F64, F64] | None:
    """Find what a function of elements multiplies and adds to each channel."""
    fn = node.attrs["fn"]
    own = graph.tensors[value].shape
    if fn not in ("add", "sub", "mul", "div") or len(node.inputs) != 2:
        return None
    if graph.tensors[node.outputs[0]].shape != own:
        return None
    first = node.inputs[0] == value
    other: NDArray[Any] | None = graph.constants.get(node.inputs[1 if first else 0])
    if other is None or node.inputs[0] == node.inputs[1]:
        return None
    shape = [1] * (len(own) - other.ndim) + list(other.shape)
    if any(length != 1 for at, length in enumerate(shape) if at != axis):
        return None
    c = np.broadcast_to(other.reshape(-1).astype(np.float64), (n,))
    one, none = np.ones(n), np.zeros(n)
    match fn:
        case "add":
            return one, c
        case "sub":
            return (one, -c) if first else (-one, c)
        case "mul":
            return c, none
        case _:
            return (1 / c, none) if first and (c != 0).all() else None
