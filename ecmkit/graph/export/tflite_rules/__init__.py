"""What each operation becomes in a TFLite file: one rule each."""

from collections.abc import Callable

from ecmkit.graph.export.tflite_rules import elements, integer, layers, moves
from ecmkit.graph.export.tflite_writer import TfliteWriting
from ecmkit.graph.ir import Node

__all__ = ["RULES", "Rule"]

Rule = Callable[[TfliteWriting, Node], None]

RULES: dict[str, Rule] = {
    **elements.RULES,
    **integer.RULES,
    **layers.RULES,
    **moves.RULES,
}
