"""What the writers of model files share: nodes one by one, each by its rule."""

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from numpy.typing import NDArray

from ecmkit.graph.ir import Graph, Node, Tensor

__all__ = ["Writing"]


class Writing:
    """One graph being written."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.node: Node

    def write_nodes(
        self, rules: Mapping[str, Callable[[Any, Node], None]], missing: str
    ) -> None:
        """Write all nodes; `missing` is what the format has not for some."""
        for node in self.graph.nodes:
            self.node = node
            rule = rules.get(node.op)
            if rule is None:
                near = difflib.get_close_matches(node.op, sorted(rules), 1)
                hint = f"; the nearest is {near[0]!r}" if near else ""
                raise node.refuse(f"{missing} {node.op!r}{hint}")
            rule(self, node)

    def kind(self, name: str) -> Tensor:
        """Type of a value of the graph."""
        return self.graph.tensors[name]

    def known(self, name: str, what: str) -> NDArray[Any]:
        """Elements of a constant of the graph."""
        value = self.graph.constants.get(name)
        if value is None:
            raise self.node.refuse(f"{what} are computed, expected constants")
        return value
