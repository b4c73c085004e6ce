"""The greater of two neighbours inside of int8 convolutions: half the image is kept."""

from dataclasses import replace

from ecmkit.graph.ir import Graph, Node
from ecmkit.graph.rewrite import only_reader, rewritten

__all__ = ["fuse_pools"]

_PAIRS = {
    **{f"{name}_h": 1 for name in ("kernel", "stride", "dilation")},
    **{"kernel_w": 2, "stride_w": 2, "dilation_w": 1, "pad_h": 0, "pad_w": 0},
}


def fuse_pools(graph: Graph) -> Graph:
    """Let int8 convolutions write the greater of each two neighbours in a row.

    Parameters
    ----------
    graph : Graph
        With maxima of pairs after ``int8_conv``, which nothing else reads.

    Returns
    -------
    Graph
        Whose convolutions have the setting ``pool``: 2, and a window whose ``output_w``
        counts pairs. The bits stay the same; the whole image is never stored.
    """
    now = graph
    for name in [n.outputs[0] for n in graph.nodes if n.op == "int8_conv"]:
        layer = now.writer(name)
        reader = only_reader(now, name)
        if layer is None or reader is None or not _is_pairs(now, layer, reader):
            continue
        window = dict(layer.attrs["window"])
        window["output_w"] = reader.attrs["window"]["output_w"]
        merged = replace(
            layer,
            outputs=reader.outputs,
            attrs={**layer.attrs, "window": window, "pool": 2},
        )
        nodes = [merged if n is layer else n for n in now.nodes if n is not reader]
        now = rewritten(now, nodes)
    return now


def _is_pairs(graph: Graph, layer: Node, reader: Node) -> bool:
    """Whether `reader` keeps the greater of each two neighbours and does no more."""
    if reader.op != "int8_pool" or reader.attrs["fn"] != "max":
        return False
    if reader.attrs.get("activation", "none") != "none":
        return False
    window = reader.attrs["window"]
    own, made = (graph.tensors[n.outputs[0]] for n in (layer, reader))
    return (
        {key: window[key] for key in _PAIRS} == _PAIRS
        and 2 * window["output_w"] <= window["input_w"]
        and own.dtype == "s8"
        and (own.scale, own.zero) == (made.scale, made.zero)
    )
