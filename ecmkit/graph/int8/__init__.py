"""Float layers to int8 ones: by calibration, or as a quantised model says."""

from ecmkit.graph.int8.bias_correction import correct_bias
from ecmkit.graph.int8.calibration import calibrate, int8_layers, lowered, to_int8
from ecmkit.graph.int8.lowering import LayerType
from ecmkit.graph.int8.settings import Quantisation, prepared, quantised

__all__ = [
    "LayerType",
    "Quantisation",
    "calibrate",
    "correct_bias",
    "int8_layers",
    "lowered",
    "prepared",
    "quantised",
    "to_int8",
]
