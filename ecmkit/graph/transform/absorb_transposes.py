"""Transposes that cost nothing: read by other steps, or one copy for two."""

from collections.abc import Sequence
from dataclasses import replace
from math import prod

from ecmkit.graph.ir import Graph, Node, Tensor
from ecmkit.graph.rewrite import only_reader, rewritten

__all__ = ["absorb_transposes"]


def absorb_transposes(graph: Graph) -> Graph:
    """Read through copies: products by the steps of their source, copies of copies.

    Parameters
    ----------
    graph : Graph
        With transposes and slices as the operation ``copy``.

    Returns
    -------
    Graph
        With the same bits; two transposes that undo each other become a reshape.
    """
    while True:
        found = next(filter(None, (_step(graph, node) for node in graph.nodes)), None)
        if found is None:
            return graph
        graph = found


def _step(graph: Graph, copy: Node) -> Graph | None:
    if copy.op != "copy" or not graph.tensors[copy.outputs[0]].size:
        return None
    reader = only_reader(graph, copy.outputs[0])
    if reader is None:
        return None
    made = None
    if reader.op == "copy":
        made = _one_copy(graph, copy, reader)
    elif reader.op == "matmul":
        made = _product(graph, copy, reader)
    if made is None:
        return None
    nodes = [made if node is reader else node for node in graph.nodes]
    return rewritten(graph, [node for node in nodes if node is not copy])


def _through(
    copied: Tensor, steps: Sequence[int], stride: int, length: int
) -> int | None:
    """Elements of the source for a stride of the copy; None if it crosses axes."""
    if stride == 0 or length == 1:
        return 0
    for own, axis, step in zip(copied.strides, copied.shape, steps, strict=True):
        if stride % own == 0 and (length - 1) * (stride // own) < axis:
            return stride // own * step
    return None


def _one_copy(graph: Graph, copy: Node, reader: Node) -> Node | None:
    copied, y = graph.tensors[copy.outputs[0]], graph.tensors[reader.outputs[0]]
    if reader.attrs["offset"] or any(step < 0 for step in reader.attrs["steps"]):
        return None
    steps = [
        _through(copied, copy.attrs["steps"], step, length)
        for step, length in zip(reader.attrs["steps"], y.shape, strict=True)
    ]
    if None in steps:
        return None
    whole = [step or 0 for step in steps]
    source = graph.tensors[copy.inputs[0]]
    same = all(
        step == own or length == 1
        for step, own, length in zip(whole, y.strides, y.shape, strict=True)
    )
    if same and not copy.attrs["offset"] and prod(source.shape) == y.size:
        return replace(reader, op="reshape", inputs=copy.inputs, attrs={})
    attrs = {"steps": tuple(whole), "offset": copy.attrs["offset"]}
    return replace(reader, inputs=copy.inputs, attrs=attrs)


def _product(graph: Graph, copy: Node, reader: Node) -> Node | None:
    if copy.attrs["offset"] or copy.inputs[0] in graph.constants:
        return None
    copied = graph.tensors[copy.outputs[0]]
    attrs, inputs = dict(reader.attrs), list(reader.inputs)
    for at, letter in enumerate("ab"):
        if inputs[at] != copy.outputs[0]:
            continue
        pairs = [*zip(attrs[letter], attrs["shape"], strict=True)]
        pairs.append((attrs[f"{letter}_k"], attrs["k"]))
        steps = [
            _through(copied, copy.attrs["steps"], stride, length)
            for stride, length in pairs
        ]
        if None in steps or any((step or 0) < 0 for step in steps):
            return None
        whole = [step or 0 for step in steps]
        attrs[letter], attrs[f"{letter}_k"] = tuple(whole[:-1]), whole[-1]
        inputs[at] = copy.inputs[0]
    if copy.outputs[0] in inputs:
        return None
    return replace(reader, inputs=tuple(inputs), attrs=attrs)
