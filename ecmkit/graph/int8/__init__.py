"""Float layers to int8 ones: by calibration, or as a quantised model says."""

from ecmkit.graph.int8.calibration import calibrate, int8_layers, to_int8
from ecmkit.graph.int8.lowering import LayerType
from ecmkit.graph.int8.settings import Quantisation, quantised

__all__ = [
    "LayerType",
    "Quantisation",
    "calibrate",
    "int8_layers",
    "quantised",
    "to_int8",
]
