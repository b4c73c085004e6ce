"""The intermediate form: a list of typed operations on tensors of fixed shape."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ecmkit.errors import FormatError

__all__ = ["DType", "Graph", "Node", "Port", "State", "Tensor", "check"]

DType = Literal["f32", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "bool"]

_NUMPY: dict[str, type[np.generic]] = {
    "f32": np.float32, "s8": np.int8, "u8": np.uint8, "s16": np.int16,
    "u16": np.uint16, "s32": np.int32, "u32": np.uint32, "s64": np.int64,
    "u64": np.uint64, "bool": np.bool_,
}  # fmt: skip
_C = {
    "f32": "float", "s8": "int8_t", "u8": "uint8_t", "s16": "int16_t",
    "u16": "uint16_t", "s32": "int32_t", "u32": "uint32_t", "s64": "int64_t",
    "u64": "uint64_t", "bool": "uint8_t",
}  # fmt: skip


@dataclass(frozen=True)
class Tensor:
    """Type of a value: elements of one kind in C order, in a shape that is known."""

    dtype: DType
    shape: tuple[int, ...]
    scale: float = 0.0
    """Of integers that stand for reals, ``scale * (q - zero)``; 0 if they do not."""
    zero: int = 0

    def __str__(self) -> str:
        text = f"{self.dtype}[{', '.join(map(str, self.shape))}]"
        return f"{text} * {self.scale:.6g} from {self.zero}" if self.scale else text

    @property
    def size(self) -> int:
        """Number of elements; 1 for a scalar."""
        return prod(self.shape)

    @property
    def bytes(self) -> int:
        """Bytes of all elements."""
        return self.size * self.itemsize

    @property
    def itemsize(self) -> int:
        """Bytes of an element."""
        return np.dtype(_NUMPY[self.dtype]).itemsize

    @property
    def c_type(self) -> str:
        """C type of an element; a truth value is a ``uint8_t`` of 0 or 1."""
        return _C[self.dtype]

    @property
    def numpy(self) -> np.dtype[Any]:
        """NumPy's type of an element."""
        return np.dtype(_NUMPY[self.dtype])

    @property
    def strides(self) -> tuple[int, ...]:
        """Elements from one index of each axis to the next."""
        return tuple(prod(self.shape[i + 1 :]) for i in range(len(self.shape)))

    @staticmethod
    def of(value: NDArray[Any]) -> "Tensor":
        """Type of an array.

        Raises
        ------
        FormatError
            If its elements have no form on a device, such as float64 or texts.
        """
        for name in get_args(DType):
            if value.dtype == _NUMPY[name]:
                return Tensor(name, value.shape)
        raise FormatError(
            f"elements of type {value.dtype}, expected one of {', '.join(_NUMPY)}"
        )


@dataclass(frozen=True)
class Port:
    """An argument of a compiled function: a tensor that the caller holds."""

    name: str
    tensor: Tensor


@dataclass(frozen=True, kw_only=True)
class Node:
    """One operation: values in, values out, both by name."""

    op: str
    """Key of the table in `ecmkit.graph.emit`."""
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attrs: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    """The node of the file that it comes from, for messages."""

    def __str__(self) -> str:
        settings = [f"{k}={_short(v)}" for k, v in sorted(self.attrs.items())]
        inside = ", ".join([*self.inputs, *settings])
        return f"{', '.join(self.outputs)} = {self.op}({inside})"

    def refuse(self, why: str) -> FormatError:
        """Error that names the node in the file."""
        return FormatError(f"{self.source or self.op}: {why}")


@dataclass(frozen=True)
class State:
    """A value that survives from one run to the next."""

    output: str
    """The value that it takes at the end of a run; an operation makes it."""
    start: NDArray[Any]
    """What it is before the first run."""


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Operations in the order of execution; each value is written once."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    nodes: tuple[Node, ...]
    tensors: Mapping[str, Tensor]
    """Type of each value: inputs, constants and results."""
    constants: Mapping[str, NDArray[Any]]
    states: Mapping[str, State] = field(default_factory=dict)
    """Values that hold what another was in the run before; no inputs."""

    def __str__(self) -> str:
        lines = [f"{name}: {self.tensors[name]}" for name in self.inputs]
        lines += [
            f"{name} = constant: {self.tensors[name]}"
            for name in sorted(self.constants)
        ]
        lines += [
            f"{name} = {state.output} of the run before: {self.tensors[name]}"
            for name, state in self.states.items()
        ]
        for node in self.nodes:
            types = ", ".join(str(self.tensors[name]) for name in node.outputs)
            lines.append(f"{node}: {types}")
        return "\n".join([*lines, f"return {', '.join(self.outputs)}"])

    def readers(self, name: str) -> list[Node]:
        """Nodes that read a value."""
        return [node for node in self.nodes if name in node.inputs]

    def writer(self, name: str) -> Node | None:
        """Return the node that makes a value; None for an input or a constant."""
        return next((node for node in self.nodes if name in node.outputs), None)


def check(graph: Graph) -> None:
    """Check that each value has a type and is made before it is read, once.

    Raises
    ------
    FormatError
        If not; names the value and the node.
    """
    known = {*graph.inputs, *graph.constants, *graph.states}
    for node in graph.nodes:
        for name in node.inputs:
            if name not in known:
                raise node.refuse(f"input {name!r} is not known yet")
        for name in node.outputs:
            if name in known:
                raise node.refuse(f"output {name!r} has the name of another value")
            if name not in graph.tensors:
                raise node.refuse(f"output {name!r} has no type")
            known.add(name)
    for name in graph.outputs:
        if name not in known:
            raise FormatError(f"output {name!r}: no node makes it")
    for name, state in graph.states.items():
        if graph.writer(state.output) is None:
            raise FormatError(f"state {name!r}: no node makes {state.output!r}")
        kind, start = graph.tensors[state.output], Tensor.of(state.start)
        if (kind.dtype, kind.shape) != (start.dtype, start.shape):
            raise FormatError(f"state {name!r} starts as {start}, expected {kind}")


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, tuple) and len(value) > 6:
        return f"({len(value)} values)"
    return str(value)
