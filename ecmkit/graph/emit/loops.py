"""Loops over tensors: indices as sums of counters times strides, merged if possible."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Axis", "Nest", "broadcast"]


@dataclass(frozen=True)
class Axis:
    """One loop: its length, and the step of each array in elements."""

    length: int
    steps: Mapping[str, int]


class Nest:
    """Loops that walk some arrays together.

    Parameters
    ----------
    shape : sequence of int
        Lengths of the axes, the outermost first.
    steps : mapping of str to sequence of int
        By array: elements from one index of each axis to the next; 0 repeats.
    offsets : mapping of str to int, optional
        By array: where it starts.
    counters : str
        Prefix of the names of the counters.

    Notes
    -----
    Axes of length 1 vanish, and neighbours that every array walks as one are merged.
    """

    def __init__(
        self,
        shape: Sequence[int],
        steps: Mapping[str, Sequence[int]],
        *,
        offsets: Mapping[str, int] | None = None,
        counters: str = "i",
    ) -> None:
        self.offsets = dict(offsets or {})
        self.counters = counters
        axes: list[Axis] = []
        for at, length in enumerate(shape):
            axis = Axis(length, {name: s[at] for name, s in steps.items()})
            if length == 1:
                continue
            outer = axes[-1] if axes else None
            if outer is not None and all(
                outer.steps[name] == axis.steps[name] * length for name in steps
            ):
                axes[-1] = Axis(outer.length * length, axis.steps)
            else:
                axes.append(axis)
        self.axes = axes

    def index(self, name: str) -> str:
        """C expression of the element of an array that the loops are at."""
        offset = self.offsets.get(name, 0)
        terms: list[str] = []
        for at, axis in enumerate(self.axes):
            step = axis.steps[name]
            if step:
                counter = f"{self.counters}{at}"
                sign = "-" if step < 0 else "+"
                factor = "" if abs(step) == 1 else f" * {abs(step)}U"
                terms.append(f"{sign} {counter}{factor}")
        if offset or not terms or terms[0].startswith("-"):
            return " ".join([f"{offset}U", *terms])
        return " ".join([terms[0][2:], *terms[1:]])

    def at(self, name: str, array: str | None = None) -> str:
        """C expression of that element itself."""
        return f"{array or name}[{self.index(name)}]"

    def declare(self) -> str:
        """Declare the counters; empty if there are none."""
        names = ", ".join(f"{self.counters}{at}" for at in range(len(self.axes)))
        return f"uint32_t {names};" if names else ""

    def around(self, body: Sequence[str]) -> list[str]:
        """Put statements inside the loops."""
        lines = list(body)
        for at in reversed(range(len(self.axes))):
            name = f"{self.counters}{at}"
            length = self.axes[at].length
            head = f"for ({name} = 0; {name} < {length}U; {name}++) {{"
            lines = [head, *(f"    {line}" for line in lines), "}"]
        return lines


def broadcast(shape: Sequence[int], to: Sequence[int]) -> tuple[int, ...]:
    """Give the steps of an array that is walked in another shape, as NumPy does.

    Parameters
    ----------
    shape : sequence of int
        Its own shape; axes are aligned at the end.
    to : sequence of int
        The shape of the walk.

    Returns
    -------
    tuple of int
        One step an axis of `to`; 0 where the array repeats.

    Examples
    --------
    >>> broadcast((3, 1), (2, 3, 4))
    (0, 1, 0)
    """
    steps: list[int] = []
    step = 1
    own = list(shape)
    for length in reversed(to):
        mine = own.pop() if own else 1
        steps.append(step if mine == length and mine != 1 else 0)
        step *= mine
    return tuple(reversed(steps))
