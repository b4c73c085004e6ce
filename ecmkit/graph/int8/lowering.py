"""From a float graph and scales for its values to a graph of integer operations."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.ir import Graph, Node, Tensor

__all__ = [
    "Affine",
    "Int8",
    "Integer",
    "LayerType",
    "Lowering",
    "Source",
    "ToRows",
    "pixels",
]

_ACTIVATIONS = {(): "relu", (0.0, 6.0): "relu6", (-1.0, 1.0): "relu_n1_to_1"}
_MOST_BIAS = 2.0**28
_FOLLOWS = ("copy", "pad", "pool", "reshape")
"""Operations that take the type of what they read, where they have no other."""
Integer = Literal["s8", "s16"]
"""Elements of integer values; weights are int8 with both."""
LayerType = Literal["int8", "int16", "float"]
"""What a layer computes with."""
_ELEMENTS: dict[str, Integer] = {"int8": "s8", "int16": "s16"}
Affine = tuple[float, int]
"""Scale and zero point."""
F64 = NDArray[np.float64]
ToRows = Callable[[NDArray[Any]], NDArray[Any]]
"""Puts the weights of a layer into rows, one for each output."""


class Source(ABC):
    """Where scales come from."""

    explicit: ClassVar[bool]
    """Whether the model itself says which values are int8."""

    @abstractmethod
    def affine(self, name: str, dtype: Integer = "s8") -> Affine | None:
        """Scale and zero point of a float value; None if it has none."""

    @abstractmethod
    def rows(
        self, name: str, to_rows: ToRows, least: F64, *, dense: bool
    ) -> tuple[NDArray[np.int8], NDArray[np.float32]] | None:
        """Rows of weights in int8 with their scales, one or one a row; None: float.

        ``to_rows`` puts the elements of the constant ``name`` into rows; ``least`` is
        the smallest scale of each at which its bias still fits.
        """

    @abstractmethod
    def constant(
        self, name: str, dtype: Integer = "s8"
    ) -> tuple[NDArray[Any], Affine] | None:
        """Return a float constant in integers; None: it stays float."""


@dataclass(frozen=True)
class Int8:
    """An integer value that stands for a float one."""

    name: str
    image: bool
    """Whether its elements go pixel by pixel, channels last; else as the float's."""


class Lowering:
    """One pass over a graph; values exist in float32, int8, int16, or several."""

    def __init__(
        self,
        graph: Graph,
        source: Source,
        *,
        ends: Literal["real", "int8"] = "real",
        activations: Literal["int8", "int16"] = "int8",
        layers: Mapping[str, LayerType] | None = None,
    ) -> None:
        self.old = graph
        self.source = source
        self.whole = ends == "int8"
        self.usual: LayerType = activations
        self.layers = layers or {}
        """By the name of its result: a layer that does not do as usual."""
        self.dtype = _ELEMENTS[activations]
        """Elements of what is being lowered."""
        self.activation = "none"
        """What ends the layer that is being lowered, unless its range says so."""
        self.b = Builder()
        self.real: dict[str, str] = {}
        self.int8: dict[tuple[str, bool, str], Int8] = {}
        for name in graph.inputs:
            own = graph.tensors[name]
            scaled = self.result(name)
            if self.whole and own.dtype == "f32" and scaled is not None:
                made = self.b.input(name, self.kind(own.shape, scaled))
                self.int8[name, False, self.dtype] = Int8(made, False)
            else:
                self.real[name] = self.b.input(name, own)

    def run(self) -> Graph:
        """Walk the graph."""
        from ecmkit.graph.int8.layers import RULES

        if self.source.explicit:
            for name in self.old.inputs:
                if name in self.real and self.source.affine(name) is not None:
                    # Whoever reads it reads what int8 can hold of it.
                    self.as_int8(name, image=False)
                    del self.real[name]
        done: set[int] = set()
        for at, node in enumerate(self.old.nodes):
            if at in done:
                continue
            self.b.source = node.source
            wanted, last, skipped = self._typed(at)
            rule: Callable[[Lowering, Node, str], bool] | None = RULES.get(node.op)
            if wanted != "float" and rule is not None and rule(self, node, last):
                done.update(skipped)
            else:
                self.keep(node)
        self.dtype = _ELEMENTS[self.usual]
        return self.b.graph([self._end(name) for name in self.old.outputs])

    def _typed(self, at: int) -> tuple[LayerType, str, set[int]]:
        """Find what a layer computes with, and what `fused` says with that.

        Its type is said by the name of its result, before or after a rectifier; else it
        is that of what it reads where it only moves, or the usual one.
        """
        node = self.old.nodes[at]
        name = node.outputs[0]
        found = self.has_int8(node.inputs[0]) if node.op in _FOLLOWS else None
        wanted = self.usual
        if found is not None:
            wanted = "int16" if self.tensor(found).dtype == "s16" else "int8"
        wanted = self.layers.get(name, wanted)
        self.dtype = _ELEMENTS.get(wanted, "s8")
        last, skipped = self.fused(at)
        if last in self.layers and name not in self.layers:
            wanted = self.layers[last]
            self.dtype = _ELEMENTS.get(wanted, "s8")
            last, skipped = self.fused(at)
        return wanted, last, skipped

    def _end(self, name: str) -> str:
        own = self.old.tensors[name]
        if self.whole and own.dtype == "f32" and self.result(name) is not None:
            return self.as_int8(name, image=False).name
        return self.as_real(name)

    def fused(self, at: int) -> tuple[str, set[int]]:
        """Name of the value after a rectifier that alone reads a node's result."""
        node = self.old.nodes[at]
        name = node.outputs[0]
        self.activation = "none"
        readers = self.old.readers(name)
        alone = name not in self.old.outputs and len(readers) == 1
        weighted = node.op in ("conv", "matmul") or node.attrs.get("fn") == "add"
        if not weighted or not alone or readers[0].op != "map":
            return name, set()
        if self.source.explicit and self.source.affine(name) is not None:
            return name, set()
        reader = readers[0]
        fn = reader.attrs["fn"]
        limits = [self.old.constants.get(n) for n in reader.inputs[1:]]
        clips = (
            fn == "clip"
            and reader.inputs[0] == name
            and all(limit is not None for limit in limits)
        )
        if fn != "relu" and not clips:
            return name, set()
        if self.source.explicit or self.dtype == "s16":
            # Whose range does not end where a rectifier does.
            ends = tuple(float(v.reshape(-1)[0]) for v in limits if v is not None)
            activation = _ACTIVATIONS.get(ends)
            if activation is None:
                return name, set()
            self.activation = activation
        return reader.outputs[0], {self.old.nodes.index(reader)}

    # ---- values ----

    def has_int8(self, name: str) -> Int8 | None:
        """Return an integer value that stands for a float one, if there is one."""
        for dtype in sorted(("s8", "s16"), key=lambda own: own != self.dtype):
            for image in (True, False):
                if (name, image, dtype) in self.int8:
                    return self.int8[name, image, dtype]
        return None

    def ready(self, name: str) -> bool:
        """Whether a value is integers, or the model says that it is."""
        if self.has_int8(name) is not None:
            return True
        if name in self.old.constants:
            return self.source.constant(name, self.dtype) is not None
        return self.source.explicit and self.source.affine(name) is not None

    def tensor(self, value: Int8) -> Tensor:
        """Type of an integer value."""
        return self.b.tensors[value.name]

    def as_real(self, name: str) -> str:
        """Name of a value in float32 (or of a constant, or of other numbers)."""
        if name in self.real:
            return self.real[name]
        if name in self.old.constants:
            self.real[name] = self.b.constant(self.old.constants[name])
            return self.real[name]
        value = self.has_int8(name)
        if value is None:
            # A reshape that waited for a layer to read it flat: another reads it too.
            writer = self.old.writer(name)
            before = self.as_real(writer.inputs[0] if writer is not None else name)
            self.real[name] = self.b.reshape(before, self.old.tensors[name].shape)
            return self.real[name]
        own = self.old.tensors[name].shape
        shape = self.tensor(value).shape
        (made,) = self.b.emit("int8_to_real", [value.name], Tensor("f32", shape))
        if value.image:
            made = self.b.transpose(made, (0, 3, 1, 2))
        self.real[name] = self.b.reshape(made, own)
        return self.real[name]

    def as_int8(self, name: str, *, image: bool) -> Int8:
        """Return a value in the integers of a layer, quantised at most once."""
        found = self.int8.get((name, image, self.dtype))
        if found is not None:
            return found
        other = self.has_int8(name)
        own = self.old.tensors[name].shape
        known = None
        if name in self.old.constants:
            known = self.source.constant(name, self.dtype)
        scaled = self.result(name)
        if other is not None and self.tensor(other).dtype != self.dtype and scaled:
            kind = self.kind(self.tensor(other).shape, scaled)
            attrs = {"fn": "requantise"}
            (made,) = self.b.emit("int8_table", [other.name], kind, attrs)
            self.int8[name, other.image, self.dtype] = Int8(made, other.image)
            return self.as_int8(name, image=image)
        if known is not None:
            array, (scale, zero) = known
            if image:
                array = np.moveaxis(array.reshape(_first_shape(own)), 1, -1)
            made = self.b.constant(array, scale=scale, zero=zero)
        elif other is not None:
            made = other.name
            if image:
                made = self.b.reshape(made, _first_shape(own))
                made = self.b.transpose(made, (0, 2, 3, 1))
            else:
                made = self.b.transpose(made, (0, 3, 1, 2))
                made = self.b.reshape(made, own)
        else:
            if scaled is None:
                raise self.b.fail(f"value {name!r} has no scale")
            real = self.as_real(self.unclipped(name))
            if image:
                real = self.b.reshape(real, _first_shape(own))
                real = self.b.transpose(real, (0, 2, 3, 1))
            kind = self.kind(self.b.shape(real), scaled)
            (made,) = self.b.emit("int8_from_real", [real], kind)
        value = Int8(made, image)
        self.int8[name, image, self.dtype] = value
        return value

    def unclipped(self, name: str) -> str:
        """Name of what a clip reads: an int8 range within its limits saturates so."""
        writer = self.old.writer(name)
        if self.source.explicit or self.dtype != "s8":
            return name
        if writer is None or writer.op != "map":
            return name
        limits = [self.old.constants.get(other) for other in writer.inputs[1:]]
        known = all(value is not None and value.size == 1 for value in limits)
        clips = writer.attrs["fn"] == "clip" and len(limits) == 2 and known
        return writer.inputs[0] if clips else name

    def keep(self, node: Node) -> None:
        """Copy a node that stays as it is."""
        inputs = [self.as_real(name) for name in node.inputs]
        kinds = [self.old.tensors[name] for name in node.outputs]
        made = self.b.emit(node.op, inputs, kinds, node.attrs)
        self.real.update(zip(node.outputs, made, strict=True))
        if self.source.explicit:
            for name in node.outputs:
                if self.source.affine(name) is not None:
                    # Whoever reads it reads what int8 can hold of it.
                    self.as_int8(name, image=False)
                    del self.real[name]

    # ---- results ----

    def result(self, last: str) -> Affine | None:
        """Scale and zero point that a value shall have in the integers of a layer."""
        return self.source.affine(last, self.dtype)

    def kind(self, shape: Sequence[int], scaled: Affine) -> Tensor:
        """Type of a value in the integers of a layer."""
        return Tensor(self.dtype, tuple(shape), *scaled)

    def put(
        self,
        op: str,
        inputs: Sequence[str],
        last: str,
        kind: Tensor,
        attrs: Mapping[str, Any] | None = None,
        *,
        image: bool,
    ) -> bool:
        """Emit an integer operation whose result stands for a float value."""
        (made,) = self.b.emit(op, inputs, kind, attrs)
        return self.found(last, made, image=image)

    def found(self, last: str, made: str, *, image: bool) -> bool:
        """Let a value stand for a float one, in the scale that the model wants."""
        kind = self.b.tensors[made]
        wanted = self.source.affine(last) if self.source.explicit else None
        if wanted is not None and wanted != (kind.scale, kind.zero):
            kind = replace(kind, scale=wanted[0], zero=wanted[1])
            (made,) = self.b.emit("int8_table", [made], kind, {"fn": "requantise"})
        self.int8[last, image, kind.dtype] = Int8(made, image)
        return True

    def image_shape(self, name: str) -> tuple[int, ...]:
        """Shape of a float value as an image: channels last, one row if it is flat."""
        n, channels, height, width = _first_shape(self.old.tensors[name].shape)
        return n, height, width, channels

    def ending(self) -> dict[str, str]:
        """Return the setting of the activation that ends a layer."""
        return {} if self.activation == "none" else {"activation": self.activation}

    def weighted(
        self, name: str, to_rows: ToRows, bias: F64 | None, x: str, last: str, *,
        dense: bool,
    ) -> tuple[NDArray[np.int8], list[str], Affine] | None:  # fmt: skip
        """Quantise a layer: its rows, names of bias and scales, those of the result."""
        scaled = self.result(last)
        step = self.b.tensors[x].scale
        least = np.zeros(1) if bias is None else np.abs(bias) / (step * _MOST_BIAS)
        found = self.source.rows(name, to_rows, least, dense=dense)
        if found is None or scaled is None:
            return None
        weights, scales = found
        offset = np.zeros(len(weights)) if bias is None else bias
        steps = np.rint(offset / (step * scales.astype(np.float64)))
        whole = np.clip(steps, -(2**30), 2**30).astype(np.int32)
        tables = [self.b.constant(whole), self.b.constant(scales)]
        return weights, tables, scaled


def pixels(graph: Graph, name: str) -> int:
    """Pixels of a value as an image, channels first."""
    return prod(graph.tensors[name].shape[2:])


def _first_shape(own: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Shape of four axes, channels first; one dimension is one row."""
    if len(own) == 2:
        return own[0], own[1], 1, 1
    return (own[0], own[1], 1, own[2]) if len(own) == 3 else own  # type: ignore[return-value]
