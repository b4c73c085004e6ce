"""Sums of squared differences: kernels that never store the differences."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ecmkit.graph.ir import Graph, Node
from ecmkit.graph.transform.keep_outputs import keep_outputs

__all__ = ["fold_squares"]


def fold_squares(graph: Graph) -> Graph:
    """Recognise distances to rows of a table, and mean squared differences.

    Parameters
    ----------
    graph : Graph
        Checked.

    Returns
    -------
    Graph
        A sum over the last axis of ``(a - b)^2``, where a row meets each row of a
        table, is ``square_distances``; the root of the least of them ``nearest``; a
        mean of ``(a - b)^2`` of two tensors of one shape ``mean_squares``.

    Notes
    -----
    Sums keep their four lanes, so only the order in which roots and minima are taken
    differs, which does not change a bit.
    """
    made = _rewritten(graph, _distances)
    made = _rewritten(made, _means)
    return keep_outputs(_rewritten(made, _nearest), graph.outputs)


_Rule = Callable[[Graph, Node], Node | None]


def _rewritten(graph: Graph, rule: _Rule) -> Graph:
    """Replace nodes one by one; what nobody reads any more stays for later."""
    nodes = tuple(rule(graph, node) or node for node in graph.nodes)
    return replace(graph, nodes=nodes)


def _become(node: Node, op: str, inputs: tuple[str, ...], **attrs: Any) -> Node:
    return replace(node, op=op, inputs=inputs, attrs=attrs)


def _is_map(node: Node | None, fn: str) -> bool:
    return node is not None and node.op == "map" and node.attrs["fn"] == fn


def _difference(graph: Graph, name: str) -> tuple[str, str] | None:
    """Both sides of a difference whose square a value is; None if it is none."""
    square = graph.writer(name)
    if square is None or square.op != "map":
        return None
    doubled = _is_map(square, "mul") and len(set(square.inputs)) == 1
    if not doubled and not _is_second_power(graph, square):
        return None
    minus = graph.writer(square.inputs[0])
    if minus is None or not _is_map(minus, "sub"):
        return None
    if graph.tensors[minus.outputs[0]].dtype != "f32":
        return None
    return minus.inputs[0], minus.inputs[1]


def _is_second_power(graph: Graph, node: Node) -> bool:
    if not _is_map(node, "pow"):
        return False
    exponent = graph.constants.get(node.inputs[1])
    return exponent is not None and exponent.size == 1 and exponent.item() == 2


def _folded(node: Node, fn: str) -> bool:
    return node.op == "reduce" and bool(node.attrs["fn"] == fn)


def _distances(graph: Graph, node: Node) -> Node | None:
    if not _folded(node, "sum"):
        return None
    sides = _difference(graph, node.inputs[0])
    whole = graph.tensors[node.inputs[0]].shape
    if sides is None or tuple(node.attrs["axes"]) != (len(whole) - 1,):
        return None
    for row, table in (sides, sides[::-1]):
        rows, many = graph.tensors[row].shape, graph.tensors[table].shape
        if (
            len(many) == 2
            and whole[-2:] == many
            and rows[-2:] == (1, many[1])
            and (*rows[:-2], *many) == whole
        ):
            return _become(node, "square_distances", (row, table))
    return None


def _means(graph: Graph, node: Node) -> Node | None:
    if not _folded(node, "mean"):
        return None
    sides = _difference(graph, node.inputs[0])
    if sides is None:
        return None
    shapes = {graph.tensors[side].shape for side in sides}
    axes = tuple(node.attrs["axes"])
    whole = graph.tensors[node.inputs[0]]
    if len(shapes) != 1 or axes != tuple(range(axes[0], len(whole.shape))):
        return None
    width = whole.size // max(graph.tensors[node.outputs[0]].size, 1)
    return _become(node, "mean_squares", sides, width=width)


def _nearest(graph: Graph, node: Node) -> Node | None:
    """Root of the least, or least of the roots: the same bits."""
    inner = graph.writer(node.inputs[0]) if node.inputs else None
    if inner is None:
        return None
    if _is_map(node, "sqrt") and _folded(inner, "min"):
        least, near = inner, graph.writer(inner.inputs[0])
    elif _folded(node, "min") and _is_map(inner, "sqrt"):
        least, near = node, graph.writer(inner.inputs[0])
    else:
        return None
    if near is None or near.op != "square_distances":
        return None
    last = len(graph.tensors[least.inputs[0]].shape) - 1
    if tuple(least.attrs["axes"]) != (last,) or near.inputs[1] not in graph.constants:
        return None
    if not all(1 <= n <= 0xFFFF for n in graph.tensors[near.inputs[1]].shape):
        return None
    return _become(node, "nearest", near.inputs)
