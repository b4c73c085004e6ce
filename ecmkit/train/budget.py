"""What a model may cost on its target."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from ecmkit.errors import BuildError
from ecmkit.graph import CompiledModel
from ecmkit.train.bounds import LowerBound

__all__ = ["Budget", "Cost"]


class Cost(Protocol):
    """What a model costs, such as ``graph.ModelCost``."""

    @property
    def flash_bytes(self) -> int:
        """Code and tables."""

    @property
    def ram_bytes(self) -> int:
        """Memory that the caller holds."""

    @property
    def instructions(self) -> int:
        """For one row."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Most that a model may take of a target; None for no limit."""

    flash_bytes: int | None = None
    ram_bytes: int | None = None
    instructions: int | None = None
    cost: Callable[[CompiledModel], Cost] | None = None
    """Tells the cost of a compiled model, such as ``bench.model_cost`` for a target.
    Without one flash is that of its tables and memory that of its values, both known
    when it is compiled; there are no instructions then."""

    def __post_init__(self) -> None:
        """Refuse limits that nothing meets, or that nobody measures."""
        for name in ("flash_bytes", "ram_bytes", "instructions"):
            limit = getattr(self, name)
            if limit is not None and limit < 1:
                raise ValueError(f"{name} {limit}, expected at least 1")
        if self.instructions is not None and self.cost is None:
            raise ValueError(
                "instructions: expected `cost` too, which counts them on a target"
            )

    def require(self, compiled: CompiledModel) -> None:
        """Refuse a model that is over the budget.

        Raises
        ------
        BuildError
            Naming each limit that it misses, and by how much.
        """
        over = self._over(self.found(compiled))
        if over:
            raise BuildError(f"{compiled.name} does not fit: {'; '.join(over)}")

    def require_lower_bound(self, smallest: LowerBound) -> None:
        """Refuse a model before it is trained, if the smallest one is over the budget.

        Raises
        ------
        BuildError
            Naming each limit that is surely missed, and by how much.
        """
        over = self._over(smallest.cost(self.found))
        if over:
            raise BuildError(
                f"{smallest.models[0].name} cannot fit, and is not trained; the least "
                f"that {smallest.what}, takes: {'; '.join(over)}"
            )

    def found(self, compiled: CompiledModel) -> dict[str, int]:
        """Return what a model costs, by the names of the limits."""
        if self.cost is None:
            return {
                "flash_bytes": compiled.flash_bytes,
                "ram_bytes": compiled.work_bytes + compiled.state_bytes,
            }
        cost = self.cost(compiled)
        names = ("flash_bytes", "ram_bytes", "instructions")
        return {name: int(getattr(cost, name)) for name in names}

    def _over(self, found: Mapping[str, int]) -> list[str]:
        return [
            f"{name} {value:,}, expected at most {limit:,}"
            for name, value in found.items()
            if (limit := getattr(self, name)) is not None and value > limit
        ]
