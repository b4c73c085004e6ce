"""Parts of models as ONNX: statistics of a window before what learnt from them.

Sensors that are read once a second or once a cycle have windows shorter than a feature
plan's, so their statistics are the first nodes of the model itself: one compiled C from
the readings to the result.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit.graph import CompiledModel, compile_onnx

if TYPE_CHECKING:
    import onnx

__all__ = ["Statistics", "chained", "of_boosting", "quadratic"]

F32 = NDArray[np.float32]
_OPSETS = {"": 17, "ai.onnx.ml": 3}
_IR_VERSION = 8


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """What is computed of a window of readings, sensor by sensor.

    A row is the window, oldest readings first, `length` times `sensors`; then, where
    there is a `rise`, what each sensor read when the machine was new; then `extras`
    numbers that pass as they are.
    """

    length: int
    sensors: int
    kinds: tuple[str, ...]
    """Of mean, sd, slope, least, largest, newest, rise: the order of the features, each
    for all sensors."""
    newest: int = 10
    """Readings that newest and rise are the mean of."""
    extras: int = 0
    logarithm: bool = False
    """Of all readings first, which are above 0 then; a rise is that of a ratio."""

    @property
    def width(self) -> int:
        """Elements of a row."""
        new = self.sensors if "rise" in self.kinds else 0
        return self.length * self.sensors + new + self.extras

    @property
    def n_features(self) -> int:
        """Features of a row."""
        return len(self.kinds) * self.sensors + self.extras

    def onnx(self) -> bytes:
        """Write it as a model from rows to features."""
        w = _Writer()
        readings, end = self._readings(w), self.length * self.sensors
        flat = w.part(readings, "flat", 0, end)
        x = w.shaped(flat, "window", (-1, self.length, self.sensors))
        mean = w.node("ReduceMean", [x], "mean", axes=[1], keepdims=1)
        away = w.node("Sub", [x, mean], "away")
        made = [self._one(w, kind, x, mean, away, readings) for kind in self.kinds]
        table = w.node("Concat", made, "table", axis=1)
        y = w.shaped(table, "flat_table", (-1, len(self.kinds) * self.sensors))
        if self.extras:
            rest = w.part("x", "rest", self.width - self.extras, self.width)
            y = w.node("Concat", [y, rest], "with_extras", axis=1)
        return w.finish(y, self.width, self.n_features)

    def of(self, rows: F32) -> F32:
        """Compute the features of rows by the C that a device would run."""
        names = [f"f{i}" for i in range(self.n_features)]
        model = compile_onnx(
            self.onnx(), name="statistics", kind="values", outputs=names
        )
        return np.asarray(model.predict(rows), np.float32)

    def _readings(self, w: "_Writer") -> str:
        if not self.logarithm:
            return "x"
        floor = w.constant("floor", np.array(1e-6, np.float32))
        return w.node("Log", [w.node("Max", ["x", floor], "above")], "log")

    def _one(
        self, w: "_Writer", kind: str, x: str, mean: str, away: str, readings: str
    ) -> str:
        if kind == "mean":
            return mean
        if kind == "sd":
            square = w.node("Mul", [away, away], "square")
            variance = w.node("ReduceMean", [square], "variance", axes=[1], keepdims=1)
            return w.node("Sqrt", [variance], "sd")
        if kind == "slope":
            t = np.arange(self.length) - (self.length - 1) / 2
            kernel = w.constant("times", (t / (t @ t))[None].astype(np.float32))
            return w.node("MatMul", [kernel, away], "slope")
        if kind in ("least", "largest"):
            op = "ReduceMin" if kind == "least" else "ReduceMax"
            return w.node(op, [x], kind, axes=[1], keepdims=1)
        if kind == "newest":
            return self._newest(w, x)
        if kind == "rise":
            end = self.length * self.sensors
            flat = w.part(readings, "flat_new", end, end + self.sensors)
            new = w.shaped(flat, "when_new", (-1, 1, self.sensors))
            return w.node("Sub", [self._newest(w, x), new], "rise")
        raise ValueError(f"kinds: found {kind!r}, expected mean, sd, slope, ...")

    def _newest(self, w: "_Writer", x: str) -> str:
        return self._mean_of(w, x, "newest", self.length - self.newest, self.length)

    def _mean_of(self, w: "_Writer", x: str, name: str, start: int, end: int) -> str:
        if w.has(name):
            return name
        part = w.part(x, f"{name}_part", start, end)
        return w.node("ReduceMean", [part], name, axes=[1], keepdims=1)


def quadratic(mean: NDArray[Any], whitening: NDArray[Any]) -> bytes:
    """Write |(x - mean) whitening|^2 of a row as a model."""
    w = _Writer()
    middle = w.constant("middle", mean.astype(np.float32))
    away = w.node("Sub", ["x", middle], "away")
    by = w.constant("whitening", whitening.astype(np.float32))
    white = w.node("MatMul", [away, by], "white")
    total = w.node("ReduceSumSquare", [white], "t2", axes=[1], keepdims=1)
    return w.finish(total, len(mean), 1)


def of_boosting(model: Any) -> bytes:
    """Convert a fitted HistGradientBoostingRegressor.

    Its thresholds are rounded down to single precision, where all features are, so that
    a row takes the same branch.
    """
    import onnx
    from onnx import TensorProto, helper

    trees = [step[0].nodes for step in model._predictors]
    lists: dict[str, list[Any]] = {}

    def add(**columns: Any) -> None:
        for name, column in columns.items():
            lists.setdefault(name, []).extend(np.asarray(column).tolist())

    for number, nodes in enumerate(trees):
        at, leaf = np.arange(len(nodes)), nodes["is_leaf"].astype(bool)
        limit = nodes["num_threshold"].astype(np.float32)
        above = limit.astype(np.float64) > nodes["num_threshold"]
        limit = np.where(above, np.nextafter(limit, np.float32(-np.inf)), limit)
        add(
            nodes_treeids=np.full(len(nodes), number),
            nodes_nodeids=at,
            nodes_featureids=np.where(leaf, 0, nodes["feature_idx"]),
            nodes_values=np.where(leaf, np.float32(0), limit),
            nodes_truenodeids=np.where(leaf, 0, nodes["left"]),
            nodes_falsenodeids=np.where(leaf, 0, nodes["right"]),
            target_treeids=np.full(leaf.sum(), number),
            target_nodeids=at[leaf],
            target_ids=np.zeros(leaf.sum(), int),
            target_weights=nodes["value"][leaf],
        )
        lists.setdefault("nodes_modes", []).extend(
            np.where(leaf, "LEAF", "BRANCH_LEQ").tolist()
        )
    node = helper.make_node(
        "TreeEnsembleRegressor", ["features"], ["values"], domain="ai.onnx.ml",
        n_targets=1, base_values=model._baseline_prediction.ravel().tolist(), **lists,
    )  # fmt: skip
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", n])
        for name, n in (("features", model.n_features_in_), ("values", 1))
    ]
    made = helper.make_model(
        helper.make_graph([node], "boosting", ends[:1], ends[1:]),
        ir_version=_IR_VERSION,
        opset_imports=[helper.make_opsetid(d, v) for d, v in _OPSETS.items()],
    )
    onnx.checker.check_model(made)
    return bytes(made.SerializeToString(deterministic=True))


def chained(front: bytes, model: bytes, **compiling: Any) -> CompiledModel:
    """Put one model behind another and compile both to C.

    Parameters
    ----------
    front, model : bytes
        ONNX models; the only output of the first is the only input of the second.
    compiling
        As for `ecmkit.graph.compile_onnx`.
    """
    import onnx
    from onnx import compose

    a, b = _read(front, "front_"), _read(model, "")
    joint = compose.merge_models(
        a, b, io_map=[(a.graph.output[0].name, b.graph.input[0].name)]
    )
    onnx.checker.check_model(joint)
    return compile_onnx(joint.SerializeToString(deterministic=True), **compiling)


def _read(data: bytes, prefix: str) -> "onnx.ModelProto":
    """Read a model, with the versions of operators that parts share."""
    import onnx
    from onnx import compose, helper

    model = onnx.ModelProto()
    model.ParseFromString(data)
    del model.opset_import[:]
    for domain, version in _OPSETS.items():
        model.opset_import.append(helper.make_opsetid(domain, version))
    model.ir_version = _IR_VERSION
    return compose.add_prefix(model, prefix) if prefix else model


class _Writer:
    """Nodes and constants of a graph from ``x`` on."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def has(self, name: str) -> bool:
        return any(name in node.output for node in self._nodes)

    def constant(self, name: str, value: NDArray[Any]) -> str:
        from onnx import numpy_helper

        self._constants.append(numpy_helper.from_array(value, name))
        return name

    def node(self, op: str, inputs: Sequence[str], output: str, **attrs: Any) -> str:
        from onnx import helper

        self._nodes.append(helper.make_node(op, inputs, [output], **attrs))
        return output

    def part(self, x: str, name: str, start: int, end: int) -> str:
        """Elements start ... end - 1 of the second axis."""
        limits = [("start", start), ("end", end), ("axis", 1)]
        given = [
            self.constant(f"{name}_{what}", np.array([value], np.int64))
            for what, value in limits
        ]
        return self.node("Slice", [x, *given], name)

    def shaped(self, x: str, name: str, shape: tuple[int, ...]) -> str:
        given = self.constant(f"{name}_shape", np.array(shape, np.int64))
        return self.node("Reshape", [x, given], name)

    def finish(self, output: str, n_in: int, n_out: int) -> bytes:
        import onnx
        from onnx import TensorProto, helper

        def value(name: str, n: int) -> onnx.ValueInfoProto:
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", n])

        graph = helper.make_graph(
            self._nodes, "part", [value("x", n_in)], [value(output, n_out)],
            self._constants,
        )  # fmt: skip
        model = helper.make_model(
            graph,
            ir_version=_IR_VERSION,
            opset_imports=[helper.make_opsetid(d, v) for d, v in _OPSETS.items()],
        )
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString(deterministic=True))
