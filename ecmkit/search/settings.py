"""Settings of a search: the table ``[search]`` of a project file."""

from typing import Literal

import msgspec

from ecmkit.graph import ModelCost
from ecmkit.search.spaces import Axis

__all__ = ["Limits", "Objective", "SearchSettings"]

Objective = Literal["score", "flash_bytes", "ram_bytes", "instructions"]


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a candidate may cost, its features included if they are counted."""

    flash_bytes: int | None = None
    ram_bytes: int | None = None
    instructions: int | None = None
    """Of a window."""

    def violations(self, cost: ModelCost) -> dict[str, float]:
        """Share by which each limit is exceeded; 0 or less where it is kept.

        Examples
        --------
        >>> cost = ModelCost(target="t", flash_bytes=900, ram_bytes=10,
        ...                  instructions=150, label="estimated")
        >>> Limits(flash_bytes=1000, instructions=100).violations(cost)
        {'flash_bytes': -0.1, 'instructions': 0.5}
        """
        limits = {n: getattr(self, n) for n in self.__struct_fields__}
        return {
            name: round(getattr(cost, name) / most - 1.0, 6)
            for name, most in limits.items()
            if most is not None
        }


class SearchSettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Which candidates there are, and how they are gone through."""

    model: str = "classifier"
    """The model of ``[train]`` that is searched for, such as ``regression``."""
    families: tuple[str, ...] = ("random-forest",)
    space: dict[str, dict[str, Axis]] = {}
    """By family: options in place of those of `ecmkit.search.SPACES`."""
    features: dict[str, tuple[str, ...]] = {}
    """Sets of columns by a name: shell patterns; all columns if there are none."""
    compression: dict[str, Axis] = {}
    """Options of the compression; in a project those of `ecmkit.compress.Recipe`."""
    sampler: Literal["grid", "random", "gp", "tpe", "nsga2"] = "tpe"
    pruner: Literal["none", "median", "hyperband"] = "median"
    objectives: tuple[Objective, ...] = ("score", "instructions")
    """The score is made large, the others small."""
    limits: Limits = Limits()
    count_features: bool = False
    """Add what the feature plan costs, which all candidates share, to each cost."""
    trials: int = 100
    startup: int = 10
    """Trials before samplers and pruners go by what was found."""
    grid: int = 3
    """Points of a range, for the sampler ``grid``."""
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse objectives that say nothing, and empty searches."""
        names = self.objectives
        if "score" not in names or len(set(names)) != len(names):
            raise ValueError(
                f"`objectives`: found {list(names)}, expected score and others, each "
                "once"
            )
        if not self.families or self.trials < 1 or self.startup < 0 or self.grid < 2:
            raise ValueError(
                f"found families {list(self.families)}, trials {self.trials}, startup "
                f"{self.startup}, grid {self.grid}; expected a family, trials >= 1, "
                "startup >= 0, grid >= 2"
            )
        if self.pruner == "hyperband" and len(names) > 1:
            raise ValueError(
                "`pruner`: found hyperband with several objectives, expected median or "
                "none: only the median rule knows what a candidate costs"
            )
