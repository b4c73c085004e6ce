"""What each TFLite operator becomes: one rule each, by the name in the schema."""

from collections.abc import Callable

from ecmkit.graph.frontend.tflite_file import TfliteOp, TfliteReading
from ecmkit.graph.frontend.tflite_rules import elements, layers, moves

__all__ = ["RULES", "Rule"]

Rule = Callable[[TfliteReading, TfliteOp], list[str]]

RULES: dict[str, Rule] = {**elements.RULES, **layers.RULES, **moves.RULES}
