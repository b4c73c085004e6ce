"""A graph as a picture: a box for each operation with shapes, bytes and products."""

from html import escape

from ecmkit.graph.ir import Graph, Node

__all__ = ["macs_of", "svg_of"]

_WIDTH, _HEIGHT, _GAP_X, _GAP_Y, _MARGIN = 230, 62, 24, 34, 24


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
        case "conv":
            weights = graph.tensors[node.inputs[1]]
            return y.size * (weights.size // max(weights.shape[0], 1))
        case "int8_dense" | "int8_conv":
            weights = graph.tensors[node.inputs[1]]
            return y.size * (weights.size // max(weights.shape[0], 1))
        case "int8_depthwise":
            weights = graph.tensors[node.inputs[1]]
            return y.size * (weights.size // max(weights.shape[-1], 1))
        case "conv_transpose":
            x, weights = (graph.tensors[n] for n in node.inputs[:2])
            return x.size * (weights.size // max(weights.shape[0], 1))
        case "recurrent":
            steps, batch, _ = graph.tensors[node.inputs[0]].shape
            w, r = (graph.tensors[n] for n in node.inputs[1:3])
            return steps * batch * (w.size + r.size)
    return 0


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
    rows: dict[str, int] = dict.fromkeys(graph.inputs, 0)
    boxes: list[tuple[int, str, list[str], list[str]]] = [
        (0, name, [f"input {name}", str(graph.tensors[name])], [])
        for name in graph.inputs
    ]
    for node in graph.nodes:
        parents = [name for name in node.inputs if name in rows]
        row = max((rows[name] for name in parents), default=0) + 1
        for name in node.outputs:
            rows[name] = row
        weights = sum(
            graph.tensors[name].bytes for name in node.inputs if name in graph.constants
        )
        macs = macs_of(graph, node)
        facts = [f"{graph.tensors[node.outputs[0]].bytes} B"]
        facts += [f"{weights} B constant"] if weights else []
        facts += [f"{macs:,} MAC"] if macs else []
        title = node.op if node.op != "map" else str(node.attrs["fn"])
        shown = [title, str(graph.tensors[node.outputs[0]]), ", ".join(facts)]
        boxes.append((row, node.outputs[0], shown, parents))
    return _drawn(
        graph, boxes, {n: node.outputs[0] for node in graph.nodes for n in node.outputs}
    )


def _drawn(
    graph: Graph,
    boxes: list[tuple[int, str, list[str], list[str]]],
    owner: dict[str, str],
) -> str:
    filled: dict[int, int] = {}
    places: dict[str, tuple[int, int]] = {}
    for row, name, _, _ in boxes:
        column = filled.get(row, 0)
        filled[row] = column + 1
        x = _MARGIN + column * (_WIDTH + _GAP_X)
        places[name] = (x, _MARGIN + row * (_HEIGHT + _GAP_Y))
    width = 2 * _MARGIN + max(filled.values()) * (_WIDTH + _GAP_X) - _GAP_X
    height = 2 * _MARGIN + (max(filled) + 1) * (_HEIGHT + _GAP_Y) - _GAP_Y
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for _, name, _, parents in boxes:
        x, y = places[name]
        for parent in parents:
            from_x, from_y = places[owner.get(parent, parent)]
            parts.append(
                f'<path d="M{from_x + _WIDTH // 2} {from_y + _HEIGHT} '
                f'L{x + _WIDTH // 2} {y}" stroke="#777" fill="none"/>'
            )
    outputs = {owner.get(name, name) for name in graph.outputs}
    for _, name, lines, _ in boxes:
        x, y = places[name]
        colour = "#dbeafe" if name in graph.inputs else "#f3f4f6"
        colour = "#dcfce7" if name in outputs else colour
        parts.append(
            f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="5" '
            f'fill="{colour}" stroke="#555"/>'
        )
        for at, line in enumerate(lines):
            weight = ' font-weight="bold"' if at == 0 else ""
            text = escape(line if len(line) <= 36 else f"{line[:35]}…")
            parts.append(
                f'<text x="{x + 10}" y="{y + 18 + 17 * at}"{weight}>{text}</text>'
            )
    return "\n".join([*parts, "</svg>", ""])
