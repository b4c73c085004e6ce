"""A graph as an ONNX file; int8 and int16 by QuantizeLinear and DequantizeLinear."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.graph.export.writing import Writing
from ecmkit.graph.ir import Graph, Tensor

__all__ = ["OnnxWriting", "write_onnx"]

_OPSET, _IR_VERSION = 21, 10


def write_onnx(graph: Graph) -> bytes:
    """Write a graph as a serialised ONNX model of operator set 21.

    Parameters
    ----------
    graph : Graph
        In float32, int8, int16, or several.

    Returns
    -------
    bytes
        The model, which onnxruntime runs. Each int8 value is a float32 value that goes
        through QuantizeLinear and DequantizeLinear, weights are int8 constants: the
        form that onnxruntime turns into its own integer kernels.

    Raises
    ------
    FormatError
        If an operation has no operator there; names it, the reason and the nearest.
    """
    return OnnxWriting(graph).bytes()


class OnnxWriting(Writing):
    """One graph being written; its values are values of the file by name."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        self.nodes: list[Any] = []
        self.constants: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self.arrays: dict[str, NDArray[Any]] = {}
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.at: dict[str, str] = {}
        """Values as the graph has them; those in int8 as the reals they stand for."""
        self.first: dict[str, str] = {}
        """Images as reals with channels first; the graph has them last."""
        self.integers: dict[str, str] = {}
        """int8 values by name of what they are as reals."""
        for name in graph.inputs:
            kind = graph.tensors[name]
            self.shapes[name] = kind.shape
            self.at[name] = name
            if kind.scale:
                self.at[name] = self.dequantised(name, kind)

    def bytes(self) -> bytes:
        """Write all nodes."""
        from onnx import helper, numpy_helper

        from ecmkit.graph.export.onnx_rules import RULES

        self.write_nodes(RULES, "no ONNX operator for")
        outputs = []
        for name in self.graph.outputs:
            kind = self.graph.tensors[name]
            found = self.value(name)
            made = self.integers[found] if kind.scale else found
            label = f"{name}_out"
            self.nodes.append(helper.make_node("Identity", [made], [label]))
            outputs.append(_info(label, kind))
        inputs = [_info(name, self.graph.tensors[name]) for name in self.graph.inputs]
        used = self._used({info.name for info in outputs})
        constants = [
            numpy_helper.from_array(v, n) for n, v in self.arrays.items() if n in used
        ]
        made_graph = helper.make_graph(self.nodes, "ecmkit", inputs, outputs, constants)
        model = helper.make_model(
            made_graph,
            opset_imports=[helper.make_opsetid("", _OPSET)],
            ir_version=_IR_VERSION,
            producer_name="ecmkit",
        )
        return bytes(model.SerializeToString())

    def _used(self, wanted: set[str]) -> set[str]:
        """Leave out nodes that no output needs; return names that are needed."""
        kept = []
        for node in reversed(self.nodes):
            if node.output[0] in wanted:
                wanted.update(node.input)
                kept.append(node)
        self.nodes = kept[::-1]
        return wanted

    # ---- values ----

    def value(self, name: str) -> str:
        """Return a value of the graph, int8 as reals, in the layout of the graph."""
        if name in self.at:
            return self.at[name]
        if name in self.first:
            real = self.transposed(self.first[name], (0, 2, 3, 1))
            self.at[name] = self.quantised(real, self.kind(name))
            return self.at[name]
        kind = self.kind(name)
        made = self.constant(self.graph.constants[name])
        self.at[name] = self.dequantised(made, kind) if kind.scale else made
        return self.at[name]

    def image(self, name: str) -> str:
        """Return an int8 image as reals, channels first."""
        if name not in self.first:
            real = self.transposed(self.value(name), (0, 3, 1, 2))
            self.first[name] = self.quantised(real, self.kind(name))
        return self.first[name]

    def constant(self, value: NDArray[Any] | Sequence[int]) -> str:
        """Add a constant; equal ones share a name."""
        array = np.asarray(value)
        if array.dtype == np.int_ and not isinstance(value, np.ndarray):
            array = array.astype(np.int64)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self.constants:
            name = f"c_{len(self.constants)}"
            self.constants[key] = name
            self.arrays[name] = np.ascontiguousarray(array).reshape(array.shape)
            self.shapes[name] = array.shape
        return self.constants[key]

    def made(
        self, op: str, inputs: Sequence[str], shape: Sequence[int], **attrs: Any
    ) -> str:
        """Add a node; return the name of its result."""
        from onnx import helper

        name = f"v_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], name, **attrs))
        self.shapes[name] = tuple(shape)
        return name

    def put(self, name: str, made: str) -> None:
        """Let a value of the file be one of the graph; int8 goes through integers."""
        kind = self.kind(name)
        made = self.reshaped(made, kind.shape)
        self.at[name] = self.quantised(made, kind) if kind.scale else made

    def put_image(self, name: str, made: str) -> None:
        """Let reals, channels first, be an int8 image of the graph."""
        self.first[name] = self.quantised(made, self.kind(name))

    # ---- operators that many need ----

    def quantised(self, real: str, kind: Tensor) -> str:
        """Send reals through int8; return them as they come back."""
        scale, zero = self._affine(kind)
        q = self.made("QuantizeLinear", [real, scale, zero], self.shapes[real])
        return self.dequantised(q, kind)

    def dequantised(self, q: str, kind: Tensor) -> str:
        """Return int8 values as the reals they stand for."""
        scale, zero = self._affine(kind)
        real = self.made("DequantizeLinear", [q, scale, zero], self.shapes[q])
        self.integers[real] = q
        return real

    def _affine(self, kind: Tensor) -> tuple[str, str]:
        scale = self.constant(np.array(kind.scale, np.float32))
        return scale, self.constant(np.array(kind.zero, kind.numpy))

    def scaled(self, values: NDArray[Any], scales: NDArray[np.float32]) -> str:
        """Add integer constants with scales along the first axis, or one."""
        scales = scales.astype(np.float32)
        single = scales.size == 1
        shape = () if single else (scales.size,)
        names = [
            self.constant(values),
            self.constant(scales.reshape(shape)),
            self.constant(np.zeros(shape, values.dtype)),
        ]
        attrs = {} if single else {"axis": 0}
        return self.made("DequantizeLinear", names, values.shape, **attrs)

    def reshaped(self, name: str, shape: Sequence[int]) -> str:
        """Give a value another shape; nothing if it has it."""
        if self.shapes[name] == tuple(shape):
            return name
        to = self.constant(np.array(shape, np.int64))
        return self.made("Reshape", [name, to], shape)

    def transposed(self, name: str, order: Sequence[int]) -> str:
        """Axes in another order."""
        own = self.shapes[name]
        shape = [own[i] for i in order]
        return self.made("Transpose", [name], shape, perm=list(order))


def _info(name: str, kind: Tensor) -> Any:
    from onnx import helper

    code = helper.np_dtype_to_tensor_dtype(kind.numpy)
    return helper.make_tensor_value_info(name, code, list(kind.shape))
