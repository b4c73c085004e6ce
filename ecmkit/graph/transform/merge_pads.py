"""Zeros around an image, in the convolution that reads it."""

from dataclasses import replace

import numpy as np

from ecmkit.graph.ir import Graph
from ecmkit.graph.rewrite import only_reader, rewritten

__all__ = ["merge_pads"]


def merge_pads(graph: Graph) -> Graph:
    """Let convolutions pad by themselves.

    Parameters
    ----------
    graph : Graph
        With paddings by 0 along the axes that a convolution runs over.

    Returns
    -------
    Graph
        With the same bits, fewer copies and less memory.
    """
    nodes = list(graph.nodes)
    for pad in graph.nodes:
        reader = only_reader(graph, pad.outputs[0]) if pad.op == "pad" else None
        value = graph.constants.get(pad.inputs[1]) if reader is not None else None
        if reader is None or value is None or reader.op != "conv":
            continue
        rank = len(graph.tensors[pad.outputs[0]].shape) - 2
        source, padded = (graph.tensors[n].shape for n in (pad.inputs[0], *pad.outputs))
        plain = reader.inputs[0] == pad.outputs[0] and source[:2] == padded[:2]
        if not plain or np.asarray(value).any():
            continue
        before = [
            mine + own
            for mine, own in zip(
                pad.attrs["before"][-rank:], reader.attrs["before"], strict=True
            )
        ]
        merged = replace(
            reader,
            inputs=(pad.inputs[0], *reader.inputs[1:]),
            attrs={**reader.attrs, "before": tuple(before)},
        )
        nodes[nodes.index(reader)] = merged
    return rewritten(graph, nodes)
