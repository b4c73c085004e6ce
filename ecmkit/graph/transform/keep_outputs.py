"""Some outputs of a graph, and only what they need."""

from collections.abc import Sequence
from dataclasses import replace

from ecmkit.graph.ir import Graph, Node

__all__ = ["keep_outputs"]


def keep_outputs(graph: Graph, outputs: Sequence[str]) -> Graph:
    """Leave out all operations and constants that some outputs do not need.

    Parameters
    ----------
    graph : Graph
        Checked.
    outputs : sequence of str
        Names of values; inputs stay, needed or not, and so do states.

    Returns
    -------
    Graph
    """
    wanted = {*outputs, *(state.output for state in graph.states.values())}
    kept: list[Node] = []
    for node in reversed(graph.nodes):
        if wanted & set(node.outputs):
            wanted.update(node.inputs)
            kept.append(node)
    wanted.update(graph.inputs, graph.states, *(node.outputs for node in kept))
    return replace(
        graph,
        outputs=tuple(outputs),
        nodes=tuple(reversed(kept)),
        tensors={n: t for n, t in graph.tensors.items() if n in wanted},
        constants={n: v for n, v in graph.constants.items() if n in wanted},
    )
