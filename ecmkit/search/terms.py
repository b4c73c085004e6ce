"""What the instructions of an operation are a sum of: counts of its loops.

Each count has a name, ``<operation> <what>``; a cost model has a coefficient for it.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from math import prod

import numpy as np
from numpy.typing import NDArray

from ecmkit.graph import Graph
from ecmkit.graph.emit.convolution import written_out
from ecmkit.graph.emit.trees_forest import forest_of
from ecmkit.graph.emit.trees_packed import pack
from ecmkit.graph.emit.trees_sum import UNROLLED, UNROLLED_KEYS, Features
from ecmkit.graph.ir import Node
from ecmkit.graph.packing import pack_shorter_s8
from ecmkit.graph.transform import codes_of
from ecmkit.search.reading import rows_at

__all__ = ["code_terms", "instruction_terms"]

_LEAF = 0xFFFF
_CHUNK, _ROWS = 16, 4
"""Weights of int8 layers are read in blocks of so many inputs and outputs."""

Pairs = Iterator[tuple[str, float]]


def instruction_terms(
    graph: Graph, x: NDArray[np.float32] | None = None
) -> dict[str, float]:
    """Count what the instructions of a run are made of.

    Parameters
    ----------
    graph : Graph
        Of a compiled model, as its C was written from it.
    x : ndarray of float32, shape (n, n_features), optional
        Rows from which the way through trees is taken, on average; without them every
        side of a split is as likely as the other.

    Returns
    -------
    dict
        Count by name; a name that has no coefficient in a cost model is an operation
        that the model does not know.
    """
    found = {"run": 1.0}
    for node in graph.nodes:
        name = _name(graph, node)
        for what, count in _terms(graph, node, x):
            full = f"{name} {what}"
            found[full] = found.get(full, 0.0) + count
    return {name: count for name, count in found.items() if count}


def code_terms(graph: Graph) -> dict[str, float]:
    """Count what the code of a model's own function is made of: its operations."""
    found: Counter[str] = Counter()
    found["run"] = 1
    for node in graph.nodes:
        name = _name(graph, node)
        found[name] += 1
        if node.op == "trees":
            for what, count in _forest_code(graph, node):
                found[f"{name} {what}"] += count
        for step in node.attrs.get("then", ()):
            found[f"then {step['fn']}"] += 1
    return dict(found)


def _forest_code(graph: Graph, node: Node) -> Iterator[tuple[str, int]]:
    """Which lines the packed form of a forest has, see `ecmkit.graph.emit`."""
    forest = forest_of(graph, node)
    n = max(len(forest.features), 1)
    renumbered = Features(
        n, "int32_t", n, 1, {feature: at for at, feature in enumerate(forest.features)}
    ).renumbered(forest)
    packed = pack(renumbered, node, n, inside=False)
    targets = packed.rows.targets
    yield "keys", n if n <= UNROLLED_KEYS else 0
    yield "key loop", int(n > UNROLLED_KEYS)
    yield "targets", targets if targets <= UNROLLED else 0
    yield "wide splits", int(packed.layout.wide)
    yield "direct", int(packed.layout.direct)
    yield "floats", int(packed.layout.floats)
    yield "shares", int(not packed.layout.floats)
    yield "wide rows", int(len(packed.rows.wide) > 0)
    yield "wide targets", targets if len(packed.rows.wide) else 0


def _name(graph: Graph, node: Node) -> str:
    if node.op == "map":
        return f"map-{node.attrs['fn']}"
    if node.op in ("reduce", "pool", "int8_pool"):
        return f"{node.op}-{node.attrs['fn']}"
    if node.op == "conv":
        weights = graph.tensors[node.inputs[1]]
        return "conv-written" if written_out(node, weights) else "conv"
    if node.op == "recurrent":
        return f"{node.attrs['cell']}{'-int8' if 'int8' in node.attrs else ''}"
    return node.op


def _terms(graph: Graph, node: Node, x: NDArray[np.float32] | None) -> Pairs:
    rule = _RULES.get(node.op)
    if node.op == "trees":
        yield from _trees(graph, node, x)
    elif rule is not None:
        yield from rule(graph, node)
    else:
        yield from _elements(graph, node)


def _elements(graph: Graph, node: Node) -> Pairs:
    yield "calls", 1
    yield "elements", graph.tensors[node.outputs[0]].size


def _reshape(graph: Graph, node: Node) -> Pairs:
    """Nothing is done, unless an input of the model is at once a result."""
    del graph, node
    yield from ()


def _products(n: int, inputs: int, outputs: int) -> Pairs:
    """Rows of int8 weights with n inputs each, by four rows and single ones."""
    groups, single = divmod(outputs, _ROWS)
    chunks, rest = divmod(inputs, _CHUNK)
    yield "places", n
    yield "pairs", -(-n // 2)
    yield "odd", n % 2
    yield "outputs", n * outputs
    yield "groups", n * groups
    yield "singles", n * single
    yield "blocks", n * groups * chunks
    yield "single blocks", n * single * chunks
    yield "rests", n * groups * -(-rest // 4)
    yield "single rests", n * single * -(-rest // 4)
    yield "ends", n * (groups + single) * (rest % 4 > 0)
    yield "some rests", n * (groups + single) * (rest > 0)


def _kept(graph: Graph, node: Node) -> int:
    """Blocks of a list, where zeros are left out; -1 if all are kept."""
    weights = graph.constants[node.inputs[1]]
    rows = weights.reshape(weights.shape[0], -1)
    packed = pack_shorter_s8(np.ascontiguousarray(rows, np.int8))
    if packed.blocks is None:
        return -1
    return packed.weights.size // _CHUNK


def _rows_of_weights(graph: Graph, node: Node, n: int, outputs: int) -> Pairs:
    weights = graph.constants[node.inputs[1]]
    inputs = weights.size // weights.shape[0]
    kept = _kept(graph, node)
    terms = dict(_products(n, inputs, outputs))
    if kept >= 0:
        terms["blocks"] = terms["single blocks"] = 0
        yield "listed blocks", n * kept / _ROWS
    yield from terms.items()


def _dense(graph: Graph, node: Node) -> Pairs:
    weights = graph.constants[node.inputs[1]]
    times = graph.tensors[node.inputs[0]].size // weights.shape[1]
    yield "calls", 1
    yield from _rows_of_weights(graph, node, times, weights.shape[0])


def _conv(graph: Graph, node: Node) -> Pairs:
    win = dict(node.attrs["window"])
    win["output_w"] *= int(node.attrs.get("pool", 1))
    groups = int(node.attrs["groups"])
    weights = graph.constants[node.inputs[1]]
    taps = win["kernel_h"] * win["kernel_w"]
    n = win["output_h"] * win["output_w"]
    edges = 0 if taps == 1 else n - _inside(win)
    if taps == 1 and win["stride_w"] * win["stride_h"] > 1:
        yield "lines", win["output_h"] * groups
    inputs = weights.size // weights.shape[0]
    yield "calls", 1
    yield "lines", 0 if taps == 1 else win["output_h"] * groups
    yield "edges", edges * groups
    yield "edge taps", edges * taps * groups
    yield "edge inputs", edges * inputs * groups
    yield from _rows_of_weights(graph, node, n * groups, weights.shape[0] // groups)


def _inside(win: dict[str, int]) -> int:
    """Places of a window that lies within the image."""
    counts = []
    for axis in "hw":
        span = win[f"dilation_{axis}"] * (win[f"kernel_{axis}"] - 1)
        places = range(win[f"output_{axis}"])
        starts = [o * win[f"stride_{axis}"] - win[f"pad_{axis}"] for o in places]
        inside = [s >= 0 and s + span < win[f"input_{axis}"] for s in starts]
        counts.append(sum(inside))
    lines = win["kernel_h"] == 1 and (win["dilation_w"] == 1 or win["kernel_w"] == 1)
    return prod(counts) if lines else 0


def _depthwise(graph: Graph, node: Node) -> Pairs:
    win = node.attrs["window"]
    channels = graph.tensors[node.outputs[0]].shape[-1]
    taps = win["kernel_h"] * win["kernel_w"]
    n = win["output_h"] * win["output_w"]
    edges = n - _inside(win)
    whole, rest = divmod(channels, _ROWS)
    yield "calls", 1
    yield "channels", channels
    yield "channel taps", channels * taps
    yield "places", n
    yield "place taps", n * taps
    yield "edges", edges
    yield "edge taps", edges * taps
    yield "edge inputs", edges * taps * channels
    yield "outputs", n * channels
    yield "groups", n * whole
    yield "products", n * channels * taps
    yield "group products", n * whole * taps
    yield "single products", n * rest * taps


def _pool_int8(graph: Graph, node: Node) -> Pairs:
    win = node.attrs["window"]
    outputs = graph.tensors[node.outputs[0]].size
    taps = win["kernel_h"] * win["kernel_w"]
    n = win["output_h"] * win["output_w"]
    yield "calls", 1
    yield "places", n
    yield "taps", n * taps
    yield "outputs", outputs
    yield "products", outputs * taps


def _mean(graph: Graph, node: Node) -> Pairs:
    sizes = [graph.tensors[name].size for name in (node.inputs[0], node.outputs[0])]
    yield "calls", 1
    yield "elements", sizes[0]
    yield "outputs", sizes[1]


def _softmax(graph: Graph, node: Node) -> Pairs:
    tensor = graph.tensors[node.inputs[0]]
    yield "calls", 1
    yield "elements", tensor.size
    yield "rows", tensor.size // tensor.shape[-1]


def _then(node: Node, outputs: int) -> Pairs:
    for step in node.attrs.get("then", ()):
        yield f"then {step['fn']}", outputs


def _matmul(graph: Graph, node: Node) -> Pairs:
    outputs = graph.tensors[node.outputs[0]].size
    yield "calls", 1
    yield "outputs", outputs
    yield "products", outputs * (int(node.attrs["k"]) // 4)
    yield "rests", outputs * (int(node.attrs["k"]) % 4)
    yield "filled", _filled(graph, node, outputs)
    yield from _then(node, outputs)


def _filled(graph: Graph, node: Node, outputs: int) -> float:
    """Products without a 0, which are long where there is no FPU.

    Of what comes out of a ReLU half counts as 0.
    """
    half = 0.5 if _is_cut(graph, node.inputs[0]) else 1.0
    weights = graph.constants.get(node.inputs[1])
    share = 1.0 if weights is None else np.count_nonzero(weights) / weights.size
    return half * float(share) * outputs * int(node.attrs["k"])


def _is_cut(graph: Graph, name: str) -> bool:
    """Whether a tensor comes out of a ReLU."""
    writer = graph.writer(name)
    if writer is None:
        return False
    if writer.op == "reshape":
        return _is_cut(graph, writer.inputs[0])
    steps = [str(step["fn"]) for step in writer.attrs.get("then", ())]
    last = steps[-1] if steps else str(writer.attrs.get("fn", ""))
    return last == "relu"


def _conv_float(graph: Graph, node: Node) -> Pairs:
    weights, y = (graph.tensors[n] for n in (node.inputs[1], node.outputs[0]))
    taken, taps = prod(weights.shape[1:]), prod(weights.shape[2:])
    places = y.shape[0] * prod(y.shape[2:])
    yield "calls", 1
    yield "outputs", y.size
    if written_out(node, weights):
        edges = places - y.shape[0] * _places_inside(graph, node)
        yield "products", (y.size - edges * y.shape[1]) * taken
        yield "edge outputs", edges * y.shape[1]
        yield "edge taps", edges * y.shape[1] * taken
    else:
        groups = int(node.attrs["groups"])
        windows, pairs = places * groups, -(-places // 2) * groups
        meetings = pairs * -(-weights.shape[0] // groups // 2)
        yield "windows", windows
        yield "window lines", windows * taken // weights.shape[-1]
        yield "taken", windows * taken
        yield "padded", windows * taken if _skipped(graph, node) else 0
        yield "meetings", meetings
        yield "products", meetings * (taken // 4)
        yield "rests", meetings * (taken % 4)
    yield "skipped", _skipped(graph, node) * taken // taps * y.shape[1]
    yield from _then(node, y.size)


def _places_inside(graph: Graph, node: Node) -> int:
    """Places whose whole window lies within the image."""
    sizes, kernel = (graph.tensors[n].shape[2:] for n in node.inputs[:2])
    at, counts = node.attrs, []
    for j, size in enumerate(sizes):
        places = np.arange(graph.tensors[node.outputs[0]].shape[2 + j])
        start = places * at["strides"][j] - at["before"][j]
        end = start + (kernel[j] - 1) * at["dilations"][j]
        counts.append(int(((start >= 0) & (end < size)).sum()))
    return prod(counts)


def _skipped(graph: Graph, node: Node) -> int:
    """Taps of the windows of all places that lie outside of the image."""
    sizes = graph.tensors[node.inputs[0]].shape[2:]
    kernel = node.attrs.get("kernel") or graph.tensors[node.inputs[1]].shape[2:]
    outs = graph.tensors[node.outputs[0]].shape[2:]
    at, inside = node.attrs, []
    for j, size in enumerate(sizes):
        start = np.arange(outs[j])[:, None] * at["strides"][j] - at["before"][j]
        place = start + np.arange(kernel[j]) * at["dilations"][j]
        inside.append(int(((place >= 0) & (place < size)).sum()))
    return prod(outs) * prod(kernel) - prod(inside)


def _pool_float(graph: Graph, node: Node) -> Pairs:
    y = graph.tensors[node.outputs[0]]
    taps = prod(node.attrs["kernel"])
    yield "calls", 1
    yield "outputs", y.size
    yield "taps", y.size * taps


def _reduce(graph: Graph, node: Node) -> Pairs:
    yield "calls", 1
    yield "outputs", graph.tensors[node.outputs[0]].size
    yield "elements", graph.tensors[node.inputs[0]].size


def _recurrent(graph: Graph, node: Node) -> Pairs:
    steps, batch, n = graph.tensors[node.inputs[0]].shape
    h, gates = int(node.attrs["hidden"]), {"lstm": 4, "gru": 3}
    rows = gates.get(str(node.attrs["cell"]), 1) * h
    times = steps * batch * len(node.attrs["reverse"])
    yield "calls", 1
    yield "steps", times
    yield "hidden", times * h
    yield "rows", times * rows
    yield "inputs", times * n
    yield "input products", times * rows * (n // 4)
    yield "input rests", times * rows * (n % 4)
    yield "products", times * rows * (h // 4)
    yield "rests", times * rows * (h % 4)


def _nearest(graph: Graph, node: Node) -> Pairs:
    count, width = graph.tensors[node.inputs[1]].shape
    rows = graph.tensors[node.inputs[0]].size // width
    yield "calls", 1
    yield "centres", rows * count
    yield "products", rows * count * width
    yield "fours", rows * count * (width // 4)


def _square_distances(graph: Graph, node: Node) -> Pairs:
    count, width = graph.tensors[node.inputs[1]].shape
    rows = graph.tensors[node.inputs[0]].size // width
    yield "calls", 1
    yield "rows", rows
    yield "centres", rows * count
    yield "products", rows * count * width


def _top_k(graph: Graph, node: Node) -> Pairs:
    tensor, k = graph.tensors[node.inputs[0]], int(node.attrs["k"])
    n = tensor.shape[int(node.attrs["axis"])]
    rows = tensor.size // n
    yield "calls", 1
    yield "found", rows * k
    yield "first elements", rows * n
    yield "elements", rows * (k - 1) * n


def _read(graph: Graph, node: Node) -> NDArray[np.uint16]:
    feature = graph.constants[node.inputs[2]]
    found: NDArray[np.uint16] = np.unique(feature[feature != _LEAF])
    return found


def _trees(graph: Graph, node: Node, x: NDArray[np.float32] | None) -> Pairs:
    tables = [graph.constants[name] for name in node.inputs[1:6]]
    roots, leaves = tables[3], tables[4]
    x = None if x is None else rows_at(graph, node.inputs[0], x)
    x = None if x is None else codes_of(graph, node, x)
    visits = [_visits(tables, int(root), x) for root in roots]
    yield "calls", 1
    n = len(_read(graph, node))
    yield "features", n
    yield "looped features", n if n > UNROLLED_KEYS else 0
    yield "trees", len(roots)
    yield "tree targets", len(roots) * leaves.shape[1]
    shares = forest_of(graph, node).rows.kind == "shares"  # divided by their sum
    yield "share trees", len(roots) * shares
    yield "share targets", len(roots) * leaves.shape[1] * shares
    yield "share results", leaves.shape[1] * shares
    filled = float(np.count_nonzero(leaves)) / len(leaves)
    yield "float targets", 0.0 if shares else len(roots) * filled
    yield "targets", leaves.shape[1]
    yield "splits", float(np.sum(visits))


def _visits(
    tables: list[NDArray[np.generic]], root: int, x: NDArray[np.float32] | None
) -> float:
    """Count the splits on the way through a tree, on average."""
    threshold, feature, right = tables[:3]
    total = 0.0
    every = np.arange(len(x)) if x is not None else None
    waiting: list[tuple[int, float, NDArray[np.intp] | None]] = [(root, 1.0, every)]
    while waiting:
        at, share, rows = waiting.pop()
        which = int(feature[at])
        if which == _LEAF or not share:
            continue
        total += share
        ends = at + 1, root + int(right[at])
        if x is None or rows is None:
            waiting += [(end, share / 2, None) for end in ends]
            continue
        yes = x[rows, which] <= threshold[at]
        for end, part in zip(ends, (rows[yes], rows[~yes]), strict=True):
            waiting.append((end, len(part) / len(x), part))
    return total


_RULES: dict[str, Callable[[Graph, Node], Pairs]] = {
    "conv": _conv_float,
    "int8_conv": _conv,
    "int8_dense": _dense,
    "int8_depthwise": _depthwise,
    "int8_mean": _mean,
    "int8_pool": _pool_int8,
    "int8_softmax": _softmax,
    "matmul": _matmul,
    "mean_squares": _reduce,
    "nearest": _nearest,
    "pool": _pool_float,
    "recurrent": _recurrent,
    "reduce": _reduce,
    "reshape": _reshape,
    "softmax": _softmax,
    "square_distances": _square_distances,
    "top_k": _top_k,
}
