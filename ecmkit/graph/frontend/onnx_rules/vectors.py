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

__all__ = ["RULES"]

_LEAST = 1e-7
"""Of a probability before two are brought together, as in libsvm."""
_ENOUGH = 0.005 / 2
"""Error at which libsvm stops."""


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
    """Read two classes, with or without probabilities (Platt's).

    Without, the scores are those of onnxruntime: the first column is what scikit-learn
    calls the decision, large for the second class, the other its negative. Where
    skl2onnx takes the wrong one of them the file is mended before it is read, see
    `ecmkit.graph.frontend.one_rest`.
    """
    x = rows_of(b, need(b, o, 0))
    if n_classes(b, o) != 2:
        raise b.fail(
            f"{n_classes(b, o)} classes, expected 2: train one against the rest"
        )
    per_class = list(o.get("vectors_per_class", ()))
    weights = floats(o, "coefficients")
    vectors = floats(o, "support_vectors").reshape(max(sum(per_class), 1), -1)
    if vectors.shape[1] != b.shape(x)[-1] or weights.size != len(vectors):
        raise b.fail(f"{vectors.shape} support vectors of {b.shape(x)[-1]} features")
    rho = b.constant(floats(o, "rho")[:1])
    first = _score(b, o, x, vectors, weights, rho)
    second = b.map("neg", first)
    label = label_of(b, o, b.concat([first, second], 1))
    slope, place = floats(o, "prob_a"), floats(o, "prob_b")
    if slope.size:
        line = b.map("mul", first, b.constant(slope[:1]))
        line = b.map("add", line, b.constant(place[:1]))
        return [label, _coupled(b, b.map("sigmoid", b.map("neg", line)))]
    return [label, transformed(b, o, b.concat([second, first], 1))]


def _coupled(b: Builder, alone: str) -> str:
    """Probabilities of two classes from that of a pair, as libsvm couples them.

    T.-F. Wu, C.-J. Lin and R. C. Weng, J. Mach. Learn. Res. 5 (2004), 975-1005,
    algorithm 2, from one half each. It would end at the pair's own probability; libsvm
    stops sooner, for two classes after two rounds at most, up to 0.005 away, and
    scikit-learn's probabilities are those.
    """
    one, enough = b.constant(1.0, "f32"), b.constant(_ENOUGH, "f32")
    least = b.constant(_LEAST, "f32")
    most = b.constant(1.0 - _LEAST, "f32")
    p = b.map("min", b.map("max", alone, least), most)
    q = b.map("sub", one, p)
    square_p, square_q = b.map("mul", p, p), b.map("mul", q, q)
    # Of the first class: what its probability is above p.
    above = b.map("sub", b.constant(0.5, "f32"), p)
    for _ in range(2):
        square = b.map("mul", above, above)
        by_p = b.map("mul", above, p)
        by_q = b.map("mul", above, q)
        errors = b.map("sub", by_q, square), b.map("add", by_p, square)
        error = b.map("max", *(b.map("abs", e) for e in errors))
        over = b.map("add", square_q, b.map("sub", square, by_q))
        next_ = b.map("div", b.map("mul", square, q), over)
        square = b.map("mul", next_, next_)
        over = b.map("add", square_p, b.map("add", square, b.map("mul", next_, p)))
        last = b.map("neg", b.map("div", b.map("mul", square, p), over))
        above = b.map("where", b.map("less", error, enough), above, last)
    first = b.map("add", p, above)
    return b.concat([first, b.map("sub", one, first)], 1)


RULES: dict[str, Rule] = {
    "SVMClassifier": _svm_classifier,
    "SVMRegressor": _svm_regressor,
}
