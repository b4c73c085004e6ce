"""From elementary ONNX operators to the operations of the device library.

Each ONNX node is interpreted over a small algebra: a value is a vector that a program
computes, or an expression that is not yet something the library computes, such as a
difference waiting for its multiplication. A rule maps (operator, kinds of its inputs)
to the next value; what has no rule is refused by name.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.errors import FormatError
from ecmkit.graph.forest import forest_of
from ecmkit.graph.onnx_reader import Array, Graph, Node
from ecmkit.graph.program import Clip, Dense, Mse, Nearest, Op, Program, Scale

__all__ = ["lower"]


@dataclass(frozen=True)
class _Vector:
    name: str


@dataclass(frozen=True)
class _Constant:
    value: Array


@dataclass(frozen=True)
class _Centred:
    """``x - mean``: half of a scaler."""

    x: str
    mean: NDArray[np.float32]


@dataclass(frozen=True)
class _Product:
    """``weights @ x``: a dense layer without its bias."""

    x: str
    weights: NDArray[np.float32]


@dataclass(frozen=True)
class _Row:
    """A vector with an axis of length 1 before it, to subtract many centroids."""

    x: str


@dataclass(frozen=True)
class _Offsets:
    """Differences to each centroid (`stage` 0), squared (1), summed (2), least (3)."""

    x: str
    centroids: NDArray[np.float32]
    stage: int
    rooted: bool = False


@dataclass(frozen=True)
class _Residual:
    """``a - b`` of two vectors (`squared` or not)."""

    a: str
    b: str
    squared: bool = False


_Value = _Vector | _Constant | _Centred | _Product | _Row | _Offsets | _Residual


def lower(graph: Graph) -> Program:
    """Recognise what the device library can compute.

    Parameters
    ----------
    graph : Graph
        From `read_onnx`.

    Returns
    -------
    Program

    Raises
    ------
    FormatError
        If a node has no meaning here; names the node, its operator and its inputs.
    """
    lowering = _Lowering(graph)
    for node in graph.nodes:
        lowering.take(node)
    return lowering.program()


class _Lowering:
    """The values known so far and the operations that compute them."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.values: dict[str, _Value] = {
            name: _Constant(value) for name, value in graph.constants.items()
        }
        self.values[graph.input] = _Vector(graph.input)
        self.widths = {graph.input: graph.n_features}
        self.ops: list[Op] = []

    def program(self) -> Program:
        """Return the finished program.

        Raises
        ------
        FormatError
            If the output is an unfinished expression.
        """
        value = self.values[self.graph.output]
        if not isinstance(value, _Vector):
            raise FormatError(
                f"ONNX output {self.graph.output!r}: is {_kind(value)}, expected a "
                "vector that the device library computes"
            )
        if not self.ops:
            raise FormatError(
                f"ONNX output {self.graph.output!r}: is the input, nothing is computed"
            )
        return Program(
            input=self.graph.input,
            output=value.name,
            ops=tuple(self.ops),
            widths=self.widths,
        )

    def take(self, node: Node) -> None:
        """Interpret one node.

        Raises
        ------
        FormatError
            If no rule fits.
        """
        inputs = [self.values.get(name) for name in node.inputs]
        rule = _RULES[node.op]
        value = None if None in inputs else rule(self, node, *inputs)
        if value is None:
            kinds = ", ".join(_kind(i) for i in inputs)
            raise FormatError(
                f"{_where(node)}: no device routine for {node.op} of ({kinds}) here"
            )
        # Outputs besides the first (or the probabilities of a forest) have no value.
        target = node.outputs[1] if node.op.startswith("TreeEns") else node.outputs[0]
        self.values[target] = value

    def emit(self, op: Op, width: int) -> _Vector:
        """Append an operation; its result gets the next number as a name."""
        op = replace(op, y=f"v{len(self.ops) + 1}")
        self.ops.append(op)
        self.widths[op.y] = width
        return _Vector(op.y)

    # ---- rules: a value, or None where the rule does not fit ----

    def sub(self, node: Node, a: _Value, b: _Value) -> _Value | None:
        match a, b:
            case _Vector(x), _Constant(mean):
                return _Centred(x, self.row(node, mean, self.widths[x]))
            case (_Row(x), _Constant(rows)) | (_Constant(rows), _Row(x)):
                return _Offsets(x, self.table(node, rows, self.widths[x]), 0)
            case _Vector(x), _Vector(y) if self.widths[x] == self.widths[y]:
                return _Residual(x, y)
        return None

    def mul(self, node: Node, a: _Value, b: _Value) -> _Value | None:
        match a, b:
            case (_Centred() as part, _Constant(f)) | (
                _Constant(f),
                _Centred() as part,
            ):
                return self.scale(node, part, self.row(node, f, len(part.mean)))
            case (_Vector(x), _Constant(f)) | (_Constant(f), _Vector(x)):
                zero = np.zeros(self.widths[x], np.float32)
                factor = self.row(node, f, len(zero))
                return self.scale(node, _Centred(x, zero), factor)
            case _ if node.inputs[0] == node.inputs[1]:
                return _squared(a)
        return None

    def div(self, node: Node, a: _Value, b: _Value) -> _Value | None:
        match a, b:
            case _Centred() as part, _Constant(sd):
                divisor = self.row(node, sd, len(part.mean)).astype(np.float64)
                if not np.all(divisor):
                    raise FormatError(f"{_where(node)}: divides by zero")
                return self.scale(node, part, (1.0 / divisor).astype(np.float32))
        return None

    def power(self, node: Node, a: _Value, b: _Value) -> _Value | None:
        match b:
            case _Constant(exponent) if exponent.size == 1 and exponent.item() == 2.0:
                return _squared(a)
        return None

    def unsqueeze(self, node: Node, a: _Value, b: _Value) -> _Value | None:
        match a, b:
            case _Vector(x), _Constant(axes) if axes.tolist() in ([1], [-2]):
                return _Row(x)
        return None

    def reduce_sum(self, node: Node, a: _Value, *axes: _Value) -> _Value | None:
        match a:
            case _Offsets(stage=1) if _axis(node, axes) in (2, -1):
                keep = node.ints("keepdims") != (0,)
                return None if keep else replace(a, stage=2)
        return None

    def reduce_min(self, node: Node, a: _Value, *axes: _Value) -> _Value | None:
        match a:
            case _Offsets(stage=2) if _axis(node, axes) in (1, -1) and _keeps(node):
                return self.nearest(node, replace(a, stage=3))
        return None

    def reduce_mean(self, node: Node, a: _Value, *axes: _Value) -> _Value | None:
        match a:
            case _Residual(x, y, squared=True) if _axis(node, axes) in (1, -1):
                if _keeps(node):
                    return self.emit(Mse(x=x, r=y), 1)
        return None

    def sqrt(self, node: Node, a: _Value) -> _Value | None:
        match a:
            case _Offsets(stage=stage, rooted=False) if stage >= 2:
                return self.nearest(node, replace(a, rooted=True))
        return None

    def matmul(self, node: Node, a: _Value, b: _Value) -> _Value | None:
        match a, b:
            case _Vector(x), _Constant(weights):
                return _Product(x, self.table(node, weights.T, self.widths[x]))
        return None

    def add(self, node: Node, a: _Value, b: _Value) -> _Value | None:
        match a, b:
            case (_Product(x, w), _Constant(c)) | (_Constant(c), _Product(x, w)):
                return self.dense(node, x, w, self.row(node, c, len(w)))
            case (_Vector(x), _Constant(c)) | (_Constant(c), _Vector(x)):
                return _Centred(x, -self.row(node, c, self.widths[x]))
        return None

    def gemm(self, node: Node, a: _Value, b: _Value, *c: _Value) -> _Value | None:
        plain = node.floats("alpha") in ((), (1.0,)) and node.floats("beta") in (
            (),
            (1.0,),
        )
        if not plain or node.ints("transA") not in ((), (0,)):
            return None
        match a, b, c:
            case _Vector(x), _Constant(weights), (_Constant(bias),):
                transposed = node.ints("transB") not in ((), (0,))
                table = self.table(
                    node, weights if transposed else weights.T, self.widths[x]
                )
                return self.dense(node, x, table, self.row(node, bias, len(table)))
        return None

    def relu(self, node: Node, a: _Value) -> _Value | None:
        last = self.ops[-1] if self.ops else None
        match a, last:
            case _Vector(x), Dense(relu=False) if last.y == x and self.once(node, x):
                del self.widths[x]
                self.ops.pop()
                done = replace(last, relu=True)
                return self.emit(done, len(last.weights))
        return None

    def clip(self, node: Node, a: _Value, lo: _Value, hi: _Value) -> _Value | None:
        match a, lo, hi:
            case _Vector(x), _Constant(least), _Constant(most):
                if least.size != 1 or most.size != 1 or least.item() >= most.item():
                    return None
                op = Clip(x=x, lo=float(least.item()), hi=float(most.item()))
                return self.emit(op, self.widths[x])
        return None

    def identity(self, node: Node, a: _Value) -> _Value | None:
        return a

    def scaler(self, node: Node, a: _Value) -> _Value | None:
        match a:
            case _Vector(x):
                n = self.widths[x]
                offset = self.row(node, np.array(node.floats("offset"), np.float32), n)
                factor = self.row(node, np.array(node.floats("scale"), np.float32), n)
                return self.scale(node, _Centred(x, offset), factor)
        return None

    def trees(self, node: Node, a: _Value) -> _Value | None:
        match a:
            case _Vector(x) if len(node.outputs) == 2:
                forest = forest_of(node, x=x, n_features=self.widths[x])
                return self.emit(forest, forest.leaves.shape[1])
        return None

    # ---- helpers ----

    def scale(self, node: Node, part: _Centred, inv_sd: NDArray[np.float32]) -> _Vector:
        op = Scale(x=part.x, mean=part.mean, inv_sd=inv_sd)
        return self.emit(op, len(part.mean))

    def dense(
        self,
        node: Node,
        x: str,
        weights: NDArray[np.float32],
        bias: NDArray[np.float32],
    ) -> _Vector:
        op = Dense(x=x, weights=weights, bias=bias)
        return self.emit(op, len(weights))

    def nearest(self, node: Node, value: _Offsets) -> _Value:
        """Emit the distance once both the least and the root have been taken."""
        if value.stage < 3 or not value.rooted:
            return value
        op = Nearest(x=value.x, centroids=value.centroids)
        return self.emit(op, 1)

    def once(self, node: Node, name: str) -> bool:
        """Check that only this node reads the ONNX value that holds a vector."""
        readers = sum(
            self.values.get(i) == _Vector(name)
            for n in self.graph.nodes
            for i in n.inputs
        )
        return readers == 1 and node.inputs[0] != self.graph.output

    def row(self, node: Node, value: Array, n: int) -> NDArray[np.float32]:
        """Return a constant as a vector of n float32, repeating a single one."""
        flat = value.reshape(-1)
        if value.dtype != np.float32 or flat.size not in (1, n) or value.ndim > 2:
            raise FormatError(
                f"{_where(node)}: constant of {value.dtype} {list(value.shape)}, "
                f"expected float32 [{n}]"
            )
        if not np.all(np.isfinite(flat)):
            raise FormatError(f"{_where(node)}: constant holds NaN or infinity")
        return np.broadcast_to(flat, (n,)).astype(np.float32)

    def table(self, node: Node, value: Array, n: int) -> NDArray[np.float32]:
        """Return a constant as a table of n columns."""
        plain = value[0] if value.ndim == 3 and len(value) == 1 else value
        if plain.dtype != np.float32 or plain.ndim != 2 or plain.shape[1] != n:
            raise FormatError(
                f"{_where(node)}: constant of {value.dtype} {list(value.shape)}, "
                f"expected float32 with {n} values for each vector"
            )
        if not 1 <= len(plain) <= 0xFFFF:
            raise FormatError(f"{_where(node)}: {len(plain)} rows, expected 1 to 65535")
        return np.ascontiguousarray(plain, np.float32)


_RULES: dict[str, Callable[..., Any]] = {
    "Add": _Lowering.add,
    "Clip": _Lowering.clip,
    "Div": _Lowering.div,
    "Gemm": _Lowering.gemm,
    "Identity": _Lowering.identity,
    "MatMul": _Lowering.matmul,
    "Mul": _Lowering.mul,
    "Pow": _Lowering.power,
    "ReduceMean": _Lowering.reduce_mean,
    "ReduceMin": _Lowering.reduce_min,
    "ReduceSum": _Lowering.reduce_sum,
    "Relu": _Lowering.relu,
    "Scaler": _Lowering.scaler,
    "Sqrt": _Lowering.sqrt,
    "Sub": _Lowering.sub,
    "TreeEnsembleClassifier": _Lowering.trees,
    "Unsqueeze": _Lowering.unsqueeze,
}


def _squared(value: _Value) -> _Value | None:
    match value:
        case _Offsets(stage=0):
            return replace(value, stage=1)
        case _Residual(squared=False):
            return replace(value, squared=True)
    return None


def _axis(node: Node, given: tuple[_Value, ...]) -> int | None:
    """Return the only axis of a reduction: an attribute, later versions an input."""
    axes = list(node.ints("axes"))
    for value in given:
        if isinstance(value, _Constant):
            axes += [int(axis) for axis in value.value.reshape(-1)]
    return int(axes[0]) if len(axes) == 1 else None


def _keeps(node: Node) -> bool:
    return node.ints("keepdims") in ((), (1,))


def _where(node: Node) -> str:
    return f"ONNX node {node.name!r} ({node.op})"


def _kind(value: _Value | None) -> str:
    if value is None:
        return "a value that has no use here"
    return type(value).__name__.strip("_").lower()
