"""What the nodes of a graph read, when a model is run on rows of features."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ecmkit.graph import Graph

__all__ = ["rows_at"]

Rows = NDArray[np.float32]
_MAPS: dict[str, Callable[..., NDArray[np.generic]]] = {
    "add": np.add, "div": np.divide, "identity": np.positive, "isnan": np.isnan,
    "mul": np.multiply, "sub": np.subtract, "where": np.where,
}  # fmt: skip


def rows_at(graph: Graph, name: str, x: Rows) -> Rows | None:
    """Rows of a tensor that is made of the features by selection or scaling.

    Parameters
    ----------
    graph : Graph
        With one input of features.
    name : str
        A tensor with one row of values.
    x : ndarray of float32, shape (n, n_features)
        Rows of features.

    Returns
    -------
    ndarray of float32, shape (n, n_values), or None
        None if anything else leads to it: a layer, say.
    """
    found = _value(graph, name, x)
    width = graph.tensors[name].size
    if found is None or found.shape != (len(x), width):
        return None
    return np.asarray(found, np.float32)


def _value(graph: Graph, name: str, x: Rows) -> NDArray[np.generic] | None:
    if name in graph.constants:
        return graph.constants[name]
    if name in graph.inputs:
        return x if graph.tensors[name].size == x.shape[1] else None
    node = graph.writer(name)
    if node is None:
        return None
    values = [_value(graph, one, x) for one in node.inputs]
    given = [value for value in values if value is not None]
    if len(given) < len(values):
        return None
    if node.op == "take" and int(node.attrs["axis"]) == 1 and given[0].ndim == 2:
        return np.take(given[0], given[1].astype(np.int64), axis=1)
    if node.op == "concat" and int(node.attrs["axis"]) == 1:
        return np.concatenate(given, axis=1)
    if node.op == "map" and node.attrs["fn"] in _MAPS and not node.attrs.get("then"):
        return _MAPS[node.attrs["fn"]](*given)
    if node.op == "reshape":
        return given[0]
    return None
