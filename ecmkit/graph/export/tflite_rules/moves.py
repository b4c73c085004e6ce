"""What only moves elements."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ecmkit.graph.export.tflite_writer import TfliteWriting, version_of
from ecmkit.graph.ir import Node
from ecmkit.graph.strides import is_broadcast, slice_of, transpose_of

__all__ = ["RULES"]

Rule = Callable[[TfliteWriting, Node], None]


def _reshape(w: TfliteWriting, node: Node) -> None:
    x, name = node.inputs[0], node.outputs[0]
    kind = w.kind(name)
    at = w.reshaped(w.value(x), kind.shape)
    if w.file.kinds[at] != kind:
        # The same bytes stand for other reals: an operator that does not look at them.
        made = w.made(
            "RESHAPE", [at, w.numbers(kind.shape)], kind,
            options="ReshapeOptions", newShape=np.array(kind.shape, np.int32),
        )  # fmt: skip
        w.put(name, made)
        return
    w.put(name, at)
    if x in w.last and len(kind.shape) in (3, 4):
        own = w.kind(x).shape
        if len(own) in (3, 4) and own[:2] == kind.shape[:2]:
            w.put_image(name, w.reshaped(w.last[x], w.image_kind(name).shape))


def _copy(w: TfliteWriting, node: Node) -> None:
    """Write a walk with steps: an order of axes, a slice, or a repetition."""
    x, y = (w.kind(n) for n in (node.inputs[0], node.outputs[0]))
    steps, offset = tuple(node.attrs["steps"]), int(node.attrs["offset"])
    at = w.value(node.inputs[0])
    order = transpose_of(x, y, steps) if not offset else None
    if order is not None:
        w.put(node.outputs[0], w.transposed(at, order))
        return
    limits = slice_of(x, y, steps, offset)
    if limits is not None:
        begin, end, stride = limits
        inputs = [at, w.numbers(begin), w.numbers(end), w.numbers(stride)]
        masks = sum(1 << i for i, v in enumerate(end) if v < 0)
        version = version_of(x)
        made = w.made(
            "STRIDED_SLICE", inputs, replace(x, shape=y.shape), version=version,
            options="StridedSliceOptions", endMask=masks,
        )  # fmt: skip
        w.put(node.outputs[0], made)
        return
    if not offset and is_broadcast(x, y, steps):
        made = w.made(
            "BROADCAST_TO", [at, w.numbers(y.shape)], replace(x, shape=y.shape),
            version=3 if x.dtype == "s8" else 2, options="BroadcastToOptions",
        )  # fmt: skip
        w.put(node.outputs[0], made)
        return
    raise node.refuse(
        f"steps {list(steps)} from {offset} are no transpose, slice or repetition alone"
    )


def _concat(w: TfliteWriting, node: Node) -> None:
    names, y = node.inputs, w.kind(node.outputs[0])
    axis, version = int(node.attrs["axis"]), version_of(y)
    options: dict[str, Any] = {"options": "ConcatenationOptions"}
    if len(y.shape) in (3, 4) and all(n in w.last for n in names) and axis:
        place = {1: 3, len(y.shape) - 1: 2}.get(axis, 1)
        inputs = [w.last[n] for n in names]
        kind = w.image_kind(node.outputs[0])
        made = w.made("CONCATENATION", inputs, kind, axis=place, **options)
        w.put_image(node.outputs[0], made)
        return
    inputs = [w.value(n) for n in names]
    made = w.made("CONCATENATION", inputs, y, version=version, axis=axis, **options)
    w.put(node.outputs[0], made)


def _pad(w: TfliteWriting, node: Node) -> None:
    x, y = w.kind(node.inputs[0]), w.kind(node.outputs[0])
    before = list(node.attrs["before"])
    pads = [(p, m - n - p) for p, n, m in zip(before, x.shape, y.shape, strict=True)]
    value = float(w.known(node.inputs[1], "value of a pad").reshape(-1)[0])
    name, at = node.outputs[0], -1
    image = node.inputs[0] in w.last
    if image:
        at = w.last[node.inputs[0]]
        rows = [(0, 0)] if len(pads) == 3 else []
        pads = [pads[0], *rows, *pads[2:], pads[1]]
    else:
        at = w.value(node.inputs[0])
    kind = w.image_kind(name) if image else y
    version = version_of(y)
    inputs = [at, w.numbers(np.array(pads))]
    if value == y.zero:
        made = w.made("PAD", inputs, kind, version=version, options="PadOptions")
    else:
        inputs.append(w.scalar(value, y))
        made = w.made("PADV2", inputs, kind, version=version, options="PadV2Options")
    if image:
        w.put_image(name, made)
    else:
        w.put(name, made)


def _take(w: TfliteWriting, node: Node) -> None:
    numbers = w.kind(node.inputs[1])
    known = w.graph.constants.get(node.inputs[1])
    if known is not None:
        own = w.kind(node.inputs[0]).shape[int(node.attrs["axis"])]
        at = w.numbers(np.where(known < 0, known + own, known))
    elif numbers.dtype in ("s32", "s64"):
        at = w.value(node.inputs[1])
    else:
        raise node.refuse(f"numbers {numbers}, expected int32 or int64")
    y = w.kind(node.outputs[0])
    made = w.made(
        "GATHER", [w.value(node.inputs[0]), at], y, version=version_of(y),
        options="GatherOptions", axis=int(node.attrs["axis"]),
    )  # fmt: skip
    w.put(node.outputs[0], made)


RULES: dict[str, Rule] = {
    "concat": _concat,
    "copy": _copy,
    "pad": _pad,
    "reshape": _reshape,
    "take": _take,
}
