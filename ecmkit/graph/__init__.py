"""Models in, C out: ONNX to an intermediate form to calls of the device library."""

from ecmkit.graph.compiled import compile_graph, compile_onnx, of_features
from ecmkit.graph.cost import ModelCost
from ecmkit.graph.density import Density, densities
from ecmkit.graph.emit import ForestForm
from ecmkit.graph.export import (
    ServedModels,
    read_served,
    write_onnx,
    write_pyfunc,
    write_tflite,
)
from ecmkit.graph.frontend import (
    Problem,
    import_model,
    import_onnx,
    import_tflite,
    problems_of,
)
from ecmkit.graph.frontend.detectors import (
    condensed,
    import_detector,
    reconstruction_error,
)
from ecmkit.graph.frontend.objects import import_estimator, import_module
from ecmkit.graph.host import GraphOnHost
from ecmkit.graph.int8 import (
    LayerType,
    Quantisation,
    calibrate,
    int8_layers,
    quantised,
    to_int8,
)
from ecmkit.graph.ir import Graph, Node
from ecmkit.graph.model import CompiledModel
from ecmkit.graph.picture import macs_of, svg_of
from ecmkit.graph.transform import (
    Streamed,
    calibrated,
    equalise,
    integer_features,
    keep_outputs,
    keep_state,
    layers_merged,
    simplified,
    streaming,
)

__all__ = [
    "CompiledModel",
    "Density",
    "ForestForm",
    "Graph",
    "GraphOnHost",
    "LayerType",
    "ModelCost",
    "Node",
    "Problem",
    "Quantisation",
    "ServedModels",
    "Streamed",
    "calibrate",
    "calibrated",
    "compile_graph",
    "compile_onnx",
    "condensed",
    "densities",
    "equalise",
    "import_detector",
    "import_estimator",
    "import_model",
    "import_module",
    "import_onnx",
    "import_tflite",
    "int8_layers",
    "integer_features",
    "keep_outputs",
    "keep_state",
    "layers_merged",
    "macs_of",
    "of_features",
    "problems_of",
    "quantised",
    "read_served",
    "reconstruction_error",
    "simplified",
    "streaming",
    "svg_of",
    "to_int8",
    "write_onnx",
    "write_pyfunc",
    "write_tflite",
]
