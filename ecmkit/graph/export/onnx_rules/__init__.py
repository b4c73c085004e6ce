"""What each operation becomes in an ONNX file: one rule each."""

from collections.abc import Callable

from ecmkit.graph.export.onnx_rules import elements, integer, layers, moves
from ecmkit.graph.export.onnx_writer import OnnxWriting
from ecmkit.graph.ir import Node

__all__ = ["RULES", "Rule"]

Rule = Callable[[OnnxWriting, Node], None]

RULES: dict[str, Rule] = {
    **elements.RULES,
    **integer.RULES,
    **layers.RULES,
    **moves.RULES,
}
