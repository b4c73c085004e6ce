"""Functions of constants, computed once and for all."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.graph.ir import Graph, Node
from ecmkit.graph.rewrite import rewritten

__all__ = ["fold_constants"]

# Rounded correctly by NumPy and by C, so that the bits are those of the device.
_EXACT: dict[str, Callable[..., NDArray[Any]]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "neg": np.negative,
    "sqrt": np.sqrt,
    "reciprocal": np.reciprocal,
}


def fold_constants(graph: Graph) -> Graph:
    """Compute sums, products, quotients and roots of float32 constants.

    Parameters
    ----------
    graph : Graph
        Such as a batch normalisation brings along.

    Returns
    -------
    Graph
        With the same bits and less to do.
    """
    known = dict(graph.constants)
    made: dict[str, NDArray[Any]] = {}
    nodes: list[Node] = []
    for node in graph.nodes:
        value = _value(graph, node, known)
        if value is None:
            nodes.append(node)
        else:
            made[node.outputs[0]] = known[node.outputs[0]] = value
    return rewritten(graph, nodes, constants=made) if made else graph


def _value(
    graph: Graph, node: Node, known: dict[str, NDArray[Any]]
) -> NDArray[Any] | None:
    kinds = {graph.tensors[name].dtype for name in (*node.inputs, *node.outputs)}
    if not all(name in known for name in node.inputs) or kinds != {"f32"}:
        return None
    if node.outputs[0] in graph.outputs:
        return None
    shape = graph.tensors[node.outputs[0]].shape
    if node.op == "reshape":
        return known[node.inputs[0]].reshape(shape)
    if node.op != "map" or node.attrs["fn"] not in _EXACT:
        return None
    with np.errstate(all="ignore"):
        value = _EXACT[node.attrs["fn"]](*(known[name] for name in node.inputs))
    return np.asarray(value, np.float32).reshape(shape)
