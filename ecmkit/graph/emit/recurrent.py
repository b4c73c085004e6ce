"""Recurrent layers: LSTM, GRU and the plain one, as ONNX defines them."""

from ecmkit.graph.emit.functions import FUNCTIONS, literal
from ecmkit.graph.emit.unit import Unit
from ecmkit.graph.ir import Node

__all__ = ["recurrent"]

_GATES = {"lstm": 4, "gru": 3, "rnn": 1}


def recurrent(unit: Unit, node: Node) -> list[str]:
    """Run a sequence through a cell.

    Inputs: x (steps, batch, n), w (directions, gates h, n), r (directions, gates h, h),
    b (directions, 2 gates h), start (directions, batch, h), and of an LSTM the start of
    the cell and the peepholes (directions, 3 h). Outputs: y (steps, directions, batch,
    h), the last of it, and the last of the cell.

    Settings: `cell`, `hidden`, `reverse` (one truth value a direction), `functions`
    (names, one tuple a direction), `clip` (0: none), `linear_before_reset`, `coupled`.
    With `int8`, the scales and zero points of x and of the state, w and r are int8, and
    the last two inputs are the scales of their rows, times those.
    """
    at = node.attrs
    cell, h = str(at["cell"]), int(at["hidden"])
    steps, batch, n = unit.tensor(node.inputs[0]).shape
    gates = _GATES[cell]
    directions = len(at["reverse"])
    small = "int8" in at
    unit.modules.update(("nn_rnn", "quant") if small else ("nn_rnn",))
    inputs = list(node.inputs)
    scales = [inputs.pop() for _ in range(2)][::-1] if small else []
    names = ("x", "w", "r", "b", "h0", "c0", "peep")
    pairs = [
        *zip(names, inputs, strict=False),
        *zip(("ws", "rs"), scales, strict=False),
    ]
    lines = [
        f"const {unit.tensor(name).c_type} *{letter} = {unit.pointer(name)};"
        for letter, name in pairs
    ]
    lines += [
        f"float *{letter} = {unit.pointer(name)};"
        for letter, name in zip(("y", "last", "cells"), node.outputs, strict=False)
    ]
    floats = (gates + 1) * h
    n_bytes = 4 * floats + (max(n, h) if small else 0)
    lines += [f"float *gate = {unit.scratch(node, n_bytes, 'float')};"]
    if small:
        lines += [f"int8_t *q = (int8_t *)(void *)(gate + {floats}U);"]
    lines += ["uint32_t t, s, j;", *(["uint32_t g;"] if cell == "gru" else [])]
    for d in range(directions):
        lines += _direction(unit, node, d, steps, batch, n, h, gates, directions)
    return lines


def _direction(
    unit: Unit,
    node: Node,
    d: int,
    steps: int,
    batch: int,
    n: int,
    h: int,
    gates: int,
    directions: int,
) -> list[str]:
    at = node.attrs
    cell = str(at["cell"])
    order = f"{steps - 1}U - t" if at["reverse"][d] else "t"
    state = f"(last + ({d}U * {batch}U + s) * {h}U)"
    body = _gates(unit, node, n, h, gates, d)
    functions = [
        _function(unit, node, name, alpha, beta)
        for name, alpha, beta in at["functions"][d]
    ]
    update = {"lstm": _lstm, "gru": _gru, "rnn": _rnn}[cell](
        unit, node, functions, h, d
    )
    cells = []
    if cell == "lstm":
        cells = [
            f"float *cs = cells + ({d}U * {batch}U + s) * {h}U;",
        ]
    start = [
        f"memcpy(last + {d * batch * h}U, h0 + {d * batch * h}U, {4 * batch * h}U);"
    ]
    if cell == "lstm":
        start.append(
            f"memcpy(cells + {d * batch * h}U, c0 + {d * batch * h}U, "
            f"{4 * batch * h}U);"
        )
    return [
        *start,
        f"for (t = 0; t < {steps}U; t++) {{",
        f"    for (s = 0; s < {batch}U; s++) {{",
        f"        const float *in = x + (({order}) * {batch}U + s) * {n}U;",
        f"        float *hs = {state};",
        *(f"        {line}" for line in cells),
        *(f"        {line}" for line in body),
        *(f"        {line}" for line in update),
        f"        memcpy(y + ((({order}) * {directions}U + {d}U) * {batch}U + s) * "
        f"{h}U, hs, {4 * h}U);",
        "    }",
        "}",
    ]


def _rows(node: Node, which: str, d: int, gates: int, n: int, first: int, rows: int,
          h: int) -> str:  # fmt: skip
    """Rows of weights of what comes in (``w``) or of the state (``r``), as a table."""
    row = d * gates * h + first
    bias = 2 * d * gates * h + first + (gates * h if which == "r" else 0)
    scale = f"{which}s + {row}U, " if "int8" in node.attrs else ""
    return f"{{{which} + {row * n}U, {scale}b + {bias}U, {n}U, {rows}U}}"


def _add(unit: Unit, node: Node, which: str, table: str, x: str, n: int,
         sums: str) -> list[str]:  # fmt: skip
    """Add a product to sums; int8: of what is quantised for it."""
    if "int8" not in node.attrs:
        return [
            "{",
            f"    const ecm_nn_rnn_f32_t rows = {table};",
            f"    (void)ecm_nn_rnn_add_f32(&rows, {x}, {sums});",
            "}",
        ]
    scale, zero = node.attrs["int8"][which == "r"]
    step, zero = unit.number(scale, "f32"), unit.number(zero, "s32")
    return [
        "{",
        f"    const ecm_nn_rnn_s8_t rows = {table};",
        f"    (void)ecm_quant_quantize_f32_s8({x}, {n}U, {step}, {zero}, q);",
        f"    (void)ecm_nn_rnn_add_s8(&rows, q, {sums});",
        "}",
    ]


def _gates(unit: Unit, node: Node, n: int, h: int, gates: int, d: int) -> list[str]:
    """Sum up each gate; of a GRU's last gate the part of the state stays apart."""
    gru = node.attrs["cell"] == "gru"
    linear = gru and bool(node.attrs["linear_before_reset"])
    own = (gates - 1 if gru else gates) * h
    lines = [
        f"memset(gate, 0, {4 * (gates + linear) * h}U);",
        *_add(unit, node, "w", _rows(node, "w", d, gates, n, 0, gates * h, h), "in", n,
              "gate"),
        *_add(unit, node, "r", _rows(node, "r", d, gates, h, 0, own, h), "hs", h,
              "gate"),
    ]  # fmt: skip
    if linear:
        table = _rows(node, "r", d, gates, h, own, h, h)
        lines += _add(unit, node, "r", table, "hs", h, f"gate + {gates * h}U")
    return lines


def _lstm(unit: Unit, node: Node, f: list[str], h: int, d: int) -> list[str]:
    at = node.attrs
    peep = len(node.inputs) > (8 if "int8" in at else 6)
    pi = f" + peep[{3 * d * h}U + j] * cs[j]" if peep else ""
    po = f" + peep[{3 * d * h + h}U + j] * now" if peep else ""
    pf = f" + peep[{3 * d * h + 2 * h}U + j] * cs[j]" if peep else ""
    forget = "1.0F - i" if at["coupled"] else f[0].format(f"gate[{2 * h}U + j]{pf}")
    return [
        f"for (j = 0; j < {h}U; j++) {{",
        f"    const float i = {f[0].format(f'gate[j]{pi}')};",
        f"    const float keep = {forget};",
        f"    const float fresh = {f[1].format(f'gate[{3 * h}U + j]')};",
        "    const float now = keep * cs[j] + i * fresh;",
        f"    const float o = {f[0].format(f'gate[{h}U + j]{po}')};",
        "    cs[j] = now;",
        f"    hs[j] = o * {f[2].format('now')};",
        "}",
    ]


def _gru(unit: Unit, node: Node, f: list[str], h: int, d: int) -> list[str]:
    linear = bool(node.attrs["linear_before_reset"])
    lines = [
        f"for (g = 0; g < {2 * h}U; g++) {{ gate[g] = {f[0].format('gate[g]')}; }}"
    ]
    if linear:
        lines += [
            f"for (j = 0; j < {h}U; j++) {{",
            f"    gate[{2 * h}U + j] += gate[{h}U + j] * gate[{3 * h}U + j];",
            "}",
        ]
    else:
        lines += [
            f"for (j = 0; j < {h}U; j++) {{",
            f"    gate[{3 * h}U + j] = gate[{h}U + j] * hs[j];",
            "}",
            *_add(unit, node, "r", _rows(node, "r", d, 3, h, 2 * h, h, h),
                  f"gate + {3 * h}U", h, f"gate + {2 * h}U"),
        ]  # fmt: skip
    return [
        *lines,
        f"for (j = 0; j < {h}U; j++) {{",
        "    const float z = gate[j];",
        f"    const float fresh = {f[1].format(f'gate[{2 * h}U + j]')};",
        "    hs[j] = (1.0F - z) * fresh + z * hs[j];",
        "}",
    ]


def _rnn(unit: Unit, node: Node, f: list[str], h: int, d: int) -> list[str]:
    return [f"for (j = 0; j < {h}U; j++) {{ hs[j] = {f[0].format('gate[j]')}; }}"]


_NAMES = {
    "sigmoid": "sigmoid", "tanh": "tanh", "relu": "relu", "affine": "",
    "leakyrelu": "leaky_relu", "thresholdedrelu": "thresholded_relu", "elu": "elu",
    "hardsigmoid": "hard_sigmoid", "softsign": "softsign", "softplus": "softplus",
}  # fmt: skip


def _function(unit: Unit, node: Node, name: str, alpha: float, beta: float) -> str:
    """C of an activation with ``{0}`` for the argument, clipped before if asked."""
    key = _NAMES.get(name.lower(), "")
    if not key:
        raise node.refuse(f"activation {name!r}, expected one of {', '.join(_NAMES)}")
    function = FUNCTIONS[key]
    unit.modules.update(function.modules)
    limit = float(node.attrs["clip"])
    argument = "({0})"
    if limit:
        unit.modules.add("func")
        most = literal(limit, "f32")
        argument = f"ecm_func_clip_f32({{0}}, -{most}, {most})"
    text = function.real.format(
        "\0", alpha=literal(alpha, "f32"), beta=literal(beta, "f32")
    )
    return text.replace("\0", argument)
