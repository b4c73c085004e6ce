"""LSTM, GRU and RNN."""

from collections.abc import Callable

import numpy as np

from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.frontend.onnx_file import Operator
from ecmkit.graph.frontend.onnx_rules.helpers import has, need
from ecmkit.graph.ir import Tensor

__all__ = ["RULES"]

Rule = Callable[[Builder, Operator], list[str]]

_FUNCTIONS = {
    "lstm": ("Sigmoid", "Tanh", "Tanh"),
    "gru": ("Sigmoid", "Tanh"),
    "rnn": ("Tanh",),
}
_GATES = {"lstm": 4, "gru": 3, "rnn": 1}
_ALPHAS = {"leakyrelu": 0.01, "thresholdedrelu": 1.0, "elu": 1.0, "hardsigmoid": 0.2}


def _cell(cell: str) -> Rule:
    def rule(b: Builder, o: Operator) -> list[str]:
        x, w, r = (need(b, o, at) for at in range(3))
        if int(o.get("layout", 0)):
            x = b.transpose(x, (1, 0, 2))
        steps, batch, n = b.shape(x)
        h = int(o.get("hidden_size", b.shape(r)[-1]))
        gates = _GATES[cell]
        way = str(o.get("direction", "forward"))
        reverse = {
            "forward": (False,), "reverse": (True,), "bidirectional": (False, True),
        }.get(way)  # fmt: skip
        if reverse is None:
            raise b.fail(f"attribute `direction`: {way!r}")
        d = len(reverse)
        if b.shape(w) != (d, gates * h, n) or b.shape(r) != (d, gates * h, h):
            raise b.fail(f"weights {list(b.shape(w))} and {list(b.shape(r))}")
        _check_lengths(b, o, steps)
        zeros = b.constant(np.zeros((d, batch, h), np.float32))
        bias = has(o, 3) or b.constant(np.zeros((d, 2 * gates * h), np.float32))
        starts = []
        for at in (5, 6)[: 2 if cell == "lstm" else 1]:
            start = has(o, at)
            if start is not None and int(o.get("layout", 0)):
                start = b.transpose(start, (1, 0, 2))
            starts.append(start or zeros)
        inputs = [x, w, r, bias, *starts]
        peep = has(o, 7) if cell == "lstm" else None
        if peep is not None:
            inputs.append(peep)
        attrs = {
            "cell": cell,
            "hidden": h,
            "reverse": reverse,
            "functions": _functions(b, o, cell, d),
            "clip": float(o.get("clip", 0.0)),
            "linear_before_reset": bool(o.get("linear_before_reset", 0)),
            "coupled": bool(o.get("input_forget", 0)),
        }
        state = Tensor("f32", (d, batch, h))
        outs = [Tensor("f32", (steps, d, batch, h)), state]
        outs += [state] if cell == "lstm" else []
        made = b.emit("recurrent", inputs, outs, attrs)
        if int(o.get("layout", 0)):
            made = [b.transpose(made[0], (2, 0, 1, 3))] + [
                b.transpose(v, (1, 0, 2)) for v in made[1:]
            ]
        return made

    return rule


def _check_lengths(b: Builder, o: Operator, steps: int) -> None:
    name = has(o, 4)
    if name is not None and (b.known(name, "sequence_lens") != steps).any():
        raise b.fail("sequence_lens differ from the length of the input")


def _functions(
    b: Builder, o: Operator, cell: str, d: int
) -> tuple[tuple[tuple[str, float, float], ...], ...]:
    names = list(o.get("activations", _FUNCTIONS[cell] * d))
    each = len(_FUNCTIONS[cell])
    if len(names) != each * d:
        raise b.fail(f"attribute `activations`: {names}, expected {each * d}")
    alphas = list(o.get("activation_alpha", ()))
    betas = list(o.get("activation_beta", ()))
    made = []
    for name in names:
        key = name.lower()
        alpha = alphas.pop(0) if key in _ALPHAS and alphas else _ALPHAS.get(key, 1.0)
        beta = betas.pop(0) if key == "hardsigmoid" and betas else 0.5
        made.append((name, float(alpha), float(beta)))
    return tuple(tuple(made[i * each : (i + 1) * each]) for i in range(d))


RULES: dict[str, Rule] = {
    "GRU": _cell("gru"),
    "LSTM": _cell("lstm"),
    "RNN": _cell("rnn"),
}
