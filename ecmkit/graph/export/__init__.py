"""A graph as a model file again, for other runtimes; compiled models for servers."""

from ecmkit.graph.export.onnx_writer import write_onnx
from ecmkit.graph.export.pyfunc import ServedModels, read_served, write_pyfunc
from ecmkit.graph.export.tflite_writer import write_tflite

__all__ = ["ServedModels", "read_served", "write_onnx", "write_pyfunc", "write_tflite"]
