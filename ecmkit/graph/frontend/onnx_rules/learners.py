"""Operators of ``ai.onnx.ml``: what scikit-learn and its kin are exported as."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.frontend.onnx_file import Operator
from ecmkit.graph.frontend.onnx_rules.helpers import need
from ecmkit.graph.frontend.onnx_rules.tree_tables import older_form
from ecmkit.graph.frontend.onnx_rules.trees import ensemble_of
from ecmkit.graph.ir import Tensor

__all__ = [
    "RULES",
    "distances",
    "floats",
    "label_of",
    "n_classes",
    "rows_of",
    "transformed",
]

Rule = Callable[[Builder, Operator], list[str]]


def floats(o: Operator, name: str) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Numbers of a setting; none if it is left out."""
    return np.asarray(o.get(name, ()), np.float32).reshape(-1)


def rows_of(b: Builder, x: str) -> str:
    """Rows of float32: a vector is one row."""
    x = b.cast(x, "f32")
    own = b.shape(x)
    return b.reshape(x, (1, *own)) if len(own) == 1 else x


def _scaler(b: Builder, o: Operator) -> list[str]:
    x = b.cast(need(b, o, 0), "f32")
    offset, scale = floats(o, "offset"), floats(o, "scale")
    less = b.map("sub", x, b.constant(offset)) if offset.size else x
    return [b.map("mul", less, b.constant(scale)) if scale.size else less]


def _normalizer(b: Builder, o: Operator) -> list[str]:
    x = rows_of(b, need(b, o, 0))
    fn = {"MAX": "max", "L1": "l1", "L2": "l2"}.get(str(o.get("norm", "MAX")))
    if fn is None:
        raise b.fail(f"attribute `norm`: {o.get('norm')!r}")
    source = b.map("abs", x) if fn == "max" else x
    norm = b.reduce(fn, source, [-1], keep=True)
    zero, one = b.constant(0.0, "f32"), b.constant(1.0, "f32")
    return [b.map("div", x, b.map("where", b.map("equal", norm, zero), one, norm))]


def _binarizer(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    limit = b.constant(float(o.get("threshold", 0.0)), b.dtype(x))
    return [b.cast(b.map("greater", x, limit), b.dtype(x))]


def _imputer(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    real = b.dtype(x) == "f32"
    name = "imputed_value_floats" if real else "imputed_value_int64s"
    values = np.asarray(o.get(name, ()), np.float32 if real else np.int64)
    lost = o.get("replaced_value_float" if real else "replaced_value_int64", 0)
    if real and np.isnan(lost):
        test = b.map("isnan", x)
    else:
        test = b.map("equal", x, b.constant(lost, b.dtype(x)))
    return [b.map("where", test, b.constant(values), x)]


def _extractor(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    own = b.shape(x)
    numbers = need(b, o, 1)
    count = b.tensors[numbers].size
    numbers = b.reshape(numbers, (count,))
    made = b.take(x, numbers, len(own) - 1)
    return [b.reshape(made, (1, count)) if len(own) == 1 else made]


def _label_encoder(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    keys = o.get("keys_int64s", o.get("keys_floats"))
    values = o.get("values_int64s", o.get("values_floats"))
    if keys is None or values is None or len(keys) != len(values):
        raise b.fail("texts have no form on a device: encode by numbers")
    whole = "values_int64s" in o.attrs
    kind = "s64" if whole else "f32"
    default = o.get("default_int64", -1) if whole else o.get("default_float", -0.0)
    made = b.expand(b.constant(default, kind), b.shape(x))  # type: ignore[arg-type]
    for key, value in zip(keys, values, strict=True):
        test = b.map("equal", x, b.constant(key, b.dtype(x)))
        if isinstance(key, float) and np.isnan(key):
            test = b.map("isnan", x)
        made = b.map("where", test, b.constant(value, kind), made)  # type: ignore[arg-type]
    return [made]


def _zip_map(b: Builder, o: Operator) -> list[str]:
    """Keep the table: a map from names to numbers has no form on a device."""
    return [need(b, o, 0)]


# ---- transforms and labels ----


def transformed(b: Builder, o: Operator, scores: str) -> str:
    """Scores as ``post_transform`` wants them."""
    match str(o.get("post_transform", "NONE")):
        case "NONE":
            return scores
        case "LOGISTIC":
            return b.map("sigmoid", scores)
        case "SOFTMAX":
            attrs = {"axis": len(b.shape(scores)) - 1, "log": False}
            return b.emit("softmax", [scores], b.tensors[scores], attrs)[0]
        case other:
            raise b.fail(f"attribute `post_transform`: {other!r} is not supported")


def _labels(o: Operator) -> list[int] | None:
    """Class labels that are numbers; None for names, whose place is the label."""
    labels = o.get("classlabels_ints", o.get("classlabels_int64s"))
    return [int(v) for v in labels] if labels is not None else None


def n_classes(b: Builder, o: Operator) -> int:
    """Count the classes of a classifier by its labels."""
    labels = _labels(o)
    names = o.get("classlabels_strings", ()) if labels is None else labels
    if not names:
        raise b.fail("no class labels")
    return len(names)


def label_of(b: Builder, o: Operator, scores: str) -> str:
    """Label of the largest score; the number of the class where labels are names."""
    own = b.shape(scores)
    attrs = {"fn": "max", "axis": len(own) - 1, "last": False}
    (at,) = b.emit("arg", [scores], Tensor("s64", own[:-1]), attrs)
    labels = _labels(o)
    if labels is None or labels == list(range(len(labels))):
        return at
    return b.take(b.constant(np.array(labels, np.int64)), at, 0)


def _one_score(b: Builder, o: Operator, score: str) -> str:
    """Both columns of a classifier that has one score, for its second class."""
    match str(o.get("post_transform", "NONE")):
        case "LOGISTIC":
            second = b.map("sigmoid", score)
            first = b.map("sub", b.constant(1.0, "f32"), second)
        case "NONE" | "SOFTMAX":
            second, first = score, b.map("neg", score)
        case other:
            raise b.fail(f"attribute `post_transform`: {other!r} is not supported")
    both = b.concat([first, second], len(b.shape(score)) - 1)
    return transformed(b, o, both) if o.get("post_transform") == "SOFTMAX" else both


def _linear_classifier(b: Builder, o: Operator) -> list[str]:
    x = rows_of(b, need(b, o, 0))
    n = b.shape(x)[-1]
    weights = floats(o, "coefficients")
    if weights.size == 0 or weights.size % n:
        raise b.fail(f"{weights.size} coefficients of {n} features")
    rows = weights.reshape(-1, n)
    offset = floats(o, "intercepts")
    bias = b.constant(offset) if offset.size else None
    scores = b.matmul(x, b.constant(np.ascontiguousarray(rows.T)), bias)
    if len(rows) == 1 and n_classes(b, o) == 2:
        table = _one_score(b, o, scores)
    else:
        table = transformed(b, o, scores)
    return [label_of(b, o, table), table]


def _linear_regressor(b: Builder, o: Operator) -> list[str]:
    x = rows_of(b, need(b, o, 0))
    targets = int(o.get("targets", 1))
    weights = floats(o, "coefficients")
    if weights.size != targets * b.shape(x)[-1]:
        raise b.fail(f"{weights.size} coefficients of {b.shape(x)[-1]} features")
    rows = weights.reshape(targets, -1)
    offset = floats(o, "intercepts")
    bias = b.constant(offset) if offset.size else None
    return [
        transformed(b, o, b.matmul(x, b.constant(np.ascontiguousarray(rows.T)), bias))
    ]


def _with_base(b: Builder, scores: str, base: np.ndarray[Any, Any]) -> str:
    return b.map("add", scores, b.constant(base)) if base.size else scores


def _tree_classifier(b: Builder, o: Operator) -> list[str]:
    x = rows_of(b, need(b, o, 0))
    classes = n_classes(b, o)
    ids = set(o.get("class_ids", ()))
    base = floats(o, "base_values")
    if classes == 2 and len(ids) == 1:
        # Weights of one class only: the score of the second, whatever its number.
        plain = Operator(
            op=o.op, domain=o.domain, inputs=o.inputs, n_outputs=2, opset=o.opset,
            attrs={**o.attrs, "class_ids": [0] * len(o.attrs["class_ids"])},
        )  # fmt: skip
        score = ensemble_of(b, plain, x, kind="class", n_targets=1)
        score = _with_base(b, score, base[-1:])
        if str(o.get("post_transform", "NONE")) == "NONE":
            # Weights that are shares leave the rest to the first class; else the
            # score is a margin.
            shares = min(o.get("class_weights", (0,))) >= 0
            rest = b.map("sub", b.constant(1.0, "f32"), score)
            first = rest if shares else b.map("neg", score)
            table = b.concat([first, score], 1)
        else:
            table = _one_score(b, o, score)
        return [label_of(b, o, table), table]
    scores = ensemble_of(b, o, x, kind="class", n_targets=classes)
    table = transformed(b, o, _with_base(b, scores, base))
    return [label_of(b, o, table), table]


def _tree_regressor(b: Builder, o: Operator) -> list[str]:
    x = rows_of(b, need(b, o, 0))
    targets = int(o.get("n_targets", 1))
    scores = ensemble_of(b, o, x, kind="target", n_targets=targets)
    return [transformed(b, o, _with_base(b, scores, floats(o, "base_values")))]


def _tree_ensemble(b: Builder, o: Operator) -> list[str]:
    """Read the newer form: inner nodes and leaves in tables of their own."""
    x = rows_of(b, need(b, o, 0))
    targets = int(o.get("n_targets", 1))
    scores = ensemble_of(b, older_form(b, o), x, kind="target", n_targets=targets)
    if int(o.get("post_transform", 0)) == 0:
        return [scores]
    kind = {1: "SOFTMAX", 2: "LOGISTIC"}.get(int(o.get("post_transform", 0)), "?")
    last = Operator(
        op=o.op, domain=o.domain, inputs=o.inputs, n_outputs=1, opset=o.opset,
        attrs={"post_transform": kind},
    )  # fmt: skip
    return [transformed(b, last, scores)]


def distances(b: Builder, o: Operator) -> list[str]:
    """Read onnxruntime's ``CDist``, as which neighbours are exported."""
    x, y = rows_of(b, need(b, o, 0)), need(b, o, 1)
    metric = str(o.get("metric", "sqeuclidean"))
    if metric not in ("sqeuclidean", "euclidean"):
        raise b.fail(f"attribute `metric`: {metric!r}")
    if len(b.shape(y)) != 2 or b.shape(x)[-1] != b.shape(y)[-1]:
        raise b.fail(f"rows of shapes {list(b.shape(x))} and {list(b.shape(y))}")
    tensor = Tensor("f32", (b.shape(x)[0], b.shape(y)[0]))
    (near,) = b.emit("square_distances", [x, y], tensor)
    return [b.map("sqrt", near) if metric == "euclidean" else near]


RULES: dict[str, Rule] = {
    "ArrayFeatureExtractor": _extractor,
    "Binarizer": _binarizer,
    "Imputer": _imputer,
    "LabelEncoder": _label_encoder,
    "LinearClassifier": _linear_classifier,
    "LinearRegressor": _linear_regressor,
    "Normalizer": _normalizer,
    "Scaler": _scaler,
    "TreeEnsemble": _tree_ensemble,
    "TreeEnsembleClassifier": _tree_classifier,
    "TreeEnsembleRegressor": _tree_regressor,
    "ZipMap": _zip_map,
}
