"""A graph as a picture: a box for each operation with shapes, bytes and products."""

from dataclasses import dataclass
from html import escape

from ecmkit.graph.ir import Graph, Node

__all__ = ["macs_of", "svg_of"]

_WIDTH, _HEIGHT, _GAP_X, _GAP_Y, _MARGIN = 230, 62, 24, 34, 24
_TITLE = 36


def macs_of(graph: Graph, node: Node) -> int:
    """Products of a node that are added up: 0 where there are none.

    Parameters
    ----------
    graph : Graph
        That the node belongs to.
    node : Node
        Of any operation.

    Returns
    -------
    int
        Multiply-accumulates a run, padding included.
    """
    y = graph.tensors[node.outputs[0]]
    match node.op:
        case "matmul":
            return y.size * int(node.attrs["k"])
        case "conv" | "int8_dense" | "int8_conv":
            weights = graph.tensors[node.inputs[1]]
            return y.size * (weights.size // max(weights.shape[0], 1))
        case "int8_depthwise":
            weights = graph.tensors[node.inputs[1]]
            return y.size * (weights.size // max(weights.shape[-1], 1))
        case "conv_transpose":
            x, weights = (graph.tensors[n] for n in node.inputs[:2])
            return x.size * (weights.size // max(weights.shape[0], 1))
        case "pair_scores":
            return y.shape[0] * graph.tensors[node.inputs[1]].size
        case "square_distances":
            return y.size * graph.tensors[node.inputs[0]].shape[-1]
        case "recurrent":
            steps, batch, _ = graph.tensors[node.inputs[0]].shape
            w, r = (graph.tensors[n] for n in node.inputs[1:3])
            return steps * batch * (w.size + r.size)
    return 0


@dataclass
class _Box:
    row: int
    name: str
    """Of the first value that it stands for."""
    lines: list[str]
    parents: list[str]
    colour: str
    column: int = 0


def svg_of(graph: Graph) -> str:
    """Draw a graph.

    Parameters
    ----------
    graph : Graph
        Checked.

    Returns
    -------
    str
        SVG, from the inputs at the top to the outputs at the bottom.
    """
    rows: dict[str, int] = {name: 0 for name in graph.inputs}
    owner = {name: name for name in (*graph.inputs, *graph.states)}
    boxes = [
        _Box(0, name, [f"input {name}", str(graph.tensors[name])], [], "#dbeafe")
        for name in graph.inputs
    ]
    for node in graph.nodes:
        known = [name for name in node.inputs if name in rows]
        row = max((rows[name] for name in known), default=0) + 1
        for name in node.outputs:
            rows[name], owner[name] = row, node.outputs[0]
        ends = set(node.outputs) & set(graph.outputs)
        parents = [owner[name] for name in known]
        parents += [name for name in node.inputs if name in graph.states]
        boxes.append(
            _Box(row, node.outputs[0], _facts(graph, node),
                 list(dict.fromkeys(parents)), "#dcfce7" if ends else "#f3f4f6")
        )  # fmt: skip
    for name, state in graph.states.items():
        lines = [
            f"state {name}",
            str(graph.tensors[name]),
            f"{state.output} of the run before",
        ]
        readers = [rows[node.outputs[0]] for node in graph.readers(name)]
        boxes.append(_Box(min(readers, default=1) - 1, name, lines, [], "#fef3c7"))
    boxes.sort(key=lambda box: box.row)
    return _drawn(graph, boxes)


def _facts(graph: Graph, node: Node) -> list[str]:
    title = node.op if node.op != "map" else str(node.attrs["fn"])
    title = " + ".join([title, *(str(f["fn"]) for f in node.attrs.get("then", ()))])
    ends = [str(graph.outputs.index(n)) for n in node.outputs if n in graph.outputs]
    title += f", output {' and '.join(ends)}" if ends else ""
    weights = sum(
        graph.tensors[name].bytes for name in node.inputs if name in graph.constants
    )
    macs = macs_of(graph, node)
    facts = [f"{graph.tensors[node.outputs[0]].bytes:,} B"]
    facts += [f"{weights:,} B constant"] if weights else []
    facts += [f"{macs:,} MAC"] if macs else []
    return [title, str(graph.tensors[node.outputs[0]]), ", ".join(facts)]


def _placed(boxes: list[_Box]) -> dict[tuple[str, str], int]:
    """Give each box a column, and each edge over several rows one that is free."""
    taken: set[tuple[int, int]] = set()
    by_name = {box.name: box for box in boxes}
    lanes: dict[tuple[str, str], int] = {}
    for box in boxes:
        wanted = [by_name[parent].column for parent in box.parents] or [0]
        box.column = next(
            column
            for column in [*wanted, *range(len(boxes) + 1)]
            if (box.row, column) not in taken
        )
        taken.add((box.row, box.column))
        for parent in box.parents:
            between = range(by_name[parent].row + 1, box.row)
            if not between:
                continue
            start = by_name[parent].column
            lane = next(
                column
                for column in [start, box.column, *range(2 * len(boxes))]
                if not any((row, column) in taken for row in between)
            )
            lanes[parent, box.name] = lane
            taken.update((row, lane) for row in between)
    return lanes


def _drawn(graph: Graph, boxes: list[_Box]) -> str:
    lanes = _placed(boxes)
    by_name = {box.name: box for box in boxes}

    def left(column: int) -> int:
        return _MARGIN + column * (_WIDTH + _GAP_X)

    def top(row: int) -> int:
        return _MARGIN + _TITLE + row * (_HEIGHT + _GAP_Y)

    columns = 1 + max([box.column for box in boxes] + list(lanes.values()))
    width = left(columns) - _GAP_X + _MARGIN
    height = top(1 + max(box.row for box in boxes)) - _GAP_Y + _MARGIN
    macs = sum(macs_of(graph, node) for node in graph.nodes)
    constants = sum(value.nbytes for value in graph.constants.values())
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="#777"/>'
        "</marker></defs>",
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="{_MARGIN}" y="{_MARGIN + 4}">{len(graph.nodes)} operations</text>',
        f'<text x="{_MARGIN}" y="{_MARGIN + 20}">{macs:,} MAC, {constants:,} B '
        "constant</text>",
    ]
    for box in boxes:
        for parent in box.parents:
            source = by_name[parent]
            points = [(left(source.column) + _WIDTH // 2, top(source.row) + _HEIGHT)]
            lane = lanes.get((parent, box.name))
            if lane is not None:
                x = left(lane) + _WIDTH // 2
                points.append((x, top(source.row + 1)))
                points.append((x, top(box.row - 1) + _HEIGHT))
            points.append((left(box.column) + _WIDTH // 2, top(box.row)))
            line = " L".join(f"{x} {y}" for x, y in points)
            parts.append(
                f'<path d="M{line}" stroke="#777" fill="none" marker-end="url(#tip)"/>'
            )
    for box in boxes:
        x, y = left(box.column), top(box.row)
        parts.append(
            f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="5" '
            f'fill="{box.colour}" stroke="#555"/>'
        )
        for at, line in enumerate(box.lines):
            weight = ' font-weight="bold"' if at == 0 else ""
            text = escape(line if len(line) <= 36 else f"{line[:35]}…")
            parts.append(
                f'<text x="{x + 10}" y="{y + 18 + 17 * at}"{weight}>{text}</text>'
            )
    return "\n".join([*parts, "</svg>", ""])
