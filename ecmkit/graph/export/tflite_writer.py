"""A graph as a TFLite file, without TensorFlow."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.graph.export.tflite_model import TfliteModel
from ecmkit.graph.export.writing import Writing
from ecmkit.graph.ir import Graph, Tensor

__all__ = ["TfliteWriting", "version_of", "write_tflite"]


def write_tflite(graph: Graph) -> bytes:
    """Write a graph as a TFLite flatbuffer.

    Parameters
    ----------
    graph : Graph
        In float32, int8, or both, of fixed shapes.

    Returns
    -------
    bytes
        The file, which LiteRT and tflite-runtime run. Float images keep their inputs
        and outputs as the graph has them (channels first); int8 ones of `to_int8` are
        the bytes that the C reads.

    Raises
    ------
    FormatError
        If an operation has no operator there; names it, the reason and the nearest.
    MissingError
        If ai-edge-litert, whose schema writes the file, is not installed.

    Notes
    -----
    Windows that reach beyond the image become PAD and VALID, unless they are exactly
    what SAME means. A mean carries a scale of its own.
    """
    return TfliteWriting(graph).bytes()


class TfliteWriting(Writing):
    """One graph being written; values by name are tensors by number."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        self.file = TfliteModel()
        self.at: dict[str, int] = {}
        """In the layout that the graph has."""
        self.last: dict[str, int] = {}
        """Float images with channels last; four axes."""
        for name in graph.inputs:
            self.at[name] = self.file.tensor(graph.tensors[name], name)
        self.inputs = [self.at[name] for name in graph.inputs]

    def bytes(self) -> bytes:
        """Write all nodes."""
        from ecmkit.graph.export.tflite_rules import RULES

        self.write_nodes(RULES, "TFLite has no operator for")
        outputs = [self.value(name) for name in self.graph.outputs]
        return self.file.bytes(self.inputs, outputs)

    # ---- values ----

    def value(self, name: str) -> int:
        """Return the tensor of a value, in the layout of the graph."""
        if name in self.at:
            return self.at[name]
        if name in self.graph.constants:
            kind = self.kind(name)
            self.at[name] = self.file.constant(
                self.graph.constants[name], scale=kind.scale, zero=kind.zero
            )
            return self.at[name]
        own = self.kind(name).shape
        made = self.transposed(self.last[name], (0, 3, 1, 2))
        self.at[name] = self.reshaped(made, own)
        return self.at[name]

    def image(self, name: str) -> int:
        """Return the tensor of a float image, channels last, one row if it is flat."""
        if name not in self.last:
            made = self.reshaped(self.value(name), _four(self.kind(name).shape))
            self.last[name] = self.transposed(made, (0, 2, 3, 1))
        return self.last[name]

    def image_kind(self, name: str) -> Tensor:
        """Type of a float image with channels last."""
        kind = self.kind(name)
        n, channels, height, width = _four(kind.shape)
        return replace(kind, shape=(n, height, width, channels))

    def new(self, name: str) -> int:
        """Add the tensor of a result."""
        label = name if name in self.graph.outputs else ""
        self.at[name] = self.file.tensor(self.kind(name), label)
        return self.at[name]

    def shape(self, at: int) -> tuple[int, ...]:
        """Shape of a tensor of the file."""
        return self.file.kinds[at].shape

    # ---- operators that many need ----

    def made(
        self, op: str, inputs: Sequence[int], kind: Tensor, *, version: int = 1,
        options: str = "", **settings: Any,
    ) -> int:  # fmt: skip
        """Add an operator and its result."""
        at = self.file.tensor(kind)
        self.file.operator(
            op, inputs, [at], version=version, options=options, **settings
        )
        return at

    def numbers(self, values: Sequence[int] | NDArray[Any]) -> int:
        """Add constant integers of 32 bits."""
        return self.file.constant(np.array(values, np.int32))

    def scalar(self, value: float, kind: Tensor) -> int:
        """Add one constant number of a kind."""
        array = np.array(value, kind.numpy)
        return self.file.constant(array, scale=kind.scale, zero=kind.zero)

    def limit(self, at: int) -> float | None:
        """Return the number that a tensor of one constant holds."""
        return self.file.scalars.get(at)

    def reshaped(self, at: int, shape: Sequence[int]) -> int:
        """Give a tensor another shape; nothing if it has it."""
        if self.shape(at) == tuple(shape):
            return at
        kind = replace(self.file.kinds[at], shape=tuple(shape))
        return self.made(
            "RESHAPE", [at, self.numbers(shape)], kind,
            options="ReshapeOptions", newShape=np.array(shape, np.int32),
        )  # fmt: skip

    def transposed(self, at: int, order: Sequence[int]) -> int:
        """Axes in another order: a reshape where only axes of length 1 move."""
        own = self.shape(at)
        shape = tuple(own[i] for i in order)
        moved = [i for i in order if own[i] != 1]
        if moved == sorted(moved):
            return self.reshaped(at, shape)
        kind = replace(self.file.kinds[at], shape=shape)
        version = version_of(kind)
        inputs = [at, self.numbers(order)]
        return self.made(
            "TRANSPOSE", inputs, kind, version=version, options="TransposeOptions"
        )

    def put(self, name: str, at: int) -> None:
        """Let a tensor be a value of the graph, in its shape and kind."""
        self.at[name] = self.reshaped(at, self.kind(name).shape)

    def put_image(self, name: str, at: int) -> None:
        """Let a tensor with channels last be a float image of the graph."""
        self.last[name] = at


def version_of(kind: Tensor) -> int:
    """Version of most operators that takes such elements."""
    return {"s8": 2, "s16": 3}.get(kind.dtype, 1)


def _four(own: tuple[int, ...]) -> tuple[int, int, int, int]:
    if len(own) == 3:
        return own[0], own[1], 1, own[2]
    n, channels, height, width = own
    return n, channels, height, width
