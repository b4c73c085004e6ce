"""Builds a graph operation by operation, with the type of each result."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.errors import FormatError
from ecmkit.graph.emit.loops import broadcast
from ecmkit.graph.ir import DType, Graph, Node, Tensor
from ecmkit.graph.rewrite import rewritten

__all__ = ["Builder"]

_TRUTHS = {
    *("equal", "less", "less_equal", "greater", "greater_equal"),
    *("and", "or", "xor", "not", "isnan", "isinf"),
}
_PICKING = frozenset(
    {"arg", "gather_elements", "gather_nd", "int8_mean", "pool", "standardise", "take"}
)
"""Operations whose results no elements cannot fill; sums have a value even then."""
_MOST_REPEATED = 1 << 14
"""Elements of a constant that repeats another; a larger one is made at run time."""
_FOLDED: dict[str, np.ufunc] = {
    "add": np.add,
    "div": np.divide,
    "mul": np.multiply,
    "sqrt": np.sqrt,
    "sub": np.subtract,
}


class Builder:
    """The values and operations so far.

    Attributes
    ----------
    source : str
        What is being read now, such as a node of a file; goes into each operation and
        each error.
    """

    def __init__(self) -> None:
        self.inputs: list[str] = []
        self.tensors: dict[str, Tensor] = {}
        self.constants: dict[str, NDArray[Any]] = {}
        self.nodes: list[Node] = []
        self._writers: dict[str, Node] = {}
        self.source = ""

    def fail(self, why: str) -> FormatError:
        """Error that names what is being read."""
        return FormatError(f"{self.source}: {why}")

    def graph(self, outputs: Sequence[str]) -> Graph:
        """Finish: what no output needs is left out."""
        whole = Graph(
            inputs=tuple(self.inputs),
            outputs=tuple(outputs),
            nodes=tuple(self.nodes),
            tensors=self.tensors,
            constants=self.constants,
        )
        return rewritten(whole, self.nodes)

    # ---- values ----

    def input(self, name: str, tensor: Tensor) -> str:
        """Add an input of the graph, by the name that the caller knows it by."""
        if name in self.tensors:
            raise self.fail(f"input {name!r} has the name of another value")
        self.inputs.append(name)
        self.tensors[name] = tensor
        return name

    def constant(
        self,
        value: NDArray[Any] | float | int,
        dtype: DType | None = None,
        *,
        scale: float = 0.0,
        zero: int = 0,
    ) -> str:
        """Add a constant; equal ones share a name."""
        array = np.asarray(value)
        if array.dtype.kind in "OSU":
            raise self.fail(
                f"found text, such as {array.ravel()[:1].tolist()}, expected numbers: "
                "classes of estimators inside of others are numbers, as "
                "sklearn.preprocessing.LabelEncoder makes them"
            )
        if dtype is not None:
            array = array.astype(Tensor(dtype, ()).numpy)
        try:
            tensor = replace(Tensor.of(array), scale=scale, zero=zero)
        except FormatError as error:
            raise self.fail(str(error)) from error
        array = np.ascontiguousarray(array).reshape(tensor.shape)
        for name, known in self.constants.items():
            if self.tensors[name] == tensor and (
                known is value
                or (known.size < 64 and known.tobytes() == array.tobytes())
            ):
                return name
        name = self._free("c", len(self.constants))
        self.constants[name] = array
        self.tensors[name] = tensor
        return name

    def _free(self, letter: str, at: int) -> str:
        """Find a name that no value has: inputs bring their own."""
        while f"{letter}{at}" in self.tensors:
            at += 1
        return f"{letter}{at}"

    def value(self, name: str) -> NDArray[Any] | None:
        """Return the constant of that name, or None."""
        return self.constants.get(name)

    def known(self, name: str, what: str) -> NDArray[Any]:
        """Return the constant of that name.

        Raises
        ------
        FormatError
            If the value is computed, which would make a shape dynamic.
        """
        value = self.constants.get(name)
        if value is None:
            raise self.fail(f"{what} is computed, expected a constant")
        return value

    def shape(self, name: str) -> tuple[int, ...]:
        """Shape of a value."""
        return self.tensors[name].shape

    def dtype(self, name: str) -> DType:
        """Kind of a value's elements."""
        return self.tensors[name].dtype

    def like(self, name: str, shape: Sequence[int]) -> Tensor:
        """Type of elements that are those of a value, in another shape."""
        return replace(self.tensors[name], shape=tuple(shape))

    # ---- operations ----

    def emit(
        self,
        op: str,
        inputs: Sequence[str],
        tensor: Tensor | Sequence[Tensor],
        attrs: Mapping[str, Any] | None = None,
    ) -> list[str]:
        """Append an operation; return the names of its results."""
        kinds = [tensor] if isinstance(tensor, Tensor) else list(tensor)
        if op in _PICKING and any(kind.size for kind in kinds):
            self.require_elements(inputs[0])
        names = []
        for kind in kinds:
            names.append(self._free("v", len(self.tensors)))
            self.tensors[names[-1]] = kind
        node = Node(
            op=op,
            inputs=tuple(inputs),
            outputs=tuple(names),
            attrs=dict(attrs or {}),
            source=self.source,
        )
        self.nodes.append(node)
        self._writers.update(dict.fromkeys(names, node))
        return names

    def map(
        self, fn: str, *inputs: str, dtype: DType | None = None, **attrs: Any
    ) -> str:
        """Apply a function of elements, broadcasting."""
        shapes = [self.shape(name) for name in inputs]
        values = [self.value(name) for name in inputs]
        known = [v for v in values if v is not None and v.dtype == np.float32]
        if fn in _FOLDED and len(known) == len(inputs):
            with np.errstate(all="ignore"):
                # Each is one rounding of single precision, as on the device.
                return self.constant(np.asarray(_FOLDED[fn](*known), np.float32))
        try:
            shape = np.broadcast_shapes(*shapes)
        except ValueError as error:
            raise self.fail(f"shapes {shapes} do not broadcast") from error
        kind = dtype or ("bool" if fn in _TRUTHS else self.dtype(inputs[-1]))
        return self.emit("map", inputs, Tensor(kind, shape), {"fn": fn, **attrs})[0]

    def require_elements(self, a: str) -> None:
        """Refuse a value without elements where no result follows from none.

        Raises
        ------
        FormatError
            If an axis of it has length 0; names the shape.
        """
        own = self.shape(a)
        if 0 in own:
            raise self.fail(
                f"input of shape {list(own)} has no elements, expected 1 or more "
                "along each axis"
            )

    def cast(self, a: str, dtype: DType) -> str:
        """Change the kind of elements; nothing if they are of it."""
        if self.dtype(a) == dtype:
            return a
        return self.emit("cast", [a], Tensor(dtype, self.shape(a)))[0]

    def reshape(self, a: str, shape: Sequence[int]) -> str:
        """Give the same elements another shape."""
        if tuple(shape) == self.shape(a):
            return a
        if prod(shape) != prod(self.shape(a)):
            raise self.fail(f"shape {list(self.shape(a))} cannot become {list(shape)}")
        value = self.value(a)
        if value is not None:
            own = self.tensors[a]
            return self.constant(
                value.reshape(tuple(shape)), scale=own.scale, zero=own.zero
            )
        return self.emit("reshape", [a], self.like(a, shape))[0]

    def view(
        self, a: str, shape: Sequence[int], steps: Sequence[int], offset: int = 0
    ) -> str:
        """Copy elements at ``offset + i . steps`` for each index of a shape."""
        tensor = self.like(a, shape)
        value = self.value(a)
        if value is not None and tensor.size <= max(value.size, _MOST_REPEATED):
            at = np.full(tensor.shape, offset)
            for axis, step in enumerate(steps):
                index = np.arange(tensor.shape[axis]) * step
                at = at + index.reshape(
                    [-1 if j == axis else 1 for j in range(at.ndim)]
                )
            return self.constant(
                value.reshape(-1)[at], scale=tensor.scale, zero=tensor.zero
            )
        if (
            tensor.size == prod(self.shape(a))
            and _is_plain(tensor, steps)
            and not offset
        ):
            return self.reshape(a, shape)
        return self.emit(
            "copy", [a], tensor, {"steps": tuple(steps), "offset": offset}
        )[0]

    def transpose(self, a: str, order: Sequence[int]) -> str:
        """Axes in another order; two orders after each other are one."""
        shape = [self.shape(a)[i] for i in order]
        writer = self._writers.get(a)
        if writer is not None and writer.op == "copy":
            steps = [writer.attrs["steps"][i] for i in order]
            return self.view(writer.inputs[0], shape, steps, writer.attrs["offset"])
        strides = self.tensors[a].strides
        return self.view(a, shape, [strides[i] for i in order])

    def padded_by(self, a: str) -> tuple[str, tuple[int, ...]]:
        """Value inside of zeros around an image, and how many are before each axis."""
        writer = self._writers.get(a)
        rank = len(self.shape(a)) - 2
        if writer is not None and writer.op == "pad":
            inside, fill = writer.inputs
            value, before = self.value(fill), tuple(writer.attrs["before"])
            alike = self.shape(inside)[:2] == self.shape(a)[:2]
            if alike and value is not None and not np.any(value):
                return inside, before[2:]
        return a, (0,) * rank

    def expand(self, a: str, shape: Sequence[int]) -> str:
        """Repeat along axes of length 1."""
        return self.view(a, shape, broadcast(self.shape(a), shape))

    def take(self, a: str, numbers: str, axis: int) -> str:
        """Rows of an axis; the shape of the numbers stands in its place."""
        own = self.shape(a)
        if not 0 <= axis < len(own):
            raise self.fail(f"axis {axis} of shape {list(own)}")
        shape = (*own[:axis], *self.shape(numbers), *own[axis + 1 :])
        return self.emit("take", [a, numbers], self.like(a, shape), {"axis": axis})[0]

    def reduce(self, fn: str, a: str, axes: Sequence[int], *, keep: bool) -> str:
        """Fold some axes."""
        own = self.shape(a)
        folded = sorted({axis % len(own) for axis in axes}) if own else []
        shape = tuple(
            1 if i in folded else n
            for i, n in enumerate(own)
            if keep or i not in folded
        )
        tensor = Tensor(self.dtype(a), shape)
        if tensor.size and 0 in own and fn in ("max", "mean", "min"):
            if fn == "mean":
                self.require_elements(a)
            # As ONNX says of a set that is empty.
            ends = np.finfo if tensor.dtype == "f32" else np.iinfo
            value = ends(tensor.numpy).min if fn == "max" else ends(tensor.numpy).max
            if tensor.dtype == "f32":
                value = np.copysign(np.inf, value)
            return self.constant(np.full(shape, value, tensor.numpy))
        attrs = {"fn": fn, "axes": tuple(folded)}
        return self.emit("reduce", [a], tensor, attrs)[0]

    def concat(self, parts: Sequence[str], axis: int) -> str:
        """One after another along an axis."""
        own = self.shape(parts[0])
        length = sum(self.shape(p)[axis] for p in parts)
        shape = (*own[:axis], length, *own[axis + 1 :])
        return self.emit("concat", parts, self.like(parts[0], shape), {"axis": axis})[0]

    def matmul(
        self, a: str, b: str, bias: str | None = None, *, dtype: DType | None = None
    ) -> str:
        """Matrix product with NumPy's rules; a bias is added to each result."""
        x, y = self.shape(a), self.shape(b)
        if not x or not y or x[-1] != y[-2 if len(y) > 1 else 0]:
            raise self.fail(f"matrices of shapes {list(x)} and {list(y)}")
        left = (1, *x) if len(x) == 1 else x
        right = (*y, 1) if len(y) == 1 else y
        try:
            batch = np.broadcast_shapes(left[:-2], right[:-2])
        except ValueError as error:
            raise self.fail(f"matrices of shapes {list(x)} and {list(y)}") from error
        m, k, n = left[-2], left[-1], right[-1]
        shape = (*batch, m, n)
        outer_a = tuple(s * m * k for s in broadcast(left[:-2], batch))
        outer_b = tuple(s * k * n for s in broadcast(right[:-2], batch))
        attrs: dict[str, Any] = {
            "shape": shape,
            "k": k,
            "a": (*outer_a, k, 0),
            "b": (*outer_b, 0, 1),
            "a_k": 1,
            "b_k": n,
        }
        inputs = [a, b]
        if bias is not None:
            attrs["c"] = broadcast(self.shape(bias), shape)
            inputs.append(bias)
        out = list(shape)
        if len(y) == 1:
            del out[-1]
        if len(x) == 1:
            del out[-2 if len(y) > 1 else -1]
        kind = dtype or self.dtype(a)
        return self.emit("matmul", inputs, Tensor(kind, tuple(out)), attrs)[0]


def _is_plain(tensor: Tensor, steps: Sequence[int]) -> bool:
    return all(
        step == own or length == 1
        for step, own, length in zip(steps, tensor.strides, tensor.shape, strict=True)
    )
