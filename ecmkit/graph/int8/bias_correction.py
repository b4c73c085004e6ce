"""Biases that make up for what rounding the weights shifts on average."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit.graph.int8.calibration import values_on
from ecmkit.graph.ir import Graph, Node
from ecmkit.graph.quantise import symmetric_rows
from ecmkit.graph.rewrite import rewritten

__all__ = ["correct_bias"]

F64 = NDArray[np.float64]


def correct_bias(graph: Graph, samples: Sequence[Sequence[ArrayLike]]) -> Graph:
    """Take from each bias the mean error that int8 weights will bring.

    Parameters
    ----------
    graph : Graph
        In float32; of `layers_merged`, so that batch normalisation is in the weights.
    samples : sequence of sequences of array-like
        For each sample its inputs, as for `calibrate`.

    Returns
    -------
    Graph
        Whose float32 results differ: it is to be quantised. Layers without a bias stay
        as they are.

    References
    ----------
    M. Nagel et al., ICCV 2019, arXiv:1906.04721, section 4.2, with the mean of the
    samples for the expected input.
    """
    layers = [node for node in graph.nodes if _fits(graph, node)]
    names = list(dict.fromkeys(node.inputs[0] for node in layers))
    values = values_on(graph, samples, names)
    new: dict[str, NDArray[Any]] = {}
    changed: dict[str, Node] = {}
    for node in layers:
        weights = graph.constants[node.inputs[1]].astype(np.float64)
        bias = graph.constants[node.inputs[2]]
        shift = _shift(node, weights, values[node.inputs[0]].astype(np.float64))
        name = f"{node.outputs[0]}_corrected"
        while name in graph.tensors or name in new:
            name += "_"
        new[name] = (bias - shift.reshape(bias.shape)).astype(np.float32)
        inputs = (*node.inputs[:2], name)
        changed[node.outputs[0]] = replace(node, inputs=inputs)
    nodes = [changed.get(node.outputs[0], node) for node in graph.nodes]
    return rewritten(graph, nodes, constants=new)


def _fits(graph: Graph, node: Node) -> bool:
    if node.op not in ("conv", "matmul") or len(node.inputs) != 3:
        return False
    weights = graph.constants.get(node.inputs[1])
    bias = graph.constants.get(node.inputs[2])
    if weights is None or bias is None or weights.dtype != np.float32:
        return False
    shape = graph.tensors[node.outputs[0]].shape
    if node.op == "matmul":
        return weights.ndim == 2 and bias.size == shape[-1]
    return bias.size == shape[1]


def _shift(node: Node, weights: F64, x: F64) -> F64:
    """Mean error of each output of a layer; x has the samples first."""
    if node.op == "matmul":
        rows = weights.T if int(node.attrs["b_k"]) != 1 else weights
        mean = x.reshape(-1, rows.shape[1]).mean(axis=0)
        shift: F64 = _error(rows) @ mean
        return shift
    groups, outputs = int(node.attrs["groups"]), len(weights)
    taps = weights.reshape(outputs, weights.shape[1], -1)
    error = _error(taps.reshape(outputs, -1)).reshape(taps.shape).sum(axis=2)
    # (samples, 1, channels, ...): a channel has one mean, wherever the window is.
    channels = np.moveaxis(x, 2, 0).reshape(x.shape[2], -1).mean(axis=1)
    own = np.repeat(channels.reshape(groups, -1), outputs // groups, axis=0)
    return np.asarray(np.sum(error * own, axis=1))


def _error(rows: F64) -> F64:
    steps, scales = symmetric_rows(rows)
    return steps.astype(np.float64) * scales.astype(np.float64)[:, None] - rows
