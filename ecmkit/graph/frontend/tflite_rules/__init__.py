"""What each TFLite operator becomes: one rule each, by the name in the schema."""

from collections.abc import Callable

from ecmkit.graph.frontend.tflite_file import TfliteOp, TfliteReading
from ecmkit.graph.frontend.tflite_rules import elements, layers, moves, resize

__all__ = ["INSTEAD", "RULES", "Rule"]

Rule = Callable[[TfliteReading, TfliteOp], list[str]]

RULES: dict[str, Rule] = {
    **elements.RULES,
    **layers.RULES,
    **moves.RULES,
    **resize.RULES,
}

_UNROLL = "convert the model with the layer unrolled, or import it from ONNX as LSTM"
INSTEAD: dict[str, str] = {
    "BIDIRECTIONAL_SEQUENCE_LSTM": _UNROLL,
    "BIDIRECTIONAL_SEQUENCE_RNN": _UNROLL.replace("LSTM", "RNN"),
    "CUSTOM": "write it by operators of TFLite, such as FULLY_CONNECTED",
    "IF": "make a model of each branch",
    "LSTM": _UNROLL,
    "RNN": _UNROLL.replace("LSTM", "RNN"),
    "SVDF": "write it as FULLY_CONNECTED and DEPTHWISE_CONV_2D over the frames",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _UNROLL,
    "UNIDIRECTIONAL_SEQUENCE_RNN": _UNROLL.replace("LSTM", "RNN"),
    "WHILE": "convert the model with its loops unrolled",
}
"""What works in place of operators that have no rule."""
