"""Images of another size: rows that are taken, or sums of two with known weights."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ecmkit.graph.frontend.tflite_file import TfliteOp, TfliteReading
from ecmkit.graph.frontend.tflite_rules.helpers import of_real

__all__ = ["RULES"]

Rule = Callable[[TfliteReading, TfliteOp], list[str]]


def _sizes(r: TfliteReading, op: TfliteOp, own: tuple[int, ...]) -> list[int]:
    sizes = r.known(r.need(op, 1), "sizes")
    wanted = r.output(op).shape
    if len(own) != 4 or min(*own, *sizes) < 1 or wanted != (own[0], *sizes, own[3]):
        raise r.b.fail(f"{list(own)} in size {sizes} to {list(wanted)}")
    return sizes


def _places(op: TfliteOp, n: int, size: int) -> NDArray[np.float32]:
    """Where each row of the result lies among those of the image; single precision.

    With half pixels it is the middle of a row, and half a row must be taken off it.
    """
    corners = bool(op.get("alignCorners", False)) and size > 1
    scale = np.float32(n - corners) / np.float32(size - corners)
    half = np.float32(0.5 if op.get("halfPixelCenters", False) else 0.0)
    return (np.arange(size, dtype=np.float32) + half) * scale


def _nearest(r: TfliteReading, op: TfliteOp) -> list[str]:
    x = r.value(r.need(op, 0))
    own = r.b.shape(x)
    for axis, (n, size) in enumerate(zip(own[1:3], _sizes(r, op, own), strict=True), 1):
        if n == size:
            continue
        places = _places(op, n, size)
        if op.get("alignCorners", False):
            places = np.floor(places + np.float32(0.5))
        rows = np.floor(places).astype(np.int64).clip(0, n - 1)
        x = r.b.take(x, r.b.constant(rows, "s64"), axis)
    return [x]


def _bilinear(r: TfliteReading, op: TfliteOp) -> list[str]:
    x = r.value(r.need(op, 0))
    own = r.b.shape(x)
    sizes = _sizes(r, op, own)

    def make(p: list[str]) -> str:
        count, height, width, channels = own
        down, across = (
            r.b.constant(_matrix(op, n, size))
            for n, size in zip(own[1:3], sizes, strict=True)
        )
        rows = r.b.reshape(p[0], (count, height, width * channels))
        rows = r.b.matmul(down, rows)
        columns = r.b.reshape(rows, (count * sizes[0], width, channels))
        return r.b.reshape(r.b.matmul(across, columns), (count, *sizes, channels))

    return of_real(r, op, [x], make)


def _matrix(op: TfliteOp, n: int, size: int) -> NDArray[np.float32]:
    """Weights of the rows of an image for each row of the result."""
    places = _places(op, n, size)
    if op.get("halfPixelCenters", False):
        places -= np.float32(0.5)
    lower = np.maximum(np.floor(places), 0).astype(int)
    upper = np.minimum(np.ceil(places), n - 1).astype(int)
    rest = (places - lower).astype(np.float32)
    matrix = np.zeros((size, n), np.float32)
    np.add.at(matrix, (np.arange(size), lower), 1 - rest)
    np.add.at(matrix, (np.arange(size), np.maximum(upper, 0)), rest)
    return matrix


RULES: dict[str, Rule] = {
    "RESIZE_BILINEAR": _bilinear,
    "RESIZE_NEAREST_NEIGHBOR": _nearest,
}
