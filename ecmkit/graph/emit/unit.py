"""A graph as one C function: tables, a block of work memory, a block of code a node."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.graph.c_writer import comment, wrapped
from ecmkit.graph.emit.functions import literal
from ecmkit.graph.emit.loops import Nest, broadcast
from ecmkit.graph.ir import Graph, Node, Tensor
from ecmkit.graph.memory import Buffer, Plan, place

__all__ = ["Port", "Unit", "Written", "walk", "write_graph"]

_IN_PLACE = ("reshape", "map", "int8_add", "int8_mul", "int8_softmax", "int8_table")
"""Operations that may write over an input, element by element."""


@dataclass(frozen=True)
class Port:
    """An argument of the function: a tensor that the caller holds."""

    name: str
    tensor: Tensor


@dataclass(frozen=True, kw_only=True)
class Written:
    """C text and what it takes."""

    source: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    work_bytes: int
    """Bytes of work memory, aligned as the widest element."""
    modules: tuple[str, ...]
    flash_bytes: int
    """Bytes of the constant tables."""
    plan: Plan


Emitter = Callable[["Unit", Node], list[str]]


def write_graph(
    graph: Graph,
    emitters: dict[str, Emitter],
    *,
    symbol: str,
    head: Iterable[str] = (),
) -> Written:
    """Write a graph as C99.

    Parameters
    ----------
    graph : Graph
        Checked.
    emitters : dict
        From the operation to what writes its code.
    symbol : str
        Name of the function.
    head : iterable of str
        Lines of the opening comment.

    Returns
    -------
    Written
        The same text for the same graph on every machine.

    Raises
    ------
    FormatError
        If a node has no form on the device; names it.
    """
    unit = Unit(graph)
    blocks: list[list[str]] = []
    for node in graph.nodes:
        emitter = emitters.get(node.op)
        if emitter is None:
            raise node.refuse(f"no device code for operation {node.op!r}")
        blocks.append(emitter(unit, node))
    return unit.written(symbol, list(head), blocks)


@dataclass
class Unit:
    """What the nodes of one graph share while they are written."""

    graph: Graph
    modules: set[str] = field(default_factory=set)
    _tables: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    _tables_of: dict[str, str] = field(default_factory=dict)
    _scratch: dict[int, int] = field(default_factory=dict)
    _outputs: dict[str, str] = field(default_factory=dict)
    home: dict[str, str] = field(default_factory=dict)
    """Whose bytes a value lives in: another's, or its own."""

    def __post_init__(self) -> None:
        self._places()

    # ---- where values live ----

    def _places(self) -> None:
        graph = self.graph
        last = {name: -1 for name in graph.tensors}
        for at, node in enumerate(graph.nodes):
            for name in node.inputs:
                last[name] = at
        for name in graph.outputs:
            last[name] = len(graph.nodes)
        fixed = {*graph.inputs, *graph.constants}
        ends: dict[str, int] = {}
        for at, node in enumerate(graph.nodes):
            for name in node.outputs:
                host = self._host(node, name, at, last, fixed, ends)
                home = self.home.get(host, host) if host else name
                self.home[name] = home
                ends[home] = max(ends.get(home, -1), last[name])
                if name in graph.outputs and home not in fixed:
                    # All that shares the place of an output lives where it does.
                    fixed.add(home)
                    self.home[home] = home
                    self._outputs = {**self._outputs, home: name}
        self._first: dict[str, int] = {}
        for at, node in enumerate(graph.nodes):
            for name in node.outputs:
                self._first.setdefault(self.home[name], at)
        self._last = ends

    def _host(
        self,
        node: Node,
        name: str,
        at: int,
        last: dict[str, int],
        fixed: set[str],
        ends: dict[str, int],
    ) -> str:
        """Find the input whose bytes an output may take over; empty if none."""
        if node.op not in _IN_PLACE or name in self.graph.outputs:
            return ""
        mine = self.graph.tensors[name]
        for other in node.inputs:
            its = self.graph.tensors[other]
            home = self.home.get(other, other)
            if its.bytes != mine.bytes or its.itemsize != mine.itemsize:
                continue
            if node.op == "reshape":
                return other
            if home in fixed or its.size != mine.size or ends.get(home, at) > at:
                continue
            if any(self.home.get(o, o) == home and o != other for o in node.inputs):
                continue
            return other
        return ""

    def tensor(self, name: str) -> Tensor:
        """Type of a value."""
        return self.graph.tensors[name]

    def pointer(self, name: str) -> str:
        """C expression of the first element of a value."""
        home = self.home.get(name, name)
        kind = self.tensor(name).c_type
        if home in self.graph.constants:
            return self.table(home, self.graph.constants[home])
        if home in self.graph.inputs:
            return f"in_{self.graph.inputs.index(home)}"
        if home in self._outputs:
            out = f"out_{self.graph.outputs.index(self._outputs[home])}"
            same = self.tensor(self._outputs[home]).c_type == kind
            return out if same else f"({kind} *)(void *){out}"
        return f"({kind} *)(void *)(ECM_WORK + @{home}@)"

    def scalar(self, name: str) -> str:
        """C literal of a value that is one known element, or nothing."""
        value = self.graph.constants.get(name)
        if value is None or value.size != 1:
            return ""
        return literal(value.reshape(-1)[0].item(), self.tensor(name).dtype)

    def table(self, key: str, value: NDArray[Any]) -> str:
        """Name of a constant table, written once."""
        if key in self._tables_of:
            return self._tables_of[key]
        tensor = Tensor.of(value)
        name = f"t{len(self._tables_of)}"
        self._tables_of[key] = name
        words = [literal(v, tensor.dtype) for v in value.reshape(-1).tolist()]
        if any("ecm_bits" in word for word in words):
            words = self._raw(value)
            lines = [f"static const uint32_t {name}_bits[{len(words)}] = {{"]
            lines += [*wrapped(words), "};"]
            lines += [f"#define {name} ((const float *)(const void *){name}_bits)", ""]
        else:
            count = max(len(words), 1)
            lines = [f"static const {tensor.c_type} {name}[{count}] = {{"]
            lines += [*wrapped(words or ["0"]), "};", ""]
        self._tables[name] = (tensor.bytes, lines)
        return name

    def words(self, key: str, value: NDArray[np.int8]) -> str:
        """Name of a table of bytes that is aligned to words, written once."""
        key = f"{key} in words"
        if key not in self._tables_of:
            made = f"t{len(self._tables_of)}"
            self._tables_of[key] = made
            kind = f"union {{ int8_t bytes[{value.size}]; int32_t aligned; }}"
            lines = [f"static const {kind} {made} = {{{{"]
            lines += [
                *wrapped([str(v) for v in value.reshape(-1).tolist()]),
                "}};",
                "",
            ]
            self._tables[made] = (value.nbytes, lines)
        return f"{self._tables_of[key]}.bytes"

    def _raw(self, value: NDArray[Any]) -> list[str]:
        """NaN and infinity have no literal in C99: their bits."""
        return [f"{bits}U" for bits in value.reshape(-1).view(np.uint32).tolist()]

    def scratch(self, node: Node, n_bytes: int, c_type: str) -> str:
        """C expression of work memory that only this node uses."""
        at = self.graph.nodes.index(node)
        key = f"scratch{at}"
        self._scratch[at] = max(self._scratch.get(at, 0), n_bytes)
        return f"({c_type} *)(void *)(ECM_WORK + @{key}@)"

    # ---- pieces of code ----

    def declare(self, node: Node, *, letters: str = "abcdefgh") -> list[str]:
        """Declare pointers ``a``, ``b``, .. to inputs, ``y``, ``y1``, .. to outputs."""
        lines = []
        for letter, name in zip(letters, node.inputs, strict=False):
            kind = self.tensor(name).c_type
            lines.append(f"const {kind} *{letter} = {self.pointer(name)};")
        for at, name in enumerate(node.outputs):
            kind = self.tensor(name).c_type
            lines.append(f"{kind} *y{at or ''} = {self.pointer(name)};")
        return lines

    def written(
        self, symbol: str, head: list[str], blocks: Sequence[Sequence[str]]
    ) -> Written:
        """Put the file together."""
        graph = self.graph
        homes = {self.home[name] for node in graph.nodes for name in node.outputs}
        outputs = set(self._outputs)
        buffers = [
            Buffer(
                home, self._bytes(home), self._first[home],
                max(self._last.get(home, 0), self._first[home]),
            )
            for home in sorted(homes)
            if home not in outputs
            and home not in graph.constants
            and home not in graph.inputs
        ]  # fmt: skip
        buffers += [
            Buffer(f"scratch{at}", n, at, at) for at, n in sorted(self._scratch.items())
        ]
        wide = any(t.itemsize == 8 for t in graph.tensors.values())
        plan = place(buffers, align=8 if wide else 4)
        body = self._body(blocks, plan)
        # Constants that the code holds as literals need no table.
        words = set(re.findall(r"\bt\d+\b", "\n".join(body)))
        tables = [table for name, table in self._tables.items() if name in words]
        if any("ecm_bits" in line for line in body):
            self.modules.add("bits")
        params = [
            f"const {graph.tensors[n].c_type} *in_{i}"
            for i, n in enumerate(graph.inputs)
        ]
        params += [
            f"{graph.tensors[n].c_type} *out_{i}" for i, n in enumerate(graph.outputs)
        ]
        signature = f"ecm_status_t {symbol}({', '.join([*params, 'void *work'])})"
        lines = [
            *_opening(head),
            *(f'#include "ecm_{name}.h"' for name in sorted({"base", *self.modules})),
            "",
            *(line for _, lines in tables for line in lines),
            f"{signature};",
            "",
            signature,
            "{",
            *(f"    {line}" if line else "" for line in body),
            "}",
            "",
        ]
        return Written(
            source="\n".join(lines),
            inputs=tuple(Port(n, graph.tensors[n]) for n in graph.inputs),
            outputs=tuple(Port(n, graph.tensors[n]) for n in graph.outputs),
            work_bytes=plan.bytes,
            modules=tuple(sorted(self.modules)),
            flash_bytes=sum(n_bytes for n_bytes, _ in tables),
            plan=plan,
        )

    def _bytes(self, home: str) -> int:
        return max(
            self.tensor(name).bytes for name, at in self.home.items() if at == home
        )

    def _body(self, blocks: Sequence[Sequence[str]], plan: Plan) -> list[str]:
        graph = self.graph
        lines: list[str] = []
        for node, block in zip(graph.nodes, blocks, strict=True):
            if not block:
                continue
            text = [comment(str(node))]
            lines += [f"{{ /* {text[0]} */", *(f"    {b}" for b in block), "}"]
        for at, name in enumerate(graph.outputs):
            if self.pointer(name) != f"out_{at}":
                n_bytes = self.tensor(name).bytes
                lines.append(f"memcpy(out_{at}, {self.pointer(name)}, {n_bytes}U);")
        names = [f"in_{i}" for i in range(len(graph.inputs))]
        names += [f"out_{i}" for i in range(len(graph.outputs))]
        used = plan.bytes > 0
        names += ["work"] if used else []
        test = " && ".join(f"{name} != NULL" for name in names)
        place_of = {**plan.offsets}
        filled = [
            re.sub(r"@([^@]*)@", lambda m: f"{place_of[m.group(1)]}U", line)
            for line in lines
        ]
        filled = [line.replace("ECM_WORK", "(uint8_t *)work") for line in filled]
        return [
            f"ECM_REQUIRE({test}, ECM_ERR_NULL);",
            *([] if used else ["(void)work;"]),
            *filled,
            "return ECM_OK;",
        ]


def _opening(head: list[str]) -> list[str]:
    if not head:
        return []
    first, *rest = map(comment, head)
    return [f"/* {first}", *(f" * {line}".rstrip() for line in rest), " */"]


def walk(
    unit: Unit, node: Node, names: Sequence[str], letters: str = "abcdefgh"
) -> tuple[Nest, dict[str, str]]:
    """Loops over the output of an element-wise node, and each input's expression."""
    shape = unit.tensor(node.outputs[0]).shape
    steps = {"y": broadcast(shape, shape)}
    exprs: dict[str, str] = {}
    for letter, name in zip(letters, names, strict=False):
        scalar = unit.scalar(name)
        if scalar:
            exprs[letter] = scalar
        else:
            steps[letter] = broadcast(unit.tensor(name).shape, shape)
    nest = Nest(shape, steps)
    for letter in steps:
        if letter != "y":
            exprs[letter] = nest.at(letter)
    return nest, exprs
