"""Model files in: each format to the one intermediate form."""

from ecmkit.graph.frontend.model_file import import_model, problems_of
from ecmkit.graph.frontend.onnx_file import Problem, import_onnx
from ecmkit.graph.frontend.tflite_file import import_tflite

__all__ = ["Problem", "import_model", "import_onnx", "import_tflite", "problems_of"]
