"""Recurrent layers that go on where the window before ended."""

from dataclasses import replace

import numpy as np

from ecmkit.errors import FormatError
from ecmkit.graph.ir import Graph, State

__all__ = ["keep_state"]


def keep_state(graph: Graph) -> Graph:
    """Let recurrent layers start from the state in which they ended the run before.

    Parameters
    ----------
    graph : Graph
        With LSTM, GRU or plain layers that run forwards, and start from constants.

    Returns
    -------
    Graph
        Whose states are theirs. Windows one after another then give what one long
        window gives, bit for bit, as far as only recurrent layers look back.

    Raises
    ------
    FormatError
        If there is no such layer, or one runs backwards or starts from an input:
        names the node.
    """
    tensors, states = dict(graph.tensors), dict(graph.states)
    nodes = []
    for node in graph.nodes:
        if node.op != "recurrent":
            nodes.append(node)
            continue
        if any(node.attrs["reverse"]):
            raise node.refuse("runs backwards, which needs the whole sequence")
        inputs = list(node.inputs)
        for at, output in zip((4, 5), node.outputs[1:], strict=False):
            start = graph.constants.get(inputs[at])
            if start is None:
                raise node.refuse("starts from an input, expected constants")
            name = f"{output}_before"
            while name in tensors:
                name += "_"
            tensors[name] = graph.tensors[output]
            states[name] = State(output, np.ascontiguousarray(start))
            inputs[at] = name
        nodes.append(replace(node, inputs=tuple(inputs)))
    if len(states) == len(graph.states):
        raise FormatError("no recurrent layer, expected at least one")
    return replace(graph, nodes=tuple(nodes), tensors=tensors, states=states)
