"""A forest as splits and rows of leaves, from the tables of the operation ``trees``."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ecmkit.errors import FormatError
from ecmkit.graph.ir import Graph, Node

__all__ = ["Forest", "Part", "Rows", "Split", "depth", "forest_of", "keys_of", "splits"]

DEEPEST = 400
"""Levels of a tree that is brought into this form."""

_LEAF = 0xFFFF
_WHOLE = 2**32 - 1
_ERROR = 5e-6
"""Share of a probability that rounding to a whole number may cost."""
_NONE = 2**31 - 1
"""Key of a NaN: above all numbers."""


@dataclass(frozen=True)
class Split:
    """``x[feature] <= limit``: yes, else no; integers, or keys of floats."""

    feature: int
    limit: int
    yes: "Part"
    no: "Part"


Part = Split | int
"""A split, or the row of a leaf."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What the leaves hold: each different row once, often used ones first.

    A row of shares, as trees of classes have them, is a number of samples and how many
    of them each class has, in bytes: ``c[k] / c[0]``. Where they do not fit, ``c[0]``
    is 0 and the next two bytes are a row of `wide`, in units of 1 / `unit`.
    """

    kind: Literal["shares", "floats"]
    shares: NDArray[np.uint8]
    wide: NDArray[np.uint32]
    floats: NDArray[np.float32]
    unit: int
    """What a share of 1 adds to a sum of shares; all trees together stay in 32 bits."""
    factor: float
    """What a sum is multiplied by."""

    @property
    def targets(self) -> int:
        """Width of a row."""
        if self.kind == "floats":
            return int(self.floats.shape[1])
        return int(self.wide.shape[1])

    def __len__(self) -> int:
        return len(self.floats if self.kind == "floats" else self.shares)

    @property
    def bytes(self) -> int:
        """Flash that the rows take."""
        return self.shares.nbytes + self.wide.nbytes + self.floats.nbytes


@dataclass(frozen=True, kw_only=True)
class Forest:
    """Trees over one table of leaves."""

    trees: tuple[Part, ...]
    rows: Rows
    features: tuple[int, ...]
    """Features that a split reads, rising."""


def keys_of(x: NDArray[np.float32]) -> NDArray[np.int32]:
    """Integers in the order of floats: both zeros are equal, NaN is above all.

    Examples
    --------
    >>> keys_of(np.array([-1, -0.0, 0, 1], np.float32)).tolist()
    [-1065353216, 0, 0, 1065353216]
    """
    bits = np.ascontiguousarray(x, np.float32).view(np.uint32).astype(np.int64)
    keys = np.where(bits < 2**31, bits, 2**31 - bits)
    keys[np.isnan(x)] = _NONE
    return keys.astype(np.int32)


def splits(part: Part) -> Iterator[Split]:
    """Go through the splits of a tree in preorder, the "yes" side first."""
    waiting = [part]
    while waiting:
        now = waiting.pop()
        if isinstance(now, Split):
            yield now
            waiting += [now.no, now.yes]


def depth(part: Part) -> int:
    """Count the splits on the longest way to a leaf."""
    deepest, waiting = 0, [(part, 0)]
    while waiting:
        now, level = waiting.pop()
        deepest = max(deepest, level)
        if isinstance(now, Split):
            waiting += [(now.yes, level + 1), (now.no, level + 1)]
    return deepest


def forest_of(graph: Graph, node: Node) -> Forest:
    """Bring the tables of a node into splits and rows.

    What no row of features can reach is left out, and so are splits whose sides are
    the same. The features may be float32, codes of them, or int16; for whole numbers
    limits are rounded down, which decides the same.

    Raises
    ------
    FormatError
        If a tree is deeper than 400 levels.
    """
    limits, feature, right, roots, leaves = (
        graph.constants[name] for name in node.inputs[1:6]
    )
    lowest, highest, first = _range(graph, node)
    keys = (
        keys_of(limits + np.float32(0))
        if highest == _NONE
        else np.clip(np.floor(limits.astype(np.float64)) + first, lowest - 1, highest)
    )
    made: dict[tuple[int, int, int, int], Split] = {}
    bounds: dict[int, tuple[int, int]] = {}
    tables = feature.tolist(), keys.astype(np.int64).tolist(), right.tolist()
    features, numbers, others = tables

    def part(root: int, at: int, level: int) -> Part:
        if features[at] == _LEAF:
            return int(others[at])
        if level > DEEPEST:
            raise node.refuse(f"a tree of more than {DEEPEST} levels, expected fewer")
        which, limit = features[at], numbers[at]
        low, high = bounds.get(which, (lowest, highest))
        if limit >= high:
            return part(root, at + 1, level)
        if limit < low:
            return part(root, root + others[at], level)
        bounds[which] = (low, limit)
        yes = part(root, at + 1, level + 1)
        bounds[which] = (limit + 1, high)
        no = part(root, root + others[at], level + 1)
        bounds[which] = (low, high)
        if _id(yes) == _id(no):
            return yes
        key = (which, limit, _id(yes), _id(no))
        return made.setdefault(key, Split(which, limit, yes, no))

    try:
        trees = [part(root, root, 0) for root in roots.tolist()]
    except RecursionError as error:
        raise node.refuse(f"a tree of more than {DEEPEST} levels") from error
    trees, used = _often_first(trees)
    average = node.attrs["how"] == "average"
    rows = _rows(leaves[used], len(trees), average=average)
    read = {split.feature for tree in trees for split in splits(tree)}
    return Forest(trees=tuple(trees), rows=rows, features=tuple(sorted(read)))


def _range(graph: Graph, node: Node) -> tuple[int, int, int]:
    """Least and greatest value of the features as integers, and what a 0 is there."""
    if graph.tensors[node.inputs[0]].dtype == "s16":
        return -(2**15), 2**15 - 1, 0
    bits = int(node.attrs.get("codes", 0))
    if not bits:
        return -0x7F800000, _NONE, 0
    first = 0 if bits == 8 else -(2**15)
    return first, first + 2**bits - 1, first


def _id(part: Part) -> int:
    """Equal trees are one object; rows are negative."""
    return id(part) if isinstance(part, Split) else -1 - part


def _often_first(trees: list[Part]) -> tuple[list[Part], list[int]]:
    """Give rows numbers by how often they are used; return which rows these are."""
    uses: dict[int, int] = {}
    for tree in trees:
        ends: list[Part] = [tree] if isinstance(tree, int) else []
        ends += [side for s in splits(tree) for side in (s.yes, s.no)]
        for end in ends:
            if isinstance(end, int):
                uses[end] = uses.get(end, 0) + 1
    order = sorted(uses, key=lambda row: (-uses[row], row))
    places = {row: place for place, row in enumerate(order)}
    known: dict[int, Split] = {}

    def moved(part: Part) -> Part:
        if isinstance(part, int):
            return places[part]
        if id(part) not in known:
            known[id(part)] = Split(
                part.feature, part.limit, moved(part.yes), moved(part.no)
            )
        return known[id(part)]

    return [moved(tree) for tree in trees], order


def _rows(leaves: NDArray[np.float32], trees: int, *, average: bool) -> Rows:
    n, targets = leaves.shape
    floats = Rows(
        kind="floats",
        shares=np.zeros((0, targets + 1), np.uint8),
        wide=np.zeros((0, targets), np.uint32),
        floats=leaves,
        unit=1,
        factor=1.0 / trees if average else 1.0,
    )
    whole = _whole(leaves, trees)
    if whole is None:
        return floats
    unit = _WHOLE // trees - 128
    shares = leaves.astype(np.float64) / whole
    table = np.zeros((n, targets + 1), np.uint8)
    wide: list[NDArray[np.uint32]] = []
    for at, row in enumerate(shares):
        counts = _counts(row, int(2 * _ERROR * _WHOLE / trees))
        if counts is not None:
            table[at] = counts
            continue
        number = len(wide)
        if number >> (8 * min(targets, 2)):
            return floats
        table[at, 1 : 1 + min(targets, 2)] = [number & 255, number >> 8][:targets]
        wide.append(np.rint(row * unit).astype(np.uint32))
    if len(wide) * 4 > n:
        return floats
    return Rows(
        kind="shares",
        shares=table,
        wide=np.array(wide, np.uint32).reshape(len(wide), targets),
        floats=np.zeros((0, targets), np.float32),
        unit=unit,
        factor=whole / (trees if average else 1) / unit,
    )


def _whole(leaves: NDArray[np.float32], trees: int) -> float | None:
    """Find what a share of 1 is, if the rows are shares of something."""
    if not np.isfinite(leaves).all() or leaves.min() < 0:
        return None
    sums = leaves.astype(np.float64).sum(axis=1)
    found = float(sums.max())
    for usual in (1.0 / trees, 1.0):
        if leaves.shape[1] == 1 and found <= usual * (1 + 1e-6):
            return usual
        if abs(found - usual) <= 1e-6 * usual:
            found = usual
    if leaves.shape[1] == 1 or (np.abs(sums - found) > 2e-6 * found).any():
        return None
    return found


def _counts(row: NDArray[np.float64], most: int) -> list[int] | None:
    """Find the smallest number of samples whose shares these are: it, and each."""
    if most < 1:
        return None
    n = np.arange(1, min(most, 255) + 1)[:, None]
    counts = np.rint(row * n)
    near = np.abs(counts / n - row) <= 2e-7 * row
    fits = near.all(axis=1)
    if not fits.any():
        return None
    at = int(np.argmax(fits))
    return [at + 1, *counts[at].astype(int).tolist()]


def refuse_deep(forest: Forest, node: Node, most: int, instead: str) -> None:
    """Refuse trees that the compiler may not take.

    Raises
    ------
    FormatError
        If there are any; names the form that takes them.
    """
    deepest = max(depth(tree) for tree in forest.trees)
    if deepest > most:
        error: FormatError = node.refuse(
            f"a tree of {deepest} levels, expected at most {most}; use {instead}"
        )
        raise error
