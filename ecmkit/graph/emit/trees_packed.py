"""Forests in few bytes: a word or two a split, in tables or in a loaded blob."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecmkit.graph.emit.functions import literal
from ecmkit.graph.emit.trees_forest import Forest, Rows, Split, forest_of, splits
from ecmkit.graph.emit.trees_sum import add_row, declare_sums, features_of, store_sums
from ecmkit.graph.emit.unit import Unit
from ecmkit.graph.ir import Graph, Node

__all__ = ["HEAD", "MAGIC", "Layout", "Packed", "blob_of", "loaded", "pack", "packed"]

MAGIC = 0x31464345
"""``ECF1``, ``ECM_TREE_BLOB_MAGIC``: the form of a blob, its version last."""
HEAD = 8
"""``ECM_TREE_BLOB_HEAD``: words in front of the sections of a blob."""


@dataclass(frozen=True)
class Layout:
    """What the code that walks must know.

    A split is a word, ``limit << 16 | skip << (bits + 2) | ends << bits | feature``,
    or, if it is `wide`, a word of the limit and one of the rest. Its "yes" side comes
    next; the bits of `ends` tell which side is a leaf (1: yes, 2: no). A leaf that
    stands `inside` is a word, where its row begins, and the "no" side comes after
    `skip` more words. Else it has no place: its number follows from the way, and the
    "no" side is `skip` splits further.
    """

    bits: int
    wide: bool
    inside: bool
    floats: bool
    """Whether rows are floats, not shares."""
    direct: bool
    """Whether each leaf has a row of its own, in the order of their numbers."""
    targets: int

    @property
    def word(self) -> int:
        """The same as a word of a blob."""
        flags = self.wide | self.inside << 1 | self.floats << 2 | self.direct << 3
        return self.bits | flags << 8 | self.targets << 16

    @property
    def width(self) -> int:
        """Elements of a row."""
        return self.targets if self.floats else self.targets + 1


@dataclass(frozen=True, kw_only=True)
class Packed:
    """Tables of a forest."""

    layout: Layout
    roots: NDArray[np.uint32]
    """Where each tree begins among the words; apart, among the splits."""
    words: NDArray[np.uint32]
    leaves: NDArray[np.uint16]
    """Row of each leaf, in preorder; empty if leaves stand inside or are direct."""
    rows: Rows


def pack(forest: Forest, node: Node, n_features: int, *, inside: bool) -> Packed:
    """Lay the splits and leaves of a forest out.

    Raises
    ------
    FormatError
        If rows do not fit into 16 bits, or a tree not into the rest of a word.
    """
    bits = max((n_features - 1).bit_length(), 1)
    trees = [t if isinstance(t, Split) else Split(0, 0, t, t) for t in forest.trees]
    every = [split for tree in trees for split in splits(tree)]
    leaves = [leaf for tree in trees for leaf in _leaves_of(tree)]
    limits = [split.limit for split in every]
    room = 14 - bits
    most = max(_place_of(tree, inside, 1)[id(tree)] for tree in trees)
    wide = (
        room < 1
        or (most + 1) >> room > 0
        or min(limits) < -(2**15)
        or max(limits) >> 15
    )
    if (2 * most + 1) >> (30 - bits):
        raise node.refuse(f"a tree of {most} words")
    table = forest.rows
    width = table.bytes / max(len(table), 1)
    direct = not inside and (len(leaves) * width <= 2 * len(leaves) + table.bytes)
    if direct:
        table = _spread(table, leaves)
    elif not inside and len(table) > 2**16:
        raise node.refuse(f"{len(table)} different leaves, expected at most 65536")
    layout = Layout(
        bits, bool(wide), inside, table.kind == "floats", direct, table.targets
    )
    words: list[int] = []
    roots = []
    for tree in trees:
        roots.append(len(words) // (1 if inside or not wide else 2))
        words += _words_of(tree, layout)
    return Packed(
        layout=layout,
        roots=np.array(roots, np.uint32),
        words=np.array(words, np.uint32),
        leaves=np.array([] if direct or inside else leaves, np.uint16),
        rows=table,
    )


def _place_of(tree: Split, inside: bool, step: int) -> dict[int, int]:
    """Places that each split takes with all below it: words, or splits if apart."""
    sizes: dict[int, int] = {}
    for split in reversed(list(splits(tree))):
        size = step if inside else 1
        for side in (split.yes, split.no):
            size += sizes[id(side)] if isinstance(side, Split) else inside
        sizes[id(split)] = size
    return sizes


def _words_of(tree: Split, layout: Layout) -> list[int]:
    sizes = _place_of(tree, layout.inside, 2 if layout.wide else 1)
    words: list[int] = []
    waiting: list[Split | int] = [tree]
    while waiting:
        part = waiting.pop()
        if isinstance(part, int):
            if layout.inside:
                words.append(part * layout.width)
            continue
        ends = isinstance(part.yes, int) | isinstance(part.no, int) << 1
        skip = sizes[id(part.yes)] if isinstance(part.yes, Split) else layout.inside
        skip += not layout.inside
        rest = skip << (layout.bits + 2) | ends << layout.bits | part.feature
        if layout.wide:
            words += [part.limit & 0xFFFFFFFF, rest]
        else:
            words.append((part.limit & 0xFFFF) << 16 | rest)
        waiting += [part.no, part.yes]
    return words


def _leaves_of(tree: Split) -> list[int]:
    found = []
    waiting: list[Split | int] = [tree]
    while waiting:
        part = waiting.pop()
        if isinstance(part, int):
            found.append(part)
        else:
            waiting += [part.no, part.yes]
    return found


def _spread(rows: Rows, leaves: list[int]) -> Rows:
    floats = rows.kind == "floats"
    return Rows(
        kind=rows.kind,
        shares=rows.shares if floats else rows.shares[leaves],
        wide=rows.wide,
        floats=rows.floats[leaves] if floats else rows.floats,
        unit=rows.unit,
        factor=rows.factor,
    )


def _walk(layout: Layout, trees: str) -> list[str]:
    """Loop over trees; ``at`` is where the row begins that a tree ends in."""
    bits, step = layout.bits, 2 if layout.wide else 1
    far = step if layout.wide and not layout.inside else 1
    read = (
        ["limit = ecm_bits_to_s32(p[0]);", "w = p[1];"]
        if layout.wide
        else ["w = *p;", "limit = ecm_bits_floor_s32(ecm_bits_to_s32(w), 16);"]
    )
    skip = f"w >> {bits + 2}"
    if not layout.wide:
        skip = f"{skip} & {2 ** (14 - bits) - 1}U"
    times = f" * {far}U" if far > 1 else ""
    # Apart, the way to the "no" side counts the split itself: one addition less.
    first, yes = [f"        p += {step}U;"], []
    if not layout.inside:
        first, yes = [], ["            number--;", f"            p += {step}U;"]
    lines = [
        f"for (t = 0; t < {trees}; t++) {{",
        f"    const uint32_t *p = words + roots[t]{times};",
        f"    uint32_t at{'' if layout.inside else ', number = t'};",
        "    for (;;) {",
        "        uint32_t w;",
        "        int32_t limit;",
        *(f"        {line}" for line in read),
        *first,
        f"        if (e[w & {2**bits - 1}U] <= limit) {{",
        *yes,
        f"            if ((w & {1 << bits}U) != 0U) {{ break; }}",
        "        } else {",
        f"            p += ({skip}){times};",
        f"            if ((w & {2 << bits}U) != 0U) {{ break; }}",
        "        }",
        "    }",
    ]
    if layout.inside:
        return [*lines, "    at = *p;"]
    row = "number" if layout.direct else "leaves[number]"
    each = f" * {layout.width}U" if layout.width > 1 else ""
    place = "(uint32_t)(p - words)" + (f" / {far}U" if far > 1 else "")
    return [
        *lines,
        '    /* Leaves before this one: splits before it, less the turns to "yes". */',
        f"    number += {place};",
        f"    at = {row}{each};",
    ]


def packed(unit: Unit, node: Node) -> list[str]:
    """Walk tables; settings as those of `tables`."""
    forest = forest_of(unit.graph, node)
    features, lines = features_of(unit, node, forest)
    made = pack(features.renumbered(forest), node, features.n, inside=False)
    rows = made.rows
    unit.modules.add("bits")
    key = node.outputs[0]
    names = {
        name: unit.table(f"{key} {name}", table)
        for name, table in {
            "roots": made.roots.astype(np.uint16)
            if made.roots.max() < 2**16
            else made.roots,
            "words": made.words,
            "leaves": made.leaves,
            "rows": rows.floats if rows.kind == "floats" else rows.shares,
            "wide": rows.wide,
        }.items()
        if table.size
    }
    small = made.roots.max() < 2**16
    kinds = {
        "roots": "uint16_t" if small else "uint32_t",
        "words": "uint32_t",
        "leaves": "uint16_t",
        "rows": "float" if rows.kind == "floats" else "uint8_t",
        "wide": "uint32_t",
    }
    body = [f"const {kinds[name]} *{name} = {table};" for name, table in names.items()]
    body += [
        *declare_sums(rows.kind, rows.targets),
        *_walk(made.layout, f"{len(forest.trees)}U"),
        *(
            f"    {line}"
            for line in add_row(
                rows.kind, rows.targets, f"{rows.unit}U", wide=len(rows.wide) > 0
            )
        ),
        "}",
        *store_sums(
            rows.targets, rows.kind, literal(float(np.float32(rows.factor)), "f32")
        ),
    ]
    return features.around(lines, body)


def blob_of(graph: Graph, node: Node) -> tuple[Layout, NDArray[np.uint32]]:
    """Write a forest as words that `loaded` reads.

    Returns
    -------
    Layout
        What the code is written for; another forest must have the same.
    ndarray of uint32
        `HEAD` words, then the sections: roots, splits and leaves, wide rows, rows.
    """
    n_features = graph.tensors[node.inputs[0]].shape[-1]
    made = pack(forest_of(graph, node), node, n_features, inside=True)
    rows = made.rows
    factor = np.float32(rows.factor).view(np.uint32)
    table: NDArray[np.generic] = rows.floats if made.layout.floats else rows.shares
    sections = [
        made.roots,
        made.words,
        rows.wide.reshape(-1),
        _words(table),
    ]
    head = [
        MAGIC, made.layout.word, n_features, len(made.roots), made.words.size,
        rows.wide.size, rows.unit, int(factor),
    ]  # fmt: skip
    whole = np.concatenate([np.array(head, np.uint32), *sections])
    return made.layout, whole.astype(np.uint32)


def _words(table: NDArray[np.generic]) -> NDArray[np.uint32]:
    data = np.ascontiguousarray(table).tobytes()
    return np.frombuffer(data + bytes(-len(data) % 4), "<u4").astype(np.uint32)


def loaded(unit: Unit, node: Node) -> list[str]:
    """Walk a blob, the second input, of a `layout`; settings: it, `features`.

    Its head must be as the code expects it, else the function refuses by
    ``ECM_ERR_FORMAT`` or ``ECM_ERR_LENGTH``; whether its sections hold together, a
    function of its own tells, by ``ecm_tree_blob_check``.
    """
    layout: Layout = node.attrs["layout"]
    room = unit.tensor(node.inputs[1]).size
    kind = "floats" if layout.floats else "shares"
    unit.modules.update(("bits", "tree"))
    features, lines = features_of(unit, node, None)
    unit.checks.append(
        f"ecm_tree_blob_check({unit.pointer(node.inputs[1])}, {room}U, "
        f"{layout.word}U, {features.width}U)"
    )
    rows = "const float *rows" if layout.floats else "const uint8_t *rows"
    cast = "float" if layout.floats else "uint8_t"
    body = [
        "const uint32_t *roots = b + 8, *words = roots + b[3];",
        "const uint32_t *wide = words + b[4];",
        f"{rows} = (const {cast} *)(const void *)(wide + b[5]);",
        *declare_sums(kind, layout.targets),
        *_walk(layout, "b[3]"),
        *(f"    {line}" for line in add_row(kind, layout.targets, "b[6]", wide=True)),
        "}",
        *store_sums(layout.targets, kind, "ecm_bits_to_f32(b[7])"),
    ]
    check = [
        f"const uint32_t *b = {unit.pointer(node.inputs[1])};",
        f"ECM_REQUIRE(b[0] == {MAGIC}U && b[1] == {layout.word}U &&",
        f"                b[2] == {features.width}U, ECM_ERR_FORMAT);",
        f"ECM_REQUIRE(b[3] > 0U && b[3] <= {room}U && b[4] <= {room}U &&",
        f"                b[5] <= {room}U && {HEAD}U + b[3] + b[4] + b[5] <= {room}U,",
        "            ECM_ERR_LENGTH);",
    ]
    return [*check, *features.around(lines, body)]
