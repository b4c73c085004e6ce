"""Forests as code: a function a tree, limits as constants in it."""

from collections.abc import Callable

from ecmkit.graph.emit.functions import literal
from ecmkit.graph.emit.trees_forest import (
    Forest,
    Part,
    Split,
    forest_of,
    refuse_deep,
)
from ecmkit.graph.emit.trees_sum import (
    UNROLLED_KEYS,
    Features,
    add_row,
    declare_sums,
    features_of,
    store_sums,
)
from ecmkit.graph.emit.unit import Unit
from ecmkit.graph.ir import Node

__all__ = ["inline"]

_DEEPEST = 100
"""Blocks in blocks: C99 promises 127."""
_UNROLLED_TREES = 16
"""Trees up to which each is called by a line of its own: about 50 bytes more for it."""


def inline(unit: Unit, node: Node) -> list[str]:
    """Call a function a tree, which returns a row of the leaves; or the leaf itself."""
    forest = forest_of(unit.graph, node)
    refuse_deep(forest, node, _DEEPEST, 'forests="packed"')
    raw = unit.tensor(node.inputs[0]).dtype == "f32" and not node.attrs.get("codes")
    features, lines = (_raw if raw else features_of)(unit, node, forest)
    rows = forest.rows
    forest = features.renumbered(forest)
    alone = rows.kind == "floats" and rows.targets == 1
    result = "float" if alone else "uint32_t"
    name = unit.function(lambda stem: _functions(stem, forest, result, features.c_type))
    count = len(forest.trees)
    few = count <= _UNROLLED_TREES
    if few and not raw:
        lines = [line.replace("uint32_t i, t;", "uint32_t i;") for line in lines]
    body = [*_tables(unit, node, forest, alone), *declare_sums(rows.kind, rows.targets)]
    for k in range(count) if few else ["[t]"]:
        call = f"{name}_{k}(e)" if few else f"{name}{k}(e)"
        if alone:
            added = [f"s0 += {call};"]
        else:
            width = rows.targets + (rows.kind == "shares")
            sums = add_row(
                rows.kind, rows.targets, f"{rows.unit}U", wide=len(rows.wide) > 0
            )
            added = [f"const uint32_t at = {call} * {width}U;", *sums]
        head = "{" if few else f"for (t = 0; t < {count}U; t++) {{"
        body += [head, *(f"    {line}" for line in added), "}"]
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
    """Functions of all trees; of many, the table of them, whose name is the stem."""
    lines = []
    count = len(forest.trees)
    few = count <= _UNROLLED_TREES
    apart = "ECM_PORT_APART " if few else ""
    floats = forest.rows.floats
    for number, tree in enumerate(forest.trees):
        unused = ["    (void)e;"] if isinstance(tree, int) else []

        def leaf(row: int) -> str:
            if result == "float":
                return f"return {literal(float(floats[row, 0]), 'f32')};"
            return f"return {row}U;"

        lines += [
            f"static {apart}{result} {stem}_{number}(const {kind} *e)",
            "{",
            *unused,
            *_code(tree, leaf, _float_test if kind == "float" else _test),
            "}",
            "",
        ]
    if few:
        return lines
    names = [f"    {stem}_{number}," for number in range(count)]
    return [
        *lines,
        f"static {result} (*const {stem}[{count}])(const {kind} *) = {{",
        *names,
        "};",
        "",
    ]


def _raw(unit: Unit, node: Node, forest: Forest) -> tuple[Features, list[str]]:
    """Leave floats as they are, but a NaN of negative sign: no limit stops its bits."""
    unit.modules.add("bits")
    x = unit.tensor(node.inputs[0])
    width, targets = x.shape[-1], unit.tensor(node.outputs[0]).shape[-1]
    work = unit.scratch(node, 4 * width, "float")
    declared = [
        f"const float *a = {unit.pointer(node.inputs[0])};",
        f"float *y = {unit.pointer(node.outputs[0])};",
        f"float *held = {work};",
        "uint32_t i, t;",
    ]
    row = [
        f"float *r = y + i * {targets}U;",
        f"const float *e = a + i * {width}U;",
        *_suspicion(forest.features, width),
        "if (suspect) {",
        f"    for (t = 0; t < {width}U; t++) {{",
        "        held[t] = e[t] == e[t] ? e[t] : ecm_bits_to_f32(0x7fc00000U);",
        "    }",
        "    e = held;",
        "}",
    ]
    return Features(width, "float", width, x.size // width, {}), [
        *declared,
        "\n".join(row),
    ]


def _suspicion(features: tuple[int, ...], width: int) -> list[str]:
    """Whether a feature may be a NaN: exactly, or by a sum where that is quicker."""
    most = "0xff800000U"
    if len(features) > UNROLLED_KEYS:
        return [
            "float sum = 0.0F;",
            "bool suspect;",
            "if (ECM_PORT_QUICK_SUMS) {",
            f"    for (t = 0; t < {width}U; t++) {{ sum += e[t]; }}",
            "    suspect = sum != sum;",
            "} else {",
            f"    for (t = 0; t < {width}U && ecm_bits_from_f32(e[t]) <= {most}; t++) "
            "{ }",
            f"    suspect = t < {width}U;",
            "}",
        ]
    tests = [f"ecm_bits_from_f32(e[{k}]) > {most}" for k in features]
    any_of = " ||\n    ".join(tests) or "false"
    terms = " + ".join(f"e[{k}]" for k in features) or "0.0F"
    return [
        f"const float sum = ECM_PORT_QUICK_SUMS ? {terms} : 0.0F;",
        f"const bool suspect = ECM_PORT_QUICK_SUMS ? sum != sum : {any_of};",
    ]


def _test(split: Split) -> str:
    return f"e[{split.feature}] <= {literal(split.limit, 's32')}"


def _float_test(split: Split) -> str:
    """Compare the bits of floats, whose order is that of integers of their sign."""
    bits = f"ecm_bits_from_f32(e[{split.feature}])"
    if split.limit < 0:
        return f"{bits} >= {2**31 - split.limit}U"
    return f"ecm_bits_to_s32({bits}) <= {literal(split.limit, 's32')}"


def _code(
    tree: Part, leaf: Callable[[int], str], test: Callable[[Split], str]
) -> list[str]:
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
            lines.append(f"{room}if ({test(part)}) {{")
            waiting += [
                ("}", level),
                (part.no, level + 1),
                ("} else {", level),
                (part.yes, level + 1),
            ]
    return lines
