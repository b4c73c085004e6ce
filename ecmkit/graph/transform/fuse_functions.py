"""Activations in the loop of the layer before: a walk through memory less."""

from dataclasses import replace

from ecmkit.graph.emit.functions import FUNCTIONS
from ecmkit.graph.ir import Graph
from ecmkit.graph.rewrite import only_reader, rewritten

__all__ = ["fuse_functions"]


def fuse_functions(graph: Graph) -> Graph:
    """Let convolutions and products apply the functions that follow them.

    Parameters
    ----------
    graph : Graph
        With functions of one element, or of it and numbers, after float32 layers.

    Returns
    -------
    Graph
        Whose layers have the setting ``then``: functions in their order, each with its
        settings and the numbers that it takes as `others`. The bits stay the same.
    """
    nodes = list(graph.nodes)
    now = graph
    for name in [node.outputs[0] for node in graph.nodes]:
        layer = now.writer(name)
        while layer is not None and layer.op in ("conv", "matmul"):
            reader = only_reader(now, layer.outputs[0])
            if reader is None or reader.op != "map":
                break
            others = [now.constants.get(other) for other in reader.inputs[1:]]
            known = [v.item() for v in others if v is not None and v.size == 1]
            plain = reader.inputs[0] == layer.outputs[0] and len(known) == len(others)
            own = now.tensors[layer.outputs[0]].shape
            if not plain or now.tensors[reader.outputs[0]].shape != own:
                break
            kinds = {now.tensors[n].dtype for n in (*reader.inputs, *reader.outputs)}
            if kinds != {"f32"} or not FUNCTIONS[reader.attrs["fn"]].real:
                break
            then = (*layer.attrs.get("then", ()), {**reader.attrs, "others": known})
            merged = replace(
                layer, outputs=reader.outputs, attrs={**layer.attrs, "then": then}
            )
            nodes = [merged if n is layer else n for n in nodes if n is not reader]
            now = rewritten(now, nodes)
            nodes = list(now.nodes)
            layer = merged
    return now
