"""Graphs rewritten: other operations put in, and what nobody reads left out."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from ecmkit.graph.ir import Graph, Node, Tensor

__all__ = ["brings_into_unit", "only_reader", "rewritten"]


def rewritten(
    graph: Graph,
    nodes: Iterable[Node],
    *,
    constants: Mapping[str, NDArray[Any]] | None = None,
) -> Graph:
    """Put other operations into a graph.

    Parameters
    ----------
    graph : Graph
        As before.
    nodes : iterable of Node
        In the order of execution.
    constants : mapping, optional
        New ones, by name.

    Returns
    -------
    Graph
        Without operations and constants that neither outputs nor states need.
    """
    values = {**graph.constants, **(constants or {})}
    wanted = {*graph.outputs, *(state.output for state in graph.states.values())}
    kept: list[Node] = []
    for node in reversed(list(nodes)):
        if wanted & set(node.outputs):
            wanted.update(node.inputs)
            kept.append(node)
    made = {name for node in kept for name in node.outputs}
    held = {name: value for name, value in values.items() if name in wanted}
    names = {*made, *held, *graph.inputs, *graph.states}
    tensors = {**graph.tensors}
    tensors.update({n: Tensor.of(v) for n, v in (constants or {}).items()})
    return replace(
        graph,
        nodes=tuple(reversed(kept)),
        constants=held,
        tensors={name: kind for name, kind in tensors.items() if name in names},
    )


def only_reader(graph: Graph, name: str) -> Node | None:
    """Return the one operation that reads a value, if it serves nothing else."""
    kept = {*graph.outputs, *(state.output for state in graph.states.values())}
    readers = graph.readers(name)
    if len(readers) != 1 or name in kept:
        return None
    return readers[0]


def brings_into_unit(graph: Graph, node: Node) -> bool:
    """Whether it multiplies or adds one number to a result that leaves the model."""
    while True:
        known = [graph.constants[n] for n in node.inputs if n in graph.constants]
        scalar = len(node.inputs) == 2 and len(known) == 1 and known[0].size == 1
        if node.op != "map" or node.attrs["fn"] not in ("add", "sub", "mul", "div"):
            return False
        if not scalar:
            return False
        if node.outputs[0] in graph.outputs:
            return True
        reader = only_reader(graph, node.outputs[0])
        if reader is None:
            return False
        node = reader
