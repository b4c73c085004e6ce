"""Post-training quantisation: float layers to int8, by the values of a calibration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit.errors import FormatError
from ecmkit.graph.compiled import GraphOnHost, compile_graph
from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.ir import Graph, Node, Tensor, check
from ecmkit.graph.packing import fold_bias, pack_s8, right_shift
from ecmkit.graph.quantise import affine, multiplier_and_shift
from ecmkit.graph.transform import layers_merged

__all__ = ["calibrate", "to_int8"]

Range = tuple[float, float]
F64 = NDArray[np.float64]


def calibrate(graph: Graph, samples: Sequence[Sequence[ArrayLike]]) -> dict[str, Range]:
    """Find the smallest and largest element of each float32 value on samples.

    Parameters
    ----------
    graph : Graph
        In float32.
    samples : sequence of sequences of array-like
        For each sample its inputs, as the model will meet them.

    Returns
    -------
    dict
        Range by name of the value.

    Raises
    ------
    ValueError
        If there are no samples, or their shapes do not fit.
    FormatError
        If a value is not finite on them.
    """
    if not len(samples):
        raise ValueError("no samples to calibrate with")
    names = [
        name
        for node in graph.nodes
        for name in node.outputs
        if graph.tensors[name].dtype == "f32"
    ]
    watched = replace(graph, outputs=tuple(names))
    host = GraphOnHost(compile_graph(watched, name="calibrated"), flags=("-O1",))
    low = dict.fromkeys([*graph.inputs, *names], np.inf)
    high = dict.fromkeys(low, -np.inf)
    for sample in samples:
        found = dict(zip(graph.inputs, map(np.asarray, sample), strict=True))
        found.update(zip(names, host.run(*sample), strict=True))
        for name, value in found.items():
            if not np.all(np.isfinite(value)):
                raise FormatError(f"value {name!r}: holds NaN or infinity on a sample")
            if value.size:
                low[name] = min(low[name], float(value.min()))
                high[name] = max(high[name], float(value.max()))
    return {name: (low[name], high[name]) for name in low}


@dataclass(frozen=True)
class _Int8:
    """An int8 value that stands for a float one."""

    name: str
    scale: float
    zero: int
    image: bool
    """Whether its bytes go pixel by pixel, channels last; else as the float's."""


def to_int8(graph: Graph, samples: Sequence[Sequence[ArrayLike]]) -> Graph:
    """Replace layers of a float graph by int8 layers.

    Dense layers, convolutions (also of groups and depthwise), their rectifiers, pools,
    means over all pixels and sums of two values become int8, with a scale for each
    output channel, and so do the products of recurrent layers; what lies between them
    and has no int8 form stays float32.

    Parameters
    ----------
    graph : Graph
        In float32, batch 1.
    samples : sequence of sequences of array-like
        For `calibrate`.

    Returns
    -------
    Graph
        With float32 inputs and outputs as before.

    Raises
    ------
    ValueError, FormatError
        See `calibrate`.

    Notes
    -----
    The scheme of LiteRT: activations affine, weights symmetric by channel, bias in the
    scale of the accumulator. Source: B. Jacob et al., CVPR 2018, arXiv:1712.05877.
    """
    graph = layers_merged(graph)
    lowering = _Lowering(graph, calibrate(graph, samples))
    made = lowering.run()
    check(made)
    return made


class _Lowering:
    def __init__(self, graph: Graph, ranges: Mapping[str, Range]) -> None:
        self.old = graph
        self.ranges = ranges
        self.b = Builder()
        self.real: dict[str, str] = {}
        self.int8: dict[str, _Int8] = {}
        for name in graph.inputs:
            self.real[name] = self.b.input(name, graph.tensors[name])

    def run(self) -> Graph:
        done: set[int] = set()
        for at, node in enumerate(self.old.nodes):
            if at in done:
                continue
            self.b.source = node.source
            last, skipped = self.fused(at)
            rule = _RULES.get(node.op)
            if rule is not None and rule(self, node, last):
                done.update(skipped)
            else:
                self.keep(node)
        return self.b.graph([self.as_real(name) for name in self.old.outputs])

    def fused(self, at: int) -> tuple[str, set[int]]:
        """Name of the value after a rectifier that alone reads a node's result."""
        node = self.old.nodes[at]
        name = node.outputs[0]
        readers = self.old.readers(name)
        alone = name not in self.old.outputs and len(readers) == 1
        if node.op in ("pool", "reshape") or not alone or readers[0].op != "map":
            return name, set()
        reader = readers[0]
        fn = reader.attrs["fn"]
        limits = [self.old.constants.get(n) for n in reader.inputs[1:]]
        clips = fn == "clip" and reader.inputs[0] == name and None not in limits
        if fn != "relu" and not clips:
            return name, set()
        return reader.outputs[0], {self.old.nodes.index(reader)}

    # ---- values ----

    def as_real(self, name: str) -> str:
        """Name of a value in float32 (or of a constant, or of other numbers)."""
        if name in self.real:
            return self.real[name]
        if name in self.old.constants:
            self.real[name] = self.b.constant(self.old.constants[name])
            return self.real[name]
        if name not in self.int8:
            # A reshape that waited for a layer to read it flat: another reads it too.
            writer = self.old.writer(name)
            before = self.as_real(writer.inputs[0] if writer is not None else name)
            self.real[name] = self.b.reshape(before, self.old.tensors[name].shape)
            return self.real[name]
        value = self.int8[name]
        own = self.old.tensors[name].shape
        shape = _image_shape(own) if value.image else own
        attrs = {"scale": value.scale, "zero": value.zero}
        (made,) = self.b.emit("int8_to_real", [value.name], Tensor("f32", shape), attrs)
        if value.image:
            rank = len(own)
            made = self.b.transpose(made, (0, rank - 1, *range(1, rank - 1)))
        self.real[name] = self.b.reshape(made, own)
        return self.real[name]

    def as_int8(self, name: str, *, image: bool) -> _Int8:
        """Quantise a value, once."""
        value = self.int8.get(name)
        if value is not None and (value.image == image or _pixels(self.old, name) == 1):
            return value
        real = self.as_real(name)
        own = self.old.tensors[name].shape
        scale, zero = affine(*self.ranges[name])
        if image:
            rank = len(own)
            real = self.b.transpose(real, (0, *range(2, rank), 1))
        attrs = {"scale": scale, "zero": zero}
        shape = _image_shape(own) if image else own
        (made,) = self.b.emit("int8_from_real", [real], Tensor("s8", shape), attrs)
        value = _Int8(made, scale, zero, image)
        self.int8[name] = value
        return value

    def keep(self, node: Node) -> None:
        """Copy a node that stays as it is."""
        inputs = [self.as_real(name) for name in node.inputs]
        kinds = [self.old.tensors[name] for name in node.outputs]
        made = self.b.emit(node.op, inputs, kinds, node.attrs)
        self.real.update(zip(node.outputs, made, strict=True))

    def put(
        self, op: str, inputs: Sequence[str], last: str, attrs: Mapping[str, Any], *,
        image: bool, scale: float, zero: int,
    ) -> bool:  # fmt: skip
        """Emit an int8 operation whose result stands for a float value."""
        own = self.old.tensors[last].shape
        shape = _image_shape(own) if image else own
        (made,) = self.b.emit(op, inputs, Tensor("s8", shape), attrs)
        self.int8[last] = _Int8(made, scale, zero, image)
        return True

    # ---- layers: True if the node was taken ----

    def weighted(
        self, rows: F64, bias: F64 | None, source: _Int8, last: str
    ) -> tuple[NDArray[np.int8], list[str], float, int, dict[str, int]]:
        """Quantise rows of weights: tables but the weights, and the output's scale."""
        largest = np.abs(rows).max(axis=1)
        by_row = np.where(largest > 0, largest / 127.0, 1.0).astype(np.float32)
        wide = by_row.astype(np.float64)
        weights = np.clip(np.rint(rows / wide[:, None]), -127, 127).astype(np.int8)
        scale, zero = affine(*self.ranges[last])
        offset = np.zeros(len(rows)) if bias is None else bias
        whole = np.clip(np.rint(offset / (source.scale * wide)), -(2**29), 2**29)
        fixed = [multiplier_and_shift(source.scale * w / scale) for w in wide.tolist()]
        folded = fold_bias(whole.astype(np.int32), weights, source.zero)
        tables = [
            self.b.constant(folded),
            self.b.constant(np.array([m for m, _ in fixed], np.int32)),
            self.b.constant(np.array([right_shift(s) for _, s in fixed], np.uint8)),
        ]
        return weights, tables, scale, zero, _clamp(zero)

    def dense(self, node: Node, last: str) -> bool:
        weights = self.old.constants.get(node.inputs[1])
        x = node.inputs[0]
        if (
            weights is None
            or weights.ndim != 2
            or self.old.tensors[x].shape[:-1] != (1,)
        ):
            return False
        bias = self.bias(node, weights.shape[0 if node.attrs["b_k"] == 1 else 1])
        if bias is _UNKNOWN:
            return False
        rows = weights.T if node.attrs["b_k"] != 1 else weights
        source, rows = self.flattened(x, rows.astype(np.float64))
        found, tables, scale, zero, clamp = self.weighted(rows, bias, source, last)
        attrs = {
            "inputs_len": rows.shape[1],
            "outputs_len": rows.shape[0],
            **clamp,
        }
        packed = self.b.constant(pack_s8(found).weights)
        return self.put(
            "int8_dense", [source.name, packed, *tables], last, attrs,
            image=False, scale=scale, zero=zero,
        )  # fmt: skip

    def bias(self, node: Node, n: int) -> Any:
        """Bias of a layer; `_UNKNOWN` if it is not one number for each output."""
        if len(node.inputs) < 3:
            return None
        value = self.old.constants.get(node.inputs[2])
        if value is None or value.size not in (1, n):
            return _UNKNOWN
        return np.broadcast_to(value.reshape(-1), (n,)).astype(np.float64)

    def flattened(self, x: str, rows: F64) -> tuple[_Int8, F64]:
        """Find a flat int8 value; of an image that was reshaped, columns change."""
        writer = self.old.writer(x)
        while writer is not None and writer.op == "reshape":
            before = writer.inputs[0]
            value = self.int8.get(before)
            if value is not None and value.image:
                own = self.old.tensors[before].shape
                order = np.arange(prod(own)).reshape(own)
                order = np.moveaxis(order, 1, -1).reshape(-1)
                return value, np.ascontiguousarray(rows[:, order])
            if value is not None:
                return value, rows
            writer = self.old.writer(before)
        return self.as_int8(x, image=False), rows

    def conv(self, node: Node, last: str) -> bool:
        weights = self.old.constants.get(node.inputs[1])
        own = self.old.tensors[node.inputs[0]].shape
        if weights is None or own[0] != 1 or len(own) > 4:
            return False
        outputs, per_group = weights.shape[:2]
        bias = self.bias(node, outputs)
        if bias is _UNKNOWN:
            return False
        source = self.as_int8(node.inputs[0], image=True)
        groups = int(node.attrs["groups"])
        window = _window_of(node, own, self.old.tensors[last].shape, weights.shape[2:])
        rows = np.moveaxis(weights, 1, -1).reshape(outputs, -1).astype(np.float64)
        found, tables, scale, zero, clamp = self.weighted(rows, bias, source, last)
        attrs = {"window": window, "input_zero": source.zero, **clamp}
        if groups == own[1] > 1 and per_group == 1:
            packed = self.b.constant(np.ascontiguousarray(found.T))
            attrs["multiply"] = outputs // groups
            op = "int8_depthwise"
        else:
            each = outputs // groups
            parts = [
                pack_s8(found[at : at + each]).weights for at in range(0, outputs, each)
            ]
            packed = self.b.constant(np.concatenate(parts))
            attrs |= {
                "inputs_len": rows.shape[1],
                "outputs_len": each,
                "groups": groups,
            }
            op = "int8_conv"
        inputs = [source.name, packed, *tables]
        return self.put(op, inputs, last, attrs, image=True, scale=scale, zero=zero)

    def pool(self, node: Node, last: str) -> bool:
        own = self.old.tensors[node.inputs[0]].shape
        fn = str(node.attrs["fn"])
        if fn not in ("max", "mean") or own[0] != 1 or len(own) > 4:
            return False
        if len(node.outputs) > 1 or (fn == "mean" and node.attrs["include_pad"]):
            return False
        if node.inputs[0] not in self.int8:
            return False
        source = self.as_int8(node.inputs[0], image=True)
        window = _window_of(
            node, own, self.old.tensors[last].shape, node.attrs["kernel"]
        )
        attrs = {"window": window, "fn": fn, "output_min": -128, "output_max": 127}
        return self.put(
            "int8_pool", [source.name], last, attrs,
            image=True, scale=source.scale, zero=source.zero,
        )  # fmt: skip

    def mean(self, node: Node, last: str) -> bool:
        own = self.old.tensors[node.inputs[0]].shape
        if node.attrs["fn"] != "mean" or len(own) not in (3, 4) or own[0] != 1:
            return False
        if tuple(node.attrs["axes"]) != tuple(range(2, len(own))):
            return False
        if node.inputs[0] not in self.int8:
            return False
        source = self.as_int8(node.inputs[0], image=True)
        scale, zero = affine(*self.ranges[last])
        n = prod(own[2:])
        multiplier, shift = multiplier_and_shift(source.scale / (scale * n))
        attrs = {
            "outer_len": 1,
            "mean_len": n,
            "inner_len": own[1],
            "bias": -n * source.zero,
            "multiplier": multiplier,
            "shift": right_shift(shift),
            **_clamp(zero),
        }
        # One pixel is left: its channels lie as those of the float value do.
        return self.put(
            "int8_mean", [source.name], last, attrs,
            image=False, scale=scale, zero=zero,
        )  # fmt: skip

    def add(self, node: Node, last: str) -> bool:
        if node.attrs["fn"] != "add" or len(node.inputs) != 2:
            return False
        names = node.inputs
        if any(n not in self.int8 for n in names):
            return False
        tensors = [self.old.tensors[n] for n in names]
        layouts = {self.int8[n].image for n in names}
        if tensors[0].shape != tensors[1].shape or len(layouts) != 1:
            return False
        a, b = (self.int8[n] for n in names)
        scale, zero = affine(*self.ranges[last])
        twice = 2.0 * max(a.scale, b.scale)
        one, two, three = (
            multiplier_and_shift(f)
            for f in (a.scale / twice, b.scale / twice, twice / (2.0**20 * scale))
        )
        attrs = {
            "arrays": 2,
            "a_len": tensors[0].size, "b_len": tensors[1].size,
            "a_multiplier": one[0], "b_multiplier": two[0], "multiplier": three[0],
            "a_shift": right_shift(one[1]), "b_shift": right_shift(two[1]),
            "shift": right_shift(three[1]),
            "a_zero": a.zero, "b_zero": b.zero,
            **_clamp(zero),
        }  # fmt: skip
        return self.put(
            "int8_add", [a.name, b.name], last, attrs,
            image=a.image, scale=scale, zero=zero,
        )  # fmt: skip

    def recurrent(self, node: Node, last: str) -> bool:
        """Quantise weights, what comes in and the state; gates and cells stay real."""
        constants = [self.old.constants.get(name) for name in node.inputs[1:4]]
        w, r, bias = constants
        if w is None or r is None or bias is None or last != node.outputs[0]:
            return False
        low, high = self.ranges[node.outputs[0]]
        starts = [self.old.constants.get(name) for name in node.inputs[4:5]]
        for start in starts:
            if start is None:
                return False
            low, high = min(low, float(start.min())), max(high, float(start.max()))
        ranges = self.ranges[node.inputs[0]], (low, high)
        scales = [affine(*(float(v) for v in pair)) for pair in ranges]
        bias = bias.astype(np.float64).reshape(len(w), 2, -1)
        tables, units, offsets = [], [], []
        for at, (weights, (scale, zero)) in enumerate(zip((w, r), scales, strict=True)):
            largest = np.abs(weights).max(axis=2, initial=0.0)
            by_row = np.where(largest > 0, largest / 127.0, 1.0).astype(np.float32)
            wide = by_row.astype(np.float64)
            whole = np.clip(np.rint(weights / wide[:, :, None]), -127, 127)
            left = zero * whole.sum(axis=2) * wide * scale
            offsets.append(bias[:, at] - left)
            tables.append(self.b.constant(whole.astype(np.int8)))
            units.append(self.b.constant((wide * scale).astype(np.float32)))
        offset = np.stack(offsets, 1).reshape(len(w), -1).astype(np.float32)
        rest = [self.as_real(name) for name in node.inputs[4:]]
        x, b = self.as_real(node.inputs[0]), self.b.constant(offset)
        inputs = [x, *tables, b, *rest, *units]
        kinds = [self.old.tensors[name] for name in node.outputs]
        made = self.b.emit("recurrent", inputs, kinds, {**node.attrs, "int8": scales})
        self.real.update(zip(node.outputs, made, strict=True))
        return True

    def reshape(self, node: Node, last: str) -> bool:
        """Leave an image as it is until a layer reads it flat: see `flattened`."""
        value = self.int8.get(node.inputs[0])
        name = node.outputs[0]
        if value is None or last != name:
            return False
        if value.image and _pixels(self.old, node.inputs[0]) > 1:
            readers = self.old.readers(name)
            flat = all(r.op in ("matmul", "reshape") for r in readers) and readers
            return bool(flat) and name not in self.old.outputs
        made = self.b.emit(
            "reshape", [value.name], Tensor("s8", self.old.tensors[name].shape)
        )
        self.int8[name] = replace(value, name=made[0], image=False)
        return True


class _Unknown:
    """Mark of a bias that no layer can take."""


_UNKNOWN = _Unknown()

_RULES = {
    "matmul": _Lowering.dense,
    "conv": _Lowering.conv,
    "pool": _Lowering.pool,
    "recurrent": _Lowering.recurrent,
    "reduce": _Lowering.mean,
    "map": _Lowering.add,
    "reshape": _Lowering.reshape,
}


def _clamp(zero: int) -> dict[str, int]:
    """Clamp to the whole range: that of a rectifier's result begins at its limit."""
    return {"output_zero": zero, "output_min": -128, "output_max": 127}


def _image_shape(own: tuple[int, ...]) -> tuple[int, ...]:
    return (own[0], *own[2:], own[1])


def _pixels(graph: Graph, name: str) -> int:
    return prod(graph.tensors[name].shape[2:])


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
