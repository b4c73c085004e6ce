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
    """
    at = node.attrs
    cell, h = str(at["cell"]), int(at["hidden"])
    steps, batch, n = unit.tensor(node.inputs[0]).shape
    gates = _GATES[cell]
    directions = len(at["reverse"])
    names = ("x", "w", "r", "b", "h0", "c0", "peep")
    lines = [
        f"const float *{letter} = {unit.pointer(name)};"
        for letter, name in zip(names, node.inputs, strict=False)
    ]
    lines += [
        f"float *{letter} = {unit.pointer(name)};"
        for letter, name in zip(("y", "last", "cells"), node.outputs, strict=False)
    ]
    lines += [
        f"float *gate = {unit.scratch(node, 4 * (gates + 1) * h, 'float')};",
        "uint32_t t, s, g, j, k;",
    ]
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
    body = _gates(n, h, gates, d, cell, bool(at["linear_before_reset"]))
    functions = [
        _function(unit, node, name, alpha, beta)
        for name, alpha, beta in at["functions"][d]
    ]
    update = {"lstm": _lstm, "gru": _gru, "rnn": _rnn}[cell](node, functions, h, d)
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


def _gates(
    n: int, h: int, gates: int, d: int, cell: str, linear_before_reset: bool
) -> list[str]:
    """Sum up each gate; of a GRU's last gate the part of the state stays apart."""
    apart = cell == "gru"
    to = f"g < {(gates - 1) * h}U"
    lines = [
        f"for (g = 0; g < {gates * h}U; g++) {{",
        "    float p[4] = {0, 0, 0, 0}, q[4] = {0, 0, 0, 0};",
        f"    const float *wg = w + ({d * gates * h}U + g) * {n}U;",
        f"    const float *rg = r + ({d * gates * h}U + g) * {h}U;",
        f"    const float *bg = b + {2 * d * gates * h}U + g;",
        f"    for (k = 0; k < {n}U; k++) {{ p[k & 3U] += wg[k] * in[k]; }}",
        "    gate[g] = (p[0] + p[1]) + (p[2] + p[3]) + bg[0];",
    ]
    recur = [
        f"for (k = 0; k < {h}U; k++) {{ q[k & 3U] += rg[k] * hs[k]; }}",
        f"gate[g] += (q[0] + q[1]) + (q[2] + q[3]) + bg[{gates * h}U];",
    ]
    if not apart:
        return [*lines, *(f"    {line}" for line in recur), "}"]
    # The candidate of a GRU sees the state through the reset gate.
    other = recur[0] if linear_before_reset else ""
    lines += [f"    if ({to}) {{", *(f"        {line}" for line in recur), "    }"]
    if linear_before_reset:
        lines += [
            "    else {",
            f"        {other}",
            f"        gate[g + {h}U] = (q[0] + q[1]) + (q[2] + q[3]) + "
            f"bg[{gates * h}U];",
            "    }",
        ]
    else:
        lines += ["    (void)rg;", "    (void)q;"]
    return [*lines, "}"]


def _lstm(node: Node, f: list[str], h: int, d: int) -> list[str]:
    at = node.attrs
    peep = len(node.inputs) > 6
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


def _gru(node: Node, f: list[str], h: int, d: int) -> list[str]:
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
            f"for (j = 0; j < {h}U; j++) {{",
            "    float q[4] = {0, 0, 0, 0};",
            f"    const float *rg = r + ({3 * d * h + 2 * h}U + j) * {h}U;",
            f"    for (k = 0; k < {h}U; k++) {{",
            f"        q[k & 3U] += rg[k] * gate[{3 * h}U + k];",
            "    }",
            f"    gate[{2 * h}U + j] += (q[0] + q[1]) + (q[2] + q[3]) + "
            f"b[{6 * d * h + 5 * h}U + j];",
            "}",
        ]
    return [
        *lines,
        f"for (j = 0; j < {h}U; j++) {{",
        "    const float z = gate[j];",
        f"    const float fresh = {f[1].format(f'gate[{2 * h}U + j]')};",
        "    hs[j] = (1.0F - z) * fresh + z * hs[j];",
        "}",
    ]


def _rnn(node: Node, f: list[str], h: int, d: int) -> list[str]:
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
