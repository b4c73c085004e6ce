"""Operators that only move elements."""

from collections.abc import Callable
from math import prod

import numpy as np

from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.frontend.onnx_file import Operator
from ecmkit.graph.frontend.onnx_rules.helpers import (
    axes_of,
    axis_of,
    has,
    need,
    needs,
    whole,
)
from ecmkit.graph.ir import Tensor

__all__ = ["RULES"]

Rule = Callable[[Builder, Operator], list[str]]


def _reshape(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    own = b.shape(x)
    wanted = list(o.get("shape", ())) or whole(b, need(b, o, 1), "shape")
    if not o.get("allowzero", 0):
        wanted = [
            own[at] if n == 0 and at < len(own) else n for at, n in enumerate(wanted)
        ]
    if wanted.count(-1) == 1:
        rest = prod(n for n in wanted if n != -1)
        if rest == 0 or prod(own) % rest:
            raise b.fail(f"shape {list(own)} cannot become {wanted}")
        wanted[wanted.index(-1)] = prod(own) // rest
    return [b.reshape(x, wanted)]


def _flatten(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    own = b.shape(x)
    axis = int(o.get("axis", 1))
    axis += len(own) if axis < 0 else 0
    return [b.reshape(x, (prod(own[:axis]), prod(own[axis:])))]


def _squeeze(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    own = b.shape(x)
    axes = axes_of(b, o, len(own))
    if axes is None:
        axes = [at for at, n in enumerate(own) if n == 1]
    return [b.reshape(x, [n for at, n in enumerate(own) if at not in axes])]


def _unsqueeze(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    own = list(b.shape(x))
    given = o.get("axes") or whole(b, need(b, o, 1), "axes")
    rank = len(own) + len(given)
    for axis in sorted(a % rank for a in given):
        own.insert(axis, 1)
    return [b.reshape(x, own)]


def _transpose(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    rank = len(b.shape(x))
    order = list(o.get("perm", range(rank)[::-1]))
    if sorted(order) != list(range(rank)):
        raise b.fail(f"attribute `perm`: {order} of {rank} axes")
    return [b.transpose(x, order)]


def _expand(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    wanted = whole(b, need(b, o, 1), "shape")
    try:
        shape = np.broadcast_shapes(b.shape(x), tuple(wanted))
    except ValueError as error:
        raise b.fail(f"shape {list(b.shape(x))} to {wanted}") from error
    return [b.expand(x, shape)]


def _tile(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    own = b.shape(x)
    times = whole(b, need(b, o, 1), "repeats")
    if len(times) != len(own):
        raise b.fail(f"repeats {times} of {len(own)} axes")
    # Each axis becomes two: how often, and itself.
    shape = [n for pair in zip(times, own, strict=True) for n in pair]
    steps = [s for stride in b.tensors[x].strides for s in (0, stride)]
    made = b.view(x, shape, steps)
    return [b.reshape(made, [t * n for t, n in zip(times, own, strict=True)])]


def _slice(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    own = b.shape(x)
    rank = len(own)
    if "starts" in o.attrs:
        starts, ends = list(o.attrs["starts"]), list(o.attrs["ends"])
        axes = list(o.get("axes", range(len(starts))))
        steps = [1] * len(starts)
    else:
        starts, ends = (
            whole(b, need(b, o, at), what) for at, what in ((1, "starts"), (2, "ends"))
        )
        axes_name, steps_name = has(o, 3), has(o, 4)
        axes = whole(b, axes_name, "axes") if axes_name else list(range(len(starts)))
        steps = whole(b, steps_name, "steps") if steps_name else [1] * len(starts)
    index = [slice(None)] * rank
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        if not -rank <= axis < rank or step == 0:
            raise b.fail(f"axis {axis} of {rank}, step {step}")
        n = own[axis % rank]
        stop: int | None = end
        if step < 0 and end < -n:
            stop = None
        index[axis % rank] = slice(start, stop, step)
    return [_sliced(b, x, index)]


def _sliced(b: Builder, x: str, index: list[slice]) -> str:
    own, strides = b.shape(x), b.tensors[x].strides
    ranges = [range(n)[s] for n, s in zip(own, index, strict=True)]
    offset = sum(r.start * s for r, s in zip(ranges, strides, strict=True) if len(r))
    shape = [len(r) for r in ranges]
    return b.view(
        x, shape, [r.step * s for r, s in zip(ranges, strides, strict=True)], offset
    )


def _split(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    own = b.shape(x)
    axis = axis_of(b, o, len(own), 0)
    name = has(o, 1)
    parts = list(o.get("split", ())) or (whole(b, name, "split") if name else [])
    if not parts:
        count = int(o.get("num_outputs", o.n_outputs))
        each = -(-own[axis] // count)
        parts = [min(each, own[axis] - i * each) for i in range(count)]
    if sum(parts) != own[axis]:
        raise b.fail(f"parts {parts} of {own[axis]}")
    made, at = [], 0
    for n in parts:
        index = [slice(None)] * len(own)
        index[axis] = slice(at, at + n)
        made.append(_sliced(b, x, index))
        at += n
    return made


def _concat(b: Builder, o: Operator) -> list[str]:
    parts = needs(b, o)
    axis = axis_of(b, o, len(b.shape(parts[0])), 0)
    first = b.shape(parts[0])
    for part in parts[1:]:
        own = b.shape(part)
        if own[:axis] + own[axis + 1 :] != first[:axis] + first[axis + 1 :]:
            raise b.fail(f"shapes {list(first)} and {list(own)} along axis {axis}")
    return [b.concat(parts, axis)]


def _pad(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    own = b.shape(x)
    rank = len(own)
    pads = list(o.get("pads", ())) or whole(b, need(b, o, 1), "pads")
    axes_name = has(o, 3)
    axes = whole(b, axes_name, "axes") if axes_name else list(range(rank))
    before, after = [0] * rank, [0] * rank
    for at, axis in enumerate(axes):
        before[axis % rank] = pads[at]
        after[axis % rank] = pads[at + len(axes)]
    mode = str(o.get("mode", "constant"))
    if mode != "constant":
        return [_padded_by_rows(b, x, before, after, mode)]
    value = has(o, 2) or b.constant(float(o.get("value", 0.0)), b.dtype(x))
    index = [
        slice(max(-p, 0), n - max(-q, 0))
        for p, q, n in zip(before, after, own, strict=True)
    ]
    x = _sliced(b, x, index)
    before, after = [max(p, 0) for p in before], [max(q, 0) for q in after]
    shape = tuple(p + n + q for p, n, q in zip(before, b.shape(x), after, strict=True))
    attrs = {"before": tuple(before)}
    return b.emit("pad", [x, value], Tensor(b.dtype(x), shape), attrs)


_NUMPY_MODES = {"reflect": "reflect", "edge": "edge", "wrap": "wrap"}


def _padded_by_rows(
    b: Builder, x: str, before: list[int], after: list[int], mode: str
) -> str:
    if mode not in _NUMPY_MODES:
        raise b.fail(f"attribute `mode`: {mode!r}")
    for axis, (p, q) in enumerate(zip(before, after, strict=True)):
        if p or q:
            n = b.shape(x)[axis]
            if not n:
                b.require_elements(x)
            numbers = np.arange(n)[max(-p, 0) : n - max(-q, 0)]
            width = (max(p, 0), max(q, 0))
            numbers = np.pad(numbers, width, _NUMPY_MODES[mode])  # type: ignore[call-overload]
            x = b.take(x, b.constant(numbers, "s64"), axis)
    return x


def _gather(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    return [b.take(x, need(b, o, 1), axis_of(b, o, len(b.shape(x)), 0))]


def _same_rank(b: Builder, x: str, numbers: str) -> None:
    ranks = len(b.shape(x)), len(b.shape(numbers))
    if ranks[0] != ranks[1] or not ranks[0]:
        raise b.fail(f"shapes {list(b.shape(x))} and {list(b.shape(numbers))}")


def _check_depth(b: Builder, x: str, numbers: str) -> None:
    own, at = b.shape(x), b.shape(numbers)
    if not at or not 1 <= at[-1] <= len(own):
        raise b.fail(f"index vectors of shape {list(at)} into {list(own)}")


def _gather_elements(b: Builder, o: Operator) -> list[str]:
    x, numbers = need(b, o, 0), need(b, o, 1)
    axis = axis_of(b, o, len(b.shape(x)), 0)
    _same_rank(b, x, numbers)
    tensor = Tensor(b.dtype(x), b.shape(numbers))
    return b.emit("gather_elements", [x, numbers], tensor, {"axis": axis})


def _gather_nd(b: Builder, o: Operator) -> list[str]:
    x, numbers = need(b, o, 0), need(b, o, 1)
    if o.get("batch_dims", 0):
        raise b.fail("attribute `batch_dims`: expected 0")
    _check_depth(b, x, numbers)
    own, at = b.shape(x), b.shape(numbers)
    tensor = Tensor(b.dtype(x), (*at[:-1], *own[at[-1] :]))
    return b.emit("gather_nd", [x, numbers], tensor)


def _check_target(b: Builder, x: str, values: str) -> None:
    if 0 not in b.shape(values):
        b.require_elements(x)


def _scatter_elements(b: Builder, o: Operator) -> list[str]:
    x, numbers, values = needs(b, o)
    _check_target(b, x, values)
    axis = axis_of(b, o, len(b.shape(x)), 0)
    _same_rank(b, x, numbers)
    if b.shape(values) != b.shape(numbers):
        raise b.fail(f"values {list(b.shape(values))} for {list(b.shape(numbers))}")
    attrs = {"axis": axis, "how": str(o.get("reduction", "none"))}
    return b.emit("scatter_elements", [x, numbers, values], b.tensors[x], attrs)


def _scatter_nd(b: Builder, o: Operator) -> list[str]:
    x, numbers, values = needs(b, o)
    _check_target(b, x, values)
    _check_depth(b, x, numbers)
    at = b.shape(numbers)
    if b.shape(values) != (*at[:-1], *b.shape(x)[at[-1] :]):
        raise b.fail(f"values {list(b.shape(values))} at {list(at)}")
    attrs = {"how": str(o.get("reduction", "none"))}
    return b.emit("scatter_nd", [x, numbers, values], b.tensors[x], attrs)


def _depth_to_space(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    n, c, h, w = b.shape(x)
    s = int(o.get("blocksize", 1))
    if str(o.get("mode", "DCR")) == "DCR":
        six = b.reshape(x, (n, s, s, c // s**2, h, w))
        moved = b.transpose(six, (0, 3, 4, 1, 5, 2))
    else:
        six = b.reshape(x, (n, c // s**2, s, s, h, w))
        moved = b.transpose(six, (0, 1, 4, 2, 5, 3))
    return [b.reshape(moved, (n, c // s**2, h * s, w * s))]


def _space_to_depth(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    n, c, h, w = b.shape(x)
    s = int(o.get("blocksize", 1))
    six = b.reshape(x, (n, c, h // s, s, w // s, s))
    depth_first = str(o.get("mode", "DCR")) == "DCR"
    order = (0, 3, 5, 1, 2, 4) if depth_first else (0, 1, 3, 5, 2, 4)
    moved = b.transpose(six, order)
    return [b.reshape(moved, (n, c * s * s, h // s, w // s))]


def _shape(b: Builder, o: Operator) -> list[str]:
    own = b.shape(need(b, o, 0))
    end = o.get("end")
    part = own[int(o.get("start", 0)) : len(own) if end is None else int(end)]
    return [b.constant(np.array(part, np.int64))]


def _size(b: Builder, o: Operator) -> list[str]:
    return [b.constant(np.array(prod(b.shape(need(b, o, 0))), np.int64))]


def _trilu(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    name = has(o, 1)
    k = int(b.known(name, "k").reshape(-1)[0]) if name else 0
    if len(b.shape(x)) < 2:
        raise b.fail(f"shape {list(b.shape(x))}, expected matrices")
    ones = np.ones(b.shape(x)[-2:], np.bool_)
    mask = np.triu(ones, k) if o.get("upper", 1) else np.tril(ones, k)
    return [b.map("where", b.constant(mask), x, b.constant(0, b.dtype(x)))]


def _one_hot(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    depth = int(b.known(need(b, o, 1), "depth").reshape(-1)[0])
    values = need(b, o, 2)
    own = b.shape(x)
    axis = int(o.get("axis", -1)) % (len(own) + 1)
    wide = b.reshape(b.cast(x, "s64"), (*own[:axis], 1, *own[axis:]))
    n = b.constant(depth, "s64")
    placed = b.map("mod", wide, n)
    inside = b.map(
        "and",
        b.map("greater_equal", wide, b.constant(-depth, "s64")),
        b.map("less", wide, n),
    )
    numbers = np.arange(depth, dtype=np.int64)
    rank = len(own) + 1
    numbers = numbers.reshape([-1 if j == axis else 1 for j in range(rank)])
    hot = b.map("and", b.map("equal", placed, b.constant(numbers)), inside)
    strides = b.tensors[values].strides
    off, on = (b.view(values, (), (), at * strides[0]) for at in (0, 1))
    return [b.map("where", hot, on, off)]


def _eye_like(b: Builder, o: Operator) -> list[str]:
    from ecmkit.graph.frontend.onnx_rules.elements import dtype_of

    x = need(b, o, 0)
    kind = dtype_of(b, o.attrs["dtype"]) if "dtype" in o.attrs else b.dtype(x)
    rows, columns = b.shape(x)
    return [b.constant(np.eye(rows, columns, int(o.get("k", 0))), kind)]


def _centre(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    wanted = whole(b, need(b, o, 1), "shape")
    rank = len(b.shape(x))
    axes = [a % rank for a in o.get("axes", range(rank))]
    index = [slice(None)] * rank
    for axis, n in zip(axes, wanted, strict=True):
        own = b.shape(x)[axis]
        start = (own - n) // 2
        if own > n:
            index[axis] = slice(start, start + n)
    x = _sliced(b, x, index)
    before = [0] * rank
    shape = list(b.shape(x))
    for axis, n in zip(axes, wanted, strict=True):
        if shape[axis] < n:
            before[axis] = (n - shape[axis]) // 2
            shape[axis] = n
    if tuple(shape) == b.shape(x):
        return [x]
    zero = b.constant(0, b.dtype(x))
    tensor = Tensor(b.dtype(x), tuple(shape))
    return b.emit("pad", [x, zero], tensor, {"before": tuple(before)})


def _resize(b: Builder, o: Operator) -> list[str]:
    """Each axis by a table of rows (nearest) or a matrix of weights, as it is known."""
    from ecmkit.graph.frontend.onnx_rules.resize import resized

    return [resized(b, o)]


def _reverse_sequence(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    own = b.shape(x)
    lengths = whole(b, need(b, o, 1), "sequence_lens")
    batch, time = int(o.get("batch_axis", 1)), int(o.get("time_axis", 0))
    numbers = np.arange(prod(own)).reshape(own)
    moved = np.moveaxis(numbers, (batch, time), (0, 1)).copy()
    for row, n in enumerate(lengths):
        moved[row, :n] = moved[row, :n][::-1]
    order = np.moveaxis(moved, (0, 1), (batch, time)).reshape(-1)
    flat = b.take(b.reshape(x, (prod(own),)), b.constant(order, "s64"), 0)
    return [b.reshape(flat, own)]


RULES: dict[str, Rule] = {
    "CenterCropPad": _centre,
    "Concat": _concat,
    "DepthToSpace": _depth_to_space,
    "Expand": _expand,
    "EyeLike": _eye_like,
    "Flatten": _flatten,
    "Gather": _gather,
    "GatherElements": _gather_elements,
    "GatherND": _gather_nd,
    "OneHot": _one_hot,
    "Pad": _pad,
    "Reshape": _reshape,
    "Resize": _resize,
    "ReverseSequence": _reverse_sequence,
    "Scatter": _scatter_elements,
    "ScatterElements": _scatter_elements,
    "ScatterND": _scatter_nd,
    "Shape": _shape,
    "Size": _size,
    "Slice": _slice,
    "SpaceToDepth": _space_to_depth,
    "Split": _split,
    "Squeeze": _squeeze,
    "Tile": _tile,
    "Transpose": _transpose,
    "Trilu": _trilu,
    "Unsqueeze": _unsqueeze,
    "Upsample": _resize,
}
