"""Operators that only move elements: of any kind, int8 in the scale it has."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ecmkit.graph.frontend.tflite_file import TfliteOp, TfliteReading
from ecmkit.graph.frontend.tflite_rules.helpers import activation as activation_of
from ecmkit.graph.frontend.tflite_rules.helpers import as_last, clamped
from ecmkit.graph.ir import Tensor

__all__ = ["RULES"]

Rule = Callable[[TfliteReading, TfliteOp], list[str]]


def _reshape(r: TfliteReading, op: TfliteOp) -> list[str]:
    """Take the shape that the file states for the result, which is always known."""
    return [r.b.reshape(r.value(r.need(op, 0)), r.output(op).shape)]


def _transpose(r: TfliteReading, op: TfliteOp) -> list[str]:
    x = r.value(r.need(op, 0))
    order = r.known(r.need(op, 1), "order of the axes")
    if sorted(order) != list(range(len(r.b.shape(x)))):
        raise r.b.fail(f"order {order} of {len(r.b.shape(x))} axes")
    if order == [0, 3, 1, 2] and x in r.first:
        return [r.first[x]]
    made = r.b.transpose(x, order)
    if order == [0, 2, 3, 1]:
        r.first[made] = x
    return [made]


def _sliced(r: TfliteReading, x: str, index: list[slice]) -> str:
    own, strides = r.b.shape(x), r.b.tensors[x].strides
    ranges = [range(n)[s] for n, s in zip(own, index, strict=True)]
    offset = sum(g.start * s for g, s in zip(ranges, strides, strict=True) if len(g))
    steps = [g.step * s for g, s in zip(ranges, strides, strict=True)]
    return r.b.view(x, [len(g) for g in ranges], steps, offset)


def _slice(r: TfliteReading, op: TfliteOp) -> list[str]:
    x = r.value(r.need(op, 0))
    begin = r.known(r.need(op, 1), "begins")
    size = r.known(r.need(op, 2), "sizes")
    own = r.b.shape(x)
    index = []
    for n, first, length in zip(own, begin, size, strict=True):
        length = n - first if length == -1 else length
        if first < 0 or length < 0 or first + length > n:
            raise r.b.fail(f"begins {begin}, sizes {size} of {list(own)}")
        index.append(slice(first, first + length))
    return [_sliced(r, x, index)]


def _strided_slice(r: TfliteReading, op: TfliteOp) -> list[str]:
    x = r.value(r.need(op, 0))
    begin, end, steps = (r.known(r.need(op, at), "limits") for at in (1, 2, 3))
    own = r.b.shape(x)
    if op.get("ellipsisMask", 0) or op.get("newAxisMask", 0) or op.get("offset", False):
        raise r.b.fail("ellipsis, new axes or offsets in a slice: use plain limits")
    if not len(begin) == len(end) == len(steps) <= len(own) or 0 in steps:
        raise r.b.fail(f"limits {begin}, {end}, {steps} of {list(own)}")
    index = [slice(None)] * len(own)
    gone = []
    for at, (first, last, step) in enumerate(zip(begin, end, steps, strict=True)):
        if op.get("shrinkAxisMask", 0) >> at & 1:
            first += own[at] if first < 0 else 0
            if not 0 <= first < own[at]:
                raise r.b.fail(f"index {first} of {own[at]}")
            index[at] = slice(first, first + 1)
            gone.append(at)
            continue
        stop: int | None = last
        if op.get("endMask", 0) >> at & 1 or (step < 0 and last < -own[at]):
            stop = None
        start = None if op.get("beginMask", 0) >> at & 1 else first
        index[at] = slice(start, stop, step)
    made = _sliced(r, x, index)
    shape = [n for at, n in enumerate(r.b.shape(made)) if at not in gone]
    return [r.b.reshape(made, shape)]


def _parts(r: TfliteReading, x: str, axis: int, lengths: list[int]) -> list[str]:
    own = r.b.shape(x)
    if not -len(own) <= axis < len(own) or min(lengths, default=0) < 0:
        raise r.b.fail(f"axis {axis} of {list(own)} in {lengths}")
    axis %= len(own)
    if sum(lengths) != own[axis]:
        raise r.b.fail(f"parts {lengths} of {own[axis]}")
    made, at = [], 0
    for n in lengths:
        index = [slice(None)] * len(own)
        index[axis] = slice(at, at + n)
        made.append(_sliced(r, x, index))
        at += n
    return made


def _split(r: TfliteReading, op: TfliteOp) -> list[str]:
    x = r.value(r.need(op, 1))
    (axis,) = r.known(r.need(op, 0), "axis")
    own, count = r.b.shape(x), len(op.outputs)
    each = own[axis] // count
    return _parts(r, x, axis, [each] * count)


def _split_v(r: TfliteReading, op: TfliteOp) -> list[str]:
    x = r.value(r.need(op, 0))
    lengths = r.known(r.need(op, 1), "lengths")
    (axis,) = r.known(r.need(op, 2), "axis")
    if lengths.count(-1) == 1:
        lengths[lengths.index(-1)] = r.b.shape(x)[axis] - sum(lengths) - 1
    return _parts(r, x, axis, lengths)


def _unpack(r: TfliteReading, op: TfliteOp) -> list[str]:
    x, axis = r.value(r.need(op, 0)), int(op.get("axis", 0))
    parts = _parts(r, x, axis, [1] * r.b.shape(x)[axis])
    return [r.b.reshape(part, r.output(op, at).shape) for at, part in enumerate(parts)]


def _joined(r: TfliteReading, names: list[str], axis: int) -> str:
    first = r.b.tensors[names[0]]
    rank = len(first.shape)
    if not -rank <= axis < rank:
        raise r.b.fail(f"axis {axis} of {rank}")
    axis %= rank
    for name in names[1:]:
        other = r.b.tensors[name]
        same = replace(other, shape=()) == replace(first, shape=())
        rest = other.shape[:axis] + other.shape[axis + 1 :]
        if not same or rest != first.shape[:axis] + first.shape[axis + 1 :]:
            raise r.b.fail(
                f"{first} and {other} along axis {axis}: expected one scale and shape"
            )
    values = [r.b.value(name) for name in names]
    known = [v for v in values if v is not None]
    if len(known) == len(names):
        joined = np.concatenate(known, axis)
        return r.b.constant(joined, scale=first.scale, zero=first.zero)
    if rank == 4 and axis and first.dtype == "f32":
        firsts = [r.first[name] for name in names if name in r.first]
        if len(firsts) == len(names):
            return as_last(r, r.b.concat(firsts, {3: 1, 1: 2, 2: 3}[axis]))
    return r.b.concat(names, axis)


def _concat(r: TfliteReading, op: TfliteOp) -> list[str]:
    names = [r.value(at) for at in op.inputs]
    if not names:
        raise r.b.fail("no inputs")
    made = _joined(r, names, int(op.get("axis", 0)))
    ends = activation_of(r, op)
    if ends == "none":
        return [made]
    if r.b.dtype(made) != "f32":
        attrs = {"fn": "requantise", "activation": ends}
        return r.b.emit("int8_table", [made], r.b.tensors[made], attrs)
    return [clamped(r, made, ends)]


def _pack(r: TfliteReading, op: TfliteOp) -> list[str]:
    names = [r.value(at) for at in op.inputs]
    shape, axis = list(r.b.shape(names[0])), int(op.get("axis", 0))
    axis += len(shape) + 1 if axis < 0 else 0
    if not 0 <= axis <= len(shape):
        raise r.b.fail(f"axis {axis} of {len(shape) + 1}")
    shape.insert(axis, 1)
    return [_joined(r, [r.b.reshape(n, shape) for n in names], axis)]


def _pad(r: TfliteReading, op: TfliteOp) -> list[str]:
    x = r.value(r.need(op, 0))
    pads = np.array(r.known(r.need(op, 1), "pads"), np.int64).reshape(-1, 2)
    own = r.b.tensors[x]
    if len(pads) != len(own.shape) or pads.min(initial=0) < 0:
        raise r.b.fail(f"pads {pads.tolist()} of {list(own.shape)}")
    at = r.optional(op, 2)
    zero = r.b.constant(own.zero, own.dtype)
    value = zero if at is None else r.value(at)
    if r.b.tensors[value].dtype != own.dtype or r.b.tensors[value].size != 1:
        raise r.b.fail(f"value {r.b.tensors[value]} for {own}")
    shape = tuple(
        n + int(p) + int(q) for n, (p, q) in zip(own.shape, pads, strict=True)
    )
    if shape != r.output(op).shape:
        raise r.b.fail(f"shape {list(shape)}, the file says {r.output(op)}")
    before = tuple(int(p) for p, _ in pads)
    if x in r.first and own.dtype == "f32":
        first = Tensor("f32", (shape[0], shape[3], shape[1], shape[2]))
        moved = {"before": (before[0], before[3], before[1], before[2])}
        made = as_last(r, r.b.emit("pad", [r.first[x], value], first, moved)[0])
    else:
        kind = replace(own, shape=shape)
        (made,) = r.b.emit("pad", [x, value], kind, {"before": before})
    around = r.b.value(value)
    around_zero = around is not None and float(around.item()) == own.zero
    if len(shape) == 4 and around_zero and not pads[[0, 3]].any():
        (_, _), (top, bottom), (left, right), (_, _) = pads.tolist()
        r.padded[made] = (x, (top, left), (bottom, right))
    return [made]


def _gather(r: TfliteReading, op: TfliteOp) -> list[str]:
    x, numbers = (r.value(r.need(op, at)) for at in (0, 1))
    rank = len(r.b.shape(x))
    axis = int(op.get("axis", 0))
    if op.get("batchDims", 0) or not -rank <= axis < rank:
        raise r.b.fail(f"axis {axis} of {rank}, batches {op.get('batchDims', 0)}")
    if r.b.dtype(numbers) not in ("s32", "s64"):
        raise r.b.fail(f"numbers {r.b.tensors[numbers]}, expected integers")
    return [r.b.take(x, numbers, axis % rank)]


def _expand(r: TfliteReading, op: TfliteOp) -> list[str]:
    return [r.b.expand(r.value(r.need(op, 0)), r.output(op).shape)]


def _tile(r: TfliteReading, op: TfliteOp) -> list[str]:
    x = r.value(r.need(op, 0))
    times, own = r.known(r.need(op, 1), "repeats"), r.b.shape(x)
    wanted = tuple(t * n for t, n in zip(times, own, strict=True))
    if wanted != r.output(op).shape:
        raise r.b.fail(f"shape {list(wanted)}, the file says {r.output(op)}")
    shape = [n for pair in zip(times, own, strict=True) for n in pair]
    steps = [s for stride in r.b.tensors[x].strides for s in (0, stride)]
    return [r.b.reshape(r.b.view(x, shape, steps), wanted)]


def _reverse(r: TfliteReading, op: TfliteOp) -> list[str]:
    x = r.value(r.need(op, 0))
    own = r.b.shape(x)
    axes = {a % len(own) for a in r.known(r.need(op, 1), "axes")}
    index = [slice(None, None, -1 if at in axes else 1) for at in range(len(own))]
    return [_sliced(r, x, index)]


def _shape(r: TfliteReading, op: TfliteOp) -> list[str]:
    shape = r.b.shape(r.value(r.need(op, 0)))
    return [r.b.constant(np.array(shape), r.output(op).dtype)]


RULES: dict[str, Rule] = {
    "BROADCAST_TO": _expand,
    "CONCATENATION": _concat,
    "EXPAND_DIMS": _reshape,
    "GATHER": _gather,
    "PACK": _pack,
    "PAD": _pad,
    "PADV2": _pad,
    "RESHAPE": _reshape,
    "REVERSE_V2": _reverse,
    "SHAPE": _shape,
    "SLICE": _slice,
    "SPLIT": _split,
    "SPLIT_V": _split_v,
    "SQUEEZE": _reshape,
    "STRIDED_SLICE": _strided_slice,
    "TILE": _tile,
    "TRANSPOSE": _transpose,
    "UNPACK": _unpack,
}
