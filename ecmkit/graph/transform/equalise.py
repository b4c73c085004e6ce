"""Channels of neighbouring layers, brought to like ranges before they are quantised."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.graph.ir import Graph, Node
from ecmkit.graph.rewrite import only_reader, rewritten

__all__ = ["equalise"]

F64 = NDArray[np.float64]

_MOST = 1e3  # a channel that is (nearly) never used is not blown up without end
_ROUNDS = 20
_CLOSE = 1e-3


@dataclass(frozen=True)
class _Pair:
    """A layer, and the only layer that reads it through what scales with it."""

    first: Node
    second: Node
    channels: int


def equalise(graph: Graph) -> Graph:
    """Move factors of channels from one layer's weights into the next one's.

    Parameters
    ----------
    graph : Graph
        In float32; of `layers_merged`, so that batch normalisation is in the weights.

    Returns
    -------
    Graph
        Computes the same but for rounding: a rectifier, a pool and a reshape commute
        with a positive factor of a channel. The ranges of a channel in both layers are
        then alike, and one range for all channels of the value between them spends no
        steps on the loudest.

    References
    ----------
    M. Nagel et al., Data-free quantization through weight equalization and bias
    correction, ICCV 2019, arXiv:1906.04721, section 4.1.
    """
    pairs = list(_pairs(graph))
    constants: dict[str, NDArray[Any]] = dict(graph.constants)
    for _ in range(_ROUNDS):
        moved = 0.0
        for pair in pairs:
            out = _by_output(constants[pair.first.inputs[1]], pair.first)
            into = _by_input(constants[pair.second.inputs[1]], pair.second)
            r1, r2 = np.abs(out).max(axis=1), np.abs(into).max(axis=1)
            used = (r1 > 0) & (r2 > 0)
            # Both ranges become sqrt(r1 r2): divide the first by sqrt(r1 / r2).
            factor = np.sqrt(np.where(used, r1, 1.0) / np.where(used, r2, 1.0))
            factor = np.clip(factor, 1 / _MOST, _MOST)
            _scale_output(constants, pair.first, 1.0 / factor)
            _scale_input(constants, pair.second, factor)
            moved = max(moved, float(np.abs(np.log(factor)).max()))
        if moved < _CLOSE:
            break
    constants = {
        name: value.astype(graph.constants[name].dtype)
        for name, value in constants.items()
    }
    return rewritten(replace(graph, constants=constants), graph.nodes)


def _pairs(graph: Graph) -> Iterator[_Pair]:
    """Layers whose weights belong to them alone, one after another."""
    shared = {
        name
        for name in graph.constants
        if len(graph.readers(name)) > 1 or name in graph.outputs
    }
    for node in graph.nodes:
        channels = _outputs(graph, node)
        if channels is None or shared & set(node.inputs[1:]):
            continue
        reader = _next_layer(graph, node.outputs[0], channels)
        if reader is not None and not shared & set(reader.inputs[1:2]):
            yield _Pair(node, reader, channels)


def _outputs(graph: Graph, node: Node) -> int | None:
    """Channels of a layer's result; None: no layer whose channels can be scaled."""
    weights = graph.constants.get(node.inputs[1]) if len(node.inputs) > 1 else None
    if node.op not in ("conv", "matmul") or weights is None or len(node.inputs) > 3:
        return None
    if node.attrs.get("then"):
        return None
    if weights.dtype != np.float32 or (node.op == "matmul" and weights.ndim != 2):
        return None
    shape = graph.tensors[node.outputs[0]].shape
    channels = shape[1] if node.op == "conv" else shape[-1]
    if len(node.inputs) == 3:
        bias = graph.constants.get(node.inputs[2])
        if bias is None or bias.size != channels or bias.dtype != np.float32:
            return None
    return channels


def _next_layer(graph: Graph, value: str, channels: int) -> Node | None:
    """Return the layer that reads a value through what commutes with factors."""
    image = len(graph.tensors[value].shape) > 2
    while True:
        reader = only_reader(graph, value)
        if reader is None or reader.inputs[0] != value:
            return None
        if reader.op in ("conv", "matmul"):
            return reader if _reads(graph, reader, channels) else None
        if not _commutes(graph, reader, channels, image=image):
            return None
        value = reader.outputs[0]


def _commutes(graph: Graph, node: Node, channels: int, *, image: bool) -> bool:
    """Whether f(s x) = s f(x) for a positive factor of each channel, in its place."""
    before, after = graph.tensors[node.inputs[0]], graph.tensors[node.outputs[0]]
    if node.op == "map":
        return node.attrs["fn"] == "relu" and len(node.inputs) == 1
    if node.op == "pool":
        return node.attrs["fn"] in ("max", "mean")
    if node.op == "reshape" and image:
        # One number a channel is left, so that the next layer has one column for it.
        return before.size == channels == after.shape[-1]
    if node.op == "reduce":
        kept = before.shape[:2] == after.shape[:2]
        return node.attrs.get("fn") == "mean" and image and kept
    return False


def _reads(graph: Graph, node: Node, channels: int) -> bool:
    """Whether a layer's weights have one place for each of so many channels."""
    weights = graph.constants.get(node.inputs[1])
    if weights is None or weights.dtype != np.float32:
        return False
    if node.op == "matmul":
        return weights.ndim == 2 and int(node.attrs["k"]) == channels
    groups = int(node.attrs["groups"])
    depthwise = groups == channels and weights.shape[1] == 1
    return depthwise or (groups == 1 and weights.shape[1] == channels)


def _rows(weights: NDArray[np.float32], node: Node) -> F64:
    """Weights of a product, outputs first."""
    turned = int(node.attrs["b_k"]) != 1
    return (weights.T if turned else weights).astype(np.float64)


def _by_output(weights: NDArray[np.float32], node: Node) -> F64:
    if node.op == "matmul":
        return _rows(weights, node)
    return weights.astype(np.float64).reshape(len(weights), -1)


def _by_input(weights: NDArray[np.float32], node: Node) -> F64:
    if node.op == "matmul":
        return _rows(weights, node).T
    if int(node.attrs["groups"]) > 1:
        # A channel of a depthwise layer has its own taps: as many outputs for each.
        return weights.astype(np.float64).reshape(int(node.attrs["groups"]), -1)
    return np.moveaxis(weights, 1, 0).astype(np.float64).reshape(weights.shape[1], -1)


def _scale_output(constants: dict[str, NDArray[Any]], node: Node, factor: F64) -> None:
    name = node.inputs[1]
    weights = constants[name].astype(np.float64)
    if node.op == "matmul":
        turned = int(node.attrs["b_k"]) != 1
        constants[name] = weights * (factor if turned else factor[:, None])
    else:
        constants[name] = weights * factor.reshape(-1, *[1] * (weights.ndim - 1))
    if len(node.inputs) == 3:
        bias = constants[node.inputs[2]]
        constants[node.inputs[2]] = bias * factor.reshape(
            [-1 if n == len(factor) else 1 for n in bias.shape]
        )


def _scale_input(constants: dict[str, NDArray[Any]], node: Node, factor: F64) -> None:
    name = node.inputs[1]
    weights = constants[name].astype(np.float64)
    if node.op == "matmul":
        turned = int(node.attrs["b_k"]) != 1
        constants[name] = weights * (factor[:, None] if turned else factor)
    elif int(node.attrs["groups"]) > 1:
        each = len(weights) // len(factor)
        own = np.repeat(factor, each)
        constants[name] = weights * own.reshape(-1, *[1] * (weights.ndim - 1))
    else:
        constants[name] = weights * factor.reshape(1, -1, *[1] * (weights.ndim - 2))
