"""A graph as one C function: tables, a block of work memory, a block of code a node."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.graph.c_writer import comment, wrapped
from ecmkit.graph.emit.functions import literal
from ecmkit.graph.emit.loops import Nest, broadcast
from ecmkit.graph.ir import DType, Graph, Node, Port, Tensor
from ecmkit.graph.memory import Buffer, Plan, place

__all__ = ["Unit", "Written", "walk", "write_graph"]

_IN_PLACE = ("reshape", "map", "int8_add", "int8_mul", "int8_softmax", "int8_table")
"""Operations that may write over an input, element by element."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """C text and what it takes."""

    source: str
    code: str
    """The function alone, without comments before it and tables."""
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    work_bytes: int
    """Bytes of work memory, aligned as the widest element."""
    align: int
    """Of the work memory: 4 or 8."""
    state_bytes: int
    """Bytes that must survive from one run to the next, aligned the same."""
    modules: tuple[str, ...]
    flash_bytes: int
    """Bytes of the constant tables."""
    tables: tuple[bytes, ...]
    """The tables that the function takes as data; none if they are in the source."""
    plan: Plan


@dataclass(frozen=True)
class _Table:
    """A constant table: its bytes, how C reads it, and its text."""

    data: bytes
    c_type: str
    lines: list[str]


Emitter = Callable[["Unit", Node], list[str]]


def write_graph(
    graph: Graph,
    emitters: dict[str, Emitter],
    *,
    symbol: str,
    head: Iterable[str] = (),
    as_data: bool = False,
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
    as_data : bool
        Whether the function takes its tables as an argument, see ``ecm_weights.h``.

    Returns
    -------
    Written
        The same text for the same graph on every machine.

    Raises
    ------
    FormatError
        If a node has no form on the device; names it.
    """
    unit = Unit(graph, as_data=as_data)
    blocks: list[list[str]] = []
    for node in graph.nodes:
        emitter = emitters.get(node.op)
        if emitter is None:
            raise node.refuse(f"no device code for operation {node.op!r}")
        if any(unit.tensor(name).size for name in node.outputs):
            blocks.append(emitter(unit, node))
        else:
            blocks.append([])
    return unit.written(symbol, list(head), blocks)


@dataclass
class Unit:
    """What the nodes of one graph share while they are written."""

    graph: Graph
    as_data: bool = False
    """Whether tables come as data, so that code may hold none of their numbers."""
    modules: set[str] = field(default_factory=set)
    _tables: dict[str, _Table] = field(default_factory=dict)
    _tables_of: dict[str, str] = field(default_factory=dict)
    _functions: dict[str, list[str]] = field(default_factory=dict)
    _scratch: dict[int, int] = field(default_factory=dict)
    _outputs: dict[str, str] = field(default_factory=dict)
    _state: dict[str, int] = field(default_factory=dict)
    checks: list[str] = field(default_factory=list)
    """Calls that tell whether the data that a caller brings hold together."""
    state_bytes: int = 0
    home: dict[str, str] = field(default_factory=dict)
    """Whose bytes a value lives in: another's, or its own."""

    def __post_init__(self) -> None:
        at = 0
        for name in self.graph.states:
            self._state[name] = at
            at += -(-self.tensor(name).bytes // self._align) * self._align
        self.state_bytes = at
        self._places()

    @property
    def _align(self) -> int:
        wide = any(t.itemsize == 8 for t in self.graph.tensors.values())
        return 8 if wide else 4

    # ---- where values live ----

    def _places(self) -> None:
        graph = self.graph
        last = {name: -1 for name in graph.tensors}
        for at, node in enumerate(graph.nodes):
            for name in node.inputs:
                last[name] = at
        kept = [state.output for state in graph.states.values()]
        for name in (*graph.outputs, *kept):
            last[name] = len(graph.nodes)
        fixed = {*graph.inputs, *graph.constants, *graph.states}
        ends: dict[str, int] = {}
        for at, node in enumerate(graph.nodes):
            for name in node.outputs:
                host = self._host(node, name, at, fixed, ends)
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
        if home in self._state:
            return f"({kind} *)(void *)((uint8_t *)state + {self._state[home]}U)"
        if home in self._outputs:
            out = f"out_{self.graph.outputs.index(self._outputs[home])}"
            same = self.tensor(self._outputs[home]).c_type == kind
            return out if same else f"({kind} *)(void *){out}"
        return f"({kind} *)(void *)(ECM_WORK + @{home}@)"

    @property
    def storage(self) -> str:
        """How a structure of tables is declared: where they are data, at run time."""
        return "const" if self.as_data else "static const"

    def scalar(self, name: str) -> str:
        """C literal of a value that is one known element, or nothing."""
        value = self.graph.constants.get(name)
        if value is None or value.size != 1 or self.as_data:
            return ""
        return literal(value.reshape(-1)[0].item(), self.tensor(name).dtype)

    def number(self, value: float | int, dtype: DType) -> str:
        """C expression of a number that belongs to the weights, such as a scale."""
        if not self.as_data:
            return literal(value, dtype)
        kind = Tensor(dtype, ()).numpy
        key = f"number {len(self._tables_of)}"
        return f"{self.table(key, np.array([value], kind))}[0]"

    def table(self, key: str, value: NDArray[Any]) -> str:
        """Name of a constant table, written once."""
        tensor = Tensor.of(value)
        words = [literal(v, tensor.dtype) for v in value.reshape(-1).tolist()]
        if any("ecm_bits" in word for word in words):
            words = self._raw(value)

            def bits(name: str) -> list[str]:
                head = f"static const uint32_t {name}_bits[{len(words)}] ECM_WEIGHTS"
                cast = f"((const float *)(const void *){name}_bits)"
                return [f"{head} = {{", *wrapped(words), "};", f"#define {name} {cast}"]

            return self._add(key, value, tensor.c_type, bits)
        return self.rows(key, value, tensor.c_type, words)

    def function(self, write: Callable[[str], list[str]]) -> str:
        """Name of a static function, or of what stands for several, written once.

        `write` makes the lines of a file that define the name it is given.
        """
        name = f"f{len(self._functions)}"
        self._functions[name] = write(name)
        return name

    def rows(
        self, key: str, value: NDArray[Any], c_type: str, words: Sequence[str]
    ) -> str:
        """Name of a constant table of any C type, whose bytes are those of an array."""
        count = max(len(words), 1)

        def lines(name: str) -> list[str]:
            head = f"static const {c_type} {name}[{count}] ECM_WEIGHTS = {{"
            return [head, *wrapped(list(words) or ["0"]), "};"]

        return self._add(key, value, c_type, lines)

    def key_of(self, value: NDArray[Any]) -> str:
        """Key of a table: equal ones are one, unless code may not know its numbers."""
        if self.as_data:
            return f"table {len(self._tables_of)}"
        return f"{value.dtype} {value.tobytes().hex()}"

    def words(self, key: str, value: NDArray[np.int8]) -> str:
        """Name of a table of bytes that is aligned to words, written once."""
        kind = f"union {{ int8_t bytes[{value.size}]; int32_t aligned; }}"
        words = [str(v) for v in value.reshape(-1).tolist()]

        def lines(made: str) -> list[str]:
            head = f"static const {kind} {made} ECM_WEIGHTS = {{{{"
            return [head, *wrapped(words), "}};"]

        made = self._add(f"{key} in words", value, "int8_t", lines)
        return made if self.as_data else f"{made}.bytes"

    def _add(
        self,
        key: str,
        value: NDArray[Any],
        c_type: str,
        lines: Callable[[str], list[str]],
    ) -> str:
        if key not in self._tables_of:
            name = f"t{len(self._tables_of)}"
            self._tables_of[key] = name
            data = np.ascontiguousarray(value).tobytes()
            self._tables[name] = _Table(data, c_type, [*lines(name), ""])
        return self._tables_of[key]

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
        plan = place(self._buffers(), align=self._align)
        body, reset = self._body(blocks, plan), self._reset(symbol)
        # Constants that the code holds as literals need no table.
        used = set(re.findall(r"\bt\d+\b", "\n".join([*body, *reset])))
        tables = {name: table for name, table in self._tables.items() if name in used}
        if any("ecm_bits" in line for line in body):
            self.modules.add("bits")
        if self.as_data:
            self.modules.add("weights")
        signature = _signature(symbol, self._parameters())
        code = [
            *(f'#include "ecm_{name}.h"' for name in sorted({"base", *self.modules})),
            "",
            *(self._defined(tables) if self.as_data else _lines_of(tables)),
            *(line for lines in self._functions.values() for line in lines),
            f"{signature};",
            "",
            signature,
            "{",
            *(f"    {line}" if line else "" for line in body),
            "}",
            "",
            *reset,
            *self._check(symbol),
        ]
        return Written(
            source="\n".join([*_opening(head), *code]),
            code="\n".join(code),
            inputs=tuple(Port(n, graph.tensors[n]) for n in graph.inputs),
            outputs=tuple(Port(n, graph.tensors[n]) for n in graph.outputs),
            work_bytes=plan.bytes,
            align=self._align,
            state_bytes=self.state_bytes,
            modules=tuple(sorted(self.modules)),
            flash_bytes=sum(len(table.data) for table in tables.values()),
            tables=tuple(t.data for t in tables.values()) if self.as_data else (),
            plan=plan,
        )

    def _buffers(self) -> list[Buffer]:
        """Intermediate results and work memory, and how long each is needed."""
        graph = self.graph
        homes = {self.home[name] for node in graph.nodes for name in node.outputs}
        homes -= {*self._outputs, *graph.constants, *graph.inputs, *graph.states}
        values = [
            Buffer(
                home, self._bytes(home), self._first[home],
                max(self._last.get(home, 0), self._first[home]),
            )
            for home in sorted(homes)
        ]  # fmt: skip
        scratch = [
            Buffer(f"scratch{at}", n, at, at) for at, n in sorted(self._scratch.items())
        ]
        return [*values, *scratch]

    def _parameters(self) -> list[str]:
        """Declare what the function of the model takes."""
        graph, kinds = self.graph, self.graph.tensors
        return [
            *(["const void *weights"] if self.as_data else []),
            *(f"const {kinds[n].c_type} *in_{i}" for i, n in enumerate(graph.inputs)),
            *(f"{kinds[n].c_type} *out_{i}" for i, n in enumerate(graph.outputs)),
            *(["void *state"] if graph.states else []),
            "void *work",
        ]

    def _defined(self, tables: Mapping[str, _Table]) -> list[str]:
        """Names of tables that are data: each by its place in the list of them."""
        lines = [
            f"#define {name} ((const {table.c_type} *)ecm_weights_table(weights, {i}U))"
            for i, (name, table) in enumerate(tables.items())
        ]
        return [*lines, ""] if lines else []

    def _reset(self, symbol: str) -> list[str]:
        """Write the function that puts into states what they start with."""
        if not self.graph.states:
            return []
        body = [f"memset(state, 0, {self.state_bytes}U);"]
        for name, state in self.graph.states.items():
            body += self._started(name, state.start)
        given = ["const void *weights"] if self.as_data else []
        tests = ["weights != NULL"] if self.as_data else []
        signature = _signature(f"{symbol}_reset", [*given, "void *state"])
        return [
            f"{signature};",
            "",
            signature,
            "{",
            f"    ECM_REQUIRE({' && '.join([*tests, 'state != NULL'])}, ECM_ERR_NULL);",
            *(f"    {line}" for line in body),
            "    return ECM_OK;",
            "}",
            "",
        ]

    def _check(self, symbol: str) -> list[str]:
        """Write the function that looks at data of a caller, to be called once."""
        if not self.checks:
            return []
        graph = self.graph
        params = [
            f"const {graph.tensors[n].c_type} *in_{i}"
            for i, n in enumerate(graph.inputs)
            if any(f"in_{i}," in call for call in self.checks)
        ]
        signature = _signature(f"{symbol}_check", params)
        lines = ["    ecm_status_t status;"]
        for call in self.checks:
            lines += [
                f"    status = {call};",
                "    ECM_REQUIRE(status == ECM_OK, status);",
            ]
        return [
            f"{signature};",
            "",
            signature,
            "{",
            *lines,
            "    return ECM_OK;",
            "}",
            "",
        ]

    def _started(self, name: str, start: NDArray[Any]) -> list[str]:
        """Put into a state what it starts with; where weights are data, a table's."""
        kind, to = Tensor.of(start), self.pointer(name)
        values = start.ravel()
        if not self.as_data and not values.any():
            return []
        if values.size and np.all(values == values[0]):
            return [
                "{",
                f"    {kind.c_type} *s = {to};",
                "    uint32_t i;",
                f"    for (i = 0; i < {values.size}U; i++) {{",
                f"        s[i] = {self.number(values[0].item(), kind.dtype)};",
                "    }",
                "}",
            ]
        table = self.table(f"start of {name}", start)
        return [f"memcpy({to}, {table}, {kind.bytes}U);"]

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
            # Settings hold numbers of the weights; where these are data, no code may.
            said = node.op if self.as_data else _said(node)
            lines += [f"{{ /* {said} */", *(f"    {b}" for b in block), "}"]
        for at, name in enumerate(graph.outputs):
            if self.pointer(name) != f"out_{at}":
                n_bytes = self.tensor(name).bytes
                lines.append(f"memcpy(out_{at}, {self.pointer(name)}, {n_bytes}U);")
        for name, state in graph.states.items():
            n_bytes = self.tensor(name).bytes
            source = self.pointer(state.output)
            lines.append(f"memcpy({self.pointer(name)}, {source}, {n_bytes}U);")
        names = [f"in_{i}" for i in range(len(graph.inputs))]
        names += [f"out_{i}" for i in range(len(graph.outputs))]
        names += ["state"] if graph.states else []
        used = plan.bytes > 0
        names += ["work"] if used else []
        test = " && ".join(f"{name} != NULL" for name in names)
        place_of = {**plan.offsets}
        filled = [
            re.sub(r"@([^@]*)@", lambda m: f"{place_of[m.group(1)]}U", line)
            for line in lines
        ]
        filled = [line.replace("ECM_WORK", "(uint8_t *)work") for line in filled]
        given = ["ECM_REQUIRE(weights != NULL, ECM_ERR_NULL);"] if self.as_data else []
        return [
            *given,
            f"ECM_REQUIRE({test}, ECM_ERR_NULL);",
            *([] if used else ["(void)work;"]),
            *filled,
            "return ECM_OK;",
        ]


def _said(node: Node) -> str:
    """Say what a block of code does, on one line of the page."""
    text = comment(str(node))
    return text if len(text) < 74 else f"{text[:70]} ..."


def _signature(symbol: str, params: Sequence[str]) -> str:
    """Declare the function, broken where the page ends."""
    start = f"ecm_status_t {symbol}("
    one = f"{start}{', '.join(params)})"
    return (
        one
        if len(one) < 88
        else f",\n{' ' * len(start)}".join(params).join((start, ")"))
    )


def _lines_of(tables: Mapping[str, _Table]) -> list[str]:
    return [line for table in tables.values() for line in table.lines]


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
