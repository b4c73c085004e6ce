"""ONNX bytes to a checked graph of elementary operators; nothing else passes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.errors import FormatError

if TYPE_CHECKING:
    import onnx

__all__ = ["Graph", "Node", "read_onnx"]

Attribute = tuple[int, ...] | tuple[float, ...] | tuple[str, ...]
Array = NDArray[np.float32] | NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Node:
    """One operator: values in, values out, both by name."""

    op: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attrs: Mapping[str, Attribute] = field(default_factory=dict)

    def __str__(self) -> str:
        settings = "".join(f" {k}={_short(v)}" for k, v in sorted(self.attrs.items()))
        return (
            f"{', '.join(self.outputs)} = {self.op}({', '.join(self.inputs)}){settings}"
        )

    def ints(self, name: str) -> tuple[int, ...]:
        """Attribute as whole numbers; empty if it is absent.

        Raises
        ------
        FormatError
            If it is of another type.
        """
        return tuple(int(v) for v in self._list(name, int))

    def floats(self, name: str) -> tuple[float, ...]:
        """Attribute as real numbers; empty if it is absent."""
        return tuple(float(v) for v in self._list(name, float))

    def texts(self, name: str) -> tuple[str, ...]:
        """Attribute as texts; empty if it is absent."""
        return tuple(str(v) for v in self._list(name, str))

    def _list(self, name: str, kind: type) -> tuple[Any, ...]:
        values = self.attrs.get(name, ())
        if not all(isinstance(v, kind) for v in values):
            raise FormatError(
                f"ONNX node {self.name!r} ({self.op}): attribute `{name}`: found "
                f"{_short(values)}, expected {kind.__name__}"
            )
        return values


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Operators in the order of execution, on one vector of features per window."""

    input: str
    n_features: int
    constants: Mapping[str, Array]
    nodes: tuple[Node, ...]
    output: str
    """The only output of type float32."""

    def __str__(self) -> str:
        lines = [f"{self.input}: float32 [n, {self.n_features}]"]
        lines += [
            f"{name}: {value.dtype} {list(value.shape)}"
            for name, value in sorted(self.constants.items())
        ]
        return "\n".join([*lines, *map(str, self.nodes), f"return {self.output}"])


# Operator: number of inputs (least, most), and its attributes. What is not here is
# refused; whether a combination means something is decided by `lower`.
_TREE = frozenset(
    {
        *("class_ids", "class_nodeids", "class_treeids", "class_weights"),
        *("classlabels_strings", "classlabels_int64s", "nodes_falsenodeids"),
        *("nodes_featureids", "nodes_hitrates", "nodes_missing_value_tracks_true"),
        *("nodes_modes", "nodes_nodeids", "nodes_treeids", "nodes_truenodeids"),
        *("nodes_values", "post_transform"),
    }
)
_OPERATORS: dict[tuple[str, str], tuple[int, int, frozenset[str]]] = {
    ("", "Add"): (2, 2, frozenset()),
    ("", "Sub"): (2, 2, frozenset()),
    ("", "Mul"): (2, 2, frozenset()),
    ("", "Div"): (2, 2, frozenset()),
    ("", "Pow"): (2, 2, frozenset()),
    ("", "Sqrt"): (1, 1, frozenset()),
    ("", "Relu"): (1, 1, frozenset()),
    ("", "Identity"): (1, 1, frozenset()),
    ("", "Clip"): (3, 3, frozenset()),
    ("", "MatMul"): (2, 2, frozenset()),
    ("", "Gemm"): (2, 3, frozenset({"alpha", "beta", "transA", "transB"})),
    ("", "Unsqueeze"): (2, 2, frozenset()),
    ("", "ReduceSum"): (1, 2, frozenset({"axes", "keepdims", "noop_with_empty_axes"})),
    ("", "ReduceMean"): (1, 2, frozenset({"axes", "keepdims", "noop_with_empty_axes"})),
    ("", "ReduceMin"): (1, 2, frozenset({"axes", "keepdims", "noop_with_empty_axes"})),
    ("ai.onnx.ml", "Scaler"): (1, 1, frozenset({"offset", "scale"})),
    ("ai.onnx.ml", "TreeEnsembleClassifier"): (1, 1, _TREE),
}
_OPSETS = range(13, 26)
"""Versions of the default operator set in which the operators above mean the same."""


def read_onnx(data: bytes) -> Graph:
    """Read an ONNX model into a checked graph.

    Parameters
    ----------
    data : bytes
        Serialised model with one float32 input of shape (n, n_features), `n_features`
        fixed, and exactly one float32 output; other outputs, such as labels, are left
        out together with what only they need.

    Returns
    -------
    Graph

    Raises
    ------
    FormatError
        If the bytes are no ONNX model, or if an operator, attribute, type or shape is
        not supported; the message names the node and the reason.
    """
    model = _parse(data)
    graph = model.graph
    for opset in model.opset_import:
        if opset.domain == "" and opset.version not in _OPSETS:
            raise FormatError(
                f"ONNX: operator set {opset.version}, expected "
                f"{_OPSETS.start} to {_OPSETS.stop - 1}"
            )
    nodes = [_node(node, index) for index, node in enumerate(graph.node)]
    constants = {tensor.name: _constant(tensor) for tensor in graph.initializer}
    name, n_features = _input(graph, constants)
    output = _output(graph)
    return Graph(
        input=name,
        n_features=n_features,
        constants=constants,
        nodes=_needed(nodes, output, {name, *constants}),
        output=output,
    )


def _parse(data: bytes) -> "onnx.ModelProto":
    import onnx
    from google.protobuf.message import DecodeError

    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except DecodeError as error:
        raise FormatError(f"ONNX: not a serialised model: {error}") from error
    if not model.graph.node:
        raise FormatError("ONNX: the model has no nodes")
    for what in ("sparse_initializer", "quantization_annotation"):
        if getattr(model.graph, what):
            raise FormatError(f"ONNX: {what} is not supported")
    if model.functions:
        raise FormatError("ONNX: functions inside a model are not supported")
    return model


def _node(node: "onnx.NodeProto", index: int) -> Node:
    name = node.name or f"#{index}"
    where = f"ONNX node {name!r} ({node.op_type})"
    domain = "" if node.domain == "ai.onnx" else node.domain
    if (domain, node.op_type) not in _OPERATORS:
        known = ", ".join(op for _, op in _OPERATORS)
        raise FormatError(
            f"{where}: operator {node.op_type!r} of domain {domain or 'ai.onnx'!r} is "
            f"not supported; supported: {known}"
        )
    least, most, allowed = _OPERATORS[domain, node.op_type]
    if not least <= len(node.input) <= most or "" in node.input:
        raise FormatError(
            f"{where}: {len(node.input)} inputs {list(node.input)}, expected "
            f"{least} to {most}, all named"
        )
    attrs: dict[str, Attribute] = {}
    for attribute in node.attribute:
        if attribute.name not in allowed:
            raise FormatError(f"{where}: attribute `{attribute.name}` is not supported")
        attrs[attribute.name] = _attribute(attribute, where)
    return Node(
        op=node.op_type,
        name=name,
        inputs=tuple(node.input),
        outputs=tuple(node.output),
        attrs=attrs,
    )


def _attribute(attribute: "onnx.AttributeProto", where: str) -> Attribute:
    import onnx

    kind = onnx.AttributeProto
    try:
        if attribute.type == kind.INT:
            return (int(attribute.i),)
        if attribute.type == kind.FLOAT:
            return (float(attribute.f),)
        if attribute.type == kind.STRING:
            return (bytes(attribute.s).decode("utf-8"),)
        if attribute.type == kind.INTS:
            return tuple(int(v) for v in attribute.ints)
        if attribute.type == kind.FLOATS:
            return tuple(float(v) for v in attribute.floats)
        if attribute.type == kind.STRINGS:
            return tuple(bytes(v).decode("utf-8") for v in attribute.strings)
    except UnicodeDecodeError as error:
        raise FormatError(f"{where}: attribute `{attribute.name}`: {error}") from error
    raise FormatError(
        f"{where}: attribute `{attribute.name}` has type {attribute.type}"
    )


def _constant(tensor: "onnx.TensorProto") -> Array:
    import onnx
    from onnx import numpy_helper

    where = f"ONNX constant {tensor.name!r}"
    if tensor.data_type not in (onnx.TensorProto.FLOAT, onnx.TensorProto.INT64):
        raise FormatError(
            f"{where}: type {tensor.data_type}, expected float32 or int64"
        )
    if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.HasField("segment"):
        raise FormatError(f"{where}: its data is not inside the model")
    try:
        value = numpy_helper.to_array(tensor)
    except (ValueError, TypeError) as error:
        raise FormatError(f"{where}: {error}") from error
    if value.shape != tuple(tensor.dims):
        raise FormatError(f"{where}: shape {tuple(tensor.dims)}, found {value.shape}")
    if not np.all(np.isfinite(value)):
        raise FormatError(f"{where}: holds NaN or infinity")
    array: Array = value
    return array


def _input(graph: "onnx.GraphProto", constants: Mapping[str, Array]) -> tuple[str, int]:
    import onnx

    inputs = [value for value in graph.input if value.name not in constants]
    if len(inputs) != 1:
        raise FormatError(
            f"ONNX: inputs {[v.name for v in inputs]}, expected one: the features"
        )
    tensor = inputs[0].type.tensor_type
    where = f"ONNX input {inputs[0].name!r}"
    if tensor.elem_type != onnx.TensorProto.FLOAT:
        raise FormatError(f"{where}: element type {tensor.elem_type}, expected float32")
    dims = tensor.shape.dim
    if len(dims) != 2 or not 1 <= dims[1].dim_value < 0xFFFF:
        shape = [d.dim_param or d.dim_value or "?" for d in dims]
        raise FormatError(
            f"{where}: shape {shape}, expected [n, n_features] with a fixed n_features"
        )
    return inputs[0].name, int(dims[1].dim_value)


def _output(graph: "onnx.GraphProto") -> str:
    import onnx

    real = [
        value.name
        for value in graph.output
        if value.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    ]
    if len(real) != 1:
        raise FormatError(f"ONNX: float32 outputs {real}, expected exactly one")
    return str(real[0])


def _needed(nodes: list[Node], output: str, given: set[str]) -> tuple[Node, ...]:
    """Nodes that the output depends on; each value must exist before it is read."""
    known = set(given)
    for node in nodes:
        for value in node.inputs:
            if value not in known:
                raise FormatError(
                    f"ONNX node {node.name!r} ({node.op}): input {value!r} is not known"
                )
        if known & set(node.outputs):
            raise FormatError(
                f"ONNX node {node.name!r} ({node.op}): an output has the name of "
                "another value"
            )
        known |= set(node.outputs)
    if output not in known:
        raise FormatError(f"ONNX: no node makes the output {output!r}")
    wanted, kept = {output}, []
    for node in reversed(nodes):
        if wanted & set(node.outputs):
            wanted |= set(node.inputs)
            kept.append(node)
    return tuple(reversed(kept))


def _short(value: Attribute) -> str:
    if len(value) > 4:
        return f"[{len(value)} values]"
    return "[" + ", ".join(map(str, value)) + "]"
