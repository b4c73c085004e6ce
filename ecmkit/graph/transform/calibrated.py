"""Scores of anomalies in units that mean something: deviations or probabilities."""

from dataclasses import replace
from statistics import NormalDist
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit.errors import FormatError
from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.ir import Graph, Tensor

__all__ = ["ScoreUnit", "calibrated", "score_line"]

ScoreUnit = Literal["deviations", "probability"]

_LEVELS = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)
_BEYOND = 10
"""Reference scores that a knot has above it at least; the tail begins at the last."""


def calibrated(
    graph: Graph,
    reference: ArrayLike,
    *,
    unit: ScoreUnit = "deviations",
    anomalous: Literal["high", "low"] = "high",
    output: int = 0,
) -> Graph:
    """Bring a score into deviations or probabilities, by its values on healthy data.

    The map is a broken line through quantiles of the reference, so ranks stay as they
    are, and it goes on beyond the largest reference score: twice as far out is more,
    where a share of a table or an error function would say 1.

    Parameters
    ----------
    graph : Graph
        With an output of one float32 element, the score.
    reference : array-like
        Scores of healthy windows that the model was not fitted on, at least 50.
    unit : {"deviations", "probability"}
        Standard deviations of a normal distribution above its median; or the
        probability that a healthy window scores as high, which falls exponentially
        beyond the reference, down to 1e-38.
    anomalous : {"high", "low"}
        Which scores are: "low" for those that scikit-learn calls decision functions.
    output : int
        Which output it is.

    Returns
    -------
    Graph
        With this output in the new unit; of its shape.

    Raises
    ------
    ValueError
        If there are too few scores, they are not finite, or all but the same.
    FormatError
        If the output is not one float32 element.
    """
    if unit not in get_args(ScoreUnit) or anomalous not in ("high", "low"):
        raise ValueError(f"unit {unit!r}, anomalous {anomalous!r}")
    name = graph.outputs[output]
    own = graph.tensors[name]
    if own.dtype != "f32" or own.size != 1:
        raise FormatError(f"output {output} is {own}, expected one float32 element")
    scores = np.asarray(reference, np.float64).reshape(-1)
    sign = 1.0 if anomalous == "high" else -1.0
    knots, values, last = score_line(sign * scores, unit)
    b = Builder()
    b.inputs, b.tensors = list(graph.inputs), dict(graph.tensors)
    b.constants, b.nodes = dict(graph.constants), list(graph.nodes)
    b.source = "calibration"
    score = b.reshape(name, (1, 1))
    if sign < 0:
        score = b.map("neg", score)
    slopes = np.diff(values) / np.diff(knots)
    changes = np.diff([0.0, slopes[0], *slopes[1:], last])
    # The first slope holds below the first knot too: its part is not cut at 0.
    places = b.constant(knots.astype(np.float32))
    above = b.map("sub", score, b.reshape(places, (1, len(knots))))
    cut = b.map("relu", above)
    first = b.view(above, (1, 1), (0, 0))
    sum_of = b.matmul(cut, b.constant(_column([0.0, *changes[1:]])))
    line = b.map("mul", first, b.constant(float(changes[0]), "f32"))
    made = b.map("add", line, sum_of)
    made = b.map("add", made, b.constant(float(values[0]), "f32"))
    if unit == "probability":
        made = b.map("sigmoid", b.map("neg", made))
    outputs = list(graph.outputs)
    outputs[output] = b.reshape(made, own.shape)
    done = b.graph([*outputs, *(state.output for state in graph.states.values())])
    tensors: dict[str, Tensor] = {
        **done.tensors,
        **{state: graph.tensors[state] for state in graph.states},
    }
    return replace(done, outputs=tuple(outputs), states=graph.states, tensors=tensors)


def _column(values: list[float]) -> NDArray[np.float32]:
    return np.array(values, np.float32).reshape(-1, 1)


def score_line(
    scores: NDArray[np.float64], unit: ScoreUnit
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Knots, what they become, and the slope beyond the last of them.

    Parameters
    ----------
    scores : ndarray of float64, shape (n,)
        Of healthy windows, large where strange.
    unit : {"deviations", "probability"}
        As for `calibrated`; of a probability p the values are ``log(1 / p - 1)``.

    Raises
    ------
    ValueError
        If there are too few scores, they are not finite, or all but the same.
    """
    n = scores.size
    if n < 50 or not np.isfinite(scores).all():
        raise ValueError(f"{n} reference scores, expected 50 finite ones or more")
    levels = np.array([q for q in _LEVELS if n * (1 - q) >= _BEYOND and n * q >= 1])
    knots = np.quantile(scores, levels).astype(np.float32).astype(np.float64)
    kept = np.concatenate([np.diff(knots) > 0, [True]])
    knots, levels = knots[kept], levels[kept]
    if len(knots) < 3:
        raise ValueError("reference scores are nearly all the same")
    excess = float((scores[scores > knots[-1]] - knots[-1]).mean())
    if unit == "probability":
        # The odds of a tail that falls exponentially, by its mean excess.
        return knots, np.log(levels / (1 - levels)), 1.0 / excess
    normal = NormalDist()
    values = np.array([normal.inv_cdf(q) for q in levels])
    # A normal tail falls by the hazard of its last knot.
    hazard = normal.pdf(values[-1]) / (1 - levels[-1])
    return knots, values, 1.0 / (excess * hazard)
