"""A constant for each reader: what one set of numbers shares, another may not."""

from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from ecmkit.graph.ir import Graph, Node

__all__ = ["unshare"]


def unshare(graph: Graph) -> Graph:
    """Give each input of a node that is a constant a constant of its own.

    Parameters
    ----------
    graph : Graph
        Checked.

    Returns
    -------
    Graph
        The same for models that differ in their numbers alone, also where some of
        these are equal by chance. Named in the order of reading.
    """
    constants: dict[str, NDArray[Any]] = {}
    tensors = dict(graph.tensors)
    nodes: list[Node] = []
    for node in graph.nodes:
        inputs = list(node.inputs)
        for at, name in enumerate(inputs):
            if name in graph.constants:
                own = f"constant {len(constants)}"
                constants[own] = graph.constants[name]
                tensors[own] = graph.tensors[name]
                inputs[at] = own
        nodes.append(replace(node, inputs=tuple(inputs)))
    kept = {name: v for name, v in graph.constants.items() if name in graph.outputs}
    return replace(
        graph, nodes=tuple(nodes), tensors=tensors, constants={**kept, **constants}
    )
