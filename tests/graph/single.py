"""One operation of a graph as a graph of its own, run by onnxruntime."""

from dataclasses import replace

import numpy as np

from ecmkit.graph import write_onnx
from tests.graph.test_import import expected


def alone(graph, node):
    """Graph of one node; what it reads that is no constant is an input."""
    inputs = tuple(dict.fromkeys(n for n in node.inputs if n not in graph.constants))
    names = {*node.inputs, *node.outputs}
    return replace(
        graph,
        inputs=inputs,
        outputs=node.outputs,
        nodes=(node,),
        tensors={n: t for n, t in graph.tensors.items() if n in names},
        constants={n: v for n, v in graph.constants.items() if n in names},
    )


def watched(graph):
    """The same graph; every int8 value that a node makes is an output."""
    names = [n for node in graph.nodes for n in node.outputs]
    return replace(graph, outputs=tuple(n for n in names if graph.tensors[n].scale))


def off_onnxruntime(graph, values):
    """By operation: how far onnxruntime is off each int8 node, given what it read."""
    found = {}
    for node in graph.nodes:
        kind = graph.tensors[node.outputs[0]]
        single = alone(graph, node)
        if not kind.scale or not single.inputs or node.op == "reshape":
            continue
        (theirs,) = expected(write_onnx(single), {n: values[n] for n in single.inputs})
        off = np.abs(values[node.outputs[0]].astype(int) - theirs.astype(int)).max()
        found[node.op] = max(found.get(node.op, 0), int(off))
    return found
