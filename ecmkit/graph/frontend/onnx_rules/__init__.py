"""What each ONNX operator becomes: one rule each, by domain and name."""

from ecmkit.graph.frontend.onnx_file import Rule
from ecmkit.graph.frontend.onnx_rules import (
    elements,
    integers,
    layers,
    learners,
    moves,
    recurrent,
    reductions,
    vectors,
)

__all__ = ["RULES", "Rule"]

RULES: dict[tuple[str, str], Rule] = {
    ("", name): rule
    for room in (elements, reductions, integers, layers, moves, recurrent)
    for name, rule in room.RULES.items()
}
RULES.update(
    {
        ("ai.onnx.ml", name): rule
        for room in (learners, vectors)
        for name, rule in room.RULES.items()
    }
)
RULES["com.microsoft", "CDist"] = learners.distances
RULES["ecmkit", "ClassScores"] = vectors.of_classes
