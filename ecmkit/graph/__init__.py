"""Models in, C out: ONNX to an intermediate form to calls of the device library."""

from ecmkit.graph.compiled import CompiledGraph, GraphOnHost, compile_graph
from ecmkit.graph.compiler import compile_onnx, program_of
from ecmkit.graph.density import Density, densities
from ecmkit.graph.export import write_onnx, write_tflite
from ecmkit.graph.frontend import (
    Problem,
    import_model,
    import_onnx,
    import_tflite,
    problems_of,
)
from ecmkit.graph.host import CompiledOnHost
from ecmkit.graph.int8 import calibrate, to_int8
from ecmkit.graph.ir import Graph
from ecmkit.graph.model import CompiledModel
from ecmkit.graph.onnx_reader import read_onnx
from ecmkit.graph.picture import macs_of, svg_of

__all__ = [
    "CompiledGraph",
    "CompiledModel",
    "CompiledOnHost",
    "Density",
    "Graph",
    "GraphOnHost",
    "Problem",
    "calibrate",
    "compile_graph",
    "compile_onnx",
    "densities",
    "import_model",
    "import_onnx",
    "import_tflite",
    "macs_of",
    "problems_of",
    "program_of",
    "read_onnx",
    "svg_of",
    "to_int8",
    "write_onnx",
    "write_tflite",
]
