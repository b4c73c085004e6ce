"""Forests as code: a function a tree, limits as constants in it."""

from collections.abc import Callable

from ecmkit.graph.emit.functions import literal
from ecmkit.graph.emit.trees_forest import Forest, Part, forest_of, refuse_deep
from ecmkit.graph.emit.trees_sum import add_row, declare_sums, features_of, store_sums
from ecmkit.graph.emit.unit import Unit
from ecmkit.graph.ir import Node

__all__ = ["inline"]

_DEEPEST = 100
"""Blocks in blocks: C99 promises 127."""


def inline(unit: Unit, node: Node) -> list[str]:
    """Call a function a tree, which returns a row of the leaves; or the leaf itself."""
    forest = forest_of(unit.graph, node)
    refuse_deep(forest, node, _DEEPEST, 'forests="packed"')
    features, lines = features_of(unit, node, forest)
    rows = forest.rows
    forest = features.renumbered(forest)
    kind = unit.tensor(node.inputs[0]).c_type.replace("float", "int32_t")
    alone = rows.kind == "floats" and rows.targets == 1
    result = "float" if alone else "uint32_t"
    name = unit.function(lambda stem: _functions(stem, forest, result, kind))
    body = [
        *_tables(unit, node, forest, alone),
        *declare_sums(rows.kind, rows.targets),
        f"for (t = 0; t < {len(forest.trees)}U; t++) {{",
    ]
    if alone:
        body += [f"    s0 += {name}[t](e);", "}"]
    else:
        width = rows.targets + (rows.kind == "shares")
        sums = add_row(
            rows.kind, rows.targets, f"{rows.unit}U", wide=len(rows.wide) > 0
        )
        body += [
            f"    const uint32_t at = {name}[t](e) * {width}U;",
            *(f"    {line}" for line in sums),
            "}",
        ]
    factor = literal(rows.factor, "f32")
    return features.around(lines, [*body, *store_sums(rows.targets, rows.kind, factor)])


def _tables(unit: Unit, node: Node, forest: Forest, alone: bool) -> list[str]:
    if alone:
        return []
    rows, key = forest.rows, node.outputs[0]
    if rows.kind == "floats":
        return [f"const float *rows = {unit.table(f'{key} rows', rows.floats)};"]
    lines = [f"const uint8_t *rows = {unit.table(f'{key} rows', rows.shares)};"]
    if len(rows.wide):
        wide = unit.table(f"{key} wide", rows.wide)
        lines.append(f"const uint32_t *wide = {wide};")
    return lines


def _functions(stem: str, forest: Forest, result: str, kind: str) -> list[str]:
    """Functions of all trees, and the table of them, whose name is the stem."""
    lines = []
    floats = forest.rows.floats
    for number, tree in enumerate(forest.trees):
        unused = ["    (void)e;"] if isinstance(tree, int) else []

        def leaf(row: int) -> str:
            if result == "float":
                return f"return {literal(float(floats[row, 0]), 'f32')};"
            return f"return {row}U;"

        lines += [
            f"static {result} {stem}_{number}(const {kind} *e)",
            "{",
            *unused,
            *_code(tree, leaf),
            "}",
            "",
        ]
    count = len(forest.trees)
    names = [f"    {stem}_{number}," for number in range(count)]
    return [
        *lines,
        f"static {result} (*const {stem}[{count}])(const {kind} *) = {{",
        *names,
        "};",
        "",
    ]


def _code(tree: Part, leaf: Callable[[int], str]) -> list[str]:
    """Write nested blocks; each block indents by one column, since trees are deep."""
    lines: list[str] = []
    waiting: list[tuple[Part | str, int]] = [(tree, 1)]
    while waiting:
        part, level = waiting.pop()
        room = " " * (3 + level)
        if isinstance(part, str):
            lines.append(f"{room}{part}")
        elif isinstance(part, int):
            lines.append(f"{room}{leaf(part)}")
        else:
            limit = literal(part.limit, "s32")
            lines.append(f"{room}if (e[{part.feature}] <= {limit}) {{")
            waiting += [
                ("}", level),
                (part.no, level + 1),
                ("} else {", level),
                (part.yes, level + 1),
            ]
    return lines
