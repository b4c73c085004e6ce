"""Models in, C out: ONNX to an intermediate form to calls of the device library."""

from ecmkit.graph.compiler import compile_onnx, program_of
from ecmkit.graph.host import CompiledOnHost
from ecmkit.graph.model import CompiledModel
from ecmkit.graph.onnx_reader import read_onnx

__all__ = [
    "CompiledModel",
    "CompiledOnHost",
    "compile_onnx",
    "program_of",
    "read_onnx",
]
