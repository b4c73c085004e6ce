"""Models in, C out: ONNX to an intermediate form to calls of the device library."""

from ecmkit.graph.compiled import CompiledGraph, GraphOnHost, compile_graph
from ecmkit.graph.compiler import compile_onnx, program_of
from ecmkit.graph.emit import ForestForm
from ecmkit.graph.frontend import Problem, import_onnx, problems_of
from ecmkit.graph.frontend.detectors import (
    condensed,
    import_detector,
    reconstruction_error,
)
from ecmkit.graph.host import CompiledOnHost
from ecmkit.graph.int8 import calibrate, to_int8
from ecmkit.graph.ir import Graph
from ecmkit.graph.model import CompiledModel
from ecmkit.graph.onnx_reader import read_onnx
from ecmkit.graph.picture import macs_of, svg_of
from ecmkit.graph.transform import (
    Streamed,
    calibrated,
    integer_features,
    keep_state,
    layers_merged,
    simplified,
    streaming,
)

__all__ = [
    "CompiledGraph",
    "CompiledModel",
    "CompiledOnHost",
    "ForestForm",
    "Graph",
    "GraphOnHost",
    "Problem",
    "Streamed",
    "calibrate",
    "calibrated",
    "compile_graph",
    "compile_onnx",
    "condensed",
    "import_detector",
    "import_onnx",
    "integer_features",
    "keep_state",
    "layers_merged",
    "macs_of",
    "problems_of",
    "program_of",
    "read_onnx",
    "reconstruction_error",
    "simplified",
    "streaming",
    "svg_of",
    "to_int8",
]
