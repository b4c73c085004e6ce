"""Resize: what it does to an axis is a table of rows or a matrix, known beforehand."""

import numpy as np
from numpy.typing import NDArray

from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.frontend.onnx_file import Operator
from ecmkit.graph.frontend.onnx_rules.helpers import has, need

__all__ = ["resized"]


def resized(b: Builder, o: Operator) -> str:
    """Read ``Resize`` or ``Upsample``: each axis whose length changes is interpolated.

    Raises
    ------
    FormatError
        For cropping by a region, or sizes that are computed.
    """
    x = need(b, o, 0)
    own = b.shape(x)
    mode = str(o.get("mode", "nearest"))
    how = str(o.get("coordinate_transformation_mode", "half_pixel"))
    if o.op == "Upsample":
        how = "asymmetric"
    if how == "tf_crop_and_resize" or o.get("antialias", 0):
        raise b.fail(f"coordinates {how!r} or antialias are not supported")
    axes = [a % len(own) for a in o.get("axes", range(len(own)))]
    scales, sizes = _wanted(b, o, [own[a] for a in axes])
    if str(o.get("keep_aspect_ratio_policy", "stretch")) != "stretch":
        raise b.fail("attribute `keep_aspect_ratio_policy`: expected 'stretch'")
    for axis, scale, size in zip(axes, scales, sizes, strict=True):
        n = own[axis]
        if size == n and scale == 1.0:
            continue
        if not n and size:
            b.require_elements(x)
        places = _places(how, n, size, scale)
        if mode == "nearest":
            rows = _nearest(o, places).clip(0, n - 1)
            x = b.take(x, b.constant(rows, "s64"), axis)
            continue
        matrix = _weights(b, o, mode, places, n)
        moved = [i for i in range(len(own)) if i != axis] + [axis]
        last = b.transpose(x, moved)
        done = b.matmul(last, b.constant(matrix.T.astype(np.float32)))
        x = b.transpose(done, list(np.argsort(moved)))
    return x


def _wanted(b: Builder, o: Operator, own: list[int]) -> tuple[list[float], list[int]]:
    given = has(o, 3)
    if given is not None and b.known(given, "sizes").size:
        sizes = [int(v) for v in b.known(given, "sizes").reshape(-1)]
        return [s / n if n else 1.0 for s, n in zip(sizes, own, strict=True)], sizes
    at = 1 if len(o.inputs) == 2 else 2
    scales = [float(v) for v in b.known(need(b, o, at), "scales").reshape(-1)]
    return scales, [int(np.floor(n * s)) for n, s in zip(own, scales, strict=True)]


def _places(how: str, n: int, size: int, scale: float) -> NDArray[np.float64]:
    """Where each output element lies on the input's axis."""
    i = np.arange(size, dtype=np.float64)
    match how:
        case "asymmetric":
            return i / scale
        case "align_corners":
            return i * (n - 1) / (n * scale - 1) if size > 1 else i * 0
        case "pytorch_half_pixel":
            return (i + 0.5) / scale - 0.5 if size > 1 else i * 0
        case "half_pixel_symmetric":
            adjust = size / (n * scale)
            centre = n / 2
            return centre * (1 - adjust) + (i + 0.5) / scale - 0.5
    return (i + 0.5) / scale - 0.5


def _nearest(o: Operator, places: NDArray[np.float64]) -> NDArray[np.int64]:
    mode = str(o.get("nearest_mode", "round_prefer_floor"))
    if o.op == "Upsample" or mode == "floor":
        return np.floor(places).astype(np.int64)
    if mode == "ceil":
        return np.ceil(places).astype(np.int64)
    if mode == "round_prefer_ceil":
        return np.floor(places + 0.5).astype(np.int64)
    return np.ceil(places - 0.5).astype(np.int64)


def _weights(
    b: Builder, o: Operator, mode: str, places: NDArray[np.float64], n: int
) -> NDArray[np.float64]:
    """Matrix (size, n) of the weights of the input elements."""
    matrix = np.zeros((len(places), n))
    floor = np.floor(places).astype(int)
    rest = places - floor
    if mode == "linear":
        taps = {0: 1 - rest, 1: rest}
    elif mode == "cubic":
        a = float(o.get("cubic_coeff_a", -0.75))
        taps = {k: _cubic(np.abs(rest - k), a) for k in (-1, 0, 1, 2)}
    else:
        raise b.fail(f"attribute `mode`: {mode!r}")
    outside = bool(o.get("exclude_outside", 0))
    for k, weight in taps.items():
        at = floor + k
        if outside:
            weight = np.where((at >= 0) & (at < n), weight, 0.0)
        np.add.at(matrix, (np.arange(len(places)), at.clip(0, n - 1)), weight)
    if outside:
        matrix /= matrix.sum(axis=1, keepdims=True)
    return matrix


def _cubic(d: NDArray[np.float64], a: float) -> NDArray[np.float64]:
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    return np.where(d <= 1, near, np.where(d < 2, far, 0.0))
