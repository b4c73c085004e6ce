"""TFLite bytes to a graph: checked, one rule for each operator."""

import difflib
import struct
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.errors import FormatError
from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.frontend.onnx_file import Problem
from ecmkit.graph.frontend.tflite_schema import names_of, schema
from ecmkit.graph.frontend.tflite_verify import verify
from ecmkit.graph.ir import DType, Graph, Tensor, check

__all__ = ["Quantisation", "TfliteOp", "TfliteReading", "import_tflite"]

_TYPES: dict[str, DType] = {
    "FLOAT32": "f32", "INT8": "s8", "UINT8": "u8", "INT16": "s16", "UINT16": "u16",
    "INT32": "s32", "UINT32": "u32", "INT64": "s64", "BOOL": "bool",
}  # fmt: skip
_MAX_SIZE = 1 << 24
_VECTORS = ("ReshapeOptions", "SqueezeOptions")
_FLAT = (
    *("AbsOptions", "AddOptions", "ArgMaxOptions", "ArgMinOptions", "CastOptions"),
    *("BatchMatMulOptions", "BroadcastToOptions", "ConcatenationOptions", "CosOptions"),
    *("Conv2DOptions", "DepthwiseConv2DOptions", "DequantizeOptions", "DivOptions"),
    *("ExpOptions", "ExpandDimsOptions", "FullyConnectedOptions", "GatherOptions"),
    *("GeluOptions", "HardSwishOptions", "LeakyReluOptions", "LogSoftmaxOptions"),
    *("MaximumMinimumOptions", "MulOptions", "NegOptions", "PackOptions"),
    *("PadOptions", "PadV2Options", "Pool2DOptions", "PowOptions", "QuantizeOptions"),
    *("ReducerOptions", "ResizeBilinearOptions", "ResizeNearestNeighborOptions"),
    *("ReverseV2Options", "ShapeOptions", "SliceOptions"),
    *("SoftmaxOptions", "SplitOptions", "SplitVOptions", "SquareOptions"),
    *("SquaredDifferenceOptions", "StridedSliceOptions", "SubOptions", "TileOptions"),
    *("TransposeConvOptions", "TransposeOptions", "UnpackOptions"),
    *("EqualOptions", "GreaterEqualOptions", "GreaterOptions", "LessEqualOptions"),
    *("LessOptions", "NotEqualOptions", "SelectOptions", "SelectV2Options"),
)


@dataclass(frozen=True)
class Quantisation:
    """Scales and zero points of a tensor: one each, or one each along an axis."""

    scales: NDArray[np.float32]
    zeros: NDArray[np.int64]
    axis: int


@dataclass(frozen=True)
class TfliteOp:
    """One operator: name, tensors by number (-1: left out), settings of the schema."""

    op: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Any

    def get(self, name: str, default: Any = None) -> Any:
        """Return a setting, or what stands for it if it is not there."""
        return getattr(self.options, name, default)


def import_tflite(data: bytes) -> Graph:
    """Read a TFLite model.

    Parameters
    ----------
    data : bytes
        Flatbuffer of version 3, in float32 or int8.

    Returns
    -------
    Graph
        Checked; int8 operators become the int8 operations of `to_int8`.

    Raises
    ------
    FormatError
        If the bytes are malformed, or an operator has no form here; names the operator
        and the reason.
    MissingError
        If ai-edge-litert, whose schema reads the file, is not installed.
    """
    return TfliteReading(data).graph()


class TfliteReading:
    """One file being read: its tensors, and the graph so far.

    Parameters
    ----------
    data : bytes
        The file.
    collect : bool
        Go on after an operator that fails, for a list of all problems.
    """

    def __init__(self, data: bytes, *, collect: bool = False) -> None:
        self.collect = collect
        self.problems: list[Problem] = []
        self.b = Builder()
        self.schema = schema()
        options = self.schema.BuiltinOptions
        verify(data, {getattr(options, name): name for name in _VECTORS})
        self.option_names = names_of(options)
        self.data = data
        try:
            self._open()
        except (ValueError, TypeError, IndexError, struct.error) as error:
            raise FormatError(f"TFLite: {error}") from error
        self.values: dict[int, str] = {}
        self.lost: set[int] = set()
        self.first: dict[str, str] = {}
        """Values of images, channels last, by name: the same with channels first."""
        self.padded: dict[str, tuple[str, tuple[int, int], tuple[int, int]]] = {}
        """Images with zeros around by name: what is inside, pads before and after."""

    def _open(self) -> None:
        model = self.schema.Model.GetRootAs(self.data, 0)
        if model.Version() != 3:
            raise FormatError(f"TFLite: version {model.Version()}, expected 3")
        if model.SubgraphsLength() != 1:
            raise FormatError(
                f"TFLite: {model.SubgraphsLength()} subgraphs, expected 1: models with "
                "control flow are not supported"
            )
        self.model = model
        self.graph_of = model.Subgraphs(0)
        names = names_of(self.schema.BuiltinOperator)
        self.codes: list[str] = []
        for i in range(model.OperatorCodesLength()):
            code = model.OperatorCodes(i)
            number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
            custom = code.CustomCode()
            name = names.get(number, f"#{number}")
            if name == "CUSTOM" and custom is not None:
                name = f"CUSTOM {custom.decode('utf-8', 'replace')}"
            self.codes.append(name)
        self.n_tensors = self.graph_of.TensorsLength()
        self.kinds = names_of(self.schema.TensorType)

    def graph(self) -> Graph:
        """Read all operators."""
        try:
            self._inputs()
            for i in range(self.graph_of.OperatorsLength()):
                self._operator(i)
            outputs = [
                self.value(int(at))
                for at in self._numbers(self.graph_of.OutputsAsNumpy())
                if int(at) not in self.lost
            ]
        except (UnicodeDecodeError, struct.error) as error:
            raise FormatError(f"TFLite: {error}") from error
        if not outputs and not self.problems:
            raise FormatError("TFLite: the model has no outputs")
        made = self.b.graph(outputs)
        check(made)
        return made

    def _numbers(self, found: Any) -> list[int]:
        """Elements of a vector of the schema, which is 0 where there is none."""
        numbers = [] if isinstance(found, int) else [int(v) for v in found]
        for at in numbers:
            if not -1 <= at < self.n_tensors:
                raise FormatError(f"TFLite: tensor {at} of {self.n_tensors}")
        return numbers

    def _inputs(self) -> None:
        for at in self._numbers(self.graph_of.InputsAsNumpy()):
            self.b.source = f"TFLite input {at}"
            if at < 0 or at in self.values:
                raise self.b.fail("is no tensor of its own")
            name = self.name(at)
            if name in self.b.tensors or not name:
                name = f"input_{at}"
            self.values[at] = self.b.input(name, self.tensor(at))

    def name(self, at: int) -> str:
        """Name of a tensor in the file."""
        found = self.graph_of.Tensors(at).Name()
        return "" if found is None else str(found.decode("utf-8", "replace"))

    def _operator(self, at: int) -> None:
        from ecmkit.graph.frontend.tflite_rules import INSTEAD, RULES

        found = self.graph_of.Operators(at)
        number = found.OpcodeIndex()
        name = self.codes[number] if number < len(self.codes) else f"code {number}"
        self.b.source = f"TFLite operator {at} ({name})"
        inputs = tuple(self._numbers(found.InputsAsNumpy()))
        outputs = tuple(self._numbers(found.OutputsAsNumpy()))
        if self.lost & set(inputs):
            self.lost.update(outputs)
            return
        try:
            rule = RULES.get(name)
            if rule is None:
                near = difflib.get_close_matches(name, sorted(RULES), 1)
                hint = f"; the nearest is {near[0]}" if near else ""
                hint = f"; {INSTEAD[name]}" if name in INSTEAD else hint
                raise self.b.fail(f"operator {name} is not supported{hint}")
            op = TfliteOp(name, inputs, outputs, self._options(found))
            try:
                results = rule(self, op)
            except (ValueError, IndexError, ZeroDivisionError, OverflowError) as error:
                # A rule takes shapes apart; where they do not suit the operator,
                # that is the file's mistake.
                raise self.b.fail(f"inputs do not fit the operator: {error}") from error
            self._take(outputs, results)
        except FormatError as error:
            if not self.collect:
                raise
            why = str(error).removeprefix(f"{self.b.source}: ")
            self.problems.append(Problem(self.b.source, why))
            self.lost.update(outputs)

    def _options(self, found: Any) -> Any:
        number = found.BuiltinOptionsType()
        table = found.BuiltinOptions()
        if not number or table is None:
            return None
        name = self.option_names.get(number, f"#{number}")
        if name not in _FLAT and name not in _VECTORS:
            raise self.b.fail(f"settings of kind {name} do not belong to the operator")
        return getattr(self.schema, f"{name}T").InitFromBuf(table.Bytes, table.Pos)

    def _take(self, outputs: tuple[int, ...], results: list[str]) -> None:
        if len(outputs) != len(results):
            raise self.b.fail(f"{len(outputs)} outputs, expected {len(results)}")
        for at, name in zip(outputs, results, strict=True):
            if at < 0 or at in self.values:
                raise self.b.fail(f"output {at} has the number of another value")
            wanted, found = self.tensor(at), self.b.tensors[name]
            if found != wanted:
                plain = (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
                if not plain:
                    raise self.b.fail(f"result is {found}, the file says {wanted}")
                # As LiteRT does: the bytes stay, what they stand for changes.
                (name,) = self.b.emit("reshape", [name], wanted)
            self.values[at] = name

    # ---- what rules read ----

    def tensor(self, at: int) -> Tensor:
        """Type of a tensor.

        Raises
        ------
        FormatError
            If its type or shape has no form on a device.
        """
        if not 0 <= at < self.n_tensors:
            raise self.b.fail(f"a tensor is left out ({at})")
        found = self.graph_of.Tensors(at)
        kind = self.kinds.get(found.Type(), f"#{found.Type()}")
        if kind not in _TYPES:
            raise self.b.fail(
                f"tensor {at} holds {kind}, expected one of {', '.join(_TYPES)}"
            )
        raw = found.ShapeAsNumpy()
        shape = () if isinstance(raw, int) else tuple(int(n) for n in raw)
        if min((0, *shape)) < 0 or prod(shape) > _MAX_SIZE:
            raise self.b.fail(
                f"tensor {at} has shape {list(shape)}, expected lengths of 0 or more, "
                f"at most {_MAX_SIZE} elements"
            )
        tensor = Tensor(_TYPES[kind], shape)
        scales = self.quantisation(at)
        if scales is not None and len(scales.scales) == 1 and kind != "FLOAT32":
            if kind == "UINT8":
                raise self.b.fail(
                    f"tensor {at} is quantised to uint8, expected int8: convert the "
                    "model with int8 inference types"
                )
            zero = int(scales.zeros[0])
            tensor = replace(tensor, scale=float(scales.scales[0]), zero=zero)
            if kind == "INT8" and not -128 <= zero <= 127:
                raise self.b.fail(f"tensor {at}: zero point {zero}")
        return tensor

    def quantisation(self, at: int) -> Quantisation | None:
        """Scales of a tensor; None if it has none."""
        tensor = self.graph_of.Tensors(at)
        found = tensor.Quantization()
        if found is None or not found.ScaleLength():
            return None
        scales = np.asarray(found.ScaleAsNumpy(), np.float32)
        n = len(scales)
        zeros = found.ZeroPointAsNumpy()
        if isinstance(zeros, int) or len(zeros) == 0:
            zeros = np.zeros(n, np.int64)
        axis = int(found.QuantizedDimension())
        raw = tensor.ShapeAsNumpy()
        shape = [] if isinstance(raw, int) else [int(v) for v in raw]
        if n > 1 and not (0 <= axis < len(shape) and shape[axis] == n):
            raise self.b.fail(f"tensor {at}: {n} scales along axis {axis} of {shape}")
        if len(zeros) not in (1, n):
            raise self.b.fail(f"tensor {at}: {len(zeros)} zero points, {n} scales")
        if not (np.all(np.isfinite(scales)) and np.all(scales > 0)):
            raise self.b.fail(f"tensor {at}: a scale is not above 0")
        return Quantisation(scales, np.broadcast_to(zeros, (n,)), axis)

    def array(self, at: int) -> NDArray[Any] | None:
        """Elements of a constant tensor; None for a value."""
        if at in self.values:
            return self.b.value(self.values[at])
        if not 0 <= at < self.n_tensors:
            return None
        tensor = self.graph_of.Tensors(at)
        number = tensor.Buffer()
        if number >= self.model.BuffersLength():
            raise self.b.fail(f"buffer {number} of {self.model.BuffersLength()}")
        buffer = self.model.Buffers(number)
        if number == 0 or not buffer.DataLength():
            if buffer.Offset() > 1 or buffer.Size():
                raise self.b.fail(f"tensor {at}: its data is not inside the model")
            return None
        half = self.kinds.get(tensor.Type()) == "FLOAT16"
        raw = tensor.ShapeAsNumpy()
        shape = () if isinstance(raw, int) else tuple(int(v) for v in raw)
        kind = np.dtype(np.float16) if half else self.tensor(at).numpy
        data = np.asarray(buffer.DataAsNumpy()).tobytes()
        if min((0, *shape)) < 0 or prod(shape) * kind.itemsize != len(data):
            raise self.b.fail(
                f"tensor {at} of shape {list(shape)} has {len(data)} bytes, expected "
                f"{prod(shape) * kind.itemsize}"
            )
        return np.frombuffer(data, kind.newbyteorder("<")).astype(kind).reshape(shape)

    def value(self, at: int) -> str:
        """Value of a tensor: computed, or a constant.

        Raises
        ------
        FormatError
            If nothing made it yet.
        """
        if at in self.values:
            return self.values[at]
        array = self.array(at)
        if array is None:
            raise self.b.fail(f"tensor {at} is read before anything makes it")
        if array.dtype == np.float16:
            return self.b.constant(array.astype(np.float32))
        kind = self.tensor(at)
        if array.dtype == np.bool_:
            array = array.view(np.uint8) != 0
        self.values[at] = self.b.constant(array, scale=kind.scale, zero=kind.zero)
        return self.values[at]

    def known(self, at: int, what: str) -> list[int]:
        """Integers of a tensor that must be constant."""
        value = self.b.value(self.value(at))
        if value is None or value.dtype.kind not in "iu":
            raise self.b.fail(f"{what} are computed, expected constant integers")
        return [int(v) for v in value.reshape(-1)]

    def optional(self, op: TfliteOp, at: int) -> int | None:
        """Return the number of an input that may be left out."""
        found = op.inputs[at] if at < len(op.inputs) else -1
        return None if found < 0 else found

    def need(self, op: TfliteOp, at: int) -> int:
        """Return the number of an input that must be there."""
        found = self.optional(op, at)
        if found is None:
            raise self.b.fail(f"input {at} is missing")
        return found

    def output(self, op: TfliteOp, at: int = 0) -> Tensor:
        """Type that the file states for a result."""
        if at >= len(op.outputs):
            raise self.b.fail(f"output {at} is missing")
        return self.tensor(op.outputs[at])
