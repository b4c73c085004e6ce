"""Probabilities that mean what they say, as part of the exported model."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ecmkit.features.table import FeatureTable
from ecmkit.graph import CompiledModel
from ecmkit.graph.transform.calibrated import score_line
from ecmkit.train.model import TrainedModel
from ecmkit.train.onnx_writer import floats_only, serialised

__all__ = ["CalibrationMethod", "calibrated", "calibration_error", "cross_calibrated"]

CalibrationMethod = Literal["temperature", "isotonic", "deviations"]

_METHODS: dict[str, tuple[CalibrationMethod, ...]] = {
    "class": ("temperature", "isotonic"),
    "score": ("deviations",),
}
"""By kind of model, the usual one first."""

F64 = NDArray[np.float64]
_LEAST = 1e-7
"""Probability below which a logarithm says nothing."""
_KNOTS = 12
_GAP = 0.02
"""Of the knots of an isotonic map at least; nearer ones are noise."""


def calibrated(
    model: TrainedModel,
    table: FeatureTable,
    *,
    method: CalibrationMethod | None = None,
) -> TrainedModel:
    """Bring probabilities, or a score, to what was true of held-out recordings.

    Parameters
    ----------
    model : TrainedModel
        Of kind ``class`` or ``score``. Compress it first: the result has the network
        of before.
    table : FeatureTable
        Windows of recordings that it was not trained on; of a detector healthy ones,
        at least 50.
    method : {"temperature", "isotonic", "deviations"}, optional
        Of a classifier one factor for all logits, which changes no decision (C. Guo et
        al., ICML 2017), the default; or a rising broken line for each class and their
        sum made 1 (B. Zadrozny and C. Elkan, KDD 2002), which wants some hundred
        windows. Of a detector the standard deviations of a normal distribution above
        the median of healthy windows, see `graph.calibrated`: ranks stay, and it never
        saturates.

    Returns
    -------
    TrainedModel
        With the map in its ONNX, so that a device computes it too.

    Raises
    ------
    ValueError
        If the method is not one for the model's kind, the table is the one that it was
        trained on, or has other classes, or scores say nothing.

    Notes
    -----
    `calibration_error` on further recordings tells whether it helped.
    """
    return cross_calibrated(model, [(model, table)], method=method)


def cross_calibrated(
    model: TrainedModel,
    held_out: Sequence[tuple[TrainedModel, FeatureTable]],
    *,
    method: CalibrationMethod | None = None,
) -> TrainedModel:
    """Calibrate a model of all groups by models that have not learnt from some of them.

    So that a model may learn from all groups and still be calibrated on what was held
    out: the others are trained on all folds but one, see `ecmkit.train.folds`.

    Parameters
    ----------
    model : TrainedModel
        Of kind ``class`` or ``score``.
    held_out : sequence of tuple of TrainedModel and FeatureTable
        Models of the same settings, each with windows that it was not trained on; of
        detectors healthy ones, at least 50 together.
    method : {"temperature", "isotonic", "deviations"}, optional
        As of `calibrated`.

    Returns
    -------
    TrainedModel
        With the map in its ONNX.

    Raises
    ------
    ValueError
        If the method is not one for the model's kind, a table is the one that its model
        was trained on, or has other classes, or scores say nothing.
    """
    offered = _METHODS.get(model.kind, ())
    method = method or next(iter(offered), None)
    if method not in offered:
        raise ValueError(
            f"{model.name}: kind {model.kind!r} and method {method!r}, expected one of "
            + "; ".join(f"{k}: {', '.join(m)}" for k, m in _METHODS.items())
        )
    for own, table in held_out:
        if table.hash == own.table_hash:
            raise ValueError(
                f"{model.name}: the table that it was trained on, expected windows of "
                "other recordings: on its own it is always too sure"
            )
        if (own.kind, own.outputs) != (model.kind, model.outputs):
            raise ValueError(
                f"{model.name}: held out by a model of kind {own.kind} with outputs "
                f"{', '.join(own.outputs)}, expected {', '.join(model.outputs)}"
            )
    parts = [own.predict(table.x).astype(np.float64) for own, table in held_out]
    found = np.concatenate(parts)
    if method == "deviations":
        onnx = _with_deviations(model.onnx, found[:, 0])
        return replace(model, onnx=onnx, params=model.params | {"calibrated": method})
    truth = np.concatenate([_truth(model, table) for _, table in held_out])
    found = np.maximum(found, _LEAST)
    if method == "temperature":
        factor = _factor(np.log(found), truth)
        onnx, text = _with_factor(model.onnx, factor), f"temperature {1 / factor:.4g}"
    else:
        onnx, text = _with_lines(model.onnx, _lines(found, truth)), "isotonic"
    return replace(model, onnx=onnx, params=model.params | {"calibrated": text})


def calibration_error(
    model: TrainedModel | CompiledModel, table: FeatureTable, *, n_bins: int = 10
) -> float:
    """Return the expected calibration error: confidence against the share of hits.

    Parameters
    ----------
    model : TrainedModel or CompiledModel
        Of kind ``class``.
    table : FeatureTable
        Windows of recordings that neither training nor calibration has seen.
    n_bins : int
        Bins of as many windows each.

    Returns
    -------
    float
        Mean of ``|confidence - accuracy|`` over the bins, 0 to 1.

    Raises
    ------
    ValueError
        If the model is no classifier or the table has other classes.

    Notes
    -----
    M. P. Naeini et al., AAAI 2015; bins of equal mass after K. Nguyen and B. O'Connor,
    EMNLP 2015.
    """
    truth = _truth(model, table)
    found = model.predict(table.x).astype(np.float64)
    sure, right = found.max(1), found.argmax(1) == truth
    order = np.argsort(sure, kind="stable")
    parts = [rows for rows in np.array_split(order, n_bins) if len(rows)]
    gaps = [len(rows) * abs(sure[rows].mean() - right[rows].mean()) for rows in parts]
    return float(sum(gaps) / len(order))


def _truth(
    model: TrainedModel | CompiledModel, table: FeatureTable
) -> NDArray[np.int64]:
    """Numbers of the true classes."""
    if model.kind != "class":
        raise ValueError(
            f"{model.name}: a model of kind {model.kind!r}, expected 'class'"
        )
    numbers = {name: i for i, name in enumerate(model.outputs)}
    unknown = sorted(set(table.label.tolist()) - numbers.keys())
    if unknown or not len(table.label):
        raise ValueError(
            f"{model.name}: labels {unknown}, expected some of "
            f"{', '.join(model.outputs)}"
        )
    return np.array([numbers[label] for label in table.label.tolist()], np.int64)


def _factor(logits: F64, truth: NDArray[np.int64]) -> float:
    """Factor of the logits at which the truth is most probable."""
    from scipy.optimize import minimize_scalar

    def loss(log_factor: float) -> float:
        scaled = logits * math.exp(log_factor)
        norm = np.logaddexp.reduce(scaled, axis=1)
        return float((norm - scaled[np.arange(len(truth)), truth]).mean())

    found = minimize_scalar(loss, bounds=(-4.0, 4.0), method="bounded")
    return float(np.float32(math.exp(found.x)))


Line = tuple[F64, F64]


def _lines(found: F64, truth: NDArray[np.int64]) -> list[Line]:
    """Knots and values of a rising line for each class, from 0 to 1."""
    from sklearn.isotonic import IsotonicRegression

    lines = []
    for k in range(found.shape[1]):
        p, hit = found[:, k], (truth == k).astype(np.float64)
        fitted = IsotonicRegression(y_min=0.0, y_max=1.0).fit(p, hit)
        knots = np.unique(np.quantile(p, np.linspace(0, 1, _KNOTS)))
        kept = [knots[0]]
        for knot in knots[1:]:
            if knot - kept[-1] >= _GAP:
                kept.append(knot)
        if len(kept) == 1:
            kept.append(kept[0] + _GAP)
        # The mean about a knot, not the step that it may stand on.
        edges = [0.0, *(0.5 * (a + b) for a, b in pairwise(kept)), 1.0]
        values = []
        for at, (low, high) in enumerate(pairwise(edges)):
            rows = (p >= low) & (p <= high)
            mean = fitted.predict(p[rows]).mean() if rows.any() else np.nan
            values.append(fitted.predict([kept[at]])[0] if np.isnan(mean) else mean)
        rising = np.maximum.accumulate(values)
        lines.append((np.array(kept), np.clip(rising, _LEAST, 1.0)))
    return lines


# ---- ONNX ----


class _Appended:
    """A model without labels, to whose end operators are added."""

    def __init__(self, data: bytes) -> None:
        import onnx

        self.model = floats_only(onnx.load_from_string(data))
        versions = {one.domain: one.version for one in self.model.opset_import}
        if versions.get("", 0) < 13:
            raise ValueError(
                f"ONNX: operator set {versions.get('', 0)}, expected 13 or more"
            )
        self.name = self.model.graph.output[0].name
        # A model may be calibrated again: its new names are others.
        self.mark = f"calibration{len(self.model.graph.node)}"

    def node(self, op: str, inputs: list[str], output: str, **attrs: Any) -> str:
        """Add an operator; return the name of its output."""
        from onnx import helper

        made = f"{self.mark}_{output}"
        nodes = self.model.graph.node
        nodes.append(helper.make_node(op, inputs, [made], made, **attrs))
        return made

    def constant(self, name: str, value: Any) -> str:
        """Add a constant; return its name."""
        from onnx import numpy_helper

        made = f"{self.mark}_{name}"
        tensor = numpy_helper.from_array(np.asarray(value), made)
        self.model.graph.initializer.append(tensor)
        return made

    def finish(self, name: str) -> bytes:
        """Serialise it with another output, checked by ONNX itself."""
        import onnx

        self.model.graph.output[0].name = name
        onnx.checker.check_model(self.model, full_check=True)
        return serialised(self.model)


def _with_factor(data: bytes, factor: float) -> bytes:
    """Multiply what goes into the last softmax, or the logarithm of probabilities."""
    made = _Appended(data)
    nodes = made.model.graph.node
    writer = next(one for one in nodes if made.name in one.output)
    by = made.constant("factor", np.float32(factor))
    if writer.op_type == "Softmax":
        writer.input[0] = made.node("Mul", [writer.input[0], by], "scaled")
        # The factor stands at the end now, and the softmax shall come after it.
        nodes.append(writer)
        nodes.remove(writer)
        return made.finish(made.name)
    least = made.constant("least", np.float32(_LEAST))
    one = made.constant("one", np.float32(1.0))
    logits = made.node(
        "Log", [made.node("Clip", [made.name, least, one], "clipped")], "log"
    )
    scaled = made.node("Mul", [logits, by], "scaled")
    return made.finish(made.node("Softmax", [scaled], "p", axis=1))


def _with_deviations(data: bytes, scores: F64) -> bytes:
    """Send the score through the line of `graph.calibrated`."""
    knots, values, last = score_line(scores, "deviations")
    slopes = np.append(np.diff(values) / np.diff(knots), last)
    bends = np.diff(slopes)
    made = _Appended(data)
    node, constant = made.node, made.constant
    axes = constant("axis", np.array([1], np.int64))
    begin = constant("begin", np.array([knots[0]], np.float32))
    rate = constant("rate", np.array([slopes[0]], np.float32))
    places = constant("knots", knots[1:].astype(np.float32))
    turns = constant("bends", bends.astype(np.float32))
    least = constant("least", np.array([values[0]], np.float32))
    # The first slope holds below the first knot too.
    straight = node("Mul", [node("Sub", [made.name, begin], "above"), rate], "straight")
    cut = node("Relu", [node("Sub", [made.name, places], "beyond")], "cut")
    bent = node("Mul", [cut, turns], "bent")
    risen = node("ReduceSum", [bent, axes], "risen", keepdims=1)
    line = node("Add", [straight, risen], "line")
    return made.finish(node("Add", [line, least], "deviations"))


def _with_lines(data: bytes, lines: list[Line]) -> bytes:
    """Send each probability through its line and divide by their sum."""
    width = max(len(knots) for knots, _ in lines)
    knots, bends = np.zeros((2, len(lines), width))
    for k, (x, y) in enumerate(lines):
        slopes = np.concatenate([np.diff(y) / np.diff(x), [0.0]])
        knots[k, : len(x)], bends[k, : len(x)] = x, np.diff(slopes, prepend=0.0)
    first = np.array([y[0] for _, y in lines], np.float32)
    made = _Appended(data)
    node, constant = made.node, made.constant
    last = constant("axis_knot", np.array([2], np.int64))
    classes = constant("axis_class", np.array([1], np.int64))
    places = constant("knots", knots.astype(np.float32))
    turns = constant("bends", bends.astype(np.float32))
    begin = constant("first", first)
    least = constant("least", np.float32(_LEAST))
    one = constant("one", np.float32(1.0))
    column = node("Unsqueeze", [made.name, last], "column")
    cut = node("Relu", [node("Sub", [column, places], "above")], "cut")
    bent = node("Mul", [cut, turns], "bent")
    risen = node("ReduceSum", [bent, last], "risen", keepdims=0)
    inside = node("Clip", [node("Add", [risen, begin], "line"), least, one], "inside")
    total = node("ReduceSum", [inside, classes], "sum", keepdims=1)
    return made.finish(node("Div", [inside, total], "p"))
