"""Which float operations have an int8 form: True if a rule took the node."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.graph.int8.lowering import Affine, Int8, Lowering, pixels
from ecmkit.graph.int8.recurrent import recurrent
from ecmkit.graph.ir import Node, Tensor
from ecmkit.graph.rewrite import brings_into_unit
from ecmkit.graph.strides import transpose_of
from ecmkit.graph.tables import ACTIVATIONS, error_s16, table_s16

__all__ = ["RULES"]

Rule = Callable[[Lowering, Node, str], bool]

_FIXED: dict[str, dict[str, Affine]] = {
    "s8": {"logistic": (1 / 256, -128), "tanh": (1 / 128, 0)},
    "s16": {"logistic": (1 / 32768, 0), "tanh": (1 / 32768, 0)},
}
_COARSEST = 4.0
"""Steps of int16 up to which a table of lines may be off; else the layer is float."""
_SOFTMAX_ROW = 1000
_WEIGHTED = ("conv", "conv_transpose", "matmul", "pool", "recurrent")
_TABLES: dict[str, tuple[str, dict[str, float]]] = {
    "sigmoid": ("logistic", {}),
    "tanh": ("tanh", {}),
    "hard_swish": ("hard_swish", {}),
    "elu": ("elu", {"alpha": 1.0}),
    "gelu": ("gelu", {}),
    "swish": ("swish", {"alpha": 1.0}),
    "softplus": ("softplus", {}),
    "exp": ("exp", {}),
    "abs": ("abs", {}),
    "neg": ("negative", {}),
}
"""By function of elements: the table, and the settings that it is for."""


class _Unknown:
    """Mark of a bias that no layer can take."""


_UNKNOWN = _Unknown()


def _bias(low: Lowering, node: Node, n: int) -> Any:
    """Bias of a layer; `_UNKNOWN` if it is not one number for each output."""
    if len(node.inputs) < 3:
        return None
    value = low.old.constants.get(node.inputs[2])
    if value is None or value.size not in (1, n):
        return _UNKNOWN
    if value.size == n > 1 and "c" in node.attrs and node.attrs["c"][-1] == 0:
        return _UNKNOWN
    return np.broadcast_to(value.reshape(-1), (n,)).astype(np.float64)


def _dense(low: Lowering, node: Node, last: str) -> bool:
    x, name = node.inputs[:2]
    weights = low.old.constants.get(name)
    own = low.old.tensors[x].shape
    if weights is None or weights.ndim != 2 or int(node.attrs["a_k"]) != 1:
        return False
    if len(own) < 1 or own[-1] != int(node.attrs["k"]):
        return False
    turned = int(node.attrs["b_k"]) != 1
    n = weights.shape[1 if turned else 0]
    bias = _bias(low, node, n)
    if bias is _UNKNOWN or not (low.ready(x) or _flat_image(low, x) or not _says(low)):
        return False
    if low.result(last) is None:
        return False
    source, order = _flattened(low, x)

    def to_rows(value: NDArray[Any]) -> NDArray[Any]:
        rows = value.T if turned else value
        return np.ascontiguousarray(rows if order is None else rows[:, order])

    made = low.weighted(name, to_rows, bias, source.name, last, dense=True)
    if made is None:
        return False
    found, tables, (scale, zero) = made
    kind = low.kind(low.old.tensors[last].shape, (scale, zero))
    inputs = [source.name, low.b.constant(found), *tables]
    return low.put("int8_dense", inputs, last, kind, low.ending(), image=False)


def _says(low: Lowering) -> bool:
    return low.source.explicit


def _flat_image(low: Lowering, x: str) -> bool:
    writer = low.old.writer(x)
    while writer is not None and writer.op == "reshape":
        if low.has_int8(writer.inputs[0]) is not None:
            return True
        writer = low.old.writer(writer.inputs[0])
    return False


def _flattened(low: Lowering, x: str) -> tuple[Int8, NDArray[Any] | None]:
    """Find a flat int8 value; of an image that was reshaped, columns change."""
    writer = low.old.writer(x)
    flat = prod(low.old.tensors[x].shape[:-1]) == 1
    while writer is not None and writer.op == "reshape" and flat:
        before = writer.inputs[0]
        value = low.has_int8(before)
        if low.int8.get((x, False, low.dtype)) is not None:
            break
        if value is not None and value.image:
            own = low.old.tensors[before].shape
            order = np.arange(prod(own)).reshape(own)
            value = low.as_int8(before, image=True)
            return value, np.moveaxis(order, 1, -1).reshape(-1)
        if value is not None:
            return low.as_int8(before, image=False), None
        writer = low.old.writer(before)
    return low.as_int8(x, image=False), None


def _conv(low: Lowering, node: Node, last: str) -> bool:
    x, name = node.inputs[:2]
    weights = low.old.constants.get(name)
    own = low.old.tensors[x].shape
    if weights is None or own[0] != 1 or len(own) > 4:
        return False
    outputs, per_group = weights.shape[:2]
    bias = _bias(low, node, outputs)
    if bias is _UNKNOWN or (_says(low) and not low.ready(x)):
        return False
    if low.result(last) is None:
        return False
    groups = int(node.attrs["groups"])
    window = _window_of(node, own, low.old.tensors[last].shape, weights.shape[2:])

    def to_rows(value: NDArray[Any]) -> NDArray[Any]:
        return np.ascontiguousarray(np.moveaxis(value, 1, -1).reshape(outputs, -1))

    source = low.as_int8(x, image=True)
    made = low.weighted(name, to_rows, bias, source.name, last, dense=False)
    if made is None:
        return False
    found, tables, (scale, zero) = made
    taps = (window["kernel_h"], window["kernel_w"])
    kind = low.kind(low.image_shape(last), (scale, zero))
    if groups == own[1] > 1 and per_group == 1:
        packed = np.ascontiguousarray(found.T).reshape(1, *taps, outputs)
        inputs = [source.name, low.b.constant(packed), *tables]
        attrs: dict[str, Any] = {"window": window, **low.ending()}
        return low.put("int8_depthwise", inputs, last, kind, attrs, image=True)
    packed = found.reshape(outputs, *taps, per_group)
    inputs = [source.name, low.b.constant(packed), *tables]
    attrs = {"window": window, "groups": groups, **low.ending()}
    return low.put("int8_conv", inputs, last, kind, attrs, image=True)


def _pool(low: Lowering, node: Node, last: str) -> bool:
    x = node.inputs[0]
    own = low.old.tensors[x].shape
    fn = str(node.attrs["fn"])
    if fn not in ("max", "mean") or own[0] != 1 or len(own) > 4 or not low.ready(x):
        return False
    padded = any((*node.attrs["before"], *node.attrs["after"]))
    if len(node.outputs) > 1 or (fn == "mean" and node.attrs["include_pad"] and padded):
        return False
    if fn == "mean" and low.result(last) is None:
        return False
    source = low.as_int8(x, image=True)
    window = _window_of(node, own, low.old.tensors[last].shape, node.attrs["kernel"])
    kind = replace(low.tensor(source), shape=low.image_shape(last))
    attrs = {"window": window, "fn": fn}
    return low.put("int8_pool", [source.name], last, kind, attrs, image=True)


def _mean(low: Lowering, node: Node, last: str) -> bool:
    x = node.inputs[0]
    own, axes = low.old.tensors[x].shape, tuple(node.attrs["axes"])
    scaled = low.result(last)
    if node.attrs["fn"] != "mean" or not axes or not low.ready(x) or scaled is None:
        return False
    attrs: dict[str, Any] = {"fn": "mean"}
    result = low.old.tensors[last].shape
    if len(own) in (3, 4) and own[0] == 1 and axes == tuple(range(2, len(own))):
        source = low.as_int8(x, image=True)
        kind = low.kind((1, 1, 1, own[1]), scaled)
        attrs["axes"] = (1, 2)
        (made,) = low.b.emit("int8_mean", [source.name], kind, attrs)
        # One pixel is left: its channels lie as those of the float value do.
        flat = len(result) < 3
        return low.found(last, low.b.reshape(made, result) if flat else made,
                         image=not flat)  # fmt: skip
    if axes != tuple(range(axes[0], axes[-1] + 1)):
        return False
    source = low.as_int8(x, image=False)
    attrs["axes"] = axes
    kind = low.kind(result, scaled)
    return low.put("int8_mean", [source.name], last, kind, attrs, image=False)


def _map(low: Lowering, node: Node, last: str) -> bool:
    fn = str(node.attrs["fn"])
    if fn in ("add", "sub", "mul"):
        return _two(low, node, last)
    x = node.inputs[0]
    value = low.has_int8(x)
    if not low.ready(x) or x in low.old.constants or _ends(low, node, fn):
        return False
    attrs: dict[str, Any]
    scaled = low.result(last)
    if fn == "relu" or (fn == "clip" and _limits(low, node) == (0.0, 6.0)):
        attrs = {"fn": "requantise", "activation": "relu" if fn == "relu" else "relu6"}
    elif fn == "leaky_relu" and float(node.attrs["alpha"]) > 0.0:
        attrs = {"fn": "requantise", "alpha": float(node.attrs["alpha"])}
    elif fn in _TABLES and all(
        float(node.attrs.get(key, want)) == want for key, want in _TABLES[fn][1].items()
    ):
        name = _TABLES[fn][0]
        attrs = {"fn": name}
        if not _says(low):
            scaled = _FIXED[low.dtype].get(name, scaled)
    else:
        return False
    if scaled is None:
        return False
    image = value.image if value is not None else False
    source = low.as_int8(x, image=image)
    kind = low.kind(low.tensor(source).shape, scaled)
    if attrs["fn"] != "requantise" and not _fine(low, attrs["fn"], source, kind):
        return False
    return low.put("int8_table", [source.name], last, kind, attrs, image=image)


def _fine(low: Lowering, fn: str, source: Int8, kind: Tensor) -> bool:
    """Whether a table keeps the steps of its result: one of int8 always does."""
    if low.dtype == "s8":
        return True
    table = table_s16(ACTIVATIONS[fn], low.tensor(source).scale, kind.scale)
    return error_s16(table, ACTIVATIONS[fn], low.tensor(source).scale,
                     kind.scale) <= _COARSEST  # fmt: skip


def _limits(low: Lowering, node: Node) -> tuple[float, ...]:
    values = [low.old.constants.get(name) for name in node.inputs[1:]]
    return tuple(float(v) for v in values if v is not None and v.size == 1)


def _ends(low: Lowering, node: Node, fn: str) -> bool:
    """Whether no layer reads a probability, whose precision int8 would cut."""
    if low.whole or _says(low) or fn not in ("softmax", "sigmoid"):
        return False
    names = [node.outputs[0]]
    for name in names:
        for reader in low.old.readers(name):
            if reader.op in _WEIGHTED:
                return False
            names += reader.outputs
    return True


def _two(low: Lowering, node: Node, last: str) -> bool:
    fn, names = str(node.attrs["fn"]), list(node.inputs)
    scaled = low.result(last)
    known = [name in low.old.constants for name in names]
    if not low.whole and not _says(low) and brings_into_unit(low.old, node):
        return False
    if scaled is None or all(known) or not all(map(low.ready, names)):
        return False
    shape = low.old.tensors[last].shape
    if low.old.tensors[names[0]].shape != shape:
        if fn == "sub" or low.old.tensors[names[1]].shape != shape:
            return False
        names.reverse()
    first, second = (low.old.tensors[n].shape for n in names)
    values = [low.has_int8(n) for n in names]
    image = any(v is not None and v.image for v in values)
    if image and pixels(low.old, names[0]) > 1:
        # Channels come last: only what has all axes or one number fits there.
        if prod(second) != 1 and len(second) != len(first):
            return False
        if len(second) == len(first) and second != first and second[1] != prod(second):
            return False
    elif prod(second) != 1 and _trimmed(second) != first[len(first) - len(
        _trimmed(second)) :]:  # fmt: skip
        return False
    image = image and len(first) > 2
    a = low.as_int8(names[0], image=image).name
    b = low.as_int8(names[1], image=image and len(second) == len(first)).name
    own = low.b.shape(b)
    b = low.b.reshape(b, _trimmed(own) if prod(own) > 1 else (1,))
    kind = low.kind(low.b.shape(a), scaled)
    op = "int8_mul" if fn == "mul" else "int8_add"
    attrs = {} if fn == "mul" else {"fn": fn, **low.ending()}
    return low.put(op, [a, b], last, kind, attrs, image=image)


def _trimmed(shape: Sequence[int]) -> tuple[int, ...]:
    """Shape without ones in front."""
    shape = tuple(shape)
    while len(shape) > 1 and shape[0] == 1:
        shape = shape[1:]
    return shape


def _softmax(low: Lowering, node: Node, last: str) -> bool:
    x = node.inputs[0]
    own = low.old.tensors[x].shape
    if not low.ready(x) or node.attrs["log"] or _ends(low, node, "softmax"):
        return False
    if low.result(last) is None:
        return False
    if int(node.attrs["axis"]) != len(own) - 1 or own[-1] > _SOFTMAX_ROW:
        return False
    source = low.as_int8(x, image=False)
    kind = low.kind(own, (1 / 256, -128) if low.dtype == "s8" else (1 / 32768, 0))
    attrs = {"beta": 1.0}
    return low.put("int8_softmax", [source.name], last, kind, attrs, image=False)


def _reshape(low: Lowering, node: Node, last: str) -> bool:
    """Leave an image as it is until a layer reads it flat: see `_flattened`."""
    x, name = node.inputs[0], node.outputs[0]
    value = low.has_int8(x)
    if value is None:
        if not low.ready(x):
            return False
        value = low.as_int8(x, image=False)
    if value.image and pixels(low.old, x) > 1:
        readers = low.old.readers(name)
        flat = all(r.op in ("matmul", "reshape") for r in readers) and readers
        rows = prod(low.old.tensors[name].shape[:-1])
        if flat and rows == 1 and name not in low.old.outputs and not _says(low):
            return True
        value = low.as_int8(x, image=False)
    made = low.b.reshape(value.name, low.old.tensors[name].shape)
    return low.found(name, made, image=False)


def _copy(low: Lowering, node: Node, last: str) -> bool:
    x = node.inputs[0]
    if not low.ready(x) or x in low.old.constants:
        return False
    source = low.as_int8(x, image=False)
    shape, own = low.old.tensors[last].shape, low.old.tensors[x]
    steps, offset = node.attrs["steps"], int(node.attrs["offset"])
    order = transpose_of(own, low.old.tensors[last], steps) if not offset else None
    if order is not None:
        made = low.b.transpose(source.name, order)
    else:
        made = low.b.view(source.name, shape, steps, offset)
    return low.found(last, made, image=False)


def _pad(low: Lowering, node: Node, last: str) -> bool:
    x, value = node.inputs[0], low.old.constants.get(node.inputs[1])
    own = low.old.tensors[x].shape
    if not low.ready(x) or x in low.old.constants or value is None or np.any(value):
        return False
    found = low.has_int8(x)
    image = found is not None and found.image and len(own) > 2
    source = low.as_int8(x, image=image)
    kind = low.tensor(source)
    before = list(node.attrs["before"])
    shape = low.old.tensors[last].shape
    if image:
        n, channels, *rest = before
        before = [n, *([0] if len(rest) == 1 else []), *rest, channels]
        shape = low.image_shape(last)
    zero = low.b.constant(kind.zero, kind.dtype)
    return low.put(
        "pad", [source.name, zero], last, replace(kind, shape=shape),
        {"before": tuple(before)}, image=image,
    )  # fmt: skip


def _concat(low: Lowering, node: Node, last: str) -> bool:
    scaled, names = low.result(last), node.inputs
    if scaled is None or not all(map(low.ready, names)):
        return False
    own = low.old.tensors[last].shape
    images = [v is not None and v.image for v in map(low.has_int8, names)]
    image = all(images) and len(own) in (3, 4)
    axis = int(node.attrs["axis"])
    if image:
        axis = {0: 0, 1: 3, len(own) - 1: 2}.get(axis, 1)
    parts = []
    for name in names:
        part = low.as_int8(name, image=image)
        kind = low.tensor(part)
        if (kind.scale, kind.zero) == scaled:
            parts.append(part.name)
            continue
        kind = replace(kind, scale=scaled[0], zero=scaled[1])
        attrs = {"fn": "requantise"}
        parts += low.b.emit("int8_table", [part.name], kind, attrs)
    shape = low.image_shape(last) if image else own
    kind = low.kind(shape, scaled)
    return low.put("concat", parts, last, kind, {"axis": axis}, image=image)


def _dequantise(low: Lowering, node: Node, last: str) -> bool:
    """Read integers that come from outside as the int8 value that they are."""
    x = node.inputs[0]
    kind = low.old.tensors[x]
    scale, zero = (low.old.constants.get(n) for n in node.inputs[1:3])
    if kind.dtype != "s8" or scale is None or zero is None:
        return False
    if scale.size != 1 or zero.size != 1 or not float(scale.reshape(-1)[0]) > 0:
        return False
    made = Tensor("s8", kind.shape, float(scale.reshape(-1)[0]), int(zero.item()))
    (name,) = low.b.emit("reshape", [low.as_real(x)], made)
    return low.found(last, name, image=False)


def _quantise(low: Lowering, node: Node, last: str) -> bool:
    """Let integers that leave be the int8 value that the model has anyway."""
    x, kind = node.inputs[0], low.old.tensors[last]
    wanted = low.source.affine(x)
    scale, zero = (low.old.constants.get(n) for n in node.inputs[1:3])
    if kind.dtype != "s8" or wanted is None or scale is None or zero is None:
        return False
    if scale.size != 1 or wanted != (float(scale.item()), int(zero.item())):
        return False
    source = low.as_int8(x, image=False)
    (low.real[last],) = low.b.emit("reshape", [source.name], kind)
    return True


RULES: dict[str, Rule] = {
    "concat": _concat,
    "conv": _conv,
    "copy": _copy,
    "dequantise": _dequantise,
    "map": _map,
    "matmul": _dense,
    "pad": _pad,
    "pool": _pool,
    "quantise": _quantise,
    "recurrent": recurrent,
    "reduce": _mean,
    "reshape": _reshape,
    "softmax": _softmax,
}


def _window_of(
    node: Node, own: tuple[int, ...], outs: tuple[int, ...], kernel: Sequence[int]
) -> dict[str, int]:
    """Geometry as ``ecm_nn_window_t`` has it; one dimension is one row."""
    settings = ("strides", "dilations", "before")
    strides, dilations, before = (list(node.attrs[name]) for name in settings)
    sizes, results, taps = list(own[2:]), list(outs[2:]), list(kernel)
    if len(sizes) == 1:
        for values, one in (
            (sizes, 1),
            (results, 1),
            (taps, 1),
            (strides, 1),
            (dilations, 1),
            (before, 0),
        ):
            values.insert(0, one)
    return {
        "input_h": sizes[0], "input_w": sizes[1], "input_c": own[1],
        "output_h": results[0], "output_w": results[1],
        "kernel_h": taps[0], "kernel_w": taps[1],
        "stride_h": strides[0], "stride_w": strides[1],
        "dilation_h": dilations[0], "dilation_w": dilations[1],
        "pad_h": before[0], "pad_w": before[1],
    }  # fmt: skip
