"""Factors and shifts of channels go into the weights of the layer before them."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.graph.ir import Graph, Node, Tensor

__all__ = ["fold_channels"]


def fold_channels(graph: Graph, *, keep: frozenset[str] = frozenset()) -> Graph:
    """Fold normalisations, and any constants of channels, into weights and bias.

    Parameters
    ----------
    graph : Graph
        In float32.
    keep : frozenset of str
        Constants that stay as they are, such as weights that were quantised.

    Returns
    -------
    Graph
        Where a convolution or dense layer with constant weights is read by nothing but
        a sum, difference, product or quotient with constants of its channels, that
        node is gone; results differ by rounding.
    """
    nodes = list(graph.nodes)
    constants, tensors = dict(graph.constants), dict(graph.tensors)
    at = 0
    while at < len(nodes):
        node = nodes[at]
        work = replace(graph, nodes=tuple(nodes), constants=constants, tensors=tensors)
        reader = _reader(work, node)
        made = None
        if reader is not None and not keep & set(node.inputs):
            made = _folded(work, node, reader)
        if made is None or reader is None:
            at += 1
            continue
        folded, more = made
        for name, value in more.items():
            constants[name], tensors[name] = value, Tensor.of(value)
        nodes[at] = folded
        nodes.remove(reader)
    used = {name for node in nodes for name in node.inputs} | set(graph.outputs)
    return replace(
        graph,
        nodes=tuple(nodes),
        constants={n: v for n, v in constants.items() if n in used},
        tensors=tensors,
    )


def _reader(graph: Graph, node: Node) -> Node | None:
    """Return the function of elements that alone reads a layer's result."""
    if node.op not in ("conv", "matmul") or node.outputs[0] in graph.outputs:
        return None
    readers = graph.readers(node.outputs[0])
    if len(readers) != 1 or readers[0].op != "map":
        return None
    reader = readers[0]
    fits = reader.attrs["fn"] in ("add", "sub", "mul", "div")
    alike = graph.tensors[reader.outputs[0]] == graph.tensors[node.outputs[0]]
    return reader if fits and alike and len(set(reader.inputs)) == 2 else None


def _folded(
    graph: Graph, node: Node, reader: Node
) -> tuple[Node, dict[str, NDArray[Any]]] | None:
    """Return the layer with its reader in it, and the constants that are new."""
    fn, first = str(reader.attrs["fn"]), reader.inputs[0] == node.outputs[0]
    other = graph.constants.get(reader.inputs[1 if first else 0])
    weights = graph.constants.get(node.inputs[1])
    known = [graph.constants.get(name) for name in node.inputs[2:]]
    y = graph.tensors[node.outputs[0]]
    if other is None or weights is None or y.dtype != "f32" or (
        fn == "div" and not first
    ):  # fmt: skip
        return None
    if any(v is None for v in known):
        return None
    axis, place = _channels(node, weights, y)
    if axis < 0:
        return None
    n = y.shape[axis]
    values = _by_channel(other, y, axis)
    bias = np.zeros(n)
    if known and known[0] is not None:
        whole = known[0].astype(np.float64)
        found = whole if whole.size == n else np.broadcast_to(whole.reshape(-1), (n,))
        if node.op == "matmul" and whole.size > 1 and node.attrs["c"][-1] != 1:
            return None
        bias = found.reshape(n)
    if values is None:
        return None
    scale, shift = np.ones(n), np.zeros(n)
    if fn in ("add", "sub"):
        scale = scale if first or fn == "add" else -scale
        shift = -values if fn == "sub" and first else values
    else:
        scale = values if fn == "mul" else 1.0 / values
    if not np.all(np.isfinite(scale)):
        return None
    wide = scale.reshape([-1 if i == place else 1 for i in range(weights.ndim)])
    made = (weights.astype(np.float64) * wide).astype(np.float32)
    total = (bias * scale + shift).astype(np.float32)
    if not (np.all(np.isfinite(made)) and np.all(np.isfinite(total))):
        return None
    names = (f"{reader.outputs[0]}_weights", f"{reader.outputs[0]}_bias")
    attrs = dict(node.attrs)
    if node.op == "matmul":
        attrs["c"] = (*(0,) * (len(node.attrs["shape"]) - 1), 1)
    folded = replace(
        node, inputs=(node.inputs[0], *names), outputs=reader.outputs, attrs=attrs
    )
    return folded, dict(zip(names, (made, total), strict=True))


def _channels(node: Node, weights: NDArray[Any], y: Tensor) -> tuple[int, int]:
    """Axis of the channels in the result and in the weights; -1: there is none."""
    if node.op == "conv":
        return 1, 0
    plain = tuple(node.attrs["shape"]) == y.shape and weights.ndim == 2
    if not plain or not y.shape:
        return -1, -1
    return len(y.shape) - 1, 0 if int(node.attrs["b_k"]) == 1 else 1


def _by_channel(
    value: NDArray[Any], y: Tensor, axis: int
) -> NDArray[np.float64] | None:
    """Return one number for each channel, if the constant is that."""
    n = y.shape[axis]
    if value.size == 1:
        return np.full(n, float(value.reshape(-1)[0]))
    shape = (1,) * (len(y.shape) - value.ndim) + value.shape
    if value.size != n or shape[axis] != n:
        return None
    return value.reshape(n).astype(np.float64)
