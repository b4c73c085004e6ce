"""Some outputs of a graph, and only what they need."""

from collections.abc import Sequence
from dataclasses import replace

from ecmkit.graph.ir import Graph
from ecmkit.graph.rewrite import rewritten

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
    return rewritten(replace(graph, outputs=tuple(outputs)), graph.nodes)
