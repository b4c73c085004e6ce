"""Recurrent layers whose products are int8; gates and cells stay real."""

import numpy as np

from ecmkit.graph.int8.lowering import Affine, Lowering
from ecmkit.graph.ir import Node
from ecmkit.graph.quantise import affine

__all__ = ["recurrent"]


def recurrent(low: Lowering, node: Node, last: str) -> bool:
    """Quantise weights, what comes in and the state."""
    w, r, bias = (low.old.constants.get(name) for name in node.inputs[1:4])
    x, y = (low.source.affine(name) for name in (node.inputs[0], node.outputs[0]))
    starts = [low.old.constants.get(name) for name in node.inputs[4:5]]
    if w is None or r is None or bias is None or x is None or y is None:
        return False
    if low.source.explicit or last != node.outputs[0] or low.dtype != "s8":
        return False
    state = _range_of(y)
    for start in starts:
        if start is None:
            return False
        state = min(state[0], float(start.min())), max(state[1], float(start.max()))
    scales = [affine(*_range_of(x)), affine(*state)]
    bias = bias.astype(np.float64).reshape(len(w), 2, -1)
    tables, units, offsets = [], [], []
    for at, (weights, (scale, zero)) in enumerate(zip((w, r), scales, strict=True)):
        largest = np.abs(weights).max(axis=2, initial=0.0)
        by_row = np.where(largest > 0, largest / 127.0, 1.0).astype(np.float32)
        wide = by_row.astype(np.float64)
        whole = np.clip(np.rint(weights / wide[:, :, None]), -127, 127)
        left = zero * whole.sum(axis=2) * wide * scale
        offsets.append(bias[:, at] - left)
        tables.append(low.b.constant(whole.astype(np.int8)))
        units.append(low.b.constant((wide * scale).astype(np.float32)))
    offset = np.stack(offsets, 1).reshape(len(w), -1).astype(np.float32)
    rest = [low.as_real(name) for name in node.inputs[4:]]
    inputs = [low.as_real(node.inputs[0]), *tables, low.b.constant(offset), *rest]
    kinds = [low.old.tensors[name] for name in node.outputs]
    attrs = {**node.attrs, "int8": scales}
    made = low.b.emit("recurrent", [*inputs, *units], kinds, attrs)
    low.real.update(zip(node.outputs, made, strict=True))
    return True


def _range_of(kind: Affine) -> tuple[float, float]:
    """Smallest and largest real that int8 can hold."""
    scale, zero = kind
    return scale * (-128 - zero), scale * (127 - zero)
