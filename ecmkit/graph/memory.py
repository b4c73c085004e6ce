"""Static memory plan: where each buffer lies, so that no two live ones overlap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Buffer", "Plan", "lower_bound", "place"]


@dataclass(frozen=True)
class Buffer:
    """Bytes that are needed from one step to another, both included."""

    name: str
    bytes: int
    first: int
    last: int

    def meets(self, other: "Buffer") -> bool:
        """Whether both are needed at some step."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Plan:
    """Offsets of buffers in one block of memory."""

    offsets: Mapping[str, int]
    bytes: int
    """Size of the block."""


def lower_bound(buffers: Sequence[Buffer]) -> int:
    """Bytes that are needed at the fullest step: no plan has less."""
    steps = {b.first for b in buffers}
    return max(
        (sum(b.bytes for b in buffers if b.first <= at <= b.last) for at in steps),
        default=0,
    )


def place(buffers: Sequence[Buffer], *, align: int = 4) -> Plan:
    """Place buffers in as few bytes as can be found.

    Parameters
    ----------
    buffers : sequence of Buffer
        With different names; sizes are rounded up to `align`.
    align : int
        Each offset is a multiple of it.

    Returns
    -------
    Plan
        The best of several orders of placing each buffer at the lowest gap that it
        fits, among them TensorFlow Lite Micro's (largest first), each then improved by
        bringing forward what ends highest; it stops at the lower bound.

    Notes
    -----
    Source: R. David et al., "TensorFlow Lite Micro", MLSys 2021, section 4.4.3, for the
    greedy order.
    """
    whole = [
        Buffer(b.name, -(-b.bytes // align) * align, b.first, b.last) for b in buffers
    ]
    bound = lower_bound(whole)
    best: Plan | None = None
    for key in _ORDERS:
        order = sorted(whole, key=key)
        for _ in range(_ROUNDS):
            plan = _greedy(order)
            if best is None or plan.bytes < best.bytes:
                best = plan
            if best.bytes <= bound:
                return best
            top = max(order, key=lambda b: plan.offsets[b.name] + b.bytes)
            order = [top, *(b for b in order if b is not top)]
    return best or Plan({}, 0)


_ROUNDS = 16
_ORDERS = (
    lambda b: (-b.bytes, b.first, b.name),
    lambda b: (b.first - b.last, -b.bytes, b.name),
    lambda b: (-b.bytes * (b.last - b.first + 1), b.name),
    lambda b: (b.first, -b.bytes, b.name),
)


def _greedy(order: Sequence[Buffer]) -> Plan:
    placed: list[tuple[int, Buffer]] = []
    for buffer in order:
        at = 0
        for start, other in sorted(
            (p for p in placed if p[1].meets(buffer)), key=lambda p: p[0]
        ):
            if at + buffer.bytes <= start:
                break
            at = max(at, start + other.bytes)
        placed.append((at, buffer))
    size = max((at + b.bytes for at, b in placed), default=0)
    return Plan({b.name: at for at, b in placed}, size)
