"""Small ONNX graphs, written node by node so that the same model has the same bytes."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecmkit.train.scaler import Scaler

if TYPE_CHECKING:
    import onnx

__all__ = ["GraphWriter"]

_OPSET = 17
_IR_VERSION = 8


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

    def scale(self, scaler: Scaler) -> str:
        """Add the scaler of the features; return the name of the result."""
        mean = self.constant("mean", scaler.mean)
        inv_sd = self.constant("inv_sd", scaler.inv_sd)
        centred = self.node("Sub", ["features", mean], "centred")
        return self.node("Mul", [centred, inv_sd], "z")

    def finish(self, name: str) -> bytes:
        """Return the serialised model, checked by ONNX itself."""
        import onnx
        from onnx import TensorProto, helper

        features = helper.make_tensor_value_info(
            "features", TensorProto.FLOAT, ["n", self._n_features]
        )
        score = helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n", 1])
        graph = helper.make_graph(
            self._nodes, name, [features], [score], self._constants
        )
        model = helper.make_model(
            graph,
            producer_name="ecmkit",
            ir_version=_IR_VERSION,
            opset_imports=[helper.make_opsetid("", _OPSET)],
        )
        onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString(deterministic=True))
