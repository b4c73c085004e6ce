"""Forests that take integers, and forests that are data."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.errors import FormatError
from ecmkit.graph.emit.trees_packed import blob_of
from ecmkit.graph.ir import Graph, Node, Tensor
from ecmkit.graph.rewrite import rewritten

__all__ = ["coded_features", "codes_of", "forests_apart", "integer_features"]


def coded_features(graph: Graph) -> Graph:
    """Let forests read codes of 8 or 16 bits where the model says that they are enough.

    Parameters
    ----------
    graph : Graph
        With sums of trees behind ``clip(floor((x - low) * steps), 0, 255)``, or 65535,
        as `ecmkit.compress.quantise_forest` writes it; other trees stay as they are.

    Returns
    -------
    Graph
        Whose forests take the features themselves and code them one by one, with the
        same decisions.
    """
    nodes = list(graph.nodes)
    for at, node in enumerate(nodes):
        found = _coded(graph, node) if node.op == "trees" else None
        if found is not None:
            source, bits, scale = found
            inputs = (source, *node.inputs[1:6], *scale)
            nodes[at] = replace(
                node, inputs=inputs, attrs={**node.attrs, "codes": bits}
            )
    return rewritten(graph, nodes)


def _coded(graph: Graph, node: Node) -> tuple[str, int, tuple[str, str]] | None:
    """Return features, bits, and constants of the codes that a forest reads."""
    name, scale = node.inputs[0], []
    width = graph.tensors[name].shape[-1:]
    maker = {output: made for made in graph.nodes for output in made.outputs}
    for fn in ("clip", "floor", "mul", "sub"):
        made = maker.get(name)
        if made is None or made.op != "map" or made.attrs.get("fn") != fn:
            return None
        constants = [graph.constants.get(given) for given in made.inputs[1:]]
        if any(value is None for value in constants):
            return None
        if fn == "clip":
            low, high = (float(np.asarray(v).reshape(-1)[0]) for v in constants)
        elif fn != "floor":
            if np.asarray(constants[0]).shape != width:
                return None
            scale.append(made.inputs[1])
        name = made.inputs[0]
    limits = graph.constants[node.inputs[1]]
    fits = low == 0.0 and high in (2.0**8 - 1, 2.0**16 - 1) and limits.max() < high
    if not fits or node.attrs["how"] not in ("sum", "average"):
        return None
    return name, 8 if high < 256 else 16, (scale[1], scale[0])


def codes_of(graph: Graph, node: Node, x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of features as the limits of a forest know them: codes, where it has them.

    Parameters
    ----------
    graph : Graph
        From `coded_features`.
    node : Node
        Its trees.
    x : ndarray of float32, shape (n, n_features)
        Finite.

    Returns
    -------
    ndarray of float32, shape (n, n_features)
    """
    if "codes" not in node.attrs:
        return x
    low, steps = (graph.constants[name] for name in node.inputs[-2:])
    most = 2.0 ** int(node.attrs["codes"]) - 1
    codes = np.clip(np.floor((x - low) * steps), 0, most)
    return np.asarray(codes, np.float32)


def forests_apart(graph: Graph) -> tuple[Graph, dict[str, NDArray[np.uint32]]]:
    """Make the tables of each forest an input.

    Parameters
    ----------
    graph : Graph
        With tree ensembles that sum up or average; others stay as they are.

    Returns
    -------
    Graph
        With one more input of words for each, ``forest0``, ``forest1``, ..
    dict
        Words for each of these inputs. Another forest may take their place if it has
        as many features, targets and at most as many words, and the same layout.

    Raises
    ------
    FormatError
        If a forest does not fit into the form; names the node.
    """
    blobs: dict[str, NDArray[np.uint32]] = {}
    nodes = []
    tensors = dict(graph.tensors)
    for node in graph.nodes:
        if node.op != "trees" or node.attrs["how"] not in ("sum", "average"):
            nodes.append(node)
            continue
        layout, words = blob_of(graph, node)
        name = f"forest{len(blobs)}"
        while name in tensors:
            name += "_"
        blobs[name] = words
        tensors[name] = Tensor("u32", (len(words),))
        codes = node.attrs.get("codes")
        inputs = (node.inputs[0], name, *(node.inputs[6:] if codes else ()))
        attrs = {"layout": layout, **({"codes": codes} if codes else {})}
        nodes.append(replace(node, op="trees_loaded", inputs=inputs, attrs=attrs))
    read = {name for node in nodes for name in node.inputs} | set(graph.outputs)
    constants = {n: v for n, v in graph.constants.items() if n in read}
    gone = set(graph.constants) - set(constants)
    return (
        replace(
            graph,
            inputs=(*graph.inputs, *blobs),
            nodes=tuple(nodes),
            tensors={n: t for n, t in tensors.items() if n not in gone},
            constants=constants,
        ),
        blobs,
    )


def integer_features(graph: Graph, *, scale: float = 1.0) -> Graph:
    """Let a forest read int16: half the memory, and limits that fit into code.

    Parameters
    ----------
    graph : Graph
        Whose inputs go to tree ensembles only.
    scale : float
        What a step of the integers stands for: the model's own feature is ``scale``
        times the integer.

    Returns
    -------
    Graph
        With int16 inputs. Each split decides as the float32 one does on ``scale``
        times the integers; limits beyond 16 bits are met by all or by none.

    Raises
    ------
    ValueError
        If the scale is not positive and finite.
    FormatError
        If something else reads an input, such as a scaler: names it.
    """
    if not 0 < scale < float("inf"):
        raise ValueError(f"scale {scale}, expected a positive number")
    tensors = dict(graph.tensors)
    constants: dict[str, NDArray[Any]] = dict(graph.constants)
    todo = list(graph.inputs)
    for name in todo:
        if tensors[name].dtype != "f32":
            raise FormatError(f"input {name!r} is {tensors[name]}, expected f32")
        tensors[name] = Tensor("s16", tensors[name].shape)
        for node in graph.readers(name):
            if node.op == "reshape":
                todo += node.outputs
            elif node.op != "trees":
                raise node.refuse(f"reads {name!r}, expected trees only")
            elif scale != 1.0:
                limits = node.inputs[1]
                whole = np.floor(graph.constants[limits].astype(np.float64) / scale)
                constants[limits] = whole.astype(np.float32)
    if set(graph.outputs) & set(todo):
        raise FormatError("an input is an output, expected trees in between")
    return replace(graph, tensors=tensors, constants=constants)
