"""What all forms of forests share: features as integers, sums over trees."""

from dataclasses import dataclass, replace

import numpy as np

from ecmkit.graph.emit.trees_forest import Forest, Part, Split
from ecmkit.graph.emit.unit import Unit
from ecmkit.graph.ir import Node

__all__ = ["Features", "add_row", "declare_sums", "features_of", "store_sums"]

UNROLLED, UNROLLED_KEYS = 8, 32
"""Targets, and features, up to which each has a line of its own."""


@dataclass(frozen=True)
class Features:
    """How the code of a forest reads a row of features: as ``e[number]``."""

    n: int
    """Numbers that it knows them by."""
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

    Floats become integers in the same order, once for all trees: those that some split
    reads, or all if the forest is not known.
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
        return Features(width, width, rows, {}), [*declared, row]
    unit.modules.add("bits")
    used = range(width) if forest is None else forest.features
    n = max(len(used), 1)
    places = {} if n == width else {feature: at for at, feature in enumerate(used)}
    declared += [
        f"int32_t *e = {unit.scratch(node, 4 * n, 'int32_t')};",
        "uint32_t i, t;",
    ]
    lines = [result]
    if n <= UNROLLED_KEYS:
        lines += [f"const float *x = a + i * {width}U;"]
        lines += [
            f"e[{at}] = ecm_bits_order_f32(x[{feature}]);"
            for at, feature in enumerate(used)
        ]
    else:
        place = "k"
        if places:
            table = unit.table(f"{node.outputs[0]} used", np.array(used, np.uint16))
            place = f"{table}[k]"
        lines += [
            "uint32_t k;",
            f"for (k = 0; k < {n}U; k++) {{",
            f"    e[k] = ecm_bits_order_f32(a[i * {width}U + {place}]);",
            "}",
        ]
    if not used:
        lines.append("e[0] = 0;")
    return Features(n, width, rows, places), [*declared, "\n".join(lines)]


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
