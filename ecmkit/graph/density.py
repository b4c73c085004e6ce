"""How many weights of a graph's layers are 0, alone and in blocks that kernels skip."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecmkit.graph.ir import Graph, Node
from ecmkit.graph.packing import KEPT_MOST, pack_shorter_s8, zero_blocks

__all__ = ["Density", "densities"]


@dataclass(frozen=True, kw_only=True)
class Density:
    """Of the weights of a layer."""

    name: str
    """Of the value that the layer makes."""
    op: str
    weights: float
    """Share that is not 0, 0 ... 1."""
    blocks: float
    """Share of the blocks of 4 outputs by 16 inputs that are not all 0, 0 ... 1."""
    skipped: bool
    """Whether the compiler leaves the other blocks out: int8 layers only."""
    stored: int | None
    """Bytes of weights and list as the kernel reads them; None but for int8."""

    def __str__(self) -> str:
        text = (
            f"{self.name} = {self.op}: {100 * self.weights:.0f} % of the weights, "
            f"{100 * self.blocks:.0f} % of the blocks of 4 x 16 are not 0"
        )
        if self.skipped:
            return f"{text}; the others are skipped, {self.stored:,} bytes are stored"
        if self.stored is not None and self.blocks <= KEPT_MOST:
            return f"{text}; not skipped, as inputs are no multiple of 16"
        return text


def densities(graph: Graph) -> list[Density]:
    """List the layers of a graph that have weights of 0.

    Parameters
    ----------
    graph : Graph
        Float or int8.

    Returns
    -------
    list of Density
        Dense layers and convolutions of one group whose weights are constants, in
        order; those where no weight is 0 are left out.

    Examples
    --------
    >>> empty = Graph(inputs=(), outputs=(), nodes=(), tensors={}, constants={})
    >>> densities(empty)
    []
    """
    found = []
    for node in graph.nodes:
        rows = _rows(graph, node)
        if rows is None or rows.size == 0 or np.all(rows != 0):
            continue
        mask = (rows != 0).astype(np.int8)
        int8 = rows.dtype == np.int8 and max(rows.shape) <= 0xFFFF
        packed = pack_shorter_s8(mask) if int8 else None
        found.append(
            Density(
                name=node.outputs[0],
                op=node.op,
                weights=float(mask.mean()),
                blocks=1.0 - zero_blocks(mask),
                skipped=packed is not None and packed.blocks is not None,
                stored=None if packed is None else packed.nbytes,
            )
        )
    return found


def _rows(graph: Graph, node: Node) -> NDArray[np.generic] | None:
    """Return the weights of a layer, a row for each output."""
    if node.op not in ("matmul", "conv", "int8_dense", "int8_conv"):
        return None
    weights = graph.constants.get(node.inputs[1])
    if weights is None or weights.ndim < 2:
        return None
    if node.op == "matmul":
        if weights.ndim != 2:
            return None
        return weights if node.attrs["b_k"] == 1 else weights.T
    if int(node.attrs.get("groups", 1)) != 1:
        return None
    if node.op == "conv":  # as to_int8 lays them: channels last
        weights = np.moveaxis(weights, 1, -1)
    return weights.reshape(weights.shape[0], -1)
