"""A program as C99 that calls the device library."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.errors import FormatError
from ecmkit.graph.packing import fold_bias, pack_s8, right_shift
from ecmkit.graph.program import (
    Dense,
    DenseS8,
    Dequantize,
    Forest,
    Mse,
    Nearest,
    Op,
    Program,
    Quantize,
    Scale,
)

__all__ = ["Written", "comment", "float_literal", "wrapped", "write_c"]

_COLUMNS = 84


@dataclass(frozen=True, kw_only=True)
class Written:
    """C text and what it takes."""

    source: str
    work_len: int
    """Floats of scratch memory."""
    modules: tuple[str, ...]
    flash_bytes: int
    """Bytes of the constant tables."""


def write_c(program: Program, *, symbol: str, head: Iterable[str]) -> Written:
    """Write a program as one C function with its constant tables.

    Parameters
    ----------
    program : Program
        Dense layers must have been quantised.
    symbol : str
        Name of the function.
    head : iterable of str
        Lines of the opening comment; characters that could end it are replaced.

    Returns
    -------
    Written
        The same bytes for the same program on every machine.

    Raises
    ------
    FormatError
        For an operation that the device library does not have.
    """
    writer = _Writer(program)
    for op in program.ops:
        writer.write(op)
    return Written(
        source=writer.text(symbol, list(head)),
        work_len=writer.work_len,
        modules=tuple(sorted(writer.modules)),
        flash_bytes=writer.flash_bytes,
    )


def float_literal(value: float) -> str:
    """Hexadecimal C literal of a float32, exact.

    Examples
    --------
    >>> float_literal(0.1)
    '0x1.99999ap-4F'
    >>> float_literal(-2.0)
    '-0x1p+1F'
    """
    digits, power = float(np.float32(value)).hex().split("p")
    return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits}p{power}F"


@dataclass
class _Writer:
    """Tables and statements so far, and where each vector lives."""

    program: Program
    tables: list[str] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    modules: set[str] = field(default_factory=set)
    flash_bytes: int = 0
    places: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Give each vector its place: floats one after another, int8 in two turns."""
        self.places = {self.program.input: "features", self.program.output: "outputs"}
        integer = {
            op.y for op in self.program.ops if isinstance(op, Quantize | DenseS8)
        }
        at = 0
        for op in self.program.ops:
            if op.y not in integer and op.y not in self.places:
                self.places[op.y] = f"work + {at}" if at else "work"
                at += self.program.widths[op.y]
        self.float_len = at
        self.turn_bytes = max(
            (self.program.widths[name] for name in integer), default=0
        )
        turn = 0
        for op in self.program.ops:
            if op.y in integer:
                self.places[op.y] = f"bytes + {turn}" if turn else "bytes"
                turn = 0 if turn else self.turn_bytes

    @property
    def work_len(self) -> int:
        """Floats of scratch memory."""
        return self.float_len + -(-2 * self.turn_bytes // 4)

    def write(self, op: Op) -> None:
        """Append the tables and the call of one operation."""
        rule = _RULES.get(type(op))
        if rule is None:
            hint = ": give calibration features" if isinstance(op, Dense) else ""
            raise FormatError(f"no device routine for `{op}`{hint}")
        rule(self, op, f"op{len(self.statements)}")

    def text(self, symbol: str, head: list[str]) -> str:
        """Return the whole file."""
        first, *rest = map(comment, head)
        start = f"ecm_status_t {symbol}("
        signature = f"{start}const float *features, float *outputs,\n"
        signature += " " * len(start) + "float *work)"
        lines = [
            f"/* {first}",
            *(f" * {line}".rstrip() for line in rest),
            " */",
            *(f'#include "ecm_{name}.h"' for name in sorted(self.modules)),
            "",
            *self.tables,
            f"{signature};",
            "",
            signature,
            "{",
            *(f"    {line}" for line in self.body()),
            "}",
            "",
        ]
        return "\n".join(lines)

    def body(self) -> list[str]:
        """Return the lines between the braces."""
        *calls, last = self.statements
        needed = ["features", "outputs", *(["work"] if self.work_len else [])]
        test = " && ".join(f"{name} != NULL" for name in needed)
        lines = ["ecm_status_t status;"] if calls else []
        lines += ["int8_t *bytes;"] if self.turn_bytes else []
        lines += [f"ECM_REQUIRE({test}, ECM_ERR_NULL);"]
        if self.turn_bytes:
            lines += [f"bytes = (int8_t *)(work + {self.float_len});"]
        if not self.work_len:
            lines += ["(void)work;"]
        for call in calls:
            lines += [f"status = {call};", "ECM_REQUIRE(status >= ECM_OK, status);"]
        return [*lines, f"return {last};"]

    def table(self, kind: str, name: str, values: NDArray[Any]) -> str:
        """Append a constant table; return its name."""
        flat = values.reshape(-1)
        words: list[str]
        if kind == "float":
            words = [float_literal(v) for v in flat.tolist()]
        else:
            words = [f"{v}{'U' if kind[0] == 'u' else ''}" for v in flat.tolist()]
        self.flash_bytes += values.nbytes
        self.tables += [f"static const {kind} {name}[{flat.size}] = {{"]
        self.tables += [*wrapped(words), "};", ""]
        return name

    def words_s8(self, name: str, values: NDArray[np.int8]) -> str:
        """Append a table of bytes, aligned to words; return its first."""
        self.flash_bytes += values.nbytes
        kind = f"union {{ int8_t bytes[{values.size}]; int32_t aligned; }}"
        self.tables += [f"static const {kind} {name} = {{{{"]
        self.tables += [*wrapped([str(v) for v in values.tolist()]), "}};", ""]
        return f"{name}.bytes"

    def struct(self, kind: str, name: str, fields: dict[str, object]) -> str:
        """Append a constant structure; return its address."""
        self.tables += [f"static const {kind} {name} = {{"]
        self.tables += [f"    .{key} = {value}," for key, value in fields.items()]
        self.tables += ["};", ""]
        return f"&{name}"

    def call(self, module: str, function: str, *arguments: object) -> None:
        """Append a call."""
        self.modules.add(module)
        self.statements.append(f"{function}({', '.join(map(str, arguments))})")

    # ---- one rule for each operation ----

    def scale(self, op: Scale, name: str) -> None:
        mean = self.table("float", f"{name}_mean", op.mean)
        inv_sd = self.table("float", f"{name}_inv_sd", op.inv_sd)
        x, y = self.places[op.x], self.places[op.y]
        self.call("feat", "ecm_feat_scale_f32", x, mean, inv_sd, f"{op.mean.size}U", y)

    def nearest(self, op: Nearest, name: str) -> None:
        table = self.table("float", f"{name}_centroids", op.centroids)
        clusters, features = op.centroids.shape
        fields = {
            "centroids": table,
            "clusters_len": clusters,
            "features_len": features,
        }
        model = self.struct("ecm_kmeans_t", name, fields)
        x, y = self.places[op.x], self.places[op.y]
        self.call("kmeans", "ecm_kmeans_distance_f32", model, x, y, "NULL")

    def mse(self, op: Mse, name: str) -> None:
        x, r, y = self.places[op.x], self.places[op.r], self.places[op.y]
        n = f"{self.program.widths[op.x]}U"
        self.call("nn", "ecm_nn_mse_f32", x, r, n, y)

    def quantize(self, op: Quantize, name: str) -> None:
        x, y = self.places[op.x], self.places[op.y]
        n, scale = f"{self.program.widths[op.y]}U", float_literal(op.scale)
        self.call("quant", "ecm_quant_quantize_f32_s8", x, n, scale, op.zero, y)

    def dequantize(self, op: Dequantize, name: str) -> None:
        x, y = self.places[op.x], self.places[op.y]
        n, scale = f"{self.program.widths[op.y]}U", float_literal(op.scale)
        self.call("quant", "ecm_quant_dequantize_s8_f32", x, n, scale, op.zero, y)

    def dense(self, op: DenseS8, name: str) -> None:
        outputs, inputs = op.weights.shape
        packed = pack_s8(op.weights).weights
        bias = fold_bias(op.bias, op.weights, op.input_zero)
        shift = np.array([right_shift(s) for s in op.shift.tolist()], np.uint8)
        fields = {
            "weights": self.words_s8(f"{name}_weights", packed),
            "bias": self.table("int32_t", f"{name}_bias", bias),
            "multiplier": self.table("int32_t", f"{name}_multiplier", op.multiplier),
            "shift": self.table("uint8_t", f"{name}_shift", shift),
            "inputs_len": inputs,
            "outputs_len": outputs,
            "output_zero": op.output_zero,
            "output_min": op.output_min,
            "output_max": op.output_max,
        }
        layer = self.struct("ecm_nn_dense_s8_t", name, fields)
        x, y = self.places[op.x], self.places[op.y]
        self.call("nn_dense", "ecm_nn_dense_s8", layer, x, y)

    def forest(self, op: Forest, name: str) -> None:
        rows = zip(
            op.threshold.tolist(), op.feature.tolist(), op.right.tolist(), strict=True
        )
        nodes = [f"{{{float_literal(t)}, {f}U, {r}U}}" for t, f, r in rows]
        self.tables += [f"static const ecm_tree_node_t {name}_nodes[{len(nodes)}] = {{"]
        self.tables += [*wrapped(nodes), "};", ""]
        self.flash_bytes += 8 * len(nodes)
        fields = {
            "nodes": f"{name}_nodes",
            "roots": self.table("uint32_t", f"{name}_roots", op.roots),
            "leaves": self.table("float", f"{name}_leaves", op.leaves),
            "trees_len": op.roots.size,
            "classes_len": op.leaves.shape[1],
            "features_len": self.program.widths[op.x],
        }
        model = self.struct("ecm_tree_forest_t", name, fields)
        x, y = self.places[op.x], self.places[op.y]
        self.call("tree", "ecm_tree_forest_predict_f32", model, x, y)


_RULES: dict[type, Callable[[_Writer, Any, str], None]] = {
    DenseS8: _Writer.dense,
    Dequantize: _Writer.dequantize,
    Forest: _Writer.forest,
    Mse: _Writer.mse,
    Nearest: _Writer.nearest,
    Quantize: _Writer.quantize,
    Scale: _Writer.scale,
}


def wrapped(words: list[str]) -> list[str]:
    """Break initialisers into lines of at most the page's width."""
    lines, line = [], "   "
    for word in words:
        if len(line) + len(word) + 2 > _COLUMNS:
            lines.append(line)
            line = "   "
        line += f" {word},"
    return [*lines, line]


def comment(text: str) -> str:
    """Text that cannot end a comment, begin another, or form a trigraph.

    Nor has it the sign that stands around names of places in work memory.
    """
    return re.sub(r"[^A-Za-z0-9 _.,:;=()\[\]+-]", "_", text).rstrip()
