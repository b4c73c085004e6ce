"""What only moves elements."""

from collections.abc import Callable

import numpy as np

from ecmkit.graph.export.onnx_writer import OnnxWriting
from ecmkit.graph.ir import Node
from ecmkit.graph.strides import is_broadcast, slice_of, transpose_of

__all__ = ["RULES"]

Rule = Callable[[OnnxWriting, Node], None]


def _reshape(w: OnnxWriting, node: Node) -> None:
    x, name = node.inputs[0], node.outputs[0]
    kind, own = w.kind(name), w.kind(x)
    if own.dtype in ("s8", "s16") and (own.scale, own.zero) != (kind.scale, kind.zero):
        # The same bytes stand for other reals, or for none.
        q = w.integers[w.value(x)] if own.scale else w.value(x)
        q = w.reshaped(q, kind.shape)
        w.at[name] = w.dequantised(q, kind) if kind.scale else q
        return
    if x in w.first and own.shape[1:3] == (1, 1) and own.size == own.shape[3]:
        # One pixel lies the same either way.
        w.put(name, w.first[x])
        return
    w.put(name, w.value(x))


def _copy(w: OnnxWriting, node: Node) -> None:
    x, y = (w.kind(n) for n in (node.inputs[0], node.outputs[0]))
    steps, offset = tuple(node.attrs["steps"]), int(node.attrs["offset"])
    name = node.outputs[0]
    order = transpose_of(x, y, steps) if not offset else None
    if order == [0, 3, 1, 2] and node.inputs[0] in w.first:
        w.put(name, w.first[node.inputs[0]])
        return
    at = w.value(node.inputs[0])
    if order is not None:
        w.put(name, w.transposed(at, order))
        if order == [0, 2, 3, 1]:
            w.first[name] = at
        return
    limits = slice_of(x, y, steps, offset)
    if limits is not None:
        begin, end, stride = limits
        end = [v if v >= 0 else -(2**31) for v in end]
        names = [
            w.constant(np.array(v, np.int64))
            for v in (begin, end, list(range(len(begin))), stride)
        ]
        w.put(name, w.made("Slice", [at, *names], y.shape))
        return
    if not offset and is_broadcast(x, y, steps):
        shape = w.constant(np.array(y.shape, np.int64))
        w.put(name, w.made("Expand", [at, shape], y.shape))
        return
    raise node.refuse(
        f"steps {list(steps)} from {offset} are no transpose, slice or repetition alone"
    )


def _concat(w: OnnxWriting, node: Node) -> None:
    y, axis = w.kind(node.outputs[0]), int(node.attrs["axis"])
    if y.scale and len(y.shape) == 4 and all(n in w.first for n in node.inputs):
        place = (0, 2, 3, 1)[axis]
        shape = (y.shape[0], y.shape[3], y.shape[1], y.shape[2])
        made = w.made("Concat", [w.first[n] for n in node.inputs], shape, axis=place)
        w.put_image(node.outputs[0], made)
        return
    made = w.made("Concat", [w.value(n) for n in node.inputs], y.shape, axis=axis)
    w.put(node.outputs[0], made)


def _pad(w: OnnxWriting, node: Node) -> None:
    x, y = (w.kind(n) for n in (node.inputs[0], node.outputs[0]))
    before = list(node.attrs["before"])
    after = [m - n - p for p, n, m in zip(before, x.shape, y.shape, strict=True)]
    value = w.known(node.inputs[1], "value of a pad").reshape(-1)[0]
    if y.scale:
        fill = np.array((float(value) - y.zero) * np.float32(y.scale), np.float32)
    else:
        fill = np.array(value, y.numpy)
    shape, at = y.shape, node.inputs[0]
    image = at in w.first
    if image:
        before, after = ([v[0], v[3], v[1], v[2]] for v in (before, after))
        shape = (shape[0], shape[3], shape[1], shape[2])
    real = w.first[at] if image else w.value(at)
    pads = w.constant(np.array(before + after, np.int64))
    made = w.made("Pad", [real, pads, w.constant(fill)], shape)
    if image:
        w.put_image(node.outputs[0], made)
    else:
        w.put(node.outputs[0], made)


def _take(w: OnnxWriting, node: Node) -> None:
    y, axis = w.kind(node.outputs[0]), int(node.attrs["axis"])
    inputs = [w.value(n) for n in node.inputs]
    w.put(node.outputs[0], w.made("Gather", inputs, y.shape, axis=axis))


def _gather(w: OnnxWriting, node: Node) -> None:
    y, axis = w.kind(node.outputs[0]), int(node.attrs["axis"])
    inputs = [w.value(n) for n in node.inputs]
    w.put(node.outputs[0], w.made("GatherElements", inputs, y.shape, axis=axis))


RULES: dict[str, Rule] = {
    "concat": _concat,
    "copy": _copy,
    "gather_elements": _gather,
    "pad": _pad,
    "reshape": _reshape,
    "take": _take,
}
