"""What a walk with steps (`copy`) is in the words of model files."""

from ecmkit.graph.emit.loops import broadcast
from ecmkit.graph.ir import Tensor

__all__ = ["is_broadcast", "slice_of", "transpose_of"]


def transpose_of(x: Tensor, y: Tensor, steps: tuple[int, ...]) -> list[int] | None:
    """Return the order of axes that a walk is, if it is one."""
    if len(x.shape) != len(y.shape):
        return None
    free = list(range(len(x.shape)))
    order = []
    for n, step in zip(y.shape, steps, strict=True):
        fits = [i for i in free if x.shape[i] == n and (n == 1 or x.strides[i] == step)]
        if not fits:
            return None
        order.append(fits[0])
        free.remove(fits[0])
    return order


def slice_of(
    x: Tensor, y: Tensor, steps: tuple[int, ...], offset: int
) -> tuple[list[int], list[int], list[int]] | None:
    """Return begins, ends and steps of the slice that a walk is, if it is one."""
    if len(x.shape) != len(y.shape) or not x.size:
        return None
    begin, end, stride, rest = [], [], [], offset
    for i, (n, own) in enumerate(zip(y.shape, x.strides, strict=True)):
        first = rest // own if own else 0
        rest -= first * own
        step = steps[i] // own if n > 1 else 1
        if (n > 1 and (steps[i] % own or not step)) or not 0 <= first < x.shape[i]:
            return None
        last = first + (n - 1) * step
        if not 0 <= last < x.shape[i]:
            return None
        begin.append(first)
        end.append(last + (1 if step > 0 else -1))
        stride.append(step)
    return begin, end, stride


def is_broadcast(x: Tensor, y: Tensor, steps: tuple[int, ...]) -> bool:
    """Whether a walk repeats a tensor along axes of length 1."""
    try:
        wanted = broadcast(x.shape, y.shape)
    except ValueError:
        return False
    return all(a == b or n == 1 for a, b, n in zip(wanted, steps, y.shape, strict=True))
