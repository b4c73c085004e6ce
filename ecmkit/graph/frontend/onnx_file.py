"""ONNX bytes to a graph: checked, constants folded, functions expanded."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.errors import FormatError
from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.frontend.one_vs_rest import fix_one_vs_rest, name_class_scores
from ecmkit.graph.ir import Graph, Tensor, check

if TYPE_CHECKING:
    import onnx

__all__ = ["Operator", "Origin", "Problem", "Rule", "import_onnx", "problems_of"]

_OPSETS = range(7, 29)
_MAX_FOLDED = 1 << 24
_ADVICE = {
    "Scan": (
        "; scikit-learn's neighbours need none of it if they are converted with "
        "options={'optim': 'cdist'}, LocalOutlierFactor by `graph.import_detector`"
    ),
    "If": "; export the model with the branch that is taken",
    "Loop": "; export the model with the loop unrolled",
}
"""What works in place of operators with graphs inside."""
_NEVER_FOLDED = frozenset({"RandomNormal", "RandomUniform", "Bernoulli", "Multinomial"})


@dataclass(frozen=True)
class Operator:
    """One node of the file: operator, inputs as values (None: left out), settings."""

    op: str
    domain: str
    inputs: tuple[str | None, ...]
    attrs: Mapping[str, Any]
    n_outputs: int
    opset: int

    def get(self, name: str, default: Any = None) -> Any:
        """Return a setting, or what stands for it if it is not there."""
        return self.attrs.get(name, default)


Rule = Callable[[Builder, Operator], list[str]]
"""What an operator becomes: the values of its results."""


@dataclass(frozen=True)
class Origin:
    """What a constant was dequantised from: integers, scales, zero points, axis."""

    values: NDArray[Any]
    scales: NDArray[Any]
    zeros: NDArray[Any] | None
    axis: int


@dataclass(frozen=True)
class Problem:
    """A node that cannot be compiled, and why."""

    node: str
    why: str


def import_onnx(
    data: bytes,
    *,
    sizes: Mapping[str, int] | None = None,
    fixed: Mapping[str, NDArray[Any]] | None = None,
) -> Graph:
    """Read an ONNX model.

    Parameters
    ----------
    data : bytes
        Serialised model, operator sets 7 to 28.
    sizes : mapping of str to int, optional
        Lengths for symbolic axes by name. What is not given is 1 if it is the first
        axis of an input (the batch: a device takes one window after another), else
        refused.
    fixed : mapping of str to ndarray, optional
        Inputs that are known when compiling, such as the axes of a reduction.

    Returns
    -------
    Graph
        Checked; each shape is known.

    Raises
    ------
    FormatError
        If the bytes are malformed, or a node has no form here; names the node and the
        reason.
    """
    reading = _Reading(data, sizes or {}, fixed or {})
    return reading.graph()


def problems_of(
    data: bytes, *, sizes: Mapping[str, int] | None = None
) -> list[Problem]:
    """Find all that keeps a model from being compiled, not only the first.

    Parameters
    ----------
    data, sizes
        As for `import_onnx`.

    Returns
    -------
    list of Problem
        Inputs, then nodes; empty if nothing does. Of what depends on one that failed
        only the operator and its settings are looked at.

    Raises
    ------
    FormatError
        If the bytes are no model at all.
    """
    reading = _Reading(data, sizes or {}, {}, collect=True)
    try:
        reading.graph()
    except FormatError as error:
        if not reading.problems:
            reading.problems.append(Problem("model", str(error)))
    return reading.problems


class _Reading:
    def __init__(
        self,
        data: bytes,
        sizes: Mapping[str, int],
        fixed: Mapping[str, NDArray[Any]],
        *,
        collect: bool = False,
    ) -> None:
        from ecmkit.graph.frontend.onnx_rules import RULES

        self.rules = RULES
        self.collect = collect
        self.problems: list[Problem] = []
        self.builder = Builder()
        self.values: dict[str, str] = {}
        self.lost: set[str] = set()
        self.origins: dict[str, Origin] = {}
        self.model = _expanded(_parse(data), self.rules)
        fix_one_vs_rest(self.model)
        name_class_scores(self.model)
        self.opsets = {_domain(o.domain): o.version for o in self.model.opset_import}
        self._inputs(sizes, fixed)

    def _inputs(
        self, sizes: Mapping[str, int], fixed: Mapping[str, NDArray[Any]]
    ) -> None:
        graph = self.model.graph
        given = {tensor.name for tensor in graph.initializer}
        # Inputs first: their names are the caller's, all others are made.
        for value in graph.input:
            if value.name not in fixed and value.name not in given:
                with self._collected(f"ONNX input {value.name!r}", [value.name]):
                    tensor = _tensor_of(value, sizes)
                    self.values[value.name] = self.builder.input(value.name, tensor)
        for tensor in graph.initializer:
            with self._collected(f"ONNX constant {tensor.name!r}", [tensor.name]):
                self.values[tensor.name] = self._constant(tensor)
        for value in graph.input:
            if value.name in fixed:
                self.builder.source = f"ONNX input {value.name!r}"
                self.values[value.name] = self.builder.constant(fixed[value.name])

    @contextmanager
    def _collected(self, source: str, names: Iterable[str]) -> Iterator[None]:
        """Note what is wrong with a part, whose values are lost, if all is to be."""
        self.builder.source = source
        try:
            yield
        except FormatError as error:
            if not self.collect:
                raise
            why = str(error).removeprefix(f"{source}: ")
            self.problems.append(Problem(source, why))
            self.lost.update(names)

    def _constant(self, tensor: "onnx.TensorProto") -> str:
        array = _array(tensor, self.builder.source)
        return self.builder.constant(_narrow(array))

    def graph(self) -> Graph:
        from ecmkit.graph.int8.qdq import lower_qdq
        from ecmkit.graph.transform import fold_affine

        for index, node in enumerate(self.model.graph.node):
            name = node.name or f"#{index}"
            with self._collected(f"ONNX node {name!r} ({node.op_type})", node.output):
                if self.lost & set(node.input):
                    self.lost.update(node.output)
                    self._rule(node)
                    continue
                results = self._node(node)
                for output, value in zip(node.output, results, strict=False):
                    if output:
                        self.values[output] = value
        outputs = []
        for value in self.model.graph.output:
            if value.name in self.lost:
                continue
            if value.name not in self.values:
                raise FormatError(f"ONNX: no node makes the output {value.name!r}")
            outputs.append(self.values[value.name])
        graph = self.builder.graph(outputs)
        check(graph)
        graph = fold_affine(graph, keep=frozenset(self.origins))
        return lower_qdq(graph, self.origins)

    def _node(self, node: "onnx.NodeProto") -> list[str]:
        domain = _domain(node.domain)
        inputs: list[str | None] = []
        for name in node.input:
            if name and name not in self.values:
                raise self.builder.fail(f"input {name!r} is not known")
            inputs.append(self.values[name] if name else None)
        while inputs and inputs[-1] is None:
            inputs.pop()
        for name in node.output:
            if name and name in self.values:
                raise self.builder.fail(
                    f"output {name!r} has the name of another value"
                )
        if node.op_type not in _NEVER_FOLDED and all(
            i is None or self.builder.value(i) is not None for i in inputs
        ):
            folded = self._folded(node, inputs)
            if folded is not None:
                return folded
        rule = self._rule(node)
        operator = Operator(
            op=node.op_type,
            domain=domain,
            inputs=tuple(inputs),
            attrs=_attributes(node, self.builder),
            n_outputs=len(node.output),
            opset=self.opsets.get(domain, 1),
        )
        try:
            return rule(self.builder, operator)
        except (ValueError, IndexError, ZeroDivisionError, OverflowError) as error:
            # A rule takes shapes apart; where they are of another rank than the
            # operator has, that is the file's mistake.
            shapes = [list(self.builder.shape(i)) for i in inputs if i is not None]
            raise self.builder.fail(
                f"inputs of shapes {shapes} do not fit the operator: {error}"
            ) from error

    def _rule(self, node: "onnx.NodeProto") -> Rule:
        """Rule of a node, whose inputs and settings are those of its operator."""
        domain = _domain(node.domain)
        rule = self.rules.get((domain, node.op_type))
        if rule is None:
            raise self.builder.fail(_unknown(domain, node.op_type, self.rules))
        self._check(node)
        return rule

    def _check(self, node: "onnx.NodeProto") -> None:
        """Check inputs and settings of a node by the schema of its operator."""
        import onnx
        import onnx.checker

        context = onnx.checker.C.CheckerContext()
        context.ir_version = min(max(self.model.ir_version, 3), onnx.IR_VERSION)
        context.opset_imports = self.opsets
        try:
            onnx.checker.check_node(node, context)
        except onnx.checker.ValidationError as error:
            first = str(error).strip().splitlines()[0]
            raise self.builder.fail(first) from error

    def _folded(
        self, node: "onnx.NodeProto", inputs: list[str | None]
    ) -> list[str] | None:
        """Results of a node whose inputs are known, by ONNX's own evaluator."""
        import onnx
        from onnx import helper
        from onnx.reference import ReferenceEvaluator

        if any(a.type in (a.GRAPH, a.GRAPHS) for a in node.attribute):
            return None
        feeds = {
            name: self.builder.constants[value]
            for name, value in zip(node.input, inputs, strict=False)
            if name and value
        }
        if sum(v.nbytes for v in feeds.values()) > _MAX_FOLDED:
            return None
        values = [
            helper.make_tensor_value_info(
                name, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape
            )
            for name, v in feeds.items()
        ]
        results = [onnx.ValueInfoProto(name=name) for name in node.output if name]
        graph = helper.make_graph([node], "folded", values, results)
        model = helper.make_model(graph, opset_imports=list(self.model.opset_import))
        try:
            found = ReferenceEvaluator(model).run(None, feeds)
        except Exception as error:
            # The evaluator raises whatever its program runs into: on malformed models
            # anything. Whatever it was, this node has no value.
            if (_domain(node.domain), node.op_type) in self.rules:
                return None
            raise self.builder.fail(f"has no value: {error}") from error
        if not all(isinstance(v, np.ndarray | np.generic) for v in found):
            return None
        made = iter(found)
        names = [
            self.builder.constant(_narrow(np.asarray(next(made)))) if name else ""
            for name in node.output
        ]
        if node.op_type == "DequantizeLinear":
            # Weights: layers of int8 want what they were made from.
            axis = next((int(a.i) for a in node.attribute if a.name == "axis"), 1)
            parts = [self.builder.constants[i] for i in inputs if i]
            self.origins[names[0]] = Origin(
                parts[0], parts[1], parts[2] if len(parts) > 2 else None, axis
            )
        return names


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
    _check_names(model)
    if model.graph.sparse_initializer:
        raise FormatError("ONNX: sparse_initializer is not supported")
    for opset in model.opset_import:
        if _domain(opset.domain) == "" and opset.version not in _OPSETS:
            raise FormatError(
                f"ONNX: operator set {opset.version}, expected {_OPSETS.start} to "
                f"{_OPSETS.stop - 1}"
            )
    return model


def _check_names(model: "onnx.ModelProto") -> None:
    """Names are read as bytes where they are no UTF-8."""
    graph = model.graph
    named = [*graph.input, *graph.output, *graph.initializer]
    texts = [value.name for value in named]
    for node in graph.node:
        texts += [node.op_type, node.domain, node.name, *node.input, *node.output]
        texts += [attribute.name for attribute in node.attribute]
    texts += [opset.domain for opset in model.opset_import]
    for text in texts:
        if not isinstance(text, str):
            raise FormatError(f"ONNX: name {text!r} is not UTF-8")


def _expanded(model: "onnx.ModelProto", rules: Mapping[Any, Any]) -> "onnx.ModelProto":
    """Replace functions of the model, and operators without a rule that have a body."""
    import onnx.inliner
    import onnx.shape_inference
    from onnx import defs

    try:
        if model.functions:
            model = onnx.inliner.inline_local_functions(model)
        for _ in range(4):
            opsets = {_domain(o.domain): o.version for o in model.opset_import}
            wanted = set()
            for node in model.graph.node:
                domain = _domain(node.domain)
                if (domain, node.op_type) in rules or domain not in opsets:
                    continue
                if not defs.has(node.op_type, opsets[domain], domain):
                    continue
                schema = defs.get_schema(node.op_type, opsets[domain], domain)
                if schema.has_function or schema.has_context_dependent_function:
                    wanted.add((domain, node.op_type))
            if not wanted:
                break
            model = onnx.inliner.inline_selected_functions(
                model, sorted(wanted), exclude=False, inline_schema_functions=True
            )
    except (
        RuntimeError,
        ValueError,
        onnx.checker.ValidationError,
        onnx.shape_inference.InferenceError,
    ) as error:
        raise FormatError(f"ONNX: functions cannot be expanded: {error}") from error
    return model


def _domain(name: str) -> str:
    return "" if name == "ai.onnx" else name


def _tensor_of(value: "onnx.ValueInfoProto", sizes: Mapping[str, int]) -> Tensor:
    from onnx import TensorProto, helper

    where = f"ONNX input {value.name!r}"
    kind = value.type.tensor_type
    if not value.type.HasField("tensor_type"):
        raise FormatError(f"{where}: not a tensor")
    shape: list[int] = []
    unknown: list[str] = []
    for axis, dim in enumerate(kind.shape.dim):
        if dim.HasField("dim_value") and dim.dim_value >= 0:
            shape.append(int(dim.dim_value))
        elif dim.dim_param in sizes:
            shape.append(int(sizes[dim.dim_param]))
        elif axis == 0:
            shape.append(1)
        else:
            unknown.append(_unknown_axis(axis, dim.dim_param))
            shape.append(1)
    try:
        numpy = helper.tensor_dtype_to_np_dtype(kind.elem_type)
        tensor = Tensor.of(np.empty(shape, numpy))
    except (KeyError, FormatError) as error:
        wide = kind.elem_type in (TensorProto.DOUBLE, TensorProto.FLOAT16)
        hint = ": export the model in float32" if wide else ""
        unknown.append(f"{error}{hint}")
    if unknown:
        raise FormatError(f"{where}: {'; '.join(unknown)}")
    return tensor


def _unknown_axis(axis: int, name: str) -> str:
    if not name:
        return f"axis {axis} has no length: export the model with a fixed one"
    return (
        f"axis {axis} is {name!r}, expected a length: `--size {name}=N`, "
        f"sizes={{{name!r}: N}}, or a model that is exported with a fixed one"
    )


def _array(tensor: "onnx.TensorProto", where: str) -> NDArray[Any]:
    import onnx
    from onnx import numpy_helper

    if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.HasField("segment"):
        raise FormatError(f"{where}: its data is not inside the model")
    try:
        value = numpy_helper.to_array(tensor)
    except (ValueError, TypeError, KeyError) as error:
        raise FormatError(f"{where}: {error}") from error
    if value.shape != tuple(tensor.dims):
        raise FormatError(f"{where}: shape {tuple(tensor.dims)}, found {value.shape}")
    return np.asarray(value)


def _narrow(value: NDArray[Any]) -> NDArray[Any]:
    """Constants of a kind that no device has, in the nearest that it has."""
    if value.dtype == np.float64 or value.dtype == np.float16:
        with np.errstate(over="ignore"):
            return value.astype(np.float32)
    return value


def _attributes(node: "onnx.NodeProto", builder: Builder) -> dict[str, Any]:
    import onnx
    from onnx import helper

    attrs: dict[str, Any] = {}
    for attribute in node.attribute:
        if attribute.type in (
            onnx.AttributeProto.GRAPH,
            onnx.AttributeProto.GRAPHS,
            onnx.AttributeProto.SPARSE_TENSOR,
        ):
            raise builder.fail(f"attribute `{attribute.name}`: a graph inside a node")
        try:
            value = helper.get_attribute_value(attribute)
            if isinstance(value, onnx.TensorProto):
                value = _array(value, builder.source)
            elif isinstance(value, bytes):
                value = value.decode("utf-8")
            elif isinstance(value, list) and value and isinstance(value[0], bytes):
                value = [v.decode("utf-8") for v in value]
        except (ValueError, UnicodeDecodeError) as error:
            raise builder.fail(f"attribute `{attribute.name}`: {error}") from error
        attrs[attribute.name] = value
    return attrs


def _unknown(domain: str, op: str, rules: Mapping[tuple[str, str], Any]) -> str:
    import difflib

    names = sorted({name for d, name in rules if d == domain}) or sorted(
        {name for _, name in rules}
    )
    near = difflib.get_close_matches(op, names, 1)
    hint = _ADVICE.get(op) or (f"; the nearest is {near[0]}" if near else "")
    return f"operator {op!r} of domain {domain or 'ai.onnx'!r} is not supported{hint}"
