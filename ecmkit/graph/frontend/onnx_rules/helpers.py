"""What the rules share: required inputs, axes that moved from setting to input."""

from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.frontend.onnx_file import Operator

__all__ = ["axes_of", "axis_of", "has", "need", "needs", "whole"]


def need(b: Builder, o: Operator, at: int) -> str:
    """Input that must be there.

    Raises
    ------
    FormatError
        If it was left out.
    """
    name = o.inputs[at] if at < len(o.inputs) else None
    if name is None:
        raise b.fail(f"input {at} is missing")
    return name


def needs(b: Builder, o: Operator) -> list[str]:
    """All inputs, of which none may be left out."""
    return [need(b, o, at) for at in range(len(o.inputs))]


def has(o: Operator, at: int) -> str | None:
    """Input that may be left out."""
    return o.inputs[at] if at < len(o.inputs) else None


def axis_of(
    b: Builder, o: Operator, rank: int, default: int, name: str = "axis"
) -> int:
    """Return the axis that a setting names, counted from the end if negative."""
    axis = int(o.get(name, default))
    if not -rank <= axis < max(rank, 1):
        raise b.fail(f"attribute `{name}`: axis {axis} of {rank}")
    return axis % rank if rank else 0


def axes_of(b: Builder, o: Operator, rank: int, at: int = 1) -> list[int] | None:
    """Axes as an input (later versions) or a setting (earlier); None: not given."""
    name = has(o, at)
    given = o.get("axes")
    if name is not None:
        given = [int(v) for v in b.known(name, "axes").reshape(-1)]
    if given is None:
        return None
    for axis in given:
        if not -rank <= axis < max(rank, 1):
            raise b.fail(f"axis {axis} of {rank}")
    return [int(axis) % rank for axis in given]


def whole(b: Builder, name: str, what: str) -> list[int]:
    """Known integers."""
    return [int(v) for v in b.known(name, what).reshape(-1)]
