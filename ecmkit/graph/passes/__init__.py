"""Rewrites of a graph that keep its meaning and save memory or work."""

from ecmkit.graph.ir import Graph
from ecmkit.graph.passes.outputs import keep_outputs
from ecmkit.graph.passes.squares import fold_squares
from ecmkit.graph.passes.unshare import unshare

__all__ = ["keep_outputs", "simplify", "unshare"]


def simplify(graph: Graph) -> Graph:
    """Apply all rewrites that every model gains from.

    Parameters
    ----------
    graph : Graph
        Checked.

    Returns
    -------
    Graph
        With the same inputs and outputs.
    """
    return fold_squares(graph)
