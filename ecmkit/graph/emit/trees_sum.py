"""What all forms of forests share: features as integers, sums over trees."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ecmkit.graph.emit.trees_forest import Forest, Part, Split
from ecmkit.graph.emit.unit import Unit
from ecmkit.graph.ir import Node

__all__ = ["Features", "add_row", "declare_sums", "features_of", "store_sums"]

UNROLLED, UNROLLED_KEYS = 8, 32
"""Targets, and features, up to which each has a line of its own."""
_KINDS = {0: ("int32_t", 4), 8: ("uint8_t", 1), 16: ("int16_t", 2)}
"""Integers that stand for floats, and their bytes, by the bits of their code."""


@dataclass(frozen=True)
class Features:
    """How the code of a forest reads a row of features: as ``e[number]``."""

    n: int
    """Numbers that it knows them by."""
    c_type: str
    """Of ``e``."""
    width: int
    rows: int
    places: dict[int, int]
    """Number of each feature; empty: its own."""

    def renumbered(self, forest: Forest) -> Forest:
        """Give the features of a forest the numbers that the code knows them by."""
        if not self.places:
            return forest
        known: dict[int, Split] = {}

        def moved(part: Part) -> Part:
            if isinstance(part, int):
                return part
            if id(part) not in known:
                known[id(part)] = Split(
                    self.places[part.feature],
                    part.limit,
                    moved(part.yes),
                    moved(part.no),
                )
            return known[id(part)]

        return replace(forest, trees=tuple(moved(tree) for tree in forest.trees))

    def around(self, lines: list[str], body: list[str]) -> list[str]:
        """Loop over rows."""
        return [
            *lines[:-1],
            f"for (i = 0; i < {self.rows}U; i++) {{",
            *(f"    {line}" for line in lines[-1].splitlines()),
            *(f"    {line}" for line in body),
            "}",
        ]


def features_of(
    unit: Unit, node: Node, forest: Forest | None
) -> tuple[Features, list[str]]:
    """Code that makes ``e`` and ``r`` of row ``i``: declarations, then the row's.

    Floats become integers in the same order, or codes, once for all trees: those that
    some split reads, or all if the forest is not known.
    """
    x = unit.tensor(node.inputs[0])
    width = x.shape[-1]
    rows = x.size // width
    targets = unit.tensor(node.outputs[0]).shape[-1]
    declared = [
        f"const {x.c_type} *a = {unit.pointer(node.inputs[0])};",
        f"float *y = {unit.pointer(node.outputs[0])};",
    ]
    result = f"float *r = y + i * {targets}U;"
    if x.dtype == "s16":
        declared += ["uint32_t i, t;"]
        row = f"const int16_t *e = a + i * {width}U;\n{result}"
        return Features(width, "int16_t", width, rows, {}), [*declared, row]
    used = range(width) if forest is None else forest.features
    n = max(len(used), 1)
    places = {} if n == width else {feature: at for at, feature in enumerate(used)}
    kind = {0: "int32_t", 8: "uint8_t", 16: "int16_t"}[int(node.attrs.get("codes", 0))]
    work = unit.scratch(
        node, n * {"int32_t": 4, "uint8_t": 1, "int16_t": 2}[kind], kind
    )
    declared += [f"{kind} *e = {work};", "uint32_t i, t;"]
    place = "k"
    if places and (kind != "int32_t" or n > UNROLLED_KEYS):
        table = unit.table(f"{node.outputs[0]} used", np.array(used, np.uint16))
        place = f"{table}[k]"
    lines = [result]
    if kind != "int32_t":
        lines += _codes(unit, node, used, place, kind)
    elif n <= UNROLLED_KEYS:
        unit.modules.add("bits")
        lines += [f"const float *x = a + i * {width}U;"]
        lines += [
            f"e[{at}] = ecm_bits_order_f32(x[{feature}]);"
            for at, feature in enumerate(used)
        ]
    else:
        unit.modules.add("bits")
        lines += [
            "uint32_t k;",
            f"for (k = 0; k < {n}U; k++) {{",
            f"    e[k] = ecm_bits_order_f32(a[i * {width}U + {place}]);",
            "}",
        ]
    if not used:
        lines.append("e[0] = 0;")
    return Features(n, kind, width, rows, places), [*declared, "\n".join(lines)]


def _codes(
    unit: Unit, node: Node, used: Sequence[int], place: str, kind: str
) -> list[str]:
    """Code of 8 or 16 bits of each feature: steps above its least, see `coded`."""
    low, steps = (
        unit.table(f"{node.outputs[0]} {what}", unit.graph.constants[name][list(used)])
        for what, name in zip(("low", "steps"), node.inputs[-2:], strict=True)
    )
    width = unit.tensor(node.inputs[0]).shape[-1]
    code, most = "(uint8_t)(v > 0.0F ? v : 0.0F)", "255"
    if kind == "int16_t":
        code, most = "(int16_t)((int32_t)(v > 0.0F ? v : 0.0F) - 32768)", "32767"
    top = "255.0F" if kind == "uint8_t" else "65535.0F"
    return [
        "uint32_t k;",
        f"for (k = 0; k < {len(used)}U; k++) {{",
        f"    const float v = (a[i * {width}U + {place}] - {low}[k]) * {steps}[k];",
        f"    e[k] = v < {top} ? {code} : {most};",
        "}",
    ]


def declare_sums(kind: str, targets: int) -> list[str]:
    """Declare a sum for each target."""
    what, zero = ("float", "0.0F") if kind == "floats" else ("uint32_t", "0")
    if targets > UNROLLED:
        lines = [f"{what} s[{targets}];", "uint32_t j;"]
        return [*lines, f"for (j = 0; j < {targets}U; j++) {{ s[j] = {zero}; }}"]
    return [f"{what} {', '.join(f's{k} = {zero}' for k in range(targets))};"]


def add_row(kind: str, targets: int, unit: str, *, wide: bool) -> list[str]:
    """Add the row of the leaves that begins at ``at``."""

    def each(text: str) -> list[str]:
        if targets > UNROLLED:
            inside = text.format(s="s[j]", k="j", k1="j + 1U")
            return [f"for (j = 0; j < {targets}U; j++) {{ {inside} }}"]
        return [text.format(s=f"s{k}", k=k, k1=k + 1) for k in range(targets)]

    if kind == "floats":
        return [
            "{",
            "    const float *v = rows + at;",
            *(f"    {line}" for line in each("{s} += v[{k}];")),
            "}",
        ]
    shares = [
        f"const uint32_t q = ({unit} + v[0] / 2U) / v[0];",
        *each("{s} += q * v[{k1}];"),
    ]
    lines = ["const uint8_t *v = rows + at;"]
    if wide:
        number = "v[1]" if targets == 1 else "(v[1] + v[2] * 256U)"
        lines += [
            "if (v[0] != 0U) {",
            *(f"    {line}" for line in shares),
            "} else {",
            f"    const uint32_t *z = wide + {number} * {targets}U;",
            *(f"    {line}" for line in each("{s} += z[{k}];")),
            "}",
        ]
    else:
        lines += shares
    return ["{", *(f"    {line}" for line in lines), "}"]


def store_sums(targets: int, kind: str, factor: str) -> list[str]:
    """Write the sums to ``r``."""
    value = "{s}" if kind == "floats" else "(float){s}"
    text = f"r[{{k}}] = {value} * {factor};"
    if kind == "floats" and factor in ("1.0F", "0x1p+0F"):
        text = f"r[{{k}}] = {value};"
    if targets > UNROLLED:
        inside = text.format(s="s[j]", k="j")
        return [f"for (j = 0; j < {targets}U; j++) {{ {inside} }}"]
    return [text.format(s=f"s{k}", k=k) for k in range(targets)]
