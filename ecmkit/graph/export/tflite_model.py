"""A TFLite flatbuffer put together: tensors, operators, bytes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.errors import FormatError
from ecmkit.graph.frontend.tflite_schema import schema
from ecmkit.graph.ir import Tensor

__all__ = ["TfliteModel"]

_TYPES = {
    "f32": "FLOAT32", "s8": "INT8", "u8": "UINT8", "s16": "INT16", "u16": "UINT16",
    "s32": "INT32", "u32": "UINT32", "s64": "INT64", "bool": "BOOL",
}  # fmt: skip
_ALIGN = 16


class TfliteModel:
    """One subgraph that grows."""

    def __init__(self) -> None:
        self.schema = s = schema()
        self.model = s.ModelT()
        self.model.version = 3
        self.model.description = "ecmkit"
        self.model.operatorCodes = []
        self.graph = s.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        self.model.subgraphs = [self.graph]
        self.model.buffers = [self._buffer(None)]
        self.kinds: list[Tensor] = []
        self.scalars: dict[int, float] = {}
        """Numbers of the constants of one element."""
        self._codes: dict[tuple[str, int], int] = {}
        self._constants: dict[tuple[Any, ...], int] = {}

    def _buffer(self, data: NDArray[np.uint8] | None) -> Any:
        buffer = _aligned(self.schema)()
        buffer.data = data
        return buffer

    def tensor(self, kind: Tensor, name: str = "") -> int:
        """Add a value; return its number."""
        if kind.dtype not in _TYPES:
            raise FormatError(f"TFLite has no values of type {kind}")
        made = self.schema.TensorT()
        made.shape = np.array(kind.shape, np.int32)
        made.type = getattr(self.schema.TensorType, _TYPES[kind.dtype])
        made.name = name or f"t{len(self.kinds)}"
        if kind.scale:
            self._scales(made, np.array([kind.scale], np.float32), kind.zero, 0)
        self.graph.tensors.append(made)
        self.kinds.append(kind)
        return len(self.kinds) - 1

    def type_of(self, kind: Tensor) -> int:
        """Return the number of a kind of elements in the schema."""
        return int(getattr(self.schema.TensorType, _TYPES[kind.dtype]))

    def _scales(
        self, tensor: Any, scales: NDArray[np.float32], zero: int, axis: int
    ) -> None:
        tensor.quantization = self.schema.QuantizationParametersT()
        tensor.quantization.scale = scales.astype(np.float32)
        tensor.quantization.zeroPoint = np.full(len(scales), zero, np.int64)
        tensor.quantization.quantizedDimension = axis

    def constant(
        self,
        value: NDArray[Any],
        *,
        scales: NDArray[np.float32] | None = None,
        axis: int = 0,
        scale: float = 0.0,
        zero: int = 0,
    ) -> int:
        """Add a constant, quantised by one scale or by one each along an axis."""
        by_axis = b"" if scales is None else scales.tobytes()
        key = (
            value.dtype.str,
            value.shape,
            value.tobytes(),
            by_axis,
            axis,
            scale,
            zero,
        )
        if key in self._constants:
            return self._constants[key]
        plain = Tensor.of(value)
        kind = Tensor(plain.dtype, plain.shape, scale, zero)
        at = self.tensor(kind)
        tensor = self.graph.tensors[at]
        if scales is not None:
            self._scales(tensor, scales, 0, axis)
        tensor.buffer = len(self.model.buffers)
        little = np.ascontiguousarray(value, value.dtype.newbyteorder("<"))
        self.model.buffers.append(
            self._buffer(np.frombuffer(little.tobytes(), np.uint8))
        )
        self._constants[key] = at
        if value.size == 1:
            self.scalars[at] = float(value.reshape(-1)[0])
        return at

    def operator(
        self,
        name: str,
        inputs: Sequence[int],
        outputs: Sequence[int],
        *,
        version: int = 1,
        options: str = "",
        **settings: Any,
    ) -> None:
        """Add an operator with settings of a kind of the schema."""
        s = self.schema
        key = (name, version)
        if key not in self._codes:
            code = s.OperatorCodeT()
            number = getattr(s.BuiltinOperator, name)
            code.builtinCode, code.deprecatedBuiltinCode = number, min(number, 127)
            code.version = version
            self._codes[key] = len(self.model.operatorCodes)
            self.model.operatorCodes.append(code)
        made = s.OperatorT()
        made.opcodeIndex = self._codes[key]
        made.inputs = np.array(inputs, np.int32)
        made.outputs = np.array(outputs, np.int32)
        if options:
            made.builtinOptionsType = getattr(s.BuiltinOptions, options)
            made.builtinOptions = getattr(s, f"{options}T")()
            for field, value in settings.items():
                setattr(made.builtinOptions, field, value)
        self.graph.operators.append(made)

    def bytes(self, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
        """Return the file."""
        import flatbuffers

        self.graph.inputs = np.array(inputs, np.int32)
        self.graph.outputs = np.array(outputs, np.int32)
        self.graph.name = "main"
        builder = flatbuffers.Builder(1 << 16)
        builder.Finish(self.model.Pack(builder), file_identifier=b"TFL3")
        return bytes(builder.Output())


def _aligned(s: Any) -> Any:
    """Class of buffers whose data begins at 16 bytes, as the schema demands.

    The object API writes them at any byte, which runtimes that map a file cannot read.
    """

    class Aligned(s.BufferT):  # type: ignore[misc]
        def Pack(self, builder: Any) -> int:  # noqa: N802
            at = 0
            if self.data is not None and len(self.data):
                builder.StartVector(1, len(self.data), _ALIGN)
                builder.head -= len(self.data)
                builder.Bytes[builder.head : builder.head + len(self.data)] = (
                    self.data.tobytes()
                )
                at = builder.EndVector()
            s.BufferStart(builder)
            if at:
                s.BufferAddData(builder, at)
            return int(s.BufferEnd(builder))

    return Aligned
