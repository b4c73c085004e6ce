"""Support vectors of ``ai.onnx.ml``: scores and probabilities as scikit-learn's."""

from typing import Any

import numpy as np

from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.frontend.onnx_file import Operator, Rule
from ecmkit.graph.frontend.onnx_rules.helpers import need
from ecmkit.graph.frontend.onnx_rules.learners import (
    floats,
    label_of,
    n_classes,
    rows_of,
    transformed,
)
from ecmkit.graph.ir import Tensor

__all__ = ["RULES", "of_classes"]


def _kernel(b: Builder, o: Operator, x: str, vectors: Any) -> str:
    """Values of the kernel between each row and each support vector."""
    gamma, shift, degree = (*floats(o, "kernel_params").tolist(), 1.0, 0.0, 3.0)[:3]
    kind = str(o.get("kernel_type"))
    own = b.shape(x)
    if kind == "RBF":
        tensor = Tensor("f32", (*own[:-1], len(vectors)))
        near = b.emit("square_distances", [x, b.constant(vectors)], tensor)[0]
        return b.map("exp", b.map("mul", near, b.constant(-gamma, "f32")))
    product = b.matmul(x, b.constant(np.ascontiguousarray(vectors.T)))
    line = b.map("mul", product, b.constant(gamma, "f32"))
    line = b.map("add", line, b.constant(shift, "f32"))
    if kind == "POLY":
        return b.map("pow", line, b.constant(degree, "f32"))
    if kind == "SIGMOID":
        return b.map("tanh", line)
    raise b.fail(f"attribute `kernel_type`: {kind!r}")


def _score(
    b: Builder, o: Operator, x: str, vectors: Any, weights: Any, rho: str
) -> str:
    """Weighted sum of the kernel's values; of a linear one a single product."""
    if str(o.get("kernel_type", "LINEAR")) == "LINEAR":
        line = vectors.T.astype(np.float64) @ weights.astype(np.float64)
        return b.matmul(x, b.constant(line.astype(np.float32).reshape(-1, 1)), rho)
    values = _kernel(b, o, x, vectors)
    return b.matmul(values, b.constant(weights.reshape(-1, 1)), rho)


def _svm_regressor(b: Builder, o: Operator) -> list[str]:
    x = rows_of(b, need(b, o, 0))
    n = b.shape(x)[-1]
    count = int(o.get("n_supports", 0))
    weights = floats(o, "coefficients")
    rho = b.constant(floats(o, "rho")[:1])
    if count:
        vectors = floats(o, "support_vectors").reshape(count, -1)
        if vectors.shape[1] != n or weights.size != count:
            raise b.fail(f"{vectors.shape} support vectors of {n} features")
        score = _score(b, o, x, vectors, weights, rho)
    else:
        score = b.matmul(x, b.constant(weights.reshape(-1, 1)), rho)
    if int(o.get("one_class", 0)):
        positive = b.map("greater", score, b.constant(0.0, "f32"))
        one = b.constant(1.0, "f32")
        return [b.map("where", positive, one, b.constant(-1.0, "f32"))]
    return [transformed(b, o, score)]


def _svm_classifier(b: Builder, o: Operator) -> list[str]:
    """Read classes that each pair decides between, with or without probabilities.

    Without, the scores are those of onnxruntime: one a pair, large for the first of it.
    Of two classes they are two: the first column is what scikit-learn calls the
    decision, large for the second class, the other its negative. Where skl2onnx takes
    the wrong one of them, and where it spells a score a class out, the file is mended
    before it is read, see `ecmkit.graph.frontend.one_vs_rest`.
    """
    x = rows_of(b, need(b, o, 0))
    if not any(o.get("vectors_per_class", ())):
        return _lines(b, o, x)
    scores = _pairs(b, o, x)
    votes = _chosen(b, b.map("greater", scores, b.constant(0.0, "f32")))
    label = label_of(b, o, _sums(b, votes, n_classes(b, o)))
    slope, place = floats(o, "prob_a"), floats(o, "prob_b")
    own = b.shape(scores)
    if slope.size:
        if slope.size != own[1] or place.size != own[1]:
            raise b.fail(f"{slope.size} `prob_a` and {place.size} `prob_b` of {own[1]}")
        inputs = [scores, b.constant(slope), b.constant(place)]
        tensor = Tensor("f32", (own[0], n_classes(b, o)))
        return [label, transformed(b, o, b.emit("coupled", inputs, tensor)[0])]
    if own[1] == 1:
        scores = b.concat([b.map("neg", scores), scores], 1)
    return [label, transformed(b, o, scores)]


def _lines(b: Builder, o: Operator, x: str) -> list[str]:
    """Read classes without support vectors: a row of weights each, the same `rho`."""
    classes, n = n_classes(b, o), b.shape(x)[-1]
    weights, rho = floats(o, "coefficients"), floats(o, "rho")
    if classes < 3:
        raise b.fail("two classes without support vectors: LinearClassifier has them")
    if weights.size != classes * n or not rho.size:
        raise b.fail(
            f"{weights.size} `coefficients` of {classes} classes, {n} features"
        )
    lines = b.constant(np.ascontiguousarray(weights.reshape(classes, n).T))
    scores = b.matmul(x, lines, b.constant(np.repeat(rho[:1], classes)))
    return [label_of(b, o, scores), transformed(b, o, scores)]


def _pairs(b: Builder, o: Operator, x: str) -> str:
    """Score of each pair of classes: (0, 1), (0, 2), .., (1, 2), .."""
    classes, n = n_classes(b, o), b.shape(x)[-1]
    counts = [int(v) for v in o.get("vectors_per_class", ())]
    pairs, total = classes * (classes - 1) // 2, sum(counts)
    if classes < 2 or len(counts) != classes or min(counts) < 0:
        raise b.fail(f"`vectors_per_class` {counts} of {classes} classes")
    vectors, rho = floats(o, "support_vectors"), floats(o, "rho")
    weights = floats(o, "coefficients")
    if vectors.size != total * n or weights.size != (classes - 1) * total:
        raise b.fail(
            f"{vectors.size} `support_vectors` and {weights.size} `coefficients` of "
            f"{total} vectors, {n} features and {classes} classes"
        )
    if rho.size != pairs:
        raise b.fail(f"{rho.size} `rho`, expected {pairs} for {classes} classes")
    vectors, weights = vectors.reshape(total, n), weights.reshape(-1, total)
    starts = np.concatenate([[0], np.cumsum(counts)])
    if str(o.get("kernel_type", "LINEAR")) == "LINEAR":
        lines = [
            weights[j - 1, at[0] : at[1]].astype(np.float64) @ vectors[at[0] : at[1]]
            + weights[i, at[2] : at[3]].astype(np.float64) @ vectors[at[2] : at[3]]
            for i in range(classes)
            for j in range(i + 1, classes)
            for at in [(*starts[i : i + 2], *starts[j : j + 2])]
        ]
        made = np.array(lines).T.astype(np.float32)
        return b.matmul(x, b.constant(made), b.constant(rho))
    values = _kernel(b, o, x, vectors)
    if classes == 2:
        return b.matmul(values, b.constant(weights.reshape(-1, 1)), b.constant(rho))
    places = starts.astype(np.uint16 if total < 1 << 16 else np.uint32)
    return b.emit(
        "pair_scores",
        [values, b.constant(weights), b.constant(rho), b.constant(places)],
        Tensor("f32", (b.shape(x)[0], pairs)),
    )[0]


def _chosen(b: Builder, first: str) -> str:
    """1 where the first of a pair is chosen, else -1."""
    return b.map("where", first, b.constant(1.0, "f32"), b.constant(-1.0, "f32"))


def _sums(b: Builder, pairs: str, classes: int) -> str:
    """Add up what the pairs of each class hold; of votes the most are the most."""
    return b.emit("pair_sums", [pairs], Tensor("f32", (b.shape(pairs)[0], classes)))[0]


def of_classes(b: Builder, o: Operator) -> list[str]:
    """Read a score a class from those of pairs: votes, and how clear they are.

    As scikit-learn's ``decision_function_shape="ovr"``: votes + s / (3 (|s| + 1)).
    """
    pairs, classes = b.cast(need(b, o, 0), "f32"), o.get("n_classes")
    own = b.shape(pairs)
    if not isinstance(classes, int) or len(own) != 2:
        raise b.fail(f"attribute `n_classes`: {classes!r}, pairs of shape {list(own)}")
    if classes < 2 or own[1] != classes * (classes - 1) // 2:
        raise b.fail(f"{own[1]} pairs of {classes} classes")
    no_less = b.map("greater_equal", pairs, b.constant(0.0, "f32"))
    # Won less lost, and both are one less than there are classes.
    votes = _sums(b, _chosen(b, no_less), classes)
    votes = b.map("add", votes, b.constant(float(classes - 1), "f32"))
    votes = b.map("mul", votes, b.constant(0.5, "f32"))
    clear = _sums(b, pairs, classes)
    size = b.map("add", b.map("abs", clear), b.constant(1.0, "f32"))
    size = b.map("mul", size, b.constant(3.0, "f32"))
    return [b.map("add", votes, b.map("div", clear, size))]


RULES: dict[str, Rule] = {
    "SVMClassifier": _svm_classifier,
    "SVMRegressor": _svm_regressor,
}
