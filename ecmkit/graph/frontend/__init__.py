"""Model files in: each format to the one intermediate form."""

from ecmkit.graph.frontend.onnx_file import Problem, import_onnx, problems_of

__all__ = ["Problem", "import_onnx", "problems_of"]
