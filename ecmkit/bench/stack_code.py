"""A function as a bound of the stack sees it."""

from dataclasses import dataclass, field

__all__ = ["Function"]


@dataclass
class Function:
    """What its instructions take from the stack, and where they lead."""

    frame: int = 0
    calls: set[str] = field(default_factory=set)
    literals: set[int] = field(default_factory=set)
    resolved: set[int] = field(default_factory=set)
    indirect: bool = False
    unknown: list[str] = field(default_factory=list)
