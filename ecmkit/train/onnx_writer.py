"""Small ONNX graphs, written node by node so that the same model has the same bytes."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit.train.scaler import Scaler

if TYPE_CHECKING:
    import onnx

__all__ = ["GraphWriter", "floats_only", "serialised"]

_OPSET = 17
_IR_VERSION = 8
_TREES = (
    "nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_values", "nodes_modes",
    "nodes_truenodeids", "nodes_falsenodeids",
    "target_treeids", "target_nodeids", "target_ids", "target_weights",
)  # fmt: skip


class GraphWriter:
    """Collects nodes and constants of a graph from ``features`` to ``score``.

    Parameters
    ----------
    n_features : int
        Width of the input.
    """

    def __init__(self, n_features: int) -> None:
        self._n_features = n_features
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._domains = {"": _OPSET}

    def constant(self, name: str, value: NDArray[np.float32 | np.int64]) -> str:
        """Add a constant; return its name."""
        from onnx import numpy_helper

        self._constants.append(numpy_helper.from_array(value, name))
        return name

    def node(self, op: str, inputs: list[str], output: str, **attrs: object) -> str:
        """Add an operator; return the name of its output."""
        from onnx import helper

        made = helper.make_node(op, inputs, [output], name=output, **attrs)
        self._nodes.append(made)
        return output

    def nodes(
        self, op: str, inputs: list[str], outputs: list[str], **attrs: object
    ) -> list[str]:
        """Add an operator of several outputs; return their names."""
        from onnx import helper

        self._nodes.append(
            helper.make_node(op, inputs, outputs, name=outputs[0], **attrs)
        )
        return outputs

    def trees(
        self,
        x: str,
        trees: Sequence[Any],
        values: Callable[[Any], NDArray[np.float64]],
    ) -> str:
        """Add the sum over trees of scikit-learn; return the name of the result.

        Parameters
        ----------
        x : str
            What they read.
        trees : sequence
            Attribute ``tree_`` of each.
        values : callable
            Values of the nodes of a tree; those of leaves are added.
        """
        from onnx import helper

        found: dict[str, list[Any]] = {key: [] for key in _TREES}
        for number, tree in enumerate(trees):
            leaf = tree.children_left < 0
            at = np.arange(tree.node_count)
            columns = (
                np.full_like(at, number), at, np.where(leaf, 0, tree.feature),
                np.where(leaf, 0.0, _not_above(tree.threshold)),
                np.where(leaf, "LEAF", "BRANCH_LEQ"),
                np.where(leaf, 0, tree.children_left),
                np.where(leaf, 0, tree.children_right),
            )  # fmt: skip
            for key, column in zip(_TREES, columns, strict=False):
                found[key] += column.tolist()
            n = int(leaf.sum())
            found["target_treeids"] += [number] * n
            found["target_nodeids"] += at[leaf].tolist()
            found["target_ids"] += [0] * n
            found["target_weights"] += values(tree)[leaf].tolist()
        made = helper.make_node(
            "TreeEnsembleRegressor",
            [x],
            ["sum_of_trees"],
            name="sum_of_trees",
            domain="ai.onnx.ml",
            n_targets=1,
            **found,
        )
        self._nodes.append(made)
        self._domains["ai.onnx.ml"] = 3
        return "sum_of_trees"

    def square_distances(self, x: str, rows: ArrayLike) -> str:
        """Add the squared distances of each row to others, shape (n, n_rows)."""
        table = self.constant("rows", np.ascontiguousarray(rows, np.float32))
        middle = self.constant("axis_row", np.array([1], np.int64))
        last = self.constant("axis_feature", np.array([2], np.int64))
        row = self.node("Unsqueeze", [x, middle], "z_row")
        difference = self.node("Sub", [row, table], "difference")
        square = self.node("Mul", [difference, difference], "square")
        return self.node("ReduceSum", [square, last], "square_distances", keepdims=0)

    def radial(self, x: str, rows: ArrayLike, gamma: float) -> str:
        """Add radial functions about rows; return the name of the result."""
        distances = self.square_distances(x, rows)
        width = self.constant("width", np.array([-gamma], np.float32))
        return self.node("Exp", [self.node("Mul", [distances, width], "far")], "near")

    def scale(self, scaler: Scaler) -> str:
        """Add the scaler of the features; return the name of the result."""
        mean = self.constant("mean", scaler.mean)
        inv_sd = self.constant("inv_sd", scaler.inv_sd)
        centred = self.node("Sub", ["features", mean], "centred")
        return self.node("Mul", [centred, inv_sd], "z")

    def finish(self, name: str, width: int = 1) -> bytes:
        """Return the serialised model with ``score`` of a width, checked by ONNX."""
        import onnx
        from onnx import TensorProto, helper

        features = helper.make_tensor_value_info(
            "features", TensorProto.FLOAT, ["n", self._n_features]
        )
        score = helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n", width])
        graph = helper.make_graph(
            self._nodes, name, [features], [score], self._constants
        )
        model = helper.make_model(
            graph,
            producer_name="ecmkit",
            ir_version=_IR_VERSION,
            opset_imports=[helper.make_opsetid(*d) for d in self._domains.items()],
        )
        onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString(deterministic=True))


def _not_above(limits: NDArray[np.float64]) -> NDArray[np.float32]:
    """Largest float32 that is not above each limit: it parts the same features."""
    near = limits.astype(np.float32)
    return np.where(near > limits, np.nextafter(near, np.float32(-np.inf)), near)


def serialised(model: "onnx.ModelProto") -> bytes:
    """Serialise what a converter made, which lists some operator sets twice."""
    versions = {opset.domain: opset.version for opset in model.opset_import}
    del model.opset_import[:]
    for domain in sorted(versions):
        model.opset_import.add(domain=domain, version=versions[domain])
    return bytes(model.SerializeToString(deterministic=True))


def floats_only(model: "onnx.ModelProto") -> "onnx.ModelProto":
    """Leave out the labels that a converter adds, and what only they need."""
    from onnx import TensorProto

    graph = model.graph
    outputs = [
        o for o in graph.output if o.type.tensor_type.elem_type == TensorProto.FLOAT
    ]
    wanted, nodes = {o.name for o in outputs}, []
    for node in reversed(graph.node):
        if wanted & set(node.output):
            nodes.append(node)
            wanted |= set(node.input)
    constants = [c for c in graph.initializer if c.name in wanted]
    for field, kept in (
        (graph.output, outputs),
        (graph.node, nodes[::-1]),
        (graph.initializer, constants),
    ):
        copies = [type(one).FromString(one.SerializeToString()) for one in kept]
        del field[:]
        field.extend(copies)
    return model
