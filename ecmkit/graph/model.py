"""A compiled model: C that is known before it is flashed, and the same C here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit.formats import content_hash
from ecmkit.graph.host import GraphOnHost
from ecmkit.graph.ir import Graph, Port

__all__ = ["CompiledModel", "Kind"]

Kind = Literal["class", "score", "values"]


@dataclass(frozen=True, kw_only=True)
class CompiledModel:
    """C source of one model and what its caller must know.

    The source defines ``ecm_status_t <symbol>(const T *in_0, ..., T *out_0, ..., void
    *work)``; everything else in it is static or a macro, it includes only headers of
    the device library, and it has no writable data. If values survive between runs,
    ``void *state`` comes before the work memory, and ``ecm_status_t
    <symbol>_reset(void *state)`` is called before the first run.
    """

    name: str
    """Such as ``classifier``; a lower-case C identifier."""
    kind: Kind
    """Class probabilities, one anomaly score, or anything else."""
    outputs: tuple[str, ...]
    """Class names in order, the name of the score, or the names of the results."""
    source: str
    """C99 text."""
    symbol: str
    """Name of the function, ``ecm_model_<name>``."""
    inputs: tuple[Port, ...]
    """Tensors that the caller hands over, such as the features."""
    results: tuple[Port, ...]
    """Tensors that the function writes."""
    work_bytes: int
    """Bytes of work memory, aligned to `align`."""
    align: int
    """4, or 8 where elements of 8 bytes are among the values."""
    modules: tuple[str, ...]
    """Modules of the device library that it needs, such as ``tree``."""
    flash_bytes: int
    """Size of its constant tables in bytes, *estimated* from their types."""
    state_bytes: int = 0
    """Bytes that the caller keeps from one run to the next, aligned the same."""
    blobs: Mapping[str, bytes] = field(default_factory=dict)
    """Of loadable forests: what an input of that name holds, little-endian words."""
    weights: bytes = b""
    """The tables as data, see ``ecm_weights.h``, where the function takes them as its
    first argument ``const void *weights``; empty where they are in the source."""

    @property
    def hash(self) -> str:
        """SHA-256 of kind, outputs, source, weights and blobs."""
        parts = [self.kind, self.outputs, self.source, self.weights]
        blobs = [part for pair in sorted(self.blobs.items()) for part in pair]
        return content_hash(*parts, *blobs)

    @property
    def n_features(self) -> int:
        """Elements of the first input."""
        return self.inputs[0].tensor.size

    def predict(self, x: ArrayLike) -> NDArray[Any]:
        """Run the same C on this machine, one row after another.

        Parameters
        ----------
        x : array-like, shape (n, n_features) or (n, *shape of the input)
            Rows, such as the features of windows; converted to the input's type.

        Returns
        -------
        ndarray, shape (n, n_outputs)
            Class probabilities, the score, or the elements of the only result.

        Raises
        ------
        ValueError
            If the shape does not fit, or the model has several inputs or results.
        DeviceError
            If the C function refuses.
        BuildError, MissingError
            See `GraphOnHost`; it is built once, when it is first asked for.

        Examples
        --------
        >>> from onnx import TensorProto, helper
        >>> from ecmkit import graph
        >>> value = helper.make_tensor_value_info
        >>> node = helper.make_node("ReduceMax", ["x"], ["y"], axes=[1])
        >>> made = helper.make_graph(
        ...     [node], "g", [value("x", TensorProto.FLOAT, ["n", 2])],
        ...     [value("y", TensorProto.FLOAT, ["n", 1])],
        ... )
        >>> opsets = [helper.make_opsetid("", 17)]
        >>> data = helper.make_model(made, ir_version=8, opset_imports=opsets)
        >>> model = graph.compile_onnx(
        ...     data.SerializeToString(), name="most", kind="score", outputs=["most"]
        ... )
        >>> model.predict([[1, 2], [4, 3]])
        array([[2.],
               [4.]], dtype=float32)
        """
        return self._host.predict(np.asarray(x))

    @cached_property
    def graph(self) -> Graph | None:
        """What the source was written from; None unless it was written just now."""
        return None

    def written_from(self, graph: Graph) -> "CompiledModel":
        """Take note of a graph, which is no part of the record and is not stored."""
        self.__dict__["graph"] = graph
        return self

    @cached_property
    def _host(self) -> GraphOnHost:
        return GraphOnHost(self)
