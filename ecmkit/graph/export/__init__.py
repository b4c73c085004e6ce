"""A graph as a model file again, for runtimes on gateways and phones."""

from ecmkit.graph.export.onnx_writer import write_onnx
from ecmkit.graph.export.tflite_writer import write_tflite

__all__ = ["write_onnx", "write_tflite"]
